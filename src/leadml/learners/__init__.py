"""Kinds of model: what they must offer, the rule-based one, and the learned one."""

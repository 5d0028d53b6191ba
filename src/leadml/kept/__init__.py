"""Kept or broken: what became of the promises of each hand-over, of both sides."""

"""From a model to rules: what to type, in how few lines, what it gains and what it loses."""

from leadml.suggestion.judging import RULES, SUGGESTED, Judged, judge_suggestion
from leadml.suggestion.suggesting import AT_MOST, Suggestion, Tried, suggest_rules

__all__ = ["AT_MOST", "RULES", "SUGGESTED", "Judged", "Suggestion", "Tried", "judge_suggestion", "suggest_rules"]

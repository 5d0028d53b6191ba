"""What a suggested rule is called, and the reason people read: the feature's label with the condition in words."""

import re
from collections.abc import Sequence

from leadml.engine.kind import all_kinds
from leadml.explain.reasons import Explainer
from leadml.learners.trained_model import Value
from leadml.specs.feature_spec import FeatureSpec
from leadml.specs.reading import Label
from leadml.specs.rules_spec import Condition
from leadml.suggestion.candidates import Candidate
from leadml.wording.numbers import plain
from leadml.wording.texts import LANGUAGES, Language, say

_LONGEST_NAME = 60


def names_of(candidates: Sequence[Candidate]) -> list[str]:
    """Call each line by what it asks; no two have one name.

    Parameters
    ----------
    candidates : sequence of Candidate

    Returns
    -------
    names : list of str
        Small letters, digits and _, such as `pricing_page_views_90d_at_least_3`.
    """
    names: list[str] = []
    for candidate in candidates:
        each = candidate.at_most_units is not None
        name = f"{candidate.when.feature}_each" if each else _name_of(candidate.when.condition())
        twins = sum(other == name or other.startswith(f"{name}__") for other in names)
        names.append(f"{name}__{twins + 1}" if twins else name)
    return names


def _name_of(condition: Condition) -> str:
    if condition.operator == "missing":
        return f"{condition.feature}_missing"
    if isinstance(condition.asked, tuple):
        words = "_or_".join(_letters(str(word)) for word in condition.asked)
        fits = all(_letters(str(word)) for word in condition.asked) and len(words) <= _LONGEST_NAME
        return f"{condition.feature}_{words if fits else f'one_of_{len(condition.asked)}'}"
    number = f"{condition.asked:g}".replace("-", "minus_").replace("+", "").replace(".", "_")
    return f"{condition.feature}_{condition.operator}_{number}"


def _letters(word: str) -> str:
    """Keep what a name may hold; nothing of a word in other letters."""
    return re.sub(r"[^a-z0-9]+", "_", word.casefold()).strip("_") if word.isascii() else ""


def because_of(candidate: Candidate, feature: FeatureSpec, explainer: Explainer) -> Label:
    """Say in both languages what a line asks.

    Parameters
    ----------
    candidate : Candidate
    feature : FeatureSpec
        What it asks of.
    explainer : Explainer
        Says values as it does in reasons.

    Returns
    -------
    because : Label
    """
    en, ja = (_because(candidate, feature, explainer, language) for language in LANGUAGES)
    return Label(en=en, ja=ja)


def _because(candidate: Candidate, feature: FeatureSpec, explainer: Explainer, language: Language) -> str:
    if candidate.at_most_units is None:
        return _told(candidate.when.condition(), feature, explainer, language)
    value = explainer.in_words(feature, float(candidate.at_most_units), language)
    return say("condition.per_unit", language, label=_label(feature, language), value=value)


def _told(condition: Condition, feature: FeatureSpec, explainer: Explainer, language: Language) -> str:
    """Say one condition."""

    def value_of(value: Value) -> str:
        if isinstance(value, float) and all_kinds()[feature.kind].told_as == "difference":
            return plain(value)  # "at least 4 more than before" would say the same twice
        return explainer.in_words(feature, value, language)

    label = _label(feature, language)
    if condition.operator == "missing":
        return say("condition.missing", language, label=label, value=value_of(None))
    if isinstance(condition.asked, tuple):
        words = say("condition.or", language).join(value_of(str(word)) for word in condition.asked)
        return say("condition.any_of", language, label=label, value=words)
    return say(f"condition.{condition.operator}", language, label=label, value=value_of(float(condition.asked)))


def _label(feature: FeatureSpec, language: Language) -> str:
    return feature.label.ja if language == "ja" else feature.label.en

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


def names_of(rules: Sequence[Sequence[Candidate]]) -> list[str]:
    """Call each rule by what its line asks, or by its feature where it has steps; no two have one name.

    Parameters
    ----------
    rules : sequence of sequence of Candidate

    Returns
    -------
    names : list of str
        Small letters, digits and _, such as `pricing_page_views_90d_at_least_3`.
    """
    names: list[str] = []
    for first, *steps in rules:
        each = first.at_most_units is not None
        name = f"{first.when.feature}_each" if each else _name_of(first.when.condition())
        name = f"{first.when.feature}_in_steps" if steps else name
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


def because_of(lines: Sequence[Candidate], feature: FeatureSpec, explainer: Explainer) -> Label:
    """Say in both languages what a rule asks.

    Parameters
    ----------
    lines : sequence of Candidate
        One, or the steps of one feature.
    feature : FeatureSpec
        What they ask of.
    explainer : Explainer
        Says values as it does in reasons.

    Returns
    -------
    because : Label
    """
    en, ja = (_because(lines, feature, explainer, language) for language in LANGUAGES)
    return Label(en=en, ja=ja)


def _because(lines: Sequence[Candidate], feature: FeatureSpec, explainer: Explainer, language: Language) -> str:
    first, *steps = lines
    if steps:
        return say("condition.in_steps", language, label=_label(feature, language))
    if first.at_most_units is None:
        return _told(first.when.condition(), feature, explainer, language)
    value = explainer.in_words(feature, float(first.at_most_units), language)
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

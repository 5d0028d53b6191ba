"""Contributions become reasons: signed effects in score points that add up to the score, in plain words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from leadml.agreement.scale import shown
from leadml.history.tables import Numbers
from leadml.specs.agreement_spec import DefinitionsSpec
from leadml.specs.feature_spec import FeatureFileSpec, FeatureSpec
from leadml.specs.reading import Label
from leadml.wording.numbers import plain
from leadml.wording.texts import LANGUAGES, Language, say

Value = float | str | None


@dataclass(frozen=True)
class FeatureEffect:
    """What one feature does to a score.

    Attributes
    ----------
    feature : str
    effect : int, score points
        As shown; the features of a theme add up to the theme.
    effect_exact : float, score points
    value, usual_value : float, str or None
        The lead's value and the usual one; None where it is missing.
    reason : dict of language to str
    """

    feature: str
    effect: int
    effect_exact: float
    value: Value
    usual_value: Value
    reason: Mapping[str, str]


@dataclass(frozen=True)
class ThemeEffect:
    """What the features of one theme do to a score, largest first."""

    theme: str
    label: Mapping[str, str]
    effect: int
    effect_exact: float
    features: tuple[FeatureEffect, ...]


@dataclass(frozen=True)
class Explanation:
    """A score and where it comes from.

    Attributes
    ----------
    score : int in 0..100
        start + sum of the theme effects + held_effect.
    start : int
        Score points of the usual lead.
    themes : tuple of ThemeEffect
    held_at : int or None
        0 or 100 where the score was held there.
    held_effect : int
        The line that says what holding took away.
    """

    score: int
    start: int
    themes: tuple[ThemeEffect, ...]
    held_at: int | None
    held_effect: int


def whole_parts(exact: Sequence[float], total: int) -> list[int]:
    """Round parts to integers that add up to a total.

    Each part is floored; what is missing goes, one each, to the largest fractions. Ties go to the
    part of larger absolute value, then to the earlier one.

    Parameters
    ----------
    exact : sequence of float
    total : int
        Within one per part of their sum.

    Returns
    -------
    parts : list of int

    References
    ----------
    The largest remainder method, as for seats in a parliament.

    Examples
    --------
    >>> whole_parts([41.3, 12.4, -3.6], 50)
    [41, 13, -4]
    """
    floors = [int(np.floor(part)) for part in exact]
    missing = total - sum(floors)
    by_claim = sorted(range(len(exact)), key=lambda place: (floors[place] - exact[place], -abs(exact[place]), place))
    for place in by_claim[:missing]:
        floors[place] += 1
    return floors


@dataclass(frozen=True)
class Explainer:
    """Explains the scores of one model.

    Attributes
    ----------
    themes : tuple of FeatureFileSpec
        The catalogue that the model was trained with.
    usual_values : mapping of feature to value
        Those of the usual lead, whose score is `start`.
    definitions : DefinitionsSpec
        Names words such as personas in both languages.
    """

    themes: tuple[FeatureFileSpec, ...]
    usual_values: Mapping[str, Value]
    definitions: DefinitionsSpec

    def explain(self, start: float, effects: Numbers, unclipped: float, values: Mapping[str, Value]) -> Explanation:
        """Explain one score.

        Parameters
        ----------
        start : float, score points
        effects : float array, shape (n_features,), score points
            In catalogue order.
        unclipped : float, score points
            start + sum of effects.
        values : mapping of feature to value

        Returns
        -------
        explanation : Explanation
        """
        names = (feature.name for theme in self.themes for feature in theme.features)
        exact_of = dict(zip(names, effects.tolist(), strict=True))
        exact = [sum(exact_of[feature.name] for feature in theme.features) for theme in self.themes]
        total, score = round(unclipped), shown(unclipped)
        shown_start, *shown_themes = whole_parts([start, *exact], total)
        themes = tuple(
            ThemeEffect(
                theme.theme, theme.label.model_dump(), effect, part, self._lines(theme, effect, exact_of, values)
            )
            for theme, part, effect in zip(self.themes, exact, shown_themes, strict=True)
        )
        return Explanation(score, shown_start, themes, score if score != total else None, score - total)

    def _lines(
        self, theme: FeatureFileSpec, effect: int, exact_of: Mapping[str, float], values: Mapping[str, Value]
    ) -> tuple[FeatureEffect, ...]:
        """Write one line a feature, largest first; together they are the theme's effect."""
        whole = whole_parts([exact_of[feature.name] for feature in theme.features], effect)
        lines = [
            FeatureEffect(
                feature=feature.name,
                effect=points,
                effect_exact=exact_of[feature.name],
                value=values[feature.name],
                usual_value=self.usual_values[feature.name],
                reason=reason(feature, values[feature.name], self.usual_values[feature.name], self.definitions),
            )
            for feature, points in zip(theme.features, whole, strict=True)
        ]
        return tuple(sorted(lines, key=lambda line: -abs(line.effect_exact)))


def reason(feature: FeatureSpec, value: Value, usual: Value, definitions: DefinitionsSpec) -> dict[str, str]:
    """Say a feature's value beside the usual one, in both languages.

    Parameters
    ----------
    feature : FeatureSpec
    value, usual : float, str or None
    definitions : DefinitionsSpec

    Returns
    -------
    reason : dict of language to str
    """
    return {
        language: say(
            "reason.with_usual" if usual is not None else "reason.alone",
            language,
            label=_in(feature.label, language),
            value=value_in_words(feature, value, definitions, language),
            usual=value_in_words(feature, usual, definitions, language),
        )
        for language in LANGUAGES
    }


def value_in_words(feature: FeatureSpec, value: Value, definitions: DefinitionsSpec, language: Language) -> str:
    """Say one value of a feature: a number with its unit, or a word by its agreed name.

    Parameters
    ----------
    feature : FeatureSpec
    value : float, str or None
    definitions : DefinitionsSpec
    language : {"en", "ja"}

    Returns
    -------
    text : str
    """
    if value is None:
        return say("value.missing", language)
    if isinstance(value, str):
        named = {persona.name: persona.label for persona in definitions.buyer_personas} | dict(definitions.lead_types)
        return _in(named[value], language) if value in named else value.replace("_", " ")
    if feature.kind == "furthest":
        return _ranked_word(feature, round(value), definitions, language)
    if feature.kind == "match":
        return say("value.percent", language, number=round(100 * value))
    if feature.unit is None:
        return plain(value)
    return say("value.with_unit", language, number=plain(value), unit=_in(feature.unit, language))


def _ranked_word(feature: FeatureSpec, rank: int, definitions: DefinitionsSpec, language: Language) -> str:
    if rank == 0:
        return say("value.none_yet", language)
    if feature.value == "journey_stage":
        return _in(list(definitions.buyers_journey.values())[rank - 1].label, language)
    return definitions.lifecycle_stages[rank - 1]


def _in(label: Label, language: Language) -> str:
    return label.ja if language == "ja" else label.en

"""Contributions become reasons: signed effects in score points that add up to the score, in plain words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from leadml.agreement.scale import shown
from leadml.engine.catalogue import Catalogue
from leadml.history.tables import Numbers
from leadml.learners.trained_model import Value
from leadml.specs.agreement_spec import DefinitionsSpec
from leadml.specs.feature_spec import FeatureFileSpec, FeatureSpec
from leadml.specs.reading import Label
from leadml.wording.numbers import plain
from leadml.wording.texts import LANGUAGES, Language, say


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
    unclipped : float, score points
        The same, exactly: what ranking uses.
    start : int
        Score points of the usual lead.
    themes : tuple of ThemeEffect
    held_at : int or None
        0 or 100 where the score was held there.
    held_effect : int
        The line that says what holding took away.
    """

    score: int
    unclipped: float
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
    # Fractions that differ by the noise of floating point are a tie.
    by_claim = sorted(
        range(len(exact)), key=lambda place: (-round(exact[place] - floors[place], 9), -abs(exact[place]), place)
    )
    for place in by_claim[:missing]:
        floors[place] += 1
    return floors


@dataclass(frozen=True)
class Explainer:
    """Explains the scores of one model.

    Attributes
    ----------
    themes : tuple of FeatureFileSpec
        The features that the model was trained with.
    usual_values : mapping of feature to value
        Those of the usual lead, whose score is `start`.
    catalogue : Catalogue
        The same features; its definitions name words such as personas in both languages.
    """

    themes: tuple[FeatureFileSpec, ...]
    usual_values: Mapping[str, Value]
    catalogue: Catalogue

    def explain(
        self, start: float, effects: Numbers, values: Mapping[str, Value], *, not_known: Sequence[str]
    ) -> Explanation:
        """Explain one score.

        Parameters
        ----------
        start : float, score points
        effects : float array, shape (n_features,), score points
            In catalogue order.
        values : mapping of feature to value
        not_known : sequence of str
            Tables of which nothing is known; elsewhere a missing value means that nothing happened.

        Returns
        -------
        explanation : Explanation
        """
        names = (feature.name for theme in self.themes for feature in theme.features)
        exact_of = dict(zip(names, effects.tolist(), strict=True))
        exact = [sum(exact_of[feature.name] for feature in theme.features) for theme in self.themes]
        unclipped = start + sum(exact)
        total, score = round(unclipped), shown(unclipped)
        shown_start, *shown_themes = whole_parts([start, *exact], total)
        themes = []
        for theme, part, effect in zip(self.themes, exact, shown_themes, strict=True):
            whole = whole_parts([exact_of[feature.name] for feature in theme.features], effect)
            lines = [
                FeatureEffect(
                    feature=feature.name,
                    effect=points,
                    effect_exact=exact_of[feature.name],
                    value=values[feature.name],
                    usual_value=self.usual_values[feature.name],
                    reason=self.reason(feature, values[feature.name], not_known=not_known),
                )
                for feature, points in zip(theme.features, whole, strict=True)
            ]
            lines.sort(key=lambda line: -abs(line.effect_exact))
            themes.append(ThemeEffect(str(theme.theme), theme.label.model_dump(), effect, part, tuple(lines)))
        return Explanation(
            score=score,
            unclipped=unclipped,
            start=shown_start,
            themes=tuple(themes),
            held_at=score if score != total else None,
            held_effect=score - total,
        )

    def reason(self, feature: FeatureSpec, value: Value, *, not_known: Sequence[str] = ()) -> dict[str, str]:
        """Say a feature's value beside the usual one, in both languages.

        Parameters
        ----------
        feature : FeatureSpec
        value : float, str or None
        not_known : sequence of str
            Tables of which nothing is known.

        Returns
        -------
        reason : dict of language to str
        """
        usual = self.usual_values[feature.name]
        nothing = self.catalogue.reads_facts(feature) and self.catalogue.source_of(feature) not in not_known
        said: dict[str, str] = {}
        for language in LANGUAGES:
            missing = say("value.none_yet" if nothing else "value.missing", language)
            shown_value = missing if value is None else self._in_words(feature, value, language)
            label = _in(feature.label, language)
            if usual is None:
                said[language] = say("reason.alone", language, label=label, value=shown_value)
            else:
                shown_usual = self._in_words(feature, usual, language)
                said[language] = say("reason.with_usual", language, label=label, value=shown_value, usual=shown_usual)
        return said

    def _in_words(self, feature: FeatureSpec, value: float | str, language: Language) -> str:
        """Say one value: a number with its unit, or a word by its agreed name."""
        definitions = self.catalogue.definitions
        if isinstance(value, str):
            named = {persona.name: persona.label for persona in definitions.buyer_personas} | definitions.lead_types
            return _in(named[value], language) if value in named else value.replace("_", " ")
        if feature.kind == "furthest":
            return _ranked_word(feature, round(value), definitions, language)
        if feature.kind == "match":
            return say("value.percent", language, number=round(100 * value))
        number = plain(value)
        # "1 clicks" is no English; the label says already what is counted.
        if feature.unit is None or (language == "en" and number == "1"):
            return number
        return say("value.with_unit", language, number=number, unit=_in(feature.unit, language))


def _ranked_word(feature: FeatureSpec, rank: int, definitions: DefinitionsSpec, language: Language) -> str:
    if rank == 0:
        return say("value.none_yet", language)
    if feature.value == "journey_stage":
        return _in(list(definitions.buyers_journey.values())[rank - 1].label, language)
    return definitions.lifecycle_stages[rank - 1]


def _in(label: Label, language: Language) -> str:
    return label.ja if language == "ja" else label.en

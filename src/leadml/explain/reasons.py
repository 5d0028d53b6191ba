"""Contributions become reasons: signed effects in score points that add up to the score, in plain words."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from leadml.agreement.scale import shown
from leadml.engine.catalogue import Catalogue
from leadml.engine.kind import ProfileKind, all_kinds
from leadml.history.tables import Codes, Numbers
from leadml.learners.trained_model import Value
from leadml.specs.feature_spec import FeatureFileSpec, FeatureSpec
from leadml.specs.reading import Label
from leadml.wording.numbers import days_in_words, percent, plain
from leadml.wording.texts import LANGUAGES, Language, say

# Reasons kept in words, some 10 MB: counts and words come again and again, amounts of money do not.
_MOST_SAID = 20_000


class FeatureEffect(NamedTuple):
    """What one feature does to a score. A tuple, as each score has some eighty of them.

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

    @property
    def start_exact(self) -> float:
        """Score of the usual lead, in score points: what is left of the unclipped score without the effects."""
        return self.unclipped - sum(theme.effect_exact for theme in self.themes)

    def by_feature(self) -> dict[str, FeatureEffect]:
        """Give the effect of each feature by its name."""
        return {effect.feature: effect for theme in self.themes for effect in theme.features}

    def top(self, number: int) -> tuple[tuple[FeatureEffect, ...], int]:
        """Take the largest effects, and what all others add up to.

        Parameters
        ----------
        number : int

        Returns
        -------
        named : tuple of FeatureEffect, largest first
        others : int, score points
            start + sum(named) + others + held_effect = score.
        """
        effects = [effect for theme in self.themes for effect in theme.features]
        named = tuple(sorted(effects, key=lambda effect: -abs(effect.effect_exact))[:number])
        return named, self.score - self.held_effect - self.start - sum(effect.effect for effect in named)


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
    floors = list(map(math.floor, exact))
    missing = total - sum(floors)
    if not missing:
        return floors
    # Fractions that differ by the noise of floating point are a tie.
    claims = sorted(
        (-round(part - floor, 9), -abs(part), place)
        for place, (part, floor) in enumerate(zip(exact, floors, strict=True))
    )
    for _, _, place in claims[:missing]:
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
    _usual_said: dict[tuple[str, Language, bool], str | None] = field(default_factory=dict, repr=False, compare=False)
    _said: dict[tuple[str, ...], list[dict[Value, dict[str, str]]]] = field(
        default_factory=dict, repr=False, compare=False
    )

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
        every = effects.tolist()
        exact = [sum(every[begin:end]) for _, _, begin, end in self._laid_themes]
        unclipped = start + sum(exact)
        total, score = round(unclipped), shown(unclipped)
        shown_start, *shown_themes = whole_parts([start, *exact], total)
        lines = self._lines(effects, shown_themes, values, not_known)
        themes = tuple(
            ThemeEffect(name, label, effect, part, tuple(lines[begin:end]))
            for (name, label, begin, end), part, effect in zip(self._laid_themes, exact, shown_themes, strict=True)
        )
        return Explanation(
            score=score,
            unclipped=unclipped,
            start=shown_start,
            themes=themes,
            held_at=score if score != total else None,
            held_effect=score - total,
        )

    def _lines(
        self, effects: Numbers, of_themes: Sequence[int], values: Mapping[str, Value], not_known: Sequence[str]
    ) -> list[FeatureEffect]:
        """Tell the features of each theme, largest first; of all themes at once, as every lead waits for it."""
        theme, rank_in_theme = self._places
        points = np.floor(effects)
        missing = np.array(of_themes) - np.bincount(theme, weights=points, minlength=len(of_themes))
        claims = np.lexsort((-np.abs(effects), -np.round(effects - points, 9), theme))  # as in `whole_parts`
        points[claims] += rank_in_theme < missing[theme]
        shown_values = [values[feature.name] for feature in self._laid_features]
        told = list(
            zip(
                [feature.name for feature in self._laid_features],
                points.astype(np.int64).tolist(),
                effects.tolist(),
                shown_values,
                [self.usual_values[feature.name] for feature in self._laid_features],
                self._reasons(shown_values, tuple(not_known)),
                strict=True,
            )
        )
        return [FeatureEffect._make(told[place]) for place in np.lexsort((-np.abs(effects), theme)).tolist()]

    @cached_property
    def _laid_features(self) -> list[FeatureSpec]:
        """The features in order."""
        return [feature for theme in self.themes for feature in theme.features]

    @cached_property
    def _laid_themes(self) -> list[tuple[str, dict[str, str], int, int]]:
        """The name and the label of each theme, and where its features begin and end."""
        ends = list(accumulate(len(theme.features) for theme in self.themes))
        return [
            (str(theme.theme), theme.label.model_dump(), end - len(theme.features), end)
            for theme, end in zip(self.themes, ends, strict=True)
        ]

    @cached_property
    def _places(self) -> tuple[Codes, Codes]:
        """The theme of each feature, and its place within the theme."""
        sizes = [end - begin for _, _, begin, end in self._laid_themes]
        theme = np.repeat(np.arange(len(sizes)), sizes)
        return theme, np.concatenate([np.empty(0, dtype=np.int64), *map(np.arange, sizes)])

    def _reasons(self, values: Sequence[Value], not_known: tuple[str, ...]) -> list[dict[str, str]]:
        """Word the reason of each feature, once for all leads that share the value and what is not known."""
        if not_known not in self._said or sum(map(len, self._said[not_known])) > _MOST_SAID:
            self._said.clear()
            self._said[not_known] = [{} for _ in self._laid_features]
        keys = list(values)
        for place in self._told_in_days:
            keys[place] = _said_alike(keys[place])
        reasons = []
        for place, (key, said) in enumerate(zip(keys, self._said[not_known], strict=True)):
            reason = said.get(key)
            if reason is None:
                feature = self._laid_features[place]
                reason = said[key] = self.reason(feature, values[place], not_known=not_known)
            reasons.append(reason)
        return reasons

    @cached_property
    def _told_in_days(self) -> list[int]:
        """The places of features that are told in days: hardly two leads have the same, and many are said alike."""
        return [
            place for place, feature in enumerate(self._laid_features) if all_kinds()[feature.kind].told_as == "days"
        ]

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
        said: dict[str, str] = {}
        for language in LANGUAGES:
            label = _in(feature.label, language)
            shown_value = self.in_words(feature, value, language, not_known=not_known)
            # "5 views (usual: 2)": a reader of English has the unit in mind, Japanese counts with it.
            usual = self._usual(feature, language, bare=language == "en" and value is not None)
            if usual is None:
                said[language] = say("reason.alone", language, label=label, value=shown_value)
            else:
                said[language] = say("reason.with_usual", language, label=label, value=shown_value, usual=usual)
        return said

    def _usual(self, feature: FeatureSpec, language: Language, *, bare: bool) -> str | None:
        """Say the usual value, worded once for all leads."""
        asked = (feature.name, language, bare)
        if asked not in self._usual_said:
            usual = self.usual_values[feature.name]
            told = None if usual is None else self.in_words(feature, usual, language, without_unit=bare)
            self._usual_said[asked] = told
        return self._usual_said[asked]

    def in_words(
        self,
        feature: FeatureSpec,
        value: Value,
        language: Language,
        *,
        not_known: Sequence[str] = (),
        without_unit: bool = False,
    ) -> str:
        """Say one value: a number with its unit, a word by its agreed name, or that there is none.

        Parameters
        ----------
        feature : FeatureSpec
        value : float, str or None
        language : {"en", "ja"}
        not_known : sequence of str
            Tables of which nothing is known.
        without_unit : bool
            Leave out what is counted, as it was just said.

        Returns
        -------
        text : str
        """
        if value is None:
            return say(f"value.{self._why_missing(feature, not_known)}", language)
        if isinstance(value, str):
            return self._word(feature, value, language)
        told_as = all_kinds()[feature.kind].told_as
        if told_as == "rank":
            return self._ranked_word(feature, round(value), language)
        if told_as == "share":
            return percent(value, language)
        if told_as == "days":
            return days_in_words(value, language)
        if told_as == "difference":
            return _difference(feature, value, language)
        return _amount(feature, value, language, without_unit=without_unit)

    def _why_missing(self, feature: FeatureSpec, not_known: Sequence[str]) -> str:
        kind = all_kinds()[feature.kind]
        if isinstance(kind, ProfileKind) and kind.words is not None:
            return "none_fits"
        nothing = self.catalogue.reads_facts(feature) and self.catalogue.source_of(feature) not in not_known
        return "none_yet" if nothing else "missing"

    def _word(self, feature: FeatureSpec, word: str, language: Language) -> str:
        """Name a word of a category: as the feature says, else as the agreement does, else as it came."""
        definitions = self.catalogue.definitions
        agreed = {persona.name: persona.label for persona in definitions.buyer_personas} | definitions.lead_types
        label = feature.words.get(word, agreed.get(word))
        return word.replace("_", " ") if label is None else _in(label, language)

    def _ranked_word(self, feature: FeatureSpec, rank: int, language: Language) -> str:
        """Name the word of a rank, 1 for the first declared; no rank says that there was none yet."""
        if rank == 0:
            return say("value.none_yet", language)
        definitions = self.catalogue.definitions
        if feature.value == "journey_stage":
            return _in(list(definitions.buyers_journey.values())[rank - 1].label, language)
        return self._word(feature, definitions.lifecycle_stages[rank - 1], language)


def _said_alike(days: Value) -> Value:
    """Give one number for all days that are said in the same words: see `days_in_words`."""
    if not isinstance(days, float):
        return days
    if days >= 1:
        return round(days) if days >= 9.95 else round(days, 1)
    return -1 - math.floor(days * 24)  # hours; below zero, where no days are


def _difference(feature: FeatureSpec, value: float, language: Language) -> str:
    """Say how much more or less it is than before."""
    if value == 0:
        return say("value.no_change", language)
    amount = _amount(feature, abs(value), language)
    return say("value.more" if value > 0 else "value.fewer", language, amount=amount)


def _amount(feature: FeatureSpec, value: float, language: Language, *, without_unit: bool = False) -> str:
    """Say a number with what it counts; one of something is told in the singular, or alone where it is not given."""
    number, unit = plain(value), feature.unit
    if unit is None:
        return number
    is_word = any(letter.isalpha() for letter in unit.en)
    if language == "ja" or not is_word:
        return say("value.with_unit", language, number=number, unit=unit.ja if language == "ja" else unit.en)
    named = unit.one if number in ("1", "-1") else unit.en
    if named is None or without_unit:
        return number
    return say("value.with_unit", language, number=number, unit=named)


def _in(label: Label, language: Language) -> str:
    return label.ja if language == "ja" else label.en

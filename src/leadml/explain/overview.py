"""What moves scores in general: the effects of many leads, by feature, by value and by pair."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from leadml.agreement.scale import Scale
from leadml.engine.matrix import FeatureMatrix
from leadml.history.tables import Mask, Numbers
from leadml.learners.trained_model import TrainedModel, Value
from leadml.specs.agreement_spec import LeadScoreSpec
from leadml.specs.feature_spec import FeatureSpec

if TYPE_CHECKING:
    import shap

# More different values than this are told in ranges that hold about as many leads each.
_MOST_VALUES, _RANGES = 12, 10
# Rarer values are too few to draw a mean of.
_FEWEST_OF_A_VALUE = 5
# An 80 % range: where most leads of a value lie, without the odd ones.
_LOW, _HIGH = 0.1, 0.9


@dataclass(frozen=True)
class Importance:
    """How much one feature, or all of one theme, moves scores.

    Attributes
    ----------
    name : str
        Of the feature or the theme.
    theme : str
    size : float, score points
        Mean of the absolute effect. That of a theme is of the sum of its features' effects, lead by lead: where one
        feature takes away what another gives, the theme moves less than both.
    lowest, highest : float, score points
        Between these lie the effects of 8 in 10 leads.
    """

    name: str
    theme: str
    size: float
    lowest: float
    highest: float


@dataclass(frozen=True)
class EffectOfValue:
    """What a feature does to the leads that have one value of it, or a value of one range.

    Attributes
    ----------
    lowest, highest : float, str or None
        The range, both ends belonging to it: the same twice for a single value, a word of a category, or None where
        the value is missing.
    leads : int
        Snapshots with such a value.
    effect : float, score points
        The mean.
    effect_low, effect_high : float, score points
        Between these lie the effects of 8 in 10: they differ as the effect of one feature hangs on the others.
    """

    lowest: Value
    highest: Value
    leads: int
    effect: float
    effect_low: float
    effect_high: float


@dataclass(frozen=True)
class Interaction:
    """How much two features move scores together, beyond what each does by itself.

    Attributes
    ----------
    first, second : str
        Features, the one of larger importance first.
    size : float, score points
        Mean of the absolute value of what the pair adds: twice the SHAP interaction value.
    """

    first: str
    second: str
    size: float


@dataclass(frozen=True)
class Effects:
    """The effects of every feature on the scores of many snapshots.

    Attributes
    ----------
    model : TrainedModel
    matrix : FeatureMatrix, shape (n, n_features)
        The snapshots.
    start : float, score points
        The score of the usual lead, from which effects count.
    values : float array, shape (n, n_features), score points
        The effect of each feature, in catalogue order.
    weights : float array, shape (n,)
        How much each snapshot counts.
    points_per_unit : float
        Score points of one unit of margin.
    """

    model: TrainedModel
    matrix: FeatureMatrix
    start: float
    values: Numbers
    weights: Numbers
    points_per_unit: float

    @classmethod
    def of(
        cls, model: TrainedModel, matrix: FeatureMatrix, scale: LeadScoreSpec, weights: Numbers | None = None
    ) -> "Effects":
        """Explain the scores of some snapshots.

        Parameters
        ----------
        model : TrainedModel
        matrix : FeatureMatrix, n rows
            With the features of the model, in their order.
        scale : LeadScoreSpec
            As the agreement states it.
        weights : float array, shape (n,), optional
            Default: each counts the same.

        Returns
        -------
        effects : Effects
        """
        contributions, agreed = model.contributions(matrix), Scale.agreed(scale)
        return cls(
            model=model,
            matrix=matrix.recoded(model.readiness.words),
            start=float(agreed.unclipped(np.array([contributions.start]))[0]),
            values=agreed.effects(contributions.values),
            weights=np.ones(len(matrix.values)) if weights is None else weights,
            points_per_unit=agreed.points_per_unit,
        )

    @property
    def features(self) -> tuple[FeatureSpec, ...]:
        """The features, in catalogue order."""
        return tuple(feature for theme in self.model.themes for feature in theme.features)

    def by_feature(self) -> list[Importance]:
        """Rank the features by how much they move scores.

        Returns
        -------
        importances : list of Importance, largest first
        """
        theme_of = {feature.name: str(theme.theme) for theme in self.model.themes for feature in theme.features}
        return self._ranked([(name, theme_of[name], self.values[:, [place]]) for place, name in self._places()])

    def by_theme(self) -> list[Importance]:
        """Rank the themes by how much they move scores.

        Returns
        -------
        importances : list of Importance, largest first
        """
        place_of = {name: place for place, name in self._places()}
        return self._ranked(
            [
                (
                    str(theme.theme),
                    str(theme.theme),
                    self.values[:, [place_of[feature.name] for feature in theme.features]],
                )
                for theme in self.model.themes
            ]
        )

    def _places(self) -> list[tuple[int, str]]:
        return list(enumerate(feature.name for feature in self.features))

    def _ranked(self, groups: Sequence[tuple[str, str, Numbers]]) -> list[Importance]:
        found = []
        for name, theme, columns in groups:
            effects = columns.sum(axis=1)
            low, high = self._range(effects, np.ones(len(effects), dtype=bool))
            found.append(Importance(name, theme, float(np.average(np.abs(effects), weights=self.weights)), low, high))
        return sorted(found, key=lambda one: -one.size)

    def _range(self, effects: Numbers, chosen: Mask) -> tuple[float, float]:
        low, high = np.quantile(
            effects[chosen], (_LOW, _HIGH), method="inverted_cdf", weights=self.weights[chosen]
        ).tolist()
        return low, high

    def by_value(self, name: str) -> list[EffectOfValue]:
        """Tell the effect of a feature for each of its values.

        Parameters
        ----------
        name : str
            A feature of the model.

        Returns
        -------
        effects : list of EffectOfValue
            Numbers upwards, words by effect, a missing value last. Values of fewer than 5 snapshots are left out.

        Notes
        -----
        A number of more than 12 different values is told in ten ranges that hold about as many snapshots each.
        """
        place = self.matrix.names.index(name)
        column, effects = self.matrix.values[:, place], self.values[:, place]
        present = ~np.isnan(column)
        told = [
            self._of_value(ends, chosen, effects)
            for ends, chosen in self._groups(name, column, present)
            if chosen.sum() >= _FEWEST_OF_A_VALUE
        ]
        if name in self.matrix.words:
            told.sort(key=lambda one: -one.effect)
        missing = ~present
        if missing.sum() >= _FEWEST_OF_A_VALUE:
            told.append(self._of_value((None, None), missing, effects))
        return told

    def pairs(self, number: int, *, most_snapshots: int = 2_000) -> list[Interaction]:
        """Find the pairs of features that move scores most together, beyond what each does by itself.

        Parameters
        ----------
        number : int
            How many pairs.
        most_snapshots : int
            Of more, every so-many-th is looked at: the cost is that of the square of the features.

        Returns
        -------
        pairs : list of Interaction, largest first
            Fewer where fewer pairs interact: only trees do, as the rules and the straight part add up feature by
            feature.
        """
        rows = np.arange(0, len(self.values), max(1, len(self.values) // most_snapshots))
        together = self.points_per_unit * self.model.readiness.interactions(self.matrix.rows(rows))
        sizes = np.average(np.abs(2 * together), axis=0, weights=self.weights[rows])
        order = {one.name: place for place, one in enumerate(self.by_feature())}
        names = self.matrix.names
        found = [
            Interaction(names[first], names[second], float(sizes[first, second]))
            for first, second in permutations(range(len(names)), 2)
            if order[names[first]] < order[names[second]] and sizes[first, second] > 0
        ]
        return sorted(found, key=lambda pair: -pair.size)[:number]

    def _groups(self, name: str, column: Numbers, present: Mask) -> list[tuple[tuple[Value, Value], Mask]]:
        """Name the values, or ranges of values, with the snapshots of each."""
        different = np.unique(column[present])
        if name in self.matrix.words:
            words = self.matrix.words[name]
            return [((words[int(code)], words[int(code)]), column == code) for code in different]
        if len(different) <= _MOST_VALUES:
            return [((float(value), float(value)), column == value) for value in different]
        ends = np.unique(np.quantile(column[present], np.linspace(0, 1, _RANGES + 1)[1:], method="inverted_cdf"))
        group = np.searchsorted(ends, column)
        groups: list[tuple[tuple[Value, Value], Mask]] = []
        for number in range(len(ends)):
            chosen = present & (group == number)
            if chosen.any():
                groups.append(((float(column[chosen].min()), float(column[chosen].max())), chosen))
        return groups

    def _of_value(self, ends: tuple[Value, Value], chosen: Mask, effects: Numbers) -> EffectOfValue:
        low, high = self._range(effects, chosen)
        mean = float(np.average(effects[chosen], weights=self.weights[chosen]))
        return EffectOfValue(*ends, int(chosen.sum()), mean, low, high)

    def to_frame(self) -> pd.DataFrame:
        """Show the effects in a notebook: one row a snapshot, one column a feature, score points."""
        return pd.DataFrame(self.values, columns=list(self.matrix.names))

    def to_shap(self, labels: Sequence[str] | None = None) -> "shap.Explanation":
        """Hand the effects to shap's plots, such as `shap.plots.beeswarm` and `shap.plots.waterfall`.

        Parameters
        ----------
        labels : sequence of str, optional
            What to write for the features; default: their names.

        Returns
        -------
        explanation : shap.Explanation
            In score points, from the score of the usual lead.
        """
        import shap  # takes seconds to import, and draws only in notebooks

        return shap.Explanation(
            values=self.values,
            base_values=np.full(len(self.values), self.start),
            data=self.matrix.values,
            feature_names=list(labels or self.matrix.names),
        )

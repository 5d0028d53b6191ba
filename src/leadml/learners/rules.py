"""The rule-based model: rule points by the rules both teams wrote, and a line that turns them into a chance."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from leadml.engine.matrix import FeatureMatrix
from leadml.history.tables import Numbers
from leadml.learners.contract import Contributions
from leadml.specs.rules_spec import ConditionSpec, RuleSpec

# The line starts from the belief that one standard deviation of rule points doubles or trebles the odds.
_USUAL_SLOPE, _SLOPE_SPREAD = 0.8, 0.5
_NEWTON_STEPS = 50


def award(rules: Sequence[RuleSpec], matrix: FeatureMatrix) -> Numbers:
    """Award rule points.

    Parameters
    ----------
    rules : sequence of RuleSpec
    matrix : FeatureMatrix, n_snapshots rows

    Returns
    -------
    points : float array, shape (n_snapshots, n_rules)
        A condition on a missing value is not met, unless it asks for just that.
    """
    return Awards(rules).of(matrix)


class Awards:
    """Rules laid out once, so that all that ask for numbers are asked at once.

    Parameters
    ----------
    rules : sequence of RuleSpec
    """

    def __init__(self, rules: Sequence[RuleSpec]) -> None:
        self._rules = tuple(rules)
        self._by_number = [number for number, rule in enumerate(rules) if _asks_for_a_number(rule)]
        asked = [rules[number] for number in self._by_number]
        self._per_unit = np.array([rule.points_per_unit or 0.0 for rule in asked])
        # Units that no rule counts are held at nothing: they are taken away in the end.
        self._at_most_units = np.array(
            [0.0 if rule.points_per_unit is None else _or(rule.at_most_units, np.inf) for rule in asked]
        )
        self._points = np.array([rule.points or 0.0 for rule in asked])
        self._lowest = np.array([_or(rule.when.at_least, -np.inf) for rule in asked])
        self._highest = np.array([_or(rule.when.at_most, np.inf) for rule in asked])
        self._counts = np.array([rule.points_per_unit is not None for rule in asked], dtype=np.bool_)

    def of(self, matrix: FeatureMatrix) -> Numbers:
        """Award points, shape (n_snapshots, n_rules)."""
        points = np.empty((len(matrix.values), len(self._rules)))
        if self._by_number:
            places = [matrix.names.index(self._rules[number].when.feature) for number in self._by_number]
            values = matrix.values[:, places]
            units = np.minimum(np.where(np.isnan(values), 0.0, values), self._at_most_units)
            met = (values >= self._lowest) & (values <= self._highest)  # a missing value meets neither
            once = np.where(met, self._points, 0.0)
            points[:, self._by_number] = np.where(self._counts, self._per_unit * units, once)
        for number, rule in enumerate(self._rules):
            if not _asks_for_a_number(rule):
                column = matrix.values[:, matrix.names.index(rule.when.feature)]
                met_by = _met(rule.when, column, matrix.words.get(rule.when.feature, ()))
                points[:, number] = np.where(met_by, rule.points or 0.0, 0.0)
        return points


def _asks_for_a_number(rule: RuleSpec) -> bool:
    return rule.points_per_unit is not None or rule.when.at_least is not None or rule.when.at_most is not None


def _or(number: float | None, other: float) -> float:
    return other if number is None else number


def _met(when: ConditionSpec, column: Numbers, words: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    if when.missing is not None:
        return np.isnan(column) if when.missing else ~np.isnan(column)
    wanted = (when.is_,) if when.is_ is not None else (when.any_of or ())
    met: npt.NDArray[np.bool_] = np.zeros(len(column), dtype=np.bool_)
    for code, word in enumerate(words):
        if word in wanted:
            met |= column == code
    return met


@dataclass(frozen=True)
class RulesModel:
    """Rules with the line that calibrates them.

    Attributes
    ----------
    rules : tuple of RuleSpec
    intercept : float, log-odds at the usual rule points
    slope : float, log-odds for each rule point, >= 0
    usual_points : tuple of float
        Mean points of each rule in training.
    """

    rules: tuple[RuleSpec, ...]
    intercept: float
    slope: float
    usual_points: tuple[float, ...]

    @classmethod
    def fit(cls, rules: Sequence[RuleSpec], matrix: FeatureMatrix, ready: Numbers, weights: Numbers) -> "RulesModel":
        """Fit the line on outcomes, with a prior on its slope.

        Parameters
        ----------
        rules : sequence of RuleSpec
        matrix : FeatureMatrix, n_snapshots rows
        ready, weights : float array, shape (n_snapshots,)

        Returns
        -------
        model : RulesModel
        """
        points = award(rules, matrix)
        usual = np.average(points, axis=0, weights=weights)
        distance = points.sum(axis=1) - usual.sum()
        spread = float(np.sqrt(np.average(distance**2, weights=weights)))
        # A mean is off by rounding, and so is the distance of points that are the same everywhere.
        if spread <= 1e-9 * max(1.0, float(np.abs(points).sum(axis=1).max(initial=0.0))):
            rate = float(np.clip(np.average(ready, weights=weights), 1e-6, 1 - 1e-6))
            return cls(tuple(rules), float(np.log(rate / (1 - rate))), 0.0, tuple(usual.tolist()))
        intercept, slope = _line(distance / spread, ready, weights)
        return cls(tuple(rules), intercept, max(slope, 0.0) / spread, tuple(usual.tolist()))

    def points(self, matrix: FeatureMatrix) -> Numbers:
        """Award rule points, shape (n_snapshots, n_rules)."""
        return self._awards.of(matrix)

    @cached_property
    def _awards(self) -> Awards:
        return Awards(self.rules)

    def margin_of(self, points: Numbers) -> Numbers:
        """Turn sums of rule points into log-odds, on the fitted line.

        Parameters
        ----------
        points : float array, shape (n_snapshots,)
            Also of rules that were changed since: the line stays until the next training.

        Returns
        -------
        margin : float array, shape (n_snapshots,), log-odds
        """
        margin: Numbers = self.intercept + self.slope * (points - sum(self.usual_points))
        return margin

    def contributions(self, matrix: FeatureMatrix) -> Contributions:
        """Merge the rules of each feature: slope * (points - usual points)."""
        values = np.zeros((len(matrix.values), len(matrix.names)))
        parts = self.slope * (self.points(matrix) - np.array(self.usual_points))
        for number, rule in enumerate(self.rules):
            values[:, matrix.names.index(rule.when.feature)] += parts[:, number]
        return Contributions(self.intercept, values)

    def margin(self, matrix: FeatureMatrix) -> Numbers:
        """Give the log-odds of the rule points alone."""
        return self.margin_of(self.points(matrix).sum(axis=1))


def _line(standardised: Numbers, ready: Numbers, weights: Numbers) -> tuple[float, float]:
    """Find the likeliest intercept and slope under a normal prior on the slope, by Newton's method."""
    design = np.column_stack([np.ones_like(standardised), standardised])
    prior_mean, prior_precision = np.array([0.0, _USUAL_SLOPE]), np.diag([0.0, _SLOPE_SPREAD**-2])
    rate = float(np.clip(np.average(ready, weights=weights), 1e-6, 1 - 1e-6))
    line = np.array([np.log(rate / (1 - rate)), 0.0])
    for _ in range(_NEWTON_STEPS):
        chance = 1.0 / (1.0 + np.exp(-np.clip(design @ line, -30, 30)))
        gradient = design.T @ (weights * (ready - chance)) - prior_precision @ (line - prior_mean)
        curvature = design.T @ (design * (weights * np.maximum(chance * (1 - chance), 1e-9))[:, None]) + prior_precision
        step = np.linalg.solve(curvature, gradient)
        line = line + np.clip(step, -2.0, 2.0)
        if float(np.abs(step).max()) < 1e-10:
            break
    return float(line[0]), float(line[1])

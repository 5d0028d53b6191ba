"""The rule-based model: rule points by the rules both teams wrote, and a line that turns them into a chance."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from leadml.engine.matrix import FeatureMatrix
from leadml.history.tables import Codes, Numbers
from leadml.learners.awards import Awarded, Awards
from leadml.learners.contract import Contributions
from leadml.specs.rules_spec import RulesSpec

# The line starts from the belief that one standard deviation of rule points doubles or trebles the odds.
_USUAL_SLOPE, _SLOPE_SPREAD = 0.8, 0.5
_NEWTON_STEPS = 50


@dataclass(frozen=True)
class RulesModel:
    """Rules with the line that calibrates them.

    Attributes
    ----------
    spec : RulesSpec
    intercept : float, log-odds at the usual rule points
    slope : float, log-odds for each rule point, >= 0
    usual_points : tuple of float
        Mean share of each rule in training: see `Awards`.
    """

    spec: RulesSpec
    intercept: float
    slope: float
    usual_points: tuple[float, ...]

    @classmethod
    def fit(cls, spec: RulesSpec, matrix: FeatureMatrix, ready: Numbers, weights: Numbers) -> "RulesModel":
        """Fit the line on outcomes, with a prior on its slope.

        Parameters
        ----------
        spec : RulesSpec
        matrix : FeatureMatrix, n_snapshots rows
        ready, weights : float array, shape (n_snapshots,)

        Returns
        -------
        model : RulesModel
        """
        shares = Awards(spec).of(matrix).shares
        usual = np.average(shares, axis=0, weights=weights)
        distance = shares.sum(axis=1) - usual.sum()
        spread = float(np.sqrt(np.average(distance**2, weights=weights)))
        # A mean is off by rounding, and so is the distance of points that are the same everywhere.
        if spread <= 1e-9 * max(1.0, float(np.abs(shares).sum(axis=1).max(initial=0.0))):
            rate = float(np.clip(np.average(ready, weights=weights), 1e-6, 1 - 1e-6))
            return cls(spec, float(np.log(rate / (1 - rate))), 0.0, tuple(usual.tolist()))
        intercept, slope = _line(distance / spread, ready, weights)
        return cls(spec, intercept, max(slope, 0.0) / spread, tuple(usual.tolist()))

    def award(self, matrix: FeatureMatrix) -> Awarded:
        """Award rule points."""
        return self._awards.of(matrix)

    @cached_property
    def _awards(self) -> Awards:
        return Awards(self.spec)

    def margin_of(self, points: Numbers) -> Numbers:
        """Turn sums of rule points into log-odds, on the fitted line.

        Parameters
        ----------
        points : float array, shape (n_snapshots,)
            As held. Also of rules that were changed since: the line stays until the next training.

        Returns
        -------
        margin : float array, shape (n_snapshots,), log-odds
        """
        margin: Numbers = self.intercept + self.slope * (points - sum(self.usual_points))
        return margin

    def contributions(self, matrix: FeatureMatrix) -> Contributions:
        """Give each feature what its rules say: slope * (share - usual share), halved where a rule asks two of them."""
        values = np.zeros((len(matrix.values), len(matrix.names)))
        if self.spec.rules:
            rules, parts, features, first = self._parts(matrix)
            away = self.slope * (self.award(matrix).shares - np.array(self.usual_points))
            values[:, features] = np.add.reduceat(away[:, rules] * parts, first, axis=1)
        return Contributions(self.intercept, values)

    def _parts(self, matrix: FeatureMatrix) -> tuple[Codes, Numbers, Codes, Codes]:
        """Lay out which part of which rule belongs to which feature, in the order of the features."""
        if matrix.names not in self._laid:
            self._laid.clear()
            asked = [rule.when.features for rule in self.spec.rules]
            laid = sorted(
                (matrix.names.index(feature), number, 1 / len(features))
                for number, features in enumerate(asked)
                for feature in features
            )
            places = np.array([place for place, *_ in laid], dtype=np.int64)
            features, first = np.unique(places, return_index=True)
            rules = np.array([number for _, number, _ in laid], dtype=np.int64)
            self._laid[matrix.names] = rules, np.array([part for *_, part in laid]), features, first
        return self._laid[matrix.names]

    @cached_property
    def _laid(self) -> dict[tuple[str, ...], tuple[Codes, Numbers, Codes, Codes]]:
        return {}

    def margin(self, matrix: FeatureMatrix) -> Numbers:
        """Give the log-odds of the rule points alone."""
        return self.margin_of(self.award(matrix).shares.sum(axis=1))


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

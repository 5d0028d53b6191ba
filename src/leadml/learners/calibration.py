"""The line that makes a chance honest: one slope for all, a shift for each lead type, and the level of today.

A line in log-odds is the calibration under which reasons still add up: it stretches every contribution alike.

- The slope comes from later leads, each block of them on a level of its own: was the model too sure, or too shy?
- Each lead type has a shift, from the same leads, pulled to nothing where a type has few outcomes.
- The level is that of now. Rates drift: the training leads are cut by time, the shift of each part is measured, and a
  filter decides from the shifts themselves how much of their going up and down is drift and how much is chance. Where
  they differ by no more than chance the level is the mean of all time; where they wander it is the last one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from leadml.agreement.scale import probability
from leadml.clock import Instants
from leadml.engine.matrix import FeatureMatrix
from leadml.history.tables import Codes, Numbers
from leadml.learners.contract import Contributions

LEAST_SLOPE, MOST_SLOPE = 0.5, 2.0
# Before any outcome we believe the slope to be 1, give or take a twentieth: what said too little or too much of later
# leads had learned from fewer leads than the model has. Lead types are told apart by the features already: their
# shifts are nothing, give or take a tenth of a log-odds.
_SLOPE_SPREAD, _SHIFT_SPREAD = 0.05, 0.1
_NEWTON_STEPS = 50
# A part of the time line has at least so many outcomes, and there are at most so many parts.
_OUTCOMES_A_PART, _MOST_PARTS = 20, 40
# Drift from one part to the next that is thought possible, as standard deviations in log-odds.
_DRIFTS = (0.0, 0.02, 0.04, 0.08, 0.15, 0.3, 0.6)
_DRIFT_COST = 4.0  # nats: that rates wander must be plain to see


@dataclass(frozen=True)
class CalibrationLine:
    """Turns a learned margin into a calibrated one: level + slope * margin + shift of the lead type.

    Attributes
    ----------
    level : float, log-odds
    slope : float in 0.5..2
    shifts : mapping of lead type to float, log-odds
        Of a type that training never saw, or that is missing: nothing.
    lead_type : str or None
        The feature that tells the lead type; its reason carries the shift. None where no feature does.

    Examples
    --------
    >>> line, matrix = CalibrationLine(level=-0.5, slope=2.0), FeatureMatrix(("clicks",), np.zeros((1, 1)), {})
    >>> line.applied(Contributions(-1.0, np.array([[0.25]])), matrix).margin.tolist()
    [-2.0]
    """

    level: float = 0.0
    slope: float = 1.0
    shifts: Mapping[str, float] = field(default_factory=dict)
    lead_type: str | None = None

    def applied(self, contributions: Contributions, matrix: FeatureMatrix) -> Contributions:
        """Calibrate contributions; their sum is `on_margin` of their sum.

        Parameters
        ----------
        contributions : Contributions
        matrix : FeatureMatrix
            The same snapshots.

        Returns
        -------
        contributions : Contributions
        """
        values = self.slope * contributions.values
        if self.shifts and self.lead_type is not None:
            values[:, matrix.names.index(self.lead_type)] += self._shifts_of(matrix)
        return Contributions(self.level + self.slope * contributions.start, values)

    def on_margin(self, margin: Numbers, matrix: FeatureMatrix) -> Numbers:
        """Calibrate margins, shape (n_snapshots,), log-odds."""
        return self.level + self.slope * margin + self._shifts_of(matrix)

    def _shifts_of(self, matrix: FeatureMatrix) -> Numbers:
        """Give the shift of each snapshot's lead type."""
        if self.lead_type is None or not self.shifts:
            return np.zeros(len(matrix.values))
        by_code = np.array([*(self.shifts.get(word, 0.0) for word in matrix.words[self.lead_type]), 0.0])
        return by_code[codes_of(matrix, self.lead_type)]

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON."""
        return {"level": self.level, "slope": self.slope, "shifts": dict(self.shifts), "lead_type": self.lead_type}


def codes_of(matrix: FeatureMatrix, name: str | None) -> Codes:
    """Give the word of each snapshot as a code; the one after the last where it is missing, or no feature tells it.

    Parameters
    ----------
    matrix : FeatureMatrix
    name : str or None
        A category.

    Returns
    -------
    codes : int array, shape (n_snapshots,)
    """
    if name is None:
        return np.zeros(len(matrix.values), dtype=np.int64)
    column = matrix.values[:, matrix.names.index(name)]
    return np.where(np.isnan(column), len(matrix.words[name]), column).astype(np.int64)


def fit_slope_and_shifts(
    margin: Numbers, answers: tuple[Numbers, Numbers], *, blocks: Codes, types: Codes, type_count: int
) -> tuple[float, Numbers]:
    """Find how much to stretch margins, and how much to shift each lead type, on leads that were not learned from.

    Parameters
    ----------
    margin : float array, shape (n,), log-odds
        Said by models that had not seen these leads.
    answers : (ready, evidence), float arrays of shape (n,)
        `evidence` sums to the number of leads: several snapshots of a lead say little more than one.
    blocks : int array, shape (n,)
        Each block has a level of its own.
    types : int array, shape (n,)
        Codes of lead types; `type_count` and above: none.
    type_count : int

    Returns
    -------
    slope : float in 0.5..2
    shifts : float array, shape (type_count,), log-odds

    Notes
    -----
    Each block has a slope of its own, the likeliest under N(1, 1), beside shifts under N(0, 0.1**2), by Newton's
    method. A slope that changes from block to block says little of the next leads: the blocks' slopes are put
    together as random effects, and pulled to the belief N(1, 0.05**2).

    References
    ----------
    DerSimonian, R. and Laird, N. (1986). Meta-analysis in clinical trials.
    """
    if not len(margin):
        return 1.0, np.zeros(type_count)
    ready, evidence = answers
    in_block = np.equal.outer(blocks, np.unique(blocks)).astype(np.float64)
    count = in_block.shape[1]
    design = np.column_stack([in_block, in_block * margin[:, None], np.equal.outer(types, np.arange(type_count))])
    believed = np.r_[np.zeros(count), np.ones(count), np.zeros(type_count)]
    precision = np.r_[np.full(count, 1e-6), np.ones(count), np.full(type_count, _SHIFT_SPREAD**-2)]
    line = believed.copy()
    for _ in range(_NEWTON_STEPS):
        chance = probability(design @ line)
        gradient = design.T @ (evidence * (ready - chance)) - precision * (line - believed)
        curvature = design.T @ (design * (evidence * np.maximum(chance * (1 - chance), 1e-9))[:, None])
        curvature += np.diag(precision)
        step = np.clip(np.linalg.solve(curvature, gradient), -1.0, 1.0)
        line = line + step
        if float(np.abs(step).max()) < 1e-9:
            break
    slopes, variances = line[count : 2 * count], np.diag(np.linalg.inv(curvature))[count : 2 * count]
    return _together(slopes, variances), line[2 * count :]


def _together(slopes: Numbers, variances: Numbers) -> float:
    """Put the slopes of several blocks together, and pull their mean to 1."""
    sure = 1 / variances
    mean = float(sure @ slopes / sure.sum())
    scatter = float(sure @ (slopes - mean) ** 2) - (len(slopes) - 1)
    room = float(sure.sum() - (sure**2).sum() / sure.sum())
    between = max(0.0, scatter / room) if room > 0 else 0.0
    sure = 1 / (variances + between)
    found = float(sure @ slopes + _SLOPE_SPREAD**-2) / float(sure.sum() + _SLOPE_SPREAD**-2)
    return min(max(found, LEAST_SLOPE), MOST_SLOPE)


def level_of_now(margin: Numbers, answers: tuple[Numbers, Numbers], created_at: Instants) -> float:
    """Find the shift that the next leads need, from how past ones drifted.

    Parameters
    ----------
    margin : float array, shape (n,), log-odds
        Calibrated but for its level.
    answers : (ready, evidence), float arrays of shape (n,)
        `evidence` sums to the number of leads.
    created_at : int array, shape (n,), UTC microseconds
        When each snapshot's lead was created.

    Returns
    -------
    level : float, log-odds

    Notes
    -----
    A local level model: the level of a part of the time line is that of the part before plus N(0, drift**2), and its
    measured shift is the level plus N(0, 1 / information). Each drift of a grid is filtered (Kalman) and counts by its
    likelihood, so without evidence of drift the level is close to that of all time.

    References
    ----------
    Durbin, J. and Koopman, S. J. (2012). Time Series Analysis by State Space Methods, chapter 2.
    """
    ready, evidence = answers
    order = np.argsort(created_at, kind="stable")
    outcomes = min(float(evidence @ ready), float(evidence @ (1 - ready)))
    parts = int(np.clip(outcomes // _OUTCOMES_A_PART, 1, _MOST_PARTS))
    passed = np.cumsum(evidence[order])
    part_of = np.minimum((passed * parts / passed[-1]).astype(np.int64), parts - 1)
    shifts, variances = [], []
    for part in range(parts):
        rows = order[part_of == part]
        if len(rows):
            shift, information = _shift_of(margin[rows], ready[rows], evidence[rows])
            shifts.append(shift)
            variances.append(1 / information)
    likelihoods, levels = zip(*(_filtered(shifts, variances, drift) for drift in _DRIFTS), strict=True)
    evidence_of = np.array(likelihoods) - np.where(np.array(_DRIFTS) > 0, _DRIFT_COST, 0.0)
    counted = np.exp(evidence_of - evidence_of.max())
    return float(counted @ np.array(levels) / counted.sum())


def _shift_of(margin: Numbers, ready: Numbers, evidence: Numbers) -> tuple[float, float]:
    """Find the likeliest shift, and the information behind it; half an outcome each way keeps it finite."""
    shift = 0.0
    for _ in range(_NEWTON_STEPS):
        chance = probability(margin + shift)
        information = float(evidence @ (chance * (1 - chance))) + 0.25
        step = (float(evidence @ (ready - chance)) + 0.5 - float(probability(np.array([shift]))[0])) / information
        shift += min(max(step, -1.0), 1.0)
        if abs(step) < 1e-9:
            break
    return shift, information


def _filtered(shifts: list[float], variances: list[float], drift: float) -> tuple[float, float]:
    """Log likelihood of the measured shifts under a drift, and the level after the last of them."""
    level, uncertain = 0.0, 0.25  # before the first part: nothing, give or take half a unit of log-odds
    likelihood = 0.0
    for shift, variance in zip(shifts, variances, strict=True):
        spread = uncertain + variance
        likelihood -= 0.5 * (np.log(spread) + (shift - level) ** 2 / spread)
        gain = uncertain / spread
        level += gain * (shift - level)
        uncertain = uncertain * (1 - gain) + drift**2
    return likelihood, level

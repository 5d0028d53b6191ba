"""How good a score is: ranking, lift and honesty of the chance, each with its interval.

Intervals come from a bootstrap by lead: snapshots of one lead are not independent, so leads are
drawn, never snapshots. Figures are given for each age, and as the mean of ages; never pooled.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from leadml.dataset import TrainingSet
from leadml.errors import LeadmlError
from leadml.history.tables import Codes, Numbers

MetricName = Literal["auc", "lift", "brier"]
METRICS: tuple[MetricName, ...] = ("auc", "lift", "brier")
LARGER_IS_BETTER: Mapping[MetricName, bool] = {"auc": True, "lift": True, "brier": False}
TOP_SHARE = 0.1
MEAN_OF_AGES = "mean of ages"


@dataclass(frozen=True)
class Figure:
    """A measured figure with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Verdict:
    """One metric of two contestants on the same snapshots."""

    age: str
    metric: MetricName
    first: Figure
    second: Figure
    gain: Figure

    @property
    def proven(self) -> bool:
        """Whether the interval of the gain lies on one side of zero."""
        return self.gain.low > 0 or self.gain.high < 0


@dataclass(frozen=True)
class Scores:
    """What one contestant says about each snapshot of a test.

    Attributes
    ----------
    ranking : float array, shape (n,)
        Unclipped: only its order is used.
    probability : float array, shape (n,)
    """

    ranking: Numbers
    probability: Numbers


def auc(ready: ArrayLike, ranking: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Chance that a ready lead is ranked above one that is not.

    Parameters
    ----------
    ready : array of 0 and 1, shape (n,)
        Leads whose window is still open must be removed before (see `outcomes`).
    ranking : array of float, shape (n,)
        Any score; higher means readier. Ties count half.
    weights : array of float, shape (n,), optional
        How often each snapshot counts.

    Returns
    -------
    auc : float in [0, 1]
        Area under the ROC curve; 0.5 is no better than chance.

    Raises
    ------
    LeadmlError
        `nothing_to_compare` if all are ready, or none.

    Examples
    --------
    >>> auc([1, 0, 1, 0], [0.9, 0.1, 0.4, 0.4])
    0.875
    """
    return _Ranked(np.asarray(ranking, dtype=np.float64)).auc(*_weighed(ready, weights))


def lift_at(
    ready: ArrayLike, ranking: ArrayLike, *, top_share: float = TOP_SHARE, weights: ArrayLike | None = None
) -> float:
    """How many times better than chance the top of the list converts.

    Sales can call only part of the list. Lift answers: if they call the top part, how much richer
    in ready leads is it than the list as a whole?

    Parameters
    ----------
    ready : array of 0 and 1, shape (n,)
    ranking : array of float, shape (n,)
        Only the order is used. Leads that tie at the cut count by their share.
    top_share : float in (0, 1]
        Part of the list that sales will call; 0.1 is the top tenth.
    weights : array of float, shape (n,), optional

    Returns
    -------
    lift : float, >= 0, a ratio without unit
        1.0 is no better than calling at random.

    Raises
    ------
    LeadmlError
        `nothing_to_compare` if all are ready, or none.

    Notes
    -----
    lift = (ready rate in the top top_share * n) / (ready rate in all).

    Examples
    --------
    >>> lift_at([1, 1] + [0] * 8, range(10, 0, -1), top_share=0.2)
    5.0
    """
    return _Ranked(np.asarray(ranking, dtype=np.float64)).lift(*_weighed(ready, weights), top_share=top_share)


def brier(ready: ArrayLike, probability: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Mean squared distance between the chance given and what happened.

    Parameters
    ----------
    ready : array of 0 and 1, shape (n,)
    probability : array of float in [0, 1], shape (n,)
    weights : array of float, shape (n,), optional

    Returns
    -------
    brier : float in [0, 1]
        Smaller is better.

    References
    ----------
    Brier, G. W. (1950). Verification of forecasts expressed in terms of probability.

    Examples
    --------
    >>> brier([1, 0], [1.0, 0.5])
    0.125
    """
    happened = np.asarray(ready, dtype=np.float64)
    return float(
        np.average(
            (np.asarray(probability, dtype=np.float64) - happened) ** 2,
            weights=None if weights is None else np.asarray(weights),
        )
    )


def _weighed(ready: ArrayLike, weights: ArrayLike | None) -> tuple[Numbers, Numbers]:
    happened = np.asarray(ready, dtype=np.float64)
    counted = np.ones(len(happened)) if weights is None else np.asarray(weights, dtype=np.float64)
    total = float(counted @ happened)
    if not 0 < total < float(counted.sum()):
        raise LeadmlError(
            "nothing_to_compare", where="the snapshots compared", ready=round(total), snapshots=len(happened)
        )
    return happened, counted


class _Ranked:
    """Snapshots grouped by equal rank once, so that a thousand draws are cheap."""

    def __init__(self, ranking: Numbers) -> None:
        levels, self._group = np.unique(-ranking, return_inverse=True)
        self._groups = len(levels)

    def _sums(self, happened: Numbers, weights: Numbers) -> tuple[Numbers, Numbers]:
        """Weight of ready and of all snapshots in each group, best rank first."""
        ready: Numbers = np.bincount(self._group, weights * happened, self._groups).astype(np.float64)
        every: Numbers = np.bincount(self._group, weights, self._groups).astype(np.float64)
        return ready, every

    def auc(self, happened: Numbers, weights: Numbers) -> float:
        ready, every = self._sums(happened, weights)
        others = every - ready
        below = others.sum() - np.cumsum(others)
        return float(ready @ (below + 0.5 * others) / (ready.sum() * others.sum()))

    def lift(self, happened: Numbers, weights: Numbers, *, top_share: float) -> float:
        ready, every = self._sums(happened, weights)
        cut = top_share * every.sum()
        inside = np.clip(cut - (np.cumsum(every) - every), 0, every)
        taken = np.divide(inside, every, out=np.zeros_like(every), where=every > 0)
        return float((ready @ taken) / cut / (ready.sum() / every.sum()))


def judge(test: TrainingSet, first: Scores, second: Scores, *, draws: int = 1000, seed: int = 7) -> list[Verdict]:
    """Compare two contestants on identical snapshots, for each age and as the mean of ages.

    Parameters
    ----------
    test : TrainingSet
    first, second : Scores
        The gain is how much better the first is.
    draws : int
        Bootstrap draws of leads.
    seed : int

    Returns
    -------
    verdicts : list of Verdict
        Ages without both ready and other leads are left out; the mean is over those that remain.

    Raises
    ------
    LeadmlError
        `nothing_to_compare` when no age remains.
    """
    parts = [
        _AgePart(test, np.flatnonzero(test.snapshots.ages == age), name, first, second)
        for age, name in enumerate(test.snapshots.age_names)
    ]
    parts = [part for part in parts if part.comparable]
    if not parts:
        raise LeadmlError(
            "nothing_to_compare", where="the snapshots compared", ready=int(test.ready.sum()), snapshots=len(test)
        )
    leads, lead_of = np.unique(test.snapshots.leads, return_inverse=True)
    random = np.random.default_rng(seed)
    drawn = [
        [part.measure(counts) for part in parts]
        for counts in (
            np.bincount(random.integers(0, len(leads), len(leads)), minlength=len(leads))[lead_of] for _ in range(draws)
        )
    ]
    samples = np.array(drawn)  # draws x ages x metrics x contestants
    points = np.array([part.measure(np.ones(len(test), dtype=np.int64)) for part in parts])
    verdicts = [
        _verdict(part.name, metric, points[place, number], samples[:, place, number])
        for place, part in enumerate(parts)
        for number, metric in enumerate(METRICS)
    ]
    if len(parts) > 1:
        verdicts += [
            _verdict(MEAN_OF_AGES, metric, points[:, number].mean(axis=0), samples[:, :, number].mean(axis=1))
            for number, metric in enumerate(METRICS)
        ]
    return verdicts


class _AgePart:
    """The snapshots of one age, ready to be measured under any weights."""

    def __init__(self, test: TrainingSet, index: Codes, name: str, first: Scores, second: Scores) -> None:
        self.name = name
        self._index = index
        self._happened = test.ready[index]
        self._ranked = [_Ranked(scores.ranking[index]) for scores in (first, second)]
        self._squares = [(scores.probability[index] - self._happened) ** 2 for scores in (first, second)]
        self.comparable = 0 < self._happened.sum() < len(index)

    def measure(self, counts: Codes) -> list[list[float]]:
        """Give each metric for both contestants; NaN when a draw holds only one kind of lead."""
        weights = counts[self._index].astype(np.float64)
        total = float(weights @ self._happened)
        if not 0 < total < float(weights.sum()):
            return [[np.nan, np.nan] for _ in METRICS]
        return [
            [ranked.auc(self._happened, weights) for ranked in self._ranked],
            [ranked.lift(self._happened, weights, top_share=TOP_SHARE) for ranked in self._ranked],
            [float(weights @ squares / weights.sum()) for squares in self._squares],
        ]


def _verdict(age: str, metric: MetricName, point: Numbers, samples: Numbers) -> Verdict:
    sign = 1.0 if LARGER_IS_BETTER[metric] else -1.0
    return Verdict(
        age=age,
        metric=metric,
        first=_figure(point[0], samples[:, 0]),
        second=_figure(point[1], samples[:, 1]),
        gain=_figure(sign * (point[0] - point[1]), sign * (samples[:, 0] - samples[:, 1])),
    )


def _figure(value: float, drawn: Numbers) -> Figure:
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    return Figure(float(value), float(low), float(high))

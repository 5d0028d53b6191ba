"""Any number of contestants on identical snapshots: each figure with its interval, and what the first gains.

Intervals come from one bootstrap by lead that all contestants share. Figures are given for each age, as the mean
of ages, for each period, and within scoring days; they are never only pooled.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from leadml.clock import DAY
from leadml.dataset import TrainingSet
from leadml.errors import LeadmlError
from leadml.evaluate.drawn import Chances, Listed, Ranking, drawn_leads
from leadml.evaluate.metrics import TOP_SHARE
from leadml.history.tables import Codes, Numbers

MetricName = Literal[
    "auc", "average_precision", "lift", "precision", "brier", "log_loss", "calibration_slope", "spiegelhalter_z"
]
METRICS: tuple[MetricName, ...] = (
    "auc",
    "average_precision",
    "lift",
    "precision",
    "brier",
    "log_loss",
    "calibration_slope",
    "spiegelhalter_z",
)
MEAN_OF_AGES = "mean of ages"
WITHIN_DAY = "within a scoring day"
DRAWS_OF_SLOPES = 200  # each is a regression of its own
_LEAST, _MOST = 2.5, 97.5


@dataclass(frozen=True)
class Figure:
    """A measured figure with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Verdict:
    """One metric of all contestants on the same snapshots.

    Attributes
    ----------
    age : str
        A name of the test's ages, `MEAN_OF_AGES` or `WITHIN_DAY`.
    metric : MetricName
    figures : dict of contestant to Figure
        None where a contestant has no such figure, as the slope of one who always says the same.
    gains : dict of rival to Figure
        How much better the first is: above zero where it is, whether the metric should be large, small, one or zero.
    period : int or None
        From 1; None of all periods together.
    """

    age: str
    metric: MetricName
    figures: dict[str, Figure | None]
    gains: dict[str, Figure | None] = field(default_factory=dict)
    period: int | None = None

    def figure_of(self, name: str) -> Figure:
        """Give the figure of a contestant that has one; an AUC, say, is never lacking."""
        return _given(self.figures[name])

    def gain_over(self, rival: str) -> Figure:
        """Give what the first gains over a rival, where both have the figure."""
        return _given(self.gains[rival])

    @property
    def first(self) -> Figure:
        """What the first contestant has."""
        return self.figure_of(next(iter(self.figures)))

    @property
    def second(self) -> Figure:
        """What the first rival has."""
        return self.figure_of(next(iter(self.gains)))

    @property
    def gain(self) -> Figure:
        """What the first gains over the first rival."""
        return self.gain_over(next(iter(self.gains)))

    @property
    def proven(self) -> bool:
        """Whether the interval of that gain lies on one side of zero."""
        return self.gain.low > 0 or self.gain.high < 0


def _given(figure: Figure | None) -> Figure:
    if figure is None:
        raise ValueError("there is no such figure; see Verdict.figures")
    return figure


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

    def rows(self, index: Codes) -> "Scores":
        """Take what is said of some of the snapshots."""
        return Scores(self.ranking[index], self.probability[index])


@dataclass(frozen=True)
class Measures:
    """What is measured, and how finely.

    Attributes
    ----------
    metrics : tuple of MetricName
    top_share : float in (0, 1]
        The top of the list, for lift and precision.
    draws : int
        Bootstrap draws of leads; the slope has no more than `DRAWS_OF_SLOPES`.
    seed : int
    """

    metrics: tuple[MetricName, ...] = METRICS
    top_share: float = TOP_SHARE
    draws: int = 1000
    seed: int = 7


def judge(
    test: TrainingSet,
    contestants: Mapping[str, Scores],
    *,
    first: str,
    measures: Measures | None = None,
    period_of: Codes | None = None,
) -> list[Verdict]:
    """Compare contestants on identical snapshots.

    At each age each lead weighs the same, however many snapshots of that age it has.

    Parameters
    ----------
    test : TrainingSet, n snapshots
    contestants : mapping of name to Scores
        Of the same snapshots, in the same order.
    first : str
        The gain is how much better this one is.
    measures : Measures, optional
    period_of : int array, shape (n,), optional
        From 0, which period each snapshot belongs to; default: all to one.

    Returns
    -------
    verdicts : list of Verdict
        Each age, the mean of ages where there are several, each period (as its mean of ages) where there are several,
        and the AUC within scoring days where a day has pairs. Ages without both ready and other leads are left
        out; a mean is over those that remain.

    Raises
    ------
    LeadmlError
        `nothing_to_compare` when no age remains.
    """
    measures = measures or Measures()
    ordered = {first: contestants[first], **contestants}
    periods = np.zeros(len(test), np.int64) if period_of is None else period_of
    parts = [_Part(place, test, ordered, measures) for place in _places(test, periods, measures)]
    if not parts:
        raise LeadmlError(
            "nothing_to_compare", where="the snapshots compared", ready=int(test.ready.sum()), snapshots=len(test)
        )
    measured = _measure(parts, test, measures)
    ages = [part for part in measured if part.period is None and part.age != WITHIN_DAY]
    told = [*ages, *([_mean(ages, None)] if len(ages) > 1 else [])]
    for period in sorted({part.period for part in measured if part.period is not None}):
        told.append(_mean([part for part in measured if part.period == period], period))
    told += [part for part in measured if part.age == WITHIN_DAY]
    return [verdict for part in told for verdict in part.verdicts(tuple(ordered))]


@dataclass(frozen=True)
class _Measured:
    """What some snapshots gave: points (metrics x contestants), samples (draws x metrics x contestants)."""

    age: str
    period: int | None
    metrics: tuple[MetricName, ...]
    points: Numbers
    samples: Numbers

    def verdicts(self, names: tuple[str, ...]) -> Iterator[Verdict]:
        for number, metric in enumerate(self.metrics):
            points, samples = self.points[number], self.samples[:, number]
            faults, drawn = _fault(metric, points), _fault(metric, samples)
            yield Verdict(
                age=self.age,
                metric=metric,
                figures={name: as_figure(points[place], samples[:, place]) for place, name in enumerate(names)},
                gains={
                    name: as_figure(faults[place] - faults[0], drawn[:, place] - drawn[:, 0])
                    for place, name in enumerate(names)
                    if place
                },
                period=self.period,
            )


@dataclass(frozen=True)
class _Place:
    """Which snapshots are judged together; with strata, only those of one are compared."""

    age: str
    period: int | None
    index: Codes
    strata: Codes | None = None


class _Part:
    """The snapshots of a place, ready to be measured under any weights."""

    def __init__(self, place: _Place, test: TrainingSet, contestants: Mapping[str, Scores], measures: Measures) -> None:
        index, strata = place.index, place.strata
        self.place = place
        self.metrics: tuple[MetricName, ...] = measures.metrics if strata is None else ("auc",)
        self._ready, self._top_share = test.ready[index], measures.top_share
        _, inverse, counts = np.unique(test.snapshots.leads[index], return_inverse=True, return_counts=True)
        self._weights: Numbers = np.ones(len(index)) if strata is not None else 1.0 / counts[inverse]
        self._rankings = [Ranking(self._ready, said.ranking[index], strata) for said in contestants.values()]
        self._chances = [Chances(self._ready, said.probability[index]) for said in contestants.values()]

    def measure(self, weights: Numbers, slopes: int) -> Numbers:
        """Give each metric of each contestant, shape (n_draws, n_metrics, n_contestants); NaN where there is none."""
        weights = weights[:, self.place.index] * self._weights
        happened = weights @ self._ready
        both = np.where((happened > 0) & (happened < weights.sum(axis=1)), 0.0, np.nan)
        measured = np.empty((len(weights), len(self.metrics), len(self._rankings)))
        for place, (ranking, chances) in enumerate(zip(self._rankings, self._chances, strict=True)):
            listed = ranking.under(weights)
            for number, metric in enumerate(self.metrics):
                measured[:, number, place] = self._one(metric, listed, chances, weights, slopes) + both
        return measured

    def _one(self, metric: MetricName, listed: Listed, chances: Chances, weights: Numbers, slopes: int) -> Numbers:
        if metric in ("lift", "precision"):
            at_top: Numbers = getattr(listed, metric)(self._top_share)
            return at_top
        if metric in ("auc", "average_precision"):
            ranked: Numbers = getattr(listed, metric)()
            return ranked
        if metric == "calibration_slope":
            found = np.full(len(weights), np.nan)
            found[:slopes] = chances.slope(weights[:slopes])
            return found
        measured: Numbers = getattr(chances, metric)(weights)
        return measured


def _places(test: TrainingSet, period_of: Codes, measures: Measures) -> Iterator[_Place]:
    """Find the snapshots of each age, of each age in each period, and those that share a day with others."""
    periods = np.unique(period_of)
    for period in [None, *(periods.tolist() if len(periods) > 1 else [])]:
        inside = np.ones(len(test), dtype=bool) if period is None else period_of == period
        for age, name in enumerate(test.snapshots.age_names):
            index = np.flatnonzero(inside & (test.snapshots.ages == age))
            if 0 < test.ready[index].sum() < len(index):
                yield _Place(name, None if period is None else period + 1, index)
    days = test.snapshots.as_of // DAY
    of_period = np.searchsorted(periods, period_of)  # two models are not compared, even on the day they share
    _, day_of = np.unique((days - days.min(initial=0)) * (len(periods) + 1) + of_period, return_inverse=True)
    ready, every = np.bincount(day_of, test.ready), np.bincount(day_of)
    index = np.flatnonzero(((ready > 0) & (ready < every))[day_of])
    if len(index) and "auc" in measures.metrics:
        yield _Place(WITHIN_DAY, None, index, day_of[index])


def _measure(parts: list[_Part], test: TrainingSet, measures: Measures) -> list[_Measured]:
    """Measure all parts, as they are and under the same draws."""
    begun, drawn = 0, [list[Numbers]() for _ in parts]
    for weights in drawn_leads(test.snapshots.leads, draws=measures.draws, seed=measures.seed):
        for part, samples in zip(parts, drawn, strict=True):
            samples.append(part.measure(weights, max(0, DRAWS_OF_SLOPES - begun)))
        begun += len(weights)
    as_they_are = np.ones((1, len(test)))
    return [
        _Measured(
            part.place.age, part.place.period, part.metrics, part.measure(as_they_are, 1)[0], np.concatenate(samples)
        )
        for part, samples in zip(parts, drawn, strict=True)
    ]


def _mean(parts: list[_Measured], period: int | None) -> _Measured:
    """Take the mean of ages; of one age it is that age."""
    age = parts[0].age if len(parts) == 1 else MEAN_OF_AGES
    points = np.mean([part.points for part in parts], axis=0)
    return _Measured(age, period, parts[0].metrics, points, np.mean([part.samples for part in parts], axis=0))


def _fault(metric: MetricName, values: Numbers) -> Numbers:
    """How far from best: what the metric lacks, exceeds, or misses its true value by."""
    if metric == "calibration_slope":
        return np.abs(values - 1)
    if metric == "spiegelhalter_z":
        return np.abs(values)
    return values if metric in ("brier", "log_loss") else -values


def as_figure(value: float, drawn: Numbers) -> Figure | None:
    """Put an interval around a figure.

    Parameters
    ----------
    value : float
        NaN where there is none.
    drawn : float array, shape (n_draws,)
        Draws that have no such figure are NaN, and say nothing.

    Returns
    -------
    figure : Figure or None

    Examples
    --------
    >>> as_figure(1.0, np.array([0.0, 1.0, np.nan, 2.0]))
    Figure(value=1.0, low=0.05, high=1.95)
    """
    drawn = drawn[~np.isnan(drawn)]
    if np.isnan(value) or not len(drawn):
        return None
    low, high = np.percentile(drawn, [_LEAST, _MOST])
    return Figure(float(value), float(low), float(high))

"""Spans like the one that was: its leads drawn again and worked off, to see how busy they keep sales."""

from dataclasses import dataclass

import numpy as np

from leadml.agreement.business_calendar import BusinessCalendar
from leadml.agreement.scale import probability
from leadml.history.tables import Codes, Numbers
from leadml.trials.expected import Expected
from leadml.trials.level import Level
from leadml.trials.queue import Arrivals, work_off

DRAWS = 100
_LUCK = 10  # how often outcomes fall anew in each span: placing leads costs more than their luck
_LEAST = 5.0
_ENDS = (_LEAST, 100 - _LEAST)


@dataclass(frozen=True)
class Spans:
    """Spans drawn again.

    Attributes
    ----------
    handed : int array, shape (n_draws, n)
        How often each lead is handed over: a lead may come more than once to a span, as two that are like it.
    capacity : float or None
        Leads that sales can take in the span; None where all are handed over as they come.
    """

    handed: Codes
    capacity: float | None

    @property
    def surely_used(self) -> float:
        """How much of the capacity is used at least in nineteen of twenty spans, in [0, 1]; 0 where there is none."""
        if not self.capacity:
            return 0.0
        return min(1.0, float(np.percentile(self.handed.sum(axis=1), _LEAST)) / self.capacity)

    def hand_overs(self) -> Expected:
        """Tell how many are handed over: the mean of all spans, and the middle 90 % of them."""
        counts = self.handed.sum(axis=1)
        return Expected(float(counts.mean()), *np.percentile(counts, _ENDS).tolist())

    def ready(self, margin: Numbers, level: Level, *, seed: int) -> Expected:
        """Tell how many of those that are handed over become ready.

        Parameters
        ----------
        margin : float array, shape (n,)
            Log-odds.
        level : Level, of shape (n,)
        seed : int

        Returns
        -------
        ready : Expected
            Value: the sum of chances in a mean span. Interval: the middle 90 % of draws, with what luck does to the
            number that comes and to each lead, and with the level of outcomes walking on from what was known.
        """
        random = np.random.default_rng(seed)
        counts = np.repeat(self.handed, _LUCK, axis=0)
        chances = probability(margin + level.shift + level.drawn(len(counts), random))
        ready = random.binomial(counts, chances).sum(axis=1)
        value = float(self.handed.mean(axis=0) @ probability(margin + level.shift))
        return Expected(value, *np.percentile(ready, _ENDS).tolist())


def draw_spans(
    arrivals: Arrivals, leads_a_day: float | None, calendar: BusinessCalendar, *, days: tuple[int, int], seed: int
) -> Spans:
    """Draw spans like one that was, and work them off.

    Parameters
    ----------
    arrivals : Arrivals
        Of the span that was, n of them.
    leads_a_day : float > 0, or None
        None: all are handed over as they come.
    calendar : BusinessCalendar
    days : (first, last) of int
        The span, last day excluded.
    seed : int

    Returns
    -------
    spans : Spans
        In each draw the rate at which leads come is drawn around what it was (gamma, by their number), each lead comes
        as often as luck has it on days of its own (Poisson), and stays as long in the queue as it did; the queue is
        empty at first.

    Examples
    --------
    One lead a day is never enough for two, five a day always are:

    >>> office = BusinessCalendar(None)
    >>> came = Arrivals(np.arange(60), np.zeros(60), np.full(60, 999))
    >>> draw_spans(came, 2.0, office, days=(0, 60), seed=1).surely_used < 0.6
    True
    >>> draw_spans(came, 0.2, office, days=(0, 60), seed=1).surely_used > 0.9
    True
    """
    number = len(arrivals.came_on)
    capacity = None if leads_a_day is None else leads_a_day * int(calendar.is_working_day(np.arange(*days)).sum())
    random = np.random.default_rng(seed)
    stays = arrivals.leaves_on - arrivals.came_on
    handed = np.zeros((DRAWS, number), dtype=np.int64)
    for draw in range(DRAWS if number else 0):
        rows = np.repeat(np.arange(number), random.poisson(random.gamma(number) / number, number))
        if leads_a_day is not None:
            came_on = random.integers(*days, len(rows))
            drawn = Arrivals(came_on, arrivals.points[rows], came_on + stays[rows])
            rows = rows[work_off(drawn, leads_a_day, calendar, days=days).handed_on >= 0]
        handed[draw] = np.bincount(rows, minlength=number)
    return Spans(handed, capacity)

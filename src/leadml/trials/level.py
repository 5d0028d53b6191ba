"""How far the level of outcomes has drifted from what a model says: read from the answers known by then, never later.

A model learns the usual rate of months. Where a market turns, the order of its leads still holds and their chances are
all too high. So the level is followed from week to week, as a walk whose next step is as likely up as down, and what
is foretold says how far it may have gone since the last answers: with a window of 30 days and a grace of 14, they are
six weeks old.
"""

from dataclasses import dataclass

import numpy as np

from leadml.agreement.scale import probability
from leadml.clock import DAY, Instants
from leadml.history.tables import Codes, Mask, Numbers

WEEK = 7 * DAY
# Standard deviations, log-odds. A quarter moves the level by 0.43: the chance of 30 % becomes 22 %, or 40 %.
DRIFT_A_WEEK = 0.12
UNKNOWN_AT_FIRST = 0.5
WEEKS_READ = 52


@dataclass(frozen=True)
class Answered:
    """Snapshots with answers, scored by one model; in order of their weeks.

    Attributes
    ----------
    week : int array, shape (n,)
        Weeks since 1970-01-01 of the snapshots.
    margin : float array, shape (n,)
        Log-odds.
    ready : array of 0 and 1, shape (n,)
    closed_at : int array, shape (n,), UTC microseconds
        When each answer was known.
    times : float, >= 1
        Snapshots a lead: those of one lead tell hardly more than one of them.
    """

    week: Codes
    margin: Numbers
    ready: Numbers
    closed_at: Instants
    times: float

    @classmethod
    def of(cls, leads: Codes, as_of: Instants, margin: Numbers, ready: Numbers, closed_at: Instants) -> "Answered":
        """Lay snapshots out by week; arrays of shape (n,)."""
        order = np.argsort(as_of, kind="stable")
        times = len(leads) / max(1, len(np.unique(leads)))
        return cls((as_of // WEEK)[order], margin[order], ready[order], closed_at[order], times)


@dataclass(frozen=True)
class Level:
    """Where the level stood, as known at the instant of each score: arrays of shape (n,).

    Attributes
    ----------
    shift : float array
        Log-odds, to be added to the margin.
    spread : float array
        Standard deviation of the shift in the last week that had answers.
    answered : int array
        That week.
    week : int array
        The week of the score.
    """

    shift: Numbers
    spread: Numbers
    answered: Codes
    week: Codes

    def rows(self, index: Codes | Mask) -> "Level":
        """Take some of them."""
        return Level(self.shift[index], self.spread[index], self.answered[index], self.week[index])

    def drawn(self, draws: int, random: np.random.Generator) -> Numbers:
        """Draw how far the level really was from the shift; shape (draws, n).

        All scores of a draw share one walk: who is wrong about March is wrong about most of April.
        """
        first = int(self.answered.min(initial=0)) if len(self.answered) else 0
        weeks = int(self.week.max(initial=first)) - first + 1
        walk = DRIFT_A_WEEK * np.cumsum(random.standard_normal((draws, weeks)), axis=1)
        at_first = random.standard_normal((draws, 1)) * self.spread
        drifted: Numbers = at_first + walk[:, self.week - first] - walk[:, self.answered - first]
        return drifted


def follow_level(answered: Answered, as_of: Instants) -> Level:
    """Follow the level up to each instant, by the answers that were known before the week of the instant began.

    Parameters
    ----------
    answered : Answered
    as_of : int array, shape (n,), UTC microseconds

    Returns
    -------
    level : Level

    Notes
    -----
    A Kalman filter for a local level: the state walks by `DRIFT_A_WEEK`, a week with answers is seen as its score
    over its information, both divided by `times`. West and Harrison, Bayesian Forecasting and Dynamic Models, ch. 2;
    the answers of a week are binomial, so each step is taken at the state before it.

    Examples
    --------
    A year in which half of the leads become ready where the model says one in four:

    >>> as_of = np.arange(52).repeat(40) * WEEK
    >>> ready = np.tile([1.0, 0.0], 52 * 20)
    >>> said = np.full(len(ready), -np.log(3))
    >>> history = Answered.of(np.arange(len(ready)), as_of, said, ready, as_of + 6 * WEEK)
    >>> level = follow_level(history, np.array([52 * WEEK]))
    >>> round(float(probability(said[:1] + level.shift)[0]), 2), int(level.week[0] - level.answered[0])
    (0.5, 7)
    """
    week = as_of // WEEK
    different, place = np.unique(week, return_inverse=True)
    found = [_level_at(answered, int(each)) for each in different]
    shift, spread, last = (np.array(part) for part in zip(*found, strict=True)) if found else (np.empty(0),) * 3
    return Level(shift[place], spread[place], last[place].astype(np.int64), week)


def _level_at(answered: Answered, week: int) -> tuple[float, float, int]:
    """Run the filter over the last year of answers known before a week; gives shift, spread and the last week seen."""
    begin, end = np.searchsorted(answered.week, [week - WEEKS_READ, week])
    known = np.arange(begin, end)[answered.closed_at[begin:end] < week * WEEK]
    shift, variance, last = 0.0, UNKNOWN_AT_FIRST**2, week
    starts = np.flatnonzero(np.diff(answered.week[known], prepend=-1))
    for number, rows in enumerate(np.split(known, starts[1:])):
        if not len(rows):
            break
        here = int(answered.week[rows[0]])
        variance += DRIFT_A_WEEK**2 * (here - last if number else 0)
        last = here
        chance = probability(answered.margin[rows] + shift)
        information = float((chance * (1 - chance)).sum()) / answered.times
        surprise = float((answered.ready[rows] - chance).sum()) / answered.times
        variance = 1 / (1 / variance + information)
        shift += variance * surprise
    return shift, variance**0.5, last

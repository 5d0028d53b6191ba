"""Which of two lists is better: a word, how far the data can be trusted, and how many outcomes would tell more."""

from dataclasses import dataclass
from math import ceil
from typing import Literal

import numpy as np
from scipy import stats

from leadml.evaluate.drawn import Became, drawn_aucs
from leadml.evaluate.judging import Figure, as_figure
from leadml.history.tables import Numbers

VerdictWord = Literal["better", "worse", "not_proven"]

_NORMAL = float(stats.norm.ppf(0.975))
_TOLD_IN_EIGHT_OF_TEN = 1.96 + 0.84  # a gap of so many standard errors is found in 80 % of tests
_MOST_TIMES = 20


@dataclass(frozen=True)
class Ruling:
    """What may be said of a gain.

    Attributes
    ----------
    word : {"better", "worse", "not_proven"}
        Better where the whole interval lies above zero, worse where it lies below.
    gain : Figure
        With its 95 % interval.
    outcomes : int
        Ready leads that it was measured on.
    more_outcomes : int or None
        So many more ready leads would show a gain of this size in 8 of 10 tests; None where it is told already, or
        where the gain is so small that twenty times as many would not show it.
    """

    word: VerdictWord
    gain: Figure
    outcomes: int
    more_outcomes: int | None


def rule_on(gain: Figure, outcomes: int, others: int) -> Ruling:
    """Say what a gain proves.

    Parameters
    ----------
    gain : Figure
        Of the first over the second, above zero where it is better; its interval from a bootstrap by lead.
    outcomes, others : int
        Ready leads behind it, and leads that did not become ready.

    Returns
    -------
    ruling : Ruling
        Its interval is widened for few leads.

    Notes
    -----
    A bootstrap of n leads of a kind knows their spread too well: it is wider by the root of n / (n - 1), and its ends
    lie as far out as those of Student's t with n - 1 degrees of freedom. n is the rarer kind.

    The interval narrows with the root of the number of outcomes, so a gain g whose standard error is s on n outcomes
    needs n (2.8 s / g)^2 of them: the usual calculation of sample size, for a power of 80 %.

    Examples
    --------
    >>> rule_on(Figure(0.02, 0.005, 0.035), 100, 900).word
    'better'
    >>> ruling = rule_on(Figure(0.02, -0.01, 0.05), 100, 900)
    >>> ruling.word, ruling.more_outcomes
    ('not_proven', 376)
    """
    fewest = max(2, min(outcomes, others))
    wider = float(stats.t.ppf(0.975, fewest - 1)) / _NORMAL * (fewest / (fewest - 1)) ** 0.5
    gain = Figure(
        gain.value, gain.value - wider * (gain.value - gain.low), gain.value + wider * (gain.high - gain.value)
    )
    if gain.low > 0:
        return Ruling("better", gain, outcomes, None)
    if gain.high < 0:
        return Ruling("worse", gain, outcomes, None)
    error = (gain.high - gain.low) / (2 * _NORMAL)
    times = (_TOLD_IN_EIGHT_OF_TEN * error / abs(gain.value)) ** 2 if gain.value else np.inf
    more = max(1, ceil(outcomes * (times - 1))) if times <= _MOST_TIMES else None
    return Ruling("not_proven", gain, outcomes, more)


def compare_lists(
    first: Numbers, second: Numbers, became: Became, *, draws: int = 1000, seed: int = 7
) -> Ruling | None:
    """Rule on two scores of the same snapshots, by AUC, each lead weighing the same.

    Parameters
    ----------
    first, second : float array, shape (n,)
        Only their order counts.
    became : Became
    draws, seed : int
        Of the bootstrap by lead that both share.

    Returns
    -------
    ruling : Ruling or None
        None where there is no ready lead, or none that is not.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> ready = np.tile([1.0, 0.0, 0.0], 100)
    >>> good, poor = ready + random.normal(0, 0.5, 300), ready + random.normal(0, 5, 300)
    >>> compare_lists(good, poor, Became(ready, np.arange(300), np.ones(300))).word
    'better'
    """
    _, of_lead, times = np.unique(became.leads, return_inverse=True, return_counts=True)
    weighed = became._replace(weights=became.weights / times[of_lead])
    aucs = drawn_aucs([first, second], weighed, [np.arange(len(first))], draws=draws, seed=seed)
    gains = aucs[:, 0] - aucs[:, 1]
    gain = as_figure(float(gains[0]), gains[1:])
    outcomes = len(np.unique(became.leads[became.ready > 0]))
    return None if gain is None else rule_on(gain, outcomes, len(times) - outcomes)

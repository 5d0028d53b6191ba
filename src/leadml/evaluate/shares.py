"""Shares of leads that came, each with its interval, two of them compared, and many questions asked at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from leadml.history.tables import Numbers

_DEVIATIONS = 1.959963984540054  # of a 95 % interval


@dataclass(frozen=True)
class Share:
    """A share with its 95 % interval.

    Attributes
    ----------
    came : float
        How many of them came; a company half of whose leads came counts half.
    of : float
        Of how many.
    low, high : float in [0, 1]
        Wilson's interval; 0 and 1 of none.
    """

    came: float
    of: float
    low: float
    high: float

    @property
    def value(self) -> float:
        """The share itself; 0 of none."""
        return self.came / self.of if self.of else 0.0


def share_of(came: float, of: float) -> Share:
    """Measure a share, with Wilson's interval.

    Parameters
    ----------
    came, of : float, 0 <= came <= of

    Returns
    -------
    share : Share

    References
    ----------
    Wilson (1927), Probable inference, the law of succession, and statistical inference.

    Examples
    --------
    >>> share = share_of(15, 148)
    >>> round(share.value, 4), round(share.low, 4), round(share.high, 4)
    (0.1014, 0.0624, 0.1605)
    """
    if not of:
        return Share(0.0, 0.0, 0.0, 1.0)
    share, squared = came / of, _DEVIATIONS**2
    middle = (share + squared / (2 * of)) / (1 + squared / of)
    half = _DEVIATIONS * np.sqrt(share * (1 - share) / of + squared / (4 * of**2)) / (1 + squared / of)
    return Share(float(came), float(of), max(0.0, float(middle - half)), min(1.0, float(middle + half)))


@dataclass(frozen=True)
class Gap:
    """By how much one share lies above another.

    Attributes
    ----------
    value, low, high : float in [-1, 1]
        The difference and its 95 % interval.
    chance : float in [0, 1]
        How likely a difference at least as large, to either side, would be if both shares were alike.
    """

    value: float
    low: float
    high: float
    chance: float

    @property
    def chance_above(self) -> float:
        """How likely a difference at least as large upwards would be if both shares were alike."""
        return self.chance / 2 if self.value > 0 else 1 - self.chance / 2


def gap_between(first: Share, second: Share) -> Gap:
    """Compare two shares of different leads.

    Parameters
    ----------
    first, second : Share

    Returns
    -------
    gap : Gap
        The interval is Newcombe's, made of those of both shares; the chance is that of the score test, with one
        share for all.

    References
    ----------
    Newcombe (1998), Interval estimation for the difference between independent proportions, method 10.

    Examples
    --------
    >>> gap = gap_between(share_of(56, 70), share_of(48, 80))
    >>> round(gap.value, 4), round(gap.low, 4), round(gap.high, 4), round(gap.chance, 3)
    (0.2, 0.0524, 0.3339, 0.008)
    """
    value = first.value - second.value
    low = value - np.hypot(first.value - first.low, second.high - second.value)
    high = value + np.hypot(first.high - first.value, second.value - second.low)
    if not first.of or not second.of:
        return Gap(value, -1.0, 1.0, 1.0)
    together = (first.came + second.came) / (first.of + second.of)
    error = np.sqrt(together * (1 - together) * (1 / first.of + 1 / second.of))
    chance = 2 * float(ndtr(-abs(value) / error)) if error > 0 else 1.0
    return Gap(value, max(-1.0, float(low)), min(1.0, float(high)), chance)


def corrected(chances: Sequence[float]) -> Numbers:
    """Correct chances for how many questions were asked: any false answer at all stays as rare as one would be.

    Parameters
    ----------
    chances : sequence of float in [0, 1]

    Returns
    -------
    chances : float array, of the same order

    References
    ----------
    Holm (1979), A simple sequentially rejective multiple test procedure.

    Examples
    --------
    >>> corrected([0.01, 0.04, 0.03]).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    asked = np.asarray(chances, dtype=np.float64)
    order = np.argsort(asked, kind="stable")
    steps = np.maximum.accumulate(asked[order] * np.arange(len(asked), 0, -1))
    found = np.empty(len(asked))
    found[order] = np.minimum(steps, 1.0)
    return found

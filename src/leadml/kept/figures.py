"""The figures of a report: shares with their intervals, and how long things took."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.stats import CensoredData, ecdf

from leadml.agreement.business_calendar import BusinessCalendar, ClockName
from leadml.clock import Instants
from leadml.evaluate.shares import share_of
from leadml.history.tables import Mask, Numbers
from leadml.kept.states import CODES, State, States
from leadml.outcomes import NEVER

_CLOCKS: tuple[ClockName, ...] = ("business", "wall")
_ROUNDING = 1e-12  # a product of shares that should be exactly a half may lie so far beside it


@dataclass(frozen=True)
class Share:
    """A part of some leads, with its 95 % interval.

    Attributes
    ----------
    part, of : int
    value : float in [0, 1], or None
        None where there are no leads.
    low, high : float in [0, 1], or None

    Notes
    -----
    The interval is Wilson's: it stays inside 0 and 1, and says something of a few leads too. See `share_of`.

    Examples
    --------
    >>> few = Share.of_leads(9, 10)
    >>> round(few.low, 3), few.value, round(few.high, 3)
    (0.596, 0.9, 0.982)
    >>> Share.of_leads(0, 0).value is None
    True
    """

    part: int
    of: int
    value: float | None
    low: float | None
    high: float | None

    @classmethod
    def of_leads(cls, part: int, of: int) -> "Share":
        """Make the share of so many leads."""
        if not of:
            return cls(part, of, None, None, None)
        found = share_of(part, of)
        return cls(part, of, found.value, found.low, found.high)

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain JSON types."""
        return asdict(self)


@dataclass(frozen=True)
class Tally:
    """How often a promise was kept, broken, and so on."""

    kept: int
    broken: int
    open: int
    at_risk: int
    not_owed: int
    unknown: int

    @classmethod
    def count(cls, states: States) -> "Tally":
        """Count states."""
        counts = np.bincount(states, minlength=len(CODES)).tolist()
        return cls(**{state.value: counts[code] for state, code in CODES.items()})

    @property
    def share(self) -> Share:
        """What was kept of what was kept or broken; who is still open says nothing yet."""
        return Share.of_leads(self.kept, self.kept + self.broken)

    @property
    def is_owed(self) -> bool:
        """Whether the promise was owed to anybody."""
        return bool(self.kept + self.broken + self.open + self.at_risk + self.unknown)

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain JSON types."""
        return {**{state.value: getattr(self, state.value) for state in State}, "share_kept": self.share.to_dict()}


def percentiles(hours: Numbers, done: Mask, shares: Sequence[float]) -> list[float | None]:
    """Find within how many hours some shares were done, counting those too that still wait.

    Whoever was never called is no fast call that is missing: of such a lead one knows that it took longer than it was
    watched.

    Parameters
    ----------
    hours : float array, shape (n,)
        Until it was done; where it was not, as long as it was watched.
    done : bool array, shape (n,)
    shares : sequence of float in (0, 1)

    Returns
    -------
    percentiles : list of float or None, hours
        None where the share was not reached while it was watched.

    Notes
    -----
    The Kaplan-Meier estimate: at each time at which something was done, the share that waits shrinks by the part that
    was done of all that were waiting until then. A percentile is the first time at which at most the rest waits. Who
    is no longer watched is taken to have waited on like the others.

    References
    ----------
    Kaplan and Meier (1958), Nonparametric estimation from incomplete observations; computed by `scipy.stats.ecdf`.

    Examples
    --------
    One of four was done after 1 hour, so 3/4 wait. The second was watched for 2 hours. After 3 hours one of the two
    that are left was done: 3/4 x 1/2 = 3/8 wait, so half were done within 3 hours. The last one was not done in 4.

    >>> percentiles(np.array([1.0, 2.0, 3.0, 4.0]), np.array([True, False, True, False]), [0.25, 0.5, 0.9])
    [1.0, 3.0, None]
    """
    if not done.any():
        return [None for _ in shares]
    waiting = ecdf(CensoredData(uncensored=hours[done], right=hours[~done])).sf
    found: list[float | None] = []
    for share in shares:
        reached = np.flatnonzero(waiting.probabilities <= 1 - share + _ROUNDING)
        found.append(float(waiting.quantiles[reached[0]]) if len(reached) else None)
    return found


@dataclass(frozen=True)
class Delay:
    """How long something took, those included that still wait for it.

    Attributes
    ----------
    leads : int
        Those of which it is known when it began.
    done : int
        Of these, the ones of which it was done.
    business_p50, business_p90 : float or None, hours
        Hours in which the office was open; None where so many were not done while they were watched.
    wall_p50, wall_p90 : float or None, hours
        By day and night.
    """

    leads: int
    done: int
    business_p50: float | None
    business_p90: float | None
    wall_p50: float | None
    wall_p90: float | None

    @classmethod
    def between(cls, begins: Instants, ends: Instants, watched_until: Instants, calendar: BusinessCalendar) -> "Delay":
        """Measure the time between two instants of many leads.

        Parameters
        ----------
        begins, ends : int array, shape (n,), UTC microseconds
            `NEVER` where nothing happened. What ended before it began is no delay.
        watched_until : int array, shape (n,), UTC microseconds
            Up to when the end would have been seen, and would have counted.
        calendar : BusinessCalendar

        Returns
        -------
        delay : Delay
            See `percentiles`.
        """
        counted: Mask = (begins != NEVER) & (ends >= begins)
        begins, done = begins[counted], ends[counted] != NEVER
        until = np.where(done, ends[counted], watched_until[counted])
        found: list[float | None] = []
        for clock in _CLOCKS:
            found += percentiles(calendar.hours_between(begins, until, clock), done, (0.5, 0.9))
        return cls(len(begins), int(done.sum()), *found)

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain JSON types."""
        return asdict(self)

"""The figures of a report: shares with their intervals, and how long things took."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from leadml.agreement.business_calendar import BusinessCalendar
from leadml.clock import Instants
from leadml.evaluate.shares import share_of
from leadml.history.tables import Mask
from leadml.kept.states import CODES, State, States
from leadml.outcomes import NEVER


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


@dataclass(frozen=True)
class Delay:
    """How long something took, of those leads of which both ends are known.

    Attributes
    ----------
    leads : int
    business_p50, business_p90 : float or None, hours
        Hours in which the office was open.
    wall_p50, wall_p90 : float or None, hours
        By day and night.
    """

    leads: int
    business_p50: float | None
    business_p90: float | None
    wall_p50: float | None
    wall_p90: float | None

    @classmethod
    def between(cls, begins: Instants, ends: Instants, calendar: BusinessCalendar) -> "Delay":
        """Measure the time between two instants of many leads.

        Parameters
        ----------
        begins, ends : int array, shape (n,), UTC microseconds
            `NEVER` where nothing happened. What ended before it began is no delay.
        calendar : BusinessCalendar

        Returns
        -------
        delay : Delay
            Percentiles lie between two leads on the straight line between both.
        """
        both: Mask = (begins != NEVER) & (ends != NEVER) & (ends >= begins)
        if not both.any():
            return cls(0, None, None, None, None)
        begins, ends = begins[both], ends[both]
        business, wall = (calendar.hours_between(begins, ends, clock) for clock in ("business", "wall"))
        percentiles = [float(np.quantile(hours, share)) for hours in (business, wall) for share in (0.5, 0.9)]
        return cls(len(begins), *percentiles)

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain JSON types."""
        return asdict(self)

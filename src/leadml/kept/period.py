"""Which hand-overs are asked for: those of a time."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from leadml.agreement.in_force import FAR
from leadml.clock import MICROSECOND, Instants, parse_instant, to_iso
from leadml.errors import LeadmlError
from leadml.history.tables import Mask

_EARLIEST, _LATEST = -FAR, FAR


@dataclass(frozen=True)
class Period:
    """The time `[begin, end)`, UTC microseconds; by default all time."""

    begin: int = _EARLIEST
    end: int = _LATEST

    @classmethod
    def read(cls, begin: str | None, end: str | None, *, time_zone: str) -> "Period":
        """Read a period as a person writes it.

        Parameters
        ----------
        begin, end : str or None
            ISO 8601; a day belongs to the period as a whole. None: without a limit.
        time_zone : str
            IANA name, of days and of times without an offset.

        Returns
        -------
        period : Period

        Raises
        ------
        LeadmlError
            `not_a_time`; `no_time_between` where the end is not after the begin.

        Examples
        --------
        >>> whole = Period.read("2026-03-01", "2026-03-31", time_zone="UTC")
        >>> to_iso(whole.begin), to_iso(whole.end)
        ('2026-03-01T00:00:00.000000Z', '2026-04-01T00:00:00.000000Z')
        """
        first = _EARLIEST if begin is None else _first_instant(begin, time_zone)
        last = _LATEST if end is None else _end_of(end, time_zone)
        if first >= last:
            raise LeadmlError("no_time_between", where="--from, --to", begin=begin, end=end)
        return cls(first, last)

    @property
    def begins(self) -> bool:
        """Whether it has a begin."""
        return self.begin != _EARLIEST

    @property
    def ends(self) -> bool:
        """Whether it has an end."""
        return self.end != _LATEST

    def holds(self, instants: Instants) -> Mask:
        """Tell which instants lie in it."""
        inside: Mask = np.logical_and(instants >= self.begin, instants < self.end)
        return inside

    def within(self, begin: int, end: int) -> "Period":
        """Give the part of it that lies in `[begin, end)`; of what lies outside, nothing."""
        first, last = max(self.begin, begin), min(self.end, end)
        return Period(first, max(first, last))

    def to_dict(self) -> dict[str, str | None]:
        """Give it as plain JSON types; None where there is no limit."""
        return {
            "from": to_iso(self.begin) if self.begins else None,
            "to": to_iso(self.end) if self.ends else None,
        }


ALWAYS = Period()


def _first_instant(text: str, time_zone: str) -> int:
    day = _as_day(text)
    if day is None:
        return parse_instant(text, where="--from", time_zone=time_zone)
    return parse_instant((day - timedelta(days=1)).isoformat(), where="--from", time_zone=time_zone) + MICROSECOND


def _end_of(text: str, time_zone: str) -> int:
    """Find the end of a period: the instant itself, or the end of a day that is named."""
    end = parse_instant(text, where="--to", time_zone=time_zone)
    return end if _as_day(text) is None else end + MICROSECOND


def _as_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == len("2026-03-01") else None
    except ValueError:
        return None

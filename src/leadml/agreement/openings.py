"""The spans in which the office is open, laid out in UTC."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np

from leadml.agreement.closed_days import closed_days
from leadml.clock import DAY, MINUTE, SECOND, Instants
from leadml.specs.calendar_spec import CalendarSpec, minutes_of

_EPOCH = date(1970, 1, 1)
_THURSDAY = 3  # 1970-01-01 was one
_UNIX = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Openings:
    """The spans of some whole years in which the office is open, in order.

    Attributes
    ----------
    first_year, last_year : int
        Of the local calendar, both included.
    begins, ends : int array, shape (n,), UTC microseconds
    passed : int array, shape (n,), microseconds
        The open time before each span, counted from the first one.
    """

    first_year: int
    last_year: int
    begins: Instants
    ends: Instants
    passed: Instants

    @property
    def total(self) -> int:
        """All the open time, in microseconds."""
        return int(self.passed[-1] + self.ends[-1] - self.begins[-1]) if len(self.ends) else 0

    def passed_at(self, instants: Instants) -> Instants:
        """Count the open time before instants, from the first span on.

        Parameters
        ----------
        instants : int array, shape (n,), UTC microseconds

        Returns
        -------
        passed : int array, shape (n,), microseconds
        """
        if not len(self.ends):
            return np.zeros(len(instants), dtype=np.int64)
        place = np.minimum(np.searchsorted(self.ends, instants, side="right"), len(self.ends) - 1)
        begins, ends = self.begins[place], self.ends[place]
        passed: Instants = self.passed[place] + np.clip(instants - begins, 0, ends - begins)
        return passed


def lay_out(spec: CalendarSpec, first_year: int, last_year: int) -> Openings:
    """Lay out the openings of some years.

    An office is open while the clock on its wall shows an hour of its own: a span that the change to summer time cuts
    is shorter by an hour, one that the change back doubles is longer.

    Parameters
    ----------
    spec : CalendarSpec
    first_year, last_year : int
        Both included; in local time.

    Returns
    -------
    openings : Openings

    Raises
    ------
    LeadmlError
        `beyond_the_calendar` or `beyond_the_holidays`: see `closed_days`.

    Examples
    --------
    >>> lay_out(CalendarSpec(time_zone="Asia/Tokyo"), 2026, 2026).total // (9 * 60 * MINUTE)  # working days
    261
    """
    closed = [
        (day - _EPOCH).days for year in range(first_year, last_year + 1) for day in closed_days(spec.holidays, year)
    ]
    first, stop = ((date(year, 1, 1) - _EPOCH).days for year in (first_year, last_year + 1))
    days = np.setdiff1d(np.arange(first, stop), np.array(closed, dtype=np.int64))
    opens, closes = _local_spans(spec, days)
    begins, ends = [], []
    # No clock is more than a day away from UTC.
    for begin, end, offset in zip(
        *(each.tolist() for each in offsets_of(ZoneInfo(spec.time_zone), (first - 1) * DAY, (stop + 1) * DAY)),
        strict=True,
    ):
        low = np.searchsorted(closes, begin + offset, side="right")
        high = np.searchsorted(opens, end + offset, side="left")
        begins.append(np.maximum(opens[low:high] - offset, begin))
        ends.append(np.minimum(closes[low:high] - offset, end))
    all_begins, all_ends = np.concatenate(begins), np.concatenate(ends)
    passed = np.concatenate([[0], np.cumsum(all_ends - all_begins)])[:-1]
    return Openings(first_year, last_year, all_begins, all_ends, passed)


def _local_spans(spec: CalendarSpec, days: Instants) -> tuple[Instants, Instants]:
    """Write down when the office opens and closes on some days, in microseconds of the local clock."""
    week = [[minutes_of(span) for span in spans] for spans in spec.business_hours.of_week]
    most = max(map(len, week))
    # A day that has fewer spans than another is filled up with spans of no time, which are then left out.
    table = np.array([spans + [(0, 0)] * (most - len(spans)) for spans in week], dtype=np.int64) * MINUTE
    spans = table[weekday_of(days)] + (days * DAY)[:, None, None]
    opens, closes = spans[..., 0].ravel(), spans[..., 1].ravel()
    return opens[opens < closes], closes[opens < closes]


def weekday_of(days: Instants) -> Instants:
    """Give the day of the week of days since 1970-01-01; Monday is 0.

    Examples
    --------
    >>> weekday_of(np.array([0])).tolist()  # a Thursday
    [3]
    """
    weekday: Instants = (days + _THURSDAY) % 7
    return weekday


def offsets_of(zone: ZoneInfo, start: int, end: int) -> tuple[Instants, Instants, Instants]:
    """Split a time into parts in which the clock is set alike.

    Parameters
    ----------
    zone : ZoneInfo
    start, end : int, UTC microseconds

    Returns
    -------
    begins, ends : int array, shape (n,), UTC microseconds
    offsets : int array, shape (n,)
        Microseconds by which the local clock is ahead of UTC.

    Notes
    -----
    The clock is read twice a day, and the second of a change found by halving: no zone changed twice in half a day.

    Examples
    --------
    >>> _, _, offsets = offsets_of(ZoneInfo("Europe/Berlin"), 0, 365 * 30 * DAY)
    >>> sorted(set((offsets // (60 * MINUTE)).tolist()))
    [1, 2]
    """
    steps = [*range(start, end, DAY // 2), end]
    began, offsets = [start], [_offset_at(zone, start)]
    for low, high in pairwise(steps):
        if (after := _offset_at(zone, high)) != offsets[-1]:
            before, changed = low // SECOND, high // SECOND  # a clock changes at a whole second
            while changed - before > 1:
                middle = (before + changed) // 2
                same = _offset_at(zone, middle * SECOND) == offsets[-1]
                before, changed = (middle, changed) if same else (before, middle)
            began.append(changed * SECOND)
            offsets.append(after)
    starts = np.array(began, dtype=np.int64)
    return starts, np.append(starts[1:], end), np.array(offsets, dtype=np.int64)


def _offset_at(zone: ZoneInfo, instant: int) -> int:
    offset = (_UNIX + timedelta(microseconds=instant)).astimezone(zone).utcoffset()
    return 0 if offset is None else round(offset.total_seconds()) * SECOND

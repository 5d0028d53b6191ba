"""The clock of the promises: when the office is open, and when so many of its hours have passed.

Worked example, Monday to Friday from 09:00 to 18:00 in Tokyo: a lead comes on Friday at 17:00 and is owed an attempt
within 4 business hours. One hour passes on Friday, three on Monday: the attempt is due on Monday at 12:00.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

import holidays
import numpy as np
import numpy.typing as npt

from leadml.clock import DAY, HOUR, MINUTE, SECOND, Instants
from leadml.specs.calendar_spec import CalendarSpec, HolidaysSpec, minutes_of

ClockName = Literal["business", "wall"]
Hours = npt.NDArray[np.float64]
_EPOCH = date(1970, 1, 1)
_YEARS_AT_ONCE = 2


@dataclass(frozen=True)
class _Openings:
    """The spans in which the office is open, in order: arrays of shape (n,), UTC microseconds.

    `passed` is the open time before each span, counted from the first one.
    """

    first_year: int
    last_year: int
    begins: Instants
    ends: Instants
    passed: Instants


@dataclass
class BusinessCalendar:
    """Counts promised hours.

    Parameters
    ----------
    spec : CalendarSpec or None
        None: nobody agreed on hours; the office is always open, and days are those of UTC.

    Examples
    --------
    >>> from leadml.clock import parse_instant, to_iso
    >>> tokyo = BusinessCalendar(CalendarSpec(time_zone="Asia/Tokyo"))
    >>> friday_at_17 = parse_instant("2026-03-06T17:00:00+09:00", where="")
    >>> tokyo.local(tokyo.deadline(friday_at_17, 4))
    '2026-03-09T12:00:00+09:00'
    """

    spec: CalendarSpec | None
    _kept: _Openings | None = field(default=None, repr=False)

    def deadline(self, start: int, hours: float, clock: ClockName = "business") -> int:
        """Find when a promise is due.

        Parameters
        ----------
        start : int, UTC microseconds
        hours : float, >= 0
        clock : {"business", "wall"}

        Returns
        -------
        deadline : int, UTC microseconds
            Never before `start`; see `deadlines`.
        """
        return int(self.deadlines(np.array([start], dtype=np.int64), hours, clock)[0])

    def deadlines(self, starts: Instants, hours: float, clock: ClockName = "business") -> Instants:
        """Find when promises are due that start at many instants.

        Parameters
        ----------
        starts : int array, shape (n,), UTC microseconds
        hours : float, >= 0
        clock : {"business", "wall"}
            `wall` counts day and night.

        Returns
        -------
        deadlines : int array, shape (n,), UTC microseconds
            The earliest instant by which so much time has passed: nine hours from 09:00 are over at 18:00, not on
            the next morning. Of no hours at all: the start, or when the office next opens.
        """
        promised = round(hours * HOUR)
        if clock == "wall" or self.spec is None or not len(starts):
            return starts + promised
        pauses = self.spec.after_hours == "pause"
        openings = self._openings_over(self.spec, starts, promised if pauses else 0)
        place = np.searchsorted(openings.ends, starts, side="right")
        begun = np.maximum(starts, openings.begins[place])
        if not pauses:
            return begun + promised
        target = openings.passed[place] + begun - openings.begins[place] + promised
        # The last span before which less than the target has passed.
        last = np.maximum(np.searchsorted(openings.passed, target, side="left") - 1, place)
        return openings.begins[last] + target - openings.passed[last]

    def hours_between(self, starts: Instants, ends: Instants, clock: ClockName = "business") -> Hours:
        """Count the hours from instants to later ones.

        Parameters
        ----------
        starts, ends : int array, shape (n,), UTC microseconds
        clock : {"business", "wall"}
            `business` counts while the office is open, whatever happens after hours.

        Returns
        -------
        hours : float array, shape (n,)
            Below 0 where the end comes first.
        """
        if clock == "wall" or self.spec is None or not len(starts):
            return (ends - starts) / HOUR
        openings = self._openings_over(self.spec, np.concatenate([starts, ends]), 0)
        return (_passed_at(openings, ends) - _passed_at(openings, starts)) / HOUR

    def local(self, instant: int) -> str:
        """Write an instant as ISO 8601 in local time, with its offset.

        Parameters
        ----------
        instant : int, UTC microseconds

        Returns
        -------
        local : str
        """
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant)).astimezone(self.zone).isoformat()

    def local_days(self, instants: Instants) -> Instants:
        """Give the local day of instants, as days since 1970-01-01.

        Parameters
        ----------
        instants : int array, shape (n,), UTC microseconds

        Returns
        -------
        days : int array, shape (n,)
        """
        return self.local_times(instants) // DAY

    def local_times(self, instants: Instants) -> Instants:
        """Give what the clock on the wall shows at instants, as microseconds since 1970-01-01 00:00 of that clock.

        Parameters
        ----------
        instants : int array, shape (n,), UTC microseconds

        Returns
        -------
        times : int array, shape (n,)
        """
        if not len(instants):
            return instants
        began, _, offsets = _segments(self.zone, int(instants.min()), int(instants.max()) + 1)
        return instants + offsets[np.searchsorted(began, instants, side="right") - 1]

    def is_working_day(self, days: Instants) -> npt.NDArray[np.bool_]:
        """Tell on which local days the office opens.

        Parameters
        ----------
        days : int array, shape (n,)
            Days since 1970-01-01, as from `local_days`.

        Returns
        -------
        opens : bool array, shape (n,)
        """
        if self.spec is None:
            return np.ones(len(days), dtype=bool)
        week = np.array([bool(spans) for spans in self.spec.business_hours.of_week])
        opens = week[(days + 3) % 7]  # 1970-01-01 was a Thursday
        years = (days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970) if len(days) else days
        closed = [
            (day - _EPOCH).days for year in np.unique(years).tolist() for day in closed_days(self.spec.holidays, year)
        ]
        return opens & ~np.isin(days, closed)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of hours, days and weeks."""
        return ZoneInfo("UTC" if self.spec is None else self.spec.time_zone)

    def _openings_over(self, spec: CalendarSpec, instants: Instants, promised: int) -> _Openings:
        """Give the openings around instants, and so far beyond them that the promised time passes."""
        first, last = (
            datetime.fromtimestamp(int(end) // SECOND, tz=UTC).year for end in (instants.min(), instants.max())
        )
        kept = self._kept
        begin = first - 1 if kept is None else min(kept.first_year, first - 1)
        end = last + 1 if kept is None else max(kept.last_year, last + 1)
        while True:
            if kept is None or (begin, end) != (kept.first_year, kept.last_year):
                kept = _openings(spec, begin, end)
            place = np.searchsorted(kept.ends, int(instants.max()), side="right")
            if place < len(kept.ends):
                total = kept.passed[-1] + kept.ends[-1] - kept.begins[-1]
                if total - kept.passed[place] - (kept.ends[place] - kept.begins[place]) >= promised:
                    break
            end += max(_YEARS_AT_ONCE, end - begin)
        self._kept = kept
        return kept


def closed_days(spec: HolidaysSpec, year: int) -> set[date]:
    """List the days of a year on which the office is closed, whatever the day of the week.

    Parameters
    ----------
    spec : HolidaysSpec
    year : int

    Returns
    -------
    closed : set of date

    Examples
    --------
    >>> date(2026, 5, 6) in closed_days(HolidaysSpec(country="JP"), 2026)
    True
    """
    public = () if spec.country is None else holidays.country_holidays(spec.country, spec.subdivision, years=year)
    return {day for day in (*public, *spec.closed) if day.year == year and day not in spec.opened}


def _passed_at(openings: _Openings, instants: Instants) -> Instants:
    """Give the open time that has passed before instants."""
    place = np.searchsorted(openings.ends, instants, side="right")
    passed: Instants = openings.passed[place] + np.maximum(instants - openings.begins[place], 0)
    return passed


def _openings(spec: CalendarSpec, first_year: int, last_year: int) -> _Openings:
    """Lay out the openings of some years, both included.

    An office is open while the clock on its wall shows an hour of its own: a span that the change to summer time cuts
    is shorter by an hour, one that the change back doubles is longer.
    """
    closed = {
        (day - _EPOCH).days for year in range(first_year, last_year + 1) for day in closed_days(spec.holidays, year)
    }
    week = [[minutes_of(span) for span in spans] for spans in spec.business_hours.of_week]
    start, end = ((date(year, 1, 1) - _EPOCH).days * DAY for year in (first_year, last_year + 1))
    begins, ends = [], []
    for begin, stop, offset in zip(
        *(each.tolist() for each in _segments(ZoneInfo(spec.time_zone), start, end)), strict=True
    ):
        for day in range((begin + offset) // DAY, (stop + offset - 1) // DAY + 1):
            if day in closed:
                continue
            for opens, closes in week[(day + 3) % 7]:
                low = max(day * DAY + opens * MINUTE - offset, begin)
                high = min(day * DAY + closes * MINUTE - offset, stop)
                if low < high:
                    begins.append(low)
                    ends.append(high)
    lengths = np.array(ends, dtype=np.int64) - np.array(begins, dtype=np.int64)
    passed = np.concatenate([[0], np.cumsum(lengths)])[:-1]
    return _Openings(first_year, last_year, np.array(begins, np.int64), np.array(ends, np.int64), passed)


def _segments(zone: ZoneInfo, start: int, end: int) -> tuple[Instants, Instants, Instants]:
    """Split a time into parts of one offset from UTC: begins, ends and offsets, all in microseconds."""

    def offset_at(instant: int) -> int:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant)
        offset = moment.astimezone(zone).utcoffset()
        return 0 if offset is None else round(offset.total_seconds()) * SECOND

    steps = [*range(start, end, DAY // 2), end]
    began, offsets = [start], [offset_at(start)]
    for low, high in pairwise(steps):
        if (after := offset_at(high)) != offsets[-1]:
            before = offsets[-1]
            while high - low > SECOND:
                middle = (low + high) // 2 // SECOND * SECOND
                low, high = (middle, high) if offset_at(middle) == before else (low, middle)
            began.append(high)
            offsets.append(after)
    starts = np.array(began, dtype=np.int64)
    return starts, np.append(starts[1:], end), np.array(offsets, dtype=np.int64)

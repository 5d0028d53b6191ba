"""The clock of the promises: when the office is open, and when so many of its hours have passed.

Worked example, Monday to Friday from 09:00 to 18:00 in Tokyo: a lead comes on Friday at 17:00 and is owed an attempt
within 4 business hours. One hour passes on Friday, three on Monday: the attempt is due on Monday at 12:00.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from leadml.agreement.closed_days import YEARS, closed_days, known_years
from leadml.agreement.openings import Openings, lay_out, offsets_of, weekday_of
from leadml.clock import DAY, HOUR, Instants
from leadml.errors import LeadmlError
from leadml.specs.calendar_spec import CalendarSpec

ClockName = Literal["business", "wall"]
Hours = npt.NDArray[np.float64]
_EPOCH = date(1970, 1, 1)
_LAST_DAY = date(9999, 12, 29)  # as in `clock`: no zone moves an instant of it beyond Python's own dates
_LAST = ((_LAST_DAY - _EPOCH).days + 1) * DAY - 1


@dataclass
class BusinessCalendar:
    """Counts promised hours.

    Several threads may ask one calendar: what it keeps is laid out first, and then put in place in one step.

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
    _kept: Openings | None = field(default=None, repr=False, compare=False)

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

        Raises
        ------
        LeadmlError
            `beyond_the_calendar` or `beyond_the_holidays` where it is not known when the office will be open.
        """
        promised = round(hours * HOUR)
        if not len(starts):
            return starts
        if clock == "wall" or self.spec is None:
            return _within_dates(starts + promised)
        pauses = self.spec.after_hours == "pause"
        openings = self._openings_over(self.spec, starts)
        while (due := _due(openings, starts, promised, pauses=pauses)) is None:
            openings = self._longer(openings, self.spec, promised if pauses else 0)
        return _within_dates(due)

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

        Raises
        ------
        LeadmlError
            As `deadlines`.
        """
        if clock == "wall" or self.spec is None or not len(starts):
            return (ends - starts) / HOUR
        openings = self._openings_over(self.spec, np.concatenate([starts, ends]))
        return (openings.passed_at(ends) - openings.passed_at(starts)) / HOUR

    def local(self, instant: int) -> str:
        """Write an instant as ISO 8601 in local time, with its offset.

        Parameters
        ----------
        instant : int, UTC microseconds

        Returns
        -------
        local : str
        """
        return self._moment(instant).isoformat()

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
        began, _, offsets = offsets_of(self.zone, int(instants.min()), int(instants.max()) + 1)
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

        Raises
        ------
        LeadmlError
            As `deadlines`.
        """
        if self.spec is None or not len(days):
            return np.ones(len(days), dtype=bool)
        week = np.array([bool(spans) for spans in self.spec.business_hours.of_week])
        years = np.unique(days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970)
        closed = [(day - _EPOCH).days for year in years.tolist() for day in closed_days(self.spec.holidays, year)]
        opens: npt.NDArray[np.bool_] = week[weekday_of(days)] & ~np.isin(days, closed)
        return opens

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of hours, days and weeks."""
        return ZoneInfo("UTC" if self.spec is None else self.spec.time_zone)

    def _moment(self, instant: int) -> datetime:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant)).astimezone(self.zone)

    def _longer(self, openings: Openings, spec: CalendarSpec, promised: int) -> Openings:
        """Lay out so many more years that the promise should pass in them; none beyond those that are known."""
        years = openings.last_year - openings.first_year + 1
        needed = promised * years // openings.total if openings.total else years
        last = min(openings.last_year + 1 + needed, known_years(spec.holidays).stop - 1)
        return self._laid_out(spec, openings.first_year, max(last, openings.last_year + 1))

    def _openings_over(self, spec: CalendarSpec, instants: Instants) -> Openings:
        """Give the openings of the years in which instants lie."""
        first, last = (self._moment(int(end)).year for end in (instants.min(), instants.max()))
        kept = self._kept
        if kept is None:
            return self._laid_out(spec, first, last)
        if kept.first_year <= first and last <= kept.last_year:
            return kept
        return self._laid_out(spec, min(kept.first_year, first), max(kept.last_year, last))

    def _laid_out(self, spec: CalendarSpec, first_year: int, last_year: int) -> Openings:
        openings = lay_out(spec, first_year, last_year)
        self._kept = openings
        return openings


def _due(openings: Openings, starts: Instants, promised: int, *, pauses: bool) -> Instants | None:
    """Find the deadlines, or None where the openings end before them."""
    place = np.searchsorted(openings.ends, starts, side="right")
    if place.max() == len(openings.ends):
        return None
    begun = np.maximum(starts, openings.begins[place])
    if not pauses:
        return begun + promised
    target = openings.passed[place] + begun - openings.begins[place] + promised
    if target.max() > openings.total:
        return None
    # The last span before which less than the target has passed.
    last = np.maximum(np.searchsorted(openings.passed, target, side="left") - 1, place)
    return openings.begins[last] + target - openings.passed[last]


def _within_dates(deadlines: Instants) -> Instants:
    """Refuse what is due after the last day that can be written."""
    if deadlines.max() > _LAST:
        latest = str(deadlines.max().astype("datetime64[us]").astype("datetime64[Y]"))
        raise LeadmlError(
            "beyond_the_calendar", where="sla.yaml, calendar", year=latest, first=YEARS.start, last=_LAST_DAY.year
        )
    return deadlines

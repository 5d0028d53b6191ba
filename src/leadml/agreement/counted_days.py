"""Why a promise is due when it is: the days that it passes, and how much of each counts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

import numpy as np

from leadml.agreement.business_calendar import BusinessCalendar, ClockName
from leadml.agreement.closed_days import holiday_name
from leadml.clock import HOUR, SECOND
from leadml.wording.texts import Language

Note = Literal["open", "after_hours", "weekday", "holiday", "own_day", "opened", "day_and_night"]
_UNIX = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class CountedDay:
    """One local day between the start of a promise and its deadline.

    Attributes
    ----------
    day : date
    hours : float
        So many of its hours count.
    note : str
        Why: it is `open`, or no opening hour of it lies in between (`after_hours`), or the office is closed on this
        day of the week (`weekday`), on a public holiday or on a day of its own, or open all the same (`opened`).
        `day_and_night` where the clock needs no office.
    holiday : str
        Name of the public holiday; empty on other days.
    length : float
        Hours of the whole day: 24, unless the clock changes.
    """

    day: date
    hours: float
    note: Note
    holiday: str
    length: float


def counted_days(
    calendar: BusinessCalendar, start: int, due: int, clock: ClockName = "business", language: Language = "en"
) -> list[CountedDay]:
    """Lay out the days between the start of a promise and its deadline.

    Parameters
    ----------
    calendar : BusinessCalendar
    start, due : int, UTC microseconds
    clock : {"business", "wall"}
    language : {"en", "ja"}
        Of the names of holidays, as far as they are known in it.

    Returns
    -------
    days : list of CountedDay
        Their hours add up to the hours promised.

    Examples
    --------
    >>> from leadml.clock import parse_instant
    >>> from leadml.specs.calendar_spec import CalendarSpec
    >>> calendar = BusinessCalendar(CalendarSpec(time_zone="Asia/Tokyo"))
    >>> friday = parse_instant("2026-03-06T17:00:00+09:00", where="")
    >>> [(day.hours, day.note) for day in counted_days(calendar, friday, calendar.deadline(friday, 4))]
    [(1.0, 'open'), (0.0, 'weekday'), (0.0, 'weekday'), (3.0, 'open')]
    """
    runs_on = calendar.spec is not None and calendar.spec.after_hours == "next_open" and clock == "business"
    begun = calendar.deadline(start, 0) if runs_on else start
    days = []
    for day, begin, end in _days(calendar, start, due):
        low, high = max(begun, begin), min(due, end)
        span = np.array([low]), np.array([max(low, high)])
        hours = float(calendar.hours_between(*span, "wall" if runs_on else clock)[0])
        note, holiday = _note(calendar, day, hours, clock, language)
        days.append(CountedDay(day, hours, note, holiday, (end - begin) / HOUR))
    return days


def _days(calendar: BusinessCalendar, start: int, due: int) -> Iterator[tuple[date, int, int]]:
    """Walk the local days, each with the instants at which it begins and ends."""
    day, last = (date.fromisoformat(calendar.local(instant)[:10]) for instant in (start, due))
    begin = _midnight(calendar, day)
    while day <= last:
        following = day + timedelta(days=1)
        end = _midnight(calendar, following)
        if end > begin:  # a zone that crosses the date line leaves a day out
            yield day, begin, end
        day, begin = following, end


def _midnight(calendar: BusinessCalendar, day: date) -> int:
    moment = datetime.combine(day, time(), tzinfo=calendar.zone)
    return round((moment - _UNIX).total_seconds()) * SECOND


def _note(
    calendar: BusinessCalendar, day: date, hours: float, clock: ClockName, language: Language
) -> tuple[Note, str]:
    spec = calendar.spec
    if clock == "wall" or spec is None:
        return "day_and_night", ""
    holiday = holiday_name(spec.holidays, day, language)
    if not spec.business_hours.of_week[day.weekday()]:
        return "weekday", holiday
    if holiday and day in spec.holidays.opened:
        return "opened", holiday
    if day in spec.holidays.closed and day not in spec.holidays.opened:
        return "own_day", holiday
    if holiday:
        return "holiday", holiday
    return ("open" if hours else "after_hours"), ""

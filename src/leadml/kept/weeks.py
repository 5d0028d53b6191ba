"""Weeks as both teams count them: from Monday, in the time zone of the agreement."""

from datetime import date, timedelta

import numpy as np

from leadml.agreement.business_calendar import BusinessCalendar
from leadml.clock import DAY, Instants
from leadml.history.tables import Codes

_DAYS = 7
_EPOCH = date(1970, 1, 1)


def mondays_of(instants: Instants, calendar: BusinessCalendar) -> Codes:
    """Give the Monday of the local week of instants, as days since 1970-01-01.

    Parameters
    ----------
    instants : int array, shape (n,), UTC microseconds
    calendar : BusinessCalendar

    Returns
    -------
    mondays : int array, shape (n,)

    Examples
    --------
    >>> new_year = np.array([np.datetime64("2027-01-01", "us").astype(np.int64)])
    >>> [week_name(monday) for monday in mondays_of(new_year, BusinessCalendar(None)).tolist()]
    ['2026-W53']
    """
    days = calendar.local_days(instants)
    mondays: Codes = days - (days + 3) % _DAYS  # 1970-01-01 was a Thursday
    return mondays


def week_name(monday: int) -> str:
    """Name a week as ISO 8601 does."""
    year, week, _ = (_EPOCH + timedelta(days=monday)).isocalendar()
    return f"{year}-W{week:02}"


def weeks_between(begin: int, end: int, calendar: BusinessCalendar) -> list[tuple[int, bool]]:
    """List the weeks that a time touches.

    Parameters
    ----------
    begin, end : int, UTC microseconds
        The end lies outside.
    calendar : BusinessCalendar

    Returns
    -------
    weeks : list of (monday, whole)
        Whole: all of its days lie in the time.
    """
    edges = np.array([begin, end - 1], dtype=np.int64)
    first, last = mondays_of(edges, calendar).tolist()
    # The time begins after midnight where its first day is not whole, and ends before it where its last is not.
    times = calendar.local_times(np.array([begin, end], dtype=np.int64))
    first_day, end_day = int(-(-times[0] // DAY)), int(times[1] // DAY)
    return [(monday, first_day <= monday and monday + _DAYS <= end_day) for monday in range(first, last + 1, _DAYS)]

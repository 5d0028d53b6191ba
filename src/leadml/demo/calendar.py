"""The calendar of the demo CRM: when its history begins, when the rate falls, when the export is made."""

from dataclasses import dataclass

import numpy as np

from leadml.demo.drivers import RATE_FALLS_AFTER_MONTHS

FIRST_MONTH = "2025-01"


@dataclass(frozen=True)
class Calendar:
    """Three instants in seconds since 1970 (UTC).

    Parameters
    ----------
    start : int
        First instant of the history.
    fall : int
        From here on the rate of ready leads is lower; lies at or after `end` in a short history.
    end : int
        The export: nothing that happened, or became known, at or after it is in the files.
    """

    start: int
    fall: int
    end: int


def calendar_of(months: int) -> Calendar:
    """Calendar of a history of so many months.

    Examples
    --------
    >>> calendar = calendar_of(18)
    >>> [str(np.datetime64(at, "s"))[:10] for at in (calendar.start, calendar.fall, calendar.end)]
    ['2025-01-01', '2026-01-01', '2026-07-01']
    """
    first = np.datetime64(FIRST_MONTH, "M")
    start, fall, end = (
        int((first + np.timedelta64(number, "M")).astype("datetime64[s]").astype(np.int64))
        for number in (0, RATE_FALLS_AFTER_MONTHS, months)
    )
    return Calendar(start, fall, end)

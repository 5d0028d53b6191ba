"""Leads handed over as far as sales can take them: the rest waits, and the best of them goes first.

Worked example, two leads a day from Monday to Friday: five leads come on a Saturday. They count on Monday, which is a
day over capacity; two go on Monday, two on Tuesday, the last on Wednesday, unless a better one comes meanwhile.
What a day leaves over may be used until the local week ends; a part of a lead is carried on.
"""

import heapq
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from leadml.agreement.business_calendar import BusinessCalendar
from leadml.history.tables import Codes, Numbers
from leadml.outcomes import NEVER

_STILL_WAITS = -1


@dataclass(frozen=True)
class Queue:
    """How leads went through the hands of sales, local days since 1970-01-01.

    Attributes
    ----------
    handed_on : int array, shape (n,)
        The day of each hand-over; -1 of those that never came to it.
    counts_on : int array, shape (n,)
        The working day on which each came: the next one after a weekend or a holiday.
    working_days : int array
        All of the span.
    over_days : int array
        Those on which more came than sales can take.
    leaves_on : int array, shape (n,)
        From this day on a lead is no longer to be handed over.
    last_day : int
        The last of the span.
    """

    handed_on: Codes
    counts_on: Codes
    working_days: Codes
    over_days: Codes
    leaves_on: Codes
    last_day: int

    @property
    def waited(self) -> Codes:
        """Days from coming to hand-over, of those that were handed over and had to wait."""
        gone = self.handed_on > self.counts_on
        waited: Codes = (self.handed_on - self.counts_on)[gone]
        return waited


class Arrivals(NamedTuple):
    """Leads that come to be handed over: arrays of shape (n,), local days since 1970-01-01.

    Attributes
    ----------
    came_on : int array
        As from `BusinessCalendar.local_days`.
    points : float array
        The highest goes first; of equal ones who came first.
    leaves_on : int array
        From this day on a lead is no longer to be handed over.
    """

    came_on: Codes
    points: Numbers
    leaves_on: Codes


def work_off(arrivals: Arrivals, leads_a_day: float, calendar: BusinessCalendar, *, days: tuple[int, int]) -> Queue:
    """Hand over at most so many leads on a working day, the best first.

    Parameters
    ----------
    arrivals : Arrivals
    leads_a_day : float, > 0
    calendar : BusinessCalendar
    days : (first, last) of int
        The span, last day excluded.

    Returns
    -------
    queue : Queue

    Examples
    --------
    >>> from leadml.specs.calendar_spec import CalendarSpec
    >>> office = BusinessCalendar(CalendarSpec(time_zone="UTC"))
    >>> saturday = np.full(3, 2)  # 3 January 1970
    >>> came = Arrivals(saturday, np.array([1.0, 3.0, 2.0]), np.full(3, 99))
    >>> queue = work_off(came, 2, office, days=(0, 8))
    >>> queue.handed_on.tolist(), queue.over_days.tolist()
    ([5, 4, 4], [4])
    """
    came_on, points, leaves_on = arrivals
    span = np.arange(*days)
    working = span[calendar.is_working_day(span)]
    place = np.searchsorted(working, came_on)
    counts_on = np.append(working, NEVER)[place]
    handed_on = np.full(len(came_on), _STILL_WAITS)
    waiting: list[tuple[float, int, int]] = []
    order = np.argsort(counts_on, kind="stable")
    ends = np.searchsorted(counts_on[order], working, side="right")
    begun, week, allowed, taken = 0, None, 0.0, 0
    for day, end in zip(working.tolist(), ends.tolist(), strict=True):
        for row in order[begun:end].tolist():
            heapq.heappush(waiting, (-float(points[row]), int(came_on[row]), row))
        begun = end
        if (day + 3) // 7 != week:  # 1970-01-01 was a Thursday: weeks begin on Monday
            week, allowed, taken = (day + 3) // 7, (allowed - taken) % 1, 0  # of 4.8 leads, 0.8 is not lost
        allowed += leads_a_day
        while waiting and taken + 1 <= allowed + 1e-9:
            row = heapq.heappop(waiting)[2]
            if leaves_on[row] > day:
                handed_on[row] = day
                taken += 1
    came = np.bincount(place, minlength=len(working) + 1)[: len(working)]
    return Queue(handed_on, counts_on, working, working[came > leads_a_day], leaves_on, days[1] - 1)

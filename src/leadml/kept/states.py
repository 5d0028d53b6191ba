"""What can be said of a promise: kept, broken, still open, and the like."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from leadml.agreement.business_calendar import BusinessCalendar, ClockName
from leadml.clock import DAY, HOUR, Instants
from leadml.history.tables import Mask, Numbers
from leadml.outcomes import NEVER

AT_RISK_ABOVE = 0.75  # part of the time that is used while nothing is done

States = npt.NDArray[np.int8]


class Promise(StrEnum):
    """What sales promises about a lead that was handed over."""

    ACCEPTED = "accepted"
    FIRST_ATTEMPT = "first_attempt"
    ATTEMPTS_MADE = "attempts_made"
    NOT_STALE = "not_stale"
    SEQUENCE = "sequence"
    SPACING = "spacing"
    MOST_A_DAY = "most_a_day"
    QUIET_HOURS = "quiet_hours"
    RETURN_REASON = "return_reason"
    RETURN_PHASE = "return_phase"
    RETURN_ATTEMPTS = "return_attempts"


class State(StrEnum):
    """How a promise stands; arrays hold the place in this list."""

    KEPT = "kept"
    BROKEN = "broken"
    OPEN = "open"
    AT_RISK = "at_risk"
    NOT_OWED = "not_owed"
    UNKNOWN = "unknown"


CODES = {state: code for code, state in enumerate(State)}


@dataclass(frozen=True)
class Timed:
    """A promise with a deadline, for n leads: arrays of shape (n,).

    Attributes
    ----------
    states : int8 array
        Places in `State`.
    due : int array, UTC microseconds
        `NEVER` where nothing is owed.
    used : float array
        Part of the promised time that is over, by the promise's own clock; 0 where nothing is owed.
    done_at : int array, UTC microseconds
        When it was done, in time or not; `NEVER` where it was not.
    """

    states: States
    due: Instants
    used: Numbers
    done_at: Instants

    @classmethod
    def nothing(cls, size: int) -> "Timed":
        """Owe nothing to anybody."""
        never = np.full(size, NEVER)
        return cls(np.full(size, CODES[State.NOT_OWED], np.int8), never, np.zeros(size), never.copy())

    def put(self, rows: npt.NDArray[np.int64], some: "Timed") -> None:
        """Write what is known of some of the leads."""
        for name in ("states", "due", "used", "done_at"):
            getattr(self, name)[rows] = getattr(some, name)


def judge_deadline(
    starts: Instants, clock: "PromisedTime", done_at: Instants, stopped_at: Instants, as_of: int
) -> Timed:
    """Judge a promise that is owed to all of these leads.

    Parameters
    ----------
    starts : int array, shape (n,), UTC microseconds
        When the clock starts.
    clock : PromisedTime
    done_at, stopped_at : int array, shape (n,), UTC microseconds
        When it was done, and when the clock stopped; `NEVER` where that did not happen. What was done counts only up to
        the stop.
    as_of : int, UTC microseconds

    Returns
    -------
    timed : Timed
        Done at the deadline itself is in time. A clock that stops at the deadline or before it leaves nothing owed.

    Examples
    --------
    A day is promised; who is tried after 20 hours is in time, who is not is at risk after them:

    >>> day, never = PromisedTime(BusinessCalendar(None), 24), np.array([NEVER, NEVER])
    >>> timed = judge_deadline(np.array([0, 0]), day, np.array([20 * HOUR, NEVER]), never, as_of=21 * HOUR)
    >>> [tuple(State)[code].value for code in timed.states], timed.used.tolist()
    (['kept', 'at_risk'], [0.875, 0.875])
    """
    due = clock.due(starts)
    used = clock.used(starts, np.full(len(starts), as_of))
    states = np.full(len(starts), CODES[State.OPEN], np.int8)
    # What decides is written last.
    states[used > AT_RISK_ABOVE] = CODES[State.AT_RISK]
    states[due < as_of] = CODES[State.BROKEN]
    states[stopped_at <= due] = CODES[State.NOT_OWED]
    states[done_at <= np.minimum(due, stopped_at)] = CODES[State.KEPT]
    return Timed(states, due, used, done_at)


def judge_conduct(broken: Mask, attempts: npt.NDArray[np.int64], over: Mask) -> States:
    """Judge a promise on how attempts are made: it is kept once no attempt can break it any more.

    Parameters
    ----------
    broken : bool array, shape (n,)
        Whether an attempt was made otherwise than promised.
    attempts : int array, shape (n,)
        How many were made; to who had none, nothing is owed in the end.
    over : bool array, shape (n,)
        Whether no further attempt counts.

    Returns
    -------
    states : int8 array, shape (n,)
    """
    states = np.full(len(broken), CODES[State.OPEN], np.int8)
    states[over] = CODES[State.KEPT]
    states[over & (attempts == 0)] = CODES[State.NOT_OWED]
    states[broken] = CODES[State.BROKEN]
    return states


@dataclass(frozen=True)
class PromisedTime:
    """So many hours, by the clock of a promise."""

    calendar: BusinessCalendar
    hours: float
    clock: ClockName = "wall"

    @classmethod
    def of_days(cls, calendar: BusinessCalendar, days: float) -> "PromisedTime":
        """Promise days: those pass by night and at weekends too."""
        return cls(calendar, days * DAY / HOUR)

    def due(self, starts: Instants) -> Instants:
        """Find when the time is over."""
        return self.calendar.deadlines(starts, self.hours, self.clock)

    def used(self, starts: Instants, until: Instants) -> Numbers:
        """Tell which part of the time is over; more than 1 when it ran out.

        Where nobody waits for the office to open and the clock then runs on, it is the time since the office opened.
        """
        spec = self.calendar.spec
        if self.clock == "business" and spec is not None and spec.after_hours == "next_open":
            begun = self.calendar.deadlines(starts, 0, self.clock)
            passed = (until - begun) / HOUR
        else:
            passed = self.calendar.hours_between(starts, until, self.clock)
        # Of no hours at all everything is used as soon as it is due.
        whole = self.hours if self.hours > 0 else 1 / HOUR
        used: Numbers = np.maximum(passed, 0) / whole
        return used

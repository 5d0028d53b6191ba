"""Attempts made against promised: how many, by which channels, in which order, how close together and when."""

from dataclasses import dataclass

import numpy as np

from leadml.agreement.business_calendar import BusinessCalendar
from leadml.clock import DAY, HOUR, MINUTE, Instants
from leadml.hand_overs import HandOvers
from leadml.history.tables import NOT_THERE, Codes, Mask
from leadml.kept.done import Done
from leadml.kept.facts import Marked
from leadml.kept.states import Promise, PromisedTime, States, Timed, judge_conduct, judge_deadline
from leadml.outcomes import NEVER
from leadml.specs.calendar_spec import minutes_of
from leadml.specs.promises_spec import CadenceSpec


@dataclass(frozen=True)
class Attempted:
    """What became of the promised attempts of n hand-overs under one cadence.

    Attributes
    ----------
    made : Timed
        All promised attempts made, or the lead reached, in time.
    counted : int array, shape (n,)
        Valid attempts by the promised channels, inside the promised days and until the clocks stopped.
    before_return : int array, shape (n,)
        Of those, the ones up to the return; 0 where there was none.
    conduct : mapping of Promise to int8 array
        The states of how attempts were made; only what was promised.
    broken_by : mapping of Promise to int array
        How many attempts were made otherwise.
    decided_at : mapping of Promise to int array, UTC microseconds
        When the first of those was made; where none was, the last instant at which an attempt was owed.
    """

    made: Timed
    counted: Codes
    before_return: Codes
    conduct: dict[Promise, States]
    broken_by: dict[Promise, Codes]
    decided_at: dict[Promise, Instants]


def judge_attempts(
    hand_overs: HandOvers, done: Done, cadence: CadenceSpec, calendar: BusinessCalendar, as_of: int
) -> Attempted:
    """Hold the attempts against what was promised.

    Parameters
    ----------
    hand_overs : HandOvers
        Those under this cadence.
    done : Done
        Of the same hand-overs.
    cadence : CadenceSpec
    calendar : BusinessCalendar
    as_of : int, UTC microseconds

    Returns
    -------
    attempted : Attempted

    Notes
    -----
    All promised attempts are made with the last of them, or with the first that reaches the lead: nobody is owed
    further attempts who has answered. How attempts are made is promised for those that are owed: up to the deadline,
    the stop, or the attempt that reached the lead.
    """
    leads, handed = hand_overs.leads, hand_overs.happened_at
    promised = PromisedTime.of_days(calendar, cadence.within_days)
    of_channel = _narrowed(done.attempts, "channel", cadence.channels)
    reaching = _narrowed(done.attempts, "result", cadence.until)
    low, high = of_channel.places_from(leads, handed), of_channel.places_from(leads, done.ends)
    reached_at, _ = reaching.first_in(leads, handed, done.ends)
    last = low + max(cadence.at_least - 1, 0)
    times = np.append(of_channel.happened_at, NEVER)
    completed_at = np.where(last < high, times[np.minimum(last, len(of_channel))], NEVER)
    done_at = np.minimum(completed_at, reached_at)
    made = (
        judge_deadline(handed, promised, done_at, done.stopped_at, as_of)
        if cadence.at_least
        else Timed.nothing(len(leads))
    )
    returned_by = np.where(done.returned_at == NEVER, handed, done.returned_at + (done.returned_at != NEVER))
    before_return = np.maximum(of_channel.places_from(leads, np.minimum(returned_by, done.ends)) - low, 0)
    # Exclusive: what happens at the deadline, or with the attempt that reaches the lead, still counts.
    due = promised.due(handed)
    until = np.minimum(np.minimum(due, reached_at) + 1, done.ends)
    counted = np.maximum(of_channel.places_from(leads, np.minimum(due + 1, done.ends)) - low, 0)
    first = done.attempts.places_from(leads, handed)
    span = first, np.maximum(done.attempts.places_from(leads, until), first)
    many, over = span[1] - span[0], until <= as_of
    # An agreed order is kept as soon as it was gone through.
    through = over | (many >= len(cadence.sequence or ()))
    otherwise = _otherwise(done.attempts, span, cadence, calendar)
    broken_by = {promise: counts for promise, (counts, _) in otherwise.items()}
    conduct = {
        promise: judge_conduct(counts > 0, many, through if promise is Promise.SEQUENCE else over)
        for promise, counts in broken_by.items()
    }
    decided_at = {promise: np.minimum(first_at, until - 1) for promise, (_, first_at) in otherwise.items()}
    return Attempted(made, counted, before_return, conduct, broken_by, decided_at)


def _narrowed(attempts: Marked, column: str, words: tuple[str, ...]) -> Marked:
    """Keep the attempts that hold one of some words."""
    text = attempts.table.texts.get(column)
    kept = np.zeros(len(attempts.table.happened_at), dtype=bool)
    if text is not None:
        kept[attempts.rows] = text.is_any_of(words)[attempts.rows]
    return Marked(attempts.table, kept, len(attempts.table.first) - 1)


def _otherwise(
    attempts: Marked, span: tuple[Codes, Codes], cadence: CadenceSpec, calendar: BusinessCalendar
) -> dict[Promise, tuple[Codes, Instants]]:
    """Count the attempts between two places each that were made otherwise than promised, and find the first of them."""
    low, high = span
    local, size = calendar.local_times(attempts.happened_at), len(attempts)
    # Of each promise: which attempts break it, and from which place on that can be.
    marks: dict[Promise, tuple[Mask, Codes]] = {}
    if cadence.hours_between > 0:
        close = np.diff(attempts.happened_at) < round(cadence.hours_between * HOUR)
        marks[Promise.SPACING] = _behind(close, 1, size), low + 1
    if cadence.most_a_day is not None:
        days, back = local // DAY, cadence.most_a_day
        marks[Promise.MOST_A_DAY] = _behind(days[back:] == days[:-back], back, size), low + back
    if cadence.quiet_hours is not None:
        marks[Promise.QUIET_HOURS] = _within(local, cadence.quiet_hours), low
    times = np.append(attempts.happened_at, NEVER)
    found = {}
    for promise, (marked, begins) in marks.items():
        counts, places = _counted(marked, begins, high)
        found[promise] = counts, times[places]
    if cadence.sequence is not None:
        places = _against(cadence.sequence, attempts, low, high)
        found[Promise.SEQUENCE] = (places < size).astype(np.int64), times[places]
    return found


def _behind(marked: Mask, back: int, size: int) -> Mask:
    """Lay what compares each attempt with one before it out over all attempts."""
    laid = np.zeros(size, dtype=bool)
    laid[back:] = marked[: max(size - back, 0)]
    return laid


def _counted(marked: Mask, low: Codes, high: Codes) -> tuple[Codes, Codes]:
    """Count the marked attempts of each range of places, and find the first; behind the last place where none is."""
    before = np.concatenate([[0], np.cumsum(marked)])
    already = before[np.minimum(low, high)]
    first = np.searchsorted(before, already + 1) - 1
    return before[high] - already, np.where(first < high, first, len(marked))


def _within(local: Instants, span: str) -> Mask:
    """Tell which local times lie in a span of the day, which may pass midnight; its end lies outside."""
    first, last = (minutes * MINUTE for minutes in minutes_of(span))
    time = local % DAY
    inside: Mask = (time >= first) & (time < last) if first <= last else (time >= first) | (time < last)
    return inside


def _against(sequence: tuple[str, ...], attempts: Marked, low: Codes, high: Codes) -> Codes:
    """Find the first attempt of each range of places that left the sequence; behind the last place where none did."""
    text = attempts.table.texts.get("channel")
    words = () if text is None else text.words
    codes = np.append(attempts.codes("channel"), np.int32(NOT_THERE))
    first = np.full(len(low), len(attempts))
    for place, channel in enumerate(sequence):
        made = low + place < high
        said = codes[np.where(made, low + place, len(attempts))]
        left = made & (said != (words.index(channel) if channel in words else NOT_THERE - 1))
        first = np.where(left, np.minimum(first, low + place), first)
    return first

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
    """

    made: Timed
    counted: Codes
    before_return: Codes
    conduct: dict[Promise, States]
    broken_by: dict[Promise, Codes]


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
    conduct, broken_by = _conduct(done.attempts, span, cadence, calendar, until <= as_of)
    return Attempted(made, counted, before_return, conduct, broken_by)


def _narrowed(attempts: Marked, column: str, words: tuple[str, ...]) -> Marked:
    """Keep the attempts that hold one of some words."""
    text = attempts.table.texts.get(column)
    kept = np.zeros(len(attempts.table.happened_at), dtype=bool)
    if text is not None:
        kept[attempts.rows] = text.is_any_of(words)[attempts.rows]
    return Marked(attempts.table, kept, len(attempts.table.first) - 1)


def _conduct(
    attempts: Marked, span: tuple[Codes, Codes], cadence: CadenceSpec, calendar: BusinessCalendar, over: Mask
) -> tuple[dict[Promise, States], dict[Promise, Codes]]:
    """Judge how the attempts were made that lie between two places each."""
    low, high = span
    local = calendar.local_times(attempts.happened_at)
    broken_by: dict[Promise, Codes] = {}
    if cadence.hours_between > 0:
        close = np.diff(attempts.happened_at) < round(cadence.hours_between * HOUR)
        broken_by[Promise.SPACING] = _counted(_behind(close, 1, len(attempts)), low + 1, high)
    if cadence.most_a_day is not None:
        days, back = local // DAY, cadence.most_a_day
        same_day = days[back:] == days[:-back]
        broken_by[Promise.MOST_A_DAY] = _counted(_behind(same_day, back, len(attempts)), low + back, high)
    if cadence.quiet_hours is not None:
        broken_by[Promise.QUIET_HOURS] = _counted(_within(local, cadence.quiet_hours), low, high)
    conduct = {promise: judge_conduct(count > 0, high - low, over) for promise, count in broken_by.items()}
    if cadence.sequence is not None:
        otherwise, complete = _against(cadence.sequence, attempts, low, high)
        broken_by[Promise.SEQUENCE] = otherwise.astype(np.int64)
        conduct[Promise.SEQUENCE] = judge_conduct(otherwise, high - low, over | complete)
    return conduct, broken_by


def _behind(marked: Mask, back: int, size: int) -> Mask:
    """Lay what compares each attempt with one before it out over all attempts."""
    laid = np.zeros(size, dtype=bool)
    laid[back:] = marked[: max(size - back, 0)]
    return laid


def _counted(marked: Mask, low: Codes, high: Codes) -> Codes:
    """Count the marked attempts of each range of places."""
    before = np.concatenate([[0], np.cumsum(marked)])
    counts: Codes = before[high] - before[np.minimum(low, high)]
    return counts


def _within(local: Instants, span: str) -> Mask:
    """Tell which local times lie in a span of the day, which may pass midnight; its end lies outside."""
    first, last = (minutes * MINUTE for minutes in minutes_of(span))
    time = local % DAY
    inside: Mask = (time >= first) & (time < last) if first <= last else (time >= first) | (time < last)
    return inside


def _against(sequence: tuple[str, ...], attempts: Marked, low: Codes, high: Codes) -> tuple[Mask, Mask]:
    """Tell whose attempts left the sequence, and whose went through the whole of it."""
    text = attempts.table.texts.get("channel")
    words = () if text is None else text.words
    codes = np.append(attempts.codes("channel"), np.int32(NOT_THERE))
    otherwise = np.zeros(len(low), dtype=bool)
    for place, channel in enumerate(sequence):
        made = low + place < high
        said = codes[np.where(made, low + place, len(attempts))]
        otherwise |= made & (said != (words.index(channel) if channel in words else NOT_THERE - 1))
    return otherwise, high - low >= len(sequence)

"""Judges the promises of hand-overs under one agreement: what was owed, what was done, and how each promise stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from leadml.agreement.business_calendar import BusinessCalendar
from leadml.clock import DAY
from leadml.hand_overs import HandOvers, find_hand_overs
from leadml.history.tables import Codes, History, Mask, Numbers
from leadml.kept.attempts import Attempted, judge_attempts
from leadml.kept.done import Done, find_done
from leadml.kept.facts import Marked, Words
from leadml.kept.period import ALWAYS, Period
from leadml.kept.states import CODES, Promise, PromisedTime, State, States, Timed, judge_deadline
from leadml.kept.terms import HandedUnder, Terms, find_terms
from leadml.outcomes import NEVER
from leadml.specs.agreement_spec import AgreementSpec

TIMED = (Promise.ACCEPTED, Promise.FIRST_ATTEMPT, Promise.ATTEMPTS_MADE, Promise.NOT_STALE)
OF_RETURNS = (Promise.RETURN_REASON, Promise.RETURN_PHASE, Promise.RETURN_ATTEMPTS)


@dataclass(frozen=True)
class Judged:
    """How the promises of n hand-overs stand.

    Attributes
    ----------
    agreement : AgreementSpec
    calendar : BusinessCalendar
        Of the agreement, with its days laid out.
    as_of : int, UTC microseconds
        Nothing counts that was not known then.
    hand_overs : HandOvers
    under : HandedUnder
        Lead types, bands, and where those are known from.
    done : Done
    timed : mapping of Promise to Timed
        The promises that have a deadline.
    states : mapping of Promise to int8 array, shape (n,)
        Of all promises, places in `State`.
    attempts : int array, shape (n,)
        Valid attempts by the promised channels inside the promised days.
    broken_by : mapping of Promise to int array, shape (n,)
        How many attempts were made otherwise than promised.
    owners : object array of str or None, shape (n,)
        Whom the lead was assigned to; else the owner that its band names.
    """

    agreement: AgreementSpec
    calendar: BusinessCalendar
    as_of: int
    hand_overs: HandOvers
    under: HandedUnder
    done: Done
    timed: Mapping[Promise, Timed]
    states: Mapping[Promise, States]
    attempts: Codes
    broken_by: Mapping[Promise, Codes]
    owners: Words

    def __len__(self) -> int:
        """How many hand-overs there are."""
        return len(self.hand_overs.leads)

    def of(self, promise: Promise, state: State) -> Mask:
        """Mark the hand-overs of which a promise stands so."""
        marked: Mask = self.states[promise] == CODES[state]
        return marked

    @property
    def returned(self) -> Mask:
        """Mark those that sales gave back before they were handed over again."""
        marked: Mask = self.done.returned_at != NEVER
        return marked

    def stayed(self) -> Numbers:
        """Tell which hand-overs stayed with sales, or went on: 1 or 0, and NaN while that is not known yet.

        They stayed if they were not returned inside the grace that `ready` gives; it counts when that is wholly over.
        """
        grace = round(self.agreement.definitions.ready.not_returned_within_days * DAY)
        until = self.hand_overs.happened_at + grace
        stayed: Numbers = (self.done.returned_at >= until).astype(np.float64)
        stayed[until >= self.as_of] = np.nan
        return stayed


def known_hand_overs(
    history: History, agreement: AgreementSpec, as_of: int, period: Period = ALWAYS
) -> tuple[History, HandOvers]:
    """Give a history as it was known at an instant, and its hand-overs of a period.

    Parameters
    ----------
    history : History
    agreement : AgreementSpec
    as_of : int, UTC microseconds
    period : Period
        By when they happened.

    Returns
    -------
    known : History
    hand_overs : HandOvers
    """
    known = history.known_before(as_of)
    hand_overs = find_hand_overs(known, agreement.definitions)
    return known, hand_overs.rows(period.holds(hand_overs.happened_at))


def judge(
    history: History,
    agreement: AgreementSpec,
    hand_overs: HandOvers,
    as_of: int,
    scored: Sequence[str | None] | None = None,
) -> Judged:
    """Judge hand-overs under one agreement.

    Parameters
    ----------
    history : History
        As it was known at `as_of`: see `known_hand_overs`.
    agreement : AgreementSpec
    hand_overs : HandOvers
        Of this history.
    as_of : int, UTC microseconds
    scored : sequence of str or None, optional
        The band of each lead's score at its hand-over, for those of which no decision says a band.

    Returns
    -------
    judged : Judged
    """
    done = find_done(history, agreement.definitions, hand_overs, as_of)
    under = find_terms(history, agreement, hand_overs, done.entered_before, scored)
    calendar, size = BusinessCalendar(agreement.calendar), len(hand_overs.leads)
    timed = {promise: Timed.nothing(size) for promise in TIMED}
    states = {promise: np.full(size, CODES[State.NOT_OWED], np.int8) for promise in Promise}
    attempts, broken_by = np.zeros(size, np.int64), {promise: np.zeros(size, np.int64) for promise in Promise}
    for terms in under.terms:
        rows, some = terms.rows, (hand_overs.rows(terms.rows), _rows_of(done, terms.rows))
        attempted = judge_attempts(*some, terms.cadence, calendar, as_of)
        found = {**_deadlines(*some, terms, calendar, as_of), Promise.ATTEMPTS_MADE: attempted.made}
        for promise, one in found.items():
            timed[promise].put(rows, one if _is_known(promise, done) else _unless_done(one))
        for promise, found_states in {**attempted.conduct, **_returns(some[1], terms, attempted, agreement)}.items():
            states[promise][rows] = found_states if _is_known(promise, done) else _not_known(found_states)
        for promise, counts in attempted.broken_by.items():
            broken_by[promise][rows] = counts
        attempts[rows] = attempted.counted
    states.update({promise: one.states for promise, one in timed.items()})
    return Judged(
        agreement, calendar, as_of, hand_overs, under, done, timed, states, attempts, broken_by, _owners(done, under)
    )


def _rows_of(done: Done, rows: Codes) -> Done:
    """Take what was done after some of the hand-overs."""
    of_each = {field.name: getattr(done, field.name) for field in fields(done)}
    return replace(
        done,
        **{
            name: value[rows]
            for name, value in of_each.items()
            if not isinstance(value, Marked) and not isinstance(value, bool)
        },
    )


def _deadlines(
    hand_overs: HandOvers, done: Done, terms: Terms, calendar: BusinessCalendar, as_of: int
) -> dict[Promise, Timed]:
    """Judge what a band promises by a deadline, the attempts of its cadence apart."""
    band, handed = terms.band, hand_overs.happened_at
    if band is None:
        return {}
    found: dict[Promise, Timed] = {}
    if band.accept_within_hours is not None:
        promised = PromisedTime(calendar, band.accept_within_hours, band.clock)
        decided_at = np.minimum(done.accepted_at, done.returned_at)
        found[Promise.ACCEPTED] = judge_deadline(handed, promised, decided_at, done.stopped_at, as_of)
    if band.first_attempt_within_hours is not None:
        promised = PromisedTime(calendar, band.first_attempt_within_hours, band.clock)
        found[Promise.FIRST_ATTEMPT] = judge_deadline(handed, promised, done.first_attempt_at, done.stopped_at, as_of)
    if band.maximum_age_days is not None:
        promised = PromisedTime.of_days(calendar, band.maximum_age_days)
        found[Promise.NOT_STALE] = judge_deadline(handed, promised, done.first_attempt_at, done.stopped_at, as_of)
    return found


def _is_known(promise: Promise, done: Done) -> bool:
    """Tell whether the history says what a promise asks for: that leads were accepted, that attempts were made."""
    if promise is Promise.ACCEPTED:
        return done.accepting_is_known
    return done.attempts_are_known or promise is Promise.RETURN_REASON


def _unless_done(timed: Timed) -> Timed:
    """Say not known of what may have been done all the same."""
    return replace(timed, states=np.where(timed.states == CODES[State.KEPT], timed.states, _not_known(timed.states)))


def _not_known(states: States) -> States:
    owed = states != CODES[State.NOT_OWED]
    return np.where(owed, np.int8(CODES[State.UNKNOWN]), states)


def _owners(done: Done, under: HandedUnder) -> Words:
    """Name whom each lead was assigned to; who was assigned to nobody is its band's owner's."""
    owners = done.owners.copy()
    for terms in under.terms:
        if terms.band is not None and terms.band.owner is not None:
            nobody = np.array([owner is None for owner in owners[terms.rows]], dtype=bool)
            owners[terms.rows[nobody]] = terms.band.owner
    return owners


def _returns(done: Done, terms: Terms, attempted: Attempted, agreement: AgreementSpec) -> dict[Promise, States]:
    """Judge returns: a reason that was agreed, after work where the reason asks for it, after all attempts likewise."""
    agreed = agreement.definitions.return_reasons
    returned = done.returned_at != NEVER
    tried = done.first_attempt_at <= done.returned_at
    every = attempted.before_return >= terms.cadence.at_least

    def for_reasons(asked: Mapping[str, bool]) -> Mask:
        marked: Mask = np.array([asked.get(reason or "", False) for reason in done.return_reasons], dtype=bool)
        marked &= returned
        return marked

    known = for_reasons({reason: bool(reason) for reason in agreed})
    return {
        Promise.RETURN_REASON: _kept_or_broken(returned & bool(agreed), known),
        Promise.RETURN_PHASE: _kept_or_broken(
            for_reasons({reason: one.phase is not None for reason, one in agreed.items()}),
            tried | ~for_reasons({reason: one.phase == "after_work" for reason, one in agreed.items()}),
        ),
        Promise.RETURN_ATTEMPTS: _kept_or_broken(
            for_reasons({reason: one.needs_all_attempts for reason, one in agreed.items()}), every
        ),
    }


def _kept_or_broken(owed: Mask, kept: Mask) -> States:
    states = np.full(len(owed), CODES[State.NOT_OWED], np.int8)
    states[owed] = np.where(kept[owed], CODES[State.KEPT], CODES[State.BROKEN])
    return states

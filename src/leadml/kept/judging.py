"""Judges the promises of hand-overs under one agreement: what was owed, what was done, and how each promise stands."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from leadml.agreement.business_calendar import BusinessCalendar
from leadml.clock import DAY, Instants
from leadml.hand_overs import HandOvers, find_hand_overs
from leadml.history.tables import Codes, History, Mask, Numbers
from leadml.kept.attempts import Attempted, judge_attempts
from leadml.kept.done import Done, find_done
from leadml.kept.facts import Words
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
        Whom the lead was assigned to last, until the clocks stopped; else the owner that its band names.
    owed_by : mapping of Promise to object array of str or None, shape (n,)
        The owner at the instant that decided a promise: when it was kept, when it was broken first, or when its clock
        ran out or stopped. Who got the lead later did not break it.
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
    owed_by: Mapping[Promise, Words]

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

    @property
    def settled(self) -> Mask:
        """Mark those of which it is known whether sales gives them back: the grace that `ready` gives is over.

        Where no grace was agreed, their clocks have stopped. A younger one that was not given back may be yet.
        """
        grace = self._grace
        marked: Mask = self.hand_overs.happened_at + grace < self.as_of if grace else self.done.stopped_at != NEVER
        return marked

    @property
    def _grace(self) -> int:
        return round(self.agreement.definitions.ready.not_returned_within_days * DAY)

    def stayed(self) -> Numbers:
        """Tell which hand-overs stayed with sales, or went on: 1 or 0, and NaN while that is not known yet.

        They stayed if they were not returned inside the grace that `ready` gives; it counts when that is wholly over.
        """
        until = self.hand_overs.happened_at + self._grace
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


def judge(history: History, agreement: AgreementSpec, hand_overs: HandOvers, as_of: int) -> Judged:
    """Judge hand-overs under one agreement.

    Parameters
    ----------
    history : History
        As it was known at `as_of`: see `known_hand_overs`.
    agreement : AgreementSpec
    hand_overs : HandOvers
        Of this history.
    as_of : int, UTC microseconds

    Returns
    -------
    judged : Judged
    """
    done = find_done(history, agreement.definitions, hand_overs, as_of)
    under = find_terms(history, agreement, hand_overs, done.entered_before)
    calendar, size = BusinessCalendar(agreement.calendar), len(hand_overs.leads)
    timed = {promise: Timed.nothing(size) for promise in TIMED}
    states = {promise: np.full(size, CODES[State.NOT_OWED], np.int8) for promise in Promise}
    attempts, broken_by = np.zeros(size, np.int64), {promise: np.zeros(size, np.int64) for promise in Promise}
    # Promises about a return are decided by it.
    decided_at = {promise: done.returned_at.copy() for promise in Promise}
    known = {promise: _known(promise, done, hand_overs) for promise in Promise}
    for terms in under.terms:
        rows, some = terms.rows, (hand_overs.rows(terms.rows), _rows_of(done, terms.rows))
        attempted = judge_attempts(*some, terms.cadence, calendar, as_of)
        found = {**_deadlines(*some, terms, calendar, as_of), Promise.ATTEMPTS_MADE: attempted.made}
        for promise, one in found.items():
            timed[promise].put(rows, replace(one, states=_if_known(one.states, known[promise][rows])))
        for promise, found_states in {**attempted.conduct, **_returns(some[1], terms, attempted, agreement)}.items():
            states[promise][rows] = _if_known(found_states, known[promise][rows])
        for promise, counts in attempted.broken_by.items():
            broken_by[promise][rows], decided_at[promise][rows] = counts, attempted.decided_at[promise]
        attempts[rows] = attempted.counted
    states.update({promise: one.states for promise, one in timed.items()})
    decided_at.update({promise: np.minimum(one.done_at, one.due) for promise, one in timed.items()})
    decided_at[Promise.FIRST_ATTEMPT] = np.minimum(done.first_attempt_at, timed[Promise.FIRST_ATTEMPT].due)
    owners = _owners(hand_overs, done, under, np.full(size, NEVER))
    owed_by = {promise: _owners(hand_overs, done, under, instants) for promise, instants in decided_at.items()}
    return Judged(
        agreement, calendar, as_of, hand_overs, under, done, timed, states, attempts, broken_by, owners, owed_by
    )


def _rows_of(done: Done, rows: Codes) -> Done:
    """Take what was done after some of the hand-overs."""
    of_each = {field.name: getattr(done, field.name) for field in fields(done)}
    some: dict[str, Any] = {name: value[rows] for name, value in of_each.items() if isinstance(value, np.ndarray)}
    return replace(done, **some)


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


def _known(promise: Promise, done: Done, hand_overs: HandOvers) -> Mask:
    """Mark the hand-overs of which the history can say what a promise asks for.

    Acceptances count from the first one told: before it, only those could be judged that were kept, for a return is
    told all the same; a share of these would be a praise.
    """
    if promise is Promise.ACCEPTED:
        marked: Mask = hand_overs.happened_at >= done.accepting_known_from
        return marked
    return np.full(len(hand_overs.leads), done.attempts_are_known or promise is Promise.RETURN_REASON)


def _if_known(states: States, known: Mask) -> States:
    return np.where(known | (states == CODES[State.NOT_OWED]), states, np.int8(CODES[State.UNKNOWN]))


def _owners(hand_overs: HandOvers, done: Done, under: HandedUnder, instants: Instants) -> Words:
    """Name whom each lead was assigned to at an instant; who was assigned to nobody is its band's owner's."""
    owners = done.owners_at(hand_overs.leads, instants)
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

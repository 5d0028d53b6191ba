"""What is due: what can still be kept, what ran out and still waits, leads stuck in a stage; each with who is told."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from leadml.clock import to_iso
from leadml.errors import LeadmlError, known_words
from leadml.history.tables import Codes, History, Mask
from leadml.kept.facts import Marked, Words, assignments, words_at
from leadml.kept.judging import Judged, judge, known_hand_overs
from leadml.kept.period import ALWAYS, Period
from leadml.kept.states import CODES, State, Timed
from leadml.kept.stays import Stays, find_stays
from leadml.outcomes import NEVER
from leadml.specs.agreement_spec import AgreementSpec
from leadml.specs.promises_spec import EscalationSpec
from leadml.wording.texts import nearest

STUCK = "stuck"  # beside the promises of a hand-over: a lead that stays too long in a stage

# What can still be kept first.
WAITING = (State.AT_RISK, State.OPEN, State.BROKEN)


@dataclass(frozen=True)
class DuePromise:
    """A promise that waits for somebody.

    Attributes
    ----------
    lead_id : str
    promise : str
        One of `Promise`, or `STUCK`.
    state : State
        At risk, open, or broken.
    since : int, UTC microseconds
        When its clock started.
    due : int, UTC microseconds
    used : float
        Part of the promised time that is over.
    owner : str
        Who has the lead; where it has nobody, the side that owes the promise, as `owners` of the agreement name it.
    of_side : bool
        Whether the owner is a side, as nobody has the lead.
    band, stage : str or None
        The band of a hand-over; the stage of a lead that stays in it.
    step : EscalationSpec or None
        The last step of the escalation that is reached.
    """

    lead_id: str
    promise: str
    state: State
    since: int
    due: int
    used: float
    owner: str
    of_side: bool
    band: str | None
    stage: str | None
    step: EscalationSpec | None

    @property
    def urgency(self) -> tuple[int, int, str, str]:
        """Sort by it: what can still be kept, by deadline; then what is broken, the latest first: it is mended best."""
        order = -self.due if self.state is State.BROKEN else self.due
        return WAITING.index(self.state), order, self.lead_id, self.promise

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain JSON types."""
        return {
            "lead_id": self.lead_id,
            "promise": self.promise,
            "state": self.state.value,
            "since": to_iso(self.since),
            "due": to_iso(self.due),
            "used_percent": round(100 * self.used, 1),
            "owner": self.owner,
            "owner_is_side": self.of_side,
            "band": self.band,
            "lifecycle_stage": self.stage,
            "escalation": None if self.step is None else self.step.model_dump(),
        }


@dataclass(frozen=True)
class OwnerDue:
    """How much waits for one owner.

    Attributes
    ----------
    owner : str
    of_side : bool
        Whether it is a side that answers for leads that nobody has.
    promises, stays : mapping of State to int
        Of hand-overs, and of leads that stay in a stage.
    """

    owner: str
    of_side: bool
    promises: Mapping[State, int]
    stays: Mapping[State, int]

    @property
    def urgency(self) -> tuple[int | str, ...]:
        """Sort by it: who can still keep most comes first."""
        return (*(-counts[state] for counts in (self.promises, self.stays) for state in WAITING), self.owner)

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain JSON types."""
        return {
            "owner": self.owner,
            "owner_is_side": self.of_side,
            "promises": _plain(self.promises),
            "stays": _plain(self.stays),
        }


@dataclass(frozen=True)
class Due:
    """All that is due at an instant, what can still be kept first.

    Attributes
    ----------
    agreement : AgreementSpec
    judged : Judged
        Of the hand-overs of the period.
    as_of : int, UTC microseconds
    promises : tuple of DuePromise
        What is owed to leads that were handed over.
    stays : tuple of DuePromise
        Leads that stay too long in a stage, or soon will.
    owners : frozenset of str
        Everybody who has a lead, also where nothing waits, and both sides.
    """

    agreement: AgreementSpec
    judged: Judged
    as_of: int
    promises: tuple[DuePromise, ...]
    stays: tuple[DuePromise, ...]
    owners: frozenset[str]

    def only(self, *, owner: str | None = None, state: State | None = None) -> "Due":
        """Keep what waits for one owner, or stands in one way; None: all.

        Raises
        ------
        LeadmlError
            `unknown_word` for an owner who has no lead and is no side.
        """
        if owner is not None and owner not in self.owners:
            names = sorted(self.owners)
            raise LeadmlError(
                "unknown_word", where="--owner", word=owner, known=known_words(names), hint=nearest(owner, names)
            )
        promises, stays = (
            tuple(one for one in every if owner in (None, one.owner) and state in (None, one.state))
            for every in (self.promises, self.stays)
        )
        return replace(self, promises=promises, stays=stays)

    def joined(self, others: Sequence["Due"]) -> "Due":
        """Add what is due of hand-overs that are judged by other agreements."""
        every = (self, *others)
        promises, stays = (
            tuple(sorted((one for part in parts for one in part), key=lambda one: one.urgency))
            for parts in ([due.promises for due in every], [due.stays for due in every])
        )
        return replace(self, promises=promises, stays=stays, owners=self.owners.union(*(due.owners for due in others)))

    def by_owner(self) -> tuple[OwnerDue, ...]:
        """Sum up what waits for each owner, who can still keep most first; a side counts apart from its people."""
        names = dict.fromkeys((one.owner, one.of_side) for one in (*self.promises, *self.stays))
        promises, stays = (
            Counter((one.owner, one.of_side, one.state) for one in every) for every in (self.promises, self.stays)
        )
        summed = [
            OwnerDue(*name, *({state: counts[*name, state] for state in WAITING} for counts in (promises, stays)))
            for name in names
        ]
        return tuple(sorted(summed, key=lambda one: one.urgency))

    def to_dict(self) -> dict[str, Any]:
        """Give all of it as plain JSON types."""
        return {
            "agreement_version": self.agreement.version,
            "as_of": to_iso(self.as_of),
            "counts": {"promises": _plain(count_states(self.promises)), "stays": _plain(count_states(self.stays))},
            "by_owner": [one.to_dict() for one in self.by_owner()],
            "promises": [one.to_dict() for one in self.promises],
            "stays": [one.to_dict() for one in self.stays],
        }


def count_states(waiting: Iterable[DuePromise]) -> dict[State, int]:
    """Count how promises that wait stand."""
    counts = Counter(one.state for one in waiting)
    return {state: counts[state] for state in WAITING}


def _plain(counts: Mapping[State, int]) -> dict[str, int]:
    return {state.value: count for state, count in counts.items()}


def find_due(
    history: History, agreement: AgreementSpec, as_of: int, period: Period = ALWAYS, *, with_stays: bool = True
) -> Due:
    """Find what waits for somebody at an instant: nothing was done, and no clock has stopped.

    Parameters
    ----------
    history : History
    agreement : AgreementSpec
    as_of : int, UTC microseconds
        Nothing counts that was not known then.
    period : Period
        Which hand-overs, by when they happened.
    with_stays : bool
        Whether leads that stay too long in a stage are told too.

    Returns
    -------
    due : Due
    """
    known, hand_overs = known_hand_overs(history, agreement, as_of, period)
    judged = judge(known, agreement, hand_overs, as_of)
    stays = find_stays(known, agreement, judged.calendar, as_of) if with_stays else ()
    promises, stuck = (
        tuple(sorted(found, key=lambda one: one.urgency))
        for found in (_of_hand_overs(known, judged), _of_stays(known, stays, agreement, as_of))
    )
    sides = (agreement.owners.sales, agreement.owners.marketing)
    named = (name for name in judged.owners if name is not None)
    return Due(agreement, judged, as_of, promises, stuck, frozenset([*sides, *named, *(one.owner for one in stuck)]))


def step_reached(used: float, steps: Sequence[EscalationSpec]) -> EscalationSpec | None:
    """Give the last step of an escalation that is reached.

    Parameters
    ----------
    used : float
        Part of the promised time that is over.
    steps : sequence of EscalationSpec

    Returns
    -------
    step : EscalationSpec or None
        None where none is reached.

    Examples
    --------
    >>> steps = [EscalationSpec(at_percent=50, notify="owner"), EscalationSpec(at_percent=100, notify="manager")]
    >>> [step and step.notify for step in (step_reached(used, steps) for used in (0.49, 0.5, 3.0))]
    [None, 'owner', 'manager']
    """
    reached = [step for step in steps if 100 * used >= step.at_percent]
    return max(reached, key=lambda step: step.at_percent, default=None)


def _waiting(timed: Timed, stopped: Mask) -> Codes:
    """Find where nothing was done and the clock still runs, or ran out without a stop."""
    waits = np.isin(timed.states, [CODES[state] for state in WAITING]) & (timed.done_at == NEVER)
    rows: Codes = np.flatnonzero(waits & ~stopped)
    return rows


def _of_hand_overs(history: History, judged: Judged) -> Iterator[DuePromise]:
    stopped = judged.done.stopped_at != NEVER
    states, agreement = tuple(State), judged.agreement
    for promise, timed in judged.timed.items():
        for row in _waiting(timed, stopped).tolist():
            used = float(timed.used[row])
            yield DuePromise(
                lead_id=history.lead_ids[judged.hand_overs.leads[row]],
                promise=promise.value,
                state=states[timed.states[row]],
                since=int(judged.hand_overs.happened_at[row]),
                due=int(timed.due[row]),
                used=used,
                owner=judged.owners[row] or agreement.owners.sales,
                of_side=judged.owners[row] is None,
                band=judged.under.bands[row],
                stage=None,
                step=step_reached(used, agreement.promises.escalation),
            )


def _of_stays(history: History, stays: Sequence[Stays], agreement: AgreementSpec, as_of: int) -> Iterator[DuePromise]:
    """Leads that stay in a stage: stuck ones and those at risk; who has just come is no news."""
    assigned = assignments(history)
    states = tuple(State)
    for stay in stays:
        owners, side = _owners_at(assigned, stay.leads, as_of), _side_of(stay.stage, agreement)
        for row in _waiting(stay.timed, stay.stopped).tolist():
            state, used = states[stay.timed.states[row]], float(stay.timed.used[row])
            if state is not State.OPEN:
                yield DuePromise(
                    lead_id=history.lead_ids[stay.leads[row]],
                    promise=STUCK,
                    state=state,
                    since=int(stay.begins[row]),
                    due=int(stay.timed.due[row]),
                    used=used,
                    owner=owners[row] or side,
                    of_side=owners[row] is None,
                    band=None,
                    stage=stay.stage,
                    step=step_reached(used, agreement.promises.escalation),
                )


def _owners_at(assigned: Marked, leads: Codes, as_of: int) -> Words:
    _, places = assigned.last_until(leads, np.full(len(leads), as_of))
    return words_at(assigned, "owner", places)


def _side_of(stage: str, agreement: AgreementSpec) -> str:
    """Name the side that answers for a stage: marketing for those before the hand-over."""
    stages = agreement.definitions.lifecycle_stages
    handed_over = stages.index(stage) >= stages.index(agreement.definitions.hand_over_stage)
    return agreement.owners.sales if handed_over else agreement.owners.marketing

"""What is due: the promises that still can be kept, and those that ran out and still wait, each with who is told."""

from collections.abc import Iterator, Sequence
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

_WAITING = (State.BROKEN, State.AT_RISK, State.OPEN)  # the most urgent first


@dataclass(frozen=True)
class DuePromise:
    """A promise that waits for somebody.

    Attributes
    ----------
    lead_id : str
    promise : str
        One of `Promise`, or `STUCK`.
    state : State
        Broken, at risk, or open.
    since : int, UTC microseconds
        When its clock started.
    due : int, UTC microseconds
    used : float
        Part of the promised time that is over.
    owner, band, stage : str or None
        The stage of a lead that is stuck.
    step : EscalationSpec or None
        The last step of the escalation that is reached.
    """

    lead_id: str
    promise: str
    state: State
    since: int
    due: int
    used: float
    owner: str | None
    band: str | None
    stage: str | None
    step: EscalationSpec | None

    @property
    def urgency(self) -> tuple[int, int, str, str]:
        """Sort by it: what is broken first, and of that what broke last, as it can be mended best; then by deadline."""
        order = -self.due if self.state is State.BROKEN else self.due
        return _WAITING.index(self.state), order, self.lead_id, self.promise

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
            "band": self.band,
            "lifecycle_stage": self.stage,
            "escalation": None if self.step is None else self.step.model_dump(),
        }


@dataclass(frozen=True)
class Due:
    """All that is due at an instant, the most urgent first.

    Attributes
    ----------
    agreement : AgreementSpec
    judged : Judged
        Of the hand-overs of the period.
    as_of : int, UTC microseconds
    promises : tuple of DuePromise
    """

    agreement: AgreementSpec
    judged: Judged
    as_of: int
    promises: tuple[DuePromise, ...]

    def of_owner(self, owner: str) -> "Due":
        """Keep what waits for one owner.

        Raises
        ------
        LeadmlError
            `unknown_word` for an owner whom no hand-over has, and for whom nothing waits.
        """
        known = {name for name in self.judged.owners if name is not None}
        known |= {one.owner for one in self.promises if one.owner is not None}
        if owner not in known:
            names = sorted(known)
            raise LeadmlError(
                "unknown_word", where="--owner", word=owner, known=known_words(names), hint=nearest(owner, names)
            )
        kept = tuple(one for one in self.promises if one.owner == owner)
        return Due(self.agreement, self.judged, self.as_of, kept)

    def joined(self, others: Sequence["Due"]) -> "Due":
        """Add what is due of hand-overs that are judged by other agreements."""
        every = (one for due in (self, *others) for one in due.promises)
        return replace(self, promises=tuple(sorted(every, key=lambda one: one.urgency)))

    def count(self, state: State) -> int:
        """Count what stands so."""
        return sum(one.state is state for one in self.promises)

    def to_dict(self, *, most: int | None = None) -> dict[str, Any]:
        """Give it as plain JSON types, the first `most` of them."""
        shown = self.promises[:most]
        return {
            "agreement_version": self.agreement.version,
            "as_of": to_iso(self.as_of),
            **{state.value: self.count(state) for state in _WAITING},
            "due": [one.to_dict() for one in shown],
            "left_off": len(self.promises) - len(shown),
        }


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
    found = [*_of_hand_overs(known, judged), *_of_stays(known, stays, agreement.promises.escalation, as_of)]
    return Due(agreement, judged, as_of, tuple(sorted(found, key=lambda one: one.urgency)))


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
    waits = np.isin(timed.states, [CODES[state] for state in _WAITING]) & (timed.done_at == NEVER)
    rows: Codes = np.flatnonzero(waits & ~stopped)
    return rows


def _of_hand_overs(history: History, judged: Judged) -> Iterator[DuePromise]:
    stopped = judged.done.stopped_at != NEVER
    states, steps = tuple(State), judged.agreement.promises.escalation
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
                owner=judged.owners[row],
                band=judged.under.bands[row],
                stage=None,
                step=step_reached(used, steps),
            )


def _of_stays(
    history: History, stays: Sequence[Stays], steps: Sequence[EscalationSpec], as_of: int
) -> Iterator[DuePromise]:
    """Leads that stay in a stage: stuck ones and those at risk; who has just come is no news."""
    assigned = assignments(history)
    states = tuple(State)
    for stay in stays:
        owners = _owners_at(assigned, stay.leads, as_of)
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
                    owner=owners[row],
                    band=None,
                    stage=stay.stage,
                    step=step_reached(used, steps),
                )


def _owners_at(assigned: Marked, leads: Codes, as_of: int) -> Words:
    _, places = assigned.last_until(leads, np.full(len(leads), as_of))
    return words_at(assigned, "owner", places)

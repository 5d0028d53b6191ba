"""The hand-overs of one lead, step by step: what was promised, what happened, and what became of the promises."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from leadml.clock import to_iso
from leadml.errors import LeadmlError
from leadml.history.tables import NOT_THERE, Codes, FactTable, History
from leadml.kept.judging import Judged
from leadml.kept.report import SlaReport
from leadml.kept.states import CODES, Promise, State
from leadml.outcomes import NEVER
from leadml.specs.promises_spec import CadenceSpec


@dataclass(frozen=True)
class Event:
    """Something that happened, or that is due.

    Attributes
    ----------
    at : int, UTC microseconds
    kind : str
        `handed_over`, `assigned`, `accepted`, `attempt`, `attempt_not_valid`, `returned`, `stopped` or `due`.
    words : mapping of str to str or None
        What is said of it, such as owner or channel.
    """

    at: int
    kind: str
    words: dict[str, str | None]

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain JSON types."""
        return {"at": to_iso(self.at), "kind": self.kind, **self.words}


@dataclass(frozen=True)
class Timeline:
    """One hand-over of a lead.

    Attributes
    ----------
    lead_id : str
    band, lead_type, owner : str or None
    band_from : str
        One of `BandSource`.
    events : tuple of Event
        In order.
    promises : mapping of Promise to State
        Those that are owed, or were.
    attempts : int
        Valid attempts by the promised channels inside the promised days.
    cadence : CadenceSpec
        The attempts that were promised.
    """

    lead_id: str
    band: str | None
    lead_type: str | None
    owner: str | None
    band_from: str
    events: tuple[Event, ...]
    promises: dict[Promise, State]
    attempts: int
    cadence: CadenceSpec

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain JSON types."""
        return {
            "lead_id": self.lead_id,
            "band": self.band,
            "lead_type": self.lead_type,
            "owner": self.owner,
            "band_known_from": self.band_from,
            "attempts": self.attempts,
            "attempts_promised": self.cadence.at_least,
            "events": [event.to_dict() for event in self.events],
            "promises": {promise.value: state.value for promise, state in self.promises.items()},
        }


def timelines_of(history: History, report: SlaReport, lead_id: str) -> tuple[Timeline, ...]:
    """Tell the hand-overs of one lead, those that a report judged.

    Parameters
    ----------
    history : History
    report : SlaReport
    lead_id : str

    Returns
    -------
    timelines : tuple of Timeline
        One for each hand-over, the earliest first; none where the lead was not handed over in the period.

    Raises
    ------
    LeadmlError
        `unknown_lead`.
    """
    position = history.positions().get(lead_id)
    if position is None:
        raise LeadmlError("unknown_lead", where="--lead", lead_id=lead_id)
    judged = report.judged
    known = history.known_before(judged.as_of)
    rows = np.flatnonzero(judged.hand_overs.leads == position)
    return tuple(_timeline(known, judged, row) for row in rows.tolist())


def _timeline(history: History, judged: Judged, row: int) -> Timeline:
    states = tuple(State)
    owed = {promise: states[found[row]] for promise, found in judged.states.items()}
    events = sorted(_events(history, judged, row), key=lambda event: event.at)
    return Timeline(
        lead_id=history.lead_ids[judged.hand_overs.leads[row]],
        band=judged.under.bands[row],
        lead_type=judged.under.lead_types[row],
        owner=judged.owners[row],
        band_from=judged.under.sources[row].value,
        events=tuple(events),
        promises={promise: state for promise, state in owed.items() if state is not State.NOT_OWED},
        attempts=int(judged.attempts[row]),
        cadence=next(terms.cadence for terms in judged.under.terms if row in terms.rows),
    )


def _events(history: History, judged: Judged, row: int) -> Iterator[Event]:
    done = judged.done
    handed, lead = int(judged.hand_overs.happened_at[row]), int(judged.hand_overs.leads[row])
    # What happens after a stop is told too, up to the next hand-over: it explains what came late.
    until = int(min(judged.hand_overs.next_at[row], judged.as_of))
    yield Event(handed, "handed_over", {"lead_type": judged.under.lead_types[row], "band": judged.under.bands[row]})
    for fact in _facts(history.facts.get("assignments"), lead, handed, until):
        yield Event(fact.at, "assigned", {"owner": fact.word("owner")})
    for fact in _facts(history.facts.get("connect_attempts"), lead, handed, until):
        kind = "attempt" if fact.word("valid") == "yes" else "attempt_not_valid"
        yield Event(fact.at, kind, {name: fact.word(name) for name in ("channel", "result", "made_by")})
    if done.accepted_at[row] != NEVER:
        yield Event(int(done.accepted_at[row]), "accepted", {})
    if done.returned_at[row] != NEVER:
        yield Event(int(done.returned_at[row]), "returned", {"reason": done.return_reasons[row]})
    stop = done.stopped_by[row]
    if stop is not None and stop.value != "returned":
        yield Event(int(done.stopped_at[row]), "stopped", {"because": stop.value})
    for promise, timed in judged.timed.items():
        if timed.states[row] != CODES[State.NOT_OWED]:
            state = tuple(State)[timed.states[row]]
            yield Event(int(timed.due[row]), "due", {"promise": promise.value, "state": state.value})


@dataclass(frozen=True)
class _Fact:
    table: FactTable
    row: int

    @property
    def at(self) -> int:
        return int(self.table.happened_at[self.row])

    def word(self, column: str) -> str | None:
        text = self.table.texts.get(column)
        code = NOT_THERE if text is None else int(text.codes[self.row])
        return None if text is None or code == NOT_THERE else text.words[code]


def _facts(table: FactTable | None, lead: int, begin: int, end: int) -> Iterator[_Fact]:
    if table is None:
        return
    rows: Codes = np.arange(table.first[lead], table.first[lead + 1])
    for row in rows[(table.happened_at[rows] >= begin) & (table.happened_at[rows] < end)].tolist():
        yield _Fact(table, row)

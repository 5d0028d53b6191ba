"""Tasks and events: what our own people did to reach a lead, and what came from the lead."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from leadml.clock import to_iso
from leadml.errors import LeadmlError
from leadml.history.gathered import (
    AnyOrigin,
    Gathered,
    Text,
    begins_of,
    check_options,
    in_our_words,
    instants_of,
    latest_of,
)
from leadml.history.salesforce.people import People
from leadml.history.salesforce.words import RESULTS, yes
from leadml.history.tables import Finding
from leadml.history.told import Told
from leadml.specs.history_spec import SourceSpec

_CHANNELS = {"call": "phone", "email": "email", "listemail": "email", "linkedin": "linkedin", "meeting": "meeting"}
_DONE = ("completed", "closed", "done")


@dataclass(frozen=True)
class _Touch:
    """A task or event that says something about a person."""

    origin: AnyOrigin
    event_id: Text
    person: Text
    incoming: bool
    happened_at: Text
    known_at: Text
    channel: str
    result: Text
    made_by: str
    result_of_today: bool = False


def connect_attempts_told(people: People, source: SourceSpec, *, where: str) -> Told:
    """Tell the calls, e-mails and meetings of our own people that are done.

    Raises
    ------
    LeadmlError
        `not_in_export`.
    """
    rows, findings = _told(people, source, "connect_attempts", where=where)
    rows.put("result", in_our_words(rows.column("result"), RESULTS, source, "result"))
    return rows.told(names=_NAMES, findings=findings)


def activities_told(people: People, source: SourceSpec, *, where: str) -> Told:
    """Tell the calls that came from the lead.

    Raises
    ------
    LeadmlError
        `not_in_export`.
    """
    rows, _ = _told(people, source, "activities", where=where)
    return rows.told(names=_NAMES)


_NAMES = {"lead_id": "WhoId", "happened_at": "CompletedDateTime, ActivityDate or StartDateTime", "result": "Status"}


def _told(people: People, source: SourceSpec, table: str, *, where: str) -> tuple[Gathered, list[Finding]]:
    """Lay the tasks and events of one table under each other."""
    check_options(source, (), where=where)
    if not {"Task", "Event"} & people.objects.columns.keys():
        raise LeadmlError("not_in_export", where=where, table=table, missing="Task, Event")
    left_out = Counter[str]()
    touches = [*_tasks(people, left_out), *_events(people, left_out)]
    told = [(one, link) for one in touches for link in people.leads_of(one.person)]
    left_out["engagement_without_lead"] += sum(not people.leads_of(one.person) for one in touches)
    told_here = [one for one in touches if one.incoming == (table == "activities") and people.leads_of(one.person)]
    left_out["result_of_today"] += sum(one.result_of_today for one in told_here)
    known = latest_of(
        [one.happened_at for one, _ in told], [one.known_at for one, _ in told], [link.since for _, link in told]
    )
    rows = Gathered(table)
    for (one, link), known_at in zip(told, known, strict=True):
        if one.incoming == (table == "activities"):
            values = {"activity": "incoming_call"} if one.incoming else {"result": one.result, "made_by": one.made_by}
            rows.add(
                one.origin,
                "",
                lead_id=link.lead,
                happened_at=one.happened_at,
                known_at=known_at,
                event_id=one.event_id,
                channel=one.channel,
                **values,
            )
    return rows, [Finding(table, key, count) for key, count in sorted(left_out.items())]


def _tasks(people: People, left_out: Counter[str]) -> Iterator[_Touch]:
    """Read the tasks that are done and were an attempt; count the others."""
    tasks = people.objects.of("Task")
    deleted, closed = yes(tasks.of("IsDeleted")), yes(tasks.of("IsClosed"))
    names = ("Id", "WhoId", "Status", "TaskSubtype", "Type", "CallType", "CallDisposition", "CreatedDate")
    ids, who_ids, statuses, subtypes, kinds, directions, results, created = (tasks.of(name) for name in names)
    completed, written = tasks.of("CompletedDateTime"), _last_written(people)
    happened = [
        done or due or first for done, due, first in zip(completed, tasks.of("ActivityDate"), created, strict=True)
    ]
    begins = begins_of(happened)
    for row in range(len(tasks)):
        words = [subtypes[row] or "", kinds[row] or ""]
        channel = next((_CHANNELS[word.lower()] for word in words if word.lower() in _CHANNELS), None)
        if deleted[row]:
            left_out["archived_engagements"] += 1
        elif not (closed[row] or (statuses[row] or "").lower() in _DONE) or begins[row] > people.known_until:
            left_out["planned"] += 1
        elif channel is None or directions[row] == "Internal":
            left_out["no_attempt"] += 1
        else:
            yield _Touch(
                origin=tasks.origins[row],
                event_id=f"Task/{ids[row]}",
                person=who_ids[row],
                incoming=directions[row] == "Inbound",
                happened_at=happened[row],
                known_at=written[row] if completed[row] is None else created[row],
                channel=channel,
                result=results[row] or ("sent" if channel == "email" else "Completed"),
                made_by="automation" if subtypes[row] == "ListEmail" else "person",
                result_of_today=completed[row] is None,
            )


def _last_written(people: People) -> list[Text]:
    """Say when each task was written last: without a time of completion it was known to be done by then, not before."""
    tasks = people.objects.of("Task")
    told = [one or other for one, other in zip(tasks.of("LastModifiedDate"), tasks.of("SystemModstamp"), strict=True)]
    _, readable = instants_of(told)
    end = to_iso(people.known_until)
    return [text if there else end for text, there in zip(told, readable.tolist(), strict=True)]


def _events(people: People, left_out: Counter[str]) -> Iterator[_Touch]:
    """Read the meetings that have begun; whether anybody came, Salesforce does not say."""
    events = people.objects.of("Event")
    deleted = yes(events.of("IsDeleted"))
    ids, who_ids, created, kinds = (events.of(name) for name in ("Id", "WhoId", "CreatedDate", "Type"))
    starts = [
        start or other or day
        for start, other, day in zip(
            events.of("StartDateTime"), events.of("ActivityDateTime"), events.of("ActivityDate"), strict=True
        )
    ]
    begins = begins_of(starts)
    for row in range(len(events)):
        if deleted[row]:
            left_out["archived_engagements"] += 1
        elif begins[row] > people.known_until:
            left_out["planned"] += 1
        else:
            kind = (kinds[row] or "").lower()
            yield _Touch(
                origin=events.origins[row],
                event_id=f"Event/{ids[row]}",
                person=who_ids[row],
                incoming=False,
                happened_at=starts[row] or created[row],
                known_at=created[row],
                channel=_CHANNELS.get(kind, "meeting"),
                result="scheduled",
                made_by="person",
            )

"""Calls, e-mails, meetings, notes and tasks: what our own people did to reach a lead, and what came from the lead."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from leadml.clock import now
from leadml.errors import LeadmlError
from leadml.history.gathered import Gathered, Text, check_options, in_our_words, instants_of, latest_of
from leadml.history.hubspot.portal import Portal
from leadml.history.hubspot.records import ENGAGEMENTS, Record
from leadml.history.hubspot.replies import time_of
from leadml.history.hubspot.words import OWNER, RESULT_PROPERTIES, RESULTS
from leadml.history.tables import Finding
from leadml.history.told import Told
from leadml.specs.history_spec import SourceSpec

_CHANNEL_OF = {"calls": "phone", "emails": "email", "meetings": "meeting"}
_INCOMING = {"calls": "incoming_call", "emails": "incoming_email", "meetings": "meeting_booked"}

_PERSON, _AUTOMATION = "person", "automation"
_SOURCE = ("hs_object_source", "hs_engagement_source", "hs_call_source", "hs_email_source")
_AUTOMATED = ("AUTOMATION", "SEQUENCE", "WORKFLOW", "MARKETING", "BOT")
_MADE_BY_SOMEBODY = (OWNER, "hs_created_by_user_id", "hs_created_by", "hs_activity_assigned_to")
# Calls and e-mails carry their own log; of tasks only what LinkedIn does not tell HubSpot by itself is an attempt.
_LINKEDIN = "LINKED_IN"


@dataclass(frozen=True)
class _Touch:
    """One engagement, as it concerns a lead."""

    record: Record
    kind: str
    incoming: bool
    happened_at: Text
    result_set_at: Text
    channel: str
    result: Text
    made_by: Text


def connect_attempts_told(portal: Portal, source: SourceSpec, *, where: str) -> Told:
    """Tell the outgoing calls, e-mails and meetings, and LinkedIn tasks that are done.

    Raises
    ------
    LeadmlError
        `not_in_export`.
    """
    check_options(source, (), where=where)
    if not any(kind in portal.records for kind in ENGAGEMENTS):
        raise LeadmlError("not_in_export", where=where, table="connect_attempts", missing=", ".join(ENGAGEMENTS))
    rows, left_out = Gathered("connect_attempts"), Counter[str]()
    undated = 0
    for touch in _touches(portal, left_out):
        if touch.incoming:
            continue
        undated += _is_of_today(touch)
        _add(rows, portal, touch, channel=touch.channel, result=touch.result, made_by=touch.made_by)
    _known(rows)
    rows.put("result", in_our_words(rows.column("result"), RESULTS, source, "result"))
    findings = [Finding("connect_attempts", key, count) for key, count in sorted(left_out.items())]
    return rows.told(
        names={"happened_at": "hs_timestamp"},
        findings=[*findings, Finding("connect_attempts", "result_of_today", undated)],
    )


def add_incoming(rows: Gathered, portal: Portal) -> None:
    """Add what came from the lead to the rows of `activities`.

    Parameters
    ----------
    rows : Gathered
        Of the table `activities`.
    portal : Portal
    """
    incoming = Gathered("activities")
    for touch in _touches(portal, Counter()):
        if touch.incoming:
            _add(incoming, portal, touch, activity=_INCOMING[touch.kind], channel=touch.channel)
    _known(incoming)
    rows.extend(incoming)


def _add(rows: Gathered, portal: Portal, touch: _Touch, **values: Text) -> None:
    """Tell an engagement to every lead that is attached to it; nobody can be attached before being created."""
    for lead in portal.attached_leads(touch.record):
        rows.add(
            touch.record.origin,
            "",
            lead_id=lead,
            happened_at=touch.happened_at,
            known_at=touch.record.created_at,
            result_set_at=touch.result_set_at,
            lead_created_at=portal.created_at.get(lead),
            event_id=None if touch.record.record_id is None else f"{touch.kind}/{touch.record.record_id}",
            **values,
        )


def _known(rows: Gathered) -> None:
    """Say when it was known: once it is written down, its result as well, and the lead is there."""
    others = ("result_set_at", "lead_created_at")
    rows.put("known_at", latest_of(*(rows.column(name) for name in ("happened_at", "known_at", *others))))
    for name in others:
        rows.drop(name)


def _touches(portal: Portal, left_out: Counter[str]) -> Iterator[_Touch]:
    """Give every engagement that says something about a lead, and count the others."""
    for kind in ENGAGEMENTS:
        records = portal.of(kind).newest()
        planned = _lie_ahead(portal, records)
        for record, is_planned in zip(records, planned, strict=True):
            if record.archived:
                left_out["archived_engagements"] += 1
            elif not portal.attached_leads(record):
                left_out["engagement_without_lead"] += 1
            elif kind in ("notes", "tasks") and not _is_done_on_linkedin(record):
                left_out["no_attempt"] += 1
            elif is_planned:
                left_out["planned"] += 1
            else:
                yield _touch(portal, kind, record)


def _touch(portal: Portal, kind: str, record: Record) -> _Touch:
    """Read one engagement."""
    result = record.properties.get(RESULT_PROPERTIES.get(kind, ""))
    if result is None and kind == "calls":
        result = record.properties.get("hs_call_status")
    return _Touch(
        record=record,
        kind=kind,
        incoming=_is_incoming(kind, record),
        happened_at=_happened_at(record),
        result_set_at=portal.results_set_at.get(kind, {}).get(record.record_id),
        channel=_CHANNEL_OF.get(kind, "linkedin"),
        result="sent" if kind == "tasks" else result,
        made_by=_made_by(kind, record),
    )


def _happened_at(record: Record) -> Text:
    done = record.properties.get("hs_task_completion_date")
    return time_of(done or record.properties.get("hs_timestamp")) or record.created_at


def _is_incoming(kind: str, record: Record) -> bool:
    if kind == "calls":
        return record.properties.get("hs_call_direction") == "INBOUND"
    if kind == "emails":
        return record.properties.get("hs_email_direction") == "INCOMING_EMAIL"
    # A meeting that the lead booked on a page of ours was the lead's own doing.
    return kind == "meetings" and record.properties.get("hs_meeting_source", "").startswith("MEETINGS")


def _made_by(kind: str, record: Record) -> Text:
    sources = " ".join(record.properties.get(name, "").upper() for name in _SOURCE)
    if "hs_sequence_id" in record.properties or any(word in sources for word in _AUTOMATED):
        return _AUTOMATION
    if any(name in record.properties for name in _MADE_BY_SOMEBODY):
        return _PERSON
    return _AUTOMATION if kind == "emails" else None


def _is_done_on_linkedin(record: Record) -> bool:
    done = record.properties.get("hs_task_status") == "COMPLETED"
    return done and record.properties.get("hs_task_type", "").startswith(_LINKEDIN)


def _is_of_today(touch: _Touch) -> bool:
    return RESULT_PROPERTIES.get(touch.kind, "") in touch.record.properties and touch.result_set_at is None


def _lie_ahead(portal: Portal, records: Sequence[Record]) -> list[bool]:
    """Tell which engagements were only planned when they were exported."""
    happens, _ = instants_of([_happened_at(record) for record in records])
    exported, readable = instants_of([record.read_at or portal.known_until for record in records])
    ahead: list[bool] = (happens > np.where(readable, exported, now())).tolist()
    return ahead

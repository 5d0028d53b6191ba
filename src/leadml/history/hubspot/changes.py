"""Histories of a contact's properties as facts: stages, statuses, owners, attributes, and counters as activities."""

from collections.abc import Callable, Mapping
from functools import partial

from leadml.errors import LeadmlError
from leadml.history.gathered import (
    Gathered,
    Text,
    check_options,
    in_our_words,
    instants_of,
    text_option,
    words_option,
)
from leadml.history.hubspot.engagements import add_incoming
from leadml.history.hubspot.portal import Portal
from leadml.history.hubspot.records import ENGAGEMENTS, PropertyHistory, longest_history
from leadml.history.hubspot.words import COUNTERS, LEAD_STATUSES, LIFECYCLE_STAGES, OWNER, STAGE, STATUS, why_left_out
from leadml.history.reasons import add_reasons
from leadml.history.tables import Finding
from leadml.history.told import Told
from leadml.specs.history_spec import SourceSpec

_Values = Mapping[str, Text]

_TIME = "timestamp"
_OWN_TABLES = frozenset({STAGE, STATUS, OWNER})


def stage_changes_told(portal: Portal, source: SourceSpec, *, where: str) -> Told:
    """Tell each change of the lifecycle stage; a cleared stage is a step back, told without a word.

    Raises
    ------
    LeadmlError
        `not_in_export`, `only_of_today`.
    """
    check_options(source, (), where=where)
    portal.history("contacts", STAGE, "stage_changes", where=where)
    rows = Gathered("stage_changes")
    _add_changes(rows, portal, STAGE, _stage)
    rows.put(
        "lifecycle_stage", in_our_words(rows.column("lifecycle_stage"), LIFECYCLE_STAGES, source, "lifecycle_stage")
    )
    return rows.told(names={"happened_at": _TIME, "lifecycle_stage": STAGE})


def status_changes_told(portal: Portal, source: SourceSpec, *, where: str) -> Told:
    """Tell each change of the lead status, with its reason where the portal has a property for it.

    Parameters
    ----------
    portal : Portal
    source : SourceSpec
        Option `reason`: the property in which sales say why a lead came back.
    where : str
        Said in errors.

    Returns
    -------
    told : Told

    Raises
    ------
    LeadmlError
        `not_in_export`, `only_of_today`.
    """
    check_options(source, ("reason",), where=where)
    portal.history("contacts", STATUS, "status_changes", where=where)
    rows = Gathered("status_changes")
    _add_changes(rows, portal, STATUS, lambda history, row: {"lead_status": history.values[row]})
    rows.put("lead_status", in_our_words(rows.column("lead_status"), LEAD_STATUSES, source, "lead_status"))
    reason = text_option(source, "reason", where=where)
    if reason is not None:
        told = portal.history("contacts", reason, "status_changes", where=where)
        written: dict[Text, list[tuple[Text, Text]]] = {}
        for row, record in enumerate(told.records):
            written.setdefault(record.record_id, []).append((told.timestamps[row], told.values[row]))
        add_reasons(rows, written)
    return rows.told(names={"happened_at": _TIME, "lead_status": STATUS, "reason": reason or "reason"})


def assignments_told(portal: Portal, source: SourceSpec, *, where: str) -> Told:
    """Tell each change of the owner; without a word where the contact has none any more.

    Raises
    ------
    LeadmlError
        `not_in_export`, `only_of_today`.
    """
    check_options(source, (), where=where)
    portal.history("contacts", OWNER, "assignments", where=where)
    rows = Gathered("assignments")
    _add_changes(rows, portal, OWNER, lambda history, row: {"owner": history.values[row]})
    return rows.told(names={"happened_at": _TIME, "owner": OWNER})


def attribute_changes_told(portal: Portal, source: SourceSpec, *, where: str) -> Told:
    """Tell each change of every other property that was exported with its history.

    Parameters
    ----------
    portal : Portal
    source : SourceSpec
        Option `leave_out`: what is told elsewhere already, such as the reason of a status.
    where : str
        Said in errors.

    Returns
    -------
    told : Told

    Raises
    ------
    LeadmlError
        `not_in_export`.
    """
    check_options(source, ("leave_out",), where=where)
    unwanted = words_option(source, "leave_out", where=where)
    portal.require("contacts", "attribute_changes", where=where)
    if not portal.of("contacts").histories.keys() - _OWN_TABLES - COUNTERS.keys():
        raise LeadmlError(
            "not_in_export", where=where, table="attribute_changes", missing="contacts with the history of attributes"
        )
    rows, left_out = Gathered("attribute_changes"), 0
    for name, history in sorted(portal.of("contacts").histories.items()):
        if name in _OWN_TABLES or name in COUNTERS or name in unwanted:
            continue
        if why_left_out(name) in ("names_left_out", "stage_dates_left_out"):
            left_out += len(history)
            continue
        _add_changes(rows, portal, name, partial(_attribute, name))
    return rows.told(
        names={"happened_at": _TIME}, findings=[Finding("attribute_changes", "changes_left_out", left_out)]
    )


def activities_told(portal: Portal, source: SourceSpec, *, where: str) -> Told:
    """Tell what leads did: each increment of a counter, and incoming calls, e-mails and meetings.

    Parameters
    ----------
    portal : Portal
    source : SourceSpec
        Option `counters`: {property: activity} of the portal's own counters.
    where : str
        Said in errors.

    Returns
    -------
    told : Told
        `value` is the increment, never the total.

    Raises
    ------
    LeadmlError
        `not_in_export`.
    """
    check_options(source, ("counters",), where=where)
    counters = {**COUNTERS, **words_option(source, "counters", where=where)}
    contacts = portal.of("contacts")
    counted = [name for name in counters if contacts.history(name)]
    if not counted and not any(kind in portal.records for kind in ENGAGEMENTS):
        missing = "histories of counters, calls, emails, meetings"
        raise LeadmlError("not_in_export", where=where, table="activities", missing=missing)
    rows, findings = Gathered("activities"), []
    for name in counted:
        findings.append(_add_increments(rows, portal, name, counters[name]))
    add_incoming(rows, portal)
    fallen = sum(finding.count for finding in findings)
    return rows.told(names={"happened_at": _TIME}, findings=[Finding("activities", "counter_fell", fallen)])


def _add_changes(rows: Gathered, portal: Portal, name: str, said: Callable[[PropertyHistory, int], _Values]) -> None:
    """Add the changes of one property to the rows of a table."""
    history = portal.of("contacts").history(name)
    for row, record in enumerate(history.records):
        if record.record_id not in portal.archived:
            rows.add(
                record.origin,
                name,
                history.items[row],
                lead_id=record.record_id,
                happened_at=history.timestamps[row],
                sequence=str(history.ranks[row]),
                **said(history, row),
            )


def _attribute(name: str, history: PropertyHistory, row: int) -> _Values:
    return {"attribute": name, "value": history.values[row]}


def _stage(history: PropertyHistory, row: int) -> _Values:
    """Give a stage, and what set it: a form, a person, an automation."""
    made_by = history.sources[row]
    return {"lifecycle_stage": history.values[row], "reason": None if made_by is None else made_by.lower()}


def _add_increments(rows: Gathered, portal: Portal, name: str, activity: str) -> Finding:
    """Tell each increment of a counter; what stood there at the beginning of a cut history is no increment."""
    history = portal.of("contacts").history(name)
    instants, readable = instants_of(history.timestamps)
    counts = [_number(value) for value in history.values]
    fell = 0
    of_lead: dict[Text, list[int]] = {}
    for row, record in enumerate(history.records):
        if record.record_id not in portal.archived:
            of_lead.setdefault(record.record_id, []).append(row)
    for lead, changes in of_lead.items():
        good = [row for row in changes if readable[row] and counts[row] is not None]
        read = set(good)
        good.sort(key=lambda row: (instants[row], counts[row]))
        before = None if len(good) >= longest_history("contacts") else 0.0
        increments: dict[int, Text] = {}
        for row in good:
            count = counts[row] or 0.0
            if before is not None and count > before:
                increments[row] = _written(count - before)
            fell += before is not None and count < before
            before = count
        for row in changes:
            unread = row not in read and history.values[row] is not None
            if row in increments or unread:
                rows.add(
                    history.records[row].origin,
                    name,
                    history.items[row],
                    lead_id=lead,
                    happened_at=history.timestamps[row],
                    activity=activity,
                    value=increments.get(row, history.values[row]),
                )
    return Finding("activities", "counter_fell", fell)


def _number(value: Text) -> float | None:
    try:
        return None if value is None else float(value)
    except ValueError:
        return None


def _written(number: float) -> str:
    return str(int(number)) if number.is_integer() else repr(number)

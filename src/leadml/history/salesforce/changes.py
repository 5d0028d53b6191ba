"""The history of leads as facts: statuses, the stages that follow from them, owners and attributes."""

from leadml.errors import LeadmlError
from leadml.history.gathered import (
    Gathered,
    Text,
    check_options,
    in_our_words,
    text_option,
    words_option,
)
from leadml.history.reasons import add_reasons
from leadml.history.salesforce.deals import stages_of_deals
from leadml.history.salesforce.field_history import DEEDS
from leadml.history.salesforce.people import CONVERSION, People
from leadml.history.salesforce.timelines import Said, Timelines
from leadml.history.salesforce.words import LEAD_STATUSES, why_left_out
from leadml.history.tables import Finding
from leadml.history.told import Told
from leadml.specs.history_spec import SourceSpec

STATUS, OWNER = "Status", "Owner"
_OWN_TABLES = frozenset({STATUS, OWNER})
_TIME = "CreatedDate"


def status_changes_told(people: People, source: SourceSpec, *, where: str) -> Told:
    """Tell each status of a lead, the first included; its reason where a tracked field says it.

    Parameters
    ----------
    people : People
    source : SourceSpec
        Options `reason`: the tracked field in which sales say why a lead came back; `tracked_since`: when field
        history was switched on.
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
    check_options(source, ("reason", "tracked_since"), where=where)
    reason = text_option(source, "reason", where=where)
    timeline = _timeline(people, STATUS, source, "status_changes", where=where)
    rows = Gathered("status_changes")
    for said in timeline.said():
        _add(rows, said, lead_status=said.value)
    rows.put("lead_status", in_our_words(rows.column("lead_status"), LEAD_STATUSES, source, "lead_status"))
    if reason is not None:
        _require_tracked(people, reason, "status_changes", where=where)
        _add_reasons(rows, people, reason)
    return rows.told(
        names={"happened_at": _TIME, "lead_status": STATUS, "reason": reason or "reason"},
        findings=_about_history(people, timeline, "status_changes"),
    )


def stage_changes_told(people: People, source: SourceSpec, *, where: str) -> Told:
    """Tell the lifecycle stages: a status, a conversion or a won deal stands for one, as the project says.

    Parameters
    ----------
    people : People
    source : SourceSpec
        Options `stage_of_status`, `stage_of_deal_stage`: {their word: our stage}; `converted` (default sql),
        `won` (default customer): our stage, `none` where it is no stage; `tracked_since`.
    where : str
        Said in errors.

    Returns
    -------
    told : Told

    Raises
    ------
    LeadmlError
        `not_in_export`, `only_of_today`, `unknown_key`, `wrong_type`.
    """
    known = ("stage_of_status", "stage_of_deal_stage", "converted", "won", "tracked_since")
    check_options(source, known, where=where)
    stage_of = words_option(source, "stage_of_status", where=where)
    converted = text_option(source, "converted", where=where) or "sql"
    rows, findings = Gathered("stage_changes"), []
    if stage_of:
        timeline = _timeline(people, STATUS, source, "stage_changes", where=where)
        for said in timeline.said():
            if said.value in stage_of:
                _add(rows, said, lifecycle_stage=stage_of[said.value], reason="status")
        findings = _about_history(people, timeline, "stage_changes")
    elif not {"Lead", "LeadHistory"} & people.objects.columns.keys():
        raise LeadmlError("not_in_export", where=where, table="stage_changes", missing="Lead, LeadHistory")
    if converted != "none":
        findings.append(Finding("stage_changes", "converted_on_a_day", _add_conversions(rows, people, converted)))
    if "Opportunity" in people.objects.columns:
        won = text_option(source, "won", where=where) or "customer"
        stage_of_deal = words_option(source, "stage_of_deal_stage", where=where)
        stages_of_deals(rows, people, won, stage_of_deal)
    return rows.told(names={"happened_at": _TIME, "lifecycle_stage": STATUS}, findings=findings)


def assignments_told(people: People, source: SourceSpec, *, where: str) -> Told:
    """Tell each owner of a lead, the first included, and when the owner accepted it.

    Raises
    ------
    LeadmlError
        `not_in_export`, `only_of_today`.
    """
    check_options(source, ("tracked_since",), where=where)
    timeline = _timeline(people, OWNER, source, "assignments", where=where)
    rows = Gathered("assignments")
    for said in timeline.said():
        _add(rows, said, owner=said.value)
    findings = _about_history(people, timeline, "assignments")
    findings.append(Finding("assignments", "lookups_told_by_name", people.history.names_of_lookups))
    return rows.told(names={"happened_at": _TIME, "owner": OWNER}, findings=findings)


def attribute_changes_told(people: People, source: SourceSpec, *, where: str) -> Told:
    """Tell each change of every other tracked field; what it said first stands in `leads`.

    Parameters
    ----------
    people : People
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
    people.require("LeadHistory", "attribute_changes", where=where)
    history, rows, left_out = people.history, Gathered("attribute_changes"), 0
    for name in sorted(history.tracked - _OWN_TABLES - unwanted.keys()):
        changes = history.rows_of(name)
        if why_left_out(name) == "names_left_out":
            left_out += len(changes)
            continue
        for row in changes:
            rows.add(
                history.origins[row],
                "NewValue",
                lead_id=history.owners[row],
                happened_at=history.created[row],
                attribute=name,
                value=history.new[row],
                sequence=str(history.ranks[row]),
            )
    without_values = history.without_values
    deeds = sum(len(history.rows_of(name)) for name in DEEDS - {CONVERSION, "created"})
    return rows.told(
        names={"happened_at": _TIME},
        findings=[
            Finding("attribute_changes", "changes_left_out", left_out),
            Finding("attribute_changes", "changes_without_values", sum(without_values.values())),
            Finding("attribute_changes", "deeds_left_out", deeds),
        ],
    )


def _timeline(people: People, name: str, source: SourceSpec, table: str, *, where: str) -> Timelines:
    """Make the values of a field whole from its history."""
    people.require("LeadHistory", table, where=where)
    if people.leads.origins:
        _require_tracked(people, name, table, where=where)
    return Timelines(
        records=people.leads,
        rows=people.lead_rows,
        changes=people.history,
        name=name,
        today="OwnerId" if name == OWNER else name,
        tracked_since=text_option(source, "tracked_since", where=where),
    )


def _require_tracked(people: People, name: str, table: str, *, where: str) -> None:
    """Refuse to call a field unchanged of which no history was exported at all."""
    if name not in people.history.tracked and len(people.history):
        count = sum(value is not None for value in people.leads.of(name))
        raise LeadmlError("only_of_today", where=where, table=table, property=name, count=count)


def _add(rows: Gathered, said: Said, **values: Text) -> None:
    rows.add(said.origin, said.detail, lead_id=said.owner, happened_at=said.at, sequence=str(said.rank), **values)


def _add_conversions(rows: Gathered, people: People, stage: str) -> int:
    """Add the stage that a conversion stands for; count those of which only the day is known."""
    history, told = people.history, set()
    for row in history.rows_of(CONVERSION):
        told.add(history.owners[row])
        rows.add(
            history.origins[row],
            CONVERSION,
            lead_id=history.owners[row],
            happened_at=history.created[row],
            lifecycle_stage=stage,
            reason="conversion",
        )
    leads, on_a_day = people.leads, 0
    ids, days = leads.of("Id"), leads.of("ConvertedDate")
    for row in people.lead_rows:
        if days[row] is not None and ids[row] not in told:
            on_a_day += 1
            rows.add(
                leads.origins[row],
                "ConvertedDate",
                lead_id=ids[row],
                happened_at=days[row],
                lifecycle_stage=stage,
                reason="conversion",
            )
    return on_a_day


def _add_reasons(rows: Gathered, people: People, name: str) -> None:
    """Give each status the reason that was written with it."""
    history = people.history
    changes: dict[Text, list[tuple[Text, Text]]] = {}
    for row in history.rows_of(name):
        changes.setdefault(history.owners[row], []).append((history.created[row], history.new[row]))
    add_reasons(rows, changes)


def _about_history(people: People, timeline: Timelines, table: str) -> list[Finding]:
    """Say what the history of a field cannot tell."""
    return [
        Finding(table, "before_tracking", timeline.before_tracking),
        Finding(table, "first_value_unknown", timeline.unknown, {"column": timeline.name}),
        Finding(table, "history_rows_deleted", people.history.deleted),
    ]

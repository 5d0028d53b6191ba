"""Contacts as leads and companies as companies: who they are, and what of them has no history."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from leadml.errors import LeadmlError, known_words
from leadml.history.gathered import Gathered, Origin, Text, check_options, text_option
from leadml.history.hubspot.portal import Portal
from leadml.history.hubspot.records import Record, Records
from leadml.history.hubspot.words import LEFT_OUT, STAGE, why_left_out
from leadml.history.tables import Finding
from leadml.history.told import Told
from leadml.specs.history_spec import SourceSpec
from leadml.wording.texts import nearest

_COMPANY = "associatedcompanyid"
# Properties that say something else than an attribute; the dates of a record stand beside it as well.
_READ = frozenset(
    {
        _COMPANY,
        "createdate",
        "create_date",
        "record_id",
        "hs_object_id",
        "associated_company_ids",
        "associated_contact_ids",
        "hs_merged_object_ids",
        "hs_calculated_merged_vids",
        STAGE,
    }
)


def leads_told(portal: Portal, source: SourceSpec, *, where: str) -> Told:
    """Tell who the leads are: contacts, with merged ones pointing at the contact that was kept.

    Parameters
    ----------
    portal : Portal
    source : SourceSpec
        Option `lead_type`: the property that says it.
    where : str
        Said in errors.

    Returns
    -------
    told : Told

    Raises
    ------
    LeadmlError
        `not_in_export`, `unknown_column`, `of_today`.
    """
    check_options(source, ("lead_type",), where=where)
    portal.require("contacts", "leads", where=where)
    lead_type = text_option(source, "lead_type", where=where)
    records = portal.of("contacts")
    chooser = _Chooser(records, source, where, read_already=[name for name in (lead_type,) if name])
    rows = Gathered("leads")
    for record in portal.contacts:
        values = chooser.attributes(record)
        if lead_type is not None and not records.history(lead_type):
            values["lead_type"] = record.properties.get(lead_type)
        into, merged_at = portal.merged.get(record.record_id or "", (None, None))
        rows.add(
            record.origin,
            "",
            lead_id=record.record_id,
            created_at=record.created_at,
            company_id=_company_of(record, chooser),
            merged_into=into,
            merged_at=merged_at,
            **values,
        )
    _tell_merged_away(portal, rows)
    findings = [*portal.findings, *_about_contacts(portal), *chooser.findings("leads")]
    return rows.told(
        names={"lead_id": "id", "created_at": "createdAt"}, findings=findings, known_until=portal.known_until
    )


def companies_told(portal: Portal, source: SourceSpec, *, where: str) -> Told:
    """Tell the companies: attributes of today, and those with history from when each value was set.

    Raises
    ------
    LeadmlError
        `not_in_export`, `unknown_column`, `of_today`.
    """
    check_options(source, (), where=where)
    portal.require("companies", "companies", where=where)
    records = portal.of("companies")
    chooser = _Chooser(records, source, where)
    rows = Gathered("companies")
    newest = records.newest()
    deleted = {record.record_id for record in newest if record.archived}
    for record in newest:
        if not record.archived:
            rows.add(
                record.origin,
                "",
                company_id=record.record_id,
                created_at=record.created_at,
                **chooser.attributes(record),
            )
    for name, history in records.histories.items():
        for ours in chooser.told_by_history(name):
            for row, record in enumerate(history.records):
                if record.record_id not in deleted and history.values[row] is not None:
                    rows.add(
                        record.origin,
                        name,
                        history.items[row],
                        company_id=record.record_id,
                        created_at=history.timestamps[row],
                        **{ours: history.values[row]},
                    )
    findings = [Finding("companies", "archived_companies", len(deleted)), *chooser.findings("companies")]
    return rows.told(names={"company_id": "id", "created_at": "createdAt"}, findings=findings)


@dataclass
class _Chooser:
    """Chooses the attributes of records, and counts what is no attribute."""

    records: Records
    source: SourceSpec
    where: str
    read_already: Iterable[str] = ()
    left_out: dict[str, Counter[str]] = field(default_factory=lambda: {key: Counter() for key in LEFT_OUT})
    further_companies: int = 0

    def __post_init__(self) -> None:
        known = {*self.records.histories, *(name for record in self.records.every for name in record.properties)}
        for theirs in self.source.attributes.values():
            if theirs not in known and self.records.every:
                raise LeadmlError(
                    "unknown_column",
                    where=f"{self.where}, attributes",
                    column=theirs,
                    file=self.source.file,
                    known=known_words(known),
                    hint=nearest(theirs, sorted(known)),
                )
            if theirs not in self.records.histories and why_left_out(theirs) not in (None, "names_left_out"):
                raise LeadmlError("of_today", where=f"{self.where}, attributes", name=theirs)

    def attributes(self, record: Record) -> dict[str, Text]:
        """Give the attributes of a record that have no history."""
        if self.source.attributes:
            return {
                ours: record.properties.get(theirs)
                for ours, theirs in self.source.attributes.items()
                if theirs not in self.records.histories
            }
        chosen: dict[str, Text] = {}
        for name, value in record.properties.items():
            if name in self.records.histories or name in self.read_already or name in _READ:
                continue
            why = why_left_out(name)
            if why is None:
                chosen[name] = value
            else:
                self.left_out[why][name] += 1
        return chosen

    def told_by_history(self, name: str) -> list[str]:
        """Give our names of a property with history."""
        if self.source.attributes:
            return [ours for ours, theirs in self.source.attributes.items() if theirs == name]
        return [] if why_left_out(name) in ("names_left_out", "stage_dates_left_out") else [name]

    def findings(self, table: str) -> list[Finding]:
        """Say what was left out, and why."""
        found = [
            Finding(table, key, sum(names.values()), {"names": known_words(names)})
            for key, names in self.left_out.items()
        ]
        return [*found, Finding(table, "further_companies", self.further_companies)]


def _company_of(record: Record, chooser: _Chooser) -> Text:
    """Give the company of a contact: the primary one; else the first by its id, and the others are counted."""
    attached: Mapping[str, None] = dict.fromkeys(one for one, _ in record.attached.get("companies", ()))
    primary = [one for one, kind in record.attached.get("companies", ()) if kind == "contact_to_company"]
    chooser.further_companies += max(0, len(attached) - 1)
    return next(iter((*filter(None, [record.properties.get(_COMPANY)]), *primary, *attached)), None)


def _tell_merged_away(portal: Portal, rows: Gathered) -> None:
    """Tell the merged contacts that are no longer there: older facts may still carry their ids."""
    there = {record.record_id for record in portal.contacts}
    for old, (into, merged_at) in sorted(portal.merged.items()):
        if old not in there and into in there:
            origin = Origin(f"contact {into}", "merged contacts")
            rows.add(origin, "", lead_id=old, created_at=merged_at, merged_into=into, merged_at=merged_at)


def _about_contacts(portal: Portal) -> list[Finding]:
    """Count contacts that are left out or told twice, and stages that have no date."""
    records = portal.of("contacts")
    with_stage = {record.record_id for record in records.history(STAGE).records}
    undated = sum(STAGE in record.properties and record.record_id not in with_stage for record in portal.contacts)
    return [
        Finding("leads", "archived_leads", len(portal.archived)),
        Finding("leads", "read_again", len(records.every) - len(records.newest())),
        Finding("leads", "stage_of_today", undated),
        Finding("leads", "history_may_be_cut", records.histories_at_their_limit),
    ]

"""Leads and accounts: who they are, and what they said when they were created."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from leadml.errors import LeadmlError, known_words
from leadml.history.gathered import Gathered, Text, check_options, text_option
from leadml.history.salesforce.objects import Columns
from leadml.history.salesforce.people import People
from leadml.history.salesforce.words import LEFT_OUT, why_left_out, yes
from leadml.history.tables import Finding
from leadml.history.told import Told
from leadml.specs.history_spec import SourceSpec
from leadml.wording.texts import nearest

# Fields that say something else than an attribute.
_READ = (
    "Id", "CreatedDate", "IsDeleted", "MasterRecordId", "LastModifiedDate", "SystemModstamp", "Status", "OwnerId",
    "ConvertedDate", "ConvertedContactId", "ConvertedOpportunityId",
)  # fmt: skip


def leads_told(people: People, source: SourceSpec, *, where: str) -> Told:
    """Tell who the leads are, with the attributes they had when they were created, as far as history knows.

    Parameters
    ----------
    people : People
    source : SourceSpec
        Options `lead_type` and `company_id`: the fields that say them. The account of a conversion is no company of
        a lead: only leads that were converted have one.
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
    check_options(source, ("lead_type", "company_id"), where=where)
    leads = people.require("Lead", "leads", where=where)
    named = {key: text_option(source, key, where=where) for key in ("lead_type", "company_id")}
    own = {key: theirs for key, theirs in named.items() if theirs is not None}
    for theirs in own.values():
        check_field(leads, theirs, source, where=f"{where}, options")
    first = {name: people.history.first_values(name) for name in people.history.tracked}
    chooser = Chooser(leads, source, where, tuple(own.values()), first)
    ids, created = leads.of("Id"), leads.of("CreatedDate")
    merged, deleted = leads.of("MasterRecordId"), yes(leads.of("IsDeleted"))
    modified, stamped = leads.of("LastModifiedDate"), leads.of("SystemModstamp")
    rows = Gathered("leads")
    for row in people.lead_rows:
        into = merged[row] if deleted[row] else None
        rows.add(
            leads.origins[row],
            "",
            lead_id=ids[row],
            created_at=created[row],
            merged_into=into,
            merged_at=modified[row] or stamped[row] if into is not None else None,
            **chooser.attributes(row),
            **{key: chooser.value(theirs, row) for key, theirs in own.items()},
        )
    findings = [*people.objects.findings(), *_about_leads(people, own), *chooser.findings("leads")]
    names = {"lead_id": "Id", "created_at": "CreatedDate", "merged_into": "MasterRecordId"}
    return rows.told(names=names, findings=findings, known_until=people.told_until)


def companies_told(people: People, source: SourceSpec, *, where: str) -> Told:
    """Tell the accounts, with their attributes of today.

    Raises
    ------
    LeadmlError
        `not_in_export`, `unknown_column`, `of_today`.
    """
    check_options(source, (), where=where)
    accounts = people.require("Account", "companies", where=where)
    chooser = Chooser(accounts, source, where, (), {})
    ids, created, deleted = accounts.of("Id"), accounts.of("CreatedDate"), yes(accounts.of("IsDeleted"))
    rows = Gathered("companies")
    for row in range(len(accounts)):
        if not deleted[row]:
            rows.add(accounts.origins[row], "", company_id=ids[row], created_at=created[row], **chooser.attributes(row))
    findings = [Finding("companies", "archived_companies", sum(deleted)), *chooser.findings("companies")]
    return rows.told(names={"company_id": "Id", "created_at": "CreatedDate"}, findings=findings)


def check_field(columns: Columns, name: str, source: SourceSpec, *, where: str) -> None:
    """Refuse a field that was not exported.

    Raises
    ------
    LeadmlError
        `unknown_column`.
    """
    if name not in columns.columns:
        raise LeadmlError(
            "unknown_column",
            where=where,
            column=name,
            file=source.file,
            known=known_words(columns.columns),
            hint=nearest(name, sorted(columns.columns)),
        )


@dataclass
class Chooser:
    """Chooses the attributes of records, and counts what is no attribute."""

    columns: Columns
    source: SourceSpec
    where: str
    read_already: tuple[str, ...]
    first_values: Mapping[str, Mapping[Text, Text]]
    left_out: dict[str, Counter[str]] = field(default_factory=lambda: {key: Counter() for key in LEFT_OUT})

    def __post_init__(self) -> None:
        for theirs in self.source.attributes.values():
            check_field(self.columns, theirs, self.source, where=f"{self.where}, attributes")
            if why_left_out(theirs) == "of_today_left_out" and theirs not in self.first_values:
                raise LeadmlError("of_today", where=f"{self.where}, attributes", name=theirs)
        self._ids = self.columns.of("Id")
        self._values = {name: self.columns.of(name) for name in self.columns.columns}
        chosen = {} if self.source.attributes else {name: name for name in self.columns.columns}
        self._ours = dict(self.source.attributes)
        for name in chosen:
            why = None if name in (*self.read_already, *_READ) else why_left_out(name)
            if why is not None and not (why == "of_today_left_out" and name in self.first_values):
                self.left_out[why][name] += sum(value is not None for value in self._values[name])
            elif name not in (*self.read_already, *_READ):
                self._ours[name] = name

    def attributes(self, row: int) -> dict[str, Text]:
        """Give the attributes of a record as they were at its creation, as far as its history says."""
        return {ours: self.value(theirs, row) for ours, theirs in self._ours.items()}

    def value(self, name: str, row: int) -> Text:
        """Give what a field said first: before its first known change, else what it says today."""
        first = self.first_values.get(name, {})
        return first[self._ids[row]] if self._ids[row] in first else self._values[name][row]

    def findings(self, table: str) -> list[Finding]:
        """Say what was left out, and why."""
        return [
            Finding(table, key, sum(names.values()), {"names": known_words([name for name in names if names[name]])})
            for key, names in self.left_out.items()
        ]


def _about_leads(people: People, own: Mapping[str, str]) -> list[Finding]:
    """Count what is left out, and say what the history cannot tell."""
    of_leads = {link.lead for links in people.leads_of_contact.values() for link in links}
    contacts = people.objects.of("Contact").of("Id")
    without_lead = sum(one is not None and one not in people.leads_of_contact for one in contacts)
    accounts = 0 if "company_id" in own else len(people.objects.of("Account"))
    return [
        Finding("leads", "archived_leads", len(people.deleted_leads)),
        Finding("leads", "converted", len(of_leads)),
        Finding("leads", "contact_without_lead", without_lead),
        Finding("leads", "accounts_of_conversions", accounts),
    ]

"""Objects of Salesforce in columns, whatever file they come from."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from leadml.errors import LeadmlError, known_words
from leadml.history.documents import Document, documents_of, not_an_export
from leadml.history.files import read_table
from leadml.history.gathered import AnyOrigin, Origin, RowOrigin, Text
from leadml.history.salesforce.words import long_id
from leadml.history.tables import Finding, as_text
from leadml.history.told import DataFile

SYSTEM = "Salesforce"

# What each object must have to be read at all, and what tells it from the others where a file's name does not.
NEEDED: Mapping[str, tuple[str, ...]] = {
    "Lead": ("Id", "CreatedDate"),
    "LeadHistory": ("LeadId", "Field", "OldValue", "NewValue", "CreatedDate"),
    "Task": ("Id", "WhoId", "Status", "CreatedDate"),
    "Event": ("Id", "WhoId", "CreatedDate"),
    "Opportunity": ("Id", "StageName", "CreatedDate"),
    "OpportunityFieldHistory": ("OpportunityId", "Field", "OldValue", "NewValue", "CreatedDate"),
    "OpportunityHistory": ("OpportunityId", "StageName", "CreatedDate"),
    "OpportunityContactRole": ("OpportunityId", "ContactId", "CreatedDate"),
    "Contact": ("Id", "CreatedDate"),
    "Account": ("Id", "CreatedDate"),
}
_MARKS: tuple[tuple[str, frozenset[str]], ...] = (
    ("LeadHistory", frozenset({"LeadId", "Field"})),
    ("OpportunityFieldHistory", frozenset({"OpportunityId", "Field"})),
    ("OpportunityContactRole", frozenset({"OpportunityId", "ContactId"})),
    ("OpportunityHistory", frozenset({"OpportunityId", "StageName"})),
    ("Event", frozenset({"WhoId", "StartDateTime"})),
    ("Event", frozenset({"WhoId", "EndDateTime"})),
    ("Task", frozenset({"WhoId", "Status"})),
    ("Lead", frozenset({"IsConverted"})),
    ("Lead", frozenset({"ConvertedDate"})),
    ("Opportunity", frozenset({"Id", "StageName"})),
    ("Contact", frozenset({"AccountId", "LastName"})),
    ("Account", frozenset({"BillingCountry"})),
)
# Data Loader may write the names of fields in capitals.
_FIELDS = (
    "AccountId", "ActivityDate", "ActivityDateTime", "Amount", "CallDisposition", "CallType", "CompletedDateTime",
    "ContactId", "ConvertedAccountId", "ConvertedContactId", "ConvertedDate", "ConvertedOpportunityId", "CreatedById",
    "CreatedDate", "EndDateTime", "Field", "Id", "IsAllDayEvent", "IsClosed", "IsConverted", "IsDeleted", "IsWon",
    "LastModifiedDate", "LeadId", "MasterRecordId", "NewValue", "OldValue", "OpportunityId", "OwnerId", "StageName",
    "StartDateTime", "Status", "SystemModstamp", "TaskSubtype", "Type", "WhoId",
    "Industry", "LeadSource", "Title", "Country", "State", "City", "NumberOfEmployees", "AnnualRevenue", "Rating",
    "Company", "Email", "FirstName", "LastName", "Name", "Phone", "BillingCountry",
)  # fmt: skip
_SPELLED = {name.lower(): name for name in _FIELDS}


@dataclass(slots=True)
class Columns:
    """The records of one object, in columns of texts; ids are written with 18 signs."""

    columns: dict[str, list[Text]] = field(default_factory=dict)
    origins: list[AnyOrigin] = field(default_factory=list)

    def __len__(self) -> int:
        """Count the records."""
        return len(self.origins)

    def of(self, name: str) -> list[Text]:
        """Give a field of all records; missing everywhere where it was not exported."""
        values = self.columns.get(name, [])
        return [*values, *[None] * (len(self) - len(values))]

    def add(self, columns: Mapping[str, Sequence[Text]], origins: Iterable[AnyOrigin]) -> None:
        """Lay further records under these."""
        before = len(self)
        self.origins.extend(origins)
        for theirs, values in columns.items():
            name = _SPELLED.get(theirs.lower(), theirs)
            held = self.columns.setdefault(name, [])
            held.extend([None] * (before - len(held)))
            held.extend(_with_long_ids(values) if name.endswith("Id") else values)


@dataclass
class Objects:
    """All objects of an export.

    Attributes
    ----------
    columns : mapping of object to Columns
        An object that was not exported is not there.
    """

    columns: dict[str, Columns] = field(default_factory=dict)
    _unfinished: int = 0

    def of(self, name: str) -> Columns:
        """Give the records of an object; none where it was not exported."""
        return self.columns.get(name, Columns())

    def findings(self) -> list[Finding]:
        """Say whether answers are missing."""
        return [Finding("leads", "pages_missing", self._unfinished, {"records": SYSTEM})]

    def read_csv(self, file: DataFile) -> None:
        """Read a CSV file of Data Loader or Data Export.

        Raises
        ------
        LeadmlError
            `unknown_object`, `unknown_column`, or whatever is wrong with a CSV file.
        """
        table = read_table(file)
        names = [_SPELLED.get(name.lower(), name) for name in table.column_names]
        kind = _object_of(file, names)
        _check_fields(kind, names, file)
        columns = {name: [value or None for value in table[name].to_pylist()] for name in table.column_names}
        origins = [RowOrigin(file, row) for row in range(table.num_rows)]
        self.columns.setdefault(kind, Columns()).add(columns, origins)

    def read_json(self, file: DataFile) -> None:
        """Read answers of queries, or their records.

        Raises
        ------
        LeadmlError
            `not_an_export`, `not_utf8`, `unknown_object`, `unknown_column`.
        """
        finished, unfinished = 0, 0
        for part, document in documents_of(file, system=SYSTEM):
            if "records" not in document and "attributes" in document:
                self._read_records(file, [document], [part])
                continue
            records = document.get("records")
            if not isinstance(records, list):
                said = document.get("message") or "it has no list of records"
                raise not_an_export(", ".join(text for text in (file.name, part) if text), str(said), SYSTEM)
            places = [f"{part}, records[{number}]".removeprefix(", ") for number in range(len(records))]
            self._read_records(file, records, places)
            finished += document.get("done") is not False
            unfinished += document.get("done") is False
        # A query's answers but the last say that more follows; here the last is not there.
        self._unfinished += unfinished if not finished else 0

    def _read_records(self, file: DataFile, records: Sequence[Any], places: Sequence[str]) -> None:
        by_object: dict[str, tuple[list[Document], list[AnyOrigin]]] = {}
        for record, place in zip(records, places, strict=True):
            if not isinstance(record, dict):
                raise not_an_export(f"{file.name}, {place}", "a record is no object", SYSTEM)
            attributes = record.get("attributes")
            told = attributes.get("type") if isinstance(attributes, dict) else None
            kind = str(told) if told in NEEDED else _object_of(file, list(record))
            kept, origins = by_object.setdefault(kind, ([], []))
            kept.append(record)
            origins.append(Origin(file.name, place))
        for kind, (kept, origins) in by_object.items():
            names = list(dict.fromkeys(name for record in kept for name in record if name != "attributes"))
            _check_fields(kind, names, file)
            flat = {
                name: [
                    None if isinstance(record.get(name), dict | list) else as_text(record.get(name)) for record in kept
                ]
                for name in names
            }
            self.columns.setdefault(kind, Columns()).add(flat, origins)


def _with_long_ids(values: Sequence[Text]) -> list[Text]:
    return [None if value is None else long_id(value.strip()) for value in values]


def _object_of(file: DataFile, names: Sequence[str]) -> str:
    """Tell what object a file holds: by its name or folder, by fields that only one object has, by a part of its name.

    The longest name comes first: a LeadHistory is no Lead.
    """
    kinds = sorted(NEEDED, key=len, reverse=True)
    *folders, name = file.name.split("/")
    parts = [re.sub(r"[^a-z]", "", part.lower()) for part in (name.partition(".")[0], *reversed(folders))]
    for part in parts:
        for kind in kinds:
            if re.fullmatch(rf"({kind.lower()}s?)|({kind.lower()[:-1]}ies)", part):
                return kind
    found = set(names)
    marked = (kind for kind, marks in _MARKS if marks <= found)
    named = (kind for kind in kinds if kind.lower() in parts[0])
    for kind in (*marked, *named):
        return kind
    raise LeadmlError("unknown_object", where=file.name, file=file.name, known=known_words(NEEDED))


def _check_fields(kind: str, names: Sequence[str], file: DataFile) -> None:
    """Refuse an object without the fields on which everything rests."""
    spelled = {_SPELLED.get(name.lower(), name) for name in names}
    for needed in NEEDED[kind]:
        if needed not in spelled:
            raise LeadmlError(
                "unknown_column", where=f"{file.name} ({kind})", column=needed, file=file.name, known=known_words(names)
            )

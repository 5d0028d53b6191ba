"""Records of HubSpot and the histories of their properties, as they lie in an export."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import orjson

from leadml.history.gathered import AnyOrigin, Text
from leadml.history.told import DataFile

OBJECTS = ("contacts", "companies", "deals", "calls", "emails", "meetings", "notes", "tasks")
ENGAGEMENTS = ("calls", "emails", "meetings", "notes", "tasks")

# HubSpot keeps so many changes of one property; a history as long as that may have lost its beginning.
LONGEST_HISTORY: Mapping[str, int] = {"contacts": 45}
_LONGEST_OF_OTHERS = 20

_SINGULAR = {
    "contact": "contacts",
    "company": "companies",
    "deal": "deals",
    "call": "calls",
    "email": "emails",
    "meeting": "meetings",
    "note": "notes",
    "task": "tasks",
}
# Properties that only one kind of record has; the first kind that fits counts.
_MARKS: tuple[tuple[str, frozenset[str]], ...] = (
    ("calls", frozenset({"hs_call_direction", "hs_call_disposition", "hs_call_status", "hs_call_title"})),
    ("emails", frozenset({"hs_email_direction", "hs_email_status", "hs_email_subject"})),
    ("meetings", frozenset({"hs_meeting_outcome", "hs_meeting_title", "hs_meeting_start_time"})),
    ("notes", frozenset({"hs_note_body"})),
    ("tasks", frozenset({"hs_task_type", "hs_task_status", "hs_task_subject"})),
    ("deals", frozenset({"dealstage", "dealname", "deal_name"})),
    ("companies", frozenset({"domain", "numberofemployees", "about_us", "company_domain_name"})),
    ("contacts", frozenset({"lifecyclestage", "hs_lead_status", "email", "firstname", "lastname", "first_name"})),
)


@dataclass(frozen=True, slots=True)
class Record:
    """One record, as one answer or one row of a CSV file has it.

    Attributes
    ----------
    origin : Origin or RowOrigin
    record_id, created_at, updated_at, read_at : str or None
        `read_at`: when the answer was complete.
    archived : bool
    properties : mapping of str to str
        Values of today, none blank.
    attached : mapping of object to tuple of (id, kind)
        Its associations.
    """

    origin: AnyOrigin
    record_id: Text
    created_at: Text
    updated_at: Text
    read_at: Text
    archived: bool
    properties: Mapping[str, str]
    attached: Mapping[str, tuple[tuple[str, str], ...]]


@dataclass(slots=True)
class PropertyHistory:
    """All changes of one property, in columns: item `i` belongs to `records[i]`.

    `ranks` orders items of one record and instant: HubSpot lists the latest first.
    """

    records: list[Record] = field(default_factory=list)
    items: list[int] = field(default_factory=list)
    timestamps: list[Text] = field(default_factory=list)
    values: list[Text] = field(default_factory=list)
    sources: list[Text] = field(default_factory=list)
    ranks: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        """Count the changes."""
        return len(self.records)


@dataclass(slots=True)
class Records:
    """All records of one object."""

    every: list[Record] = field(default_factory=list)
    histories: dict[str, PropertyHistory] = field(default_factory=dict)
    histories_at_their_limit: int = 0
    _newest: list[Record] = field(default_factory=list)
    _newest_of: int = 0

    def history(self, name: str) -> PropertyHistory:
        """Give the changes of a property; none where it was exported without history."""
        return self.histories.get(name, PropertyHistory())

    def newest(self) -> list[Record]:
        """Give each record once, as it was read last; those without an id are all given.

        Neither the order of files nor that of answers decides.
        """
        if self._newest_of != len(self.every):
            self._newest, self._newest_of = self._find_newest(), len(self.every)
        return self._newest

    def _find_newest(self) -> list[Record]:
        newest: dict[str, tuple[tuple[str, str, bytes], Record]] = {}
        without_id = []
        for record in self.every:
            if record.record_id is None:
                without_id.append(record)
                continue
            age = (record.updated_at or "", record.read_at or "", _canonical(record))
            if record.record_id not in newest or newest[record.record_id][0] < age:
                newest[record.record_id] = (age, record)
        return [*(record for _, (_, record) in sorted(newest.items())), *without_id]


def _canonical(record: Record) -> bytes:
    return orjson.dumps([record.properties, record.attached, record.archived], option=orjson.OPT_SORT_KEYS)


def longest_history(kind: str) -> int:
    """Give the number of changes of one property that HubSpot keeps.

    Examples
    --------
    >>> longest_history("contacts"), longest_history("deals")
    (45, 20)
    """
    return LONGEST_HISTORY.get(kind, _LONGEST_OF_OTHERS)


def object_of(file: DataFile, properties: Iterable[str]) -> str | None:
    """Tell what kind of record a file holds: by its name, else its folder, else what only one kind of record has.

    Parameters
    ----------
    file : DataFile
    properties : iterable of str
        Of its first record.

    Returns
    -------
    kind : str or None
        One of `OBJECTS`.

    Examples
    --------
    >>> from pathlib import Path
    >>> object_of(DataFile(Path("a/hubspot-crm-exports-all-contacts.csv"), "all-contacts.csv"), [])
    'contacts'
    >>> object_of(DataFile(Path("reply.json"), "reply.json"), ["dealstage"])
    'deals'
    """
    *folders, name = file.name.split("/")
    for part in (name.partition(".")[0], *reversed(folders)):
        words = re.findall(r"[a-z]+", part.lower())
        named = {_SINGULAR.get(word, word) for word in words} & set(OBJECTS)
        if len(named) == 1:
            return str(*named)
    found = set(properties)
    return next((kind for kind, marks in _MARKS if marks & found), None)

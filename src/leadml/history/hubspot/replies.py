"""Reads what HubSpot's API answered: batch reads with `propertiesWithHistory`, and pages of lists."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from sys import intern
from typing import Any

from leadml.clock import to_iso
from leadml.errors import LeadmlError, known_words
from leadml.history.documents import Document, documents_of, not_an_export
from leadml.history.gathered import Origin, Text
from leadml.history.hubspot.records import OBJECTS, PropertyHistory, Record, Records, longest_history, object_of
from leadml.history.tables import Finding, as_text
from leadml.history.told import DataFile

SYSTEM = "HubSpot"
_MILLISECOND = 1_000


@dataclass
class Answers:
    """What some answers hold.

    Attributes
    ----------
    records : mapping of object to Records
        An object that was not exported is not there.
    """

    records: dict[str, Records] = field(default_factory=dict)
    _refused: list[str] = field(default_factory=list)
    _pages: Counter[tuple[str, bool]] = field(default_factory=Counter)
    _cut: int = 0

    def read(self, file: DataFile) -> None:
        """Read the answers of a file.

        Parameters
        ----------
        file : DataFile
            One answer, a list of answers, or one answer a line; also bare records.

        Raises
        ------
        LeadmlError
            `not_an_export`, `not_utf8`, `unknown_object`.
        """
        for part, document in documents_of(file, system=SYSTEM):
            where = ", ".join(text for text in (file.name, part) if text)
            if "results" not in document and "id" in document and "properties" in document:
                self._read_records(file, part, [document], None)
                continue
            results = document.get("results")
            if not isinstance(results, list):
                said = document.get("message") or "it has no list of results"
                raise not_an_export(where, str(said), SYSTEM)
            self._refused += [str(error.get("message") or error) for error in _listed(document, "errors")]
            places = [f"{part}, results".removeprefix(", ")] * len(results)
            kind = self._read_records(file, "", results, as_text(document.get("completedAt")), places)
            if kind is not None and "status" not in document:
                self._pages[kind, _goes_on(document)] += 1

    def findings(self) -> list[Finding]:
        """List what the answers say about themselves: refused ids, pages that are missing."""
        found = []
        if self._refused:
            found.append(Finding("leads", "refused_by_crm", len(self._refused), {"example": min(self._refused)}))
        for kind in OBJECTS:
            going_on, last = self._pages[kind, True], self._pages[kind, False]
            if going_on and not last:
                found.append(Finding("leads", "pages_missing", going_on, {"records": kind}))
        return [*found, Finding("leads", "associations_cut", self._cut)]

    def _read_records(
        self, file: DataFile, part: str, results: Sequence[Any], read_at: Text, places: Sequence[str] = ()
    ) -> str | None:
        """Read the records of one answer; they are all of one kind."""
        kind = None
        for number, result in enumerate(results):
            place = f"{places[number]}[{number}]" if places else part
            if not isinstance(result, Mapping):
                raise not_an_export(f"{file.name}, {place}", "a record is no object", SYSTEM)
            if kind is None:
                kind = self._kind_of(file, result)
            self._add(self.records.setdefault(kind, Records()), kind, result, Origin(file.name, place), read_at)
        if not results:  # none of a kind says something as well: nothing of it happened
            kind = object_of(file, ())
            if kind is not None:
                self.records.setdefault(kind, Records())
        return kind

    def _kind_of(self, file: DataFile, result: Document) -> str:
        named = [*(result.get("properties") or ()), *(result.get("propertiesWithHistory") or ())]
        kind = object_of(file, named)
        if kind is None:
            raise LeadmlError("unknown_object", where=file.name, file=file.name, known=known_words(OBJECTS))
        return kind

    def _add(self, records: Records, kind: str, result: Document, origin: Origin, read_at: Text) -> None:
        properties = _mapping(result, "properties", origin)
        record = Record(
            origin=origin,
            record_id=as_text(result.get("id")),
            created_at=time_of(
                result.get("createdAt") or properties.get("createdate") or properties.get("hs_createdate")
            ),
            updated_at=time_of(result.get("updatedAt")),
            read_at=read_at,
            archived=result.get("archived") is True,
            properties={name: text for name, value in properties.items() if (text := as_text(value)) is not None},
            attached=self._attached(result, origin),
        )
        records.every.append(record)
        for name, items in _mapping(result, "propertiesWithHistory", origin).items():
            if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
                raise not_an_export(f"{origin.file}, {origin.part}, {name}", "a history is no list of changes", SYSTEM)
            if items:
                _add_history(records.histories.setdefault(name, PropertyHistory()), record, items)
                records.histories_at_their_limit += len(items) >= longest_history(kind)

    def _attached(self, result: Document, origin: Origin) -> dict[str, tuple[tuple[str, str], ...]]:
        attached = {}
        for kind, listed in _mapping(result, "associations", origin).items():
            if not isinstance(listed, Mapping) or not isinstance(listed.get("results"), list):
                raise not_an_export(f"{origin.file}, {origin.part}, associations", f"{kind} has no results", SYSTEM)
            self._cut += _goes_on(listed)
            pairs = {(str(one.get("id", one.get("toObjectId"))), str(one.get("type", ""))) for one in listed["results"]}
            attached[kind.lower()] = tuple(sorted(pairs))
        return attached


def time_of(value: object) -> Text:
    """Write a time as ISO 8601: HubSpot gives some as milliseconds since 1970.

    Examples
    --------
    >>> time_of(1762416000123), time_of("2026-11-02T10:11:12.345Z")
    ('2025-11-06T08:00:00.123000Z', '2026-11-02T10:11:12.345Z')
    """
    text = as_text(value)
    if text is not None and len(text) in (12, 13) and text.isdigit():
        return to_iso(int(text) * _MILLISECOND)
    return text


def _add_history(history: PropertyHistory, record: Record, items: Sequence[Mapping[str, Any]]) -> None:
    """Add the changes of one property of one record, the earliest first."""
    told: dict[Text, dict[Text, int]] = {}
    for number in range(len(items) - 1, -1, -1):
        item = items[number]
        timestamp, value = time_of(item.get("timestamp")), _once(item.get("value"))
        same_instant = told.setdefault(timestamp, {})
        history.records.append(record)
        history.items.append(number)
        history.timestamps.append(timestamp)
        history.values.append(value)
        history.sources.append(_once(item.get("sourceType")))
        history.ranks.append(same_instant.setdefault(value, len(same_instant)))


def _once(value: object) -> Text:
    """Keep a text that occurs again and again only once."""
    text = as_text(value)
    return None if text is None else intern(text)


def _mapping(result: Document, key: str, origin: Origin) -> Mapping[str, Any]:
    value = result.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise not_an_export(f"{origin.file}, {origin.part}", f"{key} is no object", SYSTEM)
    return value


def _listed(document: Document, key: str) -> list[Mapping[str, Any]]:
    value = document.get(key)
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _goes_on(document: Document) -> bool:
    paging = document.get("paging")
    return isinstance(paging, Mapping) and isinstance(paging.get("next"), Mapping) and "after" in paging["next"]

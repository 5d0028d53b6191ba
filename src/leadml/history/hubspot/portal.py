"""The contacts of an export: which of them are leads, which were merged, and which facts have no history."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from leadml.clock import to_iso
from leadml.errors import LeadmlError
from leadml.history.gathered import Text, instants_of
from leadml.history.hubspot.records import PropertyHistory, Record, Records
from leadml.history.hubspot.replies import time_of
from leadml.history.hubspot.words import RESULT_PROPERTIES
from leadml.history.tables import Finding

# Contacts that were merged into one, each with the milliseconds at which that was done; and the same without times.
_MERGED_WITH_TIMES, _MERGED = "hs_calculated_merged_vids", "hs_merged_object_ids"


@dataclass(frozen=True)
class Portal:
    """What was exported, before any table is made of it.

    Attributes
    ----------
    records : mapping of object to Records
        An object that was not exported is not there.
    findings : tuple of Finding
        What the files say about themselves.
    """

    records: Mapping[str, Records]
    findings: tuple[Finding, ...]

    def of(self, kind: str) -> Records:
        """Give the records of an object; none where it was not exported."""
        return self.records.get(kind, Records())

    @cached_property
    def known_until(self) -> Text:
        """When the export was made: no contact was read before. Unknown where only pages were exported."""
        newest = self.of("contacts").newest()
        read, readable = instants_of([record.read_at for record in newest])
        if readable.any():
            return to_iso(int(read[readable].min()))
        updated, readable = instants_of([record.updated_at for record in newest])
        return to_iso(int(updated[readable].max())) if readable.any() else None

    @cached_property
    def contacts(self) -> list[Record]:
        """Each contact once, as it was read last; without those that were archived and not merged."""
        return [record for record in self.of("contacts").newest() if record.record_id not in self.archived]

    @cached_property
    def archived(self) -> frozenset[str]:
        """Ids of contacts that were deleted: they are left out with all their facts."""
        return frozenset(
            record.record_id
            for record in self.of("contacts").newest()
            if record.archived and record.record_id is not None and record.record_id not in self.merged
        )

    @cached_property
    def merged(self) -> Mapping[str, tuple[str, Text]]:
        """Each contact that was merged: into which other, and when that was known."""
        merged: dict[str, tuple[str, Text]] = {}
        for record in self.of("contacts").newest():
            if record.record_id is None:
                continue
            for old, time in _merged_into(record).items():
                merged[old] = (record.record_id, time)
        return merged

    @cached_property
    def created_at(self) -> Mapping[str, Text]:
        """When each contact was created: nobody can be attached to a deal or a call before."""
        return {record.record_id: record.created_at for record in self.contacts if record.record_id is not None}

    @cached_property
    def results_set_at(self) -> Mapping[str, Mapping[Text, Text]]:
        """When the result of each call, e-mail or meeting was last written, where its history was exported."""
        set_at: dict[str, dict[Text, Text]] = {}
        for kind, name in RESULT_PROPERTIES.items():
            history = self.of(kind).history(name)
            instants, readable = instants_of(history.timestamps)
            in_time = sorted(np.flatnonzero(readable).tolist(), key=instants.__getitem__)
            set_at[kind] = {history.records[row].record_id: history.timestamps[row] for row in in_time}
        return set_at

    def require(self, kind: str, table: str, *, where: str) -> None:
        """Refuse to call a table empty when its records were never exported.

        Raises
        ------
        LeadmlError
            `not_in_export`.
        """
        if kind not in self.records:
            raise LeadmlError("not_in_export", where=where, table=table, missing=kind)

    def history(self, kind: str, name: str, table: str, *, where: str) -> PropertyHistory:
        """Give the changes of a property that a table is made of.

        Raises
        ------
        LeadmlError
            `not_in_export`, or `only_of_today` where the property was exported without its history.
        """
        self.require(kind, table, where=where)
        history = self.of(kind).history(name)
        if not len(history) and self.of(kind).every:
            today = sum(name in record.properties for record in self.of(kind).every)
            if today:
                raise LeadmlError("only_of_today", where=where, table=table, property=name, count=today)
            raise LeadmlError("not_in_export", where=where, table=table, missing=f"{kind}: {name}")
        return history

    def attached_leads(self, record: Record) -> list[str]:
        """List the contacts that a record is attached to, without deleted ones."""
        ids = dict.fromkeys(one for one, _ in record.attached.get("contacts", ()))
        return [one for one in ids if one not in self.archived]


def _merged_into(record: Record) -> dict[str, Text]:
    """List who was merged into a contact, with the latest time at which that can have been done."""
    merged: dict[str, Text] = {}
    for old in record.properties.get(_MERGED, "").split(";"):
        merged[old.strip()] = record.updated_at or record.read_at
    for pair in record.properties.get(_MERGED_WITH_TIMES, "").split(";"):
        old, _, time = pair.partition(":")
        merged[old.strip()] = time_of(time.strip()) or merged.get(old.strip(), record.updated_at)
    return {old: time for old, time in merged.items() if old and old != record.record_id}

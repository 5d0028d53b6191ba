"""Reads the CSV files that HubSpot's own pages export: one row a record, as it is today, under labels."""

import re
from collections.abc import Mapping

from leadml.errors import LeadmlError, known_words
from leadml.history.files import read_table
from leadml.history.gathered import RowOrigin, Text
from leadml.history.hubspot.records import OBJECTS, Record, Records, object_of
from leadml.history.hubspot.words import property_of_label
from leadml.history.told import DataFile

_RECORD_ID = re.compile(r"Record ID( - \w+)?")
_ATTACHED = {"contacts": "associated_contact_ids", "companies": "associated_company_ids"}


def read_page_export(file: DataFile, records: dict[str, Records]) -> None:
    """Read a CSV file that a page of HubSpot exported.

    Parameters
    ----------
    file : DataFile
        CSV or CSV.gz.
    records : dict of object to Records
        Its records are added there. They have no history: stages, statuses, owners and deals of today have no date.

    Raises
    ------
    LeadmlError
        `unknown_object`, `unknown_column` where there is no record id, or whatever is wrong with a CSV file.
    """
    table = read_table(file)
    labels = list(table.column_names)
    kind = object_of(file, map(property_of_label, labels))
    if kind is None:
        raise LeadmlError("unknown_object", where=file.name, file=file.name, known=known_words(OBJECTS))
    id_label = next((label for label in labels if _RECORD_ID.fullmatch(label)), None)
    if id_label is None:
        raise LeadmlError(
            "unknown_column", where=file.name, column="Record ID", file=file.name, known=known_words(labels)
        )
    held = records.setdefault(kind, Records())
    names = [property_of_label(label) for label in labels]
    columns = [table[label].to_pylist() for label in labels]
    for row, values in enumerate(zip(*columns, strict=True)):
        properties = {name: value for name, value in zip(names, values, strict=True) if value}
        held.every.append(_record(file, row, values[labels.index(id_label)] or None, properties))


def _record(file: DataFile, row: int, record_id: Text, properties: Mapping[str, str]) -> Record:
    return Record(
        origin=RowOrigin(file, row),
        record_id=record_id,
        created_at=properties.get("create_date"),
        updated_at=properties.get("last_modified_date"),
        read_at=None,
        archived=False,
        properties=properties,
        attached={
            kind: tuple(sorted((one.strip(), "") for one in properties[column].split(";") if one.strip()))
            for kind, column in _ATTACHED.items()
            if column in properties
        },
    )

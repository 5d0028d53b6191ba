"""Maps a file, database table or frame to a table of ours, as `history.yaml` says: columns, rows, constants."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from leadml.clock import MINUTE, SECOND
from leadml.errors import LeadmlError, known_words
from leadml.history.shapes import TableShape
from leadml.history.tables import FACT_TABLES, IDENTITY_COLUMNS, NOT_THERE, Codes, Mask
from leadml.history.told import Place, Sheet, Told
from leadml.history.values import words_of
from leadml.specs.history_spec import SourceSpec
from leadml.wording.texts import nearest

ROW_ORDER = "row_order"

# Data that has only an order: row 0 is created at the turn of the millennium, each further one a minute later.
_FIRST_ROW = 946_684_800 * SECOND
_RESULT_AFTER = MINUTE // 2
_LIKELY_WORDS = 1000
_ANYTHING = "*"  # at the end of a value of `rows`


def asked_columns(source: SourceSpec) -> tuple[str, ...]:
    """Name the columns that a source reads, in its own words."""
    return tuple(dict.fromkeys([*source.columns.values(), *source.attributes.values(), *source.rows]))


def mapping_problems(source: SourceSpec, table: str, shape: TableShape, place: str, *, clock: str) -> list[LeadmlError]:
    """Check that a source fills the columns that its table has.

    Parameters
    ----------
    source : SourceSpec
    table : str
    shape : TableShape
    place : str
        Its place in history.yaml, said in errors.
    clock : str
        `row_order` for data without times.

    Returns
    -------
    problems : list of LeadmlError
    """
    problems = []
    for column in (*source.columns, *source.constants, *source.words):
        if column not in shape.known and not (column in source.words and column in source.attributes):
            problems.append(
                LeadmlError(
                    "unknown_key",
                    where=f"{place}, columns",
                    key=column,
                    known=known_words(shape.known),
                    hint=nearest(column, shape.known),
                )
            )
    if source.format is None:
        problems += [
            LeadmlError("missing_key", where=f"{place}, columns", key=column)
            for column in _needed(source, shape, clock)
            if column not in source.columns and column not in source.attributes
        ]
    for column in (*source.constants, *source.attributes):
        if column in source.columns or (column in source.attributes and column in (*shape.known, *IDENTITY_COLUMNS)):
            problems.append(LeadmlError("named_twice", where=place, name=column))
    if clock == ROW_ORDER:
        times = (shape.happened_at, "known_at", *shape.instants, *shape.times_among_texts)
        problems += [
            LeadmlError("time_in_row_order", where=place, column=name) for name in times if name in source.columns
        ]
    if source.attributes and table in FACT_TABLES:
        problems.append(
            LeadmlError("unknown_key", where=place, key="attributes", known="columns, constants, file, rows, words")
        )
    return problems


def _needed(source: SourceSpec, shape: TableShape, clock: str) -> Sequence[str]:
    given = {*source.constants, *((shape.owner, shape.happened_at) if clock == ROW_ORDER else ())}
    return [
        name for name in dict.fromkeys([*shape.required, *source.words]) if name in shape.known and name not in given
    ]


def column_problems(sheet: Sheet, source: SourceSpec, place: str) -> list[LeadmlError]:
    """Check that a file has the columns that a source reads."""
    return [
        LeadmlError(
            "unknown_column",
            where=f"{place}, file {sheet.source}",
            column=column,
            file=sheet.source,
            known=known_words(sheet.header),
            hint=nearest(column, sheet.header),
        )
        for column in asked_columns(source)
        if column not in sheet.header
    ]


def rows_of(sheet: Sheet, filters: Mapping[str, Sequence[str]]) -> Codes | None:
    """Find the rows that have one of the named values in each named column; None: all of them.

    A value may end in `*`: whatever begins so. Blank is `""`.
    """
    if not filters:
        return None
    kept = np.ones(len(sheet), dtype=bool)
    for column, values in filters.items():
        kept &= _has_any(sheet, column, values)
    return np.flatnonzero(kept)


def _has_any(sheet: Sheet, column: str, values: Sequence[str]) -> Mask:
    text = words_of(sheet.rows[column])
    begins = tuple(value[:-1] for value in values if value.endswith(_ANYTHING))
    chosen = np.array([*(word in values or word.startswith(begins) for word in text.words), "" in values], dtype=bool)
    marked: Mask = chosen[text.codes]
    return marked


def no_row_fits(sheet: Sheet, filters: Mapping[str, Sequence[str]], place: str) -> LeadmlError:
    """Say which part of a filter lets no row pass, and what the column holds."""
    column = next(
        (name for name, values in filters.items() if not _has_any(sheet, name, values).any()), next(iter(filters))
    )
    words = words_of(sheet.rows[column]).words
    values = filters[column]
    hint = nearest(values[0], words[:_LIKELY_WORDS]) if values else None
    return LeadmlError(
        "no_row_fits",
        where=f"{place}, rows",
        file=sheet.source,
        column=column,
        values=", ".join(values),
        known=known_words(words),
        hint=None if hint in values else hint,
    )


def mapped(sheet: Sheet, index: Codes | None, source: SourceSpec, table: str, shape: TableShape) -> Told:
    """Tell rows of a sheet under our column names.

    Parameters
    ----------
    sheet : Sheet
    index : int array, optional
        The rows of this table; default: all.
    source : SourceSpec
    table : str
    shape : TableShape

    Returns
    -------
    told : Told
    """
    rows = sheet.rows if index is None else sheet.rows.take(pa.array(index))
    theirs = {**source.columns, **source.attributes}
    columns = {name: rows[column] for name, column in theirs.items()}
    columns.update({name: _constant(value, len(rows)) for name, value in source.constants.items()})

    def place_of(row: int) -> Place:
        return sheet.place_of(row if index is None else int(index[row]))

    def originals(chosen: Codes) -> pa.Table:
        return sheet.originals(chosen if index is None else index[chosen])

    return Told(table, pa.table(columns), place_of, theirs, originals, source.time_formats)


def in_row_order(told: Told, index: Codes | None, first: int, shape: TableShape) -> Told:
    """Give rows that have only an order their times, and an id where none is mapped.

    Parameters
    ----------
    told : Told
    index : int array, optional
        Which row of its file each is; default: all in order.
    first : int
        How many rows came in files before this one.
    shape : TableShape

    Returns
    -------
    told : Told
        Created a minute apart; what a row tells of its result happened half a minute later.

    Examples
    --------
    >>> from leadml.history.shapes import shape_of
    >>> told = Told("stage_changes", pa.table({"lifecycle_stage": ["mql", "sql"]}), lambda row: Place("x.csv", ""))
    >>> in_row_order(told, None, 10, shape_of("stage_changes")).rows.to_pylist()[1]["lead_id"]
    '12'
    """
    numbers = first + (np.arange(told.rows.num_rows) if index is None else index)
    instants = _FIRST_ROW + MINUTE * numbers + (0 if shape.is_wide else _RESULT_AFTER)
    rows = told.rows
    if not rows.num_columns:
        rows = pa.table({})
    rows = rows.append_column(shape.happened_at, pa.array(instants, pa.timestamp("us", "UTC")))
    if shape.owner not in rows.column_names:
        rows = rows.append_column(shape.owner, pa.array(numbers + 1, pa.int64()).cast(pa.string()))
    return Told(told.table, rows, told.place_of, told.names, told.originals, told.time_formats)


def with_constants(told: Told, constants: Mapping[str, str]) -> Told:
    """Give the rows of an export the constants of its source, in columns that the export does not fill."""
    rows = told.rows
    for name, value in constants.items():
        if name not in rows.column_names:
            rows = rows.append_column(name, _constant(value, len(told)))
    return Told(
        told.table, rows, told.place_of, told.names, told.originals, told.time_formats, told.findings, told.known_until
    )


def _constant(value: str, rows: int) -> pa.DictionaryArray:
    codes = np.full(rows, 0 if value else NOT_THERE, np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes == NOT_THERE), pa.array([value]))

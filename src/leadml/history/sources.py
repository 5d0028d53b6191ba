"""Reads the files that `history.yaml` names into rows in our words, and reports every problem together."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from leadml.clock import MINUTE, InstantReading, Instants, now, read_instants
from leadml.errors import LeadmlError, known_words, raise_problems
from leadml.history.build import Rows, Texts, build_history, encoded, joined
from leadml.history.files import header_of, place_of_row, read_columns
from leadml.history.tables import (
    BEGINS_AT,
    COMPANY_COLUMNS,
    FACT_TABLES,
    FACT_TIMES,
    IDENTITY_COLUMNS,
    LEAD_COLUMNS,
    MERGED_AT,
    History,
    Mask,
    Numbers,
    TextColumn,
)
from leadml.specs.agreement_spec import DefinitionsSpec
from leadml.specs.history_spec import HistorySpec, SourceSpec
from leadml.wording.texts import nearest

Progress = Callable[[str], None]


@dataclass(frozen=True)
class _Column:
    """One column as it is written, and where."""

    file: str
    name: str
    written: pd.Series


@dataclass(frozen=True)
class _TableShape:
    """The columns one table of history.yaml may and must fill."""

    owner: str
    happened_at: str
    required: tuple[str, ...]
    texts: tuple[str, ...]
    numbers: tuple[str, ...]

    @property
    def known(self) -> tuple[str, ...]:
        return (self.owner, self.happened_at, "known_at", *self.texts, *self.numbers)


def _shape(table: str) -> _TableShape:
    if table in ("leads", "companies"):
        columns = LEAD_COLUMNS if table == "leads" else COMPANY_COLUMNS
        owner = columns[0]
        texts = tuple(name for name in columns if name not in (owner, "created_at", "known_at", MERGED_AT))
        return _TableShape(owner, "created_at", (owner, "created_at"), (*texts, "event_id"), ())
    columns_of = FACT_TABLES[table]
    return _TableShape(
        owner="lead_id",
        happened_at=FACT_TIMES[0],
        required=("lead_id", "happened_at", *columns_of.required),
        texts=(*columns_of.texts, "event_id"),
        numbers=(*columns_of.numbers, "sequence"),
    )


def read_history(
    spec: HistorySpec, folder: Path, definitions: DefinitionsSpec, *, on_progress: Progress = lambda _table: None
) -> History:
    """Read all files of a project.

    Parameters
    ----------
    spec : HistorySpec
        What lies where.
    folder : Path
        Where the files lie.
    definitions : DefinitionsSpec
        The agreement's words.
    on_progress : callable taking str
        Told the name of each table before it is read.

    Returns
    -------
    history : History

    Raises
    ------
    LeadmlError, ProblemsError
        Missing file or column, a file that is not UTF-8, an empty table, a value of a wrong type,
        a time without zone, a fact in the future: all of them together.
    """
    tables: dict[str, Rows] = {}
    reader = _SourceReader(spec, folder)
    for table in type(spec.tables).model_fields:
        sources: tuple[SourceSpec, ...] | None = getattr(spec.tables, table)
        if sources is not None:
            on_progress(table)
            parts = [
                reader.read(source, table, f"history.yaml, tables.{table}[{number}]")
                for number, source in enumerate(sources)
            ]
            tables[table] = joined(parts or [_no_rows(_shape(table))])
    raise_problems(dict.fromkeys(reader.problems), where="history.yaml")
    return build_history(tables, definitions)


class _FileCache:
    """Reads each file once, with all columns that any table asks of it."""

    def __init__(self, spec: HistorySpec, folder: Path) -> None:
        self._folder = folder
        self._frames: dict[str, pd.DataFrame | LeadmlError] = {}
        self._wanted: dict[str, set[str]] = {}
        for table in type(spec.tables).model_fields:
            for source in getattr(spec.tables, table) or ():
                wanted = self._wanted.setdefault(source.file, set())
                wanted.update(source.columns.values(), source.attributes.values(), source.rows)

    def frame(self, file: str) -> pd.DataFrame:
        """Read one file as texts; a file that cannot be read fails once for each table that asks."""
        if file not in self._frames:
            try:
                self._frames[file] = read_columns(self._folder / file, self._wanted[file], shown_as=file)
            except LeadmlError as problem:
                self._frames[file] = problem
        frame = self._frames[file]
        if isinstance(frame, LeadmlError):
            raise frame
        return frame

    def column_problems(self, source: SourceSpec, place: str) -> list[LeadmlError]:
        """Check that a file has the columns that a source reads."""
        frame = self.frame(source.file)
        asked = dict.fromkeys([*source.columns.values(), *source.attributes.values(), *source.rows])
        missing = [column for column in asked if column not in frame.columns]
        header = header_of(self._folder / source.file) if missing else []
        return [
            LeadmlError(
                "unknown_column",
                where=f"{place}, file {source.file}",
                column=column,
                file=source.file,
                known=known_words(header),
                hint=nearest(column, header),
            )
            for column in missing
        ]


def _mapping_problems(source: SourceSpec, table: str, shape: _TableShape, place: str) -> list[LeadmlError]:
    """Check that a source fills columns that its table has."""
    problems = []
    for column in (*source.columns, *source.constants, *source.words):
        if column not in shape.known:
            problems.append(
                LeadmlError(
                    "unknown_key",
                    where=f"{place}, columns",
                    key=column,
                    known=known_words(shape.known),
                    hint=nearest(column, shape.known),
                )
            )
    needed = dict.fromkeys([*(name for name in shape.required if name not in source.constants), *source.words])
    for column in needed:
        if column in shape.known and column not in source.columns:
            problems.append(LeadmlError("missing_key", where=f"{place}, columns", key=column))
    for column in (*source.constants, *source.attributes):
        if column in source.columns or (column in source.attributes and column in (*shape.known, *IDENTITY_COLUMNS)):
            problems.append(LeadmlError("named_twice", where=place, name=column))
    if source.attributes and table not in ("leads", "companies"):
        problems.append(
            LeadmlError("unknown_key", where=place, key="attributes", known="columns, constants, file, rows, words")
        )
    return problems


class _SourceReader:
    """Reads sources one after the other; what is wrong with them is kept in `problems`."""

    def __init__(self, spec: HistorySpec, folder: Path) -> None:
        self._spec = spec
        self._folder = folder
        self._files = _FileCache(spec, folder)
        self.problems: list[LeadmlError] = []

    def read(self, source: SourceSpec, table: str, place: str) -> Rows:
        """Read one source of one table; no rows where something is wrong."""
        shape = _shape(table)
        problems = _mapping_problems(source, table, shape, place)
        try:
            frame = self._files.frame(source.file)
            problems += self._files.column_problems(source, place)
        except LeadmlError as problem:
            problems.append(problem)
        if not problems:
            for column, values in source.rows.items():
                frame = frame[frame[column].isin(values)]
            if not len(frame):
                problems.append(LeadmlError("empty_table", where=f"{place}, file {source.file}", table=table))
        self.problems.extend(problems)
        return _no_rows(shape) if problems else self._rows(frame, source, shape)

    def _rows(self, frame: pd.DataFrame, source: SourceSpec, shape: _TableShape) -> Rows:
        """Turn texts into rows of one table."""
        written = {name: frame[theirs] for name, theirs in source.columns.items()}
        for name, words in source.words.items():
            written[name] = written[name].replace(words)
        for name, value in source.constants.items():
            written[name] = pd.Series(value, index=frame.index, dtype="str")
        column = {name: _Column(source.file, source.columns.get(name, name), written[name]) for name in written}
        happened = column[shape.happened_at]
        happened_at = self._instants(happened)
        known_at = happened_at
        if "known_at" in written:
            known_at = self._instants(column["known_at"], blank_is=happened_at)
        owner = _texts(written[shape.owner])
        self._note("blank_id", column[shape.owner], np.array([value is None for value in owner], dtype=bool))
        texts = {name: encoded(_texts(written[name])) for name in shape.texts if name in written}
        texts.update({attribute: encoded(_texts(frame[theirs])) for attribute, theirs in source.attributes.items()})
        numbers = {name: self._numbers(column[name]) for name in shape.numbers if name in written}
        if shape.happened_at == "created_at":
            begins = read_instants(happened.written, time_zone=self._spec.time_zone).begins
            numbers[BEGINS_AT] = begins.astype(np.float64)
        return Rows(encoded(owner), happened_at, np.maximum(known_at, happened_at), texts, numbers)

    def _instants(self, column: _Column, *, blank_is: Instants | None = None) -> Instants:
        reading: InstantReading = read_instants(column.written, time_zone=self._spec.time_zone)
        blank = reading.unreadable & (column.written.fillna("").str.strip() == "").to_numpy(dtype=bool)
        latest = now() + round(self._spec.clock_skew_minutes * MINUTE)
        self._note("not_a_time", column, reading.unreadable & ~(blank & (blank_is is not None)))
        self._note("time_without_zone", column, reading.without_zone)
        self._note("fact_in_future", column, reading.begins > latest)
        return reading.instants if blank_is is None else np.where(blank, blank_is, reading.instants)

    def _numbers(self, column: _Column) -> Numbers:
        numbers = pd.to_numeric(column.written, errors="coerce").to_numpy(dtype=np.float64)
        self._note(
            "not_a_number", column, ~np.isfinite(numbers) & (column.written.fillna("") != "").to_numpy(dtype=bool)
        )
        return numbers

    def _note(self, code: str, column: _Column, wrong: Mask) -> None:
        """Keep a problem with the first value that has it, and how many have."""
        if wrong.any():
            first = int(np.flatnonzero(wrong)[0])
            row = place_of_row(self._folder / column.file, int(column.written.index[first]))
            count, value = int(wrong.sum()), column.written.fillna("").iloc[first]
            place = f"{column.file}, column {column.name}, {row} ({count} in all)"
            self.problems.append(LeadmlError(code, where=place, value=value, column=column.name, count=count))


def _no_rows(shape: _TableShape) -> Rows:
    nothing = TextColumn(np.empty(0, np.int32), ())
    no_times = np.empty(0, np.int64)
    return Rows(nothing, no_times, no_times, dict.fromkeys(shape.texts, nothing), {})


def _texts(values: pd.Series) -> Texts:
    texts = values.to_numpy(dtype=object, copy=True)
    texts[values.isna().to_numpy(dtype=bool) | (texts == "")] = None
    return texts

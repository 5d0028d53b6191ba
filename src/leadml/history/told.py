"""What every source hands over: rows of one table under our column names, with its own values and their places."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from leadml.history.tables import Codes, Finding

RowsRead = Callable[[int], None]  # told how many rows were read, block by block


class Place(NamedTuple):
    """Where a row stands: a file, database or frame as the user knows it, and the part of it.

    Examples
    --------
    >>> Place("activities.csv", "line 3")
    Place(source='activities.csv', part='line 3')
    """

    source: str
    part: str


@dataclass(frozen=True)
class DataFile:
    """A file of a history, and its name as the user knows it: relative to the data folder."""

    path: Path
    name: str


@dataclass(frozen=True)
class Sheet:
    """Rows of a file, database or frame in its own columns, before they are mapped to ours.

    Attributes
    ----------
    source : str
        Its name as the user knows it.
    header : tuple of str
        All its columns.
    rows : pyarrow Table, n rows
        Those columns that were asked for and are there.
    place_of : callable of int to Place
    originals : callable of int array to pyarrow Table
        Complete rows, all columns.
    """

    source: str
    header: tuple[str, ...]
    rows: pa.Table
    place_of: Callable[[int], Place]
    originals: Callable[[Codes], pa.Table]

    def __len__(self) -> int:
        """Count the rows."""
        return int(self.rows.num_rows)


@dataclass(frozen=True)
class Told:
    """Rows of one table as a source tells them.

    Nothing is judged yet: times may be unreadable, ids blank. `history.reading` reads the values and
    `history.dirty` says what becomes of those that cannot be read; both are the same for every source.

    Attributes
    ----------
    table : str
        `leads`, `companies` or one of the fact tables.
    rows : pyarrow Table, n rows
        Under our column names; in `leads` and `companies` every further column is an attribute.
        Texts (missing is null), or any type that says the same: timestamps, dates, numbers, dictionaries.
        A column that is absent is not told.
    place_of : callable of int to Place
        Where row `i` of `rows` stands; asked only about rows with which something is wrong.
    names : mapping of our column to theirs
        How the source calls a column, where that is another name; said in errors.
    originals : callable of int array to pyarrow Table, optional
        Complete rows as the source has them, in its own columns, for the file of bad rows; default: `rows`.
    time_formats : tuple of str
        How times are written, where that is not ISO 8601: see `SourceSpec.time_format`.
    findings : tuple of Finding
        What the source noticed by itself, and what stopped nothing.
    known_until : str, optional
        When the export was made, as a time is written. The history is known until then, even if another source tells
        of later facts, unless history.yaml says more.
    """

    table: str
    rows: pa.Table
    place_of: Callable[[int], Place]
    names: Mapping[str, str] = field(default_factory=dict)
    originals: Callable[[Codes], pa.Table] | None = None
    time_formats: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    known_until: str | None = None

    def __len__(self) -> int:
        """Count the rows."""
        return int(self.rows.num_rows)

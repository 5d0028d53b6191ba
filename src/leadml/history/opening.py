"""Opens what `history.yaml` names - files, databases, frames, exports - each once, however many tables read it."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from leadml.errors import LeadmlError, ProblemsError, known_words
from leadml.history.databases import read_database
from leadml.history.dirty import QUARANTINE
from leadml.history.exports import Export
from leadml.history.files import found_files, read_sheet
from leadml.history.formats import FORMATS
from leadml.history.frames import read_frame
from leadml.history.mapping import asked_columns
from leadml.history.told import RowsRead, Sheet, Told
from leadml.specs.history_spec import HistorySpec, SourceSpec
from leadml.wording.texts import nearest

Opened = TypeVar("Opened")


@dataclass(frozen=True)
class Beside:
    """What a reading needs beside the files of a project.

    Attributes
    ----------
    frames : mapping of name to DataFrame
        Those of a notebook, which `frame:` in history.yaml names; pandas, Arrow or whatever speaks Arrow.
    quarantine : Path, optional
        Folder for rows that are set aside; without it they are only counted.
    """

    frames: Mapping[str, Any] = field(default_factory=dict)
    quarantine: Path | None = None


class Opening:
    """Opens sources; what cannot be opened fails once for each table that asks.

    Parameters
    ----------
    spec : HistorySpec
    folder : Path
        Where the files lie.
    beside : Beside
    on_rows : callable of int
        Told how many rows were read.
    """

    def __init__(self, spec: HistorySpec, folder: Path, beside: Beside, on_rows: RowsRead) -> None:
        self._folder = folder
        self._frames = beside.frames
        self._on_rows = on_rows
        self._opened: dict[Hashable, Any] = {}
        self._wanted: dict[Hashable, set[str]] = {}
        self._readers: dict[Hashable, int] = {}
        self._complete: set[Hashable] = set()  # sources whose bad rows must be told whole
        for table in type(spec.tables).model_fields:
            for source in getattr(spec.tables, table) or ():
                key = _key(source)
                self._wanted.setdefault(key, set()).update(asked_columns(source))
                self._readers[key] = self._readers.get(key, 0) + 1
                if (source.dirty_rows or spec.dirty_rows) == QUARANTINE:
                    self._complete.add(key)

    def sheets(self, source: SourceSpec) -> Sequence[Sheet]:
        """Read the rows of a source, with all columns that any table asks of it.

        Parameters
        ----------
        source : SourceSpec
            Without format.

        Returns
        -------
        sheets : sequence of Sheet
            One for each file.

        Raises
        ------
        LeadmlError
        """
        key = _key(source)
        return self._once(key, lambda: self._read(source, self._wanted[key]))

    def tell(self, source: SourceSpec, table: str) -> Sequence[Told]:
        """Let the reader of an export tell a table.

        Parameters
        ----------
        source : SourceSpec
            With format.
        table : str

        Returns
        -------
        told : sequence of Told

        Raises
        ------
        LeadmlError, ProblemsError
        """
        name = source.format or ""
        place = f"history.yaml, tables.{table}, format"
        if name not in FORMATS:
            known = known_words(FORMATS)
            raise LeadmlError("unknown_word", where=place, word=name, known=known, hint=nearest(name, list(FORMATS)))
        export: Export = self._once(
            _key(source), lambda: FORMATS[name](found_files(self._folder, source.file or "", endings=None))
        )
        if table not in export.tables:
            raise LeadmlError("unknown_word", where=place, word=table, known=known_words(export.tables))
        told = export.told(table, source)
        self._on_rows(sum(len(part) for part in told))
        return told

    def _read(self, source: SourceSpec, wanted: set[str]) -> Sequence[Sheet]:
        if source.file is not None:
            return [
                read_sheet(file, wanted, separator=source.separator, on_rows=self._on_rows)
                for file in found_files(self._folder, source.file)
            ]
        if source.frame is not None:
            return [read_frame(source.frame, self._frames, wanted, on_rows=self._on_rows)]
        complete = _key(source) in self._complete
        return [read_database(source, self._folder, wanted, complete=complete, on_rows=self._on_rows)]

    def _once(self, key: Hashable, opening: Callable[[], Opened]) -> Opened:
        """Open at the first time of asking, and forget at the last, so that memory holds no file twice."""
        if key not in self._opened:
            try:
                self._opened[key] = opening()
            except (LeadmlError, ProblemsError) as problem:
                self._opened[key] = problem
        opened: Opened = self._opened[key]
        self._readers[key] -= 1
        if self._readers[key] <= 0 and not isinstance(opened, Exception):
            del self._opened[key]
        if isinstance(opened, Exception):
            raise opened
        return opened


def _key(source: SourceSpec) -> Hashable:
    return (
        source.file,
        source.format,
        source.separator,
        source.frame,
        source.database,
        source.database_table,
        source.query,
    )

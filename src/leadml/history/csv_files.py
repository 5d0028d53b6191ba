"""Reads CSV files as texts: the one place that knows how a fact is written between separators."""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Collection, Iterator
from functools import cached_property
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from leadml.errors import LeadmlError
from leadml.history.plain import check_named_once, unreadable
from leadml.history.tables import Codes
from leadml.history.told import DataFile, Place, RowsRead, Sheet

SEPARATORS = (",", ";", "\t", "|")
OPEN_QUOTE = "a quote is opened and never closed"

_BLOCK = 1 << 23  # bytes that are read at once; no value may be longer
_LONGEST_VALUE = 2**31 - 1  # Python's own limit is 131,072 signs; a note may be longer
_NOT_DECODED = "\ufffd"
_WRONG_WIDTH = re.compile(r"Row #(\d+): Expected (\d+) columns, got (\d+)")


class CsvFile:
    """A CSV or CSV.gz file in UTF-8.

    Parameters
    ----------
    file : DataFile
    wanted : collection of str, optional
        Columns to read, those that the file has; default: all.
    separator : str, optional
        Between the values; default: the one of comma, semicolon, tab and bar that finds most of the wanted columns.

    Raises
    ------
    LeadmlError
        `empty_table`, `unreadable_file`, `wrong_separator`.
    """

    def __init__(self, file: DataFile, wanted: Collection[str] | None, separator: str | None) -> None:
        self.file = file
        self._spans_lines = False
        headers = {sign: self._header(sign) for sign in dict.fromkeys((separator or ",", *SEPARATORS))}
        if not any(headers.values()):
            raise self._problem(pa.ArrowInvalid("Empty CSV file"))
        first_line = "".join(headers[separator or ","])
        if "\x00" in first_line or (_NOT_DECODED in first_line and _first_not_utf8(file)):
            raise self._problem(pa.ArrowInvalid("it holds no text"))
        found = max(headers, key=lambda sign: _fit(headers[sign], wanted))
        if separator and _fit(headers[separator], wanted)[0] == 0 < _fit(headers[found], wanted)[0]:
            raise LeadmlError(
                "wrong_separator",
                where=f"{file.name}, line 1",
                file=file.name,
                separator=_shown(separator),
                found=_shown(found),
            )
        self.separator = separator or found
        self.header = headers[self.separator]
        self.wanted = [name for name in dict.fromkeys(self.header) if wanted is None or name in wanted]
        check_named_once(self.header, self.wanted, where=f"{file.name}, line 1")

    def sheet(self, on_rows: RowsRead) -> Sheet:
        """Read the wanted columns, each value as the text it is: `007` stays `007`, `NA` stays `NA`.

        Parameters
        ----------
        on_rows : callable of int
            Told how many rows were read, block by block.

        Returns
        -------
        sheet : Sheet

        Raises
        ------
        LeadmlError
            `unreadable_file` or `not_utf8`.
        """
        # Without a column there is nothing to convert, but rows are still counted.
        rows = self._read(self.wanted or self.header[:1], on_rows).select(self.wanted)
        self._spans_lines = _lines_in(self.file) > rows.num_rows + 1
        if self._spans_lines and self._ends_in_quotes():
            raise unreadable(self.file.name, OPEN_QUOTE)
        return Sheet(self.file.name, tuple(self.header), rows, self.place_of, self.originals)

    def place_of(self, row: int) -> Place:
        """Name a row as an editor does: by the line on which it ends."""
        line = int(self._line_of_row[row]) if self._spans_lines else row + 2
        return Place(self.file.name, f"line {line}")

    def originals(self, rows: Codes) -> pa.Table:
        """Read complete rows again, as they stand in the file."""
        kept, first = [], 0
        for batch in self._batches(self.header, use_threads=False):
            here = rows[(rows >= first) & (rows < first + len(batch))] - first
            kept.append(pa.Table.from_batches([batch]).take(here))
            first += len(batch)
        return pa.concat_tables(kept)

    def _header(self, separator: str) -> list[str]:
        csv.field_size_limit(_LONGEST_VALUE)
        try:
            with opened(self.file) as file:
                return next((names for names in csv.reader(file, delimiter=separator) if names), [])
        except (OSError, EOFError, zlib.error, csv.Error) as error:
            raise self._problem(error) from None

    def _read(self, columns: list[str], on_rows: RowsRead) -> pa.Table:
        """Read with all processors; where that fails once more with one, for only then does an error name its row."""
        batches = []
        try:
            for batch in self._batches(columns, use_threads=True):
                batches.append(batch)
                on_rows(len(batch))
        except (pa.ArrowException, OSError, EOFError, UnicodeDecodeError) as error:
            try:
                for _ in self._batches(columns, use_threads=False):
                    pass
            except (pa.ArrowException, OSError, EOFError, UnicodeDecodeError) as in_order:
                raise self._problem(in_order) from None
            raise self._problem(error) from None
        return pa.Table.from_batches(batches, pa.schema([(name, pa.string()) for name in columns]))

    def _batches(self, columns: list[str], *, use_threads: bool) -> Iterator[pa.RecordBatch]:
        reader = arrow_csv.open_csv(
            self.file.path,
            arrow_csv.ReadOptions(use_threads=use_threads, block_size=_BLOCK),
            arrow_csv.ParseOptions(delimiter=self.separator, newlines_in_values=True),
            arrow_csv.ConvertOptions(include_columns=columns, column_types=dict.fromkeys(self.header, pa.string())),
        )
        with reader:
            yield from reader

    @cached_property
    def _line_of_row(self) -> Codes:
        with opened(self.file) as file:
            lines = np.fromiter(self._filled_lines(file), np.int64)
        return lines[1:]

    def _filled_lines(self, file: IO[str], *, strict: bool = False) -> Iterator[int]:
        """Count lines at the end of each record, leaving out blank lines; the header comes first."""
        csv.field_size_limit(_LONGEST_VALUE)
        reader = csv.reader(file, delimiter=self.separator, strict=strict)
        return (reader.line_num for values in reader if values)

    def _ends_in_quotes(self) -> bool:
        """Tell whether a quote is never closed: all that follows it would be one value."""
        with opened(self.file) as file:
            try:
                for _ in self._filled_lines(file, strict=True):
                    pass
            except csv.Error as error:
                return "end of data" in str(error)
        return False

    def _problem(self, error: Exception) -> LeadmlError:
        """Say in which of the ways a file cannot be read."""
        said, name = str(error), self.file.name
        if "Empty CSV file" in said:
            return LeadmlError("empty_table", where=name, table=name)
        if line := _first_not_utf8(self.file):
            return LeadmlError("not_utf8", where=f"{name}, line {line}", file=name)
        if (width := _WRONG_WIDTH.search(said)) and self._ends_in_quotes():
            return unreadable(name, OPEN_QUOTE)
        if width:
            row, columns, values = map(int, width.groups())
            self._spans_lines = True  # not known before the end
            place = f"{name}, {self.place_of(row - 2).part}"
            return unreadable(place, f"the header has {columns} columns, this line {values}")
        return unreadable(name, said.replace(str(self.file.path), name).strip().partition("\n")[0])


def opened(file: DataFile) -> IO[str]:
    """Open a CSV file as text, packed or not; what is not UTF-8 is found when it is read in earnest."""
    if file.path.suffix == ".gz":
        return io.TextIOWrapper(gzip.open(file.path), encoding="utf-8-sig", errors="replace", newline="")
    return file.path.open(encoding="utf-8-sig", errors="replace", newline="")


def _shown(separator: str) -> str:
    return "\\t" if separator == "\t" else separator


def _fit(header: list[str], wanted: Collection[str] | None) -> tuple[int, int]:
    return sum(name in wanted for name in header) if wanted else 0, len(header)


def _bytes_of(file: DataFile) -> gzip.GzipFile | IO[bytes]:
    return gzip.open(file.path) if file.path.suffix == ".gz" else file.path.open("rb")


def _lines_in(file: DataFile) -> int:
    """Count lines as an editor does, whichever of the three line ends a program wrote."""
    lines, last = 0, b""
    with _bytes_of(file) as content:
        while block := content.read(_BLOCK):
            lines += block.count(b"\n") + block.count(b"\r") - block.count(b"\r\n")
            lines -= last == b"\r" and block.startswith(b"\n")
            last = block[-1:]
    return lines + (last not in (b"\n", b"\r", b""))


def _first_not_utf8(file: DataFile) -> int | None:
    """Find the first line that is not UTF-8, if the file can be opened at all."""
    try:
        with _bytes_of(file) as content:
            return next((number for number, line in enumerate(content, 1) if not _is_utf8(line)), None)
    except (OSError, EOFError, zlib.error):
        return None


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True

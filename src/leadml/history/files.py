"""Reads CSV, CSV.gz and Parquet files as texts: the one place that knows how a fact is written in a file."""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as parquet

from leadml.errors import LeadmlError

ENDINGS = (".csv", ".csv.gz", ".parquet")

_AS_TEXT = {pa.string(): pd.StringDtype(na_value=np.nan)}
_IN_ORDER = arrow_csv.ReadOptions(use_threads=False)  # only then does an error name its row
_QUOTED_LINES = arrow_csv.ParseOptions(newlines_in_values=True)
_LONGEST_VALUE = 2**31 - 1  # Python's own limit is 131,072 signs; a note may be longer
_OPEN_QUOTE = "a quote is opened and never closed"
_WRONG_WIDTH = re.compile(r"Row #(\d+): Expected (\d+) columns, got (\d+)")


def read_columns(path: Path, wanted: set[str], *, shown_as: str) -> pd.DataFrame:
    """Read some columns of a file, each value as the text it is: `007` stays `007`, `NA` stays `NA`.

    Parameters
    ----------
    path : Path
        Ends in .csv, .csv.gz or .parquet.
    wanted : set of str
        Columns; those that the file does not have are left out.
    shown_as : str
        The file's name as the user knows it.

    Returns
    -------
    frame : DataFrame of str, with NaN where Parquet has no value
        Rows are numbered from 0, as `place_of_row` counts them.

    Raises
    ------
    LeadmlError
        `missing_data_file`, `unreadable_file`, `not_utf8` or `empty_table`.
    """
    if not path.is_file():
        folder = path.parent.name or "."
        raise LeadmlError("missing_data_file", where=f"history.yaml, file: {shown_as}", file=shown_as, folder=folder)
    if not path.name.endswith(ENDINGS):
        raise _unreadable(shown_as, f"it does not end in {', '.join(ENDINGS)}")
    try:
        if path.suffix == ".parquet":
            file = parquet.ParquetFile(path)
            table = _texts_of(file.read(columns=[name for name in file.schema_arrow.names if name in wanted]))
        else:
            table = _read_csv(path, wanted, shown_as)
    except (pa.ArrowException, OSError, EOFError, UnicodeDecodeError) as error:
        raise _csv_problem(path, error, shown_as) from None
    frame: pd.DataFrame = table.to_pandas(types_mapper=_AS_TEXT.get, ignore_metadata=True)
    return frame


def header_of(path: Path) -> list[str]:
    """Name the columns of a file that could be read."""
    if path.suffix == ".parquet":
        return list(parquet.ParquetFile(path).schema_arrow.names)
    return list(arrow_csv.open_csv(path, read_options=_IN_ORDER, parse_options=_QUOTED_LINES).schema.names)


def place_of_row(path: Path, row: int) -> str:
    """Name a row as an editor does: the line on which it ends; in Parquet, which has no lines, its number.

    Parameters
    ----------
    path : Path
    row : int
        From 0, not counting the header and blank lines.
    """
    if path.suffix == ".parquet":
        return f"row {row + 1}"
    with _opened(path) as file:
        return f"line {next(islice(_filled_lines(file), row + 1, None))}"


def _read_csv(path: Path, wanted: set[str], shown_as: str) -> pa.Table:
    header = header_of(path)
    chosen = [name for name in dict.fromkeys(header) if name in wanted]
    twice = [name for name in chosen if header.count(name) > 1]
    if twice:
        raise _unreadable(f"{shown_as}, line 1", f"the column '{twice[0]}' stands there twice")
    if any("\x00" in name for name in header):
        raise _unreadable(shown_as, "it holds no text")
    # Without a column there is nothing to convert, but rows are still counted.
    every = arrow_csv.ConvertOptions(
        include_columns=chosen or header[:1], column_types=dict.fromkeys(header, pa.string())
    )
    table = arrow_csv.read_csv(path, _IN_ORDER, _QUOTED_LINES, every)
    with _opened(path) as file:
        lines = sum(1 for _ in file)
    spans_lines = lines > table.num_rows + 1
    if spans_lines and _ends_in_quotes(path):
        raise _unreadable(shown_as, _OPEN_QUOTE)
    return table.select(chosen)


def _ends_in_quotes(path: Path) -> bool:
    """Tell whether a quote is never closed: all that follows it would be one value."""
    with _opened(path) as file:
        try:
            for _ in _filled_lines(file, strict=True):
                pass
        except csv.Error as error:
            return "end of data" in str(error)
    return False


def _opened(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return io.TextIOWrapper(gzip.open(path), encoding="utf-8-sig", errors="replace", newline="")
    return path.open(encoding="utf-8-sig", errors="replace", newline="")


def _filled_lines(file: IO[str], *, strict: bool = False) -> Iterator[int]:
    """Count lines at the end of each record, leaving out blank lines; the header comes first."""
    csv.field_size_limit(_LONGEST_VALUE)
    reader = csv.reader(file, strict=strict)
    return (reader.line_num for values in reader if values)


def _csv_problem(path: Path, error: Exception, shown_as: str) -> LeadmlError:
    """Say in which of the ways a file cannot be read."""
    said = str(error)
    if "Empty CSV file" in said:
        return LeadmlError("empty_table", where=shown_as, table=shown_as)
    if path.suffix != ".parquet" and (line := _first_not_utf8(path)):
        return LeadmlError("not_utf8", where=f"{shown_as}, line {line}", file=shown_as)
    if (width := _WRONG_WIDTH.search(said)) and _ends_in_quotes(path):
        return _unreadable(shown_as, _OPEN_QUOTE)
    if width:
        row, columns, values = map(int, width.groups())
        place = f"{shown_as}, {place_of_row(path, row - 2)}"
        return _unreadable(place, f"the header has {columns} columns, this line {values}")
    return _unreadable(shown_as, said.replace(str(path), shown_as).strip().partition("\n")[0])


def _first_not_utf8(path: Path) -> int | None:
    """Find the first line that is not UTF-8, if the file can be opened at all."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            return next((number for number, line in enumerate(file, 1) if not _is_utf8(line)), None)
    except (OSError, EOFError, zlib.error):
        return None


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _unreadable(where: str, problem: str) -> LeadmlError:
    return LeadmlError("unreadable_file", where=where, file=where.partition(",")[0], problem=problem)


def _texts_of(table: pa.Table) -> pa.Table:
    """Write every value of a Parquet file as a CSV file would hold it."""
    return pa.table({name: _as_text(table[name]) for name in table.column_names})


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_timestamp(kind):
        zone = "" if kind.tz is None else "Z"
        written = column.cast(pa.timestamp("us", kind.tz), safe=False).cast(pa.timestamp("us")).cast(pa.string())
        return pa.compute.binary_join_element_wise(written, zone, "")
    if pa.types.is_floating(kind):  # pandas writes whole numbers with gaps as floats; their gaps are NaN
        column = pa.compute.if_else(pa.compute.is_nan(column), pa.scalar(None, kind), column)
    return column.cast(pa.string())

"""Finds and reads the files that `history.yaml` names: a file, a folder or a pattern; CSV, CSV.gz or Parquet."""

from collections.abc import Collection, Sequence
from functools import lru_cache
from pathlib import Path

import pyarrow as pa

from leadml.errors import LeadmlError
from leadml.history.csv_files import CsvFile
from leadml.history.parquet_files import ParquetFile
from leadml.history.plain import unreadable
from leadml.history.told import DataFile, Place, RowsRead, Sheet

ENDINGS = (".csv", ".csv.gz", ".parquet")

_PATTERN_SIGNS = "*?["


def found_files(folder: Path, named: str, *, endings: Sequence[str] | None = ENDINGS) -> list[DataFile]:
    """Find the files of a source.

    Parameters
    ----------
    folder : Path
        Where the files of the history lie.
    named : str
        A file, a folder or a pattern, relative to it.
    endings : sequence of str or None
        In a folder, only files with such an ending are the source's; None: every file that is not hidden.

    Returns
    -------
    files : list of DataFile
        Sorted by name; at least one.

    Raises
    ------
    LeadmlError
        `missing_data_file` when there is none.
    """
    if any(sign in named for sign in _PATTERN_SIGNS):
        paths = [path for path in folder.glob(named) if path.is_file() and not path.name.startswith(".")]
    elif (folder / named).is_dir():
        paths = [path for path in (folder / named).iterdir() if path.is_file() and _belongs(path.name, endings)]
    else:
        return [DataFile(_existing(folder / named, named), named)]
    if not paths:
        raise _missing(folder, named)
    return [DataFile(path, path.relative_to(folder).as_posix()) for path in sorted(paths)]


def read_sheet(
    file: DataFile,
    wanted: Collection[str] | None = None,
    *,
    separator: str | None = None,
    on_rows: RowsRead = lambda _rows: None,
) -> Sheet:
    """Read some columns of a file.

    Parameters
    ----------
    file : DataFile
        Ends in .csv, .csv.gz or .parquet.
    wanted : collection of str, optional
        Columns; those that the file does not have are left out. Default: all.
    separator : str, optional
        Of a CSV file; default: found out.
    on_rows : callable of int
        Told how many rows were read, block by block.

    Returns
    -------
    sheet : Sheet
        A CSV file gives texts; Parquet gives what it holds.

    Raises
    ------
    LeadmlError
        `missing_data_file`, `unreadable_file`, `not_utf8`, `empty_table` or `wrong_separator`.
    """
    _existing(file.path, file.name)
    if not file.path.name.endswith(ENDINGS):
        raise unreadable(file.name, f"it does not end in {', '.join(ENDINGS)}")
    if file.path.suffix != ".parquet":
        return CsvFile(file, wanted, separator).sheet(on_rows)
    try:
        return ParquetFile(file, wanted).sheet(on_rows)
    except (pa.ArrowException, OSError) as error:
        said = str(error).replace(str(file.path), file.name)
        raise unreadable(file.name, said.strip().partition("\n")[0]) from None


def read_table(file: DataFile, columns: Collection[str] | None = None) -> pa.Table:
    """Read a file for a reader of exports: some columns, or all; see `read_sheet`."""
    return read_sheet(file, columns).rows


def place_of_row(file: DataFile, row: int) -> Place:
    """Name the place of a row of a file, counted from 0 without header and blank lines."""
    return _sheet_without_columns(file, file.path.stat().st_mtime_ns).place_of(row)


@lru_cache(maxsize=32)
def _sheet_without_columns(file: DataFile, _modified: int) -> Sheet:
    return read_sheet(file, ())


def _existing(path: Path, name: str) -> Path:
    if not path.is_file():
        raise _missing(path.parent, name)
    return path


def _missing(folder: Path, name: str) -> LeadmlError:
    shown = folder.name or "."
    return LeadmlError("missing_data_file", where=f"history.yaml, file: {name}", file=name, folder=shown)


def _belongs(name: str, endings: Sequence[str] | None) -> bool:
    return not name.startswith(".") and (endings is None or name.endswith(tuple(endings)))

"""Reads Parquet files row group by row group on all processors: words in codes, times and numbers as they lie there."""

import os
import threading
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as parquet

from leadml.history.encoding import TextEncoder
from leadml.history.plain import check_named_once, check_plain, in_plain_columns
from leadml.history.tables import NOT_THERE, Codes, ShortCodes
from leadml.history.told import DataFile, Place, RowsRead, Sheet

_MOST_AT_ONCE = 8
_BYTES_OF_A_CODE = 3


class ParquetFile:
    """A Parquet file.

    Parameters
    ----------
    file : DataFile
    wanted : collection of str, optional
        Columns to read, those that the file has; default: all.

    Raises
    ------
    LeadmlError
        `unreadable_file` when a wanted column stands there twice or holds no plain values.
    pyarrow.ArrowException, OSError
        When it is damaged.
    """

    def __init__(self, file: DataFile, wanted: Collection[str] | None) -> None:
        self.file = file
        self._opened = parquet.ParquetFile(file.path)
        self.header = list(self._opened.schema_arrow.names)
        self.wanted = [name for name in dict.fromkeys(self.header) if wanted is None or name in wanted]
        check_named_once(self.header, self.wanted, where=file.name)
        for name in self.wanted:
            check_plain(name, self._opened.schema_arrow.field(name).type, where=file.name)

    def sheet(self, on_rows: RowsRead) -> Sheet:
        """Read the wanted columns; texts come as a dictionary, all else as it is.

        Memory holds the result and one row group for each processor, never the whole file as texts.

        Parameters
        ----------
        on_rows : callable of int
            Told how many rows were read, row group by row group.

        Returns
        -------
        sheet : Sheet
        """
        metadata = self._opened.metadata
        sizes = [int(metadata.row_group(number).num_rows) for number in range(metadata.num_row_groups)]
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        columns = [_column(self._opened.schema_arrow.field(name), int(starts[-1])) for name in self.wanted]
        texts = [name for name, column in zip(self.wanted, columns, strict=True) if isinstance(column, _Words)]
        in_codes = _in_codes(metadata, texts)
        each = threading.local()

        def read(number: int) -> int:
            if not hasattr(each, "file"):
                each.file = parquet.ParquetFile(self.file.path, read_dictionary=in_codes)
            group = each.file.read_row_group(number, columns=self.wanted, use_threads=False)
            for name, column in zip(self.wanted, columns, strict=True):
                column.put(number, int(starts[number]), group[name])
            return sizes[number]

        with ThreadPoolExecutor(min(_MOST_AT_ONCE, os.cpu_count() or 1)) as readers:
            for rows in readers.map(read, range(len(sizes))):
                on_rows(rows)
        table = pa.table({name: column.whole() for name, column in zip(self.wanted, columns, strict=True)})
        if not self.wanted:
            table = _without_columns(int(starts[-1]))
        rows = in_plain_columns(table, where=self.file.name)
        return Sheet(self.file.name, tuple(self.header), rows, self.place_of, self.originals)

    def place_of(self, row: int) -> Place:
        """Name a row by its number: Parquet has no lines."""
        return Place(self.file.name, f"row {row + 1}")

    def originals(self, rows: Codes) -> pa.Table:
        """Read complete rows again."""
        kept, first = [], 0
        for number in range(self._opened.metadata.num_row_groups):
            size = self._opened.metadata.row_group(number).num_rows
            here = rows[(rows >= first) & (rows < first + size)] - first
            if len(here):
                kept.append(self._opened.read_row_group(number).take(here))
            first += size
        return pa.concat_tables(kept) if kept else self._opened.schema_arrow.empty_table()


class _Words:
    """A column of texts in the making."""

    def __init__(self, size: int) -> None:
        self._codes: ShortCodes = np.empty(size, np.int32)
        self._encoder = TextEncoder()

    def put(self, _number: int, start: int, chunks: pa.ChunkedArray) -> None:
        for chunk in chunks.chunks:
            self._codes[start : start + len(chunk)] = self._encoder.add(chunk)
            start += len(chunk)

    def whole(self) -> pa.DictionaryArray:
        missing = self._codes == NOT_THERE
        codes = pa.array(self._codes, mask=missing if missing.any() else None)
        return pa.DictionaryArray.from_arrays(codes, pa.array(self._encoder.words, pa.string()), safe=False)


class _Fixed:
    """A column of values that all have eight bytes, such as times, in the making."""

    def __init__(self, kind: pa.DataType, size: int) -> None:
        self._kind = kind
        self._values: npt.NDArray[np.int64] = np.empty(size, np.int64)
        self._missing: list[Codes] = []

    def put(self, _number: int, start: int, chunks: pa.ChunkedArray) -> None:
        for chunk in chunks.chunks:
            content = np.frombuffer(chunk.buffers()[1] or b"", np.int64)
            self._values[start : start + len(chunk)] = content[chunk.offset : chunk.offset + len(chunk)]
            if chunk.null_count:
                gaps = np.flatnonzero(chunk.is_null().to_numpy(zero_copy_only=False))
                self._missing.append(gaps + start)
            start += len(chunk)

    def whole(self) -> pa.Array:
        there = None
        if self._missing:
            marks = np.ones(len(self._values), dtype=bool)
            marks[np.concatenate(self._missing)] = False
            there = pa.py_buffer(np.packbits(marks, bitorder="little"))
        return pa.Array.from_buffers(self._kind, len(self._values), [there, pa.py_buffer(self._values)])


class _Any:
    """A column of any other type: its row groups, laid under each other at the end."""

    def __init__(self, kind: pa.DataType) -> None:
        self._kind = kind
        self._groups: dict[int, pa.ChunkedArray] = {}

    def put(self, number: int, _start: int, chunks: pa.ChunkedArray) -> None:
        self._groups[number] = chunks

    def whole(self) -> pa.ChunkedArray:
        chunks = [chunk for _, group in sorted(self._groups.items()) for chunk in group.chunks]
        return pa.chunked_array(chunks, self._kind)


def _column(field: pa.Field, size: int) -> _Words | _Fixed | _Any:
    """Choose how to gather a column."""
    kind = field.type
    held = kind.value_type if pa.types.is_dictionary(kind) else kind
    if pa.types.is_string(held) or pa.types.is_large_string(held):
        return _Words(size)
    if pa.types.is_timestamp(kind) or pa.types.is_int64(kind) or pa.types.is_float64(kind):
        return _Fixed(kind, size)
    return _Any(kind)


def _in_codes(metadata: parquet.FileMetaData, wanted: Collection[str]) -> list[str]:
    """Name the columns that the file holds as codes: read as they lie there, they need not become texts first.

    A program that meets too many different texts goes over to writing them out; then a value takes more bytes.
    """
    if not metadata.num_row_groups:
        return []
    group = metadata.row_group(0)
    columns = [group.column(place) for place in range(group.num_columns)]
    return [
        column.path_in_schema
        for column in columns
        if column.path_in_schema in wanted
        and column.physical_type == "BYTE_ARRAY"
        and column.has_dictionary_page
        and column.total_uncompressed_size <= _BYTES_OF_A_CODE * column.num_values
    ]


def _without_columns(rows: int) -> pa.Table:
    """Make a table that has rows and no column."""
    return pa.table({"": pa.nulls(rows)}).select([])

"""Reads columns of any type into what a history holds: words in codes, instants, numbers; judges nothing."""

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as arrow

from leadml.clock import (
    DAY,
    DAY_ONLY,
    LOCAL,
    UNREADABLE,
    ZONED,
    Forms,
    InstantReading,
    Instants,
    known_instants,
    place_local_times,
    read_iso_texts,
)
from leadml.history.encoding import TextEncoder
from leadml.history.tables import NOT_THERE, Mask, Numbers, ShortCodes, TextColumn
from leadml.specs.history_spec import EPOCHS, ISO_8601

_WHOLE_FLOATS = float(2**53)
_PER_UNIT = {"s": 1_000_000, "ms": 1_000, "us": 1, "ns": 1}
_FURTHEST = 2**62
_HOUR_IN_PATTERN = re.compile(r"%[HIcXT]")


def words_of(column: pa.ChunkedArray, meaning: Mapping[str, str] | None = None) -> TextColumn:
    """Read a column as words.

    Parameters
    ----------
    column : Arrow column of any type with plain values, shape (n,)
        Numbers and times are written as a CSV file would hold them: 7 and 7.0 as `7`.
    meaning : mapping of str to str, optional
        Their word: our word; others stay as they are. What `""` says is said of missing texts.

    Returns
    -------
    words : TextColumn, shape (n,)
        Each word that occurs, once. A text that is empty or only space is missing.

    Examples
    --------
    >>> words_of(pa.chunked_array([["MQL", " ", None, "sql"]]), {"MQL": "mql"})
    TextColumn(codes=array([ 0, -1, -1,  1], dtype=int32), words=('mql', 'sql'))
    """
    encoder = TextEncoder()
    chunks = [encoder.add(_as_texts(chunk)) for chunk in column.chunks]
    codes = chunks[0] if len(chunks) == 1 else np.concatenate([*chunks, np.empty(0, np.int32)])
    return _spoken(TextColumn(codes, encoder.words), meaning or {})


def _spoken(column: TextColumn, meaning: Mapping[str, str]) -> TextColumn:
    """Translate words, and keep those that occur."""
    occurs = np.zeros(len(column.words) + 1, dtype=bool)
    occurs[column.codes] = True
    if not meaning and occurs[:-1].all() and "" not in column.words and not any(map(str.isspace, column.words)):
        return column
    code_of: dict[str, int] = {}
    table = np.full(len(column.words) + 1, NOT_THERE, np.int32)
    for code, word in enumerate(column.words):
        if occurs[code] and (ours := meaning.get(word, word)) and not ours.isspace():
            table[code] = code_of.setdefault(ours, len(code_of))
    if nothing := meaning.get(""):
        table[-1] = code_of.setdefault(nothing, len(code_of))
    return TextColumn(table[column.codes], tuple(code_of))


def translated(column: pa.ChunkedArray, meaning: Mapping[str, str]) -> pa.ChunkedArray:
    """Translate the words of a column that will be read as times or numbers."""
    spoken = words_of(column, meaning)
    return pa.chunked_array([as_arrow(spoken)])


def as_arrow(column: TextColumn) -> pa.DictionaryArray:
    """Write words as Arrow does."""
    missing = column.codes == NOT_THERE
    return pa.DictionaryArray.from_arrays(pa.array(column.codes, mask=missing), pa.array(column.words, pa.string()))


def blanks_in(column: pa.ChunkedArray) -> Mask:
    """Mark the values that are missing, empty or only space."""
    marks = [_blank(chunk) for chunk in column.chunks]
    blank: Mask = np.concatenate([*marks, np.empty(0, dtype=bool)])
    return blank


def _blank(chunk: pa.Array) -> Mask:
    if pa.types.is_dictionary(chunk.type):
        inner = np.append(_blank(chunk.dictionary), True)
        return inner[_places(chunk)]
    blank = chunk.is_null()
    if _is_text(chunk.type):
        lengths = arrow.binary_length(arrow.utf8_trim_whitespace(chunk)) if len(chunk) else blank
        blank = arrow.or_(blank, arrow.fill_null(arrow.equal(lengths, 0), True)) if len(chunk) else blank
    elif pa.types.is_floating(chunk.type):
        blank = arrow.or_(blank, arrow.fill_null(arrow.is_nan(chunk), True))
    marks: Mask = blank.to_numpy(zero_copy_only=False)
    return marks


def instants_of(column: pa.ChunkedArray, formats: Sequence[str], *, time_zone: str | None) -> InstantReading:
    """Read a column as times.

    Parameters
    ----------
    column : Arrow column, shape (n,)
        Timestamps, dates, or texts and numbers in one of the formats.
    formats : sequence of str
        `iso_8601`, `epoch_seconds`, `epoch_milliseconds` or patterns of strptime; the first that fits counts.
    time_zone : str or None
        IANA name, for times without an offset.

    Returns
    -------
    reading : InstantReading
        Arrays of shape (n,).

    Examples
    --------
    >>> column = pa.chunked_array([["02.01.1970", "1970-01-01T00:00:01Z"]])
    >>> instants_of(column, ("iso_8601", "%d.%m.%Y"), time_zone="UTC").begins.tolist()
    [86399999999, 1000000]
    """
    if column.num_chunks == 1 and column.type == pa.timestamp("us", "UTC") and not column.null_count:
        return known_instants(np.require(_in_memory(column.chunk(0)), requirements="W"))
    parts = [_written(chunk, formats) for chunk in column.chunks]
    if not parts:
        parts = [(np.empty(0, np.int64), np.empty(0, np.int8))]
    instants, forms = (np.concatenate(each) if len(parts) > 1 else each[0] for each in zip(*parts, strict=True))
    return place_local_times(instants, forms, time_zone=time_zone)


def _written(chunk: pa.Array, formats: Sequence[str]) -> tuple[Instants, Forms]:
    """Read one chunk: microseconds, and what they are."""
    kind = chunk.type
    if pa.types.is_dictionary(kind):
        instants, forms = _written(chunk.dictionary, formats)
        places = _places(chunk)
        return np.append(instants, 0)[places], np.append(forms, np.int8(UNREADABLE))[places]
    if pa.types.is_timestamp(kind):
        values = _integers(chunk)
        if kind.unit == "ns":
            values = values // 1_000
        else:
            furthest = _FURTHEST // _PER_UNIT[kind.unit]
            values = np.clip(values, -furthest, furthest) * _PER_UNIT[kind.unit]
        return values, _forms(chunk, LOCAL if kind.tz is None else ZONED)
    if pa.types.is_date(kind):
        return _integers(chunk.cast(pa.date32())) * DAY, _forms(chunk, DAY_ONLY)
    texts = _as_texts(chunk)
    if pa.types.is_dictionary(texts.type):
        return _written(texts, formats)
    return _read_texts(texts, formats)


def _read_texts(texts: pa.Array, formats: Sequence[str]) -> tuple[Instants, Forms]:
    instants, forms = np.zeros(len(texts), np.int64), np.full(len(texts), UNREADABLE, np.int8)
    for each in formats:
        left = np.flatnonzero(forms == UNREADABLE)
        if not len(left):
            break
        few = texts if len(left) == len(texts) else texts.take(pa.array(left))
        if each == ISO_8601:
            instants[left], forms[left] = read_iso_texts(few)
        else:
            instants[left], forms[left] = _in_pattern(few, each)
    return instants, forms


def _in_pattern(texts: pa.Array, pattern: str) -> tuple[Instants, Forms]:
    """Read texts in a declared format that is not ISO 8601."""
    few = texts.dictionary_encode()
    written = pd.Series(few.dictionary.to_pylist(), dtype="str").str.strip()
    instants, forms = _since_1970(written, EPOCHS[pattern]) if pattern in EPOCHS else _by_pattern(written, pattern)
    places = _places(few)
    return np.append(instants, 0)[places], np.append(forms, np.int8(UNREADABLE))[places]


def _since_1970(written: pd.Series, unit: int) -> tuple[Instants, Forms]:
    times: Numbers = pd.to_numeric(written, errors="coerce").to_numpy(dtype=np.float64) * unit
    readable = np.abs(times) < _FURTHEST
    instants: Instants = np.where(readable, times, 0).round().astype(np.int64, casting="unsafe")
    return instants, np.where(readable, ZONED, UNREADABLE).astype(np.int8)


def _by_pattern(written: pd.Series, pattern: str) -> tuple[Instants, Forms]:
    zoned = "%z" in pattern
    read = pd.to_datetime(written, format=pattern, errors="coerce", utc=zoned)
    read = (read.dt.tz_convert(None) if zoned else read).dt.as_unit("us")
    form = ZONED if zoned else LOCAL if _HOUR_IN_PATTERN.search(pattern) else DAY_ONLY
    readable = read.notna().to_numpy(dtype=bool)
    instants = np.asarray(read.fillna(pd.Timestamp(0)).astype("int64"), dtype=np.int64)
    return instants, np.where(readable, form, UNREADABLE).astype(np.int8)


def numbers_of(column: pa.ChunkedArray) -> Numbers:
    """Read a column as numbers.

    Parameters
    ----------
    column : Arrow column, shape (n,)

    Returns
    -------
    numbers : float array, shape (n,)
        NaN where there is none or it cannot be read; infinite where it is too large.

    Examples
    --------
    >>> numbers_of(pa.chunked_array([["1e3", " -3.5 ", "", "1,5"]])).tolist()
    [1000.0, -3.5, nan, nan]
    """
    parts = [_numbers(chunk) for chunk in column.chunks]
    numbers = parts[0] if len(parts) == 1 else np.concatenate([*parts, np.empty(0)])
    return np.require(numbers, requirements="W")


def _numbers(chunk: pa.Array) -> Numbers:
    kind = chunk.type
    if pa.types.is_dictionary(kind):
        numbers: Numbers = np.append(_numbers(chunk.dictionary), np.nan)[_places(chunk)]
        return numbers
    if pa.types.is_boolean(kind) or pa.types.is_temporal(kind):
        return np.full(len(chunk), np.nan)
    if _is_text(kind):
        return _numbers_in_texts(chunk)
    read: Numbers = chunk.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False).astype(np.float64, copy=False)
    return read


def _numbers_in_texts(texts: pa.Array) -> Numbers:
    trimmed = arrow.utf8_trim_whitespace(texts)
    filled = arrow.if_else(arrow.equal(trimmed, ""), pa.scalar(None, texts.type), trimmed)
    try:
        read: Numbers = filled.cast(pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:  # some are no numbers: slower, but it says which
        read = pd.to_numeric(pd.Series(filled.to_pylist(), dtype="object"), errors="coerce").to_numpy(np.float64)
    return read


def _as_texts(chunk: pa.Array) -> pa.Array:
    """Write values as a CSV file would hold them; what is no text comes as a dictionary of texts."""
    kind = chunk.type
    if _is_text(kind):
        return chunk
    if pa.types.is_dictionary(kind):
        if _is_text(kind.value_type):
            return chunk
        return pa.DictionaryArray.from_arrays(chunk.indices, _plain_texts(chunk.dictionary))
    few = chunk.dictionary_encode()
    return pa.DictionaryArray.from_arrays(few.indices, _plain_texts(few.dictionary))


def _plain_texts(values: pa.Array) -> pa.Array:
    kind = values.type
    if _is_text(kind):
        return values
    if pa.types.is_timestamp(kind):
        zone = "" if kind.tz is None else "Z"
        written = values.cast(pa.timestamp("us", kind.tz), safe=False).cast(pa.timestamp("us")).cast(pa.string())
        return arrow.binary_join_element_wise(written, zone, "")
    if pa.types.is_floating(kind):  # pandas writes whole numbers with gaps as floats; their gaps are NaN
        values = arrow.if_else(arrow.is_nan(values), pa.scalar(None, kind), values).cast(pa.float64())
        whole = arrow.and_(arrow.equal(arrow.floor(values), values), arrow.less(arrow.abs(values), _WHOLE_FLOATS))
        integers = arrow.if_else(whole, values, pa.scalar(None, pa.float64())).cast(pa.int64())
        return arrow.coalesce(integers.cast(pa.string()), values.cast(pa.string()))
    return values.cast(pa.string())


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _places(chunk: pa.DictionaryArray) -> ShortCodes:
    """Give the codes of a dictionary, -1 where the value is missing."""
    indices = chunk.indices.cast(pa.int32())  # some programs write unsigned ones
    places: ShortCodes = arrow.fill_null(indices, NOT_THERE).to_numpy(zero_copy_only=False)
    return places


def _integers(chunk: pa.Array) -> Instants:
    """Copy what lies in memory; it is anything where the value is missing."""
    return _in_memory(chunk).astype(np.int64)


def _in_memory(chunk: pa.Array) -> Instants:
    kind = np.int32 if pa.types.is_date32(chunk.type) else np.int64
    content: Instants = np.frombuffer(chunk.buffers()[1] or b"", dtype=kind)
    return content[chunk.offset : chunk.offset + len(chunk)]


def _forms(chunk: pa.Array, form: int) -> Forms:
    forms: Forms = np.full(len(chunk), form, np.int8)
    if chunk.null_count:
        forms[chunk.is_null().to_numpy(zero_copy_only=False)] = UNREADABLE
    return forms

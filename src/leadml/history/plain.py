"""What the columns of every source must be: each name once, each value a plain one. Read here before any other part."""

from collections.abc import Collection, Sequence

import pyarrow as pa

from leadml.errors import LeadmlError

_IS_BYTES = (
    pa.types.is_binary,
    pa.types.is_large_binary,
    pa.types.is_binary_view,
    pa.types.is_fixed_size_binary,
)
_IS_PLAIN = (
    pa.types.is_null,
    pa.types.is_boolean,
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_decimal,
    pa.types.is_date,
    pa.types.is_time,
    pa.types.is_timestamp,
    pa.types.is_duration,
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_string_view,
)


def unreadable(where: str, problem: str) -> LeadmlError:
    """Say that a file, database or frame is damaged, or holds what no history can.

    Examples
    --------
    >>> unreadable("leads.csv, line 1", "it holds no text").values["file"]
    'leads.csv'
    """
    return LeadmlError("unreadable_file", where=where, file=where.partition(",")[0], problem=problem)


def check_named_once(header: Sequence[str], wanted: Collection[str], *, where: str) -> None:
    """Refuse a wanted column whose name stands there twice: nobody can say which of them is meant.

    Parameters
    ----------
    header : sequence of str
    wanted : collection of str
        Columns; others may stand there as often as they like.
    where : str
        Said in the error.

    Raises
    ------
    LeadmlError
        `unreadable_file`.
    """
    twice = [name for name in dict.fromkeys(header) if name in wanted and header.count(name) > 1]
    if twice:
        raise unreadable(where, f"the column '{twice[0]}' stands there twice")


def check_plain(name: str, kind: pa.DataType, *, where: str) -> None:
    """Refuse a column that holds lists, records, intervals or what a program made up for itself.

    Parameters
    ----------
    name : str
    kind : Arrow type
    where : str
        Said in the error.

    Raises
    ------
    LeadmlError
        `unreadable_file`.
    """
    held = kind.value_type if pa.types.is_dictionary(kind) else kind
    if not (_is_uuid(held) or any(fits(held) for fits in (*_IS_PLAIN, *_IS_BYTES))):
        raise unreadable(where, f"the column '{name}' holds no plain values but {kind}")


def in_plain_columns(rows: pa.Table, *, where: str) -> pa.Table:
    """Write columns in the types that `history.values` reads; most have one already.

    Parameters
    ----------
    rows : pyarrow Table
    where : str
        Said in the error.

    Returns
    -------
    rows : pyarrow Table
        Bytes are texts in UTF-8, a UUID is a text, a half float is a float.

    Raises
    ------
    LeadmlError
        `unreadable_file`, with column and type.

    Examples
    --------
    >>> in_plain_columns(pa.table({"id": pa.array([b"L1"])}), where="frame people")["id"].to_pylist()
    ['L1']
    """
    for place, (field, column) in enumerate(zip(rows.schema, rows.columns, strict=True)):
        check_plain(field.name, field.type, where=where)
        try:
            plain = _plain(column)
        except pa.ArrowInvalid:
            raise unreadable(where, f"the column '{field.name}' holds bytes that are no UTF-8 ({field.type})") from None
        if plain is not column:
            rows = rows.set_column(place, field.name, plain)
    return rows


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Write a column in a plain type; one that has such a type stays what it is."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        plain = _plain(_decoded(column)) if _needs_writing(kind.value_type) else column
    elif _is_uuid(kind):
        plain = pa.chunked_array([_uuids(chunk) for chunk in column.chunks], pa.string())
    elif pa.types.is_float16(kind):
        plain = column.cast(pa.float64())
    elif pa.types.is_large_binary(kind):
        plain = column.cast(pa.large_string())
    elif _needs_writing(kind):
        plain = column.cast(pa.string())
    else:
        plain = column
    return plain


def _decoded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pa.chunked_array([chunk.dictionary_decode() for chunk in column.chunks], column.type.value_type)


def _needs_writing(kind: pa.DataType) -> bool:
    is_half_or_view = pa.types.is_float16(kind) or pa.types.is_string_view(kind)
    return is_half_or_view or _is_uuid(kind) or any(fits(kind) for fits in _IS_BYTES)


def _is_uuid(kind: pa.DataType) -> bool:
    return isinstance(kind, pa.UuidType)


def _uuids(chunk: pa.Array) -> pa.Array:
    return pa.array([None if value is None else str(value) for value in chunk.to_pylist()], pa.string())

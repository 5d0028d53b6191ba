"""Reads DataFrames of a notebook as a file would be read: pandas, Arrow, or any frame that speaks Arrow."""

from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd
import pyarrow as pa

from leadml.errors import LeadmlError, known_words
from leadml.history.plain import check_named_once, in_plain_columns, unreadable
from leadml.history.tables import Codes
from leadml.history.told import Place, RowsRead, Sheet
from leadml.wording.texts import nearest


def read_frame(name: str, frames: Mapping[str, Any], wanted: Collection[str], *, on_rows: RowsRead) -> Sheet:
    """Read some columns of a frame.

    Parameters
    ----------
    name : str
        As history.yaml calls it.
    frames : mapping of name to frame
        Those given to `leadml.open(..., frames=...)`.
    wanted : collection of str
        Columns; those that the frame does not have are left out. An index with a name is a column.
    on_rows : callable of int
        Told how many rows there are.

    Returns
    -------
    sheet : Sheet

    Raises
    ------
    LeadmlError
        `unknown_frame`; `unreadable_file` when it is no frame, or a wanted column stands there twice or holds no
        plain values.
    """
    if name not in frames:
        raise LeadmlError(
            "unknown_frame",
            where=f"history.yaml, frame: {name}",
            frame=name,
            known=known_words(frames) or "-",
            hint=nearest(name, list(frames)),
        )
    frame, shown = frames[name], f"frame {name}"
    if isinstance(frame, pd.DataFrame):
        whole = _with_index(frame)
        header = [str(column) for column in whole.columns]
        check_named_once(header, wanted, where=shown)
        chosen = [place for place, column in enumerate(header) if column in wanted]
        rows = pa.table({header[place]: _column(whole.iloc[:, place]) for place in chosen})
    elif hasattr(frame, "__arrow_c_stream__"):
        whole = pa.table(frame)
        header = list(whole.column_names)
        check_named_once(header, wanted, where=shown)
        rows = whole.select([column for column in header if column in wanted])
    else:
        raise unreadable(shown, f"a {type(frame).__name__} is no DataFrame")
    rows = in_plain_columns(rows, where=shown)
    on_rows(len(whole))

    first = {column: header.index(column) for column in header}  # one that is asked for stands there once

    def originals(rows: Codes) -> pa.Table:
        if isinstance(whole, pd.DataFrame):
            few = whole.iloc[rows]
            return pa.table({column: pa.array(few.iloc[:, place].astype(str)) for column, place in first.items()})
        return whole.select(list(first.values())).take(pa.array(rows))

    return Sheet(shown, tuple(header), rows, lambda row: Place(shown, f"row {row + 1}"), originals)


def _with_index(frame: pd.DataFrame) -> pd.DataFrame:
    """Take an index that has a name for what it is: a column."""
    named = [level for level in frame.index.names if level is not None and level not in frame.columns]
    return frame.reset_index(level=named) if named else frame


def _column(values: pd.Series) -> pa.Array:
    """Give a column its Arrow type; where it mixes types, each value becomes the text that it shows."""
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        in_utc = pa.array(values.dt.tz_convert(None), from_pandas=True)
        return in_utc.cast(pa.timestamp(in_utc.type.unit, "UTC"))
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        return pa.array([None if pd.isna(value) else str(value) for value in values], pa.string())

"""Ties a plan to the words of one history: which code is in which class, and what each word is read as."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from leadml.engine.plan import NUMBER, WORD, Pass, Records, Stream
from leadml.history.tables import Codes, FactTable, Numbers
from leadml.specs.agreement_spec import CriterionSpec, DefinitionsSpec

FILTER = np.dtype([("row", np.int64), ("class_at", np.int64)])
ABSENT = -1  # the row of a column that the table does not have


class Bound(NamedTuple):
    """What compiled code needs to read the words of one table.

    Attributes
    ----------
    filters : FILTER records, one a filter column
        Its row among the table's codes, and where its classes begin in `class_of`, first that of a missing word.
    class_of : int array
        What each word adds to the number of a cell.
    streams : STREAM records
        With the row of codes or values that each reads, and where its words begin in `lookup`, first a missing one.
    lookup : float array
        What each word is read as.
    """

    filters: Records
    class_of: Codes
    streams: Records
    lookup: Numbers


def bind(one: Pass, table: FactTable, definitions: DefinitionsSpec) -> Bound:
    """Tie one pass to one table.

    Parameters
    ----------
    one : Pass
    table : FactTable
    definitions : DefinitionsSpec

    Returns
    -------
    bound : Bound
    """
    text_rows = {column: row for row, column in enumerate(table.words)}
    number_rows = {column: row for row, column in enumerate(table.number_columns)}
    class_of: list[int] = []
    filters = []
    for column, classes in one.classes.items():
        stride = one.strides[column]
        filters.append((text_rows.get(column, ABSENT), len(class_of)))
        class_of.append(0)
        class_of.extend(classes.get(word, 0) * stride for word in table.words.get(column, ()))
    parts: list[Numbers] = []
    place_of: dict[tuple[str, str | CriterionSpec], int] = {}
    size = 0
    numbers: dict[str, Numbers] = {}
    streams = one.layout.streams.copy()
    for record, stream in zip(streams, one.streams, strict=True):
        record["row"] = (number_rows if stream.reads == NUMBER else text_rows).get(stream.column, ABSENT)
        key = (stream.column, stream.gives)
        if stream.reads == WORD and key not in place_of:
            words = table.words.get(stream.column, ())
            reads_numbers = not isinstance(stream.gives, str) or stream.gives == "number"
            if reads_numbers and stream.column not in numbers:
                numbers[stream.column] = np.array([as_number(word) for word in words])
            place_of[key] = size
            parts.append(_meanings(stream, words, numbers.get(stream.column, _NOTHING), definitions))
            size += len(parts[-1])
        record["lookup_at"] = place_of.get(key, 0)
    return Bound(
        np.array(filters, dtype=FILTER), np.array(class_of, dtype=np.int64), streams, np.concatenate([_NOTHING, *parts])
    )


_NOTHING = np.empty(0, dtype=np.float64)


def _meanings(stream: Stream, words: Sequence[str], numbers: Numbers, definitions: DefinitionsSpec) -> Numbers:
    """Say what each word is read as; first, what a missing word is."""
    if stream.gives == "code":
        return np.concatenate([[np.nan], np.arange(len(words), dtype=np.float64)])
    if stream.gives == "number":
        return np.concatenate([[np.nan], numbers])
    if stream.gives == "rank":
        rank_of = _ranks(stream.column, definitions)
        return np.array([np.nan, *(rank_of.get(word, np.nan) for word in words)])
    criterion = stream.gives
    assert isinstance(criterion, CriterionSpec)  # noqa: S101 - a fact about this package, not about input
    return np.concatenate([[np.nan], _holds(criterion, words, numbers)])


def as_number(word: str) -> float:
    """Read a number; a word, and what is too large for a number, is none.

    Examples
    --------
    >>> as_number("1e3"), as_number("many")
    (1000.0, nan)
    """
    try:
        number = float(word)
    except ValueError:
        return np.nan
    return number if np.isfinite(number) else np.nan


def _holds(criterion: CriterionSpec, words: Sequence[str], numbers: Numbers) -> Numbers:
    """Tell of each word whether a criterion holds; unknown where a number is asked for and none is there."""
    holds = np.ones(len(words))
    if criterion.at_least is not None or criterion.at_most is not None:
        low = -np.inf if criterion.at_least is None else criterion.at_least
        high = np.inf if criterion.at_most is None else criterion.at_most
        holds = np.where(np.isnan(numbers), np.nan, (numbers >= low) & (numbers <= high))
    if criterion.any_of is not None:
        named = set(criterion.any_of)
        holds = np.where(np.array([word in named for word in words], dtype=bool), holds, 0.0)
    return holds


def _ranks(column: str, definitions: DefinitionsSpec) -> dict[str, float]:
    order = {"lifecycle_stage": definitions.lifecycle_stages, "journey_stage": tuple(definitions.buyers_journey)}
    return {word: float(rank) for rank, word in enumerate(order.get(column, ()), start=1)}

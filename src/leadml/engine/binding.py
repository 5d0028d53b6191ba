"""Ties a plan to the words of one history: which code is in which class, and what each word is read as."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from leadml.engine.plan import NUMBER, WORD, Pass, Records
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
    streams = one.layout.streams.copy()
    lookups, size = [_NOTHING], 0
    for (reads, column, gives), numbers_of_streams in one.readings.items():
        streams["row"][numbers_of_streams] = (number_rows if reads == NUMBER else text_rows).get(column, ABSENT)
        if reads == WORD:
            streams["lookup_at"][numbers_of_streams] = size
            lookups.append(_meanings(column, gives, table, definitions))
            size += len(lookups[-1])
    return Bound(np.array(filters, dtype=FILTER), np.array(class_of, dtype=np.int64), streams, np.concatenate(lookups))


_NOTHING = np.empty(0, dtype=np.float64)


def _meanings(column: str, gives: str | CriterionSpec, table: FactTable, definitions: DefinitionsSpec) -> Numbers:
    """Say what each word of a column is read as; first, what a missing word is."""
    words = table.words.get(column, ())
    if gives == "code":
        return np.concatenate([[np.nan], np.arange(float(len(words)))])
    if gives == "rank":
        rank_of = _ranks(column, definitions)
        return np.array([np.nan, *(rank_of.get(word, np.nan) for word in words)])
    numbers = table.words_as_numbers(column)
    if isinstance(gives, CriterionSpec):
        numbers = _holds(gives, words, numbers)
    return np.concatenate([[np.nan], numbers])


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

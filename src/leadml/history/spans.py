"""Finds the facts of a lead between two instants, for many leads at once. Compiled, as there are millions."""

import numpy as np
from numba import njit

from leadml.clock import Instants
from leadml.history.tables import Codes, FactTable, Mask

# What `latest_in` says of no fact at all: before every instant.
NO_FACT = np.iinfo(np.int64).min


@njit("int64[::1](int64[::1], int64[::1], int64[::1], int64[::1])", cache=True, nogil=True)
def _first_rows(first: Codes, happened_at: Instants, leads: Codes, instants: Instants) -> Codes:
    rows = np.empty(leads.size, np.int64)
    for place in range(leads.size):
        low, high = first[leads[place]], first[leads[place] + 1]
        while low < high:
            middle = (low + high) // 2
            if happened_at[middle] < instants[place]:
                low = middle + 1
            else:
                high = middle
        rows[place] = low
    return rows


@njit("int64[::1](int64[::1], int64[::1], int64[::1], int64)", cache=True, nogil=True)
def _latest(known_at: Instants, low: Codes, high: Codes, nothing: int) -> Instants:
    latest = np.empty(low.size, np.int64)
    for place in range(low.size):
        latest[place] = nothing
        for row in range(low[place], high[place]):
            latest[place] = max(latest[place], known_at[row])
    return latest


def rows_from(table: FactTable, leads: Codes, instants: Instants) -> Codes:
    """Find each lead's first fact that happened at an instant or after it.

    Parameters
    ----------
    table : FactTable
    leads : int array, shape (n,)
    instants : int array, shape (n,), UTC microseconds

    Returns
    -------
    rows : int array, shape (n,)
        `table.first[lead + 1]` where no fact follows: the end of the lead's rows. So the facts in
        `[start, end)` are the rows from `rows_from(..., start)` to `rows_from(..., end)`.

    Examples
    --------
    >>> first, times = np.array([0, 2, 3]), np.array([10, 20, 10])
    >>> table = FactTable(first, times, times, {}, np.empty((0, 3), np.int32), (), np.empty((0, 3)))
    >>> rows_from(table, np.array([0, 0, 1]), np.array([20, 21, 5])).tolist()
    [1, 2, 2]
    """
    rows: Codes = _first_rows(
        np.ascontiguousarray(table.first, np.int64),
        np.ascontiguousarray(table.happened_at, np.int64),
        np.ascontiguousarray(leads, np.int64),
        np.ascontiguousarray(instants, np.int64),
    )
    return rows


def latest_in(known_at: Instants, low: Codes, high: Codes) -> Instants:
    """Find when the last fact of each range of rows became known.

    Parameters
    ----------
    known_at : int array, shape (n_facts,), UTC microseconds
    low, high : int array, shape (n,)
        Rows `low[i]:high[i]`.

    Returns
    -------
    latest : int array, shape (n,), UTC microseconds
        `NO_FACT` where a range is empty.

    Examples
    --------
    >>> latest_in(np.array([30, 10, 20]), np.array([0, 1, 2]), np.array([2, 3, 2])).tolist()[:2]
    [30, 20]
    """
    latest: Instants = _latest(
        np.ascontiguousarray(known_at, np.int64),
        np.ascontiguousarray(low, np.int64),
        np.ascontiguousarray(high, np.int64),
        NO_FACT,
    )
    return latest


def only(table: FactTable, kept: Mask) -> FactTable:
    """Take some facts of a table, with their times alone.

    Parameters
    ----------
    table : FactTable
    kept : bool array, shape (n_facts,)

    Returns
    -------
    some : FactTable
        In the same order; without words and numbers.
    """
    rows = np.flatnonzero(kept)
    return FactTable(
        first=np.searchsorted(rows, table.first),
        happened_at=table.happened_at[rows],
        known_at=table.known_at[rows],
        words={},
        codes=np.empty((0, len(rows)), np.int32),
        number_columns=(),
        values=np.empty((0, len(rows))),
    )

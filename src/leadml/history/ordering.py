"""Puts rows in the order that every table of a history has: by lead, then by time. Compiled, as there are millions."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from operator import lt

import numpy as np
import numpy.typing as npt
from numba import njit

from leadml.clock import Instants
from leadml.history.tables import NOT_THERE, Codes, Mask, ShortCodes, TextColumn

_FEW = 48  # up to so many rows of one lead, shifting each into its place is the fastest way to sort
_MANY = 1 << 18  # rows that are worth threads
_AT_ONCE = 1 << 19  # rows that are put in place at once: they stay in the processor's cache


@njit("void(int32[::1], int64[::1], int64, int64, int64[::1], int64[::1], int64[::1])", cache=True, nogil=True)
def _put_in_order(  # noqa: PLR0913 - compiled code takes arrays instead of objects
    leads: ShortCodes, happened_at: Instants, low: int, high: int, first: Codes, order: Codes, times: Instants
) -> None:
    """Find the rows of the leads `low:high`, and sort those of each lead by time."""
    free = first[low:high].copy()
    for row in range(leads.size):
        lead = leads[row]
        if low <= lead < high:
            place = free[lead - low]
            order[place], times[place] = row, happened_at[row]
            free[lead - low] = place + 1
    for lead in range(low, high):
        begin, end = first[lead], first[lead + 1]
        if end - begin > _FEW:
            by_time = np.argsort(times[begin:end], kind="mergesort")
            order[begin:end], times[begin:end] = order[begin:end][by_time], times[begin:end][by_time]
            continue
        for place in range(begin + 1, end):
            time, row = times[place], order[place]
            before = place - 1
            while before >= begin and times[before] > time:
                times[before + 1], order[before + 1] = times[before], order[before]
                before -= 1
            times[before + 1], order[before + 1] = time, row


@njit("int64[::1](int32[::1], int64)", cache=True, nogil=True)
def rows_of_leads(leads: ShortCodes, size: int) -> Codes:
    """Count the rows of each lead, and say where those of each begin once they are in order.

    Parameters
    ----------
    leads : int32 array, shape (n,)
        Positions of leads, all below `size`.
    size : int
        Number of leads.

    Returns
    -------
    first : int array, shape (size + 1,)
        Lead `i` will have the places `first[i]:first[i + 1]`.

    Examples
    --------
    >>> rows_of_leads(np.array([1, 0, 1], np.int32), 3).tolist()
    [0, 1, 3, 3]
    """
    first = np.zeros(size + 1, np.int64)
    for lead in leads:
        first[lead + 1] += 1
    for lead in range(size):
        first[lead + 1] += first[lead]
    return first


def by_lead_and_time(leads: ShortCodes, happened_at: Instants, size: int) -> tuple[Codes, Codes, Instants]:
    """Sort rows by lead and time; rows of one lead and instant stay as they came.

    Parameters
    ----------
    leads : int32 array, shape (n,)
        Positions of leads, all below `size`.
    happened_at : int array, shape (n,), UTC microseconds
    size : int
        Number of leads.

    Returns
    -------
    first : int array, shape (size + 1,)
        Rows of lead `i` are `order[first[i]:first[i + 1]]`.
    order : int array, shape (n,)
    times : int array, shape (n,), UTC microseconds
        `happened_at[order]`.

    Examples
    --------
    >>> first, order, times = by_lead_and_time(np.array([1, 0, 1], np.int32), np.array([7, 9, 5]), 2)
    >>> first.tolist(), order.tolist(), times.tolist()
    ([0, 1, 3], [1, 2, 0], [9, 5, 7])
    """
    leads, happened_at = np.ascontiguousarray(leads), np.ascontiguousarray(happened_at)
    first = rows_of_leads(leads, size)
    if len(leads) < 2:
        return first, np.arange(len(leads)), happened_at
    order, times = np.empty(len(leads), np.int64), np.empty(len(leads), np.int64)
    if len(leads) < _MANY:
        _put_in_order(leads, happened_at, 0, size, first, order, times)
        return first, order, times
    cuts = np.unique(np.searchsorted(first, np.arange(0, len(leads), _AT_ONCE)[1:]))
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        list(
            threads.map(
                lambda part: _put_in_order(leads, happened_at, part[0], part[1], first, order, times),
                pairwise([0, *cuts.tolist(), size]),
            )
        )
    return first, order, times


def take_all(columns: Sequence[npt.NDArray[np.generic]], order: Codes, into: Sequence[npt.NDArray[np.generic]]) -> None:
    """Write `column[order]` of several columns at once.

    Parameters
    ----------
    columns : sequence of array, each of shape (n_rows,)
    order : int array, shape (n,)
    into : sequence of array, each of shape (n,)
    """

    def take(place: int) -> None:
        # Without "clip" the result is written twice; `order` holds rows that exist.
        columns[place].take(order, out=into[place], mode="clip")

    if len(order) < _MANY:
        list(map(take, range(len(columns))))
        return
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        list(threads.map(take, range(len(columns))))


@njit("bool_[::1](int64[::1], int64[::1])", cache=True, nogil=True)
def of_one_instant(first: Codes, happened_at: Instants) -> Mask:
    """Mark the rows that share lead and instant with a neighbour.

    Parameters
    ----------
    first : int array, shape (n_leads + 1,)
    happened_at : int array, shape (n,), UTC microseconds
        In the order of `by_lead_and_time`.

    Returns
    -------
    tied : bool array, shape (n,)

    Examples
    --------
    >>> of_one_instant(np.array([0, 2, 3]), np.array([5, 5, 5])).tolist()
    [True, True, False]
    """
    tied = np.zeros(len(happened_at), np.bool_)
    for lead in range(first.size - 1):
        for place in range(first[lead] + 1, first[lead + 1]):
            if happened_at[place] == happened_at[place - 1]:
                tied[place - 1] = tied[place] = True
    return tied


def in_alphabet(text: TextColumn) -> TextColumn:
    """Sort the words of a column, leaving out those that no row has; a column in order stays as it is.

    Examples
    --------
    >>> in_alphabet(TextColumn(np.array([2, 0, -1], np.int32), ("phone", "fax", "email")))
    TextColumn(codes=array([ 0,  1, -1], dtype=int32), words=('email', 'phone'))
    """
    if all(map(lt, text.words, text.words[1:])):
        return text
    occurs = np.zeros(len(text.words) + 1, dtype=bool)
    occurs[text.codes] = True
    alphabet = sorted(np.flatnonzero(occurs[:-1]).tolist(), key=text.words.__getitem__)
    rank = np.full(len(text.words) + 1, NOT_THERE, dtype=np.int32)
    rank[alphabet] = np.arange(len(alphabet))
    return TextColumn(rank[text.codes], tuple(text.words[code] for code in alphabet))


def equal(one: npt.NDArray[np.generic], other: npt.NDArray[np.generic]) -> Mask:
    """Compare element by element; a missing number equals a missing number.

    Examples
    --------
    >>> equal(np.array([1.0, np.nan]), np.array([2.0, np.nan])).tolist()
    [False, True]
    """
    same: Mask = (one == other) | ((one != one) & (other != other))
    return same

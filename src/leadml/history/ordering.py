"""Puts rows in the order that every table of a history has: by lead, then by time. Compiled, as there are millions."""

import numpy as np
from numba import njit

from leadml.clock import Instants
from leadml.history.tables import Codes, Mask, ShortCodes

_FEW = 48  # up to so many rows of one lead, shifting each into its place is the fastest way to sort


@njit("Tuple((int64[::1], int64[::1]))(int32[::1], int64[::1], int64)", cache=True, nogil=True)
def by_lead_and_time(leads: ShortCodes, happened_at: Instants, size: int) -> tuple[Codes, Codes]:
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
    """
    first = np.zeros(size + 1, np.int64)
    for lead in leads:
        first[lead + 1] += 1
    for lead in range(size):
        first[lead + 1] += first[lead]
    free = first[:-1].copy()
    order = np.empty(leads.size, np.int64)
    times = np.empty(leads.size, np.int64)
    for row in range(leads.size):
        place = free[leads[row]]
        order[place] = row
        times[place] = happened_at[row]
        free[leads[row]] += 1
    for lead in range(size):
        low, high = first[lead], first[lead + 1]
        if high - low > _FEW:
            sorted_ = np.argsort(times[low:high], kind="mergesort")
            order[low:high] = order[low:high][sorted_]
            continue
        for place in range(low + 1, high):
            time, row = times[place], order[place]
            before = place - 1
            while before >= low and times[before] > time:
                times[before + 1], order[before + 1] = times[before], order[before]
                before -= 1
            times[before + 1], order[before + 1] = time, row
    return first, order


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
    as_before = np.zeros(len(happened_at) + 1, dtype=bool)
    as_before[1:-1] = happened_at[1:] == happened_at[:-1]
    as_before[first] = False
    tied: Mask = as_before[:-1] | as_before[1:]
    return tied

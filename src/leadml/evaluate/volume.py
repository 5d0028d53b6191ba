"""Two lists at equal volume: each week sales takes as many leads from either, and what became of them is counted."""

from dataclasses import dataclass

import numpy as np

from leadml.evaluate.drawn import Became, drawn_leads
from leadml.evaluate.judging import Figure, as_figure
from leadml.history.tables import Codes, Mask, Numbers

_DRAWS = 1000


@dataclass(frozen=True)
class Taken:
    """What sales would have taken from one list.

    Attributes
    ----------
    leads : int
    ready : int
        Of these, those that became ready.
    precision : Figure or None
        Share that became ready; weighed where weights are given.
    """

    leads: int
    ready: int
    precision: Figure | None


@dataclass(frozen=True)
class Swap:
    """Who changes when one list replaces another.

    Attributes
    ----------
    enter, leave, stay : int
        Leads that only the first list, only the second, or both would have taken.
    enter_ready, leave_ready, stay_ready : int
        Of these, those that became ready; of `stay`, as the first list took them.
    gain : Figure or None
        How much larger the share that became ready is in the first list.
    """

    enter: int
    leave: int
    stay: int
    enter_ready: int
    leave_ready: int
    stay_ready: int
    gain: Figure | None


def take(ranking: Numbers, weeks: Codes, leads: Codes, a_week: int, *, seed: int = 7) -> Mask:
    """Take the best leads of each week, each lead once.

    Parameters
    ----------
    ranking : float array, shape (n,)
        The highest first; equal ones in an order drawn by lot.
    weeks : int array, shape (n,)
        When each snapshot was scored.
    leads : int array, shape (n,)
        Whose snapshots these are.
    a_week : int
        Capacity; a week with fewer leads leaves some of it over.
    seed : int

    Returns
    -------
    taken : bool array, shape (n,)
        One snapshot of each lead taken: the best of the week in which it was.

    Examples
    --------
    >>> take(np.array([3.0, 2.0, 1.0, 9.0]), np.array([1, 1, 2, 2]), np.array([5, 6, 6, 5]), 1).tolist()
    [True, False, True, False]
    """
    lot = np.random.default_rng(seed).random(len(ranking))
    order = np.lexsort((lot, -ranking, weeks))
    taken, gone = np.zeros(len(ranking), dtype=bool), set[int]()
    week, left = None, 0
    for row, of_week, lead in zip(order.tolist(), weeks[order].tolist(), leads[order].tolist(), strict=True):
        if of_week != week:
            week, left = of_week, a_week
        if left and lead not in gone:
            taken[row] = True
            gone.add(lead)
            left -= 1
    return taken


def what_became(taken: Mask, became: Became, *, seed: int = 7) -> Taken:
    """Count the leads that one list gave sales.

    Parameters
    ----------
    taken : bool array, shape (n,)
    became : Became
    seed : int

    Returns
    -------
    taken : Taken
    """
    shares = _shares(taken[None], became, seed)
    return Taken(int(taken.sum()), int(became.ready[taken].sum()), as_figure(float(shares[0, 0]), shares[1:, 0]))


def swap(first: Mask, second: Mask, became: Became, *, seed: int = 7) -> Swap:
    """Tell who enters and who leaves when the first list replaces the second.

    Parameters
    ----------
    first, second : bool array, shape (n,)
        From `take`, of the same snapshots.
    became : Became
    seed : int

    Returns
    -------
    swap : Swap
    """
    ours, theirs = (np.isin(became.leads, became.leads[taken]) for taken in (first, second))
    enter, leave, stay = first & ~theirs, second & ~ours, first & theirs
    shares = _shares(np.array([first, second]), became, seed)
    gains = shares[:, 0] - shares[:, 1]
    return Swap(
        enter=int(enter.sum()),
        leave=int(leave.sum()),
        stay=int(stay.sum()),
        enter_ready=int(became.ready[enter].sum()),
        leave_ready=int(became.ready[leave].sum()),
        stay_ready=int(became.ready[stay].sum()),
        gain=as_figure(float(gains[0]), gains[1:]),
    )


def _shares(lists: Mask, became: Became, seed: int) -> Numbers:
    """Share that became ready of each list, shape (1 + n_draws, n_lists): as it is, then as leads are drawn."""
    chosen, found = lists.T.astype(np.float64), []
    for portion in (np.ones((1, len(became.ready))), *drawn_leads(became.leads, draws=_DRAWS, seed=seed)):
        drawn = portion * became.weights
        every, ready = drawn @ chosen, (drawn * became.ready) @ chosen
        found.append(np.divide(ready, every, out=np.full(every.shape, np.nan), where=every > 0))
    return np.concatenate(found)

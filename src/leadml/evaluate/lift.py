"""How many of the ready leads the top of a list holds: the curve that sales reads as "call so many, find so many"."""

from dataclasses import dataclass

import numpy as np

from leadml.history.tables import Codes, Numbers

_SHARES = np.linspace(0.05, 1.0, 20)


@dataclass(frozen=True)
class LiftPoint:
    """The top of a list.

    Attributes
    ----------
    share : float in (0, 1]
        Part of the list.
    found : float in [0, 1]
        Part of the ready leads that stand in it.
    lift : float
        found / share: how many times more than by chance.
    """

    share: float
    found: float
    lift: float


def lift_curve(ready: Numbers, ranking: Numbers, ages: Codes, weights: Numbers) -> tuple[LiftPoint, ...]:
    """Measure the top of a list at every twentieth, as the mean of ages.

    Parameters
    ----------
    ready : array of 0 and 1, shape (n,)
    ranking : float array, shape (n,)
        Ties at the cut count by their share.
    ages : int array, shape (n,)
        Only snapshots of one age are in one list; ages without a ready lead say nothing.
    weights : float array, shape (n,)

    Returns
    -------
    points : tuple of LiftPoint, by rising share

    Examples
    --------
    >>> points = lift_curve(np.array([1.0, 0.0, 1.0, 0.0]), np.array([4.0, 3.0, 2.0, 1.0]), np.zeros(4), np.ones(4))
    >>> [(point.share, point.found) for point in points if point.share in (0.25, 0.5, 1.0)]
    [(0.25, 0.5), (0.5, 0.5), (1.0, 1.0)]
    """
    found = []
    for age in np.unique(ages):
        chosen = np.flatnonzero((ages == age) & (weights > 0))
        happened = weights[chosen] * ready[chosen]
        if happened.sum() == 0:
            continue
        _, place = np.unique(-ranking[chosen], return_inverse=True)
        every, became = np.bincount(place, weights[chosen]), np.bincount(place, happened)
        listed = np.concatenate([[0.0], np.cumsum(every) / every.sum()])
        found.append(np.interp(_SHARES, listed, np.concatenate([[0.0], np.cumsum(became) / became.sum()])))
    if not found:
        return ()
    mean = np.mean(found, axis=0)
    return tuple(
        LiftPoint(round(float(share), 2), float(part), float(part / share))
        for share, part in zip(_SHARES, mean, strict=True)
    )

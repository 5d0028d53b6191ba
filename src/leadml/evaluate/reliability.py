"""What was said against what happened: chances of about the same size, and how many of those leads became ready."""

from dataclasses import dataclass

import numpy as np

from leadml.evaluate.drawn import drawn_leads
from leadml.evaluate.judging import Figure, as_figure
from leadml.history.tables import Codes, Numbers

_GROUPS, _DRAWS = 10, 300


@dataclass(frozen=True)
class ReliabilityPoint:
    """Snapshots whose chances were about the same.

    Attributes
    ----------
    said : float in [0, 1]
        Their mean chance.
    happened : Figure
        Share of them that became ready, with its 95 % interval.
    snapshots : int
    """

    said: float
    happened: Figure
    snapshots: int


def reliability(
    ready: Numbers, probability: Numbers, leads: Codes, *, weights: Numbers | None = None, seed: int = 7
) -> tuple[ReliabilityPoint, ...]:
    """Cut snapshots into ten groups of about the same size by their chance.

    Parameters
    ----------
    ready : array of 0 and 1, shape (n,)
    probability : float array, shape (n,)
    leads : int array, shape (n,)
        Snapshots of one lead are drawn together.
    weights : float array, shape (n,), optional
        Default: each counts the same.
    seed : int

    Returns
    -------
    points : tuple of ReliabilityPoint, by rising chance
        Fewer than ten where many chances are equal: equal ones stay together.

    Examples
    --------
    >>> said = np.repeat([0.2, 0.6], 50)
    >>> points = reliability(np.tile([0.0, 0.0, 1.0, 1.0, 0.0], 20), said, np.arange(100))
    >>> [(round(point.said, 1), round(point.happened.value, 1)) for point in points]
    [(0.2, 0.4), (0.6, 0.4)]
    """
    weights = np.ones(len(ready)) if weights is None else weights
    ends = np.unique(np.quantile(probability, np.linspace(0, 1, _GROUPS + 1)[1:], method="inverted_cdf"))
    group = np.searchsorted(ends, probability)
    named, group = np.unique(group, return_inverse=True)
    shares = []
    for drawn in drawn_leads(leads, draws=_DRAWS, seed=seed):
        for row in drawn * weights:
            every = np.bincount(group, row, minlength=len(named))
            yes = np.bincount(group, row * ready, minlength=len(named))
            shares.append(np.divide(yes, every, out=np.full(len(named), np.nan), where=every > 0))
    points = []
    for place, of in enumerate(np.array(shares).T):
        chosen = group == place
        mean = float(np.average(probability[chosen], weights=weights[chosen]))
        happened = as_figure(float(np.average(ready[chosen], weights=weights[chosen])), of)
        if happened is not None:
            points.append(ReliabilityPoint(mean, happened, int(chosen.sum())))
    return tuple(points)

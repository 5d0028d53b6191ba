"""Whether groups of leads are treated alike: who is handed over, how often rightly, and with how true a chance."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from leadml.dataset import TrainingSet
from leadml.evaluate.drawn import drawn_leads
from leadml.evaluate.judging import Figure, Measures, as_figure
from leadml.evaluate.segments import Groups, members
from leadml.history.tables import Codes, Mask, Numbers

FEWEST_LEADS = 50


@dataclass(frozen=True)
class Treatment:
    """How the first contestant treats one group.

    Attributes
    ----------
    view : str
        Such as `country`.
    name : str or None
        None of those of whom it is not known.
    leads, snapshots, ready : int
        `ready` counts leads.
    handed_over : Figure or None
        Share of the group that would be handed over to sales.
    precision : Figure or None
        Share of those that became ready; None where nobody would be handed over.
    said_to_happened : Figure or None
        Mean chance given / share that became ready; 1 is right, above 1 the group is thought better of than it is.
        None where nobody became ready.
    not_shown : str or None
        `fewer_than_50_leads` where the group is counted alone.
    """

    view: str
    name: str | None
    leads: int
    snapshots: int
    ready: int
    handed_over: Figure | None = None
    precision: Figure | None = None
    said_to_happened: Figure | None = None
    not_shown: str | None = None


def treatment(
    test: TrainingSet, probability: Numbers, handed_over: Mask, groups: Groups, *, measures: Measures | None = None
) -> tuple[Treatment, ...]:
    """Set the groups side by side.

    All groups are measured under the same draws of leads. Each age weighs the same, so that an age at which many
    are open does not decide alone.

    Parameters
    ----------
    test : TrainingSet, n snapshots
    probability : float array, shape (n,)
    handed_over : bool array, shape (n,)
        Whether the score recommends the hand-over.
    groups : mapping of view to sequence of str or None, each of length n
    measures : Measures, optional
        Draws and seed.

    Returns
    -------
    treatments : tuple of Treatment
        View by view, the largest group first.
    """
    measures = measures or Measures()
    of_age = 1.0 / np.maximum(np.bincount(test.snapshots.ages, minlength=len(test.snapshots.age_names)), 1)
    weights = of_age[test.snapshots.ages]
    columns = np.column_stack([np.ones(len(test)), handed_over, handed_over * test.ready, probability, test.ready])
    told = list(_groups(test, groups))
    samples: list[list[Numbers]] = [[] for _ in told]
    for drawn in drawn_leads(test.snapshots.leads, draws=measures.draws, seed=measures.seed):
        for (_, index), found in zip(told, samples, strict=True):
            found.append((drawn[:, index] * weights[index]) @ columns[index])
    return tuple(
        _figures(group, weights[index] @ columns[index], np.concatenate(found) if found else np.zeros((0, 5)))
        for (group, index), found in zip(told, samples, strict=True)
    )


def in_top_share(ranking: Numbers, ages: Codes, top_share: float) -> Mask:
    """Mark the top of the list at each age, for agreements whose bands recommend no hand-over.

    Parameters
    ----------
    ranking : float array, shape (n,)
    ages : int array, shape (n,)
    top_share : float in (0, 1]

    Returns
    -------
    top : bool array, shape (n,)
        Who ties with the last of the top is in it.

    Examples
    --------
    >>> in_top_share(np.array([3.0, 2.0, 1.0, 0.0]), np.zeros(4, int), 0.5).tolist()
    [True, True, False, False]
    """
    top = np.zeros(len(ranking), dtype=bool)
    for age in np.unique(ages):
        rows = np.flatnonzero(ages == age)
        last = max(1, round(top_share * len(rows)))
        top[rows] = ranking[rows] >= np.sort(ranking[rows])[-last]
    return top


def _groups(test: TrainingSet, groups: Groups) -> Iterator[tuple[Treatment, Codes]]:
    for view, names in groups.items():
        for name, index in members(names):
            leads = test.snapshots.leads[index]
            ready = len(np.unique(leads[test.ready[index] > 0]))
            yield Treatment(view, name, len(np.unique(leads)), len(index), ready), index


def _figures(group: Treatment, point: Numbers, drawn: Numbers) -> Treatment:
    if group.leads < FEWEST_LEADS:
        return replace(group, not_shown="fewer_than_50_leads")
    return replace(
        group,
        handed_over=_share(point, drawn, 1, 0),
        precision=_share(point, drawn, 2, 1),
        said_to_happened=_share(point, drawn, 3, 4),
    )


def _share(point: Numbers, drawn: Numbers, above: int, below: int) -> Figure | None:
    together = np.vstack([point, drawn])
    shares = np.full(len(together), np.nan)
    np.divide(together[:, above], together[:, below], out=shares, where=together[:, below] > 0)
    return as_figure(shares[0], shares[1:])

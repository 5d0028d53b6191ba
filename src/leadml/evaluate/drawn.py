"""Each measure under many weights at once: what makes a thousand bootstrap draws cheap.

Weights have the shape (n_draws, n): a row says how often each snapshot counts in one draw. A measure that a draw
does not have, such as the AUC of leads of one kind, is NaN there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from leadml.agreement.scale import probability as chance_of
from leadml.history.tables import Codes, Numbers

_NEWTON_STEPS = 30
_CLOSE_ENOUGH = 1e-9
_STEEPEST = 100.0  # a slope beyond it comes of answers that one threshold separates: there is no likeliest slope
_SMALLEST = float(np.finfo(np.float64).eps)  # chances are held so far from 0 and 1, as scikit-learn does


class Became(NamedTuple):
    """What became of snapshots.

    Attributes
    ----------
    ready : array of 0 and 1, shape (n,)
    leads : int array, shape (n,)
        Whose snapshots these are: drawn together, never one by one.
    weights : float array, shape (n,)
        Such as one over the chance of being worked; ones where each counts the same.
    """

    ready: Numbers
    leads: Codes
    weights: Numbers


class Ranking:
    """Snapshots grouped once by stratum and equal rank; only pairs of one stratum are compared.

    Parameters
    ----------
    ready : array of 0 and 1, shape (n,)
    ranking : float array, shape (n,)
        Higher means readier. Ties count half, at the cut by their share.
    strata : int array, shape (n,), optional
        Default: all are of one.
    """

    def __init__(self, ready: Numbers, ranking: Numbers, strata: Codes | None = None) -> None:
        strata = np.zeros(len(ready), np.int64) if strata is None else strata
        self._order = np.lexsort((-ranking, strata))
        ranking, strata = ranking[self._order], strata[self._order]
        self._ready = ready[self._order]
        anew = np.ones(len(ready), dtype=bool)
        anew[1:] = strata[1:] != strata[:-1]
        stratum_starts = np.flatnonzero(anew)
        anew[1:] |= ranking[1:] != ranking[:-1]
        self._starts = np.flatnonzero(anew)
        self._strata = np.searchsorted(self._starts, stratum_starts)  # the first group of each
        last = np.append(self._strata[1:], len(self._starts)) - 1
        self._last = np.repeat(last, np.diff(np.append(self._strata, len(self._starts))))

    def under(self, weights: Numbers) -> "Listed":
        """Weigh the list, best rank first, for every draw: weights of shape (n_draws, n)."""
        every = weights[:, self._order]
        ready = every * self._ready
        if len(self._starts) < len(self._order):
            every = np.add.reduceat(every, self._starts, axis=1)
            ready = np.add.reduceat(ready, self._starts, axis=1)
        return Listed(ready, every, self._strata, self._last)


@dataclass(frozen=True)
class Listed:
    """The list of each draw, best rank first: what ranking is measured on.

    Attributes
    ----------
    ready, every : float array, shape (n_draws, n_groups)
        Weight of ready and of all snapshots that tie at a rank.
    strata : int array
        The first group of each stratum.
    last : int array, shape (n_groups,)
        The last group of the stratum of each.
    """

    ready: Numbers
    every: Numbers
    strata: Codes
    last: Codes

    def auc(self) -> Numbers:
        """Share of the pairs of one stratum in which the ready lead stands above, shape (n_draws,)."""
        others = self.every - self.ready
        so_far = np.cumsum(others, axis=1)
        below = (so_far[:, -1:] if len(self.strata) == 1 else so_far[:, self.last]) - so_far + 0.5 * others
        above = np.einsum("ij,ij->i", self.ready, below)
        return _ratio(above, np.einsum("ij,ij->i", self._by_stratum(self.ready), self._by_stratum(others)))

    def _by_stratum(self, weights: Numbers) -> Numbers:
        if len(self.strata) == 1:
            return _sum(weights)[:, None]
        summed: Numbers = np.add.reduceat(weights, self.strata, axis=1)
        return summed

    def average_precision(self) -> Numbers:
        """Mean precision at each ready lead, shape (n_draws,)."""
        precision = _ratio(np.cumsum(self.ready, axis=1), np.cumsum(self.every, axis=1), nothing=0.0)
        return _ratio(np.einsum("ij,ij->i", self.ready, precision), _sum(self.ready))

    def precision(self, top_share: float) -> Numbers:
        """Share of ready leads in the top of the list, shape (n_draws,)."""
        cut = top_share * _sum(self.every)
        inside = np.clip(cut[:, None] - (np.cumsum(self.every, axis=1) - self.every), 0, self.every)
        return _ratio(np.einsum("ij,ij->i", self.ready, _ratio(inside, self.every, nothing=0.0)), cut)

    def lift(self, top_share: float) -> Numbers:
        """Precision in the top of the list, as a multiple of that of the whole; shape (n_draws,)."""
        return _ratio(self.precision(top_share), _ratio(_sum(self.ready), _sum(self.every)))


class Chances:
    """What was said of each snapshot beside what happened.

    Parameters
    ----------
    ready : array of 0 and 1, shape (n,)
    probability : float array in [0, 1], shape (n,)
    """

    def __init__(self, ready: Numbers, probability: Numbers) -> None:
        inside = np.clip(probability, _SMALLEST, 1 - _SMALLEST)
        self._ready = ready
        self._squares = (probability - ready) ** 2
        self._losses = -(ready * np.log(inside) + (1 - ready) * np.log1p(-inside))
        self._surprise = (ready - probability) * (1 - 2 * probability)
        self._expected = (1 - 2 * probability) ** 2 * probability * (1 - probability)
        margin = np.log(inside) - np.log1p(-inside)
        self._usual, self._spread = float(margin.mean()), float(margin.std())
        self._standard = (margin - self._usual) / (self._spread or 1.0)

    def brier(self, weights: Numbers) -> Numbers:
        """Mean squared distance, shape (n_draws,)."""
        return _ratio(weights @ self._squares, _sum(weights))

    def log_loss(self, weights: Numbers) -> Numbers:
        """Mean of minus the log of the chance given to what happened, shape (n_draws,)."""
        return _ratio(weights @ self._losses, _sum(weights))

    def spiegelhalter_z(self, weights: Numbers) -> Numbers:
        """Spiegelhalter's z, shape (n_draws,); weights count snapshots."""
        return _ratio(weights @ self._surprise, np.sqrt(weights @ self._expected))

    def slope(self, weights: Numbers) -> Numbers:
        """Slope of the outcome on the margin, by Newton's method on all draws at once; shape (n_draws,)."""
        found = np.full(len(weights), np.nan)
        if self._spread < _CLOSE_ENOUGH:
            return found
        share = _ratio(weights @ self._ready, _sum(weights))
        going = np.flatnonzero((share > 0) & (share < 1))
        lines = np.column_stack([np.log(share[going] / (1 - share[going])), np.zeros(len(going))])
        for _ in range(_NEWTON_STEPS):
            step = self._step(lines, weights[going])
            lines = lines + np.clip(step, -2.0, 2.0)
            done = np.abs(step).max(axis=1, initial=0.0) < _CLOSE_ENOUGH
            found[going[done]] = lines[done, 1] / self._spread
            astray = ~np.isfinite(step).all(axis=1) | (np.abs(lines[:, 1]) > _STEEPEST)
            going, lines = going[~(done | astray)], lines[~(done | astray)]
            if not len(going):
                break
        return found

    def _step(self, lines: Numbers, weights: Numbers) -> Numbers:
        chance = chance_of(lines[:, :1] + lines[:, 1:] * self._standard)
        left_over, curvature = weights * (self._ready - chance), weights * chance * (1 - chance)
        gradient = np.column_stack([_sum(left_over), left_over @ self._standard])
        flat, mixed, steep = _sum(curvature), curvature @ self._standard, curvature @ self._standard**2
        determinant = flat * steep - mixed**2
        return np.column_stack(
            [
                _ratio(steep * gradient[:, 0] - mixed * gradient[:, 1], determinant),
                _ratio(flat * gradient[:, 1] - mixed * gradient[:, 0], determinant),
            ]
        )


def drawn_leads(leads: Codes, *, draws: int, seed: int, most: int = 4_000_000) -> Iterator[Numbers]:
    """Draw leads with replacement, in portions: how often each snapshot counts.

    Leads are drawn, never snapshots: those of one lead are not independent.

    Parameters
    ----------
    leads : int array, shape (n,)
    draws, seed : int
    most : int
        Largest number of weights of a portion.

    Yields
    ------
    portion : float array, shape (some of the draws, n)

    Examples
    --------
    >>> (portion,) = drawn_leads(np.array([4, 4, 9]), draws=3, seed=1)
    >>> (portion[:, 0] == portion[:, 1]).tolist(), (portion[:, 0] + portion[:, 2]).tolist()
    ([True, True, True], [2.0, 2.0, 2.0])
    """
    different, lead_of = np.unique(leads, return_inverse=True)
    random, portion = np.random.default_rng(seed), max(1, most // max(len(leads), 1))
    for begun in range(0, draws, portion):
        counts = [
            np.bincount(random.integers(0, len(different), len(different)), minlength=len(different))
            for _ in range(min(portion, draws - begun))
        ]
        yield np.array(counts, dtype=np.float64)[:, lead_of]


def drawn_aucs(
    rankings: Sequence[Numbers], became: Became, groups: Sequence[Codes], *, draws: int, seed: int
) -> Numbers:
    """Give the AUC of several lists, as the mean of groups: as it is, then on the same draws of leads.

    Parameters
    ----------
    rankings : sequence of float array, shape (n,)
    became : Became, n snapshots
    groups : sequence of int array
        Rows that are one list, such as those of an age; those without both kinds of leads say nothing.
    draws, seed : int

    Returns
    -------
    aucs : float array, shape (1 + draws, n_rankings)
        NaN where no group has both kinds of leads.
    """
    groups = [rows for rows in groups if 0 < became.ready[rows].sum() < len(rows)]
    lists = [[Ranking(became.ready[rows], ranking[rows]) for rows in groups] for ranking in rankings]
    if not groups:
        return np.full((1 + draws, len(rankings)), np.nan)
    drawn = []
    for portion in (np.ones((1, len(became.ready))), *drawn_leads(became.leads, draws=draws, seed=seed)):
        weights = [portion[:, rows] * became.weights[rows] for rows in groups]
        of_each = np.array(
            [
                [one.under(of_group).auc() for one, of_group in zip(of_ranking, weights, strict=True)]
                for of_ranking in lists
            ]
        )
        measured = (~np.isnan(of_each)).sum(axis=1).astype(np.float64)  # a draw may have leads of one kind alone
        drawn.append(_ratio(np.nansum(of_each, axis=1), measured).T)
    return np.concatenate(drawn)


def _sum(weights: Numbers) -> Numbers:
    total: Numbers = weights.sum(axis=1)
    return total


def _ratio(above: Numbers, below: Numbers, nothing: float = np.nan) -> Numbers:
    """Divide, with `nothing` where there is nothing to divide by."""
    ratio: Numbers = np.divide(above, below, out=np.full_like(above, nothing), where=below > 0)
    return ratio

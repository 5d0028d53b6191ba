"""The statistics of the audit: by lead, within age and time, and corrected for how many questions are asked."""

from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv, ndtr, ndtri

from leadml.history.tables import Codes, Mask, Numbers

FOLDS = 4
CHANCE_OF_FALSE_ALARM = 0.001  # over all columns of a history together
_BINS = 32
_SMOOTHING = 10.0
_RIDGE = 0.05
_RAREST = 1e-4


@dataclass(frozen=True)
class Ranking:
    """How well a column ranks ready leads above others: its AUC, and the standard error by lead."""

    auc: float
    error: float

    def low(self, deviations: float = 1.96) -> float:
        """Lower end of the interval."""
        return max(0.0, self.auc - deviations * self.error)

    def high(self, deviations: float = 1.96) -> float:
        """Upper end of the interval."""
        return min(1.0, self.auc + deviations * self.error)


@dataclass(frozen=True)
class Compared:
    """Who is compared with whom: only snapshots of one stratum, and the unit is the lead.

    Attributes
    ----------
    ready : float array of 0 and 1, shape (n,)
    strata : int array, shape (n,)
        One for each age and period of creation: what differs between them tells nothing.
    leads : int array, shape (n,)
        From 0 on, without a gap.
    """

    ready: Numbers
    strata: Codes
    leads: Codes

    @property
    def folds(self) -> Codes:
        """A quarter of the leads each; the same lead is always in the same."""
        drawn: Codes = np.random.default_rng(len(self.leads)).integers(0, FOLDS, int(self.leads.max()) + 1)[self.leads]
        return drawn


def ranking_within(compared: Compared, ranking: Numbers) -> Ranking:
    """Chance that a ready lead ranks above another of the same stratum.

    Parameters
    ----------
    compared : Compared
    ranking : float array, shape (n,)
        Only the order is used; ties count half.

    Returns
    -------
    ranking : Ranking
        AUC 0.5 where no stratum has both kinds of leads. The error never falls below that of half a
        lead: a perfect order of few leads is not certain.

    Notes
    -----
    AUC = pairs in the right order / pairs, over all strata; for one stratum it is `evaluate.auc`.
    The error is that of DeLong, DeLong and Clarke-Pearson (1988), with the parts of one lead added up first.

    Examples
    --------
    >>> compared = Compared(np.array([1.0, 0, 1, 0]), np.array([0, 0, 1, 1]), np.arange(4))
    >>> ranking_within(compared, np.array([2.0, 1, 9, 9])).auc
    0.75
    """
    order = np.lexsort((ranking, compared.strata))
    values, strata, ready = ranking[order], compared.strata[order], compared.ready[order]
    differs = np.ones(len(order), dtype=bool)
    differs[1:] = (values[1:] != values[:-1]) | (strata[1:] != strata[:-1])
    group = np.cumsum(differs) - 1
    yes, no = np.bincount(group, ready), np.bincount(group, 1 - ready)
    of_group = strata[differs]
    all_yes, all_no = (np.bincount(strata, kind, strata.max(initial=0) + 1) for kind in (ready, 1 - ready))
    pairs = float(all_yes @ all_no)
    if pairs == 0:
        return Ranking(0.5, 0.5)
    first = np.searchsorted(of_group, of_group)
    below = np.cumsum(no) - no - (np.cumsum(no) - no)[first] + 0.5 * no
    above = all_yes[of_group] - (np.cumsum(yes) - yes - (np.cumsum(yes) - yes)[first]) - 0.5 * yes
    auc = float(yes @ below) / pairs
    influence = np.where(ready > 0, below[group] - auc * all_no[strata], above[group] - auc * all_yes[strata]) / pairs
    by_lead = np.bincount(compared.leads[order], influence)
    fewest = min(ready.sum(), len(ready) - ready.sum())
    return Ranking(auc, max(float(np.sqrt(by_lead @ by_lead)), 0.5 / fewest))


def binned(numbers: Numbers) -> Codes:
    """Cut numbers into up to 32 levels from 1 on, each value its own where there are few; 0 is missing.

    Examples
    --------
    >>> binned(np.array([7.0, np.nan, 3.0, 7.0])).tolist()
    [2, 0, 1, 2]
    """
    present = numbers[~np.isnan(numbers)]
    cuts = np.unique(present)
    if len(cuts) > _BINS:
        cuts = np.unique(np.quantile(present, np.arange(_BINS) / _BINS, method="inverted_cdf"))
    codes = np.searchsorted(cuts, numbers, side="right")
    return np.where(np.isnan(numbers), 0, codes).astype(np.int64)


def learned_by_others(compared: Compared, codes: Codes) -> Numbers:
    """Translate each level into the log-odds it has among *other* leads.

    So a column of any shape - words, gaps, a number with a hump - becomes one ranking, and a level
    that few leads have cannot rank by its own leads' answers.

    Parameters
    ----------
    compared : Compared
    codes : int array, shape (n,)
        0 is missing; a level that no other lead has counts as any level that is present.

    Returns
    -------
    log_odds : float array, shape (n,)
        Against the base rate.
    """
    levels, folds = int(codes.max(initial=0)) + 1, compared.folds
    place = codes * FOLDS + folds
    yes = np.bincount(place, compared.ready, levels * FOLDS).reshape(levels, FOLDS)
    every = np.bincount(place, minlength=levels * FOLDS).reshape(levels, FOLDS)
    yes, every = yes.sum(axis=1, keepdims=True) - yes, every.sum(axis=1, keepdims=True) - every
    base = yes.sum(axis=0) / np.maximum(every.sum(axis=0), 1)
    present = (yes[1:].sum(axis=0) + _SMOOTHING * base) / (every[1:].sum(axis=0) + _SMOOTHING)
    expected = np.vstack([base, np.broadcast_to(present, (levels - 1, FOLDS))])
    chance = np.clip((yes + _SMOOTHING * expected) / (every + _SMOOTHING), _RAREST, 1 - _RAREST)
    log_odds = np.log(chance / (1 - chance))
    learned: Numbers = log_odds[codes, folds]
    return learned


def in_order(numbers: Numbers) -> Numbers:
    """Lay numbers out along a normal curve by their order alone; missing ones stand in the middle.

    Examples
    --------
    >>> in_order(np.array([3.0, 1.0, np.nan, 900.0])).round(2).tolist()
    [0.0, -0.97, 0.0, 0.97]
    """
    there = np.flatnonzero(~np.isnan(numbers))
    laid = np.zeros(len(numbers))
    if len(there):
        _, group, counts = np.unique(numbers[there], return_inverse=True, return_counts=True)
        middle = np.cumsum(counts) - counts / 2
        laid[there] = ndtri(middle[group] / len(there))
    return laid


class Together:
    """How well several columns rank together, learned from other leads by ridge regression.

    Parameters
    ----------
    compared : Compared
    columns : float array, shape (n, n_columns)
        As `learned_by_others` gives them. Their products are summed once, so that any choice of
        columns is quick.
    """

    def __init__(self, compared: Compared, columns: Numbers) -> None:
        self._compared, self._folds = compared, compared.folds
        self._columns = (columns - columns.mean(axis=0)) / (columns.std(axis=0) + 1e-9)
        parts = [self._columns[self._folds == fold] for fold in range(FOLDS)]
        answers = [compared.ready[self._folds == fold] for fold in range(FOLDS)]
        self._sizes = np.array([len(part) for part in parts], dtype=np.float64)
        self._sums = np.array([part.sum(axis=0) for part in parts])
        self._products = np.array([part.T @ part for part in parts])
        self._ready = np.array([answer.sum() for answer in answers])
        self._with_ready = np.array([part.T @ answer for part, answer in zip(parts, answers, strict=True)])

    def ranking(self, chosen: Mask) -> Ranking:
        """Rank by the chosen columns, each lead by what its fold did not take part in."""
        if not chosen.any():
            return Ranking(0.5, 0.0)
        together, columns = np.zeros(len(self._columns)), self._columns[:, chosen]
        for fold in range(FOLDS):
            number, sums = (part.sum(axis=0) - part[fold] for part in (self._sizes, self._sums[:, chosen]))
            products = self._products.sum(axis=0) - self._products[fold]
            ready = self._ready.sum() - self._ready[fold]
            with_ready = (self._with_ready.sum(axis=0) - self._with_ready[fold])[chosen]
            if number > 0:
                squares = products[np.ix_(chosen, chosen)] / number - np.outer(sums, sums) / number**2
                slopes = np.linalg.solve(
                    squares + _RIDGE * np.eye(len(sums)), with_ready / number - sums * ready / number**2
                )
                own = self._folds == fold
                together[own] = (columns[own] - sums / number) @ slopes
        return ranking_within(self._compared, together)


def distance(auc: float) -> float:
    """How far apart ready leads and others lie, in standard deviations, for a ranking of this AUC.

    Examples
    --------
    >>> round(distance(0.76), 3), distance(0.5)
    (0.999, 0.0)
    """
    return float(np.sqrt(2) * ndtri(auc))


def auc_at(apart: float) -> float:
    """AUC of a ranking that holds ready leads and others so many standard deviations apart.

    Examples
    --------
    >>> auc_at(0.0), round(auc_at(1.0), 3)
    (0.5, 0.76)
    """
    return float(ndtr(apart / np.sqrt(2)))


def deviations_for(questions: int) -> float:
    """How many standard errors make a difference certain, when so many columns are asked.

    Examples
    --------
    >>> round(deviations_for(1), 2), round(deviations_for(100), 2)
    (3.09, 4.26)
    """
    return float(-ndtri(CHANCE_OF_FALSE_ALARM / max(questions, 1)))


def lowest_share(yes: Numbers, every: Numbers, *, questions: int) -> Numbers:
    """Lower end of the exact interval of a share (Clopper and Pearson 1934), for so many questions.

    Examples
    --------
    >>> lowest_share(np.array([40.0, 20.0]), np.array([40.0, 40.0]), questions=100).round(2).tolist()
    [0.75, 0.19]
    """
    chance = CHANCE_OF_FALSE_ALARM / max(questions, 1)
    low = betaincinv(np.maximum(yes, 1e-9), every - yes + 1, chance)
    return np.where(yes > 0, low, 0.0)


def rank_correlation(one: Numbers, other: Numbers, strata: Codes) -> float:
    """Spearman's correlation within strata.

    Examples
    --------
    >>> rank_correlation(np.array([1.0, 2, 9, 8]), np.array([5.0, 6, 7, 1]), np.array([0, 0, 1, 1]))
    1.0
    """
    first, second = _ranks_within(one, strata), _ranks_within(other, strata)
    length = np.sqrt((first @ first) * (second @ second))
    return float(first @ second / length) if length > 0 else 0.0


def partial_rank_correlation(one: Numbers, other: Numbers, given: Numbers, strata: Codes) -> float:
    """Spearman's correlation within strata of what a third column leaves unexplained."""
    both, first, second = (rank_correlation(*pair, strata) for pair in ((one, other), (one, given), (other, given)))
    left = np.sqrt((1 - first**2) * (1 - second**2))
    return float((both - first * second) / left) if left > 1e-9 else 0.0


def _ranks_within(values: Numbers, strata: Codes) -> Numbers:
    """Mean ranks inside each stratum, from -1 to 1 around the middle."""
    order = np.lexsort((values, strata))
    differs = np.ones(len(order), dtype=bool)
    differs[1:] = (values[order][1:] != values[order][:-1]) | (strata[order][1:] != strata[order][:-1])
    group = np.cumsum(differs) - 1
    places = np.arange(len(order), dtype=np.float64)
    mean_place = np.bincount(group, places) / np.bincount(group)
    ranks = np.empty(len(order))
    ranks[order] = mean_place[group]
    sizes = np.bincount(strata)
    middle = np.bincount(strata, ranks) / np.maximum(sizes, 1)
    centred: Numbers = (ranks - middle[strata]) / np.maximum(sizes[strata], 1)
    return centred


def share_of(mask: Mask) -> float:
    """Share of true values; 0 where there is none."""
    return float(mask.mean()) if len(mask) else 0.0

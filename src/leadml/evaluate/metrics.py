"""How good a score is, one figure at a time: ranking, lift, and honesty of the chance.

Pure functions of what happened and what was said, each with weights: how often a snapshot counts.
"""

import numpy as np
from numpy.typing import ArrayLike

from leadml.clock import DAY
from leadml.errors import LeadmlError
from leadml.evaluate.drawn import Chances, Ranking
from leadml.history.tables import Numbers

TOP_SHARE = 0.1


def auc(ready: ArrayLike, ranking: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Chance that a ready lead is ranked above one that is not.

    Parameters
    ----------
    ready : array of 0 and 1, shape (n,)
        Leads whose window is still open must be removed before (see `outcomes`).
    ranking : array of float, shape (n,)
        Any score; higher means readier. Ties count half.
    weights : array of float, shape (n,), optional
        How often each snapshot counts.

    Returns
    -------
    auc : float in [0, 1]
        Area under the ROC curve; 0.5 is no better than chance.

    Raises
    ------
    LeadmlError
        `nothing_to_compare` if all are ready, or none.

    Examples
    --------
    >>> auc([1, 0, 1, 0], [0.9, 0.1, 0.4, 0.4])
    0.875
    """
    happened, counted = _weighed(ready, weights)
    return float(Ranking(happened, _numbers(ranking)).under(counted).auc()[0])


def auc_within_days(
    ready: ArrayLike, ranking: ArrayLike, as_of: ArrayLike, weights: ArrayLike | None = None
) -> float | None:
    """Chance that of two leads scored on one day the ready one stands above.

    Sales sees a list of one day. An AUC over half a year also counts pairs that never stood in one list, and
    falls with every change of the usual rate that each list shares.

    Parameters
    ----------
    ready : array of 0 and 1, shape (n,)
    ranking : array of float, shape (n,)
    as_of : array of int, shape (n,), UTC microseconds
        A day is one of the calendar in UTC.
    weights : array of float, shape (n,), optional

    Returns
    -------
    auc : float in [0, 1], or None where no day has both ready leads and others
        Sum over days of the pairs in the right order / sum over days of all pairs.

    Examples
    --------
    >>> auc_within_days([1, 0, 1, 0], [0.9, 0.8, 0.2, 0.1], [0, 1, DAY, DAY + 1])
    1.0
    """
    happened, counted = _weighed(ready, weights)
    days = np.asarray(as_of, dtype=np.int64) // DAY
    return _or_none(Ranking(happened, _numbers(ranking), days).under(counted).auc())


def average_precision(ready: ArrayLike, ranking: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Mean precision over all places of the list at which a ready lead stands: the area under precision and recall.

    Where few leads become ready, it looks at the top of the list, and the AUC at all of it.

    Parameters
    ----------
    ready : array of 0 and 1, shape (n,)
    ranking : array of float, shape (n,)
    weights : array of float, shape (n,), optional

    Returns
    -------
    average_precision : float in (0, 1]
        A ranking without any information has the base rate.

    Raises
    ------
    LeadmlError
        `nothing_to_compare` if all are ready, or none.

    Notes
    -----
    sum over ranks of (recall here - recall above) * precision here, without interpolation.

    Examples
    --------
    >>> average_precision([1, 0, 1, 0], [4, 3, 2, 1])
    0.8333333333333333
    """
    happened, counted = _weighed(ready, weights)
    return float(Ranking(happened, _numbers(ranking)).under(counted).average_precision()[0])


def lift_at(
    ready: ArrayLike, ranking: ArrayLike, *, top_share: float = TOP_SHARE, weights: ArrayLike | None = None
) -> float:
    """How many times better than chance the top of the list converts.

    Sales can call only part of the list. Lift answers: if they call the top part, how much richer
    in ready leads is it than the list as a whole?

    Parameters
    ----------
    ready : array of 0 and 1, shape (n,)
    ranking : array of float, shape (n,)
        Only the order is used. Leads that tie at the cut count by their share.
    top_share : float in (0, 1]
        Part of the list that sales will call; 0.1 is the top tenth.
    weights : array of float, shape (n,), optional

    Returns
    -------
    lift : float, >= 0, a ratio without unit
        1.0 is no better than calling at random.

    Raises
    ------
    LeadmlError
        `nothing_to_compare` if all are ready, or none.

    Notes
    -----
    lift = (ready rate in the top top_share * n) / (ready rate in all).

    Examples
    --------
    >>> lift_at([1, 1] + [0] * 8, range(10, 0, -1), top_share=0.2)
    5.0
    """
    happened, counted = _weighed(ready, weights)
    return float(Ranking(happened, _numbers(ranking)).under(counted).lift(top_share)[0])


def precision_at(
    ready: ArrayLike, ranking: ArrayLike, *, top_share: float = TOP_SHARE, weights: ArrayLike | None = None
) -> float:
    """How many of the leads at the top of the list become ready, as a share.

    Parameters
    ----------
    ready : array of 0 and 1, shape (n,)
    ranking : array of float, shape (n,)
        Leads that tie at the cut count by their share.
    top_share : float in (0, 1]
    weights : array of float, shape (n,), optional

    Returns
    -------
    precision : float in [0, 1]

    Raises
    ------
    LeadmlError
        `nothing_to_compare` if all are ready, or none.

    Examples
    --------
    >>> precision_at([1, 0] + [0] * 8, range(10, 0, -1), top_share=0.2)
    0.5
    """
    happened, counted = _weighed(ready, weights)
    return float(Ranking(happened, _numbers(ranking)).under(counted).precision(top_share)[0])


def brier(ready: ArrayLike, probability: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Mean squared distance between the chance given and what happened.

    Parameters
    ----------
    ready : array of 0 and 1, shape (n,)
    probability : array of float in [0, 1], shape (n,)
    weights : array of float, shape (n,), optional

    Returns
    -------
    brier : float in [0, 1]
        Smaller is better.

    References
    ----------
    Brier, G. W. (1950). Verification of forecasts expressed in terms of probability.

    Examples
    --------
    >>> brier([1, 0], [1.0, 0.5])
    0.125
    """
    return float(_chances(ready, probability).brier(_counted(ready, weights))[0])


def log_loss(ready: ArrayLike, probability: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Mean of minus the logarithm of the chance that was given to what happened.

    Parameters
    ----------
    ready : array of 0 and 1, shape (n,)
    probability : array of float in [0, 1], shape (n,)
        0 and 1 count as the nearest chance that a number can hold beside them.
    weights : array of float, shape (n,), optional

    Returns
    -------
    log_loss : float, >= 0, nats
        Smaller is better; whoever is sure and wrong pays most.

    Examples
    --------
    >>> round(log_loss([1, 0], [0.5, 0.5]), 6)
    0.693147
    """
    return float(_chances(ready, probability).log_loss(_counted(ready, weights))[0])


def calibration_slope(ready: ArrayLike, probability: ArrayLike, weights: ArrayLike | None = None) -> float | None:
    """How far apart the chances should lie, as a multiple of how far apart they do lie.

    Parameters
    ----------
    ready : array of 0 and 1, shape (n,)
    probability : array of float in [0, 1], shape (n,)
    weights : array of float, shape (n,), optional

    Returns
    -------
    slope : float, without unit, or None
        Slope of a logistic regression of the outcome on the log-odds of the chance, its intercept free. 1 is right;
        below 1 the chances are too extreme, above 1 too timid. None where all chances are equal, or one
        threshold separates the outcomes.

    References
    ----------
    Cox, D. R. (1958). Two further applications of a model for binary regression.

    Examples
    --------
    Given are 90 % and 10 %; three in four come:

    >>> round(calibration_slope([1, 1, 1, 0, 0, 0, 0, 1], [0.9] * 4 + [0.1] * 4), 6)
    0.5
    """
    return _or_none(_chances(ready, probability).slope(_counted(ready, weights)))


def spiegelhalter_z(ready: ArrayLike, probability: ArrayLike, weights: ArrayLike | None = None) -> float | None:
    """How surprising the outcomes are if every chance was true.

    Parameters
    ----------
    ready : array of 0 and 1, shape (n,)
    probability : array of float in [0, 1], shape (n,)
    weights : array of float, shape (n,), optional
        They count snapshots: a weight of two is the same snapshot twice.

    Returns
    -------
    z : float, or None where every chance is 0, 1/2 or 1
        Normal with spread one if the chances are true; beyond 1.96 on either side they are not, at 5 %.
        Above zero: too sure.

    Notes
    -----
    z = sum of (y - p)(1 - 2p) / root of the sum of (1 - 2p)^2 p (1 - p).

    References
    ----------
    Spiegelhalter, D. J. (1986). Probabilistic prediction in patient management and clinical trials.

    Examples
    --------
    >>> spiegelhalter_z([1, 0, 0, 0, 0], [0.2] * 5)
    0.0
    """
    return _or_none(_chances(ready, probability).spiegelhalter_z(_counted(ready, weights)))


def debiased_calibration_error(
    ready: ArrayLike, probability: ArrayLike, *, bins: int = 15, weights: ArrayLike | None = None
) -> float:
    """How far the chances lie from what happens, by groups of equal size, less what luck alone would show.

    Parameters
    ----------
    ready : array of 0 and 1, shape (n,)
    probability : array of float in [0, 1], shape (n,)
        Equal chances stay in one group.
    bins : int, >= 1
        Groups, each with about the same weight.
    weights : array of float, shape (n,), optional
        They count snapshots.

    Returns
    -------
    error : float in [0, 1]
        Root of the mean squared distance; 0 where luck explains all of it.

    Notes
    -----
    root of max(0, sum over groups of share * ((mean chance - rate)^2 - rate (1 - rate) / (n - 1))). Without the
    last term the error of honest chances would grow with the number of groups.

    References
    ----------
    Kumar, A., Liang, P. S., Ma, T. (2019). Verified uncertainty calibration. NeurIPS.

    Examples
    --------
    >>> debiased_calibration_error([1, 0] * 50, [0.9] * 100) > 0.39
    True
    >>> debiased_calibration_error([1, 0] * 50, [0.5] * 100)
    0.0
    """
    happened, chance = _numbers(ready), _numbers(probability)
    counted = _counted(ready, weights)[0]
    _, level_of = np.unique(chance, return_inverse=True)
    size = np.bincount(level_of, counted)
    middle = np.cumsum(size) - size / 2
    group_of = np.minimum(middle * bins / size.sum(), bins - 1).astype(np.int64)[level_of]
    total = np.bincount(group_of, counted)
    groups = np.flatnonzero(total > 1)
    total = total[groups]
    rate = np.bincount(group_of, counted * happened)[groups] / total
    said = np.bincount(group_of, counted * chance)[groups] / total
    squared = (said - rate) ** 2 - rate * (1 - rate) / (total - 1)
    return float(np.sqrt(max(0.0, float(total @ squared) / float(counted.sum()))))


def _numbers(values: ArrayLike) -> Numbers:
    return np.asarray(values, dtype=np.float64)


def _counted(ready: ArrayLike, weights: ArrayLike | None) -> Numbers:
    """Weights as one draw, shape (1, n)."""
    return (np.ones(len(_numbers(ready))) if weights is None else _numbers(weights))[None, :]


def _chances(ready: ArrayLike, probability: ArrayLike) -> Chances:
    return Chances(_numbers(ready), _numbers(probability))


def _or_none(drawn: Numbers) -> float | None:
    return None if np.isnan(drawn[0]) else float(drawn[0])


def _weighed(ready: ArrayLike, weights: ArrayLike | None) -> tuple[Numbers, Numbers]:
    happened, counted = _numbers(ready), _counted(ready, weights)
    total = float(counted[0] @ happened)
    if not 0 < total < float(counted.sum()):
        raise LeadmlError(
            "nothing_to_compare", where="the snapshots compared", ready=round(total), snapshots=len(happened)
        )
    return happened, counted

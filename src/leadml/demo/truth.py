"""How likely each lead of the demo CRM really was to become ready.

Four things can happen to a lead after its entry into MQL. With probability `p` it is handed over for good,
with `g` it is handed over and returned, otherwise it is either closed as unqualified or goes quiet and stays.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from leadml.demo.drivers import BASE_LOG_ODDS, DRIVERS, RATE_FALL_LOG_ODDS

READY_WITHIN_DAYS = 30.0
HALF_OF_HAND_OVERS_DAYS = 6.5
RETURNED_SHARE_OF_NOT_READY = 0.11
CLOSED_SHARE_OF_REST = 0.6
CLOSED_AFTER_DAYS = (20.0, 60.0)

Floats = NDArray[np.float64]


def ready_probability(values: pd.DataFrame, lead_type: ArrayLike, *, after_the_fall: ArrayLike) -> Floats:
    """Probability that a lead entering MQL is handed over and not returned, at any later time.

    Parameters
    ----------
    values : pandas.DataFrame
        One column a driver, in the unit of its feature.
    lead_type : array of str, shape (n,)
        Keys of `BASE_LOG_ODDS`.
    after_the_fall : array of bool, shape (n,)
        Whether the lead entered MQL in or after the month in which the rate falls.

    Returns
    -------
    probability : array of float in (0, 1), shape (n,)

    Notes
    -----
    log-odds = base of the lead type + sum of size * (value - mean) / spread + shift after the fall.

    Examples
    --------
    >>> from leadml.demo.drivers import DRIVERS
    >>> usual = pd.DataFrame({driver.name: [driver.mean] for driver in DRIVERS})
    >>> ready_probability(usual, ["maintenance_service"], after_the_fall=[False]).round(3).tolist()
    [0.354]
    """
    log_odds = pd.Series(np.asarray(lead_type)).map(dict(BASE_LOG_ODDS)).to_numpy(dtype=np.float64)
    for driver in DRIVERS:
        log_odds = log_odds + driver.size * (values[driver.name].to_numpy() - driver.mean) / driver.spread
    log_odds = log_odds + np.where(after_the_fall, RATE_FALL_LOG_ODDS, 0.0)
    return np.asarray(1 / (1 + np.exp(-log_odds)), dtype=np.float64)


def returned_probability(probability: ArrayLike) -> Floats:
    """Probability that a lead is handed over too early and comes back.

    The same share of all leads that are not ready is handed over all the same, so it depends on the drivers
    only through the room that `probability` leaves.

    Examples
    --------
    >>> returned_probability([0.0, 0.5]).tolist()
    [0.11, 0.055]
    """
    return RETURNED_SHARE_OF_NOT_READY * (1 - np.asarray(probability, dtype=np.float64))


def handed_over_share(days: ArrayLike) -> Floats:
    """Share of the coming hand-overs that have happened this many days after the entry into MQL.

    Examples
    --------
    >>> handed_over_share([0, 6.5, 30]).round(2).tolist()
    [0.0, 0.5, 0.96]
    """
    return np.asarray(1 - 2 ** (-np.asarray(days, dtype=np.float64) / HALF_OF_HAND_OVERS_DAYS))


def closed_share(days: ArrayLike) -> Floats:
    """Share of the leads never handed over that are closed this many days after the entry into MQL.

    Examples
    --------
    >>> closed_share([14, 40, 90]).tolist()
    [0.0, 0.3, 0.6]
    """
    first, last = CLOSED_AFTER_DAYS
    return CLOSED_SHARE_OF_REST * np.clip((np.asarray(days, dtype=np.float64) - first) / (last - first), 0, 1)


def open_probability(days_since_mql: ArrayLike, probability: ArrayLike, returned: ArrayLike) -> Floats:
    """Probability that the lead is still open, in MQL, this many days after it entered.

    Examples
    --------
    >>> open_probability([0, 6.5], 0.4, 0.1).tolist()
    [1.0, 0.75]
    """
    p, g = np.asarray(probability, dtype=np.float64), np.asarray(returned, dtype=np.float64)
    return 1 - (p + g) * handed_over_share(days_since_mql) - (1 - p - g) * closed_share(days_since_mql)


def true_probability(days_since_mql: ArrayLike, probability: ArrayLike, returned_probability: ArrayLike) -> Floats:
    """Chance that a lead still open becomes ready within 30 days and is not returned.

    This is what a perfect model would answer, so it bounds every model's ranking.

    Parameters
    ----------
    days_since_mql : array of float, days
        Time of the score, counted from the entry into MQL (`mql_at` of the truth).
    probability, returned_probability : array of float
        The columns of the same names in the truth.

    Returns
    -------
    probability : array of float in [0, 1]

    Notes
    -----
    p * (F(t + 30) - F(t)) / (1 - (p + g) * F(t) - (1 - p - g) * G(t)), with F the share handed over and
    G the share closed after t days. Returns whose reason is censored or excluded by the agreement
    (a tenth of the returns) leave no answer; they are too few to be corrected for. A fact known late makes
    the CRM see an earlier state; the formula knows when things happened.

    Examples
    --------
    >>> true_probability([0, 7, 14], 0.4, 0.05).round(3).tolist()
    [0.384, 0.238, 0.132]
    """
    p = np.asarray(probability, dtype=np.float64)
    days = np.asarray(days_since_mql, dtype=np.float64)
    coming = handed_over_share(days + READY_WITHIN_DAYS) - handed_over_share(days)
    return p * coming / open_probability(days, p, returned_probability)


def best_possible_auc_of(truth: pd.DataFrame, days_since_mql: Sequence[float] = (0, 7, 14)) -> float:
    """Best possible AUC over the leads of a truth, each scored on several days after its entry into MQL.

    Parameters
    ----------
    truth : pandas.DataFrame
        `DemoCrm.truth`, or a part of its rows.
    days_since_mql : sequence of float, days
        When each lead is scored, as in models/readiness.yaml. A lead counts on a day as much as it is
        likely to be still open then.

    Returns
    -------
    auc : float in [0.5, 1]

    Examples
    --------
    >>> truth = pd.DataFrame({"probability": [0.1, 0.5], "returned_probability": [0.1, 0.05]})
    >>> round(best_possible_auc_of(truth, [0]), 3)
    0.734
    """
    p, g = truth["probability"].to_numpy(), truth["returned_probability"].to_numpy()
    answers = [true_probability(days, p, g) for days in days_since_mql]
    weights = [open_probability(days, p, g) for days in days_since_mql]
    return best_possible_auc(np.concatenate(answers), np.concatenate(weights))


def best_possible_auc(probability: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Area under the ROC curve that a model knowing the true probability expects.

    No outcome is drawn: the expectation is over all outcomes that the probabilities allow, so the
    figure has no luck in it.

    Parameters
    ----------
    probability : array of float in [0, 1], shape (n,)
        True probabilities, from `true_probability`.
    weight : array of float, shape (n,), optional
        Chance that the lead is scored at all, from `open_probability`; 1 by default.

    Returns
    -------
    auc : float in [0.5, 1]; nan where nothing, or everything, becomes ready

    Notes
    -----
    Sum over pairs of p_i (1 - p_j) (1 where p_i > p_j, 1/2 where equal) / sum p_i / sum (1 - p_j).

    Examples
    --------
    >>> best_possible_auc([0.5, 0.5])
    0.5
    >>> best_possible_auc([1.0, 0.0])
    1.0
    """
    p = np.asarray(probability, dtype=np.float64)
    w = np.ones_like(p) if weight is None else np.asarray(weight, dtype=np.float64)
    _, place = np.unique(p, return_inverse=True)
    ready, not_ready = np.bincount(place, w * p), np.bincount(place, w * (1 - p))
    pairs = ready.sum() * not_ready.sum()
    if pairs == 0:
        return float("nan")
    below = np.cumsum(not_ready) - not_ready / 2
    return float((ready * below).sum() / pairs)

"""How much smaller one loss is than another, paired by lead, and how sure that is."""

import numpy as np

from leadml.dataset import TrainingSet
from leadml.history.tables import Numbers


def log_losses(test: TrainingSet, margin: Numbers) -> Numbers:
    """Give the log loss of each snapshot.

    Parameters
    ----------
    test : TrainingSet, n rows
    margin : float array, shape (n,), log-odds

    Returns
    -------
    losses : float array, shape (n,), nats
    """
    losses: Numbers = np.logaddexp(0.0, margin) - test.ready * margin
    return losses


def mean_of_ages(test: TrainingSet, values: Numbers) -> tuple[float, float]:
    """Average over ages, each alike, and find the error of that: what one lead brings belongs together.

    Parameters
    ----------
    test : TrainingSet, n rows
    values : float array, shape (n,)
        Such as the loss under one model minus the loss under another.

    Returns
    -------
    mean, error : float
        At each age each lead weighs the same, however often it came back (decision 0010). `error` is the standard
        error of the mean, leads being drawn and not snapshots.
    """
    ages, of_age = np.unique(test.snapshots.ages, return_inverse=True)
    _, of_lead = np.unique(test.snapshots.leads, return_inverse=True)
    _, of_both, times = np.unique(of_lead * len(ages) + of_age, return_inverse=True, return_counts=True)
    weights = 1 / times[of_both]
    leads = np.bincount(of_age, weights)
    means = np.bincount(of_age, weights * values) / leads
    brought = np.bincount(of_lead, weights * (values - means[of_age]) / leads[of_age] / len(ages))
    return float(means.mean()), float(np.sqrt((brought**2).sum()))

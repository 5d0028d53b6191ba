"""What the truth behind the demo CRM says about a model that was trained on it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadml.clock import DAY, SECOND
from leadml.compare import READINESS
from leadml.dataset import TrainingSet
from leadml.demo.drivers import DRIVERS, NOISE
from leadml.demo.truth import true_probability
from leadml.evaluate import auc
from leadml.history.tables import Numbers
from leadml.publishing import Training

TOP_FEATURES = 12
# Mean absolute effects are known well enough from so many snapshots.
_SNAPSHOTS_TOLD = 2000


@dataclass(frozen=True)
class Judgement:
    """How near a model came to the truth.

    Attributes
    ----------
    best_auc, readiness_auc, rules_auc : float
        Expected on the test, over all outcomes that the true probabilities allow: of a model that
        knows them, of the judged readiness model, and of the rules. Mean of the ages at which every
        lead's truth is known.
    drivers_found : int
        Planted drivers among the largest features by mean absolute effect, with the right sign.
    drivers : int
        Planted drivers in all.
    noise_share : float
        Share of the noise features in the sum of mean absolute effects.
    """

    best_auc: float
    readiness_auc: float
    rules_auc: float
    drivers_found: int
    drivers: int
    noise_share: float


def judge_model(training: Training, test: TrainingSet, truth: pd.DataFrame) -> Judgement:
    """Hold a model against the truth.

    Parameters
    ----------
    training : Training
        Its model's effects are averaged over some thousands of its snapshots; the expectations are of what it
        fitted before the test began.
    test : TrainingSet
    truth : DataFrame
        As `generate` made it.

    Returns
    -------
    judgement : Judgement
    """
    every = training.training_set
    snapshots = every.rows(np.arange(0, len(every), max(1, len(every) // _SNAPSHOTS_TOLD)))
    contributions = training.model.contributions(snapshots.features).values
    sizes = dict(zip(snapshots.features.names, np.abs(contributions).mean(axis=0).tolist(), strict=True))
    largest = sorted(sizes, key=lambda name: -sizes[name])[:TOP_FEATURES]
    found = sum(
        driver.name in largest and _sign(snapshots, contributions, driver.name) == np.sign(driver.size)
        for driver in DRIVERS
    )
    chance = true_chance(test, truth)
    return Judgement(
        best_auc=expected_auc(test, chance, chance),
        readiness_auc=expected_auc(test, training.before_test[READINESS].margin(test.features), chance),
        rules_auc=expected_auc(test, training.before_test["rules"].margin(test.features), chance),
        drivers_found=int(found),
        drivers=len(DRIVERS),
        noise_share=sum(sizes[noise.name] for noise in NOISE) / sum(sizes.values()),
    )


def _sign(training_set: TrainingSet, contributions: Numbers, name: str) -> float:
    """Tell whether larger values of a feature raise or lower the score."""
    place = training_set.features.names.index(name)
    value = training_set.features.values[:, place]
    present = ~np.isnan(value)
    if np.ptp(contributions[present, place]) == 0:
        return 0.0
    return float(np.sign(np.corrcoef(value[present], contributions[present, place])[0, 1]))


def true_chance(test: TrainingSet, truth: pd.DataFrame) -> Numbers:
    """Give each snapshot's true probability, NaN where the lead had not entered MQL.

    Parameters
    ----------
    test : TrainingSet
    truth : DataFrame

    Returns
    -------
    chance : float array, shape (n,)
    """
    snapshots = pd.DataFrame(
        {
            "row": np.arange(len(test)),
            "lead_id": [test.lead_ids[lead] for lead in test.snapshots.leads],
            "as_of": pd.to_datetime(test.snapshots.as_of, unit="us", utc=True),
        }
    ).sort_values("as_of")
    episodes = truth.sort_values("mql_known_at")
    joined = pd.merge_asof(snapshots, episodes, left_on="as_of", right_on="mql_known_at", by="lead_id").sort_values(
        "row"
    )
    days = (joined["as_of"] - joined["mql_at"]).dt.total_seconds() * SECOND / DAY
    return true_probability(days, joined["probability"], joined["returned_probability"])


def expected_auc(test: TrainingSet, ranking: Numbers, chance: Numbers) -> float:
    """Expect the AUC of a ranking over all outcomes that the true chances allow: a figure without luck.

    Parameters
    ----------
    test : TrainingSet
    ranking, chance : float array, shape (n,)

    Returns
    -------
    auc : float in [0, 1]
        Mean of the ages at which every chance is known. Each snapshot counts as ready by its
        chance, and as not ready by the rest.
    """
    ages = [np.flatnonzero(test.snapshots.ages == age) for age in range(len(test.snapshots.age_names))]
    known = [rows for rows in ages if len(rows) and not np.isnan(chance[rows]).any()]
    return float(
        np.mean(
            [
                auc(
                    np.repeat([1.0, 0.0], len(rows)),
                    np.tile(ranking[rows], 2),
                    np.concatenate([chance[rows], 1 - chance[rows]]),
                )
                for rows in known
            ]
        )
    )

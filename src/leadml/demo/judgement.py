"""What the truth behind the demo CRM says about a model that was trained on it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadml.clock import DAY, SECOND
from leadml.dataset import TrainingSet
from leadml.demo.drivers import DRIVERS, NOISE
from leadml.demo.truth import best_possible_auc, true_probability
from leadml.history.tables import Numbers
from leadml.learners.contract import Model

TOP_FEATURES = 12


@dataclass(frozen=True)
class Judgement:
    """How near a model came to the truth.

    Attributes
    ----------
    best_auc : float
        What a model that knows every true probability would expect on the test, mean of ages.
    drivers_found : int
        Planted drivers among the largest features by mean absolute effect, with the right sign.
    drivers : int
        Planted drivers in all.
    noise_share : float
        Share of the noise features in the sum of mean absolute effects.
    """

    best_auc: float
    drivers_found: int
    drivers: int
    noise_share: float


def judge_model(training_set: TrainingSet, test: TrainingSet, model: Model, truth: pd.DataFrame) -> Judgement:
    """Hold a model against the truth.

    Parameters
    ----------
    training_set : TrainingSet
        Its effects are averaged over these snapshots.
    test : TrainingSet
        The best possible figure is computed on these.
    model : Model
    truth : DataFrame
        As `generate` made it.

    Returns
    -------
    judgement : Judgement
    """
    contributions = model.contributions(training_set.features).values
    sizes = dict(zip(training_set.features.names, np.abs(contributions).mean(axis=0).tolist(), strict=True))
    largest = sorted(sizes, key=lambda name: -sizes[name])[:TOP_FEATURES]
    found = sum(
        driver.name in largest and _sign(training_set, contributions, driver.name) == np.sign(driver.size)
        for driver in DRIVERS
    )
    return Judgement(
        best_auc=_best_auc(test, truth),
        drivers_found=found,
        drivers=len(DRIVERS),
        noise_share=sum(sizes[noise.name] for noise in NOISE) / sum(sizes.values()),
    )


def _sign(training_set: TrainingSet, contributions: Numbers, name: str) -> float:
    """Tell whether larger values of a feature raise or lower the score."""
    place = training_set.features.names.index(name)
    value = training_set.features.values[:, place]
    present = ~np.isnan(value)
    return float(np.sign(np.corrcoef(value[present], contributions[present, place])[0, 1]))


def _best_auc(test: TrainingSet, truth: pd.DataFrame) -> float:
    """Mean over the ages of what the true probabilities allow."""
    snapshots = pd.DataFrame(
        {
            "lead_id": [test.lead_ids[lead] for lead in test.snapshots.leads],
            "as_of": pd.to_datetime(test.snapshots.as_of, unit="us", utc=True),
            "age": test.snapshots.ages,
        }
    ).sort_values("as_of")
    episodes = truth.sort_values("mql_known_at")
    joined = pd.merge_asof(snapshots, episodes, left_on="as_of", right_on="mql_known_at", by="lead_id")
    days = (joined["as_of"] - joined["mql_at"]).dt.total_seconds() * SECOND / DAY
    chance = true_probability(days, joined["probability"], joined["returned_probability"])
    return float(np.mean([best_possible_auc(chance[joined["age"] == age]) for age in sorted(joined["age"].unique())]))

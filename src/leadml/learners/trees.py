"""The branching part of readiness: small boosted trees on what the rules leave over.

Only LightGBM is spoken to here: settings, growing, and reading its text.
"""

from collections.abc import Sequence
from typing import Any

import lightgbm
import numpy as np

from leadml.engine.matrix import FeatureMatrix
from leadml.history.tables import Numbers
from leadml.learners.recipe import Recipe
from leadml.specs.readiness_spec import LearnerSpec

# Steps of the number of trees that is tried, each about half as many again.
_STEPS = (0, 5, 10, 15, 20, 30, 40, 60, 80, 120, 160, 240, 320, 480, 640, 960, 1280, 1920, 2560, 3840, 5000)


def steps_up_to(most_trees: int) -> tuple[int, ...]:
    """Numbers of trees to try.

    Examples
    --------
    >>> steps_up_to(25)
    (0, 5, 10, 15, 20, 25)
    """
    return (*(step for step in _STEPS if step < most_trees), most_trees)


def sizes(learner: LearnerSpec) -> tuple[int, ...]:
    """Numbers of leaves that are grown, by turns: half of the largest, and the largest; their mean beats a choice.

    Examples
    --------
    >>> sizes(LearnerSpec(leaves=8)), sizes(LearnerSpec(leaves=2))
    ((4, 8), (2,))
    """
    return tuple(dict.fromkeys((max(2, learner.leaves // 2), learner.leaves)))


class Grove:
    """A training set as LightGBM holds it: read once, grown on under many weights.

    Parameters
    ----------
    matrix : FeatureMatrix, n_snapshots rows
    ready : float array, shape (n_snapshots,)
    offset : float array, shape (n_snapshots,), log-odds
        The rules' margin, from which the trees begin.
    recipe : Recipe
        Its `more_is` binds every tree.
    """

    def __init__(self, matrix: FeatureMatrix, ready: Numbers, offset: Numbers, recipe: Recipe) -> None:
        self._matrix, self._ready, self._offset = matrix, ready, offset
        self._settings = {
            "objective": "binary",
            "boost_from_average": False,
            "learning_rate": recipe.learner.learning_rate,
            "min_data_in_leaf": recipe.learner.smallest_leaf,
            "min_gain_to_split": recipe.learner.smallest_gain,
            "lambda_l2": 10.0,
            "feature_fraction": 0.4,
            "cat_smooth": 20.0,
            "monotone_constraints": [recipe.directions.get(name, 0) for name in matrix.names],
            "deterministic": True,
            "force_col_wise": True,
            "num_threads": 1,
            "verbosity": -1,
        }

    def grow(self, weights: Numbers, *, leaves: int, rounds: int, seed: int) -> lightgbm.Booster:
        """Grow trees under some weights.

        Parameters
        ----------
        weights : float array, shape (n_snapshots,)
            A snapshot of weight 0 is not seen.
        leaves : int
            Largest number a tree.
        rounds : int
            Number of trees.
        seed : int

        Returns
        -------
        booster : lightgbm.Booster
        """
        seen = weights > 0
        data = lightgbm.Dataset(
            np.ascontiguousarray(self._matrix.values[seen]),
            label=self._ready[seen],
            weight=weights[seen],
            init_score=self._offset[seen],
            feature_name=list(self._matrix.names),
            categorical_feature=[name for name in self._matrix.names if name in self._matrix.words],
            free_raw_data=True,
            params={"verbosity": -1},
        )
        settings: dict[str, Any] = {**self._settings, "num_leaves": leaves, "seed": seed}
        return lightgbm.train(settings, data, num_boost_round=rounds)


def margins_by_rounds(booster: lightgbm.Booster, matrix: FeatureMatrix, rounds: Sequence[int]) -> list[Numbers]:
    """Tell what the first trees add to the margin, for several numbers of trees.

    Parameters
    ----------
    booster : lightgbm.Booster
    matrix : FeatureMatrix, n_snapshots rows
    rounds : sequence of int, rising

    Returns
    -------
    margins : list of float array of shape (n_snapshots,), one for each number
    """
    margins, margin, grown = [], np.zeros(len(matrix.values)), 0
    for count in rounds:
        if count > grown:
            more = booster.predict(
                matrix.values, raw_score=True, start_iteration=grown, num_iteration=count - grown, num_threads=1
            )
            margin, grown = margin + np.asarray(more), count
        margins.append(margin)
    return margins

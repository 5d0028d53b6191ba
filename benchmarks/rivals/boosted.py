"""Rivals of the learned model that somebody would otherwise take: CatBoost, an EBM, and LightGBM held back by hand.

Each takes a training set and later snapshots, and gives their log-odds; one thread each, with the weights of the set.
"""

import contextlib
import io
import warnings
from importlib.util import find_spec

import numpy as np
import pandas as pd

from leadml.dataset import TrainingSet
from leadml.engine.matrix import FeatureMatrix
from leadml.history.tables import Numbers
from leadml.learners.rivals import fit_lightgbm

# What somebody who knows LightGBM sets for a few thousand leads.
HELD_BACK = {
    "learning_rate": 0.03,
    "num_leaves": 8,
    "min_data_in_leaf": 40,
    "lambda_l2": 10.0,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
}
_TREES_HELD_BACK = 200
# The package that a contestant is of, where it is not one that leadml itself needs.
PACKAGES = {"catboost": "catboost", "ebm": "interpret"}


def is_installed(contestant: str) -> bool:
    """Tell whether the contestant's package is there."""
    return contestant not in PACKAGES or find_spec(PACKAGES[contestant]) is not None


def held_back_lightgbm(train: TrainingSet, later: FeatureMatrix, *, seed: int) -> Numbers:
    """Grow 200 small, slow trees, each on half of the features."""
    return fit_lightgbm(train, seed=seed, trees=_TREES_HELD_BACK, settings=HELD_BACK).margin(later)


def catboost(train: TrainingSet, later: FeatureMatrix, *, seed: int) -> Numbers:
    """Fit CatBoost as it comes, categories in its own way."""
    from catboost import CatBoostClassifier  # only `make bench` installs it

    model = CatBoostClassifier(verbose=0, random_seed=seed, thread_count=1, allow_writing_files=False)
    categories = [name for name in train.features.names if name in train.features.words]
    model.fit(_frame(train.features), train.ready, sample_weight=train.weights, cat_features=categories)
    return np.asarray(model.predict(_frame(later.recoded(train.features.words)), prediction_type="RawFormulaVal"))


def ebm(train: TrainingSet, later: FeatureMatrix, *, seed: int) -> Numbers:
    """Fit an explainable boosting machine as it comes."""
    from interpret.glassbox import ExplainableBoostingClassifier  # only `make bench` installs it

    kinds = ["nominal" if name in train.features.words else "continuous" for name in train.features.names]
    model = ExplainableBoostingClassifier(random_state=seed, n_jobs=1, feature_types=kinds)
    # It tells of every constant column, and of missing values that training has not.
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        model.fit(_frame(train.features), train.ready, sample_weight=train.weights)
        return np.asarray(model.decision_function(_frame(later.recoded(train.features.words))))


def _frame(matrix: FeatureMatrix) -> pd.DataFrame:
    """Lay features out as a table, codes of words as text; a missing word is a word of its own."""
    table = pd.DataFrame(matrix.values, columns=list(matrix.names))
    for name in matrix.words:
        table[name] = table[name].fillna(-1).astype(int).astype(str).astype(object)
    return table

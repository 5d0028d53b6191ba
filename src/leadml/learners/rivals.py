"""Plain rivals of the learned model: what one line of scikit-learn or of LightGBM gives on the same rows.

They hold our own model to account; nobody registers or serves them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import lightgbm
import numpy as np
from sklearn.linear_model import LogisticRegression

from leadml.dataset import TrainingSet
from leadml.engine.matrix import FeatureMatrix
from leadml.history.tables import Numbers
from leadml.learners.contract import Contributions

_TREES = 100  # LightGBM's own default
_MOST_STEPS = 5000


@dataclass(frozen=True)
class Encoding:
    """How one feature becomes columns of a line.

    Attributes
    ----------
    median, mean, spread : float
        Of a number in training: what stands for a missing one, and what it is standardised by.
    words : int or None
        How many words a category has; None of a number.
    """

    median: float
    mean: float
    spread: float
    words: int | None

    def columns(self, values: Numbers) -> Numbers:
        """Lay values out: a number standardised and whether it is missing, or one column a word.

        Parameters
        ----------
        values : float array, shape (n,)
            NaN where missing; a missing word has zero in every column.

        Returns
        -------
        columns : float array, shape (n, 2) or (n, n_words)

        Examples
        --------
        >>> Encoding(median=2.0, mean=1.0, spread=0.5, words=None).columns(np.array([1.5, np.nan])).tolist()
        [[1.0, 0.0], [2.0, 1.0]]
        >>> Encoding(median=0.0, mean=0.0, spread=1.0, words=2).columns(np.array([1.0, np.nan])).tolist()
        [[0.0, 1.0], [0.0, 0.0]]
        """
        if self.words is not None:
            columns: Numbers = (values[:, None] == np.arange(self.words)).astype(np.float64)
            return columns
        missing = np.isnan(values)
        return np.column_stack([(np.where(missing, self.median, values) - self.mean) / self.spread, missing])


@dataclass(frozen=True)
class LogisticModel:
    """A logistic regression over all features.

    Attributes
    ----------
    intercept : float, log-odds
    encodings : tuple of Encoding, one a feature
    effects : tuple of tuple of float
        Log-odds of each column of each feature.
    words : mapping of feature to tuple of str
    """

    intercept: float
    encodings: tuple[Encoding, ...]
    effects: tuple[tuple[float, ...], ...]
    words: Mapping[str, tuple[str, ...]]

    def contributions(self, matrix: FeatureMatrix) -> Contributions:
        """Add up the columns of each feature; words that training never saw are missing."""
        known = matrix.recoded(self.words).values
        values = np.zeros(known.shape)
        for place, (encoding, effects) in enumerate(zip(self.encodings, self.effects, strict=True)):
            values[:, place] = encoding.columns(known[:, place]) @ np.array(effects)
        return Contributions(self.intercept, values)

    def margin(self, matrix: FeatureMatrix) -> Numbers:
        """Give the log-odds alone."""
        return self.contributions(matrix).margin


@dataclass(frozen=True)
class LightgbmModel:
    """Boosted trees under LightGBM's own settings.

    Attributes
    ----------
    trees : str
        The model as LightGBM writes it.
    words : mapping of feature to tuple of str
    """

    trees: str
    words: Mapping[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        """Read the trees once."""
        object.__setattr__(self, "_booster", lightgbm.Booster(model_str=self.trees))

    def contributions(self, matrix: FeatureMatrix) -> Contributions:
        """Give the trees' SHAP values; words that training never saw are missing."""
        values = matrix.recoded(self.words).values
        if not len(values):  # LightGBM cannot say anything about nobody
            return Contributions(0.0, values)
        booster: lightgbm.Booster = self._booster  # type: ignore[attr-defined]
        shares = np.asarray(booster.predict(values, pred_contrib=True, num_threads=1))
        return Contributions(float(shares[0, -1]), shares[:, :-1])

    def margin(self, matrix: FeatureMatrix) -> Numbers:
        """Give the log-odds alone."""
        values = matrix.recoded(self.words).values
        booster: lightgbm.Booster = self._booster  # type: ignore[attr-defined]
        return np.asarray(booster.predict(values, raw_score=True, num_threads=1)) if len(values) else np.zeros(0)


def fit_logistic(training_set: TrainingSet) -> LogisticModel:
    """Fit scikit-learn's logistic regression as it comes (C = 1).

    Parameters
    ----------
    training_set : TrainingSet
        With both ready and not-ready leads.

    Returns
    -------
    model : LogisticModel
        Numbers are standardised, a missing one is the median and says that it is missing; each word is a column.
    """
    matrix = training_set.features
    encodings = tuple(_encoding(matrix, place) for place in range(len(matrix.names)))
    blocks = [encoding.columns(matrix.values[:, place]) for place, encoding in enumerate(encodings)]
    line = LogisticRegression(C=1.0, max_iter=_MOST_STEPS)
    line.fit(np.hstack(blocks), training_set.ready, sample_weight=training_set.weights)
    cuts = np.cumsum([block.shape[1] for block in blocks])[:-1]
    effects = tuple(tuple(part.tolist()) for part in np.split(line.coef_[0], cuts))
    return LogisticModel(float(line.intercept_[0]), encodings, effects, dict(matrix.words))


def _encoding(matrix: FeatureMatrix, place: int) -> Encoding:
    """Learn from the training rows alone what a feature's columns are."""
    name, values = matrix.names[place], matrix.values[:, place]
    if name in matrix.words:
        return Encoding(0.0, 0.0, 1.0, len(matrix.words[name]))
    known = values[~np.isnan(values)]
    if not len(known):
        return Encoding(0.0, 0.0, 1.0, None)
    median = float(np.median(known))
    filled = np.where(np.isnan(values), median, values)
    spread = float(filled.std()) if known.min() < known.max() else 1.0
    return Encoding(median, float(filled.mean()), spread, None)


def fit_lightgbm(
    training_set: TrainingSet, *, seed: int, trees: int = _TREES, settings: Mapping[str, float] | None = None
) -> LightgbmModel:
    """Fit LightGBM, as it comes unless said otherwise: 100 trees of 31 leaves, learning rate 0.1, nothing tuned.

    Parameters
    ----------
    training_set : TrainingSet
        With both ready and not-ready leads.
    seed : int
    trees : int
    settings : mapping of str to float, optional
        What differs from LightGBM's own settings.

    Returns
    -------
    model : LightgbmModel
        Categories are LightGBM's own; the same seed, the same model.
    """
    matrix = training_set.features
    data = lightgbm.Dataset(
        np.ascontiguousarray(matrix.values),
        label=training_set.ready,
        weight=training_set.weights,
        feature_name=list(matrix.names),
        categorical_feature=[name for name in matrix.names if name in matrix.words],
    )
    chosen = {
        "objective": "binary",
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "seed": seed,
        "verbosity": -1,
        **(settings or {}),
    }
    booster = lightgbm.train(chosen, data, num_boost_round=trees)
    return LightgbmModel(booster.model_to_string(num_iteration=-1), dict(matrix.words))

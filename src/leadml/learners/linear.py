"""The straight part of readiness: ridge logistic regression on what the rules leave over.

It is a normal prior on every coefficient, stated in a unit that people can judge: how far, in log-odds, all
coefficients together move a lead. Numbers are clipped to what training saw, so no value however odd can carry
a score away; each word of a category has a coefficient of its own, which the prior pulls to nothing where few
leads have it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.optimize import minimize

from leadml.agreement.scale import probability
from leadml.engine.matrix import FeatureMatrix
from leadml.history.tables import Codes, Numbers

# Beyond these quantiles a number is held; a column of few values is held at its ends.
_HELD_AT, _FEW_VALUES = (0.005, 0.995), 20
# The precision of the prior is never below this multiple of the number of outcomes.
WEAKEST_PENALTY_AN_OUTCOME = 0.01
# Looking for coefficients ends when a step lowers the loss by less than this part of it: margins are then right to a
# thousandth of a log-odds, far nearer than outcomes can tell.
_NEAR_ENOUGH, _ITERATIONS = 1e-7, 200
_DRAWS = 24


@dataclass(frozen=True)
class Design:
    """How features become columns: numbers held and standardised, words as they are, missing as a value of its own.

    Attributes
    ----------
    names : tuple of str
        The features, in catalogue order.
    lowest, highest, centre, spread : float array, shape (n_features,)
        Where a number is held, and what takes it to mean 0 and standard deviation 1. Nothing in columns of words.
    words : mapping of feature to int
        How many words a category has; the code after the last stands for a missing word.
    """

    names: tuple[str, ...]
    lowest: Numbers
    highest: Numbers
    centre: Numbers
    spread: Numbers
    words: Mapping[str, int]

    @classmethod
    def of(cls, matrix: FeatureMatrix, weights: Numbers) -> "Design":
        """Learn the columns from a training set.

        Parameters
        ----------
        matrix : FeatureMatrix, n_snapshots rows
        weights : float array, shape (n_snapshots,)

        Returns
        -------
        design : Design
            A column that is constant or wholly missing gets a spread of infinity: it says nothing.
        """
        laid = [_spans(matrix, place, weights) for place in range(len(matrix.names))]
        lowest, highest, centre, spread = (np.array(column) for column in zip(*laid, strict=True))
        return cls(
            matrix.names, lowest, highest, centre, spread, {name: len(words) for name, words in matrix.words.items()}
        )

    @cached_property
    def numbers(self) -> tuple[int, ...]:
        """Places of the features that are numbers."""
        return tuple(place for place, name in enumerate(self.names) if name not in self.words)

    @cached_property
    def _tables(self) -> tuple[tuple[int, int, int], ...]:
        """For each category: its place, and where its coefficients begin and end."""
        begin, tables = 2 * len(self.numbers), []
        for place, name in enumerate(self.names):
            if name in self.words:
                tables.append((place, begin, begin + self.words[name] + 1))
                begin += self.words[name] + 1
        return tuple(tables)

    @cached_property
    def _of_columns(self) -> tuple[Codes, Numbers, Numbers, Numbers, Numbers, Codes, Codes]:
        """Where numbers stand, what they are held and standardised by; where words stand, and the code of none."""
        places = np.array(self.numbers, dtype=np.int64)
        words = np.array([place for place, _, _ in self._tables], dtype=np.int64)
        no_word = np.array([end - begin - 1 for _, begin, end in self._tables], dtype=np.int64)
        limits = (self.lowest[places], self.highest[places], self.centre[places], self.spread[places])
        return places, *limits, words, no_word

    @cached_property
    def width(self) -> int:
        """How many coefficients there are: two a number (its slope, and missing), one a word, one for no word."""
        return 2 * len(self.numbers) + sum(count + 1 for count in self.words.values())

    def lay_out(self, matrix: FeatureMatrix) -> "Laid":
        """Turn features into columns.

        Parameters
        ----------
        matrix : FeatureMatrix, n_snapshots rows

        Returns
        -------
        laid : Laid
        """
        places, lowest, highest, centre, spread, word_places, no_word = self._of_columns
        values = matrix.values[:, places]
        missing = np.isnan(values)
        held = np.minimum(np.maximum(np.where(missing, 0.0, values), lowest), highest)
        standard = np.where(missing, 0.0, (held - centre) / spread)
        words = matrix.values[:, word_places]
        codes = np.where(np.isnan(words), no_word, words).astype(np.int64).T
        tables = tuple((begin, end, of) for (_, begin, end), of in zip(self._tables, codes, strict=True))
        return Laid(np.hstack([standard, missing.astype(np.float64)]), tables, self.width)

    def by_feature(self, laid: "Laid", coefficients: Numbers) -> Numbers:
        """Tell what each feature adds to the margin, shape (n_snapshots, n_features)."""
        count = len(self.numbers)
        added = np.zeros((len(laid.dense), len(self.names)))
        products = laid.dense * coefficients[: 2 * count]
        added[:, self._of_columns[0]] = products[:, :count] + products[:, count:]
        for (place, begin, end), (_, _, codes) in zip(self._tables, laid.codes, strict=True):
            added[:, place] = coefficients[begin:end][codes]
        return added

    def bounds(self, directions: Mapping[str, int]) -> list[tuple[float | None, float | None]]:
        """Bind the sign of each slope to what both teams agreed; missing and words are free."""
        signs = [directions.get(self.names[place], 0) for place in self.numbers]
        of_sign: Mapping[int, tuple[float | None, float | None]] = {0: (None, None), 1: (0.0, None), -1: (None, 0.0)}
        return [of_sign[sign] for sign in signs] + [(None, None)] * (self.width - len(signs))

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON; an infinite spread is written as null."""
        return {
            "lowest": self.lowest.tolist(),
            "highest": self.highest.tolist(),
            "centre": self.centre.tolist(),
            "spread": [spread if np.isfinite(spread) else None for spread in self.spread.tolist()],
        }

    @classmethod
    def from_dict(
        cls, content: Mapping[str, Any], names: tuple[str, ...], words: Mapping[str, tuple[str, ...]]
    ) -> "Design":
        """Read what `to_dict` wrote."""
        lowest, highest, centre = (np.array(content[key], dtype=np.float64) for key in ("lowest", "highest", "centre"))
        spread = np.array([np.inf if spread is None else spread for spread in content["spread"]], dtype=np.float64)
        return cls(names, lowest, highest, centre, spread, {name: len(known) for name, known in words.items()})


@dataclass(frozen=True)
class Laid:
    """Snapshots as columns: numbers and what is missing as an array, each category as codes.

    Attributes
    ----------
    dense : float array, shape (n_snapshots, 2 * n_numbers)
    codes : tuple of (begin, end, int array of shape (n_snapshots,))
        Where the coefficients of each category lie, and the word of each snapshot.
    width : int
    """

    dense: Numbers
    codes: tuple[tuple[int, int, Any], ...]
    width: int

    def times(self, coefficients: Numbers) -> Numbers:
        """Columns times coefficients, shape (n_snapshots,), log-odds."""
        margin: Numbers = self.dense @ coefficients[: self.dense.shape[1]]
        for begin, end, codes in self.codes:
            margin = margin + coefficients[begin:end][codes]
        return margin

    def times_alone(self, lines: Numbers) -> Numbers:
        """Sum several lines column by column: a lead has the same margins alone and among a million, to the last bit.

        Parameters
        ----------
        lines : float array, shape (n_lines, 1 + width)
            Each an intercept, then the coefficients.

        Returns
        -------
        margins : float array, shape (n_lines, n_snapshots), log-odds
        """
        margins: Numbers = np.repeat(lines[:, :1], len(self.dense), axis=1)
        for column in range(self.dense.shape[1]):
            margins = margins + lines[:, 1 + column, None] * self.dense[:, column]
        for begin, end, codes in self.codes:
            margins = margins + lines[:, 1 + begin : 1 + end][:, codes]
        return margins

    def turned(self, residuals: Numbers) -> Numbers:
        """Columns turned over times residuals, shape (width,): the gradient of a sum of margins."""
        gradient = np.empty(self.width)
        gradient[: self.dense.shape[1]] = residuals @ self.dense
        for begin, end, codes in self.codes:
            gradient[begin:end] = np.bincount(codes, residuals, end - begin)
        return gradient

    def variance(self, weights: Numbers) -> float:
        """Sum of the variances of all columns: what a prior variance of 1 would give to a margin."""
        total = weights.sum()
        mean = self.turned(weights) / total
        square = np.empty(self.width)
        square[: self.dense.shape[1]] = weights @ self.dense**2 / total
        square[self.dense.shape[1] :] = mean[self.dense.shape[1] :]  # columns of 0 and 1
        return float((square - mean**2).sum())


@dataclass(frozen=True)
class Prior:
    """What is believed of the coefficients before any outcome is seen.

    Attributes
    ----------
    variance : float, > 0, squared log-odds
        How far all of them together are believed to move a lead.
    bounds : sequence of (low, high), shape (n_coefficients,)
        From `Design.bounds`.
    centre : float array, shape (n_coefficients,), or float
        Where they are believed to lie: at nothing.
    """

    variance: float
    bounds: Sequence[tuple[float | None, float | None]]
    centre: Numbers | float = 0.0


def penalty_of(laid: Laid, answers: tuple[Numbers, Numbers], variance: float) -> float:
    """Turn a prior variance of the margin into the precision of each coefficient.

    Parameters
    ----------
    laid : Laid
    answers : (ready, weights), float arrays of shape (n_snapshots,)
    variance : float, > 0, squared log-odds

    Returns
    -------
    penalty : float
        Never weaker than a hundredth of the number of ready snapshots.
    """
    ready, weights = answers
    return max(laid.variance(weights) / variance, WEAKEST_PENALTY_AN_OUTCOME * float(weights @ ready))


def fit_coefficients(
    laid: Laid, answers: tuple[Numbers, Numbers], offset: Numbers, prior: Prior, *, begin: Numbers | None = None
) -> Numbers:
    """Find the likeliest coefficients under the prior, beside a margin that is given.

    Parameters
    ----------
    laid : Laid, n_snapshots rows
    answers : (ready, weights), float arrays of shape (n_snapshots,)
    offset : float array, shape (n_snapshots,), log-odds
        The rules' margin.
    prior : Prior
    begin : float array, shape (1 + width,), optional
        Where to begin looking.

    Returns
    -------
    line : float array, shape (1 + width,)
        A free intercept, then the coefficients.

    Notes
    -----
    Minimises sum(weights * log loss) + penalty / 2 * sum(coefficients ** 2) by L-BFGS, with
    penalty = max(sum of the columns' variances / prior variance, 0.01 * number of ready snapshots).
    """
    ready, weights = answers
    penalty = penalty_of(laid, answers, prior.variance)

    def loss(line: Numbers) -> tuple[float, Numbers]:
        margin = offset + line[0] + laid.times(line[1:])
        residuals, away = weights * (probability(margin) - ready), line[1:] - prior.centre
        value = float(weights @ (np.logaddexp(0.0, margin) - ready * margin)) + penalty / 2 * float(away @ away)
        return value, np.concatenate([[residuals.sum()], laid.turned(residuals) + penalty * away])

    found = minimize(
        loss,
        np.zeros(1 + laid.width) if begin is None else begin,
        jac=True,
        method="L-BFGS-B",
        bounds=[(None, None), *prior.bounds],
        options={"maxiter": _ITERATIONS, "ftol": _NEAR_ENOUGH},
    )
    line: Numbers = np.asarray(found.x, dtype=np.float64)
    return line


def draw_doubts(laid: Laid, chance: Numbers, evidence: Numbers, *, penalty: float, seed: int) -> Numbers:
    """Draw by how much intercept and coefficients may be wrong, as far as the outcomes allow.

    Parameters
    ----------
    laid : Laid, n_snapshots rows
    chance : float array, shape (n_snapshots,)
        As the model gives them.
    evidence : float array, shape (n_snapshots,)
        Weights that sum to the number of leads.
    penalty : float, > 0
        Precision of the prior on each coefficient.
    seed : int

    Returns
    -------
    doubts : float array, shape (24, 1 + width), log-odds
        The mean square of a lead's columns times the draws is the variance of its margin.

    Notes
    -----
    Laplace's approximation: normal, with the inverse of the curvature of the loss as covariance. Words of one category
    exclude each other, and are taken as unrelated to everything else.
    """
    information = evidence * chance * (1 - chance)
    dense = np.column_stack([np.ones(len(information)), laid.dense])
    curvature = dense.T @ (dense * information[:, None])
    curvature[np.diag_indices_from(curvature)] += np.r_[1e-6, np.full(laid.dense.shape[1], penalty)]
    random = np.random.default_rng(seed)
    of_numbers = np.linalg.solve(np.linalg.cholesky(curvature).T, random.standard_normal((len(curvature), _DRAWS)))
    of_words = [
        random.standard_normal((end - begin, _DRAWS))
        / np.sqrt(np.bincount(codes, information, end - begin) + penalty)[:, None]
        for begin, end, codes in laid.codes
    ]
    doubts: Numbers = np.vstack([of_numbers, *of_words]).T
    return doubts


def _spans(matrix: FeatureMatrix, place: int, weights: Numbers) -> tuple[float, float, float, float]:
    """Where one number is held, its mean, and its standard deviation; infinite where it says nothing."""
    column = matrix.values[:, place]
    present = np.isfinite(column)
    if matrix.names[place] in matrix.words or not present.any():
        return 0.0, 0.0, 0.0, np.inf
    values, counted = column[present], weights[present]
    few = len(np.unique(values)) <= _FEW_VALUES
    low, high = (values.min(), values.max()) if few else np.quantile(values, _HELD_AT)
    held = np.clip(values, low, high)
    if low == high or counted.sum() == 0:
        return float(low), float(high), float(low), np.inf
    centre = float(np.average(held, weights=counted))
    spread = float(np.sqrt(np.average((held - centre) ** 2, weights=counted)))
    return float(low), float(high), centre, spread if spread > 0 else np.inf

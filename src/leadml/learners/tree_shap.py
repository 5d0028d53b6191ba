"""What each feature adds to what LightGBM's trees say: path-dependent SHAP values, at a small part of the usual cost.

Whatever does not depend on the lead is worked out when the trees are read. What is left to do for a lead is to decide
at every split, and then to go down and up each tree a few times.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import lightgbm
import numpy as np
from numba import boolean, float64, from_dtype, int64, njit, void

from leadml.history.tables import Codes, Mask, Numbers
from leadml.learners.tree_layout import SPLIT, SPLITS, Records, Tree, TreeTexts, is_among, is_below

_TREE = np.dtype([(name, np.int64) for name in ("first_split", "splits", "first_factor", "points")])
# What a split does with a lead; it may have been led away by an earlier split on the same feature.
_LEFT, _RIGHT, _AWAY = 0, 1, 2
# Leads at once: what is worked on fits the processor's cache. Of fewer than the second, one by one is quicker.
_AT_ONCE, _FEW = 128, 8
_TREES = from_dtype(_TREE)[::1]


@dataclass(frozen=True, eq=False)
class TreeShap:
    """Trees, laid out for being explained.

    Attributes
    ----------
    features : int
        How many columns a lead has.
    start : float
        What the trees say of nobody in particular: the mean of their leaves by how many snapshots of training each has.

    Notes
    -----
    For a leaf of value v, let z_j be the share of training that stays on its path at the splits on feature j, and o_j
    be 1 if the lead follows all of them, else 0. The Shapley value of feature i is a sum over leaves of ::

        v (o_i - z_i) * integral over t in [0, 1] of product over j != i of (t o_j + (1 - t) z_j)

    The product is a polynomial whose degree is one less than the number of different features on the path, so
    Gauss-Legendre quadrature with half as many points as features is exact. At a point t the product over *all*
    features of a path, times v, is carried down the tree, and its sum over the leaves below is carried up. There it is
    multiplied by (o_i - z_i) / (t o_i + (1 - t) z_i), less what an earlier split on the same feature has counted.

    References
    ----------
    Lundberg, S. M. et al. (2020). From local explanations to global understanding with explainable AI for trees.
    Nature Machine Intelligence 2, 56-67.
    Yang, J. (2021). Fast TreeSHAP: accelerating SHAP value computation for trees. arXiv:2109.09847.
    Yu, P., Bifet, A., Read, J. and Xu, C. (2022). Linear TreeShap. NeurIPS 35.

    Examples
    --------
    >>> clicks = np.arange(100.0)[:, None]
    >>> settings = {"verbosity": -1, "num_leaves": 3}
    >>> booster = lightgbm.train(settings, lightgbm.Dataset(clicks, label=clicks[:, 0] > 50), num_boost_round=5)
    >>> ours = TreeShap.of(booster).contributions(clicks)
    >>> bool(np.allclose(ours, booster.predict(clicks, pred_contrib=True), rtol=0, atol=1e-12))
    True
    """

    features: int
    start: float
    _splits: Records
    _trees: Records
    _words: Codes
    _factors: Numbers

    @classmethod
    def of(cls, *models: lightgbm.Booster | str, scale: float = 1.0) -> "TreeShap":
        """Read trees, once for all leads.

        Parameters
        ----------
        *models : lightgbm.Booster, or its text
            Of the same features. What they say is added up.
        scale : float
            What every leaf is multiplied by, such as 1 / number of models where their mean is meant.

        Returns
        -------
        trees : TreeShap

        Raises
        ------
        ValueError
            If a model has several outputs, or lines in its leaves; nothing here knows them.
        """
        texts, forest = TreeTexts(models, scale), _Forest()
        for tree in texts.trees():
            forest.add(tree)
        return cls(
            features=texts.features,
            start=forest.start,
            _splits=np.array(forest.splits, dtype=SPLIT),
            _trees=np.array(forest.trees, dtype=_TREE),
            _words=np.array(texts.words, dtype=np.int64),
            _factors=np.concatenate([np.empty((0, 4)), *forest.factors]),
        )

    def contributions(self, values: Numbers) -> Numbers:
        """Tell what each feature adds, as `Booster.predict(values, pred_contrib=True)` does.

        Parameters
        ----------
        values : float array, shape (n_leads, n_features)
            NaN where a value is missing; categories as codes.

        Returns
        -------
        contributions : float array, shape (n_leads, n_features + 1), unit of the leaves
            The last column is `start`. A row sums to what the trees say of the lead. It is the same to the last bit
            alone and among a million.

        Raises
        ------
        ValueError
            If the leads have another number of features than the trees know.
        """
        leads, features = values.shape
        if features != self.features:
            raise ValueError(f"the leads have {features} features, but the trees were grown on {self.features}")
        forest = self._splits, self._trees, self._words, self._factors
        parts = np.zeros((features + 1, leads))
        parts[-1] = self.start
        columns = np.ascontiguousarray(values.T, dtype=np.float64)
        explain = _explain_few if leads < _FEW else _explain_many
        explain(columns, parts, *forest)
        return np.ascontiguousarray(parts.T)


class _Forest:
    """Trees on their way into flat arrays."""

    def __init__(self) -> None:
        self.start = 0.0
        self.splits: list[tuple[Any, ...]] = []
        self.trees: list[tuple[int, ...]] = []
        self.factors: list[Numbers] = []
        self._factor_rows = 0

    def add(self, tree: Tree) -> None:
        """Lay out one more tree."""
        self.start += tree.start
        if not tree.splits:
            return
        points = 2 * -(-tree.depth // 4)  # half as many as features, and even, as they are taken in pairs
        before = np.zeros(len(tree.cover), dtype=np.int64)
        before[tree.children] = [split[6] for split in tree.splits]  # both children come after the same earlier split
        factors = _factors(tree.children, tree.cover, before, gauss_legendre(points))
        value_of = np.concatenate([np.ones(len(tree.splits)), tree.leaf_values])
        factors[..., :2] *= value_of[tree.children.T][:, None, None, :]
        self.trees.append((len(self.splits), len(tree.splits), self._factor_rows, points))
        self.splits.extend(tree.splits)
        self.factors.append(factors.reshape(-1, 4))
        self._factor_rows += len(tree.splits) * 3 * points


@lru_cache
def gauss_legendre(points: int) -> tuple[Numbers, Numbers]:
    """Points and weights on [0, 1]."""
    points_on, weights = np.polynomial.legendre.leggauss(points)
    return (points_on + 1) / 2, weights / 2


def _factors(children: Codes, cover: Numbers, before: Codes, points: tuple[Numbers, Numbers]) -> Numbers:
    """Work out what the ways down and up multiply by, shape (n_splits, 3, n_points, 4).

    For each split, for a lead that it sends left, right or that was led away before, and for each point: the left and
    the right factor on the way down, the left and the right on the way up.
    """
    t, weights = points
    z, earlier = cover[:, None], cover[before][:, None]  # an earlier cover of 1 stands for no earlier split
    follows, followed = t + (1 - t) * z, t + (1 - t) * earlier
    counted = (1 - earlier) / followed
    down_if_followed, up_if_followed = follows / followed, (1 - z) / follows - counted
    down_if_left, up_if_left = (1 - t) * z / followed, -1 / (1 - t) - counted
    down_if_away = np.divide(z, earlier, out=np.zeros_like(z), where=earlier > 0) * np.ones_like(t)
    left, right = children
    factors = np.zeros((len(left), 3, len(t), 4))
    factors[:, _LEFT] = np.stack(
        [down_if_followed[left], down_if_left[right], up_if_followed[left], up_if_left[right]], axis=-1
    )
    factors[:, _RIGHT] = np.stack(
        [down_if_left[left], down_if_followed[right], up_if_left[left], up_if_followed[right]], axis=-1
    )
    factors[:, _AWAY, :, :2] = np.stack([down_if_away[left], down_if_away[right]], axis=-1)
    factors[0, :, :, :2] *= weights[:, None]  # every way down begins at the root
    return factors


@njit(int64(_TREES), cache=True, nogil=True)
def _most_places(trees: Records) -> int:
    most = 1
    for tree in trees:
        most = max(most, 2 * tree.splits + 1)
    return most


_EXPLAIN = void(float64[:, ::1], float64[:, ::1], SPLITS, _TREES, int64[::1], float64[:, ::1])


@njit(_EXPLAIN, cache=True, nogil=True)
def _explain_few(  # noqa: PLR0913 - compiled code takes arrays instead of objects
    values: Numbers, parts: Numbers, splits: Records, trees: Records, words: Codes, factors: Numbers
) -> None:
    """Add the parts of one lead after another."""
    most = _most_places(trees)
    on_path, row = np.ones(most, np.bool_), np.empty(most, np.int64)
    flow, added = np.empty((most, 2)), np.empty(most)
    pairs = factors.reshape(len(factors) // 2, 8)
    for lead in range(values.shape[1]):
        for tree in trees:
            own = splits[tree.first_split : tree.first_split + tree.splits]
            for place in range(tree.splits):
                split, still = own[place], on_path[own[place].before]
                value = values[split.feature, lead]
                if split.first_word >= 0:
                    left = is_among(value, split.first_word, split.end_word, words)
                else:
                    left = is_below(value, split.threshold, split.zero_goes_left, split.missing_goes_left)
                on_path[split.left], on_path[split.right] = still & left, still & (not left)
                what = (_LEFT if left else _RIGHT) if still else _AWAY
                row[place] = (tree.first_factor + (3 * place + what) * tree.points) // 2
                added[place] = 0.0
            for pair in range(tree.points // 2):
                flow[0] = 1.0
                for place in range(tree.splits):
                    by, left, right = row[place] + pair, own[place].left, own[place].right
                    first, second = flow[place, 0], flow[place, 1]
                    flow[left, 0], flow[left, 1] = first * pairs[by, 0], second * pairs[by, 4]
                    flow[right, 0], flow[right, 1] = first * pairs[by, 1], second * pairs[by, 5]
                for place in range(tree.splits - 1, -1, -1):
                    by, left, right = row[place] + pair, own[place].left, own[place].right
                    left_first, left_second, right_first, right_second = (
                        flow[left, 0],
                        flow[left, 1],
                        flow[right, 0],
                        flow[right, 1],
                    )
                    flow[place, 0], flow[place, 1] = left_first + right_first, left_second + right_second
                    added[place] += left_first * pairs[by, 2] + right_first * pairs[by, 3]
                    added[place] += left_second * pairs[by, 6] + right_second * pairs[by, 7]
            for place in range(tree.splits):
                parts[own[place].feature, lead] += added[place]


@njit(void(SPLITS, float64[:, :], int64[::1], boolean[:, ::1], int64[:, ::1]), cache=True, nogil=True)
def _decide(splits: Records, values: Numbers, words: Codes, on_path: Mask, what: Codes) -> None:
    """Find what each split of a tree does with each lead of a block."""
    for place in range(len(splits)):
        split = splits[place]
        column, found = values[split.feature], what[place]
        still, to_left, to_right = on_path[split.before], on_path[split.left], on_path[split.right]
        first_word, end_word = split.first_word, split.end_word
        threshold, zero_left, missing_left = split.threshold, split.zero_goes_left, split.missing_goes_left
        if first_word >= 0:
            for lead in range(len(column)):
                to_left[lead] = is_among(column[lead], first_word, end_word, words)
        else:
            for lead in range(len(column)):
                to_left[lead] = is_below(column[lead], threshold, zero_left, missing_left)
        for lead in range(len(column)):
            left, on = to_left[lead], still[lead]
            to_left[lead], to_right[lead] = on & left, on & (not left)
            found[lead] = (_LEFT if left else _RIGHT) if on else _AWAY


@njit(void(SPLITS, float64[:, :, :], int64[:, ::1], float64[:, ::1], float64[:, ::1]), cache=True, nogil=True)
def _down_and_up(splits: Records, by: Numbers, what: Codes, flow: Numbers, added: Numbers) -> None:
    """Go down and up a tree with all leads of a block, at one point; `by` holds the factors of each split."""
    flow[0] = 1.0
    for place in range(len(splits)):
        here, found = flow[place], what[place]
        to_left, to_right = flow[splits[place].left], flow[splits[place].right]
        left_if_left, left_if_right, left_if_away = by[place, 0, 0], by[place, 1, 0], by[place, 2, 0]
        right_if_left, right_if_right, right_if_away = by[place, 0, 1], by[place, 1, 1], by[place, 2, 1]
        for lead in range(len(here)):
            of, whole = found[lead], here[lead]
            to_left[lead] = whole * (left_if_left if of == _LEFT else left_if_right if of == _RIGHT else left_if_away)
            to_right[lead] = whole * (
                right_if_left if of == _LEFT else right_if_right if of == _RIGHT else right_if_away
            )
    for place in range(len(splits) - 1, -1, -1):
        here, found, adds = flow[place], what[place], added[place]
        from_left, from_right = flow[splits[place].left], flow[splits[place].right]
        left_if_left, left_if_right, left_if_away = by[place, 0, 2], by[place, 1, 2], by[place, 2, 2]
        right_if_left, right_if_right, right_if_away = by[place, 0, 3], by[place, 1, 3], by[place, 2, 3]
        for lead in range(len(here)):
            of, left, right = found[lead], from_left[lead], from_right[lead]
            left_gain = left_if_left if of == _LEFT else left_if_right if of == _RIGHT else left_if_away
            right_gain = right_if_left if of == _LEFT else right_if_right if of == _RIGHT else right_if_away
            adds[lead] += left * left_gain + right * right_gain
            here[lead] = left + right


@njit(_EXPLAIN, cache=True, nogil=True)
def _explain_many(  # noqa: PLR0913 - compiled code takes arrays instead of objects
    values: Numbers, parts: Numbers, splits: Records, trees: Records, words: Codes, factors: Numbers
) -> None:
    """Add the same parts in the same order, with leads side by side, as the processor likes it."""
    most, leads = _most_places(trees), values.shape[1]
    for begin in range(0, leads, _AT_ONCE):
        end = min(begin + _AT_ONCE, leads)
        on_path, what = np.ones((most, end - begin), np.bool_), np.empty((most, end - begin), np.int64)
        flow, added = np.empty((most, end - begin)), np.empty((most, end - begin))
        for tree in trees:
            own = splits[tree.first_split : tree.first_split + tree.splits]
            _decide(own, values[:, begin:end], words, on_path, what)
            added[: tree.splits] = 0.0
            last = tree.first_factor + 3 * tree.splits * tree.points
            by = factors[tree.first_factor : last].reshape(tree.splits, 3, tree.points, 4)
            for point in range(tree.points):
                _down_and_up(own, by[:, :, point], what, flow, added)
            for place in range(tree.splits):
                parts[own[place].feature, begin:end] += added[place]

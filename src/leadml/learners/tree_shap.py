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
    _shares: Numbers
    _quadrature: Numbers

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
            _shares=np.concatenate([np.empty((0, 7)), *forest.shares]),
            _quadrature=_quadrature(max((points for *_, points in forest.trees), default=2)),
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
        forest = self._splits, self._trees, self._words
        parts = np.zeros((features + 1, leads))
        parts[-1] = self.start
        columns = np.ascontiguousarray(values.T, dtype=np.float64)
        if leads < _FEW:
            _explain_few(columns, parts, *forest, self._shares, self._quadrature)
        else:
            _explain_many(columns, parts, *forest, self._factors)
        return np.ascontiguousarray(parts.T)


class _Forest:
    """Trees on their way into flat arrays."""

    def __init__(self) -> None:
        self.start = 0.0
        self.splits: list[tuple[Any, ...]] = []
        self.trees: list[tuple[int, ...]] = []
        self.factors: list[Numbers] = []
        self.shares: list[Numbers] = []
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
        self.shares.append(_shares(tree.children, tree.cover, before, value_of))
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


def _shares(children: Codes, cover: Numbers, before: Codes, value_of: Numbers) -> Numbers:
    """Lay out what the factors of a lead are worked out from, shape (n_splits, 7).

    The share of training that the path keeps to the left and to the right, and that of an earlier split on the feature;
    what the ways to the left and to the right end in; and both ways' down factors of a lead that was led away before.
    """
    left, right = children
    earlier = cover[before][left]
    away = [np.divide(cover[side], earlier, out=np.zeros_like(earlier), where=earlier > 0) for side in (left, right)]
    return np.column_stack([cover[left], cover[right], earlier, value_of[left], value_of[right], *away])


def _quadrature(most_points: int) -> Numbers:
    """Lay out the points of each half number of points, two by two: shape (most / 2 + 1, most / 2, 8)."""
    laid = np.zeros((most_points // 2 + 1, max(1, most_points // 2), 8))
    for half in range(1, most_points // 2 + 1):
        t, weights = gauss_legendre(2 * half)
        laid[half, :half] = np.concatenate(
            [part.reshape(half, 2) for part in (t, 1 - t, weights, -1 / (1 - t))], axis=1
        )
    return laid


@njit(int64(_TREES), cache=True, nogil=True)
def _most_places(trees: Records) -> int:
    most = 1
    for tree in trees:
        most = max(most, 2 * tree.splits + 1)
    return most


_ALONE = void(int64[:, ::1], float64[:, ::1], float64[::1], float64[:, ::1], float64[:, ::1], float64[::1])


@njit(_ALONE, cache=True, nogil=True)
def _down_and_up_alone(  # noqa: PLR0913 - compiled code takes arrays instead of objects
    ways: Codes, of: Numbers, at: Numbers, flow: Numbers, up: Numbers, added: Numbers
) -> None:
    """Go down and up a tree with one lead, at two points at once; `_factors` says what is multiplied, and why."""
    first_t, second_t, first_rest, second_rest = at[0], at[1], at[2], at[3]
    flow[0, 0], flow[0, 1] = 1.0, 1.0
    first_weight, second_weight = at[4], at[5]  # every way down begins at the root
    for place in range(len(ways)):
        went, other = ways[place, 0], ways[place, 1]
        first, second = flow[place, 0], flow[place, 1]
        z, away, earlier = of[place, 0], of[place, 1], of[place, 2]
        went_first, went_second = first_t + first_rest * z, second_t + second_rest * z
        other_first, other_second = first_rest * away, second_rest * away
        went_first_up, went_second_up = (1 - z) / went_first, (1 - z) / went_second
        other_first_up, other_second_up = at[6], at[7]
        if earlier != 1.0:  # without an earlier split there is nothing to divide
            first_followed, second_followed = first_t + first_rest * earlier, second_t + second_rest * earlier
            first_counted, second_counted = (1 - earlier) / first_followed, (1 - earlier) / second_followed
            went_first_up, went_second_up = went_first_up - first_counted, went_second_up - second_counted
            other_first_up, other_second_up = other_first_up - first_counted, other_second_up - second_counted
            went_first, went_second = went_first / first_followed, went_second / second_followed
            other_first, other_second = other_first / first_followed, other_second / second_followed
        # Of a lead that was led away before, `here` is 0 and takes all of this away; what stands in for it does not
        # hang on the point. A condition would be guessed wrong too often.
        here, went_away, other_away = of[place, 5], of[place, 6], of[place, 7]
        up[place, 0], up[place, 1] = here * went_first_up, here * went_second_up
        up[place, 2], up[place, 3] = here * other_first_up, here * other_second_up
        went_first, went_second = went_away + here * went_first, went_away + here * went_second
        other_first, other_second = other_away + here * other_first, other_away + here * other_second
        went_first, went_second = went_first * first_weight, went_second * second_weight
        other_first, other_second = other_first * first_weight, other_second * second_weight
        first_weight = second_weight = 1.0
        went_first, went_second = went_first * of[place, 3], went_second * of[place, 3]
        other_first, other_second = other_first * of[place, 4], other_second * of[place, 4]
        flow[went, 0], flow[went, 1] = first * went_first, second * went_second
        flow[other, 0], flow[other, 1] = first * other_first, second * other_second
    for place in range(len(ways) - 1, -1, -1):
        went, other = ways[place, 0], ways[place, 1]
        went_first, went_second, other_first, other_second = (
            flow[went, 0],
            flow[went, 1],
            flow[other, 0],
            flow[other, 1],
        )
        flow[place, 0], flow[place, 1] = went_first + other_first, went_second + other_second
        added[place] += went_first * up[place, 0] + other_first * up[place, 2]
        added[place] += went_second * up[place, 1] + other_second * up[place, 3]


_FEW_SIGNATURE = void(float64[:, ::1], float64[:, ::1], SPLITS, _TREES, int64[::1], float64[:, ::1], float64[:, :, ::1])


@njit(_FEW_SIGNATURE, cache=True, nogil=True)
def _explain_few(  # noqa: PLR0913 - compiled code takes arrays instead of objects
    values: Numbers,
    parts: Numbers,
    splits: Records,
    trees: Records,
    words: Codes,
    shares: Numbers,
    quadrature: Numbers,
) -> None:
    """Add the parts of one lead after another.

    What is multiplied is worked out anew from a few shares: a forest's factors do not fit the processor's cache, and
    for one lead fetching them takes longer than all the arithmetic.
    """
    most = _most_places(trees)
    on_path, ways, of = np.ones(most, np.bool_), np.empty((most, 2), np.int64), np.empty((most, 8))
    flow, up, added = np.empty((most, 2)), np.empty((most, 4)), np.empty(most)
    for lead in range(values.shape[1]):
        for tree in trees:
            for place in range(tree.splits):
                split, of_split = splits[tree.first_split + place], shares[tree.first_split + place]
                still, value = on_path[split.before], values[split.feature, lead]
                if split.first_word >= 0:
                    left = is_among(value, split.first_word, split.end_word, words)
                else:
                    left = is_below(value, split.threshold, split.zero_goes_left, split.missing_goes_left)
                on_path[split.left], on_path[split.right] = still & left, still & (not left)
                went = 1 - int(left)  # 0 to the left: where the shares of that side stand
                ways[place, went], ways[place, 1 - went] = split.left, split.right
                of[place, 0], of[place, 1], of[place, 2] = of_split[went], of_split[1 - went], of_split[2]
                of[place, 3], of[place, 4] = of_split[3 + went], of_split[4 - went]
                here = 1.0 if still else 0.0
                of[place, 5] = here
                of[place, 6], of[place, 7] = (1 - here) * of_split[5 + went], (1 - here) * of_split[6 - went]
                added[place] = 0.0
            for pair in range(tree.points // 2):
                at = quadrature[tree.points // 2, pair]
                _down_and_up_alone(ways[: tree.splits], of, at, flow, up, added)
            for place in range(tree.splits):
                parts[splits[tree.first_split + place].feature, lead] += added[place]


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


_MANY_SIGNATURE = void(float64[:, ::1], float64[:, ::1], SPLITS, _TREES, int64[::1], float64[:, ::1])


@njit(_MANY_SIGNATURE, cache=True, nogil=True)
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

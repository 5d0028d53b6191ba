"""LightGBM's trees as plain arrays: read from the model's text, and decided as LightGBM decides."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt
from numba import boolean, float64, from_dtype, int64, njit

from leadml.history.tables import Codes, Numbers

# A split. Its children have places in the tree: splits come first, in the order they were made, so that a child comes
# after its parent; then leaves.
SPLIT = np.dtype(
    [
        ("feature", np.int32),
        ("threshold", np.float64),
        ("first_word", np.int32),  # of the set of categories that go left; -1 where the feature is a number
        ("end_word", np.int32),
        ("left", np.int32),
        ("right", np.int32),
        ("before", np.int32),  # the last place after an earlier split on this feature; the root where there is none
        ("zero_goes_left", np.bool_),
        ("missing_goes_left", np.bool_),
    ],
    align=True,
)
Records = npt.NDArray[Any]
ONE_SPLIT, SPLITS = from_dtype(SPLIT), from_dtype(SPLIT)[::1]
# Bits of LightGBM's decision_type, and what counts as missing at a split.
_IS_CATEGORY, _DEFAULT_LEFT, _WHAT_IS_MISSING = 1, 2, 2
_ZERO_IS_MISSING, _NAN_IS_MISSING = 1, 2
_BITS = 32  # in a word of a set of categories
_NEXT_TO_ZERO = 1.0000000180025095e-35  # LightGBM's 1e-35 in single precision, to the last digit
_BEYOND_ALL_CODES = 2.0**31


@dataclass(frozen=True)
class Tree:
    """One tree.

    Attributes
    ----------
    splits : tuple of tuple
        The records of its splits, as `SPLIT` has them; none where the tree is a single leaf.
    children : int array, shape (2, n_splits)
        Places to the left and to the right.
    cover : float array, shape (n_places,)
        For each place the share of training that its path keeps at the splits on the feature of the last of them.
    leaf_values : float array, shape (n_leaves,)
    start : float
        Mean of the leaves by how many snapshots of training each has.
    depth : int
        The largest number of different features on a path.
    """

    splits: tuple[tuple[Any, ...], ...]
    children: Codes
    cover: Numbers
    leaf_values: Numbers
    start: float
    depth: int


class TreeTexts:
    """The texts of models of the same features, on their way to arrays.

    Parameters
    ----------
    models : sequence of lightgbm.Booster, or their texts
    scale : float
        What every leaf is multiplied by.

    Raises
    ------
    ValueError
        While trees are read: if a model has several outputs, or lines in its leaves; nothing here knows them.
    """

    def __init__(self, models: tuple[lightgbm.Booster | str, ...], scale: float) -> None:
        self._texts = [model if isinstance(model, str) else model.model_to_string() for model in models]
        self._scale = scale
        self.features = int(_keys_of(self._texts[0])["max_feature_idx"]) + 1
        self.words: list[int] = []  # of the sets of categories of all trees read so far

    def trees(self) -> Iterator[Tree]:
        """Read one tree after another."""
        for text in self._texts:
            for keys in _trees_of(text):
                yield self._tree(keys)

    def _tree(self, tree: Mapping[str, str]) -> Tree:
        leaf_values = self._scale * np.array(_numbers(tree, "leaf_value"))
        if len(leaf_values) == 1:
            nothing = np.empty((2, 0), np.int64)
            return Tree((), nothing, np.ones(1), leaf_values, float(leaf_values[0]), 0)
        leaf_counts, counts = _integers(tree, "leaf_count"), _integers(tree, "internal_count")
        start = float(np.array(leaf_counts) / counts[0] @ leaf_values)
        features, thresholds = _integers(tree, "split_feature"), _numbers(tree, "threshold")
        kinds, splits = _integers(tree, "decision_type"), len(counts)
        # LightGBM writes leaf number n as -1 - n.
        children = np.array([_integers(tree, "left_child"), _integers(tree, "right_child")])
        children = np.where(children < 0, splits - 1 - children, children)
        cover, before, depth = _paths(features, children, np.array(counts + leaf_counts, dtype=np.float64))
        records = []
        for place, (left, right) in enumerate(children.T.tolist()):
            threshold, first_word, end_word, zero_left, missing_left = self._decision(
                tree, kinds[place], thresholds[place]
            )
            records.append(
                (features[place], threshold, first_word, end_word, left, right, before[left], zero_left, missing_left)
            )
        return Tree(tuple(records), children, cover, leaf_values, start, depth)

    def _decision(self, tree: Mapping[str, str], kind: int, threshold: float) -> tuple[float, int, int, bool, bool]:
        """Say how one split decides; where nothing counts as missing, NaN is taken for 0."""
        if kind & _IS_CATEGORY:
            bounds, first = _integers(tree, "cat_boundaries"), len(self.words)
            self.words += _integers(tree, "cat_threshold")[bounds[int(threshold)] : bounds[int(threshold) + 1]]
            return threshold, first, len(self.words), False, False
        missing, default_left = kind >> _WHAT_IS_MISSING, bool(kind & _DEFAULT_LEFT)
        zero_left = default_left if missing == _ZERO_IS_MISSING else threshold >= 0
        return threshold, -1, -1, zero_left, default_left if missing == _NAN_IS_MISSING else zero_left


def _trees_of(text: str) -> Iterator[dict[str, str]]:
    """Give the keys of each tree in LightGBM's text."""
    header, *trees = text.split("\nTree=")
    if _keys_of(header)["num_tree_per_iteration"] != "1":
        raise ValueError("the model has several outputs; give one with a single output")
    for tree in trees:
        keys = _keys_of(tree.split("\n\n", 1)[0])
        if keys.get("is_linear", "0") != "0":
            raise ValueError("the trees have lines in their leaves; grow them without linear_tree")
        yield keys


def _keys_of(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.split("\nTree=", 1)[0].splitlines() if "=" in line)


def _numbers(tree: Mapping[str, str], key: str) -> list[float]:
    return [float(number) for number in tree[key].split()]


def _integers(tree: Mapping[str, str], key: str) -> list[int]:
    return [int(number) for number in tree[key].split()]


def _paths(features: list[int], children: Codes, counts: Numbers) -> tuple[Numbers, Codes, int]:
    """Follow the path to each place.

    Gives for each place the share of training that its path keeps at the splits on the feature of the last of them,
    the place after an earlier split on that feature, and the largest number of different features on a path.
    """
    cover, before = np.ones(len(counts)), np.zeros(len(counts), dtype=np.int64)
    last: list[dict[int, int]] = [{} for _ in counts]  # for each feature on the path, the place after its last split
    for place, feature in enumerate(features):
        for child in children[:, place]:
            before[child] = last[place].get(feature, 0)
            cover[child] = cover[before[child]] * counts[child] / counts[place]
            last[child] = {**last[place], feature: int(child)}
    return cover, before, max(map(len, last))


@njit(boolean(float64, int64, int64, int64[::1]), cache=True, nogil=True, inline="always")
def is_among(value: float, first_word: int, end_word: int, words: Codes) -> bool:
    """Tell whether a category goes left, as LightGBM does: codes are cut to whole numbers."""
    if not -1.0 < value < _BEYOND_ALL_CODES:
        return False
    code = int(value)
    word = first_word + code // _BITS
    return word < end_word and (words[word] >> (code % _BITS)) & 1 == 1


@njit(boolean(float64, float64, boolean, boolean), cache=True, nogil=True, inline="always")
def is_below(value: float, threshold: float, zero_goes_left: bool, missing_goes_left: bool) -> bool:
    """Tell whether a number goes left, as LightGBM does: what is next to zero is zero."""
    is_zero = abs(value) <= _NEXT_TO_ZERO
    below = (value <= threshold) & (not is_zero)
    return below | (is_zero & zero_goes_left) | ((value != value) & missing_goes_left)

"""What pairs of features add together in LightGBM's trees: path-dependent SHAP interaction values."""

from dataclasses import dataclass

import lightgbm
import numpy as np
from numba import boolean, float64, int64, njit, void

from leadml.history.tables import Codes, Mask, Numbers
from leadml.learners.tree_layout import SPLIT, SPLITS, Records, Tree, TreeTexts, is_among, is_below
from leadml.learners.tree_shap import gauss_legendre


@dataclass(frozen=True, eq=False)
class TreeInteractions:
    """Trees, laid out leaf by leaf.

    Attributes
    ----------
    features : int
        How many columns a lead has.

    Notes
    -----
    For a leaf of value v, with o and z as in `TreeShap`, the interaction of two features i and j of its path is ::

        v / 2 * (o_i - z_i) * (o_j - z_j) * integral over t in [0, 1] of product over k != i, j of (t o_k + (1 - t) z_k)

    The product is a polynomial, so Gauss-Legendre quadrature is exact. It is the Shapley interaction index, half for
    each of the two features, as `shap` gives it.

    References
    ----------
    Fujimoto, K., Kojadinovic, I. and Marichal, J.-L. (2006). Axiomatic characterizations of probabilistic and
    cardinal-probabilistic interaction indices. Games and Economic Behavior 55, 72-99.
    Lundberg, S. M. et al. (2020). From local explanations to global understanding with explainable AI for trees.
    Nature Machine Intelligence 2, 56-67.

    Examples
    --------
    Two features matter only together:

    >>> values = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]] * 10)
    >>> settings = {"verbosity": -1, "num_leaves": 4, "min_data_in_leaf": 1, "learning_rate": 1.0}
    >>> both = lightgbm.Dataset(values, label=4.0 * values.prod(axis=1))
    >>> booster = lightgbm.train(settings, both, num_boost_round=1)
    >>> np.round(TreeInteractions.of(booster).between(values[3:4])[0], 6).tolist()
    [[0.0, 0.5], [0.5, 0.0]]
    """

    features: int
    _splits: Records
    _words: Codes
    _trees: Codes
    _leaves: Codes
    _leaf_values: Numbers
    _steps: Codes
    _members: Codes
    _shares: Numbers
    _points: tuple[Numbers, Numbers]

    @classmethod
    def of(cls, *models: lightgbm.Booster | str, scale: float = 1.0) -> "TreeInteractions":
        """Read trees, once for all leads.

        Parameters
        ----------
        *models : lightgbm.Booster, or its text
            Of the same features. What they say is added up.
        scale : float
            What every leaf is multiplied by.

        Returns
        -------
        trees : TreeInteractions
        """
        texts, laid = TreeTexts(models, scale), _Laid()
        for tree in texts.trees():
            laid.add(tree)
        return cls(
            features=texts.features,
            _splits=np.array(laid.splits, dtype=SPLIT),
            _words=np.array(texts.words, dtype=np.int64),
            _trees=np.array(laid.trees, dtype=np.int64).reshape(-1, 4),
            _leaves=np.array(laid.leaves, dtype=np.int64).reshape(-1, 4),
            _leaf_values=np.array(laid.leaf_values),
            _steps=np.array(laid.steps, dtype=np.int64).reshape(-1, 3),
            _members=np.array(laid.members, dtype=np.int64),
            _shares=np.array(laid.shares),
            _points=gauss_legendre(max(1, -(-(laid.depth - 1) // 2))),
        )

    def between(self, values: Numbers) -> Numbers:
        """Tell what each pair of features adds beyond what each does by itself.

        Parameters
        ----------
        values : float array, shape (n_leads, n_features)
            NaN where a value is missing; categories as codes.

        Returns
        -------
        interactions : float array, shape (n_leads, n_features, n_features), unit of the leaves
            Symmetric, half of the interaction on either side; nothing on the diagonal.
        """
        together = np.zeros((len(values), self.features, self.features))
        trees = self._splits, self._words, self._trees, self._leaves, self._leaf_values
        paths = self._steps, self._members, self._shares
        _add_interactions(np.ascontiguousarray(values, dtype=np.float64), together, *trees, *paths, *self._points)
        return together + together.transpose(0, 2, 1)


class _Laid:
    """Trees on their way into flat arrays: each leaf with its path and the features on it."""

    def __init__(self) -> None:
        self.splits: list[tuple[object, ...]] = []
        self.trees: list[tuple[int, int, int, int]] = []  # first split and leaf, and the end of each
        self.leaves: list[tuple[int, int, int, int]] = []  # first step and member, and the end of each
        self.leaf_values: list[float] = []
        self.steps: list[tuple[int, int, int]] = []  # a split of the tree, whether left, which member of the leaf
        self.members: list[int] = []  # the different features on the path
        self.shares: list[float] = []  # z of each
        self.depth = 1

    def add(self, tree: Tree) -> None:
        """Lay out one more tree."""
        if not tree.splits:
            return
        first = len(self.splits), len(self.leaves)
        self.splits.extend(tree.splits)
        self.depth = max(self.depth, tree.depth)
        paths: list[list[tuple[int, int]]] = [[] for _ in tree.cover]
        for place, children in enumerate(tree.children.T.tolist()):
            for child in children:
                paths[child] = [*paths[place], (place, child)]
        for leaf, value in enumerate(tree.leaf_values.tolist()):
            self._add_leaf(tree, paths[len(tree.splits) + leaf], value)
        self.trees.append((first[0], len(self.splits), first[1], len(self.leaves)))

    def _add_leaf(self, tree: Tree, path: list[tuple[int, int]], value: float) -> None:
        """Note which way the path goes at each split, and what share of training it keeps at those of each feature."""
        first, kept = (len(self.steps), len(self.members)), dict[int, float]()
        for place, child in path:
            kept[tree.splits[place][0]] = float(tree.cover[child])  # the last of a feature counts the earlier ones too
        order = {feature: number for number, feature in enumerate(kept)}
        for place, child in path:
            self.steps.append((place, int(child == tree.splits[place][4]), order[tree.splits[place][0]]))
        self.members.extend(kept)
        self.shares.extend(kept.values())
        self.leaves.append((first[0], len(self.steps), first[1], len(self.members)))
        self.leaf_values.append(value)


@njit(
    void(float64, int64[::1], boolean[::1], float64[::1], float64[::1], float64[::1], float64[:, ::1]),
    cache=True,
    nogil=True,
)
def _add_leaf(  # noqa: PLR0913 - compiled code takes arrays instead of objects
    value: float, members: Codes, follows: Mask, shares: Numbers, at: Numbers, weights: Numbers, into: Numbers
) -> None:
    """Add what one leaf says of each pair, one half, above the diagonal in the order of the path."""
    count = len(members)
    for first in range(count):
        for second in range(first + 1, count):
            integral = 0.0
            for point in range(len(at)):
                product = weights[point]
                for other in range(count):
                    if other not in (first, second):
                        product *= (1.0 - at[point]) * shares[other] + (at[point] if follows[other] else 0.0)
                integral += product
            gains = (follows[first] - shares[first]) * (follows[second] - shares[second])
            into[members[first], members[second]] += 0.5 * value * gains * integral


_ADD = void(
    float64[:, ::1],
    float64[:, :, ::1],
    SPLITS,
    int64[::1],
    int64[:, ::1],
    int64[:, ::1],
    float64[::1],
    int64[:, ::1],
    int64[::1],
    float64[::1],
    float64[::1],
    float64[::1],
)


@njit(_ADD, cache=True, nogil=True)
def _add_interactions(  # noqa: PLR0913 - compiled code takes arrays instead of objects
    values: Numbers,
    together: Numbers,
    splits: Records,
    words: Codes,
    trees: Codes,
    leaves: Codes,
    leaf_values: Numbers,
    steps: Codes,
    members: Codes,
    shares: Numbers,
    at: Numbers,
    weights: Numbers,
) -> None:
    """Add the interactions of every lead, tree by tree and leaf by leaf."""
    follows = np.empty(len(members), np.bool_)
    for lead in range(len(values)):
        for tree in range(len(trees)):
            first_split = trees[tree, 0]
            for leaf in range(trees[tree, 2], trees[tree, 3]):
                first_step, end_step, first, end = leaves[leaf]
                follows[first:end] = True
                for step in range(first_step, end_step):
                    split = splits[first_split + steps[step, 0]]
                    value = values[lead, split.feature]
                    if split.first_word >= 0:
                        left = is_among(value, split.first_word, split.end_word, words)
                    else:
                        left = is_below(value, split.threshold, split.zero_goes_left, split.missing_goes_left)
                    if left != (steps[step, 1] == 1):
                        follows[first + steps[step, 2]] = False
                _add_leaf(
                    leaf_values[leaf],
                    members[first:end],
                    follows[first:end],
                    shares[first:end],
                    at,
                    weights,
                    together[lead],
                )

"""Interactions of pairs of features against the definition, subset by subset, on trees as LightGBM grows them."""

from itertools import chain, combinations
from math import factorial

import lightgbm
import numpy as np
import pytest
import shap
from hypothesis import given, settings
from hypothesis import strategies as st

from leadml.learners.tree_interactions import TreeInteractions
from leadml.learners.tree_shap import TreeShap

FEATURES = 4  # the last is a category


def grown(seed, leaves, *, plain=False):
    """Grow trees on few leads, so that features come back on a path and every kind of split occurs."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(120, FEATURES)).round(1)
    if not plain:
        values[:, 3] = random.integers(0, 6, 120)
        values[random.random(values.shape) < 0.15] = np.nan
    known = np.nan_to_num(values)
    told = known[:, 0] * known[:, 1] + np.isin(known[:, 3], [1, 4]) * known[:, 2] + np.isnan(values[:, 1])
    parameters = {
        "verbosity": -1,
        "num_leaves": leaves,
        "min_data_in_leaf": 3,
        "num_threads": 1,
        "max_cat_to_onehot": 1,
    }
    parameters |= {"min_data_per_group": 3, "cat_smooth": 1.0, "max_cat_to_onehot": 1}
    data = lightgbm.Dataset(values, label=told, categorical_feature="auto" if plain else [3])
    return lightgbm.train(parameters, data, num_boost_round=3), values


def goes_left(node, value):
    """Decide in plain Python, by the words of LightGBM's own dump."""
    if node["decision_type"] == "==":
        return not np.isnan(value) and str(int(value)) in node["threshold"].split("||")
    if np.isnan(value):
        return node["default_left"] if node["missing_type"] == "NaN" else node["threshold"] >= 0
    return value <= node["threshold"]


def expected(node, lead, known):
    """What a tree says of a lead of which only some features are known: unknown splits by how training went."""
    if "leaf_value" in node:
        return node["leaf_value"]
    sides = node["left_child"], node["right_child"]
    if node["split_feature"] in known:
        return expected(sides[0 if goes_left(node, lead[node["split_feature"]]) else 1], lead, known)
    counts = [side.get("internal_count", side.get("leaf_count")) for side in sides]
    return sum(count * expected(side, lead, known) for count, side in zip(counts, sides, strict=True)) / sum(counts)


def by_definition(booster, lead):
    """Sum over all subsets of the other features, as the Shapley interaction index is defined; half a side."""
    trees = [tree["tree_structure"] for tree in booster.dump_model()["tree_info"]]
    together = np.zeros((FEATURES, FEATURES))
    said = {
        known: sum(expected(tree, lead, known) for tree in trees)
        for known in chain.from_iterable(combinations(range(FEATURES), size) for size in range(FEATURES + 1))
    }
    for i, j in combinations(range(FEATURES), 2):
        others = [feature for feature in range(FEATURES) if feature not in (i, j)]
        for size in range(len(others) + 1):
            weight = factorial(size) * factorial(FEATURES - size - 2) / factorial(FEATURES - 1)
            for chosen in combinations(others, size):
                both, first, second, none = (tuple(sorted((*chosen, *more))) for more in ((i, j), (i,), (j,), ()))
                gain = said[both] - said[first] - said[second] + said[none]
                together[i, j] += 0.5 * weight * gain
        together[j, i] = together[i, j]
    return together


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.sampled_from([2, 3, 6, 15, 25]))
def test_interactions_are_those_of_the_definition(seed, leaves):
    booster, values = grown(seed, leaves)
    leads = values[:: len(values) // 3]
    told = TreeInteractions.of(booster).between(leads)
    for lead, together in zip(leads, told, strict=True):
        np.testing.assert_allclose(together, by_definition(booster, lead), rtol=0, atol=1e-10)


def test_every_kind_of_split_is_met():
    kinds = set()
    for seed in range(6):
        booster, values = grown(seed, 15)
        stack = [tree["tree_structure"] for tree in booster.dump_model()["tree_info"]]
        while stack:
            node = stack.pop()
            if "split_feature" in node:
                kinds.add((node["decision_type"], node["default_left"], node["missing_type"]))
                stack += [node["left_child"], node["right_child"]]
        assert np.isnan(values).any()
    assert {("<=", True, "NaN"), ("<=", False, "NaN")} <= kinds
    assert any(kind == "==" for kind, *_ in kinds)


@pytest.mark.parametrize("leaves", [4, 31])
def test_shap_says_the_same_where_it_can(leaves):
    booster, values = grown(5, leaves, plain=True)
    theirs = np.asarray(shap.TreeExplainer(booster).shap_interaction_values(values[:40]))
    ours = TreeInteractions.of(booster).between(values[:40])
    off_diagonal = ~np.eye(FEATURES, dtype=bool)
    np.testing.assert_allclose(ours[:, off_diagonal], theirs[:, off_diagonal], rtol=0, atol=1e-6)
    diagonal = np.einsum("ijj->ij", theirs)
    whole = TreeShap.of(booster).contributions(values[:40])[:, :-1]
    np.testing.assert_allclose(whole - ours.sum(axis=2), diagonal, rtol=0, atol=1e-6)


def test_they_are_symmetric_scaled_and_nothing_for_features_that_never_meet():
    random = np.random.default_rng(2)
    values = random.normal(size=(200, 3))
    parameters = {"verbosity": -1, "num_leaves": 2, "num_threads": 1}
    booster = lightgbm.train(parameters, lightgbm.Dataset(values, label=values.sum(axis=1)), num_boost_round=9)
    assert not TreeInteractions.of(booster).between(values).any()
    booster, values = grown(1, 15)
    whole, half = TreeInteractions.of(booster), TreeInteractions.of(booster, booster, scale=0.5)
    np.testing.assert_allclose(half.between(values), whole.between(values), rtol=0, atol=1e-12)
    together = whole.between(values)
    assert np.array_equal(together, together.transpose(0, 2, 1))
    assert not np.einsum("ijj->ij", together).any()
    assert whole.between(values[:0]).shape == (0, FEATURES, FEATURES)

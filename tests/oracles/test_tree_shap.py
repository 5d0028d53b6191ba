"""Our SHAP values of trees against two others: the definition, subset by subset, and LightGBM's own.

The trees are made up, so that every way to decide, every share of training and every shape occurs, and grown, so that
they are what a model has.
"""

from itertools import chain, combinations, pairwise
from math import factorial

import lightgbm
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadml.learners.tree_shap import TreeShap

FEATURES = 4  # the last is a category
HEADER = f"""tree
version=v4
num_class=1
num_tree_per_iteration=1
label_index=0
max_feature_idx={FEATURES - 1}
objective=regression
feature_names=clicks calls size source
feature_infos=[-9:9] [-9:9] [-9:9] 0:1:2:3:40
"""
NEXT_TO_ZERO = 1.0000000180025095e-35  # 1e-35 in single precision
NEAR_ZERO = (-2e-35, -NEXT_TO_ZERO, -9e-36, 0.0, 9e-36, NEXT_TO_ZERO, 2e-35)
THRESHOLDS = (-1.5, -1.0, *NEAR_ZERO, 0.5, 2.0)
NUMBERS = (*THRESHOLDS, np.nan, np.inf, -np.inf, -7.0, 7.0)
CODES = (0.0, 1.0, 2.0, 3.0, 31.0, 32.0, 40.0, 63.0, 64.0, 1e6, 1e12, 2.5, -0.5, -1.0, -3.0, np.nan, np.inf, -np.inf)
# LightGBM's decision_type: nothing, zero or NaN is missing, and goes right or left.
NUMBER_SPLITS = (0, 2, 4, 6, 8, 10)


@st.composite
def trees(draw, most_leaves=9):
    """Make up a tree as LightGBM writes one: each split takes a leaf and makes two of it."""
    leaves = draw(st.integers(1, most_leaves))
    left, right, leaf_place = [], [], {0: None}
    for split in range(leaves - 1):
        leaf = draw(st.sampled_from(sorted(leaf_place)))
        if leaf_place[leaf] is not None:
            side, parent = leaf_place[leaf]
            side[parent] = split
        left.append(-1 - leaf)
        right.append(-1 - (split + 1))
        leaf_place[leaf], leaf_place[split + 1] = (left, split), (right, split)
    features = draw(st.lists(st.integers(0, FEATURES - 1), min_size=leaves - 1, max_size=leaves - 1))
    kinds, thresholds, sets = [], [], []
    for feature in features:
        if feature == FEATURES - 1:
            kinds.append(draw(st.sampled_from((1, 9))))
            thresholds.append(len(sets))
            sets.append(draw(st.sampled_from(([1], [6], [2**31], [5, 256], [0, 1, 1]))))
        else:
            kinds.append(draw(st.sampled_from(NUMBER_SPLITS)))
            thresholds.append(draw(st.sampled_from(THRESHOLDS)))
    number = st.integers(1, 40)
    counts = draw(st.lists(number, min_size=leaves, max_size=leaves))
    values = draw(st.lists(st.floats(-3, 3, width=32), min_size=leaves, max_size=leaves))
    return {
        "left": left, "right": right, "features": features, "kinds": kinds, "thresholds": thresholds,
        "sets": sets, "counts": counts, "values": values,
    }  # fmt: skip


def count(tree, node):
    """Count the snapshots of training that came to a node."""
    return tree["counts"][-1 - node] if node < 0 else sum(count(tree, tree[side][node]) for side in ("left", "right"))


def text_of(made):
    """Write trees as LightGBM does."""
    blocks = []
    for number, tree in enumerate(made):
        bounds = [0, *np.cumsum([len(words) for words in tree["sets"]], dtype=int).tolist()]
        splits = range(len(tree["left"]))
        keys = {
            "num_leaves": [len(tree["values"])],
            "num_cat": [len(tree["sets"])],
            "split_feature": tree["features"],
            "split_gain": [1 for _ in splits],
            "threshold": [repr(float(threshold)) for threshold in tree["thresholds"]],
            "decision_type": tree["kinds"],
            "left_child": tree["left"],
            "right_child": tree["right"],
            "leaf_value": [repr(float(value)) for value in tree["values"]],
            "leaf_weight": tree["counts"],
            "leaf_count": tree["counts"],
            "internal_value": [0 for _ in splits],
            "internal_weight": [0 for _ in splits],
            "internal_count": [count(tree, split) for split in splits],
            **({"cat_boundaries": bounds, "cat_threshold": list(chain(*tree["sets"]))} if tree["sets"] else {}),
            "is_linear": [0],
            "shrinkage": [1],
        }
        lines = [f"{key}={' '.join(map(str, told))}" for key, told in keys.items()]
        blocks.append("\n".join([f"Tree={number}", *lines]) + "\n\n")
    sizes = " ".join(str(len(block) + 1) for block in blocks)
    return HEADER + f"tree_sizes={sizes}\n\n" + "\n".join(blocks) + "\nend of trees\n\nparameters:\nend of parameters\n"


def goes_left(tree, split, value):
    """Decide in plain Python."""
    kind, threshold = tree["kinds"][split], tree["thresholds"][split]
    if kind & 1:
        words = tree["sets"][threshold]
        code = int(value) if -1 < value < 2**31 else -1
        return 0 <= code < 32 * len(words) and bool(words[code // 32] >> code % 32 & 1)
    if abs(value) <= NEXT_TO_ZERO or (np.isnan(value) and kind >> 2 != 2):
        value = 0.0
    if (kind >> 2 == 1 and value == 0) or np.isnan(value):
        return bool(kind & 2)
    return value <= threshold


def expected(tree, lead, known, node=0):
    """Follow what is known of a lead, and average over what is not."""
    if len(tree["values"]) == 1 or node < 0:
        return tree["values"][-1 - node if node < 0 else 0]
    left, right = tree["left"][node], tree["right"][node]
    feature = tree["features"][node]
    if feature in known:
        return expected(tree, lead, known, left if goes_left(tree, node, lead[feature]) else right)
    whole = sum(count(tree, child) * expected(tree, lead, known, child) for child in (left, right))
    return whole / count(tree, node)


def by_definition(made, lead):
    """Sum over every subset of the other features, then the expected value."""
    said = {
        subset: sum(expected(tree, lead, subset) for tree in made)
        for size in range(FEATURES + 1)
        for subset in combinations(range(FEATURES), size)
    }
    parts = np.zeros(FEATURES + 1)
    parts[-1] = said[()]
    for feature in range(FEATURES):
        for subset, without in said.items():
            if feature not in subset:
                weight = factorial(len(subset)) * factorial(FEATURES - len(subset) - 1) / factorial(FEATURES)
                parts[feature] += weight * (said[tuple(sorted((*subset, feature)))] - without)
    return parts


def by_lightgbm(booster, values):
    return np.asarray(booster.predict(values, pred_contrib=True, num_threads=1))


leads = st.lists(
    st.tuples(*[st.sampled_from(NUMBERS)] * (FEATURES - 1), st.sampled_from(CODES)), min_size=1, max_size=11
)


@given(st.lists(trees(), min_size=1, max_size=3), leads)
def test_it_is_the_shapley_value_by_its_definition_and_lightgbms(made, told):
    values, text = np.array(told), text_of(made)
    ours = TreeShap.of(text).contributions(values)
    np.testing.assert_allclose(ours, [by_definition(made, lead) for lead in values], rtol=0, atol=1e-12)
    np.testing.assert_allclose(ours, by_lightgbm(lightgbm.Booster(model_str=text), values), rtol=0, atol=1e-12)


def random_leads(random, number=400, features=14):
    """Make leads with numbers, many zeros, gaps, and categories of few and of many words."""
    values = random.normal(size=(number, features))
    values[:, 3:6] = random.poisson(0.7, (number, 3))
    values[:, 6], values[:, 7] = random.integers(0, 5, number), random.integers(0, 90, number)
    values[random.random(values.shape) < 0.15] = np.nan
    return values


def grown(random, *, rounds=8, **settings):
    values = random_leads(random)
    known = np.nan_to_num(values)
    log_odds = known[:, 0] * known[:, 1] + (known[:, 3] > 0) + 2.0 * np.isin(values[:, 6], [1, 3]) - known[:, 9:].sum(1)
    data = lightgbm.Dataset(values, label=log_odds + random.normal(size=len(values)), categorical_feature=[6, 7])
    told = {"verbosity": -1, "num_threads": 1, "min_data_in_leaf": 2, "seed": 1, "cat_smooth": 1, **settings}
    return lightgbm.train(told, data, num_boost_round=rounds)


def odd_leads(random):
    """Make leads with values that no training saw."""
    values = random_leads(random)
    values[random.random(values.shape) < 0.05] = 0.0
    values[::7, 6:8] = random.choice(CODES, (len(values[::7]), 2))
    return values


@pytest.mark.parametrize("depth", range(1, 13))
@pytest.mark.parametrize(
    "missing", [{}, {"zero_as_missing": True}, {"use_missing": False}], ids=["nan", "zero", "none"]
)
def test_it_is_lightgbms_at_every_depth(depth, missing):
    random = np.random.default_rng(depth)
    booster, values = grown(random, max_depth=depth, num_leaves=2 ** min(depth, 6), **missing), odd_leads(random)
    theirs = by_lightgbm(booster, values)
    ours = TreeShap.of(booster).contributions(values)
    assert np.abs(ours - theirs).max() <= 1e-12 * max(1.0, np.abs(theirs).max())
    assert np.abs(theirs).max() > 0.1
    np.testing.assert_allclose(ours.sum(axis=1), booster.predict(values, raw_score=True), rtol=0, atol=1e-9)


def different_features(tree, path=frozenset()):
    if "split_feature" not in tree:
        return len(path)
    below = path | {tree["split_feature"]}
    return max(different_features(tree[side], below) for side in ("left_child", "right_child"))


def test_the_deep_trees_are_deep():
    """Else the test above would not see whether there are points enough."""
    booster = grown(np.random.default_rng(12), max_depth=12, num_leaves=64)
    assert max(different_features(tree["tree_structure"]) for tree in booster.dump_model()["tree_info"]) >= 9


def test_swapped_columns_are_caught():
    random = np.random.default_rng(5)
    booster, values = grown(random), random_leads(random)
    swapped = TreeShap.of(booster).contributions(values)[:, [1, 0, *range(2, 15)]]
    assert np.abs(swapped - by_lightgbm(booster, values)).max() > 0.1


def test_a_lead_has_the_same_contributions_alone_and_among_many():
    random = np.random.default_rng(6)
    trees_read, values = TreeShap.of(grown(random, num_leaves=31)), odd_leads(random)
    together = trees_read.contributions(values)
    for size in (1, 3, 7, 8, 9, 127, 130):
        parts = [trees_read.contributions(values[begin:end]) for begin, end in pairwise(range(0, 401, size))]
        assert np.vstack(parts).tobytes() == together[: len(parts) * size].tobytes()


def test_trees_that_do_not_split_say_the_same_of_everyone():
    booster = grown(np.random.default_rng(7), min_data_in_leaf=1000)
    values = random_leads(np.random.default_rng(7))
    ours = TreeShap.of(booster).contributions(values)
    assert not ours[:, :-1].any()
    np.testing.assert_allclose(ours, by_lightgbm(booster, values), rtol=0, atol=1e-12)


def test_several_models_are_added_up_each_with_its_share():
    random = np.random.default_rng(8)
    boosters, values = [grown(random), grown(random, num_leaves=4)], random_leads(random)
    theirs = sum(by_lightgbm(booster, values) for booster in boosters)
    ours = TreeShap.of(boosters[0], boosters[1].model_to_string(), scale=0.25).contributions(values)
    np.testing.assert_allclose(ours, 0.25 * theirs, rtol=0, atol=1e-12)


def test_of_nobody_nothing_is_said():
    assert TreeShap.of(grown(np.random.default_rng(9))).contributions(np.empty((0, 14))).shape == (0, 15)


def test_leads_with_other_columns_are_refused():
    with pytest.raises(ValueError, match="13 features, but the trees were grown on 14"):
        TreeShap.of(grown(np.random.default_rng(9))).contributions(np.empty((1, 13)))


def test_models_it_does_not_know_are_refused():
    random = np.random.default_rng(10)
    values, outcome = random.normal(size=(300, 3)), random.integers(0, 3, 300)
    for settings, hint in (
        ({"objective": "multiclass", "num_class": 3}, "give one with a single output"),
        ({"linear_tree": True}, "grow them without linear_tree"),
    ):
        data = lightgbm.Dataset(values, label=outcome)
        booster = lightgbm.train({"verbosity": -1, "num_threads": 1, **settings}, data, num_boost_round=2)
        with pytest.raises(ValueError, match=hint):
            TreeShap.of(booster)

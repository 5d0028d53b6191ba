"""Contributions against Shapley values by their definition: every subset of features, every branch of every tree.

What is expected of a tree when some features are known: follow the known ones, and average the two branches of an
unknown one by how many snapshots of the training went into each.
"""

from itertools import combinations
from math import factorial

import lightgbm
import numpy as np
import pytest

from leadml.clock import DAY
from leadml.dataset import TrainingSet
from leadml.engine.matrix import FeatureMatrix
from leadml.learners.readiness import Recipe, fit_readiness
from leadml.snapshots import Snapshots
from leadml.specs.feature_spec import FeatureSpec
from leadml.specs.readiness_spec import LearnerSpec
from leadml.specs.reading import Label
from leadml.specs.rules_spec import RuleSpec
from leadml.vocabulary import MoreIs

LABEL = Label(en="Tried", ja="試験")
NAMES = ("clicks", "calls", "recency", "source", "size", "country")
WORDS = {"source": ("event", "fair", "partner", "referral", "web_form"), "country": ("AT", "CH", "DE")}
LEADS = 800


def random_training_set(random):
    """Make leads whose outcome hangs on numbers, categories, gaps, and on several of them at once."""
    clicks, calls = random.poisson(3, LEADS).astype(float), random.poisson(1, LEADS).astype(float)
    recency, size = random.exponential(20, LEADS), random.normal(0, 1, LEADS)
    source, country = random.integers(0, 5, LEADS).astype(float), random.integers(0, 3, LEADS).astype(float)
    for column in (recency, size, source, country):
        column[random.random(LEADS) < 0.25] = np.nan
    signal = random.normal(0, 1, 6)
    log_odds = (
        -1
        + 0.3 * signal[0] * (clicks - 3)
        + 1.5 * signal[1] * np.isnan(recency)
        + 2 * signal[2] * np.isin(source, [0, 3])
        + 1.5 * signal[3] * (np.nan_to_num(size) > 0) * (calls > 0)
        - 0.05 * np.nan_to_num(recency)
        + 2 * signal[4] * (country == 2)
        + 2 * signal[5] * np.isnan(size)
    )
    return TrainingSet(
        snapshots=Snapshots(np.arange(LEADS), np.arange(LEADS) * DAY, np.zeros(LEADS, np.int64), ("at once",)),
        features=FeatureMatrix(NAMES, np.column_stack([clicks, calls, recency, source, size, country]), WORDS),
        ready=(random.random(LEADS) < 1 / (1 + np.exp(-log_odds))).astype(np.float64),
        closed_at=(np.arange(LEADS) + 44) * DAY,
        created_at=np.arange(LEADS) * DAY,
        worked=np.ones(LEADS, dtype=bool),
        lead_ids=tuple(f"L{number:04}" for number in range(LEADS)),
        recipe={},
    )


def recipe(seed):
    features = tuple(
        FeatureSpec(name=name, label=LABEL, kind="attribute", attribute=name, when_nothing="missing", more_is=more_is)
        for name, more_is in zip(NAMES, (None, None, MoreIs.LESS_READY, None, None, None), strict=True)
    )
    rule = {"name": "clicks", "when": {"feature": "clicks"}, "points_per_unit": 1, "because": LABEL}
    learner = LearnerSpec(leaves=8, smallest_leaf=10, most_trees=12, bags=2, learning_rate=0.3)
    return Recipe(features, (RuleSpec.model_validate(rule, strict=False),), learner, seed)


def goes_left(node, column):
    """Tell which snapshots go left, as LightGBM's documentation of a dumped model says."""
    missing = np.isnan(column)
    if node["decision_type"] == "==":
        return np.isin(column, [int(code) for code in node["threshold"].split("||")])
    assert node["decision_type"] == "<="
    if node["missing_type"] == "NaN":
        return np.where(missing, node["default_left"], column <= node["threshold"])
    assert node["missing_type"] == "None"
    return np.where(missing, 0.0, column) <= node["threshold"]


def count_of(node):
    return node["internal_count"] if "split_index" in node else node["leaf_count"]


def expectation(node, values, known):
    """Expect a tree's value for each snapshot when only some features are known."""
    if "split_index" not in node:
        return np.full(len(values), node["leaf_value"])
    left, right = (expectation(node[side], values, known) for side in ("left_child", "right_child"))
    if node["split_feature"] in known:
        return np.where(goes_left(node, values[:, node["split_feature"]]), left, right)
    counts = count_of(node["left_child"]), count_of(node["right_child"])
    assert sum(counts) == count_of(node)
    return (counts[0] * left + counts[1] * right) / sum(counts)


def shapley_values(trees, values):
    """Weigh what each feature adds to every subset of the others; gives the start and the values."""
    size = values.shape[1]
    worth = {
        frozenset(known): sum(expectation(tree, values, known) for tree in trees)
        for number in range(size + 1)
        for known in combinations(range(size), number)
    }
    shares = np.zeros(values.shape)
    for known, value in worth.items():
        for feature in set(range(size)) - known:
            weight = factorial(len(known)) * factorial(size - len(known) - 1) / factorial(size)
            shares[:, feature] += weight * (worth[known | {feature}] - value)
    return worth[frozenset()], shares


def splits_of(node):
    if "split_index" in node:
        yield node
        yield from splits_of(node["left_child"])
        yield from splits_of(node["right_child"])


def trees_of(model):
    return [
        [tree["tree_structure"] for tree in lightgbm.Booster(model_str=text).dump_model()["tree_info"]]
        for text in model.trees
    ]


@pytest.fixture(scope="module", params=[1, 2, 3, 4])
def trained(request):
    random = np.random.default_rng(request.param)
    training_set = random_training_set(random)
    # Live, a value may be missing that never was in training.
    values = np.where(random.random((LEADS, len(NAMES))) < 0.2, np.nan, training_set.features.values)
    return fit_readiness(training_set, recipe(request.param)), FeatureMatrix(NAMES, values, WORDS)


def test_contributions_are_shapley_values_by_their_definition(trained):
    model, matrix = trained
    contributions, rules = model.contributions(matrix), model.rules.contributions(matrix)
    of_bags = [shapley_values(trees, matrix.values) for trees in trees_of(model)]
    assert len(of_bags) == 2
    expected = np.mean([shares for _, shares in of_bags], axis=0)
    assert np.abs(expected).max() > 0.1
    np.testing.assert_allclose(contributions.values - rules.values, expected, rtol=0, atol=1e-9)
    start = np.mean([start for start, _ in of_bags], axis=0)
    np.testing.assert_allclose(contributions.start - rules.start, start, rtol=0, atol=1e-9)


def test_the_trees_ask_for_all_that_can_be_asked():
    """Else the test above would prove less than it says."""
    models = [fit_readiness(random_training_set(np.random.default_rng(seed)), recipe(seed)) for seed in (1, 2, 3, 4)]
    splits = [split for model in models for trees in trees_of(model) for tree in trees for split in splits_of(tree)]
    assert {split["split_feature"] for split in splits} == set(range(len(NAMES)))
    categories = [split for split in splits if split["decision_type"] == "=="]
    assert any("||" in split["threshold"] for split in categories)
    numbers = [split for split in splits if split["decision_type"] == "<="]
    assert {split["missing_type"] for split in numbers} == {"NaN", "None"}
    assert {split["default_left"] for split in numbers if split["missing_type"] == "NaN"} == {True, False}

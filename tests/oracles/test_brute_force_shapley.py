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
from leadml.specs.rules_spec import RulesSpec
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
    return Recipe(features, RulesSpec.model_validate({"rules": (rule,)}, strict=False), learner, seed)


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


def by_rules(content, values):
    """One rule, a point a click: slope * (points - usual points), and the intercept."""
    parts = np.zeros(values.shape)
    parts[:, 0] = content["slope"] * (values[:, 0] - content["usual_points"][0])
    parts[np.isnan(values[:, 0]), 0] = -content["slope"] * content["usual_points"][0]
    return content["intercept"], parts


def by_coefficients(content, values):
    """Add up the straight way by hand: slopes of the four numbers, then their gaps, then the words of categories."""
    intercept, *coefficients = np.mean(content["lines"], axis=0).tolist()
    numbers, design = [place for place, name in enumerate(NAMES) if name not in WORDS], content["design"]
    parts, rows = np.zeros(values.shape), np.arange(len(values))
    for number, place in enumerate(numbers):
        held = np.clip(values[:, place], design["lowest"][place], design["highest"][place])
        standard = (held - design["centre"][place]) / design["spread"][place]
        slope, gap = coefficients[number], coefficients[len(numbers) + number]
        parts[:, place] = np.where(np.isnan(held), gap, slope * standard)
    begin = 2 * len(numbers)
    for name, words in WORDS.items():
        table = np.array(coefficients[begin : begin + len(words) + 1])  # the last is of no word
        column = values[:, NAMES.index(name)]
        parts[rows, NAMES.index(name)] = table[np.where(np.isnan(column), len(words), column).astype(int)]
        begin += len(words) + 1
    assert begin == len(coefficients)
    return intercept, parts


def test_contributions_are_shapley_values_by_their_definition(trained):
    """Of rules and coefficients, which add up, they are the parts themselves; calibration stretches all alike."""
    model, matrix = trained
    content, contributions = model.to_dict(), model.contributions(matrix)
    of_bags = [shapley_values(trees, matrix.values) for trees in trees_of(model)]
    assert len(of_bags) == len(content["lines"]) == 2
    of_trees = np.mean([start for start, _ in of_bags]), np.mean([shares for _, shares in of_bags], axis=0)
    of_line, of_rules = by_coefficients(content, matrix.values), by_rules(content, matrix.values)
    assert all(np.abs(parts).max() > 0.1 for _, parts in (of_trees, of_line))  # of rules in some of the four only
    share, line = content["shares"], content["calibration"]
    assert (share, line["shifts"]) == ({"linear": 0.25, "trees": 0.75}, {})
    start, values = (
        rules + share["linear"] * straight + share["trees"] * branching
        for rules, straight, branching in zip(of_rules, of_line, of_trees, strict=True)
    )
    assert (line["slope"], line["level"]) != (1, 0)
    np.testing.assert_allclose(contributions.values, line["slope"] * values, rtol=0, atol=1e-9)
    np.testing.assert_allclose(contributions.start, line["level"] + line["slope"] * start, rtol=0, atol=1e-9)


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

"""The branching part: what it sees, what binds it, and what it says after some of its trees."""

import lightgbm
import numpy as np
import pytest

from leadml.engine.matrix import FeatureMatrix
from leadml.learners.recipe import Recipe
from leadml.learners.trees import Grove, margins_by_rounds, sizes, steps_up_to
from leadml.specs.feature_spec import FeatureSpec
from leadml.specs.readiness_spec import LearnerSpec
from leadml.specs.reading import Label
from leadml.vocabulary import MoreIs

LABEL = Label(en="Tried", ja="試験")
LEADS = 1000


def recipe(more_is=None):
    features = (
        FeatureSpec(name="clicks", label=LABEL, kind="count", when_nothing=0.0, more_is=more_is),
        FeatureSpec(name="source", label=LABEL, kind="attribute", attribute="source", when_nothing="missing"),
    )
    return Recipe(features, (), LearnerSpec(smallest_leaf=10), 7)


@pytest.fixture(scope="module")
def leads():
    """Fewer clicks and the third source became ready."""
    random = np.random.default_rng(2)
    clicks, source = random.poisson(4, LEADS).astype(float), random.integers(0, 4, LEADS).astype(float)
    ready = random.random(LEADS) < 1 / (1 + np.exp(0.4 * clicks - 2 * (source == 2)))
    matrix = FeatureMatrix(("clicks", "source"), np.column_stack([clicks, source]), {"source": ("a", "b", "c", "d")})
    return matrix, ready.astype(float)


def grown(leads, *, weights=None, offset=None, more_is=None, rounds=30, seed=1):
    matrix, ready = leads
    offset = np.zeros(LEADS) if offset is None else offset
    weights = np.ones(LEADS) if weights is None else weights
    return Grove(matrix, ready, offset, recipe(more_is)).grow(weights, leaves=4, rounds=rounds, seed=seed)


def test_the_number_of_trees_that_is_tried_ends_with_the_largest_allowed():
    assert steps_up_to(0) == (0,)
    assert steps_up_to(30) == (0, 5, 10, 15, 20, 30)
    assert steps_up_to(31)[-2:] == (30, 31)
    assert steps_up_to(5000)[-2:] == (3840, 5000)


@pytest.mark.parametrize(("leaves", "expected"), [(2, (2,)), (3, (2, 3)), (8, (4, 8)), (31, (15, 31))])
def test_half_as_many_leaves_are_grown_too(leaves, expected):
    assert sizes(LearnerSpec(leaves=leaves)) == expected


def test_no_tree_has_more_leaves_than_it_may(leads):
    trees = grown(leads).dump_model()["tree_info"]
    assert len(trees) == 30
    assert max(tree["num_leaves"] for tree in trees) == 4


def test_a_snapshot_without_weight_is_not_seen_not_even_counted(leads):
    matrix, ready = leads
    kept = np.flatnonzero(np.arange(LEADS) % 2)
    half = np.zeros(LEADS)
    half[kept] = 1.0
    alone = Grove(matrix.rows(kept), ready[kept], np.zeros(len(kept)), recipe())
    of_half = alone.grow(np.ones(len(kept)), leaves=4, rounds=30, seed=1)
    assert grown(leads, weights=half).model_to_string() == of_half.model_to_string()
    assert grown(leads).model_to_string() != of_half.model_to_string()


def test_the_trees_begin_where_the_rules_end(leads):
    matrix, _ = leads
    from_nothing = grown(leads).predict(matrix.values, raw_score=True)
    beyond = grown(leads, offset=from_nothing).predict(matrix.values, raw_score=True)
    assert np.abs(beyond).mean() < 0.4 * np.abs(from_nothing).mean()  # what was said is not said again


def test_what_is_agreed_to_be_readier_never_lowers_a_margin(leads):
    every = np.array([[clicks, source] for source in range(4) for clicks in range(15)], dtype=float)
    free, bound, down = (
        grown(leads, more_is=more_is).predict(every, raw_score=True).reshape(4, 15)
        for more_is in (None, MoreIs.READIER, MoreIs.LESS_READY)
    )
    assert (np.diff(free) < -0.1).any()
    assert (np.diff(bound) >= 0).all()
    assert (np.diff(down) <= 0).all()
    assert (np.diff(down) < -0.1).any()


def test_margins_after_some_trees_are_those_of_lightgbm(leads):
    matrix, _ = leads
    booster, rounds = grown(leads), (0, 5, 20, 30)
    margins = margins_by_rounds(booster, matrix, rounds)
    assert not margins[0].any()
    for count, margin in zip(rounds[1:], margins[1:], strict=True):
        theirs = booster.predict(matrix.values, raw_score=True, num_iteration=count)
        np.testing.assert_allclose(margin, theirs, atol=1e-9, rtol=0)


def test_trees_of_one_seed_are_the_same_and_need_nothing_but_their_text(leads):
    matrix, _ = leads
    text = grown(leads).model_to_string(num_iteration=-1)
    assert text == grown(leads).model_to_string(num_iteration=-1)
    assert text != grown(leads, seed=2).model_to_string(num_iteration=-1)
    read = lightgbm.Booster(model_str=text).predict(matrix.values, raw_score=True)
    assert read.tobytes() == grown(leads).predict(matrix.values, raw_score=True).tobytes()

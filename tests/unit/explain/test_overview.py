"""What moves scores in general: counted by hand on a few leads, and the same as the reasons of each."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import shap

from leadml.engine.matrix import FeatureMatrix
from leadml.explain.overview import Effects


@pytest.fixture(scope="module")
def effects(demo_model, demo_training_set, definitions):
    return Effects.of(demo_model, demo_training_set.features, definitions.lead_score, demo_training_set.weights)


def by_hand(effects, name, column, values, weights=None, words=None):
    """Put made-up values and effects of one feature in the place of the real ones."""
    place = effects.matrix.names.index(name)
    matrix, told = (
        np.full((len(column), len(effects.matrix.names)), np.nan),
        np.zeros((len(column), len(effects.matrix.names))),
    )
    matrix[:, place], told[:, place] = column, values
    every = {**effects.matrix.words, **({} if words is None else {name: words})}
    weights = np.ones(len(column)) if weights is None else np.array(weights, dtype=float)
    return replace(effects, matrix=FeatureMatrix(effects.matrix.names, matrix, every), values=told, weights=weights)


def test_the_effects_of_many_are_the_reasons_of_each(effects, scorer, demo_training_set, demo_history):
    snapshots = demo_training_set.snapshots
    for row in range(0, len(demo_training_set), 211):
        lead_id = demo_history.lead_ids[int(snapshots.leads[row])]
        (score,) = scorer.score(demo_history, [lead_id], int(snapshots.as_of[row]))
        told = [line.effect_exact for line in score.explanation.by_feature().values()]
        reasons = dict(zip(score.explanation.by_feature(), told, strict=True))
        for name, effect in zip(effects.matrix.names, effects.values[row], strict=True):
            assert reasons[name] == pytest.approx(effect, abs=1e-9)
        assert effects.start == pytest.approx(score.explanation.start_exact, abs=1e-9)


def test_importance_is_the_weighed_mean_of_absolute_effects(effects):
    told = by_hand(effects, "employees", [1, 2, 3], [4.0, -2.0, 0.0], weights=[1, 2, 1])
    first, second, *_ = told.by_feature()
    assert (first.name, first.theme, first.size, second.size) == ("employees", "fit", 2.0, 0.0)
    assert (first.lowest, first.highest) == (-2.0, 4.0)


def test_a_theme_moves_less_than_its_features_where_they_pull_apart(effects):
    told = by_hand(effects, "employees", [1, 2], [4.0, -2.0])
    told.values[:, effects.matrix.names.index("icp_match")] = [-4.0, -1.0]
    fit = next(one for one in told.by_theme() if one.name == "fit")
    assert fit.size == pytest.approx((0.0 + 3.0) / 2)
    assert sum(one.size for one in told.by_feature() if one.theme == "fit") == pytest.approx(3.0 + 2.5)


def test_few_values_are_told_one_by_one_and_a_missing_one_last(effects):
    column = [2.0] * 5 + [1.0] * 5 + [np.nan] * 5 + [9.0] * 4
    values = [1.0, 1, 1, 1, 6] + [-1.0] * 5 + [3.0] * 5 + [50.0] * 4
    told = by_hand(effects, "title_level", column, values).by_value("title_level")
    assert [(one.lowest, one.highest, one.leads, one.effect) for one in told] == [
        (1.0, 1.0, 5, -1.0),
        (2.0, 2.0, 5, 2.0),
        (None, None, 5, 3.0),
    ]  # the four leads at 9 are too few to draw a mean of
    assert (told[1].effect_low, told[1].effect_high) == (1.0, 6.0)


def test_many_values_are_told_in_ranges_that_cover_all_and_do_not_overlap(effects):
    column = np.random.default_rng(3).permutation(np.arange(200.0))
    told = by_hand(effects, "employees", column, 2 * column).by_value("employees")
    assert len(told) == 10
    assert sum(one.leads for one in told) == 200
    assert (told[0].lowest, told[-1].highest) == (0.0, 199.0)
    for before, after in itertools.pairwise(told):
        assert before.highest < after.lowest
    for one in told:
        assert one.effect == pytest.approx(one.lowest + one.highest)


def test_words_are_told_by_their_effect(effects):
    told = by_hand(effects, "industry", [0.0] * 6 + [1.0] * 6, [-1.0] * 6 + [2.0] * 6, words=("farming", "machinery"))
    assert [(one.lowest, one.effect) for one in told.by_value("industry")] == [("machinery", 2.0), ("farming", -1.0)]


def test_weights_count_in_the_mean(effects):
    weights = [3, 1, 1, 1, 1, 1]
    told = by_hand(effects, "title_level", [1.0] * 6, [5.0, 1, 1, 1, 1, 1], weights=weights).by_value("title_level")
    assert told[0].effect == pytest.approx((15 + 5) / 8)


def test_words_of_another_matrix_stay_with_their_leads(demo_model, demo_training_set, definitions, effects):
    features, name = demo_training_set.features, "industry"
    turned = tuple(reversed(features.words[name]))
    other = features.recoded({**features.words, name: turned})
    again = Effects.of(demo_model, other, definitions.lead_score, demo_training_set.weights)
    assert [(one.lowest, one.leads) for one in again.by_value(name)] == [
        (one.lowest, one.leads) for one in effects.by_value(name)
    ]
    np.testing.assert_allclose(again.values, effects.values, rtol=0, atol=1e-9)


def test_shap_can_draw_them(effects):
    told = effects.to_shap()
    assert isinstance(told, shap.Explanation)
    assert told.values.shape == told.data.shape == effects.values.shape
    assert told.feature_names == list(effects.matrix.names)
    whole = told.base_values + told.values.sum(axis=1)
    points = effects.points_per_unit * (effects.model.margin(effects.matrix) - effects.model.margin(effects.matrix)[0])
    np.testing.assert_allclose(whole - whole[0], points, rtol=0, atol=1e-8)
    assert list(effects.to_frame().columns) == list(effects.matrix.names)

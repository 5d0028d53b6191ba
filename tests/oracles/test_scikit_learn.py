"""Our measures against scikit-learn's, our contributions beside shap's."""

import dataclasses

import lightgbm
import numpy as np
import pytest
import shap
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, roc_auc_score

from leadml.evaluate import auc, brier
from leadml.learners.calibration import CalibrationLine
from leadml.learners.readiness import Shares

# Few different scores, so that there are many ties.
SNAPSHOTS = st.lists(
    st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0]), st.sampled_from([0.25, 1.0, 2.0, 3.5])),
    min_size=2,
    max_size=40,
)


@given(SNAPSHOTS)
def test_auc_is_that_of_scikit_learn_with_weights_and_ties(snapshots):
    ready, score, weights = (np.array(column) for column in zip(*snapshots, strict=True))
    assume(0 < ready.sum() < len(ready))
    assert auc(ready, score) == pytest.approx(roc_auc_score(ready, score), abs=1e-12)
    weighed = roc_auc_score(ready, score, sample_weight=weights)
    assert auc(ready, score, weights) == pytest.approx(weighed, abs=1e-12)


@given(SNAPSHOTS)
def test_brier_is_that_of_scikit_learn_with_weights(snapshots):
    ready, probability, weights = (np.array(column) for column in zip(*snapshots, strict=True))
    expected = brier_score_loss(ready, probability, pos_label=True)
    assert brier(ready, probability) == pytest.approx(expected, abs=1e-12)
    weighed = brier_score_loss(ready, probability, sample_weight=weights, pos_label=True)
    assert brier(ready, probability, weights) == pytest.approx(weighed, abs=1e-12)


def test_on_a_trained_model_the_measures_agree(demo_model, demo_training_set):
    margin = demo_model.readiness.contributions(demo_training_set.features).margin
    ready, weights = demo_training_set.ready, demo_training_set.weights
    assert len(np.unique(margin)) < len(margin)
    assert auc(ready, margin, weights) == pytest.approx(roc_auc_score(ready, margin, sample_weight=weights), abs=1e-12)


def test_whoever_asks_shap_about_the_trees_is_told_what_we_tell_and_it_adds_up(demo_model, demo_training_set):
    """No oracle of the values: shap asks LightGBM, as we do. test_brute_force_shapley.py is the oracle."""
    readiness, matrix = demo_model.readiness, demo_training_set.features
    boosters = [lightgbm.Booster(model_str=text) for text in readiness.trees]
    assert len(boosters) == 10
    explainers = [shap.TreeExplainer(booster, feature_perturbation="tree_path_dependent") for booster in boosters]
    by_shap = np.mean([explainer.shap_values(matrix.values) for explainer in explainers], axis=0)
    assert np.abs(by_shap).max() > 0.1
    only_trees = dataclasses.replace(readiness, shares=Shares(0.0, 1.0), calibration=CalibrationLine())
    ours, rules = only_trees.contributions(matrix), readiness.rules.contributions(matrix)
    np.testing.assert_allclose(ours.values - rules.values, by_shap, rtol=0, atol=1e-9)
    raw = np.mean([booster.predict(matrix.values, raw_score=True) for booster in boosters], axis=0)
    np.testing.assert_allclose(ours.margin - rules.margin, raw, rtol=0, atol=1e-9)

"""Our measures against scikit-learn's, our contributions against shap's."""

import lightgbm
import numpy as np
import pytest
import shap
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, roc_auc_score

from leadml.evaluate import auc, brier

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


def test_contributions_of_the_trees_are_those_of_shap(demo_model, demo_training_set):
    readiness, matrix = demo_model.readiness, demo_training_set.features
    assert len(readiness.trees) == 2
    of_trees = readiness.contributions(matrix).values - readiness.rules.contributions(matrix).values
    by_shap = np.mean(
        [
            shap.TreeExplainer(
                lightgbm.Booster(model_str=text), feature_perturbation="tree_path_dependent"
            ).shap_values(matrix.values)
            for text in readiness.trees
        ],
        axis=0,
    )
    assert np.abs(by_shap).max() > 0.1
    np.testing.assert_allclose(of_trees, by_shap, rtol=0, atol=1e-9)

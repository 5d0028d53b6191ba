"""Plain rivals: what scikit-learn and LightGBM give as they come, in parts that add up."""

import lightgbm
import numpy as np
import pytest
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from leadml.engine.matrix import FeatureMatrix
from leadml.learners.rivals import fit_lightgbm, fit_logistic

SOURCES = ("event", "referral", "web")


@pytest.fixture(scope="module")
def training_set(training_set_of):
    random = np.random.default_rng(7)
    leads = np.repeat(np.arange(200), 2)
    visits, source = random.gamma(2, 3, 400), random.integers(0, 3, 400).astype(float)
    ready = random.random(400) < 1 / (1 + np.exp(3 - 0.3 * visits - (source == 1)))
    visits[random.random(400) < 0.2] = np.nan
    source[random.random(400) < 0.1] = np.nan
    return training_set_of(
        leads=[*leads, 200],
        ready=[*ready, 0],
        words={"source": SOURCES},
        visits=[*visits, 3.0],
        source=[*source, 0.0],
        always=np.full(401, 7.0),
        never=np.full(401, np.nan),
    )


@pytest.fixture(scope="module", params=["logistic", "lightgbm"])
def rival(request, training_set):
    return fit_logistic(training_set) if request.param == "logistic" else fit_lightgbm(training_set, seed=7)


def test_start_and_contributions_are_the_margin(rival, training_set):
    contributions = rival.contributions(training_set.features)
    assert contributions.values.shape == training_set.features.values.shape
    np.testing.assert_allclose(contributions.margin, rival.margin(training_set.features), rtol=0, atol=1e-9)
    assert np.abs(contributions.values[:, :2]).max(axis=0).min() > 0.1
    assert (contributions.values[:, 2] == contributions.values[0, 2]).all()


def test_a_word_that_training_never_saw_is_missing(rival):
    rows = np.array([[2.0, 1.0, 7.0, np.nan], [2.0, np.nan, 7.0, np.nan], [2.0, 0.0, 7.0, np.nan]])
    names = ("visits", "source", "always", "never")
    live = FeatureMatrix(names, rows, {"source": ("referral", "podcast")})
    unseen, missing, referral = rival.margin(live)
    assert unseen == missing
    asked = FeatureMatrix(names, np.array([[2.0, 1.0, 7.0, np.nan]]), {"source": SOURCES})
    assert rival.margin(asked)[0] == referral


def test_of_nobody_nothing_is_said(rival, training_set):
    nobody = training_set.features.rows(np.arange(0))
    assert rival.margin(nobody).shape == (0,)
    assert rival.contributions(nobody).values.shape == (0, 4)


def test_the_logistic_regression_is_that_of_a_pipeline(training_set):
    values, names = training_set.features.values, training_set.features.names
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    pipeline = make_pipeline(
        make_column_transformer(
            (numbers, [names.index("visits")]),
            (OneHotEncoder(categories=[[0.0, 1.0, 2.0]], handle_unknown="ignore"), [names.index("source")]),
        ),
        LogisticRegression(max_iter=5000),
    )
    # The indicator of a missing number by hand, as the pipeline would standardise it too.
    with_words = np.hstack([values, np.isnan(values[:, :1])])
    pipeline.steps[0][1].transformers.append(("missing", "passthrough", [4]))
    weights = {"logisticregression__sample_weight": training_set.weights}
    pipeline.fit(with_words, training_set.ready, **weights)
    theirs = pipeline.decision_function(with_words)
    np.testing.assert_allclose(
        fit_logistic(training_set).margin(training_set.features), theirs, atol=0.01
    )  # both stop when near enough


def test_lightgbm_is_as_it_comes(training_set):
    data = lightgbm.Dataset(
        training_set.features.values, training_set.ready, weight=training_set.weights, categorical_feature=[1]
    )
    plain = lightgbm.train({"objective": "binary", "verbosity": -1, "num_threads": 1}, data)
    theirs = plain.predict(training_set.features.values, raw_score=True)
    np.testing.assert_allclose(fit_lightgbm(training_set, seed=7).margin(training_set.features), theirs, atol=1e-9)


def test_the_same_rows_give_the_same_rival(training_set):
    assert fit_logistic(training_set) == fit_logistic(training_set)
    assert fit_lightgbm(training_set, seed=7) == fit_lightgbm(training_set, seed=7)


def test_a_lead_weighs_the_same_however_often_it_was_scored(training_set):
    often = training_set.rows(np.concatenate([np.arange(401), np.full(400, 400)]))  # the last lead 401 times
    once, many = (fit_logistic(each).margin(training_set.features) for each in (training_set, often))
    np.testing.assert_allclose(once, many, atol=0.1)


@pytest.mark.parametrize("always", [0.1, 0.7, 4.1])
def test_a_column_that_never_differs_says_little_when_it_does(training_set_of, always):
    random = np.random.default_rng(3)
    constant = np.full(997, always)
    leads = training_set_of(leads=range(997), ready=random.random(997) < 0.3, always=constant, visits=constant * 0 + 1)
    margin = fit_logistic(leads).margin(
        FeatureMatrix(("always", "visits"), np.array([[always, 1], [always + 1, 1]]), {})
    )
    assert abs(margin[1] - margin[0]) < 1

"""The learned model: the same seed gives the same model, and a written one reads back to the last bit."""

import dataclasses

import numpy as np
import pytest

from leadml.engine.matrix import FeatureMatrix
from leadml.learners.readiness import ReadinessModel, Recipe, fit_readiness
from leadml.specs.feature_spec import FeatureSpec
from leadml.specs.readiness_spec import LearnerSpec
from leadml.specs.reading import Label
from leadml.specs.rules_spec import RuleSpec
from leadml.vocabulary import MoreIs

LABEL = Label(en="Tried", ja="試験")
WORDS = ("event", "referral", "web_form")
A_POINT_A_CLICK = {"name": "clicks", "when": {"feature": "clicks"}, "points_per_unit": 1, "because": LABEL}
RULES = (RuleSpec.model_validate(A_POINT_A_CLICK, strict=False),)


def recipe(*, seed=7, more_is=None, **learner):
    features = (
        FeatureSpec(name="clicks", label=LABEL, kind="count", when_nothing=0.0, more_is=more_is),
        FeatureSpec(name="source", label=LABEL, kind="attribute", attribute="source", when_nothing="missing"),
    )
    return Recipe(features, RULES, LearnerSpec(**{"smallest_leaf": 10, "most_trees": 80, "bags": 2, **learner}), seed)


@pytest.fixture(scope="module")
def training_set(training_set_of):
    """Six hundred leads, of whom those that were referred become ready far more often; clicks say a little."""
    random = np.random.default_rng(3)
    clicks, source = random.poisson(3, 600), random.integers(0, 3, 600)
    chance = 1 / (1 + np.exp(2.2 - 0.15 * clicks - 2.5 * (source == 1)))
    return training_set_of(
        leads=range(600), ready=random.random(600) < chance, words={"source": WORDS}, clicks=clicks, source=source
    )


@pytest.fixture(scope="module")
def model(training_set):
    return fit_readiness(training_set, recipe())


def margins(model, training_set):
    return model.contributions(training_set.features).margin


def test_the_trees_find_what_no_rule_says(model, training_set):
    assert len(model.trees) == 2
    source = training_set.features.values[:, 1]
    margin = margins(model, training_set)
    assert margin[source == 1].mean() > margin[source != 1].mean() + 1


def test_the_same_seed_gives_the_same_model_and_another_seed_another(model, training_set):
    again, other = fit_readiness(training_set, recipe()), fit_readiness(training_set, recipe(seed=8))
    assert again == model
    assert margins(again, training_set).tobytes() == margins(model, training_set).tobytes()
    assert margins(other, training_set).tobytes() != margins(model, training_set).tobytes()


def test_a_model_written_and_read_is_the_same_to_the_last_bit(model, training_set):
    read = ReadinessModel.from_dict(model.to_dict(), model.trees)
    assert read == model
    written, first = read.contributions(training_set.features), model.contributions(training_set.features)
    assert written.start == first.start
    assert written.values.tobytes() == first.values.tobytes()


def test_a_word_that_training_never_saw_is_scored_as_a_missing_one(model):
    live = FeatureMatrix(("clicks", "source"), np.array([[3.0, 0.0]]), {"source": ("brand_new", "referral")})
    missing = FeatureMatrix(("clicks", "source"), np.array([[3.0, np.nan]]), {"source": WORDS})
    assert model.contributions(live).margin.tolist() == model.contributions(missing).margin.tolist()


def test_words_keep_their_meaning_whatever_code_they_have_live(model):
    live = FeatureMatrix(("clicks", "source"), np.array([[3.0, 0.0]]), {"source": ("referral",)})
    trained = FeatureMatrix(("clicks", "source"), np.array([[3.0, 1.0]]), {"source": WORDS})
    assert model.contributions(live).margin.tolist() == model.contributions(trained).margin.tolist()


def test_where_no_tree_helps_the_rules_carry_the_whole_score(training_set, training_set_of):
    random = np.random.default_rng(5)
    clicks = random.poisson(3, 600)
    by_rule_alone = random.random(600) < 1 / (1 + np.exp(3 - clicks))
    noise = training_set_of(
        leads=range(600), ready=by_rule_alone, words={"source": WORDS}, clicks=clicks, source=random.integers(0, 3, 600)
    )
    for model, known in (
        (fit_readiness(noise, recipe()), noise),
        (fit_readiness(training_set, recipe(most_trees=0)), training_set),
    ):
        assert model.trees == ()
        rules = model.rules.contributions(known.features)
        contributions = model.contributions(known.features)
        assert contributions.start == rules.start
        assert contributions.values.tobytes() == rules.values.tobytes()


def test_when_later_leads_all_became_ready_no_trees_are_grown(training_set):
    ready = training_set.ready.copy()
    ready[450:] = 1
    assert fit_readiness(dataclasses.replace(training_set, ready=ready), recipe()).trees == ()


def test_what_is_agreed_to_be_readier_never_lowers_a_score(training_set):
    ready = (training_set.features.values[:, 0] < 3).astype(np.float64)  # in this history fewer clicks became ready
    against = dataclasses.replace(training_set, ready=ready)
    every = FeatureMatrix(("clicks", "source"), np.array([[float(n), 0.0] for n in range(12)]), {"source": WORDS})
    free = fit_readiness(against, recipe()).contributions(every).margin
    bound = fit_readiness(against, recipe(more_is=MoreIs.READIER)).contributions(every).margin
    assert (np.diff(bound) >= -1e-12).all()
    assert (np.diff(free) < -0.5).any()


def test_no_leads_give_no_contributions(model):
    nobody = FeatureMatrix(("clicks", "source"), np.empty((0, 2)), {"source": WORDS})
    assert model.contributions(nobody).margin.shape == (0,)

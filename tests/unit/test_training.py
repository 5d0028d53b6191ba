"""From specification and history to a model with its recipe."""

import dataclasses

import numpy as np
import pytest

from leadml.engine.matrix import FeatureMatrix
from leadml.errors import LeadmlError
from leadml.outcomes import LeftOut
from leadml.specs.project_spec import meaning_of
from leadml.training import fit_recipe, learned_outcome, prepare, train, usual_values


def test_the_usual_lead_is_the_median_and_the_most_frequent_word():
    matrix = FeatureMatrix(
        ("clicks", "source", "silent"),
        np.array([[0.0, 1, np.nan], [1, 1, np.nan], [5, 0, np.nan], [np.nan, np.nan, np.nan]]),
        {"source": ("event", "referral")},
    )
    assert usual_values(matrix, np.ones(4)) == {"clicks": 1.0, "source": "referral", "silent": None}


def test_the_usual_lead_is_of_leads_not_of_snapshots():
    # One lead was scored three times: together its snapshots weigh as much as one other lead.
    matrix = FeatureMatrix(
        ("clicks", "source"), np.array([[9.0, 0], [9, 0], [9, 0], [1, 1], [2, 1]]), {"source": ("event", "referral")}
    )
    weights = np.array([1 / 3, 1 / 3, 1 / 3, 1, 1])
    assert usual_values(matrix, weights) == {"clicks": 2.0, "source": "referral"}


def test_what_most_leads_do_not_have_the_usual_lead_has_not():
    matrix = FeatureMatrix(("days",), np.array([[5.0], [7.0], [np.nan]]), {})
    assert usual_values(matrix, np.array([1.0, 1.0, 1.9])) == {"days": 5.0}
    assert usual_values(matrix, np.array([1.0, 1.0, 2.1])) == {"days": None}


def test_a_category_that_nobody_has_no_usual_word():
    matrix = FeatureMatrix(("source",), np.array([[np.nan], [np.nan]]), {"source": ()})
    assert usual_values(matrix, np.ones(2)) == {"source": None}


def test_a_model_says_what_made_it(demo_model, demo_training_set, spec):
    assert (demo_model.name, demo_model.version) == ("readiness", 0)
    assert demo_model.knows_until == demo_training_set.closed_at.max()
    assert demo_model.definitions == meaning_of(spec.agreement.definitions)
    assert demo_model.recipe["snapshots_used"] == len(demo_training_set)
    assert demo_model.recipe["learner"]["leaves"] == 8
    assert demo_model.recipe["seed"] == 7
    assert set(demo_model.recipe["packages"]) >= {"leadml", "lightgbm", "numpy"}
    assert list(demo_model.usual_values) == [feature.name for feature in spec.learned_features]


def test_training_twice_gives_the_same_model(demo_model, demo_training_set, spec):
    assert train(demo_training_set, spec) == demo_model


def test_another_seed_is_another_model(demo_model, demo_training_set, spec):
    other = dataclasses.replace(spec, readiness=spec.readiness.model_copy(update={"seed": 8}))
    assert train(demo_training_set, other).readiness.trees != demo_model.readiness.trees


def test_a_history_in_which_nobody_was_open_has_nothing_to_learn_from(history_of, spec):
    history = history_of(
        leads="lead_id,created_at\nL1,2026-01-01T00:00:00Z",
        status_changes="lead_id,happened_at,lead_status\nL1,2026-01-01T00:00:00Z,unqualified",
        activities="lead_id,happened_at,activity\nL1,2026-06-01T00:00:00Z,page_view",
    )
    with pytest.raises(LeadmlError) as caught:
        prepare(history, spec)
    assert caught.value.code == "no_snapshots"


@pytest.mark.parametrize("ready", [0.0, 1.0])
def test_where_all_leads_came_to_one_end_nothing_can_be_learned(demo_training_set, spec, ready):
    of_one_kind = dataclasses.replace(demo_training_set, ready=np.full(len(demo_training_set), ready))
    for learn in (fit_recipe, train):
        with pytest.raises(LeadmlError) as caught:
            learn(of_one_kind, spec)
        assert caught.value.code == "too_few_outcomes"
        assert caught.value.values["ready"] == ready * len(demo_training_set)
        assert caught.value.where == "models/readiness.yaml, snapshots"


def test_a_model_names_the_outcome_it_learned(demo_model):
    assert learned_outcome(demo_model) == "ready"
    assert demo_model.recipe["outcome"]["reach"] == "sql"
    other = dataclasses.replace(demo_model, recipe={**demo_model.recipe, "outcome": {"name": "customer"}})
    assert learned_outcome(other) == "customer"


def test_a_model_from_before_there_were_several_outcomes_learned_ready(demo_model):
    assert learned_outcome(dataclasses.replace(demo_model, recipe={})) == "ready"


def test_a_model_says_which_snapshots_taught_it_nothing(demo_model, demo_training_set):
    left_out = demo_model.recipe["left_out"]
    assert left_out == demo_training_set.left_out
    # So small a demo holds every reason but a lead that was none at all.
    assert set(left_out) == set(LeftOut) - {LeftOut.EXCLUDED}

"""Snapshots, features and outcome side by side."""

import dataclasses

import numpy as np
import pytest

from leadml.dataset import make_training_set
from leadml.errors import LeadmlError
from leadml.specs.agreement_spec import OutcomeSpec
from leadml.training import prepare

LEADS = """
    lead_id,created_at,lead_type
    L1,2026-01-01T00:00:00Z,new_prospect
    L2,2026-01-05T00:00:00Z,existing_customer
    L3,2026-06-20T00:00:00Z,
"""
STAGES = """
    lead_id,happened_at,lifecycle_stage
    L1,2026-02-01T00:00:00Z,mql
    L1,2026-02-20T00:00:00Z,sql
    L2,2026-02-01T00:00:00Z,mql
    L3,2026-06-25T00:00:00Z,mql
"""
ACTIVITIES = """
    lead_id,happened_at,activity,content
    L1,2026-02-04T00:00:00Z,page_view,pricing
    L2,2026-06-30T00:00:00Z,page_view,pricing
"""


@pytest.fixture
def training_set(history_of, spec):
    return make_training_set(history_of(leads=LEADS, stage_changes=STAGES, activities=ACTIVITIES), spec)


def test_only_snapshots_whose_answer_is_known_are_kept(training_set):
    frame = training_set.to_frame()
    # Both leads are scored 3 days after creation, at the entry into MQL and a week later; L3's windows are open.
    assert frame["lead_id"].tolist() == ["L1"] * 3 + ["L2"] * 3
    assert frame["age"].tolist() == ["created + 3 days", "mql + 0 days", "mql + 7 days"] * 2
    # The first snapshot of L1, 4 January, comes more than 30 days before 20 February.
    assert frame["ready"].tolist() == [False, True, True, False, False, False]


def test_each_snapshot_sees_what_was_known_before_it(training_set):
    frame = training_set.to_frame()
    assert frame["pricing_views_30d"].tolist() == [0, 0, 1, 0, 0, 0]
    assert frame["days_in_mql"].round(3).fillna(-1).tolist() == [-1, 0, 7, -1, 0, 7]
    assert frame["lead_type"].tolist() == ["new_prospect"] * 3 + ["existing_customer"] * 3


def test_at_each_age_each_lead_weighs_the_same(training_set_of):
    # Lead 0 comes by the first age three times, as a recycled lead does; lead 2 has both ages.
    leads, ages = [0, 0, 0, 1, 2, 2], [0, 0, 0, 0, 0, 1]
    weights = training_set_of(leads=leads, ages=ages, ready=[0, 0, 1, 1, 0, 1]).weights
    np.testing.assert_allclose([weights[:3].sum(), *weights[3:]], [1.5, 1.5, 1.5, 1.5])
    assert weights.mean() == pytest.approx(1)


def test_a_weight_does_not_tell_the_outcome(training_set_of):
    # Lead 0 became ready and has no second snapshot; lead 1 did not, and has one.
    weights = training_set_of(leads=[0, 1, 1], ages=[0, 0, 1], ready=[1, 0, 0]).weights
    assert weights.tolist() == [1, 1, 1]


def test_a_feature_named_as_a_column_of_the_rows_stands_beside_it(training_set_of):
    frame = training_set_of(leads=[0, 1], ready=[1, 0], age=[41, 56], weight=[70, 80]).to_frame()
    assert frame.columns.tolist() == ["lead_id", "as_of", "_age", "age", "weight", "ready", "_weight"]
    assert (frame["age"].tolist(), frame["_age"].tolist()) == ([41, 56], ["at once"] * 2)
    assert (frame["weight"].tolist(), frame["_weight"].tolist()) == ([70, 80], [1, 1])


def test_taking_rows_takes_all_columns_along(training_set):
    part = training_set.rows(np.array([4, 1]))
    frame = part.to_frame()
    assert frame["lead_id"].tolist() == ["L2", "L1"]
    assert frame["age"].tolist() == ["mql + 0 days"] * 2
    assert (part.ready.tolist(), len(part)) == ([0, 1], 2)
    assert part.weights.tolist() == [1, 1]
    assert part.created_at.tolist() == training_set.created_at[[4, 1]].tolist()


def test_the_recipe_tells_two_sets_apart(training_set, history_of, spec):
    less = history_of(leads=LEADS, stage_changes=STAGES, activities=ACTIVITIES.rsplit("\n", 2)[0])
    other = make_training_set(less, spec)
    differing = {key for key in training_set.recipe if training_set.recipe[key] != other.recipe[key]}
    assert differing == {"data", "history_facts", "history_known_until"}
    assert training_set.recipe["history_facts"]["activities"] == 2
    assert training_set.recipe["outcome"] == {
        "name": "ready",
        "reach": "sql",
        "within_days": 30,
        "not_returned_within_days": 14,
    }


def test_words_that_no_snapshot_has_are_not_carried_along(history_of, spec):
    later = LEADS + "    L4,2026-06-29T00:00:00Z,maintenance_service\n"
    training_set = make_training_set(history_of(leads=later, stage_changes=STAGES, activities=ACTIVITIES), spec)
    assert training_set.features.words["lead_type"] == ("existing_customer", "new_prospect")


def test_a_feature_that_names_what_does_not_exist_is_refused_before_anything_is_computed(history_of, spec):
    (fit, *others) = spec.themes
    broken = fit.model_copy(update={"features": (fit.features[0].model_copy(update={"kind": "macth"}),)})
    with pytest.raises(LeadmlError, match="Did you mean 'match'"):
        make_training_set(history_of(leads=LEADS), dataclasses.replace(spec, themes=(broken, *others)))


def test_a_history_without_any_known_answer_is_refused_with_a_reason(history_of, spec):
    with pytest.raises(LeadmlError) as caught:
        prepare(
            history_of(leads=LEADS),
            dataclasses.replace(
                spec, readiness=spec.readiness.model_copy(update={"snapshots": spec.readiness.snapshots[1:]})
            ),
        )
    assert caught.value.code == "no_snapshots"


def test_nothing_is_left_out_in_silence(training_set):
    # L3 was created ten days before the history ends, and entered MQL five days before.
    assert training_set.recipe["left_out"] == {"not_yet": 1, "window_open": 2}
    assert training_set.left_out == training_set.recipe["left_out"]
    assert len(training_set) + sum(training_set.left_out.values()) == 9


def test_a_set_says_what_it_is_not_what_it_holds(training_set):
    assert repr(training_set) == (
        "TrainingSet(ready: 6 snapshots of 2 leads, 30 features, 33.3% yes; left out: 1 not_yet, 2 window_open)"
    ).replace("30", str(len(training_set.features.names)))
    assert repr(training_set.rows(np.array([], dtype=np.int64))).startswith("TrainingSet(ready: 0 snapshots of 0 leads")


def test_what_is_there_is_counted_by_age(training_set):
    assert [(counts.age, counts.snapshots, counts.leads, counts.yes) for counts in training_set.by_age()] == [
        ("created + 3 days", 2, 2, 0),
        ("mql + 0 days", 2, 2, 1),
        ("mql + 7 days", 2, 2, 1),
    ]
    assert [counts.base_rate for counts in training_set.by_age()] == [0, 0.5, 0.5]
    assert training_set.base_rate == pytest.approx(1 / 3)


@pytest.fixture
def spec_of_customers(spec):
    """Learn another outcome than ready: customers within 100 days, whatever comes back."""
    customer = OutcomeSpec(reach="customer", within_days=100)
    definitions = spec.agreement.definitions.model_copy(update={"outcomes": {"customer_within_100_days": customer}})
    return dataclasses.replace(
        spec,
        agreement=spec.agreement.model_copy(update={"definitions": definitions}),
        readiness=spec.readiness.model_copy(update={"outcome": "customer_within_100_days"}),
    )


def test_another_outcome_is_learned_under_its_name(history_of, spec_of_customers):
    sold = STAGES + "    L1,2026-03-01T00:00:00Z,customer\n"
    training_set = make_training_set(
        history_of(leads=LEADS, stage_changes=sold, activities=ACTIVITIES), spec_of_customers
    )
    frame = training_set.to_frame()
    assert training_set.outcome == training_set.recipe["outcome"]["name"] == "customer_within_100_days"
    assert frame["customer_within_100_days"].tolist() == [True, True, True, False, False, False]
    assert "ready" not in frame
    assert training_set.rows(np.array([0])).outcome == "customer_within_100_days"


def test_who_is_open_follows_the_target_of_the_outcome(history_of, spec, spec_of_customers):
    late = STAGES + "    L2,2026-02-05T00:00:00Z,sql\n"
    history = history_of(leads=LEADS, stage_changes=late, activities=ACTIVITIES)
    ready, customers = make_training_set(history, spec), make_training_set(history, spec_of_customers)
    # On 8 February L2 is an SQL: past the target of ready, but still below that of a customer.
    assert ready.left_out["not_open"] == 1
    assert "not_open" not in customers.left_out
    assert len(customers) == len(ready) + 1


def test_an_outcome_that_is_not_defined_names_the_nearest(history_of, spec_of_customers):
    wrong = spec_of_customers.readiness.model_copy(update={"outcome": "customer_within_180_days"})
    with pytest.raises(LeadmlError, match="Did you mean 'customer_within_100_days'") as caught:
        make_training_set(history_of(leads=LEADS), dataclasses.replace(spec_of_customers, readiness=wrong))
    assert (caught.value.code, caught.value.where) == ("unknown_outcome", "models/readiness.yaml, outcome")

"""Train and test: never a lead on both sides, and never an answer from after the test began."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from leadml.clock import DAY
from leadml.errors import LeadmlError
from leadml.specs.readiness_spec import LatestLeadsSpec
from leadml.splits import latest_leads, leads_created, split_by_time

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def from_day(day):
    return LatestLeadsSpec.model_validate({"from": EPOCH + timedelta(days=day)})


def test_what_became_known_after_the_test_began_lies_in_the_gap(training_set_of):
    # Leads 0 to 9 are created one a day; each answer is known 44 days later.
    training_set = training_set_of(leads=range(100), ready=[0, 1] * 50)
    split = split_by_time(training_set, from_day(60))
    assert split.train.snapshots.leads.tolist() == list(range(17))
    assert split.test.snapshots.leads.tolist() == list(range(60, 100))
    assert (split.from_, split.in_the_gap) == (60 * DAY, 43)


def test_an_answer_known_at_the_very_beginning_of_the_test_may_be_learned(training_set_of):
    split = split_by_time(training_set_of(leads=range(100), ready=[0, 1] * 50), from_day(60))
    assert split.train.closed_at.max() == 60 * DAY


def test_a_share_of_leads_is_not_a_share_of_snapshots(training_set_of):
    # The last lead was scored 20 times; a quarter of four leads is still one lead.
    leads = [0, 0, 1, 1, 2, 2, *[300] * 20]
    ready = [0, 1, 0, 1, 0, 1, *[0, 1] * 10]
    split = split_by_time(training_set_of(leads=leads, ready=ready), LatestLeadsSpec(share_of_leads=0.25))
    assert set(split.test.snapshots.leads.tolist()) == {300}
    assert set(split.train.snapshots.leads.tolist()) == {0, 1, 2}


# A lead, how long its answer stayed open, and the answer.
ROWS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.booleans()), min_size=20, max_size=60)


@given(ROWS, st.sampled_from([0.1, 0.25, 0.5]))
def test_no_lead_is_on_both_sides_and_no_answer_comes_from_the_future(training_set_of, rows, share):
    leads, open_for, ready = zip(*rows, strict=True)
    created_on = [lead // 2 * 10 for lead in leads]  # two leads come on one day
    closed_on = [day + days for day, days in zip(created_on, open_for, strict=True)]
    training_set = training_set_of(leads=leads, ready=ready, created_on=created_on, closed_on=closed_on)
    try:
        split = split_by_time(training_set, LatestLeadsSpec(share_of_leads=share))
    except LeadmlError:  # one side without both answers
        reject()
    assert not set(split.train.snapshots.leads) & set(split.test.snapshots.leads)
    assert split.train.closed_at.max() <= split.test.created_at.min()
    assert len(split.train) + len(split.test) + split.in_the_gap == len(training_set)


@pytest.mark.parametrize(
    ("ready", "name", "ready_leads"),
    [
        ([0] * 50 + [0, 1] * 25, "train", 0),
        ([0, 1] * 25 + [1] * 50, "test", 40),
    ],
)
def test_a_side_without_both_answers_is_refused(ready, name, ready_leads, training_set_of):
    with pytest.raises(LeadmlError) as caught:
        split_by_time(training_set_of(leads=range(100), ready=ready), from_day(60))
    assert caught.value.code == "too_few_outcomes"
    assert caught.value.where == f"models/readiness.yaml, test ({name})"
    assert caught.value.values["ready"] == ready_leads


def test_a_test_that_begins_before_every_lead_leaves_nothing_to_learn_from(training_set_of):
    with pytest.raises(LeadmlError) as caught:
        split_by_time(training_set_of(leads=range(10), ready=[0, 1] * 5), from_day(-1))
    assert caught.value.values["snapshots"] == 0


def test_the_latest_leads_are_whole_leads(training_set_of):
    training_set = training_set_of(leads=[0, 1, 1, 2, 3, 3, 3], ready=[0, 1, 0, 1, 0, 1, 0])
    assert latest_leads(training_set, 0.25).tolist() == [False] * 4 + [True] * 3
    assert leads_created(training_set).tolist() == (np.arange(4) * DAY).tolist()

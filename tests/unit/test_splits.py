"""Train and test: never a lead on both sides, and never an answer from after the test began."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from leadml.clock import DAY
from leadml.errors import LeadmlError
from leadml.specs.readiness_spec import LatestLeadsSpec
from leadml.splits import forward_blocks, join_tests, latest_leads, leads_created, rolling_periods, split_by_time

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def from_day(day, periods=3):
    return LatestLeadsSpec.model_validate({"from": EPOCH + timedelta(days=day), "periods": periods})


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


def test_periods_follow_each_other_with_as_many_leads_and_more_to_learn_from(training_set_of):
    # Leads 0 to 99, one a day, each answer known 44 days later; 40 leads of the test in three periods.
    training_set = training_set_of(leads=range(100), ready=[0, 1] * 50)
    first, second, third = rolling_periods(training_set, from_day(60))
    assert [split.test.snapshots.leads.tolist() for split in (first, second, third)] == [
        list(range(60, 73)),
        list(range(73, 86)),
        list(range(86, 100)),
    ]
    assert [split.from_ for split in (first, second, third)] == [60 * DAY, 73 * DAY, 86 * DAY]
    assert [len(split.train) for split in (first, second, third)] == [17, 30, 43]
    assert [split.in_the_gap for split in (first, second, third)] == [43, 43, 43]


def test_a_lead_of_an_earlier_period_is_learned_from_when_its_answer_is_known(training_set_of):
    training_set = training_set_of(leads=range(60), ready=[0, 1] * 30, closed_on=np.arange(60) + 5)
    *_, last = rolling_periods(training_set, from_day(30))
    assert last.from_ == 50 * DAY
    assert last.train.snapshots.leads.tolist() == list(range(46))  # 30 to 45 were in the test before
    assert last.train.closed_at.max() == last.from_  # known at the very beginning is known


def test_one_period_is_the_split_by_time(training_set_of):
    training_set = training_set_of(leads=range(100), ready=[0, 1] * 50)
    (only,) = rolling_periods(training_set, from_day(60, periods=1))
    split = split_by_time(training_set, from_day(60))
    assert (only.from_, only.in_the_gap, len(only.train)) == (split.from_, split.in_the_gap, len(split.train))
    assert only.test.snapshots.leads.tolist() == split.test.snapshots.leads.tolist()


@pytest.mark.parametrize(
    ("ready_in_test", "begins"),
    [
        ([0] * 10 + [0, 1] * 10, [30, 50]),  # the first has none: one with the second
        ([0, 1] * 5 + [0] * 10 + [0, 1] * 5, [30, 40]),  # the second has none: one with the third
        ([0, 1] * 10 + [0] * 10, [30, 40]),  # the last has none: one with the second
        ([0, 1] * 10 + [1] * 10, [30, 40]),  # all of the last became ready
        ([0] * 20 + [0, 1] * 5, [30]),
        ([0, 1] * 5 + [0] * 20, [30]),
        ([0] * 9 + [1] + [0] * 20, [30]),
    ],
)
def test_a_period_with_leads_of_one_kind_is_one_with_its_neighbour(training_set_of, ready_in_test, begins):
    training_set = training_set_of(leads=range(60), ready=[0, 1] * 15 + ready_in_test, closed_on=np.arange(60) + 1)
    periods = rolling_periods(training_set, from_day(30))
    assert [split.from_ // DAY for split in periods] == begins
    assert sum(len(split.test) for split in periods) == 30


def test_leads_that_came_at_one_instant_are_not_torn_apart(training_set_of):
    leads = training_set_of(
        leads=range(40), ready=[0, 1] * 20, created_on=[0] * 10 + [50] * 30, closed_on=[1] * 10 + [90] * 30
    )
    (only,) = rolling_periods(leads, from_day(20))
    assert len(only.test) == 30


@given(ROWS, st.sampled_from([0.25, 0.5]), st.integers(1, 5))
def test_no_period_knows_a_lead_or_an_answer_of_its_own_or_of_later_ones(training_set_of, rows, share, periods):
    leads, open_for, ready = zip(*rows, strict=True)
    created_on = [lead // 2 * 10 for lead in leads]
    closed_on = [day + days for day, days in zip(created_on, open_for, strict=True)]
    training_set = training_set_of(leads=leads, ready=ready, created_on=created_on, closed_on=closed_on)
    try:
        splits = rolling_periods(training_set, LatestLeadsSpec(share_of_leads=share, periods=periods))
    except LeadmlError:  # one side without both answers
        reject()
    assert 1 <= len(splits) <= periods
    test, period_of = join_tests(splits)
    for number, split in enumerate(splits):
        later = set(test.snapshots.leads[period_of >= number])
        assert not set(split.train.snapshots.leads) & later
        assert split.train.closed_at.max() <= split.from_ <= split.test.created_at.min()
        assert split.train.created_at.max() < split.from_
        for part in (split.train, split.test):
            assert 0 < part.ready.sum() < len(part)
    assert len(test) == len(split_by_time(training_set, LatestLeadsSpec(share_of_leads=share)).test)


def test_a_test_that_no_cut_can_save_is_refused(training_set_of):
    training_set = training_set_of(leads=range(100), ready=[0, 1] * 30 + [0] * 40)
    with pytest.raises(LeadmlError) as caught:
        rolling_periods(training_set, from_day(60))
    assert (caught.value.code, caught.value.where) == ("too_few_outcomes", "models/readiness.yaml, test (test)")


def test_without_anything_to_learn_before_the_test_there_is_no_period(training_set_of):
    """Later periods would have something: but the test begins where it was agreed, not where it suits."""
    training_set = training_set_of(leads=range(100), ready=[0] * 20 + [0, 1] * 40, closed_on=np.arange(100) + 1)
    with pytest.raises(LeadmlError) as caught:
        rolling_periods(training_set, from_day(20))
    assert (caught.value.code, caught.value.where) == ("too_few_outcomes", "models/readiness.yaml, test (train)")


def test_the_tests_of_all_periods_lie_one_after_the_other(training_set_of):
    training_set = training_set_of(leads=range(100), ready=[0, 1] * 50, number=np.arange(100.0))
    splits = rolling_periods(training_set, from_day(60))
    together, period_of = join_tests(splits)
    assert together.features.values.ravel().tolist() == list(range(60, 100))
    assert together.snapshots.as_of.tolist() == (np.arange(60, 100) * DAY).tolist()
    assert np.bincount(period_of).tolist() == [len(split.test) for split in splits]


def test_forward_blocks_go_by_lead_and_by_time(training_set_of):
    training_set = training_set_of(leads=np.repeat(np.arange(100), 2), ages=[0, 1] * 100, ready=[0, 0, 1, 1] * 50)
    leads = training_set.snapshots.leads
    cuts = [(leads[earlier].tolist(), leads[later].tolist()) for earlier, later in forward_blocks(training_set)]
    edges = [55, 70, 85, 100]
    assert cuts == [
        (np.repeat(np.arange(begin), 2).tolist(), np.repeat(np.arange(begin, end), 2).tolist())
        for begin, end in pairwise(edges)
    ]


def test_forward_blocks_go_by_time_whatever_order_the_rows_have(training_set_of):
    random = np.random.default_rng(1)
    leads = random.permutation(100)
    training_set = training_set_of(leads=leads, ready=leads % 2)
    cuts = forward_blocks(training_set, blocks=2, first_share=0.5)
    assert [sorted(leads[later].tolist()) for _, later in cuts] == [list(range(50, 75)), list(range(75, 100))]
    assert [sorted(leads[earlier].tolist()) for earlier, _ in cuts] == [list(range(50)), list(range(75))]


@pytest.mark.parametrize(
    ("ready", "begins"),
    [
        ([0, 1] * 35 + [0] * 15 + [0, 1, 0] * 5, [55, 85]),  # the second block has none
        ([0, 1] * 35 + [1] * 15 + [0, 1, 0] * 5, [55, 85]),  # or nobody else
        ([0] * 60 + [0, 1] * 20, [70, 85]),  # nothing to learn from before
        ([0, 1] * 27 + [0] * 46, []),
    ],
)
def test_a_forward_block_with_leads_of_one_kind_on_either_side_is_left_out(training_set_of, ready, begins):
    training_set = training_set_of(leads=range(100), ready=ready)
    assert [int(later.min()) for _, later in forward_blocks(training_set)] == begins


def test_of_nobody_there_are_no_forward_blocks(training_set_of):
    training_set = training_set_of(leads=[0], ready=[1])
    assert forward_blocks(training_set) == []
    assert forward_blocks(training_set.rows(np.zeros(1, dtype=bool))) == []

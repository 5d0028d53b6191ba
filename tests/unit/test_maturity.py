"""How long leads take to come, worked by hand."""

import dataclasses

import numpy as np
import pytest

from leadml.clock import parse_instant
from leadml.maturity import Maturity, find_maturity, maturity_curve, rounded_up
from leadml.specs.agreement_spec import OutcomeSpec

NEVER = np.inf


def test_an_open_end_counts_for_as_long_as_it_was_seen_and_no_longer():
    # Days:      1 comes | 2 censored | 3 comes | 5 censored | 8 comes; five starts, all but two watched for 9 days.
    # Kaplan and Meier: 1 - 4/5 = 0.2; then 3 are left: 1 - 4/5 * 2/3 = 7/15; then 1 is left, and comes.
    days, shares, followed = maturity_curve(np.array([1, NEVER, 3, NEVER, 8]), np.array([9.0, 2, 9, 5, 9]))
    assert days.tolist() == [1, 3, 8]
    np.testing.assert_allclose(shares, [1 / 5, 7 / 15, 1])
    assert followed == 9


def test_who_comes_on_the_day_another_is_lost_from_sight_comes_first():
    days, shares, _ = maturity_curve(np.array([2, NEVER, NEVER]), np.array([9.0, 2, 9]))
    assert (days.tolist(), shares.tolist()) == ([2], pytest.approx([1 / 3]))


def test_an_entry_that_came_after_the_end_was_not_seen():
    days, shares, _ = maturity_curve(np.array([1, 7.0]), np.array([9.0, 5]))
    assert (days.tolist(), shares.tolist()) == ([1], [0.5])


def test_the_curve_ends_where_fewer_than_a_tenth_were_followed():
    # Twenty starts were watched for 10 days; one for 100, and it comes on day 90: it does not speak for all.
    entries, followed = np.full(21, NEVER), np.array([*[10.0] * 20, 100])
    entries[0], entries[20] = 4, 90
    days, shares, followed_days = maturity_curve(entries, followed)
    assert (days.tolist(), shares.tolist(), followed_days) == ([4], pytest.approx([1 / 21]), 10)


@pytest.mark.parametrize(("starts", "followed_days"), [(1, 1), (9, 9), (10, 10), (11, 10), (20, 19), (21, 19)])
def test_as_far_as_one_in_ten_was_followed(starts, followed_days):
    # The first start was watched for a day, the second for two, and so on.
    assert maturity_curve(np.full(starts, NEVER), np.arange(1.0, starts + 1))[2] == followed_days


@pytest.mark.parametrize("starts", [0, 3])
def test_where_nobody_comes_there_is_no_curve(starts):
    days, shares, _ = maturity_curve(np.full(starts, NEVER), np.full(starts, 5.0))
    assert (len(days), len(shares)) == (0, 0)


def curve(within_days, days=(1.0, 10.0, 20.0), shares=(0.5, 0.9, 1.0)):
    return Maturity("mql", "sql", 10, len(days), 0.4, 300.0, np.array(days), np.array(shares), within_days)


def test_the_curve_is_read_both_ways():
    read = curve(30)
    assert [read.covered(days) for days in (0.5, 1, 1.1, 10, 10.1, 400)] == [0, 0, 0.5, 0.5, 0.9, 1]
    assert [read.days_until(share) for share in (0.1, 0.5, 0.51, 0.9, 0.95, 1)] == [1, 1, 10, 10, 20, 20]


@pytest.mark.parametrize(
    ("within_days", "hint"), [(5, "short"), (10, "short"), (10.1, "fits"), (39.9, "fits"), (40, "long"), (None, None)]
)
def test_a_window_that_does_not_fit_is_said(within_days, hint):
    assert curve(within_days).hint == hint


def test_without_anybody_nothing_is_said_of_the_window():
    nobody = curve(30, days=(), shares=())
    assert (nobody.hint, nobody.to_dict()["curve"], nobody.to_dict()["covered"]) == (None, [], None)
    assert np.isnan(nobody.covered(10))
    assert np.isnan(nobody.days_until(0.9))


def test_json_tells_the_curve_in_twentieths():
    told = curve(30).to_dict()
    assert len(told["curve"]) == 20
    assert told["curve"][9] == {"share": 0.5, "days": 1}
    assert told["curve"][-1] == {"share": 1.0, "days": 20}
    assert (told["covered"], told["hint"]) == (1.0, "fits")


LEADS = "lead_id,created_at\n" + "\n".join(
    f"{name},2026-01-01T00:00:00Z" for name in ("again", "at_once", "never", "soon", "was_there")
)
STAGES = """
    lead_id,happened_at,lifecycle_stage
    soon,2026-02-01T00:00:00Z,mql
    soon,2026-02-08T00:00:00Z,sql
    at_once,2026-02-01T00:00:00Z,mql
    at_once,2026-02-01T12:00:00Z,customer
    never,2026-02-01T00:00:00Z,mql
    again,2026-02-01T00:00:00Z,mql
    again,2026-03-01T00:00:00Z,lead
    again,2026-05-01T00:00:00Z,mql
    again,2026-05-04T00:00:00Z,sql
    was_there,2026-01-05T00:00:00Z,sql
    was_there,2026-02-01T00:00:00Z,mql
    was_there,2026-02-05T00:00:00Z,sql
"""


@pytest.fixture
def history(history_of):
    read = history_of(leads=LEADS, stage_changes=STAGES)
    return dataclasses.replace(read, known_until=parse_instant("2026-06-01T00:00:00Z", where="tests"))


def test_a_recycled_lead_starts_twice_and_comes_once(history, definitions):
    found = find_maturity(history, "mql", definitions, definitions.ready)
    # Six starts; of `again` the first never came, the second did after three days.
    assert (found.starts, found.came, found.left_out) == (6, 4, {})
    np.testing.assert_allclose(found.days.round(3), [0.5, 3, 4, 7])
    # The second start of `again` was watched for 31 days, all others for 120.
    np.testing.assert_allclose(found.shares, [1 / 4, 2 / 4, 3 / 4, 1])
    assert found.share_that_comes == pytest.approx(4 / 6)
    assert found.followed_days == pytest.approx(120)
    assert (found.within_days, found.hint) == (30, "long")


def test_any_start_and_any_stage_may_be_asked_for(history, definitions):
    customers = find_maturity(history, "created", definitions, OutcomeSpec(reach="customer", within_days=90))
    assert (customers.starts, customers.came, customers.reach) == (5, 1, "customer")
    assert customers.share_that_comes == pytest.approx(1 / 5)
    backwards = find_maturity(history, "sql", definitions, OutcomeSpec(reach="mql", within_days=90))
    assert (backwards.starts, backwards.came, backwards.share_that_comes) == (0, 0, 0)
    assert backwards.left_out == {"not_open": 4}


def test_who_comes_later_than_is_known_is_still_open(history, definitions):
    early = dataclasses.replace(history, known_until=parse_instant("2026-02-04T00:00:00Z", where="tests"))
    found = find_maturity(early, "mql", definitions, definitions.ready)
    assert (found.starts, found.came) == (5, 1)
    assert found.left_out == {"not_yet": 1}


def test_who_was_created_before_1970_and_never_came_has_not_come(history_of, definitions):
    leads = "lead_id,created_at\nold,1900-01-01T00:00:00Z\nnever,2026-01-01T00:00:00Z\ncame,2026-01-01T00:00:00Z\n"
    read = history_of(leads=leads, stage_changes="lead_id,happened_at,lifecycle_stage\ncame,2026-01-11T00:00:00Z,sql")
    history = dataclasses.replace(read, known_until=parse_instant("2026-06-01T00:00:00Z", where="tests"))
    found = find_maturity(history, "created", definitions, definitions.ready)
    assert (found.starts, found.came, found.days.round(3).tolist()) == (3, 1, [10])
    assert found.share_that_comes == pytest.approx(1 / 3)


def test_days_are_rounded_up_to_what_one_says():
    assert [rounded_up(days) for days in (0.04, 1, 9.91, 9.99, 10.01, 37)] == [0.1, 1, 10, 10, 11, 37]

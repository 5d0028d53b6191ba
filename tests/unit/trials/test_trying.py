"""Two halves of promises on one past, and two agreements that mean something else."""

import numpy as np
import pytest

from leadml.trials.side import see
from leadml.trials.trying import try_promises

SQL = {"lifecycle_stage": "sql"}


@pytest.fixture
def past(scored_of):
    """L0 and L1 above 60, L2 and L3 between 50 and 60, L4 low; L0, L2 became ready."""
    rows = [(0, 1, 70), (1, 2, 65), (2, 2, 55), (3, 3, 52), (4, 4, 10)]
    return scored_of(*rows, answer=[1, 0, 1, 0, 0], lead_types=["new", "new", "service", None, "new"])


def tried(scored, old, new):
    return try_promises(see(scored, old), see(scored, new), seed=1)


def test_promises_that_stay_change_nothing(past, agreed):
    trial = tried(past, agreed(), agreed(version="new"))
    assert trial.enter.lead_ids == trial.leave.lead_ids == ()
    assert trial.old.became == trial.new.became
    assert (trial.old.bands, trial.old.by_type) == (trial.new.bands, trial.new.by_type)


def test_a_lower_threshold_adds_those_between(past, agreed):
    new = agreed(("A", 50, SQL), ("B", 40, {"lifecycle_stage": "mql"}), ("C", 0, {}), version="new")
    trial = tried(past, agreed(), new)
    assert (trial.old.hand_overs, trial.new.hand_overs) == (2, 4)
    assert trial.enter.lead_ids == ("L2", "L3")  # the higher score first
    assert trial.leave.lead_ids == ()
    assert (trial.enter.became.actual, trial.enter.became.known) == (1, 2)
    assert (trial.old.became.actual, trial.new.became.actual) == (1, 2)
    assert trial.new.hand_overs_a_week == 1
    assert [(of.lead_type, of.hand_overs) for of in trial.new.by_type] == [("new", 2), ("service", 1), (None, 1)]


def test_turned_round_who_entered_leaves(past, agreed):
    new = agreed(("A", 50, SQL), ("C", 0, {}))
    there, back = (tried(past, *pair) for pair in ((agreed(), new), (new, agreed())))
    assert there.enter == back.leave


def test_what_is_told_of_an_agreement_is_the_same_whatever_it_is_held_against(scored_of, agreed):
    random = np.random.default_rng(5)
    scored = scored_of(*[(lead, lead % 28, int(random.integers(20, 90))) for lead in range(400)])
    rivals = (agreed(), agreed(("A", 30, SQL), ("C", 0, {})), agreed(("A", 85, SQL), ("C", 0, {})))
    assert len({tried(scored, agreed(), rival).old for rival in rivals}) == 1


def test_a_lead_counts_once_a_week_where_it_was_placed_last(scored_of, agreed):
    """1 January 2026 is a Thursday: days 0 and 3 are one week, day 4 the next."""
    scored = scored_of((0, 0, 70), (0, 3, 45), (0, 4, 70), (1, 1, 45))
    bands = {band.band: band.leads_a_week for band in see_side(scored, agreed()).bands}
    assert bands == {"A": 1 / 4, "B": 2 / 4, "C": 0}


def see_side(scored, agreement):
    return tried(scored, agreement, agreement).old


def test_hours_and_days_over_capacity(scored_of, agreed):
    """Four come on Thursday, New Year in Germany, and one on Friday: all five count on Friday, and two may go."""
    scored = scored_of(*[(lead, 0, 60 + lead) for lead in range(4)], (4, 1, 90))
    agreement = agreed(
        capacity={"representatives": 2, "leads_a_day": 1, "hours_a_lead": 3},
        calendar={"time_zone": "Europe/Berlin", "holidays": {"country": "DE"}},
    )
    side = see_side(scored, agreement)
    use = side.capacity
    assert side.hours_a_week == pytest.approx(5 * 3 / 4)
    assert (use.over_days, use.working_days, use.handed_over, use.waited) == (1, 19, 5, 3)
    assert (use.usual_wait_days, use.longest_wait_days) == (3, 4)  # two on Monday, the last on Tuesday
    queue = see(scored, agreement).queue
    assert (queue.handed_on - queue.handed_on.min()).tolist() == [4, 3, 3, 0, 0]


def test_a_lead_that_cools_down_leaves_the_queue(scored_of, agreed):
    scored = scored_of((0, 4, 80), (1, 4, 70), (1, 5, 20), (2, 4, 60))
    agreement = agreed(capacity={"leads_a_day": 1}, calendar={"time_zone": "UTC"})
    use = see_side(scored, agreement).capacity
    assert (use.handed_over, use.given_up, use.still_waiting) == (2, 1, 0)


def test_a_lead_that_is_too_old_leaves_the_queue(scored_of, agreed):
    stale = (("A", 60, {**SQL, "maximum_age_days": 1}), ("C", 0, {}))
    scored = scored_of(*[(lead, 4, 60 + lead) for lead in range(4)])
    agreement = agreed(*stale, capacity={"leads_a_day": 1}, calendar={"time_zone": "UTC"})
    use = see_side(scored, agreement).capacity
    assert (use.handed_over, use.given_up) == (2, 2)


def test_without_a_capacity_nothing_is_said_of_hours(past, agreed):
    side = see_side(past, agreed())
    assert (side.capacity, side.hours_a_week) == (None, None)


def test_the_trial_is_laid_out_in_plain_values(past, agreed):
    told = tried(past, agreed(), agreed()).to_dict()
    assert told["tried"] == "promises"
    assert told["periods"][0]["from"].startswith("2026-01-01")

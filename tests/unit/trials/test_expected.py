"""What is foretold of hand-overs: chances at the level of the day, luck and drift in the interval."""

import numpy as np
import pytest

from leadml.outcomes import NOT_KNOWN
from leadml.trials.expected import expect, next_count, what_becomes
from leadml.trials.level import Level

EVERY = np.arange


def even(scored_of, size=200, **more):
    return scored_of(*[(lead, 1, 50) for lead in range(size)], **more)


def test_the_expected_number_is_the_sum_of_chances(scored_of):
    scored = scored_of((0, 1, 50), (1, 1, 60), (2, 1, 40))
    assert expect(scored, {"all": EVERY(3)}, seed=1)["all"].value == pytest.approx(0.5 + 2 / 3 + 1 / 3)


def test_chances_are_read_at_the_level_that_was_known(scored_of):
    """Where half as many became ready as the model says, half as many are expected: it is not the model's word."""
    scored = even(scored_of)
    week = scored.level.week
    low = np.full(200, -np.log(3))
    fallen = even(scored_of, level=Level(low, np.zeros(200), week, week))
    plain, changed = (expect(past, {"all": EVERY(200)}, seed=1)["all"] for past in (scored, fallen))
    assert (plain.value, changed.value) == (pytest.approx(100), pytest.approx(50))
    assert changed.high < plain.low


def test_the_interval_is_that_of_luck_where_the_level_is_sure(scored_of):
    foretold = expect(even(scored_of), {"all": EVERY(200)}, seed=1)["all"]
    assert foretold.high - foretold.low == pytest.approx(2 * 1.645 * np.sqrt(200 / 4), rel=0.1)


def test_an_unsure_level_widens_the_interval(scored_of):
    scored = even(scored_of)
    week = scored.level.week
    unsure = even(scored_of, level=Level(np.zeros(200), np.full(200, 0.3), week - 6, week))
    sure, wide = (expect(past, {"all": EVERY(200)}, seed=1)["all"] for past in (scored, unsure))
    assert wide.high - wide.low > 2 * (sure.high - sure.low)


def test_a_lead_has_the_same_luck_in_both_groups(scored_of):
    foretold = expect(even(scored_of), {"old": EVERY(200), "new": EVERY(200)}, seed=1)
    assert foretold["old"] == foretold["new"]


def test_nobody_is_expected_of_nobody(scored_of):
    foretold = expect(even(scored_of), {"none": np.empty(0, dtype=np.int64)}, seed=1)["none"]
    assert (foretold.value, foretold.low, foretold.high) == (0, 0, 0)


def test_only_known_answers_are_foretold_and_counted(scored_of):
    scored = scored_of((0, 1, 50), (1, 1, 50), (2, 1, 50), answer=[1, 0, NOT_KNOWN])
    became = what_becomes(scored, {"all": EVERY(3)}, seed=1)["all"]
    assert (became.known, became.actual, became.worked) == (2, 1, 3)
    assert became.expected.value == pytest.approx(1)


def test_the_next_span_is_less_sure_than_a_known_rate():
    """Of 100 leads at a known rate 90 % lie within 16; where the rate is known by 100 leads alone, within 23."""
    foretold = next_count(100)
    assert foretold.high - foretold.low == pytest.approx(2 * 1.645 * np.sqrt(2 * 100), rel=0.03)

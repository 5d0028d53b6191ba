"""Which list is better: right as often as it says, by lead, and with a way out where nothing is proven."""

import numpy as np
import pytest

from leadml.evaluate import Figure
from leadml.evaluate.drawn import Became
from leadml.evaluate.lift import lift_curve
from leadml.evaluate.verdict import compare_lists, rule_on
from leadml.evaluate.volume import swap, take, what_became


def simulated(random, leads, gap):
    """Two scores of the same leads, with 1 to 8 snapshots each: the first sees `gap` more of who becomes ready."""
    of_lead = np.repeat(np.arange(leads), random.integers(1, 9, leads))
    ready = (random.random(leads) < 0.25).astype(float)[of_lead]
    shared = 0.7 * random.normal(size=leads)[of_lead] + 0.3 * random.normal(size=len(of_lead))
    own = [0.7 * random.normal(size=leads)[of_lead] + 0.5 * random.normal(size=len(of_lead)) for _ in range(2)]
    scores = (1 + gap) * ready + shared + own[0], ready + shared + own[1]
    return *scores, Became(ready, of_lead, np.ones(len(of_lead)))


def test_lists_that_are_equally_good_are_hardly_ever_told_apart():
    random = np.random.default_rng(3)
    words = [compare_lists(*simulated(random, 100, 0.0), draws=300, seed=seed).word for seed in range(200)]
    assert words.count("better") <= 12  # 5 are expected; 13 or more come of one in a thousand such tests
    assert words.count("worse") <= 12


def test_snapshots_of_one_lead_are_not_taken_for_many_leads():
    """The same snapshots with their leads forgotten prove far too much: what is prevented here."""
    random = np.random.default_rng(4)
    proven = {"by lead": 0, "by snapshot": 0}
    for seed in range(60):
        first, second, became = simulated(random, 60, 0.0)
        alone = became._replace(leads=np.arange(len(first)))
        proven["by lead"] += compare_lists(first, second, became, draws=200, seed=seed).word != "not_proven"
        proven["by snapshot"] += compare_lists(first, second, alone, draws=200, seed=seed).word != "not_proven"
    assert proven["by lead"] <= 8
    assert proven["by snapshot"] >= 12


def test_each_lead_weighs_the_same_however_many_snapshots_it_has():
    leads, ready = np.array([0, 1, 2, 3, 4]), np.array([1.0, 1.0, 0.0, 0.0, 0.0])
    first, second = np.array([5.0, 1.0, 4.0, 3.0, 2.0]), np.array([3.0, 4.0, 1.0, 5.0, 2.0])
    once = compare_lists(first, second, Became(ready, leads, np.ones(5)), draws=20)
    rows = np.repeat(np.arange(5), [8, 1, 3, 1, 1])
    often = compare_lists(first[rows], second[rows], Became(ready[rows], leads[rows], np.ones(14)), draws=20)
    assert often.gain.value == pytest.approx(once.gain.value)


def test_a_large_gap_is_found_and_turned_round_it_is_worse():
    first, second, became = simulated(np.random.default_rng(5), 400, 1.5)
    assert compare_lists(first, second, became).word == "better"
    assert compare_lists(second, first, became).word == "worse"


def test_a_list_is_not_better_than_itself_and_no_number_of_outcomes_would_tell():
    first, _, became = simulated(np.random.default_rng(6), 100, 0.0)
    ruling = compare_lists(first, 2 * first + 1, became)
    assert (ruling.word, ruling.gain.value, ruling.more_outcomes) == ("not_proven", 0.0, None)


def test_without_both_kinds_of_leads_there_is_nothing_to_rule():
    nobody = Became(np.zeros(4), np.arange(4), np.ones(4))
    assert compare_lists(np.arange(4.0), np.arange(4.0), nobody) is None


def test_more_outcomes_are_asked_for_as_the_gap_is_smaller():
    wide = Figure(0.02, -0.01, 0.05)
    assert rule_on(wide, 400, 900).more_outcomes > rule_on(Figure(0.028, -0.002, 0.058), 400, 900).more_outcomes
    assert rule_on(Figure(0.001, -0.03, 0.032), 400, 900).more_outcomes is None


def test_with_few_leads_of_a_kind_the_interval_is_wider():
    gain = Figure(0.1, 0.005, 0.2)
    assert rule_on(gain, 500, 500).word == "better"
    assert rule_on(gain, 5, 500).word == rule_on(gain, 500, 5).word == "not_proven"


def test_each_week_takes_its_best_leads_and_no_lead_twice():
    ranking = np.array([5.0, 9.0, 7.0, 8.0, 1.0, 6.0])
    weeks, leads = np.array([1, 1, 1, 2, 2, 2]), np.array([0, 1, 2, 1, 3, 2])
    assert take(ranking, weeks, leads, 2).tolist() == [False, True, True, False, True, False]
    assert take(ranking, weeks, leads, 9).sum() == 4


def test_equal_ranks_are_drawn_by_lot_and_not_by_the_order_of_the_file():
    ranking, weeks, leads = np.zeros(1000), np.zeros(1000, np.int64), np.arange(1000)
    places = np.flatnonzero(take(ranking, weeks, leads, 100))
    assert 400 < places.mean() < 600
    assert take(ranking, weeks, leads, 100).tolist() == take(ranking, weeks, leads, 100).tolist()


def test_who_enters_leaves_and_stays():
    first, second = np.array([1, 1, 0, 0], dtype=bool), np.array([0, 1, 1, 0], dtype=bool)
    became = Became(np.array([1.0, 1.0, 0.0, 1.0]), np.arange(4), np.ones(4))
    changed = swap(first, second, became)
    assert (changed.enter, changed.leave, changed.stay) == (1, 1, 1)
    assert (changed.enter_ready, changed.leave_ready, changed.stay_ready) == (1, 0, 1)
    assert changed.gain.value == pytest.approx(0.5)


def test_a_lead_that_both_take_at_different_times_stays():
    first, second = np.array([1, 0], dtype=bool), np.array([0, 1], dtype=bool)
    changed = swap(first, second, Became(np.array([1.0, 0.0]), np.array([7, 7]), np.ones(2)))
    assert (changed.enter, changed.leave, changed.stay) == (0, 0, 1)


def test_leads_drawn_by_lot_stand_for_those_that_no_list_would_have_called():
    ready, weights = np.array([1.0, 1.0, 0.0, 0.0]), np.array([1.0, 1.0, 5.0, 0.0])
    taken = what_became(np.ones(4, dtype=bool), Became(ready, np.arange(4), weights))
    assert (taken.leads, taken.ready) == (4, 2)
    assert taken.precision.value == pytest.approx(2 / 7)


def test_the_curve_ends_with_all_and_chance_is_the_diagonal():
    points = lift_curve(np.tile([1.0, 0.0], 50), np.zeros(100), np.repeat([0, 1], 50), np.ones(100))
    assert [point.found for point in points] == pytest.approx([point.share for point in points])
    assert points[-1].found == 1.0

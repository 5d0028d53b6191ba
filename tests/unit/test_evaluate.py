"""How good a score is, on lists that one can count by hand."""

import dataclasses

import numpy as np
import pytest

from leadml.errors import LeadmlError
from leadml.evaluate import MEAN_OF_AGES, Scores, auc, brier, judge, lift_at

READY = [1, 1, 0, 1, 0, 0, 0, 0, 0, 0]
RANKING = range(10, 0, -1)


def test_auc_counts_the_pairs_in_which_the_ready_lead_stands_above():
    # 21 pairs of a ready lead and another; only the fourth stands below one that is not ready.
    assert auc(READY, RANKING) == pytest.approx(20 / 21)
    assert auc(READY, [-rank for rank in RANKING]) == pytest.approx(1 / 21)


def test_a_ranking_without_any_difference_is_no_better_than_chance():
    assert auc(READY, [5] * 10) == 0.5
    assert lift_at(READY, [5] * 10, top_share=0.1) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("top_share", "lift"),
    [(0.1, 1 / 0.3), (0.2, 1 / 0.3), (0.3, (2 / 3) / 0.3), (0.4, (3 / 4) / 0.3), (1.0, 1.0)],
)
def test_lift_is_how_much_richer_the_top_of_the_list_is(top_share, lift):
    assert lift_at(READY, RANKING, top_share=top_share) == pytest.approx(lift)


def test_half_of_a_lead_at_the_cut_counts_half():
    # A quarter of ten leads is two and a half: two ready ones, and half of one that is not.
    assert lift_at(READY, RANKING, top_share=0.25) == pytest.approx((2 / 2.5) / 0.3)


def test_leads_that_tie_at_the_cut_count_by_their_share():
    # Four tie at the top, two of them ready; each has an equal claim to the first place.
    assert lift_at([1, 1, 0, 0, 0, 0, 0, 0, 1, 0], [9, 9, 9, 9, 1, 1, 1, 1, 1, 1]) == pytest.approx(0.5 / 0.3)


def test_brier_is_the_mean_squared_distance():
    assert brier([1, 0, 1, 0], [1.0, 0.0, 0.5, 0.5]) == 0.125
    assert brier([1, 0], [0.5, 0.0], weights=[3, 1]) == pytest.approx(3 / 16)


def test_a_snapshot_of_weight_two_is_two_snapshots():
    ready, ranking = [1, 0, 0, 1, 0], [3, 3, 2, 1, 0]
    twice = ([1, 0, 0, 0, 1, 0], [3, 3, 3, 2, 1, 0])
    weights = [1, 2, 1, 1, 1]
    assert auc(ready, ranking, weights) == pytest.approx(auc(*twice))
    assert lift_at(ready, ranking, top_share=0.5, weights=weights) == pytest.approx(lift_at(*twice, top_share=0.5))


@pytest.mark.parametrize("measure", [auc, lift_at])
@pytest.mark.parametrize("ready", [[0, 0, 0], [1, 1, 1]])
def test_where_all_leads_are_of_one_kind_there_is_nothing_to_compare(measure, ready):
    with pytest.raises(LeadmlError) as caught:
        measure(ready, [1, 2, 3])
    assert caught.value.code == "nothing_to_compare"


@pytest.fixture(scope="module")
def leads_once(training_set_of):
    random = np.random.default_rng(1)
    return training_set_of(leads=range(120), ready=random.random(120) < 0.4)


def scores_of(test, *, noise, seed=2):
    """Scores that see the answer through noise; snapshots of one lead see the same."""
    random = np.random.default_rng(seed)
    seen = random.normal(size=1000)[test.snapshots.leads] * noise + test.ready
    return Scores(seen, 1 / (1 + np.exp(-seen)))


def verdicts_of(test, *scores, draws=300):
    return {(verdict.age, verdict.metric): verdict for verdict in judge(test, *scores, draws=draws, seed=5)}


def test_leads_are_drawn_never_snapshots(leads_once):
    """Asking a lead ten times is no more evidence than asking once: the interval stays as wide."""
    tenfold = leads_once.rows(np.repeat(np.arange(120), 10))
    once = verdicts_of(leads_once, scores_of(leads_once, noise=1), scores_of(leads_once, noise=3, seed=4))
    ten = verdicts_of(tenfold, scores_of(tenfold, noise=1), scores_of(tenfold, noise=3, seed=4))
    apart = dataclasses.replace(
        tenfold, snapshots=dataclasses.replace(tenfold.snapshots, leads=np.arange(1200))
    )  # the same snapshots, as if each were a lead of its own
    by_snapshot = verdicts_of(apart, scores_of(tenfold, noise=1), scores_of(tenfold, noise=3, seed=4))
    for metric in ("auc", "brier"):
        widths = [v["at once", metric].gain.high - v["at once", metric].gain.low for v in (once, ten, by_snapshot)]
        assert widths[1] == pytest.approx(widths[0])
        assert widths[2] < 0.5 * widths[1]
        assert ten["at once", metric].gain.value == pytest.approx(once["at once", metric].gain.value)


def test_the_gain_is_of_the_first_and_positive_where_it_is_better(leads_once):
    good, bad = scores_of(leads_once, noise=0.5), scores_of(leads_once, noise=9, seed=4)
    for metric in ("auc", "lift", "brier"):
        verdict = verdicts_of(leads_once, good, bad)["at once", metric]
        sign = -1 if metric == "brier" else 1
        assert verdict.gain.value == pytest.approx(sign * (verdict.first.value - verdict.second.value))
        assert verdict.gain.low <= verdict.gain.value <= verdict.gain.high
        assert verdict.proven
        assert verdict.gain.value > 0
        reversed_gain = verdicts_of(leads_once, bad, good)["at once", metric].gain
        assert (reversed_gain.low, reversed_gain.high) == pytest.approx((-verdict.gain.high, -verdict.gain.low))


def test_two_contestants_that_say_the_same_are_equal(leads_once):
    same = scores_of(leads_once, noise=1)
    for verdict in judge(leads_once, same, same, draws=50):
        assert (verdict.gain.value, verdict.gain.low, verdict.gain.high, verdict.proven) == (0, 0, 0, False)


def test_figures_are_given_for_each_age_and_as_their_mean_never_pooled(training_set_of):
    # Within each age the order is perfect; pooled it would not be, for the later age scores lower.
    test = training_set_of(
        leads=[0, 1, 2, 3, 0, 1, 2, 3], ready=[1, 0, 1, 0, 1, 0, 1, 0], ages=[0, 0, 0, 0, 1, 1, 1, 1]
    )
    ranking = np.array([9.0, 8, 9, 8, 2, 1, 2, 1])
    scores = Scores(ranking, ranking / 10)
    assert auc(test.ready, ranking) < 1
    verdicts = verdicts_of(test, scores, scores, draws=20)
    assert {age for age, _ in verdicts} == {"at once", "a day later", MEAN_OF_AGES}
    assert [verdicts[age, "auc"].first.value for age in ("at once", "a day later", MEAN_OF_AGES)] == [1, 1, 1]


def test_an_age_with_leads_of_one_kind_is_left_out(training_set_of):
    test = training_set_of(leads=[0, 1, 2, 3, 0, 1], ready=[1, 0, 1, 0, 0, 0], ages=[0, 0, 0, 0, 1, 1])
    scores = Scores(np.arange(6.0), np.linspace(0.1, 0.9, 6))
    assert {age for age, _ in verdicts_of(test, scores, scores, draws=20)} == {"at once"}


def test_draws_that_hold_leads_of_one_kind_say_nothing(training_set_of):
    # Of three leads one is ready: three draws in ten hold no ready lead at all.
    test = training_set_of(leads=[0, 1, 2], ready=[1, 0, 0])
    scores = Scores(np.array([2.0, 3.0, 1.0]), np.array([0.5, 0.6, 0.1]))
    figure = verdicts_of(test, scores, scores)["at once", "auc"].first
    assert (figure.value, figure.low, figure.high) == (0.5, 0.0, 1.0)


def test_a_test_without_any_ready_lead_is_refused(training_set_of):
    scores = Scores(np.arange(3.0), np.arange(3) / 3)
    with pytest.raises(LeadmlError) as caught:
        judge(training_set_of(leads=[0, 1, 2], ready=[0, 0, 0]), scores, scores)
    assert caught.value.code == "nothing_to_compare"

"""Contestants on identical snapshots: by age, by period, within a day, with intervals by lead."""

import dataclasses

import numpy as np
import pytest

from leadml.clock import DAY
from leadml.errors import LeadmlError
from leadml.evaluate import MEAN_OF_AGES, METRICS, WITHIN_DAY, Measures, Scores, auc, calibration_slope, judge


@pytest.fixture(scope="module")
def leads_once(training_set_of):
    random = np.random.default_rng(1)
    return training_set_of(leads=range(120), ready=random.random(120) < 0.4)


def scores_of(test, *, noise, seed=2):
    """Scores that see the answer through noise; snapshots of one lead see the same."""
    random = np.random.default_rng(seed)
    seen = random.normal(size=1000)[test.snapshots.leads] * noise + test.ready
    return Scores(seen, 1 / (1 + np.exp(-seen)))


def judged(test, *scores, draws=300, **settings):
    contestants = dict(zip(("ours", "theirs", "others"), scores, strict=False))
    return judge(test, contestants, first="ours", measures=Measures(draws=draws, seed=5), **settings)


def verdicts_of(test, *scores, draws=300):
    return {(verdict.age, verdict.metric): verdict for verdict in judged(test, *scores, draws=draws)}


def ages_of(verdicts):
    return {age for age, _ in verdicts} - {WITHIN_DAY}


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
    for metric in ("auc", "average_precision", "lift", "precision", "brier", "log_loss"):
        verdict = verdicts_of(leads_once, good, bad)["at once", metric]
        sign = -1 if metric in ("brier", "log_loss") else 1
        assert verdict.gain.value == pytest.approx(sign * (verdict.first.value - verdict.second.value))
        assert verdict.gain.low <= verdict.gain.value <= verdict.gain.high
        assert verdict.proven
        assert verdict.gain.value > 0
        reversed_gain = verdicts_of(leads_once, bad, good)["at once", metric].gain
        assert (reversed_gain.low, reversed_gain.high) == pytest.approx((-verdict.gain.high, -verdict.gain.low))


def test_two_contestants_that_say_the_same_are_equal(leads_once):
    same = scores_of(leads_once, noise=1)
    for verdict in judged(leads_once, same, same, draws=50):
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
    assert ages_of(verdicts) == {"at once", "a day later", MEAN_OF_AGES}
    assert [verdicts[age, "auc"].first.value for age in ("at once", "a day later", MEAN_OF_AGES)] == [1, 1, 1]


def test_an_age_with_leads_of_one_kind_is_left_out(training_set_of):
    test = training_set_of(leads=[0, 1, 2, 3, 0, 1], ready=[1, 0, 1, 0, 0, 0], ages=[0, 0, 0, 0, 1, 1])
    scores = Scores(np.arange(6.0), np.linspace(0.1, 0.9, 6))
    assert ages_of(verdicts_of(test, scores, scores, draws=20)) == {"at once"}


def test_draws_that_hold_leads_of_one_kind_say_nothing(training_set_of):
    # Of three leads one is ready: three draws in ten hold no ready lead at all.
    test = training_set_of(leads=[0, 1, 2], ready=[1, 0, 0])
    scores = Scores(np.array([2.0, 3.0, 1.0]), np.array([0.5, 0.6, 0.1]))
    figure = verdicts_of(test, scores, scores)["at once", "auc"].first
    assert (figure.value, figure.low, figure.high) == (0.5, 0.0, 1.0)


def test_a_test_without_any_ready_lead_is_refused(training_set_of):
    scores = Scores(np.arange(3.0), np.arange(3) / 3)
    with pytest.raises(LeadmlError) as caught:
        judged(training_set_of(leads=[0, 1, 2], ready=[0, 0, 0]), scores, scores)
    assert caught.value.code == "nothing_to_compare"


def honest(test, *, slope, seed=8):
    """Scores whose log-odds lie `slope` times as far apart as they should."""
    random = np.random.default_rng(seed)
    margin = random.normal(-0.5, 1.2, len(test))
    ready = (random.random(len(test)) < 1 / (1 + np.exp(-margin))).astype(float)
    return dataclasses.replace(test, ready=ready), Scores(margin * slope, 1 / (1 + np.exp(-margin * slope)))


def test_a_slope_gains_by_coming_nearer_to_one_from_either_side(training_set_of):
    test = training_set_of(leads=range(800), ready=[0] * 800)
    test, good = honest(test, slope=1.0)
    _, wild = honest(test, slope=3.0)
    _, timid = honest(test, slope=0.3)
    (verdict,) = [said for said in judged(test, good, wild, timid) if said.metric == "calibration_slope"]
    assert verdict.figures["theirs"].value == pytest.approx(calibration_slope(test.ready, wild.probability))
    assert verdict.figures["theirs"].value < 1 < verdict.figures["others"].value
    assert verdict.gain_over("theirs").low > 0
    assert verdict.gain_over("others").low > 0
    assert verdict.figure_of("ours").low < 1 < verdict.figure_of("ours").high


def test_who_has_no_slope_has_none_and_all_else(leads_once):
    flat = Scores(np.zeros(120), np.full(120, 0.4))
    verdicts = verdicts_of(leads_once, scores_of(leads_once, noise=1), flat, draws=50)
    slope = verdicts["at once", "calibration_slope"]
    assert slope.figures["ours"] is not None
    assert (slope.figures["theirs"], slope.gains["theirs"]) == (None, None)
    with pytest.raises(ValueError, match="no such figure"):
        _ = slope.second
    assert all(verdicts["at once", metric].second for metric in METRICS if metric != "calibration_slope")


def test_every_contestant_is_measured_under_the_same_draws(leads_once):
    """Paired: two that say nearly the same differ by far less than each of them varies."""
    one = scores_of(leads_once, noise=1)
    nearly = Scores(one.ranking + 0.02 * np.random.default_rng(3).normal(size=120), one.probability)
    verdict = verdicts_of(leads_once, one, nearly, scores_of(leads_once, noise=4, seed=9))["at once", "auc"]
    assert verdict.gain.high - verdict.gain.low < 0.2 * (verdict.first.high - verdict.first.low)
    assert list(verdict.figures) == ["ours", "theirs", "others"]
    alone = verdicts_of(leads_once, one, scores_of(leads_once, noise=4, seed=9))["at once", "auc"]
    assert verdict.gains["others"] == alone.gains["theirs"]


def test_whoever_is_named_first_stands_first_wherever_it_was_given(leads_once):
    contestants = {"rules": scores_of(leads_once, noise=9), "readiness": scores_of(leads_once, noise=1)}
    verdict = judge(leads_once, contestants, first="readiness", measures=Measures(draws=20))[0]
    assert list(verdict.figures) == ["readiness", "rules"]
    assert verdict.gain.value == pytest.approx(verdict.first.value - verdict.second.value)


def test_at_each_age_a_lead_weighs_the_same_however_often_it_was_scored(training_set_of):
    # The ready lead 0 was scored three times at the same age, lowest of all; leads are three against one.
    test = training_set_of(leads=[0, 0, 0, 1, 2, 3], ready=[1, 1, 1, 1, 0, 0])
    ranking = np.array([0.0, 0, 0, 3, 2, 1])
    scores = Scores(ranking, np.linspace(0.1, 0.6, 6))
    assert verdicts_of(test, scores, scores, draws=20)["at once", "auc"].first.value == 0.5
    assert auc(test.ready, ranking) == 0.25


def test_each_period_has_verdicts_of_its_own_and_the_whole_is_not_their_pool(leads_once):
    """In one period the order is perfect, in the other it is wrong throughout."""
    period_of = (np.arange(120) >= 60).astype(np.int64)
    ranking = np.where(period_of == 0, leads_once.ready, -leads_once.ready)
    scores = Scores(ranking, np.full(120, 0.4))
    verdicts = judged(leads_once, scores, scores, draws=20, period_of=period_of)
    by_period = {said.period: said.first.value for said in verdicts if said.metric == "auc"}
    assert (by_period[1], by_period[2]) == (1.0, 0.0)
    assert set(by_period) == {None, 1, 2}
    assert {said.age for said in verdicts} <= {"at once", WITHIN_DAY}


def test_within_a_scoring_day_only_leads_of_one_day_are_compared(training_set_of):
    # Two leads a day; the ready one is always above, but later days have lower scores throughout.
    test = training_set_of(leads=range(40), ready=[1, 0] * 20, created_on=np.arange(40) // 2)
    ranking = np.tile([0.5, 0.0], 20) - np.arange(40) // 2
    scores = Scores(ranking, np.full(40, 0.4))
    verdicts = verdicts_of(test, scores, scores, draws=50)
    assert (test.snapshots.as_of // DAY).tolist() == (np.arange(40) // 2).tolist()
    assert verdicts[WITHIN_DAY, "auc"].first.value == 1.0
    assert verdicts["at once", "auc"].first.value < 0.6
    assert [metric for age, metric in verdicts if age == WITHIN_DAY] == ["auc"]


def test_models_of_different_periods_are_not_compared_on_the_day_they_share(training_set_of):
    test = training_set_of(leads=range(4), ready=[1, 0, 1, 0], created_on=[0, 0, 0, 0])
    scores = Scores(np.array([9.0, 8.0, 2.0, 1.0]), np.full(4, 0.4))  # the second model gives lower scores
    apart = judged(test, scores, scores, draws=20, period_of=np.array([0, 0, 1, 1]))
    together = judged(test, scores, scores, draws=20)
    assert [said.first.value for said in apart if said.age == WITHIN_DAY] == [1.0]
    assert [said.first.value for said in together if said.age == WITHIN_DAY] == [0.75]


def test_the_top_of_the_list_is_as_large_as_asked(leads_once):
    scores = scores_of(leads_once, noise=0.01)
    for share in (0.1, 0.4):
        measures = Measures(draws=20, top_share=share)
        said = judge(leads_once, {"ours": scores, "theirs": scores}, first="ours", measures=measures)
        (lift,) = [verdict.first.value for verdict in said if verdict.metric == "lift"]
        assert lift == pytest.approx(min(1 / leads_once.ready.mean(), 1 / share))

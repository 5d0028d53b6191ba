"""Segments are judged by themselves, and counted where there is too little to judge."""

import numpy as np
import pytest

from leadml.evaluate import Measures, Scores, auc, by_segment
from leadml.evaluate.segments import members

MEASURES = Measures(draws=30)


@pytest.fixture(scope="module")
def test_of_two(training_set_of):
    """120 leads of one source, ranked well, and 100 of another, ranked at random."""
    ready = np.array([1, 0] * 110)
    return training_set_of(leads=range(220), ready=ready, created_on=range(220))


def scores_of(test):
    random = np.random.default_rng(3)
    ranking = np.where(np.arange(220) < 120, test.ready * 2 + random.normal(size=220), random.normal(size=220))
    return Scores(ranking, 1 / (1 + np.exp(-ranking)))


def segments_of(test, names, **scores):
    said = scores or {"ours": scores_of(test), "theirs": scores_of(test)}
    return by_segment(test, said, {"source": names}, first="ours", measures=MEASURES)


def test_each_segment_has_the_figures_of_its_own_leads(test_of_two):
    web, event = segments_of(test_of_two, ["web"] * 120 + ["event"] * 100)
    assert [(segment.name, segment.leads, segment.ready) for segment in (web, event)] == [
        ("web", 120, 60),
        ("event", 100, 50),
    ]
    scores = scores_of(test_of_two)
    for segment, rows in ((web, np.arange(120)), (event, np.arange(120, 220))):
        verdict = {said.metric: said for said in segment.verdicts}["auc"]
        assert verdict.first.value == pytest.approx(auc(test_of_two.ready[rows], scores.ranking[rows]))
        assert verdict.gain.value == 0
    assert {said.metric for said in web.verdicts} == {"auc", "lift", "brier", "log_loss"}


def test_fewer_than_50_outcomes_are_counted_and_not_judged(test_of_two):
    large, small = segments_of(test_of_two, ["web"] * 122 + ["event"] * 98)
    assert (large.not_shown, small.not_shown) == (None, "fewer_than_50_ready")
    assert (small.leads, small.snapshots, small.ready, small.verdicts) == (98, 98, 49, ())


def test_outcomes_are_of_leads_not_of_snapshots(training_set_of):
    leads = np.repeat(np.arange(40), 5)
    test = training_set_of(leads=leads, ready=np.repeat([1, 0] * 20, 5))
    scores = Scores(np.arange(200.0), np.full(200, 0.5))
    (segment,) = by_segment(test, {"ours": scores}, {"source": ["web"] * 200}, first="ours", measures=MEASURES)
    assert (segment.ready, segment.not_shown) == (20, "fewer_than_50_ready")


def test_a_segment_of_which_all_became_ready_says_why_it_is_not_shown(training_set_of):
    test = training_set_of(leads=range(120), ready=[1] * 60 + [0] * 60)
    scores = Scores(np.arange(120.0), np.full(120, 0.5))
    names = ["new"] * 60 + ["old"] * 60
    all_ready, none_ready = by_segment(test, {"ours": scores}, {"type": names}, first="ours", measures=MEASURES)
    assert (all_ready.not_shown, none_ready.not_shown) == ("one_kind", "fewer_than_50_ready")


def test_the_largest_group_comes_first_and_those_not_known_are_one():
    groups = [(name, rows.tolist()) for name, rows in members(["b", None, "a", None, "a", "c"])]
    assert groups == [(None, [1, 3]), ("a", [2, 4]), ("b", [0]), ("c", [5])]

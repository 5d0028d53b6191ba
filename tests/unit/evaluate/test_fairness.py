"""Groups side by side: who is handed over, how often rightly, and with how true a chance."""

import dataclasses

import numpy as np
import pytest

from leadml.evaluate import Measures, in_top_share, treatment

MEASURES = Measures(draws=200)


@pytest.fixture(scope="module")
def groups_of(training_set_of):
    """60 leads from Japan, 60 from Germany, 30 of whom it is not known; one lead in two became ready."""

    def make(handed_over, probability):
        test = training_set_of(leads=range(150), ready=[1, 0] * 75)
        names = ["JP"] * 60 + ["DE"] * 60 + [None] * 30
        return treatment(test, probability, handed_over, {"country": names}, measures=MEASURES)

    return make


def test_each_group_has_its_share_its_precision_and_its_calibration(groups_of):
    handed_over = np.zeros(150, dtype=bool)
    handed_over[[0, 1, 2, 4]] = True  # of Japan four, three of them ready
    handed_over[60:90] = True  # of Germany half, half of them ready
    germany, japan, _ = groups_of(handed_over, np.where(np.arange(150) < 60, 0.4, 0.6))
    assert (germany.name, japan.name) == ("DE", "JP")
    assert (japan.leads, japan.snapshots, japan.ready) == (60, 60, 30)
    assert japan.handed_over.value == pytest.approx(4 / 60)
    assert japan.precision.value == pytest.approx(3 / 4)
    assert japan.said_to_happened.value == pytest.approx(0.4 / 0.5)
    assert germany.handed_over.value == pytest.approx(0.5)
    assert germany.precision.value == pytest.approx(0.5)
    assert germany.said_to_happened.value == pytest.approx(0.6 / 0.5)
    for figure in (germany.handed_over, germany.precision, germany.said_to_happened):
        assert figure.low < figure.value < figure.high


def test_a_small_group_is_counted_and_not_judged(groups_of):
    (small,) = [group for group in groups_of(np.ones(150, bool), np.full(150, 0.5)) if group.name is None]
    assert (small.leads, small.ready, small.not_shown) == (30, 15, "fewer_than_50_leads")
    assert (small.handed_over, small.precision, small.said_to_happened) == (None, None, None)


def test_where_nobody_is_handed_over_there_is_no_precision(groups_of):
    (japan,) = [group for group in groups_of(np.zeros(150, bool), np.full(150, 0.5)) if group.name == "JP"]
    assert (japan.handed_over.value, japan.precision) == (0, None)


def test_leads_are_drawn_not_snapshots(training_set_of):
    """Sixty leads scored ten times are as sure as sixty leads scored once."""
    once = training_set_of(leads=range(60), ready=[1, 0] * 30)
    often = once.rows(np.repeat(np.arange(60), 10))
    apart = dataclasses.replace(often, snapshots=dataclasses.replace(often.snapshots, leads=np.arange(600)))
    handed = np.arange(60) < 20

    def width(test, marks):
        (group,) = treatment(test, np.full(len(test), 0.5), marks, {"country": ["JP"] * len(test)}, measures=MEASURES)
        return group.handed_over.high - group.handed_over.low

    assert width(often, np.repeat(handed, 10)) == pytest.approx(width(once, handed))
    assert width(apart, np.repeat(handed, 10)) < 0.5 * width(once, handed)


def test_ages_weigh_the_same(training_set_of):
    # At once 100 leads, all handed over; a day later 50, none of them.
    leads, ages = [*range(100), *range(50)], [0] * 100 + [1] * 50
    test = training_set_of(leads=leads, ready=[1, 0] * 75, ages=ages)
    (group,) = treatment(test, np.full(150, 0.5), np.array(ages) == 0, {"country": ["JP"] * 150}, measures=MEASURES)
    assert group.handed_over.value == pytest.approx(0.5)


def test_the_top_share_is_taken_at_each_age():
    ranking, ages = np.array([9.0, 8, 7, 6, 1, 2, 3, 4]), np.array([0, 0, 0, 0, 1, 1, 1, 1])
    assert np.flatnonzero(in_top_share(ranking, ages, 0.25)).tolist() == [0, 7]
    assert in_top_share(ranking, ages, 1.0).all()

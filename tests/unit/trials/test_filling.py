"""Spans drawn again: how surely a capacity is used, how many are handed over, and how many of these become ready."""

import numpy as np
import pytest

from leadml.agreement.business_calendar import BusinessCalendar
from leadml.trials.expected import next_count
from leadml.trials.filling import draw_spans
from leadml.trials.level import Level
from leadml.trials.queue import Arrivals

ALWAYS = BusinessCalendar(None)
DAYS = (20_454, 20_454 + 56)


def came(number, stays=90):
    on = DAYS[0] + np.arange(number) % 56
    return Arrivals(on, np.zeros(number), on + stays)


def spans_of(arrivals, a_day=1.0):
    return draw_spans(arrivals, a_day, ALWAYS, days=DAYS, seed=1)


def used(arrivals, a_day=1.0):
    return spans_of(arrivals, a_day).surely_used


def steady(number):
    """Give a level that is known and stays."""
    return Level(np.zeros(number), np.zeros(number), np.zeros(number, np.int64), np.zeros(number, np.int64))


def test_just_as_many_as_are_needed_are_not_surely_enough():
    assert used(came(56)) < 0.85
    assert used(came(112)) > 0.95


def test_the_more_come_the_more_is_used():
    told = [used(came(number)) for number in (20, 40, 60, 80, 120)]
    assert told == sorted(told)


def test_leads_that_stay_longer_fill_more():
    assert used(came(70, stays=1)) < used(came(70, stays=60))


@pytest.mark.parametrize("number", [0, 1])
def test_of_hardly_any_lead_nothing_is_sure(number):
    assert used(came(number)) == 0.0


def test_hand_overs_are_as_unsure_as_the_queue():
    """The low end is what is surely used, and the capacity is never exceeded by more than a part of a lead."""
    spans = spans_of(came(80))
    told = spans.hand_overs()
    assert told.low == pytest.approx(spans.surely_used * spans.capacity)
    assert told.low < told.value < told.high <= spans.capacity
    assert spans_of(came(300)).hand_overs().low == 56


def test_where_none_waits_the_number_is_as_unsure_as_that_of_leads_that_come():
    told, foretold = spans_of(came(200), None).hand_overs(), next_count(200)
    assert told.value == pytest.approx(200, rel=0.03)
    assert told.high - told.low == pytest.approx(foretold.high - foretold.low, rel=0.25)


def test_those_that_become_ready_are_of_those_that_are_handed_over():
    """Chances of nearly one: as many become ready as are handed over, with and without a queue."""
    margin = np.full(200, 20.0)
    for a_day in (1.0, None):
        spans = spans_of(came(200), a_day)
        ready, handed = spans.ready(margin, steady(200), seed=1), spans.hand_overs()
        assert (ready.value, ready.low, ready.high) == pytest.approx((handed.value, handed.low, handed.high))


def test_the_best_are_handed_over_first():
    """Of leads with even chances and such with none, a short capacity takes the former."""
    arrivals = came(224)._replace(points=np.tile([1.0, 0.0], 112))
    margin = np.tile([0.0, -20.0], 112)
    ready = spans_of(arrivals).ready(margin, steady(224), seed=1)
    assert ready.value > 0.45 * 56


def test_luck_of_numbers_is_inside_the_interval_of_those_that_become_ready():
    """Of 200 leads with even chances 100 become ready: a count at a rate that 200 leads tell, and not of 200 alone."""
    ready = spans_of(came(200), None).ready(np.zeros(200), steady(200), seed=1)
    binomial = 2 * 1.645 * np.sqrt(200 / 4)
    poisson_around_gamma = 2 * 1.645 * np.sqrt(100 + 200 * 0.25)
    assert ready.value == pytest.approx(100, rel=0.03)
    assert ready.high - ready.low > 1.4 * binomial
    assert ready.high - ready.low == pytest.approx(poisson_around_gamma, rel=0.2)


def test_an_unsure_level_widens_it():
    unsure = Level(np.zeros(200), np.full(200, 0.5), np.zeros(200, np.int64), np.full(200, 6))
    spans = spans_of(came(200), None)
    sure, wide = (spans.ready(np.zeros(200), level, seed=1) for level in (steady(200), unsure))
    assert wide.high - wide.low > 1.2 * (sure.high - sure.low)

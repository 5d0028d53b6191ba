"""How surely a capacity is used."""

import numpy as np
import pytest

from leadml.agreement.business_calendar import BusinessCalendar
from leadml.trials.filling import surely_used
from leadml.trials.queue import Arrivals

ALWAYS = BusinessCalendar(None)
DAYS = (20_454, 20_454 + 56)


def came(number, stays=90):
    on = DAYS[0] + np.arange(number) % 56
    return Arrivals(on, np.zeros(number), on + stays)


def used(arrivals, a_day=1.0):
    return surely_used(arrivals, a_day, ALWAYS, days=DAYS, seed=1)


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

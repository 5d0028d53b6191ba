"""Days over capacity and the queue, each case worked out by hand. 1 January 2026 is a Thursday."""

import numpy as np
import pytest

from leadml.agreement.business_calendar import BusinessCalendar
from leadml.specs.calendar_spec import CalendarSpec
from leadml.trials.queue import Arrivals, work_off

THURSDAY = 20_454
NEVER = 1 << 40
GERMANY = BusinessCalendar(CalendarSpec.model_validate({"time_zone": "Europe/Berlin", "holidays": {"country": "DE"}}))


def worked_off(came_on, points, a_day, *, leaves_on=None, days=14, calendar=GERMANY):
    came_on = np.array(came_on, dtype=np.int64) + THURSDAY
    leaves = np.full(len(came_on), NEVER) if leaves_on is None else np.array(leaves_on) + THURSDAY
    arrivals = Arrivals(came_on, np.array(points, dtype=float), leaves)
    return work_off(arrivals, a_day, calendar, days=(THURSDAY, THURSDAY + days))


def days(numbers):
    return [number - THURSDAY if number >= 0 else None for number in np.asarray(numbers).tolist()]


def test_what_comes_on_a_holiday_or_a_weekend_counts_on_the_next_working_day():
    """New Year is a Thursday; Friday the 2nd is open; Saturday and Sunday count on Monday the 5th."""
    queue = worked_off([0, 1, 2, 3, 4], [1, 1, 1, 1, 1], 2)
    assert days(queue.counts_on) == [1, 1, 4, 4, 4]
    assert days(queue.over_days) == [4]  # three on Monday; the two of Friday are just what can be taken


def test_working_days_are_those_of_the_calendar():
    """1 to 14 January: ten weekdays less New Year; Epiphany is no holiday in all of Germany."""
    assert days(worked_off([1], [1], 2).working_days) == [1, 4, 5, 6, 7, 8, 11, 12, 13]


def test_the_best_go_first_and_the_rest_waits():
    queue = worked_off([4, 4, 4, 5], [30, 50, 40, 45], 1)
    assert days(queue.handed_on) == [7, 4, 6, 5]  # 50 on Monday, 45 comes on Tuesday and passes 40 and 30
    assert sorted(queue.waited.tolist()) == [2, 3]


def test_of_equal_scores_who_came_first_goes_first():
    assert days(worked_off([5, 4, 4], [40, 40, 40], 1).handed_on) == [6, 4, 5]


def test_what_a_day_leaves_over_may_be_used_in_its_week_and_not_after():
    """Two a day: nobody comes on Monday to Wednesday, so eight may go on Thursday; on Monday again only two."""
    in_week = worked_off([7] * 9, [1] * 9, 2)
    assert days(in_week.handed_on).count(7) == 8
    assert days(in_week.handed_on).count(8) == 1
    after = worked_off([11] * 9, [1] * 9, 2)
    assert days(after.handed_on).count(11) == 2


def test_a_part_of_a_lead_is_carried_over_the_weekend():
    """Half a lead a day: two and a half a week are five in two weeks."""
    queue = worked_off([4] * 9, [1] * 9, 0.5)
    assert sum(day is not None for day in days(queue.handed_on)) == 4  # of 9 working days, counted from the 2nd


def test_who_left_meanwhile_is_not_handed_over():
    queue = worked_off([4, 4, 4], [50, 40, 30], 1, leaves_on=[99, 5, 99])
    assert days(queue.handed_on) == [4, None, 5]


def test_without_a_calendar_every_day_is_a_working_day():
    queue = worked_off([0, 0, 2], [1, 2, 3], 1, calendar=BusinessCalendar(None))
    assert days(queue.handed_on) == [1, 0, 2]
    assert days(queue.over_days) == [0]


@pytest.mark.parametrize("a_day", [0.4, 1, 2.5])
def test_never_more_than_the_capacity_of_a_week(a_day):
    random = np.random.default_rng(1)
    queue = worked_off(random.integers(0, 60, 400), random.integers(0, 100, 400), a_day, days=70)
    handed = queue.handed_on[queue.handed_on >= 0]
    weeks = np.bincount((handed + 3) // 7 - THURSDAY // 7)
    assert weeks.max() <= np.ceil(5 * a_day)
    assert (queue.handed_on[queue.handed_on >= 0] >= queue.counts_on[queue.handed_on >= 0]).all()

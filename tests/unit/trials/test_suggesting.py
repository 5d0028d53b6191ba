"""Thresholds from what sales can take or give back, and why there are none."""

from dataclasses import replace

import numpy as np
import pytest

from leadml.agreement.business_calendar import BusinessCalendar
from leadml.agreement.thresholds import FEWEST_LEADS
from leadml.errors import LeadmlError
from leadml.trials.filling import draw_spans
from leadml.trials.placing import place_history
from leadml.trials.returns import Returns
from leadml.trials.side import arrivals_of
from leadml.trials.suggesting import USED_AT_LEAST, Wanted, suggest_thresholds
from leadml.trials.thresholds import with_threshold

NO_RETURNS = Returns(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))


@pytest.fixture
def past(scored_of):
    """Ten leads a working day for eight weeks, with scores from 0 to 99 in turn."""
    weekdays = [day for day in range(56) if (day + 3) % 7 < 5]
    rows = [
        (place * 10 + number, day, (37 * (place * 10 + number)) % 100)
        for place, day in enumerate(weekdays)
        for number in range(10)
    ]
    return scored_of(*rows, weeks=8)


@pytest.fixture
def agreement(agreed):
    return agreed(calendar={"time_zone": "UTC"})


def returned(size=200):
    points = np.arange(size) % 100
    return Returns(np.arange(size), points, (np.arange(size) % 7 > points / 18).astype(float))


def surely(past, agreement, threshold):
    """Tell how much of two leads a day is used in nineteen of twenty spans, if the hand-over begins there."""
    changed = with_threshold(agreement, threshold)
    arrivals = arrivals_of(past, place_history(past, changed), changed)
    spans = draw_spans(arrivals, 2.0, BusinessCalendar(changed.calendar), days=(20_454, 20_454 + 56), seed=1)
    return spans.surely_used


def test_the_threshold_is_the_highest_at_which_the_capacity_is_surely_used(past, agreement):
    suggestion = suggest_thresholds(past, agreement, Wanted(2.0, None), NO_RETURNS, seed=1)
    assert surely(past, agreement, suggestion.threshold) >= USED_AT_LEAST
    assert surely(past, agreement, suggestion.threshold + 1) < USED_AT_LEAST
    assert suggestion.capacity_a_week == 10
    handed = suggestion.hand_overs_a_week
    assert USED_AT_LEAST * 10 <= handed.low < handed.value <= handed.high <= 10
    assert handed.low == pytest.approx(10 * surely(past, agreement, suggestion.threshold))
    assert suggestion.decided_by == "capacity"
    assert (suggestion.leads, suggestion.snapshots, suggestion.working_days) == (400, 400, 40)


def test_a_larger_capacity_has_no_higher_threshold(past, agreement):
    found = [suggest_thresholds(past, agreement, Wanted(a_day, None), NO_RETURNS, seed=1) for a_day in (1, 2, 4, 7)]
    thresholds = [suggestion.threshold for suggestion in found]
    assert thresholds == sorted(set(thresholds), reverse=True)


def test_what_happens_after_the_span_changes_nothing(past, agreement, scored_of):
    """A planted future: leads beyond the span, all of them ready."""
    rows = list(
        zip(past.leads.tolist(), ((past.as_of // 86_400_000_000) - 20_454).tolist(), past.points.tolist(), strict=True)
    )
    more = scored_of(*rows, *[(1_000 + lead, 80, 99) for lead in range(300)], answer=[0] * 400 + [1] * 300, weeks=8)
    wanted = Wanted(2.0, None)
    assert (
        suggest_thresholds(more, agreement, wanted, NO_RETURNS, seed=1).to_dict()
        == suggest_thresholds(past, agreement, wanted, NO_RETURNS, seed=1).to_dict()
    )


def come_from(past, agreement, threshold):
    return past.points[place_history(past, with_threshold(agreement, threshold)).hands_over]


def test_the_lowest_threshold_of_whose_leads_few_enough_would_come_back(past, agreement):
    """Judged by the leads that would come, of which many have low scores, and not by those that sales took."""
    suggestion = suggest_thresholds(past, agreement, Wanted(None, 0.3), returned(), seed=1)
    line = returned().line(seed=1)
    at, below = (line.rate_of(come_from(past, agreement, suggestion.threshold - less)) for less in (0, 1))
    assert at.value <= 0.3 < below.value
    assert suggestion.return_rate == at
    assert suggestion.decided_by == "return_rate"


def test_who_sales_once_took_does_not_decide_how_many_would_come_back(past, agreement):
    """The same chances at each score, read from many hand-overs of high scores: the same threshold, give or take."""
    few_low = returned(2_000)
    taken = np.random.default_rng(1).random(2_000) < few_low.points / 100
    few_low = Returns(few_low.leads[taken], few_low.points[taken], few_low.returned[taken])
    wanted = Wanted(None, 0.3)
    even, uneven = (suggest_thresholds(past, agreement, wanted, of, seed=1) for of in (returned(2_000), few_low))
    assert few_low.points.mean() > returned(2_000).points.mean() + 10
    assert abs(even.threshold - uneven.threshold) <= 4


def test_returns_alone_tell_the_capacity_that_was_agreed(past, agreed):
    """More come than sales can take: it is said, and what is told of hand-overs is what sales can take."""
    wanted, calendar = Wanted(None, 0.3), {"time_zone": "UTC"}
    without, beside = (
        suggest_thresholds(past, agreed(calendar=calendar, capacity=capacity), wanted, returned(), seed=1)
        for capacity in (None, {"representatives": 2, "leads_a_day": 1})
    )
    assert beside.threshold == without.threshold
    assert beside.decided_by == "return_rate"
    assert (beside.capacity_a_week, without.capacity_a_week) == (10, None)
    assert (beside.more_come, without.more_come) == (True, False)
    assert beside.hand_overs_a_week.high <= 10 < without.hand_overs_a_week.low
    assert without.hand_overs_a_week == without.come_a_week == beside.come_a_week
    assert beside.ready_a_week.high < without.ready_a_week.value


def test_those_that_become_ready_are_of_those_that_are_handed_over(past, agreement):
    """All leads have a chance of nearly one: no more become ready than go through the hands of sales, and no fewer."""
    sure = replace(past, margin=past.margin + 50)
    for wanted in (Wanted(2.0, None), Wanted(None, 0.3)):
        told = suggest_thresholds(sure, agreement, wanted, returned(), seed=1)
        assert told.ready_a_week.value == pytest.approx(told.hand_overs_a_week.value, rel=0.03)
        assert told.ready_a_week.low == pytest.approx(told.hand_overs_a_week.low, rel=0.05)


def test_where_both_are_wanted_the_higher_threshold_decides(past, agreement):
    by_return = suggest_thresholds(past, agreement, Wanted(None, 0.3), returned(), seed=1).threshold
    for a_day in (0.5, 8.0):
        by_capacity = suggest_thresholds(past, agreement, Wanted(a_day, None), returned(), seed=1).threshold
        both = suggest_thresholds(past, agreement, Wanted(a_day, 0.3), returned(), seed=1)
        assert both.threshold == max(by_return, by_capacity)
        assert both.decided_by == ("capacity" if by_capacity >= by_return else "return_rate")


@pytest.mark.parametrize(
    ("code", "wanted", "returns"),
    [
        ("capacity_over_leads", Wanted(50.0, None), NO_RETURNS),
        ("too_few_hand_overs", Wanted(None, 0.2), NO_RETURNS),
        ("return_rate_out_of_reach", Wanted(None, 0.001), returned()),
    ],
)
def test_where_nothing_can_be_suggested_it_says_why(past, agreement, code, wanted, returns):
    with pytest.raises(LeadmlError) as raised:
        suggest_thresholds(past, agreement, wanted, returns, seed=1)
    assert raised.value.code == code


def test_of_too_few_leads_no_volume_is_told(scored_of, agreement):
    few = scored_of(*[(lead, lead, 50) for lead in range(FEWEST_LEADS - 1)], weeks=8)
    with pytest.raises(LeadmlError) as raised:
        suggest_thresholds(few, agreement, Wanted(1.0, None), NO_RETURNS, seed=1)
    assert raised.value.code == "too_few_to_suggest"


def test_without_a_band_that_hands_over_it_says_so(past, agreed):
    with pytest.raises(LeadmlError) as raised:
        suggest_thresholds(past, agreed(("A", 60, {}), ("B", 0, {})), Wanted(1.0, None), NO_RETURNS, seed=1)
    assert raised.value.code == "no_hand_over_band"

import pytest

from leadml.agreement.business_calendar import BusinessCalendar
from leadml.agreement.counted_days import counted_days
from leadml.clock import parse_instant
from leadml.specs.calendar_spec import WEEKDAYS, CalendarSpec

TOKYO = {"time_zone": "Asia/Tokyo", "holidays": "JP"}
BERLIN = {
    "time_zone": "Europe/Berlin",
    "holidays": {"country": "DE", "subdivision": "BY", "closed": ["2026-12-24"], "opened": ["2026-01-06"]},
}
ROUND = {"time_zone": "Europe/Berlin", "business_hours": dict.fromkeys(WEEKDAYS, ("00:00-24:00",))}
NEXT_OPEN = TOKYO | {"after_hours": "next_open"}


def laid_out(content, start, hours, clock="business", language="en"):
    calendar = BusinessCalendar(content and CalendarSpec.model_validate(content))
    begins = parse_instant(start, where="tests", time_zone=calendar.zone.key)
    return counted_days(calendar, begins, calendar.deadline(begins, hours, clock), clock, language)


@pytest.mark.parametrize(
    ("calendar", "start", "hours", "expected"),
    [
        (TOKYO, "2026-05-01T16:00", 3, [
            ("2026-05-01", 2, "open", ""),
            ("2026-05-02", 0, "weekday", ""),
            ("2026-05-03", 0, "weekday", "Constitution Day"),
            ("2026-05-04", 0, "holiday", "Greenery Day"),
            ("2026-05-05", 0, "holiday", "Children's Day"),
            ("2026-05-06", 0, "holiday", "Substitute Holiday"),
            ("2026-05-07", 1, "open", ""),
        ]),
        (TOKYO, "2026-03-04T19:00", 1, [("2026-03-04", 0, "after_hours", ""), ("2026-03-05", 1, "open", "")]),
        (BERLIN, "2026-12-23T17:30", 1, [
            ("2026-12-23", 0.5, "open", ""),
            ("2026-12-24", 0, "own_day", ""),
            ("2026-12-25", 0, "holiday", "Christmas Day"),
            ("2026-12-26", 0, "weekday", "Second Day of Christmas"),
            ("2026-12-27", 0, "weekday", ""),
            ("2026-12-28", 0.5, "open", ""),
        ]),
        (BERLIN, "2026-01-05T17:30", 1, [("2026-01-05", 0.5, "open", ""), ("2026-01-06", 0.5, "opened", "Epiphany")]),
        (NEXT_OPEN, "2026-03-06T19:00", 20, [
            ("2026-03-06", 0, "after_hours", ""),
            ("2026-03-07", 0, "weekday", ""),
            ("2026-03-08", 0, "weekday", ""),
            ("2026-03-09", 15, "open", ""),
            ("2026-03-10", 5, "open", ""),
        ]),
        (None, "2026-03-06T19:00", 6, [("2026-03-06", 5, "day_and_night", ""), ("2026-03-07", 1, "day_and_night", "")]),
    ],
)  # fmt: skip
def test_the_days_of_a_promise_say_why(calendar, start, hours, expected):
    days = laid_out(calendar, start, hours)
    assert [(str(day.day), day.hours, day.note, day.holiday) for day in days] == expected


@pytest.mark.parametrize(
    ("calendar", "clock"), [(TOKYO, "business"), (TOKYO, "wall"), (ROUND, "business"), (NEXT_OPEN, "business")]
)
@pytest.mark.parametrize("start", ["2026-03-28T12:00", "2026-10-24T20:30", "2026-05-01T08:00"])
def test_the_hours_of_the_days_are_those_that_were_promised(calendar, clock, start):
    for hours in (0, 1.5, 9, 60):
        assert sum(day.hours for day in laid_out(calendar, start, hours, clock)) == pytest.approx(hours)


def test_a_day_on_which_the_clock_changes_is_shorter_or_longer():
    assert [day.length for day in laid_out(ROUND, "2026-03-28T12:00", 24)] == [24, 23]
    assert [day.length for day in laid_out(ROUND, "2026-10-24T12:00", 24)] == [24, 25]


def test_a_day_that_a_zone_left_out_is_no_day():
    days = laid_out({"time_zone": "Pacific/Apia"}, "2011-12-29T17:00", 2)
    assert [str(day.day) for day in days] == ["2011-12-29", "2011-12-31", "2012-01-01", "2012-01-02"]


def test_holidays_are_named_in_japanese_where_that_is_known():
    assert laid_out(TOKYO, "2026-05-01T16:00", 3, language="ja")[3].holiday == "みどりの日"

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from time import thread_time

import holidays
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadml.agreement.business_calendar import BusinessCalendar
from leadml.agreement.closed_days import closed_days, holiday_name, known_years
from leadml.clock import DAY, HOUR, MINUTE, SECOND, parse_instant
from leadml.errors import LeadmlError
from leadml.specs.calendar_spec import WEEKDAYS, CalendarSpec, HolidaysSpec

WEEKS = [
    dict.fromkeys(WEEKDAYS[:5], ("09:00-18:00",)),
    dict.fromkeys(WEEKDAYS, ("00:00-24:00",)),
    {"sunday": ("00:30-02:30", "02:45-04:00"), "monday": ("22:00-24:00",), "tuesday": ("00:00-06:00",)},
]
CALENDARS = [
    None,
    *(
        CalendarSpec.model_validate(
            {"time_zone": zone, "holidays": {"country": country}, "business_hours": week, "after_hours": after}
        )
        for zone, country, week in [
            ("Asia/Tokyo", "JP", WEEKS[0]),
            ("Europe/Berlin", "DE", WEEKS[2]),
            ("America/New_York", "US", WEEKS[1]),
            ("Australia/Lord_Howe", None, WEEKS[2]),
        ]
        for after in ("pause", "next_open")
    ),
]
MADE = [BusinessCalendar(spec) for spec in CALENDARS]
PAUSING = [calendar for calendar in MADE if calendar.spec is None or calendar.spec.after_hours == "pause"]


def at(text):
    return parse_instant(text, where="tests")


INSTANTS = st.integers(at("2024-01-01T00:00Z"), at("2030-01-01T00:00Z"))
HOURS = st.one_of(st.just(0.0), st.sampled_from([0.25, 1.0, 9.0, 45.0]), st.floats(0, 500))
CLOCKS = st.sampled_from(["business", "wall"])


@given(st.sampled_from(MADE), INSTANTS, HOURS, CLOCKS)
def test_nothing_is_due_before_it_starts(calendar, start, hours, clock):
    assert calendar.deadline(start, hours, clock) >= start


@given(st.sampled_from(MADE), INSTANTS, st.integers(0, 20 * DAY), HOURS, CLOCKS)
def test_who_starts_later_is_due_no_earlier(calendar, start, later, hours, clock):
    assert calendar.deadline(start + later, hours, clock) >= calendar.deadline(start, hours, clock)


@given(st.sampled_from(MADE), INSTANTS, HOURS, HOURS, CLOCKS)
def test_more_hours_are_due_no_earlier(calendar, start, one, other, clock):
    fewer, more = sorted((one, other))
    assert calendar.deadline(start, more, clock) >= calendar.deadline(start, fewer, clock)


@given(st.sampled_from(PAUSING), INSTANTS, HOURS, CLOCKS)
def test_until_the_deadline_so_many_hours_pass_and_before_it_fewer(calendar, start, hours, clock):
    promised = round(hours * HOUR)
    due = calendar.deadline(start, hours, clock)
    passed = calendar.hours_between(np.array([start, start]), np.array([due, due - 1]), clock) * HOUR
    assert round(passed[0]) == promised
    if promised:
        assert round(passed[1]) == promised - 1


@given(st.sampled_from(PAUSING), INSTANTS, st.integers(0, 40 * DAY))
def test_the_hours_between_two_instants_lead_to_the_later_one(calendar, start, later):
    passed = calendar.hours_between(np.array([start]), np.array([start + later]))[0]
    due = calendar.deadline(start, passed)
    open_again = calendar.deadline(start + later, 0)
    # While the office is closed no time passes, so any instant of that time is as good.
    assert due <= open_again
    assert calendar.hours_between(np.array([due]), np.array([start + later]))[0] == pytest.approx(0, abs=1e-9)


@given(st.sampled_from(MADE), st.lists(INSTANTS, min_size=1, max_size=20), HOURS, CLOCKS)
def test_one_by_one_and_all_at_once_are_the_same(calendar, starts, hours, clock):
    together = calendar.deadlines(np.array(starts, dtype=np.int64), hours, clock)
    alone = BusinessCalendar(calendar.spec)  # lays the years out in another order
    assert together.tolist() == [alone.deadline(start, hours, clock) for start in starts]


@given(st.sampled_from(MADE), INSTANTS, INSTANTS)
def test_hours_backwards_are_below_zero(calendar, one, other):
    there = calendar.hours_between(np.array([one]), np.array([other]))
    assert calendar.hours_between(np.array([other]), np.array([one])) == -there


@given(st.sampled_from(MADE), INSTANTS)
def test_the_local_day_is_that_of_the_local_time(calendar, instant):
    (day,) = calendar.local_days(np.array([instant]))
    assert str(date.fromordinal(int(day) + date(1970, 1, 1).toordinal())) == calendar.local(instant)[:10]


@given(st.sampled_from(MADE), st.integers(0, 2000))
def test_a_working_day_is_one_on_which_hours_pass(calendar, number):
    day = 19_800 + number  # from March 2024 on; no zone here changes its clock for all of an office's hours
    opens = bool(calendar.is_working_day(np.array([day]))[0])
    noon = day * DAY + 12 * HOUR
    around = np.arange(noon - DAY, noon + DAY, 15 * MINUTE)
    inside = around[calendar.local_days(around) == day]
    passed = calendar.hours_between(inside, inside + 15 * MINUTE)
    assert opens == bool(passed.sum() > 0)


TOKYO = CalendarSpec.model_validate({"time_zone": "Asia/Tokyo", "holidays": "JP"})
BERLIN = CalendarSpec(time_zone="Europe/Berlin")


@pytest.mark.parametrize(
    ("spec", "start", "hours", "code"),
    [
        pytest.param(TOKYO, "2099-12-31T17:00+09:00", 2, "beyond_the_holidays", id="after the last year that is known"),
        pytest.param(TOKYO, "2026-03-04T10:00Z", 876_000, "beyond_the_holidays", id="a hundred years of open hours"),
        pytest.param(TOKYO, "9999-12-29T10:00Z", 1, "beyond_the_calendar", id="the end of all dates"),
        pytest.param(TOKYO, "1948-06-01T10:00Z", 1, "beyond_the_holidays", id="before the first year that is known"),
        pytest.param(BERLIN, "9999-12-29T10:00Z", 1, "beyond_the_calendar", id="the end of all dates, no holidays"),
        pytest.param(BERLIN, "0001-01-03T10:00Z", 1, "beyond_the_calendar", id="the beginning of all dates"),
        pytest.param(None, "9999-12-29T10:00Z", 100, "beyond_the_calendar", id="no calendar, beyond all dates"),
    ],
)
def test_what_nobody_can_know_is_refused(spec, start, hours, code):
    with pytest.raises(LeadmlError) as caught:
        BusinessCalendar(spec).deadline(at(start), hours)
    assert caught.value.code == code
    assert caught.value.part("fix", "ja")


def test_the_last_day_that_is_known_is_counted_to_its_end():
    calendar = BusinessCalendar(TOKYO)
    assert calendar.local(calendar.deadline(at("2099-12-31T16:00+09:00"), 2)) == "2099-12-31T18:00:00+09:00"
    between = calendar.hours_between(np.array([at("2099-12-31T16:00+09:00")]), np.array([at("2099-12-31T14:59Z")]))
    assert between.tolist() == [2]


def test_a_promise_of_a_hundred_years_is_due():
    calendar = BusinessCalendar(BERLIN)
    # 876,000 are 19,466 weeks of 45 hours, to a Friday at 17:00, and 30: one on Friday, 27 to Wednesday, two more.
    day = date(2026, 3, 6) + timedelta(weeks=19_466, days=6)
    due = calendar.local(calendar.deadline(at("2026-03-06T17:00+01:00"), 876_000))
    assert due == f"{day}T11:00:00+02:00"
    wall = calendar.deadline(at("2026-03-06T17:00+01:00"), 876_000, "wall")
    assert wall - at("2026-03-06T17:00+01:00") == 36_500 * DAY


def test_an_office_that_opens_an_hour_a_week_is_due_all_the_same():
    spec = CalendarSpec.model_validate({"time_zone": "UTC", "business_hours": {"monday": ("09:00-10:00",)}})
    calendar = BusinessCalendar(spec)
    assert calendar.deadline(at("2026-03-02T09:00Z"), 521) == at("2026-03-02T10:00Z") + 520 * 7 * DAY


def test_years_that_the_library_does_not_know_are_refused_and_not_taken_for_years_without_holidays():
    assert known_years(HolidaysSpec(country="DE")) == range(1991, 2101)
    # The library warns of these years, and gives them all the same.
    assert known_years(HolidaysSpec(country="IN")) == range(2001, 2036)
    with pytest.raises(LeadmlError):
        closed_days(HolidaysSpec(country="IN"), 2036)


def test_years_after_which_a_yearly_holiday_never_comes_again_are_refused_in_all_countries():
    countries = holidays.list_supported_countries(include_aliases=False)
    last = {code: known_years(HolidaysSpec(country=code)).stop - 1 for code in countries}
    # Moon holidays of the Hindu calendar are written out to 2035; Matariki of New Zealand in a law, to 2052.
    assert {code: year for code, year in last.items() if year < holidays.country_holidays(code).end_year} == {
        **dict.fromkeys(("BT", "FJ", "GY", "IN", "MU", "SR"), 2035),
        **{"ID": 2050, "MM": 2099, "NP": 2032, "NZ": 2052},
    }


def test_a_moon_holiday_is_never_missed():
    mauritius = HolidaysSpec(country="MU")
    assert known_years(mauritius) == range(2001, 2036)
    assert holiday_name(mauritius, date(2035, 10, 30)) == "Diwali"
    with pytest.raises(LeadmlError) as caught:
        closed_days(mauritius, 2036)
    assert caught.value.code == "beyond_the_holidays"


@pytest.mark.parametrize("country", ["AU", "BR", "CH", "CN", "DE", "FR", "GB", "JP", "KR", "SG", "US"])
def test_a_law_that_changed_a_holiday_closes_no_year(country):
    years = known_years(HolidaysSpec(country=country))
    assert set(range(2000, 2100)) <= set(years)
    assert all(closed_days(HolidaysSpec(country=country), year) for year in (2000, 2018, 2019, 2020, 2036, 2099))


def test_a_holiday_is_named_in_the_readers_language_as_far_as_that_is_known():
    japan, bavaria = HolidaysSpec(country="JP"), HolidaysSpec(country="DE", subdivision="BY")
    assert holiday_name(japan, date(2026, 1, 1)) == "New Year's Day"
    assert holiday_name(japan, date(2026, 1, 1), "ja") == "元日"
    assert holiday_name(bavaria, date(2026, 1, 6), "ja") == "Epiphany"
    assert holiday_name(bavaria, date(2026, 1, 7)) == ""


@pytest.mark.parametrize("after", [1, SECOND // 2, SECOND, 3 * SECOND // 2])
def test_days_up_to_just_after_a_change_of_the_clock_are_found(after):
    change = at("2026-03-29T01:00Z")
    instants = np.array([change - 2 * DAY - 7, change + after])
    days = BusinessCalendar(BERLIN).local_days(instants)
    assert (days * DAY).astype("datetime64[us]").astype(str).tolist() == [
        "2026-03-27T00:00:00.000000",
        "2026-03-29T00:00:00.000000",
    ]


def test_nothing_asked_is_nothing_answered():
    nothing = np.array([], dtype=np.int64)
    for calendar in MADE:
        assert calendar.deadlines(nothing, 4).tolist() == []
        assert calendar.hours_between(nothing, nothing).tolist() == []
        assert calendar.local_days(nothing).tolist() == []
        assert calendar.is_working_day(nothing).tolist() == []


def test_threads_may_share_a_calendar():
    shared = BusinessCalendar(TOKYO)
    starts = [at(f"{year}-03-06T17:00+09:00") for year in range(1960, 2090, 5)] * 8
    alone = [BusinessCalendar(TOKYO).deadline(start, 30) for start in starts[:26]] * 8
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda start: shared.deadline(start, 30), starts)) == alone


def test_a_hundred_thousand_deadlines_take_no_time():
    calendar = BusinessCalendar(TOKYO)
    starts = at("2023-01-01T00:00Z") + np.random.default_rng(7).integers(0, 4 * 365 * DAY, 100_000)
    times = []
    for _ in range(3):
        begun = thread_time()
        calendar.deadlines(starts, 24)
        times.append(thread_time() - begun)
    assert sorted(times)[1] < 0.3

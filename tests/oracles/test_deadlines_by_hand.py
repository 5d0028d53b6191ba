"""Deadlines against those worked out by hand in deadlines.txt, where each line says why."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from leadml.agreement.business_calendar import BusinessCalendar
from leadml.clock import HOUR
from leadml.specs.calendar_spec import WEEKDAYS, CalendarSpec

FEWEST = 60
TABLE = Path(__file__).with_name("deadlines.txt")


def hours_of(*spans, days=WEEKDAYS):
    return dict.fromkeys(days, spans)


ROUND_THE_CLOCK = hours_of("00:00-24:00")
TEN_TO_FIVE = hours_of("10:00-17:00", days=[day for day in WEEKDAYS if day != "saturday"])
WEEK = WEEKDAYS[:5]
CALENDARS = {
    "tokyo": {"time_zone": "Asia/Tokyo", "holidays": "JP"},
    "early_friday": {
        "time_zone": "Asia/Tokyo",
        "business_hours": hours_of("09:00-18:00", days=WEEK[:4]) | {"friday": ("09:00-17:00",)},
    },
    "lunch": {"time_zone": "Asia/Tokyo", "business_hours": hours_of("09:00-12:00", "13:00-18:00", days=WEEK)},
    "night_shift": {
        "time_zone": "Asia/Tokyo",
        "business_hours": {"monday": ("22:00-24:00",), "tuesday": ("00:00-06:00",)},
    },
    "weekend_shop": {"time_zone": "Europe/London", "business_hours": hours_of("10:00-16:00", days=WEEKDAYS[5:])},
    "kathmandu": {"time_zone": "Asia/Kathmandu", "business_hours": TEN_TO_FIVE},
    "munich": {"time_zone": "Europe/Berlin", "holidays": {"country": "DE", "subdivision": "BY"}},
    "munich_own": {
        "time_zone": "Europe/Berlin",
        "holidays": {"country": "DE", "subdivision": "BY", "closed": ["2026-12-24"], "opened": ["2026-01-06"]},
    },
    "berlin": {"time_zone": "Europe/Berlin", "holidays": {"country": "DE", "subdivision": "BE"}},
    "germany": {"time_zone": "Europe/Berlin", "holidays": "DE"},
    "new_york": {
        "time_zone": "America/New_York",
        "holidays": "US",
        "business_hours": hours_of("09:00-17:00", days=WEEK),
    },
    "round_berlin": {"time_zone": "Europe/Berlin", "business_hours": ROUND_THE_CLOCK},
    "round_sydney": {"time_zone": "Australia/Sydney", "business_hours": ROUND_THE_CLOCK},
    "round_lord_howe": {"time_zone": "Australia/Lord_Howe", "business_hours": ROUND_THE_CLOCK},
    "small_hours": {
        "time_zone": "Europe/Berlin",
        "business_hours": hours_of("01:00-04:00", days=("sunday", "monday")),
    },
    "missing_hour": {
        "time_zone": "Europe/Berlin",
        "business_hours": {"sunday": ("02:00-03:00",), "monday": ("09:00-18:00",)},
    },
    "apia": {"time_zone": "Pacific/Apia"},
    "waits_until_open": {"time_zone": "Asia/Tokyo", "holidays": "JP", "after_hours": "next_open"},
    "berlin_next_open": {"time_zone": "Europe/Berlin", "after_hours": "next_open"},
}


def calendar_of(name):
    return BusinessCalendar(None if name == "none" else CalendarSpec.model_validate(CALENDARS[name]))


def instant_of(text, zone):
    """Read `Fri 2026-03-06 17:00`, with an offset where the hour comes twice; the day of the week must be right."""
    weekday, _, when = text.partition(" ")
    moment = datetime.fromisoformat(when)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    assert moment.strftime("%a") == weekday, text
    return round(moment.timestamp()) * 1_000_000


ROWS = [
    tuple(cell.strip() for cell in line.split("|"))
    for line in TABLE.read_text("utf-8").splitlines()
    if line.strip() and not line.startswith(("#", "calendar "))
]


def test_there_are_enough_and_each_says_why():
    assert len(set(ROWS)) == len(ROWS) >= FEWEST
    assert [row for row in ROWS if len(row) != 6 or not row[-1]] == []


@pytest.mark.parametrize(("name", "start", "hours", "clock", "due", "why"), ROWS)
def test_a_deadline_is_what_was_worked_out_by_hand(name, start, hours, clock, due, why):
    calendar, hours = calendar_of(name), float(hours)
    zone = ZoneInfo("UTC" if name == "none" else CALENDARS[name]["time_zone"])
    begins, ends = instant_of(start, zone), instant_of(due, zone)
    assert calendar.local(calendar.deadline(begins, hours, clock)) == calendar.local(ends), why
    if clock == "wall" or name not in ("waits_until_open", "berlin_next_open"):
        between = calendar.hours_between(np.array([begins]), np.array([ends]), clock)
        assert round(between[0] * HOUR) == round(hours * HOUR)

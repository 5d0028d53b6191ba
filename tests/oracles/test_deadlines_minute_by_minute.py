"""Deadlines against a counter that knows nothing of ours: it looks at the clock on the wall, minute by minute."""

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest

from leadml.agreement.business_calendar import BusinessCalendar
from leadml.specs.calendar_spec import WEEKDAYS, CalendarSpec

CASES, PARTS, WINDOWS, DAYS = 10_000, 5, 40, 21
MINUTE = timedelta(minutes=1)
# Around what is easily got wrong: changes of the clock, holidays that move, ends of months and years.
AROUND = [date(2026, 3, 29), date(2026, 10, 25), date(2026, 3, 8), date(2026, 11, 1), date(2026, 4, 5),
          date(2026, 10, 4), date(2026, 5, 5), date(2026, 1, 1), date(2024, 2, 29), date(2021, 12, 25),
          date(2021, 7, 4), date(2026, 9, 22), date(2011, 12, 30), date(2040, 3, 25)]  # fmt: skip
PLACES = [("Asia/Tokyo", "JP", None), ("Europe/Berlin", "DE", "BY"), ("Europe/Berlin", "DE", "BE"),
          ("America/New_York", "US", None), ("America/Sao_Paulo", "BR", None), ("Australia/Sydney", "AU", "NSW"),
          ("Australia/Lord_Howe", None, None), ("Pacific/Apia", None, None), ("Africa/Casablanca", None, None),
          ("Asia/Kathmandu", None, None), ("Europe/Dublin", "IE", None), ("UTC", None, None)]  # fmt: skip


def clock_text(minute):
    return f"{minute // 60:02}:{minute % 60:02}"


def drawn_week(draw):
    """Draw the hours of each day, in minutes: none, one span, two with a break, or round the clock."""
    week = []
    for _ in WEEKDAYS:
        kind = draw.random()
        if kind < 0.2:
            week.append([])
        elif kind < 0.3:
            week.append([(0, 1440)])
        else:
            ends = sorted(draw.sample(range(0, 1441, draw.choice([1, 15, 30])), draw.choice([2, 2, 4])))
            week.append(list(zip(ends[::2], ends[1::2], strict=True)))
    return week if any(week) else [[(540, 1080)]] * 5 + [[], []]


def open_minutes(first, zone, week, closed):
    """Look at each minute of some weeks: is it one of the office's?"""
    moments = (first + number * MINUTE for number in range(DAYS * 1440))
    found = []
    for moment in moments:
        local = moment.astimezone(zone)
        minute = local.hour * 60 + local.minute
        hours = [] if local.date() in closed else week[local.weekday()]
        found.append(any(opens <= minute < closes for opens, closes in hours))
    return found


def counted(minutes, start, promised, *, next_open):
    """Walk from a minute until so many open ones are over; None where the weeks end before."""
    now, left = start, promised
    while now < len(minutes) and not minutes[now] and (next_open or left == 0):
        now += 1
    if next_open or left == 0:
        return now + left if now < len(minutes) else None
    while left:
        if now == len(minutes):
            return None
        left -= minutes[now]
        now += 1
    return now


def cases_of_a_window(draw):
    zone_name, country, subdivision = draw.choice(PLACES)
    zone, week, next_open = ZoneInfo(zone_name), drawn_week(draw), draw.random() < 0.25
    middle = draw.choice(AROUND)
    own = [middle + timedelta(days=draw.randint(-5, 9)) for _ in range(draw.randint(0, 2))]
    public = holidays.country_holidays(country, subdiv=subdivision, years=[middle.year - 1, middle.year, middle.year + 1]) if country else {}  # noqa: E501 # fmt: skip
    opened = [day for day in public if abs((day - middle).days) < 9 and draw.random() < 0.2 and day not in own]
    spec = CalendarSpec.model_validate({
        "time_zone": zone_name,
        "business_hours": {
            day: tuple(f"{clock_text(opens)}-{clock_text(closes)}" for opens, closes in spans)
            for day, spans in zip(WEEKDAYS, week, strict=True)
        },
        "holidays": {"country": country, "subdivision": subdivision, "closed": own, "opened": opened},
        "after_hours": "next_open" if next_open else "pause",
    })  # fmt: skip
    first = datetime(middle.year, middle.month, middle.day, tzinfo=UTC) - timedelta(days=7)
    closed = {*public, *own} - set(opened)
    minutes = open_minutes(first, zone, week, closed)
    for _ in range(CASES // WINDOWS + 30):
        start = draw.randrange(14 * 1440)
        promised = 0 if draw.random() < 0.1 else draw.randrange(1, 20 * 60)
        due = counted(minutes, start, promised, next_open=next_open)
        if due is not None:
            yield spec, first, start, promised, due


@pytest.mark.parametrize("part", range(PARTS))
def test_the_counter_and_the_calendar_agree(part):
    draw = random.Random(part)
    compared, different = 0, []
    for _ in range(WINDOWS // PARTS):
        calendar = None
        for spec, first, start, promised, due in cases_of_a_window(draw):
            calendar = calendar or BusinessCalendar(spec)
            instant = round(first.timestamp()) * 1_000_000 + start * 60_000_000
            expected = instant + (due - start) * 60_000_000
            compared += 1
            if calendar.deadline(instant, promised / 60) != expected:
                different.append((spec, calendar.local(instant), promised, calendar.local(expected)))
    assert different == []
    assert compared >= CASES // PARTS

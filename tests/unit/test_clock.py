from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from leadml.clock import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    just_after,
    just_after_each,
    known_time_zone,
    now,
    parse_instant,
    read_instants,
    to_iso,
)
from leadml.errors import LeadmlError


def read(text, time_zone=None):
    return to_iso(parse_instant(text, where="test", time_zone=time_zone))


def code_of(text, time_zone=None):
    with pytest.raises(LeadmlError) as caught:
        parse_instant(text, where="--as-of", time_zone=time_zone)
    assert caught.value.where == "--as-of"
    assert caught.value.values["value"] == text
    return caught.value.code


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2026-03-02T09:00:00Z", "2026-03-02T09:00:00.000000Z"),
        ("2026-03-02 10:00:00+01:00", "2026-03-02T09:00:00.000000Z"),
        ("2026-03-02 10:00:00 +0100", "2026-03-02T09:00:00.000000Z"),
        ("2026-03-02T10:00:00+01", "2026-03-02T09:00:00.000000Z"),
        ("2026-03-02T03:30-05:30", "2026-03-02T09:00:00.000000Z"),
        ("2026-03-02T09:00:00.5Z", "2026-03-02T09:00:00.500000Z"),
        ("2026-03-02T09:00:00.000001+00:00", "2026-03-02T09:00:00.000001Z"),
        ("2026-03-02T09:00:00.123456789Z", "2026-03-02T09:00:00.123456Z"),
        ("  2026-03-02T09:00:00Z ", "2026-03-02T09:00:00.000000Z"),
    ],
)
def test_an_offset_is_honoured(written, instant):
    assert read(written) == instant
    assert read(written, "Asia/Tokyo") == instant


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2026-03-02T09:00:00", "2026-03-02T00:00:00.000000Z"),
        ("2026-03-02 09:00", "2026-03-02T00:00:00.000000Z"),
        ("2026-03-02T09:00:00.25", "2026-03-02T00:00:00.250000Z"),
        ("2026-03-02", "2026-03-02T14:59:59.999999Z"),
    ],
)
def test_a_time_without_zone_is_read_in_the_zone_of_the_project(written, instant):
    assert read(written, "Asia/Tokyo") == instant


@pytest.mark.parametrize("written", ["2026-03-02T09:00:00", "2026-03-02 09:00", "2026-03-02", "9999-12-31"])
def test_a_time_without_zone_is_refused_when_the_project_has_none(written):
    assert code_of(written) == "time_without_zone"


@pytest.mark.parametrize(
    "written",
    [
        "",
        " ",
        "soon",
        "now",  # pandas would take the machine's clock
        "today",
        "NaT",
        "nan",
        "2026",  # pandas would take the first instant of the year: the whole year would be seen too early
        "2026-03",
        "20260302",
        "20260302T090000Z",
        "2026-3-2",
        "2026-02-30",
        "2026-02-29",
        "1900-02-29",
        "2026-04-31",
        "0000-01-01",
        "2026-13-01",
        "2026-03-02T24:00:00Z",
        "2026-03-02T09:00:60Z",
        "2026-03-02T09:00:00+25:00",
        "2026-03-02T09",
        "2026-03-02Z",
        "2026-03-02T09:00:00z",
        "2026-03-02 09:00:00 UTC",
        "2026/03/02",
        "02.03.2026",
        "03/02/2026 09:00",
        "1700000000",
        "1,5",
        "-0044-03-15",
        "10000-01-01",
        "２０２６-03-02",
    ],
)
def test_what_is_not_iso_8601_is_not_guessed(written):
    assert code_of(written) == "not_a_time"
    assert code_of(written, "Europe/Berlin") == "not_a_time"


def test_a_date_lasts_until_the_last_microsecond_of_its_local_day():
    # Berlin's clocks go forward on this day: it has 23 hours.
    assert read("2026-03-28", "Europe/Berlin") == "2026-03-28T22:59:59.999999Z"
    assert read("2026-03-29", "Europe/Berlin") == "2026-03-29T21:59:59.999999Z"


def test_a_date_ends_when_its_midnight_comes_for_the_first_time():
    # Havana's clocks go from 1:00 back to 0:00, both on 1 November.
    assert read("2026-10-31", "America/Havana") == "2026-11-01T03:59:59.999999Z"


def test_a_date_whose_midnight_is_skipped_ends_with_the_skip():
    # In Beirut the clocks went from 0:00 to 1:00 on 29 March 2026.
    assert read("2026-03-28", "Asia/Beirut") == "2026-03-28T21:59:59.999999Z"


def test_in_the_hour_that_comes_twice_the_later_reading_is_taken():
    assert read("2026-10-25T02:30:00", "Europe/Berlin") == "2026-10-25T01:30:00.000000Z"


def test_an_hour_that_is_skipped_is_read_as_its_end():
    assert read("2026-03-29T02:30:00", "Europe/Berlin") == "2026-03-29T01:00:00.000000Z"


@pytest.mark.parametrize("time_zone", [None, "Europe/Berlin", "Pacific/Kiritimati"])
@pytest.mark.parametrize(
    "written",
    ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"],
)
def test_an_absurd_year_stays_absurd_and_breaks_nothing(written, time_zone):
    assert read(written, time_zone)[:4] == written[:4]


@pytest.mark.parametrize("written", ["9999-12-31", "9999-12-31T23:59:59", "0001-01-01", "0001-01-01T00:00:00"])
@pytest.mark.parametrize("time_zone", ["Europe/Berlin", "Pacific/Kiritimati", "Pacific/Niue"])
def test_an_absurd_local_year_stays_absurd_and_breaks_nothing(written, time_zone):
    assert read(written, time_zone)[:4] == written[:4]


def test_a_column_may_mix_all_ways_of_writing():
    written = pd.Series(
        ["2026-03-02T09:00:00Z", "2026-03-02T10:00:00+01", "2026-03-02", None, "2026-03-02 10:00:00.5", "soon"],
        dtype="object",
    )
    reading = read_instants(written, time_zone="Europe/Berlin")
    assert [to_iso(int(instant)) for instant in reading.instants[[0, 1, 2, 4]]] == [
        "2026-03-02T09:00:00.000000Z",
        "2026-03-02T09:00:00.000000Z",
        "2026-03-02T22:59:59.999999Z",
        "2026-03-02T09:00:00.500000Z",
    ]
    assert reading.unreadable.tolist() == [False, False, False, True, False, True]
    assert reading.date_only.tolist() == [False, False, True, False, False, False]
    assert not reading.without_zone.any()


def test_only_what_has_no_zone_is_called_so():
    reading = read_instants(pd.Series(["2026-03-02T09:00:00Z", "2026-03-02T09:00:00", "soon"]), time_zone=None)
    assert reading.without_zone.tolist() == [False, True, False]
    assert reading.unreadable.tolist() == [False, False, True]


def test_the_same_text_is_read_the_same_whatever_stands_beside_it():
    alone = read_instants(pd.Series(["2026-03-02"]), time_zone="Europe/Berlin").instants[0]
    for other in ("2026-03-02T09:00:00.123456789Z", "9999-12-31", "0001-01-01T00:00:00Z", "soon", "2026-03-02"):
        beside = read_instants(pd.Series(["2026-03-02", other]), time_zone="Europe/Berlin").instants[0]
        assert beside == alone


def test_every_day_of_the_calendar_is_where_python_has_it():
    """From 1600 on, as before 1582 nobody kept this calendar."""
    days = [date(1600, 1, 1) + timedelta(days=number) for number in range(0, 600 * 365, 13)]
    reading = read_instants([f"{day}T00:00:00Z" for day in days], time_zone=None)
    assert reading.instants.tolist() == [(day - date(1970, 1, 1)).days * DAY for day in days]


def test_an_early_year_is_read_whatever_stands_beside_it():
    reading = read_instants(["0025-12-28", "2026-03-02T09:00:00.123456789Z"], time_zone="UTC")
    assert to_iso(int(reading.instants[0])) == "0025-12-28T23:59:59.999999Z"


@pytest.mark.parametrize("space", [" ", "\t", "\u3000", "\u00a0", "\u2003", "\x1c", "\u2028", " \u3000 "])
def test_white_space_around_a_time_does_not_matter(space):
    assert f"{space}x{space}".strip() == "x"
    assert read(f"{space}2026-03-02T09:00:00Z{space}") == "2026-03-02T09:00:00.000000Z"


def test_an_empty_column_is_no_problem():
    assert len(read_instants(pd.Series([], dtype="str"), time_zone="Europe/Berlin").instants) == 0


def test_a_date_may_mean_any_instant_of_its_day():
    reading = read_instants(pd.Series(["1970-01-01", "1970-01-01T12:00:00Z"]), time_zone="UTC")
    assert reading.begins.tolist() == [-1, DAY // 2]
    assert reading.instants.tolist() == [DAY - 1, DAY // 2]


def test_a_score_caused_by_facts_stands_one_microsecond_after_the_last_of_them_was_known():
    known_at = [parse_instant(f"2026-03-02T09:00:0{second}Z", where="test") for second in (5, 3)]
    assert to_iso(just_after(known_at)) == "2026-03-02T09:00:05.000001Z"


def test_the_units_are_microseconds():
    assert tuple(
        unit // timedelta(microseconds=1)
        for unit in (timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1))
    ) == (SECOND, MINUTE, HOUR, DAY)


def test_now_is_the_machines_clock_in_utc():
    assert abs(now() - datetime.now(tz=UTC).timestamp() * SECOND) < MINUTE


@pytest.mark.parametrize(
    ("instant", "written"),
    [
        (0, "1970-01-01T00:00:00.000000Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
        (1_772_442_000_000_001, "2026-03-02T09:00:00.000001Z"),
        (-62_135_596_800_000_000, "0001-01-01T00:00:00.000000Z"),
    ],
)
def test_an_instant_is_written_so_that_it_sorts_as_text(instant, written):
    assert to_iso(instant) == written


@pytest.mark.parametrize("name", ["Europe/Berlin", "Asia/Tokyo", "UTC"])
def test_an_iana_name_is_a_time_zone(name):
    assert known_time_zone(name)


@pytest.mark.parametrize("name", ["", "Asia/Tokio", "Europe", "/etc/passwd", "../UTC", "a" * 300, "\0", "+01:00"])
def test_anything_else_is_no_time_zone(name):
    assert not known_time_zone(name)


def test_many_scores_are_taken_as_one_is():
    latest_known = [0, 5_000_000, 10**15]
    assert just_after_each(np.array(latest_known)).tolist() == [just_after([latest]) for latest in latest_known]

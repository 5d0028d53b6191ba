import math

import pytest

from leadml.wording.numbers import chance_in_words, days_in_words, moment, percent, plain


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (0.0, "fewer than 1 in 100"),
        (0.00999, "fewer than 1 in 100"),
        (0.01, "about 1 in 100"),
        (0.021, "about 1 in 50"),
        (0.0333, "about 1 in 30"),
        (0.0345, "about 1 in 30"),  # 1 in 29 would claim more than we know
        (0.051, "about 1 in 20"),
        (0.1, "about 1 in 10"),
        (0.105, "about 1 in 10"),
        (0.143, "about 1 in 7"),
        (0.21, "about 1 in 5"),
        (0.35, "about 1 in 3"),
        (0.359, "about 1 in 3"),
        (0.36, "about 4 in 10"),
        (0.449, "about 4 in 10"),
        (0.45, "about 1 in 2"),
        (0.5, "about 1 in 2"),
        (0.549, "about 1 in 2"),
        (0.56, "about 6 in 10"),
        (0.87, "about 9 in 10"),
        (0.96, "about 9 in 10"),
        (0.99, "about 9 in 10"),
        (0.991, "more than 99 in 100"),
        (1.0, "more than 99 in 100"),
    ],
)
def test_a_chance_is_said_as_people_say_it(probability, words):
    assert chance_in_words(probability) == words


def test_a_larger_chance_is_never_said_as_a_smaller_one():
    worth = {"fewer than 1 in 100": 0.0, "about 1 in 2": 0.5, "more than 99 in 100": 1.0}
    for number in range(1, 101):
        worth[f"about 1 in {number}"] = 1 / number
        worth[f"about {number} in 10"] = number / 10
    said = [worth[chance_in_words(thousandth / 1000)] for thousandth in range(1001)]
    assert said == sorted(said)


def test_a_chance_is_said_in_japanese():
    assert chance_in_words(0.21, "ja") == "約5件に1件"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (3.0, "3"),
        (100.0, "100"),
        (0.12345, "0.123"),
        (-0.5, "-0.5"),
        (1.005, "1"),
        (99.96, "100"),
        (999.6, "1,000"),
        (12345.6, "12,346"),
        (0.000123456, "0.000123"),
        (1e15, "1,000,000,000,000,000"),
    ],
)
def test_a_number_is_written_without_needless_digits(value, text):
    assert plain(value) == text


@pytest.mark.parametrize("value", [math.pi * 10**power for power in range(-6, 7)])
def test_a_written_number_is_near_the_number(value):
    assert float(plain(value).replace(",", "")) == pytest.approx(value, rel=0.005)


def test_a_moment_is_written_to_the_minute_in_utc():
    assert moment(1_772_442_059_999_999) == "2026-03-02 09:00 UTC"
    assert moment(-1) == "1969-12-31 23:59 UTC"


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (0.0, "under an hour"),
        (1 / 24 - 1e-9, "under an hour"),
        (1 / 24, "1 hour"),
        (0.9999, "23 hours"),
        (1.0, "1 day"),
        (1.04, "1 day"),
        (1.05, "1.1 days"),
        (9.94, "9.9 days"),
        (9.96, "10 days"),
        (10.4, "10 days"),
        (1234.5, "1,234 days"),
    ],
)
def test_days_are_said_as_precisely_as_people_say_them(days, text):
    assert days_in_words(days) == text


def test_days_and_shares_are_said_in_japanese():
    assert [days_in_words(days, "ja") for days in (0.01, 0.5, 1.5, 40.0)] == ["1時間未満", "12時間", "1.5日", "40日"]
    assert (percent(0.125), percent(1.0, "ja")) == ("12 %", "100%")

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadml.wording.numbers import (
    chance_in_words,
    days_in_words,
    interval_in_words,
    moment,
    origin_in_words,
    percent,
    plain,
)


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


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (0.0, "100件に1件未満"),
        (1e-12, "100件に1件未満"),
        (0.01, "約100件に1件"),
        (0.21, "約5件に1件"),
        (0.5, "約2件に1件"),
        (0.62, "10件中約6件"),
        (0.99, "10件中約9件"),
        (1.0, "100件中99件超"),
    ],
)
def test_a_chance_is_said_in_japanese(probability, words):
    assert chance_in_words(probability, "ja") == words


def test_what_is_no_number_is_no_chance():
    with pytest.raises(ValueError, match="NaN"):
        chance_in_words(math.nan)


@pytest.mark.parametrize(
    ("low", "high", "english", "japanese"),
    [
        (0.125, 0.34, "between about 1 in 8 and 1 in 3 (90 %)", "約8件に1件から約3件に1件の間（90%）"),
        (0.3, 0.5, "between about 1 in 3 and 1 in 2 (90 %)", "約3件に1件から約2件に1件の間（90%）"),
        (0.3, 0.71, "between about 1 in 3 and 7 in 10 (90 %)", "約3件に1件から約10件中7件の間（90%）"),
        (0.19, 0.21, "about 1 in 5 (90 %)", "約5件に1件（90%）"),
        (0.2, 0.2, "about 1 in 5 (90 %)", "約5件に1件（90%）"),
        (0.0, 0.009, "fewer than 1 in 100 (90 %)", "100件に1件未満（90%）"),
        (0.995, 1.0, "more than 99 in 100 (90 %)", "100件中99件超（90%）"),
        (0.0, 0.1, "at most about 1 in 10 (90 %)", "多くても約10件に1件（90%）"),
        (0.6, 1.0, "at least about 6 in 10 (90 %)", "少なくとも約10件中6件（90%）"),
        (
            0.0,
            1.0,
            "anything from fewer than 1 in 100 to more than 99 in 100 (90 %)",
            "100件に1件未満から100件中99件超まで、どれもあり得ます（90%）",
        ),
    ],
)
def test_an_interval_is_said_by_its_ends(low, high, english, japanese):
    assert interval_in_words(low, high) == english
    assert interval_in_words(low, high, "ja") == japanese


@given(ends=st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted), language=st.sampled_from(["en", "ja"]))
def test_an_interval_says_its_ends_as_the_chances_themselves_are_said(ends, language):
    low, high = ends
    said, about = interval_in_words(low, high, language), {"en": "about ", "ja": "約"}[language]
    for end in ends:
        chance = chance_in_words(end, language)
        bounds_nothing = not 0.01 <= end <= 0.99 and chance_in_words(low, language) != chance_in_words(high, language)
        assert bounds_nothing or chance.replace(about, "") in said.replace(about, "")


@pytest.mark.parametrize(
    ("outcomes", "rules_share", "english", "japanese"),
    [
        (
            23,
            0.8,
            "23 outcomes so far: the rules carry 80 % of this score",
            "これまでの結果は23件：このスコアの80%はルールによるものです",
        ),
        (
            1,
            0.97,
            "1 outcome so far: the rules carry 97 % of this score",
            "これまでの結果は1件：このスコアの97%はルールによるものです",
        ),
        (
            12345,
            0.004,
            "12,345 outcomes so far: the rules carry less than 1 % of this score",
            "これまでの結果は12,345件：このスコアの1%未満はルールによるものです",
        ),
        (
            2,
            0.999,
            "2 outcomes so far: the rules carry more than 99 % of this score",
            "これまでの結果は2件：このスコアの99%超はルールによるものです",
        ),
        (
            500,
            0.0,
            "500 outcomes so far: the rules carry 0 % of this score",
            "これまでの結果は500件：このスコアの0%はルールによるものです",
        ),
        (
            5,
            1.0,
            "5 outcomes so far: the rules still carry this score alone",
            "これまでの結果は5件：このスコアはまだルールだけによるものです",
        ),
        (
            0,
            1.0,
            "no outcomes yet: the rules carry this score alone",
            "結果はまだありません：このスコアはルールだけによるものです",
        ),
        (
            0,
            None,
            "no outcomes yet and no rules: this score says nothing of this lead",
            "結果はまだなく、ルールもありません：このスコアはこのリードについて何も示しません",
        ),
        (
            40,
            None,
            "40 outcomes so far: what was learned carries this score alone; there are no rules",
            "これまでの結果は40件：このスコアは学習だけによるものです（ルールはありません）",
        ),
    ],
)
def test_a_score_says_on_what_it_stands(outcomes, rules_share, english, japanese):
    assert origin_in_words(outcomes, rules_share) == english
    assert origin_in_words(outcomes, rules_share, "ja") == japanese


@given(share=st.floats(0, 1, exclude_min=True, exclude_max=True))
def test_a_share_that_is_there_is_never_said_as_none_or_all(share):
    assert " 0 %" not in origin_in_words(9, share)
    assert "100 %" not in origin_in_words(9, share)


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

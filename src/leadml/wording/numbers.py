"""Numbers as people say them."""

import math
from datetime import datetime
from zoneinfo import ZoneInfo

from leadml.wording.texts import Language, say

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def chance_in_words(probability: float, language: Language = "en") -> str:
    """Say a probability as people do: "about 1 in 5".

    Parameters
    ----------
    probability : float in [0, 1]
        Chance that the lead becomes ready inside the outcome window.
    language : {"en", "ja"}
        The reader's language.

    Returns
    -------
    chance : str
        Up to about one third as "1 in n"; above as "n in 10"; the ends as "fewer than 1 in 100" and
        "more than 99 in 100". A whole n never claims more precision than the figure has:
        from 10 on n is rounded to 5, from 30 on to 10.

    Examples
    --------
    >>> chance_in_words(0.21)
    'about 1 in 5'
    >>> chance_in_words(0.62)
    'about 6 in 10'
    >>> chance_in_words(0.001)
    'fewer than 1 in 100'
    """
    key, number = _said(probability)
    return say(f"chance.{key}", language, number=number)


def _said(probability: float) -> tuple[str, int]:
    """Choose the form of a chance, and the number in it."""
    if probability < 0.01:
        return "fewer_than", 0
    if probability > 0.99:
        return "more_than", 0
    if probability >= 0.36:
        tenths = math.floor(probability * 10 + 0.5)
        return ("half", 0) if tenths == 5 else ("in_ten", min(tenths, 9))
    number = 1 / probability
    step = 1 if number < 10 else 5 if number < 30 else 10
    return "one_in", round(number / step) * step


def interval_in_words(low: float, high: float, language: Language = "en") -> str:
    """Say between which chances the true one lies, in nine of ten cases.

    A score of few outcomes may be far from the truth; the interval says how far, in the words of the chance itself.

    Parameters
    ----------
    low, high : float in [0, 1], low <= high
        Ends of the 90 % interval of the chance.
    language : {"en", "ja"}
        The reader's language.

    Returns
    -------
    interval : str
        Ends that are said alike are said once; an end beyond 1 in 100 or 99 in 100 bounds nothing and is left out.

    Examples
    --------
    >>> interval_in_words(0.125, 0.34)
    'between about 1 in 8 and 1 in 3 (90 %)'
    >>> interval_in_words(0.004, 0.34), interval_in_words(0.19, 0.21)
    ('at most about 1 in 3 (90 %)', 'about 1 in 5 (90 %)')
    >>> interval_in_words(0.125, 0.34, "ja")
    '約8件に1件から約3件に1件の間（90%）'
    """
    (low_key, low_number), (high_key, high_number) = _said(low), _said(high)
    if (low_key, low_number) == (high_key, high_number):
        return say("chance.interval.alike", language, chance=chance_in_words(low, language))
    if low_key == "fewer_than" and high_key == "more_than":
        return say("chance.interval.anything", language)
    if low_key == "fewer_than":
        return say("chance.interval.up_to", language, high=say(f"chance.bare.{high_key}", language, number=high_number))
    low_said = say(f"chance.bare.{low_key}", language, number=low_number)
    if high_key == "more_than":
        return say("chance.interval.at_least", language, low=low_said)
    high_said = say(f"chance.bare.{high_key}", language, number=high_number)
    return say("chance.interval.between", language, low=low_said, high=high_said)


def origin_in_words(outcomes: int, rules_share: float | None, language: Language = "en") -> str:
    """Say on what a score stands: on the rules that the teams agreed, or on what outcomes proved.

    Parameters
    ----------
    outcomes : int, >= 0
        Ready leads that the model learned from.
    rules_share : float in [0, 1], or None
        Part of the score that the rules carry; None where the model has no rules.
    language : {"en", "ja"}
        The reader's language.

    Returns
    -------
    origin : str
        Whole percent; a share below 1 % or above 99 % is said as a bound, never as none or all.

    Examples
    --------
    >>> origin_in_words(23, 0.8)
    '23 outcomes so far: the rules carry 80 % of this score'
    >>> origin_in_words(0, 1.0), origin_in_words(1, 0.998)
    ('no outcomes yet: the rules carry this score alone',
     '1 outcome so far: the rules carry more than 99 % of this score')
    >>> origin_in_words(1234, 0.25, "ja")
    'これまでの結果は1,234件：このスコアの25%はルールによるものです'
    """
    if outcomes == 0:
        return say("origin.nothing" if rules_share is None else "origin.no_outcomes", language)
    counted = say("origin.outcome" if outcomes == 1 else "origin.outcomes", language, number=f"{outcomes:,}")
    if rules_share is None:
        return say("origin.no_rules", language, outcomes=counted)
    if rules_share == 1:
        return say("origin.rules_alone", language, outcomes=counted)
    return say("origin.shared", language, outcomes=counted, share=_share_of_a_whole(rules_share, language))


def _share_of_a_whole(share: float, language: Language) -> str:
    if 0 < share < 0.01:
        return say("origin.less_than_one", language)
    return say("origin.more_than_99", language) if 0.99 < share < 1 else percent(share, language)


def plain(value: float) -> str:
    """Write a number without needless digits.

    Parameters
    ----------
    value : float
        Any finite number.

    Returns
    -------
    text : str
        Three significant digits below 1000, none after the point above; thousands separated.

    Examples
    --------
    >>> plain(3.0), plain(0.12345), plain(12345.6)
    ('3', '0.123', '12,346')
    """
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def days_in_words(days: float, language: Language = "en") -> str:
    """Say how long something took as precisely as a person would.

    Parameters
    ----------
    days : float, >= 0
        Elapsed days.
    language : {"en", "ja"}
        The reader's language.

    Returns
    -------
    text : str
        Whole days from ten on, tenths below, whole hours of less than a day.

    Examples
    --------
    >>> days_in_words(36.6), days_in_words(4.53), days_in_words(1.0), days_in_words(0.54), days_in_words(1e-11)
    ('37 days', '4.5 days', '1 day', '12 hours', 'under an hour')
    >>> days_in_words(4.53, "ja")
    '4.5日'
    """
    if days >= 1:
        number = f"{days:,.0f}" if days >= 9.95 else f"{days:.1f}".removesuffix(".0")
        return say("value.day" if number == "1" else "value.days", language, number=number)
    hours = math.floor(days * 24)
    if hours < 1:
        return say("value.under_an_hour", language)
    return say("value.hour" if hours == 1 else "value.hours", language, number=hours)


def percent(share: float, language: Language = "en") -> str:
    """Say a share in whole percent.

    Examples
    --------
    >>> percent(2 / 3), percent(19.24, "ja")
    ('67 %', '1,924%')
    """
    return say("value.percent", language, number=f"{100 * share:,.0f}")


def moment(microseconds: int, time_zone: str = "UTC") -> str:
    """Write an instant for a reader, to the minute.

    Parameters
    ----------
    microseconds : int
        UTC microseconds since 1970.
    time_zone : str
        IANA name of the zone in which it is read.

    Returns
    -------
    text : str

    Examples
    --------
    >>> moment(0), moment(0, "Asia/Tokyo")
    ('1970-01-01 00:00 UTC', '1970-01-01 09:00 JST')
    """
    return _local(microseconds, time_zone).strftime("%Y-%m-%d %H:%M %Z")


def day_and_time(microseconds: int, time_zone: str, language: Language = "en") -> str:
    """Say an instant inside a sentence, in the time of a zone and to the minute.

    Parameters
    ----------
    microseconds : int
        UTC microseconds since 1970.
    time_zone : str
        IANA name.
    language : {"en", "ja"}

    Returns
    -------
    words : str

    Examples
    --------
    >>> day_and_time(0, "Asia/Tokyo"), day_and_time(0, "Asia/Tokyo", "ja")
    ('1 January 1970, 09:00', '1970年1月1日9:00')
    """
    local = _local(microseconds, time_zone)
    if language == "ja":
        return f"{local.year}年{local.month}月{local.day}日{local.hour}:{local.minute:02}"
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year}, {local:%H:%M}"


def _local(microseconds: int, time_zone: str) -> datetime:
    return datetime.fromtimestamp(microseconds // 1_000_000, tz=ZoneInfo(time_zone))

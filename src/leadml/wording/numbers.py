"""Numbers as people say them."""

import math
from datetime import UTC, datetime

from leadml.wording.texts import Language, say


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
    if probability < 0.01:
        return say("chance.fewer_than", language)
    if probability > 0.99:
        return say("chance.more_than", language)
    if probability >= 0.36:
        tenths = math.floor(probability * 10 + 0.5)
        return say("chance.in_ten", language, number=min(tenths, 9)) if tenths != 5 else say("chance.half", language)
    number = 1 / probability
    step = 1 if number < 10 else 5 if number < 30 else 10
    return say("chance.one_in", language, number=round(number / step) * step)


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
    >>> percent(2 / 3), percent(2 / 3, "ja")
    ('67 %', '67%')
    """
    return say("value.percent", language, number=f"{100 * share:.0f}")


def moment(microseconds: int) -> str:
    """Write an instant for a reader, in UTC and to the minute.

    Parameters
    ----------
    microseconds : int
        UTC microseconds since 1970.

    Returns
    -------
    text : str

    Examples
    --------
    >>> moment(0)
    '1970-01-01 00:00 UTC'
    """
    return datetime.fromtimestamp(microseconds / 1_000_000, tz=UTC).strftime("%Y-%m-%d %H:%M UTC")

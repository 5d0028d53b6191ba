"""Recognises times that are not written in ISO 8601, and says which format would read them."""

import re
from datetime import datetime

from leadml.specs.history_spec import EPOCHS

_DIGITS = re.compile(r"([0-9]+)(?:\.[0-9]+)?")
_YEAR_FIRST = re.compile(r"[0-9]{4}([/.年-])[0-9]{1,2}([/.月-])[0-9]{1,2}(日?)(?:([ T])(.+))?")
_YEAR_LAST = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})[/.-][0-9]{4}(?:([ T])(.+))?")
_TIME_OF_DAY = re.compile(r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?( ?[AaPp][Mm])?")
_MONTHS = 12


def format_of(text: str) -> str | None:
    """Name the `time_format` of history.yaml that would read a text; None where it is no time.

    Parameters
    ----------
    text : str
        What is not ISO 8601.

    Returns
    -------
    time_format : str or None
        Day before month where both are possible: it says how the text may be read, not how it must be.

    Examples
    --------
    >>> [format_of(text) for text in ("02.03.2026 09:00", "2026/03/02", "1772442000", "1772442000000", "soon")]
    ['%d.%m.%Y %H:%M', '%Y/%m/%d', 'epoch_seconds', 'epoch_milliseconds', None]
    >>> format_of("03/31/2026 9:05 PM")
    '%m/%d/%Y %I:%M %p'
    """
    text = text.strip()
    time_format = _by_its_shape(text)
    if time_format is None or time_format in EPOCHS:
        return time_format
    try:
        datetime.strptime(text, time_format)  # noqa: DTZ007 - only whether there is such a day
    except ValueError:
        return None
    return time_format


def _by_its_shape(text: str) -> str | None:
    if digits := _DIGITS.fullmatch(text):
        return _of_digits(digits[1])
    if found := _YEAR_FIRST.fullmatch(text):
        first, second, last, between, time_of_day = found.groups()
        return _with_time(f"%Y{first}%m{second}%d{last}", between, time_of_day)
    if found := _YEAR_LAST.fullmatch(text):
        _, sign, two, between, time_of_day = found.groups()
        day = f"%m{sign}%d{sign}%Y" if int(two) > _MONTHS else f"%d{sign}%m{sign}%Y"
        return _with_time(day, between, time_of_day)
    return None


def _of_digits(digits: str) -> str | None:
    """Tell epochs by their length: of 2001 to 2286 seconds have 10 digits, milliseconds 13."""
    return {8: "%Y%m%d", 10: "epoch_seconds", 13: "epoch_milliseconds"}.get(len(digits))


def _with_time(day: str, between: str | None, time_of_day: str | None) -> str | None:
    if time_of_day is None:
        return day
    found = _TIME_OF_DAY.fullmatch(time_of_day)
    if not found:
        return None
    seconds, fraction, half = found.groups()
    hours = "%H:%M" if half is None else "%I:%M"
    seconds = "" if seconds is None else ":%S" if fraction is None else ":%S.%f"
    return f"{day}{between}{hours}{seconds}" + ("" if half is None else " %p" if half[0] == " " else "%p")

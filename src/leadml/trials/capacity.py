"""What sales can take, as people say it: "12 reps x 8 leads a day", "40 a week"."""

import math
import re
import unicodedata

from leadml.errors import LeadmlError
from leadml.specs.calendar_spec import CalendarSpec

_THOUSANDS = r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?"
_ONE_OR_A_THOUSAND = r"[1-9]\d{0,2}\.\d{3}"
_NUMBER = rf"({_THOUSANDS}|\d+(?:[.,]\d+)?)"
_SPAN = r"(?:(?:a|an|per|each|/)?\s*(day|week|日|週))"
_PEOPLE = r"(?:representatives?|reps?|people|persons?|人|名)?"
_LEADS = r"(?:leads?|件|リード)?"
_TIMES = r"(?:x|×|\*|✕|by|times)"
_EACH_TAKES = re.compile(rf"{_NUMBER}\s*{_PEOPLE}\s*{_TIMES}\s*{_NUMBER}\s*{_LEADS}\s*{_SPAN}?")
_TOGETHER = re.compile(rf"{_NUMBER}\s*{_LEADS}\s*{_SPAN}")
_DAYS_OF_ALWAYS = 7


def leads_a_day(said: str, calendar: CalendarSpec | None) -> float:
    """Read a capacity as leads that all take together on a working day.

    Parameters
    ----------
    said : str
        People times leads, a day unless it says a week; or leads a day or a week. Digits may be full-width.
    calendar : CalendarSpec or None
        A week has the working days of its business hours; seven where nobody agreed on hours.

    Returns
    -------
    leads : float, > 0

    Raises
    ------
    LeadmlError
        `unread_capacity`; `empty_capacity` where nobody takes a lead.

    Notes
    -----
    A comma before three digits groups thousands, as in "1,000" and "12,000.5"; any other comma is a decimal one, as in
    "1,5" and "0,125". A point is a decimal one, but before three digits, as in "1.000", it is either: some countries
    write a thousand so. That is not read, for the wrong of the two would be a thousand times too much or too little.

    Examples
    --------
    >>> office = CalendarSpec(time_zone="Asia/Tokyo")
    >>> leads_a_day("12 reps x 8 leads a day", office), leads_a_day("12 x 8", office), leads_a_day("40/week", office)
    (96.0, 96.0, 8.0)
    >>> leads_a_day("5人×2件／日", office), leads_a_day("１,０００件／週", office)
    (10.0, 200.0)
    >>> leads_a_day("1,000 a week", office), leads_a_day("1,5 a day", office), leads_a_day("1.25 a day", office)
    (200.0, 1.5, 1.25)
    >>> leads_a_day("1.000 a week", office)
    Traceback (most recent call last):
    ...
    leadml.errors.LeadmlError: The capacity '1.000 a week' cannot be read.
    ...
    >>> leads_a_day("as many as come", office)
    Traceback (most recent call last):
    ...
    leadml.errors.LeadmlError: The capacity 'as many as come' cannot be read.
    ...
    """
    text = unicodedata.normalize("NFKC", said).strip().casefold().removesuffix(".")
    each, together = _EACH_TAKES.fullmatch(text), _TOGETHER.fullmatch(text)
    if each is not None:
        leads, span = _number(each[1]) * _number(each[2]), each[3]
    elif together is not None:
        leads, span = _number(together[1]), together[2]
    else:
        leads, span = math.nan, None
    if math.isnan(leads):
        raise LeadmlError("unread_capacity", where="--capacity", capacity=said)
    if not leads:
        raise LeadmlError("empty_capacity", where="--capacity", said=said)
    return leads / working_days_a_week(calendar) if span in ("week", "週") else leads


def working_days_a_week(calendar: CalendarSpec | None) -> int:
    """Count the working days of a week without holidays."""
    if calendar is None:
        return _DAYS_OF_ALWAYS
    return sum(bool(spans) for spans in calendar.business_hours.of_week)


def _number(digits: str) -> float:
    """Read a number; NaN where it may be one or a thousand."""
    if re.fullmatch(_ONE_OR_A_THOUSAND, digits):
        return math.nan
    return float(digits.replace(",", "" if re.fullmatch(_THOUSANDS, digits) else "."))

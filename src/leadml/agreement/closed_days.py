"""The days on which the office is closed: a country's public holidays, and days of the company's own.

The library `holidays` knows each country for some years only, and says of all others that they have no holiday. A
deadline would then be too early and nobody would notice; so other years are refused. Holidays by the moon are written
out year by year, and not as far as the country's others: a year from which on one of them never comes again is not
known either.
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache

import holidays
from holidays.countries.india import India
from holidays.groups.hindu import HinduCalendarHolidays

from leadml.errors import LeadmlError
from leadml.specs.calendar_spec import HolidaysSpec
from leadml.wording.texts import Language

# Of any other year open hours are not counted: nobody agrees on so much, and laying it out would take seconds.
YEARS = range(1900, 2501)

# What is a holiday in all of these years, of which every calendar of the library knows, is one every year.
_SETTLED_YEARS = range(2024, 2031)
_YEARS_OF_HINDU_CALENDAR = range(2001, 2036)
_REMARK = re.compile(r"\s*\(.*?\)")  # such as "(estimated)", of some years only
_LANGUAGES: dict[Language, tuple[str, ...]] = {"en": ("en_US", "en_GB", "en"), "ja": ("ja", "en_US", "en_GB", "en")}


def closed_days(spec: HolidaysSpec, year: int) -> frozenset[date]:
    """List the days of a year on which the office is closed, whatever the day of the week.

    Parameters
    ----------
    spec : HolidaysSpec
    year : int

    Returns
    -------
    closed : frozenset of date

    Raises
    ------
    LeadmlError
        `beyond_the_calendar` or `beyond_the_holidays` of a year that is not known.

    Examples
    --------
    >>> date(2026, 5, 6) in closed_days(HolidaysSpec(country="JP"), 2026)
    True
    >>> closed_days(HolidaysSpec(country="JP"), 2100)
    Traceback (most recent call last):
    ...
    leadml.errors.LeadmlError: The public holidays of JP in the year 2100 are not known.
      Why:   They are known from 1949 to 2099, and hours counted through a holiday would be due too early.
      Where: sla.yaml, calendar.holidays
      Fix:   Choose a time and a promise within these years, or list days under closed instead of a country.
    """
    public = _public_holidays(spec.country, spec.subdivision, year)
    return frozenset(day for day in (*public, *spec.closed) if day.year == year and day not in spec.opened)


def holiday_name(spec: HolidaysSpec, day: date, language: Language = "en") -> str:
    """Name a public holiday in the reader's language, as far as the library has it.

    Parameters
    ----------
    spec : HolidaysSpec
    day : date
    language : {"en", "ja"}

    Returns
    -------
    name : str
        Empty where the day is none.

    Examples
    --------
    >>> holiday_name(HolidaysSpec(country="JP"), date(2026, 5, 6), "ja")
    '振替休日'
    """
    return _public_holidays(spec.country, spec.subdivision, day.year, language).get(day, "")


def known_years(spec: HolidaysSpec) -> range:
    """Give the years of which it is known on which days the office is closed.

    Examples
    --------
    >>> known_years(HolidaysSpec()), known_years(HolidaysSpec(country="DE", subdivision="BY"))
    (range(1900, 2501), range(1991, 2101))
    """
    return YEARS if spec.country is None else _years_of(spec.country, spec.subdivision)


@lru_cache(maxsize=64)
def _years_of(country: str, subdivision: str | None) -> range:
    public = holidays.country_holidays(country, subdivision)
    if isinstance(public, India):  # asked about other years, the library warns
        return _YEARS_OF_HINDU_CALENDAR
    first, end = max(public.start_year, YEARS.start), min(public.end_year, YEARS.stop - 1)
    last = _last_with_all(country, subdivision, end)
    if last < end and isinstance(public, HinduCalendarHolidays):
        first = max(first, _YEARS_OF_HINDU_CALENDAR.start)
    return range(first, last + 1)


def _last_with_all(country: str, subdivision: str | None, end: int) -> int:
    """Find the last year up to which none of the yearly holidays is gone for good."""
    settled = _SETTLED_YEARS[-1]
    if end <= settled:
        return end
    yearly = set.intersection(*(_names_in(country, subdivision, year) for year in _SETTLED_YEARS))
    for year in range(end, settled, -1):
        yearly -= _names_in(country, subdivision, year)
        if not yearly:
            return year
    return settled


def _names_in(country: str, subdivision: str | None, year: int) -> set[str]:
    public = _of_library(country, subdivision, year, "en")
    return {_REMARK.sub("", name) for day in public for name in public.get_list(day)}


@lru_cache(maxsize=4096)
def _public_holidays(
    country: str | None, subdivision: str | None, year: int, language: Language = "en"
) -> Mapping[date, str]:
    if year not in YEARS:
        raise LeadmlError(
            "beyond_the_calendar", where="sla.yaml, calendar", year=year, first=YEARS.start, last=YEARS.stop - 1
        )
    if country is None:
        return {}
    years = _years_of(country, subdivision)
    if year not in years:
        raise LeadmlError(
            "beyond_the_holidays",
            where="sla.yaml, calendar.holidays",
            country=country,
            year=year,
            first=years.start,
            last=years.stop - 1,
        )
    return dict(_of_library(country, subdivision, year, language))


def _of_library(country: str, subdivision: str | None, year: int, language: Language) -> holidays.HolidayBase:
    spoken = holidays.country_holidays(country).supported_languages
    chosen = next((name for name in _LANGUAGES[language] if name in spoken), None)
    return holidays.country_holidays(country, subdivision, years=year, language=chosen)

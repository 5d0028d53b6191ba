"""What the calendar of `sla.yaml` must fulfil as a whole: zone and holidays exist, hours follow each other."""

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from zoneinfo import available_timezones

import holidays
from holidays.registry import COUNTRIES

from leadml.clock import known_time_zone
from leadml.errors import LeadmlError, known_words
from leadml.specs.calendar_spec import WEEKDAYS, span_of_day
from leadml.specs.written import Written
from leadml.wording.texts import nearest

_HOLIDAYS = ("calendar", "holidays")
# Found beside the zones of places: what a machine has set, and clocks that count leap seconds.
_NO_PLACES = ("localtime", "Factory", "posix", "right/")


def _time_zone(written: Written) -> Iterator[LeadmlError]:
    name = written.word("calendar", "time_zone")
    if name is not None and (not known_time_zone(name) or name.startswith(_NO_PLACES)):
        hint = nearest(name, sorted(available_timezones()))
        yield LeadmlError("unknown_time_zone", where=written.where("calendar", "time_zone"), zone=name, hint=hint)


def _holidays(written: Written) -> Iterator[LeadmlError]:
    in_short = written.word(*_HOLIDAYS)
    country = written.word(*_HOLIDAYS, "country") if in_short is None else in_short
    subdivision = written.word(*_HOLIDAYS, "subdivision")
    if country is None:
        if subdivision is not None:
            where = written.where(*_HOLIDAYS, "subdivision")
            yield LeadmlError("subdivision_without_country", where=where, subdivision=subdivision)
        return
    countries = holidays.list_supported_countries()
    if country not in countries:
        where = written.where(*_HOLIDAYS, "country") if in_short is None else written.where(*_HOLIDAYS)
        yield LeadmlError("unknown_country", where=where, country=country, hint=_country_meant(country))
    elif subdivision is not None and subdivision not in countries[country]:
        known = countries[country]
        yield LeadmlError(
            "unknown_subdivision",
            where=written.where(*_HOLIDAYS, "subdivision"),
            subdivision=subdivision,
            country=country,
            known=known_words(known) or "-",
            hint=subdivision.upper() if subdivision.upper() in known else nearest(subdivision, known),
        )


def _country_meant(written: str) -> str:
    """Find the code of a country that was written out, or in small letters."""
    if written.upper() in holidays.list_supported_countries(include_aliases=False):
        return written.upper()
    names = {name: code for name, code, *_ in COUNTRIES.values()}
    return names.get(nearest(written, list(names)), "")


def _own_days(written: Written) -> Iterator[LeadmlError]:
    closed = written.words(*_HOLIDAYS, "closed")
    for number, day in enumerate(written.entries(*_HOLIDAYS, "opened")):
        if day in closed:
            where = written.where(*_HOLIDAYS, "opened", number)
            yield LeadmlError("closed_and_opened", where=where, day=day)


def _business_hours(written: Written) -> Iterator[LeadmlError]:
    place = ("calendar", "business_hours")
    week = written.mapping(*place)
    if isinstance(written.get(*place), dict) and not any(week.values()):
        yield LeadmlError("never_open", where=written.where(*place))
    for day in WEEKDAYS:
        spans = written.words(*place, day)
        for number, (before, after) in enumerate(pairwise(spans), start=1):
            first, second = span_of_day(before), span_of_day(after)
            if first is not None and second is not None and second[0] < first[1]:
                where = written.where(*place, day, number)
                yield LeadmlError("hours_overlap", where=where, span=after, before=before)


CALENDAR_CHECKS: tuple[Callable[[Written], Iterable[LeadmlError]], ...] = (
    _time_zone,
    _holidays,
    _own_days,
    _business_hours,
)

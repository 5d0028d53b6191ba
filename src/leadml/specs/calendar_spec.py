"""When the office is open: the part of `sla.yaml` by which promised hours are counted."""

import re
from datetime import date
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from leadml.specs.reading import Specification

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_SPAN = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
_MINUTES_A_DAY = 24 * 60


def minutes_of(span: str) -> tuple[int, int]:
    """Read a span of a day, as minutes since midnight.

    Parameters
    ----------
    span : str
        Such as `09:00-18:00`; `24:00` is the end of the day.

    Returns
    -------
    first, last : int in 0..1440

    Raises
    ------
    ValueError
        Where it is no such span.

    Examples
    --------
    >>> minutes_of("09:00-24:00")
    (540, 1440)
    """
    found = _SPAN.fullmatch(span)
    if found is None:
        raise ValueError(f"{span!r} is no span of a day such as 09:00-18:00")
    first_hour, first_minute, last_hour, last_minute = map(int, found.groups())
    first, last = first_hour * 60 + first_minute, last_hour * 60 + last_minute
    if max(first, last) > _MINUTES_A_DAY:
        raise ValueError(f"{span!r} goes beyond 24:00, the end of the day")
    return first, last


def _opening(span: str) -> str:
    first, last = minutes_of(span)
    if first >= last:
        raise ValueError(
            f"{span!r} ends before it begins: write a night as 22:00-24:00 and 00:00-06:00 of the next day"
        )
    return span


def _in_order(spans: tuple[str, ...]) -> tuple[str, ...]:
    minutes = [minutes_of(span) for span in spans]
    for (_, before), (after, _) in pairwise(minutes):
        if after < before:
            raise ValueError("the hours of a day must follow each other and not overlap")
    return spans


Opening = Annotated[str, AfterValidator(_opening)]
Openings = Annotated[tuple[Opening, ...], AfterValidator(_in_order)]
_OFFICE_DAY: tuple[str, ...] = ("09:00-18:00",)


class BusinessHoursSpec(Specification):
    """The hours of each day of the week, in local time; a day that is not named is closed."""

    monday: Annotated[Openings, Field(description="spans such as 09:00-12:00")] = ()
    tuesday: Annotated[Openings, Field(description="as monday")] = ()
    wednesday: Annotated[Openings, Field(description="as monday")] = ()
    thursday: Annotated[Openings, Field(description="as monday")] = ()
    friday: Annotated[Openings, Field(description="as monday")] = ()
    saturday: Annotated[Openings, Field(description="as monday")] = ()
    sunday: Annotated[Openings, Field(description="as monday")] = ()

    @model_validator(mode="after")
    def _some_hour(self) -> "BusinessHoursSpec":
        if not any(self.of_week):
            raise ValueError("the office is never open: no promise in business hours could be kept")
        return self

    @property
    def of_week(self) -> tuple[tuple[str, ...], ...]:
        """The spans of each day, Monday first."""
        return tuple(getattr(self, day) for day in WEEKDAYS)


_OFFICE_WEEK = BusinessHoursSpec(**dict.fromkeys(WEEKDAYS[:5], _OFFICE_DAY))


class HolidaysSpec(Specification):
    """Days on which the office is closed: a country's public holidays, and the company's own."""

    country: Annotated[str | None, Field(description="its public holidays; ISO 3166 code, such as JP")] = None
    subdivision: Annotated[str | None, Field(description="state or province, such as BY; ISO 3166-2")] = None
    closed: Annotated[tuple[date, ...], Field(description="closed on these days too")] = ()
    opened: Annotated[tuple[date, ...], Field(description="open on these holidays all the same")] = ()

    @model_validator(mode="before")
    @classmethod
    def _from_word(cls, written: object) -> object:
        return {"country": written} if isinstance(written, str) else written


class CalendarSpec(Specification):
    """By which clock hours are counted."""

    time_zone: Annotated[str, Field(description="IANA name, such as Asia/Tokyo: of the hours, the days and the weeks")]
    business_hours: Annotated[
        BusinessHoursSpec, Field(description="by default Monday to Friday from 09:00 to 18:00")
    ] = _OFFICE_WEEK
    holidays: Annotated[HolidaysSpec, Field(description="the code of a country, or keys of its own")] = HolidaysSpec()
    after_hours: Annotated[
        Literal["pause", "next_open"],
        Field(
            description="`pause`: the clock stands still while the office is closed; `next_open`: what comes after "
            "hours begins when the office opens, and the clock then runs through nights and weekends"
        ),
    ] = "pause"

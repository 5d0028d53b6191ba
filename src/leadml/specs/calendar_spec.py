"""When the office is open: the part of `sla.yaml` by which promised hours are counted."""

import re
from contextlib import suppress
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from leadml.specs.reading import Specification, UnfitWordError

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SPAN = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
SPAN_PATTERN = f"^{_SPAN.pattern}$"
_MINUTES_A_DAY = 24 * 60
_MINUTES_A_WEEK = 7 * _MINUTES_A_DAY


def span_of_day(span: str) -> tuple[int, int] | None:
    """Read a span of a day, as minutes since midnight.

    Parameters
    ----------
    span : str
        Such as `09:00-18:00`; `24:00` is the end of the day.

    Returns
    -------
    first, last : int in 0..1440, or None
        None where it is no such span.

    Examples
    --------
    >>> span_of_day("09:00-24:00"), span_of_day("9-17")
    ((540, 1440), None)
    """
    found = _SPAN.fullmatch(span)
    if found is None:
        return None
    first_hour, first_minute, last_hour, last_minute = map(int, found.groups())
    first, last = first_hour * 60 + first_minute, last_hour * 60 + last_minute
    return None if max(first, last) > _MINUTES_A_DAY else (first, last)


def minutes_of(span: str) -> tuple[int, int]:
    """Read a span that is known to be one: see `span_of_day`.

    Raises
    ------
    ValueError
        Where it is none.

    Examples
    --------
    >>> minutes_of("09:00-24:00")
    (540, 1440)
    """
    minutes = span_of_day(span)
    if minutes is None:
        raise ValueError(f"{span!r} is no span of a day such as 09:00-18:00")
    return minutes


def _opening(span: str) -> str:
    minutes = span_of_day(span)
    if minutes is None:
        raise UnfitWordError(span, (), expected="a span of a day such as 09:00-18:00, up to 24:00")
    if minutes[0] >= minutes[1]:
        expected = "a span that ends after it begins; a night is 22:00-24:00 and 00:00-06:00 of the next day"
        raise UnfitWordError(span, (), expected=expected)
    return span


Opening = Annotated[str, AfterValidator(_opening), Field(json_schema_extra={"pattern": SPAN_PATTERN})]
Openings = tuple[Opening, ...]
_OFFICE_DAY: Openings = ("09:00-18:00",)


class BusinessHoursSpec(Specification):
    """The hours of each day of the week, in local time; a day that is not named is closed."""

    monday: Annotated[Openings, Field(description="spans such as 09:00-12:00")] = ()
    tuesday: Annotated[Openings, Field(description="as monday")] = ()
    wednesday: Annotated[Openings, Field(description="as monday")] = ()
    thursday: Annotated[Openings, Field(description="as monday")] = ()
    friday: Annotated[Openings, Field(description="as monday")] = ()
    saturday: Annotated[Openings, Field(description="as monday")] = ()
    sunday: Annotated[Openings, Field(description="as monday")] = ()

    @property
    def of_week(self) -> tuple[tuple[str, ...], ...]:
        """The spans of each day, Monday first."""
        return tuple(getattr(self, day) for day in WEEKDAYS)

    @classmethod
    def office_week(cls) -> "BusinessHoursSpec":
        """Give the usual week: Monday to Friday from 09:00 to 18:00."""
        return cls(**dict.fromkeys(WEEKDAYS[:5], _OFFICE_DAY))

    def most_minutes_in(self, minutes: int) -> int:
        """Count the open minutes of the span of so many minutes that has the most, in weeks without a holiday.

        Parameters
        ----------
        minutes : int, >= 0

        Returns
        -------
        most : int

        Examples
        --------
        >>> week = BusinessHoursSpec.office_week()
        >>> week.most_minutes_in(2 * 24 * 60) // 60, week.most_minutes_in(3 * 24 * 60) // 60
        (18, 27)
        """
        week = [
            (day * _MINUTES_A_DAY + first, day * _MINUTES_A_DAY + last)
            for day, spans in enumerate(self.of_week)
            for first, last in map(minutes_of, spans)
        ]
        whole, rest = divmod(minutes, _MINUTES_A_WEEK)
        twice = [*week, *((first + _MINUTES_A_WEEK, last + _MINUTES_A_WEEK) for first, last in week)]
        # The best span begins with an opening: moved back to one it loses nothing, moved on to one neither.
        best = max(
            (sum(max(min(last, start + rest) - max(first, start), 0) for first, last in twice) for start, _ in week),
            default=0,
        )
        return whole * sum(last - first for first, last in week) + best


def _day(written: object) -> object:
    """Read a date as it is written, in one way: pydantic takes `"86400"` for seconds, Python `"20260102"` for a day."""
    if isinstance(written, str) and _DAY.fullmatch(written):
        with suppress(ValueError):
            return date.fromisoformat(written)
    return written


Day = Annotated[date, BeforeValidator(_day)]


class HolidaysSpec(Specification):
    """Days on which the office is closed: a country's public holidays, and the company's own."""

    country: Annotated[str | None, Field(description="its public holidays; ISO 3166 code, such as JP")] = None
    subdivision: Annotated[str | None, Field(description="state or province, such as BY; ISO 3166-2")] = None
    closed: Annotated[tuple[Day, ...], Field(strict=False, description="closed on these days too")] = ()
    opened: Annotated[tuple[Day, ...], Field(strict=False, description="open on these holidays all the same")] = ()

    @model_validator(mode="before")
    @classmethod
    def _from_word(cls, written: object) -> object:
        return {"country": written} if isinstance(written, str) else written


class CalendarSpec(Specification):
    """By which clock hours are counted."""

    time_zone: Annotated[str, Field(description="IANA name, such as Asia/Tokyo: of the hours, the days and the weeks")]
    business_hours: Annotated[
        BusinessHoursSpec, Field(description="by default Monday to Friday from 09:00 to 18:00")
    ] = BusinessHoursSpec.office_week()
    holidays: Annotated[HolidaysSpec, Field(description="the code of a country, or keys of its own")] = HolidaysSpec()
    after_hours: Annotated[
        Literal["pause", "next_open"],
        Field(
            description="`pause`: the clock stands still while the office is closed; `next_open`: what comes after "
            "hours begins when the office opens, and the clock then runs through nights and weekends"
        ),
    ] = "pause"

"""Instants: how times are read, and where a score stands among the facts.

Inside leadml an instant is an integer, UTC microseconds since 1970. One worked example runs
through the house: lead L1 opens the price page on 2026-03-02 at 09:00:00 UTC, the CRM learns of it
at 09:00:05, and the score that this fact causes is taken at 09:00:05.000001.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from numba import njit

from leadml.errors import LeadmlError

Instants = npt.NDArray[np.int64]
Forms = npt.NDArray[np.int8]
Offsets = npt.NDArray[np.int64]
Signs = npt.NDArray[np.uint8]
Texts: TypeAlias = "pa.StringArray | pd.Series | Sequence[str | None]"

MICROSECOND = 1
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

# What we read as a time, said in full, for left to itself pandas also takes `now`, `2026-03` and `20260302`:
# 2026-03-02; 2026-03-02T09:00[:00[.1 to 9 digits]], or a space for the T; and the same followed by Z or +01[[:]00],
# with or without a space before it.
UNREADABLE, ZONED, LOCAL, DAY_ONLY = 0, 1, 2, 3
_NO_DAY = -(2**62)
SIGNS, _TWO = "Array(uint8, 1, 'C', True)", "Tuple((int64, int64))"  # Arrow's memory is read-only
# Python's own dates end here, less the days by which a zone may move them. A time beyond is taken as the end.
_FIRST, _LAST = (int(np.datetime64(day, "us").astype(np.int64)) for day in ("0001-01-03", "9999-12-29"))


def just_after(known_at: Iterable[int]) -> int:
    """Find the instant of the score that a fact causes.

    `as_of` stands between facts, never on one. A score caused by a fact is taken one microsecond
    after the latest `known_at` among the facts of that instant, in training and live alike.

    Parameters
    ----------
    known_at : iterable of int, UTC microseconds
        When each fact of that instant became known.

    Returns
    -------
    as_of : int, UTC microseconds

    Examples
    --------
    >>> just_after([1_000_000, 5_000_000])
    5000001
    """
    return int(just_after_each(np.array([max(known_at)], dtype=np.int64))[0])


def just_after_each(latest_known: Instants) -> Instants:
    """Find the instants of the scores that many facts cause: `just_after`, for as many at once.

    Parameters
    ----------
    latest_known : int array, shape (n,), UTC microseconds
        When the last fact of each instant became known.

    Returns
    -------
    as_of : int array, shape (n,), UTC microseconds

    Examples
    --------
    >>> just_after_each(np.array([5_000_000])).tolist()
    [5000001]
    """
    return latest_known + MICROSECOND


def now() -> int:
    """Read the machine's clock, as UTC microseconds.

    Examples
    --------
    >>> now() > 0
    True
    """
    return time.time_ns() // 1_000


def to_iso(microseconds: int) -> str:
    """Write an instant as ISO 8601 in UTC, to the microsecond.

    Examples
    --------
    >>> to_iso(1_500_000)
    '1970-01-01T00:00:01.500000Z'
    """
    whole, rest = divmod(microseconds, SECOND)
    return f"{datetime.fromtimestamp(whole, tz=UTC).replace(tzinfo=None).isoformat()}.{rest:06d}Z"


def to_local(microseconds: int, time_zone: str) -> str:
    """Write an instant as ISO 8601 in the time of a zone, with its offset, to the microsecond.

    Parameters
    ----------
    microseconds : int
        UTC microseconds since 1970.
    time_zone : str
        IANA name.

    Returns
    -------
    local : str

    Examples
    --------
    >>> to_local(1_500_000, "Asia/Tokyo")
    '1970-01-01T09:00:01.500000+09:00'
    """
    whole, rest = divmod(microseconds, SECOND)
    local = datetime.fromtimestamp(whole, tz=ZoneInfo(time_zone)).replace(microsecond=rest)
    return local.isoformat(timespec="microseconds")


def parse_instant(text: str, *, where: str, time_zone: str | None = None) -> int:
    """Read one instant.

    Parameters
    ----------
    text : str
        ISO 8601; `2026-03-02T09:00:00Z`, `2026-03-02 10:00:00+01:00`, or a date.
    where : str
        Said in the error.
    time_zone : str, optional
        IANA name for a time without an offset; without it such a time is an error.

    Returns
    -------
    instant : int, UTC microseconds

    Raises
    ------
    LeadmlError
        `not_a_time` or `time_without_zone`.

    Examples
    --------
    >>> parse_instant("1970-01-01T01:00:00+01:00", where="--as-of")
    0
    >>> parse_instant("1970-01-01T01:00:00", where="--as-of")
    Traceback (most recent call last):
    ...
    leadml.errors.LeadmlError: '1970-01-01T01:00:00' has no time zone.
      Why:   Without its offset from UTC a time can mean any of 24 hours, and a score could see the future.
      Where: --as-of
      Fix:   Write the offset, as in 2026-03-02T09:00:00Z or +01:00, or give time_zone in history.yaml.
    """
    reading = read_instants([text], time_zone=time_zone)
    if reading.without_zone[0]:
        raise LeadmlError("time_without_zone", where=where, value=text)
    if reading.unreadable[0]:
        raise LeadmlError("not_a_time", where=where, value=text)
    return int(reading.instants[0])


@dataclass(frozen=True)
class InstantReading:
    """What became of a column of texts that should be times."""

    instants: Instants
    unreadable: npt.NDArray[np.bool_]
    without_zone: npt.NDArray[np.bool_]
    date_only: npt.NDArray[np.bool_]

    @property
    def begins(self) -> Instants:
        """The earliest each can mean: a date may be today's, though its day has not ended."""
        if not self.date_only.any():
            return self.instants
        begins: Instants = self.instants - np.where(self.date_only, DAY, 0)
        return begins


def read_instants(texts: Texts, *, time_zone: str | None) -> InstantReading:
    """Read a column of times, honouring offsets.

    A date without time happened in the last microsecond of that local day: it must not be
    visible to a score taken earlier that day. In the hour that a clock passes twice the later
    reading is taken, for the same reason; an hour that a clock skips is read as its end.

    Parameters
    ----------
    texts : Arrow array, Series or sequence of str, shape (n,)
        ISO 8601 dates and times.
    time_zone : str or None
        IANA name for times without an offset.

    Returns
    -------
    reading : InstantReading
        Arrays of shape (n,); `instants` is 0 where a text could not be read.

    Examples
    --------
    >>> reading = read_instants(["2026-03-29", "soon"], time_zone="Europe/Berlin")
    >>> to_iso(int(reading.instants[0])), reading.unreadable.tolist()
    ('2026-03-29T21:59:59.999999Z', [False, True])
    """
    return place_local_times(*read_iso_texts(_as_strings(texts)), time_zone=time_zone)


def read_iso_texts(texts: pa.StringArray) -> tuple[Instants, Forms]:
    """Read ISO 8601 as it is written: for times without an offset the zone is still to be found.

    Parameters
    ----------
    texts : Arrow array of string or large_string, shape (n,)

    Returns
    -------
    instants : int array, shape (n,)
    forms : int8 array, shape (n,)
        What each is: see `place_local_times`.

    Examples
    --------
    >>> read_iso_texts(pa.array(["1970-01-01 00:00:01", "soon"]))[1].tolist() == [LOCAL, UNREADABLE]
    True
    """
    instants, forms = np.empty(len(texts), np.int64), np.empty(len(texts), np.int8)
    offsets, signs = string_buffers(texts)
    _read_iso(offsets, signs, instants, forms)
    return instants, forms


def place_local_times(instants: Instants, forms: Forms, *, time_zone: str | None) -> InstantReading:
    """Turn what was read without an offset into instants, in the zone of the project.

    Parameters
    ----------
    instants : int array, shape (n,)
        UTC microseconds where `forms` is `ZONED`; microseconds of the local clock where it is `LOCAL`; midnight where
        it is `DAY_ONLY`. Overwritten.
    forms : int8 array, shape (n,)
        Also `UNREADABLE`.
    time_zone : str or None
        IANA name.

    Returns
    -------
    reading : InstantReading
    """
    if (forms == ZONED).all():
        return known_instants(instants)
    date_only, unreadable = forms == DAY_ONLY, forms == UNREADABLE
    no_offset = date_only | (forms == LOCAL)
    instants[unreadable] = 0
    np.clip(instants, _FIRST, _LAST, out=instants)
    if not no_offset.any():
        return InstantReading(instants, unreadable, no_offset, date_only)
    if time_zone is None:
        instants[no_offset] = 0
        return InstantReading(instants, unreadable, no_offset, date_only)
    local = np.flatnonzero(no_offset)
    days = date_only[local]
    ends = pd.DatetimeIndex((instants[local] + np.where(days, DAY, 0)).view("datetime64[us]"))
    # A day ends when its midnight comes for the first time, should a clock pass it twice.
    placed = ends.tz_localize(ZoneInfo(time_zone), ambiguous=days, nonexistent="shift_forward").tz_convert("UTC")
    instants[local] = placed.as_unit("us").asi8 - days * MICROSECOND
    return InstantReading(instants, unreadable, np.zeros(len(instants), dtype=bool), date_only)


def known_instants(instants: Instants) -> InstantReading:
    """Take instants that need no reading, such as timestamps in UTC.

    Parameters
    ----------
    instants : int array, shape (n,), UTC microseconds

    Returns
    -------
    reading : InstantReading
    """
    never = np.zeros(len(instants), dtype=bool)
    if len(instants) and not (instants.min() >= _FIRST and instants.max() <= _LAST):
        instants = np.clip(instants, _FIRST, _LAST)
    return InstantReading(instants, never, never, never)


def string_buffers(texts: pa.StringArray) -> tuple[Offsets, Signs]:
    """Show the memory of an array of texts: where each begins and ends, and the UTF-8 of all.

    Parameters
    ----------
    texts : Arrow array of string or large_string, n texts

    Returns
    -------
    offsets : int64 array, shape (n + 1,)
    signs : uint8 array

    Examples
    --------
    >>> offsets, signs = string_buffers(pa.array(["a", None, "bc"]))
    >>> offsets.tolist(), bytes(signs)
    ([0, 1, 1, 3], b'abc')
    """
    _, ends, signs = texts.buffers()
    kind = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    offsets = np.zeros(1, kind) if ends is None else np.frombuffer(ends, kind)
    within = offsets[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    return within, np.frombuffer(signs or b"", np.uint8)


def _as_strings(texts: Texts) -> pa.StringArray:
    if isinstance(texts, pa.Array):
        return texts
    if isinstance(texts, pd.Series):
        return pa.array(texts.astype("str").to_list(), pa.string(), from_pandas=True)
    return pa.array(texts, pa.string())


@njit(f"int64({SIGNS}, int64, int64)", cache=True, nogil=True)
def _space_at(signs: Signs, place: int, end: int) -> int:
    """Tell how many bytes the white space at a place has, as `str.strip` knows it; 0 where there is none."""
    first = signs[place]
    if first == 32 or 9 <= first <= 13 or 28 <= first <= 31:
        return 1
    if first == 0xC2 and place + 1 < end and signs[place + 1] in (0x85, 0xA0):
        return 2
    if first < 0xE1 or place + 2 >= end:
        return 0
    second, third = signs[place + 1], signs[place + 2]
    wide = (
        (first == 0xE1 and second == 0x9A and third == 0x80)
        or (first == 0xE2 and second == 0x80 and (0x80 <= third <= 0x8A or third in (0xA8, 0xA9, 0xAF)))
        or (first == 0xE2 and second == 0x81 and third == 0x9F)
        or (first == 0xE3 and second == 0x80 and third == 0x80)
    )
    return 3 if wide else 0


@njit(f"int64({SIGNS}, int64, int64, int64)", cache=True, nogil=True)
def _number_at(signs: Signs, place: int, digits: int, end: int) -> int:
    """Read so many digits; -1 where something else stands."""
    if place + digits > end:
        return -1
    number = 0
    for sign in range(place, place + digits):
        digit = int(signs[sign]) - 48
        if digit < 0 or digit > 9:
            return -1
        number = 10 * number + digit
    return number


@njit("int64(int64, int64, int64)", cache=True, nogil=True)
def _days_since_1970(year: int, month: int, day: int) -> int:
    """Count the days of the proleptic Gregorian calendar; the most negative number for a day that does not exist."""
    leap = (year % 4 == 0 and year % 100 != 0) or year % 400 == 0
    length = 28 + leap if month == 2 else 30 if month in (4, 6, 9, 11) else 31
    if not (1 <= month <= 12 and 1 <= day <= length):
        return _NO_DAY
    # Years begin in March, so that the leap day is the last: see Howard Hinnant, "chrono-compatible low-level dates".
    years = year - (month <= 2)
    of_era = years % 400
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return years // 400 * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


@njit(f"{_TWO}({SIGNS}, int64, int64)", cache=True, nogil=True)
def _zone_at(signs: Signs, place: int, end: int) -> tuple[int, int]:
    """Read the offset that ends a time, in microseconds, and the form that it gives the time."""
    if place < end and signs[place] == 32:
        place += 1
    elif place == end:
        return 0, LOCAL
    if place + 1 == end and signs[place] == 90:
        return 0, ZONED
    if place == end or signs[place] not in (43, 45):
        return 0, UNREADABLE
    hours, minutes, after = _number_at(signs, place + 1, 2, end), 0, place + 3
    if after < end:
        after += signs[after] == 58
        minutes = _number_at(signs, after, 2, end)
        after += 2
    if after != end or not (0 <= hours <= 23 and 0 <= minutes <= 59):
        return 0, UNREADABLE
    return (hours * HOUR + minutes * MINUTE) * (1 if signs[place] == 43 else -1), ZONED


@njit(f"{_TWO}({SIGNS}, int64, int64)", cache=True, nogil=True)
def _time_of_day_at(signs: Signs, place: int, end: int) -> tuple[int, int]:
    """Read `09:00`, `09:00:00` or `09:00:00.5` in microseconds, and where it ends; -1 where it is none."""
    hour, minute = _number_at(signs, place, 2, end), _number_at(signs, place + 3, 2, end)
    if not (0 <= hour <= 23 and 0 <= minute <= 59 and signs[place + 2] == 58):
        return -1, place
    place += 5
    second, fraction = 0, 0
    if place < end and signs[place] == 58:
        second = _number_at(signs, place + 1, 2, end)
        place += 3
        if not 0 <= second <= 59:
            return -1, place
        if place < end and signs[place] == 46:
            first, unit = place + 1, 100_000
            place = first
            while place < end and 48 <= signs[place] <= 57:
                fraction += unit * (int(signs[place]) - 48)
                unit //= 10
                place += 1
            if not 1 <= place - first <= 9:
                return -1, place
    return hour * HOUR + minute * MINUTE + second * SECOND + fraction, place


@njit(f"{_TWO}({SIGNS}, int64, int64)", cache=True, nogil=True)
def _read_one(signs: Signs, place: int, end: int) -> tuple[int, int]:
    """Read one text without space around it: microseconds and form."""
    year = _number_at(signs, place, 4, end)
    month, day = _number_at(signs, place + 5, 2, end), _number_at(signs, place + 8, 2, end)
    if year < 1 or day < 0 or signs[place + 4] != 45 or signs[place + 7] != 45:
        return 0, UNREADABLE
    days = _days_since_1970(year, month, day)
    if days == _NO_DAY:
        return 0, UNREADABLE
    place += 10
    if place == end:
        return days * DAY, DAY_ONLY
    if signs[place] not in (84, 32):
        return 0, UNREADABLE
    time_of_day, place = _time_of_day_at(signs, place + 1, end)
    if time_of_day < 0:
        return 0, UNREADABLE
    offset, form = _zone_at(signs, place, end)
    return days * DAY + time_of_day - offset, form


@njit(f"{_TWO}({SIGNS}, int64, int64)", cache=True, nogil=True)
def _without_space(signs: Signs, place: int, end: int) -> tuple[int, int]:
    """Leave out white space at both ends of a text, as `str.strip` does."""
    while place < end:
        wide = _space_at(signs, place, end)
        if wide == 0:
            break
        place += wide
    while end > place:
        wide = 0
        for tried in range(1, min(3, end - place) + 1):
            if _space_at(signs, end - tried, end) == tried:
                wide = tried
        if wide == 0:
            break
        end -= wide
    return place, end


@njit(f"void(int64[::1], {SIGNS}, int64[::1], int8[::1])", cache=True, nogil=True)
def _read_iso(offsets: Offsets, signs: Signs, instants: Instants, forms: Forms) -> None:
    """Read every text; compiled, as there are millions."""
    for row in range(len(instants)):
        place, end = _without_space(signs, offsets[row], offsets[row + 1])
        instants[row], forms[row] = _read_one(signs, place, end)


def known_time_zone(name: str) -> bool:
    """Tell whether an IANA time zone exists.

    Examples
    --------
    >>> known_time_zone("Asia/Tokyo"), known_time_zone("Asia/Tokio")
    (True, False)
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True

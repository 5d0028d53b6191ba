"""Instants: how times are read, and where a score stands among the facts.

Inside leadml an instant is an integer, UTC microseconds since 1970. One worked example runs
through the house: lead L1 opens the price page on 2026-03-02 at 09:00:00 UTC, the CRM learns of it
at 09:00:05, and the score that this fact causes is taken at 09:00:05.000001.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadml.errors import LeadmlError

Instants = npt.NDArray[np.int64]

MICROSECOND = 1
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

# What we read as a time, said in full: left to itself pandas also takes `now`, `2026-03` and `20260302`.
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_LOCAL_TIME = _DATE + r"[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
_ZONED_TIME = _LOCAL_TIME + r" ?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)"
# Python's own dates end here, less the days by which a zone may move them. A time beyond is taken as the end.
_FIRST, _LAST = pd.Timestamp("0001-01-03"), pd.Timestamp("9999-12-29")


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
    return max(known_at) + MICROSECOND


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
    reading = read_instants(pd.Series([text], dtype="str"), time_zone=time_zone)
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
        begins: Instants = self.instants - np.where(self.date_only, DAY, 0)
        return begins


def read_instants(texts: pd.Series, *, time_zone: str | None) -> InstantReading:
    """Read a column of times, honouring offsets.

    A date without time happened in the last microsecond of that local day: it must not be
    visible to a score taken earlier that day. In the hour that a clock passes twice the later
    reading is taken, for the same reason; an hour that a clock skips is read as its end.

    Parameters
    ----------
    texts : Series of str, shape (n,)
        ISO 8601 dates and times.
    time_zone : str or None
        IANA name for times without an offset.

    Returns
    -------
    reading : InstantReading
        Arrays of shape (n,); `instants` is 0 where a text could not be read.

    Examples
    --------
    >>> reading = read_instants(pd.Series(["2026-03-29", "soon"]), time_zone="Europe/Berlin")
    >>> to_iso(int(reading.instants[0])), reading.unreadable.tolist()
    ('2026-03-29T21:59:59.999999Z', [False, True])
    """
    texts = texts.astype("str").str.strip()
    date_only = texts.str.fullmatch(_DATE, na=False)
    with_zone = texts.str.fullmatch(_ZONED_TIME, na=False)
    local = date_only | texts.str.fullmatch(_LOCAL_TIME, na=False)
    zoned = _parsed(texts.where(with_zone)).dt.tz_localize("UTC")
    naive = _parsed(texts.where(local))
    without_zone = naive.notna().to_numpy(dtype=bool)
    if time_zone is not None and bool(without_zone.any()):
        ends = naive.where(~date_only, naive + pd.Timedelta(days=1))
        # A day ends when its midnight comes for the first time, should a clock pass it twice.
        placed = ends.dt.tz_localize(
            ZoneInfo(time_zone), ambiguous=date_only.to_numpy(dtype=bool), nonexistent="shift_forward"
        ).dt.tz_convert("UTC")
        zoned = zoned.fillna(placed.where(~date_only, placed - pd.Timedelta(microseconds=1)))
    missing = zoned.isna().to_numpy(dtype=bool)
    instants = zoned.fillna(pd.Timestamp(0, tz="UTC")).astype("int64").to_numpy()
    return InstantReading(
        instants=np.where(missing, 0, instants),
        unreadable=missing & ~without_zone,
        without_zone=missing & without_zone,
        date_only=date_only.to_numpy(dtype=bool),
    )


def _parsed(texts: pd.Series) -> pd.Series:
    """Read texts of one of the known forms; in UTC and microseconds, whatever they are written in."""
    parsed = pd.to_datetime(texts, format="ISO8601", utc=True, errors="coerce").dt.tz_localize(None)
    parsed = parsed.dt.as_unit("us")
    return parsed.mask(parsed > _LAST, _LAST).mask(parsed < _FIRST, _FIRST)


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

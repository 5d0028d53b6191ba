"""The lot of exploration: which leads below the hand-over are handed over all the same, to learn from them.

Only leads that sales worked have outcomes; a model that is taught by its own choices never finds out what it misses.
So the teams may agree on a share of the others that is handed over by lot.
"""

import hashlib
import math
from datetime import datetime
from zoneinfo import ZoneInfo

from leadml.clock import SECOND

_BITS = 53  # of which a float keeps every one


def lot_of(lead_id: str, agreement_version: str, as_of: int, zone: ZoneInfo) -> float:
    """Draw the lot of a lead for the week of an instant.

    Nothing is stored and nothing is random: the same lead under the same agreement has one lot for the whole ISO week
    (Monday to Sunday, local time), whoever asks; the next week, or a new version, draws anew.

    Parameters
    ----------
    lead_id, agreement_version : str
    as_of : int, UTC microseconds
    zone : ZoneInfo
        The agreement's time zone.

    Returns
    -------
    lot : float in [0, 1)
        Evenly spread over leads, weeks and versions: a lead is handed over where its lot lies below the share.

    Notes
    -----
    The first 53 bits of BLAKE2b over the three, divided by 2 to the power of 53.

    Examples
    --------
    >>> from leadml.clock import parse_instant
    >>> days = [parse_instant(f"2026-03-{day:02}T12:00:00Z", where="") for day in (2, 8, 9)]
    >>> monday, sunday, next_monday = (lot_of("L1", "2026.1", day, ZoneInfo("UTC")) for day in days)
    >>> monday == sunday, monday == next_monday
    (True, False)
    """
    year, week, _ = datetime.fromtimestamp(as_of // SECOND, tz=zone).isocalendar()
    # Each text with its length: no two leads and versions run together to the same words.
    drawn = f"{len(lead_id)}:{lead_id}{len(agreement_version)}:{agreement_version}{year}-{week}"
    digest = hashlib.blake2b(drawn.encode(errors="surrogatepass"), digest_size=8).digest()
    return math.ldexp(int.from_bytes(digest) >> (64 - _BITS), -_BITS)

"""Attributes that hold dates from after they are said to have been known: they were read from a later export."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from leadml.clock import SECOND, read_instants
from leadml.history.tables import Numbers
from leadml.leakage.evidence import Column, Evidence
from leadml.leakage.findings import Grade, LeakFinding

_FEWEST = 20
_ARE_DATES = 0.9
_AHEAD_SHARE = {Grade.ERROR: 0.5, Grade.WARNING: 0.05}
# A date that is planned, such as the end of a contract, also lies beyond the export; one that is a record never does.
_BEYOND_EXPORT = 0.01
_EPOCHS = (SECOND, 1_000, 1)  # seconds, milliseconds and microseconds since 1970


def find(evidence: Evidence) -> list[LeakFinding]:
    """Read attributes as dates, and compare these with the snapshot at which they were known.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    findings : list of LeakFinding
        `date_ahead`: dates that lie after the snapshot but not after the export. An error where half of
        them do: the value cannot have stood there then.
    """
    return [finding for column in evidence.attributes for finding in _ahead(evidence, column)]


def _ahead(evidence: Evidence, column: Column) -> Iterator[LeakFinding]:
    dates = _as_dates(evidence, column)
    first = dates[evidence.first_rows]
    there = ~np.isnan(first)
    if there.sum() < _FEWEST or there.sum() < _ARE_DATES * (column.codes[evidence.first_rows] > 0).sum():
        return
    ahead = first[there] > evidence.training_set.snapshots.as_of[evidence.first_rows][there]
    beyond = first[there] > evidence.history.known_until
    for grade, share in _AHEAD_SHARE.items():
        if ahead.sum() >= _FEWEST and ahead.mean() >= share and beyond.mean() <= _BEYOND_EXPORT:
            values = {"ahead": int(ahead.sum()), "leads": int(there.sum()), "share": float(ahead.mean())}
            yield LeakFinding("date_ahead", grade, column.table, column.name, values)
            return


def _as_dates(evidence: Evidence, column: Column) -> Numbers:
    """Instants in UTC microseconds, NaN where the value is no date; a day counts from its beginning."""
    nowhere = np.full(len(column.codes), np.nan)
    if column.numbers is None:
        reading = read_instants(pd.Series(column.levels, dtype="str"), time_zone="UTC")
        begins = np.where(reading.unreadable, np.nan, reading.begins.astype(np.float64))
        return np.concatenate([[np.nan], begins])[column.codes]
    history = evidence.history
    low, high = float(history.created_at.min()), float(history.known_until)
    for unit in _EPOCHS:
        instants = column.numbers * unit
        there = instants[~np.isnan(instants)]
        if len(there) and ((there >= low - (high - low)) & (there <= high + (high - low))).mean() >= _ARE_DATES:
            return instants
    return nowhere

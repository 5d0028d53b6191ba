"""The facts of the demo CRM while they are being made: plain arrays per table.

Times are whole seconds since 1970 (UTC); leads are row numbers of the lead table. Both become words only in
`generate`, when everything has happened.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

DAY = 86_400

Integers = NDArray[np.int64]


class FactBook:
    """Collects facts table by table and counts them again.

    Examples
    --------
    >>> book = FactBook()
    >>> book.add("activities", [0, 0, 1], [100, 300, 200], activity="page_view")
    >>> book.count("activities", {"activity": "page_view"}, lead=np.array([0, 1]), since=0, until=[250, 250])
    array([1, 1])
    """

    def __init__(self) -> None:
        self._parts: dict[str, list[pd.DataFrame]] = {}

    def add(self, table: str, lead: ArrayLike, at: ArrayLike, **columns: ArrayLike) -> None:
        """Add facts; a column is one word for all of them or one each."""
        lead_rows = np.asarray(lead, dtype=np.int64)
        seconds = np.asarray(at, dtype=np.int64)
        part = pd.DataFrame({"lead": lead_rows, "at": seconds, **columns}, index=pd.RangeIndex(len(lead_rows)))
        self._parts.setdefault(table, []).append(part)

    def table(self, name: str) -> pd.DataFrame:
        """All facts of one table so far, in order of lead and time."""
        together = pd.concat(self._parts[name], ignore_index=True)
        return together.sort_values(["lead", "at"], kind="stable", ignore_index=True)

    def count(
        self, table: str, where: Mapping[str, str], *, lead: Integers, since: ArrayLike, until: ArrayLike
    ) -> Integers:
        """For each lead, count the facts that carry these words in `[since, until)`."""
        first, last = (np.broadcast_to(np.asarray(bound, dtype=np.int64), lead.shape) for bound in (since, until))
        counts = np.zeros(len(lead), dtype=np.int64)
        place_of = pd.Series(np.arange(len(lead)), index=lead)
        for part in self._parts.get(table, []):
            carries = part["lead"].isin(lead)
            for column, word in where.items():
                carries &= part[column] == word if column in part else False
            kept = part[carries]
            place = place_of.loc[kept["lead"]].to_numpy()
            at = kept["at"].to_numpy()
            inside = (at >= first[place]) & (at < last[place])
            counts += np.bincount(place[inside], minlength=len(lead))
        return counts


def scatter(
    generator: np.random.Generator, number: ArrayLike, *, since: ArrayLike, until: ArrayLike
) -> tuple[Integers, Integers]:
    """Spread a number of facts per lead evenly over `[since, until)`.

    Returns
    -------
    position : array of int
        Which of the given leads each fact belongs to.
    at : array of int, seconds

    Examples
    --------
    >>> position, at = scatter(np.random.default_rng(1), [2, 0, 1], since=[0, 0, 50], until=[10, 10, 60])
    >>> position.tolist(), bool((at[:2] < 10).all()), bool(50 <= at[2] < 60)
    ([0, 0, 2], True, True)
    """
    numbers = np.asarray(number, dtype=np.int64)
    position = np.repeat(np.arange(len(numbers)), numbers)
    first, last = (np.broadcast_to(np.asarray(bound), numbers.shape)[position] for bound in (since, until))
    at = first + np.floor(generator.random(len(position)) * (last - first)).astype(np.int64)
    return position, at


def even_delay(generator: np.random.Generator, days: tuple[float, float], number: int) -> Integers:
    """Delays in seconds, even between two numbers of days.

    Examples
    --------
    >>> bool((even_delay(np.random.default_rng(1), (1, 2), 100) >= DAY).all())
    True
    """
    return np.floor(generator.uniform(*days, number) * DAY).astype(np.int64)

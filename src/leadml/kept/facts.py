"""Looks facts up for many hand-overs at once."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from leadml.clock import Instants, read_instants
from leadml.history.spans import only, rows_from
from leadml.history.tables import NOT_THERE, Codes, FactTable, History, Mask, ShortCodes
from leadml.outcomes import NEVER

Words = npt.NDArray[np.object_]


class Marked:
    """Some facts of a table, which may be looked up by lead and time.

    Parameters
    ----------
    table : FactTable or None
        None where nothing is known: then there are none.
    kept : bool array, shape (n_facts,), or None
        None: all of them.
    leads : int
        How many leads the history has.
    """

    def __init__(self, table: FactTable | None, kept: Mask | None, leads: int) -> None:
        if table is None:
            none = np.empty(0, dtype=np.int64)
            table = FactTable(
                np.zeros(leads + 1, np.int64), none, none, {}, np.empty((0, 0), np.int32), (), np.empty((0, 0))
            )
        self.table = table
        self.rows = np.arange(len(table.happened_at)) if kept is None else np.flatnonzero(kept)
        self._marked = table if kept is None else only(table, kept)

    def __len__(self) -> int:
        """How many facts there are."""
        return len(self.rows)

    @property
    def happened_at(self) -> Instants:
        """When each happened."""
        return self._marked.happened_at

    def codes(self, column: str) -> ShortCodes:
        """Give the words of a column as codes; -1 for all where the table has no such column."""
        text = self.table.texts.get(column)
        return np.full(len(self.rows), NOT_THERE, np.int32) if text is None else text.codes[self.rows]

    def places_from(self, leads: Codes, instants: Instants) -> Codes:
        """Find each lead's first fact at an instant or after it, as `spans.rows_from` does."""
        return rows_from(self._marked, leads, instants)

    def first_in(self, leads: Codes, begins: Instants, ends: Instants) -> tuple[Instants, Codes]:
        """Find each lead's first fact in `[begin, end)`.

        Parameters
        ----------
        leads : int array, shape (n,)
        begins, ends : int array, shape (n,), UTC microseconds

        Returns
        -------
        happened_at : int array, shape (n,)
            `NEVER` where there is none.
        places : int array, shape (n,)
            Among these facts; -1 where there is none.
        """
        places = self.places_from(leads, begins)
        found = places < self.places_from(leads, np.maximum(begins, ends))
        return self._at(places, found), np.where(found, places, NOT_THERE)

    def last_until(self, leads: Codes, instants: Instants, known_by: Instants | None = None) -> tuple[Instants, Codes]:
        """Find each lead's last fact up to an instant, the instant included.

        Parameters
        ----------
        leads : int array, shape (n,)
        instants : int array, shape (n,), UTC microseconds
        known_by : int array, shape (n,), UTC microseconds, optional
            What became known only later does not count.

        Returns
        -------
        happened_at : int array, shape (n,)
            `NEVER` where there is none.
        places : int array, shape (n,)
            Among these facts; -1 where there is none.
        """
        first = self._marked.first[leads]
        places = self.places_from(leads, instants + 1) - 1
        if known_by is not None:
            asks = np.flatnonzero(places >= first)
            while len(asks):
                asks = asks[(places[asks] >= first[asks])]
                asks = asks[self._marked.known_at[places[asks]] > known_by[asks]]
                places[asks] -= 1
        found = places >= first
        return self._at(places, found), np.where(found, places, NOT_THERE)

    def _at(self, places: Codes, found: Mask) -> Instants:
        if not len(self.rows):
            return np.full(len(places), NEVER)
        return np.where(found, self._marked.happened_at[np.where(found, places, 0)], NEVER)


def marked_words(history: History, table: str, column: str, words: Sequence[str]) -> Marked:
    """Take the facts of a table that hold one of some words.

    Parameters
    ----------
    history : History
    table, column : str
        A table that is not known has no facts.
    words : sequence of str

    Returns
    -------
    marked : Marked
    """
    facts = history.facts.get(table)
    kept = None if facts is None else _holds(facts, column, words)
    return Marked(facts, kept, len(history.lead_ids))


def _holds(facts: FactTable, column: str, words: Sequence[str]) -> Mask:
    text = facts.texts.get(column)
    return np.zeros(len(facts.happened_at), dtype=bool) if text is None else text.is_any_of(words)


def assignments(history: History) -> Marked:
    """Take the assignments that name an owner: to be assigned to nobody is none.

    Parameters
    ----------
    history : History

    Returns
    -------
    assigned : Marked
    """
    table = history.facts.get("assignments")
    kept = None if table is None else table.texts["owner"].codes != NOT_THERE
    return Marked(table, kept, len(history.lead_ids))


def words_at(facts: Marked, column: str, places: Codes) -> Words:
    """Give the words of a column at some places among these facts, None where there is no fact or no word.

    Parameters
    ----------
    facts : Marked
    column : str
    places : int array, shape (n,)
        -1 for no fact.

    Returns
    -------
    words : object array of str or None, shape (n,)
    """
    text = facts.table.texts.get(column)
    if text is None:
        return np.full(len(places), None, dtype=object)
    codes = np.append(facts.codes(column), np.int32(NOT_THERE))[places]
    words: Words = np.array([*text.words, None], dtype=object)[codes]
    return words


def acceptances(history: History, as_of: int) -> Marked:
    """Take the instants at which owners accepted, as facts of their own.

    The table `assignments` says beside when a lead was assigned when it was accepted: that is later, and not known
    before it happened.

    Parameters
    ----------
    history : History
        As it was known at `as_of`.
    as_of : int, UTC microseconds

    Returns
    -------
    accepted : Marked
    """
    leads = len(history.lead_ids)
    table = history.facts.get("assignments")
    text = None if table is None else table.texts.get("accepted_at")
    if table is None or text is None or not len(text.words):
        return Marked(None, None, leads)
    rows = np.flatnonzero(text.codes != NOT_THERE)
    at = read_instants(text.words, time_zone=None).instants[text.codes[rows]]
    rows, at = rows[at < as_of], at[at < as_of]
    order = np.lexsort((at, table.leads[rows]))
    first = np.concatenate([[0], np.cumsum(np.bincount(table.leads[rows], minlength=leads))])
    at = at[order]
    told = FactTable(first, at, at, {}, np.empty((0, len(at)), np.int32), (), np.empty((0, len(at))))
    return Marked(told, None, leads)

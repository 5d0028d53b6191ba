"""The tables of a history in memory: facts of one lead lie together, in an order that no file can change.

`History` is what every other module reads. A table that is absent is *unknown*; one without rows
says that *nothing* happened.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from leadml.clock import Instants

Codes = npt.NDArray[np.int64]
ShortCodes = npt.NDArray[np.int32]
Numbers = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

NOT_THERE = -1  # code of a text that is missing
_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class TableColumns:
    """What a table may hold beside `lead_id` and its times."""

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """The columns that hold words."""
        return tuple(name for name in (*self.required, *self.optional) if name not in self.numbers)


FACT_TABLES: Mapping[str, TableColumns] = {
    "attribute_changes": TableColumns(("attribute", "value")),
    "activities": TableColumns(("activity",), ("content", "journey_stage", "channel", "value"), ("value",)),
    "stage_changes": TableColumns(("lifecycle_stage",), ("reason",)),
    "status_changes": TableColumns(("lead_status",), ("reason",)),
    "assignments": TableColumns(("owner",), ("accepted_at",)),
    "deal_changes": TableColumns(("deal_id", "deal_stage"), ("amount",), ("amount",)),
    "connect_attempts": TableColumns(("channel", "result"), ("made_by",)),
    "scores": TableColumns(("name", "value"), (), ("value",)),
    "decisions": TableColumns(("decision",), ("band", "explored", "probability"), ("probability",)),
}
LEAD_COLUMNS = ("lead_id", "created_at", "known_at", "lead_type", "company_id", "merged_into", "merged_at")
COMPANY_COLUMNS = ("company_id", "created_at", "known_at")
FACT_TIMES = ("happened_at", "known_at")
IDENTITY_COLUMNS = ("event_id", "sequence")

# A number of the table leads: the earliest instant that `created_at` can mean, where it is a date without time.
BEGINS_AT = "begins_at"

# A column of the table leads that holds an instant: since when a lead is known to be the same as another.
MERGED_AT = "merged_at"

# Tables of what was said or decided about a lead: it follows from what happened to the lead, and is none of it.
JUDGEMENTS = ("scores", "decisions")

# Columns of numbers that are chances: above 0, and at most 1.
CHANCES = ("probability",)

# The tables of attributes: the lead's own and its company's, by whose they are.
ATTRIBUTES_OF: Mapping[str, str] = {"lead": "lead_attributes", "company": "company_attributes"}

# Columns that the agreement adds to a table: features may filter on them as on any other.
DERIVED_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "leads": (),
    "activities": ("journey_stage",),
    "status_changes": ("meaning",),
    "connect_attempts": ("valid",),
}


def as_number(word: str) -> float:
    """Read a number; a word, and what is too large for a number, is none.

    Examples
    --------
    >>> as_number("1e3"), as_number("many")
    (1000.0, nan)
    """
    try:
        number = float(word)
    except ValueError:
        return np.nan
    return number if np.isfinite(number) else np.nan


def as_text(value: object) -> str | None:
    """Write a value of a JSON document as a CSV file would hold it; what is not there, or blank, is missing.

    Examples
    --------
    >>> as_text(512), as_text("512"), as_text(True), as_text(""), as_text(2.5), as_text(50.0)
    ('512', '512', 'true', None, '2.5', '50')
    """
    if type(value) is str:
        return value or None
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


@dataclass(frozen=True)
class TextColumn:
    """A column of words as integer codes, -1 where there is none; in a history the words are sorted."""

    codes: ShortCodes
    words: tuple[str, ...]

    def lookup(self, values: Mapping[str, float], *, other: float) -> Numbers:
        """Translate every row through a table of words.

        Examples
        --------
        >>> column = TextColumn(np.array([1, 0, -1], np.int32), ("email", "phone"))
        >>> column.lookup({"phone": 2.0}, other=0.0).tolist()
        [2.0, 0.0, 0.0]
        """
        table = np.array([*(values.get(word, other) for word in self.words), other])
        translated: Numbers = table[self.codes]
        return translated

    def words_that_occur(self) -> tuple[str, ...]:
        """Name the words that some row has; rows that were taken out leave theirs behind.

        Examples
        --------
        >>> TextColumn(np.array([1, -1, 1], np.int32), ("email", "phone")).words_that_occur()
        ('phone',)
        """
        counts = np.bincount(self.codes[self.codes != NOT_THERE], minlength=len(self.words))
        return tuple(self.words[code] for code in np.flatnonzero(counts).tolist())

    def is_any_of(self, words: Collection[str]) -> Mask:
        """Mark the rows that hold one of some words; a row without a word holds none.

        Examples
        --------
        >>> column = TextColumn(np.array([1, 0, -1], np.int32), ("email", "phone"))
        >>> column.is_any_of(["phone", "fax"]).tolist()
        [True, False, False]
        """
        table = np.array([*(word in words for word in self.words), False])
        marked: Mask = table[self.codes]
        return marked


@dataclass(frozen=True)
class FactTable:
    """The facts of one table, by lead and then by time.

    Attributes
    ----------
    first : int array, shape (n_leads + 1,)
        Facts of lead `i` are the rows `first[i]:first[i + 1]`.
    happened_at, known_at : int array, shape (n_facts,), UTC microseconds
    words : mapping of column to tuple of str
        The columns of words, each with its words, sorted.
    codes : int32 array, shape (n_word_columns, n_facts)
        The place of each word among the words of its column, -1 where there is none.
    number_columns : tuple of str
    values : float array, shape (n_number_columns, n_facts)
        NaN where the number is missing.
    """

    first: Codes
    happened_at: Instants
    known_at: Instants
    words: Mapping[str, tuple[str, ...]]
    codes: ShortCodes
    number_columns: tuple[str, ...]
    values: Numbers

    @cached_property
    def texts(self) -> Mapping[str, TextColumn]:
        """The columns of words by name."""
        return {
            column: TextColumn(codes, words)
            for (column, words), codes in zip(self.words.items(), self.codes, strict=True)
        }

    @cached_property
    def numbers(self) -> Mapping[str, Numbers]:
        """The columns of numbers by name, each of shape (n_facts,)."""
        return dict(zip(self.number_columns, self.values, strict=True))

    @cached_property
    def _numbers_of_words(self) -> dict[str, Numbers]:
        return {}

    def words_as_numbers(self, column: str) -> Numbers:
        """Read each word of a column as a number, once; NaN where it is none."""
        if column not in self._numbers_of_words:
            self._numbers_of_words[column] = np.array([as_number(word) for word in self.words.get(column, ())])
        return self._numbers_of_words[column]

    def only(self, kept: Mask) -> "FactTable":
        """Keep some of the facts.

        Parameters
        ----------
        kept : bool array, shape (n_facts,)

        Returns
        -------
        table : FactTable
            Of the same leads and words.
        """
        counts = np.bincount(self.leads[kept], minlength=len(self.first) - 1)
        return replace(
            self,
            first=np.concatenate([[0], np.cumsum(counts)]),
            happened_at=self.happened_at[kept],
            known_at=self.known_at[kept],
            codes=np.ascontiguousarray(self.codes[:, kept]),
            values=np.ascontiguousarray(self.values[:, kept]),
        )

    @cached_property
    def leads(self) -> Codes:
        """The position of each fact's lead, shape (n_facts,)."""
        positions: Codes = np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))
        return positions


@dataclass(frozen=True)
class Finding:
    """Something a reader of the data should know; it stopped nothing."""

    table: str
    key: str
    count: int
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class History:
    """All facts about some leads.

    Attributes
    ----------
    lead_ids : tuple of str
        Sorted; the position of an id is the lead's number in every table.
    facts : mapping of table name to FactTable
        `leads` (one fact: its creation), `lead_attributes`, `company_attributes` and the tables
        of the history that are known.
    unknown : tuple of str
        Tables of which nothing is known.
    known_until : int, UTC microseconds
        The latest instant of which all is known that the sources tell.
    findings : tuple of Finding
        What was met on the way in.
    knows_other_leads : bool
        False for the leads of a request: of their colleagues nothing is known.
    by_company : dict of table name to CompanyFacts
        What `engine.company` has ordered by company, kept for the next question; with the companies themselves.
    """

    lead_ids: tuple[str, ...]
    facts: Mapping[str, FactTable]
    unknown: tuple[str, ...]
    known_until: int
    findings: tuple[Finding, ...] = ()
    knows_other_leads: bool = True
    by_company: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def created_at(self) -> Instants:
        """When each lead was created, shape (n_leads,), UTC microseconds."""
        return self.facts["leads"].happened_at

    def known_before(self, instant: int) -> "History":
        """Give the history as it was known at an instant, to be looked at from a later one.

        Parameters
        ----------
        instant : int, UTC microseconds

        Returns
        -------
        history : History
            Of the same leads, without the facts that happened, or became known, at the instant or after it. A lead
            that was not known yet is never known.
        """
        leads, facts = self.facts["leads"], {}
        for name, table in self.facts.items():
            known = (table.happened_at < instant) & (table.known_at < instant)
            facts[name] = (
                replace(table, known_at=np.where(known, table.known_at, _NEVER))
                if table is leads
                else table.only(known)
            )
        return replace(self, facts=facts, known_until=min(self.known_until, instant - 1), by_company={})

    def positions(self) -> dict[str, int]:
        """Give the number of each lead by its id."""
        return {lead_id: position for position, lead_id in enumerate(self.lead_ids)}

"""Rows that a reader of CRM exports tells one after the other, laid under each other with the place of each."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from leadml.clock import Instants, read_instants
from leadml.errors import LeadmlError, known_words
from leadml.history.files import place_of_row
from leadml.history.shapes import shape_of
from leadml.history.tables import Finding, Mask
from leadml.history.told import DataFile, Place, Told
from leadml.specs.history_spec import SourceSpec
from leadml.wording.texts import nearest

Text = str | None

_WHOLE = -1  # a part that has no items

# Where a day ends last: a time without zone is taken as the latest that it can mean.
_LATEST_ZONE = "Etc/GMT+12"
# Where a day begins first.
_EARLIEST_ZONE = "Etc/GMT-14"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a record of an export stands: a file, and the part of it."""

    file: str
    part: str

    def place(self, detail: str) -> Place:
        """Name the place of a part of the record; empty: the record as a whole."""
        return Place(self.file, ", ".join(part for part in (self.part, detail) if part))


@dataclass(frozen=True, slots=True)
class RowOrigin:
    """Where a row of a CSV file stands; its line is looked up only when it is asked for."""

    file: DataFile
    row: int

    def place(self, detail: str) -> Place:
        """Name the place of a part of the row; empty: the row as a whole."""
        place = place_of_row(self.file, self.row)
        return Place(place.source, ", ".join(part for part in (place.part, detail) if part))


AnyOrigin = Origin | RowOrigin


class Gathered:
    """Rows of one table as they are told; nothing is judged.

    Parameters
    ----------
    table : str
        `leads`, `companies` or one of the fact tables.

    Examples
    --------
    >>> rows = Gathered("assignments")
    >>> rows.add(Origin("contacts.json", "results[0]"), "hubspot_owner_id", 1, lead_id="512", owner="7")
    >>> rows.told().place_of(0)
    Place(source='contacts.json', part='results[0], hubspot_owner_id[1]')
    """

    def __init__(self, table: str) -> None:
        self._table = table
        self._columns: dict[str, list[Text]] = {}
        self._origins: list[AnyOrigin] = []
        self._details: list[str] = []
        self._items: list[int] = []

    def __len__(self) -> int:
        """Count the rows."""
        return len(self._origins)

    def add(self, origin: AnyOrigin, detail: str, item: int = _WHOLE, /, **values: Text) -> None:
        """Add a row; a column that it does not name is missing in it.

        Parameters
        ----------
        origin : Origin or RowOrigin
            The record that tells it.
        detail : str
            The part of the record, such as `lifecyclestage`; empty: the record as a whole.
        item : int, optional
            Which item of that part.
        **values : str or None
            Under our column names; in `leads` and `companies` every further column is an attribute.
        """
        rows = len(self._origins)
        for column, value in values.items():
            held = self._columns.get(column)
            if held is None or len(held) < rows:
                held = self._upto(column, rows)
            held.append(value)
        self._origins.append(origin)
        self._details.append(detail)
        self._items.append(item)

    def column(self, name: str) -> list[Text]:
        """Give a column as it stands."""
        return self._upto(name, len(self))

    def put(self, name: str, values: Sequence[Text]) -> None:
        """Put another column, or the same with other values, in place."""
        self._columns[name] = list(values)

    def drop(self, name: str) -> None:
        """Take a column away."""
        self._columns.pop(name, None)

    def extend(self, others: "Gathered") -> None:
        """Lay other rows of the table under these."""
        rows = len(self)
        for name in others._columns:
            self._upto(name, rows).extend(others.column(name))
        self._origins.extend(others._origins)
        self._details.extend(others._details)
        self._items.extend(others._items)

    def told(
        self,
        *,
        names: Mapping[str, str] | None = None,
        findings: Iterable[Finding] = (),
        known_until: str | None = None,
    ) -> Told:
        """Give the rows to the pipeline of all sources.

        Parameters
        ----------
        names : mapping of our column to theirs, optional
        findings : iterable of Finding
            Those without a count are left out.
        known_until : str, optional
            When the export was made.

        Returns
        -------
        told : Told
        """
        # What every such table has stands there even if nothing was told.
        needed = shape_of(self._table).required if not len(self) else ()
        columns = dict.fromkeys([*needed, *self._columns])
        rows = pa.table({name: pa.array(self._upto(name, len(self)), pa.string()) for name in columns})
        return Told(
            table=self._table,
            rows=rows,
            place_of=self._place_of,
            names=dict(names or {}),
            findings=tuple(finding for finding in findings if finding.count),
            known_until=known_until,
        )

    def _upto(self, name: str, rows: int) -> list[Text]:
        values = self._columns.setdefault(name, [])
        if len(values) < rows:
            values.extend([None] * (rows - len(values)))
        return values

    def _place_of(self, row: int) -> Place:
        detail, item = self._details[row], self._items[row]
        return self._origins[row].place(detail if item == _WHOLE else f"{detail}[{item}]")


def instants_of(texts: Sequence[Text]) -> tuple[Instants, Mask]:
    """Read times as far as that is possible before the pipeline judges them: to sort, to compare.

    Parameters
    ----------
    texts : sequence of str or None
        One without zone is taken as the latest that it can mean.

    Returns
    -------
    instants : int array, shape (n,), UTC microseconds
    readable : bool array, shape (n,)

    Examples
    --------
    >>> instants, readable = instants_of(["1970-01-01T00:00:01Z", "soon", None])
    >>> instants.tolist(), readable.tolist()
    ([1000000, 0, 0], [True, False, False])
    """
    if not texts:
        return np.empty(0, np.int64), np.empty(0, np.bool_)
    codes, words = pd.factorize(np.array(texts, dtype=object))
    reading = read_instants(pd.Series([*words, ""], dtype="str"), time_zone=_LATEST_ZONE)
    return reading.instants[codes], ~reading.unreadable[codes]


def begins_of(texts: Sequence[Text]) -> Instants:
    """Give the earliest that each time can mean: a date may be that of a day that has not ended.

    Parameters
    ----------
    texts : sequence of str or None

    Returns
    -------
    begins : int array, shape (n,), UTC microseconds
        0 where a text cannot be read.

    Examples
    --------
    >>> from leadml.clock import to_iso
    >>> [to_iso(int(begin))[:16] for begin in begins_of(["2026-01-02", "2026-01-02T09:00:00Z"])]
    ['2026-01-01T09:59', '2026-01-02T09:00']
    """
    return read_instants(pd.Series([text or "" for text in texts], dtype="str"), time_zone=_EARLIEST_ZONE).begins


def latest_of(*columns: Sequence[Text]) -> list[Text]:
    """Give, row by row, the latest of some times; one that cannot be read is left to the pipeline to find.

    Parameters
    ----------
    *columns : sequences of str or None, all of the same length
        The first is taken where none can be read.

    Returns
    -------
    latest : list of str or None

    Examples
    --------
    >>> latest_of(["2026-01-02T00:00:00Z", None], ["2026-01-01T00:00:00Z", "2026-01-03T00:00:00Z"])
    ['2026-01-02T00:00:00Z', '2026-01-03T00:00:00Z']
    """
    lowest = np.iinfo(np.int64).min
    read = [np.where(readable, instants, lowest) for instants, readable in map(instants_of, columns)]
    chosen = np.argmax(read, axis=0).tolist()
    return [columns[column][row] for row, column in enumerate(chosen)]


def in_our_words(values: Sequence[Text], usual: Mapping[str, str], source: SourceSpec, column: str) -> list[Text]:
    """Say what every such CRM says in our words; the project's own `words` come after, on theirs.

    Parameters
    ----------
    values : sequence of str or None
        Their words.
    usual : mapping of str to str
        Their word: our word. A word that stands in `words` of the source is left to it.
    source : SourceSpec
        The entry of history.yaml.
    column : str
        Our name of the column.

    Returns
    -------
    words : list of str or None
    """
    own = source.words.get(column, {})
    table = {theirs: ours for theirs, ours in usual.items() if theirs not in own}
    return [None if value is None else table.get(value, value) for value in values]


def check_options(source: SourceSpec, known: Collection[str], *, where: str) -> None:
    """Refuse options that a reader does not have.

    Parameters
    ----------
    source : SourceSpec
    known : collection of str
        Options of this table.
    where : str
        Said in the error.

    Raises
    ------
    LeadmlError
        `unknown_key`.
    """
    for key in source.options:
        if key not in known:
            raise LeadmlError(
                "unknown_key",
                where=f"{where}, options",
                key=key,
                known=known_words(known) or "-",
                hint=nearest(key, list(known)),
            )


def text_option(source: SourceSpec, key: str, *, where: str) -> Text:
    """Give an option that is one word, None where it is not set.

    Raises
    ------
    LeadmlError
        `wrong_type`.
    """
    value = source.options.get(key)
    if value is not None and not isinstance(value, str):
        raise LeadmlError("wrong_type", where=f"{where}, options", key=key, value=value, expected="a text")
    return value


def words_option(source: SourceSpec, key: str, *, where: str) -> dict[str, str]:
    """Give an option that says a word for each of theirs; a list stands for words that stay as they are.

    Raises
    ------
    LeadmlError
        `wrong_type`.
    """
    value = source.options.get(key, {})
    if isinstance(value, str):
        raise LeadmlError(
            "wrong_type", where=f"{where}, options", key=key, value=value, expected="keys with their values"
        )
    return dict(value) if isinstance(value, Mapping) else {word: word for word in value}

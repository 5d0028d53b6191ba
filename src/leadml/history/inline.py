"""Facts that arrive in a request: the same tables, one record a fact."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import NoneType
from typing import Any

import numpy as np

from leadml.clock import MINUTE, Instants, read_instants, to_iso
from leadml.errors import LeadmlError, raise_problems
from leadml.history.build import Rows, build_history
from leadml.history.tables import FACT_TABLES, MERGED_AT, NOT_THERE, History, TextColumn, as_text
from leadml.specs.agreement_spec import DefinitionsSpec

Record = Mapping[str, Any]

# Columns of the table leads that say who is who: a request names its leads itself, so none of its attributes does.
_MERGE = ("merged_into", MERGED_AT)


@dataclass(frozen=True)
class InlineHistory:
    """Leads of one request whose known tables are the same.

    Attributes
    ----------
    history : History
    clock_skew : mapping of lead_id to tuple of dict
        Facts dated a little ahead of the server's clock, taken as happened now; each with its
        table and its own time.
    """

    history: History
    clock_skew: Mapping[str, tuple[dict[str, str], ...]]


@dataclass
class _Gathered:
    """Records of one table, laid under each other; where they stood is told only when something is wrong."""

    owners: list[str] = field(default_factory=list)
    times: list[Record] = field(default_factory=list)
    values: list[Record] = field(default_factory=list)
    places: list[tuple[int, str]] = field(default_factory=list)

    def add(self, owner: str, times: Sequence[Record], values: Sequence[Record], place: str) -> None:
        """Add what one lead says; `place` ends in `[]` where it is a list."""
        self.places.append((len(self.times), place))
        self.owners.extend([owner] * len(times))
        self.times.extend(times)
        self.values.extend(values)

    def say_when_known(self) -> list[int]:
        """Give the records that carry a `known_at` of their own."""
        return [row for row, time in enumerate(self.times) if time.get("known_at") is not None]

    def place(self, row: int) -> str:
        """Say where a record stood in the request."""
        first, place = next((first, place) for first, place in reversed(self.places) if first <= row)
        return place.replace("[]", f"[{row - first}]")


@dataclass(frozen=True)
class Arrival:
    """When a request came, and what the server may take for granted about its times.

    Attributes
    ----------
    now : int, UTC microseconds
        The server's clock. A fact dated ahead of it within the allowed skew is taken as happened now.
    known_at : mapping of lead_id to int, or None
        Live: when the server wrote the request durably, for facts that carry no `known_at` of
        their own. None: the request asks about the past, and such facts were known when they happened.
    time_zone : str, optional
        For times without an offset.
    clock_skew_minutes : float
        How far ahead a fact may be dated.
    """

    now: int
    known_at: Mapping[str, int] | None = None
    time_zone: str | None = None
    clock_skew_minutes: float = 5


def histories_from_records(
    leads: Sequence[Record],
    definitions: DefinitionsSpec,
    arrival: Arrival,
    *,
    places: Sequence[str] | None = None,
) -> list[InlineHistory]:
    """Build histories from the leads of one request.

    Parameters
    ----------
    leads : sequence of mapping
        Each with `lead_id`, `created_at`, `attributes`, `company` and the fact tables; a table that
        is absent is unknown, an empty list is nothing.
    definitions : DefinitionsSpec
        The agreement's words.
    arrival : Arrival
    places : sequence of str, optional
        Where each lead stands, as its sender knows it; default: `leads[0]` and so on, as in a request.

    Returns
    -------
    histories : list of InlineHistory
        One for each set of known tables among the leads.

    Raises
    ------
    LeadmlError, ProblemsError
        Unreadable times, times without zone, facts in the future: all together.
    """
    groups: dict[frozenset[str], list[tuple[str, Record]]] = {}
    for number, lead in enumerate(leads):
        tables = frozenset(name for name in ("company", *FACT_TABLES) if lead.get(name) is not None)
        groups.setdefault(tables, []).append((f"leads[{number}]" if places is None else places[number], lead))
    reader = _Reader(arrival)
    tables_of = [_gather(tables, members) for tables, members in groups.items()]
    built = [reader.read(tables) for tables in tables_of]
    raise_problems(reader.problems, where="request")
    return [
        InlineHistory(
            replace(build_history(tables, definitions), knows_other_leads=False),
            {owner: tuple(reader.skewed[owner]) for owner in tables["leads"].owner.words if owner in reader.skewed},
        )
        for tables in built
    ]


def _gather(tables: frozenset[str], members: Sequence[tuple[str, Record]]) -> dict[str, _Gathered]:
    """Lay the records of all leads under each other, table by table."""
    gathered: dict[str, _Gathered] = {"leads": _Gathered()}
    gathered.update({name: _Gathered() for name in FACT_TABLES if name in tables})
    if "company" in tables:
        gathered["companies"] = _Gathered()
    for place, lead in members:
        lead_id = str(lead["lead_id"])
        company_id = f"company of {lead_id}"  # its own id would mix in what another lead of the request says
        attributes = {name: value for name, value in (lead.get("attributes") or {}).items() if name not in _MERGE}
        wide = {**attributes, "lead_type": lead.get("lead_type"), "company_id": company_id}
        gathered["leads"].add(lead_id, [lead], [wide], place)
        if "company" in tables:
            company = lead["company"]
            times = {"created_at": company.get("created_at") or lead["created_at"], "known_at": company.get("known_at")}
            gathered["companies"].add(company_id, [times], [company.get("attributes") or {}], f"{place}.company")
        for name in FACT_TABLES:
            if name in tables:
                gathered[name].add(lead_id, lead[name], lead[name], f"{place}.{name}[]")
    return gathered


class _Reader:
    """Reads records into rows, and collects what is wrong and what is dated ahead."""

    def __init__(self, arrival: Arrival) -> None:
        self._arrival = arrival
        self._skew = round(arrival.clock_skew_minutes * MINUTE)
        self.problems: list[LeadmlError] = []
        self.skewed: dict[str, list[dict[str, str]]] = {}

    def read(self, tables: Mapping[str, _Gathered]) -> dict[str, Rows]:
        """Turn the records of some tables into rows; the times of all are read at once."""
        asked: list[tuple[str, str, Sequence[int]]] = []
        for name, gathered in tables.items():
            asked.append((name, _time_column(name), range(len(gathered.times))))
            if own := gathered.say_when_known():
                asked.append((name, "known_at", own))
        written: list[str] = []
        parts = []
        for name, column, rows in asked:
            times = tables[name].times
            parts.append(slice(len(written), len(written) + len(rows)))
            written.extend([str(times[row][column]) for row in rows])
        reading = read_instants(written, time_zone=self._arrival.time_zone)
        ahead = reading.begins > self._arrival.now + self._skew
        if (reading.unreadable | reading.without_zone | ahead).any():
            for (name, column, rows), part in zip(asked, parts, strict=True):
                for code, mask in (
                    ("not_a_time", reading.unreadable[part]),
                    ("time_without_zone", reading.without_zone[part]),
                    ("fact_in_future", ahead[part]),
                ):
                    self.problems.extend(
                        LeadmlError(code, where=f"{tables[name].place(rows[row])}.{column}", value=written[part][row])
                        for row in np.flatnonzero(mask).tolist()
                    )
        told = {
            (name, column): (rows, reading.instants[part])
            for (name, column, rows), part in zip(asked, parts, strict=True)
        }
        return {
            name: self._rows(name, gathered, told[name, _time_column(name)][1], told.get((name, "known_at")))
            for name, gathered in tables.items()
        }

    def _rows(
        self, name: str, gathered: _Gathered, happened_at: Instants, told: tuple[Sequence[int], Instants] | None
    ) -> Rows:
        """Turn the records of one table into rows; `told` names those that say when they were known, and when."""
        happened_at = self._not_ahead(name, gathered, happened_at)
        known_at = self._known_at_of(gathered, happened_at)
        if told is not None:
            rows, instants = told
            known_at[rows] = np.minimum(instants, self._arrival.now)
        text_columns, number_columns = _columns(name, gathered.values)
        return Rows(
            owner=_encoded(gathered.owners),
            happened_at=happened_at,
            known_at=np.maximum(known_at, happened_at),
            texts={column: _encoded([value.get(column) for value in gathered.values]) for column in text_columns},
            numbers={
                column: np.array([value.get(column) for value in gathered.values], np.float64)  # of None: NaN
                for column in number_columns
            },
        )

    def _not_ahead(self, name: str, gathered: _Gathered, instants: Instants) -> Instants:
        """Take what is dated a little ahead as happened now."""
        column = _time_column(name)
        if instants.max(initial=0) <= self._arrival.now:
            return instants
        # Whoever is asked about exists; but what is dated with this day alone may happen until it ends.
        latest = np.inf if column == "created_at" else self._arrival.now + self._skew
        ahead = (instants > self._arrival.now) & (instants <= latest)
        if not ahead.any():
            return instants
        for row in np.flatnonzero(ahead):
            said = {"table": name, column: to_iso(int(instants[row])), "taken_as": to_iso(self._arrival.now)}
            self.skewed.setdefault(gathered.owners[row], []).append(said)
        return np.where(ahead, self._arrival.now, instants)

    def _known_at_of(self, gathered: _Gathered, happened_at: Instants) -> Instants:
        """Say when records became known that do not say it themselves."""
        if self._arrival.known_at is None:
            return happened_at.copy()
        known = [self._arrival.known_at.get(owner, self._arrival.now) for owner in gathered.owners]
        return np.array(known, dtype=np.int64)


def _time_column(name: str) -> str:
    return "created_at" if name in ("leads", "companies") else "happened_at"


def _columns(name: str, values: Sequence[Record]) -> tuple[list[str], list[str]]:
    """Name the columns of words and of numbers that some records fill."""
    filled = sorted(set().union(*values))
    if name in ("leads", "companies"):
        return filled, []
    columns = FACT_TABLES[name]
    texts = [name for name in (*columns.texts, "event_id") if name in columns.required or name in filled]
    return texts, [name for name in (*columns.numbers, "sequence") if name in filled]


def _encoded(values: Sequence[object]) -> TextColumn:
    """Give each different text its place in the alphabet; for the few facts of a request faster than arrays."""
    different = set(values)
    if not set(map(type, different)) <= {str, NoneType}:
        values = [as_text(value) for value in values]
        different = set(values)
    words = tuple(sorted(word for word in different if isinstance(word, str) and word))
    code_of: dict[object, int] = {None: NOT_THERE, "": NOT_THERE, **{word: code for code, word in enumerate(words)}}
    return TextColumn(np.array(list(map(code_of.__getitem__, values)), np.int32), words)

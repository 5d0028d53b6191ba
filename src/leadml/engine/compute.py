"""Computes features from facts: the one place that decides what a score may know.

Each pass goes through the facts of a lead once, and lays them out as *streams*: the facts that pass one
filter, by time. A feature of a snapshot is a formula over a slice of a stream. Where no fact of the stream
came late, the slice is found by two searches; where one did, the known facts are copied first.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import boolean, int64, njit

from leadml.clock import DAY, Instants
from leadml.engine.binding import Bound, bind
from leadml.engine.calling import borrowed, call_formula
from leadml.engine.catalogue import Catalogue
from leadml.engine.company import by_company, companies_at
from leadml.engine.kind import failure_of
from leadml.engine.matrix import FeatureMatrix
from leadml.engine.plan import (
    COUNTED,
    DAY_NUMBER,
    FILTERS,
    NO_BOUND,
    NUMBER,
    ColumnRecord,
    Layout,
    Pass,
    Plan,
    Records,
    StreamRecord,
)
from leadml.history.tables import Codes, FactTable, History, Numbers, ShortCodes
from leadml.specs.agreement_spec import CriterionSpec, DefinitionsSpec

NEVER = np.iinfo(np.int64).max  # since an entry that never was, nothing counts
NO_CELL = -1
NO_COLUMN = -1
ALWAYS = np.iinfo(np.int64).min
UNKNOWN = ALWAYS + 1  # where stage changes are unknown, so is what came since one
_WORTH_THREADS = 20_000  # snapshots
_SOME_FACTS = 1024
_NO_ONE = np.empty(0, dtype=np.int64)


class _Facts(NamedTuple):
    """The facts of one table; `told_of` is the lead of each, where the table is ordered by company."""

    first: Codes
    happened_at: Instants
    known_at: Instants
    codes: ShortCodes
    values: Numbers
    told_of: Codes


class _Asked(NamedTuple):
    """Who is asked about, when: the lead, whose facts are read, and since when facts count, for each bound."""

    leads: Codes
    owners: Codes
    as_of: Instants
    since: Instants


class _Room(NamedTuple):
    """Room for the streams of one lead: stream `s` holds the places `first[s]:stop[s]`; and for a copy of one.

    `failed` is the place of the column whose formula raised.
    """

    cells: Codes
    first: Codes
    stop: Codes
    times: Instants
    values: Numbers
    known_at: Instants
    last_known_at: Instants
    copied_times: Instants
    copied_values: Numbers
    failed: Codes


@njit(boolean(int64, int64, int64), cache=True)
def _is_known(happened_at: int, known_at: int, as_of: int) -> bool:
    """Tell whether a fact counts: it happened and was known before `as_of`, which lies between facts."""
    return happened_at < as_of and known_at < as_of


@njit(cache=True)
def _first_at(times: Instants, low: int, high: int, earliest: int) -> int:
    """Find the first place whose time is not before an instant."""
    while low < high:
        middle = (low + high) // 2
        if times[middle] < earliest:
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True)
def _happened(times: Instants, low: int, high: int, as_of: int) -> int:
    """Find the end of what had happened, were all known at once."""
    while low < high:
        middle = (low + high) // 2
        if _is_known(times[middle], times[middle], as_of):
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True)
def _find_cells(  # noqa: PLR0913
    happened_at: Instants, codes: ShortCodes, filters: Records, class_of: Codes, low: int, high: int, before: int,
    cells: Codes,
) -> int:  # fmt: skip
    """Find the cells of an owner's facts that happened before an instant; returns how many there are."""
    for fact in range(low, high):
        if happened_at[fact] >= before:
            return fact - low
        cell = 0
        for place in range(filters.size):
            row = filters[place].row
            code = codes[row, fact] + 1 if row >= 0 else 0
            cell += class_of[filters[place].class_at + code]
        cells[fact - low] = cell
    return high - low


@njit(cache=True)
def _leave_out_own(told_of: Codes, low: int, size: int, lead: int, cells: Codes) -> None:
    """Take away what the lead told itself from the facts of its company."""
    for fact in range(low, low + size):
        if told_of[fact] == lead:
            cells[fact - low] = NO_CELL


@njit(cache=True)
def _make_room(cells: Codes, size: int, cell_first: Codes, members: Records, first: Codes) -> int:
    """Count the facts of each stream, and give each its place; returns how many places there are in all."""
    first[:] = 0
    for fact in range(size):
        cell = cells[fact]
        if cell != NO_CELL:
            for member in range(cell_first[cell], cell_first[cell + 1]):
                first[members[member].stream + 1] += 1
    for stream in range(first.size - 1):
        first[stream + 1] += first[stream]
    return int(first[-1])


@njit(cache=True)
def _value(  # noqa: PLR0913
    stream: StreamRecord,
    given: float,
    codes: ShortCodes,
    values: Numbers,
    lookup: Numbers,
    fact: int,
    happened_at: int,
) -> float:
    """Read what a stream holds of a fact."""
    if stream.reads == FILTERS:
        return given
    if stream.reads == DAY_NUMBER:
        return np.float64(happened_at // DAY)
    if stream.row < 0:
        return np.nan
    if stream.reads == NUMBER:
        return float(values[stream.row, fact])
    return float(lookup[stream.lookup_at + codes[stream.row, fact] + 1])


@njit(cache=True)
def _fill(  # noqa: PLR0913
    happened_at: Instants, known_at: Instants, codes: ShortCodes, values: Numbers, cells: Codes, low: int, size: int,
    cell_first: Codes, members: Records, streams: Records, lookup: Numbers,
    stop: Codes, times: Instants, held: Numbers, known: Instants, last_known: Instants, first: Codes,
) -> None:  # fmt: skip
    """Lay the facts out in their streams; one without the value that is asked for is none."""
    for stream in range(stop.size):
        stop[stream] = first[stream]
    for fact in range(low, low + size):
        cell = cells[fact - low]
        if cell == NO_CELL:
            continue
        for member in range(cell_first[cell], cell_first[cell + 1]):
            stream = members[member].stream
            value = _value(streams[stream], members[member].value, codes, values, lookup, fact, happened_at[fact])
            if np.isnan(value) and not streams[stream].keeps_missing:
                continue
            end = stop[stream]
            times[end], held[end], known[end] = happened_at[fact], value, known_at[fact]
            last_known[end] = known_at[fact] if end == first[stream] else max(known_at[fact], last_known[end - 1])
            stop[stream] = end + 1


@njit(cache=True)
def _copy_known(  # noqa: PLR0913
    times: Instants, held: Numbers, known: Instants, low: int, high: int, as_of: int,
    copied_times: Instants, copied_values: Numbers,
) -> int:  # fmt: skip
    """Copy the known facts of a part of a stream, as some came late; returns how many there are."""
    size = 0
    for place in range(low, high):
        if _is_known(times[place], known[place], as_of):
            copied_times[size], copied_values[size] = times[place], held[place]
            size += 1
    return size


@njit(cache=True)
def _result(  # noqa: PLR0913
    column: ColumnRecord,
    times: Instants,
    held: Numbers,
    low: int,
    high: int,
    as_of: int,
    since: int,
    failed: Codes,
) -> float:
    """Hand the known facts of the column's window to its formula."""
    if since == UNKNOWN:
        return np.nan
    earliest = max(since, as_of - column.reach) if column.reach > 0 else since
    start = low if earliest == ALWAYS else _first_at(times, low, high, earliest)
    if start >= high:
        return column.nothing
    if column.address == COUNTED:
        return float(high - start)
    result = call_formula(
        failed, column.place, column.address, times, held, start, high, as_of, column.window, column.half_life
    )
    return np.nan if np.isinf(result) else result


@njit(cache=True)
def _answer(  # noqa: PLR0913
    as_of: int, since: Instants, column_first: Codes, columns: Records, first: Codes, stop: Codes, times: Instants,
    held: Numbers, known: Instants, last_known: Instants, copied_times: Instants, copied_values: Numbers,
    failed: Codes, snapshot: int, out: Numbers, hidden: Numbers,
) -> None:  # fmt: skip
    """Compute all columns of one snapshot."""
    for stream in range(stop.size):
        low, high = first[stream], stop[stream]
        these_times, these_values = times, held
        high = _happened(times, low, high, as_of)
        if high > low and not _is_known(times[high - 1], last_known[high - 1], as_of):
            high = _copy_known(times, held, known, low, high, as_of, copied_times, copied_values)
            low, these_times, these_values = 0, copied_times, copied_values
        for place in range(column_first[stream], column_first[stream + 1]):
            column = columns[place]
            begins = ALWAYS if column.bound == NO_BOUND else since[snapshot, column.bound]
            result = _result(column, these_times, these_values, low, high, as_of, begins, failed)
            if column.place >= 0:
                out[snapshot, column.place] = result
            else:
                hidden[snapshot, -1 - column.place] = result


@njit(cache=True, nogil=True)
def _compute_table(  # noqa: PLR0913
    facts: _Facts, layout: Layout, bound: Bound, asked: _Asked, room: _Room, begin: int, out: Numbers, hidden: Numbers
) -> int:
    """Go through the leads from a snapshot on, each lead once where its snapshots lie together and one owner's count.

    Returns the snapshot at which the room is too small, or their number.
    """
    happened_at, known_at = borrowed(facts.happened_at), borrowed(facts.known_at)
    codes, values, told_of = borrowed(facts.codes), borrowed(facts.values), borrowed(facts.told_of)
    cell_first, members = borrowed(layout.cell_first), borrowed(layout.members)
    column_first, columns = borrowed(layout.column_first), borrowed(layout.columns)
    filters, class_of = borrowed(bound.filters), borrowed(bound.class_of)
    streams, lookup = borrowed(bound.streams), borrowed(bound.lookup)
    leads, owners, as_of = borrowed(asked.leads), borrowed(asked.owners), borrowed(asked.as_of)
    cells, first, stop = borrowed(room.cells), borrowed(room.first), borrowed(room.stop)
    times, held, known = borrowed(room.times), borrowed(room.values), borrowed(room.known_at)
    last_known, since = borrowed(room.last_known_at), borrowed(asked.since)
    copied_times, copied_values = borrowed(room.copied_times), borrowed(room.copied_values)
    failed = borrowed(room.failed)
    facts_first, out, hidden = borrowed(facts.first), borrowed(out), borrowed(hidden)
    while begin < leads.size:
        lead, owner, last = leads[begin], owners[begin], as_of[begin]
        end = begin + 1
        while end < leads.size and leads[end] == lead and owners[end] == owner:
            last = max(last, as_of[end])
            end += 1
        low, high = facts_first[owner], facts_first[owner + 1]
        if high - low > cells.size:
            return begin
        size = _find_cells(happened_at, codes, filters, class_of, low, high, last, cells)
        if told_of.size:
            _leave_out_own(told_of, low, size, lead, cells)
        if _make_room(cells, size, cell_first, members, first) > times.size:
            return begin
        _fill(
            happened_at, known_at, codes, values, cells, low, size, cell_first, members, streams, lookup,
            stop, times, held, known, last_known, first,
        )  # fmt: skip
        for snapshot in range(begin, end):
            _answer(
                as_of[snapshot], since, column_first, columns, first, stop, times, held, known, last_known,
                copied_times, copied_values, failed, snapshot, out, hidden,
            )  # fmt: skip
        begin = end
    return begin


def compute_features(history: History, leads: Codes, as_of: Instants, catalogue: Catalogue) -> FeatureMatrix:
    """Compute features of leads at instants, only from what was known before each instant.

    A fact counts if and only if `happened_at < as_of` and `known_at < as_of`; a window holds
    `[as_of - window, as_of)` in elapsed time. A feature of an unknown table is missing.

    Parameters
    ----------
    history : History
    leads : int array, shape (n_snapshots,)
        Positions of leads in the history; fastest where the snapshots of a lead lie together.
    as_of : int array, shape (n_snapshots,), UTC microseconds
    catalogue : Catalogue
        Checked before by `check_features`.

    Returns
    -------
    matrix : FeatureMatrix

    Raises
    ------
    LeadmlError
        `kind_failed` when the code of a project's own kind raises.
    """
    computation = _Computation(
        history,
        np.ascontiguousarray(leads, dtype=np.int64),
        np.ascontiguousarray(as_of, dtype=np.int64),
        catalogue,
        np.empty((len(leads), len(catalogue.features))),
    )
    computation.run()
    words = {name: _words_of(history, *column) for name, column in catalogue.category_columns.items()}
    for place, name, kind in catalogue.profiles:
        try:
            computation.values[:, place] = kind.compute(computation)
        except Exception as error:  # whatever a project's code raises is told as its own fault
            raise failure_of(catalogue.features[place]) from error
        if kind.words is not None:
            words[name] = kind.words(catalogue.definitions)
    return FeatureMatrix(catalogue.names, computation.values, words)


def _words_of(history: History, table: str, column: str) -> tuple[str, ...]:
    return history.facts[table].words.get(column, ()) if table in history.facts else ()


@dataclass
class _Computation:
    """One call of the engine; a `Profile` for the kinds that ask for attributes."""

    history: History
    leads: Codes
    as_of: Instants
    catalogue: Catalogue
    values: Numbers

    def __post_init__(self) -> None:
        self.plan: Plan = self.catalogue.plan
        self.definitions: DefinitionsSpec = self.plan.definitions
        self._hidden: Numbers = np.empty((self.size, self.plan.hidden))
        self._since: Instants = np.empty((self.size, 0), np.int64)

    @property
    def size(self) -> int:
        """The number of snapshots."""
        return len(self.leads)

    def meets(self, criterion: CriterionSpec) -> Numbers:
        """Tell for each snapshot whether a criterion holds: 1, 0, or NaN where the attribute is missing."""
        met: Numbers = self._hidden[:, self.plan.criteria[criterion]]
        return met

    def run(self) -> None:
        """Go through all tables; first through the entries into stages since which facts count."""
        if self.plan.bounds:
            self._since = self._entries()
        for (table, scope), passes in self.plan.passes.items():
            facts = self.history.facts.get(table)
            told_of, owners = _NO_ONE, self.leads
            if facts is not None and scope == "company":
                told = by_company(self.history, table, self.definitions)
                facts, told_of = told.facts, told.told_of
                owners = companies_at(self.history, self.leads, self.as_of)
            for one in passes:
                if facts is None:
                    self._all_missing(one, np.arange(self.size))
                else:
                    self._pass(one, facts, told_of, owners)

    def _entries(self) -> Instants:
        """Find when each stage that a feature names was last known to be entered."""
        facts = self.history.facts.get("stage_changes")
        if facts is None:
            return np.full((self.size, len(self.plan.bounds)), UNKNOWN)
        entered = np.empty((self.size, len(self.plan.bounds)))
        for one in self.plan.entries:
            self._start(one, facts, _NO_ONE, self.leads, entered)
        never = np.isnan(entered)
        since: Instants = np.where(never, NEVER, np.where(never, 0, entered).astype(np.int64))
        return since

    def _pass(self, one: Pass, facts: FactTable, told_of: Codes, owners: Codes) -> None:
        self._start(one, facts, told_of, np.maximum(owners, 0), self.values)
        if len(nobody := np.flatnonzero(owners < 0)):
            self._all_missing(one, nobody)

    def _all_missing(self, one: Pass, snapshots: Codes) -> None:
        for column in one.columns:
            into, place = (self.values, column.place) if column.place >= 0 else (self._hidden, -1 - column.place)
            into[snapshots, place] = np.nan

    def _start(self, one: Pass, table: FactTable, told_of: Codes, owners: Codes, out: Numbers) -> None:
        """Run the compiled pass, on all processors where there is much to do."""
        facts = _Facts(table.first, table.happened_at, table.known_at, table.codes, table.values, told_of)
        bound = bind(one, table, self.definitions)

        def run(part: slice) -> None:
            asked = _Asked(self.leads[part], owners[part], self.as_of[part], self._since[part])
            failed, begin, size = np.full(1, NO_COLUMN), 0, len(asked.leads)
            room = _room(len(one.streams), _SOME_FACTS, failed)
            while (
                end := _compute_table(facts, one.layout, bound, asked, room, begin, out[part], self._hidden[part])
            ) < size:
                begin, room = end, _room(len(one.streams), 4 * len(room.times), failed)
            if failed[0] != NO_COLUMN:
                raise failure_of(self.catalogue.features[failed[0]])

        if self.size < _WORTH_THREADS:
            run(slice(None))
            return
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            list(threads.map(run, _parts(self.leads, os.cpu_count() or 1)))


def _room(streams: int, facts: int, failed: Codes) -> _Room:
    """Make room for so many facts of one lead, each counted once in every stream that it belongs to."""
    cells, times, known_at, last_known_at, copied_times = (np.empty(facts, np.int64) for _ in range(5))
    first, stop = np.empty(streams + 1, np.int64), np.empty(streams, np.int64)
    values, copied_values = np.empty(facts), np.empty(facts)
    return _Room(cells, first, stop, times, values, known_at, last_known_at, copied_times, copied_values, failed)


def _parts(leads: Codes, number: int) -> Sequence[slice]:
    """Cut snapshots into parts of about one size, never between two of one lead."""
    cuts = np.linspace(0, len(leads), 8 * number + 1).astype(np.int64)[1:-1]
    starts = np.concatenate([[0], np.flatnonzero(leads[1:] != leads[:-1]) + 1])
    cuts = np.unique(starts[np.searchsorted(starts, cuts).clip(max=len(starts) - 1)])
    ends = [*cuts.tolist(), len(leads)]
    return [slice(low, high) for low, high in zip([0, *ends[:-1]], ends, strict=True) if low < high]

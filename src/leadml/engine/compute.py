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
from leadml.engine.calling import call_formula
from leadml.engine.catalogue import Catalogue
from leadml.engine.company import by_company
from leadml.engine.kind import ProfileKind, all_kinds, gives_category
from leadml.engine.matrix import FeatureMatrix
from leadml.engine.plan import DAY_NUMBER, FILTERS, NO_BOUND, NUMBER, Layout, Pass, Plan
from leadml.history.tables import Codes, FactTable, History, Numbers
from leadml.specs.agreement_spec import CriterionSpec, DefinitionsSpec

NEVER = np.iinfo(np.int64).max  # since an entry that never was, nothing counts
ALWAYS = np.iinfo(np.int64).min
UNKNOWN = ALWAYS + 1  # where stage changes are unknown, so is what came since one
_WORTH_THREADS = 20_000  # snapshots
_NO_ONE = np.empty(0, dtype=np.int64)


class _Facts(NamedTuple):
    """The facts of one table; `told_of` is the lead of each, where the table is ordered by company."""

    first: Codes
    happened_at: Instants
    known_at: Instants
    codes: Codes
    values: Numbers
    told_of: Codes


class _Asked(NamedTuple):
    """Who is asked about, when: the lead, whose facts are read, and since when facts count, for each bound."""

    leads: Codes
    owners: Codes
    as_of: Instants
    since: Instants


class _Streams(NamedTuple):
    """The streams of one lead: stream `s` holds the places `first[s]:stop[s]`."""

    first: Codes
    stop: Codes
    times: Instants
    known_at: Instants
    last_known_at: Instants
    values: Numbers


class _Spare(NamedTuple):
    """Room for the known facts of one stream."""

    times: Instants
    values: Numbers


@njit(boolean(int64, int64, int64), cache=True)
def _is_known(happened_at: int, known_at: int, as_of: int) -> bool:
    """Tell whether a fact counts: it happened and was known before `as_of`, which lies between facts."""
    return happened_at < as_of and known_at < as_of


@njit(cache=True)
def _cell(facts: _Facts, bound: Bound, fact: int) -> int:
    """Give the number of a fact's combination of words."""
    cell = 0
    for place in range(bound.filter_row.size):
        row = bound.filter_row[place]
        code = facts.codes[row, fact] + 1 if row >= 0 else 0
        cell += bound.class_of[bound.class_at[place] + code]
    return cell


@njit(cache=True)
def _value(facts: _Facts, layout: Layout, bound: Bound, member: int, fact: int) -> float:
    """Read what a stream holds of a fact."""
    stream = layout.members[member]
    reads, row = layout.reads[stream], bound.row[stream]
    if reads == FILTERS:
        return layout.member_values[member]
    if reads == DAY_NUMBER:
        return np.float64(facts.happened_at[fact] // DAY)
    if row < 0:
        return np.nan
    if reads == NUMBER:
        return facts.values[row, fact]
    return bound.lookup[bound.lookup_at[stream] + facts.codes[row, fact] + 1]


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
def _number_cells(facts: _Facts, bound: Bound, low: int, high: int, before: int, lead: int, cells: Codes) -> int:  # noqa: PLR0913
    """Find the cells of an owner's facts that happened before an instant; -1 for what the lead told itself."""
    for fact in range(low, high):
        if facts.happened_at[fact] >= before:
            return fact - low
        own = facts.told_of.size > 0 and facts.told_of[fact] == lead
        cells[fact - low] = -1 if own else _cell(facts, bound, fact)
    return high - low


@njit(cache=True)
def _make_room(layout: Layout, cells: Codes, first: Codes) -> int:
    """Count the facts of each stream, and give each its place; returns how many places there are in all."""
    first[:] = 0
    for cell in cells:
        if cell >= 0:
            for member in range(layout.cell_first[cell], layout.cell_first[cell + 1]):
                first[layout.members[member] + 1] += 1
    for stream in range(first.size - 1):
        first[stream + 1] += first[stream]
    return first[-1]


@njit(cache=True)
def _fill(facts: _Facts, layout: Layout, bound: Bound, low: int, cells: Codes, streams: _Streams) -> None:  # noqa: PLR0913
    """Lay the facts out in their streams; one without the value that is asked for is none."""
    streams.stop[:] = streams.first[:-1]
    for place in range(cells.size):
        cell, fact = cells[place], low + place
        if cell < 0:
            continue
        for member in range(layout.cell_first[cell], layout.cell_first[cell + 1]):
            stream = layout.members[member]
            value = _value(facts, layout, bound, member, fact)
            if np.isnan(value) and not layout.keeps_missing[stream]:
                continue
            end = streams.stop[stream]
            known_at = facts.known_at[fact]
            streams.times[end], streams.known_at[end], streams.values[end] = facts.happened_at[fact], known_at, value
            late = end > streams.first[stream] and streams.last_known_at[end - 1] > known_at
            streams.last_known_at[end] = streams.last_known_at[end - 1] if late else known_at
            streams.stop[stream] = end + 1


@njit(cache=True)
def _copy_known(streams: _Streams, low: int, high: int, as_of: int, times: Instants, values: Numbers) -> int:  # noqa: PLR0913
    """Copy the known facts of a part of a stream, as some came late; returns how many there are."""
    size = 0
    for place in range(low, high):
        if _is_known(streams.times[place], streams.known_at[place], as_of):
            times[size], values[size] = streams.times[place], streams.values[place]
            size += 1
    return size


@njit(cache=True)
def _result(  # noqa: PLR0913
    layout: Layout, column: int, times: Instants, values: Numbers, low: int, high: int, as_of: int, since: int
) -> float:
    """Hand the known facts of the column's window to its formula."""
    if since == UNKNOWN:
        return np.nan
    earliest = since
    if layout.reach[column] > 0:
        earliest = max(earliest, as_of - layout.reach[column])
    start = low if earliest == ALWAYS else _first_at(times, low, high, earliest)
    if start >= high:
        return layout.nothing[column]
    return call_formula(
        layout.address[column], times, values, start, high, as_of, layout.window[column], layout.half_life[column]
    )


@njit(cache=True)
def _answer(  # noqa: PLR0913
    layout: Layout, streams: _Streams, spare: _Spare, asked: _Asked, snapshot: int, out: Numbers, hidden: Numbers
) -> None:
    """Compute all columns of one snapshot."""
    as_of = asked.as_of[snapshot]
    for stream in range(streams.stop.size):
        low, high = streams.first[stream], streams.stop[stream]
        times, values = streams.times, streams.values
        high = _happened(times, low, high, as_of)
        if high > low and not _is_known(times[high - 1], streams.last_known_at[high - 1], as_of):
            high = _copy_known(streams, low, high, as_of, spare.times, spare.values)
            low, times, values = 0, spare.times, spare.values
        for column in range(layout.column_first[stream], layout.column_first[stream + 1]):
            bound = layout.bound[column]
            since = ALWAYS if bound == NO_BOUND else asked.since[snapshot, bound]
            result = _result(layout, column, times, values, low, high, as_of, since)
            place = layout.place[column]
            if place >= 0:
                out[snapshot, place] = result
            else:
                hidden[snapshot, -1 - place] = result


@njit(cache=True)
def _room(size: int, streams: int) -> tuple[_Streams, _Spare]:
    """Make room for the facts of one lead."""
    laid = _Streams(
        np.zeros(streams + 1, np.int64), np.zeros(streams, np.int64), np.empty(size, np.int64),
        np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.float64),
    )  # fmt: skip
    return laid, _Spare(np.empty(size, np.int64), np.empty(size, np.float64))


@njit(cache=True, nogil=True)
def _compute_table(facts: _Facts, layout: Layout, bound: Bound, asked: _Asked, out: Numbers, hidden: Numbers) -> None:  # noqa: PLR0913
    """Go through the leads that are asked about, each once where its snapshots lie together."""
    streams, spare = _room(64, layout.reads.size)
    first = np.empty(layout.reads.size + 1, np.int64)
    cells = np.empty(64, np.int64)
    begin = 0
    while begin < asked.leads.size:
        lead, owner, last = asked.leads[begin], asked.owners[begin], asked.as_of[begin]
        end = begin + 1
        while end < asked.leads.size and asked.leads[end] == lead:
            last = max(last, asked.as_of[end])
            end += 1
        low, high = facts.first[owner], facts.first[owner + 1]
        if high - low > cells.size:
            cells = np.empty(2 * (high - low), np.int64)
        size = _number_cells(facts, bound, low, high, last, lead, cells)
        needed = _make_room(layout, cells[:size], first)
        if needed > streams.times.size:
            streams, spare = _room(2 * needed, layout.reads.size)
        streams.first[:] = first
        _fill(facts, layout, bound, low, cells[:size], streams)
        for snapshot in range(begin, end):
            _answer(layout, streams, spare, asked, snapshot, out, hidden)
        begin = end


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
    """
    computation = _Computation(
        history,
        np.ascontiguousarray(leads, dtype=np.int64),
        np.ascontiguousarray(as_of, dtype=np.int64),
        catalogue.plan,
        np.empty((len(leads), len(catalogue.features))),
    )
    computation.run()
    words: dict[str, tuple[str, ...]] = {}
    for place, feature in enumerate(catalogue.features):
        kind = all_kinds()[feature.kind]
        if isinstance(kind, ProfileKind):
            computation.values[:, place] = kind.compute(computation)
            if kind.words is not None:
                words[feature.name] = kind.words(catalogue.definitions)
        elif gives_category(feature):
            words[feature.name] = _words_of(history, *catalogue.category_column(feature))
    return FeatureMatrix(catalogue.names, computation.values, words)


def _words_of(history: History, table: str, column: str) -> tuple[str, ...]:
    return history.facts[table].words.get(column, ()) if table in history.facts else ()


@dataclass
class _Computation:
    """One call of the engine; a `Profile` for the kinds that ask for attributes."""

    history: History
    leads: Codes
    as_of: Instants
    plan: Plan
    values: Numbers

    def __post_init__(self) -> None:
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
                facts, told_of, company_of = by_company(self.history, table)
                owners = company_of[self.leads]
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
            _compute_table(facts, one.layout, bound, asked, out[part], self._hidden[part])

        if self.size < _WORTH_THREADS:
            run(slice(None))
            return
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            list(threads.map(run, _parts(self.leads, os.cpu_count() or 1)))


def _parts(leads: Codes, number: int) -> Sequence[slice]:
    """Cut snapshots into parts of about one size, never between two of one lead."""
    cuts = np.linspace(0, len(leads), 8 * number + 1).astype(np.int64)[1:-1]
    starts = np.concatenate([[0], np.flatnonzero(leads[1:] != leads[:-1]) + 1])
    cuts = np.unique(starts[np.searchsorted(starts, cuts).clip(max=len(starts) - 1)])
    ends = [*cuts.tolist(), len(leads)]
    return [slice(low, high) for low, high in zip([0, *ends[:-1]], ends, strict=True) if low < high]

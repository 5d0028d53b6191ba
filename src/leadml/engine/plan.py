"""Lays out, once for a catalogue, what the engine computes: which facts which formula reads, table by table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple, Protocol

import numpy as np

from leadml.clock import DAY, Instants
from leadml.engine.calling import address_of
from leadml.engine.kind import FactKind, Formula, ProfileKind, all_kinds, gives_category, kernel
from leadml.engine.kinds.attribute import compute as latest_value
from leadml.history.tables import ATTRIBUTES_OF, Codes, Mask, Numbers
from leadml.specs.agreement_spec import CriterionSpec, DefinitionsSpec
from leadml.specs.feature_spec import FeatureSpec

Scope = Literal["lead", "company"]
Conditions = tuple[tuple[str, tuple[str, ...]], ...]

# What a stream holds beside the times of its facts.
FILTERS, NUMBER, WORD, DAY_NUMBER = 0, 1, 2, 3

NO_BOUND = -1
COUNTED = 0  # instead of an address: the facts are counted, and no formula is called
_MOST_CELLS = 1 << 14  # of one pass; filters that tell more combinations of words apart take several passes


@dataclass(frozen=True)
class Stream:
    """Facts of one table that pass one filter, with what formulas read of them; features share it.

    Attributes
    ----------
    where : tuple of (column, words)
        Conditions, of which all hold.
    second : tuple of (column, words)
        The filter of `of_which` or `to`.
    either : bool
        Whether facts that pass only the second filter belong to the stream as well.
    holds : float
        What it holds of each fact where filters are all that is read, and there is no second one.
    reads : int
        FILTERS (which filters the fact passes), NUMBER, WORD or DAY_NUMBER.
    column : str
        The column that is read.
    gives : str or CriterionSpec
        What a word is read as: its `code`, its `rank`, its `number`, or whether it meets a criterion.
    keeps_missing : bool
        Whether a fact without the value that is asked for counts.
    """

    where: Conditions
    second: Conditions = ()
    either: bool = False
    holds: float = 1.0
    reads: int = FILTERS
    column: str = ""
    gives: str | CriterionSpec = "code"
    keeps_missing: bool = False


@dataclass(frozen=True)
class Column:
    """One column of the result: a formula over a stream.

    Attributes
    ----------
    stream : Stream
    formula : callable
    place : int
        Column of the features; below zero, a hidden one that other columns are made from.
    window, reach, half_life : int, microseconds
        0 where there is none; a half-life may be an interval; the reach is how far back facts are handed to the
        formula.
    nothing : float
        The value when no fact is there.
    since : str, optional
        Only facts since the last known entry into this lifecycle stage count.
    counts : bool
        The formula is the number of facts.
    """

    stream: Stream
    formula: Formula
    place: int
    window: int = 0
    reach: int = 0
    half_life: int = 0
    nothing: float = np.nan
    since: str | None = None
    counts: bool = False


Records = np.ndarray[tuple[int], np.dtype[np.void]]
MEMBER = np.dtype([("stream", np.int64), ("value", np.float64)])
STREAM = np.dtype(
    [("reads", np.int64), ("keeps_missing", np.int64), ("row", np.int64), ("lookup_at", np.int64)]
)  # `row` and `lookup_at` are filled for one history, by `binding`
COLUMN = np.dtype(
    [
        *((name, np.int64) for name in ("address", "window", "reach", "half_life", "bound", "place")),
        ("nothing", np.float64),
    ]
)


class StreamRecord(Protocol):
    """One record of STREAM."""

    reads: int
    keeps_missing: int
    row: int
    lookup_at: int


class ColumnRecord(Protocol):
    """One record of COLUMN."""

    address: int
    window: int
    reach: int
    half_life: int
    bound: int
    place: int
    nothing: float


class Layout(NamedTuple):
    """The columns of one pass over a table, as compiled code reads them.

    Streams are numbered, and the columns lie in the order of their streams. Each fact has a *cell*: the
    combination of its words, as far as filters name them; a cell knows its streams.
    """

    cell_first: Codes
    members: Records
    streams: Records
    column_first: Codes
    columns: Records


@dataclass(frozen=True)
class Pass:
    """One pass over one table.

    Attributes
    ----------
    streams : tuple of Stream
    columns : tuple of Column
        By stream.
    classes : mapping of column to mapping of word to int
        The words that filters name, from 1; words that no filter tells apart share a class, 0 is every other word.
    bounds : tuple of str
        The lifecycle stages that `since` names, of the whole plan.
    """

    streams: tuple[Stream, ...]
    columns: tuple[Column, ...]
    classes: Mapping[str, Mapping[str, int]]
    bounds: tuple[str, ...]

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """The number of classes of each filter column, with the one of all other words."""
        return tuple(1 + max(classes.values()) for classes in self.classes.values())

    @cached_property
    def strides(self) -> dict[str, int]:
        """What one class further adds to the number of a cell, for each filter column."""
        steps = np.cumprod((1, *reversed(self.sizes)))[:-1]
        return dict(zip(self.classes, reversed(steps.tolist()), strict=True))

    def _passes(self, conditions: Conditions, cells: Mapping[str, Codes]) -> Mask:
        """Tell of which cells all conditions hold."""
        passes = np.ones(int(np.prod(self.sizes)), dtype=bool)
        for column, words in conditions:
            passes &= np.isin(cells[column], [self.classes[column][word] for word in words])
        return passes

    def _memberships(self) -> Numbers:
        """Tell what a fact of each cell is to each stream: NaN where it is none of its facts, else its value."""
        cells = dict(
            zip(self.classes, np.indices(self.sizes).reshape(len(self.sizes), int(np.prod(self.sizes))), strict=True)
        )
        told = np.full((int(np.prod(self.sizes)), len(self.streams)), np.nan)
        for number, stream in enumerate(self.streams):
            first = self._passes(stream.where, cells)
            if not stream.second:
                told[first, number] = stream.holds
                continue
            second = self._passes(stream.second, cells)
            if stream.either:
                told[first, number] = 0.0
                told[second, number] = np.where(first[second], 2.0, 1.0)
            else:
                told[first, number] = second[first]
        return told

    @cached_property
    def readings(self) -> Mapping[tuple[int, str, str | CriterionSpec], Codes]:
        """The streams that read a column, by how and which: what is looked up once for all of them."""
        readings: dict[tuple[int, str, str | CriterionSpec], list[int]] = {}
        for number, stream in enumerate(self.streams):
            if stream.reads in (NUMBER, WORD):
                readings.setdefault((stream.reads, stream.column, stream.gives), []).append(number)
        return {reading: np.array(numbers, dtype=np.int64) for reading, numbers in readings.items()}

    @cached_property
    def layout(self) -> Layout:
        """Lay the pass out for compiled code."""
        told = self._memberships()
        cells, members = np.nonzero(~np.isnan(told))
        number_of = {stream: number for number, stream in enumerate(self.streams)}
        of_stream = [number_of[column.stream] for column in self.columns]
        columns = [
            (
                COUNTED if column.counts else address_of(column.formula), column.window, column.reach, column.half_life,
                NO_BOUND if column.since is None else self.bounds.index(column.since), column.place, column.nothing,
            )
            for column in self.columns
        ]  # fmt: skip
        return Layout(
            cell_first=_ends(np.bincount(cells, minlength=len(told)).tolist()),
            members=np.array(list(zip(members.tolist(), told[cells, members].tolist(), strict=True)), dtype=MEMBER),
            streams=np.array([(stream.reads, stream.keeps_missing, 0, 0) for stream in self.streams], dtype=STREAM),
            column_first=_ends(np.bincount(of_stream, minlength=len(self.streams)).tolist()),
            columns=np.array(columns, dtype=COLUMN),
        )


def _ends(counts: Sequence[int]) -> Codes:
    return np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]).astype(np.int64)


@kernel
def _entered_at(times: Instants, values: Numbers, as_of: int, window: int, half_life: int) -> float:
    """Find when the lead last came into the stage whose changes are marked; saying it again is no new entry."""
    for place in range(times.size - 1, -1, -1):
        if values[place] == 1.0 and (place == 0 or values[place - 1] == 0.0):
            return float(times[place])
    return np.nan


@dataclass
class Plan:
    """All passes of a catalogue.

    Attributes
    ----------
    definitions : DefinitionsSpec
    bounds : tuple of str
        The lifecycle stages that `since` names.
    criteria : mapping of CriterionSpec to int
        The hidden column that tells whether a criterion holds.
    entries : tuple of Pass
        Over the stage changes: when each of the bounds was last entered; one column each, of a matrix of their own.
    passes : mapping of (table, scope) to tuple of Pass
    """

    definitions: DefinitionsSpec
    bounds: tuple[str, ...] = ()
    criteria: dict[CriterionSpec, int] = field(default_factory=dict)
    entries: tuple[Pass, ...] = ()
    passes: dict[tuple[str, Scope], tuple[Pass, ...]] = field(default_factory=dict)

    @property
    def hidden(self) -> int:
        """The number of hidden columns."""
        return len(self.criteria)


def make_plan(
    features: Sequence[FeatureSpec], table_of: Mapping[str, str | None], definitions: DefinitionsSpec
) -> Plan:
    """Plan the computation of features.

    Parameters
    ----------
    features : sequence of FeatureSpec
        Checked before by `catalogue.check_features`.
    table_of : mapping of feature to table
    definitions : DefinitionsSpec

    Returns
    -------
    plan : Plan
    """
    plan = Plan(definitions)
    columns: dict[tuple[str, Scope], list[Column]] = {}
    for place, feature in enumerate(features):
        kind = all_kinds()[feature.kind]
        if isinstance(kind, ProfileKind):
            for criterion in kind.criteria(definitions):
                if criterion not in plan.criteria:
                    plan.criteria[criterion] = len(plan.criteria)
                    column = _attribute_column(criterion.attribute, criterion, place=-len(plan.criteria))
                    columns.setdefault((ATTRIBUTES_OF[criterion.of], "lead"), []).append(column)
        elif kind.reads == "attribute":
            gives = "code" if gives_category(feature) else "number"
            column = _attribute_column(feature.attribute or "", gives, place=place)
            columns.setdefault((ATTRIBUTES_OF[feature.of], "lead"), []).append(column)
        else:
            table = kind.table or table_of[feature.name] or ""
            columns.setdefault((table, feature.of), []).append(_fact_column(feature, kind, place, definitions))
    plan.bounds = tuple(
        dict.fromkeys(column.since for listed in columns.values() for column in listed if column.since is not None)
    )
    plan.entries = _passes_of([_entry_column(stage, place, definitions) for place, stage in enumerate(plan.bounds)], ())
    plan.passes = {source: _passes_of(listed, plan.bounds) for source, listed in columns.items()}
    return plan


def _attribute_column(attribute: str, gives: str | CriterionSpec, *, place: int) -> Column:
    """Read the latest known value of an attribute."""
    stream = Stream(where=(("attribute", (attribute,)),), reads=WORD, column="value", gives=gives, keeps_missing=True)
    return Column(stream, latest_value, place)


def _entry_column(stage: str, place: int, definitions: DefinitionsSpec) -> Column:
    """Find the last entry into a stage; a stage that the agreement does not define says nothing."""
    stream = Stream(where=(("lifecycle_stage", definitions.lifecycle_stages),), second=(("lifecycle_stage", (stage,)),))
    return Column(stream, _entered_at, place)


def _fact_column(feature: FeatureSpec, kind: FactKind, place: int, definitions: DefinitionsSpec) -> Column:
    window = round((feature.window_days or 0) * DAY)
    stage = feature.since_stage or (None if kind.since is None else kind.since(definitions))
    return Column(
        stream=_stream(feature, kind, definitions),
        formula=kind.compute,
        place=place,
        window=window,
        reach=window * kind.windows,
        half_life=round((feature.half_life_days or feature.every_days or 0) * DAY),
        nothing=np.nan if feature.when_nothing == "missing" else float(feature.when_nothing),
        since=stage,
        counts=kind.counts,
    )


def _stream(feature: FeatureSpec, kind: FactKind, definitions: DefinitionsSpec) -> Stream:
    where = _conditions({**kind.asks(definitions), **feature.where})
    if kind.reads in ("of_which", "to"):
        second = feature.of_which if kind.reads == "of_which" else feature.to
        return Stream(where, second=_conditions(second), either=kind.reads == "to")
    value = kind.value or feature.value or ""
    if kind.reads == "nothing":
        return Stream(where)
    if kind.reads == "left":
        return Stream(where, holds=1 - (feature.percent or 0) / 100)
    if value == "day":
        return Stream(where, reads=DAY_NUMBER)
    if kind.reads == "number":
        return Stream(where, reads=NUMBER, column=value)
    gives = "rank" if kind.reads == "rank" else "code"
    return Stream(where, reads=WORD, column=value, gives=gives, keeps_missing=kind.gives_word)


def _conditions(where: Mapping[str, str | tuple[str, ...]]) -> Conditions:
    return tuple(
        (column, (words,) if isinstance(words, str) else tuple(words)) for column, words in sorted(where.items())
    )


def _passes_of(columns: Sequence[Column], bounds: tuple[str, ...]) -> tuple[Pass, ...]:
    """Share the columns of one table among as few passes as the number of cells allows."""
    groups: list[list[Stream]] = []
    for stream in dict.fromkeys(column.stream for column in columns):
        for streams in groups:
            if _cells(_classes([*streams, stream])) <= _MOST_CELLS:
                streams.append(stream)
                break
        else:
            groups.append([stream])
    return tuple(
        Pass(
            tuple(streams),
            tuple(column for stream in streams for column in columns if column.stream == stream),
            _classes(streams),
            bounds,
        )
        for streams in groups
    )


def _classes(streams: Sequence[Stream]) -> dict[str, dict[str, int]]:
    """Sort the words that filters name into classes, column by column: words of one class pass the same filters."""
    conditions = dict.fromkeys(condition for stream in streams for condition in (*stream.where, *stream.second))
    classes: dict[str, dict[str, int]] = {}
    for column in dict.fromkeys(column for column, _ in conditions):
        filters = [words for named, words in conditions if named == column]
        class_of: dict[tuple[bool, ...], int] = {}
        classes[column] = {
            word: class_of.setdefault(tuple(word in words for words in filters), len(class_of) + 1)
            for word in dict.fromkeys(word for words in filters for word in words)
        }
    return classes


def _cells(classes: Mapping[str, Mapping[str, int]]) -> int:
    cells = 1
    for class_of in classes.values():
        cells *= 1 + max(class_of.values())
    return cells

"""Reads what a source tells into rows of a table, and notes every value that cannot be taken as it is."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from leadml.clock import ZONED, InstantReading, Instants, read_iso_texts, to_iso
from leadml.history.build import Rows
from leadml.history.shapes import TableShape
from leadml.history.tables import BEGINS_AT, NOT_THERE, Codes, Finding, Mask, Numbers, TextColumn
from leadml.history.told import Told
from leadml.history.values import as_arrow, blanks_in, instants_of, numbers_of, translated, words_of
from leadml.history.written_otherwise import format_of

_NUMBER_WITH_ZEROS = re.compile(r"(-?[0-9]+)\.0+")


@dataclass(frozen=True)
class Fault:
    """Values of one column that cannot be taken as they are.

    Attributes
    ----------
    code : str
        The error that says so, and the finding that counts it.
    column : str
        Their name of the column.
    rows : int array
        Where they stand.
    example : str
        The first of them.
    without_it : bool
        Whether the row says nothing without the value.
    hint : str
        What the words of the error ask for beside.
    """

    code: str
    column: str
    rows: Codes
    example: str
    without_it: bool
    hint: str = ""


@dataclass(frozen=True)
class ReadingRules:
    """What holds for all values of a project.

    Attributes
    ----------
    time_zone : str or None
        IANA name, for times without an offset.
    latest : int, UTC microseconds
        A fact after it lies in the future.
    words : mapping of our column to {their word: our word}
    """

    time_zone: str | None
    latest: int
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Read:
    """What a source told, as far as it could be read.

    Attributes
    ----------
    rows : Rows
        One for each row that was told; values at fault are missing, and where `Fault.without_it` the row means nothing.
    faults : tuple of Fault
    findings : tuple of Finding
        What was mended in the one way that there is.
    """

    rows: Rows
    faults: tuple[Fault, ...]
    findings: tuple[Finding, ...]


def read_rows(told: Told, shape: TableShape, rules: ReadingRules) -> Read:
    """Read the rows that a source tells.

    Parameters
    ----------
    told : Told, n rows
    shape : TableShape
        Of its table.
    rules : ReadingRules

    Returns
    -------
    read : Read
    """
    return _Reading(told, shape, rules).read()


class _Reading:
    """Reads the columns of one source one after the other."""

    def __init__(self, told: Told, shape: TableShape, rules: ReadingRules) -> None:
        self._told = told
        self._shape = shape
        self._rules = rules
        self._faults: list[Fault] = []
        self._findings: list[Finding] = []

    def read(self) -> Read:
        """Read all columns."""
        shape, there = self._shape, set(self._told.rows.column_names)
        owner = self._id(shape.owner, typed_floats_too=True)
        self._note("blank_id", shape.owner, owner.codes == NOT_THERE, without_it=True)
        happened = self._instants_in(shape.happened_at)
        wrong = self._wrong_times(shape.happened_at, happened, blank_is_fine=False, without_it=True)
        known_at = self._known_at(happened.instants, wrong) if "known_at" in there else happened.instants
        texts = {name: self._texts(name) for name in self._text_columns() if name in there}
        numbers = {name: self._numbers(name) for name in shape.numbers if name in there}
        numbers.update({name: self._further_instants(name) for name in shape.instants if name in there})
        if shape.is_wide:
            numbers[BEGINS_AT] = happened.begins.astype(np.float64)
        rows = Rows(owner, happened.instants, known_at, texts, numbers)
        return Read(rows, tuple(self._faults), tuple(self._findings))

    def _text_columns(self) -> Sequence[str]:
        attributes = [name for name in self._told.rows.column_names if name not in self._shape.known]
        return (*self._shape.texts, *(attributes if self._shape.is_wide else ()))

    def _column(self, name: str) -> pa.ChunkedArray:
        """Give a column of values; their words become ours before they are read as times or numbers."""
        column, meaning = self._told.rows[name], self._rules.words.get(name)
        return translated(column, meaning) if meaning else column

    def _texts(self, name: str) -> TextColumn:
        if name in self._shape.references:
            return self._id(name, typed_floats_too=False)
        text = words_of(self._told.rows[name], self._rules.words.get(name))
        if name in self._shape.times_among_texts:
            reading = self._instants_in(name)
            bad = self._wrong_times(name, reading, blank_is_fine=True, without_it=False)
            text = TextColumn(np.where(bad, np.int32(NOT_THERE), text.codes), text.words)
            text = _with_zone(text, reading.instants)
        return text

    def _id(self, name: str, *, typed_floats_too: bool) -> TextColumn:
        """Read ids; one that was a number once, and is written `7.0`, is the same as `7`."""
        column = self._told.rows[name]
        text = words_of(column, self._rules.words.get(name))
        if typed_floats_too and pa.types.is_floating(column.type):
            whole = np.array([*(word.lstrip("-").isdecimal() for word in text.words), False])
            self._note("id_in_two_types", name, whole[text.codes], without_it=False)
        mended = {
            word: found[1] for word in text.words if "." in word and (found := _NUMBER_WITH_ZEROS.fullmatch(word))
        }
        if mended:
            written = np.array([*(word in mended for word in text.words), False])
            self._note("id_in_two_types", name, written[text.codes], without_it=False)
            text = words_of(pa.chunked_array([as_arrow(text)]), mended)
        return text

    def _instants_in(self, name: str) -> InstantReading:
        return instants_of(
            self._column(name), self._told.time_formats or ("iso_8601",), time_zone=self._rules.time_zone
        )

    def _known_at(self, happened_at: Instants, not_dated: Mask) -> Instants:
        """When each fact was known: never before it happened; a blank, and nothing else, says that it was at once.

        To take as known at once what became known at an instant that cannot be read, or is yet to come, would be a
        look ahead: without it such a row says nothing.
        """
        reading = self._instants_in("known_at")
        self._wrong_times("known_at", reading, blank_is_fine=True, without_it=True)
        readable = ~(reading.unreadable | reading.without_zone)
        early = readable & ~not_dated & (reading.instants < happened_at)
        if early.any():
            self._findings.append(Finding(self._told.table, "known_before_happened", int(early.sum())))
        elif readable.all():
            return reading.instants
        return np.where(readable & ~early, reading.instants, happened_at)

    def _further_instants(self, name: str) -> Numbers:
        reading = self._instants_in(name)
        bad = self._wrong_times(name, reading, blank_is_fine=True, without_it=False)
        return np.where(bad | reading.unreadable, np.nan, reading.instants.astype(np.float64))

    def _wrong_times(self, name: str, reading: InstantReading, *, blank_is_fine: bool, without_it: bool) -> Mask:
        """Note what is no time, is written in another way, has no zone or lies ahead."""
        unreadable = reading.unreadable
        if unreadable.any():
            blank = unreadable & blanks_in(self._column(name))
            if not blank_is_fine:
                self._note("blank_time", name, blank, without_it=without_it)
            self._note_unreadable(name, unreadable & ~blank, without_it=without_it)
            unreadable = unreadable & ~blank if blank_is_fine else unreadable
        self._note("time_without_zone", name, reading.without_zone, without_it=without_it)
        ahead = ~(reading.unreadable | reading.without_zone) & (reading.begins > self._rules.latest)
        self._note("fact_in_future", name, ahead, without_it=without_it)
        wrong: Mask = unreadable | reading.without_zone | ahead
        return wrong

    def _note_unreadable(self, name: str, unreadable: Mask, *, without_it: bool) -> None:
        """Tell times in another format, which a source may declare, from what is no time at all."""
        rows = np.flatnonzero(unreadable)
        if not len(rows):
            return
        few = words_of(pa.chunked_array([_taken(self._column(name), rows)]))
        formats = [*(format_of(word) for word in few.words), None]
        named = np.array([each is not None for each in formats])[few.codes]
        self._note("not_a_time", name, _mask(len(unreadable), rows[~named]), without_it=without_it)
        if named.any():
            hint = next(each for each in (formats[code] for code in few.codes) if each is not None)
            self._note(
                "time_in_other_format", name, _mask(len(unreadable), rows[named]), without_it=without_it, hint=hint
            )

    def _numbers(self, name: str) -> Numbers:
        column = self._column(name)
        numbers = numbers_of(column)
        unusable = ~np.isfinite(numbers)
        if unusable.any():
            self._note("not_a_number", name, unusable & ~blanks_in(column), without_it=False)
            numbers = np.where(unusable, np.nan, numbers)
        if name in self._shape.chances:
            impossible = (numbers <= 0) | (numbers > 1)
            self._note("not_a_probability", name, impossible, without_it=False)
            numbers = np.where(impossible, np.nan, numbers)
        return numbers

    def _note(self, code: str, name: str, wrong: Mask, *, without_it: bool, hint: str = "") -> None:
        rows = np.flatnonzero(wrong)
        if len(rows):
            example = self._told.rows[name][int(rows[0])].as_py()
            self._faults.append(
                Fault(
                    code=code,
                    column=self._told.names.get(name, name),
                    rows=rows,
                    example="" if example is None else str(example),
                    without_it=without_it,
                    hint=hint,
                )
            )


def _taken(column: pa.ChunkedArray, rows: Codes) -> pa.Array:
    taken = column.take(pa.array(rows))
    return taken.combine_chunks() if taken.num_chunks != 1 else taken.chunk(0)


def _mask(size: int, rows: Codes) -> Mask:
    mask = np.zeros(size, dtype=bool)
    mask[rows] = True
    return mask


def _with_zone(times: TextColumn, instants: Instants) -> TextColumn:
    """Write times as ISO 8601 with their zone, so that whoever reads them needs no setting of their source."""
    _, forms = read_iso_texts(pa.array(times.words, pa.string()))
    if (forms == ZONED).all():
        return times
    told = [
        None if code == NOT_THERE else to_iso(instant)
        for code, instant in zip(times.codes.tolist(), instants.tolist(), strict=True)
    ]
    return words_of(pa.chunked_array([pa.array(told, pa.string())]))

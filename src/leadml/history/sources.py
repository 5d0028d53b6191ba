"""Reads all that `history.yaml` names into a `History`, and reports every problem together."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from leadml.clock import MINUTE, SECOND, now, parse_instant, to_iso
from leadml.errors import LeadmlError, ProblemsError, known_words, raise_problems
from leadml.history.build import Rows, build_history, joined
from leadml.history.dirty import DirtyRowsReport, Kept
from leadml.history.mapping import (
    ROW_ORDER,
    column_problems,
    in_row_order,
    mapped,
    mapping_problems,
    no_row_fits,
    rows_of,
    with_constants,
)
from leadml.history.opening import Beside, Opening
from leadml.history.reading import ReadingRules, read_rows
from leadml.history.shapes import TableShape, shape_of
from leadml.history.tables import Finding, History, TextColumn
from leadml.history.told import RowsRead, Told
from leadml.specs.agreement_spec import DefinitionsSpec
from leadml.specs.history_spec import HistorySpec, SourceSpec, TablesSpec
from leadml.wording.texts import nearest

Progress = Callable[[str], None]

_ALONE = Beside()


def tell_nobody(_step: str) -> None:
    """Take note of a step, and say nothing."""


def read_history(
    spec: HistorySpec,
    folder: Path,
    definitions: DefinitionsSpec,
    *,
    on_progress: Progress = tell_nobody,
    beside: Beside = _ALONE,
) -> History:
    """Read all sources of a project.

    Parameters
    ----------
    spec : HistorySpec
        What lies where.
    folder : Path
        Where the files lie.
    definitions : DefinitionsSpec
        The agreement's words.
    on_progress : callable taking str
        Told the name of each table before it is read. Where it has a method `rows_read`, that is told the number of
        rows of each block.
    beside : Beside
        Frames of a notebook, and where rows that are set aside go.

    Returns
    -------
    history : History
        Its findings say what was met on the way, and what became of rows that could not be taken as they are.

    Raises
    ------
    LeadmlError, ProblemsError
        Missing file or column, a file that is not UTF-8, an empty table, and, unless `dirty_rows` says otherwise, a
        value of a wrong type, a time without zone, a fact in the future: all of them together.
    """
    reader = _SourceReader(spec, folder, definitions, beside, on_rows=getattr(on_progress, "rows_read", _unheard))
    kept: dict[str, list[Kept]] = {}
    for table in TablesSpec.model_fields:
        sources: tuple[SourceSpec, ...] | None = getattr(spec.tables, table)
        if sources is not None:
            on_progress(table)
            kept[table] = [
                part
                for number, source in enumerate(sources)
                for part in reader.read(source, table, f"history.yaml, tables.{table}[{number}]")
            ]
    raise_problems(dict.fromkeys(reader.problems), where="history.yaml")
    tables = _tables_of(kept, reader.report)
    reader.report.write(kept)
    history = build_history(tables, definitions, known_until=reader.known_until(tables))
    return replace(
        history,
        findings=(*_about_the_clock(spec, tables), *reader.report.findings, *history.findings),
    )


def _unheard(_rows: int) -> None:
    """Tell nobody."""


def _tables_of(kept: Mapping[str, list[Kept]], report: DirtyRowsReport) -> dict[str, Rows]:
    """Lay the rows of each table under each other."""
    leads = {word for part in kept["leads"] for word in _leads_in(part.rows)}
    tables = {}
    for table, parts in kept.items():
        if table not in ("leads", "companies"):
            rows = [report.without_strangers(part, leads) for part in parts]
        else:
            rows = [part.rows for part in parts]
        tables[table] = joined(rows or [_no_rows(shape_of(table))])
    return tables


def _leads_in(rows: Rows) -> Iterable[str]:
    """Name the leads that the table leads still has once its bad rows are out, and those that others became."""
    yield from rows.owner.words_that_occur()
    if "merged_into" in rows.texts:
        yield from rows.texts["merged_into"].words_that_occur()


def _about_the_clock(spec: HistorySpec, tables: Mapping[str, Rows]) -> Iterable[Finding]:
    if spec.clock == ROW_ORDER:
        yield Finding("leads", ROW_ORDER, len(tables["leads"]))


class _SourceReader:
    """Reads sources one after the other; what is wrong with them is kept in `problems`."""

    def __init__(
        self, spec: HistorySpec, folder: Path, definitions: DefinitionsSpec, beside: Beside, on_rows: RowsRead
    ) -> None:
        self._spec = spec
        self._opening = Opening(spec, folder, beside, on_rows)
        self.report = DirtyRowsReport(beside.quarantine)
        self.problems = self.report.problems
        self.problems.extend(_word_problems(spec))
        self.problems.extend(_meaning_problems(spec, definitions))
        self._latest = now() + round(spec.clock_skew_minutes * MINUTE)
        self._made_at: list[int] = []  # when the sources that say so were exported
        self._until: int | None = None
        if spec.known_until is not None:
            self._until = round(spec.known_until.timestamp() * SECOND)
            if self._until > self._latest:
                where, value = "history.yaml, known_until", to_iso(self._until)
                self.problems.append(LeadmlError("fact_in_future", where=where, value=value))
            self._latest = min(self._latest, self._until)

    def known_until(self, tables: Mapping[str, Rows]) -> int | None:
        """Say until when all is known: as history.yaml says, else as the source that ends first says of itself.

        A fact that another source tells of a later instant does not say that nothing else had happened by then.
        """
        if self._until is not None:  # a fact dated with that day alone ends with the day
            return max(self._until, *(int(rows.known_at.max()) for rows in tables.values() if len(rows)))
        return min(self._made_at, default=None)

    def read(self, source: SourceSpec, table: str, place: str) -> list[Kept]:
        """Read one source of one table; nothing where something is wrong."""
        shape = shape_of(table)
        problems = mapping_problems(source, table, shape, place, clock=self._spec.clock)
        words = _words_for(self._spec, source, shape)
        told: list[Told] = []
        try:
            if source.format is not None and not problems:
                told = self._exported(source.model_copy(update={"words": words}), table)
            elif source.format is None:
                told = self._mapped(source, table, place, problems)
        except ProblemsError as several:
            problems.extend(several.problems)
        except LeadmlError as problem:
            problems.append(problem)
        self.problems.extend(problems)
        if problems:
            return []
        rules = ReadingRules(self._spec.time_zone, self._latest, words)
        policy = source.dirty_rows or self._spec.dirty_rows
        return [self.report.settle(part, read_rows(part, shape, rules), policy) for part in told]

    def _exported(self, source: SourceSpec, table: str) -> list[Told]:
        """Take a table from an export."""
        told = [with_constants(part, source.constants) for part in self._opening.tell(source, table)]
        for part in told:
            self.report.findings.extend(part.findings)
            if part.known_until is not None:
                where = f"history.yaml, tables.{table}, file {source.file}"
                self._made_at.append(parse_instant(part.known_until, where=where))
        return told

    def _mapped(self, source: SourceSpec, table: str, place: str, problems: list[LeadmlError]) -> list[Told]:
        """Map a file, database or frame."""
        sheets, shape = self._opening.sheets(source), shape_of(table)
        for sheet in sheets:
            problems.extend(column_problems(sheet, source, place))
        if problems:
            return []
        told, before = [], 0
        for sheet in sheets:
            index = rows_of(sheet, source.rows)
            part = mapped(sheet, index, source, table, shape)
            if self._spec.clock == ROW_ORDER:
                part = in_row_order(part, index, before, shape)
            told.append(part)
            before += len(sheet)
        if not before:
            raise LeadmlError("empty_table", where=f"{place}, file {sheets[0].source}", table=table)
        if not any(len(part) for part in told):
            raise no_row_fits(next(sheet for sheet in sheets if len(sheet)), source.rows, place)
        return told


def _words_for(spec: HistorySpec, source: SourceSpec, shape: TableShape) -> dict[str, dict[str, str]]:
    """Gather their words for ours: those of the project, and over them those of the source."""
    columns = [*(name for name in spec.words if name in shape.known), *source.words]
    return {name: {**spec.words.get(name, {}), **source.words.get(name, {})} for name in columns}


def _word_problems(spec: HistorySpec) -> list[LeadmlError]:
    """Check that words are given for columns that some table has."""
    known = sorted({name for table in TablesSpec.model_fields for name in shape_of(table).known})
    return [
        LeadmlError(
            "unknown_key",
            where="history.yaml, words",
            key=name,
            known=known_words(known),
            hint=nearest(name, known),
        )
        for name in spec.words
        if name not in known
    ]


def _meaning_problems(spec: HistorySpec, definitions: DefinitionsSpec) -> list[LeadmlError]:
    """Check that their words become words that the agreement has, in columns whose words it lists in full."""
    agreed = {
        "lead_type": tuple(definitions.lead_types),
        "lifecycle_stage": definitions.lifecycle_stages,
        "lead_status": tuple(definitions.lead_statuses),
        "deal_stage": tuple(definitions.deal_stages),
        "journey_stage": tuple(definitions.buyers_journey),
    }
    written = [("words", spec.words)]
    for table in TablesSpec.model_fields:
        sources: tuple[SourceSpec, ...] = getattr(spec.tables, table) or ()
        written += [(f"tables.{table}[{number}].words", source.words) for number, source in enumerate(sources)]
    return [
        LeadmlError(
            "unknown_word",
            where=f"history.yaml, {place}.{column}.{theirs}",
            word=ours,
            known=known_words(agreed[column]) or "-",
            hint=nearest(ours, agreed[column]),
        )
        for place, words in written
        for column, meaning in words.items()
        if column in agreed
        for theirs, ours in meaning.items()
        if ours and ours not in agreed[column]
    ]


def _no_rows(shape: TableShape) -> Rows:
    nothing = TextColumn(np.empty(0, np.int32), ())
    no_times = np.empty(0, np.int64)
    return Rows(nothing, no_times, no_times, dict.fromkeys(shape.texts, nothing), {})

"""What becomes of rows that cannot be taken as they are: refused, set aside in a file, or read as far as can be."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from leadml.errors import LeadmlError
from leadml.history.build import Rows
from leadml.history.reading import Fault, Read
from leadml.history.tables import Codes, Finding, Mask
from leadml.history.told import Told
from leadml.specs.history_spec import DirtyRows

QUARANTINE = "quarantine"
# Every fault that a row can have: an error under `reject`, a finding under the other policies. What notes them gives
# their names to a function, so this list is where a check of all words finds them.
FAULTS = (
    "blank_id",
    "id_in_two_types",
    "blank_time",
    "not_a_time",
    "time_in_other_format",
    "time_without_zone",
    "fact_in_future",
    "not_a_number",
    "not_a_probability",
)
_ASIDE = ("reason", "source", "place")  # columns of the file of bad rows, before their own


@dataclass(frozen=True)
class Kept:
    """The rows of one source that count.

    Attributes
    ----------
    rows : Rows
    told : Told
    index : int array, optional
        Which row of `told` each of them is; None: all, one after the other.
    policy : str
        `reject`, `quarantine` or `accept`.
    """

    rows: Rows
    told: Told
    index: Codes | None
    policy: DirtyRows


@dataclass
class DirtyRowsReport:
    """What was found in the rows of all sources, and what became of it.

    Attributes
    ----------
    folder : Path, optional
        Where quarantined rows are written, one file a table; without it they are only counted.
    problems : list of LeadmlError
        Under `reject`: every fault, with the first value and the number of rows.
    findings : list of Finding
        Under the other policies: every fault counted, and what was done about it.
    """

    folder: Path | None = None
    problems: list[LeadmlError] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    _aside: dict[str, list[tuple[Told, Mapping[int, list[str]]]]] = field(default_factory=dict)

    def settle(self, told: Told, read: Read, policy: DirtyRows) -> Kept:
        """Keep the rows of a source that count under a policy.

        Parameters
        ----------
        told : Told, n rows
        read : Read, n rows
        policy : str

        Returns
        -------
        kept : Kept
            Under `reject` none when there is any fault; under `quarantine` the rows without fault; under `accept`
            all but those that say nothing without the value at fault.
        """
        self.findings.extend(read.findings)
        if not read.faults:
            return Kept(read.rows, told, None, policy)
        if policy == "reject":
            self.problems.extend(_problem(told, fault) for fault in read.faults)
            return Kept(read.rows.take(np.empty(0, np.int64)), told, np.empty(0, np.int64), policy)
        self.findings.extend(
            Finding(told.table, fault.code, len(fault.rows), {"column": fault.column, "value": fault.example})
            for fault in read.faults
        )
        left_out = _marked(len(told), [f for f in read.faults if policy == QUARANTINE or f.without_it])
        if policy == QUARANTINE:
            self._set_aside(told, read.faults)
        else:
            lost = int(left_out.sum())
            self.findings.append(Finding(told.table, "left_out" if lost else "read_as_missing", lost))
        index = np.flatnonzero(~left_out)
        return Kept(read.rows.take(index), told, index, policy)

    def without_strangers(self, kept: Kept, known: set[str]) -> Rows:
        """Set aside the facts of leads that nobody knows, where bad rows are quarantined.

        Parameters
        ----------
        kept : Kept
        known : set of str
            Ids of leads.

        Returns
        -------
        rows : Rows
            Under the other policies all of them: those of strangers are left out, and counted, when a history is built.
        """
        if kept.policy != QUARANTINE or not len(kept.rows):
            return kept.rows
        stranger = np.array([*(word not in known for word in kept.rows.owner.words), False])[kept.rows.owner.codes]
        if not stranger.any():
            return kept.rows
        rows, first = np.flatnonzero(stranger), int(np.argmax(stranger))
        if kept.index is not None:
            rows = kept.index[rows]
        example = kept.rows.owner.words[kept.rows.owner.codes[first]]
        fault = Fault("unknown_lead", "", rows, example, without_it=True)
        self.findings.append(Finding(kept.told.table, "stranger", len(rows), {"example": example}))
        self._set_aside(kept.told, [fault])
        return kept.rows.take(~stranger)

    def _set_aside(self, told: Told, faults: Iterable[Fault]) -> None:
        reasons: dict[int, list[str]] = {}
        for fault in faults:
            said = f"{fault.code}: {fault.column}" if fault.column else fault.code
            for row in fault.rows.tolist():
                reasons.setdefault(row, []).append(said)
        self._aside.setdefault(told.table, []).append((told, reasons))

    def write(self, tables: Iterable[str]) -> None:
        """Write the quarantined rows, one file a table; a file of an earlier reading goes.

        Parameters
        ----------
        tables : iterable of str
            All that were read.

        Raises
        ------
        LeadmlError
            `cannot_write`.
        """
        counts: dict[str, int] = {}
        for table in tables:
            aside = self._aside.get(table, [])
            if aside:
                counts[table] = rows = sum(len(reasons) for _, reasons in aside)
                name = f".leadml/{QUARANTINE}/{table}.csv"
                self.findings.append(Finding(table, "quarantined", rows, {"file": name}))
            if self.folder is not None:
                try:
                    _write(self.folder / f"{table}.csv", aside)
                except OSError as error:
                    raise LeadmlError(
                        "cannot_write", where=f"{table}.csv", file=f"{table}.csv", problem=error.strerror or ""
                    ) from None
        if len(counts) > 1:
            values = {"tables": len(counts), "folder": f".leadml/{QUARANTINE}"}
            self.findings.append(Finding("history.yaml", "quarantined_in_all", sum(counts.values()), values))


def _problem(told: Told, fault: Fault) -> LeadmlError:
    source, part = told.place_of(int(fault.rows[0]))
    return LeadmlError(
        fault.code,
        where=f"{source}, column {fault.column}, {part} ({len(fault.rows)} in all)",
        value=fault.example,
        column=fault.column,
        count=len(fault.rows),
        time_format=fault.hint,
    )


def _marked(size: int, faults: Sequence[Fault]) -> Mask:
    marks = np.zeros(size, dtype=bool)
    for fault in faults:
        marks[fault.rows] = True
    return marks


def _write(path: Path, aside: Sequence[tuple[Told, Mapping[int, list[str]]]]) -> None:
    """Write complete rows with their reasons and places; sources that differ in columns share one file."""
    if not aside:
        path.unlink(missing_ok=True)
        return
    originals = [(told, reasons, _originals(told, np.array(sorted(reasons)))) for told, reasons in aside]
    columns = list(dict.fromkeys(name for *_, table in originals for name in table.column_names))
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow([*_ASIDE, *columns])
        for told, reasons, table in originals:
            there = table.column_names  # what nobody asks for may stand there twice: the first is written
            values = [
                table.column(there.index(name)).to_pylist() if name in there else [None] * len(table)
                for name in columns
            ]
            for place, row in enumerate(sorted(reasons)):
                source, part = told.place_of(row)
                rows.writerow(["; ".join(reasons[row]), source, part, *(column[place] for column in values)])
    unfinished.replace(path)


def _originals(told: Told, rows: Codes) -> pa.Table:
    return told.rows.take(rows) if told.originals is None else told.originals(rows)

"""What the audit finds: a grade, a place, numbers, and what to do, in both languages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from leadml.wording.texts import LANGUAGES, Language, say


class Grade(StrEnum):
    """How sure the audit is that a column tells the outcome."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


GRADES = tuple(Grade)


@dataclass(frozen=True)
class LeakFinding:
    """One thing that tells the outcome, or could.

    Attributes
    ----------
    code : str
        The key of its texts under `leak` in the wording.
    grade : Grade
    table, column : str
        Where, in the words of history.yaml; for a computed feature `features` and its name.
    values : mapping of str to number or text
        The evidence, as the texts name it.
    word : str
        The word of that column that is meant; empty where it is all of them.

    Examples
    --------
    >>> finding = LeakFinding("too_good", Grade.ERROR, "leads", "call_seconds",
    ...                       {"auc": 0.85, "low": 0.83, "high": 0.87, "others": 0.6, "limit": 0.8})
    >>> finding.name
    'leads.call_seconds'
    >>> finding.said("evidence")
    'AUC 0.850 [0.830, 0.870] by itself; all weaker columns together 0.600; limit here 0.800.'
    """

    code: str
    grade: Grade
    table: str
    column: str
    values: Mapping[str, Any] = field(default_factory=dict)
    word: str = ""

    @property
    def name(self) -> str:
        """How `--accept-leak` names it: table.column, with =word where one word is meant."""
        return f"{self.table}.{self.column}{'=' if self.word else ''}{self.word}"

    def said(self, part: str, language: Language = "en") -> str:
        """Say one part: `what`, `evidence` or `fix`."""
        place = {"table": self.table, "column": self.column, "word": self.word}
        return say(f"leak.{self.code}.{part}", language, **place, **self.values)

    def to_dict(self) -> dict[str, Any]:
        """Lay the finding out as it travels in JSON, with its texts in both languages."""
        return {
            "code": self.code,
            "grade": self.grade.value,
            "name": self.name,
            "table": self.table,
            "column": self.column,
            "word": self.word,
            "values": dict(self.values),
            **{part: {tongue: self.said(part, tongue) for tongue in LANGUAGES} for part in ("what", "evidence", "fix")},
        }


@dataclass(frozen=True)
class AuditReport:
    """What the audit says about a history and its training set.

    Attributes
    ----------
    findings : tuple of LeakFinding
        Errors first, then warnings, then notes.
    snapshots, leads, ready : int
        What was looked at: snapshots, their leads, and how many of these became ready.
    columns : int
        Attributes, words and features that were compared with the outcome.
    """

    findings: tuple[LeakFinding, ...]
    snapshots: int
    leads: int
    ready: int
    columns: int

    def of_grade(self, grade: Grade) -> tuple[LeakFinding, ...]:
        """Take the findings of one grade."""
        return tuple(finding for finding in self.findings if finding.grade == grade)

    @property
    def errors(self) -> tuple[LeakFinding, ...]:
        """The findings that stop a training."""
        return self.of_grade(Grade.ERROR)

    def to_dict(self) -> dict[str, Any]:
        """Lay the report out as it travels in JSON."""
        return {
            "snapshots": self.snapshots,
            "leads": self.leads,
            "ready": self.ready,
            "columns": self.columns,
            "findings": [finding.to_dict() for finding in self.findings],
        }

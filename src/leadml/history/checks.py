"""Looks a history over before anything is learned from it: what is there, and what a reader should know."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from leadml.clock import to_iso
from leadml.history.tables import BEGINS_AT, FACT_TABLES, NOT_THERE, Finding, History
from leadml.specs.agreement_spec import DefinitionsSpec
from leadml.wording.texts import nearest

_WORDS_TOLD = 20  # of a column; where there are more, the wrong column is named, and nobody reads them all


@dataclass(frozen=True)
class TableSummary:
    """How much of a table there is."""

    table: str
    rows: int
    leads: int
    first_at: str
    last_at: str
    known_late_share: float


@dataclass(frozen=True)
class CheckReport:
    """What `leadml check` says about a history."""

    leads: int
    known_until: str
    tables: tuple[TableSummary, ...]
    unknown: tuple[str, ...]
    findings: tuple[Finding, ...]


def check_history(history: History, definitions: DefinitionsSpec) -> CheckReport:
    """Summarise a history and list what stands out.

    Parameters
    ----------
    history : History
    definitions : DefinitionsSpec
        The agreement's words; words of the CRM that it does not have are counted, not refused.

    Returns
    -------
    report : CheckReport
    """
    summaries = []
    for name, table in history.facts.items():
        rows = len(table.happened_at)
        if rows:
            summaries.append(
                TableSummary(
                    table=name,
                    rows=rows,
                    leads=int((np.diff(table.first) > 0).sum()),
                    first_at=to_iso(int(table.happened_at.min())),
                    last_at=to_iso(int(table.happened_at.max())),
                    known_late_share=float((table.known_at > table.happened_at).mean()),
                )
            )
    findings = [
        *history.findings,
        *_unknown_words(history, definitions),
        *_blank_numbers(history),
        *_before_creation(history),
    ]
    return CheckReport(
        leads=len(history.lead_ids),
        known_until=to_iso(history.known_until),
        tables=tuple(summaries),
        unknown=history.unknown,
        findings=tuple(findings),
    )


def _unknown_words(history: History, definitions: DefinitionsSpec) -> list[Finding]:
    """Count the words that the agreement does not define: they are data, and a reader should see them."""
    findings = []
    for agreed in _agreed_words(definitions):
        table = history.facts.get(agreed.table)
        text = None if table is None else table.texts.get(agreed.column)
        if text is None:
            continue
        missing, *counts = np.bincount(text.codes - NOT_THERE, minlength=len(text.words) + 1).tolist()
        if agreed.words is not None:
            met = [(count, word) for count, word in zip(counts, text.words, strict=True) if count]
            findings += _not_agreed(agreed, met, agreed.words)
        if missing and not agreed.may_be_blank:
            findings.append(Finding(agreed.table, "blank_word", missing, {"column": agreed.column}))
    return findings


@dataclass(frozen=True)
class _Agreed:
    """A column and its agreed words; None where any word will do."""

    table: str
    column: str
    words: tuple[str, ...] | None
    may_be_blank: bool = False
    others: str = "unknown_word"  # how other words are told
    may_be_near: bool = True  # whether another word is told with the agreed one that is nearest


def _agreed_words(definitions: DefinitionsSpec) -> list[_Agreed]:
    """List the columns whose words mean something, with the words that the agreement defines."""
    attempt = definitions.connect_attempt
    agreed = [
        _Agreed("leads", "lead_type", tuple(definitions.lead_types)),
        _Agreed("activities", "activity", None),
        _Agreed("stage_changes", "lifecycle_stage", definitions.lifecycle_stages),
        _Agreed("status_changes", "lead_status", tuple(definitions.lead_statuses)),
        _Agreed("deal_changes", "deal_stage", tuple(definitions.deal_stages)),
        _Agreed("connect_attempts", "channel", attempt.channels, others="uncounted_word"),
        _Agreed("connect_attempts", "result", attempt.results, others="uncounted_word"),
        _Agreed("connect_attempts", "made_by", attempt.made_by, may_be_blank=True, others="uncounted_word"),
        _Agreed("scores", "name", None),
        _Agreed("decisions", "decision", None),
        _Agreed("decisions", "explored", ("no", "yes"), may_be_blank=True, others="not_yes_or_no", may_be_near=False),
    ]
    if reasons := tuple(word for word in definitions.return_reasons if word):
        agreed.append(_Agreed("status_changes", "reason", reasons, may_be_blank=True))
    return agreed


def _not_agreed(agreed: _Agreed, met: Sequence[tuple[int, str]], words: tuple[str, ...]) -> list[Finding]:
    """Tell the words that nobody agreed on, the most frequent first, each with the agreed one that is nearest."""
    # Words stand in the order of the alphabet, and those of one count stay so.
    unknown = sorted((each for each in met if each[1] not in words), key=lambda each: -each[0])
    findings = []
    for count, word in unknown[:_WORDS_TOLD]:
        values = {"column": agreed.column, "word": word}
        if agreed.may_be_near and (near := nearest(word, words)):
            findings.append(Finding(agreed.table, f"{agreed.others}_near", count, {**values, "near": near}))
        else:
            findings.append(Finding(agreed.table, agreed.others, count, values))
    if more := unknown[_WORDS_TOLD:]:
        facts, values = sum(count for count, _ in more), {"column": agreed.column, "words": f"{len(more):,}"}
        findings.append(Finding(agreed.table, "more_unknown_words", facts, values))
    return findings


def _blank_numbers(history: History) -> list[Finding]:
    """Count the facts without the number that their table is about: no feature that reads it sees them."""
    findings = []
    for name, columns in FACT_TABLES.items():
        for column in columns.numbers if name in history.facts else ():
            table = history.facts[name]
            numbers = table.numbers.get(column)
            if column in columns.required and numbers is not None and (blank := int(np.isnan(numbers).sum())):
                findings.append(Finding(name, "blank_word", blank, {"column": column}))
    return findings


def _before_creation(history: History) -> list[Finding]:
    """Count facts dated before their lead existed; on the day of a creation without time any hour is fine."""
    findings = []
    created = history.facts["leads"].numbers.get(BEGINS_AT, history.created_at)
    for name, table in history.facts.items():
        if name in ("leads", "lead_attributes", "company_attributes"):
            continue
        early = int((table.happened_at < created[table.leads]).sum())
        if early:
            findings.append(Finding(name, "before_creation", early))
    return findings

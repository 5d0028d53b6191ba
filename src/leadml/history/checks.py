"""Looks a history over before anything is learned from it: what is there, and what a reader should know."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from leadml.clock import to_iso
from leadml.history.tables import BEGINS_AT, NOT_THERE, Finding, History
from leadml.specs.agreement_spec import DefinitionsSpec


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
    findings = [*history.findings, *_unknown_words(history, definitions), *_before_creation(history)]
    return CheckReport(
        leads=len(history.lead_ids),
        known_until=to_iso(history.known_until),
        tables=tuple(summaries),
        unknown=history.unknown,
        findings=tuple(findings),
    )


def _unknown_words(history: History, definitions: DefinitionsSpec) -> list[Finding]:
    """Count the words that the agreement does not define: they are data, and a reader should see them."""
    agreed: Mapping[tuple[str, str], tuple[str, ...]] = {
        ("stage_changes", "lifecycle_stage"): definitions.lifecycle_stages,
        ("status_changes", "lead_status"): tuple(definitions.lead_statuses),
        ("deal_changes", "deal_stage"): tuple(definitions.deal_stages),
        ("connect_attempts", "channel"): definitions.connect_attempt.channels,
    }
    findings = []
    for (name, column), words in agreed.items():
        if name not in history.facts:
            continue
        text = history.facts[name].texts[column]
        for code, word in enumerate(text.words):
            count = int((text.codes == code).sum())
            if word not in words and count:
                findings.append(Finding(name, "unknown_word", count, {"column": column, "word": word}))
        missing = int((text.codes == NOT_THERE).sum())
        if missing:
            findings.append(Finding(name, "blank_word", missing, {"column": column}))
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

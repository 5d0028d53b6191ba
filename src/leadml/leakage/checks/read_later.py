"""Tables that were read later than they claim: back-dated facts, today's state told as the past, import times."""

from collections.abc import Iterator

import numpy as np

from leadml.history.tables import BEGINS_AT, FACT_TABLES, JUDGEMENTS, FactTable
from leadml.leakage.evidence import Evidence
from leadml.leakage.findings import Grade, LeakFinding

_FEWEST = 20
_BACK_DATED_SHARE = 0.01
_TODAYS_SHARE = 0.9
_IMPORTED_SHARE = 0.5
_STATES = ("stage_changes", "status_changes", "assignments", "deal_changes", *JUDGEMENTS)


def find(evidence: Evidence) -> list[LeakFinding]:
    """Look for dates that cannot be when the CRM knew.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    findings : list of LeakFinding
        Warnings. `back_dated`: facts known before their lead was created; `todays_state`: a table of
        changes with one row a lead, dated at its creation; `known_at_import`: most facts became known in
        one instant, so no earlier score sees them. `never_late`, a note: a table in which nothing was ever
        told late although others hold late facts.
    """
    facts = evidence.history.facts
    tables = {name: facts[name] for name in FACT_TABLES if name in facts and len(facts[name].happened_at) >= _FEWEST}
    findings = []
    for name, table in tables.items():
        findings += [
            *_back_dated(evidence, name, table),
            *_todays_state(evidence, name, table),
            *_imported(name, table),
        ]
    late = {name: float((table.known_at > table.happened_at).mean()) for name, table in tables.items()}
    usual = float(np.median([share for share in late.values() if share > 0] or [0.0]))
    if sum(share > 0 for share in late.values()) >= 2:
        findings += [
            LeakFinding(
                "never_late", Grade.NOTE, name, "known_at", {"usual": usual, "facts": len(tables[name].known_at)}
            )
            for name, share in late.items()
            if share == 0 and (1 - usual) ** len(tables[name].known_at) < _BACK_DATED_SHARE / 10
        ]
    return findings


def _back_dated(evidence: Evidence, name: str, table: FactTable) -> Iterator[LeakFinding]:
    leads = evidence.history.facts["leads"]
    created = leads.numbers.get(BEGINS_AT, leads.happened_at.astype(np.float64))[table.leads]
    early = table.known_at < created
    if early.sum() >= _FEWEST and early.mean() >= _BACK_DATED_SHARE:
        values = {"facts": int(early.sum()), "share": float(early.mean())}
        yield LeakFinding("back_dated", Grade.WARNING, name, "known_at", values)


def _todays_state(evidence: Evidence, name: str, table: FactTable) -> Iterator[LeakFinding]:
    if name not in _STATES:
        return
    counts = np.diff(table.first)
    at_creation = table.happened_at == evidence.history.created_at[table.leads]
    if counts.max() == 1 and _differs(table) and at_creation.mean() >= _TODAYS_SHARE:
        values = {"facts": len(at_creation), "share": float(at_creation.mean())}
        yield LeakFinding("todays_state", Grade.WARNING, name, "happened_at", values)


def _differs(table: FactTable) -> bool:
    """Tell whether the facts of a table say more than one thing."""
    words = max((len(text.words) for text in table.texts.values()), default=0)
    return words > 1 or any(len(np.unique(numbers[~np.isnan(numbers)])) > 1 for numbers in table.numbers.values())


def _imported(name: str, table: FactTable) -> Iterator[LeakFinding]:
    known, happened = (np.unique(times, return_counts=True)[1].max() for times in (table.known_at, table.happened_at))
    facts = len(table.known_at)
    if known >= _IMPORTED_SHARE * facts > happened:
        yield LeakFinding(
            "known_at_import", Grade.WARNING, name, "known_at", {"facts": int(known), "share": float(known / facts)}
        )

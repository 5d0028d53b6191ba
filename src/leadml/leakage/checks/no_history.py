"""Attributes without history in a set whose other facts are dated: the past is seen with the eyes of the export."""

from leadml.history.tables import FACT_TABLES
from leadml.leakage.evidence import Evidence, Origin
from leadml.leakage.findings import Grade, LeakFinding


def find(evidence: Evidence) -> list[LeakFinding]:
    """Name the attributes of which only one value a lead is known.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    findings : list of LeakFinding
        `without_history`, a note; none in a history without dated facts, where nothing has a history.
    """
    facts = evidence.history.facts
    dated = [name for name in FACT_TABLES if name != "stage_changes" and name in facts and len(facts[name].happened_at)]
    if not dated:
        return []
    return [
        LeakFinding(
            "without_history",
            Grade.NOTE,
            column.table,
            column.name,
            {"leads": int(evidence.of_leads(column.codes > 0).sum())},
        )
        for column in evidence.columns
        if column.origin is Origin.UNDATED and column.name not in ("known_at", "company_id")
    ]

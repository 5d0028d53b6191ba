"""An owner or queue that leads are assigned to because they succeeded."""

import numpy as np

from leadml.history.tables import Mask
from leadml.leakage.evidence import Evidence
from leadml.leakage.findings import Grade, LeakFinding
from leadml.leakage.statistics import lowest_share, share_of

_FEWEST_LEADS = 12
_ONLY = 0.97
_LATE = 0.95


def find(evidence: Evidence) -> list[LeakFinding]:
    """Look for owners whose leads all succeeded, and who got them afterwards.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    findings : list of LeakFinding
        `owner_on_success`, a warning: the dates keep it out of every score before the outcome, but the name of the
        owner alone tells it. An owner whom leads had *before* is an error of `only_ready`.
    """
    table = evidence.history.facts.get("assignments")
    if table is None:
        return []
    owners, kept = table.texts["owner"], _kept(evidence)
    late = table.happened_at >= evidence.reached_at[table.leads]
    assigned = np.unique(table.leads)
    usual = share_of(kept[assigned])
    findings = []
    for code, owner in enumerate(owners.words):
        rows = np.flatnonzero(owners.codes == code)
        leads = np.unique(table.leads[rows])
        good = int(kept[leads].sum())
        if len(leads) < _FEWEST_LEADS or good < _ONLY * len(leads) or share_of(late[rows]) < _LATE:
            continue
        certain = lowest_share(np.array([float(good)]), np.array([float(len(leads))]), questions=len(owners.words))[0]
        if certain > usual:
            values = {"leads": len(leads), "ready": good, "usual": usual}
            findings.append(LeakFinding("owner_on_success", Grade.WARNING, "assignments", "owner", values, owner))
    return findings


def _kept(evidence: Evidence) -> Mask:
    """Mark the leads of the history that came to the target stage and were not given back."""
    kept = np.zeros(len(evidence.history.lead_ids), dtype=bool)
    table = evidence.history.facts.get("stage_changes")
    if table is not None:
        stages = evidence.spec.agreement.definitions.lifecycle_stages
        agreed = np.flatnonzero(table.texts["lifecycle_stage"].is_any_of(stages))
        kept[table.leads[agreed]] = evidence.at_target(table)[agreed]  # rows lie in order of time: the last one stays
    return kept

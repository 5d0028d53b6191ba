"""The audit: every check on one history and its training set, sorted by how sure it is."""

from collections.abc import Callable, Sequence

from leadml.dataset import TrainingSet
from leadml.history.tables import History
from leadml.leakage.checks import (
    after_outcome,
    at_outcome,
    dates_ahead,
    future,
    growing_totals,
    ids,
    late_snapshots,
    no_history,
    read_later,
    restates,
    success_owner,
    target_encoded,
    too_good,
    twins,
)
from leadml.leakage.columns import gather
from leadml.leakage.evidence import Evidence
from leadml.leakage.findings import GRADES, AuditReport, LeakFinding
from leadml.specs.project_spec import ProjectSpec

Check = Callable[[Evidence], Sequence[LeakFinding]]

# Those that say why come before those that only say that something is too good to be true.
CHECKS: tuple[Check, ...] = (
    late_snapshots.find,
    restates.find,
    dates_ahead.find,
    growing_totals.find,
    target_encoded.find,
    too_good.find,
    ids.find,
    twins.find,
    future.find,
    success_owner.find,
    at_outcome.find,
    after_outcome.find,
    read_later.find,
    no_history.find,
)


def audit(history: History, training_set: TrainingSet, spec: ProjectSpec) -> AuditReport:
    """Look for anything that tells the outcome before it was known.

    Looks at *all* attributes, words, owners and ids of a history, used by a feature or not, and at the
    computed features. Needs no settings and no hints.

    Parameters
    ----------
    history : History
    training_set : TrainingSet, not empty
        Made from this history.
    spec : ProjectSpec

    Returns
    -------
    report : AuditReport
        Errors first. Each place is named once, by its gravest finding.

    Notes
    -----
    Errors need a large effect *and* certainty: the chance of any false alarm over all columns of
    a history together is held near one in a thousand for each kind of question.
    """
    evidence = gather(history, training_set, spec)
    found = [finding for check in CHECKS for finding in check(evidence)]
    return AuditReport(
        findings=gravest(found),
        snapshots=len(evidence.training_set),
        leads=len(evidence.first_rows),
        ready=int(evidence.ready_leads.sum()),
        columns=len(evidence.columns),
    )


def gravest(findings: Sequence[LeakFinding]) -> tuple[LeakFinding, ...]:
    """Keep one finding a place: the gravest, and among equals the first.

    Parameters
    ----------
    findings : sequence of LeakFinding
        In the order of the checks: those that say why come first.

    Returns
    -------
    findings : tuple of LeakFinding
        Sorted by grade, errors first.
    """
    by_name: dict[str, LeakFinding] = {}
    for finding in sorted(findings, key=lambda finding: GRADES.index(finding.grade)):
        by_name.setdefault(finding.name, finding)
    return tuple(by_name.values())

"""Snapshots taken when the lead had already reached the target, and answers that the history does not bear out."""

from collections.abc import Iterator

from leadml.leakage.evidence import Evidence
from leadml.leakage.findings import Grade, LeakFinding


def find(evidence: Evidence) -> list[LeakFinding]:
    """Check again, from the history alone, that every snapshot comes before its outcome.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    findings : list of LeakFinding
        Errors. `snapshot_after_outcome`: the stage known at the snapshot is the target or beyond;
        `answer_without_fact`: a *ready* without an entry into the target stage at or after the snapshot.
    """
    return [*_after(evidence), *_without_fact(evidence)]


def _after(evidence: Evidence) -> Iterator[LeakFinding]:
    after = evidence.stage_then >= evidence.target
    if after.any():
        values = {"snapshots": int(after.sum()), "ready": int(evidence.training_set.ready[after].sum())}
        yield LeakFinding("snapshot_after_outcome", Grade.ERROR, "snapshots", "as_of", values)


def _without_fact(evidence: Evidence) -> Iterator[LeakFinding]:
    without = (evidence.training_set.ready > 0) & ~evidence.comes_to_target
    if without.any():
        values = {"snapshots": int(without.sum())}
        yield LeakFinding("answer_without_fact", Grade.ERROR, "snapshots", "ready", values)

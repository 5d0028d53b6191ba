"""Facts dated in the future, or long after everything else ends."""

import numpy as np

from leadml.clock import DAY, Instants, now, to_iso
from leadml.leakage.evidence import Evidence
from leadml.leakage.findings import Grade, LeakFinding

_NEARLY_ALL = 0.99
_LONG = 0.25
_FEWEST_DAYS = 30


def find(evidence: Evidence) -> list[LeakFinding]:
    """Compare dates with the clock, and with the end of the history.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    findings : list of LeakFinding
        `in_future`, an error: dated after now; `after_the_end`, a warning: the few facts that follow
        when nothing at all has happened for a quarter of the whole history: plans and due dates, not facts.
    """
    facts, today = evidence.history.facts, now()
    end = _end(np.sort(np.concatenate([table.happened_at for table in facts.values()])))
    findings = []
    for name, table in facts.items():
        latest = np.maximum(table.happened_at, table.known_at)
        for code, grade, late, bound in (
            ("in_future", Grade.ERROR, latest > today, today),
            ("after_the_end", Grade.WARNING, table.happened_at > end, end),
        ):
            if late.any():
                values = {
                    "facts": int(late.sum()),
                    "bound": to_iso(bound)[:10],
                    "latest": to_iso(int(latest.max()))[:10],
                }
                findings.append(LeakFinding(code, grade, name, "happened_at", values))
    return findings


def _end(times: Instants) -> int:
    """Find the last instant before nothing happens for long, and only a few facts are left."""
    few = times[int(len(times) * _NEARLY_ALL) :]
    silence = max(round((few[0] - times[0]) * _LONG), _FEWEST_DAYS * DAY)
    silent = np.flatnonzero(np.diff(few) > silence)
    return int(few[silent[0]]) if len(silent) else int(times[-1])

"""Ids and order of rows that carry the outcome: who exported them sorted or numbered them by it."""

from collections.abc import Iterator

import numpy as np

from leadml.history.tables import Codes, Numbers
from leadml.leakage.evidence import Evidence
from leadml.leakage.findings import Grade, LeakFinding
from leadml.leakage.statistics import Compared, Ranking, learned_by_others, ranking_within

_LEAST = {Grade.ERROR: 0.65, Grade.WARNING: 0.57}
_SORTED = 0.95
_CHARACTERS = (1, 2, 3)
_MOST_LEVELS = 40


def find(evidence: Evidence) -> list[LeakFinding]:
    """Ask ids and order of creation for the outcome, which they should know nothing about.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    findings : list of LeakFinding
        `id_order`: among leads of one period, the order of the ids tells more than the order of
        creation; `id_part`: the first or last characters do; `sorted_by_outcome`: the order of
        creation separates ready leads from others nearly wholly. Errors, warnings where it is little.
    """
    leads = np.arange(len(evidence.first_rows))
    compared = Compared(evidence.ready_leads, evidence.periods, leads)
    ids = [evidence.history.lead_ids[position] for position in evidence.positions]
    created = evidence.training_set.created_at[evidence.first_rows].astype(np.float64)
    return [*_order(evidence, compared, ids, created), *_parts(evidence, compared, ids), *_sorted(compared, created)]


def _order(evidence: Evidence, compared: Compared, ids: list[str], created: Numbers) -> Iterator[LeakFinding]:
    """Numbers are often written without leading zeros: shorter ids come first."""
    by_id = np.empty(len(ids))
    by_id[sorted(range(len(ids)), key=lambda place: (len(ids[place]), ids[place]))] = np.arange(len(ids))
    by_time = np.empty(len(ids))
    by_time[np.lexsort((by_id, created))] = np.arange(len(ids))
    ranking = ranking_within(compared, by_id - by_time)
    if ranking.auc < 0.5:
        ranking = Ranking(1 - ranking.auc, ranking.error)
    yield from _graded(evidence, ranking, "id_order", {})


def _parts(evidence: Evidence, compared: Compared, ids: list[str]) -> Iterator[LeakFinding]:
    """Ask the first and last characters; of all that tell, the shortest part is named."""
    for kind in ("first", "last"):
        for length in _CHARACTERS:
            parts = [text[:length] if kind == "first" else text[-length:] for text in ids]
            levels, codes = np.unique(np.array(parts), return_inverse=True)
            if not 1 < len(levels) <= max(_MOST_LEVELS, len(ids) // _MOST_LEVELS):
                continue
            ranking = ranking_within(compared, learned_by_others(compared, codes.astype(np.int64) + 1))
            found = list(_graded(evidence, ranking, f"id_{kind}", {"length": length}))
            if found:
                yield found[0]
                break


def _graded(evidence: Evidence, ranking: Ranking, code: str, more: dict[str, int]) -> Iterator[LeakFinding]:
    for grade, least in _LEAST.items():
        if ranking.low(evidence.deviations) > least:
            values = {"auc": ranking.auc, "low": ranking.low(), "high": ranking.high(), **more}
            yield LeakFinding(code, grade, "leads", "lead_id", values)
            return


def _sorted(compared: Compared, created: Numbers) -> Iterator[LeakFinding]:
    """Periods are left out here: what is asked is whether they hold one kind of lead each."""
    whole: Codes = np.zeros(len(created), dtype=np.int64)
    ranking = ranking_within(Compared(compared.ready, whole, compared.leads), created)
    if max(ranking.auc, 1 - ranking.auc) - 3 * ranking.error > _SORTED:
        values = {"auc": max(ranking.auc, 1 - ranking.auc)}
        yield LeakFinding("sorted_by_outcome", Grade.ERROR, "leads", "created_at", values)

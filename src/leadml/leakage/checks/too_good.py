"""A column that ranks far better than all weaker ones together: the limit is learned from them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from leadml.history.tables import Numbers
from leadml.leakage.evidence import Column, Evidence, Origin
from leadml.leakage.findings import Grade, LeakFinding
from leadml.leakage.statistics import (
    Compared,
    Ranking,
    Together,
    auc_at,
    distance,
    in_order,
    learned_by_others,
    ranking_within,
)

# In standard deviations between ready leads and others, beyond what all weaker columns reach together. On honest sets
# the strongest column stays below 0.1; the length of the call in a call campaign lies 0.9 above (benchmarks/audit.py).
_BEYOND_OTHERS = {Grade.ERROR: 0.75, Grade.WARNING: 0.35}
# Whatever the others reach, a weak column is no leak that a training must stop for.
_LEAST_AUC = {Grade.ERROR: 0.75, Grade.WARNING: 0.70}
# What dated facts say was known before the snapshot, unless their dates are wrong: more is needed to doubt them.
_MORE_FOR_DATED = 0.75
_CLEARLY_WEAKER = 0.05
_DEVIATIONS = 2.58  # from the limit, which lies far above what honest columns reach by chance


def find(evidence: Evidence) -> list[LeakFinding]:
    """Compare each strong column with the weaker ones together.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    findings : list of LeakFinding
        `too_good`, an error or a warning. An attribute without history is also held against any
        later success, in the outcome window or not: what stands there may be from any later day.
    """
    found = list(_among(evidence.columns, evidence.compared, (*Origin,)))
    later = evidence.comes_to_target.astype(np.float64)
    if (later != evidence.compared.ready).any():
        found += _among(evidence.columns, replace(evidence.compared, ready=later), (Origin.UNDATED,))
    return found


def _among(columns: Sequence[Column], compared: Compared, origins: Sequence[Origin]) -> Iterator[LeakFinding]:
    """Go from the weaker to the stronger.

    A column found counts no more among "the others" of a stronger one: two columns that say the
    same cannot excuse each other.
    """
    if not columns:
        return
    told = [list(_told(compared, column)) for column in columns]
    rankings = [max((ranking for ranking, _ in ways), key=lambda ranking: ranking.auc) for ways in told]
    others = Together(compared, np.column_stack([values for ways in told for _, values in ways]))
    column_of = np.repeat(np.arange(len(columns)), [len(ways) for ways in told])
    aucs = np.array([ranking.auc for ranking in rankings])
    found = np.zeros(len(columns), dtype=bool)
    for place in np.argsort(aucs, kind="stable").tolist():
        column, ranking = columns[place], rankings[place]
        if ranking.auc < _LEAST_AUC[Grade.WARNING] or column.origin not in origins:
            continue
        weaker = ~found & (aucs < ranking.auc - _CLEARLY_WEAKER)
        together = max(others.ranking(weaker[column_of]).auc, 0.5)
        for grade in (Grade.ERROR, Grade.WARNING):
            limit = _limit(column, together, grade)
            if ranking.low(_DEVIATIONS) > limit:
                found[place] = grade is Grade.ERROR
                values = {"auc": ranking.auc, "low": ranking.low(), "high": ranking.high()}
                values |= {"others": together, "limit": limit}
                yield LeakFinding("too_good", grade, column.table, column.name, values, column.word)
                break


def _told(compared: Compared, column: Column) -> Iterator[tuple[Ranking, Numbers]]:
    """Read a column by its levels, and one of numbers also by their order: smoother where ready leads are few."""
    learned = learned_by_others(compared, column.codes)
    yield ranking_within(compared, learned), learned
    if column.numbers is not None:
        ordered = in_order(column.numbers)
        ranking = ranking_within(compared, ordered)
        yield Ranking(max(ranking.auc, 1 - ranking.auc), ranking.error), ordered


def _limit(column: Column, together: float, grade: Grade) -> float:
    dated = column.origin is not Origin.UNDATED
    beyond = _BEYOND_OTHERS[grade] + (_MORE_FOR_DATED if dated else 0.0)
    return max(auc_at(distance(min(together, 1 - 1e-9)) + beyond), _LEAST_AUC[grade])

"""Numbers that are the mean outcome of a group: columns that somebody encoded with the answers."""

from collections.abc import Iterator

import numpy as np
from scipy.special import gammainc

from leadml.history.tables import Codes, Numbers
from leadml.leakage.evidence import NEVER, Column, Evidence
from leadml.leakage.findings import Grade, LeakFinding
from leadml.leakage.statistics import CHANCE_OF_FALSE_ALARM

_FEWEST_GROUPS = 5
_FEWEST_LEADS = 5
_MOST_VALUES_A_LEAD = 0.34
_LEAST_SHARE_OF_LEADS = 0.5


def find(evidence: Evidence) -> list[LeakFinding]:
    """Hold the mean outcome of the leads with each value against the value itself.

    An honest rate, learned elsewhere, misses the means of these very leads by chance: each by about
    its own standard error. A column made from them misses them by nothing.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    findings : list of LeakFinding
        `target_encoded`, an error: the means lie on a line of the values closer than chance allows.
    """
    attributes = [column for column in evidence.attributes if column.numbers is not None]
    findings = []
    for column in attributes:
        found = next(_encoded(evidence, column, 4 * len(attributes)), None)
        if found is not None:
            findings.append(found)
    return findings


def _encoded(evidence: Evidence, column: Column, questions: int) -> Iterator[LeakFinding]:
    for numbers, answer in _samples(evidence, column):
        there = ~np.isnan(numbers)
        values, groups = np.unique(numbers[there], return_inverse=True)
        if not _FEWEST_GROUPS <= len(values) <= _MOST_VALUES_A_LEAD * there.sum():
            continue
        too_close = _closeness(values, groups, answer[there])
        if too_close is not None and too_close < CHANCE_OF_FALSE_ALARM / questions:
            means = np.bincount(groups, answer[there]) / np.bincount(groups)
            together = float(np.corrcoef(values, means)[0, 1])
            found = {"groups": len(values), "leads": int(there.sum()), "correlation": together, "chance": too_close}
            yield LeakFinding("target_encoded", Grade.ERROR, column.table, column.name, found)


def _samples(evidence: Evidence, column: Column) -> Iterator[tuple[Numbers, Numbers]]:
    """Give what a mean may have been taken of: all leads, those that were scored, or the snapshots."""
    yield evidence.everywhere(column), (evidence.reached_at != NEVER).astype(np.float64)
    if column.numbers is not None:
        numbers = column.numbers[evidence.first_rows]
        yield numbers, evidence.ready_leads
        yield numbers, (evidence.reached_at[evidence.positions] != NEVER).astype(np.float64)
        yield column.numbers, evidence.compared.ready


def _closeness(values: Numbers, groups: Codes, answer: Numbers) -> float | None:
    """Chance that means of groups lie as close to a line of the values as they do; None where little can be said.

    The squared distances, each over the variance that chance alone gives it, add up to a chi-square with
    two degrees of freedom less than groups.
    """
    sizes = np.bincount(groups)
    means = np.bincount(groups, answer) / sizes
    variance = np.bincount(groups, answer**2) / sizes - means**2
    used = (sizes >= _FEWEST_LEADS) & (variance > 0)
    if used.sum() < _FEWEST_GROUPS or sizes[used].sum() < _LEAST_SHARE_OF_LEADS * len(answer):
        return None
    weight = sizes[used] / variance[used]
    values, means = values[used], means[used]
    middle, level = np.average(values, weights=weight), np.average(means, weights=weight)
    spread = float(weight @ (values - middle) ** 2)
    slope = float(weight @ ((values - middle) * (means - level))) / spread if spread > 0 else 0.0
    missed = float(weight @ (means - level - slope * (values - middle)) ** 2)
    return float(gammainc((used.sum() - 2) / 2, missed / 2))

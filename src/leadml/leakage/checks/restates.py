"""Words that restate the outcome: a value, or the mere presence of one, found only with leads that became ready."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from leadml.history.tables import Codes, Numbers
from leadml.leakage.evidence import Column, Evidence, Origin
from leadml.leakage.findings import Grade, LeakFinding
from leadml.leakage.statistics import lowest_share

_FEWEST_LEADS = 12
_ONLY = 0.97  # of a word's leads became ready: a clerk's slip or two must not hide a leak
_WITHOUT = 0.01  # and the other way round
_EXPECTED_READY = {Grade.ERROR: 50.0, Grade.WARNING: 20.0}
_SHARE_OF_OTHERS = 0.25


@dataclass(frozen=True)
class _Levels:
    """How many leads had each level, how many of them became ready, and how many were to be expected."""

    leads: Numbers
    ready: Numbers
    expected: Numbers


def find(evidence: Evidence) -> list[LeakFinding]:
    """Look for values that only ready leads have, or none of them.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    findings : list of LeakFinding
        `only_ready`, `only_when_ready` (an error: a value, or any value at all, is found only with ready
        leads) and, of attributes without history, `never_ready` and `never_when_ready`: none of the leads
        that have it became ready although many should; an error where it marks a good part of them. One a
        column: the value that most leads have.
    """
    questions = sum(max(len(column.levels), 1) + 2 for column in evidence.columns)
    findings = []
    for column in evidence.columns:
        if column.origin is Origin.FEATURE:
            continue
        found = next(_only_ready(evidence, column, questions), None)
        if found is None and column.origin is Origin.UNDATED:
            found = next(_never_ready(evidence, column), None)
        if found is not None:
            findings.append(found)
    return findings


def _count(evidence: Evidence, codes: Codes, answer: Numbers) -> _Levels:
    """Count leads by level; expected is the share of ready leads among those created in the same period."""
    periods = evidence.periods
    usual = (np.bincount(periods, answer) / np.bincount(periods))[periods]
    size = int(codes.max(initial=0)) + 1
    counted = [np.bincount(codes, kind, size).astype(np.float64) for kind in (np.ones(len(codes)), answer, usual)]
    return _Levels(*counted)


def _lead_codes(evidence: Evidence, column: Column) -> Codes:
    """Give the level of each lead: 0 missing; of facts only whether there was any."""
    if column.origin is Origin.FACTS:
        return evidence.of_leads(column.present).astype(np.int64)
    last = np.zeros(len(evidence.first_rows), dtype=np.int64)
    np.maximum.at(last, evidence.compared.leads, column.codes)
    return last


def _leveled(column: Column, codes: Codes, any_value: str, one_value: str) -> Iterator[tuple[Codes, str]]:
    """Any value at all, then each by itself; intervals of numbers are no words (see `too_good`)."""
    yield (codes > 0).astype(np.int64), any_value
    if not column.in_intervals:
        yield codes, one_value


def _answers(evidence: Evidence, column: Column) -> Iterator[Numbers]:
    """Tell which leads became ready, and which came to the target at any later time, while the value stood there."""
    seen = column.present if column.origin is Origin.FACTS else np.ones(len(column.codes), dtype=bool)
    for answer in (evidence.compared.ready > 0, evidence.comes_to_target):
        without = ~evidence.of_leads(column.present)
        yield (evidence.of_leads(answer & seen) | (evidence.of_leads(answer) & without)).astype(np.float64)


def _only_ready(evidence: Evidence, column: Column, questions: int) -> Iterator[LeakFinding]:
    codes = _lead_codes(evidence, column)
    for answer in _answers(evidence, column):
        for leveled, code in _leveled(column, codes, "only_when_ready", "only_ready"):
            each = _count(evidence, leveled, answer)
            # Half way between what leads of these periods do and certainty.
            limit = (1 + each.expected / np.maximum(each.leads, 1)) / 2
            certain = lowest_share(each.ready, each.leads, questions=questions) > limit
            only = (each.leads >= _FEWEST_LEADS) & (each.ready >= _ONLY * each.leads) & certain
            only[0] = False
            if only.any():
                level = int(np.argmax(np.where(only, each.leads, 0)))
                yield _told(code, Grade.ERROR, column, level, each)


def _never_ready(evidence: Evidence, column: Column) -> Iterator[LeakFinding]:
    codes = _lead_codes(evidence, column)
    others = len(codes) - evidence.ready_leads.sum()
    for grade, fewest in _EXPECTED_READY.items():
        for leveled, code in _leveled(column, codes, "never_when_ready", "never_ready"):
            each = _count(evidence, leveled, evidence.ready_leads)
            never = (each.ready <= _WITHOUT * each.leads) & (each.expected >= fewest)
            if grade is Grade.ERROR:
                never &= each.leads >= _SHARE_OF_OTHERS * others
            if never.any():
                yield _told(code, grade, column, int(np.argmax(np.where(never, each.leads, 0))), each)


def _told(code: str, grade: Grade, column: Column, level: int, each: _Levels) -> LeakFinding:
    values = {
        "value": _shown(column, level),
        "leads": int(each.leads[level]),
        "ready": int(each.ready[level]),
        "expected": float(each.expected[level]),
    }
    return LeakFinding(code, grade, column.table, column.name, values, column.word)


def _shown(column: Column, level: int) -> str:
    """Name a level; a number by its lowest value, and a gap by three dots."""
    if level == 0 or column.origin is Origin.FACTS:
        return column.word or "..."
    if column.numbers is not None:
        return f"{np.nanmin(np.where(column.codes == level, column.numbers, np.nan)):g}"
    return column.levels[level - 1]

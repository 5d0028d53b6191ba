"""Totals "of today": counters without history, which have also counted what came after the snapshot."""

from collections.abc import Iterator

import numpy as np

from leadml.history.tables import Numbers
from leadml.leakage.columns import WORD_COLUMNS
from leadml.leakage.evidence import Column, Evidence
from leadml.leakage.findings import Grade, LeakFinding
from leadml.leakage.statistics import partial_rank_correlation, rank_correlation

_FEWEST_LEADS = 100
# Each word is one more total to hold every counter against. A column of more words holds names or texts, and
# nobody counts each of them.
_MOST_WORDS = 56
_FUTURE = {Grade.ERROR: 0.5, Grade.WARNING: 0.3}
_EQUAL_SHARE = 0.9
_ELAPSED = 0.4
_WITHIN_A_PERIOD = 0.5


def find(evidence: Evidence) -> list[LeakFinding]:
    """Compare numbers without history with what happened before and after the snapshot.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    findings : list of LeakFinding
        `counts_future`: a number that goes with the facts *after* the snapshot, among leads with the
        same outcome and whatever came before: an error from a correlation of 0.5 on, a warning from
        0.3; or that equals the number of facts in the finished case. `grows_with_time`, a warning: a
        counter that is the larger the longer ago the lead was created.
    """
    findings = []
    totals = list(_totals(evidence))
    for column in evidence.attributes:
        if column.numbers is None or _is_constant(column.numbers):
            continue
        found = next(_equals(evidence, column, totals), None) or next(_counts(evidence, column), None)
        found = found or next(_grows(evidence, column), None)
        if found is not None:
            findings.append(found)
    return findings


def _is_constant(numbers: Numbers) -> bool:
    return bool(np.isnan(numbers).all() or np.nanmin(numbers) == np.nanmax(numbers))


def _totals(evidence: Evidence) -> Iterator[tuple[str, Numbers]]:
    """Facts of each lead of the history, in each table and with each frequent word, whenever they happened."""
    size = len(evidence.history.lead_ids)
    for name, columns in WORD_COLUMNS.items():
        table = evidence.history.facts.get(name)
        if table is None:
            continue
        yield name, np.diff(table.first).astype(np.float64)
        for column in columns:
            text = table.texts.get(column)
            if text is None or len(text.words) > _MOST_WORDS:
                continue
            for code, word in enumerate(text.words):
                rows = text.codes == code
                yield f"{name}.{column}={word}", np.bincount(table.leads[rows], minlength=size).astype(np.float64)


def _equals(evidence: Evidence, column: Column, totals: list[tuple[str, Numbers]]) -> Iterator[LeakFinding]:
    """Find the total that a counter repeats, if it had grown since the snapshot."""
    if column.numbers is None:
        return
    numbers = column.numbers[evidence.first_rows]
    there = ~np.isnan(numbers)
    if there.sum() < _FEWEST_LEADS:
        return
    for name, total in totals:
        of_leads = total[evidence.positions]
        equal = numbers[there] == of_leads[there]
        # Most leads have nothing of a rare word: agreeing on zeros says nothing.
        counted = of_leads[there] > 0
        if equal.mean() >= _EQUAL_SHARE and counted.sum() >= _FEWEST_LEADS and equal[counted].mean() >= _EQUAL_SHARE:
            values = {"total": name, "share": float(equal.mean()), "leads": int(there.sum())}
            yield LeakFinding("is_a_total", Grade.ERROR, column.table, column.name, values)


def _counts(evidence: Evidence, column: Column) -> Iterator[LeakFinding]:
    if column.numbers is None:
        return
    rows = evidence.first_rows
    rows = rows[~np.isnan(column.numbers[rows])]
    if len(rows) < _FEWEST_LEADS:
        return
    numbers, before = column.numbers[rows], evidence.facts_before[rows]
    after = evidence.facts_in_all[evidence.training_set.snapshots.leads[rows]] - before
    leads = evidence.compared.leads[rows]
    # Ready leads have more ahead of them: only leads with the same answer are compared.
    strata = evidence.compared.strata[rows] * 2 + evidence.ready_leads[leads].astype(np.int64)
    with_future = partial_rank_correlation(numbers, after, before, strata)
    with_past = rank_correlation(numbers, before, strata)
    for grade, least in _FUTURE.items():
        if with_future - evidence.deviations / np.sqrt(len(rows)) > least - 0.1 and with_future >= least:
            values = {"future": with_future, "past": with_past, "leads": len(rows)}
            yield LeakFinding("counts_future", grade, column.table, column.name, values)
            return


def _grows(evidence: Evidence, column: Column) -> Iterator[LeakFinding]:
    """Look for counters: they differ between leads of one period, as a price or an interest rate does not."""
    if column.numbers is None:
        return
    numbers = column.numbers[evidence.first_rows]
    there = ~np.isnan(numbers)
    if there.sum() < _FEWEST_LEADS:
        return
    whole, periods = numbers[there], evidence.periods[there]
    counter = bool((whole >= 0).all() and (whole == np.round(whole)).all() and whole.min() <= np.median(whole) / 2)
    created = evidence.training_set.created_at[evidence.first_rows][there].astype(np.float64)
    elapsed = rank_correlation(whole, -created, np.zeros(len(whole), dtype=np.int64))
    middle = (np.bincount(periods, whole) / np.maximum(np.bincount(periods), 1))[periods]
    inside = float(((whole - middle) ** 2).mean() / max(float(whole.var()), 1e-12))
    if counter and elapsed >= _ELAPSED and inside >= 1 - _WITHIN_A_PERIOD - elapsed / 2:
        values = {"correlation": elapsed, "leads": int(there.sum())}
        yield LeakFinding("grows_with_time", Grade.WARNING, column.table, column.name, values)

"""What is filled in, or happens, only after the outcome: it tells the outcome as soon as its dates are lost."""

from collections.abc import Iterator

import numpy as np

from leadml.history.tables import NOT_THERE, FactTable, Mask
from leadml.leakage.columns import WORD_COLUMNS, is_dated
from leadml.leakage.evidence import NEVER, Evidence
from leadml.leakage.findings import Grade, LeakFinding

_FEWEST_LEADS = 10
_MOSTLY = 0.5
_ONLY = 0.99
_MOST_NAMED = 6
# What sales do is expected to begin with the hand-over; what leads do is not.
_OF_SALES = ("stage_changes", "status_changes", "assignments", "deal_changes", "connect_attempts", "decisions")


def find(evidence: Evidence) -> list[LeakFinding]:
    """Hold the dates of attributes and words against the lead's entry into the target stage.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    findings : list of LeakFinding
        `filled_after_outcome`, a warning: an attribute whose first value mostly comes at or after the
        outcome; `only_after_outcome`, a warning: something that leads do only from then on; and
        `begins_with_outcome`, a note: the same of what sales do, which begins with the hand-over. No score
        sees any of it, as long as the dates are true.
    """
    return [*_filled(evidence), *_words(evidence)]


def _after(evidence: Evidence, table: FactTable) -> Mask:
    after: Mask = table.happened_at >= evidence.reached_at[table.leads]
    return after


def _filled(evidence: Evidence) -> Iterator[LeakFinding]:
    table = evidence.history.facts["lead_attributes"]
    after, leads = _after(evidence, table), table.leads
    for code, attribute in enumerate(table.texts["attribute"].words):
        if not is_dated(evidence.history, table, code):
            continue
        rows = np.flatnonzero((table.texts["attribute"].codes == code) & (table.texts["value"].codes != NOT_THERE))
        owners, first = np.unique(leads[rows], return_index=True)  # rows of a lead lie in order of time
        late = after[rows[first]]
        if late.sum() >= _FEWEST_LEADS and late.mean() >= _MOSTLY:
            values = {"late": int(late.sum()), "leads": len(owners), "share": float(late.mean())}
            yield LeakFinding("filled_after_outcome", Grade.WARNING, "leads", attribute, values)


def _words(evidence: Evidence) -> Iterator[LeakFinding]:
    if not (evidence.reached_at != NEVER).any():
        return
    for name, columns in WORD_COLUMNS.items():
        table = evidence.history.facts.get(name)
        for column in columns if table is not None else ():
            if table is not None and column in table.texts:
                yield from _words_of(evidence, name, column, table)


def _words_of(evidence: Evidence, name: str, column: str, table: FactTable) -> Iterator[LeakFinding]:
    text, after = table.texts[column], _after(evidence, table)
    there = text.codes != NOT_THERE
    codes = text.codes[there]
    every = np.bincount(codes, minlength=len(text.words))
    late = np.bincount(codes[after[there]], minlength=len(text.words))
    only = (every >= _FEWEST_LEADS) & (late >= _ONLY * every)
    if name in _OF_SALES:
        if only.any():
            words = ", ".join(text.words[code] for code in np.flatnonzero(only).tolist()[:_MOST_NAMED])
            values = {"words": words, "number": int(only.sum()), "facts": int(every[only].sum())}
            yield LeakFinding("begins_with_outcome", Grade.NOTE, name, column, values)
        return
    for code in np.flatnonzero(only).tolist():
        leads = len(np.unique(table.leads[there][codes == code]))
        if leads >= _FEWEST_LEADS:
            values = {"facts": int(every[code]), "late": int(late[code]), "leads": leads}
            yield LeakFinding("only_after_outcome", Grade.WARNING, name, column, values, text.words[code])

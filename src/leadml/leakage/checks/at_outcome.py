"""Facts dated exactly at the outcome: written by the same click, they are the outcome in other words."""

from collections.abc import Iterator

import numpy as np

from leadml.history.tables import NOT_THERE
from leadml.leakage.columns import WORD_COLUMNS
from leadml.leakage.evidence import Evidence
from leadml.leakage.findings import Grade, LeakFinding

_FEWEST = 10
_MOSTLY = 0.5


def find(evidence: Evidence) -> list[LeakFinding]:
    """Look for words, and attributes, dated at the very instant at which their lead reached the target stage.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    findings : list of LeakFinding
        `dated_at_outcome`, a warning where at least half of a word's facts are: no score before the
        outcome can see them, and none may be moved to an earlier date.
    """
    columns = {**WORD_COLUMNS, "lead_attributes": ("attribute",)}
    return [
        finding for name, texts in columns.items() for column in texts for finding in _words(evidence, name, column)
    ]


def _words(evidence: Evidence, name: str, column: str) -> Iterator[LeakFinding]:
    table = evidence.history.facts.get(name)
    if table is None or column not in table.texts:
        return
    text = table.texts[column]
    there = text.codes != NOT_THERE
    at_once = (table.happened_at == evidence.reached_at[table.leads]) & there
    every = np.bincount(text.codes[there], minlength=len(text.words))
    exactly = np.bincount(text.codes[at_once], minlength=len(text.words))
    for code in np.flatnonzero((exactly >= _FEWEST) & (exactly >= _MOSTLY * every)).tolist():
        values = {"exactly": int(exactly[code]), "facts": int(every[code])}
        word = text.words[code]
        place = ("leads", word, "") if name == "lead_attributes" else (name, column, word)
        yield LeakFinding("dated_at_outcome", Grade.WARNING, *place[:2], values, place[2])

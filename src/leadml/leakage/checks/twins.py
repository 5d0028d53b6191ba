"""One lead under two ids, on both sides of the gap between training and test."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leadml.errors import LeadmlError
from leadml.history.tables import NOT_THERE, Codes, History, Mask
from leadml.leakage.evidence import Evidence
from leadml.leakage.findings import Grade, LeakFinding
from leadml.splits import split_by_time

_SHARED_FACTS = 3
_NEARLY_UNIQUE = 0.8
_FEWEST_VALUES = 20
_LOOKED_AT = 200
# A mail address or a long number is one person's; a name may be that of two; short numbers meet by chance.
_ADDRESS, _LETTERS = re.compile(r"@|\d{8,}"), re.compile(r"[^\W\d_]{2,}")
_OF_THE_TEST = 0.05
_FEWEST_PAIRS = 5
_FACTS = ("activities", "connect_attempts")


@dataclass(frozen=True)
class _Place:
    """By what leads were paired, and whether that alone makes them one."""

    table: str
    column: str
    certain: bool


def find(evidence: Evidence) -> list[LeakFinding]:
    """Pair leads that share what no two people share, and look on which side of the gap they lie.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    findings : list of LeakFinding
        `same_lead_twice`: by an attribute that is nearly unique, such as a mail address, or by
        three facts at instants that no third lead has. An error where every twentieth lead of the test was
        seen in training under another id, else a warning from five pairs on; names alone never make an error.
    """
    pairs = [(place, found) for place, found in _pairs(evidence.history) if len(found) >= _FEWEST_PAIRS]
    if not pairs:
        return []
    train, test = _sides(evidence)
    findings = []
    for place, found in pairs:
        across = np.concatenate([found[train[found[:, 0]] & test[found[:, 1]], 1],
                                 found[train[found[:, 1]] & test[found[:, 0]], 0]])  # fmt: skip
        share = len(np.unique(across)) / max(int(test.sum()), 1)
        many = place.certain and share >= _OF_THE_TEST and len(across) >= _FEWEST_PAIRS
        grade = Grade.ERROR if many else Grade.WARNING
        one, other = (evidence.history.lead_ids[lead] for lead in found[0])
        values = {"pairs": len(found), "across": len(np.unique(across)), "share": share, "one": one, "other": other}
        findings.append(LeakFinding("same_lead_twice", grade, place.table, place.column, values))
    return findings


def _sides(evidence: Evidence) -> tuple[Mask, Mask]:
    """Mark the leads of training and of test, shape (n_leads_of_history,) each."""
    marks = np.zeros((2, len(evidence.history.lead_ids)), dtype=bool)
    try:
        split = split_by_time(evidence.training_set, evidence.spec.readiness.test)
    except LeadmlError:  # too few outcomes for a test: training will say so
        return marks[0], marks[1]
    marks[0, split.train.snapshots.leads] = True
    marks[1, split.test.snapshots.leads] = True
    return marks[0], marks[1]


def _pairs(history: History) -> Iterator[tuple[_Place, Codes]]:
    """Pair leads by each attribute that tells people apart, and by the instants of their facts."""
    table = history.facts["lead_attributes"]
    attributes, values = table.texts["attribute"], table.texts["value"]
    for code, name in enumerate(attributes.words):
        rows = np.flatnonzero((attributes.codes == code) & (values.codes != NOT_THERE))
        said = np.unique(values.codes[rows])
        if len(said) >= max(_FEWEST_VALUES, _NEARLY_UNIQUE * len(np.unique(table.leads[rows]))):
            shown = [values.words[word] for word in said[:: max(len(said) // _LOOKED_AT, 1)].tolist()]
            is_address, is_name = (
                np.mean([bool(kind.search(word)) for word in shown]) for kind in (_ADDRESS, _LETTERS)
            )
            if max(is_address, is_name) >= _NEARLY_UNIQUE:
                certain = bool(is_address >= _NEARLY_UNIQUE)
                yield _Place("leads", name, certain), _pairs_by(values.codes[rows], table.leads[rows])
    for name in _FACTS:
        if name in history.facts:
            facts = history.facts[name]
            pairs, counts = np.unique(_pairs_by(facts.happened_at, facts.leads), axis=0, return_counts=True)
            yield _Place(name, "happened_at", certain=True), pairs[counts >= _SHARED_FACTS]


def _pairs_by(said: npt.NDArray[np.integer], leads: Codes) -> Codes:
    """Pair the leads that said the same thing, where exactly two did; shape (n_pairs, 2)."""
    order = np.argsort(said, kind="stable")  # rows lie by lead, so what one lead repeats stays together
    said, leads = said[order], leads[order]
    anew = np.ones(len(said), dtype=bool)
    anew[1:] = (said[1:] != said[:-1]) | (leads[1:] != leads[:-1])
    said, leads = said[anew], leads[anew]
    begins = np.ones(len(said), dtype=bool)
    begins[1:] = said[1:] != said[:-1]
    first = np.flatnonzero(begins)
    first = first[np.diff(np.append(first, len(said))) == 2]
    return np.column_stack([leads[first], leads[first + 1]])

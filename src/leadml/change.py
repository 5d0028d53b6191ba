"""Why did a score change: the way from one answer to another, split into new facts, time, model and promises.

A fact counts only at an instant after it, so the way is walked like this: the clock goes on over the facts of then
(time), what became known since is added (data), the model of now takes over (model), and the agreement of now places
the score (promises). It is told in the fixed order data, time, model, promises; nothing is left for "other".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from leadml.agreement.placement import Placement, place
from leadml.clock import to_iso
from leadml.explain.difference import ScoreDifference, difference
from leadml.history.tables import History
from leadml.scoring import LeadScore, Scorer
from leadml.standings import LastBand

PartName = Literal["data", "time", "model", "promises"]
PARTS: tuple[PartName, ...] = ("data", "time", "model", "promises")

# What answers of before there were these keys do not say.
_SINCE_LATER = ("last_band", "accept_by", "held_by", "missing_fields", "waits_until", "explored", "automatic")

# Made again, an answer differs by the order of sums at most.
_SAME_POINTS = 1e-6


@dataclass(frozen=True)
class Standpoint:
    """What an answer about a lead is made from.

    Attributes
    ----------
    history : History
        The facts that were known.
    scorer : Scorer
        The model and the agreement.
    as_of : int, UTC microseconds
    given : mapping or None
        The answer as it was stored; None where none was.
    """

    history: History
    scorer: Scorer
    as_of: int
    given: Mapping[str, Any] | None = None

    def score(self, lead_id: str, scorer: Scorer, as_of: int) -> LeadScore:
        """Score a lead on these facts."""
        (score,) = scorer.score(self.history, [lead_id], as_of, self._last_bands(lead_id))
        return score

    def placed(self, score: LeadScore, scorer: Scorer) -> Placement:
        """Place a score that these facts gave under another agreement, which may ask other facts of its lead."""
        leads, as_of = np.array([self.history.positions()[score.lead_id]]), np.array([score.as_of])
        last_bands = self._last_bands(score.lead_id)
        (standing,) = scorer.standings.find(self.history, [score.lead_id], leads, as_of, last_bands)
        return place(score.score, standing, scorer.agreement)

    def _last_bands(self, lead_id: str) -> dict[str, LastBand]:
        """Give the last band, an input that the stored facts do not hold, and the answer that was given does."""
        band = None if self.given is None else self.given.get("last_band")
        return {} if band is None else {lead_id: LastBand(band, self.as_of)}


@dataclass(frozen=True)
class Part:
    """One part of a change.

    Attributes
    ----------
    name : {"data", "time", "model", "promises"}
    difference : ScoreDifference
        By reason; nothing for promises, which move no score.
    before, after : Placement
        Where the score stood in the agreement before and after this part, in the order in which the way is walked.
    """

    name: PartName
    difference: ScoreDifference
    before: Placement
    after: Placement


@dataclass(frozen=True)
class Change:
    """The way from one answer to another.

    Attributes
    ----------
    first, second : LeadScore
        Made again from what is stored.
    parts : tuple of Part
        Data, time, model, promises: the points of the four add up to the difference of the scores.
    remade : (bool, bool)
        Whether each answer, made again, is the one that was given; True where none was stored.
    given : (mapping or None, mapping or None)
        The stored answers.
    """

    first: LeadScore
    second: LeadScore
    parts: tuple[Part, ...]
    remade: tuple[bool, bool]
    given: tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]

    @property
    def points(self) -> int:
        """Score of now less score of then."""
        return self.second.score - self.first.score

    @property
    def from_ledger(self) -> bool:
        """Whether both answers were given; else they were made now."""
        return None not in self.given

    def part(self, name: PartName) -> Part:
        """Give one part."""
        return next(part for part in self.parts if part.name == name)

    def to_dict(self) -> dict[str, Any]:
        """Lay the change out for `--json`."""
        return {
            "lead_id": self.second.lead_id,
            "points": self.points,
            "points_exact": self.second.explanation.unclipped - self.first.explanation.unclipped,
            "from_ledger": self.from_ledger,
            "first": {**_told(self.first), "remade": self.remade[0], "given": _given(self.given[0])},
            "second": {**_told(self.second), "remade": self.remade[1], "given": _given(self.given[1])},
            "parts": [_part(part) for part in self.parts],
        }


def find_change(lead_id: str, first: Standpoint, second: Standpoint) -> Change:
    """Split the way from one answer about a lead to another.

    Parameters
    ----------
    lead_id : str
        In both histories.
    first, second : Standpoint
        The second is of the same instant or later.

    Returns
    -------
    change : Change

    Raises
    ------
    LeadmlError, ProblemsError
        As of `Scorer.score`.
    """
    then, now = first.scorer, second.scorer
    began = first.score(lead_id, then, first.as_of)
    waited = first.score(lead_id, then, second.as_of)
    learned = second.score(lead_id, then, second.as_of)
    ended = second.score(lead_id, now, second.as_of)
    # Promises of then over the score of now: what is left between them and now is the promises' part.
    promised = second.placed(ended, then)
    walked = {
        "time": (began, began.placement, waited, waited.placement),
        "data": (waited, waited.placement, learned, learned.placement),
        "model": (learned, learned.placement, ended, promised),
        "promises": (ended, promised, ended, ended.placement),
    }
    parts = []
    for name in PARTS:
        before, placed_before, after, placed_after = walked[name]
        parts.append(Part(name, difference(before.explanation, after.explanation), placed_before, placed_after))
    remade = _is_remade(began, first), _is_remade(ended, second)
    return Change(began, ended, tuple(parts), remade, (first.given, second.given))


def _is_remade(score: LeadScore, standpoint: Standpoint) -> bool:
    """Tell whether an answer is the one that was given: the same score, reasons and place."""
    if standpoint.given is None:
        return True
    given, made = standpoint.given, score.to_dict()
    close = abs(given["score_unclipped"] - made["score_unclipped"]) <= _SAME_POINTS
    alike = all(given[key] == made[key] for key in ("score", "band", "respond_by", "recommended_lifecycle_stage"))
    alike = alike and all(given.get(key, made[key]) == made[key] for key in _SINCE_LATER)
    return close and alike and given["model"]["version"] == made["model"]["version"]


def _told(score: LeadScore) -> dict[str, Any]:
    return {
        "as_of": to_iso(score.as_of),
        "score": score.score,
        "score_unclipped": score.explanation.unclipped,
        "probability": score.probability,
        "band": score.placement.band,
        "respond_by": None if score.placement.respond_by is None else to_iso(score.placement.respond_by),
        "model_version": score.model_version,
        "agreement_version": score.agreement_version,
        "hindsight": score.hindsight,
    }


def _given(answer: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if answer is None else {key: answer[key] for key in ("as_of", "score", "score_unclipped", "band")}


def _part(part: Part) -> dict[str, Any]:
    way = part.difference
    return {
        "part": part.name,
        "points": way.points,
        "points_exact": way.exact,
        "band_before": part.before.band,
        "band_after": part.after.band,
        "start": way.start,
        "held": way.held,
        "changes": [
            {
                "feature": change.feature,
                "change": change.change,
                "change_exact": change.change_exact,
                "before": None if change.before is None else change.before.value,
                "after": None if change.after is None else change.after.value,
                "reason": dict(change.reason),
            }
            for change in way.changes
            if change.change_exact
        ],
    }

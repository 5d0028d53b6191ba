"""What would it take: a lead's score if other facts were known, and the fewest changes that reach a band.

What is supposed becomes facts of a copied history, so that the one engine sees it as it would see the real thing: a
webinar more also ends the lead's silence. The answer says what the score would be, not that the lead would be readier:
a model knows what goes together, not what causes what.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product
from typing import Any

import numpy as np

from leadml.agreement.placement import Placement, bands_of, place
from leadml.engine.actions import Action, actions_of
from leadml.engine.company import companies_at
from leadml.errors import LeadmlError, known_words
from leadml.explain.difference import ScoreDifference, difference
from leadml.history.supposed import suppose
from leadml.history.tables import NOT_THERE, Codes, History
from leadml.scoring import LeadScore, Scorer
from leadml.specs.feature_spec import FeatureSpec
from leadml.wording.texts import nearest

MOST_CHANGES = 3

# So many copies are scored at once: some tens of megabytes of facts.
_AT_ONCE = 2_000
_WAYS_TOLD = 3


@dataclass(frozen=True)
class WhatIf:
    """A score as it is, and as it would be.

    Attributes
    ----------
    before, after : LeadScore
        At the same instant.
    difference : ScoreDifference
        By reason.
    actions : tuple of Action
        What was done for it; empty where the facts were given by hand.
    """

    before: LeadScore
    after: LeadScore
    difference: ScoreDifference
    actions: tuple[Action, ...] = ()

    @property
    def steps(self) -> int:
        """Facts that the actions bring about."""
        return sum(action.steps for action in self.actions)

    def to_dict(self) -> dict[str, Any]:
        """Lay the answer out for `--json`."""
        return {
            "actions": [
                {"feature": action.feature, "value": action.value, "steps": action.steps, "by": dict(action.by)}
                for action in self.actions
            ],
            "before": self.before.to_dict(),
            "after": self.after.to_dict(),
            "points": self.difference.points,
            "points_exact": self.difference.exact,
            "held": self.difference.held,
            "changes": [
                {
                    "feature": change.feature,
                    "change": change.change,
                    "change_exact": change.change_exact,
                    "reason": dict(change.reason),
                }
                for change in self.difference.changes
                if change.change_exact
            ],
        }


@dataclass(frozen=True)
class Reach:
    """The fewest changes that bring a lead into a band.

    Attributes
    ----------
    band : str
        The one asked for.
    before : LeadScore
    ways : tuple of WhatIf
        Up to three, the best first: fewest actions, then fewest facts, then the highest score. Empty where the band is
        not reached, or the lead is in it or above it already.
    closest : WhatIf or None
        Where the band is not reached: the highest score that was found.
    tried : int
        How many combinations of changes were scored.
    actionable : int
        Features of which something can be done for this lead.
    """

    band: str
    before: LeadScore
    ways: tuple[WhatIf, ...]
    closest: WhatIf | None
    tried: int
    actionable: int

    @property
    def there_already(self) -> bool:
        """Whether nothing needs to be done."""
        return not self.ways and self.closest is None and self.tried == 0

    def to_dict(self) -> dict[str, Any]:
        """Lay the answer out for `--json`."""
        return {
            "band": self.band,
            "reached": bool(self.ways) or self.there_already,
            "there_already": self.there_already,
            "tried": self.tried,
            "actionable": self.actionable,
            "before": self.before.to_dict(),
            "ways": [way.to_dict() for way in self.ways],
            "closest": None if self.closest is None else self.closest.to_dict(),
        }


@dataclass(frozen=True)
class _Tried:
    """One combination of actions with the score it would give."""

    actions: tuple[Action, ...]
    unclipped: float
    placement: Placement

    @property
    def effort(self) -> tuple[int, float]:
        """Fewest facts first, then the highest score."""
        return sum(action.steps for action in self.actions), -self.unclipped


class Supposing:
    """Asks what-if questions about one lead at one instant.

    Parameters
    ----------
    scorer : Scorer
    history : History
    lead_id : str
    as_of : int, UTC microseconds
    actionable : sequence of FeatureSpec
        The features as they are declared today; those of which something can be done, and which the model reads, may be
        changed to reach a band.

    Raises
    ------
    LeadmlError, ProblemsError
        A lead that is not in the history, or of which nothing was known yet.
    """

    def __init__(
        self, scorer: Scorer, history: History, lead_id: str, as_of: int, *, actionable: Sequence[FeatureSpec] = ()
    ) -> None:
        (self.before,) = scorer.score(history, [lead_id], as_of)
        self._actionable = [feature for feature in actionable if feature.actionable is not None]
        self._scorer, self._history, self._as_of = scorer, history, as_of
        self._members = _buying_group(history, history.positions()[lead_id], as_of)

    def what_if(self, supposal: Mapping[str, Any], actions: tuple[Action, ...] = ()) -> WhatIf:
        """Score the lead with other facts.

        Parameters
        ----------
        supposal : mapping
            Fact tables, each a list of facts without times, and `company`: see `history.supposed.suppose`.
        actions : tuple of Action
            Of which the facts were made.

        Returns
        -------
        what_if : WhatIf

        Raises
        ------
        LeadmlError
            `nothing_supposed`; `supposed_unknown_table` for facts of a table of which the project knows nothing: no
            feature could tell them from those that are missing.
        """
        if not any(supposal.values()):
            raise LeadmlError("nothing_supposed", where="what-if")
        if unknown := self._unknown(supposal):
            raise LeadmlError("supposed_unknown_table", where="what-if", table=", ".join(unknown))
        copy = self._copies([supposal])
        (after,) = self._scorer.score(copy, [copy.lead_ids[0]], self._as_of)
        # The copy has an id of its own, and with it another lot; what is supposed is supposed of the lead.
        standing = replace(after.standing, lead_id=self.before.lead_id)
        placement = place(after.score, standing, self._scorer.agreement)
        after = replace(after, lead_id=self.before.lead_id, standing=standing, placement=placement)
        return WhatIf(self.before, after, difference(self.before.explanation, after.explanation), actions)

    def reach(self, band: str, *, on_tried: Callable[[int], None] = lambda _number: None) -> Reach:
        """Find the fewest changes of actionable features that bring the lead into a band, or one above it.

        Parameters
        ----------
        band : str
            One of the bands of the lead's type.
        on_tried : callable taking int
            Told how many further combinations were scored.

        Returns
        -------
        reach : Reach
            All combinations of one change are tried, then of two, then of three, until some reach the band.

        Raises
        ------
        LeadmlError
            `unknown_word` for a band that the lead's type does not have; `nothing_actionable` where no feature of the
            model is declared so, or none can be changed for this lead.
        """
        bands = self._bands(self.before.lead_type)
        if band not in bands:
            raise LeadmlError(
                "unknown_word", where="--to-reach", word=band, known=known_words(bands), hint=nearest(band, bands)
            )
        if self._within(self.before.placement, self.before.lead_type, band):
            return Reach(band, self.before, (), None, 0, 0)
        actions = self._possible_actions()
        if not actions:
            raise LeadmlError("nothing_actionable", where="features/")
        tried, best = 0, None
        for chosen in range(1, MOST_CHANGES + 1):
            reached = []
            for found, lead_type in self._all_tried(_combinations(actions, chosen)):
                tried += 1
                on_tried(1)
                if best is None or found.unclipped > best.unclipped:
                    best = found
                if self._within(found.placement, lead_type, band):
                    reached.append(found)
            if reached:
                ways = tuple(map(self._told, _best_of_each(reached)[:_WAYS_TOLD]))
                return Reach(band, self.before, ways, None, tried, len(actions))
        return Reach(band, self.before, (), None if best is None else self._told(best), tried, len(actions))

    def _possible_actions(self) -> dict[str, tuple[Action, ...]]:
        """Give what can be done about each actionable feature: only what changes this lead."""
        effects = self.before.explanation.by_feature()
        possible = {
            feature.name: actions_of(feature, effects[feature.name].value, self._scorer.catalogue)
            for feature in self._actionable
            if feature.name in effects
        }
        return {name: told for name, told in possible.items() if told and not self._unknown(told[0].supposal)}

    def _unknown(self, supposal: Mapping[str, Any]) -> tuple[str, ...]:
        """Name the tables of which nothing is known; a lead's attributes are known without a table of changes."""
        tables = {"companies" if table == "company" else table for table in supposal} - {"attribute_changes"}
        return tuple(sorted(tables & set(self._history.unknown)))

    def _all_tried(self, ways: Iterator[tuple[Action, ...]]) -> Iterator[tuple[_Tried, str | None]]:
        """Score combinations, many at once."""
        for some in _in_parts(ways, _AT_ONCE):
            copies = self._copies([_together(way) for way in some])
            leads = copies.lead_ids[:: len(self._members)]
            scored = self._scorer.places(copies, leads, self._as_of)
            for way, (unclipped, placement, lead_type) in zip(some, scored, strict=True):
                yield _Tried(way, unclipped, placement), lead_type

    def _told(self, way: _Tried) -> WhatIf:
        return self.what_if(_together(way.actions), way.actions)

    def _copies(self, supposals: Sequence[Mapping[str, Any]]) -> History:
        definitions = self._scorer.agreement.definitions
        return suppose(self._history, self._members, self._as_of, supposals, definitions)

    def _bands(self, lead_type: str | None) -> tuple[str, ...]:
        agreement = self._scorer.agreement
        return tuple(band.name for band in agreement.bands[bands_of(lead_type, agreement)])

    def _within(self, placement: Placement, lead_type: str | None, band: str) -> bool:
        """Tell whether a place is the band asked for or a higher one; another lead type may not have that band."""
        bands = self._bands(lead_type)
        return band in bands and bands.index(placement.band) <= bands.index(band)


def _buying_group(history: History, lead: int, as_of: int) -> Codes:
    """Name the lead and its colleagues who were known, the lead first."""
    every, instants = np.arange(len(history.lead_ids)), np.full(len(history.lead_ids), as_of, dtype=np.int64)
    companies = companies_at(history, every, instants)
    same = (companies == companies[lead]) & (history.facts["leads"].known_at < as_of) & (every != lead)
    return np.array([lead, *(np.flatnonzero(same) if companies[lead] != NOT_THERE else ())], dtype=np.int64)


def _combinations(actions: Mapping[str, tuple[Action, ...]], number: int) -> Iterator[tuple[Action, ...]]:
    """Give each combination of so many features with each of what can be done about them."""
    for features in combinations(actions, number):
        yield from product(*(actions[feature] for feature in features))


def _together(actions: Sequence[Action]) -> dict[str, Any]:
    """Add up what actions bring about."""
    together: dict[str, Any] = {}
    for action in actions:
        for table, told in action.supposal.items():
            if table == "company":
                together.setdefault(table, {}).update(told)
            else:
                together.setdefault(table, []).extend(told)
    return together


def _best_of_each(reached: Sequence[_Tried]) -> list[_Tried]:
    """Keep the best way of each set of features, the best of all first."""
    best: dict[tuple[str, ...], _Tried] = {}
    for way in sorted(reached, key=lambda way: way.effort):
        best.setdefault(tuple(action.feature for action in way.actions), way)
    return list(best.values())


def _in_parts(ways: Iterator[tuple[Action, ...]], size: int) -> Iterator[list[tuple[Action, ...]]]:
    part: list[tuple[Action, ...]] = []
    for way in ways:
        part.append(way)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part

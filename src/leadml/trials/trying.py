"""A changed agreement tried on the past: changed promises place it again, changed definitions learn it again."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from leadml.clock import to_iso
from leadml.history.tables import Codes, History
from leadml.specs.project_spec import ProjectSpec, meaning_of
from leadml.splits import periods_from, rolling_periods
from leadml.training import prepare
from leadml.trials.expected import Became, what_becomes
from leadml.trials.scored import Scored, TriedPeriod, score_without_hindsight
from leadml.trials.side import Seen, Side, see
from leadml.trials.untried import Untried, find_untried


@dataclass(frozen=True)
class Moved:
    """Leads that one agreement hands over and the other does not.

    Attributes
    ----------
    lead_ids : tuple of str
        The highest score first.
    became : Became
        Of these, at the score with which they would have been handed over.
    """

    lead_ids: tuple[str, ...]
    became: Became


@dataclass(frozen=True)
class PromisesTrial:
    """Two halves of promises on the same past, the same scores, the same outcome.

    Attributes
    ----------
    periods : tuple of TriedPeriod
    snapshots, leads : int
    outcome, stage : str
        What the expected and actual figures count, and the lifecycle stage that it reaches.
    old, new : Side
    enter : Moved
        Handed over under the new promises, and not under the old.
    leave : Moved
        The reverse.
    not_tried : tuple of Untried
        What else differs, and moves none of these figures.
    """

    periods: tuple[TriedPeriod, ...]
    snapshots: int
    leads: int
    outcome: str
    stage: str
    old: Side
    new: Side
    enter: Moved
    leave: Moved
    not_tried: tuple[Untried, ...]

    def naming_new(self, version: str) -> "PromisesTrial":
        """Call the new agreement something else, where both have one version."""
        return replace(self, new=replace(self.new, version=version))

    def to_dict(self) -> dict[str, Any]:
        """Lay it out in plain values."""
        return {"tried": "promises", **asdict(self), "periods": list(map(_plain, self.periods))}


@dataclass(frozen=True)
class Learned:
    """One agreement on the past, by models that learned its own definitions.

    Attributes
    ----------
    periods : tuple of TriedPeriod
    snapshots, leads : int
    outcome, stage : str
        What is counted, and the lifecycle stage that it reaches.
    base_rate : float
        Share of the snapshots with an answer that became ready under these definitions.
    side : Side
    """

    periods: tuple[TriedPeriod, ...]
    snapshots: int
    leads: int
    outcome: str
    stage: str
    base_rate: float
    side: Side


@dataclass(frozen=True)
class DefinitionsTrial:
    """Two agreements with other definitions: each learned anew, and told by itself, since they count other outcomes."""

    old: Learned
    new: Learned
    not_tried: tuple[Untried, ...]

    def naming_new(self, version: str) -> "DefinitionsTrial":
        """Call the new agreement something else, where both have one version."""
        return replace(self, new=replace(self.new, side=replace(self.new.side, version=version)))

    def to_dict(self) -> dict[str, Any]:
        """Lay both out in plain values."""
        told = {
            name: {**asdict(learned), "periods": list(map(_plain, learned.periods))}
            for name, learned in (("old", self.old), ("new", self.new))
        }
        not_tried = [asdict(untried) for untried in self.not_tried]
        return {"tried": "definitions", "comparable": False, **told, "not_tried": not_tried}


def try_agreement(
    spec: ProjectSpec, changed: ProjectSpec, read: Callable[[ProjectSpec], History], on_progress: Callable[[str], None]
) -> PromisesTrial | DefinitionsTrial:
    """Try an agreement on the past of a project: by its promises alone, or, where its words mean something else, anew.

    Parameters
    ----------
    spec : ProjectSpec
        The project as it is.
    changed : ProjectSpec
        The same with the other agreement.
    read : callable taking ProjectSpec
        Reads the history in the words of an agreement.
    on_progress : callable taking str

    Returns
    -------
    trial : PromisesTrial or DefinitionsTrial
        Where definitions changed, the promises that changed with them are told under the new definitions alone.

    Raises
    ------
    LeadmlError
        `no_snapshots`, `too_few_outcomes`.
    """
    history = read(spec)
    first, rate, starts = _tried(history, spec, on_progress, None)
    seed = spec.readiness.seed
    if meaning_of(spec.agreement.definitions) == meaning_of(changed.agreement.definitions):
        on_progress("place")
        second = first.under(history, changed.agreement)
        return try_promises(see(first, spec.agreement), see(second, changed.agreement), seed=seed)
    learned, new_rate, _ = _tried(read(changed), changed, on_progress, starts)
    on_progress("place")
    return DefinitionsTrial(
        try_alone(see(first, spec.agreement), base_rate=rate, seed=seed),
        try_alone(see(learned, changed.agreement), base_rate=new_rate, seed=seed),
        find_untried(spec.agreement, changed.agreement),
    )


def _tried(
    history: History, spec: ProjectSpec, on_progress: Callable[[str], None], starts: Sequence[int] | None
) -> tuple[Scored, float, list[int]]:
    """Learn a specification before each period and score the past; the periods are those of another where given."""
    on_progress("training_set")
    training_set = prepare(history, spec)
    on_progress("judge")
    if starts is None:
        periods = rolling_periods(training_set, spec.readiness.test)
    else:
        periods = periods_from(training_set, starts)
    scored = score_without_hindsight(history, training_set, periods, spec)
    return scored, training_set.base_rate, [split.from_ for split in periods]


def try_promises(old: Seen, new: Seen, *, seed: int) -> PromisesTrial:
    """Hold two agreements side by side that placed the same scores.

    Parameters
    ----------
    old, new : Seen
        Their definitions mean the same.
    seed : int

    Returns
    -------
    trial : PromisesTrial
    """
    scored = old.scored
    enter, leave = _only_in(new, old), _only_in(old, new)
    # Each by itself: what is told of an agreement does not depend on the one that it is held against.
    of_old, of_new = (what_becomes(scored, seen.groups(), seed=seed) for seen in (old, new))
    moved = what_becomes(scored, {"enter": enter, "leave": leave}, seed=seed)
    return PromisesTrial(
        periods=scored.periods,
        snapshots=len(scored),
        leads=len(np.unique(scored.leads)),
        outcome=scored.outcome,
        stage=new.agreement.definitions.outcome(scored.outcome).reach,
        old=old.side(of_old),
        new=new.side(of_new),
        enter=Moved(_ids(scored, enter), moved["enter"]),
        leave=Moved(_ids(scored, leave), moved["leave"]),
        not_tried=find_untried(old.agreement, new.agreement),
    )


def try_alone(seen: Seen, *, base_rate: float, seed: int) -> Learned:
    """Tell the one agreement whose definitions the scores were learned with.

    Parameters
    ----------
    seen : Seen
    base_rate : float
    seed : int

    Returns
    -------
    learned : Learned
    """
    scored = seen.scored
    return Learned(
        periods=scored.periods,
        snapshots=len(scored),
        leads=len(np.unique(scored.leads)),
        outcome=scored.outcome,
        stage=seen.agreement.definitions.outcome(scored.outcome).reach,
        base_rate=base_rate,
        side=seen.side(what_becomes(scored, seen.groups(), seed=seed)),
    )


def _only_in(one: Seen, other: Seen) -> Codes:
    """Find the hand-overs of one side in whose episode the other side hands nothing over."""
    scored = one.scored
    theirs = set(zip(scored.leads[other.handed].tolist(), scored.episodes[other.handed].tolist(), strict=True))
    ours = zip(scored.leads[one.handed].tolist(), scored.episodes[one.handed].tolist(), strict=True)
    only: Codes = one.handed[np.array([pair not in theirs for pair in ours], dtype=bool)]
    return only


def _ids(scored: Scored, rows: Codes) -> tuple[str, ...]:
    best = rows[np.lexsort((rows, -scored.margin[rows]))]
    return tuple(scored.lead_ids[lead] for lead in scored.leads[best].tolist())


def _plain(period: TriedPeriod) -> dict[str, Any]:
    return {
        "from": to_iso(period.from_),
        "until": to_iso(period.until),
        "knows_until": to_iso(period.knows_until),
        "learned_from_leads": period.learned_from,
    }

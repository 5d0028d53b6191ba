"""A changed agreement tried on the past: changed promises place it again, changed definitions learn it again."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from leadml.clock import to_iso
from leadml.history.tables import Codes, History
from leadml.specs.agreement_spec import AgreementSpec
from leadml.specs.project_spec import ProjectSpec, meaning_of
from leadml.splits import periods_from, rolling_periods
from leadml.training import prepare
from leadml.trials.expected import Became, what_becomes
from leadml.trials.scored import Scored, TriedPeriod, score_without_hindsight
from leadml.trials.side import Seen, Side, see


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
    outcome : str
        What the expected and actual figures count.
    old, new : Side
    enter : Moved
        Handed over under the new promises, and not under the old.
    leave : Moved
        The reverse.
    """

    periods: tuple[TriedPeriod, ...]
    snapshots: int
    leads: int
    outcome: str
    old: Side
    new: Side
    enter: Moved
    leave: Moved

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
    outcome : str
    base_rate : float
        Share of the snapshots with an answer that became ready under these definitions.
    side : Side
    """

    periods: tuple[TriedPeriod, ...]
    snapshots: int
    leads: int
    outcome: str
    base_rate: float
    side: Side


@dataclass(frozen=True)
class DefinitionsTrial:
    """Two agreements with other definitions: each learned anew, and told by itself, since they count other outcomes."""

    old: Learned
    new: Learned

    def to_dict(self) -> dict[str, Any]:
        """Lay both out in plain values."""
        told = {
            name: {**asdict(learned), "periods": list(map(_plain, learned.periods))}
            for name, learned in (("old", self.old), ("new", self.new))
        }
        return {"tried": "definitions", "comparable": False, **told}


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
    first, rate, starts = _tried(spec, read, on_progress, None)
    seed, outcome = spec.readiness.seed, spec.readiness.outcome
    if meaning_of(spec.agreement.definitions) == meaning_of(changed.agreement.definitions):
        on_progress("place")
        return try_promises(first, spec.agreement, changed.agreement, outcome=outcome, seed=seed)
    second, new_rate, _ = _tried(changed, read, on_progress, starts)
    on_progress("place")
    return DefinitionsTrial(
        try_alone(first, spec.agreement, outcome=outcome, base_rate=rate, seed=seed),
        try_alone(second, changed.agreement, outcome=outcome, base_rate=new_rate, seed=seed),
    )


def _tried(
    spec: ProjectSpec,
    read: Callable[[ProjectSpec], History],
    on_progress: Callable[[str], None],
    starts: Sequence[int] | None,
) -> tuple[Scored, float, list[int]]:
    """Learn a specification before each period and score the past; the periods are those of another where given."""
    history = read(spec)
    on_progress("training_set")
    training_set = prepare(history, spec)
    on_progress("judge")
    if starts is None:
        periods = rolling_periods(training_set, spec.readiness.test)
    else:
        periods = periods_from(training_set, starts)
    scored = score_without_hindsight(history, training_set, periods, spec)
    return scored, training_set.base_rate, [split.from_ for split in periods]


def try_promises(scored: Scored, old: AgreementSpec, new: AgreementSpec, *, outcome: str, seed: int) -> PromisesTrial:
    """Place the same scores under the promises of two agreements.

    Parameters
    ----------
    scored : Scored
    old, new : AgreementSpec
        Their definitions mean the same.
    outcome : str
        Its name.
    seed : int

    Returns
    -------
    trial : PromisesTrial
    """
    first, second = see(scored, old), see(scored, new)
    enter, leave = (_only_in(scored, one, other) for one, other in ((second, first), (first, second)))
    groups = {f"old:{name}": rows for name, rows in first.groups(scored).items()}
    groups |= {f"new:{name}": rows for name, rows in second.groups(scored).items()}
    became = what_becomes(scored, {**groups, "enter": enter, "leave": leave}, seed=seed)
    return PromisesTrial(
        periods=scored.periods,
        snapshots=len(scored),
        leads=len(np.unique(scored.leads)),
        outcome=outcome,
        old=first.side(scored, _part_of(became, "old:")),
        new=second.side(scored, _part_of(became, "new:")),
        enter=Moved(_ids(scored, enter), became["enter"]),
        leave=Moved(_ids(scored, leave), became["leave"]),
    )


def try_alone(scored: Scored, agreement: AgreementSpec, *, outcome: str, base_rate: float, seed: int) -> Learned:
    """Place scores under the one agreement whose definitions they were learned with.

    Parameters
    ----------
    scored : Scored
    agreement : AgreementSpec
    outcome : str
        Its name.
    base_rate : float
    seed : int

    Returns
    -------
    learned : Learned
    """
    seen = see(scored, agreement)
    side = seen.side(scored, what_becomes(scored, seen.groups(scored), seed=seed))
    return Learned(scored.periods, len(scored), len(np.unique(scored.leads)), outcome, base_rate, side)


def _only_in(scored: Scored, one: Seen, other: Seen) -> Codes:
    """Find the hand-overs of one side in whose episode the other side hands nothing over."""
    theirs = set(zip(scored.leads[other.handed].tolist(), scored.episodes[other.handed].tolist(), strict=True))
    ours = zip(scored.leads[one.handed].tolist(), scored.episodes[one.handed].tolist(), strict=True)
    only: Codes = one.handed[np.array([pair not in theirs for pair in ours], dtype=bool)]
    return only


def _ids(scored: Scored, rows: Codes) -> tuple[str, ...]:
    best = rows[np.lexsort((rows, -scored.margin[rows]))]
    return tuple(scored.lead_ids[lead] for lead in scored.leads[best].tolist())


def _part_of(became: dict[str, Became], prefix: str) -> dict[str, Became]:
    return {name.removeprefix(prefix): what for name, what in became.items() if name.startswith(prefix)}


def _plain(period: TriedPeriod) -> dict[str, Any]:
    return {
        "from": to_iso(period.from_),
        "until": to_iso(period.until),
        "knows_until": to_iso(period.knows_until),
        "learned_from_leads": period.learned_from,
    }

"""Who is scored when, in training: open leads, at stated delays after a fact."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from leadml.clock import Instants, just_after_each
from leadml.engine.catalogue import Catalogue
from leadml.engine.compute import compute_features
from leadml.engine.matrix import FeatureMatrix
from leadml.history.spans import NO_FACT, latest_in, rows_from
from leadml.history.tables import (
    ATTRIBUTES_OF,
    JUDGEMENTS,
    NOT_THERE,
    Codes,
    FactTable,
    History,
    Mask,
    ShortCodes,
    TextColumn,
)
from leadml.outcomes import NEVER, LeftOut
from leadml.specs.agreement_spec import DefinitionsSpec, OutcomeSpec
from leadml.specs.feature_spec import NO_LABEL, FeatureSpec
from leadml.specs.readiness_spec import SnapshotSpec
from leadml.vocabulary import StatusMeaning

_CAUSE_NO_SCORE = (*ATTRIBUTES_OF.values(), *JUDGEMENTS)
_CREATED = FeatureSpec(name="created", label=NO_LABEL, kind="count", table="leads", when_nothing=0.0)
# A status that the agreement does not define has no meaning: it neither closes a lead nor opens it again.
STATUS_MEANING = FeatureSpec(
    name="status",
    label=NO_LABEL,
    kind="latest",
    table="status_changes",
    value="meaning",
    where={"meaning": tuple(StatusMeaning)},
    when_nothing="missing",
)
LEAD_TYPE = FeatureSpec(
    name="lead_type",
    label=NO_LABEL,
    kind="attribute",
    attribute="lead_type",
    values="category",
    when_nothing="missing",
)


@dataclass(frozen=True)
class Snapshots:
    """Leads at instants.

    Attributes
    ----------
    leads : int array, shape (n,)
        Positions in the history.
    as_of : int array, shape (n,), UTC microseconds
    ages : int array, shape (n,)
        Which entry of `age_names` each snapshot belongs to.
    age_names : tuple of str
        As reports name them, such as "mql + 7 days".
    left_out : mapping of LeftOut to int
        How many were placed and not kept, by reason; told by `make_snapshots`, and of all its snapshots alone.
    """

    leads: Codes
    as_of: Instants
    ages: Codes
    age_names: tuple[str, ...]
    left_out: Mapping[LeftOut, int] = field(default_factory=dict)

    def rows(self, index: Codes | Mask) -> "Snapshots":
        """Take some of them."""
        return Snapshots(self.leads[index], self.as_of[index], self.ages[index], self.age_names)


def make_snapshots(
    history: History, specs: Sequence[SnapshotSpec], definitions: DefinitionsSpec, outcome: OutcomeSpec | None = None
) -> Snapshots:
    """Place snapshots after facts, and keep those at which the lead is open and below the target.

    A snapshot *at* a fact is taken just after the instant of that fact was known, as the service
    would: see `clock.just_after`. A later one follows the same start by its delay. A stage that is
    entered again starts the clock again: a recycled lead is a new episode.

    Parameters
    ----------
    history : History
    specs : sequence of SnapshotSpec
    definitions : DefinitionsSpec
    outcome : OutcomeSpec, optional
        Whose target stage is meant; default: `definitions.ready`.

    Returns
    -------
    snapshots : Snapshots
        Sorted by lead and instant.
    """
    leads, as_of, ages, restarted = [], [], [], 0
    for age, spec in enumerate(specs):
        starts, entered = _starts(history, spec.since, definitions)
        runs = entered + spec.delay < started_again(starts, entered)
        restarted += int((~runs).sum())
        leads.append(starts[runs])
        as_of.append(entered[runs] + spec.delay)
        ages.append(np.full(int(runs.sum()), age, dtype=np.int64))
    placed = Snapshots(
        np.concatenate(leads), np.concatenate(as_of), np.concatenate(ages), tuple(spec.age for spec in specs)
    )
    placed = placed.rows(np.lexsort((placed.ages, placed.as_of, placed.leads)))
    there = placed.rows(placed.as_of <= history.known_until + 1)
    standings = _standings(history, there.leads, there.as_of, definitions)
    open_now = standings.open_below(definitions.ready if outcome is None else outcome, definitions)
    kept = there.rows(open_now & _still_there(standings.stage, there.ages, specs, definitions))
    counts = {
        LeftOut.NEW_EPISODE: restarted + int(open_now.sum()) - len(kept.leads),
        LeftOut.NOT_YET: len(placed.leads) - len(there.leads),
        LeftOut.NOT_OPEN: len(there.leads) - int(open_now.sum()),
    }
    return replace(kept, left_out={reason: count for reason, count in counts.items() if count})


def _still_there(stage: TextColumn, ages: Codes, specs: Sequence[SnapshotSpec], definitions: DefinitionsSpec) -> Mask:
    """Tell where the stage whose clock runs has not been left backwards: a returned lead starts afresh."""
    rank = {name: float(place) for place, name in enumerate(definitions.lifecycle_stages)}
    needed = np.array([rank.get(spec.since, -1.0) for spec in specs])
    still_there: Mask = stage.lookup(rank, other=-1.0) >= needed[ages]
    return still_there


def started_again(leads: Codes, entered: Instants) -> Instants:
    """Find when the clock of the same lead first starts afresh by a later fact, for each start.

    Parameters
    ----------
    leads : int array, shape (n,)
        Sorted; the starts of one lead in the order in which their facts happened.
    entered : int array, shape (n,), UTC microseconds
        When each start became known: a later fact may be known before an earlier one, and stops its clock all the same.

    Returns
    -------
    again : int array, shape (n,), UTC microseconds
        The end of time where no later fact starts it again.

    Examples
    --------
    >>> again = started_again(np.array([0, 0, 0, 1]), np.array([10, 60, 30, 20]))
    >>> again[:2].tolist(), (again[2:] == np.iinfo(np.int64).max).tolist()
    ([30, 30], [True, True])
    """
    by_time = np.argsort(entered, kind="stable")
    place = np.empty(len(leads), dtype=np.int64)
    place[by_time] = np.arange(len(leads))
    # All places of one lead come before those of the next: the least one from a start on is of its own lead.
    of_lead = leads * len(leads)
    earliest = by_time[np.minimum.accumulate((of_lead + place)[::-1])[::-1] - of_lead]
    again = np.full(len(leads), NEVER)
    followed = np.flatnonzero(leads[1:] == leads[:-1])
    again[followed] = entered[earliest[followed + 1]]
    return again


def _starts(history: History, since: str, definitions: DefinitionsSpec) -> tuple[Codes, Instants]:
    """Find the facts that start a clock: leads, and the instant just after each was known."""
    if since == "created":
        table = history.facts["leads"]
        facts = np.arange(len(table.happened_at))
    else:
        stages = history.facts.get("stage_changes")
        if stages is None:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        table = stages
        facts = entries_into(table, since, definitions)
    leads, happened_at = table.leads[facts], table.happened_at[facts]
    return leads, instants_just_after(history, leads, happened_at)


def entries_into(table: FactTable, stage: str, definitions: DefinitionsSpec) -> Codes:
    """Find the changes into a stage.

    Saying the same stage again is no new entry, also when a stage that the agreement does not define, or none
    at all, was said between: it says nothing. What was said before counts by what was known when the change was:
    a change into MQL on 4 January that is learned in March leaves the entry of 5 January, known at once, where it is.

    Parameters
    ----------
    table : FactTable
        `stage_changes`.
    stage : str
    definitions : DefinitionsSpec

    Returns
    -------
    rows : int array, shape (n,)
        Of the table, in its order.
    """
    text = table.texts["lifecycle_stage"]
    agreed = np.flatnonzero(text.is_any_of(definitions.lifecycle_stages))
    entered = text.is_any_of([stage])[agreed]
    before = _known_before(table.leads[agreed], table.known_at[agreed])
    entries: Codes = agreed[entered & ~(entered[before] & (before != NOT_THERE))]
    return entries


def _known_before(leads: Codes, known_at: Instants) -> Codes:
    """Find for each fact the last one before it, of the same lead, that was known by then; -1 where there is none."""
    before = np.arange(len(leads)) - 1
    asks = np.arange(len(leads))
    while len(asks):
        before[asks[(before[asks] >= 0) & (leads[before[asks]] != leads[asks])]] = NOT_THERE
        asks = asks[(before[asks] >= 0) & (known_at[before[asks]] > known_at[asks])]
        before[asks] -= 1
    return before


def instants_just_after(history: History, leads: Codes, happened_at: Instants) -> Instants:
    """Find the instant of the score that each fact causes.

    All dated facts of that lead and instant count together, whatever table they stand in: a stage and a status that
    the CRM writes at once are seen at once. The attributes of a lead and of its company do not move the instant: they
    cause no score, and one that is told months later, of the day on which a lead was created, would take all snapshots
    of that day along (decision 0013). Only where nothing else happened at that instant do they count. Nor do scores
    and decisions cause one: they follow from facts.

    Parameters
    ----------
    history : History
    leads : int array, shape (n,)
    happened_at : int array, shape (n,), UTC microseconds
        The instant of a fact of that lead.

    Returns
    -------
    as_of : int array, shape (n,), UTC microseconds
        `clock.just_after` of the facts of that lead and instant that count.
    """
    caused, told = np.full(len(leads), NO_FACT), np.full(len(leads), NO_FACT)
    for name, table in history.facts.items():
        latest = told if name in _CAUSE_NO_SCORE else caused
        low, high = rows_from(table, leads, happened_at), rows_from(table, leads, happened_at + 1)
        np.maximum(latest, latest_in(table.known_at, low, high), out=latest)
    latest_known = np.where(caused == NO_FACT, told, caused)
    return just_after_each(latest_known)


def is_open(
    history: History, leads: Codes, as_of: Instants, definitions: DefinitionsSpec, outcome: OutcomeSpec | None = None
) -> Mask:
    """Tell which leads are open and below the target stage.

    Parameters
    ----------
    history : History
    leads : int array, shape (n,)
    as_of : int array, shape (n,), UTC microseconds
    definitions : DefinitionsSpec
    outcome : OutcomeSpec, optional
        Whose target stage is meant; default: `definitions.ready`.

    Returns
    -------
    open : bool array, shape (n,)
        True where, by what was known, the lead existed, its stage lies below the target and its
        status is not closed. A status or stage that the agreement does not define closes nothing.
    """
    asked = definitions.ready if outcome is None else outcome
    return _standings(history, leads, as_of, definitions).open_below(asked, definitions)


@dataclass(frozen=True)
class _Standings:
    """How leads stood at their instants, by what was known: arrays of shape (n,)."""

    exists: Mask
    closed: Mask
    stage: TextColumn

    def open_below(self, outcome: OutcomeSpec, definitions: DefinitionsSpec) -> Mask:
        """Tell which are open and below the target stage of an outcome."""
        stages = definitions.lifecycle_stages
        beyond = self.stage.is_any_of(stages[stages.index(outcome.reach) :])
        open_below: Mask = self.exists & ~self.closed & ~beyond
        return open_below


def _standings(history: History, leads: Codes, as_of: Instants, definitions: DefinitionsSpec) -> _Standings:
    stage = stage_feature(definitions)
    known = _known_then(history, leads, as_of, (_CREATED, STATUS_MEANING, stage), definitions)
    closed = _words_of(known, STATUS_MEANING).is_any_of([StatusMeaning.CLOSED])
    return _Standings(known.values[:, 0] == 1.0, closed, _words_of(known, stage))


def known_stage(
    history: History, leads: Codes, as_of: Instants, definitions: DefinitionsSpec
) -> npt.NDArray[np.object_]:
    """Give the lifecycle stage each lead was last known to be in, None where none was known.

    Parameters
    ----------
    history : History
    leads : int array, shape (n,)
    as_of : int array, shape (n,), UTC microseconds
    definitions : DefinitionsSpec

    Returns
    -------
    stages : object array of str or None, shape (n,)
    """
    return _spelled_out(history, leads, as_of, stage_feature(definitions), definitions)


def stage_feature(definitions: DefinitionsSpec) -> FeatureSpec:
    """Ask for the lifecycle stage last known, as the feature `stage`.

    A stage that the agreement does not define says nothing: the one before it still holds.

    Parameters
    ----------
    definitions : DefinitionsSpec

    Returns
    -------
    feature : FeatureSpec
    """
    return FeatureSpec(
        name="stage",
        label=NO_LABEL,
        kind="latest",
        table="stage_changes",
        value="lifecycle_stage",
        where={"lifecycle_stage": definitions.lifecycle_stages},
        when_nothing="missing",
    )


def known_lead_type(
    history: History, leads: Codes, as_of: Instants, definitions: DefinitionsSpec
) -> npt.NDArray[np.object_]:
    """Give the lead type each lead was last known to have, None where none was known.

    Parameters
    ----------
    history : History
    leads : int array, shape (n,)
    as_of : int array, shape (n,), UTC microseconds
    definitions : DefinitionsSpec

    Returns
    -------
    lead_types : object array of str or None, shape (n,)
    """
    return _spelled_out(history, leads, as_of, LEAD_TYPE, definitions)


def _known_then(
    history: History, leads: Codes, as_of: Instants, features: tuple[FeatureSpec, ...], definitions: DefinitionsSpec
) -> FeatureMatrix:
    """Ask the engine, so that only one place decides what is known."""
    catalogue = Catalogue(features, {feature.name: feature.table for feature in features}, definitions)
    return compute_features(history, leads, as_of, catalogue)


def _words_of(known: FeatureMatrix, feature: FeatureSpec) -> TextColumn:
    """Take a category out of what is known."""
    values = known.values[:, known.names.index(feature.name)]
    codes: ShortCodes = np.nan_to_num(values, nan=NOT_THERE).astype(np.int32)
    return TextColumn(codes, known.words[feature.name])


def _spelled_out(
    history: History, leads: Codes, as_of: Instants, feature: FeatureSpec, definitions: DefinitionsSpec
) -> npt.NDArray[np.object_]:
    column = _words_of(_known_then(history, leads, as_of, (feature,), definitions), feature)
    words: npt.NDArray[np.object_] = np.array([*column.words, None], dtype=object)[column.codes]
    return words

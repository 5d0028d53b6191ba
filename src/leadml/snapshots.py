"""Who is scored when, in training: open leads, at stated delays after a fact."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leadml.clock import Instants, just_after
from leadml.engine.catalogue import Catalogue
from leadml.engine.compute import compute_features
from leadml.history.tables import Codes, FactTable, History
from leadml.specs.agreement_spec import DefinitionsSpec
from leadml.specs.feature_spec import FeatureSpec
from leadml.specs.readiness_spec import SnapshotSpec
from leadml.specs.reading import Label
from leadml.vocabulary import StatusMeaning

_NO_LABEL = Label(en="", ja="")
_CREATED = FeatureSpec(name="created", label=_NO_LABEL, kind="count", table="leads", when_nothing=0.0)
# A status that the agreement does not define has no meaning: it neither closes a lead nor opens it again.
_STATUS_MEANING = FeatureSpec(
    name="status",
    label=_NO_LABEL,
    kind="latest",
    table="status_changes",
    value="meaning",
    where={"meaning": tuple(StatusMeaning)},
    when_nothing="missing",
)
_LEAD_TYPE = FeatureSpec(
    name="lead_type",
    label=_NO_LABEL,
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
    """

    leads: Codes
    as_of: Instants
    ages: Codes
    age_names: tuple[str, ...]

    def rows(self, index: Codes | npt.NDArray[np.bool_]) -> "Snapshots":
        """Take some of them."""
        return Snapshots(self.leads[index], self.as_of[index], self.ages[index], self.age_names)


def make_snapshots(history: History, specs: Sequence[SnapshotSpec], definitions: DefinitionsSpec) -> Snapshots:
    """Place snapshots after facts, and keep those at which the lead is open and below the target.

    A snapshot *at* a fact is taken just after the instant of that fact was known, as the service
    would: see `clock.just_after`. A later one follows the same start by its delay. A stage that is
    entered again starts the clock again: a recycled lead is a new episode.

    Parameters
    ----------
    history : History
    specs : sequence of SnapshotSpec
    definitions : DefinitionsSpec

    Returns
    -------
    snapshots : Snapshots
        Sorted by lead and instant.
    """
    leads, as_of, ages = [], [], []
    for age, spec in enumerate(specs):
        starts, entered = _starts(history, spec.since, definitions)
        runs = entered + spec.delay < _started_again(starts, entered)
        leads.append(starts[runs])
        as_of.append(entered[runs] + spec.delay)
        ages.append(np.full(int(runs.sum()), age, dtype=np.int64))
    every = Snapshots(
        np.concatenate(leads), np.concatenate(as_of), np.concatenate(ages), tuple(spec.age for spec in specs)
    )
    every = every.rows(np.lexsort((every.ages, every.as_of, every.leads)))
    every = every.rows(every.as_of <= history.known_until + 1)
    open_now = is_open(history, every.leads, every.as_of, definitions)
    return every.rows(open_now & _still_there(history, every, specs, definitions))


def _still_there(
    history: History, snapshots: Snapshots, specs: Sequence[SnapshotSpec], definitions: DefinitionsSpec
) -> npt.NDArray[np.bool_]:
    """Tell where the stage whose clock runs has not been left backwards: a returned lead starts afresh."""
    rank = {stage: place for place, stage in enumerate(definitions.lifecycle_stages)}
    stages = known_stage(history, snapshots.leads, snapshots.as_of, definitions)
    now = np.array([rank.get(stage, -1) for stage in stages], dtype=np.int64)
    needed = np.array([rank.get(spec.since, -1) for spec in specs], dtype=np.int64)
    still_there: npt.NDArray[np.bool_] = now >= needed[snapshots.ages]
    return still_there


def _started_again(leads: Codes, entered: Instants) -> Instants:
    """Find when the same lead's clock starts afresh, after each start; the end of time where it never does."""
    again = np.full(len(leads), np.iinfo(np.int64).max)
    again[:-1][leads[1:] == leads[:-1]] = entered[1:][leads[1:] == leads[:-1]]
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
        facts = np.flatnonzero(_entries(table, since))
    leads, happened_at = table.leads[facts], table.happened_at[facts]
    return leads, instants_just_after(history, leads, happened_at)


def _entries(table: FactTable, stage: str) -> npt.NDArray[np.bool_]:
    """Mark the changes into a stage; saying the same stage again is no new entry."""
    text = table.texts["lifecycle_stage"]
    entered = text.lookup({stage: 1.0}, other=0.0).astype(bool)
    before = np.concatenate([[False], entered[:-1]])
    before[table.first[:-1][np.diff(table.first) > 0]] = False
    marked: npt.NDArray[np.bool_] = entered & ~before
    return marked


def instants_just_after(history: History, leads: Codes, happened_at: Instants) -> Instants:
    """Find the instant of the score that each fact causes.

    Parameters
    ----------
    history : History
    leads : int array, shape (n,)
    happened_at : int array, shape (n,), UTC microseconds
        The instant of a fact of that lead.

    Returns
    -------
    as_of : int array, shape (n,), UTC microseconds
        `clock.just_after` of all facts of that lead and instant, in every table.
    """
    known: list[list[int]] = [[] for _ in leads]
    for table in history.facts.values():
        lows, highs = table.first[leads], table.first[leads + 1]
        for place in range(len(leads)):
            low, high = lows[place], highs[place]
            times = table.happened_at[low:high]
            start = low + np.searchsorted(times, happened_at[place], side="left")
            stop = low + np.searchsorted(times, happened_at[place], side="right")
            known[place].extend(table.known_at[start:stop].tolist())
    return np.array([just_after(instants) for instants in known], dtype=np.int64)


def is_open(history: History, leads: Codes, as_of: Instants, definitions: DefinitionsSpec) -> npt.NDArray[np.bool_]:
    """Tell which leads are open and below the target stage.

    Parameters
    ----------
    history : History
    leads : int array, shape (n,)
    as_of : int array, shape (n,), UTC microseconds
    definitions : DefinitionsSpec

    Returns
    -------
    open : bool array, shape (n,)
        True where, by what was known, the lead existed, its stage lies below the target and its
        status is not closed. A status or stage that the agreement does not define closes nothing.
    """
    exists, meaning = (
        _known_then(history, leads, as_of, feature, definitions) for feature in (_CREATED, _STATUS_MEANING)
    )
    stage = known_stage(history, leads, as_of, definitions)
    target = definitions.lifecycle_stages.index(definitions.ready.reach)
    beyond = np.isin(stage, np.array(definitions.lifecycle_stages[target:], dtype=object))
    closed = meaning == StatusMeaning.CLOSED.value
    is_open_now: npt.NDArray[np.bool_] = (exists == 1.0) & ~beyond & ~closed
    return is_open_now


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
    # A stage that the agreement does not define says nothing: the one before it still holds.
    stage = FeatureSpec(
        name="stage",
        label=_NO_LABEL,
        kind="latest",
        table="stage_changes",
        value="lifecycle_stage",
        where={"lifecycle_stage": definitions.lifecycle_stages},
        when_nothing="missing",
    )
    return _known_then(history, leads, as_of, stage, definitions)


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
    return _known_then(history, leads, as_of, _LEAD_TYPE, definitions)


def _known_then(
    history: History, leads: Codes, as_of: Instants, feature: FeatureSpec, definitions: DefinitionsSpec
) -> npt.NDArray[np.object_]:
    """Ask the engine, so that only one place decides what is known."""
    catalogue = Catalogue((feature,), {feature.name: feature.table}, definitions)
    matrix = compute_features(history, leads, as_of, catalogue)
    return np.array([matrix.shown(row, feature.name) for row in range(len(leads))], dtype=object)

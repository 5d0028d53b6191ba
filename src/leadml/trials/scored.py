"""The past that a changed agreement is tried on, each score by a model that knew nothing of what came after it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from leadml.agreement.placement import Standing
from leadml.agreement.scale import Scale
from leadml.clock import DAY, Instants
from leadml.dataset import TrainingSet
from leadml.engine.catalogue import Catalogue
from leadml.engine.compute import compute_features
from leadml.hand_overs import find_hand_overs
from leadml.history.tables import Codes, History, Mask, Numbers
from leadml.learners.contract import Model
from leadml.learners.trained_model import TrainedModel
from leadml.outcomes import NOT_KNOWN, YES, find_outcomes
from leadml.snapshots import Snapshots, make_snapshots
from leadml.specs.agreement_spec import AgreementSpec, DefinitionsSpec
from leadml.specs.feature_spec import FeatureFileSpec
from leadml.specs.project_spec import ProjectSpec
from leadml.splits import Split
from leadml.standings import Standings
from leadml.training import fit_recipe
from leadml.trials.level import Answered, Level, follow_level


@dataclass(frozen=True)
class TriedPeriod:
    """A part of the past, and the model that scored it.

    Attributes
    ----------
    from_, until : int, UTC microseconds
        Scores given in `[from_, until)`.
    knows_until : int, UTC microseconds
        When the last answer that the model learned from was known: not after `from_`.
    learned_from : int
        Leads that it learned from.
    """

    from_: int
    until: int
    knows_until: int
    learned_from: int


@dataclass(frozen=True)
class Scored:
    """Snapshots with their scores, by lead and then by time: arrays of shape (n,).

    Attributes
    ----------
    lead_ids : tuple of str
        Of all leads of the history.
    leads : int array
        Positions in it.
    as_of : int array, UTC microseconds
    margin : float array
        Log-odds, as the model says them: what bands read.
    points : int array
        The score that people see, 0-100.
    outcome : str
        What is called ready.
    answer : int array
        What became of it: `outcomes.YES`, `NO` or `NOT_KNOWN`.
    worked : bool array
        Whether sales really tried to reach the lead afterwards.
    episodes : int array
        How often the lead was known to have been handed over before; a lead that came back is a new episode.
    level : Level
        How far the chances of these leads were off, by what was known then.
    standings : tuple of Standing
        Where each lead stood under an agreement, without its last band: overrides, and what it makes of returns and
        of fields that nobody knew then.
    periods : tuple of TriedPeriod, in order of time
    """

    lead_ids: tuple[str, ...]
    leads: Codes
    as_of: Instants
    margin: Numbers
    points: Codes
    outcome: str
    answer: Codes
    worked: Mask
    episodes: Codes
    level: Level
    standings: tuple[Standing, ...]
    periods: tuple[TriedPeriod, ...]

    def __len__(self) -> int:
        """Count the snapshots."""
        return len(self.leads)

    @property
    def from_(self) -> int:
        """When the first period begins."""
        return self.periods[0].from_

    @property
    def until(self) -> int:
        """When the last period ends."""
        return self.periods[-1].until

    @property
    def weeks(self) -> float:
        """How long all periods last together."""
        return (self.until - self.from_) / (7 * DAY)

    def under(self, history: History, agreement: AgreementSpec) -> "Scored":
        """Give the same scores, with leads where they stand under another agreement whose definitions mean the same.

        Which fields a stage requires and how long a returned lead waits are no model's business, so they may differ.
        """
        return replace(self, standings=_standings(history, self.leads, self.as_of, agreement))


def score_without_hindsight(
    history: History,
    training_set: TrainingSet,
    periods: Sequence[Split],
    spec: ProjectSpec,
    models: Sequence[Model] | None = None,
) -> Scored:
    """Score the past as it would have been scored: in each period by a model of what was known before it began.

    Parameters
    ----------
    history : History
    training_set : TrainingSet
        All answers; the level is followed by those that were known at each instant.
    periods : sequence of Split
        As from `splits.rolling_periods`.
    spec : ProjectSpec
    models : sequence of Model, one a period, optional
        Default: the recipe, fitted on what was known before each.

    Returns
    -------
    scored : Scored
        All snapshots from the beginning of the first period to the last instant whose outcome window is closed: also
        of leads that came earlier, as those fill the weeks too, and those that say nothing about the outcome.
    """
    fitted = [fit_recipe(split.train, spec) for split in periods] if models is None else models
    snapshots, definitions = _snapshots(history, spec)
    outcome = definitions.outcome(spec.readiness.outcome)
    until = history.known_until - round((outcome.within_days + outcome.not_returned_within_days) * DAY)
    starts = [split.from_ for split in periods]
    ends = [*starts[1:], max(until, starts[-1])]
    tried = snapshots.rows((snapshots.as_of >= starts[0]) & (snapshots.as_of < ends[-1]))
    period_of = np.searchsorted(starts, tried.as_of, side="right") - 1
    margin, level = np.zeros(len(tried.leads)), []
    places = []
    for number, model in enumerate(fitted):
        rows = np.flatnonzero(period_of == number)
        places.append(rows)
        margin[rows] = _margin(model, history, tried.rows(rows), spec.learned_themes, definitions)
        level.append(follow_level(_answered(training_set, model), tried.as_of[rows]))
    back = np.argsort(np.concatenate(places), kind="stable")
    told = tuple(
        TriedPeriod(begin, end, int(split.train.closed_at.max()), split.train.leads)
        for begin, end, split in zip(starts, ends, periods, strict=True)
    )
    return _scored(history, tried, spec, _Said(margin, joined(level).rows(back)), told)


def score_what_is_new(history: History, model: TrainedModel, spec: ProjectSpec) -> Scored:
    """Score all snapshots with the model that answers; its one period holds those that it cannot have learned from.

    Parameters
    ----------
    history : History
    model : TrainedModel
    spec : ProjectSpec

    Returns
    -------
    scored : Scored
        Snapshots before the period tell who had been handed over already; only those inside it are to be counted.
    """
    snapshots, definitions = _snapshots(history, spec)
    leads, as_of = snapshots.leads, snapshots.as_of
    asked = definitions.outcome(spec.readiness.outcome)
    outcomes = find_outcomes(history, leads, as_of, definitions, asked)
    margin = _margin(model, history, snapshots, model.themes, definitions)
    known = np.flatnonzero(outcomes.answer != NOT_KNOWN)
    ready = (outcomes.answer[known] == YES).astype(np.float64)
    answered = Answered.of(leads[known], as_of[known], margin[known], ready, outcomes.closed_at[known])
    learned = known[outcomes.closed_at[known] <= model.knows_until]
    # What was scored later than this was answered after the model's last answer.
    begins = model.knows_until - round((asked.within_days + asked.not_returned_within_days) * DAY)
    period = TriedPeriod(begins, history.known_until + 1, model.knows_until, len(np.unique(leads[learned])))
    return _scored(history, snapshots, spec, _Said(margin, follow_level(answered, as_of)), (period,))


def joined(levels: Sequence[Level]) -> Level:
    """Lay levels one after the other."""
    parts = ("shift", "spread", "answered", "week")
    return Level(*(np.concatenate([getattr(level, part) for level in levels]) for part in parts))


def _snapshots(history: History, spec: ProjectSpec) -> tuple[Snapshots, DefinitionsSpec]:
    definitions = spec.agreement.definitions
    outcome = definitions.outcome(spec.readiness.outcome)
    return make_snapshots(history, spec.readiness.snapshots, definitions, outcome), definitions


def _margin(
    model: Model,
    history: History,
    snapshots: Snapshots,
    themes: tuple[FeatureFileSpec, ...],
    definitions: DefinitionsSpec,
) -> Numbers:
    catalogue = Catalogue.of(themes, definitions)
    matrix = compute_features(history, snapshots.leads, snapshots.as_of, catalogue).with_words_that_occur()
    return model.margin(matrix)


def _answered(training_set: TrainingSet, model: Model) -> Answered:
    snapshots = training_set.snapshots
    margin = model.margin(training_set.features)
    return Answered.of(snapshots.leads, snapshots.as_of, margin, training_set.ready, training_set.closed_at)


class _Said(NamedTuple):
    """What models say of snapshots: arrays of shape (n,)."""

    margin: Numbers
    level: Level


def _scored(
    history: History, snapshots: Snapshots, spec: ProjectSpec, said: _Said, periods: tuple[TriedPeriod, ...]
) -> Scored:
    margin, level = said
    definitions = spec.agreement.definitions
    leads, as_of = snapshots.leads, snapshots.as_of
    outcomes = find_outcomes(history, leads, as_of, definitions, definitions.outcome(spec.readiness.outcome))
    unclipped = Scale.agreed(definitions.lead_score).unclipped(margin)
    return Scored(
        lead_ids=history.lead_ids,
        leads=leads,
        as_of=as_of,
        margin=margin,
        points=np.rint(np.clip(unclipped, 0, 100)).astype(np.int64),
        outcome=spec.readiness.outcome,
        answer=outcomes.answer,
        worked=outcomes.worked,
        episodes=_episodes(history, leads, as_of, definitions),
        level=level,
        standings=_standings(history, leads, as_of, spec.agreement),
        periods=periods,
    )


def _standings(history: History, leads: Codes, as_of: Instants, agreement: AgreementSpec) -> tuple[Standing, ...]:
    """Find where leads stood, but not in which band: a trial carries its own from score to score."""
    lead_ids = [history.lead_ids[lead] for lead in leads.tolist()]
    standings = Standings(agreement).find(history, lead_ids, leads, as_of)
    return tuple(replace(standing, last_band=None) for standing in standings)


def _episodes(history: History, leads: Codes, as_of: Instants, definitions: DefinitionsSpec) -> Codes:
    """Count the hand-overs of each lead that were known before an instant."""
    handed = find_hand_overs(history, definitions)
    order = np.lexsort((handed.known_at, handed.leads))
    handed_leads, known_at = handed.leads[order], handed.known_at[order]
    first, last = (np.searchsorted(handed_leads, leads, side=side) for side in ("left", "right"))
    episodes = np.zeros(len(leads), dtype=np.int64)
    for row in np.flatnonzero(first < last).tolist():
        episodes[row] = np.searchsorted(known_at[first[row] : last[row]], as_of[row])
    return episodes

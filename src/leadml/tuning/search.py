"""Settings of the learner, searched on later leads, and confirmed on leads that nobody searched on.

The leads before the test are cut by time: all periods of their latest half but the last choose, the last one
confirms. Of many trials the best is partly lucky, and its gain where it was chosen says too much; so it is held against
the settings of now once more, on the leads of the period that was held back. The leads of the test are never seen.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import NormalDist
from typing import TYPE_CHECKING, Literal

import numpy as np

from leadml.clock import to_iso
from leadml.dataset import TrainingSet
from leadml.errors import LeadmlError
from leadml.evaluate import log_losses, mean_of_ages
from leadml.history.tables import Numbers
from leadml.specs.project_spec import ProjectSpec
from leadml.specs.readiness_spec import LatestLeadsSpec, LearnerSpec
from leadml.splits import Split, rolling_periods, split_by_time
from leadml.training import fit_recipe
from leadml.tuning.study import (
    ASKED,
    SETTINGS,
    Settings,
    best_of,
    drawn,
    forget,
    name_of,
    open_study,
    settings_of,
    tried_in,
    within_bounds,
)

if TYPE_CHECKING:  # optuna takes most of a second to import; only tuning needs it
    from optuna import Study
    from optuna.trial import FrozenTrial

TunedVerdict = Literal["better", "within_noise", "nothing_better", "no_time", "interrupted"]

_PERIODS = 4
_TUNED_SHARE = 0.5
_UNSURE = 0.05


@dataclass(frozen=True)
class Progress:
    """How far a search has come.

    Attributes
    ----------
    trials : int
        That were finished, of this run and those before it.
    best : float or None
        The smallest log loss so far; None before one is known.
    seconds : float
        Since the search began.
    """

    trials: int
    best: float | None
    seconds: float


@dataclass(frozen=True)
class Fold:
    """A period that chose or confirmed.

    Attributes
    ----------
    created_from : str
        When its first lead was created, ISO 8601; the recipe learned what was known before that.
    leads, ready, trained_on : int
        `ready` and `trained_on` count snapshots.
    confirms : bool
        Whether it was held back.
    """

    created_from: str
    leads: int
    ready: int
    trained_on: int
    confirms: bool


@dataclass(frozen=True)
class Confirmation:
    """The best settings against those of now, on the period held back.

    Attributes
    ----------
    now, found : float
        Log loss, the mean of ages.
    gain : float
        How much smaller the loss is under what was found.
    low : float
        One-sided limit of the gain, paired by lead.
    sure : float in (0, 1)
        That of the limit: 0.95 for the first pair of settings that the period was asked about, 1 - 0.05 / k for the
        k-th, as who asks often enough hears what he wants (Bonferroni's bound).
    asked : int
        k.
    """

    now: float
    found: float
    gain: float
    low: float
    sure: float
    asked: int


@dataclass(frozen=True)
class Tuned:
    """What a search found.

    Attributes
    ----------
    verdict : str
        `better` beyond noise, `within_noise`, `nothing_better`; `no_time` where not even the settings of now were
        tried to the end, `interrupted` where somebody stopped it: what was finished is kept.
    now, found : LearnerSpec
    now_loss, found_loss : float or None
        Log loss on the periods that choose, their mean; None where it is not known.
    confirmation : Confirmation or None
        None where there was nothing to confirm.
    folds : tuple of Fold, in order of time
    trials, pruned, new_trials : int
        Finished ones, those given up early, and those of both that this run added.
    minutes : float
        That this run took.
    """

    verdict: TunedVerdict
    now: LearnerSpec
    found: LearnerSpec
    now_loss: float | None
    found_loss: float | None
    confirmation: Confirmation | None
    folds: tuple[Fold, ...]
    trials: int
    pruned: int
    new_trials: int
    minutes: float


def tune(
    training_set: TrainingSet,
    spec: ProjectSpec,
    *,
    study_file: Path,
    minutes: float,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Tuned:
    """Search settings of the learner for some minutes; running again goes on.

    Parameters
    ----------
    training_set : TrainingSet
    spec : ProjectSpec
    study_file : Path
        Keeps settings and losses of trials, and nothing of any lead. Trials of other data or definitions lie
        beside each other in it.
    minutes : float
        After which no fit begins, those that confirm included; one that is running is finished.
    on_progress : callable taking Progress, optional

    Returns
    -------
    tuned : Tuned
        Nothing is written to the project: see `specs.rewriting`.

    Raises
    ------
    LeadmlError
        `too_few_for_folds`, `unreadable_study`, `cannot_write`.
    """
    begun = time.monotonic()
    folds = tuning_folds(training_set, spec)
    study = open_study(study_file, name_of(folds, spec), seed=spec.readiness.seed)
    search = _Search(folds, spec, study, _Clock(begun, minutes * 60), on_progress)
    try:
        search.run()
        return search.confirmed()
    except KeyboardInterrupt:
        return search.told("interrupted")
    except OSError as error:  # such as a disk that is full by now
        raise LeadmlError(
            "cannot_write", where=study_file.name, file=study_file.name, problem=error.strerror or ""
        ) from None


def forget_trials(training_set: TrainingSet, spec: ProjectSpec, study_file: Path) -> None:
    """Take away the trials of this data and these definitions.

    What the period held back was asked about is kept: it cannot be unasked.

    Parameters
    ----------
    training_set : TrainingSet
    spec : ProjectSpec
    study_file : Path
        Taken away as a whole where it cannot be read.

    Raises
    ------
    LeadmlError
        `too_few_for_folds`, `cannot_write`.
    """
    forget(study_file, name_of(tuning_folds(training_set, spec), spec), seed=spec.readiness.seed)


def tuning_folds(training_set: TrainingSet, spec: ProjectSpec) -> tuple[Split, ...]:
    """Cut the latest half of the leads before the test into periods, each with what was known before it began.

    Parameters
    ----------
    training_set : TrainingSet
    spec : ProjectSpec

    Returns
    -------
    folds : tuple of 2 to 4 Split, in order of time
        All but the last choose, the last confirms; none holds a lead of the test.

    Raises
    ------
    LeadmlError
        `too_few_for_folds`.
    """
    before = split_by_time(training_set, spec.readiness.test).train
    try:
        folds = rolling_periods(before, LatestLeadsSpec(share_of_leads=_TUNED_SHARE, periods=_PERIODS))
    except LeadmlError as error:
        if error.code != "too_few_outcomes":
            raise
        folds = ()
    if len(folds) < 2:
        raise LeadmlError(
            "too_few_for_folds",
            where="models/readiness.yaml, test",
            leads=f"{before.leads:,}",
            ready=f"{int(before.ready.sum()):,}",
            folds=len(folds),
        )
    return folds


class _OutOfTimeError(Exception):
    """A fit would end too late, so it did not begin."""


@dataclass
class _Clock:
    """What is left of the time, in seconds."""

    begun: float
    budget: float
    longest_fit: float = 0.0

    @property
    def seconds(self) -> float:
        """How long the search has run."""
        return time.monotonic() - self.begun

    def check(self, fits: int) -> None:
        """Stop where so many fits have no room, each as long as the longest so far."""
        if self.seconds + fits * self.longest_fit >= self.budget:
            raise _OutOfTimeError


class _Search:
    """One run of a search, going on from the trials of those before it."""

    def __init__(
        self,
        folds: Sequence[Split],
        spec: ProjectSpec,
        study: "Study",
        clock: _Clock,
        on_progress: Callable[[Progress], None],
    ) -> None:
        self._folds, self._spec, self._study, self._clock = folds, spec, study, clock
        self._on_progress = on_progress
        self._choosing = folds[:-1]
        self._now = settings_of(spec.readiness.learner)
        done = self._done()
        self._done_before = len(done)
        took = [trial.duration.total_seconds() for trial in done if trial.duration and trial.value is not None]
        clock.longest_fit = max(took, default=0.0) / len(self._choosing)

    def run(self) -> None:
        """Try settings until the time is over: those of now first, then the usual ones, then what promises most."""
        tried = [tried_in(trial) for trial in self._finished()]
        given = [settings for settings in (self._now, settings_of(LearnerSpec())) if settings not in tried]
        try:
            while True:
                self._tell()
                self._try(given.pop(0) if given else None)
        except _OutOfTimeError:
            return

    def confirmed(self) -> Tuned:
        """Hold the best settings against those of now on the period held back, where they are others."""
        finished = self._finished()
        if self._now not in [tried_in(trial) for trial in finished]:
            return self.told("no_time")
        found = tried_in(best_of(finished))
        if found == self._now:
            return self.told("nothing_better")
        try:
            self._clock.check(2)
        except _OutOfTimeError:
            return self.told("no_time")
        confirmation = self._confirm(found)
        return self.told("better" if confirmation.low > 0 else "within_noise", confirmation)

    def told(self, verdict: TunedVerdict, confirmation: Confirmation | None = None) -> Tuned:
        """Put together what is known."""
        finished = self._finished()
        found = tried_in(best_of(finished)) if finished else self._now
        done = len(self._done())
        return Tuned(
            verdict=verdict,
            now=self._spec.readiness.learner,
            found=self._learner(found),
            now_loss=_loss_of(self._now, finished),
            found_loss=_loss_of(found, finished),
            confirmation=confirmation,
            folds=tuple(_told(split, confirms=split is self._folds[-1]) for split in self._folds),
            trials=len(finished),
            pruned=done - len(finished),
            new_trials=done - self._done_before,
            minutes=self._clock.seconds / 60,
        )

    def _try(self, given: Settings | None) -> None:
        """Try one recipe, period by period; one that falls behind is given up, but never one that was given."""
        from optuna.trial import TrialState

        self._clock.check(1 + 2)  # this fit, and the two that confirm
        if given:
            self._study.enqueue_trial(within_bounds(given), user_attrs={SETTINGS: given})
        trial = self._study.ask()
        settings = given or drawn(trial)
        trial.set_user_attr(SETTINGS, settings)
        losses: list[float] = []
        try:
            for step, split in enumerate(self._choosing):
                self._clock.check(1 + 2)
                loss, _ = mean_of_ages(split.test, self._losses(split, settings))
                losses.append(loss)
                trial.report(float(np.mean(losses)), step)
                if not given and step + 1 < len(self._choosing) and trial.should_prune():
                    self._study.tell(trial, state=TrialState.PRUNED)
                    return
        except BaseException:
            self._study.tell(trial, state=TrialState.FAIL)  # tried to no end: it tells nothing
            raise
        self._study.tell(trial, float(np.mean(losses)))

    def _losses(self, split: Split, settings: Settings) -> Numbers:
        """Fit settings on what was known before a period, and give the loss on each of its snapshots."""
        begun = time.monotonic()
        readiness = self._spec.readiness.model_copy(update={"learner": self._learner(settings)})
        model = fit_recipe(split.train, replace(self._spec, readiness=readiness))
        losses = log_losses(split.test, model.margin(split.test.features))
        self._clock.longest_fit = max(self._clock.longest_fit, time.monotonic() - begun)
        return losses

    def _confirm(self, found: Settings) -> Confirmation:
        """Ask the period held back; that it was asked is written down before the answer is seen."""
        asked: list[list[Settings]] = self._study.user_attrs.get(ASKED, [])
        if [self._now, found] not in asked:
            asked = [*asked, [self._now, found]]
            self._study.set_user_attr(ASKED, asked)
        number = asked.index([self._now, found]) + 1
        split = self._folds[-1]
        before, after = self._losses(split, self._now), self._losses(split, found)
        gain, error = mean_of_ages(split.test, before - after)
        sure = 1 - _UNSURE / number
        return Confirmation(
            now=mean_of_ages(split.test, before)[0],
            found=mean_of_ages(split.test, after)[0],
            gain=gain,
            low=gain - NormalDist().inv_cdf(sure) * error,
            sure=sure,
            asked=number,
        )

    def _learner(self, settings: Settings) -> LearnerSpec:
        """Put settings into those of now; what is not searched stays."""
        return self._spec.readiness.learner.model_copy(update=settings)

    def _done(self) -> "list[FrozenTrial]":
        """Trials that were tried to the end, or given up because they fell behind."""
        from optuna.trial import TrialState

        return self._study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))

    def _finished(self) -> "list[FrozenTrial]":
        from optuna.trial import TrialState

        return self._study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))

    def _tell(self) -> None:
        finished = self._finished()
        best = best_of(finished).value if finished else None
        self._on_progress(Progress(len(finished), best, self._clock.seconds))


def _loss_of(settings: Settings, finished: "Sequence[FrozenTrial]") -> float | None:
    return next((trial.value for trial in finished if tried_in(trial) == settings), None)


def _told(split: Split, *, confirms: bool) -> Fold:
    return Fold(to_iso(split.from_), split.test.leads, int(split.test.ready.sum()), len(split.train), confirms)

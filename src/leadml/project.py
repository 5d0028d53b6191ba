"""A project as a data scientist opens it: `leadml.open(".")`, and everything from history to score."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leadml import releases
from leadml.champion import run_folder
from leadml.change import Change, find_change
from leadml.clock import now, parse_instant, to_iso
from leadml.compare import USUAL_RIVALS, Comparison, check_rivals, compare_recipe
from leadml.coverage import Coverage, cover
from leadml.dataset import TrainingSet
from leadml.engine.actions import check_actions
from leadml.engine.catalogue import Catalogue, check_features, check_rules
from leadml.engine.compute import compute_features
from leadml.engine.kind import use_kinds
from leadml.engine.unheard import unheard_words
from leadml.errors import LeadmlError, known_words
from leadml.evaluate import TOP_SHARE
from leadml.explain.overview import Effects
from leadml.history.checks import CheckReport, check_history
from leadml.history.dirty import QUARANTINE
from leadml.history.opening import Beside
from leadml.history.sources import Progress, read_history, tell_nobody
from leadml.history.tables import Finding, History
from leadml.leakage.audit import audit
from leadml.leakage.findings import AuditReport
from leadml.learners.trained_model import TrainedModel
from leadml.publishing import Promotion, Training, open_leads, today_of
from leadml.recall import Recall
from leadml.releases import Ground
from leadml.scoring import LeadScore, Scorer
from leadml.specs.project_spec import ProjectSpec, read_project
from leadml.stage_checks import check_stages
from leadml.training import prepare
from leadml.what_if import Supposing
from leadml.wording.texts import nearest

if TYPE_CHECKING:
    from leadml.at_work import AgreementAtWork
    from leadml.contestants import Entries
    from leadml.differences import Difference
    from leadml.maturity import Maturity
    from leadml.registry import KeptVersion


class Project:
    """The definitions in a folder, and the history they name.

    Parameters
    ----------
    folder : str or Path
        Holds `history.yaml`, `features/`, `models/` and `sla.yaml`.
    data : str or Path, optional
        Where the files of the history lie; default: as history.yaml says.
    frames : mapping of name to DataFrame, optional
        Those that `frame:` in history.yaml names.
    on_progress : callable taking str, optional
        Told each step before it begins.

    Raises
    ------
    LeadmlError, ProblemsError
        Every problem of every definition file, together.

    Examples
    --------
    >>> Project("nowhere")
    Traceback (most recent call last):
    ...
    leadml.errors.LeadmlError: This folder is no leadml project.
    ...
    """

    def __init__(
        self,
        folder: str | Path = ".",
        *,
        data: str | Path | None = None,
        frames: Mapping[str, Any] | None = None,
        on_progress: Progress = tell_nobody,
    ) -> None:
        self.folder = Path(folder)
        self.spec: ProjectSpec = read_project(self.folder)
        use_kinds(self.folder / "kinds")
        definitions = self.spec.agreement.definitions
        check_features(self.spec.themes, definitions)
        check_actions(self.spec.themes, Catalogue.of(self.spec.themes, definitions))
        check_rules(self.spec.rules, self.spec.features)
        self.data = self.folder / self.spec.history.folder if data is None else Path(data)
        self.beside = Beside(frames or {}, run_folder(self.folder) / QUARANTINE)
        self.on_progress = on_progress

    @property
    def tables(self) -> int:
        """Number of tables that `history.yaml` names; reading each is a step."""
        return len(self.spec.history.tables.model_fields_set)

    @cached_property
    def history(self) -> History:
        """All facts of the project, read once."""
        return self._read(self.spec)

    def _read(self, spec: ProjectSpec) -> History:
        words, told = spec.agreement.definitions, self.on_progress
        return read_history(spec.history, self.data, words, on_progress=told, beside=self.beside)

    def check(self) -> CheckReport:
        """Look the history over before anything is learned from it, and what the features see of it."""
        report = check_history(self.history, self.spec.agreement.definitions)
        refused = check_stages(self.history, self.spec.agreement)
        without = () if self.spec.rules.rules else (Finding("models/rules.yaml", "no_rules", 0),)
        return replace(report, findings=(*report.findings, *refused, *without, *self._of_features()))

    def _of_features(self) -> tuple[Finding, ...]:
        """Find features that see nothing; without a training set, those that ask for what never occurs."""
        try:
            return self.coverage().findings
        except LeadmlError as error:
            if error.code != "no_snapshots":
                raise
            catalogue = Catalogue.of(self.spec.themes, self.spec.agreement.definitions)
            return tuple(finding for _, finding in unheard_words(self.history, self.spec.themes, catalogue))

    def coverage(self) -> Coverage:
        """Look at what each feature says of the training set: how often it has a value, and which.

        Returns
        -------
        coverage : Coverage

        Raises
        ------
        LeadmlError
            `no_snapshots` when there is no training set to look at.
        """
        return cover(self.history, self._prepared, self.spec)

    def training_set(self, *, outcome: str | None = None) -> TrainingSet:
        """Build the point-in-time training set.

        Parameters
        ----------
        outcome : str, optional
            Another outcome of `sla.yaml` than the one that `models/readiness.yaml` chooses.

        Returns
        -------
        training_set : TrainingSet
            `.to_frame()` shows it in a notebook, `dataset_file.write_rows` writes it.

        Raises
        ------
        LeadmlError
            `no_snapshots`, or `unknown_outcome`.
        """
        return prepare(self.history, self.spec if outcome is None else self._learning(outcome))

    def _learning(self, outcome: str) -> ProjectSpec:
        self.spec.agreement.definitions.outcome(outcome, where="--outcome")
        return replace(self.spec, readiness=self.spec.readiness.model_copy(update={"outcome": outcome}))

    def maturity(self, *, since: str | None = None, to: str | None = None) -> "list[Maturity]":
        """Draw how long leads take to reach a stage.

        Parameters
        ----------
        since : str, optional
            `created`, or the stage whose entry starts the clock; default: each that `models/readiness.yaml` names.
        to : str, optional
            Default: the target stage of the outcome that is learned.

        Returns
        -------
        curves : list of Maturity

        Raises
        ------
        LeadmlError
            `unknown_word` where a stage is not in `sla.yaml`.
        """
        from leadml.maturity import find_maturity  # scipy.stats takes half a second to import

        definitions = self.spec.agreement.definitions
        _known_stage(since, ("created", *definitions.lifecycle_stages), "--since")
        _known_stage(to, definitions.lifecycle_stages, "--to")
        outcome = definitions.outcome(self.spec.readiness.outcome)
        clocks = [since] if since else dict.fromkeys(snapshot.since for snapshot in self.spec.readiness.snapshots)
        history = self.history
        self.on_progress("maturity")
        if to is None or to == outcome.reach:
            return [find_maturity(history, clock, definitions, outcome) for clock in clocks]
        other = outcome.model_copy(update={"reach": to})  # of which the agreed window says nothing
        return [replace(find_maturity(history, clock, definitions, other), within_days=None) for clock in clocks]

    def audit(self) -> AuditReport:
        """Look for anything that tells the outcome before it was known, used by a feature or not.

        Returns
        -------
        report : AuditReport

        Raises
        ------
        LeadmlError
            `no_snapshots` when there is no training set to hold against the history.
        """
        return self._audited(self._prepared)

    def _audited(self, training_set: TrainingSet) -> AuditReport:
        self.on_progress("audit")
        return audit(self.history, training_set, self.spec)

    def train(self, *, accept_leaks: Mapping[str, str] | None = None, challenger: bool = False) -> Training:
        """Audit, judge the recipe on later leads, fit it on all, register it as champion, put it in place.

        Parameters
        ----------
        accept_leaks : mapping of str to str, optional
            Names of findings of the audit, each with the reason why it does no harm; they stand in
            the model's recipe.
        challenger : bool
            Register it as challenger instead: the champion goes on answering until `promote`.

        Returns
        -------
        training : Training

        Raises
        ------
        LeadmlError, ProblemsError
            `leak_found` for each error of the audit that is not accepted, `unknown_leak` for a name that
            was not found; `gate_better_than_rules` and its like where the recipe did not earn its place, the champion
            before it then stays.
        """
        training_set = self._prepared
        report = self._audited(training_set)
        return releases.train_version(
            self._ground, training_set, report, accept_leaks=accept_leaks or {}, challenger=challenger
        )

    def promote(self, version: int | str | None = None) -> Promotion:
        """Let a registered version answer, if its recipe gets through the gate on today's history.

        Parameters
        ----------
        version : int or str, optional
            Default: the challenger.

        Returns
        -------
        promotion : Promotion

        Raises
        ------
        LeadmlError, ProblemsError
            As of `releases.promote_version`; the champion then stays.
        """
        return releases.promote_version(self._ground, None if version is None else str(version))

    def rollback(self, *, to: int | None = None) -> TrainedModel:
        """Let the champion before answer again, byte for byte as it did.

        Parameters
        ----------
        to : int, optional
            A version that was champion; default: the one before the champion.

        Returns
        -------
        model : TrainedModel

        Raises
        ------
        LeadmlError
            As of `releases.roll_back_version`.
        """
        return releases.roll_back_version(self.folder, self.spec, to)

    def versions(self) -> "list[KeptVersion]":
        """List the versions that were trained, newest first, as the registry knows them.

        Raises
        ------
        LeadmlError
            `registry_failed`.
        """
        from leadml.registry import versions  # MLflow takes two seconds to import

        return versions(project_folder=self.folder, name=self.spec.readiness.name)

    def differences(
        self, first: int | str, second: int | str
    ) -> "tuple[KeptVersion, KeptVersion, tuple[Difference, ...]]":
        """Find two versions and say in what they differ: see `releases.differing_versions`."""
        return releases.differing_versions(self.folder, self.spec, str(first), str(second))

    @property
    def _ground(self) -> Ground:
        return Ground(self.folder, self.spec, lambda: self.history, self.on_progress)

    def compare(
        self,
        rivals: Sequence[str] = USUAL_RIVALS,
        *,
        top_share: float = TOP_SHARE,
        learning_curve: bool = False,
    ) -> Comparison:
        """Compare the recipe with others on the last closed periods, without hindsight.

        Parameters
        ----------
        rivals : sequence of str
            Some of `rules`, `logistic` and `lightgbm`.
        top_share : float in (0, 1]
            Part of the list that sales can call, for lift and precision.
        learning_curve : bool
            Whether to fit the recipe on parts of the leads too.

        Raises
        ------
        LeadmlError
            `too_few_outcomes`; `unknown_word` for a rival that does not exist.
        """
        check_rivals(rivals)  # before anything is read
        training_set = self._prepared
        self.on_progress("judge")
        return compare_recipe(
            training_set, self.spec, rivals=rivals, top_share=top_share, learning_curve=learning_curve
        )

    def entries(self, names: Sequence[str]) -> "Entries":
        """Let contestants enter a duel, without hindsight: what `hold_duel` and `find_disagreements` take.

        Parameters
        ----------
        names : sequence of str
            Who will be asked for: see `contestants.check_names`.

        Raises
        ------
        LeadmlError
            `unknown_word` for a contestant that does not exist; what reading a version raises; `too_few_outcomes`.
        """
        from leadml.contestants import Entries, check_names, is_version

        check_names(names)  # before anything is read
        versions = releases.read_versions(self.folder, self.spec, list(filter(is_version, names)))
        training_set = self._prepared
        self.on_progress("judge")
        return Entries(self.history, training_set, self.spec, versions)

    @cached_property
    def _prepared(self) -> TrainingSet:
        """The training set that check, audit and training look at, built once."""
        self.on_progress("training_set")
        return self.training_set()

    def champion(self) -> TrainedModel:
        """Read the model that answers.

        Raises
        ------
        LeadmlError
            `no_champion` when nothing was trained yet, `unreadable_model` when its files are damaged.
        """
        return releases.read_champion(self.folder)

    def scorer(self) -> Scorer:
        """Make the one path of a score: the champion under the agreement."""
        return Scorer(self.champion(), self.spec)

    def score(self, lead_ids: Sequence[str] | None = None, *, as_of: str | int | None = None) -> list[LeadScore]:
        """Score leads.

        Parameters
        ----------
        lead_ids : sequence of str, optional
            Default: all leads that are open and below the target stage at `as_of`.
        as_of : str or int, optional
            ISO 8601 with a zone, or UTC microseconds; default: just after the last known fact.

        Returns
        -------
        scores : list of LeadScore
            Readiest first when all open leads are scored, else in the order asked for.

        Raises
        ------
        LeadmlError, ProblemsError
            No champion, no open lead, a lead of which nothing was known, an instant before the history.
        """
        scorer = self.scorer()
        instant = self.instant(as_of)
        self.on_progress("score")
        if lead_ids is not None:
            return scorer.score(self.history, lead_ids, instant)
        leads = open_leads(self.history, self.spec, scorer.model, instant)
        if not len(leads):
            raise LeadmlError("no_open_leads", where="--as-of", as_of=to_iso(instant))
        scores = scorer.score(self.history, [self.history.lead_ids[lead] for lead in leads], instant)
        return sorted(scores, key=lambda score: (-score.explanation.unclipped, score.lead_id))

    def supposing(self, lead_id: str, *, as_of: str | int | None = None) -> Supposing:
        """Ask what-if questions about one lead.

        Parameters
        ----------
        lead_id : str
        as_of : str or int, optional
            As in `score`.

        Returns
        -------
        supposing : Supposing
            With the champion; what is declared actionable today may be changed to reach a band.
        """
        instant = self.instant(as_of)
        return Supposing(self.scorer(), self.history, lead_id, instant, actionable=self.spec.features)

    def why(self, lead_id: str, *, since: str, until: str | None = None) -> Change:
        """Say what made a lead's score change between two instants: see `change.find_change`.

        Parameters
        ----------
        lead_id : str
        since, until : str
            ISO 8601 with a zone; default of the second: the latest score.

        Returns
        -------
        change : Change

        Raises
        ------
        LeadmlError, ProblemsError
            As of `recall.Recall.standpoints`.
        """
        recall = Recall(self.folder, self.spec, lambda: self.history, self.instant)
        first, second = recall.standpoints(lead_id, since, until)
        self.on_progress("score")
        return find_change(lead_id, first, second)

    @property
    def agreement(self) -> "AgreementAtWork":
        """What was kept, what is due, and what another agreement would do."""
        from leadml.at_work import AgreementAtWork  # no score needs it

        return AgreementAtWork(self)

    def read_under(self, spec: ProjectSpec) -> History:
        """Read the history in the words of another agreement; that of the project itself is read once."""
        return self.history if spec.agreement == self.spec.agreement else self._read(spec)

    def effects(self) -> Effects:
        """Explain the scores that the champion gives to the snapshots of the training set."""
        model, snapshots = self.champion(), self._prepared.snapshots
        self.on_progress("explain")
        definitions = self.spec.agreement.definitions
        catalogue = Catalogue.of(model.themes, definitions)
        matrix = compute_features(self.history, snapshots.leads, snapshots.as_of, catalogue)
        return Effects.of(model, matrix, definitions.lead_score, self._prepared.weights)

    def instant(self, as_of: str | int | None, *, time_zone: str | None = None) -> int:
        """Read an instant at which leads are scored.

        Parameters
        ----------
        as_of : str or int, optional
            As in `score`.
        time_zone : str, optional
            IANA name, of days and of times without an offset; default: that of the history.

        Returns
        -------
        instant : int, UTC microseconds

        Raises
        ------
        LeadmlError
            `as_of_in_future`, `as_of_before_history`, or a text that is no instant.
        """
        if as_of is None:
            return today_of(self.history)
        zone = time_zone or self.spec.history.time_zone
        instant = parse_instant(as_of, where="--as-of", time_zone=zone) if isinstance(as_of, str) else as_of
        if instant > now():
            raise LeadmlError("as_of_in_future", where="--as-of", as_of=to_iso(instant))
        first = int(self.history.facts["leads"].known_at.min())
        if instant <= first:
            raise LeadmlError("as_of_before_history", where="--as-of", as_of=to_iso(instant), first=to_iso(first))
        return instant


def _known_stage(stage: str | None, known: tuple[str, ...], where: str) -> None:
    if stage is not None and stage not in known:
        raise LeadmlError("unknown_word", where=where, word=stage, known=known_words(known), hint=nearest(stage, known))

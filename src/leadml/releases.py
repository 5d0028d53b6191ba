"""How a version comes to answer: trained, promoted or rolled back to.

What is asked before lies below: the audit in `leakage`, the gate in `gate`; where versions are kept, in `registry`,
which is imported when it is needed, as MLflow takes two seconds to import.
"""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leadml.agreement.proposals import ScaleProposal
from leadml.champion import champion_folder, version_in
from leadml.compare import compare as compare_fitted
from leadml.compare import fit_periods
from leadml.coverage import cover
from leadml.dataset import TrainingSet
from leadml.differences import Difference, differences
from leadml.errors import LeadmlError
from leadml.evidence import Evidence, gather_evidence
from leadml.gate import Gate, fit_champion, judge_recipe, refuse, spec_of
from leadml.history.sources import Progress
from leadml.history.tables import History
from leadml.leakage.acceptance import accepted_leaks
from leadml.leakage.findings import AuditReport
from leadml.learners.trained_model import TrainedModel
from leadml.publishing import Promotion, Training, effect_of, judged_on, notes_of
from leadml.reports.looks_at import charts_of
from leadml.specs.project_spec import ProjectSpec, meaning_of
from leadml.standalone import KeptTerms
from leadml.training import learned_outcome, prepare, rules_alone, train

if TYPE_CHECKING:
    from leadml.registry import KeptVersion


@dataclass(frozen=True)
class Ground:
    """What versions of a project are made from and judged on.

    Attributes
    ----------
    folder : Path
        The project.
    spec : ProjectSpec
        Its definitions as they are today.
    read : callable giving History
        Its facts as they are today, read when they are needed: what can be refused without them is refused first.
    on_progress : callable taking str
        Told each step before it begins.
    """

    folder: Path
    spec: ProjectSpec
    read: Callable[[], History]
    on_progress: Progress

    @property
    def history(self) -> History:
        """The facts."""
        return self.read()

    def prepare(self, spec: ProjectSpec) -> TrainingSet:
        """Build the training set of another specification from the same history."""
        return prepare(self.history, spec)


def train_version(
    ground: Ground,
    training_set: TrainingSet,
    report: AuditReport,
    *,
    accept_leaks: Mapping[str, str],
    challenger: bool = False,
) -> Training:
    """Judge the project's recipe on later leads, fit it on all, and register it.

    Parameters
    ----------
    ground : Ground
    training_set : TrainingSet
        Of the project's own specification.
    report : AuditReport
        What the leakage audit says of it.
    accept_leaks : mapping of str to str
        Names of findings, each with the reason why it does no harm.
    challenger : bool
        Whether the version waits for `promote`. The gate then says what it says, and refuses nothing.

    Returns
    -------
    training : Training

    Raises
    ------
    LeadmlError, ProblemsError
        `leak_found`, `unknown_leak`; what the gate refuses; `registry_failed`. The champion before then stays.
    """
    training_set = _with_accepted(training_set, accepted_leaks(report, accept_leaks))
    spec, before = ground.spec, champion_if_any(ground.folder)
    ground.on_progress("judge")
    periods, fitted = fit_periods(training_set, spec)
    comparison = compare_fitted(periods, fitted, spec)
    gate = judge_recipe(periods, fitted, *fit_champion(before, training_set, spec, ground.prepare))
    if not (gate.nothing_to_lose or challenger):
        refuse(gate)
    ground.on_progress("fit")
    model = train(training_set, spec)
    model = replace(model, recipe={**model.recipe, "judged": judged_on(comparison, gate)})
    model = rules_alone(model) if gate.failed and not challenger else model
    ground.on_progress("register")
    evidence = gather_evidence(model, training_set, spec, judged=(comparison, gate), audit=report)
    registered = _registered(ground, model, evidence, gate, challenger=challenger)
    scale = spec.agreement.definitions.lead_score
    return Training(
        registered,
        comparison,
        training_set,
        training_set.base_rate,
        before_test=fitted[0],
        findings=cover(ground.history, training_set, spec).findings,
        audit=report,
        gate=gate,
        publishing=None if challenger else effect_of(before, registered, ground.history, spec),
        proposal=None if before or challenger else ScaleProposal.of(training_set.base_rate, scale),
        challenger=challenger,
    )


def _with_accepted(training_set: TrainingSet, accepted: list[dict[str, Any]]) -> TrainingSet:
    """Write into the recipe what was accepted, where anything was."""
    if not accepted:
        return training_set
    return replace(training_set, recipe={**training_set.recipe, "accepted_leaks": accepted})


def _registered(
    ground: Ground, model: TrainedModel, evidence: Evidence, gate: Gate, *, challenger: bool
) -> TrainedModel:
    """Keep a model with all that it needs to score alone; killed on the way, it leaves the champion as it was."""
    from leadml.registry import register

    definitions = ground.spec.agreement.definitions
    with tempfile.TemporaryDirectory() as folder:
        model.write(Path(folder))
        evidence.write(Path(folder))
        KeptTerms.of(ground.spec).write(Path(folder))
        version = register(
            Path(folder),
            project_folder=ground.folder,
            name=model.name,
            notes=notes_of(model, evidence.comparison, gate, charts_of(model, evidence, definitions)),
            challenger=challenger,
        )
    return replace(model, version=version)


def promote_version(ground: Ground, which: str | None) -> Promotion:
    """Let a registered version answer, if its recipe gets through the gate on today's history.

    Parameters
    ----------
    ground : Ground
    which : str, optional
        A number, or `champion` to put the champion's files in place; default: the challenger.

    Returns
    -------
    promotion : Promotion

    Raises
    ------
    LeadmlError, ProblemsError
        `no_challenger`, `unknown_version`; `version_other_definitions`, `version_other_outcome`,
        `version_older_recipe`; what the gate refuses. The champion then stays.
    """
    from leadml.registry import CHAMPION, check_out, find_version, make_champion, read_version

    spec, folder, name = ground.spec, ground.folder, ground.spec.readiness.name
    found = find_version(which, project_folder=folder, name=name)
    model = read_version(version=found.version, project_folder=folder, name=name)
    _check_definitions(model, spec)
    if CHAMPION in found.aliases:
        check_out(project_folder=folder, name=name)
        return Promotion(model)
    if learned_outcome(model) != spec.readiness.outcome:
        raise LeadmlError(
            "version_other_outcome",
            where="models/readiness.yaml, outcome",
            version=model.version,
            learned=learned_outcome(model),
            wanted=spec.readiness.outcome,
        )
    before = champion_if_any(ground.folder)
    gate = _judged_today(ground, model, before)
    refuse(gate)
    ground.on_progress("register")
    make_champion(model.version, project_folder=folder, name=name)
    return Promotion(model, gate, effect_of(before, model, ground.history, spec))


def _judged_today(ground: Ground, model: TrainedModel, before: TrainedModel | None) -> Gate:
    """Fit a version's recipe before each period of today's history, and hold it against rules and champion."""
    theirs = spec_of(model, ground.spec)
    if theirs is None:
        raise LeadmlError("version_older_recipe", where=f"version {model.version}", version=model.version)
    ground.on_progress("training_set")
    training_set = ground.prepare(theirs)
    ground.on_progress("judge")
    periods, fitted = fit_periods(training_set, theirs)
    return judge_recipe(periods, fitted, *fit_champion(before, training_set, theirs, ground.prepare))


def roll_back_version(folder: Path, spec: ProjectSpec, to: int | None) -> TrainedModel:
    """Let the champion before answer again, byte for byte as it did.

    Parameters
    ----------
    folder : Path
        The project.
    spec : ProjectSpec
    to : int, optional
        A version that was champion; default: the one before the champion.

    Returns
    -------
    model : TrainedModel
        That answers now.

    Raises
    ------
    LeadmlError
        `no_champion`, `no_champion_before`, `never_champion`, `other_version_in_place`, `version_other_definitions`.
    """
    from leadml.registry import champion_before, read_version, roll_back

    name = spec.readiness.name
    version = champion_before(to, project_folder=folder, name=name)
    model = read_version(version=version, project_folder=folder, name=name)
    _check_definitions(model, spec)
    roll_back(version, project_folder=folder, name=name)
    return model


def differing_versions(
    folder: Path, spec: ProjectSpec, first: str, second: str
) -> "tuple[KeptVersion, KeptVersion, tuple[Difference, ...]]":
    """Find two versions and say in what they differ.

    Parameters
    ----------
    folder : Path
        The project.
    spec : ProjectSpec
    first, second : str
        A number, `champion` or `challenger`.

    Returns
    -------
    first, second : KeptVersion
    differences : tuple of Difference
        Empty where both were made of the same.

    Raises
    ------
    LeadmlError
        `no_champion`, `no_challenger`, `unknown_version`, `unreadable_model`.
    """
    from leadml.registry import find_version, read_version

    name = spec.readiness.name
    found = [find_version(which, project_folder=folder, name=name) for which in (first, second)]
    models = [read_version(project_folder=folder, name=name, version=kept.version) for kept in found]
    return found[0], found[1], differences(models[0], models[1])


def read_versions(folder: Path, spec: ProjectSpec, names: Sequence[str]) -> dict[str, TrainedModel]:
    """Read registered models.

    Parameters
    ----------
    folder : Path
        The project.
    spec : ProjectSpec
    names : sequence of str
        Numbers of versions, `champion` or `challenger`.

    Returns
    -------
    models : dict of name to TrainedModel

    Raises
    ------
    LeadmlError
        `unknown_version`, `no_champion`, `no_challenger`, `registry_failed`, `unreadable_model`.
    """
    if not names:
        return {}
    from leadml.registry import find_version, read_version  # MLflow takes two seconds to import

    place = spec.readiness.name
    found = {name: find_version(name, project_folder=folder, name=place).version for name in names}
    return {name: read_version(project_folder=folder, name=place, version=number) for name, number in found.items()}


def _check_definitions(model: TrainedModel, spec: ProjectSpec) -> None:
    if model.definitions != meaning_of(spec.agreement.definitions):
        raise LeadmlError("version_other_definitions", where="sla.yaml, definitions", version=model.version)


def read_champion(folder: Path) -> TrainedModel:
    """Read the model that answers.

    Parameters
    ----------
    folder : Path
        The project.

    Returns
    -------
    model : TrainedModel

    Raises
    ------
    LeadmlError
        `no_champion` when nothing was trained yet, `unreadable_model` when its files are damaged.
    """
    while True:
        place = champion_folder(folder)
        model = TrainedModel.read(place, version=version_in(place))
        if champion_folder(folder) == place and version_in(place) == model.version:
            return model  # else a training swapped in another champion while we read


def champion_if_any(folder: Path) -> TrainedModel | None:
    """Read the model that a new one wants to follow; one that cannot be read stands in nobody's way.

    Parameters
    ----------
    folder : Path
        The project.
    """
    try:
        return read_champion(folder)
    except LeadmlError as error:
        if error.code not in ("no_champion", "unreadable_model"):
            raise
        return None

"""What a training gives, and what publishing its model does to the leads of today."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import orjson

from leadml.agreement.crossings import PublishingEffect, RescoredLeads, effect_of_publishing
from leadml.agreement.proposals import ScaleProposal
from leadml.agreement.scale import Scale, shown
from leadml.clock import just_after, now, to_iso
from leadml.compare import Comparison
from leadml.dataset import TrainingSet
from leadml.engine.catalogue import Catalogue
from leadml.engine.compute import compute_features
from leadml.gate import Gate
from leadml.history.tables import Codes, Finding, History
from leadml.leakage.findings import AuditReport
from leadml.learners.contract import Model
from leadml.learners.trained_model import TrainedModel
from leadml.snapshots import is_open, known_lead_type
from leadml.specs.project_spec import ProjectSpec
from leadml.training import learned_outcome


@dataclass(frozen=True)
class Notes:
    """What is kept beside the files of a model, for those who search and compare versions; never a lead.

    Attributes
    ----------
    parameters : mapping of str to str, int or float
        What it was trained from and with.
    metrics : mapping of str to float
        How good its recipe is on leads it had not seen.
    tags : mapping of str to str
        What the gate said, and what was accepted.
    recipe : mapping
        All that made it, as JSON.
    charts : mapping of str to str
        Names of files and their text, HTML or SVG.
    """

    parameters: Mapping[str, str | int | float]
    metrics: Mapping[str, float]
    tags: Mapping[str, str] = field(default_factory=dict)
    recipe: Mapping[str, Any] = field(default_factory=dict)
    charts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Training:
    """A registered model and how its recipe did on leads it had not seen.

    Attributes
    ----------
    model : TrainedModel
        The recipe fitted on every answer that is known.
    comparison : Comparison
        The same recipe, fitted before the test began, against the rules.
    training_set : TrainingSet
    base_rate : float
        Share of ready leads, each lead weighing the same.
    before_test : mapping of contestant to Model
        The recipe and the rules as they were fitted before the test began.
    findings : tuple of Finding
        Features that see nothing, as `Coverage` tells them.
    audit : AuditReport or None
        What the leakage audit said before; None where nobody asked it.
    gate : Gate or None
        What the recipe was asked before it was published. Where it failed and there was nothing to lose, `model` is the
        rules alone.
    publishing : PublishingEffect or None
        What the new champion does to the bands; None where no champion under the same definitions was there before.
    proposal : ScaleProposal or None
        A better scale, told at the first training alone.
    challenger : bool
        Whether the model waits to be promoted.
    """

    model: TrainedModel
    comparison: Comparison
    training_set: TrainingSet
    base_rate: float
    before_test: Mapping[str, Model]
    findings: tuple[Finding, ...] = ()
    audit: AuditReport | None = None
    gate: Gate | None = None
    publishing: PublishingEffect | None = None
    proposal: ScaleProposal | None = None
    challenger: bool = False

    @property
    def rules_alone(self) -> bool:
        """Whether the rules alone were published, as the recipe had not earned more."""
        return bool(self.model.recipe.get("rules_alone"))


@dataclass(frozen=True)
class Promotion:
    """A version that became champion.

    Attributes
    ----------
    model : TrainedModel
    gate : Gate or None
        What its recipe was asked; None where it was champion already.
    publishing : PublishingEffect or None
        What it does to the bands; None where nothing was there to compare with.
    """

    model: TrainedModel
    gate: Gate | None = None
    publishing: PublishingEffect | None = None


def notes_of(model: TrainedModel, comparison: Comparison, gate: Gate, charts: Mapping[str, str] | None = None) -> Notes:
    """Write down what is kept beside a model.

    Parameters
    ----------
    model : TrainedModel
    comparison : Comparison
        Of its recipe with the rules.
    gate : Gate
    charts : mapping of str to str, optional

    Returns
    -------
    notes : Notes
    """
    accepted = [{key: leak[key] for key in ("name", "because")} for leak in model.recipe.get("accepted_leaks", [])]
    return Notes(
        parameters=parameters_of(model),
        metrics={**metrics_of(comparison), **_limits_of(gate)},
        tags={
            "gate": ", ".join(test.name for test in gate.failed) or "passed",
            "gate_champion": gate.champion,
            "rules_alone": str(bool(model.recipe.get("rules_alone"))).lower(),
            "accepted_leaks": orjson.dumps(accepted).decode(),
        },
        recipe={"name": model.name, **model.recipe},
        charts=charts or {},
    )


def parameters_of(model: TrainedModel) -> dict[str, str | int | float]:
    """Name what a model was trained from and with, in one value each, so that versions can be searched by it.

    Parameters
    ----------
    model : TrainedModel

    Returns
    -------
    parameters : dict of str to str, int or float
        Settings of the learner under their own names; `feature_file.fit`, `package.numpy` and so on.
    """
    recipe = model.recipe
    learner = {name: value for name, value in recipe["learner"].items() if value is not None}
    return {
        **{name: _in_one_value(value) for name, value in learner.items()},
        "seed": recipe["seed"],
        "outcome": recipe["outcome"]["name"],
        "snapshots": recipe["snapshots_used"],
        "outcomes": model.readiness.outcomes or 0,
        "ages": ", ".join(recipe["snapshots"]),
        "knows_until": to_iso(model.knows_until),
        "data": recipe["data"],
        "definitions": recipe["definitions"],
        "agreement_version": recipe["agreement_version"],
        "rules": recipe["rules"],
        **{f"feature_file.{theme}": file for theme, file in recipe["feature_files"].items()},
        **{f"package.{name}": version for name, version in recipe["packages"].items()},
        "python": recipe["python"],
        "commit": recipe["commit"] or "-",
    }


def _in_one_value(value: object) -> str | int | float:
    return value if isinstance(value, str | int | float) else orjson.dumps(value).decode()


def _limits_of(gate: Gate) -> dict[str, float]:
    return {
        f"gate_{test.name}_{limit}": getattr(test, limit) for test in gate.tests for limit in ("gain", "low", "high")
    }


def judged_on(comparison: Comparison, gate: Gate) -> dict[str, Any]:
    """Say, for the model's recipe, when and with what result its recipe was judged."""
    return {
        "from": comparison.test_from,
        "to": comparison.test_to,
        "periods": len(comparison.periods),
        # Not the tests against the champion: the same training gives the same model, whoever it follows.
        "gate": [asdict(test) for test in gate.tests if test.name == "better_than_rules"],
    }


def metrics_of(comparison: Comparison) -> dict[str, float]:
    """Name the judged figures as the registry keeps them: `auc`, `auc_rules`, `auc_gain_low`, and so on."""
    metrics: dict[str, float] = {"test_snapshots": comparison.snapshots, "test_ready": comparison.ready}
    for metric in ("auc", "lift", "brier", "log_loss"):
        verdict = comparison.overall(metric)
        metrics[metric] = verdict.first.value
        metrics[f"{metric}_rules"] = verdict.second.value
        metrics[f"{metric}_gain_low"], metrics[f"{metric}_gain_high"] = verdict.gain.low, verdict.gain.high
    return metrics


def today_of(history: History) -> int:
    """Say up to when a history is known: just after its last fact, and never ahead of the clock.

    Parameters
    ----------
    history : History

    Returns
    -------
    instant : int, UTC microseconds
    """
    return min(just_after([history.known_until]), now())  # a day that has not ended lies ahead


def open_leads(history: History, spec: ProjectSpec, model: TrainedModel, instant: int) -> Codes:
    """Find the leads that are open and below the target stage of what a model learned.

    Parameters
    ----------
    history : History
    spec : ProjectSpec
    model : TrainedModel
    instant : int, UTC microseconds

    Returns
    -------
    leads : int array
        Places in the history.
    """
    every = np.arange(len(history.lead_ids))
    instants = np.full(len(every), instant, dtype=np.int64)
    definitions = spec.agreement.definitions
    return every[is_open(history, every, instants, definitions, definitions.outcome(learned_outcome(model)))]


def effect_of(
    before: TrainedModel | None, after: TrainedModel, history: History, spec: ProjectSpec
) -> PublishingEffect | None:
    """Score all leads that are open today under both models.

    Parameters
    ----------
    before : TrainedModel or None
        The champion that is followed.
    after : TrainedModel
    history : History
    spec : ProjectSpec

    Returns
    -------
    effect : PublishingEffect or None
        None where the two answer different questions.
    """
    if before is None or before.definitions != after.definitions or learned_outcome(before) != learned_outcome(after):
        return None
    today = today_of(history)
    return score_under_both(before, after, history, spec, (open_leads(history, spec, after, today), today))


def score_under_both(
    before: TrainedModel, after: TrainedModel, history: History, spec: ProjectSpec, asked: tuple[Codes, int]
) -> PublishingEffect:
    """Score leads under the champion before and the new one, and place both.

    Parameters
    ----------
    before, after : TrainedModel
        Trained under the definitions of `spec`.
    history : History
    spec : ProjectSpec
    asked : (leads, as_of)
        Int array of places in the history, shape (n_leads,), and an instant in UTC microseconds.

    Returns
    -------
    effect : PublishingEffect
        Volumes of the bands, thresholds that keep them, and who crosses.
    """
    leads, instant = asked
    instants = np.full(len(leads), instant, dtype=np.int64)
    definitions = spec.agreement.definitions
    scale = Scale.agreed(definitions.lead_score)

    def unclipped(model: TrainedModel) -> list[float]:
        matrix = compute_features(history, leads, instants, Catalogue.of(model.themes, definitions))
        points: list[float] = scale.unclipped(model.margin(matrix)).tolist()
        return points

    return effect_of_publishing(
        RescoredLeads(
            lead_ids=tuple(history.lead_ids[lead] for lead in leads),
            lead_types=tuple(known_lead_type(history, leads, instants, definitions)),
            before=tuple(shown(score) for score in unclipped(before)),
            after=tuple(unclipped(after)),
        ),
        spec.agreement,
    )

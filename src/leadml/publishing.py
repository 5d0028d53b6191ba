"""What a training gives, and what publishing its model does to the leads of today."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from leadml.agreement.crossings import PublishingEffect, RescoredLeads, effect_of_publishing
from leadml.agreement.proposals import ScaleProposal
from leadml.agreement.scale import Scale, shown
from leadml.compare import Comparison
from leadml.dataset import TrainingSet
from leadml.engine.catalogue import Catalogue
from leadml.engine.compute import compute_features
from leadml.gate import Gate
from leadml.history.tables import Codes, Finding, History
from leadml.leakage.findings import AuditReport
from leadml.learners.contract import Model
from leadml.learners.trained_model import TrainedModel
from leadml.snapshots import known_lead_type
from leadml.specs.project_spec import ProjectSpec


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

    @property
    def rules_alone(self) -> bool:
        """Whether the rules alone were published, as the recipe had not earned more."""
        return bool(self.model.recipe.get("rules_alone"))


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

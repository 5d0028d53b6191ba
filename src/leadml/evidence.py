"""What a model's card tells: how good its recipe was, on whom, and what it looks at. Kept with the model.

Written at the training, when all of it is at hand, and read as it was: a card must not change with the history. No row
of a lead is in it, nor any word that could name a person.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from leadml.clock import to_iso
from leadml.compare import Comparison
from leadml.dataset import TrainingSet
from leadml.errors import LeadmlError
from leadml.explain.overview import EffectOfValue, Effects, Importance, Interaction
from leadml.gate import Gate
from leadml.leakage.findings import AuditReport, Grade
from leadml.learners.trained_model import TrainedModel
from leadml.specs.project_spec import ProjectSpec

EVIDENCE_FILE = "evidence.json"

_FEATURES_DRAWN, _PAIRS = 6, 8
# Interactions cost the square of the features: this many snapshots tell them well.
_SNAPSHOTS_OF_PAIRS = 400


@dataclass(frozen=True)
class Learned:
    """What a model was fitted on.

    Attributes
    ----------
    first, last : str
        First and last instant of its snapshots, ISO 8601.
    leads, snapshots, ready : int
        `ready` counts snapshots.
    base_rate : float in [0, 1]
        Share of ready leads, at each age each lead weighing the same.
    left_out : mapping of reason to int
        Snapshots that are not used.
    worked_share : float in [0, 1]
        Share of the snapshots whose lead sales tried to reach.
    """

    first: str
    last: str
    leads: int
    snapshots: int
    ready: int
    base_rate: float
    left_out: Mapping[str, int]
    worked_share: float


@dataclass(frozen=True)
class AuditedColumn:
    """One finding of the leakage audit, without the words and ids that were its evidence."""

    code: str
    grade: Grade
    table: str
    column: str
    accepted_because: str | None


@dataclass(frozen=True)
class Evidence:
    """All that a card tells of a model beside its recipe.

    Attributes
    ----------
    outcome : str
        Its name in the agreement.
    reach : str
        The lifecycle stage that stands for success.
    within_days : float
    not_returned_within_days : float
        0 where returns do not matter.
    owners : mapping of team to str
        Who answers for the agreement, and with it for the model.
    agreement_version : str
    learned : Learned
    comparison : Comparison
    gate : Gate or None
    audit : tuple of AuditedColumn, or None
        None where nobody asked it.
    features, themes : tuple of Importance, largest first
    effects : mapping of feature to tuple of EffectOfValue
        Of the largest features.
    pairs : tuple of Interaction, largest first
    """

    outcome: str
    reach: str
    within_days: float
    not_returned_within_days: float
    owners: Mapping[str, str]
    agreement_version: str
    learned: Learned
    comparison: Comparison
    gate: Gate | None
    audit: tuple[AuditedColumn, ...] | None
    features: tuple[Importance, ...]
    themes: tuple[Importance, ...]
    effects: Mapping[str, tuple[EffectOfValue, ...]]
    pairs: tuple[Interaction, ...]

    def to_dict(self) -> dict[str, Any]:
        """Lay the evidence out as JSON holds it."""
        plain: dict[str, Any] = _EVIDENCE.dump_python(self, mode="json")
        return plain

    def write(self, folder: Path) -> None:
        """Write the evidence beside the files of its model."""
        (folder / EVIDENCE_FILE).write_bytes(_EVIDENCE.dump_json(self, indent=2))

    @classmethod
    def read(cls, folder: Path) -> "Evidence":
        """Read what `write` wrote.

        Raises
        ------
        LeadmlError
            `no_evidence` for a model of before there was any, `unreadable_model` where the file is damaged.
        """
        try:
            return _EVIDENCE.validate_json((folder / EVIDENCE_FILE).read_bytes())
        except FileNotFoundError:
            raise LeadmlError("no_evidence", where=folder.name) from None
        except (OSError, ValidationError) as error:
            raise LeadmlError("unreadable_model", where=f"{folder.name}/{EVIDENCE_FILE}", problem=str(error)) from None


_EVIDENCE = TypeAdapter(Evidence)


def gather_evidence(
    model: TrainedModel,
    training_set: TrainingSet,
    spec: ProjectSpec,
    *,
    judged: tuple[Comparison, Gate | None],
    audit: AuditReport | None,
) -> Evidence:
    """Put together what a card tells of a model.

    Parameters
    ----------
    model : TrainedModel
    training_set : TrainingSet
        What it was fitted on.
    spec : ProjectSpec
    judged : (Comparison, Gate or None)
        How its recipe did on leads that it had not seen.
    audit : AuditReport or None

    Returns
    -------
    evidence : Evidence
    """
    comparison, gate = judged
    outcome = spec.agreement.definitions.outcome(training_set.outcome)
    effects = Effects.of(model, training_set.features, spec.agreement.definitions.lead_score, training_set.weights)
    features = effects.by_feature()
    return Evidence(
        outcome=training_set.outcome,
        reach=outcome.reach,
        within_days=outcome.within_days,
        not_returned_within_days=outcome.not_returned_within_days,
        owners=spec.agreement.owners.model_dump(),
        agreement_version=spec.agreement.version,
        learned=_learned(training_set),
        comparison=comparison,
        gate=gate,
        audit=None if audit is None else _audited(audit, model),
        features=tuple(features),
        themes=tuple(effects.by_theme()),
        effects={one.name: tuple(effects.by_value(one.name)) for one in features[:_FEATURES_DRAWN]},
        pairs=tuple(effects.pairs(_PAIRS, most_snapshots=_SNAPSHOTS_OF_PAIRS)),
    )


def _learned(training_set: TrainingSet) -> Learned:
    as_of = training_set.snapshots.as_of
    return Learned(
        first=to_iso(int(as_of.min())),
        last=to_iso(int(as_of.max())),
        leads=training_set.leads,
        snapshots=len(training_set),
        ready=int(training_set.ready.sum()),
        base_rate=training_set.base_rate,
        left_out=dict(training_set.left_out),
        worked_share=float(np.mean(training_set.worked)),
    )


def _audited(audit: AuditReport, model: TrainedModel) -> tuple[AuditedColumn, ...]:
    because = {leak["name"]: leak["because"] for leak in model.recipe.get("accepted_leaks", [])}
    return tuple(
        AuditedColumn(finding.code, finding.grade, finding.table, finding.column, because.get(finding.name))
        for finding in audit.findings
    )

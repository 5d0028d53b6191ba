"""How much of a training set each feature sees - a value, nothing, or missing - and which sees nothing at all."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from leadml.dataset import TrainingSet
from leadml.engine.catalogue import Catalogue
from leadml.engine.company import companies_too_large
from leadml.engine.compute import compute_features
from leadml.engine.unheard import unheard_words
from leadml.history.tables import Finding, History, Numbers
from leadml.learners.trained_model import Value
from leadml.specs.feature_spec import FeatureSpec
from leadml.specs.project_spec import ProjectSpec
from leadml.training import usual_values

LOW, HIGH = 0.05, 0.95


@dataclass(frozen=True)
class FeatureCoverage:
    """What a feature says of the snapshots of a training set.

    Attributes
    ----------
    feature : FeatureSpec
    theme : str
    learned : bool
        False where `models/readiness.yaml` leaves it out.
    with_value, nothing, missing : float
        Shares of the snapshots that add up to 1: a value made from facts; no fact, so what
        `when_nothing` says; no value at all.
    usual : float, str or None
        Median, or most frequent word; None where most values are missing.
    low, high : float or None
        The values below which 5 % and 95 % of the snapshots lie; None for words.
    """

    feature: FeatureSpec
    theme: str
    learned: bool
    with_value: float
    nothing: float
    missing: float
    usual: Value
    low: float | None
    high: float | None

    def to_dict(self) -> dict[str, Any]:
        """Lay it out as JSON."""
        told = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "feature"}
        return {"feature": self.feature.name, **told, **_of_the_file(self.feature)}


def _of_the_file(feature: FeatureSpec) -> dict[str, Any]:
    told = feature.model_dump(mode="json", exclude_none=True, exclude_defaults=True, exclude={"name"})
    return {**told, "label": feature.label.model_dump()}


@dataclass(frozen=True)
class Coverage:
    """How much of a training set its features see.

    Attributes
    ----------
    snapshots, leads : int
    features : tuple of FeatureCoverage
        In the order of the catalogue.
    findings : tuple of Finding
        Features that never have a value, words of feature files that no fact has, words read as numbers, and
        companies of too many leads to be a buying group.
    catalogue : Catalogue
    """

    snapshots: int
    leads: int
    features: tuple[FeatureCoverage, ...]
    findings: tuple[Finding, ...]
    catalogue: Catalogue


def cover(history: History, training_set: TrainingSet, spec: ProjectSpec) -> Coverage:
    """Look at what the features say of a training set.

    Parameters
    ----------
    history : History
    training_set : TrainingSet, not empty
        Made from this history.
    spec : ProjectSpec

    Returns
    -------
    coverage : Coverage

    Notes
    -----
    All features are looked at, also those that are not learned from. Each is computed once more with
    `when_nothing: missing`: where it has a value then, facts made it. Shares count each snapshot as
    training does: at each age each lead weighs the same.
    """
    catalogue = Catalogue.of(spec.themes, spec.agreement.definitions)
    weights, snapshots = training_set.weights, training_set.snapshots
    matrix = compute_features(history, snapshots.leads, snapshots.as_of, catalogue).with_words_that_occur()
    if_facts = replace(catalogue, features=tuple(_missing_when_nothing(feature) for feature in catalogue.features))
    from_facts = compute_features(history, snapshots.leads, snapshots.as_of, if_facts)
    usual = usual_values(matrix, weights)
    theme_of = {feature.name: str(theme.theme) for theme in spec.themes for feature in theme.features}
    features = []
    for place, feature in enumerate(catalogue.features):
        missing = np.isnan(matrix.values[:, place])
        made = ~np.isnan(from_facts.values[:, place])
        low, high = (None, None) if feature.name in matrix.words else _range(matrix.values[:, place], weights)
        with_value, absent = (float(np.average(part, weights=weights)) for part in (made, missing))
        features.append(
            FeatureCoverage(
                feature=feature,
                theme=theme_of[feature.name],
                learned=feature.name not in spec.readiness.leave_out,
                with_value=with_value,
                nothing=float(np.average(~made & ~missing, weights=weights)),
                missing=absent,
                usual=usual[feature.name],
                low=low,
                high=high,
            )
        )
    return Coverage(
        snapshots=len(training_set),
        leads=training_set.leads,
        features=tuple(features),
        findings=_findings(history, features, spec, catalogue, len(training_set)),
        catalogue=catalogue,
    )


def _missing_when_nothing(feature: FeatureSpec) -> FeatureSpec:
    return feature.model_copy(update={"when_nothing": "missing"})


def _range(values: Numbers, weights: Numbers) -> tuple[float | None, float | None]:
    """Find between which values nine in ten snapshots lie."""
    present = ~np.isnan(values)
    if not present.any():
        return None, None
    low, high = np.quantile(values[present], [LOW, HIGH], method="inverted_cdf", weights=weights[present])
    return float(low), float(high)


def _findings(
    history: History, features: list[FeatureCoverage], spec: ProjectSpec, catalogue: Catalogue, snapshots: int
) -> tuple[Finding, ...]:
    """Name each feature that sees nothing once, by the word that is wrong where there is one; then odd companies."""
    unheard = unheard_words(history, spec.themes, catalogue)
    explained = {name for name, _ in unheard}
    never = (
        Finding(
            f"features/{covered.theme}.yaml",
            "feature_without_value",
            snapshots,
            {"feature": covered.feature.name},
        )
        for covered in features
        if covered.with_value == 0 and covered.feature.name not in explained
    )
    no_groups = companies_too_large(history) if any(feature.of == "company" for feature in catalogue.features) else {}
    too_large = (
        Finding("leads", "company_too_large", count, {"company": company}) for company, count in no_groups.items()
    )
    return (*(finding for _, finding in unheard), *never, *too_large)

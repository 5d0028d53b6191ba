"""Specification and history in, trained model with its recipe out."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from leadml.clock import to_iso
from leadml.dataset import TrainingSet, make_training_set
from leadml.engine.matrix import FeatureMatrix
from leadml.errors import LeadmlError
from leadml.history.tables import History, Numbers
from leadml.learners.readiness import ReadinessModel, fit_readiness
from leadml.learners.recipe import Recipe
from leadml.learners.trained_model import TrainedModel, Value
from leadml.provenance import commit_in_use, packages_in_use, python_in_use
from leadml.specs.project_spec import ProjectSpec, meaning_of
from leadml.vocabulary import READY


def prepare(history: History, spec: ProjectSpec) -> TrainingSet:
    """Build the training set, or say why there is none.

    Parameters
    ----------
    history : History
    spec : ProjectSpec

    Returns
    -------
    training_set : TrainingSet, not empty

    Raises
    ------
    LeadmlError
        `no_snapshots`.
    """
    training_set = make_training_set(history, spec)
    if not len(training_set):
        raise LeadmlError("no_snapshots", where="models/readiness.yaml, snapshots")
    return training_set


def fit_recipe(training_set: TrainingSet, spec: ProjectSpec) -> ReadinessModel:
    """Fit the project's recipe on a training set.

    Parameters
    ----------
    training_set : TrainingSet
    spec : ProjectSpec

    Returns
    -------
    readiness : ReadinessModel

    Raises
    ------
    LeadmlError
        `too_few_outcomes` when no lead became ready, or every one.
    """
    readiness, yes = spec.readiness, int(training_set.ready.sum())
    if not 0 < yes < len(training_set):
        raise LeadmlError(
            "too_few_outcomes", where="models/readiness.yaml, snapshots", ready=yes, snapshots=len(training_set)
        )
    return fit_readiness(
        training_set, Recipe(spec.learned_features, spec.rules, learner=readiness.learner, seed=readiness.seed)
    )


def rules_alone(model: TrainedModel) -> TrainedModel:
    """Take away all that a model learned but the rules' line: what is published where a recipe has not earned more.

    Parameters
    ----------
    model : TrainedModel

    Returns
    -------
    model : TrainedModel
        Its answers say that the rules carry the score alone.
    """
    return replace(model, readiness=model.readiness.rules_alone(), recipe={**model.recipe, "rules_alone": True})


def train(training_set: TrainingSet, spec: ProjectSpec) -> TrainedModel:
    """Fit the recipe on every answer that is known: the model to be published.

    How good the recipe is must be judged before, on leads that the judged model had not seen: see
    `compare.compare_recipe`.

    Parameters
    ----------
    training_set : TrainingSet
    spec : ProjectSpec

    Returns
    -------
    model : TrainedModel
        Not yet registered: its version is 0.
    """
    knows_until = int(training_set.closed_at.max())
    return TrainedModel(
        name=spec.readiness.name,
        version=0,
        readiness=fit_recipe(training_set, spec),
        themes=spec.learned_themes,
        usual_values=usual_values(training_set.features, training_set.weights),
        definitions=meaning_of(spec.agreement.definitions),
        knows_until=knows_until,
        recipe={
            **training_set.recipe,
            "learner": spec.readiness.learner.model_dump(mode="json"),
            "seed": spec.readiness.seed,
            "snapshots_used": len(training_set),
            "knows_until": to_iso(knows_until),
            "packages": packages_in_use(),
            "python": python_in_use(),
            "commit": commit_in_use(),
        },
    )


def learned_outcome(model: TrainedModel) -> str:
    """Name the outcome that a model learned; before there were several, it was `ready`.

    Parameters
    ----------
    model : TrainedModel

    Returns
    -------
    outcome : str
        A name in the definitions under which the model was trained.
    """
    return str(model.recipe.get("outcome", {}).get("name", READY))


def usual_values(matrix: FeatureMatrix, weights: Numbers) -> Mapping[str, Value]:
    """Describe the usual lead: the median of each number, the most frequent word of each category.

    Parameters
    ----------
    matrix : FeatureMatrix, n_snapshots rows
    weights : float array, shape (n_snapshots,)

    Returns
    -------
    usual : mapping of feature to value
        None where most values are missing: the usual lead then has none.
    """
    usual: dict[str, Value] = {}
    for place, name in enumerate(matrix.names):
        column = matrix.values[:, place]
        present = ~np.isnan(column)
        if not present.any() or weights[present].sum() < weights.sum() / 2:
            usual[name] = None
        elif name in matrix.words:
            counts = np.bincount(column[present].astype(np.int64), weights[present])
            usual[name] = matrix.words[name][int(counts.argmax())]
        else:
            usual[name] = float(np.quantile(column[present], 0.5, method="inverted_cdf", weights=weights[present]))
    return usual

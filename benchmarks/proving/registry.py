"""The registry: whether a rollback brings the same bytes back, and what it takes to keep a model."""

import shutil
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import orjson
from proving.data import ROOT

from leadml.champion import champion_folder
from leadml.demo.generate import generate, write
from leadml.learners.trained_model import TrainedModel
from leadml.project import Project
from leadml.publishing import Notes
from leadml.registry import register
from leadml.specs.readiness_spec import LearnerSpec
from leadml.standalone import KeptTerms
from leadml.training import rules_alone, train

LEADS, MONTHS, SEED = 400, 12, 7
SCORED = 50
REPEATS = 5
LEARNER = LearnerSpec(most_trees=40, bags=10)  # few trees in as many files as a model has


def measure(folder: Path) -> tuple[bool, float]:
    """Keep a model and the rules alone after it, roll back, compare every byte; then keep more, by the clock.

    Parameters
    ----------
    folder : Path
        Empty; the project that is made there stays.

    Returns
    -------
    same : bool
        Whether the answers of some leads, and the files that answer, are those of before.
    seconds : float
        Median of logging a model, registering it, moving the alias and checking it out; MLflow is imported and its
        database exists.
    """
    project = _project(folder)
    readiness = project.spec.readiness.model_copy(update={"learner": LEARNER})
    model = train(project.training_set(), replace(project.spec, readiness=readiness))
    _keep(project, model)
    before = _bytes_of(project)
    _keep(project, rules_alone(model))
    other = _bytes_of(project)
    project.rollback()
    same = _bytes_of(project) == before != other
    seconds = [_seconds(project, model) for _ in range(REPEATS)]
    return same, float(np.median(seconds))


def _project(folder: Path) -> Project:
    """Copy the definitions of this repository, and make a small CRM for them."""
    for name in ("history.yaml", "sla.yaml"):
        shutil.copy(ROOT / name, folder)
    for name in ("features", "models"):
        shutil.copytree(ROOT / name, folder / name)
    project = Project(folder)
    write(generate(leads=LEADS, months=MONTHS, seed=SEED), project.data)
    return project


def _keep(project: Project, model: TrainedModel) -> None:
    files = project.folder / "trained"
    model.write(files)
    KeptTerms.of(project.spec).write(files)
    notes = Notes({"seed": model.recipe["seed"]}, {"auc": 0.5}, recipe=model.recipe)
    register(files, project_folder=project.folder, name=model.name, notes=notes)
    shutil.rmtree(files)


def _seconds(project: Project, model: TrainedModel) -> float:
    start = time.perf_counter()
    _keep(project, model)
    return time.perf_counter() - start


def _bytes_of(project: Project) -> list[bytes]:
    """Give the answers of some leads and the files that answer."""
    scores = project.score(project.history.lead_ids[:SCORED])
    answers = orjson.dumps([score.to_dict() for score in scores])
    return [answers, *(file.read_bytes() for file in sorted(champion_folder(project.folder).iterdir()))]

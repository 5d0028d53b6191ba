"""Whoever is killed while training leaves the champion before, or the new one; never half a model."""

import signal
import subprocess
import sys

import pytest

from leadml.champion import champion_folder
from leadml.learners.trained_model import MODEL_FILE, TrainedModel
from leadml.registry import register

# Registers the model of a folder, and dies without a word at the first call of one function.
DYING = """
import os, pathlib, signal, sys
from leadml import registry
from mlflow import MlflowClient
folder, model, place = map(str, sys.argv[1:])
where, name = place.split(".")
owner = {"client": MlflowClient, "registry": registry}[where]
def die(*words, **named):
    os.kill(os.getpid(), signal.SIGKILL)
setattr(owner, name, die)
registry.register(pathlib.Path(model), project_folder=pathlib.Path(folder), name="readiness", parameters={}, metrics={})
"""
PLACES = (
    "client.log_artifacts",
    "client.set_registered_model_alias",
    "client.download_artifacts",
    "registry.put_in_place",
)


@pytest.fixture
def project(demo_model, tmp_path):
    """Register a first champion; gives the folder of the project and that of a model."""
    model = tmp_path / "model"
    demo_model.write(model)
    register(model, project_folder=tmp_path / "project", name="readiness", parameters={}, metrics={})
    return tmp_path / "project", model


def whole(folder):
    champion = champion_folder(folder)
    return TrainedModel.read(champion, version=0), (champion / MODEL_FILE).read_bytes()


def test_a_training_killed_anywhere_leaves_a_whole_champion_and_the_next_one_succeeds(project, environment):
    folder, model = project
    before = whole(folder)
    for place in PLACES:
        done = subprocess.run(
            [sys.executable, "-c", DYING, str(folder), str(model), place],
            env=environment,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == -signal.SIGKILL, (place, done.stderr.decode())
        assert whole(folder) == before, place
    version = register(model, project_folder=folder, name="readiness", parameters={}, metrics={})
    assert version >= 2
    assert whole(folder) == before
    assert sorted(path.name for path in (folder / ".leadml").glob("champion*") if "new" not in path.name) == [
        "champion"
    ]

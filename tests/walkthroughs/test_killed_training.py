"""Whoever is killed while training leaves the champion before, or the new one; never half a model."""

import signal
import subprocess
import sys

import pytest

from leadml.champion import champion_folder
from leadml.learners.trained_model import MODEL_FILE, TrainedModel
from leadml.publishing import Notes
from leadml.registry import champion_before, champions, register, roll_back

# Registers the model of a folder, and dies without a word at the first call of one function.
DYING = """
import os, pathlib, signal, sys
from leadml import registry
from leadml.publishing import Notes
from mlflow import MlflowClient
folder, model, place = map(str, sys.argv[1:])
where, name = place.split(".")
owner = {"client": MlflowClient, "champions": sys.modules["leadml.registry.champions"]}[where]
def die(*words, **named):
    os.kill(os.getpid(), signal.SIGKILL)
setattr(owner, name, die)
registry.register(pathlib.Path(model), project_folder=pathlib.Path(folder), name="readiness", notes=Notes({}, {}))
"""
PLACES = (
    "client.create_model_version",
    "client.log_model_artifacts",
    "client.set_registered_model_alias",
    "client.set_registered_model_tag",
    "champions.put_in_place",
)
NAMED = {"name": "readiness"}


@pytest.fixture
def project(demo_model, tmp_path):
    """Register a first champion; gives the folder of the project and that of a model."""
    model = tmp_path / "model"
    demo_model.write(model)
    register(model, project_folder=tmp_path / "project", notes=Notes({}, {}), **NAMED)
    return tmp_path / "project", model


def whole(folder):
    champion = champion_folder(folder)
    return TrainedModel.read(champion, version=0), (champion / MODEL_FILE).read_bytes()


@pytest.mark.soak
def test_a_training_killed_anywhere_leaves_a_whole_champion_and_the_next_one_succeeds(project, environment):
    folder, model = project
    before = whole(folder)
    for place in PLACES:
        done = subprocess.run(
            [sys.executable, "-c", DYING, str(folder), str(model), place],
            env=environment,
            capture_output=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == -signal.SIGKILL, (place, done.stderr.decode())
        assert whole(folder) == before, place
    version = register(model, project_folder=folder, notes=Notes({}, {}), **NAMED)
    assert version >= 2
    assert whole(folder) == before
    assert sorted(path.name for path in (folder / ".leadml").glob("champion*") if "new" not in path.name) == [
        "champion"
    ]
    # Two of the killed had moved the champion in the registry: they are part of the trail, and their files are there.
    trail = champions(project_folder=folder, **NAMED)
    assert (trail[0], trail[-1], len(trail)) == (1, version, 4)
    for expected in reversed(trail[:-1]):
        assert champion_before(None, project_folder=folder, **NAMED) == expected
        roll_back(expected, project_folder=folder, **NAMED)
        assert whole(folder) == before

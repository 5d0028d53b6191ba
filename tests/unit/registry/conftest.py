"""What the tests of the registry share: a model of two small files, and a project that keeps its versions."""

import json
import shutil
import sqlite3

import pytest

from leadml.champion import champion_folder
from leadml.publishing import Notes
from leadml.registry import register, versions

FILES = {"model.json": '{"name": "readiness"}', "trees-0.txt": "tree\nversion=v4\n"}


@pytest.fixture(autouse=True, scope="session")
def _no_other_registry():
    with pytest.MonkeyPatch.context() as patched:
        patched.delenv("MLFLOW_TRACKING_URI", raising=False)
        patched.delenv("MLFLOW_REGISTRY_URI", raising=False)
        yield


@pytest.fixture
def files():
    return FILES


@pytest.fixture(scope="session")
def empty_registry(tmp_path_factory):
    """Let MLflow make its tables once: it takes two seconds for them."""
    folder = tmp_path_factory.mktemp("registry")
    assert versions(project_folder=folder, name="readiness") == []
    return folder / ".leadml" / "mlflow.db"


@pytest.fixture
def project_folder(tmp_path, empty_registry):
    folder = tmp_path / "acme リード 100%"
    (folder / ".leadml").mkdir(parents=True)
    shutil.copy(empty_registry, folder / ".leadml")
    return folder


@pytest.fixture(scope="session")
def keep(tmp_path_factory):
    """Register the model; `trees` are others than those of the version before."""

    def keep(project_folder, *, trees="tree\nversion=v4\n", name="readiness", challenger=False, **noted):
        folder = tmp_path_factory.mktemp("trained")
        for file, text in {**FILES, "trees-0.txt": trees}.items():
            (folder / file).write_text(text, encoding="utf-8")
        notes = Notes(**{"parameters": {"seed": 7, "rate": 0.05}, "metrics": {"auc": 0.71}, **noted})
        return register(folder, project_folder=project_folder, name=name, notes=notes, challenger=challenger)

    return keep


@pytest.fixture(scope="session")
def kept(keep, empty_registry, tmp_path_factory):
    """Train three champions, one after the other, and a challenger."""
    folder = tmp_path_factory.mktemp("kept") / "project"
    (folder / ".leadml").mkdir(parents=True)
    shutil.copy(empty_registry, folder / ".leadml")
    for number in (1, 2, 3):
        assert keep(folder, trees=f"trees of {number}", metrics={"auc": 0.7 + number / 100}) == number
    assert keep(folder, trees="trees of 4", challenger=True, tags={"gate": "passed"}) == 4
    return folder


@pytest.fixture
def project(kept, tmp_path):
    """Copy that project: its versions are read where it is now."""
    return shutil.copytree(kept, tmp_path / "project")


@pytest.fixture
def in_place():
    """Read which version answers, and its trees."""

    def read(project_folder):
        folder = champion_folder(project_folder)
        said = json.loads((folder / "version.json").read_text(encoding="utf-8"))
        return said, (folder / "trees-0.txt").read_text(encoding="utf-8")

    return read


@pytest.fixture
def rows():
    """Ask the SQLite file that MLflow keeps in a project."""

    def ask(project_folder, query):
        with sqlite3.connect(project_folder / ".leadml" / "mlflow.db") as connection:
            return connection.execute(query).fetchall()

    return ask

"""What the tests of the registry share: a model of two small files, and a project that keeps its versions."""

import json
import sqlite3

import pytest

from leadml.champion import champion_folder
from leadml.publishing import Notes
from leadml.registry import register

FILES = {"model.json": '{"name": "readiness"}', "trees-0.txt": "tree\nversion=v4\n"}


@pytest.fixture(autouse=True)
def _no_other_registry(monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("MLFLOW_REGISTRY_URI", raising=False)


@pytest.fixture
def files():
    return FILES


@pytest.fixture
def model_folder(tmp_path):
    folder = tmp_path / "trained"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def project_folder(tmp_path):
    folder = tmp_path / "acme リード 100%"
    folder.mkdir()
    return folder


@pytest.fixture
def keep(model_folder):
    """Register the model; `trees` are others than those of the version before."""

    def keep(project_folder, *, trees=None, name="readiness", challenger=False, **noted):
        if trees is not None:
            (model_folder / "trees-0.txt").write_text(trees, encoding="utf-8")
        notes = Notes(**{"parameters": {"seed": 7, "rate": 0.05}, "metrics": {"auc": 0.71}, **noted})
        return register(model_folder, project_folder=project_folder, name=name, notes=notes, challenger=challenger)

    return keep


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

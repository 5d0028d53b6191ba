import json
import logging
import os
import sqlite3
import subprocess
import sys
import time

import pytest

from leadml.champion import champion_folder
from leadml.errors import LeadmlError
from leadml.registry import CHAMPION, check_out, register

FILES = {"model.json": '{"name": "readiness"}', "trees.txt": "tree\nversion=v4\n"}


@pytest.fixture(autouse=True)
def _no_other_registry(monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("MLFLOW_REGISTRY_URI", raising=False)


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


def keep(model_folder, project_folder, **changed):
    given = {"name": "readiness", "parameters": {"seed": 7, "rate": 0.05}, "metrics": {"auc": 0.71}}
    return register(model_folder, project_folder=project_folder, **{**given, **changed})


def champion_version(project_folder):
    return json.loads((champion_folder(project_folder) / "version.json").read_text(encoding="utf-8"))


def rows(project_folder, query):
    with sqlite3.connect(project_folder / ".leadml" / "mlflow.db") as connection:
        return connection.execute(query).fetchall()


def test_what_was_registered_is_checked_out(model_folder, project_folder):
    assert keep(model_folder, project_folder) == 1
    folder = champion_folder(project_folder)
    assert {file.name for file in folder.iterdir()} == {*FILES, "version.json"}
    assert {name: (folder / name).read_text(encoding="utf-8") for name in FILES} == FILES
    version = champion_version(project_folder)
    assert version == {"name": "readiness", "version": 1, "run_id": version["run_id"]}
    runs = rows(project_folder, "SELECT run_uuid, name, status FROM runs")
    assert runs == [(version["run_id"], "readiness 1", "FINISHED")]


def test_the_second_version_becomes_the_champion_within_a_second(model_folder, project_folder):
    keep(model_folder, project_folder)
    (model_folder / "trees.txt").write_text("other", encoding="utf-8")
    started = time.perf_counter()
    assert keep(model_folder, project_folder) == 2
    assert time.perf_counter() - started < 1
    assert (champion_folder(project_folder) / "trees.txt").read_text(encoding="utf-8") == "other"


def test_a_run_holds_settings_and_metrics_and_files_and_nothing_else(model_folder, project_folder):
    keep(model_folder, project_folder)
    assert dict(rows(project_folder, "SELECT key, value FROM params")) == {"seed": "7", "rate": "0.05"}
    assert rows(project_folder, "SELECT key, value FROM metrics") == [("auc", 0.71)]
    assert rows(project_folder, "SELECT * FROM datasets") == []
    logged = (project_folder / ".leadml" / "mlartifacts").rglob("*")
    assert {file.name for file in logged if file.is_file()} == set(FILES)


def test_an_older_version_made_champion_by_hand_is_checked_out(model_folder, project_folder):
    keep(model_folder, project_folder)
    (model_folder / "trees.txt").write_text("worse", encoding="utf-8")
    keep(model_folder, project_folder)
    with sqlite3.connect(project_folder / ".leadml" / "mlflow.db") as connection:
        connection.execute("UPDATE registered_model_aliases SET version = 1 WHERE alias = ?", (CHAMPION,))
    folder = check_out(project_folder=project_folder, name="readiness")
    assert (folder / "trees.txt").read_text(encoding="utf-8") == FILES["trees.txt"]
    assert champion_version(project_folder)["version"] == 1


def test_a_moved_project_writes_to_its_new_place(model_folder, project_folder):
    keep(model_folder, project_folder)
    moved = project_folder.rename(project_folder.with_name("moved"))
    assert keep(model_folder, moved) == 2
    assert not project_folder.exists()
    names = {name for (name,) in rows(moved, "SELECT name FROM experiments WHERE name != 'Default'")}
    assert names == {"readiness", "readiness (experiment 1, before the project moved)"}


def test_another_tracking_place_is_honoured(model_folder, project_folder, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'team.db'}")
    monkeypatch.chdir(tmp_path)
    assert keep(model_folder, project_folder) == 1
    assert (tmp_path / "team.db").exists()
    assert [path.name for path in (project_folder / ".leadml").iterdir()] == ["champion"]


def test_a_refusal_of_mlflow_is_said_in_our_words_and_the_champion_stays(model_folder, project_folder):
    keep(model_folder, project_folder)
    with pytest.raises(LeadmlError) as caught:
        keep(model_folder, project_folder, parameters={"a key with a !": 1})
    assert caught.value.code == "registry_failed"
    assert caught.value.where == ".leadml/mlflow.db"
    assert champion_version(project_folder)["version"] == 1
    statuses = rows(project_folder, "SELECT status FROM runs ORDER BY start_time")
    assert statuses == [("FINISHED",), ("FAILED",)]


def test_a_damaged_database_is_said_at_once(model_folder, project_folder):
    (project_folder / ".leadml").mkdir()
    (project_folder / ".leadml" / "mlflow.db").write_text("not a database" * 100, encoding="utf-8")
    started = time.perf_counter()
    with pytest.raises(LeadmlError) as caught:
        keep(model_folder, project_folder)
    assert caught.value.code == "registry_failed"
    assert time.perf_counter() - started < 1


def test_nothing_to_check_out_is_said(project_folder):
    with pytest.raises(LeadmlError) as caught:
        check_out(project_folder=project_folder, name="readiness")
    assert caught.value.code == "registry_failed"


def test_copies_of_killed_processes_are_removed_when_they_are_old(model_folder, project_folder):
    old, young = (project_folder / ".leadml" / f"champion-new-{age}" for age in ("old", "young"))
    for folder in (old, young):
        folder.mkdir(parents=True)
    os.utime(old, (0, 0))
    keep(model_folder, project_folder)
    assert not old.exists()
    assert young.exists()


def test_registering_says_nothing_and_leaves_the_root_logger_alone(model_folder, project_folder, capfd):
    before = (logging.getLogger().level, list(logging.getLogger().handlers))
    keep(model_folder, project_folder)
    assert (logging.getLogger().level, list(logging.getLogger().handlers)) == before
    assert capfd.readouterr() == ("", "")


def test_leadml_and_the_service_do_not_load_mlflow():
    code = "import sys, leadml.champion; sys.exit('mlflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

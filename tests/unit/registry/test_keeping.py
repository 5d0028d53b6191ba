import logging
import pickletools
import subprocess
import sys
import time

import mlflow
import orjson
import pytest
import yaml

from leadml.champion import champion_folder
from leadml.errors import LeadmlError

NAMES_OF_PICKLES = {".pkl", ".pickle", ".joblib", ".npy", ".npz"}


def logged_files(project_folder):
    every = sorted((project_folder / ".leadml" / "mlartifacts").rglob("*"))
    return [path for path in every if path.is_file()]


def is_pickle(content):
    """Tell whether bytes are a pickle: its opcodes can be read up to the end."""
    try:
        for _opcode, _argument, _position in pickletools.genops(content):
            pass
    except Exception:  # whatever is none, fails in its own way
        return False
    return True


def test_what_was_registered_answers(keep, files, project_folder, in_place, rows):
    assert keep(project_folder) == 1
    folder = champion_folder(project_folder)
    assert {file.name for file in folder.iterdir()} == {*files, "version.json"}
    assert {name: (folder / name).read_text(encoding="utf-8") for name in files} == files
    version, _ = in_place(project_folder)
    assert version == {"name": "readiness", "version": 1, "run_id": version["run_id"]}
    assert rows(project_folder, "SELECT run_uuid, name, status FROM runs") == [
        (version["run_id"], "readiness 1", "FINISHED")
    ]


def test_the_second_version_becomes_the_champion(keep, project_folder, in_place):
    keep(project_folder)
    assert keep(project_folder, trees="other") == 2
    assert in_place(project_folder)[1] == "other"


def test_a_run_holds_notes_and_files_and_nothing_else(keep, files, project_folder, rows):
    charts = {"lift.svg": "<svg/>"}
    keep(project_folder, tags={"gate": "passed"}, recipe={"seed": 7}, charts=charts)
    assert dict(rows(project_folder, "SELECT key, value FROM params")) == {"seed": "7", "rate": "0.05"}
    assert set(rows(project_folder, "SELECT key, value FROM metrics")) == {("auc", 0.71)}
    assert dict(rows(project_folder, "SELECT key, value FROM tags"))["gate"] == "passed"
    assert rows(project_folder, "SELECT * FROM datasets") == []
    written = {path.name: path for path in logged_files(project_folder)}
    of_mlflow = {
        "MLmodel", "conda.yaml", "python_env.yaml", "requirements.txt", "input_example.json",
        "serving_input_example.json", "served_model.py",
    }  # fmt: skip
    assert set(written) == {*files, "version.json", "recipe.json", "lift.svg", *of_mlflow}
    assert orjson.loads(written["recipe.json"].read_bytes()) == {"seed": 7}
    assert (written["lift.svg"].parent.name, written["lift.svg"].read_text("utf-8")) == ("charts", "<svg/>")


def test_nothing_is_pickled_and_mlflow_runs_our_code(keep, project_folder):
    keep(project_folder)
    written = logged_files(project_folder)
    assert [path for path in written if path.suffix in NAMES_OF_PICKLES or is_pickle(path.read_bytes())] == []
    (described,) = [yaml.safe_load(path.read_text("utf-8")) for path in written if path.name == "MLmodel"]
    flavor = described["flavors"]["python_function"]
    assert flavor["loader_module"] == "mlflow.pyfunc.loaders.code_model"
    assert flavor["model_code_path"].endswith("/served_model.py")
    assert "python_model" not in flavor


def test_a_pickle_would_be_found():
    assert is_pickle(b"\x80\x04K\x07.")
    assert not is_pickle(b'{"name": "readiness"}')


def test_no_path_of_the_machine_is_written_down(keep, project_folder):
    keep(project_folder)
    (described,) = [path.read_text("utf-8") for path in logged_files(project_folder) if path.name == "MLmodel"]
    assert "site-packages" not in described
    assert "/src/leadml" not in described


def test_the_requirements_are_pinned_and_name_leadml(keep, project_folder):
    keep(project_folder)
    (written,) = [path for path in logged_files(project_folder) if path.name == "requirements.txt"]
    lines = written.read_text("utf-8").splitlines()
    assert {line.partition("==")[0] for line in lines} >= {"leadml", "mlflow", "lightgbm", "numpy", "pandas"}
    assert [line for line in lines if "==" not in line] == []


def test_what_lies_where_somebody_trains_is_no_part_of_a_model(keep, project_folder, tmp_path, monkeypatch):
    for name in ("uv.lock", "pyproject.toml"):
        (tmp_path / name).write_text("", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    keep(project_folder)
    assert {"uv.lock", "pyproject.toml"} & {path.name for path in logged_files(project_folder)} == set()


def test_a_moved_project_writes_to_its_new_place(keep, project_folder, rows):
    keep(project_folder)
    moved = project_folder.rename(project_folder.with_name("moved"))
    assert keep(moved) == 2
    assert not project_folder.exists()
    names = {name for (name,) in rows(moved, "SELECT name FROM experiments WHERE name != 'Default'")}
    assert names == {"readiness", "readiness (experiment 1, before the project moved)"}


def test_another_tracking_place_is_honoured(keep, project_folder, tmp_path, monkeypatch, rows):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'team.db'}")
    monkeypatch.chdir(tmp_path)
    assert keep(project_folder) == 1
    assert (tmp_path / "team.db").exists()
    assert {path.name for path in (project_folder / ".leadml").iterdir()} == {"champion", "mlflow.db"}
    assert rows(project_folder, "SELECT * FROM runs") == []


def test_a_refusal_of_mlflow_is_said_in_our_words_and_the_champion_stays(keep, project_folder, in_place, rows):
    keep(project_folder)
    with pytest.raises(LeadmlError) as caught:
        keep(project_folder, parameters={"a key with a !": 1})
    assert caught.value.code == "registry_failed"
    assert caught.value.where == ".leadml/mlflow.db"
    assert in_place(project_folder)[0]["version"] == 1
    statuses = rows(project_folder, "SELECT status FROM runs ORDER BY start_time")
    assert statuses == [("FINISHED",), ("FAILED",)]


def test_a_version_whose_files_could_not_be_written_is_none(keep, project_folder, monkeypatch, rows):
    keep(project_folder)

    def refuse(*_given, **_named):
        raise OSError("disk full")

    with monkeypatch.context() as full:
        full.setattr(mlflow.MlflowClient, "log_model_artifacts", refuse)
        with pytest.raises(LeadmlError, match="disk full"):
            keep(project_folder)
    stages = rows(project_folder, "SELECT version FROM model_versions WHERE current_stage != 'Deleted_Internal'")
    assert stages == [(1,)]
    assert keep(project_folder) > 1


def test_a_damaged_database_is_said_at_once(keep, project_folder):
    (project_folder / ".leadml" / "mlflow.db").write_text("not a database" * 100, encoding="utf-8")
    started = time.perf_counter()
    with pytest.raises(LeadmlError) as caught:
        keep(project_folder)
    assert caught.value.code == "registry_failed"
    assert time.perf_counter() - started < 30  # and not after the minutes of retries


def test_registering_says_nothing_and_leaves_the_root_logger_alone(keep, project_folder, capfd):
    before = (logging.getLogger().level, list(logging.getLogger().handlers))
    keep(project_folder)
    assert (logging.getLogger().level, list(logging.getLogger().handlers)) == before
    assert capfd.readouterr() == ("", "")


def test_registering_leaves_the_tracking_place_of_a_notebook_alone(keep, project_folder):
    before = mlflow.get_tracking_uri()
    keep(project_folder)
    assert mlflow.get_tracking_uri() == before
    assert mlflow.active_run() is None


def test_what_scores_does_not_load_mlflow():
    code = "import sys, leadml.cli.main, leadml.service.answering; sys.exit('mlflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

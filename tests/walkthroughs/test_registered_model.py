"""A registered version goes on alone: MLflow scores raw leads with it as the project does, without its files."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import mlflow
import numpy as np
import orjson
import pandas as pd
import pytest

from leadml.demo.generate import generate, write
from leadml.project import Project
from leadml.score_tables import scores_frame

START_SECONDS, STOP_SECONDS = 180, 10
AS_OF = "2026-05-01T00:00:00Z"

SCORES = """
import sys
import mlflow.pyfunc
import pandas as pd

model = mlflow.pyfunc.load_model(sys.argv[1])
model.predict(model.input_example)
model.predict(pd.read_parquet(sys.argv[2])).to_parquet(sys.argv[3])
"""
QUICK = "learner: {most_trees: 20, bags: 2}\ntest: {share_of_leads: 0.3, periods: 1}\n"


@pytest.fixture(scope="module")
def sent(project, facts_about):
    """Lay open leads out as MLflow is sent them, beside what the project says of them."""
    scores = project.score(as_of=AS_OF)[:40]
    ids = [score.lead_id for score in scores]
    facts = [orjson.dumps(lead).decode() for lead in facts_about(ids)]
    return pd.DataFrame({"lead_id": ids, "facts": facts, "as_of": AS_OF}), scores_frame(scores)


@pytest.fixture
def scored_elsewhere(environment, tmp_path):
    """Let another process, in an empty folder, score with what MLflow loads."""

    def score(model_uri, table):
        folder = tmp_path / "elsewhere"
        folder.mkdir()
        table.to_parquet(folder / "sent.parquet")
        done = subprocess.run(
            [sys.executable, "-c", SCORES, model_uri, "sent.parquet", "scores.parquet"],
            cwd=folder,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return pd.read_parquet(folder / "scores.parquet")

    return score


def test_a_version_scores_raw_leads_without_the_projects_files(project, sent, scored_elsewhere, tmp_path):
    table, expected = sent
    models = project.folder / ".leadml" / "mlartifacts" / "models"
    (kept,) = (
        version.parents[2]
        for version in models.glob("*/artifacts/artifacts/model/version.json")
        if orjson.loads(version.read_bytes())["version"] == project.champion().version
    )
    model = shutil.copytree(kept, tmp_path / "model")
    answered = scored_elsewhere(str(model), table)
    assert answered["lead_id"].tolist() == expected["lead_id"].tolist()
    for column in ("score", "band", "model", "rules_score", "agreement_version", "chance_en"):
        assert answered[column].tolist() == expected[column].tolist(), column
    np.testing.assert_allclose(answered["probability"], expected["probability"], rtol=1e-9)
    assert not list(model.rglob("__pycache__"))


@contextmanager
def tracking_server(folder, port, environment):
    """Start a real MLflow server on this machine, and stop it by its own process id."""
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--backend-store-uri", f"sqlite:///{folder / 'team.db'}", "--artifacts-destination", str(folder / "artifacts"),
    ]  # fmt: skip
    lean = {**environment, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}  # jobs for language models: more processes
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=lean, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            assert process.poll() is None, (folder / "server.log").read_text("utf-8")
            assert time.monotonic() < deadline, (folder / "server.log").read_text("utf-8")
            try:
                opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
                with opener.open(f"http://127.0.0.1:{port}/health", timeout=1):
                    break
            except OSError:
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        # Its own session, which holds the workers it started and nobody else.
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(STOP_SECONDS)


@pytest.fixture
def quick_project(demo_project, tmp_path):
    """Copy tests/project over a CRM in which there is enough to learn that it can be proven, and learn it quickly."""
    folder = shutil.copytree(demo_project.folder, tmp_path / "project")
    write(generate(leads=3000, months=12, seed=7), folder / "demo")
    recipe = folder / "models" / "readiness.yaml"
    recipe.write_text(re.sub("(?m)^test:.*\n", "", recipe.read_text("utf-8")) + QUICK, "utf-8")
    return folder


@pytest.mark.soak
def test_a_team_keeps_its_versions_on_a_tracking_server(quick_project, environment, free_port, tmp_path, monkeypatch):
    folder, server = quick_project, tmp_path / "server"
    server.mkdir()

    def answers():
        return orjson.dumps([score.to_dict() for score in Project(folder).score()[:50]])

    with tracking_server(server, free_port(), environment) as uri:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        assert Project(folder).train().model.version == 1
        before = answers()
        recipe = folder / "models" / "readiness.yaml"
        recipe.write_text(recipe.read_text("utf-8").replace("most_trees: 20", "most_trees: 30"), "utf-8")
        assert Project(folder).train(challenger=True).model.version == 2
        assert [version.aliases for version in Project(folder).versions()] == [("challenger",), ("champion",)]
        assert [each.name for each in Project(folder).differences(1, 2)[2]] == ["learner.most_trees"]
        model = mlflow.pyfunc.load_model("models:/readiness@challenger")
        assert model.predict(model.input_example)["model"].tolist() == ["readiness 2"]
        assert Project(folder).promote().model.version == 2
        assert answers() != before
        assert Project(folder).rollback().version == 1
        assert answers() == before
    assert sorted(path.name for path in (folder / ".leadml").iterdir()) == ["champion"]
    assert (server / "team.db").is_file()

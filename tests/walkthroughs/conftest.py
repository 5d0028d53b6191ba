"""What the walkthroughs share: the command, the project that `leadml demo` leaves behind, and a started server."""

import csv
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import httpx
import orjson
import psutil
import pytest

import leadml
from leadml.history.tables import FACT_TABLES

ROOT = Path(__file__).parents[2]
LEADML = str(Path(sys.executable).with_name("leadml"))
COMMAND_SECONDS = 180  # a bound, not a promise: the tests of several workers share the processors
# A packaged service lies in a folder of its own, so it compiles its features anew before it is ready.
START_SECONDS = 300
STOP_SECONDS = 10
# A developer's own settings must not decide what is tested.
NOT_INHERITED = ("LEADML_PROJECT", "LEADML_LANGUAGE", "MLFLOW_TRACKING_URI", "BENTOML_HOST")


@pytest.fixture(scope="session")
def environment(tmp_path_factory):
    """BentoML keeps bentos and metrics in one folder; two servers in one folder wipe each other's metrics."""
    own = {
        "BENTOML_HOME": str(tmp_path_factory.mktemp("bentoml")),
        "BENTOML_DO_NOT_TRACK": "True",
        # Else `bentoml build` fetches uv when it is not installed, although nothing is locked with it.
        "BENTOML_ENABLE_FEATURES": "no_image",
    }
    return {**{name: value for name, value in os.environ.items() if name not in NOT_INHERITED}, **own}


@pytest.fixture(scope="session")
def run_leadml(environment):
    """Run the command as its user does: another process, in the folder of a project."""

    def run(*words, folder, expect=0):
        done = subprocess.run(
            [LEADML, *map(str, words)],
            cwd=folder,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            timeout=COMMAND_SECONDS,
            check=False,
        )
        assert done.returncode == expect, done.stderr
        return done

    return run


@pytest.fixture(scope="session")
def demo_run(run_leadml, tmp_path_factory):
    """The definitions of the repository's root after `leadml demo`: who changes the folder copies it before."""
    folder = tmp_path_factory.mktemp("demo") / "project"
    folder.mkdir()
    for name in ("history.yaml", "sla.yaml"):
        shutil.copy(ROOT / name, folder)
    for name in ("features", "models"):
        shutil.copytree(ROOT / name, folder / name)
    done = run_leadml("demo", "--leads", 800, "--top", 1000, folder=folder)
    return SimpleNamespace(folder=folder, said=done.stdout, progress=done.stderr)


@pytest.fixture(scope="session")
def project(demo_run, tmp_path_factory):
    """The demo project as a data scientist opens it, and as the server serves it."""
    return leadml.open(shutil.copytree(demo_run.folder, tmp_path_factory.mktemp("served") / "project"))


@pytest.fixture(scope="session")
def free_port():
    def find():
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    return find


@pytest.fixture(scope="session")
def started(environment, free_port):
    @contextmanager
    def start(command, *, folder, log):
        """Start a server, wait until it is ready, and stop it by its own process id."""
        port = free_port()
        with log.open("wb") as out:
            process = subprocess.Popen(
                [*command, "--port", str(port)], env=environment, cwd=folder, stdout=out, stderr=subprocess.STDOUT
            )
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client:
                _wait_until_ready(client, process, log)
                yield client
        finally:
            children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
            process.send_signal(signal.SIGTERM)
            process.wait(STOP_SECONDS)
            _, alive = psutil.wait_procs(children, timeout=STOP_SECONDS)
            assert not alive

    return start


def _wait_until_ready(client, process, log):
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text("utf-8")
        try:
            # While the worker loads, the supervisor already accepts: without a limit this would wait for ever.
            if client.get("/readyz", timeout=1).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail(log.read_text("utf-8"))


@pytest.fixture(scope="session")
def client(project, started, tmp_path_factory):
    """Speak with `leadml serve` over the demo project."""
    log = tmp_path_factory.mktemp("log") / "serve.log"
    with started([LEADML, "serve", "--project", str(project.folder)], folder=ROOT, log=log) as client:
        yield client


def _rows_of(project, table):
    with (project.data / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _filled(row, *, without=()):
    return {column: value for column, value in row.items() if value and column not in without}


def _as_json(text):
    """Give a number as JSON has it; what is none stays a text."""
    try:
        return orjson.loads(text) if text[0] in "-0123456789" else text
    except orjson.JSONDecodeError:
        return text


@pytest.fixture(scope="session")
def facts_about(project):
    """Write what the CSV files say about some leads as a request says it."""
    words = {"marketingqualifiedlead": "mql", "salesqualifiedlead": "sql"}
    companies = {row["id"]: row for row in _rows_of(project, "companies")}
    every = {}
    for row in _rows_of(project, "leads"):
        company = companies[row["company"]]
        every[row["id"]] = {
            "lead_id": row["id"],
            "created_at": row["created"],
            "lead_type": row["lead_type"],
            "company_id": row["company"],
            "attributes": {
                name: _as_json(value)
                for name, value in _filled(row, without=("id", "created", "lead_type", "company")).items()
            },
            "company": {
                "created_at": company["created"],
                "attributes": {
                    name: _as_json(value) for name, value in _filled(company, without=("id", "created")).items()
                },
            },
            **{table: [] for table in FACT_TABLES},
        }
    for table in [name for name in FACT_TABLES if name not in project.history.unknown]:
        for row in _rows_of(project, table):
            fact = {column: words.get(value, value) for column, value in _filled(row, without=("lead_id",)).items()}
            if "amount" in fact:
                fact["amount"] = float(fact["amount"])
            if table == "attribute_changes":
                fact["value"] = _as_json(fact["value"])
            every[row["lead_id"]][table].append(fact)
    return lambda lead_ids: [every[lead_id] for lead_id in lead_ids]

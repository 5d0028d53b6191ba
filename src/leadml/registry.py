"""All of MLflow in one file: what was trained, from what, how good, and which version is the champion.

A version is a folder of plain files (`model.json`, `trees-0.txt` and so on), logged as artifacts of its run: nothing
is pickled, so a model can be read by eye and loaded under another Python. No row of a lead goes into a run.
"""

import logging
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import orjson

from leadml.champion import VERSION_FILE, put_in_place, run_folder
from leadml.errors import LeadmlError

# MLflow reads the first while it is imported; whoever wants to be counted sets it to false. Progress bars
# are for faces to draw: this one would stand in the middle of a command's own lines.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, Run
from mlflow.exceptions import MlflowException

CHAMPION = "champion"

_ARTIFACTS = "model"
_NEW = "champion-new-"
_LEFT_BEHIND_SECONDS = 3600


def register(
    model_folder: Path,
    *,
    project_folder: Path,
    name: str,
    parameters: Mapping[str, str | int | float],
    metrics: Mapping[str, float],
) -> int:
    """Keep a trained model, make it the champion, and check it out for the service.

    Parameters
    ----------
    model_folder : Path
        The files of the model.
    project_folder : Path
        Runs go to `.leadml/mlflow.db` in it, unless `MLFLOW_TRACKING_URI` names another place.
    name : str
        Of the experiment and of the registered model, for example `readiness`.
    parameters : mapping of str to str, int or float
        What the model was trained with: settings and hashes, never a lead.
    metrics : mapping of str to float
        How good it is on leads it has not seen.

    Returns
    -------
    version : int, >= 1

    Raises
    ------
    LeadmlError
        `registry_failed` when MLflow refuses; the champion is then still the one before.

    Examples
    --------
    >>> register(Path("m"), project_folder=Path("."), name="a/b", parameters={}, metrics={})  # doctest: +SKIP
    1
    """
    with _in_our_words():
        client = _client(project_folder)
        experiment_id = _experiment(client, project_folder, name)
        run = _log_run(client, experiment_id, model_folder, parameters, metrics)
        _register_name(client, name)
        source = f"{run.info.artifact_uri}/{_ARTIFACTS}"
        version = client.create_model_version(name, source, run_id=run.info.run_id)
        client.update_run(run.info.run_id, name=f"{name} {version.version}")
        client.set_registered_model_alias(name, CHAMPION, str(version.version))
    check_out(project_folder=project_folder, name=name)
    return int(version.version)


def check_out(*, project_folder: Path, name: str) -> Path:
    """Copy the champion's files to where the service reads them.

    Parameters
    ----------
    project_folder : Path
        As in `register`.
    name : str
        As in `register`.

    Returns
    -------
    folder : Path
        `.leadml/champion`, with `version.json` beside the files: name, version and run_id.

    Raises
    ------
    LeadmlError
        `registry_failed`, also when the registry has no champion of that name.

    Examples
    --------
    >>> check_out(project_folder=Path("."), name="readiness")  # doctest: +SKIP
    PosixPath('.leadml/champion')
    """
    _remove_left_behind(project_folder)
    with _in_our_words():
        client = _client(project_folder)
        version = client.get_model_version_by_alias(name, CHAMPION)
        new_folder = Path(tempfile.mkdtemp(prefix=_NEW, dir=run_folder(project_folder)))
        new_folder.chmod(0o755)  # the service may run as another user; no row of a lead is in it
        copied = Path(client.download_artifacts(str(version.run_id), _ARTIFACTS, str(new_folder)))
    # MLflow keeps the artifacts' own folder in the path; the champion's files stand one level higher.
    for file in tuple(copied.iterdir()):
        file.rename(new_folder / file.name)
    copied.rmdir()
    said = {"name": name, "version": int(version.version), "run_id": version.run_id}
    (new_folder / VERSION_FILE).write_bytes(orjson.dumps(said, option=orjson.OPT_INDENT_2))
    return put_in_place(new_folder, project_folder)


def _client(project_folder: Path) -> MlflowClient:
    folder = run_folder(project_folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    # "Creating initial tables", on a logger that prints by itself: no news to somebody who trains.
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.WARNING)
    uri = os.environ.get("MLFLOW_TRACKING_URI") or _database_uri(folder / "mlflow.db")
    return MlflowClient(tracking_uri=uri)


def _database_uri(database: Path) -> str:
    """Name an SQLite file as MLflow wants it, after seeing that it can be opened."""
    # MLflow itself would try a file that it cannot open for 100 seconds.
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA schema_version")
    return "sqlite:///" + database.as_posix().replace("%", "%25").replace("?", "%3F")


def _log_run(
    client: MlflowClient,
    experiment_id: str,
    model_folder: Path,
    parameters: Mapping[str, str | int | float],
    metrics: Mapping[str, float],
) -> Run:
    run = client.create_run(experiment_id)
    now = time.time_ns() // 1_000_000
    try:
        client.log_batch(
            run.info.run_id,
            metrics=[Metric(key, value, now, 0) for key, value in metrics.items()],
            params=[Param(key, str(value)) for key, value in parameters.items()],
        )
        client.log_artifacts(run.info.run_id, str(model_folder), _ARTIFACTS)
    except Exception:
        client.set_terminated(run.info.run_id, "FAILED")
        raise
    client.set_terminated(run.info.run_id)
    return run


def _experiment(client: MlflowClient, project_folder: Path, name: str) -> str:
    """Find the experiment or begin it; returns its id."""
    # A tracking server knows itself where artifacts belong.
    elsewhere = os.environ.get("MLFLOW_TRACKING_URI")
    artifacts = None if elsewhere else (run_folder(project_folder) / "mlartifacts").resolve().as_uri()
    experiment = client.get_experiment_by_name(name)
    if experiment is not None and artifacts is not None and experiment.artifact_location != artifacts:
        # The project was moved or copied. MLflow cannot change an experiment's folder, and would go on
        # writing to the old one; so the old runs keep their experiment, under another name.
        number = experiment.experiment_id
        client.rename_experiment(number, f"{name} (experiment {number}, before the project moved)")
        experiment = None
    if experiment is not None:
        return str(experiment.experiment_id)
    return str(client.create_experiment(name, artifact_location=artifacts))


def _register_name(client: MlflowClient, name: str) -> None:
    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _remove_left_behind(project_folder: Path) -> None:
    """Remove copies that a killed process had begun; a younger one may be somebody's at work."""
    for folder in run_folder(project_folder).glob(f"{_NEW}*"):
        if time.time() - folder.stat().st_mtime > _LEFT_BEHIND_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except (MlflowException, OSError, sqlite3.Error) as error:
        where = "MLFLOW_TRACKING_URI" if os.environ.get("MLFLOW_TRACKING_URI") else ".leadml/mlflow.db"
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise LeadmlError("registry_failed", where=where, reason=reason) from error

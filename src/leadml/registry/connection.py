"""Where MLflow keeps the versions of a project, and what it says when it cannot."""

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from leadml.champion import run_folder
from leadml.errors import LeadmlError

CHAMPION, CHALLENGER = "champion", "challenger"

_URI = "MLFLOW_TRACKING_URI"
_ARTIFACTS = "mlartifacts"


def connect(project_folder: Path) -> MlflowClient:
    """Speak with MLflow: a server or database that `MLFLOW_TRACKING_URI` names, else an SQLite file of the project.

    Parameters
    ----------
    project_folder : Path
        The file is `.leadml/mlflow.db` in it.

    Returns
    -------
    client : MlflowClient
    """
    # "Creating initial tables", on a logger that prints by itself: no news to somebody who trains.
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.WARNING)
    return MlflowClient(tracking_uri=tracking_uri(project_folder))


def tracking_uri(project_folder: Path) -> str:
    """Name the place of MLflow as MLflow wants it, and make the project's own where it is that.

    Parameters
    ----------
    project_folder : Path

    Returns
    -------
    uri : str
    """
    folder = run_folder(project_folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return os.environ.get(_URI) or _database_uri(folder / "mlflow.db")


def _database_uri(database: Path) -> str:
    """Name an SQLite file as MLflow wants it, after seeing that it can be opened."""
    # MLflow itself would try a file that it cannot open for 100 seconds.
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA schema_version")
    return "sqlite:///" + database.as_posix().replace("%", "%25").replace("?", "%3F")


def experiment_of(client: MlflowClient, project_folder: Path, name: str) -> str:
    """Find the experiment or begin it.

    Parameters
    ----------
    client : MlflowClient
    project_folder : Path
    name : str

    Returns
    -------
    experiment_id : str
    """
    # A tracking server knows itself where artifacts belong.
    artifacts = None if os.environ.get(_URI) else _own_artifacts(project_folder).as_uri()
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


def place_of(source: str, project_folder: Path) -> str:
    """Say where the files of a version lie now.

    Parameters
    ----------
    source : str
        The URI of its folder as it was when the version was registered.
    project_folder : Path

    Returns
    -------
    uri : str
        The same; below the project's own folder where the project was moved or copied since.
    """
    before, kept_by_us, below = source.rpartition(f"/{_ARTIFACTS}/")
    if os.environ.get(_URI) or not kept_by_us or not before.startswith("file:"):
        return source
    return f"{_own_artifacts(project_folder).as_uri()}/{below}"


def _own_artifacts(project_folder: Path) -> Path:
    return (run_folder(project_folder) / _ARTIFACTS).resolve()


@contextmanager
def in_our_words() -> Iterator[None]:
    """Say what MLflow, the file system or SQLite refuses as `registry_failed`."""
    try:
        yield
    except (MlflowException, OSError, sqlite3.Error) as error:
        where = _URI if os.environ.get(_URI) else ".leadml/mlflow.db"
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise LeadmlError("registry_failed", where=where, reason=reason) from error

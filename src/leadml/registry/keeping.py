"""Keeps a trained model: one run, one MLflow model of plain files, one version."""

import logging
import shutil
import tempfile
import time
from importlib.metadata import version as version_of
from pathlib import Path

import mlflow.pyfunc
import orjson
from mlflow import MlflowClient
from mlflow.entities import LoggedModel, Metric, Param, Run, RunTag
from mlflow.exceptions import MlflowException
from mlflow.models import Model

from leadml.champion import VERSION_FILE
from leadml.provenance import packages_in_use
from leadml.publishing import Notes
from leadml.registry.champions import make_challenger, make_champion
from leadml.registry.connection import connect, experiment_of, in_our_words
from leadml.registry.signature import made_up_lead, signature
from leadml.registry.versions import FILES

_CODE = Path(__file__).with_name("served_model.py")


def register(model_folder: Path, *, project_folder: Path, name: str, notes: Notes, challenger: bool = False) -> int:
    """Keep a trained model, and make it the champion that answers, or the challenger that waits.

    Parameters
    ----------
    model_folder : Path
        The files of the model and of what it needs to score without its project (`standalone`); never a lead.
    project_folder : Path
        Runs go to `.leadml/mlflow.db` in it, unless `MLFLOW_TRACKING_URI` names another place.
    name : str
        Of the experiment and of the registered model, for example `readiness`.
    notes : Notes
        What stands beside it.
    challenger : bool
        Whether the champion goes on answering.

    Returns
    -------
    version : int, >= 1

    Raises
    ------
    LeadmlError
        `registry_failed` when MLflow refuses; the champion is then still the one before.

    Examples
    --------
    >>> register(Path("m"), project_folder=Path("."), name="a/b", notes=Notes({}, {}))  # doctest: +SKIP
    1
    """
    with in_our_words():
        client = connect(project_folder)
        run = client.create_run(experiment_of(client, project_folder, name))
        try:
            _write_notes(client, run, notes)
            version = _keep_files(client, run, model_folder, name)
        except Exception:
            client.set_terminated(run.info.run_id, "FAILED")
            raise
        client.update_run(run.info.run_id, status="FINISHED", name=f"{name} {version}")
    (make_challenger if challenger else make_champion)(version, project_folder=project_folder, name=name)
    return version


def _write_notes(client: MlflowClient, run: Run, notes: Notes) -> None:
    now = time.time_ns() // 1_000_000
    client.log_batch(
        run.info.run_id,
        metrics=[Metric(key, value, now, 0) for key, value in notes.metrics.items()],
        params=[Param(key, str(value)) for key, value in notes.parameters.items()],
        tags=[RunTag(key, value) for key, value in notes.tags.items()],
    )
    recipe = orjson.dumps(notes.recipe, option=orjson.OPT_INDENT_2).decode()
    files = {"recipe.json": recipe, **{f"charts/{name}": text for name, text in notes.charts.items()}}
    with tempfile.TemporaryDirectory() as folder:
        for file, text in files.items():
            place = Path(folder, file)
            place.parent.mkdir(exist_ok=True)
            place.write_text(text, encoding="utf-8")
        client.log_artifacts(run.info.run_id, folder)


def _keep_files(client: MlflowClient, run: Run, model_folder: Path, name: str) -> int:
    """Write the MLflow model and give it the next version."""
    run_id = run.info.run_id
    logged = client.create_logged_model(run.info.experiment_id, name=name, source_run_id=run_id)
    _register_name(client, name)
    # The version before its files, because they say which it is.
    version = client.create_model_version(
        name, logged.artifact_location, run_id=run_id, model_id=logged.model_id, await_creation_for=0
    )
    try:
        with tempfile.TemporaryDirectory() as folder:
            files = Path(shutil.copytree(model_folder, Path(folder, FILES)))
            said = {"name": name, "version": int(version.version), "run_id": run_id}
            (files / VERSION_FILE).write_bytes(orjson.dumps(said, option=orjson.OPT_INDENT_2))
            model = _as_mlflow_model(files, Path(folder, "mlflow"), logged)
            client.log_model_artifacts(logged.model_id, str(model))
    except Exception:
        client.delete_model_version(name, version.version)
        raise
    client.finalize_logged_model(logged.model_id, "READY")
    return int(version.version)


def _as_mlflow_model(files: Path, folder: Path, logged: LoggedModel) -> Path:
    """Lay our files out as MLflow loads them: models from code, with their signature."""
    # It says that it holds the example against the signature: no news to somebody who trains.
    logging.getLogger("mlflow.pyfunc").setLevel(logging.WARNING)
    # A copy of the code: MLflow writes down from where it took it, and a path may hold the name of a user.
    code = shutil.copy(_CODE, files.parent)
    packages = {**packages_in_use(), "mlflow": version_of("mlflow")}
    mlflow.pyfunc.save_model(
        folder,
        python_model=code,
        artifacts={FILES: str(files)},
        signature=signature(),
        input_example=made_up_lead(),
        pip_requirements=[f"{package}=={version}" for package, version in packages.items()],  # else it looks for them
        mlflow_model=Model(
            artifact_path=logged.artifact_location,
            run_id=logged.source_run_id,
            model_uuid=logged.model_id,
            model_id=logged.model_id,
        ),
    )
    return folder


def _register_name(client: MlflowClient, name: str) -> None:
    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise

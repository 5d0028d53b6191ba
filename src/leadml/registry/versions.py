"""The versions that were registered: which there are, and their files."""

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts
from mlflow.exceptions import MlflowException

from leadml.errors import LeadmlError, known_words
from leadml.learners.trained_model import TrainedModel
from leadml.registry.connection import CHALLENGER, CHAMPION, connect, in_our_words, place_of, tracking_uri

# The folder of our own files inside that of an MLflow model, which holds MLmodel and what MLflow needs beside it.
FILES = "model"
FILES_IN_MLFLOW = f"artifacts/{FILES}"


@dataclass(frozen=True)
class KeptVersion:
    """A registered version, as MLflow knows it.

    Attributes
    ----------
    version : int
    run_id : str
    aliases : tuple of str
        `champion`, `challenger`, or none.
    registered_at : int, UTC microseconds
    parameters, tags : mapping of str to str
    metrics : mapping of str to float
        As `publishing.Notes` names them.
    """

    version: int
    run_id: str
    aliases: tuple[str, ...]
    registered_at: int
    parameters: Mapping[str, str]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]


def versions(*, project_folder: Path, name: str) -> list[KeptVersion]:
    """List the versions of a model.

    Parameters
    ----------
    project_folder : Path
    name : str

    Returns
    -------
    versions : list of KeptVersion, newest first
        Without those of which a killed process wrote only a part; empty when nothing was registered yet.

    Raises
    ------
    LeadmlError
        `registry_failed`.
    """
    with in_our_words():
        client = connect(project_folder)
        aliases = aliases_of(client, name)
        found = []
        for kept in client.search_model_versions(f"name = '{name}'"):
            run = client.get_run(str(kept.run_id))
            if run.info.status == "FINISHED":
                number = int(kept.version)
                carried = tuple(sorted(alias for alias, at in aliases.items() if at == number))
                told = run.data
                found.append(
                    KeptVersion(
                        number,
                        str(kept.run_id),
                        carried,
                        int(kept.creation_timestamp) * 1_000,
                        told.params,
                        told.metrics,
                        told.tags,
                    )
                )
    return sorted(found, key=lambda version: -version.version)


def aliases_of(client: MlflowClient, name: str) -> dict[str, int]:
    """Say which version carries which alias; none where nothing is registered under the name.

    Parameters
    ----------
    client : MlflowClient
    name : str

    Returns
    -------
    aliases : dict of str to int
    """
    try:
        aliases = client.get_registered_model(name).aliases
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return {}
    return {alias: int(version) for alias, version in aliases.items()}


def find_version(which: str | None, *, project_folder: Path, name: str) -> KeptVersion:
    """Find one version.

    Parameters
    ----------
    which : str, optional
        A number, `champion` or `challenger`; default: the challenger.
    project_folder : Path
    name : str

    Returns
    -------
    version : KeptVersion

    Raises
    ------
    LeadmlError
        `no_challenger`, `no_champion`, `unknown_version`, `registry_failed`.
    """
    wanted = CHALLENGER if which is None else which
    every = versions(project_folder=project_folder, name=name)
    for version in every:
        if wanted in (*version.aliases, str(version.version)):
            return version
    if wanted == CHALLENGER:
        raise LeadmlError("no_challenger", where="leadml models")
    if wanted == CHAMPION:
        raise LeadmlError("no_champion", where="leadml models")
    known = known_words(str(version.version) for version in every) or "-"
    raise LeadmlError("unknown_version", where="VERSION", version=wanted, known=known)


def fetch(*, project_folder: Path, name: str, version: int, into: Path) -> Path:
    """Copy the files of a version.

    Parameters
    ----------
    project_folder : Path
    name : str
    version : int
    into : Path
        Made if it is not there.

    Returns
    -------
    folder : Path
        `into`, with `model.json`, `version.json` and all other files that were registered.

    Raises
    ------
    LeadmlError
        `registry_failed`, also when there is no such version.

    Examples
    --------
    >>> fetch(project_folder=Path("."), name="readiness", version=3, into=Path("v3"))  # doctest: +SKIP
    PosixPath('v3')
    """
    with in_our_words(), tempfile.TemporaryDirectory() as folder:
        source = connect(project_folder).get_model_version(name, str(version)).source
        place = f"{place_of(str(source), project_folder)}/{FILES_IN_MLFLOW}"
        copied = download_artifacts(place, dst_path=folder, tracking_uri=tracking_uri(project_folder))
        shutil.copytree(copied, into, dirs_exist_ok=True)
    return into


def read_version(*, project_folder: Path, name: str, version: int) -> TrainedModel:
    """Read the model of a version.

    Parameters
    ----------
    project_folder : Path
    name : str
    version : int

    Returns
    -------
    model : TrainedModel

    Raises
    ------
    LeadmlError
        `registry_failed`, `unreadable_model`.
    """
    with tempfile.TemporaryDirectory() as folder:
        fetch(project_folder=project_folder, name=name, version=version, into=Path(folder))
        return TrainedModel.read(Path(folder), version=version)

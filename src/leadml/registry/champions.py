"""Which version is champion, which is challenger, and which were champion before.

The registered model carries both as aliases, and the champions before as a trail of numbers, the latest last. Files are
fetched before anything is moved and swapped in as a whole afterwards: whoever is killed on the way leaves a champion
that answers and a trail that is true.
"""

import shutil
import tempfile
import time
from pathlib import Path

from mlflow import MlflowClient

from leadml.champion import champion_folder, put_in_place, run_folder, version_in
from leadml.errors import LeadmlError, known_words
from leadml.registry.connection import CHALLENGER, CHAMPION, connect, in_our_words
from leadml.registry.versions import aliases_of, fetch

_TRAIL = "leadml.champions"
_NEW = "champion-new-"
_LEFT_BEHIND_SECONDS = 3600


def champions(*, project_folder: Path, name: str) -> tuple[int, ...]:
    """Name the versions that were champion, the latest last; a rollback takes back what came after its target.

    Parameters
    ----------
    project_folder : Path
    name : str

    Returns
    -------
    trail : tuple of int
        Ends in the champion; empty where there is none.

    Raises
    ------
    LeadmlError
        `registry_failed`.
    """
    with in_our_words():
        return _trail(connect(project_folder), name)


def make_champion(version: int, *, project_folder: Path, name: str) -> Path:
    """Let a version answer from now on.

    Parameters
    ----------
    version : int
        A challenger that becomes champion is no challenger any more.
    project_folder : Path
    name : str

    Returns
    -------
    folder : Path
        `.leadml/champion`, with the version's files.

    Raises
    ------
    LeadmlError
        `registry_failed`; the champion before then stays, or has already been followed in the registry alone.
    """
    new_folder = _fetched(version, project_folder, name)
    with in_our_words():
        client = connect(project_folder)
        trail = _trail(client, name)
        # The alias first: a trail that does not end in the champion is one whose end was not yet written.
        client.set_registered_model_alias(name, CHAMPION, str(version))
        if trail[-1:] != (version,):
            _write_trail(client, name, (*trail, version))
        if aliases_of(client, name).get(CHALLENGER) == version:
            client.delete_registered_model_alias(name, CHALLENGER)
    return put_in_place(new_folder, project_folder)


def make_challenger(version: int, *, project_folder: Path, name: str) -> None:
    """Let a version be the one that `leadml promote` asks for; the champion goes on answering.

    Parameters
    ----------
    version : int
    project_folder : Path
    name : str

    Raises
    ------
    LeadmlError
        `registry_failed`.
    """
    with in_our_words():
        connect(project_folder).set_registered_model_alias(name, CHALLENGER, str(version))


def champion_before(to: int | None, *, project_folder: Path, name: str) -> int:
    """Find the version that a rollback goes back to.

    Parameters
    ----------
    to : int, optional
        A version that was champion; default: the one before the champion.
    project_folder : Path
    name : str

    Returns
    -------
    version : int

    Raises
    ------
    LeadmlError
        `no_champion`, `no_champion_before`, `never_champion`; `other_version_in_place` when the files that answer are
        not those of the champion, so that it must be said to which version.
    """
    trail = champions(project_folder=project_folder, name=name)
    if not trail:
        raise LeadmlError("no_champion", where="leadml models")
    if to is not None:
        if to not in trail:
            known = known_words(str(version) for version in trail)
            raise LeadmlError("never_champion", where="--to", version=to, known=known)
        return to
    in_place = version_in(champion_folder(project_folder))
    if in_place != trail[-1]:
        raise LeadmlError("other_version_in_place", where=".leadml/champion", here=in_place, champion=trail[-1])
    if len(trail) == 1:
        raise LeadmlError("no_champion_before", where="leadml models", champion=trail[-1])
    return trail[-2]


def roll_back(version: int, *, project_folder: Path, name: str) -> Path:
    """Let a champion of before answer again.

    Parameters
    ----------
    version : int
        One of `champions`.
    project_folder : Path
    name : str

    Returns
    -------
    folder : Path
        `.leadml/champion`, byte for byte as it was when the version was champion.

    Raises
    ------
    LeadmlError
        `registry_failed`.
    """
    new_folder = _fetched(version, project_folder, name)
    with in_our_words():
        client = connect(project_folder)
        trail = _trail(client, name)
        last = max(place for place, each in enumerate(trail) if each == version)
        # The trail first: killed in between, it gets the champion that still is one back as its end.
        _write_trail(client, name, trail[: last + 1])
        client.set_registered_model_alias(name, CHAMPION, str(version))
    return put_in_place(new_folder, project_folder)


def check_out(*, project_folder: Path, name: str) -> Path:
    """Copy the champion's files to where the service reads them, as after a change in MLflow's own pages.

    Parameters
    ----------
    project_folder : Path
    name : str

    Returns
    -------
    folder : Path
        `.leadml/champion`, with `version.json` among the files: name, version and run_id.

    Raises
    ------
    LeadmlError
        `registry_failed`, also when the registry has no champion of that name.

    Examples
    --------
    >>> check_out(project_folder=Path("."), name="readiness")  # doctest: +SKIP
    PosixPath('.leadml/champion')
    """
    with in_our_words():
        version = connect(project_folder).get_model_version_by_alias(name, CHAMPION).version
    return put_in_place(_fetched(int(version), project_folder, name), project_folder)


def _fetched(version: int, project_folder: Path, name: str) -> Path:
    """Fetch a version's files beside the champion's folder."""
    _remove_left_behind(project_folder)
    with in_our_words():
        run_folder(project_folder).mkdir(parents=True, exist_ok=True)
        new_folder = Path(tempfile.mkdtemp(prefix=_NEW, dir=run_folder(project_folder)))
        new_folder.chmod(0o755)  # the service may run as another user; no row of a lead is in it
    return fetch(project_folder=project_folder, name=name, version=version, into=new_folder)


def _trail(client: MlflowClient, name: str) -> tuple[int, ...]:
    """Read the trail; where the alias was moved without it, by hand or by somebody killed, that is its end."""
    aliases = aliases_of(client, name)
    if CHAMPION not in aliases:
        return ()
    written = client.get_registered_model(name).tags.get(_TRAIL, "")
    trail = tuple(int(version) for version in written.split(",") if version)
    return trail if trail[-1:] == (aliases[CHAMPION],) else (*trail, aliases[CHAMPION])


def _write_trail(client: MlflowClient, name: str, trail: tuple[int, ...]) -> None:
    client.set_registered_model_tag(name, _TRAIL, ",".join(str(version) for version in trail))


def _remove_left_behind(project_folder: Path) -> None:
    """Remove copies that a killed process had begun; a younger one may be somebody's at work."""
    for folder in run_folder(project_folder).glob(f"{_NEW}*"):
        if time.time() - folder.stat().st_mtime > _LEFT_BEHIND_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)

"""The folder of the model that answers: `.leadml/champion` of a project.

It holds plain files only (`model.json`, `trees-0.txt` and so on, `version.json`), so that the service needs neither
MLflow nor a network. A new champion is swapped in as a whole: a process killed at any point
leaves the old one or the new one, never a mixture.
"""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import orjson

from leadml.errors import LeadmlError

VERSION_FILE = "version.json"

_FOLDER = "champion"
_SET_ASIDE = "champion-before-"


def run_folder(project_folder: Path) -> Path:
    """Name the folder in which runs leave their files; git ignores it.

    Examples
    --------
    >>> run_folder(Path("acme")).as_posix()
    'acme/.leadml'
    """
    return project_folder / ".leadml"


def champion_folder(project_folder: Path) -> Path:
    """Find the files of the model that answers.

    Parameters
    ----------
    project_folder : Path
        The folder that holds `history.yaml`, `features/`, `models/` and `sla.yaml`.

    Returns
    -------
    folder : Path
        `.leadml/champion`; or the champion before it, when a process was killed in the one
        moment in which that had been set aside and the new one was not yet in its place.

    Raises
    ------
    LeadmlError
        `no_champion` when nothing was trained yet.

    Examples
    --------
    >>> champion_folder(Path("nowhere"))
    Traceback (most recent call last):
    ...
    leadml.errors.LeadmlError: No model has been trained yet.
    ...
    """
    for folder in (_place(project_folder), *_set_aside(project_folder)):
        if (folder / VERSION_FILE).is_file():
            return folder
    raise LeadmlError("no_champion", where=_place(project_folder).as_posix())


def version_in(folder: Path) -> int:
    """Read which version lies in a folder of a model.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    version : int

    Raises
    ------
    LeadmlError
        `unreadable_model`.
    """
    try:
        return int(orjson.loads((folder / VERSION_FILE).read_bytes())["version"])
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise LeadmlError("unreadable_model", where=f"{folder.name}/{VERSION_FILE}", problem=str(error)) from None


def put_in_place(new_folder: Path, project_folder: Path) -> Path:
    """Make a folder the champion, by renaming.

    Parameters
    ----------
    new_folder : Path
        All files of the new champion, `version.json` among them; a sibling of the champion's
        folder, because a rename is only one step inside one file system. It is gone afterwards.
    project_folder : Path
        As in `champion_folder`.

    Returns
    -------
    folder : Path
        `.leadml/champion`.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     new = run_folder(Path(folder)) / "new"
    ...     new.mkdir(parents=True)
    ...     _ = (new / "version.json").write_text("{}")
    ...     put_in_place(new, Path(folder)).name
    'champion'
    """
    champion = _place(project_folder)
    while True:
        try:
            new_folder.rename(champion)
            break
        except OSError:
            # A folder with files in it cannot be renamed over. Somebody training beside us may also
            # have been faster since we set the old one aside; then that one is the old one.
            if not champion.exists():
                raise
            _rename_if_there(champion, champion.with_name(f"{_SET_ASIDE}{time.time_ns()}"))
    for folder in tuple(_set_aside(project_folder)):
        shutil.rmtree(folder, ignore_errors=True)
    return champion


def _place(project_folder: Path) -> Path:
    return run_folder(project_folder) / _FOLDER


def _set_aside(project_folder: Path) -> Iterator[Path]:
    """Champions that were set aside, the latest first."""
    yield from sorted(run_folder(project_folder).glob(f"{_SET_ASIDE}*"), reverse=True)


def _rename_if_there(folder: Path, target: Path) -> None:
    try:
        folder.rename(target)
    except FileNotFoundError:
        if folder.exists():
            raise

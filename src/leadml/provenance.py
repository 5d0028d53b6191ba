"""Which code and which packages made a model, for its recipe."""

import os
import platform
import subprocess
from functools import cache
from importlib.metadata import version
from pathlib import Path

# Those whose version may change a figure of a model or of its answers; leadml itself names all others it needs.
PACKAGES = ("lightgbm", "numba", "numpy", "orjson", "pandas", "pyarrow", "pydantic", "scikit-learn", "scipy")

_GIT_SECONDS = 5


def packages_in_use() -> dict[str, str]:
    """Name the packages that a model hangs on, with their versions.

    Examples
    --------
    >>> packages_in_use()["leadml"] == version("leadml")
    True
    """
    return {name: version(name) for name in ("leadml", *PACKAGES)}


def python_in_use() -> str:
    """Name the version of Python.

    Examples
    --------
    >>> python_in_use().split(".")[0]
    '3'
    """
    return platform.python_version()


@cache
def commit_in_use(folder: Path = Path(__file__).parent) -> str | None:
    """Name the git commit of leadml's code, where it runs from a checkout.

    Parameters
    ----------
    folder : Path
        That of a package.

    Returns
    -------
    commit : str or None
        40 hexadecimal digits, with `-dirty` behind them where files were changed since. None where leadml was installed
        without git, also when it was installed into somebody else's checkout.

    Examples
    --------
    >>> commit_in_use(Path("/"))
    """
    if not _git(folder, "ls-files", "--error-unmatch", "__init__.py"):
        return None
    return _git(folder, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*") or None


def _git(folder: Path, *words: str) -> str:
    """Ask git about a folder; nothing where there is no git, no checkout or no answer in time."""
    # A hook of another repository, under which we may run, must not point git to that one.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words],
            env=environment,
            capture_output=True,
            encoding="utf-8",
            timeout=_GIT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()

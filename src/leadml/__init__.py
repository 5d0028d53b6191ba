"""leadml: lead scores made only from what was known, with their reasons, under one agreement.

>>> import leadml
>>> project = leadml.open(".")
>>> project.spec.agreement.definitions.ready.reach
'sql'
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from leadml.project import Project

__version__ = "0.1.0"
__all__ = ["__version__", "open"]


def open(
    folder: str | Path = ".", *, data: str | Path | None = None, frames: Mapping[str, Any] | None = None
) -> "Project":
    """Open a project from a notebook.

    Parameters
    ----------
    folder : str or Path
        Holds `history.yaml`, `features/`, `models/` and `sla.yaml`.
    data : str or Path, optional
        Where the files of the history lie; default: as history.yaml says.
    frames : mapping of name to DataFrame, optional
        Those that `frame:` in history.yaml names; pandas, Arrow or any frame that speaks Arrow.

    Returns
    -------
    project : Project
        `.training_set()`, `.train()`, `.compare()` and `.score(...)` give what the commands give.

    Raises
    ------
    LeadmlError, ProblemsError
        Every problem of every definition file, together.
    """
    from leadml.project import Project  # two seconds of imports that `leadml.errors` alone does not need

    return Project(folder, data=data, frames=frames)

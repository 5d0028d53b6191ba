"""What a command proposes goes into a file of its own, never over one that the project is read from."""

from pathlib import Path

from leadml.errors import LeadmlError

_FILES = ("history.yaml", "sla.yaml", "models/rules.yaml", "models/readiness.yaml")
_READ_WHOLE = ("features", "agreements")  # whatever stands in them is read, also a file that is new
_WITH_DEFINITIONS = (*_READ_WHOLE, "models")


def refuse_definitions(file: Path, folder: Path, *, option: str, better: str) -> None:
    """Refuse a file that is a definition of the project, or would become one: a proposal is for people to judge first.

    Parameters
    ----------
    file : Path
        To be written.
    folder : Path
        The project.
    option : str
        That names the file.
    better : str
        A name to take instead.

    Raises
    ------
    LeadmlError
        `over_definitions`.
    """
    asked = file.resolve()
    own = [(folder / name).resolve() for name in _FILES]
    read_whole = [(folder / name).resolve() for name in _READ_WHOLE]
    there = [path.resolve() for name in _WITH_DEFINITIONS for path in (folder / name).glob("*")]
    if asked in [*own, *there] or asked.parent in read_whole:
        raise LeadmlError("over_definitions", where=option, file=file.name, option=option, better=better)


def write_text(text: str, file: Path, *, option: str) -> None:
    """Write a text into a file that an option names.

    Parameters
    ----------
    text : str
    file : Path
    option : str

    Raises
    ------
    LeadmlError
        `cannot_write`.
    """
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        problem = error.strerror or str(error)
        raise LeadmlError("cannot_write", where=option, file=file.name, problem=problem) from None

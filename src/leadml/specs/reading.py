"""Reads one YAML file into its specification and reports every problem of the file together."""

import io
from pathlib import Path
from typing import ClassVar, TypeVar, get_args

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError

from leadml.errors import LeadmlError, known_words, raise_problems
from leadml.wording.texts import nearest

S = TypeVar("S", bound=BaseModel)


class Specification(BaseModel):
    """Base of all specifications: frozen, and strict about keys and types.

    Think twice before adding anything to this class: each field of each YAML file passes here.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid", strict=True)


class Label(Specification):
    """A text in both languages.

    Examples
    --------
    >>> Label(en="Clicks", ja="クリック").model_dump()
    {'en': 'Clicks', 'ja': 'クリック'}
    """

    en: str
    ja: str


def read_text(path: Path, *, shown_as: str) -> str:
    """Read a text file, or say which of the ways it cannot be read applies.

    Parameters
    ----------
    path : Path
        The file.
    shown_as : str
        Its name as the user knows it.

    Returns
    -------
    text : str

    Raises
    ------
    LeadmlError
        `missing_file` or `not_utf8`.

    Examples
    --------
    >>> read_text(Path("nowhere.yaml"), shown_as="nowhere.yaml")
    Traceback (most recent call last):
    ...
    leadml.errors.LeadmlError: The file nowhere.yaml does not exist.
      Why:   leadml reads it, and nothing stands in for it.
      Where: nowhere.yaml
      Fix:   Check the name and the folder, or name another project with --project.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise LeadmlError("missing_file", where=shown_as, file=shown_as) from None
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise LeadmlError("not_utf8", where=f"{shown_as}, line {line}", file=shown_as) from None


def read_specification(specification: type[S], path: Path, *, shown_as: str) -> S:
    """Read one YAML file.

    Parameters
    ----------
    specification : subclass of Specification
        What the file must hold.
    path : Path
        The file.
    shown_as : str
        Its name as the user knows it, usually relative to the project.

    Returns
    -------
    content : specification

    Raises
    ------
    LeadmlError
        When the file is missing, not UTF-8, not YAML, empty, or holds one problem.
    ProblemsError
        When it holds several.
    """
    text = read_text(path, shown_as=shown_as)
    try:
        content = YAML(typ="rt").load(io.StringIO(text))
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise LeadmlError("not_yaml", where=f"{shown_as}, line {line}", problem=error.problem or "") from None
    if content is None:
        raise LeadmlError("empty_file", where=shown_as, file=shown_as)
    try:
        return specification.model_validate_json(orjson.dumps(_plain(content), option=orjson.OPT_NON_STR_KEYS))
    except ValidationError as error:
        problems = [
            as_problem(detail, specification, where=_place(content, detail["loc"], shown_as))
            for detail in error.errors(include_url=False)
        ]
    raise_problems(problems, where=shown_as)
    raise AssertionError("a validation error without details")


def as_problem(detail: ErrorDetails, specification: type[BaseModel], *, where: str) -> LeadmlError:
    """Say one finding of the validation in four parts.

    Parameters
    ----------
    detail : dict
        As pydantic gives it.
    specification : type
        What was validated; its fields are the known keys.
    where : str
        Place of the finding.

    Returns
    -------
    problem : LeadmlError
    """
    loc, kind = detail["loc"], detail["type"]
    key = str(loc[-1]) if loc else ""
    if kind == "extra_forbidden":
        known = _known_keys(specification, loc[:-1])
        return LeadmlError("unknown_key", where=where, key=key, known=known_words(known), hint=nearest(key, known))
    if kind == "missing":
        return LeadmlError("missing_key", where=where, key=key)
    if kind == "value_error":
        return LeadmlError(
            "unfit_value", where=where, value=_shown(detail["input"]), problem=str(detail["ctx"]["error"])
        )
    return LeadmlError(
        "wrong_type",
        where=where,
        key=key,
        value=_shown(detail["input"]),
        expected=detail["msg"].removeprefix("Input should be "),
    )


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _plain(node: object) -> object:
    """Turn ruamel's round-trip nodes into plain JSON values."""
    if isinstance(node, dict):
        return {str(key): _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(value) for value in node]
    if isinstance(node, bool) or node is None:
        return node
    if isinstance(node, int):
        return int(node)
    if isinstance(node, float):
        return float(node)
    return node.isoformat() if hasattr(node, "isoformat") else str(node)


def _place(content: object, loc: tuple[int | str, ...], shown_as: str) -> str:
    """Name the line and the path of a finding, as far as the file has it."""
    node, line, path = content, 0, ""
    for part in loc:
        if isinstance(node, CommentedMap) and part in node:
            line = node.lc.key(part)[0]
            path, node = f"{path}.{part}" if path else str(part), node[part]
        elif isinstance(node, CommentedSeq) and isinstance(part, int) and part < len(node):
            line = node.lc.item(part)[0]
            path, node = f"{path}[{part}]", node[part]
        elif isinstance(node, CommentedMap) and part == loc[-1]:
            path = f"{path}.{part}" if path else str(part)
    return f"{shown_as}, line {line + 1}, {path}" if path else shown_as


def _known_keys(specification: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """Walk down to the specification that holds a place, and list its keys."""
    models: list[type[BaseModel]] = [specification]
    for part in loc:
        found = [
            inner
            for model in models
            for inner in _models_in(
                model.model_fields[part].annotation if isinstance(part, str) and part in model.model_fields else None
            )
        ]
        models = found or models
    return sorted({field.alias or name for model in models for name, field in model.model_fields.items()})


def _models_in(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models_in(argument)]

"""Reads one YAML file into its specification and reports every problem of the file together."""

import io
import json
import math
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated, ClassVar, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import Node, ScalarNode
from ruamel.yaml.reader import ReaderError

from leadml.errors import LeadmlError, known_words, raise_problems
from leadml.specs.written import Place, Written, where_of
from leadml.wording.texts import nearest

_BEYOND_JSON = 2**63
_MERGE, _TEXT = "tag:yaml.org,2002:merge", "tag:yaml.org,2002:str"
_TOO_DEEP = "it is nested too deeply"
_KEYS = "keys with their values"
_WORDS_OF_YAML = {
    "string": "a text (in quotes if it looks like a number or a date)",
    "float": "a number",
    "finite": "a number, neither endless nor of more than 18 digits",
    "int": "a whole number",
    "bool": "true or false",
    "date": "a date, as in 2026-01-01",
    "datetime": "a time with its zone, as in 2011-12-24T00:00:00+00:00",
    "tuple": "a list",
    "dict": _KEYS,
    "model": _KEYS,
}


class Specification(BaseModel):
    """Base of all specifications: frozen, and strict about keys and types.

    Think twice before adding anything to this class: each field of each YAML file passes here.

    Attributes
    ----------
    checks : tuple of callable
        What a file must fulfil as a whole. They run whether or not its keys and types are sound, so that a reader
        is told everything at once.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)
    checks: ClassVar[tuple[Callable[[Written], Iterable[LeadmlError]], ...]] = ()


S = TypeVar("S", bound=Specification)


class UnfitWordError(ValueError):
    """What a validator raises of a word that is none of those that fit: at which key below it, and which are known.

    Parameters
    ----------
    word : str
    known : sequence of str
        Those that fit.
    place : tuple of str and int
        Keys from what is validated down to the word.
    expected : str, optional
        What fits, in words, where there are too many to list.
    """

    def __init__(self, word: str, known: Iterable[str], *, place: Place = (), expected: str | None = None) -> None:
        self.word = word
        self.known = tuple(known)
        self.place = place
        self.expected = expected
        super().__init__(f"{word!r} does not fit")


class Label(Specification):
    """A text in both languages.

    Examples
    --------
    >>> Label(en="Clicks", ja="クリック").model_dump()
    {'en': 'Clicks', 'ja': 'クリック'}
    """

    en: Annotated[str, Field(description="in English")]
    ja: Annotated[str, Field(description="in Japanese")]


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
        `missing_file`, `unreadable_file` or `not_utf8`.

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
    except OSError as error:
        raise LeadmlError("unreadable_file", where=shown_as, file=shown_as, problem=error.strerror or "") from None
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
    content, plain, as_json = _load(text, shown_as=shown_as)
    if content is None:
        raise LeadmlError("empty_file", where=shown_as, file=shown_as)
    problems: list[LeadmlError] = []
    read: S | None = None
    try:
        read = specification.model_validate_json(as_json)
    except ValidationError as error:
        problems += _problems(error.errors(include_url=False), content, specification, shown_as)
    told = {problem.where for problem in problems}
    written = Written(plain, content, shown_as)
    problems += [problem for check in specification.checks for problem in check(written) if problem.where not in told]
    raise_problems(problems, where=shown_as)
    if read is None:
        raise AssertionError("a validation error without details")
    return read


class _Constructor(RoundTripConstructor):
    """Takes keys as they are written: `1` and `"1"` are one key that stands twice."""

    def flatten_mapping(self, node: Node) -> object:
        for key, _ in node.value:
            if isinstance(key, ScalarNode) and key.tag != _MERGE:
                key.tag = _TEXT
        return super().flatten_mapping(node)


def _or_text(
    construct: Callable[[RoundTripConstructor, Node], object],
) -> Callable[[RoundTripConstructor, Node], object]:
    """Leave as text what is not what it looks like, such as 2026-02-30, so that its key can say what would fit."""

    def constructed(constructor: RoundTripConstructor, node: Node) -> object:
        try:
            return construct(constructor, node)
        except (ArithmeticError, LookupError, ValueError):
            return node.value

    return constructed


for _tag in ("bool", "float", "int", "timestamp"):
    _of_tag = f"tag:yaml.org,2002:{_tag}"
    _Constructor.add_constructor(_of_tag, _or_text(_Constructor.yaml_constructors[_of_tag]))


def _load(text: str, *, shown_as: str) -> tuple[object, object, bytes]:
    """Read YAML three times: as nodes that know their line, as plain values, and as the JSON that is validated."""
    yaml = YAML(typ="rt")
    yaml.Constructor = _Constructor
    try:
        content = yaml.load(io.StringIO(text))
        plain = _plain(content)
        return content, plain, json.dumps(plain, ensure_ascii=False).encode()
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = error.problem or ""
    except ReaderError as error:
        line, problem = text[: error.position].count("\n") + 1, error.reason
    except RecursionError:
        line, problem = 1, _TOO_DEEP
    except UnicodeEncodeError as error:  # half of a surrogate pair, written as an escape
        line, problem = 1, error.reason
    raise LeadmlError("not_yaml", where=f"{shown_as}, line {line}", problem=problem) from None


def _problems(
    details: Sequence[ErrorDetails], content: object, specification: type[BaseModel], shown_as: str
) -> list[LeadmlError]:
    """Say each mistake once.

    Where one of several types is allowed, pydantic reports each, with the name of the type in the place;
    and it calls a list too short whose entries are the mistake.
    """
    found: dict[Place, list[ErrorDetails]] = {}
    in_alternatives: set[Place] = set()
    for detail in details:
        if detail["type"] == "too_short" and len(detail["input"]) >= detail["ctx"]["min_length"]:
            continue
        place = _without_types(content, detail)
        found.setdefault(place, []).append(detail)
        if place != detail["loc"]:
            in_alternatives.add(place)
    problems = []
    for place, alternatives in found.items():
        deeper = any(other[: len(place)] == place and other != place for other in in_alternatives)
        if place in in_alternatives and deeper:
            continue
        detail = alternatives[0]
        detail["loc"] = place
        error = detail.get("ctx", {}).get("error")
        if isinstance(error, UnfitWordError):
            place = (*place, *error.place)
        expected = " or ".join(dict.fromkeys(map(_expected, alternatives)))
        problems.append(as_problem(detail, specification, where=where_of(content, place, shown_as), expected=expected))
    return problems


def _without_types(content: object, detail: ErrorDetails) -> Place:
    """Leave out of a place the names of types, which are none of its keys."""
    node, place = content, []
    for number, part in enumerate(detail["loc"]):
        is_last = number == len(detail["loc"]) - 1
        if isinstance(node, dict):
            if part in node or (is_last and detail["type"] in ("missing", "extra_forbidden")):
                place.append(part)
                node = node.get(part)
        elif isinstance(node, list) and isinstance(part, int):
            place.append(part)
            node = node[part]
    return tuple(place)


def _expected(detail: ErrorDetails) -> str:
    """Say in the words of YAML what would have fitted."""
    said, kind = detail["msg"].removeprefix("Input should be "), detail["type"]
    limits = detail.get("ctx", {})
    if kind == "too_short":
        least = limits["min_length"]
        return f"at least {least} keys" if isinstance(detail["input"], dict) else f"a list of at least {least}"
    if kind == "string_too_short":
        return "a text that is not empty"
    if kind == "string_pattern_mismatch":
        return f"a word that matches {limits['pattern']}"
    if kind.startswith(("greater_than", "less_than")):
        return f"a number {said}"
    return _WORDS_OF_YAML.get(kind.removesuffix("_type").partition("_")[0], said)


def as_problem(
    detail: ErrorDetails, specification: type[BaseModel], *, where: str, expected: str | None = None
) -> LeadmlError:
    """Say one finding of the validation in four parts.

    Parameters
    ----------
    detail : dict
        As pydantic gives it.
    specification : type
        What was validated; its fields are the known keys.
    where : str
        Place of the finding.
    expected : str, optional
        What would have fitted; default: in pydantic's words.

    Returns
    -------
    problem : LeadmlError
    """
    loc, kind = detail["loc"], detail["type"]
    key = _last_key(loc) or where
    if kind == "extra_forbidden":
        known = _known_keys(specification, loc[:-1])
        return LeadmlError("unknown_key", where=where, key=key, known=known_words(known), hint=nearest(key, known))
    if kind == "json_invalid":  # pydantic bears fewer levels than YAML; all else of the JSON is our own
        return LeadmlError("not_yaml", where=where, problem=_TOO_DEEP)
    if kind == "missing":
        return LeadmlError("missing_key", where=where, key=key)
    if kind == "value_error" and isinstance(error := detail["ctx"]["error"], UnfitWordError):
        word, hint = error.word, nearest(error.word, error.known)
        if error.expected is not None:
            return LeadmlError(
                "wrong_type", where=where, key=key, value=_shown(word), expected=error.expected, hint=hint
            )
        return LeadmlError("unknown_word", where=where, word=word, known=known_words(error.known), hint=hint)
    if kind == "value_error":
        return LeadmlError(
            "unfit_value", where=where, value=_shown(detail["input"]), problem=str(detail["ctx"]["error"])
        )
    expected = expected or detail["msg"].removeprefix("Input should be ")
    written = detail["input"]
    # pydantic puts the words that fit, where there are some, into quotes.
    hint = nearest(written, re.findall(r"'([^']*)'", expected)) if isinstance(written, str) else ""
    return LeadmlError("wrong_type", where=where, key=key, value=_shown(written), expected=expected, hint=hint)


def _last_key(loc: Place) -> str:
    """Name the last key of a place, and which entry of its list is meant.

    Examples
    --------
    >>> _last_key(("features", 0, "where", "activity", 1))
    'activity[1]'
    """
    *before, last = loc or ("",)
    return f"{_last_key(tuple(before))}[{last}]" if isinstance(last, int) else last


def _shown(value: object) -> str:
    text = json.dumps(value) if value is None or isinstance(value, bool) else repr(value)
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
        return int(node) if abs(node) < _BEYOND_JSON else math.inf if node > 0 else -math.inf
    if isinstance(node, float):
        return float(node)
    return node.isoformat() if hasattr(node, "isoformat") else str(node)


def _known_keys(specification: type[BaseModel], loc: Place) -> list[str]:
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

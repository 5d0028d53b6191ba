"""Writes down every key of every YAML file from the specifications, so that no page can say otherwise."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import orjson
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from leadml.specs.agreement_spec import AgreementSpec
from leadml.specs.feature_spec import FeatureFileSpec
from leadml.specs.history_spec import HistorySpec
from leadml.specs.readiness_spec import ReadinessSpec
from leadml.specs.reading import Label
from leadml.specs.rules_spec import RulesSpec

FILES: tuple[tuple[str, type[BaseModel]], ...] = (
    ("history.yaml", HistorySpec),
    ("features/*.yaml", FeatureFileSpec),
    ("models/rules.yaml", RulesSpec),
    ("models/readiness.yaml", ReadinessSpec),
    ("sla.yaml", AgreementSpec),
)
NEEDED = "needed"
OF_ITS_OWN = "keys of its own"

_PLAIN_TYPES = {
    str: "text",
    bool: "true or false",
    int: "whole number",
    float: "number",
    date: "date",
    datetime: "time with its zone",
    Label: "text in `en` and `ja`",
}
_LIMITS = {"gt": "over", "ge": "from", "lt": "under", "le": "up to"}


@dataclass(frozen=True)
class KeyReference:
    """One key of a YAML file.

    Attributes
    ----------
    key : str
    type : str
        In words.
    default : str
        As it would stand in YAML; `needed` where there is none.
    description : str
    """

    key: str
    type: str
    default: str
    description: str


@dataclass(frozen=True)
class PartReference:
    """A mapping of a YAML file and its keys.

    Attributes
    ----------
    file : str
    places : tuple of str
        Paths at which it stands, such as `definitions.ready`; empty for the file itself.
    says : str
    keys : tuple of KeyReference
    """

    file: str
    places: tuple[str, ...]
    says: str
    keys: tuple[KeyReference, ...]


def yaml_parts() -> list[PartReference]:
    """List the parts of all files, each part once a file, outer before inner.

    Returns
    -------
    parts : list of PartReference

    Examples
    --------
    >>> [part.places for part in yaml_parts() if part.file == "models/rules.yaml"][:3]
    [(), ('rules[]',), ('rules[].when',)]
    """
    parts: list[PartReference] = []
    for file, specification in FILES:
        places: dict[type[BaseModel], list[str]] = {}
        for place, model in _models(specification, ""):
            places.setdefault(model, []).append(place)
        parts.extend(
            PartReference(file, tuple(place for place in found if place), _says(model, found[0]), _keys(model))
            for model, found in places.items()
        )
    return parts


def yaml_reference() -> str:
    """Write the keys of all YAML files as Markdown.

    Returns
    -------
    page : str
        One section a file, one table a part.

    Examples
    --------
    >>> "| `seed` | whole number from 0 | 7 | the same seed, the same model |" in yaml_reference()
    True
    """
    lines: list[str] = []
    for part in yaml_parts():
        if part.places:
            lines += [f"### {in_code(part.places[:1])}", ""]
        else:
            lines += [f"## {in_code((part.file,))}", ""]
        also = f" The same keys stand at {in_code(part.places[1:])}." if part.places[1:] else ""
        lines += [part.says + also, "", "| key | type | default | what it says |", "| --- | --- | --- | --- |"]
        lines += [f"| `{key.key}` | {key.type} | {key.default} | {key.description} |" for key in part.keys]
        lines.append("")
    return "\n".join(lines)


def in_code(words: tuple[str, ...]) -> str:
    """List words as code of a Markdown page.

    Examples
    --------
    >>> in_code(("count", "sum"))
    '`count`, `sum`'
    """
    return ", ".join(f"`{word}`" for word in words)


def _says(model: type[BaseModel], place: str) -> str:
    """Say what a part is for; the module of a file's specification says it for the file."""
    text = (model.__doc__ if place else sys.modules[model.__module__].__doc__) or ""
    first = text.strip().splitlines()[0]
    if place:
        return first
    purpose = first.partition(": ")[2]
    return purpose[:1].upper() + purpose[1:]


def _models(model: type[BaseModel], place: str) -> Iterator[tuple[str, type[BaseModel]]]:
    """Walk a specification and all that it holds, with the path of each."""
    yield place, model
    for name, field in model.model_fields.items():
        key = field.alias or name
        for inner, path in _inner_models(field.annotation, f"{place}.{key}" if place else key):
            yield from _models(inner, path)


def _inner_models(annotation: object, path: str) -> Iterator[tuple[type[BaseModel], str]]:
    if annotation is Label:
        return
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, path
        return
    origin, arguments = get_origin(annotation), get_args(annotation)
    step = "[]" if origin is tuple else ".*" if origin is dict else ""
    for argument in arguments:
        yield from _inner_models(argument, path + step)


def _keys(model: type[BaseModel]) -> tuple[KeyReference, ...]:
    return tuple(
        KeyReference(
            key=field.alias or name,
            type=_type_in_words(field.annotation) + _limits(field.metadata),
            default=_default(field),
            description=field.description or "",
        )
        for name, field in model.model_fields.items()
    )


def _type_in_words(annotation: Any) -> str:  # noqa: ANN401 - an annotation may be anything
    if annotation in _PLAIN_TYPES:
        return _PLAIN_TYPES[annotation]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type_in_words(arguments[0])
    if origin is Literal:
        return _alternatives([f"`{word}`" for word in arguments])
    if origin in (Union, UnionType):
        return _alternatives([_type_in_words(choice) for choice in arguments if choice is not type(None)])
    if origin is tuple:
        return _holding("list", _type_in_words(arguments[0]))
    if origin is dict:
        return _holding("mapping", _type_in_words(arguments[1]))
    if issubclass(annotation, StrEnum):
        return _alternatives([f"`{word}`" for word in annotation])
    return OF_ITS_OWN


def _holding(container: str, inner: str) -> str:
    if inner == OF_ITS_OWN:
        return f"{container}, each with {OF_ITS_OWN}"
    return f"{container} {'of' if container == 'list' else 'to'} {inner}"


def _alternatives(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _limits(metadata: list[Any]) -> str:
    """Say within which limits a number must lie."""
    said = [
        f"{word} {getattr(limit, name):g}"
        for limit in metadata
        for name, word in _LIMITS.items()
        if hasattr(limit, name)
    ]
    return " " + ", ".join(said) if said else ""


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return NEEDED
    default = field.get_default(call_default_factory=True, validated_data={})
    if default is None:
        return "absent"
    if isinstance(default, BaseModel):
        given = default.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)
        return f"`{{{', '.join(f'{key}: {value}' for key, value in given.items())}}}`" if given else "as its keys say"
    if isinstance(default, float):
        return f"{default:g}"
    if isinstance(default, tuple | dict):
        return f"`{orjson.dumps(default).decode()}`" if default else "empty"
    return orjson.dumps(default).decode().strip('"')

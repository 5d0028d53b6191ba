"""What differs between two models, part by part: data, definitions, features, rules, settings, packages, code."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import orjson

from leadml.learners.trained_model import TrainedModel

Part = Literal["data", "definitions", "features", "own_kinds", "rules", "settings", "packages", "code"]
PARTS: tuple[Part, ...] = get_args(Part)


@dataclass(frozen=True)
class Difference:
    """One thing in which two models differ.

    Attributes
    ----------
    part : str
        One of `PARTS`.
    name : str
        Of a feature, a rule, a setting; with the key behind a dot where a feature or a rule was changed.
    first, second : str or None
        What it is in either model; None where it is not there.
    """

    part: Part
    name: str
    first: str | None
    second: str | None

    @property
    def change(self) -> Literal["added", "removed", "changed"]:
        """Whether the second model has it alone, the first alone, or both in another way."""
        if self.first is None:
            return "added"
        return "removed" if self.second is None else "changed"


def differences(first: TrainedModel, second: TrainedModel) -> tuple[Difference, ...]:
    """Say in what two models differ, from what they were made of; not in what came out.

    Parameters
    ----------
    first, second : TrainedModel

    Returns
    -------
    differences : tuple of Difference
        In the order of `PARTS`; empty when both were made of the same.
    """
    parts: Mapping[Part, Iterable[Difference]] = {
        "data": _of_values("data", _data(first), _data(second)),
        "definitions": _of_values("definitions", _definitions(first), _definitions(second)),
        "features": _of_named("features", _features(first), _features(second)),
        "own_kinds": _of_values("own_kinds", _own(first, "own_kinds"), _own(second, "own_kinds")),
        "rules": _of_named("rules", _rules(first), _rules(second)),
        "settings": _of_values("settings", _settings(first), _settings(second)),
        "packages": _of_values("packages", _own(first, "packages"), _own(second, "packages")),
        "code": _of_values("code", _code(first), _code(second)),
    }
    return tuple(difference for part in PARTS for difference in parts[part])


def _of_values(part: Part, first: Mapping[str, Any], second: Mapping[str, Any]) -> Iterable[Difference]:
    for name in dict.fromkeys((*first, *second)):
        one, other = _text(first.get(name)), _text(second.get(name))
        if one != other:
            yield Difference(part, name, one, other)


def _of_named(
    part: Part, first: Mapping[str, Mapping[str, Any]], second: Mapping[str, Mapping[str, Any]]
) -> Iterable[Difference]:
    """Name what only one model has, and of what both have each key that differs."""
    for name in dict.fromkeys((*first, *second)):
        if name in first and name in second:
            for difference in _of_values(part, first[name], second[name]):
                yield Difference(part, f"{name}.{difference.name}", difference.first, difference.second)
        else:
            there = [_text(of[name]) if name in of else None for of in (first, second)]
            yield Difference(part, name, *there)


def _text(value: object) -> str | None:
    """Write a value as people read it: a text as it is, nothing as nothing, all else as JSON."""
    return value if value is None or isinstance(value, str) else orjson.dumps(value).decode()


def _own(model: TrainedModel, key: str) -> Mapping[str, Any]:
    own: Mapping[str, Any] = model.recipe.get(key, {})
    return own


def _data(model: TrainedModel) -> Mapping[str, Any]:
    names = ("data", "clock", "history_leads", "history_known_until", "knows_until", "snapshots_used")
    return {
        **{name: model.recipe.get(name) for name in names},
        **{f"facts.{table}": facts for table, facts in _own(model, "history_facts").items()},
    }


def _definitions(model: TrainedModel) -> Mapping[str, Any]:
    return {"definitions": model.definitions, "agreement_version": model.recipe.get("agreement_version")}


def _features(model: TrainedModel) -> Mapping[str, Mapping[str, Any]]:
    return {
        feature.name: {"theme": theme.theme.value, **_written(feature.model_dump(mode="json", by_alias=True))}
        for theme in model.themes
        for feature in theme.features
    }


def _rules(model: TrainedModel) -> Mapping[str, Mapping[str, Any]]:
    spec = model.readiness.rules.spec
    limits = spec.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude={"rules"})
    return {
        **{
            rule.name: _written(rule.model_dump(mode="json", by_alias=True, exclude_defaults=True))
            for rule in spec.rules
        },
        **({"groups and limits": limits} if limits else {}),
    }


def _written(content: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is not set, and the name, under which the rest stands."""
    return {key: value for key, value in content.items() if key != "name" and value is not None}


def _settings(model: TrainedModel) -> Mapping[str, Any]:
    names = ("seed", "outcome", "snapshots", "accepted_leaks", "rules_alone")
    return {
        **{name: model.recipe.get(name) for name in names},
        **{f"learner.{name}": value for name, value in _own(model, "learner").items()},
    }


def _code(model: TrainedModel) -> Mapping[str, Any]:
    return {name: model.recipe.get(name) for name in ("commit", "python")}

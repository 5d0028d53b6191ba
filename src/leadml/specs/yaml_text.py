"""Writes rules, features and profiles as a person does: short things on one line, in an order that never changes."""

import re
from collections.abc import Sequence

import orjson
from pydantic import BaseModel

from leadml.specs.agreement_spec import CriterionSpec
from leadml.specs.feature_spec import FeatureSpec
from leadml.specs.rules_spec import RulesSpec

_WIDTH = 120
_STEP = "  "
_OPENED = ("rules", "groups", "grade")
_PLAIN = re.compile(r"[^\W\d_][\w %./()（）～・ー、。：'’+-]*")  # a text that needs no quotes
_MEANS_SOMETHING = re.compile(r"(?i)true|false|yes|no|on|off|null|y|n|\.?nan|\.?inf")


def rules_text(rules: RulesSpec, *, head: str | None = None) -> str:
    """Write rules as `models/rules.yaml` holds them.

    Parameters
    ----------
    rules : RulesSpec
    head : str, optional
        A comment for its first line.

    Returns
    -------
    text : str

    Examples
    --------
    >>> print(rules_text(RulesSpec(rules=()), head="Nobody gets a point."), end="")
    # Nobody gets a point.
    rules: []
    """
    content = _content(rules)
    lines = [] if head is None else [f"# {head}"]
    for key, value in content.items():
        lines += _lines(key, value, "")
    return "\n".join([*lines, ""])


def feature_lines(feature: FeatureSpec, *, table: str | None, indent: str) -> list[str]:
    """Write a feature as an item of the list `features`.

    Parameters
    ----------
    feature : FeatureSpec
    table : str, optional
        That of the file, which need not be said again.
    indent : str
        Before the dash.

    Returns
    -------
    lines : list of str
    """
    content = {key: value for key, value in _content(feature).items() if not (key == "table" and value == table)}
    if isinstance(unit := content.get("unit"), dict):  # as one reads it: several, one, and the other language
        content["unit"] = {key: unit[key] for key in ("en", "one", "ja") if key in unit}
    order = [key for key in content if key != "when_nothing"] + ["when_nothing"]
    return _item({key: content[key] for key in order}, indent, always_open=True)


def profile_text(head: Sequence[str], entries: Sequence[tuple[CriterionSpec, str, bool]]) -> str:
    """Write an ideal customer profile as `sla.yaml` holds it, each criterion below what speaks for it.

    Parameters
    ----------
    head : sequence of str
        Comments for its first lines.
    entries : sequence of (criterion, evidence, kept)
        A criterion that is not kept stands as a comment.

    Returns
    -------
    text : str

    Examples
    --------
    >>> plants = CriterionSpec(attribute="plants", at_least=2)
    >>> print(profile_text(["Of 90 companies."], [(plants, "3 %", True)]), end="")
    # Of 90 companies.
    ideal_customer_profile:
      criteria:
        # 3 %
        - {attribute: plants, at_least: 2}
    """
    lines = [f"# {line}" for line in head]
    lines += ["ideal_customer_profile:", "  criteria:" if any(kept for *_, kept in entries) else "  criteria: []"]
    for criterion, evidence, kept in entries:
        lines += [f"    # {evidence}", f"    {'' if kept else '# '}- {on_one_line(_content(criterion))}"]
    return "\n".join([*lines, ""])


def _content(spec: BaseModel) -> dict[str, object]:
    """Give what is set, under the names that YAML has."""
    content: dict[str, object] = spec.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    if isinstance(spec, RulesSpec):
        content["rules"] = content.pop("rules", [])
        content = {"rules": content["rules"], **{key: value for key, value in content.items() if key != "rules"}}
        content["groups"] = [_labelled_first(group) for group in _listed(content.get("groups"))]
        content = {key: value for key, value in content.items() if value or key == "rules"}
    return content


def _listed(value: object) -> list[dict[str, object]]:
    return list(value) if isinstance(value, list) else []


def _labelled_first(group: dict[str, object]) -> dict[str, object]:
    """Put a group's name and label before its limits, as one reads it."""
    first = {key: group[key] for key in ("name", "label", "category") if key in group}
    return first | group


def _lines(key: str, value: object, indent: str) -> list[str]:
    """Write a key: on one line where it fits, else in a block; rules, groups and the grade always in a block."""
    on_one = f"{indent}{_scalar(key)}: {on_one_line(value)}"
    opened = indent == "" and key in _OPENED
    if not value or not isinstance(value, dict | list) or (len(on_one) <= _WIDTH and not opened):
        return [on_one]
    head = f"{indent}{_scalar(key)}:"
    if isinstance(value, dict):
        return [head, *(line for name, inner in value.items() for line in _lines(str(name), inner, indent + _STEP))]
    return [head, *(line for item in value for line in _item(item, indent + _STEP, always_open=key == "rules"))]


def _item(item: object, indent: str, *, always_open: bool = False) -> list[str]:
    """Write an item of a list: on one line where it fits, unless it is a rule or a feature."""
    on_one = f"{indent}- {on_one_line(item)}"
    if not isinstance(item, dict) or (len(on_one) <= _WIDTH and not always_open):
        return [on_one]
    lines = [line for key, value in item.items() for line in _lines(str(key), value, indent + _STEP)]
    return [f"{indent}- {lines[0].lstrip()}", *lines[1:]]


def on_one_line(value: object) -> str:
    """Write a value on one line.

    Parameters
    ----------
    value : dict, list, str, float, int or bool

    Returns
    -------
    text : str

    Examples
    --------
    >>> on_one_line({"en": "Yes", "points": 5.0})
    '{en: "Yes", points: 5}'
    """
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(str(key))}: {on_one_line(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(on_one_line(inner) for inner in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float | int):
        return f"{int(value)}" if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))
    return _scalar(str(value))


def _scalar(text: str) -> str:
    """Write a text: plain where YAML reads it as the same text, else in double quotes."""
    plain = _PLAIN.fullmatch(text) and not text.endswith(" ")
    return text if plain and not _MEANS_SOMETHING.fullmatch(text) else orjson.dumps(text).decode()

"""Facts as one writes them on a command line: `2 activities: activity=page_view, content=pricing`."""

import re
from collections.abc import Collection, Sequence
from typing import Any

from leadml.errors import LeadmlError, known_words
from leadml.history.tables import ATTRIBUTES_OF, CHANCES, FACT_TABLES, History
from leadml.wording.texts import nearest

_FACT = re.compile(r"\s*(?:(?P<number>[1-9]\d{0,2})\s+)?(?P<table>\w+)\s*:\s*(?P<columns>.+)", re.DOTALL)
_COMPANY = "company."
_PREFIXES = {"lead": "", "company": _COMPANY}


def read_supposal(added: Sequence[str], changed: Sequence[str], history: History) -> dict[str, Any]:
    """Read supposed facts and attributes.

    Parameters
    ----------
    added : sequence of str
        `[NUMBER] TABLE: column=value, column=value`; a thousand or more at once are a typing error.
    changed : sequence of str
        `name=value` of the lead, `company.name=value` of its company.
    history : History
        Knows which words occur: one that does not is refused, as no feature would hear it.

    Returns
    -------
    supposal : dict
        As `history.supposed.suppose` takes it.

    Raises
    ------
    LeadmlError
        `unreadable_supposal` with the form that is expected, `unknown_word` with the nearest known one.
    """
    supposal: dict[str, Any] = {}
    for text in added:
        table, fact, number = _fact(text, history)
        supposal.setdefault(table, []).extend([fact] * number)
    for text in changed:
        owner, name, value = _attribute(text, history)
        if owner == "company":
            supposal.setdefault("company", {})[name] = value
        else:
            supposal.setdefault("attribute_changes", []).append({"attribute": name, "value": value})
    return supposal


def _fact(text: str, history: History) -> tuple[str, dict[str, Any], int]:
    found = _FACT.fullmatch(text)
    if found is None:
        raise LeadmlError("unreadable_supposal", where="--add", text=text, form="TABLE: column=value, column=value")
    table = found["table"]
    _check(table, [name for name in FACT_TABLES if name != "attribute_changes"], "--add")
    columns = FACT_TABLES[table]
    fact: dict[str, Any] = {}
    for part in found["columns"].split(","):
        column, value = _pair(part, "--add")
        _check(column, (*columns.texts, *columns.numbers), f"--add {table}")
        fact[column] = _number(value, column, "--add") if column in columns.numbers else value
        if column in columns.texts and table in history.facts:
            known = history.facts[table].texts.get(column)
            _check(value, () if known is None else known.words_that_occur(), f"--add {table}.{column}")
    if missing := [column for column in columns.required if column not in fact]:
        raise LeadmlError("missing_key", where=f"--add {table}", key=missing[0])
    return table, fact, int(found["number"] or 1)


def _attribute(text: str, history: History) -> tuple[str, str, str]:
    name, value = _pair(text, "--set")
    known = [f"{prefix}{known}" for owner, prefix in _PREFIXES.items() for known in _attributes(history, owner)]
    if name not in known and f"{_COMPANY}{name}" in known:
        hint = f"{_COMPANY}{name}"
        raise LeadmlError("unknown_word", where="--set", word=name, known=known_words(known), hint=hint)
    _check(name, known, "--set")
    owner = "company" if name.startswith(_COMPANY) else "lead"
    return owner, name.removeprefix(_PREFIXES[owner]), value


def _attributes(history: History, owner: str) -> tuple[str, ...]:
    table = history.facts.get(ATTRIBUTES_OF[owner])
    return () if table is None else table.texts["attribute"].words_that_occur()


def _pair(text: str, where: str) -> tuple[str, str]:
    name, equals, value = (part.strip() for part in text.partition("="))
    if not (name and equals and value):
        raise LeadmlError("unreadable_supposal", where=where, text=text.strip(), form="name=value")
    return name, value


def _number(text: str, column: str, where: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise LeadmlError("wrong_type", where=where, key="value", value=text, expected="a number") from None
    if column in CHANCES and not 0 < number <= 1:
        raise LeadmlError("not_a_probability", where=where, value=text)
    return number


def _check(word: str, known: Collection[str], where: str) -> None:
    if word not in known:
        near = nearest(word, tuple(known))
        raise LeadmlError("unknown_word", where=where, word=word, known=known_words(tuple(known)), hint=near)

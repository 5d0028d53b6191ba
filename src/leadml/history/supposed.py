"""A history as it would be: copies of one lead, each with other facts added in the last instant before a score."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from leadml.clock import to_iso
from leadml.history.inline import Arrival, histories_from_records
from leadml.history.tables import FACT_TABLES, NOT_THERE, Codes, FactTable, History, Numbers, ShortCodes
from leadml.specs.agreement_spec import DefinitionsSpec

Supposal = Mapping[str, Any]

_MERGED_INTO = "merged_into"
_EVER = np.iinfo(np.int64).max  # a lead is there whenever it was created


def suppose(
    history: History, members: Codes, as_of: int, supposals: Sequence[Supposal], definitions: DefinitionsSpec
) -> History:
    """Copy a lead with its colleagues once for each supposal, and add what is supposed to the copy of the lead.

    Parameters
    ----------
    history : History
    members : int array, shape (n_members,)
        Places of the lead, first, and of the colleagues that features of its company may see.
    as_of : int, UTC microseconds
        Only what happened before is copied. What is supposed happened, and became known, one microsecond before.
    supposals : sequence of mapping, length n
        Each with facts as a request has them, without times: fact tables, each a list of facts, and `company`, a
        mapping of attribute to value.
    definitions : DefinitionsSpec

    Returns
    -------
    history : History
        The lead's copies are the leads `0, n_members, 2 * n_members, ...`, one a supposal.
    """
    copies, each = len(supposals), len(members)
    added = _added(supposals, as_of, definitions)
    facts = {}
    for name, table in history.facts.items():
        copied = _copied(table, members, copies, as_of if name != "leads" else _EVER)
        if name == "leads":
            facts[name] = _apart(copied, each)
        else:
            own = added.facts.get(name)
            facts[name] = copied if own is None or not len(own.happened_at) else _joined(copied, own, each)
    return History(
        lead_ids=tuple(f"{copy:09}.{member:05}" for copy in range(copies) for member in range(each)),
        facts=facts,
        unknown=history.unknown,
        known_until=as_of - 1,
        knows_other_leads=history.knows_other_leads,
    )


def _added(supposals: Sequence[Supposal], as_of: int, definitions: DefinitionsSpec) -> History:
    """Read what is supposed through the same door as the facts of any request."""
    instant = to_iso(as_of - 1)

    def dated(facts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        # Each a fact of its own: two that are equal are two, not one that was told twice.
        return [{"happened_at": instant, "event_id": str(place), **fact} for place, fact in enumerate(facts)]

    leads = [
        {
            "lead_id": f"{number:09}",
            "created_at": instant,
            "company": {"attributes": supposal.get("company", {})},
            **{table: dated(supposal.get(table, ())) for table in FACT_TABLES},
        }
        for number, supposal in enumerate(supposals)
    ]
    (inline,) = histories_from_records(leads, definitions, Arrival(now=as_of))
    return inline.history


def _copied(table: FactTable, members: Codes, copies: int, before: int) -> FactTable:
    """Take the facts of some leads that happened before an instant, so many times."""
    rows = np.concatenate([np.arange(table.first[lead], table.first[lead + 1]) for lead in members])
    owners = np.repeat(np.arange(len(members)), np.diff(table.first)[members])
    happened = table.happened_at[rows] < before  # the engine sees to what became known too late
    rows, owners = rows[happened], owners[happened]
    sizes = np.tile(np.bincount(owners, minlength=len(members)), copies)
    rows = np.tile(rows, copies)
    return replace(
        table,
        first=np.concatenate([[0], np.cumsum(sizes)]),
        happened_at=table.happened_at[rows],
        known_at=table.known_at[rows],
        codes=np.ascontiguousarray(table.codes[:, rows]),
        values=np.ascontiguousarray(table.values[:, rows]),
    )


def _apart(leads: FactTable, each: int) -> FactTable:
    """Give each copy a company of its own, so that a lead is no colleague of its copies; and none is merged away."""
    words, codes = dict(leads.words), leads.codes.copy()
    for row, column in enumerate(leads.words):
        if column == "company_id":
            numbers = np.repeat(np.arange(len(codes[row]) // each), each)
            words[column] = tuple(f"{number:09}" for number in range(len(codes[row]) // each))
            codes[row] = np.where(codes[row] == NOT_THERE, NOT_THERE, numbers)
        elif column == _MERGED_INTO:
            codes[row] = NOT_THERE
    return replace(leads, words=words, codes=codes)


def _joined(copied: FactTable, added: FactTable, each: int) -> FactTable:
    """Lay what is supposed after the copies' own facts; it is the latest of all, so the order stays."""
    owners = np.concatenate([copied.leads, added.leads * each])
    order = np.argsort(owners, kind="stable")
    words = {
        column: tuple(sorted({*copied.words.get(column, ()), *added.words.get(column, ())}))
        for column in dict.fromkeys([*copied.words, *added.words])
    }
    numbers = tuple(dict.fromkeys([*copied.number_columns, *added.number_columns]))
    codes = np.stack([_spelled(copied, added, column, of) for column, of in words.items()])
    values = [_numbers(copied, added, column) for column in numbers]
    sizes = np.bincount(owners, minlength=len(copied.first) - 1)
    return FactTable(
        first=np.concatenate([[0], np.cumsum(sizes)]),
        happened_at=np.concatenate([copied.happened_at, added.happened_at])[order],
        known_at=np.concatenate([copied.known_at, added.known_at])[order],
        words=words,
        codes=np.ascontiguousarray(codes[:, order]),
        number_columns=numbers,
        values=np.ascontiguousarray(np.array(values).reshape(len(numbers), len(order))[:, order]),
    )


def _spelled(copied: FactTable, added: FactTable, column: str, words: Sequence[str]) -> ShortCodes:
    """Write the words of a column of both tables by their places among all words."""
    code_of = {word: code for code, word in enumerate(words)}
    parts = []
    for table in (copied, added):
        if column in table.words:
            places = np.array([*(code_of[word] for word in table.words[column]), NOT_THERE], np.int32)
            parts.append(places[table.texts[column].codes])
        else:
            parts.append(np.full(len(table.happened_at), NOT_THERE, np.int32))
    return np.concatenate(parts)


def _numbers(copied: FactTable, added: FactTable, column: str) -> Numbers:
    return np.concatenate(
        [table.numbers.get(column, np.full(len(table.happened_at), np.nan)) for table in (copied, added)]
    )

"""Puts facts in order: columns in our words in, `History` out. Files, frames and requests all pass here."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadml.clock import Instants
from leadml.errors import LeadmlError
from leadml.history.tables import (
    FACT_TABLES,
    IDENTITY_COLUMNS,
    NOT_THERE,
    Codes,
    FactTable,
    Finding,
    History,
    Numbers,
    TextColumn,
)
from leadml.specs.agreement_spec import DefinitionsSpec

Texts = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Rows:
    """Rows of one table before they are put in order.

    Attributes
    ----------
    owner : object array, shape (n,)
        `lead_id`, or `company_id` in the table `companies`.
    happened_at, known_at : int array, shape (n,), UTC microseconds
    texts : dict of column to object array of str or None
    numbers : dict of column to float array
    """

    owner: Texts
    happened_at: Instants
    known_at: Instants
    texts: Mapping[str, Texts]
    numbers: Mapping[str, Numbers]


def build_history(tables: Mapping[str, Rows], definitions: DefinitionsSpec) -> History:
    """Put the facts of all tables in order.

    Facts are ordered by lead and by `happened_at`. Facts of one instant are ordered by the declared
    order of their stage, then by the source's sequence, then by value; never by row. Rows equal in
    every column, or in `event_id`, count once.

    Parameters
    ----------
    tables : mapping of table name to Rows
        `leads` is needed; a table that is absent is unknown.
    definitions : DefinitionsSpec
        The agreement's words: order of stages, journey stage of content, meaning of a status,
        what a valid connect attempt is.

    Returns
    -------
    history : History

    Raises
    ------
    LeadmlError
        `empty_table` when there is no lead.
    """
    leads = tables["leads"]
    if not len(leads.owner):
        raise LeadmlError("empty_table", where="history.yaml, tables.leads", table="leads")
    findings: list[Finding] = []
    lead_ids = np.unique(leads.owner.astype(str))
    kept = _first_rows(leads, findings)
    facts = {"leads": _in_order(kept, lead_ids, definitions, "leads", findings)}
    company_rows = _company_attributes(kept, tables.get("companies"))
    attribute_rows = _lead_attributes(kept, tables.get("attribute_changes"))
    facts["lead_attributes"] = _in_order(attribute_rows, lead_ids, definitions, "lead_attributes", findings)
    if company_rows is not None:
        facts["company_attributes"] = _in_order(company_rows, lead_ids, definitions, "company_attributes", findings)
    for name in FACT_TABLES:
        if name != "attribute_changes" and name in tables:
            rows = _with_derived(name, tables[name], definitions)
            facts[name] = _in_order(rows, lead_ids, definitions, name, findings)
    known = [table.known_at.max() for table in facts.values() if len(table.known_at)]
    happened = [table.happened_at.max() for table in facts.values() if len(table.happened_at)]
    return History(
        lead_ids=tuple(lead_ids.tolist()),
        facts=facts,
        unknown=tuple(name for name in ("companies", *FACT_TABLES) if name not in tables),
        known_until=int(max(*known, *happened)),
        findings=tuple(findings),
    )


def _first_rows(leads: Rows, findings: list[Finding]) -> Rows:
    """Keep the row of each lead that was known first: a lead is created once, and a later telling changes no past."""
    words = [_encode(values).codes for _, values in sorted(leads.texts.items())]
    order = np.lexsort((*words, leads.happened_at, leads.known_at, leads.owner.astype(str)))
    owners = leads.owner[order].astype(str)
    kept = order[np.concatenate([[True], owners[1:] != owners[:-1]])]
    if len(kept) < len(order):
        findings.append(Finding("leads", "lead_twice", len(order) - len(kept)))
    return _take(leads, kept)


def _take(rows: Rows, index: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> Rows:
    return Rows(
        owner=rows.owner[index],
        happened_at=rows.happened_at[index],
        known_at=rows.known_at[index],
        texts={name: values[index] for name, values in rows.texts.items()},
        numbers={name: values[index] for name, values in rows.numbers.items()},
    )


def _as_attribute_rows(rows: Rows, skip: tuple[str, ...]) -> Rows:
    """Turn wide attribute columns into one fact an attribute."""
    names = [name for name in rows.texts if name not in skip]
    present = [np.array([value is not None for value in rows.texts[name]], dtype=bool) for name in names]
    parts = [_take(rows, mask) for mask in present]
    empty = np.empty(0, dtype=object)
    return Rows(
        owner=np.concatenate([empty, *(part.owner for part in parts)]),
        happened_at=np.concatenate([np.empty(0, np.int64), *(part.happened_at for part in parts)]),
        known_at=np.concatenate([np.empty(0, np.int64), *(part.known_at for part in parts)]),
        texts={
            "attribute": np.concatenate(
                [empty, *(np.full(len(part.owner), name, object) for name, part in zip(names, parts, strict=True))]
            ),
            "value": np.concatenate([empty, *(part.texts[name] for name, part in zip(names, parts, strict=True))]),
        },
        numbers={},
    )


def _lead_attributes(leads: Rows, changes: Rows | None) -> Rows:
    """Attributes as they were at creation, and how they changed since."""
    at_creation = _as_attribute_rows(leads, skip=("company_id", *IDENTITY_COLUMNS))
    if changes is None:
        return at_creation
    created, changed = len(at_creation.owner), len(changes.owner)
    ids = changes.texts.get("event_id", np.full(changed, None, object))
    sequence = changes.numbers.get("sequence", np.full(changed, np.nan))
    return Rows(
        owner=np.concatenate([at_creation.owner, changes.owner]),
        happened_at=np.concatenate([at_creation.happened_at, changes.happened_at]),
        known_at=np.concatenate([at_creation.known_at, changes.known_at]),
        texts={
            **{name: np.concatenate([at_creation.texts[name], changes.texts[name]]) for name in ("attribute", "value")},
            "event_id": np.concatenate([np.full(created, None, object), ids]),
        },
        # What stood there at creation comes before any change of the same instant.
        numbers={"sequence": np.concatenate([np.full(created, -np.inf), sequence])},
    )


def _company_attributes(leads: Rows, companies: Rows | None) -> Rows | None:
    """Give each lead the attributes of its company."""
    if companies is None:
        return None
    facts = _as_attribute_rows(companies, skip=IDENTITY_COLUMNS)
    company_of = pd.DataFrame(
        {"lead_id": leads.owner, "company_id": leads.texts.get("company_id", np.full(len(leads.owner), None, object))}
    ).dropna()
    rows_of = pd.DataFrame({"company_id": facts.owner, "row": np.arange(len(facts.owner))})
    joined = company_of.merge(rows_of, on="company_id")
    taken = _take(facts, joined["row"].to_numpy(dtype=np.int64))
    return Rows(joined["lead_id"].to_numpy(dtype=object), taken.happened_at, taken.known_at, taken.texts, taken.numbers)


def _with_derived(name: str, rows: Rows, definitions: DefinitionsSpec) -> Rows:
    """Add the columns that follow from the agreement's words."""
    nothing = np.full(len(rows.owner), None, object)
    texts = dict(rows.texts)
    if name == "activities" and "content" in texts:
        stage_of = {
            content: stage for stage, journey in definitions.buyers_journey.items() for content in journey.content
        }
        written = texts.get("journey_stage", nothing)
        derived = np.array([stage_of.get(content) for content in texts["content"]], dtype=object)
        texts["journey_stage"] = np.where(written == None, derived, written)  # noqa: E711 - element by element
    if name == "status_changes":
        meaning = {status: str(means) for status, means in definitions.lead_statuses.items()}
        texts["meaning"] = np.array([meaning.get(status) for status in texts["lead_status"]], dtype=object)
    if name == "connect_attempts":
        valid = definitions.connect_attempt
        made_by = texts.get("made_by", nothing)
        texts["valid"] = np.array(
            [
                "yes"
                if channel in valid.channels and result in valid.results and who in (*valid.made_by, None)
                else "no"
                for channel, result, who in zip(texts["channel"], texts["result"], made_by, strict=True)
            ],
            dtype=object,
        )
    return Rows(rows.owner, rows.happened_at, rows.known_at, texts, rows.numbers)


def _in_order(
    rows: Rows, lead_ids: npt.NDArray[np.str_], definitions: DefinitionsSpec, name: str, findings: list[Finding]
) -> FactTable:
    """Order the rows of one table and drop what is there twice."""
    owners = rows.owner.astype(str)
    leads = np.searchsorted(lead_ids, owners)
    strangers = lead_ids[np.minimum(leads, len(lead_ids) - 1)] != owners
    if strangers.any():
        findings.append(Finding(name, "unknown_lead", int(strangers.sum()), {"example": str(owners[strangers][0])}))
        rows, leads = _take(rows, ~strangers), leads[~strangers]
    columns = {column: _encode(values) for column, values in rows.texts.items()}
    keys = _tie_breakers(rows, columns, definitions)
    last = [columns["event_id"].codes] if "event_id" in columns else []
    order = np.lexsort((*last, rows.known_at, *reversed(keys), rows.happened_at, leads))
    order = order[~_repeated(order, leads, rows, columns)]
    if len(order) < len(leads):
        findings.append(Finding(name, "counted_once", len(leads) - len(order)))
    counts = np.bincount(leads[order], minlength=len(lead_ids))
    return FactTable(
        first=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        happened_at=rows.happened_at[order],
        known_at=rows.known_at[order],
        texts={
            column: TextColumn(text.codes[order], text.words)
            for column, text in columns.items()
            if column not in IDENTITY_COLUMNS
        },
        numbers={column: values[order] for column, values in rows.numbers.items() if column not in IDENTITY_COLUMNS},
    )


def _encode(values: Texts) -> TextColumn:
    codes, words = pd.factorize(values, sort=True)
    return TextColumn(np.asarray(codes, dtype=np.int64), tuple(str(word) for word in words))


def _tie_breakers(
    rows: Rows, columns: Mapping[str, TextColumn], definitions: DefinitionsSpec
) -> list[npt.NDArray[np.generic]]:
    """List what orders facts of one instant, most important first: declared order, sequence, value."""
    declared = {
        "lifecycle_stage": definitions.lifecycle_stages,
        "journey_stage": tuple(definitions.buyers_journey),
        "deal_stage": tuple(definitions.deal_stages),
        "lead_status": tuple(definitions.lead_statuses),
    }
    keys: list[npt.NDArray[np.generic]] = [
        columns[column].lookup({word: float(rank) for rank, word in enumerate(words)}, other=NOT_THERE)
        for column, words in declared.items()
        if column in columns
    ]
    if "sequence" in rows.numbers:
        keys.append(rows.numbers["sequence"])
    keys.extend(text.codes for column, text in sorted(columns.items()) if column != "event_id")
    keys.extend(values for column, values in sorted(rows.numbers.items()) if column != "sequence")
    return keys


def _repeated(order: Codes, leads: Codes, rows: Rows, columns: Mapping[str, TextColumn]) -> npt.NDArray[np.bool_]:
    """Mark, in the given order, the rows that say again what another one said.

    The order sorts by every column, so equal rows are neighbours. Of an event that is told more than
    once, the telling that was known first counts: a later one must not change an earlier score.
    """
    compared: list[npt.NDArray[np.generic]] = [leads, rows.happened_at, rows.known_at, *rows.numbers.values()]
    compared += [text.codes for text in columns.values()]
    same = np.zeros(len(order), dtype=bool)
    same[1:] = np.all([_equal(values[order][1:], values[order][:-1]) for values in compared], axis=0)
    if "event_id" not in columns:
        return same
    events = columns["event_id"].codes[order]
    named = np.flatnonzero(events != NOT_THERE)
    named = named[np.argsort(rows.known_at[order][named], kind="stable")]
    _, first = np.unique(leads[order][named] * (events.max(initial=0) + 1) + events[named], return_index=True)
    same[named] = True
    same[named[first]] = False
    return same


def _equal(one: npt.NDArray[np.generic], other: npt.NDArray[np.generic]) -> npt.NDArray[np.bool_]:
    """Compare element by element; a missing number equals a missing number."""
    equal: npt.NDArray[np.bool_] = (one == other) | ((one != one) & (other != other))
    return equal

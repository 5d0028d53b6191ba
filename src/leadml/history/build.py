"""Puts facts in order: columns in our words in, `History` out. Files, databases, frames and exports all pass here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadml.clock import Instants
from leadml.errors import LeadmlError, known_words
from leadml.history.ordering import by_lead_and_time, equal, in_alphabet, of_one_instant, rows_of_leads, take_all
from leadml.history.tables import (
    BEGINS_AT,
    FACT_TABLES,
    IDENTITY_COLUMNS,
    MERGED_AT,
    NOT_THERE,
    Codes,
    FactTable,
    Finding,
    History,
    Mask,
    Numbers,
    ShortCodes,
    TextColumn,
)
from leadml.specs.agreement_spec import DefinitionsSpec

Texts = npt.NDArray[np.object_]

_NO_ROWS = np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class Rows:
    """Rows of one table before they are put in order.

    Attributes
    ----------
    owner : TextColumn, shape (n,)
        `lead_id`, or `company_id` in the table `companies`; no row lacks it.
    happened_at, known_at : int array, shape (n,), UTC microseconds
    texts : mapping of column to TextColumn
        Words in any order, each once.
    numbers : mapping of column to float array
    """

    owner: TextColumn
    happened_at: Instants
    known_at: Instants
    texts: Mapping[str, TextColumn]
    numbers: Mapping[str, Numbers]

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.happened_at)

    def take(self, index: Codes | Mask) -> "Rows":
        """Take some of the rows."""
        return Rows(
            owner=TextColumn(self.owner.codes[index], self.owner.words),
            happened_at=self.happened_at[index],
            known_at=self.known_at[index],
            texts={name: TextColumn(text.codes[index], text.words) for name, text in self.texts.items()},
            numbers={name: values[index] for name, values in self.numbers.items()},
        )


def encoded(values: Texts) -> TextColumn:
    """Give each different text a code; `None` has none.

    Parameters
    ----------
    values : object array of str or None, shape (n,)

    Returns
    -------
    column : TextColumn

    Examples
    --------
    >>> encoded(np.array(["phone", None, "email", "phone"], dtype=object))
    TextColumn(codes=array([ 0, -1,  1,  0], dtype=int32), words=('phone', 'email'))
    """
    codes, words = pd.factorize(values)
    return TextColumn(np.asarray(codes, dtype=np.int32), tuple(str(word) for word in words))


def joined(parts: Sequence[Rows]) -> Rows:
    """Lay rows of one table under each other; a column that one part lacks is missing there.

    Parameters
    ----------
    parts : sequence of Rows, not empty

    Returns
    -------
    rows : Rows
    """
    if len(parts) == 1:
        return parts[0]
    texts = sorted({name for part in parts for name in part.texts})
    numbers = sorted({name for part in parts for name in part.numbers})
    missing = [TextColumn(np.full(len(part), NOT_THERE, np.int32), ()) for part in parts]
    return Rows(
        owner=_under_each_other([part.owner for part in parts]),
        happened_at=np.concatenate([part.happened_at for part in parts]),
        known_at=np.concatenate([part.known_at for part in parts]),
        texts={
            name: _under_each_other([part.texts.get(name, none) for part, none in zip(parts, missing, strict=True)])
            for name in texts
        },
        numbers={
            name: np.concatenate([part.numbers.get(name, np.full(len(part), np.nan)) for part in parts])
            for name in numbers
        },
    )


def _under_each_other(columns: Sequence[TextColumn]) -> TextColumn:
    """Join columns of words, giving them the same codes."""
    code_of: dict[str, int] = {}
    codes = []
    for column in columns:
        table = [code_of.setdefault(word, len(code_of)) for word in column.words]
        codes.append(np.array([*table, NOT_THERE], dtype=np.int32)[column.codes])
    return TextColumn(np.concatenate(codes), tuple(code_of))


def build_history(
    tables: Mapping[str, Rows], definitions: DefinitionsSpec, *, known_until: int | None = None
) -> History:
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
    known_until : int, optional, UTC microseconds
        Until when the history is known, where the sources say so; default: until its last fact became known.

    Returns
    -------
    history : History

    Raises
    ------
    LeadmlError
        `empty_table` when there is no lead, `merged_in_a_circle` when merged leads point at each other.
    """
    if not len(tables["leads"]):
        raise LeadmlError("empty_table", where="history.yaml, tables.leads", table="leads")
    findings: list[Finding] = []
    people = _identities(tables, known_until, findings)
    leads = _first_rows(tables["leads"], people, findings)
    wide = {"leads": leads, "lead_attributes": _lead_attributes(leads, tables.get("attribute_changes"))}
    if "companies" in tables:
        wide["company_attributes"] = _company_attributes(leads, tables["companies"])
    told = {name: tables[name] for name in FACT_TABLES if name != "attribute_changes" and name in tables}
    told = {name: _with_derived(name, rows, definitions) for name, rows in told.items()}
    facts = {name: _in_order(rows, people, definitions, name, findings) for name, rows in {**wide, **told}.items()}
    ends = [table.known_at.max() for table in facts.values() if len(table.known_at)]
    return History(
        lead_ids=people.lead_ids,
        facts=facts,
        unknown=tuple(name for name in ("companies", *FACT_TABLES) if name not in tables),
        known_until=int(max(ends)) if known_until is None else known_until,
        findings=tuple(findings),
    )


@dataclass(frozen=True)
class _Identities:
    """Who is who: the leads, and the ids under which they were known before they were merged."""

    lead_ids: tuple[str, ...]
    position_of: Mapping[str, int]
    same_since: Mapping[str, float]
    tables: dict[int, ShortCodes] = field(default_factory=dict)

    def positions(self, owner: TextColumn) -> ShortCodes:
        """Give the position of each row's lead, -1 where there is no such lead."""
        if id(owner.words) not in self.tables:  # the words of a table stay alive as long as its rows
            table = [self.position_of.get(word, NOT_THERE) for word in owner.words]
            self.tables[id(owner.words)] = np.array([*table, NOT_THERE], dtype=np.int32)
        positions: ShortCodes = self.tables[id(owner.words)][owner.codes]
        return positions

    def known_at(self, rows: Rows) -> Instants:
        """When each row was known to be of its lead: a merged lead's facts are the other's since the merge."""
        if not self.same_since:
            return rows.known_at
        since = np.array([self.same_since.get(word, -np.inf) for word in rows.owner.words])[rows.owner.codes]
        told_late = since > rows.known_at
        known_at: Instants = np.where(told_late, np.where(told_late, since, 0).astype(np.int64), rows.known_at)
        return known_at


def _identities(tables: Mapping[str, Rows], known_until: int | None, findings: list[Finding]) -> _Identities:
    """Follow merged leads to the one that is left."""
    leads = tables["leads"]
    ids = leads.owner.words
    into = _merged_into(leads) if "merged_into" in leads.texts else {}
    end = _end_of(tables, into, known_until) if into else -np.inf
    survivor_of, same_since = {}, {}
    for lead_id in into:
        survivor, since, seen = lead_id, -np.inf, [lead_id]
        while survivor in into:
            time, survivor = into[survivor]
            since = max(since, min(time, end))
            if survivor in seen:
                raise LeadmlError("merged_in_a_circle", where="history.yaml, tables.leads", leads=known_words(seen))
            seen.append(survivor)
        survivor_of[lead_id], same_since[lead_id] = survivor, since
    if into:
        findings.append(Finding("leads", "merged", len(into)))
    if without_time := sum(time == np.inf for time, _ in into.values()):
        findings.append(Finding("leads", "merged_without_time", without_time))
    present = [ids[code] for code in np.flatnonzero(np.bincount(leads.owner.codes, minlength=len(ids))).tolist()]
    lead_ids = tuple(sorted({survivor_of.get(lead_id, lead_id) for lead_id in present} if into else present))
    position_of = {lead_id: position for position, lead_id in enumerate(lead_ids)}
    position_of.update({old: position_of[survivor] for old, survivor in survivor_of.items()})
    return _Identities(lead_ids, position_of, same_since)


def _merged_into(leads: Rows) -> dict[str, tuple[float, str]]:
    """Give, for each lead that was merged, when (infinite where nobody said) and into which.

    Where that is told more than once, the earliest counts, and of one instant the first in the alphabet.
    """
    told, ids = leads.texts["merged_into"], leads.owner
    times = leads.numbers.get(MERGED_AT, np.full(len(leads), np.nan))
    into: dict[str, tuple[float, str]] = {}
    for row in np.flatnonzero(told.codes != NOT_THERE).tolist():
        lead_id = ids.words[ids.codes[row]]
        merge = (np.inf if np.isnan(times[row]) else float(times[row]), told.words[told.codes[row]])
        into[lead_id] = min(merge, into.get(lead_id, merge))
    return into


def _end_of(tables: Mapping[str, Rows], into: Mapping[str, tuple[float, str]], known_until: int | None) -> float:
    """Give the end of a history: a merge of which nobody says when it was done is known from then on."""
    ends = [float(rows.known_at.max()) for rows in tables.values() if len(rows)]
    merges = [time for time, _ in into.values() if time < np.inf]
    return max(*ends, *merges, -np.inf if known_until is None else float(known_until))


def _first_rows(leads: Rows, people: _Identities, findings: list[Finding]) -> Rows:
    """Keep the row of each lead that was known first: a lead is created once, and a later telling changes no past."""
    if len(leads) == len(people.lead_ids):
        return leads
    positions, known_at = people.positions(leads.owner), people.known_at(leads)
    keys: list[npt.NDArray[np.generic]] = [values for _, values in sorted(leads.numbers.items())]
    keys += [in_alphabet(text).codes for _, text in sorted(leads.texts.items())]
    order = np.lexsort((in_alphabet(leads.owner).codes, *keys, leads.happened_at, known_at, positions))
    positions = positions[order]
    begins = np.concatenate([[True], positions[1:] != positions[:-1]])
    kept = order[begins]
    contradict = _contradictions(leads, order, kept[np.cumsum(begins) - 1], findings)
    merged_away = len(people.same_since)
    if (again := len(order) - len(kept) - merged_away - contradict) > 0:
        findings.append(Finding("leads", "lead_twice", again))
    return leads.take(kept)


def _contradictions(leads: Rows, rows: Codes, counted: Codes, findings: list[Finding]) -> int:
    """Count the rows that say, known at the same instant, something else of the same lead than the row that counts."""
    at_once = (leads.owner.codes[rows] == leads.owner.codes[counted]) & (
        leads.known_at[rows] == leads.known_at[counted]
    )
    columns: dict[str, npt.NDArray[np.generic]] = {"created_at": leads.happened_at}
    columns.update((name, text.codes) for name, text in leads.texts.items())
    columns.update(leads.numbers)
    for name in (BEGINS_AT, "merged_into", MERGED_AT):  # created_at says the first; a lead may be merged twice
        columns.pop(name, None)
    differs = {name: at_once & ~equal(values[rows], values[counted]) for name, values in sorted(columns.items())}
    contradict = np.any(list(differs.values()), axis=0)
    count = int(contradict.sum())
    if count:
        example = min(leads.owner.words[code] for code in np.unique(leads.owner.codes[rows[contradict]]).tolist())
        names = ", ".join(name for name, different in differs.items() if different.any())
        findings.append(Finding("leads", "lead_contradicts", count, {"example": example, "columns": names}))
    return count


def _as_attribute_rows(rows: Rows, skip: Sequence[str]) -> Rows:
    """Turn wide attribute columns into one fact an attribute."""
    names = tuple(name for name, text in rows.texts.items() if text.words and name not in skip)
    if not names:
        none = TextColumn(np.empty(0, np.int32), ())
        return Rows(none, _NO_ROWS, _NO_ROWS, {"attribute": none, "value": none}, {})
    values = _under_each_other([rows.texts[name] for name in names])
    present = np.flatnonzero(values.codes != NOT_THERE)
    attribute, row = np.divmod(present, len(rows))
    return Rows(
        owner=TextColumn(rows.owner.codes[row], rows.owner.words),
        happened_at=rows.happened_at[row],
        known_at=rows.known_at[row],
        texts={
            "attribute": TextColumn(attribute.astype(np.int32), names),
            "value": TextColumn(values.codes[present], values.words),
        },
        numbers={},
    )


def _lead_attributes(leads: Rows, changes: Rows | None) -> Rows:
    """Attributes as they were at creation, and how they changed since."""
    at_creation = _as_attribute_rows(leads, skip=("company_id", "merged_into", *IDENTITY_COLUMNS))
    if changes is None:
        return at_creation
    # What stood there at creation comes before any change of the same instant.
    first = {"sequence": np.full(len(at_creation), -np.inf)}
    return joined([replace(at_creation, numbers=first), changes])


def _company_attributes(leads: Rows, companies: Rows) -> Rows:
    """Give each lead the attributes of its company."""
    facts = _as_attribute_rows(companies, skip=IDENTITY_COLUMNS)
    company = leads.texts.get("company_id", TextColumn(np.full(len(leads), NOT_THERE, np.int32), ()))
    code_of = {word: code for code, word in enumerate(facts.owner.words)}
    codes = np.array([*(code_of.get(word, NOT_THERE) for word in company.words), NOT_THERE])[company.codes]
    by_company = np.argsort(facts.owner.codes, kind="stable")
    first = np.searchsorted(facts.owner.codes[by_company], np.arange(len(facts.owner.words) + 1))
    has_company = np.flatnonzero(codes != NOT_THERE)
    counts = np.diff(first)[codes[has_company]]
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    taken = facts.take(by_company[np.repeat(first[codes[has_company]], counts) + within])
    return replace(taken, owner=TextColumn(np.repeat(leads.owner.codes[has_company], counts), leads.owner.words))


def _with_derived(name: str, rows: Rows, definitions: DefinitionsSpec) -> Rows:
    """Add the columns that follow from the agreement's words."""
    texts = dict(rows.texts)
    if name == "activities" and "content" in texts:
        stage_of = {
            content: stage for stage, journey in definitions.buyers_journey.items() for content in journey.content
        }
        derived = _translated(texts["content"], stage_of)
        written = texts.get("journey_stage")
        texts["journey_stage"] = derived if written is None else _where_missing(written, derived)
    if name == "status_changes":
        texts["meaning"] = _translated(
            texts["lead_status"], {status: str(means) for status, means in definitions.lead_statuses.items()}
        )
    if name == "connect_attempts":
        valid = definitions.connect_attempt
        counts = _is_any_of(texts["channel"], valid.channels) & _is_any_of(texts["result"], valid.results)
        if (made_by := texts.get("made_by")) is not None:
            counts &= _is_any_of(made_by, valid.made_by) | (made_by.codes == NOT_THERE)
        texts["valid"] = TextColumn(counts.astype(np.int32), ("no", "yes"))
    return Rows(rows.owner, rows.happened_at, rows.known_at, texts, rows.numbers)


def _translated(text: TextColumn, meaning: Mapping[str, str]) -> TextColumn:
    """Say the same in other words; a word without a translation has none."""
    words = tuple(dict.fromkeys(meaning.values()))
    table = [words.index(meaning[word]) if word in meaning else NOT_THERE for word in text.words]
    return TextColumn(np.array([*table, NOT_THERE], dtype=np.int32)[text.codes], words)


def _where_missing(text: TextColumn, other: TextColumn) -> TextColumn:
    """Fill the gaps of one column with another."""
    both = _under_each_other([text, other])
    own, others = np.split(both.codes, 2)
    return TextColumn(np.where(own == NOT_THERE, others, own), both.words)


def _is_any_of(text: TextColumn, words: Sequence[str]) -> Mask:
    marked: Mask = text.lookup(dict.fromkeys(words, 1.0), other=0.0).astype(bool)
    return marked


def _in_order(
    rows: Rows, people: _Identities, definitions: DefinitionsSpec, name: str, findings: list[Finding]
) -> FactTable:
    """Order the rows of one table and drop what is there twice."""
    if not len(rows):
        return _empty_table(rows, len(people.lead_ids))
    leads = people.positions(rows.owner)
    if leads.min() == NOT_THERE:
        strangers = leads == NOT_THERE
        example = rows.owner.words[rows.owner.codes[int(np.argmax(strangers))]]
        findings.append(Finding(name, "unknown_lead", int(strangers.sum()), {"example": example}))
        rows, leads = rows.take(~strangers), leads[~strangers]
    by_alphabet = {column: in_alphabet(text) for column, text in rows.texts.items()}
    rows = Rows(rows.owner, rows.happened_at, people.known_at(rows), by_alphabet, rows.numbers)
    first, order, happened_at = by_lead_and_time(leads, rows.happened_at, len(people.lead_ids))
    tied = np.flatnonzero(of_one_instant(first, happened_at)) if len(order) > 1 else _NO_ROWS
    if len(tied):
        order[tied] = order[tied][ties_in_order(rows.take(order[tied]), leads[order[tied]], definitions)]
    repeated = _repeated(order, tied, leads, rows)
    if len(order) > 1 and repeated.any():
        findings.append(Finding(name, "counted_once", int(repeated.sum())))
        order, happened_at = order[~repeated], happened_at[~repeated]
        first = rows_of_leads(leads[order], len(people.lead_ids))
    texts = {column: text for column, text in rows.texts.items() if column not in IDENTITY_COLUMNS}
    numbers = {column: values for column, values in rows.numbers.items() if column not in IDENTITY_COLUMNS}
    codes = np.empty((len(texts), len(order)), dtype=np.int32)
    values = np.empty((len(numbers), len(order)), dtype=np.float64)
    known_at = np.empty(len(order), dtype=np.int64)
    unordered: list[npt.NDArray[np.generic]] = [
        rows.known_at,
        *(text.codes for text in texts.values()),
        *numbers.values(),
    ]
    take_all(unordered, order, [known_at, *codes, *values])
    return FactTable(
        first=first,
        happened_at=happened_at,
        known_at=known_at,
        words={column: text.words for column, text in texts.items()},
        codes=codes,
        number_columns=tuple(numbers),
        values=values,
    )


def _empty_table(rows: Rows, leads: int) -> FactTable:
    texts = [column for column in rows.texts if column not in IDENTITY_COLUMNS]
    numbers = tuple(column for column in rows.numbers if column not in IDENTITY_COLUMNS)
    return FactTable(
        first=np.zeros(leads + 1, np.int64),
        happened_at=_NO_ROWS,
        known_at=_NO_ROWS,
        words=dict.fromkeys(texts, ()),
        codes=np.empty((len(texts), 0), np.int32),
        number_columns=numbers,
        values=np.empty((len(numbers), 0)),
    )


def ties_in_order(rows: Rows, leads: ShortCodes, definitions: DefinitionsSpec) -> Codes:
    """Order facts of one instant, most important first: declared order, sequence, value, when it was known.

    Parameters
    ----------
    rows : Rows, n rows
    leads : int32 array, shape (n,)
    definitions : DefinitionsSpec

    Returns
    -------
    order : int array, shape (n,)
        By lead, instant, and then as said.
    """
    declared = {
        "lifecycle_stage": definitions.lifecycle_stages,
        "journey_stage": tuple(definitions.buyers_journey),
        "deal_stage": tuple(definitions.deal_stages),
        "lead_status": tuple(definitions.lead_statuses),
    }
    keys: list[npt.NDArray[np.generic]] = [
        rows.texts[column].lookup({word: float(rank) for rank, word in enumerate(words)}, other=NOT_THERE)
        for column, words in declared.items()
        if column in rows.texts
    ]
    if "sequence" in rows.numbers:
        keys.append(rows.numbers["sequence"])
    keys.extend(text.codes for column, text in sorted(rows.texts.items()) if column != "event_id")
    keys.extend(values for column, values in sorted(rows.numbers.items()) if column != "sequence")
    keys.append(rows.known_at)
    if "event_id" in rows.texts:
        keys.append(rows.texts["event_id"].codes)
    return np.lexsort((*reversed(keys), rows.happened_at, leads))


def _repeated(order: Codes, tied: Codes, leads: ShortCodes, rows: Rows) -> Mask:
    """Mark, in the given order, the rows that say again what another one said.

    Facts of one instant are ordered by every column, so equal rows are neighbours. Of an event that is
    told more than once, the telling that was known first counts: a later one must not change an earlier score.
    """
    same = np.zeros(len(order), dtype=bool)
    if len(tied) > 1:
        close, owners = rows.take(order[tied]), leads[order[tied]]
        compared: list[npt.NDArray[np.generic]] = [owners, close.happened_at, close.known_at, *close.numbers.values()]
        compared += [text.codes for text in close.texts.values()]
        same[tied[1:]] = np.all([equal(values[1:], values[:-1]) for values in compared], axis=0)
    if "event_id" not in rows.texts:
        return same
    events = rows.texts["event_id"].codes[order].astype(np.int64)
    named = np.flatnonzero(events != NOT_THERE)
    named = named[np.argsort(rows.known_at[order][named], kind="stable")]
    _, first = np.unique(leads[order][named] * (events.max(initial=0) + 1) + events[named], return_index=True)
    same[named] = True
    same[named[first]] = False
    return same

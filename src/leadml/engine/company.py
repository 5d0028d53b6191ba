"""The facts of a table by company: what the lead's colleagues did, the buying group."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from leadml.clock import Instants
from leadml.history.build import Rows, ties_in_order
from leadml.history.ordering import by_lead_and_time, of_one_instant
from leadml.history.tables import NOT_THERE, Codes, FactTable, History, TextColumn
from leadml.specs.agreement_spec import DefinitionsSpec

# A company known to have more leads is no buying group but a mail provider or a placeholder: nothing is known of it.
LARGEST_BUYING_GROUP = 500
_COMPANIES = "companies"  # what is kept beside the tables by company; no table of facts has this name


@dataclass(frozen=True)
class CompanyFacts:
    """The facts of one table by company.

    Attributes
    ----------
    facts : FactTable
        `first` counts companies.
    told_of : int array, shape (n_facts,)
        The lead of each fact.
    definitions : DefinitionsSpec
        Say in which order facts of one instant come.
    """

    facts: FactTable
    told_of: Codes
    definitions: DefinitionsSpec


@dataclass(frozen=True)
class _Companies:
    """The company of each lead, and the instant at which a company was known to be no buying group."""

    of_lead: Codes
    too_large_at: Instants


def by_company(history: History, table: str, definitions: DefinitionsSpec) -> CompanyFacts:
    """Order the facts of a table by company; a colleague's facts are known since the colleague is.

    Parameters
    ----------
    history : History
    table : str
        One that the history has.
    definitions : DefinitionsSpec
        Says in which order facts of one instant come.

    Returns
    -------
    facts : CompanyFacts
    """
    found: CompanyFacts | None = history.by_company.get(table)
    if found is None or found.definitions != definitions:
        history.by_company[table] = found = _ordered(history, history.facts[table], definitions)
    return found


def companies_at(history: History, leads: Codes, as_of: Instants) -> Codes:
    """Give the company of each lead as it was known at an instant.

    Parameters
    ----------
    history : History
    leads : int array, shape (n,)
    as_of : int array, shape (n,), UTC microseconds

    Returns
    -------
    companies : int array, shape (n,)
        -1 where the company is unknown: the lead names none, or it is a request's, or more leads than a buying
        group has were known to share it.
    """
    known = _companies(history)
    companies = known.of_lead[leads]
    too_large = (companies != NOT_THERE) & (known.too_large_at[companies] < as_of)
    return np.where(too_large, NOT_THERE, companies)


def _companies(history: History) -> _Companies:
    if _COMPANIES not in history.by_company:
        company_of = _company_of_leads(history)
        history.by_company[_COMPANIES] = _Companies(company_of, _too_large_at(history, company_of))
    found: _Companies = history.by_company[_COMPANIES]
    return found


def _too_large_at(history: History, company_of: Codes) -> Instants:
    """Find since when each company is known to have more leads than a buying group; never is far in the future."""
    known_at, named = history.facts["leads"].known_at, np.flatnonzero(company_of != NOT_THERE)
    by_age = named[np.lexsort((known_at[named], company_of[named]))]
    place = np.arange(len(by_age)) - np.searchsorted(company_of[by_age], company_of[by_age])
    one_too_many = by_age[place == LARGEST_BUYING_GROUP]
    too_large_at = np.full(int(company_of.max(initial=0)) + 1, np.iinfo(np.int64).max)
    too_large_at[company_of[one_too_many]] = known_at[one_too_many]
    return too_large_at


def _company_of_leads(history: History) -> Codes:
    text = history.facts["leads"].texts.get("company_id")
    if text is None or not history.knows_other_leads:
        return np.full(len(history.lead_ids), NOT_THERE, dtype=np.int64)
    return text.codes.astype(np.int64)


def _ordered(history: History, facts: FactTable, definitions: DefinitionsSpec) -> CompanyFacts:
    company_of, leads = _companies(history).of_lead, facts.leads
    kept = np.flatnonzero(company_of[leads] != NOT_THERE)
    owners = company_of[leads[kept]].astype(np.int32)
    first, order, happened_at = by_lead_and_time(owners, facts.happened_at[kept], int(company_of.max(initial=0)) + 1)
    known_at = np.maximum(facts.known_at, history.facts["leads"].known_at[leads])
    rows = Rows(TextColumn(leads.astype(np.int32), ()), facts.happened_at, known_at, facts.texts, facts.numbers)
    tied = np.flatnonzero(of_one_instant(first, happened_at))
    if len(tied):
        places = order[tied]
        order[tied] = places[ties_in_order(rows.take(kept[places]), owners[places], definitions)]
    taken = kept[order]
    ordered = replace(
        facts,
        first=first,
        happened_at=happened_at,
        known_at=known_at[taken],
        codes=np.ascontiguousarray(facts.codes[:, taken]),
        values=np.ascontiguousarray(facts.values[:, taken]),
    )
    return CompanyFacts(ordered, leads[taken], definitions)


def companies_too_large(history: History) -> Mapping[str, int]:
    """Name the companies that are no buying group, with how many leads each has.

    Parameters
    ----------
    history : History

    Returns
    -------
    companies : mapping of company_id to int
    """
    text = history.facts["leads"].texts.get("company_id")
    if text is None:
        return {}
    leads = np.bincount(text.codes[text.codes != NOT_THERE], minlength=len(text.words))
    return {text.words[code]: int(leads[code]) for code in np.flatnonzero(leads > LARGEST_BUYING_GROUP)}

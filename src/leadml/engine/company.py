"""The facts of a table by company: what the lead's colleagues did, the buying group."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from leadml.history.ordering import by_lead_and_time
from leadml.history.tables import NOT_THERE, Codes, FactTable, History

# A company of more leads is no buying group but a mail provider or a placeholder: nothing is known of it.
LARGEST_BUYING_GROUP = 500


def by_company(history: History, table: str) -> tuple[FactTable, Codes, Codes]:
    """Order the facts of a table by company; a colleague's facts are known since the colleague is.

    Parameters
    ----------
    history : History
    table : str
        One that the history has.

    Returns
    -------
    facts : FactTable
        `first` counts companies.
    told_of : int array, shape (n_facts,)
        The lead of each fact.
    company_of : int array, shape (n_leads,)
        -1 where the company is unknown: the lead names none, or it is a request's, or too many leads share it.
    """
    if table not in history.by_company:
        history.by_company[table] = _ordered(history, history.facts[table])
    return history.by_company[table]


def _companies(history: History) -> Codes:
    text = history.facts["leads"].texts.get("company_id")
    if text is None or not history.knows_other_leads:
        return np.full(len(history.lead_ids), NOT_THERE, dtype=np.int64)
    leads = np.bincount(text.codes[text.codes != NOT_THERE], minlength=len(text.words) + 1)
    companies: Codes = np.where(leads[text.codes] > LARGEST_BUYING_GROUP, NOT_THERE, text.codes).astype(np.int64)
    return companies


def _ordered(history: History, facts: FactTable) -> tuple[FactTable, Codes, Codes]:
    company_of = _companies(history)
    leads = facts.leads
    kept = np.flatnonzero(company_of[leads] != NOT_THERE)
    owners = company_of[leads[kept]].astype(np.int32)
    first, order, happened_at = by_lead_and_time(owners, facts.happened_at[kept], int(company_of.max(initial=0)) + 1)
    taken = kept[order]
    return (
        replace(
            facts,
            first=first,
            happened_at=happened_at,
            known_at=np.maximum(facts.known_at[taken], history.facts["leads"].known_at[leads[taken]]),
            codes=np.ascontiguousarray(facts.codes[:, taken]),
            values=np.ascontiguousarray(facts.values[:, taken]),
        ),
        leads[taken],
        company_of,
    )


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

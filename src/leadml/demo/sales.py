"""What sales do after the hand-over: owners, connect attempts, returns, deals."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from leadml.demo.facts import DAY, FactBook, Integers, even_delay, scatter

HOUR = 3_600
OWNERS = ("aoki", "baumann", "chiba", "dietrich", "endo")
ACCEPTED_SHARE = 0.88
ATTEMPTED_DAYS = 10
AUTOMATED_SHARE = 0.08
MORE_ATTEMPTS = 3.5
RETURNED_AFTER_DAYS = (1.0, 12.0)
RETURN_REASONS = {
    "not_ready": 0.45,
    "no_budget": 0.25,
    "wrong_contact": 0.20,
    "unable_to_reach": 0.07,
    "duplicate": 0.03,
}
OPPORTUNITY_SHARE = 0.75
DEAL_ENDS = {"closed_won": 0.40, "closed_lost": 0.38, "on_hold": 0.22}
USUAL_AMOUNT = {"new_prospect": 60_000, "existing_customer": 35_000, "maintenance_service": 9_000}


@dataclass(frozen=True)
class HandOvers:
    """Leads handed over to sales.

    Parameters
    ----------
    lead : array of int
        Row numbers of the lead table.
    at : array of int, seconds
        Entry into SQL.
    returned : array of bool
        Whether sales give the lead back.
    """

    lead: Integers
    at: Integers
    returned: NDArray[np.bool_]


def work(
    generator: np.random.Generator, book: FactBook, handed: HandOvers, lead_type: NDArray[np.str_]
) -> tuple[Integers, Integers]:
    """Add everything that follows a hand-over.

    Parameters
    ----------
    generator : numpy.random.Generator
    book : FactBook
        Receives the facts.
    handed : HandOvers
    lead_type : array of str, one for each hand-over

    Returns
    -------
    lead : array of int
        Leads that came back and may be recycled.
    at : array of int, seconds
        When they came back.
    """
    number = len(handed.lead)
    book.add("stage_changes", handed.lead, handed.at, lifecycle_stage="salesqualifiedlead")
    assigned = handed.at + generator.integers(60, HOUR // 2, number)
    accepted = assigned + generator.exponential(6 * HOUR, number).astype(np.int64) + 60
    accepted[generator.random(number) > ACCEPTED_SHARE] = 0
    book.add("assignments", handed.lead, assigned, owner=generator.choice(OWNERS, number), accepted=accepted)
    back = handed.at + even_delay(generator, RETURNED_AFTER_DAYS, number)
    attempted_until = handed.at + ATTEMPTED_DAYS * DAY
    attempted_until = np.where(handed.returned, np.minimum(attempted_until, back), attempted_until)
    _attempt(generator, book, handed, until=attempted_until)
    _sell(generator, book, handed, lead_type)
    return _return(generator, book, handed.lead[handed.returned], back[handed.returned])


def earlier_deals(
    generator: np.random.Generator, book: FactBook, lead: Integers, *, since: Integers, until: Integers
) -> None:
    """Add small deals that customers closed between creation and MQL; they say nothing about the outcome."""
    half = (since + until) // 2
    deal = [f"D{row:05d}-0" for row in lead]
    amount = _amount(generator, np.full(len(lead), 3_000))
    for stage, first, last in (("discovery", since, half), ("closed_won", half, until)):
        at = first + np.floor(generator.random(len(lead)) * (last - first)).astype(np.int64)
        book.add("deal_changes", lead, at, deal_id=deal, deal_stage=stage, amount=amount)


def _attempt(generator: np.random.Generator, book: FactBook, handed: HandOvers, *, until: Integers) -> None:
    """Connect attempts after the hand-over; who was handed over for good is reached in the end."""
    number = 1 + generator.poisson(MORE_ATTEMPTS, len(handed.lead))
    position, at = scatter(generator, number, since=handed.at + HOUR // 2, until=until)
    at = at[np.lexsort((at, position))]
    is_last = np.append(position[1:] != position[:-1], True) if len(position) else np.zeros(0, dtype=bool)
    channel = generator.choice(("phone", "email"), len(at), p=(0.65, 0.35))
    result = np.where(
        channel == "phone",
        generator.choice(("no_answer", "voicemail"), len(at), p=(0.7, 0.3)),
        generator.choice(("no_answer", "replied"), len(at), p=(0.85, 0.15)),
    )
    reached = is_last & ~handed.returned[position]
    result = np.where(reached, "connected", result)
    channel = np.where(reached & (generator.random(len(at)) < 0.3), "meeting", channel)
    automated = (channel == "email") & ~reached & (generator.random(len(at)) < AUTOMATED_SHARE / 0.35)
    made_by = np.where(automated, "automation", "person")
    book.add("connect_attempts", handed.lead[position], at, channel=channel, result=result, made_by=made_by)
    book.add("status_changes", handed.lead[position[reached]], at[reached], lead_status="connected")


def _return(generator: np.random.Generator, book: FactBook, lead: Integers, at: Integers) -> tuple[Integers, Integers]:
    """Give leads back to marketing with a reason; duplicates are not recycled."""
    reason = generator.choice(list(RETURN_REASONS), len(lead), p=list(RETURN_REASONS.values()))
    book.add("stage_changes", lead, at, lifecycle_stage="lead", reason=reason)
    book.add("status_changes", lead, at, lead_status="returned", reason=reason)
    may_come_again = reason != "duplicate"
    return lead[may_come_again], at[may_come_again]


def _sell(generator: np.random.Generator, book: FactBook, handed: HandOvers, lead_type: NDArray[np.str_]) -> None:
    """Deals of the leads that were handed over for good; some become customers."""
    wins = ~handed.returned & (generator.random(len(handed.lead)) < OPPORTUNITY_SHARE)
    lead, at = handed.lead[wins], handed.at[wins] + even_delay(generator, (3.0, 25.0), int(wins.sum()))
    deal = [f"D{row:05d}-1" for row in lead]
    amount = _amount(generator, pd.Series(lead_type[wins]).map(USUAL_AMOUNT).to_numpy())
    book.add("stage_changes", lead, at, lifecycle_stage="opportunity")
    book.add("deal_changes", lead, at, deal_id=deal, deal_stage="discovery", amount=amount)
    for stage, days in (("quote_in_preparation", (3.0, 15.0)), ("quote_presented", (3.0, 20.0))):
        at = at + even_delay(generator, days, len(lead))
        book.add("deal_changes", lead, at, deal_id=deal, deal_stage=stage, amount=amount)
    at = at + even_delay(generator, (5.0, 40.0), len(lead))
    end = generator.choice(list(DEAL_ENDS), len(lead), p=list(DEAL_ENDS.values()))
    book.add("deal_changes", lead, at, deal_id=deal, deal_stage=end, amount=amount)
    won = end == "closed_won"
    book.add("stage_changes", lead[won], at[won], lifecycle_stage="customer")


def _amount(generator: np.random.Generator, usual: ArrayLike) -> Integers:
    """Deal amounts around a usual one, in whole hundreds of euros."""
    amounts = np.asarray(usual, dtype=np.float64)
    amounts = amounts * generator.lognormal(0, 0.6, len(amounts))
    return np.maximum(100, np.round(amounts, -2)).astype(np.int64)

"""What leads do, and what is done for them, before MQL: values first, then the facts that give them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadml.demo.drivers import DRIVERS, JOURNEY_SHARES, NOISE, Driver
from leadml.demo.facts import DAY, FactBook, Integers, scatter

# Drivers count over 90 days. Their facts lie in the last 45 before the entry, so that a score two weeks
# after the entry still sees all of them.
WINDOW_DAYS = 90
COURTED_DAYS = 45
# Facts end a minute before the entry: a score just after the entry has seen them.
LAST_FACT_BEFORE_ENTRY = 60
CHATTER_A_DAY = 0.02

JOURNEY = {
    "awareness": ("trend_report", "industry_survey", "newsletter_article"),
    "consideration": ("buying_guide", "comparison_sheet", "case_study"),
    "decision": ("demo_video", "return_calculator", "implementation_plan"),
}


@dataclass(frozen=True)
class Entries:
    """Leads that enter MQL, each at its own instant.

    Parameters
    ----------
    lead : array of int
        Row numbers of the lead table, each at most once.
    since : array of int, seconds
        Facts of this episode lie at or after it: creation, or the return before.
    mql_at : array of int, seconds
        Entry into MQL.
    """

    lead: Integers
    since: Integers
    mql_at: Integers

    @property
    def courted_since(self) -> Integers:
        """Earliest instant of the facts that give the drivers their values."""
        return np.maximum(self.since, self.mql_at - COURTED_DAYS * DAY)

    @property
    def courted_until(self) -> Integers:
        """End of these facts."""
        return self.mql_at - LAST_FACT_BEFORE_ENTRY


def behave(
    generator: np.random.Generator,
    book: FactBook,
    leads: pd.DataFrame,
    entries: Entries,
    *,
    intensity: float = 1.0,
) -> pd.DataFrame:
    """Draw the drivers of these entries and add the facts that give exactly these values.

    A recycled lead brings facts from its earlier episode along: its count is what it brought, or the
    fresh draw if that is more.

    Parameters
    ----------
    generator : numpy.random.Generator
    book : FactBook
        Receives the facts.
    leads : pandas.DataFrame
        `People.leads`.
    entries : Entries
    intensity : float
        Factor on every mean; below 1 for leads that never enter MQL.

    Returns
    -------
    values : pandas.DataFrame
        One row an entry, one column a driver.
    """
    values: dict[str, object] = {}
    for driver in DRIVERS:
        if driver.is_count:
            values[driver.name] = _count_up(generator, book, entries, driver, intensity)
        elif driver.name == "furthest_journey_stage":
            values[driver.name] = _travel(generator, book, entries)
        else:
            values[driver.name] = leads[driver.name].to_numpy()[entries.lead]
    for noise in NOISE:
        if noise.rate:
            number = generator.poisson(noise.rate * intensity, len(entries.lead))
            position, at = scatter(generator, number, since=entries.courted_since, until=entries.courted_until)
            book.add("activities", entries.lead[position], at, **noise.where, channel=noise.channel)
    return pd.DataFrame(values)


def chatter(
    generator: np.random.Generator, book: FactBook, lead: Integers, *, since: Integers, until: Integers
) -> None:
    """Add what every lead does now and then, before and after the entry, and no feature reads."""
    days = (until - since) / DAY
    for activity, content, channel in (("email_opened", "", "email"), ("page_view", "product", "web")):
        number = generator.poisson(CHATTER_A_DAY * days)
        position, at = scatter(generator, number, since=since, until=until)
        book.add("activities", lead[position], at, activity=activity, content=content, channel=channel)


def _count_up(
    generator: np.random.Generator, book: FactBook, entries: Entries, driver: Driver, intensity: float
) -> Integers:
    """Draw a counted driver, and add the facts still lacking for it."""
    brought = book.count(
        driver.table,
        driver.where,
        lead=entries.lead,
        since=entries.mql_at - WINDOW_DAYS * DAY,
        until=entries.mql_at,
    )
    value = np.maximum(brought, generator.poisson(driver.mean * intensity, len(entries.lead)))
    position, at = scatter(generator, value - brought, since=entries.courted_since, until=entries.courted_until)
    book.add(driver.table, entries.lead[position], at, **driver.where, channel=driver.channel)
    return value


def _travel(generator: np.random.Generator, book: FactBook, entries: Entries) -> Integers:
    """Draw the furthest stage of the buyer's journey, and add content downloaded on the way there."""
    drawn = generator.choice(len(JOURNEY_SHARES), len(entries.lead), p=JOURNEY_SHARES)
    furthest = np.zeros_like(drawn)
    for rank, (stage, content) in enumerate(JOURNEY.items(), start=1):
        here = {"journey_stage": stage}
        brought = book.count("activities", here, lead=entries.lead, since=0, until=entries.mql_at)
        furthest[brought > 0] = rank
        number = generator.poisson(0.5, len(entries.lead)) * (rank < drawn) + (rank == drawn)
        position, at = scatter(generator, number, since=entries.courted_since, until=entries.courted_until)
        pieces = generator.choice(content, len(position))
        words = {"activity": "content_downloaded", "channel": "web", **here}
        book.add("activities", entries.lead[position], at, content=pieces, **words)
    return np.maximum(furthest, drawn)

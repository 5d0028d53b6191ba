"""The life of every lead: created, courted, MQL, then ready, returned, closed or quiet; some come again."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leadml.demo.behaviour import COURTED_DAYS, Entries, behave, chatter
from leadml.demo.calendar import Calendar
from leadml.demo.facts import DAY, FactBook, Integers, even_delay
from leadml.demo.sales import HOUR, HandOvers, earlier_deals, work
from leadml.demo.truth import (
    CLOSED_AFTER_DAYS,
    CLOSED_SHARE_OF_REST,
    HALF_OF_HAND_OVERS_DAYS,
    ready_probability,
    returned_probability,
)

MQL_SHARE = 0.8
ENTERS_AFTER_DAYS = (6, 45)
SUBSCRIBED_FIRST_SHARE = 0.4
WORKED_BEFORE_MQL_SHARE = 0.6
EARLIER_DEAL_SHARE = 0.3
RECYCLED_SHARE = 0.4
RECYCLED_AFTER_DAYS = (30, 90)
QUIET_INTENSITY = 0.5
CHATTER_DAYS = 60
# HubSpot knows this stage, the agreement does not: a word that stays as it is and is counted.
UNKNOWN_STAGE, UNKNOWN_STAGE_LEADS = "evangelist", 3


def live(generator: np.random.Generator, leads: pd.DataFrame, calendar: Calendar) -> tuple[FactBook, pd.DataFrame]:
    """Let every lead live through its episodes.

    Parameters
    ----------
    generator : numpy.random.Generator
    leads : pandas.DataFrame
        `People.leads`.
    calendar : Calendar

    Returns
    -------
    book : FactBook
        All facts, also those after the end of the calendar.
    truth : pandas.DataFrame
        One row an entry into MQL: `lead` (row number), `mql_at` (seconds), `probability`,
        `returned_probability`, and the drivers.
    """
    book = FactBook()
    created = leads["created"].to_numpy()
    enters_at = created + generator.integers(ENTERS_AFTER_DAYS[0] * DAY, ENTERS_AFTER_DAYS[1] * DAY, len(leads))
    enters = generator.random(len(leads)) < MQL_SHARE
    _begin(generator, book, leads, enters_at)
    _stay_below(generator, book, leads, np.flatnonzero(~enters))
    lead = np.flatnonzero(enters)
    entries = Entries(lead, created[lead], enters_at[lead])
    first_episode, entries = _one_episode(generator, book, leads, entries, calendar)
    truth = [first_episode]
    while len(entries.lead):
        episode, entries = _one_episode(generator, book, leads, entries, calendar)
        truth.append(episode)
    return book, pd.concat(truth, ignore_index=True)


def _one_episode(
    generator: np.random.Generator, book: FactBook, leads: pd.DataFrame, entries: Entries, calendar: Calendar
) -> tuple[pd.DataFrame, Entries]:
    """Live from the entry into MQL to its end; gives the truth and the entries that follow from returns."""
    values = behave(generator, book, leads, entries)
    lead_type = leads["lead_type"].to_numpy()[entries.lead]
    ready = ready_probability(values, lead_type, after_the_fall=entries.mql_at >= calendar.fall)
    returned = returned_probability(ready)
    book.add("stage_changes", entries.lead, entries.mql_at, lifecycle_stage="marketingqualifiedlead")
    chatter(generator, book, entries.lead, since=entries.since, until=entries.mql_at + CHATTER_DAYS * DAY)

    luck = generator.random(len(entries.lead))
    handed = luck < ready + returned
    at = entries.mql_at + _hand_over_delay(generator, len(luck))
    hand_overs = HandOvers(entries.lead[handed], at[handed], (luck >= ready)[handed])
    back, back_at = work(generator, book, hand_overs, lead_type[handed])
    _close(generator, book, entries, chosen=~handed & (generator.random(len(luck)) < CLOSED_SHARE_OF_REST))

    truth = pd.DataFrame(
        {
            "lead": entries.lead,
            "mql_at": entries.mql_at,
            "probability": ready,
            "returned_probability": returned,
        }
    )
    return pd.concat([truth, values], axis=1), _recycle(generator, book, back, back_at)


def _begin(generator: np.random.Generator, book: FactBook, leads: pd.DataFrame, enters_at: Integers) -> None:
    """Add what every new lead has: first stages, first status, some a promotion or an earlier deal."""
    lead = np.arange(len(leads))
    created = leads["created"].to_numpy()
    subscribed = generator.random(len(leads)) < SUBSCRIBED_FIRST_SHARE
    book.add("stage_changes", lead[subscribed], created[subscribed], lifecycle_stage="subscriber")
    became_lead = created + np.where(subscribed, generator.integers(HOUR, 3 * DAY, len(leads)), 0)
    book.add("stage_changes", lead, became_lead, lifecycle_stage="lead", reason="")
    book.add("status_changes", lead, created, lead_status="new", reason="")
    passed = generator.uniform(0.1, 0.9, len(leads))
    meanwhile = created + np.floor(passed * (enters_at - created)).astype(np.int64)
    worked = generator.random(len(leads)) < WORKED_BEFORE_MQL_SHARE
    book.add("status_changes", lead[worked], meanwhile[worked], lead_status="working")
    promoted = (leads["first_title_level"] != leads["title_level"]).to_numpy()
    level = leads["title_level"].to_numpy()[promoted]
    book.add("attribute_changes", lead[promoted], meanwhile[promoted], attribute="title_level", value=level)
    known_before = (leads["lead_type"] != "new_prospect").to_numpy()
    customer = known_before & (generator.random(len(leads)) < EARLIER_DEAL_SHARE)
    earlier_deals(generator, book, lead[customer], since=created[customer], until=enters_at[customer])


def _stay_below(generator: np.random.Generator, book: FactBook, leads: pd.DataFrame, lead: Integers) -> None:
    """Add what leads that never enter MQL do: half as much, and a third of them is closed."""
    created = leads["created"].to_numpy()[lead]
    quiet = Entries(lead, created, created + COURTED_DAYS * DAY)
    behave(generator, book, leads, quiet, intensity=QUIET_INTENSITY)
    _close(generator, book, quiet, chosen=generator.random(len(lead)) < 1 / 3)
    odd = slice(0, UNKNOWN_STAGE_LEADS)
    book.add("stage_changes", lead[odd], quiet.mql_at[odd], lifecycle_stage=UNKNOWN_STAGE)


def _close(generator: np.random.Generator, book: FactBook, entries: Entries, *, chosen: NDArray[np.bool_]) -> None:
    """Close these leads as unqualified, 20 to 60 days after the entry."""
    at = entries.mql_at + even_delay(generator, CLOSED_AFTER_DAYS, len(entries.lead))
    book.add("status_changes", entries.lead[chosen], at[chosen], lead_status="unqualified")


def _recycle(generator: np.random.Generator, book: FactBook, lead: Integers, at: Integers) -> Entries:
    """Let some of the leads that came back enter MQL again; their status is open an hour before."""
    again = generator.random(len(lead)) < RECYCLED_SHARE
    first, last = RECYCLED_AFTER_DAYS
    enters_at = at + generator.integers(first * DAY, last * DAY, len(lead))
    book.add("status_changes", lead[again], enters_at[again] - HOUR, lead_status="working")
    return Entries(lead[again], at[again], enters_at[again])


def _hand_over_delay(generator: np.random.Generator, number: int) -> Integers:
    """Seconds from entry to hand-over: half of them within 6.5 days, then half of the rest, and so on."""
    days = -HALF_OF_HAND_OVERS_DAYS * np.log2(1 - generator.random(number))
    return np.ceil(days * DAY).astype(np.int64) + 1

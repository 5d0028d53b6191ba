"""Companies and people of the demo CRM, and everything about them that does not change with an episode."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leadml.demo.drivers import ICP_CRITERIA, LEAD_TYPE_SHARES, TITLE_LEVEL_SHARES
from leadml.demo.facts import DAY, Integers

COMPANIES_PER_LEAD = 0.6
# Inside and outside the ideal customer profile of sla.yaml.
INDUSTRIES = (("machinery", "automotive", "electronics"), ("retail", "hospitality", "public_sector"))
COUNTRIES = (("JP", "DE", "AT"), ("FR", "US", "SG"))
EMPLOYEES = ((50, 2000), (3, 49), (2001, 30000))
DEPARTMENTS = ("production", "engineering", "purchasing", "finance", "it", "sales")
SOURCES = {"web_form": 0.4, "trade_fair": 0.2, "referral": 0.2, "advertisement": 0.2}
PROMOTED_SHARE = 0.06


@dataclass(frozen=True)
class People:
    """Who is in the demo CRM.

    Parameters
    ----------
    leads : pandas.DataFrame
        One row a person, in order of creation: `created` (seconds), `company` (row number), `lead_type`,
        `source`, `department`, `first_title_level` at creation, `title_level` at the entry into MQL,
        and the company's drivers `icp_match` and `headcount_growth`.
    companies : pandas.DataFrame
        One row a company, with its attributes.
    """

    leads: pd.DataFrame
    companies: pd.DataFrame


def make_people(generator: np.random.Generator, *, leads: int, start: int, end: int) -> People:
    """Draw companies, then the people in them; several people may share a company.

    Examples
    --------
    >>> people = make_people(np.random.default_rng(1), leads=10, start=0, end=1000 * DAY)
    >>> len(people.leads), len(people.companies)
    (10, 6)
    """
    companies = _companies(generator, max(1, round(leads * COMPANIES_PER_LEAD)))
    created = np.sort(generator.integers(start, end, leads))
    company = generator.integers(0, len(companies), leads)
    title_level = generator.choice(len(TITLE_LEVEL_SHARES), leads, p=TITLE_LEVEL_SHARES) + 1
    promoted = (generator.random(leads) < PROMOTED_SHARE) & (title_level > 1)
    frame = pd.DataFrame(
        {
            "created": created,
            "company": company,
            "lead_type": _choose(generator, LEAD_TYPE_SHARES, leads),
            "source": _choose(generator, SOURCES, leads),
            "department": generator.choice(DEPARTMENTS, leads),
            "first_title_level": title_level - promoted,
            "title_level": title_level,
        }
    )
    for driver in ("icp_match", "headcount_growth"):
        frame[driver] = companies[driver].to_numpy()[company]
    companies["created"] = _company_created(generator, created, company, companies=len(companies), start=start)
    return People(frame, companies)


def _companies(generator: np.random.Generator, number: int) -> pd.DataFrame:
    """Attributes that meet the four criteria of the ideal customer profile with chance one half each."""
    meets = generator.random((number, ICP_CRITERIA)) < 0.5
    industry, country = (
        np.where(met, generator.choice(words[0], number), generator.choice(words[1], number))
        for words, met in ((INDUSTRIES, meets[:, 0]), (COUNTRIES, meets[:, 1]))
    )
    sizes = [np.exp(generator.uniform(np.log(low), np.log(high), number)).round() for low, high in EMPLOYEES]
    too_small = generator.random(number) < 0.6
    return pd.DataFrame(
        {
            "industry": industry,
            "country": country,
            "employees": np.where(meets[:, 2], sizes[0], np.where(too_small, sizes[1], sizes[2])).astype(np.int64),
            "plants": np.where(meets[:, 3], generator.integers(2, 9, number), generator.integers(0, 2, number)),
            "headcount_growth": generator.normal(5, 10, number).round(1),
            "subsidiaries": generator.poisson(1.0, number),
            "icp_match": meets.mean(axis=1),
        }
    )


def _company_created(
    generator: np.random.Generator, created: Integers, company: Integers, *, companies: int, start: int
) -> Integers:
    """Create a company up to 20 days before its first person; one without people at the start."""
    first_person = np.full(companies, start, dtype=np.int64)
    # Leads are in order of creation: written from the last to the first, the first one stays.
    first_person[company[::-1]] = created[::-1]
    return first_person - generator.integers(0, 20 * DAY, companies)


def _choose(generator: np.random.Generator, shares: Mapping[str, float], number: int) -> NDArray[np.str_]:
    """Draw words by their shares."""
    return generator.choice(np.array(list(shares)), number, p=list(shares.values()))

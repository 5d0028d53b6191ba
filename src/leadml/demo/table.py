"""The one table of `docs/demo.md`, made from the constants that the generator uses."""

from collections.abc import Iterator, Mapping

from leadml.demo import behaviour, calendar, drivers, episodes, generate, people, sales, truth

HEADER = ("part", "what", "size", "how it is made")


def render_table() -> str:
    """Everything that decides what the demo CRM looks like, as a Markdown table.

    Examples
    --------
    >>> render_table().splitlines()[0]
    '| part | what | size | how it is made |'
    """
    rows = [HEADER, ("---",) * len(HEADER), *_truth_rows(), *_people_rows(), *_life_rows(), *_export_rows()]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"


def _truth_rows() -> Iterator[tuple[str, str, str, str]]:
    """Rows of what decides an outcome, and what does not."""
    for lead_type, log_odds in drivers.BASE_LOG_ODDS.items():
        share = f"{drivers.LEAD_TYPE_SHARES[lead_type]:.0%} of the leads"
        yield "base rate", lead_type, f"{log_odds:+.2f}", f"log-odds with all drivers at their mean; {share}"
    for driver in drivers.DRIVERS:
        yield "driver", driver.name, f"{driver.size:+.2f}", driver.drawn
    for noise in drivers.NOISE:
        yield "noise", noise.name, "0", noise.drawn
    fall = f"log-odds from month {drivers.RATE_FALLS_AFTER_MONTHS} on: the rate falls by a third"
    yield "rate", "fall", f"{drivers.RATE_FALL_LOG_ODDS:+.2f}", fall


def _people_rows() -> Iterator[tuple[str, str, str, str]]:
    """Companies, people and their content."""
    yield (
        "company",
        "companies",
        f"{people.COMPANIES_PER_LEAD:g} a lead",
        "people are spread evenly, so some share one",
    )
    inside = f"industry in {', '.join(people.INDUSTRIES[0])}; country in {', '.join(people.COUNTRIES[0])}"
    fitting = f"{people.EMPLOYEES[0][0]}-{people.EMPLOYEES[0][1]} employees; 2 or more plants"
    yield "company", "ideal customer profile", f"{drivers.ICP_CRITERIA} criteria", f"{inside}; {fitting}"
    yield "person", "department", f"{len(people.DEPARTMENTS)}", ", ".join(people.DEPARTMENTS)
    promoted = "of those above level 1: title_level rises by one before MQL"
    yield "person", "promotion", f"{people.PROMOTED_SHARE:.0%}", promoted
    for stage, content in behaviour.JOURNEY.items():
        yield "journey", stage, f"{len(content)} documents", ", ".join(content)
    pace = f"{behaviour.CHATTER_A_DAY:g} each a day"
    yield "activity", "chatter", pace, "email_opened and product page views; no feature reads them"


def _life_rows() -> Iterator[tuple[str, str, str, str]]:
    """Rows of what happens to a lead, and what sales do."""
    first, last = episodes.ENTERS_AFTER_DAYS
    yield "stage", "to MQL", f"{episodes.MQL_SHARE:.0%}", f"{first}-{last} days after creation, even"
    yield "stage", "subscriber first", f"{episodes.SUBSCRIBED_FIRST_SHARE:.0%}", "lead up to 3 days later"
    half = f"half within {truth.HALF_OF_HAND_OVERS_DAYS:g} days of MQL, then half of the rest, and so on"
    yield "stage", "to SQL for good", "p", f"p = sigmoid(base + drivers + fall); {half}"
    too_early = f"{truth.RETURNED_SHARE_OF_NOT_READY:g} * (1 - p)"
    back = "{:g}-{:g} days after SQL, even".format(*sales.RETURNED_AFTER_DAYS)
    yield "return", "to SQL and back", too_early, f"the same delay to SQL; back {back}"
    yield "return", "reasons", "", _shares(sales.RETURN_REASONS)
    again = "{:g}-{:g} days after the return, drawn afresh; duplicates never".format(*episodes.RECYCLED_AFTER_DAYS)
    yield "return", "recycled", f"{episodes.RECYCLED_SHARE:.0%}", again
    closed = "{:g}-{:g} days after MQL, even; the others go quiet".format(*truth.CLOSED_AFTER_DAYS)
    yield "status", "unqualified", f"{truth.CLOSED_SHARE_OF_REST:.0%} of the rest", closed
    yield (
        "deal",
        "opportunity",
        f"{sales.OPPORTUNITY_SHARE:.0%}",
        f"of SQLs for good; then {_shares(sales.DEAL_ENDS)}",
    )
    earlier = "of leads that are customers already: a small deal won between creation and MQL"
    yield "deal", "earlier deal", f"{episodes.EARLIER_DEAL_SHARE:.0%}", earlier
    attempts = f"1 + Poisson within {sales.ATTEMPTED_DAYS} days of SQL; {sales.AUTOMATED_SHARE:.0%} automatic"
    yield "connect attempt", "after SQL", f"mean {1 + sales.MORE_ATTEMPTS:g}", attempts


def _export_rows() -> Iterator[tuple[str, str, str, str]]:
    """Rows of what the files show."""
    yield "file", "history", f"from {calendar.FIRST_MONTH}", "nothing known after its end is in the files"
    late = "known {:g}-{:g} days late, even; all dated tables".format(*generate.LATE_DAYS)
    yield "file", "late facts", f"{generate.LATE_SHARE:.0%}", late
    yield "file", "duplicates", f"{generate.DUPLICATED_SHARE:.2%}", "of the activities stand there twice"
    odd = f"leads below MQL with the stage '{episodes.UNKNOWN_STAGE}', which the agreement does not know"
    yield "file", "unknown words", f"{episodes.UNKNOWN_STAGE_LEADS}", odd


def _shares(shares: Mapping[str, float]) -> str:
    """Words with their shares."""
    return ", ".join(f"{word} {share:.0%}" for word, share in shares.items())

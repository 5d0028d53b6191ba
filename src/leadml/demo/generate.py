"""Make the demo CRM, write its files, read its truth."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from leadml.demo.calendar import Calendar, calendar_of
from leadml.demo.drivers import driver_names
from leadml.demo.episodes import live
from leadml.demo.facts import DAY, FactBook, Integers
from leadml.demo.people import People, make_people

LATE_SHARE = 0.05
LATE_DAYS = (1, 10)
DUPLICATED_SHARE = 0.0005
TRUTH_FILE = "truth.csv"

_COLUMNS = {
    "attribute_changes": ("attribute", "value"),
    "activities": ("activity", "content", "journey_stage", "channel"),
    "stage_changes": ("lifecycle_stage", "reason"),
    "status_changes": ("lead_status", "reason"),
    "assignments": ("owner", "accepted_at"),
    "deal_changes": ("deal_id", "deal_stage", "amount"),
    "connect_attempts": ("channel", "result", "made_by"),
}
_LEAD_COLUMNS = ("lead_type", "department", "source")
_COMPANY_COLUMNS = ("industry", "country", "employees", "plants", "headcount_growth", "subsidiaries")


@dataclass(frozen=True)
class DemoCrm:
    """An export of a CRM, and what the export cannot tell.

    Parameters
    ----------
    tables : dict of str to pandas.DataFrame
        The CSV files by name without ending, in the words and columns of the CRM.
    truth : pandas.DataFrame
        One row an entry into MQL: `lead_id`, `mql_at`, `mql_known_at` (UTC, microseconds), `probability`,
        `returned_probability`, and the drivers' values at the entry, named like the features.
    """

    tables: dict[str, pd.DataFrame]
    truth: pd.DataFrame


def generate(*, leads: int = 5000, months: int = 18, seed: int = 7) -> DemoCrm:
    """Make a CRM history by the generator stated in `docs/demo.md`.

    Parameters
    ----------
    leads : int, >= 1
        People created over the whole history; about 80 % of them enter MQL.
    months : int, >= 1
        Length of the history, from 2025-01-01.
    seed : int, >= 0
        The same seed gives the same history, to the byte.

    Returns
    -------
    crm : DemoCrm

    Examples
    --------
    >>> crm = generate(leads=200, seed=7)
    >>> len(crm.tables["leads"]), str(crm.tables["activities"]["happened_at"].dtype)
    (200, 'datetime64[us, UTC]')
    >>> bool(crm.truth["probability"].between(0, 1).all())
    True
    """
    generator = np.random.default_rng(seed)
    calendar = calendar_of(months)
    people = make_people(generator, leads=leads, start=calendar.start, end=calendar.end)
    book, truth = live(generator, people.leads, calendar)
    known_later = _reported(generator, book, calendar)
    tables = {"leads": _lead_table(people), "companies": _company_table(people), **known_later}
    return DemoCrm(tables, _truth_table(truth, known_later["stage_changes"]))


def write(crm: DemoCrm, folder: Path) -> None:
    """Write one CSV file a table, and the truth beside them.

    Times are ISO 8601 in UTC. `truth.csv` is not named in history.yaml: no model can read it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in crm.tables.items():
        _as_text(table).to_csv(folder / f"{name}.csv", index=False)
    _as_text(crm.truth).to_csv(folder / TRUTH_FILE, index=False)


def read_truth(folder: Path) -> pd.DataFrame:
    """Read back the truth that `write` put beside the files; equal to `DemoCrm.truth`."""
    truth = pd.read_csv(folder / TRUTH_FILE, dtype={"lead_id": str})
    for column in ("mql_at", "mql_known_at"):
        truth[column] = pd.to_datetime(truth[column], utc=True).dt.as_unit("us")
    return truth


def _reported(generator: np.random.Generator, book: FactBook, calendar: Calendar) -> dict[str, pd.DataFrame]:
    """Dated tables as the export shows them: some facts late, nothing from after the export."""
    tables = {}
    for name, columns in _COLUMNS.items():
        facts = book.table(name)
        happened_at = facts["at"].to_numpy()
        late = generator.random(len(facts)) < LATE_SHARE
        delay = generator.integers(LATE_DAYS[0] * DAY, LATE_DAYS[1] * DAY, len(facts))
        known_at = happened_at + np.where(late, delay, 0)
        table = pd.DataFrame(
            {
                "lead_id": _lead_id(facts["lead"].to_numpy()),
                "happened_at": _instants(happened_at),
                "known_at": _instants(known_at),
            }
        )
        if name == "assignments":
            accepted = facts["accepted"].to_numpy()
            facts["accepted_at"] = _instants(accepted).where((accepted > 0) & (accepted < calendar.end))
        for column in columns:
            table[column] = facts[column].where(facts[column] != "")
        tables[name] = table[known_at < calendar.end].reset_index(drop=True)
    tables["activities"] = _with_duplicates(generator, tables["activities"])
    return tables


def _with_duplicates(generator: np.random.Generator, table: pd.DataFrame) -> pd.DataFrame:
    """Repeat a few rows, as an export that was made twice would."""
    twice = generator.random(len(table)) < DUPLICATED_SHARE
    return table.loc[np.repeat(table.index, 1 + twice)].reset_index(drop=True)


def _lead_table(people: People) -> pd.DataFrame:
    """Leads as of their creation; what changed since stands in attribute_changes."""
    leads = people.leads
    table = pd.DataFrame(
        {
            "id": _lead_id(np.arange(len(leads))),
            "created": _instants(leads["created"].to_numpy()),
            "company": _company_id(leads["company"].to_numpy()),
        }
    )
    return table.assign(**leads[list(_LEAD_COLUMNS)], title_level=leads["first_title_level"])


def _company_table(people: People) -> pd.DataFrame:
    """Companies with their attributes."""
    companies = people.companies
    table = pd.DataFrame(
        {
            "id": _company_id(np.arange(len(companies))),
            "created": _instants(companies["created"].to_numpy()),
        }
    )
    return table.assign(**companies[list(_COMPANY_COLUMNS)])


def _truth_table(truth: pd.DataFrame, stage_changes: pd.DataFrame) -> pd.DataFrame:
    """Keep the truth of those entries into MQL that the export shows."""
    entries = stage_changes[stage_changes["lifecycle_stage"] == "marketingqualifiedlead"]
    entries = entries.rename(columns={"happened_at": "mql_at", "known_at": "mql_known_at"})
    named = pd.DataFrame(
        {
            "lead_id": _lead_id(truth["lead"].to_numpy()),
            "mql_at": _instants(truth["mql_at"].to_numpy()),
            **truth[["probability", "returned_probability", *driver_names()]],
        }
    )
    shown = entries[["lead_id", "mql_at", "mql_known_at"]].merge(named, on=["lead_id", "mql_at"], validate="1:1")
    return shown.reset_index(drop=True)


def _lead_id(row: Integers) -> pd.Series:
    """Lead ids from row numbers."""
    return "L" + pd.Series(row, dtype="int64").astype(str).str.zfill(6)


def _company_id(row: Integers) -> pd.Series:
    """Company ids from row numbers."""
    return "C" + pd.Series(row, dtype="int64").astype(str).str.zfill(6)


def _instants(seconds: Integers) -> pd.Series:
    """Seconds since 1970 as instants in UTC."""
    return pd.Series(pd.to_datetime(seconds, unit="s", utc=True)).dt.as_unit("us")


def _as_text(table: pd.DataFrame) -> pd.DataFrame:
    """Write times as ISO 8601 with a Z; everything else stays as it is."""
    text = table.copy()
    for column in table.columns:
        if isinstance(table[column].dtype, pd.DatetimeTZDtype):
            written = np.datetime_as_string(table[column].dt.tz_localize(None).to_numpy("datetime64[s]"))
            text[column] = pd.Series(written, dtype="object").str.cat(["Z"] * len(text)).where(table[column].notna())
    return text

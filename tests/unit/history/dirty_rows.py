"""Makes a history of which a tenth of the rows is dirty, and says how many of each kind; written to any source."""

import csv
import random
import sqlite3
from collections import Counter
from dataclasses import dataclass, field

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet

LEADS, FACTS = 200, 1800
COLUMNS = ("lead_id", "happened_at", "known_at", "activity", "value")

# What is planted, with the column that is spoilt, what stands there, and the fault that it is.
FAULTS = {
    "no_time": ("happened_at", "soon", "not_a_time"),
    "blank_time": ("happened_at", "", "blank_time"),
    "no_known_time": ("known_at", "later", "not_a_time"),
    "day_first": ("happened_at", "02.03.2026 09:00", "time_in_other_format"),
    "slashes": ("happened_at", "2026/03/02 09:00:00", "time_in_other_format"),
    "epoch": ("happened_at", "1772442000000", "time_in_other_format"),
    "no_zone": ("happened_at", "2026-03-02T09:00:00", "time_without_zone"),
    "known_ahead": ("known_at", "2051-03-02T09:00:00Z", "fact_in_future"),
    "ahead": ("happened_at", "2051-03-02T09:00:00Z", "fact_in_future"),
    "no_id": ("lead_id", " ", "blank_id"),
    "other_id": ("lead_id", "101.0", "id_in_two_types"),
    "no_number": ("value", "1,5", "not_a_number"),
}
# What is planted and stops nothing under any policy: the findings that count it.
ODDITIES = ("twice", "early", "negative_lag", "stranger")
# Faults without which a row says something all the same.
CELLS = ("other_id", "no_number")


@dataclass
class DirtyHistory:
    """Rows of leads and activities, texts all of them, and what is wrong with them.

    Attributes
    ----------
    leads, activities, stages : list of dict
        Times in ISO 8601 with a zone where nothing is planted.
    unknown_words : int
        How many stages are none of the agreement's.
    planted : list of str
        For each activity what is wrong with it, empty for a clean one.
    """

    leads: list[dict[str, str]] = field(default_factory=list)
    activities: list[dict[str, str]] = field(default_factory=list)
    stages: list[dict[str, str]] = field(default_factory=list)
    unknown_words: int = 0
    planted: list[str] = field(default_factory=list)

    def count(self, *kinds):
        return sum(self.planted.count(kind) for kind in kinds)

    @property
    def faults(self):
        """Count rows by the fault that they have."""
        return Counter(FAULTS[kind][2] for kind in self.planted if kind in FAULTS)

    @property
    def rows_at_fault(self):
        return self.count(*FAULTS)

    @property
    def clean(self):
        """List lead, time and value of the rows with which nothing is wrong."""
        return sorted(
            (row["lead_id"], row["happened_at"], row["value"])
            for row, planted in zip(self.activities, self.planted, strict=True)
            if not planted
        )


def make_dirty(*, seed=0, share=0.1):
    """Make leads and activities of which a share is dirty, each kind equally often."""
    chance = random.Random(seed)
    made = DirtyHistory()
    for number in range(LEADS):
        made.leads.append({"lead_id": str(100 + number), "created_at": f"2026-01-{1 + number % 28:02}T08:00:00Z"})
        is_unknown = share > 0 and number % round(1 / share) == 0
        made.unknown_words += is_unknown
        stage = "Sales Qualified!" if is_unknown else "mql"
        made.stages.append({"lead_id": str(100 + number), "at": "2026-02-01T08:00:00Z", "stage": stage})
    dirty = round(FACTS * share)
    kinds = [*FAULTS, *ODDITIES]
    for number in range(FACTS):
        planted = kinds[number % len(kinds)] if number < dirty else ""
        row = _clean_row(chance, number)
        _spoil(row, planted)
        made.activities.append(row)
        made.planted.append(planted)
        if planted == "twice":
            made.activities.append(dict(row))
            made.planted.append("the same again")
    order = list(range(len(made.activities)))
    chance.shuffle(order)
    made.activities = [made.activities[place] for place in order]
    made.planted = [made.planted[place] for place in order]
    return made


def _clean_row(chance, number):
    moment = f"2026-02-{1 + number % 28:02}T{number // 100:02}:{number % 60:02}:{chance.randrange(60):02}"
    return {
        "lead_id": str(100 + chance.randrange(LEADS)),
        "happened_at": f"{moment}Z",
        "known_at": f"{moment}.5Z" if number % 3 else "",
        "activity": chance.choice(["page_view", "email_click", "webinar"]),
        "value": str(number),
        "note": f"row {number}, which nobody maps",
    }


def _spoil(row, planted):
    if planted in FAULTS:
        column, value, _ = FAULTS[planted]
        row[column] = value
    elif planted == "early":
        row["happened_at"], row["known_at"] = "2025-12-01T09:00:00Z", ""
    elif planted == "negative_lag":
        row["known_at"] = "2026-01-31T09:00:00Z"
    elif planted == "stranger":
        row["lead_id"] = "nobody"


def to_csv(rows, path):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def to_parquet(rows, path):
    parquet.write_table(pa.Table.from_pylist(rows), path, row_group_size=700)


def to_sqlite(tables, path):
    with sqlite3.connect(path) as connection:
        for name, rows in tables.items():
            columns = list(rows[0])
            connection.execute(f"CREATE TABLE {name} ({', '.join(columns)})")
            marks = ", ".join("?" * len(columns))
            connection.executemany(f"INSERT INTO {name} VALUES ({marks})", [tuple(row.values()) for row in rows])
    connection.close()


def to_frames(tables):
    return {name: pd.DataFrame(rows) for name, rows in tables.items()}

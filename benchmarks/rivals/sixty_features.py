"""Sixty features over twelve activities in two sets, as leadml, DuckDB and pandas say them: `features.py` compares."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from leadml.clock import DAY

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ACTIVITIES = (
    "page_view", "email_open", "email_click", "form_sent", "webinar", "download",
    "chat_opened", "call_taken", "trial_login", "price_view", "event_visit", "reply",
)  # fmt: skip


def _feature(name: str, kind: str, activity: str, **keys: object) -> dict[str, object]:
    label = {"en": name, "ja": name}
    return {"name": name, "label": label, "kind": kind, "where": {"activity": activity}, "when_nothing": 0, **keys}


COUNTS = [
    feature
    for activity in ACTIVITIES
    for feature in (
        _feature(f"{activity}_7d", "count", activity, window_days=7),
        _feature(f"{activity}_30d", "count", activity, window_days=30),
        _feature(f"{activity}_90d", "count", activity, window_days=90),
        _feature(f"{activity}_all", "count", activity),
        _feature(f"{activity}_days_since", "days_since", activity, when_nothing="missing"),
    )
]
KINDS = [
    feature
    for activity in ACTIVITIES
    for feature in (
        _feature(f"{activity}_30d", "count", activity, window_days=30),
        _feature(f"{activity}_days_since", "days_since", activity, when_nothing="missing"),
        _feature(f"{activity}_sum_90d", "sum", activity, value="value", window_days=90),
        _feature(f"{activity}_days_90d", "distinct", activity, value="day", window_days=90),
        _feature(f"{activity}_pace_7d", "pace", activity, window_days=7),
    )
]


@dataclass(frozen=True)
class Sql:
    """A set of features in SQL: what is added up for a snapshot and an activity, and the features read from it."""

    added: Mapping[str, str]
    read: Mapping[str, str]
    packed: bool = False


def _within(days: int) -> str:
    return f"(age <= {days * DAY})::BIGINT"


_NEWEST = "min(age) FILTER ({of}true)"


def _counted(days: int) -> str:
    return f"count(*) FILTER ({{of}}age <= {days * DAY})"


# As it is mostly written: one GROUP BY snapshot with a FILTER for each feature. With `in_two_steps`, as one writes it
# who knows DuckDB well: grouped by snapshot and activity, then activities turned into columns.
COUNTS_SQL = Sql(
    {
        "d7": _counted(7),
        "d30": _counted(30),
        "d90": _counted(90),
        "every": "count(*) FILTER ({of}true)",
        "newest": _NEWEST,
    },
    {
        "7d": "coalesce(x.d7, 0)",
        "30d": "coalesce(x.d30, 0)",
        "90d": "coalesce(x.d90, 0)",
        "all": "coalesce(x.every, 0)",
        "days_since": f"x.newest / {DAY}",
    },
)
KINDS_SQL = Sql(
    {
        "d30": _counted(30),
        "newest": _NEWEST,
        "total": f"sum(value) FILTER ({{of}}age <= {90 * DAY})",
        "days": f"count(DISTINCT days_ago) FILTER ({{of}}age <= {90 * DAY})",
        "pace": f"2 * {_counted(7)} - {_counted(14)}",
    },
    {
        "30d": "coalesce(x.d30, 0)",
        "days_since": f"x.newest / {DAY}",
        "sum_90d": "coalesce(x.total, 0)",
        "days_90d": "coalesce(x.days, 0)",
        "pace_7d": "coalesce(x.pace, 0)",
    },
)

# The fastest of what was tried, which nobody would write by hand. Seconds of processors with DuckDB 2.0, 10 million
# facts in the sorted table, counts and kinds: one GROUP BY snapshot with 60 FILTERs 9.2 and 57; grouped by (snapshot,
# activity), then turned by 60 MAX ... FILTER 5.9 and 10; as below, counts packed into one integer, days as bits of
# another, turned by 12 ANY_VALUE of a struct, 3.2 and 4.4. Of 2.5 million facts, counts, where this takes 0.9:
# without packing 1.2; packed in one GROUP BY 1.0-1.3; turned by 12 joins 1.4-1.7, by a map 1.4-1.7; a lateral join
# 4.2-4.6; UNION ALL over ranges of leads no faster than one query. COUNT(DISTINCT) of days 1.2-1.7 where bits take
# 0.5; grouped by day before, twice as long.
PACKED_COUNTS_SQL = Sql(
    {
        "counts": f"sum_no_overflow(1 + ({_within(90)} << 16) + ({_within(30)} << 32) + ({_within(7)} << 48))",
        "newest": "min(age)",
    },
    {
        "7d": "coalesce((x.counts >> 48) & 65535, 0)",
        "30d": "coalesce((x.counts >> 32) & 65535, 0)",
        "90d": "coalesce((x.counts >> 16) & 65535, 0)",
        "all": "coalesce(x.counts & 65535, 0)",
        "days_since": f"x.newest / {DAY}",
    },
    packed=True,
)
PACKED_KINDS_SQL = Sql(
    {
        "counts": f"sum_no_overflow({_within(30)} + ({_within(7)} << 16) + (({_within(14)} - {_within(7)}) << 32))",
        "newest": "min(age)",
        "total": f"sum(value) FILTER (age <= {90 * DAY})",
        "days": f"bit_count(bit_or(1::HUGEINT << least(days_ago, 120)::HUGEINT) FILTER (age <= {90 * DAY}))",
    },
    {
        "30d": "coalesce(x.counts & 65535, 0)",
        "days_since": f"x.newest / {DAY}",
        "sum_90d": "coalesce(x.total, 0)",
        "days_90d": "coalesce(x.days, 0)",
        "pace_7d": "coalesce(((x.counts >> 16) & 65535) - ((x.counts >> 32) & 65535), 0)",
    },
    packed=True,
)
MOST_COUNTED = 1 << 15  # a count of 16 bits, and the sign

ACTIVITY_NUMBER = f"(list_position({list(ACTIVITIES)}, activity) - 1)::TINYINT AS activity"
# Joined by the text itself, as giving leads numbers first is no faster: for 10 million facts 10.6-12.0 seconds of
# processors, with numbers 11.1-12.9, comparing activities as texts 12.0-12.4; with MAX ... FILTER to turn the table and
# COUNT(DISTINCT) 19.3-22.0.
FROM_FILES = f"""
facts AS (
    SELECT lead_id AS lead, epoch_us(happened_at) AS happened_at, epoch_us(known_at) AS known_at,
           epoch_us(happened_at) // {DAY} AS day, {ACTIVITY_NUMBER}, value
    FROM '{{folder}}/facts.parquet'),
snapshots AS (
    SELECT row_number() OVER () AS snapshot, lead_id AS lead, epoch_us(as_of) AS as_of, epoch_us(as_of) // {DAY} AS day
    FROM '{{folder}}/snapshots.parquet'),
"""


def query(sql: Sql, sources: str = "", *, in_two_steps: bool = False) -> str:
    """Write a set of features as one query over `facts` and `snapshots`."""
    read = ", ".join(
        f"{formula.replace('x.', f'x{place}.' if sql.packed else f'x{place}_')} AS {activity}_{name}"
        for place, activity in enumerate(ACTIVITIES)
        for name, formula in sql.read.items()
    )
    grouped = _in_two_steps(sql) if in_two_steps or sql.packed else _in_one_step(sql)
    return f"""
    WITH {sources} pairs AS (
        SELECT snapshot, activity, value, as_of - happened_at AS age, s.day - f.day AS days_ago
        FROM facts f JOIN snapshots s USING (lead) WHERE happened_at < as_of AND known_at < as_of),
    {grouped}
    SELECT lead, as_of, {read} FROM snapshots LEFT JOIN by_snapshot USING (snapshot)"""


def _in_one_step(sql: Sql) -> str:
    every = ", ".join(
        f"{formula.format(of=f'activity = {place} AND ')} AS x{place}_{name}"
        for place in range(len(ACTIVITIES))
        for name, formula in sql.added.items()
    )
    return f"by_snapshot AS (SELECT snapshot, {every} FROM pairs GROUP BY snapshot)"


def _in_two_steps(sql: Sql) -> str:
    added = ", ".join(f"{formula.format(of='')} AS {name}" for name, formula in sql.added.items())
    packed = ", ".join(f"{name} := {name}" for name in sql.added)
    turned = ", ".join(
        f"any_value(struct_pack({packed})) FILTER (activity = {place}) AS x{place}"
        if sql.packed
        else ", ".join(f"max({name}) FILTER (activity = {place}) AS x{place}_{name}" for name in sql.added)
        for place in range(len(ACTIVITIES))
    )
    return f"""by_activity AS (SELECT snapshot, activity, {added} FROM pairs GROUP BY snapshot, activity),
    by_snapshot AS (SELECT snapshot, {turned} FROM by_activity GROUP BY snapshot)"""


def load(connection: "DuckDBPyConnection", folder: Path) -> None:
    """Load facts and snapshots as DuckDB likes them best: sorted, with small integers for ids and words."""
    connection.execute(f"""
        CREATE TABLE ids AS SELECT lead_id, (row_number() OVER (ORDER BY lead_id) - 1)::INTEGER AS lead
            FROM '{folder}/leads.parquet';
        CREATE TABLE facts AS SELECT lead, epoch_us(happened_at) AS happened_at, epoch_us(known_at) AS known_at,
            (epoch_us(happened_at) // {DAY})::INTEGER AS day,
            {ACTIVITY_NUMBER}, value
            FROM '{folder}/facts.parquet' JOIN ids USING (lead_id) ORDER BY lead, happened_at;
        CREATE TABLE snapshots AS SELECT (row_number() OVER (ORDER BY lead, as_of) - 1)::INTEGER AS snapshot, lead,
            epoch_us(as_of) AS as_of, (epoch_us(as_of) // {DAY})::INTEGER AS day
            FROM '{folder}/snapshots.parquet' JOIN ids USING (lead_id) ORDER BY lead, as_of""")


def known_pairs(facts: pd.DataFrame, snapshots: pd.DataFrame) -> pd.DataFrame:
    """Put each snapshot beside the facts of its lead that were known."""
    pairs = snapshots.merge(facts, on="lead_id")
    pairs = pairs[(pairs["happened_at"] < pairs["as_of"]) & (pairs["known_at"] < pairs["as_of"])]
    pairs["age"] = pairs["as_of"] - pairs["happened_at"]
    return pairs


def with_pandas(facts: pd.DataFrame, snapshots: pd.DataFrame) -> pd.DataFrame:
    """Compute counts and recency as they are mostly written: for each feature a merge, a filter and a groupby."""
    made: dict[str, pd.Series] = {}
    for activity in ACTIVITIES:
        of_activity = facts[facts["activity"] == activity]
        for days in (7, 30, 90):
            pairs = known_pairs(of_activity, snapshots)
            made[f"{activity}_{days}d"] = pairs[pairs["age"] <= pd.Timedelta(days=days)].groupby("snapshot").size()
        made[f"{activity}_all"] = known_pairs(of_activity, snapshots).groupby("snapshot").size()
        newest = known_pairs(of_activity, snapshots).groupby("snapshot")["age"].min()
        made[f"{activity}_days_since"] = newest / pd.Timedelta(days=1)
    return _in_order(made, snapshots)


def with_pandas_merging_once(facts: pd.DataFrame, snapshots: pd.DataFrame) -> pd.DataFrame:
    """Compute the same with one merge for all features, then filter and group for each."""
    pairs = known_pairs(facts, snapshots)
    made: dict[str, pd.Series] = {}
    for activity in ACTIVITIES:
        of_activity = pairs[pairs["activity"] == activity]
        for days in (7, 30, 90):
            in_window = of_activity[of_activity["age"] <= pd.Timedelta(days=days)]
            made[f"{activity}_{days}d"] = in_window.groupby("snapshot").size()
        made[f"{activity}_all"] = of_activity.groupby("snapshot").size()
        made[f"{activity}_days_since"] = of_activity.groupby("snapshot")["age"].min() / pd.Timedelta(days=1)
    return _in_order(made, snapshots)


def _in_order(made: Mapping[str, pd.Series], snapshots: pd.DataFrame) -> pd.DataFrame:
    """Give each snapshot its row; what was not counted is none."""
    features = pd.DataFrame(made).reindex(snapshots["snapshot"])
    counts = [name for name in features if not name.endswith("_days_since")]
    features[counts] = features[counts].fillna(0)
    return features


def with_pandas_as_a_grid(facts: pd.DataFrame, snapshots: pd.DataFrame) -> pd.DataFrame:
    """Compute the same where every activity has the same windows, as here: group by activity too, and unstack."""
    pairs, by = known_pairs(facts, snapshots), ["snapshot", "activity"]
    parts = [
        pairs[pairs["age"] <= pd.Timedelta(days=days)].groupby(by).size().unstack(fill_value=0).add_suffix(f"_{days}d")
        for days in (7, 30, 90)
    ]
    parts.append(pairs.groupby(by).size().unstack(fill_value=0).add_suffix("_all"))
    counts = pd.concat(parts, axis=1).reindex(snapshots["snapshot"]).fillna(0)
    days_since = pairs.groupby(by)["age"].min().unstack() / pd.Timedelta(days=1)
    return counts.join(days_since.add_suffix("_days_since"))[[feature["name"] for feature in COUNTS]]

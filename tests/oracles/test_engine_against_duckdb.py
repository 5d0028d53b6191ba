"""The same features in SQL: each is written from its specification and computed by DuckDB, on random histories.

The histories lie around the two changes of the clock in Berlin, which is DuckDB's time zone here: windows are elapsed
time and days are UTC, whatever a calendar says. Sums agree to 1e-9 of the sum of the absolute values.
"""

import json
from collections import Counter
from itertools import repeat
from pkgutil import iter_modules

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from leadml.clock import DAY, HOUR, parse_instant
from leadml.engine import kinds
from leadml.engine.catalogue import Catalogue, check_features
from leadml.engine.compute import compute_features
from leadml.engine.kind import FactKind, all_kinds
from leadml.history.build import Rows, build_history, encoded
from leadml.specs.feature_spec import FeatureFileSpec

INSTANT = pa.timestamp("us", tz="UTC")
CREATED = parse_instant("2025-01-01T00:00:00Z", where="tests")
CLOCK_CHANGES = [  # in Berlin 02:00 becomes 03:00, and 03:00 becomes 02:00
    parse_instant("2026-03-29T01:00:00Z", where="tests"),
    parse_instant("2026-10-25T01:00:00Z", where="tests"),
]

WORDS = {
    "activities": {
        "activity": ["page_view", "email_click", "chat_opened"],
        "content": ["pricing", "trend_report", "buying_guide", "demo_video", None],
        "journey_stage": [None, None, "awareness", "elsewhere"],
        "channel": ["web", "mail", None],
    },
    "stage_changes": {"lifecycle_stage": ["lead", "mql", "mql", "sql", "sql", "opportunity", "elsewhere"]},
    "status_changes": {"lead_status": ["new", "working", "returned", "unqualified", "elsewhere"]},
    "assignments": {"owner": ["mori", "weber", "novak"]},
    "deal_changes": {"deal_id": ["D1", "D2"], "deal_stage": ["discovery", "quote_presented", "elsewhere"]},
    "connect_attempts": {
        "channel": ["phone", "phone", "email", "fax"],
        "result": ["connected", "no_answer", "no_answer", "bounced"],
        "made_by": ["person", "person", "robot", None],
    },
}
NUMBERS = {"activities": "value", "deal_changes": "amount"}
DERIVED = {"status_changes": ("meaning",), "connect_attempts": ("valid",)}
VALUES = [None, 0.1, 0.25, 1e6 + 0.1, -3.0]


def feature(name, kind, *, when_nothing="missing", **keys):
    return {"name": name, "label": {"en": name, "ja": name}, "kind": kind, "when_nothing": when_nothing, **keys}


# What tests/project leaves out: parts of days, other kinds since a stage, and over colleagues.
MORE = [
    feature("half_day", "count", window_days=0.5, when_nothing=0),
    feature("mails", "sum", value="value", where={"activity": ["email_click", "chat_opened"], "channel": "mail"}),
    feature("minutes_since_sql", "sum", value="value", since_stage="sql", window_days=30, when_nothing=-1),
    feature("pace_since_mql", "pace", since_stage="mql", window_days=14, when_nothing=0),
    feature("age_since_lead", "stage_age", since_stage="lead"),
    feature("last_channel", "latest", value="channel", window_days=30),
    feature("last_stage", "latest", table="stage_changes", value="lifecycle_stage"),
    feature("last_deal", "latest", table="deal_changes", value="deal_stage"),
    feature(
        "click_to_chat", "days_between", where={"channel": "mail"}, to={"activity": ["chat_opened", "email_click"]}
    ),
    feature("mail_share", "share", where={"content": "pricing"}, of_which={"channel": "mail"}, when_nothing=0),
    feature("known_leads", "count", table="leads", when_nothing=0),
    feature("their_minutes", "sum", value="value", of="company", when_nothing=0),
    feature("their_mean", "mean", value="value", of="company", window_days=90),
    feature("their_longest", "max", value="value", of="company", where={"channel": "web"}),
    feature("their_days", "distinct", value="day", of="company", when_nothing=0),
    feature("their_contents", "distinct", value="content", of="company", when_nothing=0),
    feature("their_first", "days_since_first", of="company", window_days=30),
    feature("their_last_since_mql", "days_since", of="company", since_stage="mql"),
    feature("their_warmth", "decayed", half_life_days=7, of="company", when_nothing=0),
    feature("their_steps", "decayed_in_steps", percent=100, every_days=7, of="company", when_nothing=0),
    feature("their_pace", "pace", window_days=7, of="company", when_nothing=0),
    feature("their_share", "share", of_which={"activity": "chat_opened"}, of="company"),
    feature("their_furthest", "furthest", value="journey_stage", of="company", when_nothing=0),
    feature("their_returns", "times_returned", of="company", when_nothing=0),
    feature("their_attempts", "attempts_since_hand_over", of="company", when_nothing=0),
    feature("their_last_status", "latest", table="status_changes", value="lead_status", of="company"),
    feature("their_stage_age", "stage_age", of="company"),
    feature("last_minutes", "latest_number", value="value", where={"channel": "web"}, since_stage="mql"),
    feature("their_last_minutes", "latest_number", value="value", window_days=30, of="company"),
    feature("other_contacts", "count", table="leads", of="company", when_nothing=0),
]


# --- random histories -------------------------------------------------------------------------------------------------

# Days before a change of the clock, a microsecond to either side: ties and the ends of windows are met often.
BACK = st.builds(
    lambda days, side: round(days * DAY) + side,
    st.sampled_from([-1, -0.5, 0, 0, 0.5, 1, 7, 14, 28, 30, 60, 90, 200]),
    st.sampled_from([0, 0, 0, -1, 1, HOUR, -HOUR]),
)
WHO = st.sampled_from([0, 0, 0, 1, 1, 2, 3])  # one lead has most of the facts
DELAYS = st.sampled_from([0, 0, 0, 1, HOUR, 7 * DAY, 30 * DAY, 400 * DAY, -DAY])


def facts_of(table):
    columns = {column: st.sampled_from(words) for column, words in WORDS[table].items()}
    if table in NUMBERS:
        columns[NUMBERS[table]] = st.sampled_from(VALUES)
    fact = st.fixed_dictionaries({"lead": WHO, "back": BACK, "delay": DELAYS, **columns})
    return st.sampled_from([12, 16, 1, 0]).flatmap(lambda size: st.lists(fact, min_size=size, max_size=size))


LEAD = st.fixed_dictionaries(
    {
        "company_id": st.sampled_from([None, "C1", "C1", "C2"]),
        "delay": st.sampled_from([0, 0, 0, 400 * DAY, 450 * DAY, 900 * DAY]),
    }
)
HISTORY = st.fixed_dictionaries(
    {
        "change": st.sampled_from(CLOCK_CHANGES),
        "leads": st.lists(LEAD, min_size=4, max_size=4),
        "facts": st.fixed_dictionaries({table: facts_of(table) for table in WORDS}),
        # Of which lead; at which fact, and how far from it, or else how far from the change of the clock.
        "snapshots": st.lists(
            st.tuples(WHO, st.integers(0, 60), st.sampled_from([-1, 0, 1]), st.one_of(st.just(0), BACK)),
            min_size=4,
            max_size=8,
        ),
    }
)


def tables_of(drawn, name):
    """Lay what was drawn out as records, table by table; ids begin with the history's name."""
    lead_ids = [f"{name} L{number}" for number in range(len(drawn["leads"]))]
    companies = [lead["company_id"] and f"{name} {lead['company_id']}" for lead in drawn["leads"]]
    known_at = [CREATED + lead["delay"] for lead in drawn["leads"]]
    rows = zip(lead_ids, repeat(CREATED), known_at, companies, strict=False)
    tables = {"leads": [dict(zip(columns_of("leads"), row, strict=True)) for row in rows]}
    for table, facts in drawn["facts"].items():
        tables[table] = [
            fact
            | {"lead_id": lead_ids[fact["lead"]], "happened_at": drawn["change"] - fact["back"]}
            | {"known_at": drawn["change"] - fact["back"] + fact["delay"]}
            for fact in facts
        ]
    return tables


def snapshots_of(drawn, tables, name):
    """Place snapshots beside a fact, when it happened or when it was known, or beside the change of the clock."""
    times = [fact[time] for records in tables.values() for fact in records for time in ("happened_at", "known_at")]
    times = [time for time in times if time > CREATED]
    return [
        (f"{name} L{lead}", times[place] + side if place < len(times) else drawn["change"] - back + side)
        for lead, place, side, back in drawn["snapshots"]
    ]


def rows_of(records, table):
    """Lay records out as a source would."""
    column = {name: np.array([record[name] for record in records], dtype=object) for name in columns_of(table)}
    owner, happened_at, known_at = (column.pop(name) for name in ("lead_id", "happened_at", "known_at"))
    number = NUMBERS.get(table)
    return Rows(
        owner=encoded(owner),
        happened_at=happened_at.astype(np.int64),
        known_at=known_at.astype(np.int64),
        texts={name: encoded(values) for name, values in column.items() if name != number},
        numbers={} if number is None else {number: column[number].astype(np.float64)},
    )


def columns_of(table):
    own = ("company_id",) if table == "leads" else WORDS[table]
    return ("lead_id", "happened_at", "known_at", *own, *([NUMBERS[table]] if table in NUMBERS else []))


# --- the features in SQL ----------------------------------------------------------------------------------------------


def in_list(words):
    return ", ".join(f"'{word}'" for word in ([words] if isinstance(words, str) else words))


def passes(where):
    conditions = [f"coalesce({column} IN ({in_list(words)}), FALSE)" for column, words in where.items()]
    return " AND ".join(["TRUE", *conditions])


def days(microseconds):
    return f"(({microseconds}) / {DAY})"


EPOCH = "epoch_us(min(happened_at) FILTER "

# What each kind makes of the facts that `QUERY` chooses; beside them stand their `place`, the word `before`, the
# `start`, which is the place of the first that passes `where`, and what is `held` of the column that it names.
FORMULAS = {
    **dict.fromkeys(("count", "times_returned", "attempts_since_hand_over"), "count(*)"),
    "sum": "sum(held)",
    "mean": "avg(held)",
    **dict.fromkeys(("max", "furthest"), "max(held)"),
    "share": "avg(second::INTEGER)",
    "distinct": "count(DISTINCT held)",
    "days_since": days("epoch_us(max(as_of)) - epoch_us(max(happened_at))"),
    "days_since_first": days("epoch_us(max(as_of)) - epoch_us(min(happened_at))"),
    "days_between": days(f"{EPOCH}(second AND place > start)) - {EPOCH}(place = start))"),
    "decayed": "sum(0.5 ** ((epoch_us(as_of) - epoch_us(happened_at)) / {half_life}))",
    "decayed_in_steps": "sum({left} ** ((epoch_us(as_of) - epoch_us(happened_at)) // {half_life}))",
    "pace": "sum(CASE WHEN happened_at >= as_of - to_microseconds({window}) THEN 1 ELSE -1 END)",
    **dict.fromkeys(("latest", "latest_number"), "last(held ORDER BY place)"),
    "stage_age": days("epoch_us(max(as_of)) - epoch_us(max(happened_at) FILTER (held IS DISTINCT FROM before))"),
}
SINCE_OF_KIND = {"attempts_since_hand_over": "sql"}
COLLEAGUES = "JOIN leads o ON o.company_id = s.company_id AND o.lead_id <> s.lead_id AND o.known_at < s.as_of"
QUERY = """
WITH entries AS (
    SELECT snapshot, c.happened_at, lifecycle_stage AS stage,
           lag(lifecycle_stage) OVER (PARTITION BY snapshot ORDER BY {stage_order}) AS before
    FROM snapshots s JOIN stage_changes c USING (lead_id)
    WHERE c.happened_at < as_of AND c.known_at < as_of AND lifecycle_stage IN ({agreed})),
begun AS (
    SELECT snapshot, max(happened_at) FILTER (stage = '{since}' AND before IS DISTINCT FROM stage) AS since
    FROM snapshots LEFT JOIN entries USING (snapshot) GROUP BY snapshot),
chosen AS (
    SELECT snapshot, s.as_of, f.*, {first} AS first, {second} AS second, {value} AS held
    FROM snapshots s {colleagues} JOIN {table} f ON f.lead_id = {teller}.lead_id JOIN begun USING (snapshot)
    WHERE f.happened_at < s.as_of AND f.known_at < s.as_of AND {reach} AND {after} AND ({filter})),
placed AS (
    SELECT *, row_number() OVER lead AS place, lag(held) OVER lead AS before
    FROM chosen WHERE {present} WINDOW lead AS (PARTITION BY snapshot ORDER BY {order})),
marked AS (SELECT *, min(place) FILTER (first) OVER (PARTITION BY snapshot) AS start FROM placed)
SELECT snapshot, {answer}, {scale} FROM marked GROUP BY snapshot
"""


class Sql:
    """Writes features as SQL, and computes them."""

    def __init__(self, connection, definitions):
        self._connection = connection
        self._definitions = definitions
        self._declared = {
            "lifecycle_stage": definitions.lifecycle_stages,
            "journey_stage": tuple(definitions.buyers_journey),
            "deal_stage": tuple(definitions.deal_stages),
            "lead_status": tuple(definitions.lead_statuses),
        }
        self._asked = {
            "stage_age": {"lifecycle_stage": definitions.lifecycle_stages},
            "times_returned": {"meaning": "returned"},
            "attempts_since_hand_over": {"valid": "yes"},
        }

    def load(self, tables, snapshots):
        """Take the tables as they are; rows that are equal count once, and some columns follow from the agreement."""
        for table in ("leads", *WORDS):
            types = dict.fromkeys(columns_of(table), pa.string())
            types |= {"happened_at": INSTANT, "known_at": INSTANT}
            types |= {NUMBERS[table]: pa.float64()} if table in NUMBERS else {}
            self._connection.register("given", pa.Table.from_pylist(tables.get(table, []), pa.schema(types)))
            self._connection.execute(
                f"CREATE OR REPLACE TABLE {table} AS SELECT DISTINCT {self._columns(table)} FROM given"
            )
        lead_ids, as_of = zip(*snapshots, strict=True)
        asked = {"snapshot": range(len(as_of)), "lead_id": lead_ids, "as_of": pa.array(as_of).cast(INSTANT)}
        self._connection.register("given", pa.table(asked))
        self._connection.execute(
            "CREATE OR REPLACE TABLE snapshots AS SELECT given.*, company_id FROM given JOIN leads USING (lead_id)"
        )

    def _columns(self, table):
        agreed = self._definitions
        if table == "activities":
            stages = [(word, stage) for stage, journey in agreed.buyers_journey.items() for word in journey.content]
            cases = " ".join(f"WHEN '{word}' THEN '{stage}'" for word, stage in stages)
            return f"* REPLACE (coalesce(journey_stage, CASE content {cases} END) AS journey_stage)"
        if table == "status_changes":
            cases = " ".join(f"WHEN '{word}' THEN '{means}'" for word, means in agreed.lead_statuses.items())
            return f"*, CASE lead_status {cases} END AS meaning"
        if table == "connect_attempts":
            valid = agreed.connect_attempt
            counts = passes({"channel": valid.channels, "result": valid.results})
            made_by = f"coalesce(made_by IN ({in_list(valid.made_by)}), TRUE)"
            return f"*, CASE WHEN {counts} AND {made_by} THEN 'yes' ELSE 'no' END AS valid"
        return "*"

    def _order(self, table):
        """Order facts of one instant: by what is declared, then by every word, then by the number."""
        others = ("lead_id", "happened_at", "known_at", NUMBERS.get(table))
        words = sorted(column for column in (*columns_of(table), *DERIVED.get(table, ())) if column not in others)
        declared = [(column, in_list(order)) for column, order in self._declared.items() if column in words]
        keys = [f"coalesce(list_position([{order}], {column}), 0)" for column, order in declared]
        keys += [f"{word} NULLS FIRST" for word in words]
        keys += [f"{NUMBERS[table]} NULLS LAST"] if table in NUMBERS else []
        return ", ".join(["happened_at", *keys])

    def _value(self, asked, table):
        value = "lifecycle_stage" if asked.kind == "stage_age" else asked.value
        if value is None:
            return "NULL"
        if value == "day":
            return "(f.happened_at AT TIME ZONE 'UTC')::DATE"
        if asked.kind == "furthest":
            return f"list_position([{in_list(self._declared[value])}], {value})"
        return f"f.{value}"

    def answers(self, asked, table):
        """Compute one feature: for each snapshot that has facts, its value, and what it is a sum of."""
        since = asked.since_stage or SINCE_OF_KIND.get(asked.kind)
        first, second = passes({**self._asked.get(asked.kind, {}), **asked.where}), passes(asked.of_which or asked.to)
        window, fades = (round((d or 0) * DAY) for d in (asked.window_days, asked.half_life_days or asked.every_days))
        reach = (2 if asked.kind == "pace" else 1) * window
        value = self._value(asked, table)
        query = QUERY.format(
            stage_order=self._order("stage_changes"),
            agreed=in_list(self._definitions.lifecycle_stages),
            since=since,
            first=first,
            second=second,
            value=value,
            colleagues=COLLEAGUES if asked.of == "company" else "",
            table=table,
            teller="o" if asked.of == "company" else "s",
            reach=f"f.happened_at >= s.as_of - to_microseconds({reach})" if reach else "TRUE",
            after="f.happened_at >= since" if since else "TRUE",
            filter=f"({first}) OR ({second})" if asked.to else first,
            present="TRUE" if value == "NULL" or asked.kind == "latest" else "held IS NOT NULL",
            order=self._order(table),
            answer=FORMULAS[asked.kind].format(window=window, half_life=fades, left=1 - (asked.percent or 0) / 100),
            scale="sum(abs(held))" if asked.kind in ("sum", "mean") else "0",
        )
        found = self._connection.execute(query).fetchall()
        return {snapshot: (answer, scale) for snapshot, answer, scale in found}


def expected(sql, asked, table, tables, snapshots):
    """Give what a feature is for each snapshot, and of which size the terms of a sum are."""
    since = asked.since_stage or SINCE_OF_KIND.get(asked.kind)
    if table not in tables or (since and "stage_changes" not in tables):
        return [(None, 0)] * len(snapshots)
    nothing = None if asked.when_nothing == "missing" else asked.when_nothing
    found = sql.answers(asked, table)
    members = Counter(lead["company_id"] for lead in tables["leads"])
    company_of = {lead["lead_id"]: lead["company_id"] for lead in tables["leads"]}
    groups = [company_of[lead_id] for lead_id, _ in snapshots]
    alone = [group is None or members[group] > 500 for group in groups]
    return [
        (None, 0) if asked.of == "company" and alone[number] else found.get(number, (nothing, 0))
        for number in range(len(snapshots))
    ]


@pytest.fixture(scope="module")
def catalogue(spec, definitions):
    """Give every feature of tests/project that is made of facts, and more."""
    theme = {"theme": "engagement", "label": {"en": "More", "ja": "追加"}, "table": "activities", "features": MORE}
    more = FeatureFileSpec.model_validate_json(json.dumps(theme))
    check_features([more], definitions)
    every = Catalogue.of((*spec.themes, more), definitions)
    return every.only({asked.name for asked in every.features if every.reads_facts(asked)})


@pytest.fixture(scope="module")
def sql(definitions):
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("SET TimeZone = 'Europe/Berlin'")
        yield Sql(connection, definitions)


def drawn_histories(number):
    """Let Hypothesis make histories up, the same in every run.

    They are compared many at a time, as a query costs the same for all of them; so none is made smaller that fails.
    """
    histories = []

    @settings(max_examples=number, phases=[Phase.generate])
    @given(HISTORY)
    def keep(drawn):
        histories.append(drawn)

    keep()
    return histories


def side_by_side(histories):
    """Lay histories beside each other, none of which knows of another: tables and snapshots."""
    tables, snapshots = {}, []
    for number, drawn in enumerate(histories):
        own = tables_of(drawn, f"H{number}")
        snapshots += snapshots_of(drawn, own, f"H{number}")
        for table, records in own.items():
            tables.setdefault(table, []).extend(records)
    return tables, snapshots


def differences(tables, snapshots, catalogue, sql):
    """Compute all features both ways; for each, its name, what the engine says, and where SQL says something else."""
    sql.load(tables, snapshots)
    history = build_history({name: rows_of(records, name) for name, records in tables.items()}, catalogue.definitions)
    positions = history.positions()
    leads = np.array([positions[lead_id] for lead_id, _ in snapshots])
    matrix = compute_features(history, leads, np.array([as_of for _, as_of in snapshots]), catalogue)
    for asked in catalogue.features:
        engine = [matrix.shown(row, asked.name) for row in range(len(snapshots))]
        told = expected(sql, asked, catalogue.table_of[asked.name], tables, snapshots)
        rows = zip(snapshots, engine, told, strict=True)
        yield asked.name, engine, [row for row in rows if not agree(*row[1:])]


def agree(engine, told):
    answer, scale = told
    if engine is None or answer is None or isinstance(answer, str):
        return engine == answer
    return abs(engine - answer) <= 1e-9 * max(scale or 0, abs(answer))


def what_they_hold(tables, snapshots):
    """Count what histories were made to hold."""
    facts = [(fact, table) for table in WORDS for fact in tables[table]]
    of_lead = {lead["lead_id"]: [] for lead in tables["leads"]}
    for fact, _ in facts:
        of_lead[fact["lead_id"]].append((fact["happened_at"], fact["known_at"]))
    together = Counter((table, fact["lead_id"], fact["happened_at"]) for fact, table in facts)
    yield from ("ties" for times in together.values() if times > 1)
    for lead_id, as_of in snapshots:
        known = [happened_at for happened_at, known_at in of_lead[lead_id] if max(happened_at, known_at) < as_of]
        yield {0: "nothing known", 1: "one fact known"}.get(len(known), "several known")
        for happened_at, known_at in of_lead[lead_id]:
            yield {0: "on a fact", 1: "just after a fact"}.get(as_of - happened_at, "elsewhere")
            yield "known too late" if happened_at < as_of <= known_at else "in time"
            yield "known late" if happened_at < known_at < as_of else "at once"
            yield "on the end of a window" if as_of - happened_at in (7 * DAY, 30 * DAY, 90 * DAY) else "inside"
            yield from ("over a change of the clock" for change in CLOCK_CHANGES if happened_at < change < as_of)


WANTED = (
    "ties", "nothing known", "one fact known", "on a fact", "just after a fact",
    "known too late", "known late", "on the end of a window", "over a change of the clock",
)  # fmt: skip


def test_sql_says_every_kind_that_is_made_of_facts(catalogue):
    ours = {module.name for module in iter_modules(kinds.__path__)}
    of_facts = {name for name in ours if isinstance(all_kinds()[name], FactKind)} - {"attribute"}
    assert {asked.kind for asked in catalogue.features} >= of_facts
    assert set(FORMULAS) >= of_facts, "a kind that SQL does not say yet: write its formula into FORMULAS"


def test_every_feature_is_what_sql_says(catalogue, sql):
    tables, snapshots = side_by_side(drawn_histories(200))
    held = Counter(what_they_hold(tables, snapshots))
    assert not [name for name in WANTED if held[name] < 10], held
    for name, engine, wrong in differences(tables, snapshots, catalogue, sql):
        assert not wrong, f"{name}, (snapshot, engine, (SQL, scale)): {wrong[:3]}"
        others = len(engine) - Counter(engine).most_common(1)[0][1]
        assert others >= 10, f"{name} hardly ever differs, so little was compared"


@pytest.mark.parametrize("unknown", ["activities", "stage_changes", "connect_attempts"])
def test_of_an_unknown_table_nothing_is_said(unknown, catalogue, sql):
    tables, snapshots = side_by_side(drawn_histories(10))
    del tables[unknown]
    for name, engine, wrong in differences(tables, snapshots, catalogue, sql):
        assert not wrong, f"{name}, (snapshot, engine, (SQL, scale)): {wrong[:3]}"
        if catalogue.table_of[name] == unknown:
            assert set(engine) == {None}, name


def one_history(leads, snapshots, **facts):
    """Make a history of one company by hand."""
    drawn = {"change": CLOCK_CHANGES[0], "leads": [{"company_id": "C1", "delay": 0}] * leads}
    every = {table: [{"delay": 0, **fact} for fact in facts.get(table, [])] for table in WORDS}
    return side_by_side([{**drawn, "facts": every, "snapshots": [(lead, 10**6, 0, 0) for lead in snapshots]}])


@pytest.mark.parametrize("others", [499, 500])
def test_a_company_is_a_buying_group_up_to_its_size(others, catalogue, sql):
    words = {"activity": "page_view", "content": None, "journey_stage": None, "channel": None, "value": 0.1}
    visits = [{"lead": lead, "back": lead * HOUR, **words} for lead in range(0, others + 1, 7)]
    told = one_history(others + 1, [0, 7, 8], activities=visits)
    for name, engine, wrong in differences(*told, catalogue.only({"their_minutes", "other_contacts"}), sql):
        assert not wrong, f"{name}, (snapshot, engine, (SQL, scale)): {wrong[:3]}"
        assert (engine[0] is None) == (others == 500), name


def test_colleagues_at_one_instant_come_in_declared_order(catalogue, sql):
    said = [{"lead": lead, "back": DAY, "lead_status": word} for lead, word in ((1, "returned"), (2, "new"))]
    told = one_history(3, [0], status_changes=said)
    ((_, engine, wrong),) = differences(*told, catalogue.only({"their_last_status"}), sql)
    assert not wrong, engine

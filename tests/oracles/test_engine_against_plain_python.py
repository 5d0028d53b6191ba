"""The same features by the plainest Python there is: one loop over the facts of one lead, from the definition alone."""

import itertools
import math
import random
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from leadml.engine.catalogue import Catalogue
from leadml.engine.compute import compute_features
from leadml.engine.kind import all_kinds
from leadml.history.build import Rows, build_history, encoded
from leadml.history.inline import Arrival, histories_from_records
from leadml.specs.feature_spec import FeatureFileSpec, FeatureSpec
from leadml.specs.reading import Label
from leadml.vocabulary import Theme

AS_OF = datetime(2026, 3, 2, 9, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)

STAGES = ["subscriber", "lead", "mql", "sql", "opportunity", "customer"]
STATUSES = ["new", "working", "connected", "returned", "unqualified"]
JOURNEY = {
    "trend_report": "awareness",
    "buying_guide": "consideration",
    "case_study": "consideration",
    "demo_video": "decision",
    "implementation_plan": "decision",
}
TABLES = {
    "activities": {
        "activity": ["page_view", "email_click", "chat_opened"],
        "content": ["pricing", *JOURNEY, None],
        "value": [None, 0.1, 0.25, 7.5, -3.0],
    },
    "stage_changes": {"lifecycle_stage": [*STAGES, "elsewhere"]},
    "status_changes": {"lead_status": [*STATUSES, "elsewhere"]},
    "assignments": {"owner": ["mori", "weber", "novak"]},
    "deal_changes": {
        "deal_id": ["D1", "D2"],
        "deal_stage": ["discovery", "quote_presented"],
        "amount": [None, 10.1, 20.2],
    },
    "connect_attempts": {
        "channel": ["phone", "email", "fax"],
        "result": ["connected", "no_answer", "bounced"],
        "made_by": ["person", "robot", None],
    },
    "attribute_changes": {
        "attribute": ["title_level", "department", "lead_type"],
        "value": ["production", "engineering", "2", "4"],
    },
}
JUDGEMENTS = {
    "scores": {"name": ["crm_rules", "crm_rules", "intent"], "value": [-3.0, 0.25, 40.5]},
    "decisions": {
        "decision": ["hand_over", "keep", "override"],
        "explored": ["yes", "no", None],
        "probability": [None, 0.1, 1.0],
    },
}
JUDGED = [  # what tests/project leaves out, as its CRM has neither scores nor decisions
    {"kind": "latest_number", "table": "scores", "value": "value", "where": {"name": "crm_rules"}},
    {"kind": "latest_number", "table": "scores", "value": "value", "window_days": 30.0, "when_nothing": -1.0},
    {"kind": "max", "table": "scores", "value": "value", "where": {"name": "intent"}},
    {"kind": "count", "table": "decisions", "where": {"decision": "hand_over"}, "when_nothing": 0.0},
    {"kind": "latest", "table": "decisions", "value": "decision"},
    {"kind": "latest_number", "table": "decisions", "value": "probability", "where": {"explored": "yes"}},
]


def microseconds(instant):
    return (instant - EPOCH) // MICROSECOND


def random_times(chance):
    """Round times make ties and ends of windows; some facts became known late, some only after as_of."""
    back = chance.choice([MICROSECOND, chance.choice([7, 14, 30, 90]) * DAY, chance.random() * 200 * DAY, -DAY])
    happened_at = AS_OF - back
    late = chance.choice([timedelta(0)] * 3 + [chance.random() * 100 * DAY])
    return happened_at, happened_at + late


def random_facts(chance, tables):
    made = {table: [] for table in tables}
    for table, columns in tables.items():
        for _ in range(chance.choice([0, 1, 2, 8])):
            happened_at, known_at = random_times(chance)
            words = {column: chance.choice(words) for column, words in columns.items()}
            made[table].append({"happened_at": happened_at, "known_at": known_at, **words})
    return made


def random_lead(chance, number):
    return {
        "lead_id": f"L{number:03}",
        "created_at": AS_OF - 300 * DAY,
        "lead_type": chance.choice([None, "new_prospect"]),
        "attributes": {"department": chance.choice([None, "production", "finance"]), "title_level": "3"},
        "company": {
            "created_at": AS_OF - chance.choice([-1, 1, 400]) * DAY,
            "attributes": {
                "industry": chance.choice(["machinery", "farming", None]),
                "country": chance.choice(["JP", "FR", None]),
                "employees": chance.choice([49, 50, 2000, 2001, None]),
            },
        },
        **random_facts(chance, TABLES),
    }


def as_request(value):
    """Write the times as texts, as a request has them."""
    if isinstance(value, dict):
        return {key: as_request(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_request(inner) for inner in value]
    return value.isoformat() if isinstance(value, datetime) else value


def known(facts):
    return [fact for fact in facts if fact["happened_at"] < AS_OF and fact["known_at"] < AS_OF]


def facts_of(lead, feature, table):
    """The known facts that a feature looks at: once each, filtered, in its window, in order of time."""
    facts = [{**fact, **derived(table, fact)} for fact in known(lead[table])]
    once = list({tuple(sorted(fact.items(), key=str)): fact for fact in facts}.values())
    chosen = []
    for fact in once:
        where = feature.where | ASKED_BY_KIND.get(feature.kind, {})
        if passes(fact, where) or (feature.to and passes(fact, feature.to)):
            windows = 2 if feature.kind == "pace" else 1
            reach = None if feature.window_days is None else windows * timedelta(days=feature.window_days)
            begins = entered(lead, feature.since_stage or SINCE_OF_KIND.get(feature.kind))
            if (reach is None or fact["happened_at"] >= AS_OF - reach) and fact["happened_at"] >= begins:
                chosen.append(fact)
    return sorted(chosen, key=lambda fact: (fact["happened_at"], in_declared_order(table, fact)))


ASKED_BY_KIND = {
    "stage_age": {"lifecycle_stage": STAGES},
    "times_returned": {"lead_status": "returned"},
    "attempts_since_hand_over": {"valid": "yes"},
}
SINCE_OF_KIND = {"attempts_since_hand_over": "sql"}


def passes(fact, where):
    wanted = {column: [words] if isinstance(words, str) else words for column, words in where.items()}
    return all(fact.get(column) in words for column, words in wanted.items())


def entered(lead, stage):
    """When the lead last came into a stage: the beginning of time where none is asked for, its end where never."""
    if stage is None:
        return datetime.min.replace(tzinfo=UTC)
    changes = sorted(
        (c["happened_at"], STAGES.index(c["lifecycle_stage"]))
        for c in known(lead["stage_changes"])
        if c["lifecycle_stage"] in STAGES
    )
    entries = [
        time
        for place, (time, rank) in enumerate(changes)
        if STAGES[rank] == stage and (place == 0 or changes[place - 1][1] != rank)
    ]
    return entries[-1] if entries else datetime.max.replace(tzinfo=UTC)


def derived(table, fact):
    if table == "activities":
        return {"journey_stage": JOURNEY.get(fact["content"])}
    if table == "connect_attempts":
        agreed = fact["channel"] in ("phone", "email") and fact["result"] in ("connected", "no_answer")
        return {"valid": "yes" if agreed and fact["made_by"] in ("person", None) else "no"}
    return {}


def in_declared_order(table, fact):
    order = {"status_changes": STATUSES, "stage_changes": STAGES}.get(table, [])
    word = fact[{"status_changes": "lead_status", "stage_changes": "lifecycle_stage"}.get(table, next(iter(fact)))]
    if table == "assignments":
        return (0, fact["owner"])
    if table == "scores":
        return (fact["name"], fact["value"])
    if table == "decisions":
        chance = math.inf if fact["probability"] is None else fact["probability"]
        return (fact["decision"], fact["explored"] or "", chance)
    if table == "deal_changes":
        rank = ["discovery", "quote_presented"].index(fact["deal_stage"])
        return (rank, fact["deal_id"], math.inf if fact["amount"] is None else fact["amount"])
    return (order.index(word) if word in order else -1, str(word))


def attribute_of(lead, name, *, of="lead"):
    if of == "company":
        company = lead["company"]
        return company["attributes"][name] if company["created_at"] < AS_OF else None
    at_creation = lead["lead_type"] if name == "lead_type" else lead["attributes"].get(name)
    said = [(lead["created_at"], at_creation)] if at_creation is not None else []
    said += [(c["happened_at"], c["value"]) for c in known(lead["attribute_changes"]) if c["attribute"] == name]
    return max(said)[1] if said else None


def expected(lead, feature, table):
    """Say what a feature is, from its definition."""
    if feature.kind == "match":
        industry, country, employees = (
            attribute_of(lead, name, of="company") for name in lead["company"]["attributes"]
        )
        met = [] if industry is None else [industry in ("machinery", "automotive")]
        met += [] if country is None else [country in ("JP", "DE")]
        met += [] if employees is None else [50 <= employees <= 2000]
        return sum(met) / len(met) if met else None
    if feature.kind == "persona":
        department, level = attribute_of(lead, "department"), as_number(attribute_of(lead, "title_level"))
        if department == "production" and level is not None and level >= 3:
            return "production_owner"
        return "insider" if department in ("production", "engineering") else None
    if feature.kind == "attribute":
        value = attribute_of(lead, feature.attribute, of=feature.of)
        return value if feature.values == "category" else as_number(value)
    if feature.of == "company":
        return None  # of its colleagues a request says nothing
    nothing = None if feature.when_nothing == "missing" else feature.when_nothing
    return from_facts(feature, facts_of(lead, feature, table), nothing)


def from_facts(feature, facts, nothing):
    ages = [(AS_OF - fact["happened_at"]) / DAY for fact in facts]
    values = [fact.get(feature.value) for fact in facts] if feature.value else []
    values = [value for value in values if value is not None]
    if feature.value == "day":
        values = [fact["happened_at"].date() for fact in facts]
    if feature.kind == "furthest":
        order = {"journey_stage": ["awareness", "consideration", "decision"], "lifecycle_stage": STAGES}[feature.value]
        values = [order.index(word) + 1 for word in values if word in order]
    if feature.kind == "stage_age":
        stages = [fact["lifecycle_stage"] for fact in facts]
        same = list(itertools.takewhile(lambda stage: stage == stages[-1], reversed(stages)))
        return ages[-len(same)] if facts else nothing
    if feature.kind == "days_between":
        start = next((place for place, fact in enumerate(facts) if passes(fact, feature.where)), len(facts))
        end = next((place for place in range(start + 1, len(facts)) if passes(facts[place], feature.to)), None)
        return None if end is None else ages[start] - ages[end]
    now = sum(age <= (feature.window_days or 0) for age in ages)
    answers = {
        "count": lambda: len(facts),
        "sum": lambda: math.fsum(values),
        "max": lambda: max(values),
        "distinct": lambda: len(set(values)),
        "furthest": lambda: max(values),
        "latest": lambda: facts[-1][feature.value],
        "latest_number": lambda: values[-1],
        "days_since": lambda: min(ages),
        "decayed": lambda: math.fsum(0.5 ** (age / feature.half_life_days) for age in ages),
        "decayed_in_steps": lambda: math.fsum(
            (1 - feature.percent / 100) ** (age // feature.every_days) for age in ages
        ),
        "mean": lambda: math.fsum(values) / len(values),
        "share": lambda: sum(passes(fact, feature.of_which) for fact in facts) / len(facts),
        "days_since_first": lambda: max(ages),
        "times_returned": lambda: len(facts),
        "attempts_since_hand_over": lambda: len(facts),
        "pace": lambda: now - (len(ages) - now),
    }
    return answers[feature.kind]() if (values if feature.value else facts) else nothing


def as_number(value):
    try:
        return None if value is None else float(value)
    except ValueError:
        return None


@pytest.fixture(scope="module")
def judged():
    """Give features of what was said and decided about a lead."""
    label = Label(en="Judged", ja="評価")
    features = [
        FeatureSpec(**{"name": f"judged_{number}", "label": label, "when_nothing": "missing", **keys})
        for number, keys in enumerate(JUDGED)
    ]
    return FeatureFileSpec(theme=Theme.SALES_TOUCH, label=label, features=tuple(features))


@pytest.mark.parametrize("seed", range(8))
def test_every_feature_is_what_a_plain_loop_says(seed, spec, judged, definitions):
    chance = random.Random(seed)
    leads = [random_lead(chance, number) for number in range(60)]
    leads = [{**lead, **random_facts(chance, JUDGEMENTS)} for lead in leads]
    (inline,) = histories_from_records(
        as_request(leads), definitions, Arrival(microseconds(AS_OF + 1000 * DAY), time_zone="UTC")
    )
    catalogue = Catalogue.of((*spec.themes, judged), definitions)
    assert {feature.kind for feature in catalogue.features} == set(all_kinds())
    every = np.arange(len(leads))
    matrix = compute_features(inline.history, every, np.full(len(leads), microseconds(AS_OF)), catalogue)
    for feature in catalogue.features:
        plain = [expected(lead, feature, catalogue.table_of[feature.name]) for lead in leads]
        engine = [matrix.shown(row, feature.name) for row in range(len(leads))]
        assert engine == [pytest.approx(v, abs=1e-9) if isinstance(v, float | int) else v for v in plain], feature.name
        assert len(set(plain)) > 1 or (feature.of == "company" and feature.kind == "count"), (
            f"{feature.name} never differs, so nothing was compared"
        )


def colleagues_facts(leads, lead):
    """Give what the company's other contacts did, each known since the contact was; None where there is no company."""
    members = [other for other in leads if other["company_id"] == lead["company_id"]]
    if lead["company_id"] is None or sum(member["known_at"] < AS_OF for member in members) > 500:
        return None
    return [
        {**fact, "of": other["lead_id"], "known_at": max(fact["known_at"], other["known_at"])}
        for other in members
        if other is not lead
        for fact in other["activities"]
    ]


def as_rows(records, columns):
    def objects(name):
        return np.array([record.get(name) for record in records], dtype=object)

    happened_at, known_at = ([microseconds(time) for time in objects(name)] for name in ("happened_at", "known_at"))
    return Rows(
        owner=encoded(objects("lead_id")),
        happened_at=np.array(happened_at),
        known_at=np.array(known_at),
        texts={column: encoded(objects(column)) for column in columns},
        numbers={"value": objects("value").astype(np.float64)} if "activity" in columns else {},
    )


@pytest.mark.parametrize("seed", range(4))
def test_the_company_is_its_other_contacts(seed, spec, definitions):
    chance = random.Random(seed)
    leads = [{**random_lead(chance, number), "happened_at": AS_OF - 300 * DAY} for number in range(60)]
    leads += [{"lead_id": f"M{number:03}", "happened_at": AS_OF - DAY, "activities": []} for number in range(999)]
    for lead in leads:
        lead["company_id"] = chance.choice(["C1", "C2", "C3", "C4", "C5", None])
        lead["known_at"] = AS_OF + chance.choice([-300 * DAY, -300 * DAY, -DAY, -MICROSECOND, timedelta(0), DAY])
    for number, lead in enumerate(leads[60:]):  # 500 and 501 known leads, with one that did something
        lead["company_id"], lead["known_at"] = "large" if number < 499 else "too large", AS_OF - DAY
    leads[0] |= {"company_id": "large", "known_at": AS_OF - DAY}
    leads[1] |= {"company_id": "too large", "known_at": AS_OF - DAY}
    leads[2] |= {"company_id": "large", "known_at": AS_OF}  # the 501st, but nobody knows it yet
    visits = [{**fact, "lead_id": lead["lead_id"]} for lead in leads for fact in lead["activities"]]
    tables = {"leads": as_rows(leads, ["company_id"]), "activities": as_rows(visits, ["activity", "content"])}
    history = build_history(tables, definitions)
    table_of = Catalogue.of(spec.themes, definitions).table_of
    asked = [feature for feature in spec.features if table_of[feature.name] == "activities"]
    asked = [feature.model_copy(update={"of": "company"}) for feature in asked if feature.since_stage is None]
    catalogue = Catalogue(tuple(asked), table_of, definitions)
    rows = [*range(60), 60, 60 + 499]
    positions = history.positions()
    where = np.array([positions[leads[row]["lead_id"]] for row in rows])
    matrix = compute_features(history, where, np.full(len(rows), microseconds(AS_OF)), catalogue)
    for feature in asked:
        plain = []
        for row in rows:
            facts = colleagues_facts(leads, leads[row])
            nothing = None if feature.when_nothing == "missing" else feature.when_nothing
            told = None if facts is None else facts_of({"activities": facts}, feature, "activities")
            plain.append(None if told is None else from_facts(feature, told, nothing))
        engine = [matrix.shown(row, feature.name) for row in range(len(rows))]
        assert engine == [pytest.approx(v, abs=1e-9) if isinstance(v, float | int) else v for v in plain], feature.name
        assert plain[-1] is None, "a company of 501 leads is no buying group"
        assert len(set(plain)) > 2, f"{feature.name} hardly differs, so nothing was compared"

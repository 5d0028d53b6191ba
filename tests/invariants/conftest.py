"""Histories of one lead around one instant, made so that the ends of all intervals are met often."""

import copy
import json
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import strategies as st

from leadml.clock import DAY, parse_instant, to_iso
from leadml.engine.catalogue import Catalogue, check_features
from leadml.engine.compute import compute_features
from leadml.history.inline import Arrival, histories_from_records
from leadml.scoring import Scorer
from leadml.snapshots import is_open, known_lead_type, known_stage
from leadml.specs.agreement_spec import RequiredFieldSpec
from leadml.specs.calendar_spec import CalendarSpec
from leadml.specs.feature_spec import FeatureFileSpec
from leadml.standings import Standings

AS_OF = parse_instant("2026-03-02T09:00:00Z", where="tests")
NOW = AS_OF + 1000 * DAY  # requests about the past may hold what has happened since

WORDS = {
    "attribute_changes": {
        "attribute": ["department", "title_level", "lead_type"],
        "value": ["production", "engineering", "2", "4", "existing_customer", "maintenance_service"],
    },
    "activities": {
        "activity": ["page_view", "email_click", "chat_opened"],
        "content": ["pricing", "trend_report", "buying_guide", "demo_video", None],
        "value": [None, 0.1, 0.7, 12.25],
    },
    "stage_changes": {"lifecycle_stage": ["lead", "mql", "sql", "customer", "elsewhere"]},
    "status_changes": {
        "lead_status": ["new", "working", "returned", "returned", "unqualified", "elsewhere"],
        "reason": ["not_ready", "unable_to_reach", "duplicate", None],
    },
    "assignments": {"owner": ["mori", "weber", "novak"]},
    "deal_changes": {
        "deal_id": ["D1", "D2"],
        "deal_stage": ["discovery", "quote_presented"],
        "amount": [None, 1000.1, 2000.2],
    },
    "connect_attempts": {
        "channel": ["phone", "email", "fax"],
        "result": ["connected", "no_answer", "unknown"],
        "made_by": ["person", "robot", None],
    },
    "scores": {"name": ["crm_rules", "intent"], "value": [-1.5, 40.1, 60.2]},
    "decisions": {
        "decision": ["hand_over", "keep", "override", "release", "recycle", "recycle"],
        "band": ["A", "B", "C", "gold", None],
        "explored": ["yes", "no", None],
        "probability": [0.1, 1.0, None],
    },
}
COMPANY = {
    "industry": ["machinery", "farming", None],
    "country": ["JP", "FR", None],
    "employees": [10, 500, None],
}

# What tests/project leaves out, as its CRM has neither scores nor decisions.
JUDGED = [
    {"name": "crm_score", "kind": "latest_number", "table": "scores", "value": "value", "where": {"name": "crm_rules"}},
    {"name": "scores_90d", "kind": "mean", "table": "scores", "value": "value", "window_days": 90},
    {"name": "hand_overs", "kind": "count", "table": "decisions", "where": {"decision": "hand_over"}},
    {"name": "last_band", "kind": "latest", "table": "decisions", "value": "band"},
    {"name": "last_chance", "kind": "latest_number", "table": "decisions", "value": "probability"},
]

# How long before as_of: the ends of the windows of 7, 30 and 90 days, and a microsecond to either side.
ENDS = [days * DAY + side for days in (7, 14, 30, 60, 90) for side in (-1, 0, 1)]
BEFORE = st.one_of(st.sampled_from([1, 2, DAY, *ENDS]), st.integers(1, 400 * DAY))
AFTER = st.one_of(st.sampled_from([1, DAY]), st.integers(1, 100 * DAY))


@dataclass(frozen=True)
class NotYetKnown:
    """A fact that must change nothing, and why."""

    why: str
    table: str
    fact: dict[str, object]


def times_known():
    """Pairs of happened_at and known_at, both before as_of; one in three facts became known late."""
    at_once = BEFORE.map(lambda before: (AS_OF - before, AS_OF - before))
    late = st.tuples(BEFORE, BEFORE).map(lambda pair: (AS_OF - max(pair), AS_OF - min(pair)))
    return st.one_of(at_once, at_once, late)


TIMES_NOT_YET_KNOWN = {
    "known after as_of": st.tuples(BEFORE, AFTER).map(lambda pair: (AS_OF - pair[0], AS_OF + pair[1])),
    "known exactly at as_of": BEFORE.map(lambda before: (AS_OF - before, AS_OF)),
    "happened exactly at as_of": st.one_of(st.just(0), AFTER).map(lambda late: (AS_OF, AS_OF + late)),
    "in the future": st.tuples(AFTER, st.one_of(st.just(0), AFTER)).map(
        lambda pair: (AS_OF + pair[0], AS_OF + sum(pair))
    ),
}


def facts_of(table, times):
    """One fact of a table; a few carry an id, so that corrections of the same event are met."""
    words = st.fixed_dictionaries({column: st.sampled_from(values) for column, values in WORDS[table].items()})
    ids = st.sampled_from([None, None, "E1"])
    return st.builds(
        lambda words, times, event_id: {
            "happened_at": to_iso(times[0]),
            "known_at": to_iso(times[1]),
            **words,
            **({} if event_id is None else {"event_id": event_id}),
        },
        words,
        times,
        ids,
    )


def companies():
    return st.fixed_dictionaries({name: st.sampled_from(values) for name, values in COMPANY.items()}).map(
        lambda attributes: {"created_at": to_iso(AS_OF - 500 * DAY), "attributes": attributes}
    )


def lead_records(fewest=0):
    """One lead as a request holds it, with facts in all tables; all were known before as_of."""
    tables = {table: st.lists(facts_of(table, times_known()), min_size=fewest, max_size=5) for table in WORDS}
    return st.fixed_dictionaries(
        {
            "lead_id": st.just("L1"),
            "created_at": st.just(to_iso(AS_OF - 450 * DAY)),
            "company_id": st.just("C1"),
            "lead_type": st.sampled_from(["new_prospect", "existing_customer", None]),
            "attributes": st.fixed_dictionaries({"department": st.sampled_from(["production", "finance", None])}),
            "company": companies(),
            **tables,
        }
    )


def told_again(why):
    """The same lead with its company, in a second record that was not yet known."""
    return st.builds(
        lambda company, times: NotYetKnown(
            why,
            "leads",
            {
                **{table: [] for table in WORDS},
                "lead_id": "L1",
                "created_at": to_iso(times[0]),
                "known_at": to_iso(times[1]),
                "attributes": {"department": "engineering", "title_level": 5},
                "company": {**company, "created_at": to_iso(times[0]), "known_at": to_iso(times[1])},
            },
        ),
        companies(),
        TIMES_NOT_YET_KNOWN[why],
    )


def facts_not_yet_known(why):
    return st.sampled_from(sorted(WORDS)).flatmap(
        lambda table: facts_of(table, TIMES_NOT_YET_KNOWN[why]).map(lambda fact: NotYetKnown(why, table, fact))
    )


@pytest.fixture(scope="session")
def placing_agreement(spec):
    """Agree on all that placing can ask of a history, over the agreement of tests/project."""
    agreement = spec.agreement
    bands = {
        key: tuple(band.model_copy(update={"stays_within_points": 15, "accept_within_hours": 9}) for band in each)
        for key, each in agreement.promises.bands.items()
    }
    waits = {"not_ready": 390, "unable_to_reach": 90, "duplicate": 400}
    reasons = {
        reason: agreed.model_copy(update={"recycle_after_days": waits.get(reason)})
        for reason, agreed in agreement.definitions.return_reasons.items()
    }
    required = (RequiredFieldSpec(attribute="department"), RequiredFieldSpec(attribute="country", of="company"))
    definitions = {"return_reasons": reasons, "required_fields": {"sql": required}}
    return agreement.model_copy(
        update={
            "calendar": CalendarSpec(time_zone="Asia/Tokyo"),
            "definitions": agreement.definitions.model_copy(update=definitions),
            "promises": agreement.promises.model_copy(update={"bands": bands}),
        }
    )


@pytest.fixture(scope="session")
def scorer(demo_model, spec, placing_agreement):
    """Give the one path of a score, under an agreement whose places depend on all that they can depend on."""
    return Scorer(demo_model, replace(spec, agreement=placing_agreement))


@pytest.fixture(scope="session")
def as_of():
    return AS_OF


@pytest.fixture(scope="session")
def leads():
    return lead_records()


@pytest.fixture(scope="session")
def leads_with_facts_in_all_tables():
    return lead_records(fewest=1)


@pytest.fixture(scope="session")
def reasons_not_to_know():
    return list(TIMES_NOT_YET_KNOWN)


@pytest.fixture(scope="session")
def not_yet_known():
    whys = st.sampled_from(sorted(TIMES_NOT_YET_KNOWN))
    return whys.flatmap(lambda why: st.one_of(*[facts_not_yet_known(why)] * 5, told_again(why)))


@pytest.fixture(scope="session")
def added():
    """Add facts to a lead's record; gives all records of the request."""

    def add(lead, facts):
        lead, others = copy.deepcopy(lead), []
        for extra in facts:
            if extra.table == "leads":
                others.append(extra.fact)
            else:
                lead[extra.table].append(extra.fact)
        return [lead, *others]

    return add


@pytest.fixture(scope="session")
def history_from(definitions):
    """Build the history of records that all have the same tables."""

    def build(records):
        (inline,) = histories_from_records(records, definitions, Arrival(NOW))
        return inline.history

    return build


@pytest.fixture(scope="session")
def catalogue(spec, definitions):
    """Give every feature of tests/project, and those over the tables that its CRM does not have."""
    features = [{"label": {"en": "Judged", "ja": "評価"}, "when_nothing": "missing", **feature} for feature in JUDGED]
    theme = {"theme": "sales_touch", "label": {"en": "Judged", "ja": "評価"}, "features": features}
    judged = FeatureFileSpec.model_validate_json(json.dumps(theme))
    check_features([judged], definitions)
    return Catalogue.of((*spec.themes, judged), definitions)


def explored(promises):
    """Agree on a lot too: then the status is asked."""
    return promises.model_copy(update={"exploration_share": 0.1})


@pytest.fixture(scope="session")
def known_of(history_from, catalogue, definitions, placing_agreement):
    """Say everything that a score of L1 at as_of may know, as a person reads it."""
    standings = Standings(placing_agreement.model_copy(update={"promises": explored(placing_agreement.promises)}))

    def say(records):
        history = history_from(records)
        lead, instant = np.array([history.positions()["L1"]]), np.array([AS_OF])
        matrix = compute_features(history, lead, instant, catalogue)
        return {
            **{name: matrix.shown(0, name) for name in matrix.names},
            "open": bool(is_open(history, lead, instant, definitions)[0]),
            "lifecycle stage": known_stage(history, lead, instant, definitions)[0],
            "type of lead": known_lead_type(history, lead, instant, definitions)[0],
            "standing": standings.find(history, ["L1"], lead, instant)[0],
        }

    return say

"""A score caused by a fact is the same in training and live: both stand just after it, by `clock.just_after`."""

import copy
from collections import Counter

import numpy as np
import orjson
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadml import clock
from leadml.clock import DAY, just_after, parse_instant, to_iso
from leadml.engine.catalogue import Catalogue
from leadml.engine.compute import compute_features
from leadml.history.requests import read_request
from leadml.service.answering import ScoringDesk
from leadml.snapshots import instants_just_after, make_snapshots
from leadml.specs.readiness_spec import SnapshotSpec
from leadml.store.ledger import Ledger

MINUTE = 60_000_000
LEAD = {
    "lead_id": "L1",
    "created_at": "2026-01-05T08:00:00Z",
    "company_id": "C1",
    "lead_type": "new_prospect",
    "attributes": {"department": "production", "title_level": 4},
    "company": {"created_at": "2026-01-05T08:00:00Z", "attributes": {"industry": "machinery", "employees": 400}},
    "activities": [
        {"happened_at": "2026-02-01T10:00:00Z", "known_at": "2026-02-01T10:00:00Z", "activity": "email_click"}
    ],
    "stage_changes": [
        {"happened_at": "2026-01-05T08:00:00Z", "known_at": "2026-01-05T08:00:00Z", "lifecycle_stage": "lead"}
    ],
}
PRICING = {"happened_at": "2026-02-10T09:00:00Z", "activity": "page_view", "content": "pricing"}
INTO_MQL = {"happened_at": "2026-02-10T09:00:00Z", "lifecycle_stage": "mql"}


@pytest.fixture(scope="module")
def post(scorer, spec, tmp_path_factory):
    """Send a live request to the service's desk at an instant of the server's clock; gives the answer."""
    ledger = Ledger(tmp_path_factory.mktemp("ledger") / "ledger.db")
    desk = ScoringDesk(scorer, ledger, times=spec.history)
    posted = iter(range(10**6))

    def send(lead, now):
        # The ledger remembers each lead; a name of its own keeps the examples apart.
        named = {**lead, "lead_id": f"{lead['lead_id']}-{next(posted)}"}
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(clock, "now", lambda: now)
            (answer,) = desk.answer(read_request(orjson.dumps({"leads": [named]})))["answers"]
        return {**answer, "lead_id": lead["lead_id"]}

    yield send
    desk.close()


def without_nothing(record):
    """Leave out what is not filled, as a client would."""
    return {
        key: without_nothing(value)
        if isinstance(value, dict)
        else [without_nothing(fact) for fact in value]
        if isinstance(value, list)
        else value
        for key, value in record.items()
        if value is not None
    }


def as_files(lead, known_at):
    """Write the facts of a request as the files that the CRM would export later; new facts became known live."""
    company = lead["company"]
    lead_row = {name: value for name, value in lead.items() if isinstance(value, str)}
    company_row = {
        "company_id": lead["company_id"],
        **{name: company[name] for name in company if name != "attributes"},
    }
    tables = {
        "leads": [{**lead_row, **lead["attributes"]}],
        "companies": [{**company_row, **company["attributes"]}],
        **{
            table: [{"lead_id": lead["lead_id"], **fact} for fact in facts]
            for table, facts in lead.items()
            if isinstance(facts, list)
        },
    }
    for rows in tables.values():
        for row in rows:
            row.setdefault("known_at", to_iso(known_at))
    return {table: pd.DataFrame(rows).to_csv(index=False) for table, rows in tables.items()}


def batch_answer(scorer, history, happened_at):
    (as_of,) = instants_just_after(history, np.array([0]), np.array([happened_at])).tolist()
    (score,) = scorer.score(history, history.lead_ids, as_of)
    return score.to_dict()


def test_a_posted_fact_has_the_answer_that_batch_gives_just_after_it(
    leads_with_facts_in_all_tables, not_yet_known, post, scorer, history_of, as_of
):
    facts_posted, placed = not_yet_known.filter(lambda fact: fact.table != "leads"), Counter()

    @given(leads_with_facts_in_all_tables, facts_posted, st.integers(0, 3), st.booleans())
    @settings(max_examples=max(settings().max_examples // 2, 15))
    def check(lead, posted, minutes_later, all_new):
        # The posted fact happened just now or a little earlier; whatever it says, it is known only from now on.
        lead, new = copy.deepcopy(lead), {**posted.fact, "happened_at": to_iso(as_of)}
        del new["known_at"]
        new.pop("event_id", None)
        lead[posted.table].append(new)
        lead["known_at"] = lead["company"]["known_at"] = lead["created_at"]
        now = as_of + minutes_later * MINUTE
        if all_new:  # a client that knows nothing of known_at
            for facts in lead.values():
                for fact in facts if isinstance(facts, list) else []:
                    fact.pop("known_at", None)
        lead = without_nothing(lead)
        live = post(lead, now)
        assert live["as_of"] == to_iso(just_after([now]))
        assert live == batch_answer(scorer, history_of(**as_files(lead, now)), as_of)
        placed.update(key for key in ("last_band", "override", "waits_until") if live[key])

    check()
    assert {key: placed[key] > 0 for key in ("last_band", "override", "waits_until")} == dict.fromkeys(
        ("last_band", "override", "waits_until"), True
    )


@pytest.mark.parametrize("delay", [0, 1, 3 * DAY])
def test_a_posted_event_changes_the_answer_to_that_same_request(delay, post):
    now = parse_instant(PRICING["happened_at"], where="tests") + delay
    before = post(LEAD, now)
    after = post({**LEAD, "activities": [*LEAD["activities"], PRICING]}, now)

    def value(answer, name):
        lines = [line for theme in answer["effects"] for line in theme["features"]]
        return next(line["value"] for line in lines if line["feature"] == name)

    assert (value(before, "pricing_views_30d"), value(after, "pricing_views_30d")) == (0, 1)
    assert after["rules"]["rule_points"] == pytest.approx(before["rules"]["rule_points"] + 4.1)
    assert after["score_unclipped"] != before["score_unclipped"]


@pytest.mark.parametrize("delay", [0, 1, 3 * DAY])
def test_training_sees_the_stage_just_entered_as_serving_does(delay, post, history_of, spec, definitions):
    now = parse_instant(INTO_MQL["happened_at"], where="tests") + delay
    lead = {**LEAD, "stage_changes": [*LEAD["stage_changes"], INTO_MQL]}
    history = history_of(**as_files(lead, now))
    snapshots = make_snapshots(history, [SnapshotSpec(since="mql", days=0)], definitions)
    matrix = compute_features(history, snapshots.leads, snapshots.as_of, Catalogue.of(spec.learned_themes, definitions))
    live = post(lead, now)
    assert [to_iso(instant) for instant in snapshots.as_of.tolist()] == [live["as_of"]]
    assert live["lifecycle_stage"] == "mql"
    assert matrix.shown(0, "furthest_stage") == 3
    assert {line["feature"]: line["value"] for theme in live["effects"] for line in theme["features"]} == {
        name: matrix.shown(0, name) for name in matrix.names
    }

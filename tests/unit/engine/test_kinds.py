"""Each kind of feature on facts that one can count by eye. Scored on Monday 2 March 2026, 09:00 UTC."""

import numpy as np
import pytest

from leadml.clock import parse_instant
from leadml.engine.catalogue import Catalogue
from leadml.engine.compute import compute_features
from leadml.specs.feature_spec import FeatureSpec
from leadml.specs.reading import Label

AS_OF = parse_instant("2026-03-02T09:00:00Z", where="tests")
LABEL = Label(en="Tried", ja="試験")

LEADS = """
    lead_id,created_at,company_id,lead_type,department,title_level
    L1,2026-01-01T00:00:00Z,C1,new_prospect,production,4
    L2,2026-01-01T00:00:00Z,C2,,finance,
"""
COMPANIES = """
    company_id,created_at,known_at,industry,country,employees
    C1,2025-01-01T00:00:00Z,2025-01-01T00:00:00Z,machinery,FR,
    C1,2026-02-01T00:00:00Z,2026-02-01T00:00:00Z,,,49
    C1,2026-02-20T00:00:00Z,2026-03-02T10:00:00Z,,,500
"""
ACTIVITIES = """
    lead_id,happened_at,known_at,activity,content,value
    L1,2026-02-16T09:00:00Z,2026-02-16T09:00:00Z,page_view,pricing,10
    L1,2026-02-24T09:00:00Z,2026-02-24T09:00:00Z,page_view,trend_report,
    L1,2026-03-01T08:00:00Z,2026-03-01T08:00:00Z,page_view,pricing,2.5
    L1,2026-03-01T20:00:00Z,2026-03-01T20:00:00Z,email_click,case_study,
    L1,2026-03-02T08:00:00Z,2026-03-02T09:30:00Z,page_view,implementation_plan,99
"""
STAGES = """
    lead_id,happened_at,lifecycle_stage
    L1,2026-01-01T00:00:00Z,lead
    L1,2026-02-28T09:00:00Z,mql
    L1,2026-03-02T09:00:00Z,sql
"""
STATUSES = """
    lead_id,happened_at,known_at,lead_status
    L1,2026-02-28T09:00:00Z,2026-02-28T09:00:00Z,working
    L1,2026-02-28T09:00:00Z,2026-02-28T09:00:00Z,new
    L1,2026-03-01T09:00:00Z,2026-03-05T09:00:00Z,returned
"""
ATTEMPTS = """
    lead_id,happened_at,channel,result,made_by
    L1,2026-03-01T10:00:00Z,phone,no_answer,person
    L1,2026-03-01T11:00:00Z,phone,no_answer,robot
    L1,2026-03-01T12:00:00Z,fax,connected,person
    L1,2026-03-01T13:00:00Z,email,connected,
"""
SCORES = """
    lead_id,happened_at,known_at,name,value
    L1,2026-02-01T02:00:00Z,2026-02-01T02:00:00Z,hubspot_score,60
    L1,2026-02-20T02:00:00Z,2026-02-20T02:00:00Z,hubspot_score,40
    L1,2026-02-20T02:00:00Z,2026-02-20T02:00:00Z,hubspot_score,35
    L1,2026-02-25T02:00:00Z,2026-02-25T02:00:00Z,hubspot_score,
    L1,2026-02-26T02:00:00Z,2026-02-26T02:00:00Z,intent,7
    L1,2026-03-01T02:00:00Z,2026-03-02T09:00:00Z,hubspot_score,90
"""
DECISIONS = """
    lead_id,happened_at,decision,band,explored,probability
    L1,2026-02-10T09:00:00Z,keep,C,no,
    L1,2026-02-20T09:00:00Z,hand_over,C,yes,0.1
    L1,2026-03-02T09:00:00Z,override,A,no,
"""
CHANGES = """
    lead_id,happened_at,attribute,value
    L1,2026-02-01T00:00:00Z,title_level,2
    L2,2026-02-01T00:00:00Z,department,engineering
"""


@pytest.fixture(scope="module")
def history(history_of):
    return history_of(
        leads=LEADS,
        companies=COMPANIES,
        activities=ACTIVITIES,
        stage_changes=STAGES,
        status_changes=STATUSES,
        connect_attempts=ATTEMPTS,
        attribute_changes=CHANGES,
        scores=SCORES,
        decisions=DECISIONS,
    )


@pytest.fixture(scope="module")
def values_of(history, definitions):
    """Compute one feature of both leads, as a person reads it."""

    def compute(**feature):
        spec = FeatureSpec(name="tried", label=LABEL, **{"when_nothing": 0.0, **feature})
        catalogue = Catalogue((spec,), {"tried": spec.table}, definitions)
        matrix = compute_features(history, np.array([0, 1]), np.array([AS_OF, AS_OF]), catalogue)
        return [matrix.shown(row, "tried") for row in (0, 1)]

    return compute


@pytest.mark.parametrize(
    ("feature", "of_first", "of_second"),
    [
        # The visit of that very morning became known after the score.
        ({"kind": "count"}, 4, 0),
        ({"kind": "count", "window_days": 1.0}, 1, 0),
        ({"kind": "count", "window_days": 6.0, "where": {"activity": "page_view"}}, 2, 0),
        ({"kind": "count", "where": {"content": ("pricing", "case_study")}}, 3, 0),
        ({"kind": "count", "where": {"activity": "page_view", "content": "case_study"}}, 0, 0),
        ({"kind": "count", "where": {"journey_stage": "consideration"}}, 1, 0),
        ({"kind": "count", "when_nothing": "missing"}, 4, None),
        ({"kind": "sum", "value": "value"}, 12.5, 0),
        ({"kind": "sum", "value": "value", "window_days": 14.0}, 12.5, 0),
        ({"kind": "sum", "value": "value", "window_days": 13.0}, 2.5, 0),
        ({"kind": "max", "value": "value"}, 10, 0),
        # Facts that have no number are none at all.
        ({"kind": "max", "value": "value", "where": {"activity": "email_click"}}, 0, 0),
        ({"kind": "distinct", "value": "activity"}, 2, 0),
        ({"kind": "distinct", "value": "content"}, 3, 0),
        ({"kind": "distinct", "value": "day"}, 3, 0),
        ({"kind": "days_since", "when_nothing": "missing"}, 13 / 24, None),
        ({"kind": "days_since", "where": {"content": "pricing"}}, 25 / 24, 0),
        ({"kind": "decayed", "half_life_days": 7.0, "where": {"content": "pricing"}}, 0.25 + 0.5 ** (25 / 24 / 7), 0),
        # The visit two weeks ago has lost a half twice, and that of yesterday nothing.
        ({"kind": "decayed_in_steps", "percent": 50.0, "every_days": 7.0, "where": {"content": "pricing"}}, 1.25, 0),
        # Three in the last week; one, at its very beginning, in the week before.
        ({"kind": "pace", "window_days": 7.0}, 2, 0),
        ({"kind": "furthest", "value": "journey_stage"}, 2, 0),
        ({"kind": "latest", "value": "activity", "when_nothing": "missing"}, "email_click", None),
    ],
)  # fmt: skip
def test_what_a_lead_did(feature, of_first, of_second, values_of):
    expected = [pytest.approx(v) if isinstance(v, float) else v for v in (of_first, of_second)]
    assert values_of(table="activities", **feature) == expected


@pytest.mark.parametrize(
    ("feature", "of_first"),
    [
        # The entry into SQL happened at as_of: not before it.
        ({"table": "stage_changes", "kind": "furthest", "value": "lifecycle_stage"}, 3),
        ({"table": "stage_changes", "kind": "days_since", "where": {"lifecycle_stage": "mql"}}, 2),
        # Of one instant, `working` is declared after `new`; the return is not known yet.
        ({"table": "status_changes", "kind": "latest", "value": "lead_status", "when_nothing": "missing"}, "working"),
        ({"table": "status_changes", "kind": "latest", "value": "meaning", "when_nothing": "missing"}, "open"),
        # The second was made by a robot and the third by fax; the fourth does not say who made it.
        ({"table": "connect_attempts", "kind": "count", "where": {"valid": "yes"}}, 2),
        ({"table": "leads", "kind": "count"}, 1),
        ({"table": "leads", "kind": "days_since"}, 60.375),
    ],
)
def test_where_a_lead_stands(feature, of_first, values_of):
    assert values_of(**feature)[0] == of_first


@pytest.mark.parametrize(
    ("feature", "of_first", "of_second"),
    [
        # Of one instant the larger number comes last; a later fact has none, and 90 was known at as_of, not before it.
        ({"kind": "latest_number", "value": "value", "where": {"name": "hubspot_score"}}, 40, None),
        ({"kind": "latest_number", "value": "value"}, 7, None),
        ({"kind": "latest_number", "value": "value", "window_days": 3.0}, None, None),
        ({"kind": "latest_number", "value": "value", "where": {"name": "fit"}, "when_nothing": -1.0}, -1, -1),
        ({"kind": "mean", "value": "value", "where": {"name": "hubspot_score"}}, 45, None),
        ({"table": "decisions", "kind": "count", "when_nothing": 0.0}, 2, 0),
        ({"table": "decisions", "kind": "count", "where": {"explored": "yes"}, "when_nothing": 0.0}, 1, 0),
        ({"table": "decisions", "kind": "latest", "value": "decision"}, "hand_over", None),
        ({"table": "decisions", "kind": "latest_number", "value": "probability"}, 0.1, None),
    ],
)  # fmt: skip
def test_what_was_said_and_decided_about_a_lead(feature, of_first, of_second, values_of):
    assert values_of(**{"table": "scores", "when_nothing": "missing", **feature}) == [of_first, of_second]


@pytest.mark.parametrize(
    ("feature", "of_both"),
    [
        # It was 4 at creation; it is what it was later known to be.
        ({"kind": "attribute", "attribute": "title_level"}, [2, None]),
        ({"kind": "attribute", "attribute": "department", "values": "category"}, ["production", "engineering"]),
        ({"kind": "attribute", "attribute": "lead_type", "values": "category"}, ["new_prospect", None]),
        # 500 employees were known only after the score; nothing is known of C2.
        ({"kind": "attribute", "attribute": "employees", "of": "company"}, [49, None]),
        # A word is no number.
        ({"kind": "attribute", "attribute": "industry", "of": "company"}, [None, None]),
        ({"kind": "attribute", "attribute": "nobody_wrote_this"}, [None, None]),
        # Machinery fits, France and 49 employees do not.
        ({"kind": "match"}, [pytest.approx(1 / 3), None]),
        # L1 has fallen below level 3, so it is the second persona that fits.
        ({"kind": "persona"}, ["insider", "insider"]),
    ],
)
def test_who_the_lead_is(feature, of_both, values_of):
    assert values_of(**{"when_nothing": "missing", **feature}) == of_both


def test_the_share_of_the_profile_is_of_what_is_known(history_of, definitions):
    history = history_of(leads=LEADS, companies="company_id,created_at,industry,country\nC1,2025-01-01T00:00:00Z,,DE")
    spec = FeatureSpec(name="tried", label=LABEL, kind="match", when_nothing="missing")
    matrix = compute_features(
        history, np.array([0]), np.array([AS_OF]), Catalogue((spec,), {"tried": None}, definitions)
    )
    assert matrix.shown(0, "tried") == 1.0


def test_a_table_of_which_nothing_is_known_is_missing_and_not_nothing(history, definitions):
    features = [
        FeatureSpec(name="deals", label=LABEL, kind="count", table="deal_changes", when_nothing=0.0),
        FeatureSpec(
            name="owner", label=LABEL, kind="latest", table="assignments", value="owner", when_nothing="missing"
        ),
    ]
    catalogue = Catalogue(tuple(features), {feature.name: feature.table for feature in features}, definitions)
    matrix = compute_features(history, np.array([0]), np.array([AS_OF]), catalogue)
    assert matrix.shown_row(0) == {"deals": None, "owner": None}
    assert catalogue.unknown_in(history) == ("assignments", "deal_changes")


def test_many_snapshots_of_a_lead_are_computed_each_on_its_own(history, definitions):
    spec = FeatureSpec(name="tried", label=LABEL, kind="count", table="activities", when_nothing=0.0)
    days = ["2026-02-16T09:00:00Z", "2026-02-16T09:00:00.000001Z", "2026-03-01T23:00:00Z", "2026-03-02T09:30:01Z"]
    as_of = np.array([parse_instant(day, where="tests") for day in days])
    catalogue = Catalogue((spec,), {"tried": "activities"}, definitions)
    assert compute_features(history, np.zeros(4, np.int64), as_of, catalogue).values[:, 0].tolist() == [0, 1, 4, 5]


def test_no_snapshots_give_no_rows(history, definitions, spec):
    catalogue = Catalogue.of(spec.themes, definitions)
    matrix = compute_features(history, np.empty(0, np.int64), np.empty(0, np.int64), catalogue)
    assert matrix.values.shape == (0, len(spec.features))

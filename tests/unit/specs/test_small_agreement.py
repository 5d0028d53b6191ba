"""A first agreement is short: one lead type and two bands, and all else has a sound default."""

import pytest

from leadml.agreement.placement import Standing, place
from leadml.clock import parse_instant
from leadml.project import Project
from leadml.training import train

MOST_LINES = 40
SMALL = """\
version: "2026.1"
valid_from: 2026-01-01
owners: {marketing: Marketing operations, sales: Inside sales}
calendar: {time_zone: Asia/Tokyo, holidays: JP}
definitions:
  ready: {reach: sql, within_days: 30}
  lifecycle_stages: [lead, mql, sql, customer]
  lead_types: {new_prospect: {en: New prospect, ja: 新規見込み客}}
  lead_statuses: {new: open, returned: returned, unqualified: closed}
  return_reasons: {not_ready: negative}
  deal_stages: {discovery: 0.3, closed_won: 1.0, closed_lost: 0.0}
  lead_score: {probability_at_50: 0.5}
promises:
  bands:
    default:
      - {name: A, score_at_least: 60, lifecycle_stage: sql, first_attempt_within_hours: 4}
      - {name: B}
"""


@pytest.fixture
def small_project(tiny_project):
    (tiny_project / "sla.yaml").write_text(SMALL, "utf-8")
    return Project(tiny_project)


def test_a_small_agreement_is_enough_to_place_a_score(small_project):
    assert len(SMALL.splitlines()) <= MOST_LINES
    friday = parse_instant("2026-03-06T17:00+09:00", where="tests")
    agreement = small_project.spec.agreement
    placement = place(70, Standing(friday, "new_prospect", "mql"), agreement)
    assert (placement.band, placement.recommended_lifecycle_stage, placement.automatic) == ("A", "sql", False)
    assert placement.respond_by == parse_instant("2026-03-09T12:00+09:00", where="tests")
    assert place(59, Standing(friday, "new_prospect", "mql"), agreement).band == "B"


def test_what_it_does_not_say_is_usual(small_project):
    promises, definitions = small_project.spec.agreement.promises, small_project.spec.agreement.definitions
    assert promises.connect_attempts.model_dump(exclude_none=True) == {
        "at_least": 5, "within_days": 10, "channels": ("phone", "email"), "hours_between": 0,
        "until": ("connected", "replied"),
    }  # fmt: skip
    assert (promises.exploration_share, promises.escalation, promises.capacity) == (0, (), None)
    assert definitions.connect_attempt.channels == ("phone", "email", "meeting")
    assert definitions.ideal_customer_profile.criteria == ()


def test_a_model_learns_and_answers_under_it(small_project):
    training_set = small_project.training_set()
    model = train(training_set, small_project.spec)
    assert model is not None

"""Promises of the past are judged by what was agreed then."""

import pytest

from leadml.agreement.in_force import agreement_in_force, spells_of
from leadml.clock import parse_instant
from leadml.kept.period import Period
from leadml.kept.states import Promise
from leadml.outcomes import NEVER
from leadml.project import Project


@pytest.fixture
def two_agreements(tiny_project):
    """L1 is handed over on 20 January under an earlier agreement, L4 on 10 March under today's, which is stricter."""
    today = tiny_project / "sla.yaml"
    text = today.read_text("utf-8")
    (tiny_project / "agreements").mkdir()
    earlier = text.replace('"2026.1"', '"2025.1"').replace("2026-01-01", "2025-01-01")
    earlier = earlier.replace("first_attempt_within_hours: 4", "first_attempt_within_hours: 900")
    (tiny_project / "agreements" / "2025.yaml").write_text(earlier, "utf-8")
    today.write_text(text.replace("2026-01-01", "2026-02-01"), "utf-8")
    return Project(tiny_project)


def test_each_hand_over_is_reported_under_the_agreement_that_held(two_agreements):
    reports = two_agreements.agreement.reports()
    assert [(report.judged.agreement.version, len(report.judged)) for report in reports] == [
        ("2025.1", 1),
        ("2026.1", 1),
    ]
    due = [int(report.judged.timed[Promise.FIRST_ATTEMPT].due[0]) for report in reports]
    handed = [int(report.judged.hand_overs.happened_at[0]) for report in reports]
    assert [(end - begin) // 3_600_000_000 for begin, end in zip(handed, due, strict=True)] == [900, 4]


def test_a_period_asks_only_the_agreements_of_its_time(two_agreements):
    period = Period.read("2026-02-15", None, time_zone="UTC")
    (report,) = two_agreements.agreement.reports(period)
    assert report.judged.agreement.version == "2026.1"


def test_what_is_due_is_due_by_the_agreement_of_its_hand_over(two_agreements):
    def waits(as_of):
        due = two_agreements.agreement.due(as_of=as_of)
        return due.agreement.version, {(one.lead_id, one.promise, str(one.state)) for one in due.promises}

    version, waiting = waits("2026-03-11T09:00:00Z")
    assert version == "2026.1"
    assert ("L4", "first_attempt", "broken") in waiting
    version, waiting = waits("2026-01-21T09:00:00Z")
    assert version == "2025.1"
    assert not any(promise == "first_attempt" and state == "broken" for _, promise, state in waiting)


def test_spells_are_what_holds_instant_by_instant(two_agreements):
    agreements = (*two_agreements.spec.other_agreements, two_agreements.spec.agreement)
    for text in ("2024-06-01", "2026-01-31T23:59:59Z", "2026-02-01T00:00:00Z", "2027-01-01"):
        instant = parse_instant(text, where="tests", time_zone="UTC")
        (spell,) = [spell for spell in spells_of(agreements) if spell.begin <= instant < spell.end]
        assert spell.agreement is agreement_in_force(agreements, instant).agreement


def test_an_attempt_counts_by_the_words_of_its_time(two_agreements, tiny_project):
    """Sales phoned L1: under an agreement by which meetings alone are attempts, that was none."""
    earlier = tiny_project / "agreements" / "2025.yaml"

    def first_attempt_at():
        return [int(report.judged.done.first_attempt_at[0]) for report in Project(tiny_project).agreement.reports()]

    before = first_attempt_at()
    assert before[0] != NEVER
    words = earlier.read_text("utf-8").replace(
        "connect_attempt: {channels: [phone, email]", "connect_attempt: {channels: [meeting]"
    )
    earlier.write_text(
        words.replace(
            "connect_attempts: {at_least: 5, within_days: 10, channels: [phone, email]}",
            "connect_attempts: {channels: [meeting]}",
        ),
        "utf-8",
    )
    assert first_attempt_at() == [NEVER, before[1]]

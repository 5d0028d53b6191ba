"""A training goes on only when every error is accepted by name, with a reason."""

import pytest

from leadml.errors import LeadmlError, ProblemsError
from leadml.leakage.acceptance import LeakError, accepted_leaks
from leadml.leakage.findings import AuditReport, Grade, LeakFinding

DURATION = LeakFinding(
    "too_good", Grade.ERROR, "leads", "duration", {"auc": 0.85, "low": 0.84, "high": 0.86, "others": 0.6, "limit": 0.8}
)
SENT = LeakFinding(
    "only_ready", Grade.ERROR, "activities", "activity",
    {"value": "contract_sent", "leads": 40, "ready": 40, "expected": 8.0}, "contract_sent"
)  # fmt: skip
SOURCE = LeakFinding("without_history", Grade.NOTE, "leads", "source", {"leads": 900})
REPORT = AuditReport((DURATION, SENT, SOURCE), snapshots=3000, leads=1000, ready=200, columns=50)


def test_every_error_that_is_not_accepted_stops_the_training_and_a_note_does_not():
    with pytest.raises(ProblemsError) as caught:
        accepted_leaks(REPORT, {})
    assert [problem.where for problem in caught.value.problems] == [
        "leads.duration",
        "activities.activity=contract_sent",
    ]


def test_an_error_says_what_the_finding_says_in_both_languages():
    error = LeakError(DURATION)
    assert error.part("why").startswith(DURATION.said("evidence"))
    assert error.part("why", "ja").startswith(DURATION.said("evidence", "ja"))
    assert "--accept-leak 'leads.duration' --because" in error.part("fix")
    assert error.code == "leak_found"


def test_accepted_leaks_are_recorded_with_their_evidence_and_the_reason():
    because = {"leads.duration": "timed before the call", "activities.activity=contract_sent": "a rule of ours"}
    recorded = accepted_leaks(REPORT, because)
    assert [(leak["name"], leak["because"]) for leak in recorded] == list(because.items())
    assert recorded[0] == {
        "name": "leads.duration",
        "code": "too_good",
        "grade": "error",
        "values": dict(DURATION.values),
        "because": "timed before the call",
    }


def test_a_name_that_was_not_found_gets_the_nearest_that_was():
    with pytest.raises(ProblemsError) as caught:
        accepted_leaks(REPORT, {"leads.duraton": "I know", "activities.activity=contract_sent": "a rule"})
    unknown, left = caught.value.problems
    assert unknown.part("fix").startswith("Did you mean 'leads.duration'?")
    assert left.where == "leads.duration"


def test_a_reason_must_say_something():
    clean = AuditReport((DURATION,), snapshots=10, leads=10, ready=5, columns=1)
    with pytest.raises(LeadmlError) as caught:
        accepted_leaks(clean, {"leads.duration": "  "})
    assert caught.value.code == "leak_without_reason"


def test_a_clean_report_accepts_nothing_and_stops_nothing():
    assert accepted_leaks(AuditReport((SOURCE,), 10, 10, 5, 1), {}) == []

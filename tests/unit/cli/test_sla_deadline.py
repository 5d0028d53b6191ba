"""What `leadml sla deadline` says; the clock behind it is tried in tests/oracles."""

import json

import pytest
from typer.testing import CliRunner

from leadml.cli.main import app

WIDE = {"COLUMNS": "200", "TERM": "dumb", "NO_COLOR": "1"}
CALENDAR = "calendar: {time_zone: Asia/Tokyo, holidays: JP}\ndefinitions:"


@pytest.fixture
def ask(tiny_project):
    """Ask for a deadline under the tiny agreement, with the office hours of Tokyo."""
    file = tiny_project / "sla.yaml"
    file.write_text(file.read_text("utf-8").replace("definitions:", CALENDAR, 1), "utf-8")

    def run(*words):
        arguments = ["sla", "deadline", *words, "--project", str(tiny_project)]
        return CliRunner().invoke(app, arguments, env=WIDE)

    return run


def test_a_deadline_is_told_in_local_time_and_utc_with_what_it_passes(ask):
    told = ask("2026-05-01T16:00", "--hours", "3")
    assert told.exit_code == 0
    assert "Promised: 3 business hours" in told.stdout
    assert "Starts 2026-05-01T16:00:00+09:00 (Asia/Tokyo), 2026-05-01T07:00:00.000000Z" in told.stdout
    assert "Due    2026-05-07T10:00:00+09:00 (Asia/Tokyo), 2026-05-07T01:00:00.000000Z" in told.stdout
    assert "Wed 2026-05-06" in told.stdout
    assert "public holiday: Substitute Holiday" in told.stdout


def test_the_promises_of_a_band_are_told(ask):
    told = json.loads(ask("2026-03-06T17:00", "--band", "A", "--json").stdout)
    assert told["agreement_version"] == "2026.1"
    (first,) = told["deadlines"]
    assert (first["promise"], first["hours"], first["due_local"]) == (
        "first_attempt_within_hours", 4, "2026-03-09T12:00:00+09:00",
    )  # fmt: skip
    assert [(day["day"], day["hours"]) for day in first["days"]][-1] == ("2026-03-09", 3)


def test_the_wall_clock_and_offsets_are_taken_as_they_are(ask):
    told = json.loads(ask("2026-03-06T08:00Z", "--hours", "4", "--clock", "wall", "--json").stdout)
    assert told["deadlines"][0]["due_local"] == "2026-03-06T21:00:00+09:00"


def test_a_long_promise_tells_its_first_days_and_how_many_more(ask):
    told = ask("2026-03-06T17:00", "--hours", "900")
    assert "more days" in told.stdout
    assert len(told.stdout.splitlines()) < 45


def test_japanese_is_spoken(ask):
    told = ask("2026-05-01T16:00", "--hours", "3", "--language", "ja")
    assert "祝日：みどりの日" in told.stdout
    assert "期限 2026-05-07T10:00:00+09:00" in told.stdout


def test_a_band_that_owes_nothing_says_so(ask):
    assert ask("2026-03-06T17:00", "--band", "C").stdout.strip() == "Nothing is owed to leads of band C."


@pytest.mark.parametrize(
    ("words", "fix"),
    [
        ((), "Give one of the two"),
        (("--hours", "4", "--band", "A"), "Give one of the two"),
        (("--band", "A", "--clock", "wall"), "Give one of the two"),
        (("--hours", "4", "--lead-type", "new_prospect"), "Give one of the two"),
        (("--band", "Z"), "Known here: A, B, C."),
        (("--band", "A", "--lead-type", "new_prospekt"), "Did you mean 'new_prospect'?"),
    ],
)
def test_what_is_not_clear_is_asked_back(ask, words, fix):
    told = ask("2026-03-06T17:00", *words)
    assert (told.exit_code, told.stdout) == (2, "")
    assert fix in told.stderr


def test_a_year_of_unknown_holidays_is_refused(ask):
    told = ask("2100-03-05T17:00", "--hours", "4")
    assert told.exit_code == 2
    assert "They are known from 1949 to 2099" in told.stderr


def test_what_is_no_time_is_refused(ask):
    assert "START" in ask("tomorrow", "--hours", "4").stderr

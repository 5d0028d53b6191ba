"""What `leadml sla report` and `leadml sla due` say; what is counted is tried elsewhere."""

import json

import pytest
from typer.testing import CliRunner

from leadml.cli.main import app

WIDE = {"COLUMNS": "200", "TERM": "dumb", "NO_COLOR": "1"}


@pytest.fixture
def run(tiny_project):
    """Run a command on six leads, of which L1 and L4 were handed over."""
    agreement = tiny_project / "sla.yaml"
    agreement.write_text(
        agreement.read_text("utf-8")
        + "  escalation: [{at_percent: 100, notify: manager, reassign: true}]\n"
        + "  stagnation_days: {sql: 14}\n"
        + "  targets: {first_attempt_in_time: 0.9, hand_overs_a_week: 0.01, returned_at_most: 0.2}\n",
        "utf-8",
    )

    def command(*words):
        return CliRunner().invoke(app, ["sla", *words, "--project", str(tiny_project)], env=WIDE)

    return command


def test_a_report_tells_promises_delays_and_targets(run):
    told = run("report")
    assert told.exit_code == 0, told.stderr
    for sentence in (
        "Agreement 2026.1. Hand-overs in all: 2, as known at 2026-06-01 09:00. Times are those of UTC.",
        "For 2 they are taken from the stage: the lowest band that hands",
        "After: hand-over to first attempt",
        "The clocks of no hand-over have stopped yet: what part sales returns is not known.",
        "2 hand-overs are with sales still, and in no share of returns.",
        "Sales: first attempt in time",
        "By owner: kept in time, returned, and business hours to the first attempt",
    ):
        assert sentence in told.stdout
    row = next(line.split("│") for line in told.stdout.splitlines() if "First attempt in time " in line)
    assert [cell.strip() for cell in row[1:5]] == ["First attempt in time", "50 % [9 %, 91 %]", "90 %", "1"]
    # The table of targets: L4 was never called, two hand-overs in 18 weeks were enough, and either may come back yet.
    assert [
        line.split("│")[4].strip() for line in told.stdout.splitlines() if line.startswith(("│Sales:", "│Market"))
    ] == [
        "missed",
        "met",
        "not known",
    ]


def test_a_report_speaks_japanese_and_groups_as_asked(run):
    told = run("report", "--language", "ja", "--by", "lead_type", "--from", "2026-01-01", "--to", "2026-01-31")
    assert told.exit_code == 0
    assert "2026-01-01から2026-01-31までの引き渡し1件" in told.stdout
    assert "リードタイプ別" in told.stdout
    assert "新規見込み客" in told.stdout


def test_a_report_is_a_page_with_its_pictures(run, tmp_path):
    for language, heading in (("en", "Before the hand-over and after it"), ("ja", "引き渡しの前と後")):
        page = tmp_path / f"sla_{language}.html"
        told = run("report", "--html", str(page), "--language", language)
        assert told.exit_code == 0, told.stderr
        text = page.read_text("utf-8")
        assert text.count("<svg") == 5
        assert f"<h2>{heading}</h2>" in text
        assert "http" not in text.replace("http://www.w3.org", "")


def test_a_time_without_hand_overs_is_said_in_a_sentence_and_on_the_page(run, tmp_path):
    page = tmp_path / "sla.md"
    told = run("report", "--from", "2026-05-01", "--html", str(page))
    assert told.exit_code == 0
    assert "No lead was handed over in this time." in told.stdout
    assert "No lead was handed over in this time." in page.read_text("utf-8")


def test_one_lead_is_told_step_by_step(run):
    told = run("report", "--lead", "L1").stdout
    assert "L1: handed over 2026-01-20 09:00, New prospect, band A, owner not known" in told
    steps = [line.strip("│").split("│")[1].strip() for line in told.splitlines() if line.startswith("│2026")]
    assert steps == [
        "Handed over to sales",
        "Attempt by phone: no answer",
        "Due: First attempt in time: kept",
        "Attempt by phone: connected",
        "Due: Promised attempts made: kept",
    ]
    attempts = (
        "Attempts: 2 made, 5 promised within 10 days by phone and email; once the lead is reached, no more are owed."
    )
    assert attempts in told.replace("\n", " ")
    assert "Lead L2 was never handed over." in run("report", "--lead", "L2").stdout
    in_march = run("report", "--lead", "L1", "--from", "2026-03-01", "--to", "2026-03-31").stdout
    assert "Lead L1 was not handed over in this time." in in_march


def test_a_period_is_told_as_it_was_asked_for(run):
    """Whole days as days; an instant as an instant."""
    for asked, told in (
        (("--from", "2026-01-01", "--to", "2026-05-31"), "Hand-overs from 2026-01-01 to 2026-05-31: 2,"),
        (("--to", "2026-05-31"), "Hand-overs up to 2026-05-31: 2,"),
        (("--from", "2026-01-01T12:00:00Z"), "Hand-overs from 2026-01-01 12:00: 2,"),
    ):
        assert told in run("report", *asked).stdout


def test_words_of_leadmls_own_are_japanese_everywhere(run, tiny_project):
    told = run("report", "--lead", "L1", "--language", "ja").stdout
    assert "コンタクトの試行（電話）：応答なし" in told
    assert "（約束は10日以内に5回、電話、メール）" in told
    glossary = CliRunner().invoke(app, ["glossary", "--language", "ja", "--project", str(tiny_project)]).stdout
    assert "手段は電話またはメール" in glossary


def test_stages_are_written_as_in_the_glossary(run):
    assert "SQL" in run().stdout
    assert "│SQL" in run("report").stdout


def test_reports_are_one_json_document(run):
    (report,) = json.loads(run("report", "--json").stdout)["reports"]
    assert (report["hand_overs"], report["promises"]["first_attempt"]["share_kept"]["value"]) == (2, 0.5)
    (timeline,) = json.loads(run("report", "--lead", "L1", "--json").stdout)["timelines"]
    assert timeline["promises"] == {"first_attempt": "kept", "attempts_made": "kept"}


def rows_of(told, title):
    """Read the rows of one table of a terminal, by its title."""
    lines = told.splitlines()
    begin = next(place for place, line in enumerate(lines) if line.strip() == title)
    end = next(place for place, line in enumerate(lines) if place > begin and line.startswith("└"))
    return [[cell.strip() for cell in line.strip("│").split("│")] for line in lines[begin:end] if line.startswith("│")]


def test_what_is_due_is_told_with_who_is_told(run):
    told = run("due")
    assert told.exit_code == 0, told.stderr
    assert (
        "At 2026-06-01 09:00 (UTC): 0 promises to hand-overs are at risk, 0 open, 2 broken and not done yet. "
        "0 leads will soon have stood too long in their stage, 2 have."
    ) in " ".join(told.stdout.split())
    assert rows_of(told.stdout, "What waits for whom") == [["Inside sales (no owner)", "0", "0", "2", "0", "2"]]
    broken = rows_of(told.stdout, "Broken and not done yet, the latest first")
    assert [row[:4] for row in broken] == [
        ["L4", "Promised attempts made", "2026-03-20 09:00", "830 %"],
        ["L4", "First attempt in time", "2026-03-10 13:00", "49,800 %"],
    ]
    stuck = rows_of(told.stdout, "Too long in a stage, the latest first")
    assert [row[:4] for row in stuck] == [
        ["L4", "sql", "2026-03-24 09:00", "593 %"],
        ["L1", "sql", "2026-02-03 09:00", "943 %"],
    ]
    assert {row[-1] for row in (*broken, *stuck)} == {"tell manager, give to another"}
    assert "期限" in run("due", "--language", "ja").stdout


def test_a_long_list_is_cut_and_says_so(run):
    told = run("due", "--most", "1").stdout
    assert told.count("... and 1 more: --all") == 2
    assert "more: --all" not in run("due", "--most", "1", "--all").stdout
    everything = json.loads(run("due", "--most", "1", "--json").stdout)
    assert (len(everything["promises"]), len(everything["stays"])) == (2, 2)
    assert run("due", "--as-of", "2026-01-05T12:00:00Z").stdout == "Nothing is due at 2026-01-05 12:00.\n"


def test_what_is_due_is_told_of_one_state_and_one_owner(run):
    when = ("--as-of", "2026-03-10T12:30:00Z")  # L4 was handed over at nine, and four hours were promised

    def states(*words):
        told = json.loads(run("due", *when, *words, "--json").stdout)
        return [(one["promise"], one["state"]) for one in (*told["promises"], *told["stays"])]

    assert states() == [("first_attempt", "at_risk"), ("attempts_made", "open"), ("stuck", "broken")]
    assert states("--state", "at_risk") == [("first_attempt", "at_risk")]
    assert states("--state", "open", "--owner", "Inside sales") == [("attempts_made", "open")]
    assert states("--owner", "Marketing operations") == []
    assert run("due", "--state", "late").exit_code == 2


@pytest.mark.parametrize("language", ["en", "ja"])
def test_what_is_due_is_a_page_with_its_pictures(run, tmp_path, language):
    page = tmp_path / "due.html"
    told = run("due", "--as-of", "2026-03-10T12:30:00Z", "--html", str(page), "--language", language)
    assert told.exit_code == 0, told.stderr
    text = page.read_text("utf-8")
    assert text.count("<svg") == 3  # of no broken promise there is none
    assert text.index(
        "<h2>" + {"en": "What can still be kept", "ja": "まだ守ることができる約束"}[language]
    ) < text.index("<h2>" + {"en": "Leads that stand too long", "ja": "ステージに停滞しているリード"}[language])
    assert "http" not in text.replace("http://www.w3.org", "")
    assert run("due", "--html", str(page), "--language", language).exit_code == 0
    assert page.read_text("utf-8").count("<svg") == 3  # nothing can still be kept
    run("due", "--as-of", "2026-01-05T12:00:00Z", "--html", str(page), "--language", language)
    assert "<h2>" not in page.read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("report", "--from", "2026-03-01", "--to", "2026-02-01"), "no_time_between"),
        (("report", "--from", "soon"), "not_a_time"),
        (("report", "--html", "sla.pdf"), "unknown_format"),
        (("report", "--lead", "L99"), "unknown_lead"),
        (("due", "--owner", "nobody"), "unknown_word"),
        (("due", "--html", "due.pdf"), "unknown_format"),
        (("due", "--as-of", "2020-01-01T00:00:00Z"), "as_of_before_history"),
    ],
)
def test_what_cannot_be_asked_is_refused(run, words, code):
    told = run(*words, "--json")
    assert told.exit_code == 2
    assert json.loads(told.stderr)["error"]["code"] == code
    assert told.stdout == ""


@pytest.mark.parametrize("command", ["report", "due"])
def test_a_day_without_offset_is_one_of_the_agreed_zone(tiny_project, command):
    """The history names no time zone; the agreement does, as for --from and --to."""
    agreement = tiny_project / "sla.yaml"
    text = agreement.read_text("utf-8")
    agreement.write_text(text.replace("owners:", "calendar: {time_zone: Asia/Tokyo}\nowners:", 1), "utf-8")
    (tiny_project / "history.yaml").write_text(
        (tiny_project / "history.yaml").read_text("utf-8").replace("time_zone: UTC\n", ""), "utf-8"
    )
    words = ["sla", command, "--as-of", "2026-03-31", "--json", "--project", str(tiny_project)]
    told = json.loads(CliRunner().invoke(app, words).stdout)
    as_of = (told["reports"][0] if command == "report" else told)["as_of"]
    assert as_of.startswith("2026-03-31T14:59:59")


def test_what_is_no_score_is_not_called_one(run):
    for words in (("report", "--lead", "L99"), ("due", "--as-of", "2024-01-01T00:00:00Z")):
        told = run(*words)
        assert told.exit_code == 2
        assert "score" not in told.stderr.lower()

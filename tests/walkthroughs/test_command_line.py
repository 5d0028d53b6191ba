"""demo, check, train, compare, score: as a user runs them, and what they then see."""

import re
import shutil
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import orjson
import pandas as pd
import pytest
from typer.testing import CliRunner

import leadml
from leadml import clock
from leadml.cli.main import app
from leadml.duel import hold_duel
from leadml.score_tables import scores_frame

COLUMNS = ["#", "Lead", "Score", "Chance", "Band", "Respond by", "Reasons", "Rules say"]
REASON = re.compile(r"([+-]\d+) ([A-Za-z].*)")  # a broken line may begin with a value: "-25 % (usual: 5.2 %)"
OTHERS = re.compile(r"([+-]\d+) all others \(from (-?\d+), the usual lead\)")
HELD = re.compile(r"([+-]\d+) held at (0|100)")


@pytest.fixture(scope="module")
def folder(demo_run, tmp_path_factory):
    """The project after `leadml demo`, for all tests that leave its champion in place."""
    return shutil.copytree(demo_run.folder, tmp_path_factory.mktemp("project") / "project")


@pytest.fixture(scope="module")
def project(folder):
    return leadml.open(folder)


@pytest.fixture(scope="module")
def ask(folder):
    """Run a command within this process, which spares three seconds of imports; only its exit is no real one."""

    def run(*words, at=folder, expect=0):
        done = CliRunner().invoke(app, [*map(str, words), "--project", str(at)])
        assert done.exit_code == expect, done.stderr
        return done

    return run


@pytest.fixture(scope="module")
def answers(ask):
    return orjson.loads(ask("score", "--json").stdout)["answers"]


def rows_of(printed, columns):
    """Read a printed table back: one list of lines a cell, and a new row where the first cell is filled."""
    rows = []
    for line in printed.splitlines():
        cells = [cell.strip() for cell in line.split("│")[1:-1]]
        if len(cells) != columns:
            continue
        if cells[0]:
            rows.append([[] for _ in cells])
        for lines, cell in zip(rows[-1], cells, strict=True):
            lines.extend([cell] if cell else [])
    return rows


def reasons_in(lines):
    """Join a reason that was broken into several lines."""
    told = []
    for line in lines:
        if REASON.match(line):
            told.append(line)
        else:
            told[-1] += f" {line}"
    return told


@pytest.fixture(scope="module")
def table(run_leadml, folder):
    """Everything that `leadml score` prints of all open leads."""
    return run_leadml("score", "--top", 1000, folder=folder).stdout


def test_every_open_lead_has_score_chance_band_deadline_and_the_verdict_of_the_rules(table, answers):
    header = next(line for line in table.splitlines() if line.startswith("┃"))
    assert [cell.strip() for cell in header.split("┃")[1:-1]] == COLUMNS
    rows = rows_of(table, len(COLUMNS))
    assert len(rows) == len(answers) > 300
    for number, (row, answer) in enumerate(zip(rows, answers, strict=True), 1):
        rank, lead, score, chance, band, respond_by, _, rules = (" ".join(lines) for lines in row)
        due, held, verdict = answer["respond_by_local"], answer["held_by_words"]["en"], answer["rules"]
        assert (rank, lead, score) == (str(number), answer["lead_id"], str(answer["score"]))
        assert chance == f"{answer['chance']['en']} {answer['chance_interval']['en']}"
        assert band == answer["band"]
        owed = "-" if due is None else f"{due[:10]} {due[11:16]} JST"  # promised where the office is
        assert respond_by == (owed if held is None else f"{owed} {held}")
        assert rules == f"{verdict['rule_points']:g} points score {verdict['score']} band {verdict['band']}"
    assert {answer["band"] for answer in answers} == {"A", "B", "C"}
    assert [answer["score_unclipped"] for answer in answers] == sorted(
        (answer["score_unclipped"] for answer in answers), reverse=True
    )


def test_the_reasons_of_each_line_add_up_to_its_score(table, answers):
    held = 0
    for row, answer in zip(rows_of(table, len(COLUMNS)), answers, strict=True):
        lines = reasons_in(row[6])
        holding = HELD.fullmatch(lines[-1])
        *named, others = lines[:-1] if holding else lines
        effect, start = map(int, OTHERS.fullmatch(others).groups())
        assert len(named) == 3
        total = start + effect + sum(int(REASON.match(reason)[1]) for reason in named)
        assert (int(holding[1]) if holding else 0) == answer["held_effect"]
        assert total + answer["held_effect"] == int(row[2][0])
        held += answer["held_at"] is not None
        in_words = {line["reason"]["en"] for theme in answer["effects"] for line in theme["features"]}
        assert {REASON.match(reason)[2] for reason in named} <= in_words
    assert held > 0  # the sum must also hold where a score was held at 0


def test_the_demo_prints_what_the_single_commands_print(demo_run, table, ask):
    scored = demo_run.said.partition("Last closed periods")[0]  # the periods have as many columns
    assert rows_of(scored, len(COLUMNS)) == rows_of(table, len(COLUMNS))
    assert "more open leads" not in demo_run.said + table
    checked = ask("check").stdout
    assert checked.startswith("800 leads, known until 2026-06-30")
    assert {"leads", "activities", "stage_changes", "connect_attempts"} <= {row[0][0] for row in rows_of(checked, 6)}
    tables, audited = checked.partition("\nLeakage audit")[::2]
    assert tables in demo_run.said
    assert f"Leakage audit{audited.splitlines()[0].rstrip()}" in demo_run.said
    compared = ask("compare").stdout
    verdict, rest = compared.partition("Last closed periods")[::2]
    tables, said = rest.partition("Sales tried to reach")[::2]
    assert tables in demo_run.said
    assert "At equal volume: " in verdict
    assert "gain over the rules" in said
    assert "Registered as readiness version 1" in demo_run.said
    assert "the rules" in demo_run.said.partition("The truth of this demo")[2]
    assert demo_run.said.rstrip().endswith("then leadml train")


def test_a_second_training_is_version_2_and_scores_the_same_byte_for_byte(run_leadml, ask, demo_run, tmp_path):
    folder = shutil.copytree(demo_run.folder, tmp_path / "project")
    files = {file.name: file.read_bytes() for file in (folder / ".leadml" / "champion").iterdir()}
    ask("score", "--out", folder / "first.json", at=folder)
    trained = orjson.loads(run_leadml("train", "--json", folder=folder).stdout)
    ask("score", "--out", folder / "second.json", at=folder)

    assert (trained["model"]["name"], trained["model"]["version"]) == ("readiness", 2)
    first, second = ((folder / name).read_bytes() for name in ("first.json", "second.json"))
    assert first.count(b'"version": 1,') > 300
    assert first.replace(b'"version": 1,', b'"version": 2,') == second
    again = {file.name: file.read_bytes() for file in (folder / ".leadml" / "champion").iterdir()}
    assert orjson.loads(again.pop("version.json"))["version"] == 2
    assert orjson.loads(files.pop("version.json"))["version"] == 1
    # Whoever follows a champion is held against it; all else that is kept is the same.
    before, after = (orjson.loads(each.pop("evidence.json")) for each in (files, again))
    assert (before.pop("gate")["champion"], after.pop("gate")["champion"]) != ("none", "none")
    assert after == before
    assert again == files


def test_the_champion_holds_only_words_that_its_own_features_take(project):
    """Attributes share a column of the history: a name or a mail address in another one is not the model's business."""
    taken = project.training_set().to_frame()
    for feature, words in project.champion().readiness.words.items():
        assert set(words) == set(taken[feature].dropna()) - {"nan"}


def test_the_notebook_gives_what_the_command_gives(project, ask, answers):
    assert orjson.loads(orjson.dumps([score.to_dict() for score in project.score()])) == answers
    checked, compared = (orjson.loads(ask(command, "--json").stdout) for command in ("check", "compare"))
    assert checked.pop("audit") == orjson.loads(orjson.dumps(project.audit().to_dict()))
    assert checked.pop("not_audited") is None
    assert checked == orjson.loads(orjson.dumps(asdict(project.check())))
    assert compared.pop("disagreements") == []
    names = ("readiness", "rules")
    assert compared == orjson.loads(orjson.dumps(hold_duel(project.entries(names), names).to_dict()))
    asked = ["L000321", "L000017"]  # neither sorted by id nor by score
    some = ask("score", "--lead", asked[0], "--lead", asked[1], "--as-of", "2026-06-01T00:00:00+02:00", "--json")
    in_notebook = [score.to_dict() for score in project.score(asked, as_of="2026-05-31T22:00:00Z")]
    assert orjson.loads(some.stdout)["answers"] == orjson.loads(orjson.dumps(in_notebook))


def test_a_file_of_scores_holds_the_same_rows_whatever_its_format(project, ask, answers, tmp_path):
    files = {ending: tmp_path / f"scores.{ending}" for ending in ("csv", "parquet", "json")}
    for file in files.values():
        assert f"{len(answers):,} scores written to {file}" in " ".join(ask("score", "--out", file).stdout.split())
    from_csv = pd.read_csv(files["csv"], keep_default_na=False, na_values=[""])
    from_parquet = pd.read_parquet(files["parquet"])
    assert orjson.loads(files["json"].read_bytes())["answers"] == answers

    assert list(from_csv.columns) == list(from_parquet.columns)
    for frame in (from_csv, from_parquet):
        for column in ("lead_id", "score", "score_unclipped", "probability", "band", "start", "held_effect"):
            assert frame[column].tolist() == [answer[column] for answer in answers]
        assert [orjson.loads(effects) for effects in frame["effects"]] == [answer["effects"] for answer in answers]
        assert frame["rule_points"].tolist() == [answer["rules"]["rule_points"] for answer in answers]
        assert set(frame["model"]) == {"readiness 1"}
    pd.testing.assert_frame_equal(from_parquet, scores_frame(project.score()), check_dtype=False)


@pytest.mark.parametrize(
    ("words", "key"),
    [
        (["check"], "tables"),
        (["compare"], "verdicts"),
        (["score"], "answers"),
        (["reference"], "kinds"),
        (["glossary"], None),
    ],
)
def test_json_is_one_object_and_nothing_beside_it(ask, words, key):
    printed = orjson.loads(ask(*words, "--json").stdout)
    assert len(printed if key is None else printed[key]) > 0


def test_the_demo_as_json_holds_comparison_truth_and_answers(run_leadml, tmp_path, folder):
    for name in ("history.yaml", "sla.yaml"):
        shutil.copy(folder / name, tmp_path)
    for name in ("features", "models"):
        shutil.copytree(folder / name, tmp_path / name)
    done = run_leadml("demo", "--leads", 300, "--seed", 3, "--json", folder=tmp_path)
    printed = orjson.loads(done.stdout)
    assert printed.keys() == {"comparison", "truth", "answers"}
    assert 0.5 < printed["truth"]["best_auc"] < 1
    assert len(printed["answers"]) > 50
    assert done.stderr == ""  # no progress bar between a program and its errors


def test_serving_begins_with_what_is_served_and_where(ask, monkeypatch, folder):
    begun = SimpleNamespace(at=None)
    monkeypatch.setattr("leadml.service.run.run", lambda *, host, port: setattr(begun, "at", (host, port)))
    monkeypatch.setenv("LEADML_PROJECT", "as before")  # the command sets it for its workers
    printed = orjson.loads(ask("serve", "--port", 3456, "--json").stdout)
    assert printed["url"] == "http://127.0.0.1:3456/v1/score"
    assert printed["model"] == {"name": "readiness", "version": 1}
    assert begun.at == ("127.0.0.1", 3456)


@pytest.mark.parametrize(
    ("words", "said", "not_said"),
    [
        (["check"], "遅れて判明", "Known late"),
        (["compare"], "学習モデル", "Readiness"),
        (["score"], "その他すべて", "all others"),
    ],
)
def test_in_japanese_no_english_heading_is_left(ask, words, said, not_said):
    printed = ask(*words, "--language", "ja").stdout
    assert said in printed
    assert not_said not in printed


def test_reasons_and_chances_are_said_in_japanese(ask, answers):
    printed = ask("score", "--top", 5, "--language", "ja").stdout
    rows = rows_of(printed, len(COLUMNS))
    assert len(rows) == 5
    for row, answer in zip(rows, answers[:5], strict=True):
        lines = [line for theme in answer["effects"] for line in theme["features"]]
        largest = max(lines, key=lambda line: abs(line["effect_exact"]))
        together = "".join("".join(row[6]).split())
        assert together.startswith("".join(f"{largest['effect']:+d}：{largest['reason']['ja']}".split()))
        assert "".join(row[3]) == answer["chance"]["ja"] + answer["chance_interval"]["ja"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["score", "--lead", "nobody"], "unknown_lead"),
        (["score", "--as-of", "yesterday"], "not_a_time"),
        (["score", "--as-of", "2026-03-01T00:00:00"], "time_without_zone"),
        (["score", "--as-of", "2020-01-01T00:00:00.000000Z"], "as_of_before_history"),
        (["score", "--out", "scores.xlsx"], "unknown_format"),
        (["score", "--out", "nowhere/scores.csv"], "cannot_write"),
    ],
)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_what_is_wrong_is_said_in_four_parts_with_exit_code_2(ask, words, code, language):
    done = ask(*words, "--json", "--language", language, expect=2)
    assert done.stdout == ""
    told = orjson.loads(done.stderr)["error"]
    assert told["code"] == code
    assert all(told[part] for part in ("what", "why", "where", "fix"))
    assert told["fix"].isascii() == (language == "en")
    assert Path(words[-1]).name in told["what"]
    in_text = ask(*words, "--language", language, expect=2).stderr
    assert all(told[part] in in_text for part in ("what", "why", "where", "fix"))


def test_a_project_without_a_champion_says_what_to_run(run_leadml, folder, tmp_path):
    bare = shutil.copytree(folder, tmp_path / "project", ignore=shutil.ignore_patterns("champion*", "ml*"))
    done = run_leadml("score", folder=bare, expect=2)
    assert done.stdout == ""
    assert "leadml train" in done.stderr.partition("Fix:")[2]
    assert "Traceback" not in done.stderr


def test_a_folder_that_is_no_project_says_so(run_leadml, tmp_path):
    done = run_leadml("check", folder=tmp_path, expect=2)
    assert "no leadml project" in done.stderr
    assert not list(Path(tmp_path).iterdir())


def test_what_if_tells_both_scores_and_lines_that_add_up(ask, answers):
    lead = answers[len(answers) // 2]
    asked = ("what-if", lead["lead_id"], "--add", "3 activities: activity=page_view, content=pricing")
    told = orjson.loads(ask(*asked, "--json").stdout)
    assert told["before"]["score"] == lead["score"]
    assert told["after"]["score"] - told["before"]["score"] == told["points"]
    assert sum(change["change"] for change in told["changes"]) + told["held"] == told["points"]
    printed = ask(*asked).stdout
    first, *lines = printed.splitlines()
    assert first.startswith(f"{lead['lead_id']}: score {told['before']['score']} ")
    changes = [int(line.split()[0]) for line in lines if line.startswith("  ")]
    assert sum(changes) == told["points"]
    assert "not that the lead would be readier" in " ".join(printed.split())


def test_to_reach_finds_a_way_that_what_if_confirms(ask, answers):
    lead = next(one for one in answers if one["band"] == "B")
    told = orjson.loads(ask("what-if", lead["lead_id"], "--to-reach", "A", "--json").stdout)
    assert told["reached"] is bool(told["ways"])
    best = told["ways"][0] if told["ways"] else told["closest"]
    assert (best["after"]["band"] == "A") is told["reached"]
    assert 1 <= len(best["actions"]) <= 3
    printed = " ".join(ask("what-if", lead["lead_id"], "--to-reach", "A", "--language", "ja").stdout.split())
    assert best["actions"][0]["by"]["ja"] in printed


def test_what_if_wants_to_know_what_is_asked(ask, answers):
    told = ask("what-if", answers[0]["lead_id"], expect=2).stderr
    assert "Either facts are supposed, or a band is to be reached." in told


def test_explain_ranks_what_moves_scores_and_ends_in_all_others(ask, tmp_path):
    told = orjson.loads(ask("explain", "--feature", "title_level", "--json").stdout)
    sizes = [one["size"] for one in told["features"]]
    assert sizes == sorted(sizes, reverse=True)
    assert {one["theme"] for one in told["features"]} == {one["name"] for one in told["themes"]}
    assert sum(one["leads"] for one in told["values"]["title_level"]) <= told["snapshots"]
    printed = ask("explain").stdout
    assert "all others" in printed
    page = tmp_path / "explained.html"
    ask("explain", "--feature", "title_level", "--out", page, "--language", "ja")
    html = page.read_text(encoding="utf-8")
    assert '<html lang="ja">' in html
    assert html.count("<svg") >= 2
    assert "Did you mean 'title_level'?" in ask("explain", "--feature", "titel_level", expect=2).stderr


def test_the_card_is_that_of_the_model_that_answers(ask, answers, tmp_path):
    page = tmp_path / "card.html"
    ask("card", "--out", page)
    assert f"version {answers[0]['model']['version']}" in page.read_text(encoding="utf-8")
    told = orjson.loads(ask("card", "--json").stdout)
    assert told["comparison"]["contestants"] == ["readiness", "rules"]
    assert ask("card").stdout.startswith("# Model card")
    assert "card.pdf" in ask("card", "--out", tmp_path / "card.pdf", expect=2).stderr


def test_why_splits_the_way_between_two_scores(ask, project, answers):
    since = "2026-06-25T00:00:00Z"
    before = clock.parse_instant(since, where="tests")
    known = dict(zip(project.history.lead_ids, (project.history.created_at < before).tolist(), strict=True))
    lead = next(one for one in answers if one["score"] > 5 and known[one["lead_id"]])
    old = orjson.loads(ask("score", "--lead", lead["lead_id"], "--as-of", since, "--json").stdout)["answers"]
    told = orjson.loads(ask("why", lead["lead_id"], "--since", since, "--json").stdout)
    assert [part["part"] for part in told["parts"]] == ["data", "time", "model", "promises"]
    assert sum(part["points"] for part in told["parts"]) == told["points"] == lead["score"] - old[0]["score"]
    assert told["second"]["score"] == lead["score"]
    assert not told["from_ledger"]
    printed = ask("why", lead["lead_id"], "--since", since, "--language", "ja").stdout
    assert "新しい事実" in printed

"""`leadml dataset` and `leadml maturity` as a user runs them, and what is then in the files."""

import shutil

import orjson
import pandas as pd
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from leadml.cli.main import app
from leadml.outcomes import LeftOut
from leadml.wording.texts import LANGUAGES, say


@pytest.fixture(scope="module")
def ask(project):
    """Run a command within this process; only its exit is no real one."""

    def run(*words, expect=0):
        done = CliRunner().invoke(app, [*map(str, words), "--project", str(project.folder)], env={"COLUMNS": "200"})
        assert done.exit_code == expect, done.output
        return done

    return run


@pytest.fixture(scope="module")
def rows(ask, tmp_path_factory):
    """The file that a user gets, and what was said of it."""
    file = tmp_path_factory.mktemp("rows") / "rows.parquet"
    return file, ask("dataset", "--out", file).stdout


def test_the_file_holds_what_the_library_gives(rows, project):
    file, _ = rows
    training_set = project.training_set()
    read = pd.read_parquet(file)
    expected = training_set.to_frame()
    names = list(training_set.features.names)
    assert read.columns.tolist() == ["lead_id", "as_of", "age", *names, "ready", "weight", "closed_at", "worked"]
    for name in names:
        if name in training_set.features.words:
            assert read[name].fillna("none").tolist() == expected[name].fillna("none").tolist()
        else:
            pd.testing.assert_series_equal(read[name], expected[name], check_exact=True)
    assert read["lead_id"].tolist() == expected["lead_id"].tolist()
    assert read["as_of"].tolist() == expected["as_of"].tolist()
    assert read["ready"].tolist() == expected["ready"].tolist()
    assert read["weight"].tolist() == expected["weight"].tolist()


def test_the_recipe_in_the_file_says_what_made_it(rows, project):
    file, _ = rows
    recipe = orjson.loads(pq.read_schema(file).metadata[b"leadml.recipe"])
    assert recipe == project.training_set().recipe
    assert recipe["outcome"]["name"] == "ready"


def test_what_is_there_and_what_was_left_out_is_said(rows, project):
    _, said = rows
    training_set = project.training_set()
    assert f"{len(training_set):,} snapshots of {training_set.leads:,} leads written to" in said
    assert "Sales made no attempt on" in said
    placed = len(training_set) + sum(training_set.left_out.values())
    assert f"Left out: {sum(training_set.left_out.values()):,} of {placed:,} snapshots" in said
    for reason, count in training_set.left_out.items():
        assert f"  {say(f'left_out.{reason}', count=f'{count:,}')}" in said
    for counts in training_set.by_age():
        assert f"{counts.age}" in said
        assert f"{counts.snapshots:,}" in said


def test_twice_the_same_bytes(rows, ask, tmp_path):
    file, _ = rows
    ask("dataset", "--out", tmp_path / "again.parquet")
    assert (tmp_path / "again.parquet").read_bytes() == file.read_bytes()


def test_the_same_in_japanese_and_in_json(ask, tmp_path, project):
    japanese = ask("dataset", "--out", tmp_path / "rows.csv", "--language", "ja").stdout
    assert "件に書き出しました" not in japanese
    assert "に書き出しました。" in "".join(japanese.split())  # a long path breaks the line anywhere
    told = orjson.loads(ask("dataset", "--out", tmp_path / "rows.csv", "--json").stdout)
    training_set = project.training_set()
    assert (told["snapshots"], told["leads"], told["outcome"]) == (len(training_set), training_set.leads, "ready")
    assert told["left_out"] == training_set.left_out
    assert told["base_rate"] == training_set.base_rate
    assert sum(counts["snapshots"] for counts in told["ages"]) == told["snapshots"]
    assert told["recipe"] == orjson.loads((tmp_path / "rows.recipe.json").read_bytes())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rows.csv", "rows.recipe.json"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("dataset", "--out", "rows.xlsx"), "unknown_format"),
        (("dataset", "--out", "nowhere/rows.csv"), "cannot_write"),
        (("dataset", "--out", "rows.csv", "--outcome", "redy"), "unknown_outcome"),
        (("maturity", "--since", "mqll"), "unknown_word"),
        (("maturity", "--to", "created"), "unknown_word"),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_wrong_is_said_in_four_parts(ask, words, code, language):
    told = orjson.loads(ask(*words, "--json", "--language", language, expect=2).stderr)["error"]
    assert told["code"] == code
    assert all(told[part] for part in ("what", "why", "where", "fix"))


def test_a_file_to_write_is_needed(ask):
    assert "--out" in ask("dataset", expect=2).stderr


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_its_words(language):
    assert all(say(f"left_out.{reason}", language, count="7").startswith("7") for reason in LeftOut)


def test_how_long_leads_take_is_said_in_a_sentence(ask, project):
    said = ask("maturity", "--since", "mql").stdout
    (curve,) = project.maturity(since="mql")
    days = -(-curve.days_until(0.9) // 1)
    assert f"From mql, 90 % of those who reach sql do so within {days:g} days" in said
    assert "the outcome window" in said
    assert f"From mql to sql: {curve.starts:,} starts" in said
    assert f"{curve.came:,} of {curve.starts:,} were seen to" in " ".join(said.split())
    japanese = ask("maturity", "--since", "mql", "--language", "ja").stdout
    assert f"sqlに到達するリードの90％は、mqlから{days:g}日以内に到達します。" in japanese


def test_maturity_in_json_is_the_curve_of_the_library(ask, project):
    told = orjson.loads(ask("maturity", "--json").stdout)["curves"]
    assert told == [curve.to_dict() for curve in project.maturity()]


def test_nobody_came_is_an_answer(ask):
    said = ask("maturity", "--since", "sql", "--to", "mql").stdout
    assert said.startswith("From sql to mql: nobody came (0 starts).")


def test_training_says_what_was_left_out(run_leadml, demo_run, project, tmp_path):
    assert "snapshots, as their answer says nothing or is not known yet." in " ".join(demo_run.said.split())
    copy = shutil.copytree(project.folder, tmp_path / "project")  # other tests ask the first version
    told = orjson.loads(run_leadml("train", "--json", folder=copy).stdout)
    assert told["outcome"] == "ready"
    assert told["left_out"] == dict(project.training_set().left_out)

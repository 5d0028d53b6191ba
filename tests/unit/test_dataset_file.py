"""A training set as a file, and back."""

import dataclasses

import numpy as np
import orjson
import pandas as pd
import pyarrow.parquet as pq
import pytest

from leadml import dataset_file
from leadml.dataset_file import RECIPE_KEY, recipe_beside, write_rows
from leadml.errors import LeadmlError

RECIPE = {"outcome": {"name": "ready"}, "left_out": {"window_open": 3}}


@pytest.fixture
def training_set(training_set_of):
    made = training_set_of(
        leads=[0, 0, 2, 1],
        ages=[0, 1, 0, 0],
        ready=[0, 1, 0, 1],
        clicks=[0.1, np.nan, 1 / 3, 1e-300],
        source=[1, np.nan, 0, 1],
        words={"source": ("event", "見本市, \"東京\"")},
    )  # fmt: skip
    return dataclasses.replace(made, recipe=RECIPE, worked=np.array([True, False, True, True]))


def test_a_parquet_file_has_one_row_a_snapshot_and_a_type_for_each_column(training_set, tmp_path):
    write_rows(training_set, tmp_path / "rows.parquet")
    table = pq.read_table(tmp_path / "rows.parquet")
    assert {column.name: str(column.type) for column in table.schema} == {
        "lead_id": "string",
        "as_of": "timestamp[us, tz=UTC]",
        "age": "string",
        "clicks": "double",
        "source": "string",
        "ready": "bool",
        "weight": "double",
        "closed_at": "timestamp[us, tz=UTC]",
        "worked": "bool",
    }
    rows = table.to_pydict()
    assert rows["lead_id"] == ["L0000", "L0000", "L0002", "L0001"]
    assert rows["age"] == ["at once", "a day later", "at once", "at once"]
    assert rows["clicks"] == [0.1, None, 1 / 3, 1e-300]
    assert rows["source"] == ['見本市, "東京"', None, "event", '見本市, "東京"']
    assert rows["ready"] == [False, True, False, True]
    assert rows["worked"] == [True, False, True, True]
    assert rows["weight"] == training_set.weights.tolist()
    assert [instant.isoformat() for instant in rows["as_of"]][:2] == [
        "1970-01-01T00:00:00+00:00",
        "1970-01-02T00:00:00+00:00",
    ]
    assert rows["closed_at"][0].isoformat() == "1970-02-14T00:00:00+00:00"


def test_the_recipe_travels_inside_a_parquet_file(training_set, tmp_path):
    write_rows(training_set, tmp_path / "rows.parquet")
    metadata = pq.read_schema(tmp_path / "rows.parquet").metadata
    assert orjson.loads(metadata[RECIPE_KEY.encode()]) == RECIPE
    assert [path.name for path in tmp_path.iterdir()] == ["rows.parquet"]


def test_a_csv_file_says_the_same_with_its_recipe_beside(training_set, tmp_path):
    write_rows(training_set, tmp_path / "rows.csv")
    write_rows(training_set, tmp_path / "rows.parquet")
    read = pd.read_csv(tmp_path / "rows.csv")
    for column in ("as_of", "closed_at"):
        read[column] = pd.to_datetime(read[column])
    # To the last bit: a number that is read again is the number that was written.
    pd.testing.assert_frame_equal(read, pd.read_parquet(tmp_path / "rows.parquet"), check_exact=True, check_dtype=False)
    assert orjson.loads((tmp_path / "rows.recipe.json").read_bytes()) == RECIPE
    second = (tmp_path / "rows.csv").read_text("utf-8").splitlines()[2]
    assert second == '"L0000","1970-01-02T00:00:00.000000Z","a day later",,,true,1,"1970-02-14T00:00:00.000000Z",false'


@pytest.mark.parametrize("name", ["rows.parquet", "rows.csv"])
def test_the_same_set_gives_the_same_bytes(training_set, tmp_path, name):
    write_rows(training_set, tmp_path / name)
    once = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    write_rows(training_set, tmp_path / name)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == once


@pytest.mark.parametrize("name", ["rows.parquet", "rows.csv"])
def test_many_rows_are_written_some_at_a_time_with_nothing_lost(training_set, tmp_path, name, monkeypatch):
    write_rows(training_set, tmp_path / f"whole_{name}")
    monkeypatch.setattr(dataset_file, "_ROWS_AT_ONCE", 3)
    write_rows(training_set, tmp_path / name)
    read = pd.read_parquet if name.endswith("parquet") else pd.read_csv
    pd.testing.assert_frame_equal(read(tmp_path / name), read(tmp_path / f"whole_{name}"))


def test_another_outcome_has_a_column_of_its_name(training_set, tmp_path):
    write_rows(dataclasses.replace(training_set, outcome="customer_within_180_days"), tmp_path / "rows.parquet")
    names = pq.read_schema(tmp_path / "rows.parquet").names
    assert names[-4:] == ["customer_within_180_days", "weight", "closed_at", "worked"]
    assert "ready" not in names


def test_what_was_written_before_stays_until_all_is_written(training_set, tmp_path, monkeypatch):
    (tmp_path / "rows.csv").write_text("old", "utf-8")
    (tmp_path / "rows.recipe.json").write_text("old", "utf-8")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(dataset_file, "_as_iso", fail)
    with pytest.raises(LeadmlError) as caught:
        write_rows(training_set, tmp_path / "rows.csv")
    assert (caught.value.code, caught.value.values["problem"]) == ("cannot_write", "No space left on device")
    assert {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()} == {
        "rows.csv": "old",
        "rows.recipe.json": "old",
    }


def test_a_folder_that_is_not_there_is_said(training_set, tmp_path):
    for name in ("rows.csv", "rows.parquet"):
        with pytest.raises(LeadmlError) as caught:
            write_rows(training_set, tmp_path / "nowhere" / name)
        assert (caught.value.code, caught.value.values["file"]) == ("cannot_write", name)


def test_an_ending_that_says_no_format_is_refused(training_set, tmp_path):
    with pytest.raises(LeadmlError, match=r"none of \.parquet, \.csv") as caught:
        write_rows(training_set, tmp_path / "rows.xlsx")
    assert caught.value.code == "unknown_format"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["rows.parquet", "rows.csv"])
def test_a_feature_keeps_its_name_where_the_rows_have_a_column_of_that_name(training_set_of, tmp_path, name):
    write_rows(training_set_of(leads=[0], ready=[1], age=[41], ready_since=[1], worked=[0]), tmp_path / name)
    read = (pd.read_parquet if name.endswith("parquet") else pd.read_csv)(tmp_path / name)
    assert read.columns.tolist() == [
        *("lead_id", "as_of", "_age", "age", "ready_since", "worked", "ready", "weight", "closed_at", "_worked"),
    ]
    assert read[["_age", "age", "worked", "_worked"]].to_numpy().tolist() == [["at once", 41, 0, True]]


@pytest.mark.parametrize("outcome", ["lead_id", "as_of", "age", "weight", "closed_at", "worked", "clicks"])
def test_an_outcome_cannot_have_the_name_of_another_column(training_set, tmp_path, outcome):
    named = dataclasses.replace(training_set, outcome=outcome)
    for write in (lambda: write_rows(named, tmp_path / "rows.csv"), named.to_frame):
        with pytest.raises(LeadmlError, match="another name") as caught:
            write()
        assert (caught.value.code, caught.value.values["name"]) == ("outcome_name_taken", outcome)
    assert list(tmp_path.iterdir()) == []


def test_the_recipe_of_a_csv_file_has_its_name(tmp_path):
    assert recipe_beside(tmp_path / "rows.csv") == tmp_path / "rows.recipe.json"

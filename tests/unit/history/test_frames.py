"""DataFrames of a notebook are read as a file of the same content would be."""

import datetime
import uuid

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import leadml
from leadml.clock import to_iso
from leadml.errors import LeadmlError

HISTORY = """
tables:
  leads:
    - frame: people
      columns: {lead_id: id, created_at: created, lead_type: kind}
      attributes: {size: size}
  activities:
    - frame: deeds
      columns: {lead_id: lead, happened_at: at, activity: what, value: worth}
"""
PEOPLE = pd.DataFrame(
    {
        "id": [7, 8],
        "created": pd.to_datetime(["2026-01-05 10:00", "2026-01-06 10:00"]).tz_localize("Europe/Berlin"),
        "kind": pd.Categorical(["new_prospect", None], categories=["other", "new_prospect"]),
        "size": [50.0, np.nan],
    }
)
ARROW = pa.table(
    {
        "id": pa.array([7, 8], pa.uint32()),
        "created": pa.array([1_767_603_600, 1_767_690_000], pa.timestamp("s", "Asia/Tokyo")),
        "kind": pa.array(["new_prospect", None]).dictionary_encode(),
        "size": pa.array([50.0, None]),
    }
)
DEEDS = pd.DataFrame(
    {
        "lead": ["7", "8"],
        "at": [
            datetime.datetime(2026, 2, 1, 9, tzinfo=datetime.UTC),
            datetime.datetime(2026, 2, 2, 9, tzinfo=datetime.UTC),
        ],
        "what": ["page_view", "webinar"],
        "worth": [1, 2],
    }
)


@pytest.fixture
def history_of(tiny_project):
    def read(**frames):
        (tiny_project / "history.yaml").write_text(HISTORY, "utf-8")
        return leadml.open(tiny_project, frames={"people": PEOPLE, "deeds": DEEDS, **frames}).history

    return read


def attributes_of(history):
    facts = history.facts["lead_attributes"]
    attribute, value = facts.texts["attribute"], facts.texts["value"]
    return [
        (history.lead_ids[lead], attribute.words[attribute.codes[row]], value.words[value.codes[row]])
        for row, lead in enumerate(facts.leads)
    ]


def test_zones_categories_and_numbers_are_what_they_are(history_of):
    history = history_of()
    assert [to_iso(int(at))[:16] for at in history.created_at] == ["2026-01-05T09:00", "2026-01-06T09:00"]
    assert sorted(attributes_of(history)) == [("7", "lead_type", "new_prospect"), ("7", "size", "50")]
    assert history.facts["activities"].numbers["value"].tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    "people",
    [
        pytest.param(PEOPLE.set_index("id"), id="an index with a name is a column"),
        pytest.param(PEOPLE.set_index("id", drop=False), id="an index that is a column as well"),
        pytest.param(PEOPLE.astype({"id": "object"}), id="objects"),
        pytest.param(PEOPLE.astype({"id": "string"}), id="texts"),
        pytest.param(PEOPLE.astype({"id": "Int64", "size": "Float64"}), id="numbers that may be missing"),
        pytest.param(PEOPLE.assign(id=[7, "8"]), id="whole numbers and texts in one column"),
        pytest.param(PEOPLE.convert_dtypes(dtype_backend="pyarrow"), id="Arrow inside pandas"),
        pytest.param(ARROW, id="an Arrow table"),
        pytest.param(PEOPLE.iloc[::-1], id="another order"),
    ],
)
def test_every_way_to_hold_the_same_is_read_the_same(history_of, people):
    history = history_of(people=people)
    assert history.lead_ids == ("7", "8")
    assert sorted(attributes_of(history)) == [("7", "lead_type", "new_prospect"), ("7", "size", "50")]


def test_times_without_a_zone_need_the_zone_of_the_project(history_of):
    with pytest.raises(LeadmlError) as caught:
        history_of(people=PEOPLE.assign(created=PEOPLE["created"].dt.tz_localize(None)))
    assert caught.value.code == "time_without_zone"
    assert caught.value.where == "frame people, column created, row 1 (2 in all)"


def test_a_frame_that_was_not_given_is_told_with_the_nearest(tiny_project):
    (tiny_project / "history.yaml").write_text(HISTORY, "utf-8")
    with pytest.raises(LeadmlError) as caught:
        _ = leadml.open(tiny_project, frames={"peple": PEOPLE, "deeds": DEEDS}).history
    assert caught.value.code == "unknown_frame"
    assert "Did you mean 'peple'?" in caught.value.part("fix")


def test_what_is_no_frame_is_said(history_of):
    with pytest.raises(LeadmlError, match="a list is no DataFrame"):
        history_of(people=[1, 2])


def test_a_column_that_is_not_there_is_told_with_those_that_are(history_of):
    with pytest.raises(LeadmlError) as caught:
        history_of(deeds=DEEDS.rename(columns={"what": "deed"}))
    assert caught.value.code == "unknown_column"
    assert "Its columns are: at, deed, lead, worth." in caught.value.part("fix")


UUID = uuid.UUID("7e57ab1e-0000-4000-8000-000000000007")
SIZED = ARROW.drop_columns("size")


@pytest.mark.parametrize(
    ("values", "read"),
    [
        pytest.param(pa.array([UUID.bytes, None], pa.uuid()), [("7", str(UUID))], id="a UUID"),
        pytest.param(pa.array([1.5, 2], pa.float16()), [("7", "1.5"), ("8", "2")], id="half floats"),
        pytest.param(pa.array(["a", " "], pa.string_view()), [("7", "a")], id="views of texts"),
        pytest.param(pa.array([b"a", b"b"], pa.binary(1)), [("7", "a"), ("8", "b")], id="texts of one length"),
        pytest.param(pa.array([b"a", None], pa.large_binary()), [("7", "a")], id="texts without a type"),
        pytest.param(pa.array([b"a", None]).dictionary_encode(), [("7", "a")], id="a dictionary of bytes"),
    ],
)
def test_what_can_be_written_as_a_text_or_a_number_is(history_of, values, read):
    attributes = attributes_of(history_of(people=SIZED.append_column("size", values)))
    assert sorted((lead, value) for lead, name, value in attributes if name == "size") == read


def test_objects_of_pandas_that_have_a_text_are_texts(history_of):
    attributes = attributes_of(history_of(people=PEOPLE.assign(size=[UUID, None])))
    assert ("7", "size", str(UUID)) in attributes


@pytest.mark.parametrize(
    ("people", "said"),
    [
        (SIZED.append_column("size", pa.array([[1], None])), "holds no plain values but list<item: int64>"),
        (
            SIZED.append_column("size", pa.array([(1, 2, 3), None], pa.month_day_nano_interval())),
            "holds no plain values but month_day_nano_interval",
        ),
        (SIZED.append_column("size", pa.array([b"\xff", None])), "holds bytes that are no UTF-8 (binary)"),
        (
            PEOPLE.assign(size=pd.period_range("2026-01", periods=2, freq="M")),
            "holds no plain values but extension<pand",
        ),
        (PEOPLE.assign(size=pd.interval_range(0, 2)), "holds no plain values but extension<pandas.interval"),
        (PEOPLE.assign(size=[[1], [2]]), "holds no plain values but list<item: int64>"),
    ],
)
def test_what_is_no_plain_value_is_told_with_column_and_type(history_of, people, said):
    with pytest.raises(LeadmlError) as caught:
        history_of(people=people)
    assert (caught.value.code, caught.value.where) == ("unreadable_file", "frame people")
    assert caught.value.values["problem"].startswith(f"the column 'size' {said}")


@pytest.mark.parametrize("frame", [PEOPLE, ARROW], ids=["pandas", "Arrow"])
def test_a_column_that_stands_there_twice_is_refused_where_it_is_read(history_of, frame):
    def with_further(name):
        if isinstance(frame, pa.Table):
            return frame.append_column(name, pa.array(["a", "b"]))
        return pd.concat([frame, pd.DataFrame({name: ["a", "b"]})], axis="columns")

    with pytest.raises(LeadmlError, match="the column 'kind' stands there twice"):
        history_of(people=with_further("kind"))


@pytest.mark.parametrize("kind", ["pandas", "Arrow"])
def test_what_nobody_asks_for_may_stand_there_twice_and_is_written_once_among_bad_rows(tiny_project, kind):
    rows = [["7", "2026-01-05", "a", "b"], ["8", "soon", "c", "d"]]
    frame = pd.DataFrame(rows, columns=["id", "created", "note", "note"])
    if kind == "Arrow":
        columns = [pa.array(each) for each in zip(*rows, strict=True)]
        frame = pa.Table.from_arrays(columns, names=["id", "created", "note", "note"])
    (tiny_project / "history.yaml").write_text(
        "time_zone: UTC\ndirty_rows: quarantine\ntables:\n  leads:\n"
        "    - {frame: people, columns: {lead_id: id, created_at: created}}\n",
        "utf-8",
    )
    assert leadml.open(tiny_project, frames={"people": frame}).history.lead_ids == ("7",)
    written = (tiny_project / ".leadml" / "quarantine" / "leads.csv").read_text("utf-8").splitlines()
    assert written == ["reason,source,place,id,created,note", "not_a_time: created,frame people,row 2,8,soon,c"]

"""DataFrames of a notebook are read as a file of the same content would be."""

import datetime

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

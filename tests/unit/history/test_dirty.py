"""Dirty rows are counted kind by kind, in every source alike, and nothing is dropped in silence."""

import csv
import gzip

import pytest
from dirty_rows import CELLS, COLUMNS, FAULTS, make_dirty, to_csv, to_frames, to_parquet, to_sqlite

from leadml.errors import LeadmlError
from leadml.history.checks import check_history
from leadml.history.dirty import FAULTS as KNOWN_FAULTS
from leadml.history.opening import Beside
from leadml.history.sources import read_history
from leadml.specs.history_spec import HistorySpec
from leadml.wording.texts import say

EVERY_SOURCE = pytest.mark.parametrize("kind", ["csv", "csv.gz", "parquet", "sqlite", "frame"])


@pytest.fixture(scope="module")
def dirty():
    return make_dirty()


@pytest.fixture
def source_of(tmp_path):
    """Write tables to a kind of source; gives the entry of history.yaml for each, and frames."""

    def write(kind, **tables):
        frames = {}
        for name, rows in tables.items():
            if kind == "csv":
                to_csv(rows, tmp_path / f"{name}.csv")
            elif kind == "csv.gz":
                to_csv(rows, tmp_path / f"{name}.csv")
                packed = gzip.compress((tmp_path / f"{name}.csv").read_bytes())
                (tmp_path / f"{name}.csv.gz").write_bytes(packed)
            elif kind == "parquet":
                to_parquet(rows, tmp_path / f"{name}.parquet")
        if kind == "sqlite":
            to_sqlite(tables, tmp_path / "crm.db")
        if kind == "frame":
            frames = to_frames(tables)
        entries = {
            "sqlite": lambda name: {"database": "sqlite:///crm.db", "database_table": name},
            "frame": lambda name: {"frame": name},
        }
        entry = entries.get(kind, lambda name: {"file": f"{name}.{kind}"})
        return {name: entry(name) for name in tables}, frames

    return write


@pytest.fixture
def read(source_of, tmp_path, definitions):
    """Read dirty rows from a kind of source under a policy."""

    def read_them(kind, dirty, policy, **more):
        entries, frames = source_of(kind, leads=dirty.leads, activities=dirty.activities, stages=dirty.stages)
        stage_columns = {"lead_id": "lead_id", "happened_at": "at", "lifecycle_stage": "stage"}
        spec = HistorySpec.model_validate(
            {
                "dirty_rows": policy,
                "tables": {
                    "leads": ({**entries["leads"], "columns": {"lead_id": "lead_id", "created_at": "created_at"}},),
                    "stage_changes": ({**entries["stages"], "columns": stage_columns},),
                    "activities": ({**entries["activities"], "columns": {name: name for name in COLUMNS}, **more},),
                },
            }
        )
        return read_history(spec, tmp_path, definitions, beside=Beside(frames, tmp_path / "aside"))

    return read_them


def counts_of(history, definitions):
    """Add up findings by key; beside activities only stages have any."""
    counts = {}
    for finding in check_history(history, definitions).findings:
        assert finding.table == ("stage_changes" if finding.key.startswith("unknown_word") else "activities")
        counts[finding.key] = counts.get(finding.key, 0) + finding.count
        for language in ("en", "ja"):
            assert str(finding.count) in say(f"finding.{finding.key}", language, count=finding.count, **finding.values)
    return counts


def rows_of(history):
    facts = history.facts["activities"]
    return [
        (history.lead_ids[lead], int(facts.happened_at[row]), int(facts.known_at[row]), facts.numbers["value"][row])
        for row, lead in enumerate(facts.leads)
    ]


def clean_values(dirty):
    return {float(value) for *_, value in dirty.clean}


def test_the_fixture_plants_every_fault_that_there_is(dirty):
    of_activities = set(KNOWN_FAULTS) - {"not_a_probability"}  # test_judgements.py plants it among decisions
    assert {fault for *_, fault in FAULTS.values()} == of_activities
    assert set(dirty.faults) == of_activities
    assert sum(bool(planted) for planted in dirty.planted) == pytest.approx(0.1 * len(dirty.planted), abs=20)


@EVERY_SOURCE
def test_rejected_rows_are_told_together_with_the_first_and_their_number(read, dirty, kind):
    with pytest.raises(LeadmlError) as caught:
        read(kind, dirty, "reject")
    told = {}
    for problem in caught.value.problems:
        told[problem.code] = told.get(problem.code, 0) + problem.values["count"]
    assert told == dict(dirty.faults)
    first = next(row for row, planted in enumerate(dirty.planted) if planted == "no_number")
    (problem,) = [problem for problem in caught.value.problems if problem.code == "not_a_number"]
    part = f"line {first + 2}" if kind.startswith("csv") else f"row {first + 1}"
    assert f"column value, {part} ({dirty.count('no_number')} in all)" in problem.where


@EVERY_SOURCE
def test_quarantined_rows_lie_complete_in_a_file_with_reason_and_place(read, dirty, kind, tmp_path, definitions):
    history = read(kind, dirty, "quarantine")
    aside = dirty.rows_at_fault + dirty.count("stranger")
    assert counts_of(history, definitions) == {
        **dirty.faults,
        "quarantined": aside,
        "stranger": dirty.count("stranger"),
        "known_before_happened": dirty.count("negative_lag"),
        "before_creation": dirty.count("early"),
        "counted_once": dirty.count("twice"),
        "unknown_word": dirty.unknown_words,
    }
    with (tmp_path / "aside" / "activities.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == aside
    expected = {}
    for number, (row, planted) in enumerate(zip(dirty.activities, dirty.planted, strict=True)):
        if planted in FAULTS:
            expected[number] = (f"{FAULTS[planted][2]}: {FAULTS[planted][0]}", row)
        elif planted == "stranger":
            expected[number] = ("unknown_lead", row)
    first = 2 if kind.startswith("csv") else 1
    for row in rows:
        reason, original = expected[int(row["place"].split()[1]) - first]
        assert row["reason"] == reason
        assert {name: row[name] for name in (*COLUMNS, "note")} == original  # also what no table reads


@EVERY_SOURCE
def test_facts_of_a_lead_whose_row_is_quarantined_are_quarantined_too(read, kind, tmp_path, definitions):
    dirty = make_dirty(share=0)
    dirty.leads[0]["created_at"] = "soon"
    lost = dirty.leads[0]["lead_id"]
    facts = {
        name: sum(row["lead_id"] == lost for row in rows)
        for name, rows in (("leads", dirty.leads), ("activities", dirty.activities), ("stage_changes", dirty.stages))
    }
    history = read(kind, dirty, "quarantine")
    for name, count in facts.items():
        with (tmp_path / "aside" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            aside = list(csv.DictReader(file))
        assert [row["lead_id"] for row in aside] == [lost] * count
        assert {row["reason"] for row in aside} == {"not_a_time: created_at" if name == "leads" else "unknown_lead"}
    told = [(finding.table, finding.key, finding.count) for finding in history.findings]
    assert not any(key == "unknown_lead" for _, key, _ in told)
    assert ("history.yaml", "quarantined_in_all", sum(facts.values())) in told
    (total,) = [finding for finding in history.findings if finding.key == "quarantined_in_all"]
    assert total.values == {"tables": 3, "folder": ".leadml/quarantine"}
    for language in ("en", "ja"):
        assert f"{total.count}" in say("finding.quarantined_in_all", language, count=total.count, **total.values)


@EVERY_SOURCE
def test_clean_rows_are_all_there_and_the_same_from_every_source(read, dirty, kind):
    history = read(kind, dirty, "quarantine")
    values = [value for *_, value in rows_of(history)]
    assert clean_values(dirty) <= set(values)
    assert len(values) == len(dirty.clean) + dirty.count("early", "negative_lag", "twice")
    assert rows_of(history) == rows_of(read("csv", dirty, "quarantine"))


@EVERY_SOURCE
def test_accepted_rows_lose_only_what_cannot_be_read(read, dirty, kind, definitions):
    history = read(kind, dirty, "accept")
    lost = dirty.rows_at_fault - dirty.count(*CELLS)
    assert counts_of(history, definitions) == {
        **dirty.faults,
        "left_out": lost,
        "unknown_lead": dirty.count("stranger"),
        "known_before_happened": dirty.count("negative_lag"),
        "before_creation": dirty.count("early"),
        "counted_once": dirty.count("twice"),
        "unknown_word": dirty.unknown_words,
    }
    values = [value for *_, value in rows_of(history)]
    assert clean_values(dirty) <= set(values)
    assert sum(value != value for value in values) == dirty.count("no_number")  # NaN
    mended = [row for row, planted in zip(dirty.activities, dirty.planted, strict=True) if planted == "other_id"]
    assert {float(row["value"]) for row in mended} <= {
        value for lead_id, *_, value in rows_of(history) if lead_id == "101"
    }


def test_a_negative_lag_is_raised_to_when_it_happened(read, dirty):
    early = {
        float(row["value"]) for row, kind in zip(dirty.activities, dirty.planted, strict=True) if kind == "negative_lag"
    }
    assert {
        value for _, happened_at, known_at, value in rows_of(read("csv", dirty, "accept")) if known_at == happened_at
    } >= early


def test_what_a_source_declares_is_no_fault(read, dirty, definitions):
    formats = ("iso_8601", "%d.%m.%Y %H:%M", "%Y/%m/%d %H:%M:%S", "epoch_milliseconds")
    history = read("csv", dirty, "accept", time_format=formats)
    counts = counts_of(history, definitions)
    assert "time_in_other_format" not in counts
    # Only the epoch has a zone of its own.
    assert counts["time_without_zone"] == dirty.count("no_zone", "day_first", "slashes")


def test_a_source_may_have_a_policy_of_its_own(read, dirty, definitions):
    history = read("csv", dirty, "reject", dirty_rows="accept")
    assert counts_of(history, definitions)["left_out"] > 0


def test_a_clean_source_leaves_no_quarantine_of_an_earlier_reading(read, dirty, tmp_path):
    clean = make_dirty(share=0)
    read("csv", dirty, "quarantine")
    assert (tmp_path / "aside" / "activities.csv").exists()
    history = read("csv", clean, "quarantine")
    assert list((tmp_path / "aside").iterdir()) == []
    assert history.findings == ()


def test_numbers_in_a_frame_are_the_ids_that_a_file_would_hold(read):
    """The same id as a whole number, as a text and as a number with decimals: only the last is a fault."""
    clean = make_dirty(share=0)
    for row, kind in zip(clean.activities, [int, str, float] * 600, strict=True):
        row["lead_id"] = kind(row["lead_id"])
    history = read("frame", clean, "accept")
    assert [(finding.key, finding.count) for finding in history.findings] == [
        ("id_in_two_types", 600),
        ("read_as_missing", 0),
    ]
    assert len(rows_of(history)) == 1800

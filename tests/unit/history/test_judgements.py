"""What was said and decided about leads, from any source: two tables that a history need not have."""

import csv
from dataclasses import replace

import numpy as np
import pytest

from leadml.errors import LeadmlError
from leadml.history.checks import check_history
from leadml.history.fingerprint import fingerprint_of
from leadml.history.inline import Arrival, histories_from_records
from leadml.history.opening import Beside
from leadml.history.shapes import shape_of
from leadml.history.sources import read_history
from leadml.history.tables import FACT_TABLES, JUDGEMENTS
from leadml.specs.history_spec import HistorySpec
from leadml.wording.texts import say

LEADS = "lead_id,created_at\nL1,2026-01-01T09:00:00Z\nL2,2026-01-02T09:00:00Z\n"
SCORES = """
    lead_id,happened_at,name,value
    L1,2026-01-03T09:00:00Z,crm_rules,40
    L1,2026-01-04T09:00:00Z,crm_rules,-2.5
    L2,2026-01-04T09:00:00Z,crm_rules,
    L2,2026-01-05T09:00:00Z,,7
"""
DECISIONS = """
    lead_id,happened_at,decision,band,explored,probability
    L1,2026-01-03T09:00:00Z,hand_over,A,no,
    L2,2026-01-03T09:00:00Z,keep,C,yes,0.9
    L2,2026-01-04T09:00:00Z,hand_over,C,Yes,1
    L2,2026-01-05T09:00:00Z,,,maybe,
"""
# Of which only the first and the last may stand there.
CHANCES = ["1e-9", "0", "-0.5", "1.0001", "10", "1"]


def findings_of(report):
    return [(finding.table, finding.key, finding.count, finding.values) for finding in report.findings]


def decided(folder, definitions, policy):
    """Read decisions with all these chances from files."""
    (folder / "leads.csv").write_text(LEADS, "utf-8")
    rows = [f"L1,2026-01-0{day}T09:00:00Z,keep,{chance}" for day, chance in enumerate(CHANCES, start=3)]
    (folder / "decisions.csv").write_text("\n".join(["lead_id,happened_at,decision,chance", *rows]), "utf-8")
    columns = {"lead_id": "lead_id", "happened_at": "happened_at", "decision": "decision", "probability": "chance"}
    leads = {"file": "leads.csv", "columns": {"lead_id": "lead_id", "created_at": "created_at"}}
    tables = {"leads": (leads,), "decisions": ({"file": "decisions.csv", "columns": columns},)}
    spec = HistorySpec.model_validate({"dirty_rows": policy, "tables": tables})
    return read_history(spec, folder, definitions, beside=Beside({}, folder / "aside"))


def test_scores_and_decisions_are_tables_as_any_other(history_of):
    history = history_of(leads=LEADS, scores=SCORES, decisions=DECISIONS)
    scores, decisions = (history.facts[name] for name in JUDGEMENTS)
    assert not set(JUDGEMENTS) & set(history.unknown)
    assert scores.numbers["value"].tolist() == pytest.approx([40, -2.5, np.nan, 7], nan_ok=True)
    assert decisions.numbers["probability"].tolist() == pytest.approx([np.nan, 0.9, 1, np.nan], nan_ok=True)
    assert decisions.texts["decision"].words == ("hand_over", "keep")
    assert decisions.texts["band"].words == ("A", "C")


def test_a_request_tells_what_a_file_tells(history_of, definitions):
    at = "2026-01-03T09:00:00Z"
    record = {
        "lead_id": "L1",
        "created_at": "2026-01-01T09:00:00Z",
        "scores": [{"happened_at": at, "name": "crm_rules", "value": 40.0}],
        "decisions": [{"happened_at": at, "decision": "keep", "band": "C", "explored": "yes", "probability": 0.9}],
    }
    (inline,) = histories_from_records([record], definitions, Arrival(now=10**16))
    from_files = history_of(
        leads="lead_id,created_at\nL1,2026-01-01T09:00:00Z\n",
        scores=f"lead_id,happened_at,name,value\nL1,{at},crm_rules,40\n",
        decisions=f"lead_id,happened_at,decision,band,explored,probability\nL1,{at},keep,C,yes,0.9\n",
    )
    for name in JUDGEMENTS:
        asked, told = inline.history.facts[name], from_files.facts[name]
        assert (asked.words, dict(asked.numbers)) == (told.words, dict(told.numbers))
        assert asked.codes.tolist() == told.codes.tolist()


def test_what_a_reader_should_know_of_them_is_counted(history_of, definitions):
    report = check_history(history_of(leads=LEADS, scores=SCORES, decisions=DECISIONS), definitions)
    assert findings_of(report) == [
        ("scores", "blank_word", 1, {"column": "name"}),
        ("decisions", "blank_word", 1, {"column": "decision"}),
        ("decisions", "not_yes_or_no", 1, {"column": "explored", "word": "Yes"}),
        ("decisions", "not_yes_or_no", 1, {"column": "explored", "word": "maybe"}),
        ("scores", "blank_word", 1, {"column": "value"}),
    ]
    for finding in report.findings:
        for language in ("en", "ja"):
            assert str(finding.count) in say(f"finding.{finding.key}", language, count=finding.count, **finding.values)


def test_a_probability_is_above_0_and_at_most_1(tmp_path, definitions):
    with pytest.raises(LeadmlError) as caught:
        decided(tmp_path, definitions, "reject")
    assert (caught.value.code, caught.value.values["value"]) == ("not_a_probability", "0")
    assert caught.value.where == "decisions.csv, column chance, line 3 (4 in all)"
    assert "0.1 for one in ten" in caught.value.part("fix")


def test_a_decision_of_an_impossible_chance_is_set_aside_or_kept_without_it(tmp_path, definitions):
    told = {"column": "chance", "value": "0"}
    aside = decided(tmp_path, definitions, "quarantine")
    assert aside.facts["decisions"].numbers["probability"].tolist() == [1e-9, 1]
    assert aside.findings[0].key == "not_a_probability"
    with (tmp_path / "aside" / "decisions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["chance"] for row in rows] == CHANCES[1:-1]
    assert {row["reason"] for row in rows} == {"not_a_probability: chance"}
    kept = decided(tmp_path, definitions, "accept")
    expected = [1e-9, *[np.nan] * 4, 1]
    assert kept.facts["decisions"].numbers["probability"].tolist() == pytest.approx(expected, nan_ok=True)
    assert [(finding.key, finding.count, finding.values) for finding in kept.findings] == [
        ("not_a_probability", 4, told),
        ("read_as_missing", 0, {}),
    ]


def test_only_chances_are_held_to_be_such():
    chances = {table: shape_of(table).chances for table in ("leads", "companies", *FACT_TABLES)}
    assert {table: columns for table, columns in chances.items() if columns} == {"decisions": ("probability",)}


@pytest.mark.parametrize("system", ["hubspot", "salesforce"])
@pytest.mark.parametrize("table", JUDGEMENTS)
def test_an_export_that_does_not_tell_them_is_refused(tmp_path, definitions, system, table):
    (tmp_path / "leads.csv").write_text(LEADS, "utf-8")
    (tmp_path / "crm.jsonl").write_text("", "utf-8")
    leads = {"file": "leads.csv", "columns": {"lead_id": "lead_id", "created_at": "created_at"}}
    spec = HistorySpec.model_validate(
        {"tables": {"leads": (leads,), table: ({"file": "crm.jsonl", "format": system},)}}
    )
    with pytest.raises(LeadmlError) as caught:
        read_history(spec, tmp_path, definitions)
    assert (caught.value.code, caught.value.values["word"]) == ("unknown_word", table)
    assert caught.value.where == f"history.yaml, tables.{table}, format"


def test_without_them_a_history_keeps_its_fingerprint_and_with_them_it_has_another(history_of):
    def fingerprint(**tables):
        return fingerprint_of(history_of(leads=LEADS, **tables))

    history = history_of(leads=LEADS)
    before = tuple(name for name in history.unknown if name not in JUDGEMENTS)  # as when nobody knew of these tables
    assert len(before) < len(history.unknown)
    assert fingerprint_of(replace(history, unknown=before)) == fingerprint()
    empty = "lead_id,happened_at,name,value\nL9,2026-01-03T09:00:00Z,crm_rules,40\n"
    several = {fingerprint(), fingerprint(scores=empty), fingerprint(scores=SCORES), fingerprint(decisions=DECISIONS)}
    assert len(several) == 4

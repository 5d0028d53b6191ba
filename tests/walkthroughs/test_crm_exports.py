"""From the exports of CRMs to outcomes: the contact that was MQL twice, and the two example projects."""

import json
import runpy
import shutil
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from leadml.clock import parse_instant, to_iso
from leadml.history.sources import read_history
from leadml.history.tables import FACT_TABLES
from leadml.outcomes import NO, NOT_KNOWN, YES, find_outcomes
from leadml.project import Project
from leadml.snapshots import make_snapshots
from leadml.specs.history_spec import HistorySpec
from leadml.specs.project_spec import read_project
from leadml.specs.readiness_spec import SnapshotSpec

ROOT = Path(__file__).parents[2]
PAYLOADS = ROOT.parent / "shared" / "data" / "crm_payloads"
REAL_REPLY = PAYLOADS / "hubspot_batch_read_reply_history.json"

TWICE = (
    ("salesqualifiedlead", "2026-11-02T10:11:12.345Z", "CRM_UI"),
    ("marketingqualifiedlead", "2026-10-28T08:00:00Z", "AUTOMATION_PLATFORM"),
    ("lead", "2026-08-15T09:00:00Z", "CRM_UI"),
    ("", "2026-08-15T08:59:59Z", "CRM_UI"),
    ("marketingqualifiedlead", "2026-07-10T12:00:00Z", "AUTOMATION_PLATFORM"),
    ("lead", "2026-06-01T00:00:00Z", "FORM"),
)
STATUSES = (
    ("CONNECTED", "2026-11-01T15:00:00Z", "CRM_UI"),
    ("ATTEMPTED_TO_CONTACT", "2026-10-29T09:00:00Z", "CRM_UI"),
    ("BAD_TIMING", "2026-08-15T09:00:00Z", "CRM_UI"),
)
TABLES = {
    "leads": ({"file": "reply.json", "format": "hubspot"},),
    "stage_changes": ({"file": "reply.json", "format": "hubspot"},),
    "status_changes": (
        {"file": "reply.json", "format": "hubspot", "words": {"lead_status": {"BAD_TIMING": "returned"}}},
    ),
}


def invented_reply():
    """Write the real reply again, in words of our own: CI always has it."""
    histories = {"lifecyclestage": TWICE, "hs_lead_status": STATUSES}
    items = {
        name: [{"value": value, "timestamp": time, "sourceType": source} for value, time, source in changes]
        for name, changes in histories.items()
    }
    contact = {
        "id": "512",
        "createdAt": "2026-06-01T00:00:00Z",
        "updatedAt": "2026-11-02T10:11:12.345Z",
        "archived": False,
        "properties": {"hs_lifecyclestage_marketingqualifiedlead_date": "2026-10-28T08:00:00Z"},
        "propertiesWithHistory": items,
    }
    return {"status": "COMPLETE", "completedAt": "2026-11-23T00:00:00Z", "results": [contact]}


def real_reply():
    if not REAL_REPLY.is_file():
        pytest.skip("no ../shared/data/crm_payloads beside the repository; the invented reply says the same")
    return json.loads(REAL_REPLY.read_text("utf-8"))


@pytest.fixture
def later(monkeypatch):
    """Let the machine's clock stand after all that the payloads tell, whatever today is."""
    monkeypatch.setattr("leadml.history.sources.now", lambda: parse_instant("2028-01-01T00:00:00Z", where="tests"))


@pytest.fixture
def episodes(tmp_path, later):
    """Give, for the entries into MQL of a reply, when each is scored and what became of it."""
    definitions = read_project(ROOT).agreement.definitions
    assert (definitions.ready.reach, definitions.ready.within_days) == ("sql", 30)
    assert definitions.ready.not_returned_within_days == 14

    def find(reply, **spec):
        (tmp_path / "reply.json").write_text(json.dumps(reply), "utf-8")
        history = read_history(HistorySpec.model_validate({"tables": TABLES, **spec}), tmp_path, definitions)
        snapshots = make_snapshots(history, [SnapshotSpec(since="mql", days=0)], definitions)
        outcomes = find_outcomes(history, snapshots.leads, snapshots.as_of, definitions)
        return list(zip(map(to_iso, snapshots.as_of.tolist()), outcomes.answer.tolist(), strict=True))

    return find


FIRST, SECOND = "2026-07-10T12:00:00.000001Z", "2026-10-28T08:00:00.000001Z"


@pytest.mark.parametrize("reply", [invented_reply, real_reply])
def test_the_contact_that_was_mql_twice_has_two_episodes(episodes, reply):
    """The first is no; the second is not known before 2026-12-11, when window and grace have wholly passed."""
    assert episodes(reply()) == [(FIRST, NO), (SECOND, NOT_KNOWN)]


@pytest.mark.parametrize("reply", [invented_reply, real_reply])
@pytest.mark.parametrize(("completed", "answer"), [("2026-12-11T07:59:00Z", NOT_KNOWN), ("2026-12-11T08:01:00Z", YES)])
def test_a_later_export_of_the_same_contact_knows_more(episodes, reply, completed, answer):
    assert episodes({**reply(), "completedAt": completed}) == [(FIRST, NO), (SECOND, answer)]


def test_the_project_may_say_itself_when_the_export_was_made(episodes):
    reply = invented_reply()
    del reply["completedAt"]
    assert episodes(reply)[1] == (SECOND, NOT_KNOWN)
    assert episodes(reply, known_until=datetime(2026, 12, 12, tzinfo=UTC))[1] == (SECOND, YES)


@pytest.mark.parametrize(("completed", "answer"), [("2026-11-23T00:00:00Z", NOT_KNOWN), ("2026-12-13T00:00:00Z", YES)])
def test_what_another_source_tells_of_later_closes_no_window(episodes, tmp_path, completed, answer):
    """Deals and calls were exported weeks after the contacts: what the contacts did in between, nobody knows."""
    deal = {
        "id": "9",
        "createdAt": "2026-11-01T00:00:00Z",
        "propertiesWithHistory": {"dealstage": [{"value": "closedwon", "timestamp": "2026-12-20T00:00:00Z"}]},
        "associations": {"contacts": {"results": [{"id": "512", "type": "deal_to_contact"}]}},
    }
    reply = {"status": "COMPLETE", "completedAt": "2026-12-31T00:00:00Z", "results": [deal]}
    (tmp_path / "deals.json").write_text(json.dumps(reply), "utf-8")
    (tmp_path / "calls.csv").write_text("lead,at,how,result\n512,2026-12-30T00:00:00Z,phone,busy\n", "utf-8")
    columns = {"lead_id": "lead", "happened_at": "at", "channel": "how", "result": "result"}
    later = {
        "deal_changes": ({"file": "deals.json", "format": "hubspot"},),
        "connect_attempts": ({"file": "calls.csv", "columns": columns},),
    }
    contacts = {**invented_reply(), "completedAt": completed}
    # The last snapshot of the first contact that is known is that of its second entry, whatever came later.
    assert episodes(contacts, tables={**TABLES, **later}) == [(FIRST, NO), (SECOND, answer)]


def test_of_two_exports_the_one_that_ends_first_says_until_when_all_is_known(episodes, tmp_path):
    other = {**invented_reply(), "completedAt": "2026-12-31T00:00:00Z"}
    other["results"] = [{**other["results"][0], "id": "513"}]
    (tmp_path / "other.json").write_text(json.dumps(other), "utf-8")
    tables = {name: (*entries, {**entries[0], "file": "other.json"}) for name, entries in TABLES.items()}
    assert episodes(invented_reply(), tables=tables) == [(FIRST, NO), (SECOND, NOT_KNOWN)] * 2


def test_a_real_answer_about_the_history_of_a_lead_gives_its_status_and_its_conversion(tmp_path, later):
    reply = PAYLOADS / "salesforce_query_leadhistory_reply.json"
    if not reply.is_file():
        pytest.skip("no ../shared/data/crm_payloads beside the repository; tests/unit/history has invented answers")
    shutil.copy(reply, tmp_path / "LeadHistory.json")
    lead = "00Q5f000001AbCd,2026-06-01T00:00:00.000Z,Closed - Converted,2026-11-02"
    (tmp_path / "Lead.csv").write_text(f"Id,CreatedDate,Status,ConvertedDate\n{lead}\n", "utf-8")
    source = {"file": "Lead*", "format": "salesforce"}
    options = {"stage_of_status": {"Open - Not Contacted": "lead", "Working - Contacted": "mql"}}
    tables = {"leads": (source,), "status_changes": (source,), "stage_changes": ({**source, "options": options},)}
    spec = HistorySpec.model_validate({"tables": tables, "time_zone": "Europe/Berlin"})
    history = read_history(spec, tmp_path, read_project(ROOT).agreement.definitions)
    stages = history.facts["stage_changes"]
    words = [stages.words["lifecycle_stage"][code] for code in stages.texts["lifecycle_stage"].codes]
    assert list(zip(words, map(to_iso, stages.happened_at.tolist()), strict=True)) == [
        ("lead", "2026-06-01T00:00:00.000000Z"),
        ("mql", "2026-10-28T08:00:00.000000Z"),
        ("sql", "2026-11-02T10:11:12.000000Z"),
    ]


@pytest.fixture(scope="module", params=["hubspot", "salesforce"])
def example(request, tmp_path_factory):
    """Open an example project over an export that its own script invents."""
    folder = shutil.copytree(ROOT / "examples" / request.param, tmp_path_factory.mktemp("example") / request.param)
    runpy.run_path(str(folder / "make_export.py"))["write_export"](folder / ".leadml" / "export")
    return Project(folder)


def test_an_example_can_be_checked_and_fills_every_table_it_names(example):
    report = example.check()
    named = {"companies", *FACT_TABLES} - set(report.unknown)
    assert report.leads == 400
    assert named == example.spec.history.tables.model_fields_set - {"leads"}
    rows = {table.table: table.rows for table in report.tables}
    assert all(rows[table] > 0 for table in named - {"companies", "attribute_changes"})
    assert rows["lead_attributes"] > report.leads
    assert not [finding for finding in report.findings if finding.key in ("unknown_lead", "before_creation")]


def test_an_example_has_leads_of_both_kinds_to_learn_from(example):
    training_set = example.training_set()
    assert 0.05 < np.mean(training_set.ready) < 0.8
    assert len(training_set.ready) > 100

from datetime import timedelta

import pytest

from leadml.clock import now, parse_instant, to_iso
from leadml.errors import LeadmlError
from leadml.project import Project

HISTORY, LEADS, ACTIVITIES = "history.yaml", "data/leads.csv", "data/activities.csv"


WORDS = "words: {lifecycle_stage: {marketingqualifiedlead: mql}}"


def test_every_lead_has_its_facts_in_order(history, facts_of):
    assert history().lead_ids == ("L1", "L2", "L3", "L4", "L5", "L6")
    assert facts_of(history(), "activities", "L1", "activity", "content") == [
        ("01-05T10:00", "01-05T10:00:05", "page_view", "pricing"),
        ("01-06T10:00", "01-06T10:00:00", "page_view", "pricing"),
    ]
    assert facts_of(history(), "activities", "L6") == []


def test_their_words_become_ours_and_others_stay(history, facts_of):
    assert [word for _, _, word in facts_of(history(), "stage_changes", "L1", "lifecycle_stage")] == ["mql", "sql"]


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        (
            "{marketingqualifiedlead: mql}",
            "{marketingqualifiedlead: mqll}",
            "tables.stage_changes[0].words.lifecycle_stage.marketingqualifiedlead",
        ),
        ("folder: data", "folder: data\nwords: {lifecycle_stage: {MQL: mqll}}", "words.lifecycle_stage.MQL"),
    ],
)
def test_a_word_of_ours_that_the_agreement_lacks_is_refused_with_the_nearest(history, change, old, new, where):
    change(HISTORY, old, new)
    with pytest.raises(LeadmlError) as caught:
        history()
    assert (caught.value.code, caught.value.where) == ("unknown_word", f"history.yaml, {where}")
    assert caught.value.part("fix") == "Did you mean 'mql'? Known here: customer, lead, mql, sql."


def test_a_word_may_be_said_to_be_none(history, change):
    change(HISTORY, "{marketingqualifiedlead: mql}", '{marketingqualifiedlead: mql, junk: ""}')
    history()


def test_a_blank_time_is_told_apart_from_one_that_is_none(problems, change):
    change(ACTIVITIES, "2026-01-06T10:00:00Z", " ")
    change(ACTIVITIES, "2026-01-05T10:00:00Z", "soon")
    assert [(code, value) for code, _, value in problems()] == [("blank_time", " "), ("not_a_time", "soon")]


def test_words_that_swap_are_not_translated_twice(history, change, facts_of):
    change(HISTORY, "{marketingqualifiedlead: mql}", "{marketingqualifiedlead: sql, sql: mql}")
    stages = [word for _, _, word in facts_of(history(), "stage_changes", "L1", "lifecycle_stage")]
    assert stages == ["sql", "mql"]


def test_a_lead_has_the_attributes_of_its_company(history, facts_of):
    known = {
        attribute: value
        for *_, attribute, value in facts_of(history(), "company_attributes", "L2", "attribute", "value")
    }
    assert known == {"industry": "trade, retail", "employees": "8"}
    assert facts_of(history(), "company_attributes", "L3") == []


def test_a_table_without_a_source_is_unknown_and_one_without_files_says_that_nothing_happened(history, change):
    assert history().unknown == ("attribute_changes", "assignments", "scores", "decisions")
    empty = ("assignments", "attribute_changes", "scores", "decisions")
    change(HISTORY, "  activities:\n", "".join(f"  {table}: []\n" for table in empty) + "  activities:\n")
    assert history().unknown == ()
    assert len(history().facts["assignments"].happened_at) == 0


@pytest.mark.parametrize("table", ["companies", "activities", "stage_changes", "status_changes", "connect_attempts"])
def test_any_table_may_be_said_to_be_empty(tiny_project, history, table):
    lines = (tiny_project / HISTORY).read_text("utf-8").splitlines(keepends=True)
    start = lines.index(f"  {table}:\n")
    end = next((n for n in range(start + 1, len(lines)) if not lines[n].startswith("    ")), len(lines))
    (tiny_project / HISTORY).write_text("".join([*lines[:start], f"  {table}: []\n", *lines[end:]]), "utf-8")
    assert table not in history().unknown
    Project(tiny_project).check()


def test_an_id_is_a_text(tiny_project, history, change, facts_of):
    for name in (LEADS, ACTIVITIES):
        for old, new in (("L1,", "007,"), ("L2,", "L 2,"), ("L3,", "NA,"), ("L4,", '"L,4",'), ("L5,", "鈴木,")):
            if old in (tiny_project / name).read_text("utf-8"):
                change(name, old, new)
    assert set(history().lead_ids) == {"007", "L 2", "NA", "L,4", "鈴木", "L6"}
    assert len(facts_of(history(), "activities", "007")) == len(facts_of(history(), "activities", "L,4")) == 2


def test_a_blank_known_at_means_when_it_happened(history, change, facts_of):
    change(ACTIVITIES, "2026-01-05T10:00:05Z", "  ")
    assert facts_of(history(), "activities", "L1")[0] == ("01-05T10:00", "01-05T10:00:00")


def test_nothing_is_known_before_it_happens(history, change, facts_of):
    change(ACTIVITIES, "2026-01-05T10:00:05Z", "2025-12-31T00:00:00Z")
    assert facts_of(history(), "activities", "L1")[0] == ("01-05T10:00", "01-05T10:00:00")


def test_the_zone_of_the_project_is_for_times_that_have_none(history, change, facts_of):
    change(HISTORY, "folder: data", "folder: data\ntime_zone: Asia/Tokyo")
    change(ACTIVITIES, "2026-01-06T10:00:00Z", "2026-01-06T10:00:00")
    assert [happened for happened, _ in facts_of(history(), "activities", "L1")] == ["01-05T10:00", "01-06T01:00"]


def test_a_day_is_over_before_it_counts(history, change):
    change(HISTORY, "folder: data", "folder: data\ntime_zone: Asia/Tokyo")
    change(ACTIVITIES, "2026-01-06T10:00:00Z", "2026-01-06")
    assert int(history().facts["activities"].happened_at[1]) == parse_instant(
        "2026-01-06T23:59:59.999999+09:00", where="test"
    )


def test_the_same_row_counts_once(history, change, facts_of):
    change(
        ACTIVITIES,
        "L1,2026-01-06T10:00:00Z,,page_view,pricing,E2\n",
        "L1,2026-01-06T10:00:00Z,,page_view,pricing,\n" * 3,
    )
    assert len(facts_of(history(), "activities", "L1")) == 2
    (finding,) = history().findings
    assert (finding.table, finding.key, finding.count) == ("activities", "counted_once", 2)


def test_facts_of_leads_that_nobody_knows_are_left_out_and_reported(history, change, facts_of):
    change(ACTIVITIES, "L1,", "L0,")
    assert facts_of(history(), "activities", "L1") == []
    (finding,) = history().findings
    assert (finding.key, finding.count, finding.values) == ("unknown_lead", 2, {"example": "L0"})


def test_only_some_rows_of_a_file_may_belong_to_a_table(history, change):
    change(
        HISTORY,
        "  activities:\n    - file: activities.csv\n",
        "  activities:\n    - file: activities.csv\n      rows: {event: [E1, E4]}\n",
    )
    assert len(history().facts["activities"].happened_at) == 2


def test_two_files_may_fill_one_table(tiny_project, history, change, facts_of):
    (tiny_project / "data" / "webinars.csv").write_text("lead,at\nL1,2026-01-05T12:00:00Z\n", "utf-8")
    more = "    - {file: webinars.csv, columns: {lead_id: lead, happened_at: at}, constants: {activity: webinar}}\n"
    change(HISTORY, "  activities:\n", "  activities:\n" + more)
    assert facts_of(history(), "activities", "L1", "activity", "content")[1] == (
        "01-05T12:00",
        "01-05T12:00:00",
        "webinar",
        None,
    )


def test_a_column_named_like_ours_is_not_ours_unless_it_is_mapped(tiny_project, history, facts_of):
    file = tiny_project / ACTIVITIES
    head, *rows = file.read_text("utf-8").splitlines()
    file.write_text("\n".join([head + ",lead_id,happened_at", *(row + ",L6,soon" for row in rows)]) + "\n", "utf-8")
    assert len(facts_of(history(), "activities", "L1")) == 2
    assert facts_of(history(), "activities", "L6") == []


def test_each_step_is_told_before_it_begins(tiny_project):
    told = []
    _ = Project(tiny_project, on_progress=told.append).history
    assert told == [
        "leads",
        "companies",
        "activities",
        "stage_changes",
        "status_changes",
        "deal_changes",
        "connect_attempts",
    ]


@pytest.mark.parametrize(
    ("file", "old", "new", "code", "where"),
    [
        (LEADS, "L2,2026-01-06T09:00:00Z", "L2,soon", "not_a_time", "leads.csv, column created, line 3"),
        (LEADS, "L2,2026-01-06T09:00:00Z", "L2,", "blank_time", "leads.csv, column created, line 3"),
        (
            LEADS,
            "L2,2026-01-06T09:00:00Z",
            "L2,2031-01-06T09:00:00Z",
            "fact_in_future",
            "leads.csv, column created, line 3",
        ),
        (LEADS, "L2,2026-01-06T09:00:00Z", "L2,9999-12-31", "time_without_zone", "leads.csv, column created, line 3"),
        (LEADS, "L2,", ",", "blank_id", "leads.csv, column id, line 3"),
        ("data/companies.csv", "C2,", ",", "blank_id", "companies.csv, column id, line 3"),
        (
            ACTIVITIES,
            "2026-01-08T11:00:00Z",
            "2026-01-08T11:00:00",
            "time_without_zone",
            "activities.csv, column known, line 4",
        ),
        (ACTIVITIES, "2026-01-08T11:00:00Z", "later", "not_a_time", "activities.csv, column known, line 4"),
        (
            ACTIVITIES,
            "2026-01-08T11:00:00Z",
            "2031-01-08T11:00:00Z",
            "fact_in_future",
            "activities.csv, column known, line 4",
        ),
    ],
)
def test_a_wrong_value_is_said_with_file_column_and_line(change, problems, file, old, new, code, where):
    change(file, old, new)
    ((found, place, value),) = problems()
    assert (found, place) == (code, f"{where} (1 in all)")
    assert value in new


@pytest.mark.parametrize(
    "amount", ['"1,5"', "NaN", "nan", "inf", "-Infinity", "1e400", "0x1F", "1_000", "True", "€12", "N/A"]
)
def test_what_is_no_number_is_not_guessed(change, problems, amount):
    change("data/deals.csv", "12000.5", amount)
    assert problems() == [("not_a_number", "deals.csv, column amount, line 2 (1 in all)", amount.strip('"'))]


@pytest.mark.parametrize(("amount", "number"), [("12", 12.0), (" -3.5 ", -3.5), ("1e3", 1000.0)])
def test_a_number_is_read_and_a_blank_is_missing(history, change, amount, number):
    change("data/deals.csv", "12000.5", amount)
    first, second = history().facts["deal_changes"].numbers["amount"]
    assert first == number
    assert second != second  # NaN


def test_the_first_of_many_wrong_values_is_said_with_their_number(change, problems):
    change(ACTIVITIES, ":00Z,,", ":00,,")
    assert problems() == [("time_without_zone", "activities.csv, column at, line 3 (3 in all)", "2026-01-06T10:00:00")]


def test_a_day_that_has_not_ended_is_not_in_the_future_and_the_next_is(
    tiny_project, history, change, problems, facts_of
):
    today = to_iso(now())[:10]
    change(HISTORY, "folder: data", "folder: data\ntime_zone: UTC")
    change(ACTIVITIES, "2026-01-06T10:00:00Z", today)
    assert len(facts_of(history(), "activities", "L1")) == 2
    later = to_iso(now() + timedelta(days=2) // timedelta(microseconds=1))[:10]
    change(ACTIVITIES, today, later)
    assert [code for code, *_ in problems()] == ["fact_in_future"]


def test_a_clock_that_is_a_little_ahead_is_forgiven(change, history, problems, facts_of):
    ahead = to_iso(now() + 120_000_000)
    change(ACTIVITIES, "2026-01-06T10:00:00Z", ahead)
    assert len(facts_of(history(), "activities", "L1")) == 2
    change(HISTORY, "folder: data", "folder: data\nclock_skew_minutes: 0")
    assert problems() == [("fact_in_future", "activities.csv, column at, line 3 (1 in all)", ahead)]


@pytest.mark.parametrize(
    ("old", "new", "code", "place"),
    [
        ("activity: what", "activity: deed", "unknown_column", "tables.activities[0], file activities.csv"),
        ("seniority: seniority", "seniority: level", "unknown_column", "tables.leads[0], file leads.csv"),
        ("activity: what", "deed: what, activity: what", "unknown_key", "tables.activities[0], columns"),
        ("activity: what, ", "", "missing_key", "tables.activities[0], columns"),
        ("words: {lifecycle_stage:", "words: {reason:", "missing_key", "tables.stage_changes[0], columns"),
        (WORDS, "constants: {lifecycle_stage: sql}", "named_twice", "tables.stage_changes[0]"),
        ("attributes: {seniority:", "attributes: {lead_type:", "named_twice", "tables.leads[0]"),
        ("attributes: {seniority:", "attributes: {event_id:", "named_twice", "tables.leads[0]"),
        (WORDS, "attributes: {stage: stage}", "unknown_key", "tables.stage_changes[0]"),
        (WORDS, "rows: {stage: [nothing]}", "no_row_fits", "tables.stage_changes[0], rows"),
    ],
)
def test_a_mapping_that_does_not_fit_the_file_is_said_with_its_place(change, problems, old, new, code, place):
    change(HISTORY, old, new)
    ((found, where, _),) = problems()
    assert (found, where) == (code, f"history.yaml, {place}")


def test_a_file_that_two_tables_read_is_missing_once(change, problems, tiny_project):
    change(HISTORY, "file: attempts.csv", "file: deals.csv")
    (tiny_project / "data" / "deals.csv").unlink()
    assert [code for code, *_ in problems()] == ["missing_data_file"]


def test_an_empty_list_of_leads_is_an_empty_table(tiny_project, problems):
    (tiny_project / HISTORY).write_text("tables: {leads: []}\n", "utf-8")
    assert problems() == [("empty_table", "history.yaml, tables.leads", None)]


def test_problems_of_several_files_are_reported_together(change, problems, tiny_project):
    change(LEADS, "2026-01-05T09:00:00Z", "soon")
    change(ACTIVITIES, "2026-01-06T10:00:00Z", "2031-01-01T00:00:00Z")
    change("data/deals.csv", "12000.5", "many")
    (tiny_project / "data" / "stages.csv").unlink()
    (tiny_project / "data" / "statuses.csv").write_bytes(b"lead,at,status,reason\nL1,x,\xff,\n")
    assert [(code, where) for code, where, _ in problems()] == [
        ("not_a_time", "leads.csv, column created, line 2 (1 in all)"),
        ("fact_in_future", "activities.csv, column at, line 3 (1 in all)"),
        ("missing_data_file", "history.yaml, file: stages.csv"),
        ("not_utf8", "statuses.csv, line 2"),
        ("not_a_number", "deals.csv, column amount, line 2 (1 in all)"),
    ]

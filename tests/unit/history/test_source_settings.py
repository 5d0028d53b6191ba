"""What a source may say beside its columns: words, formats of time, filters, folders, the clock."""

import pytest

from leadml.clock import to_iso
from leadml.errors import LeadmlError
from leadml.project import Project

HISTORY, LEADS, ACTIVITIES = "history.yaml", "data/leads.csv", "data/activities.csv"


WORDS = "words: {lifecycle_stage: {marketingqualifiedlead: mql}}"


def test_words_of_the_project_hold_in_every_source_and_a_source_has_its_own(history, change, facts_of):
    change(
        HISTORY, "folder: data", "folder: data\nwords: {lifecycle_stage: {marketingqualifiedlead: lead, sql: customer}}"
    )
    stages = [word for _, _, word in facts_of(history(), "stage_changes", "L1", "lifecycle_stage")]
    assert stages == ["mql", "customer"]


def test_words_of_a_column_that_no_table_has_are_told_with_the_nearest(change, problems):
    change(HISTORY, "folder: data", "folder: data\nwords: {lifecycle_stages: {a: b}}")
    assert problems() == [("unknown_key", "history.yaml, words", None)]


def test_the_history_is_known_until_its_export_was_made(history, change, problems):
    change(HISTORY, "folder: data", "folder: data\nknown_until: 2026-10-31T00:00:00Z")
    assert to_iso(history().known_until) == "2026-10-31T00:00:00.000000Z"
    change(ACTIVITIES, "2026-01-06T10:00:00Z", "2026-11-06T10:00:00Z")
    assert problems() == [
        ("fact_in_future", "activities.csv, column at, line 3 (1 in all)", "2026-11-06T10:00:00Z"),
    ]


def test_an_export_was_not_made_in_the_future(change, problems):
    change(HISTORY, "folder: data", "folder: data\nknown_until: 2031-12-31T00:00:00Z")
    assert [(code, where) for code, where, _ in problems()] == [("fact_in_future", "history.yaml, known_until")]


def test_an_export_is_not_made_without_a_zone(change, tiny_project):
    change(HISTORY, "folder: data", "folder: data\nknown_until: 2026-12-31T00:00:00")
    with pytest.raises(LeadmlError, match="the time has no zone"):
        Project(tiny_project)


def test_a_merged_lead_is_the_other_since_the_merge(tiny_project, history, change):
    file = tiny_project / LEADS
    head, *rows = file.read_text("utf-8").splitlines()
    rows = [row + (",L1,2026-02-01T00:00:00Z" if row.startswith("L2,") else ",,") for row in rows]
    file.write_text("\n".join([head + ",into,when", *rows]) + "\n", "utf-8")
    change(HISTORY, "columns: {lead_id: id, ", "columns: {merged_into: into, merged_at: when, lead_id: id, ")
    assert "L2" not in history().lead_ids
    (finding,) = [finding for finding in history().findings if finding.key == "merged"]
    assert finding.count == 1


@pytest.mark.parametrize("written", ["", "soon", "2026-02-01T00:00:00", "2031-01-01T00:00:00Z"])
def test_a_merge_without_a_time_is_known_at_the_end_of_the_history(tiny_project, history, change, facts_of, written):
    file = tiny_project / LEADS
    head, *rows = file.read_text("utf-8").splitlines()
    before = history()
    of_both = [*facts_of(before, "activities", "L1"), *facts_of(before, "activities", "L2")]
    rows = [row + (f",L1,{written}" if row.startswith("L2,") else ",,") for row in rows]
    file.write_text("\n".join([head + ",into,when", *rows]) + "\n", "utf-8")
    change(HISTORY, "columns: {lead_id: id, ", "columns: {merged_into: into, merged_at: when, lead_id: id, ")
    change(HISTORY, "folder: data", "folder: data\nknown_until: 2026-10-31T12:00:00Z\ndirty_rows: accept")
    own = facts_of(before, "activities", "L1")
    merged = facts_of(history(), "activities", "L1")
    assert sorted(happened for happened, _ in merged) == sorted(happened for happened, _ in of_both)
    assert set(own) <= set(merged)
    assert {known for happened, known in merged if (happened, known) not in own} == {"10-31T12:00:00"}
    assert ("leads", "merged_without_time", 1) in [(each.table, each.key, each.count) for each in history().findings]


def test_without_known_until_the_end_is_when_the_last_fact_became_known(history_of):
    history = history_of(
        leads="""
            lead_id,created_at,merged_into,merged_at
            S,2026-01-01T00:00:00Z,,
            M,2026-01-01T00:00:00Z,S,
            N,2026-01-01T00:00:00Z,S,2026-01-20T00:00:00Z
        """,
        activities="""
            lead_id,happened_at,activity
            M,2026-01-05T00:00:00Z,page_view
            S,2026-01-10T00:00:00Z,page_view
        """,
    )
    assert [to_iso(int(at))[:10] for at in history.facts["activities"].known_at] == ["2026-01-20", "2026-01-10"]
    assert to_iso(history.known_until)[:10] == "2026-01-20"
    assert [(each.key, each.count) for each in history.findings] == [("merged", 2), ("merged_without_time", 1)]


@pytest.mark.parametrize("written", ["soon", "2026-02-01T00:00:00", "01.02.2026 00:00", "2031-01-01T00:00:00Z"])
def test_a_fact_whose_time_of_becoming_known_cannot_be_read_is_left_out(tiny_project, history, change, written):
    file = tiny_project / ACTIVITIES
    rows = len(history().facts["activities"].happened_at)
    change(HISTORY, "folder: data", "folder: data\ndirty_rows: accept")
    assert len(history().facts["activities"].happened_at) == rows
    text = file.read_text("utf-8")
    assert text.count("2026-01-05T10:00:05Z") == 1  # a known_at
    file.write_text(text.replace("2026-01-05T10:00:05Z", written), "utf-8")
    assert len(history().facts["activities"].happened_at) == rows - 1
    assert ("left_out", 1) in [(each.key, each.count) for each in history().findings]


@pytest.mark.parametrize("written", ["soon", "2026-02-01T00:00:00", "2031-01-01T00:00:00Z"])
def test_when_leads_were_merged_must_be_a_time(tiny_project, change, problems, written):
    file = tiny_project / LEADS
    head, *rows = file.read_text("utf-8").splitlines()
    file.write_text(
        "\n".join([head + ",into,when", rows[0] + f",L2,{written}", *(row + ",," for row in rows[1:])]), "utf-8"
    )
    change(HISTORY, "columns: {lead_id: id, ", "columns: {merged_into: into, merged_at: when, lead_id: id, ")
    ((code, where, value),) = problems()
    assert code in ("not_a_time", "time_without_zone", "fact_in_future")
    assert (where, value) == ("leads.csv, column when, line 2 (1 in all)", written)


def test_when_an_owner_accepted_must_be_a_time(tiny_project, change, history, problems, facts_of):
    file = tiny_project / "data" / "owners.csv"
    file.write_text("lead,at,who,accepted\nL1,2026-01-06,mori,2026-01-07T09:00:00Z\nL2,2026-01-06,mori,\n", "utf-8")
    columns = "{lead_id: lead, happened_at: at, owner: who, accepted_at: accepted}"
    change(
        HISTORY, "  activities:\n", f"  assignments:\n    - {{file: owners.csv, columns: {columns}}}\n  activities:\n"
    )
    change(HISTORY, "folder: data", "folder: data\ntime_zone: UTC")
    assert facts_of(history(), "assignments", "L1", "accepted_at") == [
        ("01-06T23:59", "01-06T23:59:59", "2026-01-07T09:00:00Z")
    ]
    file.write_text(file.read_text("utf-8").replace("2026-01-07T09:00:00Z", "yesterday"), "utf-8")
    assert problems() == [("not_a_time", "owners.csv, column accepted, line 2 (1 in all)", "yesterday")]


def test_when_an_owner_accepted_needs_no_setting_of_its_source_any_more(tiny_project, change, history, facts_of):
    file = tiny_project / "data" / "owners.csv"
    file.write_text(
        "lead,at,who,accepted\nL1,06.01.2026 09:00,mori,06.01.2026 10:30\nL2,06.01.2026 09:00,mori,\n", "utf-8"
    )
    columns = "{lead_id: lead, happened_at: at, owner: who, accepted_at: accepted}"
    source = f"{{file: owners.csv, columns: {columns}, time_format: '%d.%m.%Y %H:%M'}}"
    change(HISTORY, "  activities:\n", f"  assignments:\n    - {source}\n  activities:\n")
    change(HISTORY, "folder: data", "folder: data\ntime_zone: Asia/Tokyo")
    # Local time in Tokyo, in a format that only the source knows, is kept as UTC.
    read = history()
    assert facts_of(read, "assignments", "L1", "accepted_at")[0][-1] == "2026-01-06T01:30:00.000000Z"
    assert facts_of(read, "assignments", "L2", "accepted_at")[0][-1] is None


def test_a_time_in_another_format_is_told_with_the_format_that_would_read_it(change, history, problems, tiny_project):
    change(LEADS, "L2,2026-01-06T09:00:00Z", "L2,06.01.2026 09:00")
    with pytest.raises(LeadmlError) as caught:
        history()
    assert caught.value.code == "time_in_other_format"
    assert "time_format: %d.%m.%Y %H:%M" in caught.value.part("fix")
    change(
        HISTORY, "    - file: leads.csv\n", '    - file: leads.csv\n      time_format: [iso_8601, "%d.%m.%Y %H:%M"]\n'
    )
    assert [code for code, *_ in problems()] == ["time_without_zone"]
    change(HISTORY, "folder: data", "folder: data\ntime_zone: Asia/Tokyo")
    created = history().created_at[history().positions()["L2"]]
    assert to_iso(int(created)) == "2026-01-06T00:00:00.000000Z"


@pytest.mark.parametrize("pattern", ["%H:%M", "%m/%Y", "soon", "%Q", "epoch", ""])
def test_a_time_format_that_says_no_day_is_refused(change, tiny_project, pattern):
    change(HISTORY, "    - file: leads.csv\n", f"    - file: leads.csv\n      time_format: '{pattern}'\n")
    with pytest.raises(LeadmlError, match="does not say which day") as caught:
        Project(tiny_project)
    assert caught.value.where.startswith("history.yaml, line")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{columns: {lead_id: id}}", "exactly one of file, database and frame, not none"),
        ("{file: a.csv, frame: b, columns: {}}", "exactly one of file, database and frame, not file and frame"),
        ("{database: '${CRM}', columns: {}}", "either database_table or query"),
        ("{database: '${CRM}', database_table: a, query: b, columns: {}}", "either database_table or query"),
        ("{database: crm, database_table: a, columns: {}}", "neither"),
        ("{file: a.csv, query: b, columns: {}}", "belong to a database"),
        ("{file: a, format: hubspot, columns: {lead_id: id}}", "leave out columns and rows"),
        ("{frame: a, format: hubspot}", "leave out columns and rows"),
        ("{file: a, options: {b: c}, columns: {}}", "options belong to a format"),
        ("{frame: a, separator: ';', columns: {}}", "a separator belongs to a file"),
        ("{file: a, time_format: [], columns: {}}", "no time format"),
    ],
)
def test_a_source_that_contradicts_itself_is_refused(tiny_project, source, said):
    (tiny_project / HISTORY).write_text(f"tables: {{leads: [{source}]}}\n", "utf-8")
    with pytest.raises(LeadmlError, match=said):
        Project(tiny_project)


def test_a_filter_that_lets_nothing_pass_is_told_with_what_there_is(change, history):
    change(HISTORY, WORDS, f"{WORDS}\n      rows: {{stage: [marketing qualified lead]}}")
    with pytest.raises(LeadmlError) as caught:
        history()
    assert caught.value.code == "no_row_fits"
    assert "Did you mean 'marketingqualifiedlead'?" in caught.value.part("fix")


def test_a_filter_may_say_how_values_begin(history, change, facts_of):
    change(HISTORY, WORDS, f"{WORDS}\n      rows: {{stage: [marketing*]}}")
    assert {word for _, _, word in facts_of(history(), "stage_changes", "L1", "lifecycle_stage")} == {"mql"}


def test_a_folder_of_daily_files_is_one_source_and_each_file_is_checked(
    tiny_project, change, history, problems, facts_of
):
    folder = tiny_project / "data" / "daily"
    folder.mkdir()
    head, *rows = (tiny_project / ACTIVITIES).read_text("utf-8").splitlines(keepends=True)
    for day, row in enumerate(rows):
        (folder / f"{day}.csv").write_text(head + row, "utf-8")
    (folder / "no-facts-that-day.csv").write_text(head, "utf-8")
    before = facts_of(history(), "activities", "L1", "activity", "content")
    change(HISTORY, "file: activities.csv", "file: daily")
    assert facts_of(history(), "activities", "L1", "activity", "content") == before
    (folder / "1.csv").write_text(head.replace("what", "deed") + rows[1], "utf-8")
    (folder / "2.csv").write_text(head + rows[2].replace("2026-01-08", "2026-13-08"), "utf-8")
    assert [(code, where) for code, where, _ in problems()] == [
        ("unknown_column", "history.yaml, tables.activities[0], file daily/1.csv")
    ]
    (folder / "1.csv").write_text(head + rows[1], "utf-8")
    assert {(code, where.rpartition(",")[2]) for code, where, _ in problems()} == {("not_a_time", " line 2 (1 in all)")}


def test_a_folder_of_empty_files_is_an_empty_table(tiny_project, change, problems):
    head = (tiny_project / ACTIVITIES).read_text("utf-8").partition("\n")[0]
    (tiny_project / ACTIVITIES).write_text(head + "\n", "utf-8")
    assert [code for code, *_ in problems()] == ["empty_table"]


def test_rows_are_told_as_they_are_read(tiny_project):
    class Listening(list):
        def __init__(self):
            super().__init__()
            self.rows = 0

        def __call__(self, step):
            self.append(step)

        def rows_read(self, rows):
            self.rows += rows

    told = Listening()
    _ = Project(tiny_project, on_progress=told).history
    assert told[0] == "leads"
    files = (tiny_project / "data").glob("*.csv")
    assert told.rows == sum(len(file.read_text("utf-8").splitlines()) - 1 for file in files)


def test_without_times_rows_are_a_minute_apart(tiny_project, facts_of):
    (tiny_project / "data" / "calls.csv").write_text("who,answer\na,no\nb,yes\nc,yes\n", "utf-8")
    (tiny_project / HISTORY).write_text(
        "folder: data\nclock: row_order\ntables:\n"
        "  leads: [{file: calls.csv, columns: {}, attributes: {name: who}}]\n"
        "  stage_changes:\n"
        "    - {file: calls.csv, columns: {}, rows: {answer: ['yes']}, constants: {lifecycle_stage: sql}}\n",
        "utf-8",
    )
    history = Project(tiny_project).history
    assert [to_iso(int(at)) for at in history.created_at] == [
        f"2000-01-01T00:0{minute}:00.000000Z" for minute in range(3)
    ]
    assert facts_of(history, "stage_changes", "2") == [("01-01T00:01", "01-01T00:01:30")]
    assert facts_of(history, "stage_changes", "1") == []
    assert [(finding.key, finding.count) for finding in history.findings] == [("row_order", 3)]


def test_without_times_no_column_of_times_is_mapped(change, problems):
    change(HISTORY, "folder: data", "folder: data\nclock: row_order")
    assert {code for code, *_ in problems()} == {"time_in_row_order"}


def test_definitions_with_another_ending_are_not_left_out_in_silence(tiny_project):
    (tiny_project / "features" / "fit.yaml").rename(tiny_project / "features" / "fit.yml")
    with pytest.raises(LeadmlError) as caught:
        Project(tiny_project)
    every = getattr(caught.value, "problems", (caught.value,))
    assert ("yaml_ending", "features/fit.yml") in [(problem.code, problem.where) for problem in every]
    assert "Rename it to fit.yaml." in caught.value.text()

from leadml.history.checks import check_history
from leadml.project import Project
from leadml.wording.texts import say

LEADS = """
    lead_id,created_at
    L1,2026-03-01T09:00:00Z
    L2,2026-03-02T09:00:00Z
"""


def findings_of(report):
    return [(finding.table, finding.key, finding.count, dict(finding.values)) for finding in report.findings]


def test_a_table_is_summed_up(history_of, definitions):
    report = check_history(
        history_of(
            leads=LEADS,
            activities="""
                lead_id,happened_at,known_at,activity
                L1,2026-03-03T09:00:00Z,,page_view
                L1,2026-03-04T09:00:00Z,2026-03-04T09:00:05Z,page_view
                L1,2026-03-05T09:00:00Z,,page_view
                L1,2026-03-06T09:00:00Z,,page_view
            """,
        ),
        definitions,
    )
    assert report.leads == 2
    assert report.known_until == "2026-03-06T09:00:00.000000Z"
    leads, activities = report.tables
    assert (leads.table, leads.rows, leads.leads) == ("leads", 2, 2)
    assert (activities.rows, activities.leads, activities.known_late_share) == (4, 1, 0.25)
    assert (activities.first_at, activities.last_at) == ("2026-03-03T09:00:00.000000Z", "2026-03-06T09:00:00.000000Z")


def test_unknown_tables_are_named_and_empty_ones_are_not_summed_up(history_of, definitions):
    report = check_history(
        history_of(leads=LEADS, assignments="lead_id,happened_at,owner\nL9,2026-03-03T09:00:00Z,mori\n"), definitions
    )
    assert report.unknown == (
        "companies",
        "attribute_changes",
        "activities",
        "stage_changes",
        "status_changes",
        "deal_changes",
        "connect_attempts",
        "scores",
        "decisions",
    )
    assert [table.table for table in report.tables] == ["leads"]
    assert findings_of(report) == [("assignments", "unknown_lead", 1, {"example": "L9"})]


def test_words_that_nobody_agreed_on_are_counted_not_refused(history_of, definitions):
    report = check_history(
        history_of(
            leads=LEADS,
            stage_changes="""
                lead_id,happened_at,lifecycle_stage
                L1,2026-03-03T09:00:00Z,mql
                L1,2026-03-04T09:00:00Z,MQL
                L2,2026-03-04T09:00:00Z,MQL
                L2,2026-03-05T09:00:00Z,
            """,
            status_changes="""
                lead_id,happened_at,lead_status
                L1,2026-03-03T09:00:00Z,asleep
            """,
            deal_changes="""
                lead_id,happened_at,deal_id,deal_stage
                L1,2026-03-03T09:00:00Z,D1,signed
            """,
            connect_attempts="""
                lead_id,happened_at,channel,result
                L1,2026-03-03T09:00:00Z,fax,connected
            """,
        ),
        definitions,
    )
    assert findings_of(report) == [
        ("stage_changes", "unknown_word_near", 2, {"column": "lifecycle_stage", "word": "MQL", "near": "mql"}),
        ("stage_changes", "blank_word", 1, {"column": "lifecycle_stage"}),
        ("status_changes", "unknown_word", 1, {"column": "lead_status", "word": "asleep"}),
        ("deal_changes", "unknown_word", 1, {"column": "deal_stage", "word": "signed"}),
        ("connect_attempts", "uncounted_word", 1, {"column": "channel", "word": "fax"}),
    ]


def test_every_column_of_agreed_words_is_looked_through(history_of, definitions):
    report = check_history(
        history_of(
            leads="""
                lead_id,created_at,lead_type
                L1,2026-03-01T09:00:00Z,alien
                L2,2026-03-02T09:00:00Z,new_prospects
                L3,2026-03-02T09:00:00Z,
                L4,2026-03-02T09:00:00Z,new_prospect
            """,
            activities="""
                lead_id,happened_at,activity
                L1,2026-03-03T09:00:00Z,
                L1,2026-03-04T09:00:00Z,anything
            """,
            status_changes="""
                lead_id,happened_at,lead_status,reason
                L1,2026-03-03T09:00:00Z,returned,not_redy
                L1,2026-03-04T09:00:00Z,returned,not_ready
                L1,2026-03-05T09:00:00Z,returned,
            """,
            connect_attempts="""
                lead_id,happened_at,channel,result,made_by
                L1,2026-03-03T09:00:00Z,phone,eaten,robot
                L1,2026-03-04T09:00:00Z,phone,connect,person
                L1,2026-03-05T09:00:00Z,phone,connected,
            """,
        ),
        definitions,
    )
    assert findings_of(report) == [
        ("leads", "unknown_word", 1, {"column": "lead_type", "word": "alien"}),
        ("leads", "unknown_word_near", 1, {"column": "lead_type", "word": "new_prospects", "near": "new_prospect"}),
        ("leads", "blank_word", 1, {"column": "lead_type"}),
        ("activities", "blank_word", 1, {"column": "activity"}),
        ("connect_attempts", "uncounted_word_near", 1, {"column": "result", "word": "connect", "near": "connected"}),
        ("connect_attempts", "uncounted_word", 1, {"column": "result", "word": "eaten"}),
        ("connect_attempts", "uncounted_word", 1, {"column": "made_by", "word": "robot"}),
        ("status_changes", "unknown_word_near", 1, {"column": "reason", "word": "not_redy", "near": "not_ready"}),
    ]
    for finding in report.findings:
        for language in ("en", "ja"):
            assert finding.values["column"] in say(
                f"finding.{finding.key}", language, count=finding.count, **finding.values
            )


def test_where_no_return_reason_is_agreed_on_any_will_do(history_of, definitions):
    history = history_of(
        leads=LEADS, status_changes="lead_id,happened_at,lead_status,reason\nL1,2026-03-03T09:00:00Z,returned,tired\n"
    )
    without = definitions.model_copy(update={"return_reasons": {}})
    assert findings_of(check_history(history, without)) == []
    assert len(check_history(history, definitions).findings) == 1


def test_of_many_unknown_words_the_most_frequent_are_told_and_how_many_more_there_are(history_of, definitions):
    times = [(word, number) for word in range(30) for number in range(2 if word in (7, 29) else 1)]
    rows = [f"L1,2026-03-03T09:{word:02}:{number:02}Z,w{word:02}" for word, number in times]
    history = history_of(leads=LEADS, status_changes="\n".join(["lead_id,happened_at,lead_status", *rows]))
    *told, more = findings_of(check_history(history, definitions))
    assert [(count, values["word"]) for _, _, count, values in told] == [
        (2, "w07"),
        (2, "w29"),
        *((1, f"w{word:02}") for word in range(19) if word != 7),
    ]
    assert more == ("status_changes", "more_unknown_words", 10, {"column": "lead_status", "words": "10"})
    for language in ("en", "ja"):
        assert say("finding.more_unknown_words", language, count=more[2], **more[3]).count("10") == 2


def test_a_word_only_of_strangers_is_not_counted(history_of, definitions):
    report = check_history(
        history_of(leads=LEADS, stage_changes="lead_id,happened_at,lifecycle_stage\nL9,2026-03-03T09:00:00Z,MQL\n"),
        definitions,
    )
    assert [key for _, key, *_ in findings_of(report)] == ["unknown_lead"]


def test_a_word_of_a_telling_that_does_not_count_is_not_counted(history_of, definitions):
    report = check_history(
        history_of(
            leads=LEADS,
            stage_changes="""
                lead_id,happened_at,lifecycle_stage,event_id
                L1,2026-03-03T09:00:00Z,mql,E1
                L1,2026-03-03T09:00:05Z,MQL,E1
            """,
        ),
        definitions,
    )
    assert [key for _, key, *_ in findings_of(report)] == ["counted_once"]


def test_facts_before_their_lead_existed_are_counted(history_of, definitions):
    report = check_history(
        history_of(
            leads=LEADS,
            companies="company_id,created_at,employees\nC1,2020-01-01T00:00:00Z,40\n",
            attribute_changes="lead_id,happened_at,attribute,value\nL1,2020-01-01T00:00:00Z,industry,trade\n",
            activities="""
                lead_id,happened_at,activity
                L1,2026-03-01T08:59:59.999999Z,page_view
                L1,2026-03-01T09:00:00Z,page_view
                L2,2026-03-01T09:00:00Z,page_view
            """,
        ),
        definitions,
    )
    assert findings_of(report) == [("activities", "before_creation", 2, {})]


def test_a_clean_history_has_no_findings(tiny_project):
    assert Project(tiny_project).check().findings == ()


def test_on_the_day_of_a_creation_without_time_any_hour_is_fine(history_of, definitions):
    report = check_history(
        history_of(
            time_zone="UTC",
            leads="""
                lead_id,created_at
                L1,2026-03-02
            """,
            activities="""
                lead_id,happened_at,activity
                L1,2026-03-02T08:00:00Z,page_view
                L1,2026-03-01T08:00:00Z,page_view
            """,
        ),
        definitions,
    )
    assert findings_of(report) == [("activities", "before_creation", 1, {})]

import numpy as np
import pytest

from leadml.clock import DAY, MINUTE, parse_instant, to_iso
from leadml.errors import LeadmlError
from leadml.history.inline import Arrival, histories_from_records

NOW = parse_instant("2026-03-02T09:00:00Z", where="test")


@pytest.fixture
def read(definitions):
    """Read the leads of a request that came at 2026-03-02T09:00:00Z."""

    def histories(*leads, **arrival):
        return histories_from_records(leads, definitions, Arrival(NOW, **arrival))

    return histories


@pytest.fixture
def history_of_one(read):
    def history(lead, **arrival):
        (inline,) = read(lead, **arrival)
        return inline.history

    return history


@pytest.fixture
def problems_of(read):
    def problems(*leads, **arrival):
        with pytest.raises(LeadmlError) as caught:
            read(*leads, **arrival)
        every = getattr(caught.value, "problems", (caught.value,))
        return [(problem.code, problem.where, problem.values["value"]) for problem in every]

    return problems


def lead(lead_id="L1", **more):
    return {"lead_id": lead_id, "created_at": "2026-02-01T09:00:00Z", **more}


def page_view(happened_at, **more):
    return {"happened_at": happened_at, "activity": "page_view", **more}


def times_of(history, table="activities"):
    facts = history.facts[table]
    return [
        (to_iso(int(happened))[5:19], to_iso(int(known))[5:19])
        for happened, known in zip(facts.happened_at, facts.known_at, strict=True)
    ]


def words_of(history, table, column):
    text = history.facts[table].texts[column]
    return [text.words[code] if code >= 0 else None for code in text.codes]


def test_an_absent_table_is_unknown_and_an_empty_one_says_that_nothing_happened(history_of_one):
    history = history_of_one(lead(activities=[], attributes={"industry": "trade"}))
    assert "activities" not in history.unknown
    assert "stage_changes" in history.unknown
    assert len(history.facts["activities"].happened_at) == 0


def test_null_is_as_good_as_absent(history_of_one):
    history = history_of_one(lead(activities=None, company=None, attributes=None))
    assert {"activities", "companies"} <= set(history.unknown)


def test_leads_of_whom_the_same_tables_are_known_are_read_together(read):
    together, alone = read(
        lead("L1", activities=[]), lead("L2"), lead("L3", activities=[page_view("2026-03-01T09:00:00Z")])
    )
    assert together.history.lead_ids == ("L1", "L3")
    assert alone.history.lead_ids == ("L2",)


def test_a_request_about_the_past_was_known_when_it_happened(history_of_one):
    history = history_of_one(
        lead(
            activities=[
                page_view("2026-03-01T10:00:00+01:00"),
                page_view("2026-03-01T12:00:00Z", known_at="2026-03-01T12:00:05Z"),
            ]
        )
    )
    assert times_of(history) == [
        ("03-01T09:00:00", "03-01T09:00:00"),
        ("03-01T12:00:00", "03-01T12:00:05"),
    ]


def test_a_live_fact_is_known_when_it_was_written_unless_it_says_itself(history_of_one):
    history = history_of_one(
        lead(
            activities=[
                page_view("2026-03-01T09:00:00Z"),
                page_view("2026-03-01T12:00:00Z", known_at="2026-03-01T12:00:05Z"),
            ]
        ),
        known_at={"L1": NOW + 1},
    )
    assert times_of(history) == [
        ("03-01T09:00:00", "03-02T09:00:00"),
        ("03-01T12:00:00", "03-01T12:00:05"),
    ]
    assert history.facts["activities"].known_at[0] == NOW + 1


def test_nothing_is_known_before_it_happens(history_of_one):
    history = history_of_one(lead(activities=[page_view("2026-03-01T09:00:00Z", known_at="2026-02-01T09:00:00Z")]))
    assert times_of(history) == [("03-01T09:00:00", "03-01T09:00:00")]


def test_a_fact_a_little_ahead_is_taken_as_now_and_its_own_time_is_kept(read):
    ahead = to_iso(NOW + 2 * MINUTE)
    (inline,) = read(lead(activities=[page_view(ahead), page_view("2026-03-01T09:00:00Z")]))
    assert inline.history.facts["activities"].happened_at.tolist() == [NOW - DAY, NOW]
    assert inline.clock_skew == {"L1": ({"table": "activities", "happened_at": ahead, "taken_as": to_iso(NOW)},)}


def test_a_fact_further_ahead_is_in_the_future(problems_of):
    ahead = to_iso(NOW + 5 * MINUTE + 1)
    assert problems_of(lead(activities=[page_view(ahead)])) == [
        ("fact_in_future", "leads[0].activities[0].happened_at", ahead)
    ]
    assert problems_of(lead(activities=[page_view(to_iso(NOW + 1))]), clock_skew_minutes=0)[0][0] == "fact_in_future"


def test_what_is_dated_with_this_day_alone_may_happen_until_it_ends(history_of_one, problems_of):
    history = history_of_one(lead(activities=[page_view("2026-03-02")]), time_zone="UTC")
    end_of_day = NOW // DAY * DAY + DAY - 1
    assert history.facts["activities"].happened_at.tolist() == [end_of_day]
    assert history_of_one(lead(created_at="2026-03-02"), time_zone="UTC").created_at.tolist() == [NOW]
    assert problems_of(lead(activities=[page_view("2026-03-03")]), time_zone="UTC")[0][0] == "fact_in_future"


def test_every_wrong_time_of_a_request_is_placed_and_reported_together(problems_of):
    assert problems_of(
        lead("L1", created_at="2026-02-01T09:00:00"),
        lead("L2", activities=[page_view("2026-03-01T09:00:00Z"), page_view("soon")]),
        lead("L3", company={"created_at": "2031-01-01T00:00:00Z", "attributes": {}}),
        lead(
            "L4", stage_changes=[{"happened_at": "2026-03-01T09:00:00Z", "known_at": "now", "lifecycle_stage": "mql"}]
        ),
    ) == [
        ("time_without_zone", "leads[0].created_at", "2026-02-01T09:00:00"),
        ("not_a_time", "leads[1].activities[1].happened_at", "soon"),
        ("fact_in_future", "leads[2].company.created_at", "2031-01-01T00:00:00Z"),
        ("not_a_time", "leads[3].stage_changes[0].known_at", "now"),
    ]


@pytest.mark.parametrize("written", ["9999-12-31T23:59:59Z", "9999-12-31", "9999-12-31T23:59:59-12:00"])
def test_an_absurd_year_is_in_the_future(problems_of, written):
    problems = problems_of(lead(activities=[page_view(written)]), time_zone="Pacific/Kiritimati")
    assert [code for code, *_ in problems] == ["fact_in_future"]


def test_the_first_year_breaks_nothing(history_of_one):
    history = history_of_one(lead(activities=[page_view("0001-01-01T00:00:00+14:00")]))
    assert to_iso(int(history.facts["activities"].happened_at[0])).startswith("0001")


def test_values_are_the_words_that_a_file_would_hold(history_of_one):
    attributes = {"employees": 50, "share": 0.5, "whole": 50.0, "open": True, "id": "007", "none": None, "blank": ""}
    history = history_of_one(lead(attributes=attributes))
    known = dict(
        zip(
            words_of(history, "lead_attributes", "attribute"),
            words_of(history, "lead_attributes", "value"),
            strict=True,
        )
    )
    assert known == {"employees": "50", "share": "0.5", "whole": "50", "open": "true", "id": "007"}


def test_a_company_without_an_id_belongs_to_its_lead_alone(read):
    (inline,) = read(
        lead("L1", company={"attributes": {"employees": 40}}), lead("L2", company={"attributes": {"employees": 60}})
    )
    assert words_of(inline.history, "company_attributes", "value") == ["40", "60"]
    assert inline.history.facts["company_attributes"].leads.tolist() == [0, 1]


def test_a_company_is_known_as_long_as_its_lead_unless_it_says_otherwise(history_of_one):
    history = history_of_one(lead(company={"attributes": {"employees": 40}}))
    assert times_of(history, "company_attributes") == [("02-01T09:00:00", "02-01T09:00:00")]
    history = history_of_one(lead(company={"created_at": "2026-01-01T09:00:00Z", "attributes": {"employees": 40}}))
    assert times_of(history, "company_attributes") == [("01-01T09:00:00", "01-01T09:00:00")]


def test_numbers_are_numbers_and_a_missing_one_is_missing(history_of_one):
    history = history_of_one(
        lead(activities=[page_view("2026-03-01T09:00:00Z", value=0.1), page_view("2026-03-01T10:00:00Z", value=None)])
    )
    np.testing.assert_array_equal(history.facts["activities"].numbers["value"], [0.1, np.nan])


def test_the_same_facts_from_a_file_and_from_a_request_are_the_same(read, history_of):
    from_file = history_of(
        leads="""
            lead_id,created_at,company_id,industry
            L1,2026-02-01T09:00:00Z,C1,trade
        """,
        companies="""
            company_id,created_at,employees
            C1,2026-01-01T09:00:00Z,40
        """,
        activities="""
            lead_id,happened_at,known_at,activity,content,value
            L1,2026-03-01T09:00:00Z,2026-03-01T09:00:05Z,page_view,demo_video,
            L1,2026-03-01T09:00:00Z,,page_view,,2.5
        """,
        stage_changes="""
            lead_id,happened_at,lifecycle_stage
            L1,2026-03-01T09:00:00Z,mql
        """,
    )
    (inline,) = read(
        lead(
            company_id="C1",
            attributes={"industry": "trade"},
            company={"created_at": "2026-01-01T09:00:00Z", "attributes": {"employees": 40}},
            activities=[
                page_view("2026-03-01T09:00:00Z", value=2.5, content=None),
                page_view("2026-03-01T09:00:00Z", known_at="2026-03-01T09:00:05Z", content="demo_video"),
            ],
            stage_changes=[{"happened_at": "2026-03-01T09:00:00Z", "lifecycle_stage": "mql"}],
        )
    )
    for table in ("leads", "lead_attributes", "company_attributes", "activities", "stage_changes"):
        assert times_of(inline.history, table) == times_of(from_file, table)
        for column in from_file.facts[table].texts.keys() - {"lead_type", "company_id"}:
            assert words_of(inline.history, table, column) == words_of(from_file, table, column)
    np.testing.assert_array_equal(
        inline.history.facts["activities"].numbers["value"], from_file.facts["activities"].numbers["value"]
    )


@pytest.mark.parametrize("arrival", [{}, {"known_at": {"L1": NOW, "L2": NOW}}])
def test_no_attribute_of_a_request_is_taken_as_a_merge(history_of_one, arrival):
    attributes = {"merged_into": "L2", "merged_at": "2026-02-02T09:00:00Z", "industry": "trade"}
    history = history_of_one(lead("L1", attributes=attributes), **arrival)
    assert history.lead_ids == ("L1",)
    assert history.findings == ()
    assert words_of(history, "lead_attributes", "attribute") == ["industry"]

"""What answers and tables say of a place in the agreement, in both languages."""

import pytest

from leadml.agreement.placement import Placement, Standing
from leadml.agreement.telling import held_in_words, notes_in_words, placement_told
from leadml.clock import HOUR, parse_instant
from leadml.specs.agreement_spec import RequiredFieldSpec

AS_OF = parse_instant("2026-03-02T09:00:00Z", where="tests")
DEPARTMENT = RequiredFieldSpec(attribute="department")
COUNTRY = RequiredFieldSpec(attribute="country", of="company")


def placed(held_by=None, *, stage="mql", **more):
    return Placement(
        "A",
        stage,
        False,
        None,
        None,
        held_by,
        band_of_score=more.pop("band_of_score", "A"),
        time_zone="Asia/Tokyo",
        **more,
    )


def standing(**known):
    return Standing(AS_OF, None, "mql", **known)


@pytest.mark.parametrize(
    ("placement", "stood", "english", "japanese"),
    [
        (placed(), standing(), None, None),
        (
            placed("missing_fields", missing_fields=("company.country",), held_before="sql"),
            standing(missing=(DEPARTMENT, COUNTRY)),
            "Stays mql: company country is not known (needed for sql)",
            "mqlのまま：会社のcountryが不明です（sqlに必要）",
        ),
        (
            placed("missing_fields", missing_fields=("department", "company.country"), held_before="sql", stage="lead"),
            standing(missing=(DEPARTMENT, COUNTRY)),
            "No further than lead: department and company country are not known (needed for sql)",
            "leadまで：departmentと会社のcountryが不明です（sqlに必要）",
        ),
        (
            placed("missing_fields", missing_fields=("department",), held_before="mql", stage=None),
            standing(missing=(DEPARTMENT,)),
            "Not mql yet: department is not known (needed for mql)",
            "まだmqlにできません：departmentが不明です（mqlに必要）",
        ),
        (
            placed("recycle_wait", held_before="sql"),
            standing(waits_until=AS_OF + 7 * HOUR, returned_as="no_budget"),
            "Not before 3 March 2026, 01:00: returned as no_budget",
            "2026年3月3日1:00までは引き渡せません：差し戻しの理由はno_budget",
        ),
        (
            placed("recycle_wait", held_before="sql"),
            standing(waits_until=AS_OF),
            "Not before 2 March 2026, 18:00: returned without a reason",
            "2026年3月2日18:00までは引き渡せません：理由なしの差し戻し",
        ),
        (
            placed("transition", held_before="sql"),
            standing(),
            "Stays mql: sql may not follow mql",
            "mqlのまま：mqlからsqlへは進めません",
        ),
        (
            placed("override"),
            standing(override="A"),
            "Band A, as people chose it, whatever the score",
            "バンドA：スコアによらず、人が選んだもの",
        ),
    ],
)
def test_what_holds_a_lead_is_said_in_a_sentence(placement, stood, english, japanese):
    assert held_in_words(placement, stood) == english
    assert held_in_words(placement, stood, "ja") == japanese
    assert notes_in_words(placement, stood, "ja") == ([] if japanese is None else [japanese])


@pytest.mark.parametrize(
    ("placement", "stood", "notes"),
    [
        (
            placed(band_of_score="B"),
            standing(last_band="A"),
            ["Stays in band A: the score alone gives B, but is only a little too low"],
        ),
        (placed("override", band_of_score="B"), standing(override="A", last_band="A"), None),
        (
            placed(ignored_override="gold"),
            standing(override="gold"),
            ["People chose band gold, which leads of this type do not have: it is ignored."],
        ),
        (
            placed(explored=True, exploration_probability=0.05),
            standing(),
            ["Handed over by lot, to learn (chance 5 %)"],
        ),
        (placed(exploration_probability=0.95), standing(), []),
    ],
)
def test_what_chose_the_band_is_said_too(placement, stood, notes):
    said = [held_in_words(placement, stood)] if notes is None else notes
    assert notes_in_words(placement, stood) == said


def test_times_are_told_in_utc_and_where_people_work():
    due = Placement("A", "sql", False, AS_OF + 9 * HOUR, AS_OF, time_zone="America/New_York")
    told = placement_told(due, standing(waits_until=AS_OF))
    assert (told["accept_by"], told["accept_by_local"]) == (
        "2026-03-02T18:00:00.000000Z",
        "2026-03-02T13:00:00.000000-05:00",
    )
    assert told["respond_by_local"] == "2026-03-02T04:00:00.000000-05:00"
    assert told["waits_until"] == "2026-03-02T09:00:00.000000Z"
    nothing_owed = placement_told(placed(), standing())
    assert [nothing_owed[key] for key in ("accept_by", "accept_by_local", "respond_by", "respond_by_local")] == [
        None
    ] * 4

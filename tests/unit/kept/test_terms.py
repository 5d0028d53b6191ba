"""Under which band a lead was handed over: a decision, or at least the lowest that hands leads over."""

import pytest

from leadml.kept.judging import judge, known_hand_overs
from leadml.kept.terms import BandSource
from leadml.outcomes import NEVER

TEN = "2026-03-02T10:00:00Z"
BANDS = {
    "default": [
        {"name": "A", "score_at_least": 60, "lifecycle_stage": "sql"},
        {"name": "B", "score_at_least": 40, "lifecycle_stage": "sql"},
        {"name": "C", "lifecycle_stage": "mql"},
    ],
    "maintenance_service": [
        {"name": "M", "score_at_least": 30, "lifecycle_stage": "opportunity"},
        {"name": "N"},
    ],
    "existing_customer": [{"name": "E", "lifecycle_stage": "mql"}],
}
TYPES = "lead_id,created_at,lead_type\n" + "\n".join(
    f"L{number},2025-12-01T00:00:00Z,{lead_type}"
    for number, lead_type in enumerate(["new_prospect", "maintenance_service", "existing_customer"], start=1)
)


@pytest.fixture
def bands(known, agreed):
    """Give bands and their sources."""

    def found(*, hand_overs="L1,{0}\nL2,{0}\nL3,{0}", **tables):
        agreement = agreed(bands=BANDS)
        history = known(hand_overs.format(TEN), leads=TYPES, **tables)
        at, handed = known_hand_overs(history, agreement, history.known_until + 1)
        return judge(at, agreement, handed, history.known_until + 1).under

    return found


def test_without_a_decision_the_lowest_band_that_hands_over_is_owed_at_least(bands):
    under = bands()
    # B is the lower of two; maintenance has none for SQL, but one for a stage beyond; existing customers have none.
    assert under.bands.tolist() == ["B", "M", None]
    assert under.sources.tolist() == [BandSource.STAGE, BandSource.STAGE, BandSource.NONE]
    assert [(terms.band and terms.band.name, terms.rows.tolist()) for terms in under.terms] == [
        ("B", [0]),
        ("M", [1]),
        (None, [2]),
    ]


def test_the_latest_decision_known_at_the_hand_over_counts(bands):
    under = bands(
        decisions="""
            lead_id,happened_at,known_at,decision,band
            L1,2026-02-27T10:00:00Z,2026-02-27T10:00:00Z,keep,C
            L1,2026-03-02T10:00:00Z,2026-03-02T10:00:00Z,hand_over,A
            L1,2026-03-02T10:00:01Z,2026-03-02T10:00:01Z,keep,B
            L2,2026-03-01T10:00:00Z,2026-03-01T10:00:00Z,keep,N
            L2,2026-03-02T09:00:00Z,2026-03-02T11:00:00Z,hand_over,M
            L3,2026-03-02T09:00:00Z,2026-03-02T09:00:00Z,hand_over,A
        """
    )
    # L1: at the very instant. L2: the later one was not known yet. L3: its list has no band A.
    assert under.bands.tolist() == ["A", "N", None]
    assert under.sources.tolist() == [BandSource.DECISION, BandSource.DECISION, BandSource.NONE]


def test_a_decision_belongs_to_the_hand_over_that_followed_it(bands):
    hand_overs = "\n".join(
        f"{lead},{at}"
        for lead in ("L1", "L2")
        for at in ("2025-12-10T10:00:00Z", "2026-01-10T10:00:00Z,mql", "2026-03-02T10:00:00Z")
    )
    under = bands(
        hand_overs=hand_overs,
        decisions="""
            lead_id,happened_at,decision,band
            L1,2025-12-10T10:00:00Z,hand_over,A
            L2,2025-12-10T09:00:00Z,hand_over,N
            L2,2025-12-10T10:00:01Z,hand_over,M
        """,
    )
    # L1: the decision of the very instant of the first hand-over says nothing of the second, which is owed B at least.
    assert under.bands.tolist() == ["A", "B", "N", "M"]
    assert under.sources.tolist() == [BandSource.DECISION, BandSource.STAGE, BandSource.DECISION, BandSource.DECISION]


def test_the_recommendation_is_the_first_since_the_stage_before(bands):
    under = bands(
        hand_overs="L1,2026-02-20T10:00:00Z,mql\nL1,{0}\nL2,{0}",
        decisions="""
            lead_id,happened_at,decision,band
            L1,2026-02-19T10:00:00Z,hand_over,A
            L1,2026-02-25T10:00:00Z,keep,C
            L1,2026-02-26T10:00:00Z,hand_over,B
            L1,2026-02-27T10:00:00Z,hand_over,A
        """,
    )
    assert under.recommended_at.tolist() == [1_772_100_000_000_000, NEVER]

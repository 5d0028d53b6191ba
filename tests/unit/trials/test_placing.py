"""The past placed again: in order of time, the band before it carried along."""

from dataclasses import replace

import numpy as np
import pytest

from leadml.agreement.placement import place
from leadml.agreement.transitions import required_fields
from leadml.clock import DAY
from leadml.trials.placing import place_history
from leadml.trials.side import queue_of

STAYS = (
    ("A", 60, {"lifecycle_stage": "sql", "stays_within_points": 5}),
    ("B", 40, {"lifecycle_stage": "mql"}),
    ("C", 0, {}),
)


def test_the_band_before_is_carried_from_score_to_score(scored_of, agreed):
    scored = scored_of((0, 1, 62), (0, 8, 56), (0, 15, 54), (1, 1, 56))
    assert place_history(scored, agreed(*STAYS)).bands == ("A", "A", "B", "B")


def test_a_lead_begins_without_a_band(scored_of, agreed):
    """The band of the lead before it in the list is not its own."""
    scored = scored_of((0, 1, 62), (1, 1, 57))
    assert place_history(scored, agreed(*STAYS)).bands == ("A", "B")


def test_a_lead_is_handed_over_once_an_episode(scored_of, agreed):
    scored = scored_of((0, 1, 50), (0, 8, 61), (0, 15, 70), (0, 60, 65), (1, 1, 80), episodes=[0, 0, 0, 1, 0])
    placed = place_history(scored, agreed())
    assert placed.hands_over.tolist() == [False, True, False, True, True]
    assert placed.recommends.tolist() == [False, True, True, True, True]


def test_who_is_in_the_stage_already_is_not_handed_over(scored_of, agreed):
    scored = scored_of((0, 1, 90), (1, 1, 90), stages=["sql", "mql"])
    assert place_history(scored, agreed()).hands_over.tolist() == [False, True]


def test_a_lead_type_with_bands_of_its_own_is_placed_by_them(scored_of, agreed):
    agreement = agreed(types={"service": (("A", 30, {"lifecycle_stage": "sql"}), ("C", 0, {}))})
    scored = scored_of((0, 1, 35), (1, 1, 35), lead_types=["service", "new"])
    assert place_history(scored, agreement).bands == ("A", "C")


def standing_otherwise(scored, *changes):
    """Change where leads stand, snapshot by snapshot."""
    changed = [replace(standing, **change) for standing, change in zip(scored.standings, changes, strict=True)]
    return replace(scored, standings=tuple(changed))


def test_what_people_chose_and_a_wait_hold_in_the_trial_too(scored_of, agreed):
    scored = scored_of((0, 1, 10), (1, 1, 90), (2, 1, 90), (3, 1, 90))
    waits, waited = scored.as_of[2] + DAY, scored.as_of[3] - DAY
    scored = standing_otherwise(
        scored, {"override": "A"}, {"override": "C"}, {"waits_until": waits}, {"waits_until": waited}
    )
    placed = place_history(scored, agreed())
    assert placed.bands == ("A", "C", "A", "A")
    assert placed.hands_over.tolist() == [True, False, False, True]


def test_a_lead_whose_required_fields_nobody_knows_is_not_handed_over_in_the_trial(scored_of, agreed):
    agreement = agreed(required_fields={"sql": ["country"]})
    scored = scored_of((0, 1, 90), (0, 8, 90))
    scored = standing_otherwise(scored, {"missing": required_fields(agreement.definitions)}, {})
    assert place_history(scored, agreement).hands_over.tolist() == [False, True]


def test_lots_hand_over_the_agreed_share_of_the_others_and_go_first(scored_of, agreed):
    rows = [(lead, 1, 20 if lead % 2 else 70) for lead in range(2_000)]
    scored = standing_otherwise(scored_of(*rows), *({"lead_id": f"L{lead}"} for lead, _, _ in rows))
    agreement = agreed(exploration_share=0.1)
    placed = place_history(scored, agreement)
    low = scored.points == 20
    assert not placed.explored[~low].any()
    assert 70 <= placed.explored[low].sum() <= 130
    assert placed.hands_over.sum() == 1_000 + placed.explored.sum()
    queue = queue_of(scored, placed, agreement, 140.0)
    assert (queue.handed_on[placed.explored[placed.hands_over]] >= 0).all()
    without = place_history(scored, agreed())
    assert without.hands_over.tolist() == (~low).tolist()


@pytest.mark.parametrize("exploration_share", [0.0, 0.5])
@pytest.mark.parametrize("seed", range(5))
def test_placing_all_at_once_is_placing_one_after_the_other(scored_of, agreed, seed, exploration_share):
    random = np.random.default_rng(seed)
    rows = [(lead, day, int(random.integers(30, 75))) for lead in range(240) for day in (0, 7, 14, 21)]
    kinds = random.choice(["new", "service", None], len(rows)).tolist()
    stages = random.choice(["lead", "mql", "sql", None], len(rows)).tolist()
    agreement = agreed(
        *STAYS,
        types={"service": (("A", 45, {"lifecycle_stage": "sql", "stays_within_points": 9}), ("C", 0, {}))},
        allowed_transitions={"lead": ["mql"]},
        required_fields={"sql": ["country"]},
        exploration_share=exploration_share,
    )
    fields = required_fields(agreement.definitions)
    scored = scored_of(*rows, lead_types=kinds, stages=stages)
    changes = [
        {
            "lead_id": f"L{lead}",
            "override": random.choice([None, None, None, "A", "C"]),
            "waits_until": random.choice([None, None, 0, int(scored.until)]),
            "missing": fields if random.random() < 0.2 else (),
            "closed": bool(random.random() < 0.2),
        }
        for lead, _, _ in rows
    ]
    scored = standing_otherwise(scored, *changes)
    placed = place_history(scored, agreement)
    last = None
    for row, (lead, _, points) in enumerate(rows):
        last = last if row and rows[row - 1][0] == lead else None
        placement = place(points, replace(scored.standings[row], last_band=last), agreement)
        last = placement.band
        assert placed.bands[row] == placement.band
        sql = placement.recommended_lifecycle_stage in ("sql", "customer") and stages[row] != "sql"
        assert placed.recommends[row] == sql
        assert placed.explored[row] == placement.explored
    assert placed.explored.any() == (exploration_share > 0)


def test_a_lower_threshold_never_hands_over_fewer(scored_of, agreed):
    random = np.random.default_rng(3)
    rows = [(lead, day, int(random.integers(0, 101))) for lead in range(60) for day in (0, 7, 14)]
    scored = scored_of(*rows)
    counts = [
        int(place_history(scored, agreed(("A", limit, {"lifecycle_stage": "sql"}), ("C", 0, {}))).hands_over.sum())
        for limit in range(100, 0, -1)
    ]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]

"""Start + contributions = margin, and what people see adds up too, line by line."""

import math

import lightgbm
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from leadml.agreement.scale import Scale, shown
from leadml.engine.catalogue import Catalogue
from leadml.explain.reasons import Explainer, whole_parts
from leadml.learners.contract import Contributions

POINTS = st.one_of(
    st.floats(-80, 80), st.integers(-160, 160).map(lambda half: half / 2), st.sampled_from([-1e-13, 0.0, 1e-13])
)


@given(st.lists(POINTS, min_size=1, max_size=12), st.integers(0, 1))
@example([0.5, 0.5], 0)
@example([-1e-13, 50.0], 0)
def test_whole_parts_add_up_and_lie_within_one_of_the_exact_ones(exact, up):
    lowest = sum(math.floor(part) for part in exact)
    total = min(math.floor(math.fsum(exact)) + up, lowest + len(exact))
    parts = whole_parts(exact, total)
    assert sum(parts) == total
    assert [abs(whole - part) <= 1 for whole, part in zip(parts, exact, strict=True)] == [True] * len(exact)
    # Nobody is rounded up who has a smaller fraction than one who is rounded down.
    up, down = [], []
    for whole, part in zip(parts, exact, strict=True):
        (up if whole > math.floor(part) else down).append(part - math.floor(part))
    assert min(up, default=1.0) >= max(down, default=0.0) - 1e-9  # less is a tie


@given(st.permutations([12.5, -7.5, 3.5, 0.5]))
def test_of_equal_fractions_the_larger_effect_is_rounded_up(exact):
    parts = dict(zip(exact, whole_parts(exact, 10), strict=True))
    assert parts == {12.5: 13, -7.5: -7, 3.5: 4, 0.5: 0}


def adds_up(answer):
    shown_effects = [theme["effect"] for theme in answer["effects"]]
    assert answer["start"] + sum(shown_effects) + answer["held_effect"] == answer["score"]
    for theme in answer["effects"]:
        assert sum(line["effect"] for line in theme["features"]) == theme["effect"]
        exact = math.fsum(line["effect_exact"] for line in theme["features"])
        assert theme["effect_exact"] == pytest.approx(exact, abs=1e-9)
        assert abs(theme["effect"] - theme["effect_exact"]) <= 1


@pytest.fixture(scope="session")
def as_answer(spec):
    """Explain contributions as the scorer does, and lay the lines out as an answer has them."""
    catalogue = Catalogue.of(spec.themes, spec.agreement.definitions)
    explainer = Explainer(spec.themes, {feature.name: None for feature in spec.features}, catalogue)
    scale = Scale.agreed(spec.agreement.definitions.lead_score)

    def explain(start, values):
        contributions = Contributions(start, np.array([values]))
        points = float(scale.unclipped(np.array([start]))[0])
        nothing_known = dict.fromkeys([feature.name for feature in spec.features])
        explanation = explainer.explain(points, scale.effects(contributions.values)[0], nothing_known, not_known=())
        unclipped = float(scale.unclipped(contributions.margin)[0])
        assert explanation.unclipped == pytest.approx(unclipped, abs=1e-9)
        return explanation.unclipped, {
            "score": explanation.score,
            "start": explanation.start,
            "held_at": explanation.held_at,
            "held_effect": explanation.held_effect,
            "effects": [
                {
                    "effect": theme.effect,
                    "effect_exact": theme.effect_exact,
                    "features": [line._asdict() for line in theme.features],
                }
                for theme in explanation.themes
            ],
        }

    return explain


def test_any_contributions_give_lines_that_add_up_to_the_score(spec, as_answer):
    held = []
    log_odds = st.one_of(st.floats(-3, 3), st.sampled_from([0.0, -1e-15, math.log(2), math.log(2) / 20]))

    @given(log_odds, st.lists(log_odds, min_size=len(spec.features), max_size=len(spec.features)))
    def check(start, values):
        unclipped, answer = as_answer(start, values)
        adds_up(answer)
        assert answer["score"] == shown(unclipped) == min(max(round(unclipped), 0), 100)
        assert answer["held_at"] == (None if 0 <= round(unclipped) <= 100 else answer["score"])
        held.append(answer["held_at"])

    check()
    assert {None, 0, 100} <= set(held)


@given(st.floats(-5, 5), st.lists(st.floats(-5, 5), min_size=1, max_size=30))
def test_the_margin_is_the_sum_from_left_to_right_to_the_last_bit(start, values):
    expected = start
    for value in values:
        expected += value
    assert Contributions(start, np.array([values])).margin.tolist() == [expected]


def test_a_trained_model_gives_lines_that_add_up_for_every_lead(demo_history, scorer):
    instant = demo_history.known_until + 1
    answers = [score.to_dict() for score in scorer.score(demo_history, demo_history.lead_ids, instant)]
    for answer in answers:
        adds_up(answer)
        exact = math.fsum(theme["effect_exact"] for theme in answer["effects"])
        start = answer["score_unclipped"] - exact
        assert start == pytest.approx(
            answers[0]["score_unclipped"] - math.fsum(theme["effect_exact"] for theme in answers[0]["effects"]),
            abs=1e-9,
        )
    assert len({answer["score"] for answer in answers}) > 20


def test_a_trained_model_adds_up_to_what_its_parts_predict(demo_model, demo_training_set):
    readiness, features = demo_model.readiness, demo_training_set.features
    assert len(readiness.trees) > 0
    rules = readiness.rules.margin_of(readiness.rules.award(features).total)
    trees = [lightgbm.Booster(model_str=text).predict(features.values, raw_score=True) for text in readiness.trees]
    laid = readiness.design.lay_out(features)
    straight = [line[0] + laid.times(line[1:]) for line in readiness.lines]
    learned = readiness.shares.linear * np.mean(straight, axis=0) + readiness.shares.trees * np.mean(trees, axis=0)
    calibration = readiness.calibration
    types = features.values[:, features.names.index("lead_type")]
    words = (*features.words["lead_type"], None)
    shifts = [calibration.shifts.get(words[-1 if np.isnan(code) else int(code)], 0.0) for code in types]
    assert len(set(shifts)) > 2
    margin = calibration.level + calibration.slope * (rules + learned) + shifts
    np.testing.assert_allclose(readiness.contributions(features).margin, margin, rtol=0, atol=1e-9)
    np.testing.assert_allclose(readiness.margin(features), margin, rtol=0, atol=1e-9)

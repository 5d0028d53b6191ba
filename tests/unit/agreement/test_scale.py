import math

import numpy as np
import pytest

from leadml.agreement.scale import Scale, probability, shown
from leadml.specs.agreement_spec import LeadScoreSpec


def score_of(chance, *, at_50=0.5, doubles=10):
    scale = Scale.agreed(LeadScoreSpec(probability_at_50=at_50, points_to_double_odds=doubles))
    return float(scale.unclipped(np.array([math.log(chance / (1 - chance))]))[0])


# The three numbers that explain the scale: 50, ten points more, ten points less.
@pytest.mark.parametrize(("chance", "score"), [(1 / 2, 50), (2 / 3, 60), (1 / 3, 40), (4 / 5, 70), (8 / 9, 80)])
def test_ten_points_double_the_odds(chance, score):
    assert score_of(chance) == pytest.approx(score)


@pytest.mark.parametrize("at_50", [0.01, 0.05, 0.2, 0.5, 0.9])
def test_50_stands_for_the_agreed_chance(at_50):
    assert score_of(at_50, at_50=at_50) == pytest.approx(50)


def test_the_points_that_double_the_odds_are_agreed():
    assert score_of(2 / 3, doubles=20) == pytest.approx(70)
    assert score_of(0.2, at_50=1 / 3, doubles=5) == pytest.approx(45)


def test_effects_add_up_to_the_score():
    scale = Scale.agreed(LeadScoreSpec(probability_at_50=0.2))
    start, contributions = -1.25, np.array([0.5, -2.0, 0.125])
    whole = scale.unclipped(np.array([start + contributions.sum()]))[0]
    assert scale.unclipped(np.array([start]))[0] + scale.effects(contributions).sum() == pytest.approx(whole)


@pytest.mark.parametrize(
    ("unclipped", "score"),
    [
        (49.5, 50),
        (50.5, 50),
        (51.5, 52),
        (0.49, 0),
        (-0.1, 0),
        (-40.0, 0),
        (99.6, 100),
        (100.4, 100),
        (1e9, 100),
        (math.inf, 100),
        (-math.inf, 0),
    ],
)
def test_a_shown_score_is_rounded_half_to_even_and_held_at_the_ends(unclipped, score):
    assert shown(unclipped) == score
    assert isinstance(shown(unclipped), int)


def test_what_is_no_number_is_no_score():
    with pytest.raises(ValueError, match="NaN"):
        shown(math.nan)


@pytest.mark.parametrize("points", [-20.0, 0.0, 37.5, 50.0, 100.0])
def test_the_way_back_from_points_leads_to_the_same_points(points):
    scale = Scale.agreed(LeadScoreSpec(probability_at_50=0.2, points_to_double_odds=7))
    assert scale.unclipped(np.array([scale.margin_of(points)]))[0] == pytest.approx(points)


@pytest.mark.filterwarnings("error")
def test_a_chance_never_overflows():
    chances = probability(np.array([-1e6, -50.0, -1.0, 0.0, 1.0, 50.0, 1e6]))
    assert chances[0] == 0.0
    assert chances[-1] == 1.0
    assert np.all(np.diff(chances) >= 0)
    assert chances[1] > 0


def test_a_chance_and_its_complement_make_one():
    margins = np.linspace(-30, 30, 61)
    np.testing.assert_allclose(probability(margins) + probability(-margins), 1.0, rtol=0, atol=1e-15)


def test_a_chance_is_the_inverse_of_its_log_odds():
    assert probability(np.array([math.log(1 / 4)]))[0] == pytest.approx(0.2)

"""Rule points, and the line that turns them into a chance."""

import numpy as np
import pytest

from leadml.agreement.scale import probability
from leadml.engine.matrix import FeatureMatrix
from leadml.learners.awards import Awards
from leadml.learners.rules import RulesModel
from leadml.specs.rules_spec import RulesSpec

NAN = np.nan


def rule(when, **points):
    return {
        "name": "tried",
        "when": when if {"any", "all"} & when.keys() else {"feature": "clicks", **when},
        "because": {"en": "Tried", "ja": "試験"},
        **points,
    }


def rules_of(*rules, **limits):
    named = tuple({**each, "name": f"{each['name']}_{number}"} for number, each in enumerate(rules))
    return RulesSpec.model_validate({"rules": named, **limits}, strict=False)


def award(rules, matrix, **limits):
    return Awards(rules_of(*rules, **limits)).of(matrix).points


@pytest.fixture
def matrix():
    return FeatureMatrix(
        ("clicks", "source"),
        np.array([[0.0, 0.0], [2.0, 1.0], [9.0, 2.0], [NAN, NAN]]),
        {"source": ("event", "referral", "web_form")},
    )


@pytest.mark.parametrize(
    ("when", "points", "awarded"),
    [
        ({"at_least": 2}, {"points": 5}, [0, 5, 5, 0]),
        ({"at_most": 2}, {"points": 5}, [5, 5, 0, 0]),
        ({"missing": True}, {"points": -3}, [0, 0, 0, -3]),
        ({"missing": False}, {"points": 2}, [2, 2, 2, 0]),
        ({"feature": "source", "is": "referral"}, {"points": 4}, [0, 4, 0, 0]),
        ({"feature": "source", "any_of": ["event", "web_form", "never_seen"]}, {"points": 4}, [4, 0, 4, 0]),
        ({"feature": "source", "is": "never_seen"}, {"points": 4}, [0, 0, 0, 0]),
        ({"feature": "source", "missing": True}, {"points": 1}, [0, 0, 0, 1]),
        ({}, {"points_per_unit": 1.5}, [0, 3, 13.5, 0]),
        ({}, {"points_per_unit": 1.5, "at_most_units": 4}, [0, 3, 6, 0]),
        ({}, {"points_per_unit": -1, "at_most_units": 4}, [0, -2, -4, 0]),
    ],
)
def test_what_a_rule_awards(when, points, awarded, matrix):
    assert award([rule(when, **points)], matrix).ravel().tolist() == awarded


def test_no_rule_is_awarded_for_less_than_nothing(matrix):
    # A feature such as a pace can be negative; units below zero take points away again.
    falling = FeatureMatrix(("clicks",), np.array([[-2.0]]), {})
    assert award([rule({}, points_per_unit=2, at_most_units=3)], falling).tolist() == [[-4.0]]


def fitted(points, ready, weights=None):
    matrix = FeatureMatrix(("clicks",), np.array(points, dtype=np.float64)[:, None], {})
    weights = np.ones(len(ready)) if weights is None else np.array(weights, dtype=np.float64)
    return RulesModel.fit(
        rules_of(rule({}, points_per_unit=1)), matrix, np.array(ready, dtype=np.float64), weights
    ), matrix


def test_with_many_outcomes_the_line_says_the_shares_that_happened():
    # Of leads with 0 points one in five became ready, of those with 10 points four in five.
    points = [0] * 1000 + [10] * 1000
    ready = ([1] * 200 + [0] * 800) + ([1] * 800 + [0] * 200)
    model, matrix = fitted(points, ready)
    chances = probability(model.contributions(matrix).margin)
    assert chances[0] == pytest.approx(0.2, abs=0.005)
    assert chances[-1] == pytest.approx(0.8, abs=0.005)


def test_with_few_outcomes_the_line_still_rises_as_both_teams_believe():
    few, _ = fitted([0, 10, 0, 10], [1, 0, 0, 1])
    many, _ = fitted([0, 10] * 4000, [1, 0, 0, 1] * 2000)
    assert few.slope > 0.05
    assert 0 <= many.slope < 0.005


def test_rules_that_point_the_wrong_way_say_nothing_rather_than_the_opposite():
    model, matrix = fitted([10] * 1000 + [0] * 1000, ([0] * 900 + [1] * 100) + ([1] * 900 + [0] * 100))
    assert model.slope == 0
    assert len(set(model.contributions(matrix).margin.tolist())) == 1


def test_without_any_difference_in_points_the_line_is_the_base_rate():
    model, matrix = fitted([3, 3, 3, 3], [1, 0, 0, 0])
    assert model.slope == 0
    assert probability(model.contributions(matrix).margin).tolist() == pytest.approx([0.25] * 4)


@pytest.mark.parametrize("seed", range(40))
def test_points_that_are_the_same_everywhere_have_no_line_whatever_rounding_says(seed):
    random = np.random.default_rng(seed)
    size = int(random.integers(50, 3000))
    model, matrix = fitted([0.7] * size, random.random(size) < 0.2, weights=random.random(size))
    assert model.slope == 0
    assert np.ptp(model.margin(matrix)) == 0


def test_weights_count_as_repetitions_do():
    weighed, _ = fitted([0, 5, 9], [0, 1, 0], weights=[3, 2, 1])
    repeated, _ = fitted([0, 0, 0, 5, 5, 9], [0, 0, 0, 1, 1, 0])
    assert (weighed.intercept, weighed.slope) == pytest.approx((repeated.intercept, repeated.slope))


def test_contributions_stand_beside_the_feature_and_are_those_of_the_points(matrix):
    rules = [
        rule({"at_least": 2}, points=5),
        rule({"at_least": 9}, points=2),
        rule({"feature": "source", "is": "event"}, points=4),
    ]
    model = RulesModel(rules_of(*rules), intercept=-1.0, slope=0.1, usual_points=(1.0, 0.5, 2.0))
    contributions = model.contributions(matrix)
    assert contributions.start == -1.0
    np.testing.assert_allclose(contributions.values[:, 0], 0.1 * (np.array([0, 5, 7, 0]) - 1.5))
    np.testing.assert_allclose(contributions.values[:, 1], 0.1 * (np.array([4, 0, 0, 0]) - 2.0))
    np.testing.assert_allclose(contributions.margin, model.margin_of(model.award(matrix).total))

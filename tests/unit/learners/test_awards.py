"""What rules award: conditions, steps, decay, lead types, and what groups, categories and the total hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from leadml.engine.matrix import FeatureMatrix
from leadml.learners.awards import Awards
from leadml.specs.rules_spec import RulesSpec

NAN = np.nan
BECAUSE = {"en": "Because", "ja": "理由"}
NAMES = ("visits", "employees", "title", "lead_type", "days_since_visit")
WORDS = {"title": ("Head of IT", "engineer", "intern"), "lead_type": ("customer", "prospect")}
DAY_IN_MICROSECONDS = 86_400_000_000


def rule(name, **content):
    return {"name": name, "because": BECAUSE, **content}


def awards(*rules, **limits):
    return Awards(RulesSpec.model_validate({"rules": rules, **limits}, strict=False))


def leads(*rows):
    return FeatureMatrix(NAMES, np.array(rows, dtype=np.float64), WORDS)


def lead(*, visits=NAN, employees=NAN, title=NAN, lead_type=NAN, days=NAN):
    return leads([visits, employees, title, lead_type, days])


def points(rules, matrix):
    return awards(rules).of(matrix).points[:, 0].tolist()


@pytest.mark.parametrize(
    ("when", "met"),
    [
        ({"feature": "employees", "between": [200, 1000]}, [0, 1, 1, 0, 0]),
        ({"feature": "employees", "more_than": 200}, [0, 0, 1, 1, 0]),
        ({"feature": "employees", "at_least": 200}, [0, 1, 1, 1, 0]),
        ({"feature": "employees", "less_than": 1000}, [1, 1, 0, 0, 0]),
        ({"feature": "employees", "at_most": 1000, "or_missing": True}, [1, 1, 1, 0, 1]),
    ],
)
def test_the_ends_of_a_range_are_where_the_words_say(when, met):
    matrix = leads(*([NAN, size, NAN, NAN, NAN] for size in (199.0, 200.0, 1000.0, 1001.0, NAN)))
    assert points(rule("size", when=when, points=1), matrix) == met
    assert points(rule("size", when={"all": [when]}, points=1), matrix) == met


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        ({"is": "engineer"}, [0, 1, 0, 0]),
        ({"is_not": "engineer"}, [1, 0, 1, 0]),
        ({"none_of": ["engineer", "intern"]}, [1, 0, 0, 0]),
        ({"contains": ["it"]}, [1, 0, 0, 0]),
        ({"contains": ["EN", "nowhere"]}, [0, 1, 0, 0]),
        ({"contains_not": ["it"], "or_missing": True}, [0, 1, 1, 1]),
        ({"missing": True}, [0, 0, 0, 1]),
    ],
)
def test_words_are_asked_as_wholes_or_for_what_they_contain(condition, met):
    matrix = leads(*([NAN, NAN, code, NAN, NAN] for code in (0.0, 1.0, 2.0, NAN)))
    assert points(rule("title", when={"feature": "title", **condition}, points=1), matrix) == met


def test_all_must_be_met_and_of_any_one_is_enough():
    large, engineer = {"feature": "employees", "at_least": 200}, {"feature": "title", "is": "engineer"}
    visited = {"feature": "visits", "at_least": 1}
    matrix = leads([1, 300, 1, NAN, NAN], [0, 300, 1, NAN, NAN], [1, 10, 0, NAN, NAN], [NAN, 300, NAN, NAN, NAN])
    assert points(rule("both", when={"all": [large, engineer]}, points=2), matrix) == [2, 2, 0, 0]
    assert points(rule("one", when={"any": [large, visited]}, points=2), matrix) == [2, 2, 2, 2]
    assert points(rule("mixed", when={"all": [large, {"any": [engineer, visited]}]}, points=2), matrix) == [2, 2, 0, 0]


def test_each_step_has_its_own_points_up_to_where_the_next_begins():
    steps = [{"at_least": 1, "points": 10}, {"at_least": 3, "at_most": 9, "points": 20}, {"at_least": 20, "points": 5}]
    matrix = leads(*([visits, NAN, NAN, NAN, NAN] for visits in (0, 1, 2.999, 3, 9, 9.5, 20, NAN)))
    assert points(rule("visits", when={"feature": "visits"}, steps=steps), matrix) == [0, 10, 10, 20, 20, 0, 5, 0]


@pytest.mark.parametrize(
    ("days", "left"),
    [
        (0.0, 20.0),
        ((30 * DAY_IN_MICROSECONDS - 1) / DAY_IN_MICROSECONDS, 20.0),  # the last microsecond of the first interval
        (30.0, 10.0),
        ((60 * DAY_IN_MICROSECONDS - 1) / DAY_IN_MICROSECONDS, 10.0),
        (60.0, 5.0),
        ((3600 * DAY_IN_MICROSECONDS - 1) / DAY_IN_MICROSECONDS, 20.0 * 0.5**119),
        (NAN, 20.0),
    ],
)
def test_points_fall_at_the_very_end_of_an_interval(days, left):
    decay = {"since": "days_since_visit", "percent": 50, "every_days": 30}
    faded = rule("visited", when={"feature": "visits", "at_least": 1}, points=20, decay=decay)
    assert points(faded, lead(visits=2, days=days)) == [left]
    assert points(faded, lead(visits=0, days=days)) == [0.0]


def test_points_fade_by_half_life():
    decay = {"since": "days_since_visit", "half_life_days": 14}
    faded = rule("visits", when={"feature": "visits"}, points_per_unit=3, at_most_units=2, decay=decay)
    assert points(faded, leads([9, NAN, NAN, NAN, 14], [1, NAN, NAN, NAN, 28])) == [3.0, 0.75]


def test_a_lead_type_may_have_points_of_its_own():
    matrix = leads(*([4, 300, NAN, kind, NAN] for kind in (0.0, 1.0, NAN)))
    size = rule("size", when={"feature": "employees", "at_least": 200}, points=10, points_for={"customer": -2})
    visits = rule("visits", when={"feature": "visits"}, points_per_unit=3, at_most_units=2, points_for={"prospect": 0})
    assert awards(size, visits).of(matrix).points.tolist() == [[-2, 6], [10, 0], [10, 6]]
    nothing_but = rule("size", when={"feature": "employees", "at_least": 200}, points=0, points_for={"customer": 7})
    assert points(nothing_but, matrix) == [7, 0, 0]


def grouped():
    return awards(
        rule("size", group="who", when={"feature": "employees", "at_least": 200}, points=40),
        rule("title", group="who", when={"feature": "title", "is": "engineer"}, points=20),
        rule("intern", group="who", when={"feature": "title", "is": "intern"}, points=-30),
        rule("visits", group="what", when={"feature": "visits"}, points_per_unit=10),
        rule("out", when={"feature": "lead_type", "is": "customer"}, disqualifies=True),
        groups=[
            {"name": "who", "label": BECAUSE, "category": "fit", "at_least": 0, "at_most": 50},
            {"name": "what", "label": BECAUSE, "category": "engagement", "at_most": 60},
        ],
        categories={"engagement": {"at_most": 55}},
        total={"at_least": 5, "at_most": 100},
        grade={"fit": {"A": 35, "B": 15, "C": 0}, "engagement": {"1": 50, "2": 15, "3": 0}},
    )


@pytest.mark.parametrize(
    ("row", "rules", "held", "total", "grade"),
    [
        # size 40 + title 20 = 60, the group gives 50; 9 visits = 90, the group gives 60, the category 55; 105 -> 100
        ([9, 300, 1, 1, NAN], [40, 20, 0, 90, 0], {"who": -10, "what": -30, "engagement": -5, "": -5}, 100, "A1"),
        # an intern: -30, the group gives 0; no visit; the total gives 5
        ([0, 10, 2, 1, NAN], [0, 0, -30, 0, 0], {"who": 30, "": 5}, 5, "C3"),
        # size 40 - 30 = 10; 2 visits = 20
        ([2, 300, 2, 1, NAN], [40, 0, -30, 20, 0], {}, 30, "C2"),
        # the same lead is a customer already: ruled out, so the least there is
        ([2, 300, 2, 0, NAN], [40, 0, -30, 20, 0], {"out": -25}, 5, "C2"),
    ],
)
def test_what_is_held_is_a_line_of_its_own(row, rules, held, total, grade):
    table = grouped()
    awarded = table.of(leads(row))
    assert awarded.points[0].tolist() == rules
    lines = {
        ("out" if limit.held_by == "disqualified" else limit.name): points
        for limit, points in zip(table.limits, awarded.held[0].tolist(), strict=True)
        if points
    }
    assert lines == held
    assert sum(rules) + sum(held.values()) == total
    assert awarded.total.tolist() == [total]
    assert awarded.shares.sum() == pytest.approx(total, abs=1e-12)
    assert table.grades(awarded) == [grade]


def test_what_a_maximum_takes_is_taken_from_those_who_gave():
    awarded = grouped().of(leads([0, 300, 1, 1, NAN]))
    assert awarded.shares[0].tolist() == pytest.approx([40 * 50 / 60, 20 * 50 / 60, 0, 0, 0])


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([0.0, 1.0, 2.0, 7.0, NAN]),
            st.sampled_from([10.0, 200.0, 5000.0, NAN]),
            st.sampled_from([0.0, 1.0, 2.0, NAN]),
            st.sampled_from([0.0, 1.0, NAN]),
            st.just(NAN),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_shares_sum_to_the_points_alone_and_among_many(rows):
    table, matrix = grouped(), leads(*rows)
    awarded = table.of(matrix)
    assert (awarded.total >= 5).all()
    assert (awarded.total <= 100).all()
    np.testing.assert_allclose(awarded.shares.sum(axis=1), awarded.total, rtol=0, atol=1e-9)
    for row in range(len(rows)):
        alone = table.of(matrix.rows(np.array([row])))
        np.testing.assert_array_equal(alone.shares, awarded.shares[row : row + 1])
        np.testing.assert_array_equal(alone.total, awarded.total[row : row + 1])


def refused(**content):
    with pytest.raises(ValidationError) as caught:
        RulesSpec.model_validate(content, strict=False)
    return str(caught.value)


SIZE, SMALL = {"feature": "employees", "at_least": 200}, {"feature": "employees", "less_than": 200}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            {"rules": [rule("gives", when=SIZE, points=5), rule("takes", when=SIZE, points=-5)]},
            "the rules gives and takes ask the same, and one gives what the other takes",
        ),
        (
            {"rules": [rule("gives", when=SIZE, points=5), rule("out", when=SIZE, disqualifies=True)]},
            "the rules gives and out ask the same",
        ),
        (
            {
                "rules": [
                    rule(
                        "s",
                        when={"feature": "visits"},
                        steps=[{"at_least": 1, "at_most": 5, "points": 1}, {"at_least": 5, "points": 2}],
                    )
                ]
            },
            "the steps of s overlap: one goes up to 5, the next begins at 5",
        ),
        (
            {
                "rules": [rule("a", group="who", when=SIZE, points=5)],
                "groups": [{"name": "who", "label": BECAUSE, "at_least": 10, "at_most": 5}],
            },
            "the maximum of who (5) is below the minimum (10)",
        ),
        (
            {"rules": [rule("a", group="who", when=SIZE, points=5)]},
            "the rule a is in the group who, but groups has only",
        ),
        (
            {"rules": [rule("a", when={"all": [SIZE, SMALL]}, points=5)]},
            "no lead can meet all that is asked of employees",
        ),
        (
            {"rules": [rule("a", when={"feature": "employees", "between": [9, 2]}, points=5)]},
            "write the smaller number first",
        ),
        ({"rules": [rule("a", when={"feature": "visits", "any": [SIZE]}, points=5)]}, "and not both"),
        (
            {"rules": [rule("a", when=SIZE, points=5, decay={"since": "days_since_visit", "percent": 5})]},
            "by percent and every_days together",
        ),
        ({"rules": [rule("a", when=SIZE, points=5)], "grade": {"fit": {"A": 5}}}, "no group has the category fit"),
    ],
)
def test_rules_that_cannot_be_meant_are_refused_with_their_names(content, said):
    assert said in refused(**content)

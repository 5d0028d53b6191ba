"""The way between two scores, in whole points that add up."""

from hypothesis import given
from hypothesis import strategies as st

from leadml.agreement.scale import shown
from leadml.explain.difference import difference
from leadml.explain.reasons import Explanation, FeatureEffect, ThemeEffect, whole_parts

POINTS = st.one_of(st.floats(-40, 40), st.integers(-80, 80).map(lambda half: half / 2))
NAMES = ("views", "clicks", "title")


def explained(start, effects):
    """Explain a score of one theme, as the explainer does."""
    unclipped = start + sum(effects.values())
    total = round(unclipped)
    shown_start, theme = whole_parts([start, sum(effects.values())], total)
    whole = whole_parts(list(effects.values()), theme)
    lines = tuple(
        FeatureEffect(name, points, exact, None, None, {"en": name, "ja": name})
        for (name, exact), points in zip(effects.items(), whole, strict=True)
    )
    score = shown(unclipped)
    themes = (ThemeEffect("all", {"en": "All"}, theme, sum(effects.values()), lines),)
    return Explanation(score, unclipped, shown_start, themes, score if score != total else None, score - total)


EXPLAINED = st.builds(
    lambda start, effects, names: explained(start, dict(zip(names, effects, strict=True))),
    st.floats(-20, 120),
    st.tuples(POINTS, POINTS, POINTS),
    st.sampled_from([NAMES, ("views", "clicks", "calls")]),
)


@given(EXPLAINED, EXPLAINED, st.integers(0, 5))
def test_parts_add_up_to_the_difference_of_the_scores(before, after, number):
    way = difference(before, after)
    assert way.points == after.score - before.score
    assert way.start + sum(change.change for change in way.changes) + way.held == way.points
    named, others = way.top(number)
    assert len(named) <= number
    assert way.start + sum(change.change for change in named) + others + way.held == way.points
    assert all(change.change for change in named)
    assert {change.feature for change in way.changes} == set(before.by_feature()) | set(after.by_feature())
    for change in way.changes:
        assert abs(change.change - change.change_exact) <= 1


@given(EXPLAINED)
def test_nothing_lies_between_a_score_and_itself(one):
    way = difference(one, one)
    assert (way.points, way.exact, way.start, way.held) == (0, 0.0, 0, 0)
    assert not any(change.change for change in way.changes)


def test_a_feature_that_one_model_does_not_know_is_told_from_nothing():
    before, after = explained(40.0, {"views": 3.0}), explained(40.0, {"views": 3.0, "calls": 2.0})
    (largest, *_) = difference(before, after).changes
    assert (largest.feature, largest.change, largest.before, largest.after.effect) == ("calls", 2, None, 2)
    (largest, *_) = difference(after, before).changes
    assert (largest.feature, largest.change, largest.after) == ("calls", -2, None)
    assert largest.reason["en"] == "calls"

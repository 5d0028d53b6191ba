"""Reasons in plain words, whose whole numbers add up."""

import dataclasses

import numpy as np
import pytest

from leadml.engine.catalogue import Catalogue
from leadml.explain import reasons as reasons_module
from leadml.explain.reasons import Explainer, whole_parts
from leadml.specs.feature_spec import Unit
from leadml.specs.reading import Label

USUAL = {
    "icp_match": 0.5,
    "employees": 120.0,
    "industry": "farming",
    "lead_type": "new_prospect",
    "persona": "insider",
    "title_level": 2.0,
    "furthest_content": 0.0,
    "furthest_stage": 3.0,
    "days_in_mql": None,
    "pricing_views_30d": 1.0,
    "clicks_or_chats": 0.0,
    "minutes": 0.0,
    "longest_90d": None,
    "contents_seen": 2.0,
    "active_days_90d": 3.0,
    "warmth": 0.4,
    "clicks_pace_7d": 0.0,
    "attempts_7d": 0.0,
    "owner": "mori",
    "lead_status": "working",
    "deal_amount": 0.0,
}


@pytest.fixture(scope="module")
def explainer(spec, definitions):
    catalogue = Catalogue.of(spec.themes, definitions)
    return Explainer(spec.themes, {name: USUAL.get(name) for name in catalogue.names}, catalogue)


@pytest.fixture(scope="module")
def explain(explainer):
    def from_effects(start, *, values=None, **effects):
        exact = np.array([effects.get(name, 0.0) for name in explainer.catalogue.names])
        return explainer.explain(start, exact, {**explainer.usual_values, **(values or {})}, not_known=())

    return from_effects


def themes_of(explanation):
    return {theme.theme: theme.effect for theme in explanation.themes}


@pytest.mark.parametrize(
    ("exact", "total", "whole"),
    [
        ([41.3, 12.4, -3.6], 50, [41, 13, -4]),
        # Two equal fractions and one point: to the larger effect, whatever its sign.
        ([2.5, -7.5], -5, [2, -7]),
        ([7.5, 2.5], 10, [8, 2]),
        # Equal in all: to the earlier one.
        ([2.5, 2.5], 5, [3, 2]),
        ([0.0, 0.0], 0, [0, 0]),
        ([-0.4], 0, [0]),
    ],
)
def test_what_flooring_leaves_over_goes_to_the_largest_fractions(exact, total, whole):
    assert whole_parts(exact, total) == whole


def test_a_score_is_its_start_and_one_line_a_theme(explain):
    explanation = explain(30.2, icp_match=5.3, employees=-1.0, warmth=8.6)
    assert (explanation.start, explanation.score) == (30, 43)
    assert themes_of(explanation) == {"fit": 4, "persona": 0, "journey": 0, "engagement": 9, "sales_touch": 0}
    assert explanation.unclipped == pytest.approx(43.1)
    assert (explanation.held_at, explanation.held_effect) == (None, 0)


@pytest.mark.parametrize(
    ("start", "effect", "score", "held_at", "held_effect"),
    [
        (95.0, 20.0, 100, 100, -15),
        (95.0, 5.0, 100, None, 0),
        (5.0, -12.0, 0, 0, 7),
        (5.0, -5.4, 0, None, 0),
        (5.0, -5.6, 0, 0, 1),
    ],
)
def test_a_score_beyond_the_ends_is_held_there_and_a_line_says_so(start, effect, score, held_at, held_effect, explain):
    explanation = explain(start, warmth=effect)
    assert (explanation.score, explanation.held_at, explanation.held_effect) == (score, held_at, held_effect)
    assert explanation.start + sum(themes_of(explanation).values()) + held_effect == score
    assert explanation.unclipped == pytest.approx(start + effect)


def test_the_features_of_a_theme_add_up_and_the_largest_comes_first(explain):
    explanation = explain(50.0, pricing_views_30d=1.4, minutes=-3.4, warmth=2.4)
    theme = next(theme for theme in explanation.themes if theme.theme == "engagement")
    assert [line.feature for line in theme.features[:3]] == ["minutes", "warmth", "pricing_views_30d"]
    assert sum(line.effect for line in theme.features) == theme.effect


def feature_named(explainer, name):
    return next(feature for feature in explainer.catalogue.features if feature.name == name)


@pytest.mark.parametrize(
    ("name", "value", "english", "japanese"),
    [
        ("employees", 1234.0, "Employees: 1,234 (usual: 120)", "1,234"),
        ("icp_match", 2 / 3, "Fit with the ideal customer profile: 67 % (usual: 50 %)", "67"),
        ("industry", "metal_working", "Industry: metal working (usual: farming)", "metal working"),
        ("lead_type", "maintenance_service", "Lead type: Maintenance service (usual: New prospect)", "保守サービス"),
        ("persona", "production_owner", "Buyer persona: Runs the production (usual: Works where it happens)", "責任者"),
        ("furthest_content", 3.0, "Furthest content: Decision (usual: not yet)", "決定"),
        ("furthest_stage", 4.0, "Furthest stage: sql (usual: mql)", "sql"),
        # Nobody is usually so long an MQL: no usual value, nothing to set beside it.
        ("days_in_mql", 2.5, "Days as MQL: 2.5 days", "2.5日"),
        # Nothing happened, as far as is known; of an attribute one can only say that it is not known.
        ("days_in_mql", None, "Days as MQL: not yet", "MQLになってからの日数"),
        ("title_level", None, "Level of the job title: not known (usual: 2)", "役職の高さ"),
    ],
)  # fmt: skip
def test_a_reason_says_the_value_and_the_usual_one_in_both_languages(name, value, english, japanese, explainer):
    said = explainer.reason(feature_named(explainer, name), value)
    assert said["en"] == english
    assert japanese in said["ja"]


def test_where_nothing_is_known_of_a_table_a_reason_does_not_say_that_nothing_happened(explainer):
    feature = feature_named(explainer, "days_in_mql")
    assert explainer.reason(feature, None, not_known=("stage_changes",))["en"] == "Days as MQL: not known"
    assert explainer.reason(feature, None, not_known=("activities",))["en"] == "Days as MQL: not yet"


@pytest.mark.parametrize(
    ("one", "value", "english"),
    [
        ("view", 4.0, "Pricing views: 4 views (usual: 1)"),
        ("view", 1.0, "Pricing views: 1 view (usual: 1)"),
        ("view", 0.0, "Pricing views: 0 views (usual: 1)"),
        # A model of before there was a singular: the number stands alone.
        (None, 1.0, "Pricing views: 1 (usual: 1)"),
        ("view", None, "Pricing views: not yet (usual: 1 view)"),
    ],
)
def test_what_is_counted_is_told_in_the_singular_and_the_plural(one, value, english, explainer):
    unit = Unit(en="views", one=one, ja="回")
    counted = feature_named(explainer, "pricing_views_30d").model_copy(update={"unit": unit})
    fresh = dataclasses.replace(explainer, _usual_said={})
    assert fresh.reason(counted, value)["en"] == english
    assert fresh.reason(counted, value)["ja"].count("回") >= 1


@pytest.mark.parametrize(
    ("name", "value", "english", "japanese"),
    [
        ("clicks_pace_7d", 2.0, "Pace of clicks: 2 more (usual: no change)", "クリックの増減：2増（通常は増減なし）"),
        ("clicks_pace_7d", -1.0, "Pace of clicks: 1 fewer (usual: no change)", "クリックの増減：1減（通常は増減なし）"),
        ("decision_share", 0.25, "Share of decision content: 25 %", "決定段階の資料の割合：25%"),
        ("days_in_stage", 0.5, "Days in the stage: 12 hours", "現在の段階の日数：12時間"),
        ("persona", None, "Buyer persona: none that fits (usual: Works where it happens)", "該当なし"),
    ],
)  # fmt: skip
def test_each_kind_is_told_in_its_own_way(name, value, english, japanese, explainer):
    said = explainer.reason(feature_named(explainer, name), value)
    assert said["en"] == english
    assert japanese in said["ja"]


def test_a_feature_names_the_words_of_its_category(explainer):
    words = {"metal_working": Label(en="Metalworking", ja="金属加工")}
    named = feature_named(explainer, "industry").model_copy(update={"words": words})
    said = explainer.reason(named, "metal_working")
    assert said == {"en": "Industry: Metalworking (usual: farming)", "ja": "業種：金属加工（通常はfarming）"}
    ranked = feature_named(explainer, "furthest_stage").model_copy(update={"words": {"sql": Label(en="SQL", ja="SQL")}})
    assert explainer.reason(ranked, 4.0)["en"].startswith("Furthest stage: SQL ")


def test_an_explanation_carries_the_values_it_explains(explain):
    explanation = explain(50.0, values={"owner": "weber"}, owner=-2.0)
    theme = next(theme for theme in explanation.themes if theme.theme == "sales_touch")
    line = theme.features[0]
    assert line._asdict() | {"reason": line.reason["en"]} == {
        "feature": "owner",
        "effect": -2,
        "effect_exact": -2.0,
        "value": "weber",
        "usual_value": "mori",
        "reason": "Owner: weber (usual: mori)",
    }


def test_fractions_that_differ_by_the_noise_of_floating_point_are_a_tie():
    # 30.4 and 8.4 have the same fraction, though 30.4 - 30 < 8.4 - 8 in binary: the larger value wins.
    assert whole_parts([8.4, 30.4, 0.2], 39) == [8, 31, 0]


@pytest.mark.parametrize("most", [1, 20_000])
def test_a_kept_reason_is_the_reason_of_each_lead(explainer, monkeypatch, most):
    monkeypatch.setattr(reasons_module, "_MOST_SAID", most)
    kept = dataclasses.replace(explainer, _said={})
    effects = np.zeros(len(explainer.catalogue.names))
    asked = [
        ({**explainer.usual_values, "employees": employees, "days_in_mql": None}, not_known)
        for employees in (120.0, 45.0, None, 120.0)
        for not_known in ((), ("stage_changes", "company_attributes"))
    ]
    for values, not_known in asked:
        explanation = kept.explain(0.0, effects, values, not_known=not_known)
        for line in (line for theme in explanation.themes for line in theme.features):
            feature = feature_named(explainer, line.feature)
            assert line.reason == explainer.reason(feature, values[line.feature], not_known=not_known)

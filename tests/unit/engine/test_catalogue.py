"""What a feature may name: problems are told together, each with the nearest known name."""

import pytest

from leadml.engine.catalogue import Catalogue, check_features, check_rules
from leadml.errors import LeadmlError, ProblemsError
from leadml.specs.feature_spec import FeatureFileSpec
from leadml.specs.rules_spec import RulesSpec

LABEL = {"en": "Tried", "ja": "試験"}


def theme(*features, **beside):
    complete = [
        {"name": f"feature_{number}", "label": LABEL, "kind": "count", "when_nothing": 0.0, **feature}
        for number, feature in enumerate(features)
    ]
    return FeatureFileSpec.model_validate(
        {"theme": "engagement", "label": LABEL, "table": "activities", "features": tuple(complete), **beside},
        strict=False,
    )


@pytest.mark.parametrize(
    ("feature", "place", "word", "fix"),
    [
        ({"kind": "conut"}, "kind", "conut", "Did you mean 'count'?"),
        ({"table": "activites"}, "table", "activites", "Did you mean 'activities'?"),
        # Their latest value is what the kind `attribute` reads.
        ({"table": "attribute_changes"}, "table", "attribute_changes", "Known here: activities"),
        ({"where": {"contents": "pricing"}}, "where", "contents", "Did you mean 'content'?"),
        ({"kind": "sum", "value": "valeu"}, "value", "valeu", "Did you mean 'value'?"),
        ({"kind": "sum", "value": "content"}, "value", "content", "Known here: value."),
        ({"kind": "furthest", "value": "content"}, "value", "content", "Known here: journey_stage."),
        (
            {"kind": "latest", "when_nothing": "missing", "value": "chanel"},
            "value",
            "chanel",
            "Did you mean 'channel'?",
        ),
        (
            {"kind": "latest", "when_nothing": "missing", "value": "day"},
            "value",
            "day",
            "Known here: activity, channel, content, journey_stage.",
        ),
    ],
)
def test_a_feature_that_names_what_does_not_exist_is_refused(feature, place, word, fix, definitions):
    with pytest.raises(LeadmlError) as caught:
        check_features([theme(feature)], definitions)
    assert caught.value.part("what") == f"'{word}' is not known here."
    assert fix in caught.value.part("fix")
    assert caught.value.where == f"features/engagement.yaml, features[0] feature_0.{place}"


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("sum", "value"),
        ("latest", "value"),
        ("decayed", "half_life_days"),
        ("pace", "window_days"),
        ("attribute", "attribute"),
    ],
)
def test_a_feature_without_what_its_kind_needs_is_refused(kind, key, definitions):
    with pytest.raises(LeadmlError) as caught:
        check_features([theme({"kind": kind, "when_nothing": "missing"})], definitions)
    assert (caught.value.code, caught.value.values["key"]) == ("missing_key", key)
    assert caught.value.where == "features/engagement.yaml, features[0] feature_0"


def test_what_fades_in_steps_needs_its_share_and_its_interval(definitions):
    with pytest.raises(ProblemsError) as caught:
        check_features([theme({"kind": "decayed_in_steps", "when_nothing": 0})], definitions)
    assert [problem.values["key"] for problem in caught.value.problems] == ["percent", "every_days"]


def test_all_problems_of_all_features_are_told_together(definitions):
    with pytest.raises(ProblemsError) as caught:
        check_features(
            [theme({"kind": "conut"}, {"where": {"chanel": "web", "content": "pricing"}}, {"kind": "pace"})],
            definitions,
        )
    assert [problem.values.get("word", problem.values.get("key")) for problem in caught.value.problems] == [
        "conut",
        "chanel",
        "window_days",
    ]


def test_a_feature_without_any_table_is_refused(definitions):
    with pytest.raises(LeadmlError) as caught:
        check_features([theme({}, table=None)], definitions)
    assert (caught.value.code, caught.value.values["key"]) == ("missing_key", "table")


def test_columns_that_the_agreement_adds_may_be_named(definitions):
    check_features(
        [
            theme(
                {"where": {"journey_stage": "decision"}},
                {"table": "status_changes", "where": {"meaning": "returned"}},
                {"table": "connect_attempts", "where": {"valid": "yes"}},
                {"kind": "distinct", "value": "day"},
                {"table": "leads", "kind": "days_since"},
            )
        ],
        definitions,
    )


def test_the_project_of_the_tests_and_its_order(spec, definitions):
    check_features(spec.themes, definitions)
    catalogue = Catalogue.of(spec.themes, definitions)
    assert [feature.name for feature in catalogue.features][:5] == [
        "icp_match",
        "employees",
        "industry",
        "lead_type",
        "persona",
    ]
    assert catalogue.table_of["deal_amount"] == "deal_changes"
    assert catalogue.table_of["minutes"] == "activities"
    assert catalogue.table_of["persona"] is None


def test_some_features_stay_in_the_order_of_the_catalogue(spec, definitions):
    catalogue = Catalogue.of(spec.themes, definitions).only({"minutes", "icp_match"})
    assert [feature.name for feature in catalogue.features] == ["icp_match", "minutes"]


def test_what_is_unknown_is_named_only_if_a_feature_reads_it(history_of, spec, definitions):
    history = history_of(leads="lead_id,created_at\nL1,2026-01-01T00:00:00Z")
    catalogue = Catalogue.of(spec.themes, definitions)
    # Changes of attributes that nobody told are no gap: what stood at creation is known.
    every = (
        "activities",
        "assignments",
        "companies",
        "connect_attempts",
        "deal_changes",
        "stage_changes",
        "status_changes",
    )
    assert sorted(catalogue.unknown_in(history)) == list(every)
    assert catalogue.only({"minutes"}).unknown_in(history) == ("activities",)
    assert catalogue.only({"icp_match"}).unknown_in(history) == ("companies",)
    assert catalogue.only({"title_level"}).unknown_in(history) == ()


@pytest.mark.parametrize(
    ("kind", "table", "column", "free"),
    [
        ("times_returned", "status_changes", "meaning", "reason"),
        ("stage_age", "stage_changes", "lifecycle_stage", "reason"),
        ("attempts_since_hand_over", "connect_attempts", "valid", "channel"),
    ],
)
def test_a_feature_cannot_replace_the_filter_of_its_kind(kind, table, column, free, definitions):
    check_features([theme({"kind": kind, "where": {free: "any"}}, table=table)], definitions)
    with pytest.raises(LeadmlError) as caught:
        check_features([theme({"kind": kind, "where": {free: "any", column: "any"}}, table=table)], definitions)
    assert (caught.value.code, caught.value.values) == ("kind_filters_itself", {"kind": kind, "column": column})
    assert caught.value.where == f"features/engagement.yaml, features[0] feature_0.where.{column}"
    assert f"Remove '{column}' from where" in caught.value.part("fix")


@pytest.mark.parametrize(
    ("feature", "code", "key"),
    [
        ({"kind": "persona", "window_days": 3.0, "when_nothing": "missing"}, "key_not_used", "window_days"),
        ({"kind": "count", "half_life_days": 3.0}, "key_not_used", "half_life_days"),
        ({"kind": "decayed", "half_life_days": 3.0, "percent": 50.0}, "key_not_used", "percent"),
        ({"kind": "attribute", "attribute": "source", "where": {"activity": "x"}}, "key_not_used", "where"),
        ({"kind": "latest", "value": "activity"}, "category_has_no_order", "when_nothing"),
        (
            {"kind": "latest", "value": "activity", "when_nothing": "missing", "more_is": "readier"},
            "category_has_no_order",
            "more_is",
        ),
    ],
)
def test_a_key_that_does_not_fit_its_kind_is_refused(feature, code, key, definitions):
    with pytest.raises(LeadmlError) as caught:
        check_features([theme(feature)], definitions)
    assert (caught.value.code, caught.value.values["key"]) == (code, key)


@pytest.mark.parametrize(
    ("feature", "when", "code"),
    [
        ({"kind": "latest", "value": "activity", "when_nothing": "missing"}, {"at_least": 1.0}, "rule_needs_number"),
        ({"kind": "count"}, {"is": "page_view"}, "rule_needs_category"),
    ],
)
def test_a_rule_asks_what_its_feature_can_answer(feature, when, code):
    because = {"en": "because", "ja": "なぜなら"}
    rule = {"name": "asks", "when": {"feature": "feature_0", **when}, "points": 5.0, "because": because}
    features = theme(feature).features
    with pytest.raises(LeadmlError) as caught:
        check_rules(RulesSpec.model_validate({"rules": (rule,)}), features)
    assert caught.value.code == code
    check_rules(
        RulesSpec.model_validate({"rules": ({**rule, "when": {"feature": "feature_0", "missing": True}},)}), features
    )


@pytest.mark.parametrize(
    ("when", "points", "more"),
    [
        ({"at_least": 2.0}, {"points": 5.0}, "readier"),
        ({"at_least": 2.0}, {"points": -5.0}, "less_ready"),
        ({"at_most": 2.0}, {"points": 5.0}, "less_ready"),
        ({"at_most": 2.0}, {"points": -5.0}, "readier"),
        ({}, {"points_per_unit": 1.0}, "readier"),
        ({}, {"points_per_unit": -1.0, "at_most_units": 3.0}, "less_ready"),
    ],
)
def test_a_rule_goes_the_way_that_both_teams_agreed_on(when, points, more):
    because = {"en": "because", "ja": "なぜなら"}
    rule = {"name": "asks", "when": {"feature": "feature_0", **when}, "because": because, **points}
    rules = RulesSpec.model_validate({"rules": (rule,)})
    other = {"readier": "less_ready", "less_ready": "readier"}[more]
    check_rules(rules, theme({"kind": "count"}).features)
    check_rules(rules, theme({"kind": "count", "more_is": more}).features)
    with pytest.raises(LeadmlError) as caught:
        check_rules(rules, theme({"kind": "count", "more_is": other}).features)
    assert caught.value.code == "rule_against_more_is"
    assert caught.value.where == "models/rules.yaml, rules[0] asks"
    assert f"more_is: {other}" in caught.value.part("what")
    assert "take more_is off the feature" in caught.value.part("fix")


@pytest.mark.parametrize(
    ("when", "points"),
    [({"missing": True}, -5.0), ({"missing": False}, -5.0), ({"at_least": 2.0}, 0.0), ({"at_most": 2.0}, 0.0)],
)
def test_what_asks_for_no_more_goes_against_nothing(when, points):
    because = {"en": "because", "ja": "なぜなら"}
    content = {"name": "asks", "when": {"feature": "feature_0", **when}, "points": points, "because": because}
    for more in ("readier", "less_ready"):
        check_rules(RulesSpec.model_validate({"rules": (content,)}), theme({"kind": "count", "more_is": more}).features)


@pytest.mark.parametrize(
    ("feature", "refused"),
    [
        ({"kind": "latest", "value": "channel", "when_nothing": "missing"}, False),
        ({"kind": "furthest", "value": "journey_stage"}, False),
        ({"kind": "attribute", "attribute": "source", "values": "category", "when_nothing": "missing"}, False),
        ({"kind": "count"}, True),
        ({"kind": "attribute", "attribute": "employees", "when_nothing": "missing"}, True),
    ],
)
def test_only_words_can_be_named(feature, refused, definitions):
    named = theme({**feature, "words": {"web": LABEL}}, table="activities")
    if not refused:
        check_features([named], definitions)
        return
    with pytest.raises(LeadmlError) as caught:
        check_features([named], definitions)
    assert (caught.value.code, caught.value.values["key"]) == ("key_not_used", "words")

"""A whole score: groups and their limits, the grade, what is left out, and what is refused."""

import shutil
from pathlib import Path

import orjson
import pytest

from leadml.crm_rules.importing import import_score
from leadml.crm_rules.names import NamesSpec
from leadml.errors import LeadmlError, ProblemsError
from leadml.specs.project_spec import read_project

TINY_PROJECT = Path(__file__).parents[2] / "tiny_project"


def constant(value):
    return {"type": "CONSTANT", "value": value}


def events(*kinds, value=4, frequency=None):
    told = {"recordCalculation": constant(value)}
    if frequency is not None:
        ranges = [{"type": "AT_LEAST", "from": times, "value": points} for times, points in frequency]
        told = {"eventFrequencyCriteria": {"type": "BETWEEN", "ranges": ranges}}
    return {"type": "MULTI_UE", "eventCalculators": [{"eventTypeId": kind, **told} for kind in kinds]}


FORMS, VIEWS = "4-1639801", "4-96000"


def told(limits):
    return limits.at_least, limits.at_most


@pytest.mark.parametrize(
    ("calculation", "limits", "expected"),
    [
        (constant(30), {"maximumValue": 20}, {"points": 20}),
        (constant(-30), {"minimumValue": -20}, {"points": -20}),
        (constant(10), {"maximumValue": 20}, {"points": 10}),
        (events(FORMS), {"maximumValue": 10}, {"points_per_unit": 4, "at_most_units": 2.5}),
        (events(FORMS, value=-4), {"minimumValue": -10}, {"points_per_unit": -4, "at_most_units": 2.5}),
    ],
)
def test_a_limit_of_a_rule_stands_in_the_rule_where_that_says_the_same(
    calculation, limits, expected, rule_of, imported, score_of
):
    found = imported(score_of(rule_of(calculation, **limits), events(VIEWS)))
    assert found.not_expressible == ()
    assert found.rules.rules[0].model_dump(include=set(expected)) == expected
    assert [group.name for group in found.rules.groups] == ["group"]


def test_steps_are_held_one_by_one(rule_of, imported, score_of):
    rule = rule_of(events(FORMS, frequency=[(1, 5), (3, 15)]), maximumValue=10)
    (only,) = imported(score_of(rule)).rules.rules
    assert [step.points for step in only.steps or ()] == [5, 10]


def test_a_limit_over_a_sum_makes_a_group_of_its_own(rule_of, imported, score_of):
    rule = rule_of(events(FORMS, VIEWS), maximumValue=10)
    found = imported(score_of(rule, rule_of(constant(1), id="r2"), group={"maxValue": 20}))
    assert [(group.name, *told(group)) for group in found.rules.groups] == [
        ("group", None, 20),
        ("group_up_to_10", None, 10),
    ]
    assert [rule.group for rule in found.rules.rules] == [
        "group_up_to_10", "group_up_to_10", "group",
    ]  # fmt: skip
    assert found.not_expressible == ()
    assert found.rules.groups[1].label.en == "Group: up to 10"


def test_the_only_rule_of_a_group_shares_its_limits(rule_of, imported, score_of):
    rule = rule_of(events(FORMS, VIEWS), maximumValue=30, minimumValue=-5)
    found = imported(score_of(rule, group={"minValue": 0, "maxValue": 20}))
    assert [told(group) for group in found.rules.groups] == [(0, 20)]


def test_a_limit_within_a_limit_that_both_can_be_reached_is_not_expressible(rule_of, imported, score_of):
    rule = rule_of(events(FORMS, VIEWS), maximumValue=15)
    found = imported(score_of(rule, rule_of(constant(10), id="r2"), group={"maxValue": 20}))
    ((name, problem),) = found.not_expressible
    assert (name, problem.code) == ("r1", "scoring_limit_in_limit")
    assert [rule.name for rule in found.rules.rules] == ["every_lead"]


def test_where_points_fade_a_limit_holds_what_is_left(rule_of, imported, score_of):
    decay = {"groupDecay": {"decayIntervalDays": 30, "percentToDecayPerInterval": 50}}
    rule = rule_of(events(FORMS, frequency=[(1, 40)]), maximumValue=30)
    found = imported(score_of(rule, group=decay))
    assert found.rules.rules[0].points == 40
    assert [told(group) for group in found.rules.groups] == [(None, 30)]


def test_limits_categories_and_the_grade_are_those_of_the_score(imported, score_of):
    signs = [{"label": "1", "threshold": 30}, {"label": "2", "threshold": 0}]
    matrix = {"FIT": [{"label": "A", "threshold": 5}], "INTENT": list(reversed(signs))}
    outputs = [
        {"id": "o1", "outputType": "SCORE"},
        {"id": "o2", "outputType": "MATRIX", "boundaries": matrix},
        {"id": "o3", "outputType": "THRESHOLD"},
    ]
    found = imported(
        score_of(constant(1), maxScore=80, maxScorePerCategory=40, outputConfiguration={"outputs": outputs})
    )
    assert told(found.rules.total) == (0, 80)
    assert {name: told(limits) for name, limits in found.rules.categories.items()} == {"engagement": (None, 40)}
    assert found.rules.grade == {"engagement": {"1": 30, "2": 0}}  # of fit no group was imported
    assert [(each.id, each.problem.code) for each in found.not_expressible] == [("o3", "scoring_output")]


def test_disabled_rules_are_left_out_and_counted(rule_of, imported, score_of):
    unreadable = {"id": "r2", "enabled": False, "configuration": {"calculation": {"type": "MATCH"}}}
    found = imported(score_of(rule_of(constant(1)), unreadable))
    assert (found.imported, found.disabled, found.not_expressible) == (("r1",), ("r2",), ())


def test_a_filter_and_an_unknown_category_are_told(imported, score_of):
    found = imported(score_of(constant(1), category="HEAT", filterConfiguration={"inclusion": [1]}))
    assert {each.id: each.problem.code for each in found.not_expressible} == {
        "g1": "scoring_unknown_category",
        "filterConfiguration": "scoring_filter",
    }
    assert found.rules.groups[0].category is None


def test_rules_and_groups_are_named_once(imported, score_of, rule_of):
    content = score_of(constant(1), constant(2))
    content["groupConfigs"].append(content["groupConfigs"][0])
    found = imported(content)
    assert [rule.name for rule in found.rules.rules] == ["every_lead", "every_lead_2", "every_lead_3", "every_lead_4"]
    assert [group.name for group in found.rules.groups] == ["group", "group_2"]


def test_a_group_with_a_japanese_name_keeps_it_beside_an_english_one(imported, score_of):
    (group,) = imported(score_of(constant(1), group={"groupName": "企業の規模"})).rules.groups
    assert (group.name, group.label.en, group.label.ja) == ("engagement", "Engagement", "企業の規模")


def test_a_rule_on_a_feature_that_is_left_out_of_learning_is_named(read, score_of, tmp_path):
    folder = shutil.copytree(TINY_PROJECT, tmp_path / "project")
    (folder / "models" / "rules.yaml").unlink()
    readiness = folder / "models" / "readiness.yaml"
    readiness.write_text(readiness.read_text("utf-8") + "leave_out: [employees]\n", "utf-8")
    operation = {"operationType": "NUMBER", "operator": "IS_GREATER_THAN", "value": 5}
    match = {"type": "MATCH", "property": "numemployees", "matchRules": [{"operation": operation, "value": 5}]}
    found = import_score(read(score_of(match)), read_project(folder), NamesSpec(), file="score.json")
    ((name, problem),) = found.not_expressible
    assert (name, problem.code, problem.values["feature"]) == ("r1", "left_out_in_rule", "employees")


def test_an_attribute_of_companies_alone_is_read_of_the_company(imported, score_of):
    operation = {"operationType": "ENUMERATION", "operator": "IS_ANY_OF", "values": ["machinery"]}
    match = {"type": "MATCH", "property": "industry", "matchRules": [{"operation": operation, "value": 5}]}
    ((theme, feature),) = imported(score_of(match)).features
    assert (theme, feature.name, feature.of) == ("fit", "industry", "company")


@pytest.mark.parametrize(
    ("change", "code", "place", "said"),
    [
        ({"groupConfigs": []}, "scoring_shape", "score.json", "groupConfigs"),
        ({"name": None}, "scoring_shape", "score.json", "name"),
        ({"results": []}, "scoring_shape", "score.json", "a list of scores"),
        ({"version": "2024-01"}, "scoring_version", "score.json, version", "2026-09-beta"),
        ({"objectTypeId": "0-2"}, "scoring_other_object", "score.json, objectTypeId", "0-2"),
        ({"maxScore": -1}, "scoring_contradicts", "score.json, maxScore", "below the minimum"),
    ],
)
def test_a_file_that_is_no_score_is_refused(change, code, place, said, imported, score_of):
    with pytest.raises(LeadmlError) as caught:
        imported(score_of(constant(1)) | change)
    assert (caught.value.code, caught.value.where) == (code, place)
    assert said in caught.value.text("en")
    assert said in caught.value.text("ja")


@pytest.mark.parametrize(("content", "said"), [(b"{", "no JSON"), (b"[]", "no JSON object")])
def test_a_file_that_is_no_json_object_is_refused(content, said, read):
    with pytest.raises(LeadmlError, match=said) as caught:
        read(content)
    assert caught.value.code == "scoring_shape"


def test_a_part_of_another_shape_is_named_with_its_rule(imported, score_of):
    with pytest.raises(LeadmlError) as caught:
        imported(score_of({"type": "CONDITIONAL", "value": "many", "whereCondition": {"type": "SINGLE"}}))
    assert (caught.value.code, caught.value.where) == ("scoring_shape", "score.json, group Group, rule r1")
    assert "value" in caught.value.part("what")


def test_all_contradictions_are_told_together(imported, score_of, rule_of):
    content = score_of(rule_of(constant(1), minimumValue=5, maximumValue=2))
    crossed = {**content["groupConfigs"][0], "groupName": "Other", "minValue": 9, "maxValue": 1}
    content["groupConfigs"].append(crossed)
    with pytest.raises(ProblemsError) as caught:
        imported(content)
    assert [(problem.code, problem.where) for problem in caught.value.problems] == [
        ("scoring_contradicts", "score.json, group Group, rule r1"),
        ("scoring_contradicts", "score.json, group Other"),
    ]


def test_two_rules_of_which_one_gives_what_the_other_takes_are_named(imported, score_of):
    with pytest.raises(LeadmlError) as caught:
        imported(score_of(constant(5), constant(-5)))
    assert (caught.value.code, caught.value.where) == ("scoring_contradicts", "score.json, rules r1, r2")


def test_names_may_say_only_the_attribute_and_translate_words(imported, score_of):
    operation = {"operationType": "ENUMERATION", "operator": "IS_ANY_OF", "values": ["Germany"]}
    match = {"type": "MATCH", "property": "land", "matchRules": [{"operation": operation, "value": 5}]}
    names = {"properties": {"land": "country"}, "groups": {"g1": {"en": "Where", "ja": "所在地"}}}
    found = imported(score_of(match), names=names)
    assert (found.rules.rules[0].when.feature, found.rules.groups[0].name) == ("country", "where")
    names["properties"]["land"] = {"attribute": "country", "words": {"Germany": "DE"}}
    assert imported(score_of(match), names=names).rules.rules[0].when.is_ == "DE"


def test_a_score_is_the_same_in_any_layout_of_its_file(read, score_of):
    content = score_of(constant(1))
    laid_out = b"\xef\xbb\xbf" + orjson.dumps(content, option=orjson.OPT_INDENT_2)
    assert read(laid_out) == read(content)

"""How often rules are met, over leads at their last snapshot."""

from dataclasses import replace

from leadml.project import Project
from leadml.rule_check import see_rules
from leadml.specs.reading import Label
from leadml.specs.rules_spec import RulesSpec

BECAUSE = Label(en="Why", ja="理由")


def seen(project, *rules):
    opened = Project(project)
    told = [{"name": f"rule_{number}", "because": BECAUSE, **rule} for number, rule in enumerate(rules)]
    opened.spec = replace(opened.spec, rules=RulesSpec.model_validate({"rules": tuple(told)}))
    return see_rules(opened.history, opened.training_set().snapshots, opened.spec)


def test_a_rule_is_met_where_it_gives_takes_or_rules_out(tiny_project):
    large = {"feature": "employees", "at_least": 50.0}
    found = seen(
        tiny_project,
        {"when": large, "points": 5.0},
        {"when": {"feature": "employees", "less_than": 50.0}, "points": -5.0},
        {"when": {"feature": "employees", "at_least": 100.0}, "disqualifies": True},
    )
    assert found.leads == 5
    assert [rule.share for rule in found.rules] == [0.4, 0.4, 0.4]


def test_points_that_have_faded_away_are_met_all_the_same(tiny_project):
    path = tiny_project / "features" / "engagement.yaml"
    feature = "  - {name: days_since_view, label: {en: Since, ja: 経過}, kind: days_since, when_nothing: missing}\n"
    path.write_text(path.read_text("utf-8") + feature, "utf-8")
    fading = {"since": "days_since_view", "percent": 100.0, "every_days": 0.001}
    rule = {"when": {"feature": "employees", "at_least": 50.0}, "points": 5.0}
    whole, faded = seen(tiny_project, rule, {**rule, "decay": fading}).rules
    assert whole.share == faded.share == 0.4


def test_a_feature_of_which_no_lead_has_a_value_is_named(tiny_project):
    path = tiny_project / "features" / "fit.yaml"
    feature = "  - {name: size, label: {en: Size, ja: 規模}, kind: attribute, attribute: size, when_nothing: missing}\n"
    path.write_text(path.read_text("utf-8") + feature, "utf-8")
    (rule,) = seen(tiny_project, {"when": {"feature": "size", "at_least": 0.0}, "points": 1.0}).rules
    assert (rule.share, rule.without_value) == (0.0, ("size",))

import pytest

from leadml.errors import LeadmlError
from leadml.specs.reading import read_specification
from leadml.specs.rules_spec import RulesSpec


@pytest.fixture
def rule_with(tmp_path):
    """Read a file of one rule with these lines."""

    def read(lines):
        file = tmp_path / "rules.yaml"
        file.write_text(f"rules:\n  - name: calls\n    because: {{en: Calls, ja: 通話}}\n    {lines}\n", "utf-8")
        return read_specification(RulesSpec, file, shown_as="models/rules.yaml").rules[0]

    return read


@pytest.mark.parametrize(
    ("condition", "set_"),
    [
        ("at_least: 2", "at_least"),
        ("at_most: 0", "at_most"),
        ("is: phone", "is_"),
        ("any_of: [phone, email]", "any_of"),
        ("missing: true", "missing"),
    ],
)
def test_points_are_awarded_under_one_condition(rule_with, condition, set_):
    rule = rule_with(f"when: {{feature: calls, {condition}}}\n    points: -4.5")
    assert rule.points == -4.5
    assert rule.when.conditions == [set_]


def test_points_for_each_unit_need_no_condition(rule_with):
    rule = rule_with("when: {feature: calls}\n    points_per_unit: 2\n    at_most_units: 5")
    assert (rule.points_per_unit, rule.at_most_units, rule.when.conditions) == (2, 5, [])


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param("when: {feature: calls}\n    points: 2", id="points without condition"),
        pytest.param("when: {feature: calls, at_least: 1, at_most: 2}\n    points: 2", id="two conditions"),
        pytest.param("when: {feature: calls, at_least: 1}\n    points_per_unit: 2", id="units under a condition"),
    ],
)
def test_a_rule_whose_condition_does_not_fit_is_refused(rule_with, lines):
    with pytest.raises(LeadmlError) as caught:
        rule_with(lines)
    assert (caught.value.code, caught.value.where) == ("unfit_value", "models/rules.yaml, line 2, rules[0]")
    assert "points need exactly one condition" in caught.value.part("fix")


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param("when: {feature: calls, at_least: 1}", id="neither"),
        pytest.param("when: {feature: calls, at_least: 1}\n    points: 2\n    points_per_unit: 2", id="both"),
    ],
)
def test_a_rule_awards_in_one_way(rule_with, lines):
    with pytest.raises(LeadmlError) as caught:
        rule_with(lines)
    assert "a rule has either points or points_per_unit" in caught.value.part("what")


def test_two_rules_of_one_name_are_refused(tmp_path):
    rule = "  - {name: calls, when: {feature: calls}, points_per_unit: 2, because: {en: Calls, ja: 通話}}\n"
    (tmp_path / "rules.yaml").write_text("rules:\n" + 2 * rule, "utf-8")
    with pytest.raises(LeadmlError) as caught:
        read_specification(RulesSpec, tmp_path / "rules.yaml", shown_as="models/rules.yaml")
    assert str(caught.value) == (
        "This is not consistent: the rules ['calls'] are defined twice.\n"
        "  Why:   leadml would have to guess what is meant.\n"
        "  Where: models/rules.yaml\n"
        "  Fix:   Correct it: the rules ['calls'] are defined twice."
    )


@pytest.mark.parametrize(
    ("lines", "code", "where"),
    [
        ("when: {feature: calls, is: 3}\n    points: 2", "wrong_type", "line 4, rules[0].when.is"),
        ("when: {feature: calls, at_least: two}\n    points: 2", "wrong_type", "line 4, rules[0].when.at_least"),
        ("when: {feature: calls, minimum: 2}\n    points: 2", "unknown_key", "line 4, rules[0].when.minimum"),
        ("when: {at_least: 2}\n    points: 2", "unfit_value", "line 4, rules[0].when"),
        (
            "when: {feature: calls}\n    points_per_unit: 2\n    at_most_units: 0",
            "wrong_type",
            "line 6, rules[0].at_most_units",
        ),
        ("points: 2", "missing_key", "line 2, rules[0].when"),
    ],
)
def test_a_mistake_in_a_rule_is_placed(rule_with, lines, code, where):
    with pytest.raises(LeadmlError) as caught:
        rule_with(lines)
    assert (caught.value.code, caught.value.where) == (code, f"models/rules.yaml, {where}")

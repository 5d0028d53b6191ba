import dataclasses

import pytest

from leadml.differences import PARTS, differences
from leadml.specs.rules_spec import RulesSpec


@pytest.fixture
def changed(demo_model):
    """Give the model with another recipe."""

    def change(**recipe):
        return dataclasses.replace(demo_model, recipe={**demo_model.recipe, **recipe})

    return change


def told(first, second):
    return [(each.part, each.name, each.change) for each in differences(first, second)]


def test_a_model_does_not_differ_from_itself(demo_model):
    assert differences(demo_model, demo_model) == ()


@pytest.mark.parametrize(
    ("recipe", "part", "name"),
    [
        ({"data": "other"}, "data", "data"),
        ({"history_known_until": "2026-07-01T00:00:00Z"}, "data", "history_known_until"),
        ({"agreement_version": "2027.1"}, "definitions", "agreement_version"),
        ({"own_kinds": {"weekend_share": "a1"}}, "own_kinds", "weekend_share"),
        ({"seed": 8}, "settings", "seed"),
        ({"snapshots": ["created + 3 days"]}, "settings", "snapshots"),
        ({"packages": {"numpy": "1.0"}}, "packages", "numpy"),
        ({"commit": "abc"}, "code", "commit"),
        ({"python": "3.99.0"}, "code", "python"),
    ],
)
def test_what_is_changed_is_named_in_its_part(demo_model, changed, recipe, part, name):
    found = told(demo_model, changed(**recipe))
    assert (part, name) in {each[:2] for each in found}
    assert {each[0] for each in found} == {part}
    assert part in PARTS


def test_a_setting_of_the_learner_is_said_with_both_values(demo_model, changed):
    learner = {**demo_model.recipe["learner"], "bags": 3}
    (difference,) = differences(demo_model, changed(learner=learner))
    assert (difference.name, difference.first, difference.second) == (
        "learner.bags", str(demo_model.recipe["learner"]["bags"]), "3",
    )  # fmt: skip


def test_features_are_added_taken_away_and_changed_by_name(demo_model):
    theme = demo_model.themes[-1]
    gone, kept = theme.features[0], theme.features[1].model_copy(update={"window_days": 77.0})
    new = theme.features[0].model_copy(update={"name": "brand_new"})
    themes = (*demo_model.themes[:-1], theme.model_copy(update={"features": (kept, *theme.features[2:], new)}))
    other = dataclasses.replace(demo_model, themes=themes)
    assert told(demo_model, other) == [
        ("features", gone.name, "removed"),
        ("features", f"{kept.name}.window_days", "changed" if theme.features[1].window_days else "added"),
        ("features", "brand_new", "added"),
    ]


def test_a_rule_is_said_with_its_points(demo_model):
    rules = demo_model.readiness.rules
    every = rules.spec.rules
    first = every[0]
    more = first.model_copy(update={"points_per_unit": first.points_per_unit + 5})
    other = dataclasses.replace(
        demo_model,
        readiness=dataclasses.replace(
            demo_model.readiness, rules=dataclasses.replace(rules, spec=RulesSpec(rules=(more, *every[2:])))
        ),
    )
    assert told(demo_model, other) == [
        ("rules", f"{first.name}.points_per_unit", "changed"),
        ("rules", every[1].name, "removed"),
    ]

"""Between which points rules lie, held by groups, categories and the total."""

import math

import pytest

from leadml.specs.reading import Label
from leadml.specs.rules_reach import reach_of
from leadml.specs.rules_spec import RulesSpec

BECAUSE = Label(en="Why", ja="理由")


def rules_of(*rules, **more):
    told = [{"name": f"rule_{number}", "because": BECAUSE, **rule} for number, rule in enumerate(rules)]
    return RulesSpec.model_validate({"rules": tuple(told), **more})


def once(points, at_least=1.0, **more):
    return {"when": {"feature": "a", "at_least": at_least}, "points": points, **more}


@pytest.mark.parametrize(
    ("rules", "reach"),
    [
        ((), (0, 0)),
        ((once(5.0), once(-3.0, at_least=2.0)), (-3, 5)),
        ((once(5.0, points_for={"new_prospect": -7.0}),), (-7, 5)),
        (({"when": {"feature": "a"}, "points_per_unit": 2.0, "at_most_units": 4.0},), (0, 8)),
        (({"when": {"feature": "a"}, "points_per_unit": -2.0},), (-math.inf, 0)),
        (
            (
                {
                    "when": {"feature": "a"},
                    "steps": ({"points": -1.0}, {"at_least": 3.0, "points": 4.0}, {"at_least": 9.0, "points": 2.0}),
                },
            ),
            (-1, 4),
        ),
    ],
)
def test_what_rules_can_give(rules, reach):
    assert reach_of(rules_of(*rules)) == reach


def test_groups_categories_and_the_total_hold_one_after_the_other():
    label = Label(en="Group", ja="グループ")
    groups = tuple(
        {"name": name, "label": label, "category": category, "at_most": most, "at_least": -5.0}
        for name, category, most in (("one", "fit", 10.0), ("two", "fit", 10.0), ("three", None, 4.0))
    )
    rules = [once(20.0, at_least=1.0, group="one"), once(-20.0, at_least=2.0, group="two")]
    rules += [once(20.0, at_least=3.0, group="two"), once(20.0, at_least=4.0, group="three"), once(1.0, at_least=5.0)]
    spec = rules_of(*rules, groups=groups, categories={"fit": {"at_most": 15.0}})
    assert reach_of(spec) == (-5, 15 + 4 + 1)
    held = spec.model_copy(update={"total": spec.total.model_copy(update={"at_least": 0.0, "at_most": 12.0})})
    assert reach_of(held) == (0, 12)


def test_what_disqualifies_brings_a_lead_to_the_minimum():
    out = {"when": {"feature": "b", "is": "rival"}, "disqualifies": True}
    assert reach_of(rules_of(once(5.0), out)) == (0, 5)
    assert reach_of(rules_of(once(5.0), out, total={"at_least": -4.0})) == (-4, 5)

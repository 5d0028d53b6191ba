"""Between which points rules can lie, whatever the lead."""

import math
from collections.abc import Iterable

from leadml.specs.rules_spec import LimitsSpec, RuleSpec, RulesSpec

Reach = tuple[float, float]


def reach_of_rule(rule: RuleSpec) -> Reach:
    """Give the lowest and the highest points that a rule can give.

    Parameters
    ----------
    rule : RuleSpec

    Returns
    -------
    lowest, highest : float
        0 lies between them: any rule may give nothing. Infinite where units are not limited; units are no less than 0.

    Examples
    --------
    >>> from leadml.specs.reading import Label
    >>> from leadml.specs.rules_spec import WhenSpec
    >>> told = {"name": "clicks", "when": WhenSpec(feature="clicks"), "because": Label(en="Clicks", ja="クリック")}
    >>> reach_of_rule(RuleSpec(**told, points_per_unit=-2, at_most_units=5))
    (-10.0, 0.0)
    """
    if rule.steps is not None:
        given = [step.points for step in rule.steps]
    elif rule.points is not None:
        given = [rule.points, *rule.points_for.values()]
    elif rule.points_per_unit is not None:
        most = math.inf if rule.at_most_units is None else rule.at_most_units
        given = [points * most for points in (rule.points_per_unit, *rule.points_for.values()) if points]
    else:
        given = []
    return float(min([0.0, *given])), float(max([0.0, *given]))


def reach_of(rules: RulesSpec) -> Reach:
    """Give the lowest and the highest points that all rules together can give.

    Rules that exclude each other are summed like any others, so the true ends may lie further inside.

    Parameters
    ----------
    rules : RulesSpec

    Returns
    -------
    lowest, highest : float

    Examples
    --------
    >>> reach_of(RulesSpec(rules=(), total=LimitsSpec(at_least=0, at_most=100)))
    (0.0, 0.0)
    """
    of_groups = {
        group.name: held(sum_of(reach_of_rule(rule) for rule in rules.rules if rule.group == group.name), group)
        for group in rules.groups
    }
    free = sum_of(reach_of_rule(rule) for rule in rules.rules if rule.group is None)
    parts = [free, *(of_groups[group.name] for group in rules.groups if group.category not in rules.categories)]
    for category, limits in rules.categories.items():
        members = [of_groups[group.name] for group in rules.groups if group.category == category]
        parts.append(held(sum_of(members), limits))
    lowest, highest = held(sum_of(parts), rules.total)
    if any(rule.disqualifies for rule in rules.rules):
        lowest = min(lowest, rules.total.at_least or 0.0)
    return lowest, highest


def sum_of(parts: Iterable[Reach]) -> Reach:
    """Sum what several can give.

    Examples
    --------
    >>> sum_of([(-5.0, 10.0), (0.0, 20.0)])
    (-5.0, 30.0)
    """
    listed = list(parts)
    return sum(low for low, _ in listed) + 0.0, sum(high for _, high in listed) + 0.0


def held(reach: Reach, limits: LimitsSpec) -> Reach:
    """Hold both ends between limits.

    Examples
    --------
    >>> held((-5.0, 30.0), LimitsSpec(at_least=0))
    (0.0, 30.0)
    """
    low = -math.inf if limits.at_least is None else limits.at_least
    high = math.inf if limits.at_most is None else limits.at_most
    return min(max(reach[0], low), high), min(max(reach[1], low), high)

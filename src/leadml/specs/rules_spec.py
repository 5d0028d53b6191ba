"""`models/rules.yaml`: the rule-based points that both teams wrote."""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, ValidationInfo, field_validator, model_validator

from leadml.specs.reading import Label, Specification

Category = Literal["fit", "engagement"]
Operator = Literal[
    "at_least", "at_most", "more_than", "less_than", "between",
    "is", "is_not", "any_of", "none_of", "contains", "contains_not", "missing",
]  # fmt: skip
OF_NUMBERS: tuple[Operator, ...] = ("at_least", "at_most", "more_than", "less_than", "between")
OF_WORDS: tuple[Operator, ...] = ("is", "is_not", "any_of", "none_of", "contains", "contains_not")
LEAD_TYPE = "lead_type"  # the feature that `points_for` asks

_FIELD_OF: dict[Operator, str] = {name: "is_" if name == "is" else name for name in (*OF_NUMBERS, *OF_WORDS, "missing")}
_WAYS = ("points", "points_per_unit", "steps", "disqualifies")
_Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", description="small letters, digits and _")]
_Words = Annotated[tuple[str, ...] | None, Field(min_length=1)]


class Condition(NamedTuple):
    """What is asked of one feature.

    Attributes
    ----------
    feature : str
    operator : Operator
    asked : float, (low, high), words or bool
        Of words always a tuple.
    or_missing : bool
        Whether a missing value meets it.
    """

    feature: str
    operator: Operator
    asked: float | tuple[float, float] | tuple[str, ...] | bool
    or_missing: bool


class ConditionSpec(Specification):
    """What a feature must be: exactly one of the conditions."""

    feature: Annotated[str | None, Field(description="the name of a feature")] = None
    at_least: Annotated[float | None, Field(description="met from this number on")] = None
    at_most: Annotated[float | None, Field(description="met up to this number")] = None
    more_than: Annotated[float | None, Field(description="met above this number")] = None
    less_than: Annotated[float | None, Field(description="met below this number")] = None
    between: Annotated[
        tuple[float, float] | None, Field(description="met from the first number to the second, both included")
    ] = None
    is_: Annotated[str | None, Field(alias="is", description="met by this word of a category")] = None
    is_not: Annotated[str | None, Field(description="met by every other word of a category")] = None
    any_of: Annotated[_Words, Field(description="met by any of these words of a category")] = None
    none_of: Annotated[_Words, Field(description="met by every word but these")] = None
    contains: Annotated[_Words, Field(description="met by words in which any of these occurs, large or small")] = None
    contains_not: Annotated[_Words, Field(description="met by words in which none of these occurs")] = None
    missing: Annotated[
        bool | None, Field(description="true: met where the value is missing; false: where it is known")
    ] = None
    or_missing: Annotated[bool, Field(description="true: a missing value meets the condition too")] = False

    @field_validator("between")
    @classmethod
    def _low_first(cls, between: tuple[float, float] | None) -> tuple[float, float] | None:
        if between is not None and between[0] > between[1]:
            raise ValueError(f"between {between[0]:g} and {between[1]:g} lies nothing: write the smaller number first")
        return between

    @property
    def conditions(self) -> list[str]:
        """The conditions that are set, by field name."""
        return [name for name in _FIELD_OF.values() if getattr(self, name) is not None]

    def condition(self) -> Condition:
        """Give the one condition that is set."""
        operator = next(operator for operator, name in _FIELD_OF.items() if getattr(self, name) is not None)
        asked = getattr(self, _FIELD_OF[operator])
        if operator in OF_WORDS and isinstance(asked, str):
            asked = (asked,)
        return Condition(self.feature or "", operator, asked, self.or_missing)


class EitherSpec(ConditionSpec):
    """A condition, or several of which one is enough."""

    any: Annotated[
        Annotated[tuple[ConditionSpec, ...], Field(min_length=1)] | None,
        Field(description="instead of a feature: conditions of which one is enough"),
    ] = None


class WhenSpec(EitherSpec):
    """When a rule awards its points: a condition, any of several, or all of several."""

    all: Annotated[
        Annotated[tuple[EitherSpec, ...], Field(min_length=1)] | None,
        Field(description="instead of a feature: conditions that must all be met; each may be an `any`"),
    ] = None

    @model_validator(mode="after")
    def _asks_one_thing(self) -> "WhenSpec":
        for part in self._parts():
            if (part.feature is None) != (
                getattr(part, "any", None) is not None or getattr(part, "all", None) is not None
            ):
                raise ValueError("a condition names a `feature`, or has `any` or `all` conditions, and not both")
            for inner in getattr(part, "any", None) or ():
                if inner.feature is None:
                    raise ValueError("each of the conditions under `any` names a `feature`")
        if self.any is not None and self.all is not None:
            raise ValueError("a rule asks for `any` or for `all`; write `any` inside `all` where both are meant")
        return self

    @model_validator(mode="after")
    def _can_be_met(self) -> "WhenSpec":
        alone: dict[str, list[Condition]] = {}
        for condition in (clause[0] for clause in self._clauses_asked() if len(clause) == 1):
            alone.setdefault(condition.feature, []).append(condition)
        for feature, conditions in alone.items():
            if not _together(conditions):
                raise ValueError(f"no lead can meet all that is asked of {feature}: the conditions exclude each other")
        return self

    def _parts(self) -> "Iterable[EitherSpec]":
        return (self, *(self.all or ()))

    def _clauses_asked(self) -> tuple[tuple[Condition, ...], ...]:
        """Lay out what is asked; nothing of a feature that is only counted."""
        one_each = all(len(condition.conditions) == 1 for condition in self.each())
        return self.clauses() if one_each else ()

    def each(self) -> Iterator[ConditionSpec]:
        """Go through all conditions that name a feature."""
        for part in self._parts():
            if part.feature is not None:
                yield part
            yield from part.any or ()

    @property
    def features(self) -> tuple[str, ...]:
        """The features that are asked, each once."""
        return tuple(dict.fromkeys(condition.feature for condition in self.each() if condition.feature is not None))

    def clauses(self) -> tuple[tuple[Condition, ...], ...]:
        """Lay the conditions out: all clauses must be met, and of each clause any condition.

        Returns
        -------
        clauses : tuple of tuple of Condition
        """
        outer: tuple[EitherSpec, ...] = self.all if self.all is not None else (self,)
        return tuple(
            tuple(inner.condition() for inner in part.any) if part.any is not None else (part.condition(),)
            for part in outer
        )


def _together(conditions: Sequence[Condition]) -> bool:
    """Tell whether one value can meet several conditions on a feature."""
    if all(condition.or_missing or (condition.operator == "missing" and condition.asked) for condition in conditions):
        return True  # a missing value
    numbers = [interval(condition) for condition in conditions if condition.operator in OF_NUMBERS]
    wanted = [set(_texts(condition)) for condition in conditions if condition.operator in ("is", "any_of")]
    refused = {
        word for condition in conditions if condition.operator in ("is_not", "none_of") for word in _texts(condition)
    }
    if any(condition.operator == "missing" and condition.asked for condition in conditions):
        return False
    if numbers and max(low for low, _ in numbers) > min(high for _, high in numbers):
        return False
    return not wanted or bool(set.intersection(*wanted) - refused)


def _texts(condition: Condition) -> tuple[str, ...]:
    return (
        tuple(word for word in condition.asked if isinstance(word, str)) if isinstance(condition.asked, tuple) else ()
    )


def interval(condition: Condition) -> tuple[float, float]:
    """Give the numbers that meet a condition, both ends included.

    Parameters
    ----------
    condition : Condition
        On a number.

    Returns
    -------
    low, high : float

    Examples
    --------
    >>> interval(Condition("visits", "at_least", 3.0, False))
    (3.0, inf)
    """
    asked = condition.asked
    if isinstance(asked, tuple):
        return float(asked[0]), float(asked[1])
    number = float(asked)
    return {
        "at_least": (number, math.inf),
        "more_than": (math.nextafter(number, math.inf), math.inf),
        "at_most": (-math.inf, number),
        "less_than": (-math.inf, math.nextafter(number, -math.inf)),
    }[condition.operator]


class StepSpec(Specification):
    """Points for one range of a number."""

    at_least: Annotated[float | None, Field(description="from this number on; absent: however small")] = None
    at_most: Annotated[
        float | None, Field(description="up to this number; absent: up to where the next step begins")
    ] = None
    points: Annotated[float, Field(description="rule points in this range")]


class DecaySpec(Specification):
    """How points fade with time: by half-life, or by a share at the end of each interval."""

    since: Annotated[str, Field(description="a feature told in days, such as the time since the last visit")]
    half_life_days: Annotated[float | None, Field(gt=0, description="days after which the points count half")] = None
    percent: Annotated[
        float | None, Field(gt=0, le=100, description="so much of what is left goes at the end of each interval")
    ] = None
    every_days: Annotated[float | None, Field(gt=0, description="length of an interval in days")] = None

    @model_validator(mode="after")
    def _one_way(self) -> "DecaySpec":
        steps = (self.percent is not None, self.every_days is not None)
        if steps not in ((True, True), (False, False)) or steps[0] == (self.half_life_days is not None):
            raise ValueError("points decay by half_life_days, or by percent and every_days together")
        return self


class RuleSpec(Specification):
    """One rule: points once, for each unit of a feature, by steps, or a reason to rule a lead out."""

    name: _Name
    group: Annotated[str | None, Field(description="the group whose minimum and maximum hold its points")] = None
    when: Annotated[WhenSpec, Field(description="what it looks at")]
    points: Annotated[float | None, Field(description="rule points awarded once where the condition is met")] = None
    points_per_unit: Annotated[
        float | None, Field(description="rule points for each unit of the feature, instead of `points`")
    ] = None
    at_most_units: Annotated[float | None, Field(gt=0, description="units beyond this award nothing more")] = None
    steps: Annotated[
        Annotated[tuple[StepSpec, ...], Field(min_length=1)] | None,
        Field(description="instead of `points`: rule points by the range in which the feature lies"),
    ] = None
    disqualifies: Annotated[
        bool | None,
        Field(description="true, instead of `points`: a lead that meets the condition gets the least points there are"),
    ] = None
    points_for: dict[str, float] = Field(
        default_factory=dict,
        description="lead type: what leads of this type get instead of `points` or `points_per_unit`",
    )
    decay: Annotated[DecaySpec | None, Field(description="how the points fade; absent: they stay")] = None
    because: Annotated[Label, Field(description="the reason people read where it awards points")]

    @property
    def way(self) -> str:
        """Which of the ways to award it has."""
        return next(way for way in _WAYS if getattr(self, way) is not None)

    @property
    def features(self) -> tuple[str, ...]:
        """The features that it reads, each once: those it asks, when its points decay, and the lead type."""
        since = [] if self.decay is None else [self.decay.since]
        return tuple(dict.fromkeys([*self.when.features, *since, *([LEAD_TYPE] if self.points_for else [])]))

    @model_validator(mode="after")
    def _one_way(self) -> "RuleSpec":
        ways = [way for way in _WAYS if getattr(self, way) is not None]
        if len(ways) != 1 or self.disqualifies is False:
            raise ValueError("a rule has either points or points_per_unit, or steps, or `disqualifies: true`")
        once = ways[0] in ("points", "disqualifies")
        for condition in self.when.each():
            if len(condition.conditions) != (1 if once else 0):
                raise ValueError(
                    "points need exactly one condition for each feature (at_least, at_most, more_than, less_than, "
                    "between, is, is_not, any_of, none_of, contains, contains_not, missing); points_per_unit and "
                    "steps need none"
                )
        if not once and self.when.feature is None:
            raise ValueError("points_per_unit and steps look at one feature: `any` and `all` go with points")
        if self.points_for and ways[0] not in ("points", "points_per_unit"):
            raise ValueError("points_for goes with points or points_per_unit")
        if self.at_most_units is not None and ways[0] != "points_per_unit":
            raise ValueError("at_most_units goes with points_per_unit")
        if self.decay is not None and ways[0] == "disqualifies":
            raise ValueError("what disqualifies does not decay")
        return self

    @field_validator("steps")
    @classmethod
    def _apart(cls, steps: tuple[StepSpec, ...] | None, info: ValidationInfo) -> tuple[StepSpec, ...] | None:
        for before, after in pairwise(steps or ()):
            if after.at_least is None or (before.at_least is not None and after.at_least <= before.at_least):
                raise ValueError("steps rise: each begins with an at_least above that of the one before")
            if before.at_most is not None and before.at_most >= after.at_least:
                raise ValueError(
                    f"the steps of {info.data.get('name')} overlap: one goes up to {before.at_most:g}, "
                    f"the next begins at {after.at_least:g}"
                )
        for step in steps or ():
            if step.at_least is not None and step.at_most is not None and step.at_least > step.at_most:
                raise ValueError(f"a step from {step.at_least:g} up to {step.at_most:g} holds nothing")
        return steps


class LimitsSpec(Specification):
    """Between what a sum of rule points is held."""

    at_least: Annotated[float | None, Field(description="held there where the sum is less; absent: no minimum")] = None
    at_most: Annotated[float | None, Field(description="held there where the sum is more; absent: no maximum")] = None

    @model_validator(mode="after")
    def _low_first(self) -> "LimitsSpec":
        if self.at_least is not None and self.at_most is not None and self.at_most < self.at_least:
            named = f" of {self.name}" if isinstance(self, GroupSpec) else ""
            raise ValueError(f"the maximum{named} ({self.at_most:g}) is below the minimum ({self.at_least:g})")
        return self


class GroupSpec(LimitsSpec):
    """Rules whose points are summed and held together."""

    name: _Name
    label: Annotated[Label, Field(description="how people read it")]
    category: Annotated[
        Category | None, Field(description="who the lead is (fit), or what they do (engagement); for the grade")
    ] = None


class RulesSpec(Specification):
    """The whole of `models/rules.yaml`; without the file there are no rules, and a score starts from the usual rate."""

    rules: Annotated[tuple[RuleSpec, ...], Field(description="the points of all that apply add up; [] for no rules")]
    groups: Annotated[tuple[GroupSpec, ...], Field(description="sums of rules that are held between limits")] = ()
    categories: dict[Category, LimitsSpec] = Field(
        default_factory=dict, description="limits of all groups of a category together"
    )
    total: Annotated[LimitsSpec, Field(description="limits of the sum of all rule points")] = LimitsSpec()
    grade: dict[Category, dict[str, float]] = Field(
        default_factory=dict,
        description="fit: {A: 35, B: 15, C: 0}, engagement: {'1': 35, ...}: the sign from so many points on",
    )

    @property
    def features(self) -> tuple[str, ...]:
        """The features that any rule reads."""
        return tuple(dict.fromkeys(feature for rule in self.rules for feature in rule.features))

    @model_validator(mode="after")
    def _named_once(self) -> "RulesSpec":
        for what, names in (("rules", [rule.name for rule in self.rules]), ("groups", [g.name for g in self.groups])):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"the {what} {twice} are defined twice")
        return self

    @model_validator(mode="after")
    def _groups_fit(self) -> "RulesSpec":
        known, used = [group.name for group in self.groups], {rule.group for rule in self.rules}
        for rule in self.rules:
            if rule.group is not None and rule.group not in known:
                raise ValueError(f"the rule {rule.name} is in the group {rule.group}, but groups has only {known}")
            if rule.group is not None and rule.disqualifies:
                raise ValueError(f"the rule {rule.name} disqualifies, whatever the groups say: take `group` away")
        for group in self.groups:
            if group.name not in used:
                raise ValueError(f"no rule is in the group {group.name}")
        categories = {group.category for group in self.groups}
        for named in (*self.categories, *self.grade):
            if named not in categories:
                raise ValueError(f"no group has the category {named}")
        for category, signs in self.grade.items():
            limits = list(signs.values())
            if not limits or any(low >= high for high, low in pairwise(limits)):
                raise ValueError(f"the signs of the grade {category} fall from the highest number of points on")
        return self

    @model_validator(mode="after")
    def _no_contradiction(self) -> "RulesSpec":
        """Refuse two rules that award and take away for the same thing; a team would look for the points in vain."""
        seen: dict[object, RuleSpec] = {}
        for rule in self.rules:
            given = rule.points if rule.points is not None else rule.points_per_unit
            if given is None and not rule.disqualifies:
                continue
            sign = -1 if rule.disqualifies or (given or 0) < 0 else 1
            asked = rule.when.clauses() if rule.when.conditions or rule.when.feature is None else rule.when.feature
            other = seen.setdefault(asked, rule)
            others = other.points if other.points is not None else other.points_per_unit
            if other is not rule and sign != (-1 if other.disqualifies or (others or 0) < 0 else 1):
                raise ValueError(
                    f"the rules {other.name} and {rule.name} ask the same, and one gives what the other takes"
                )
        return self

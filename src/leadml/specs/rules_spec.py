"""`models/rules.yaml`: the rule-based points that both teams wrote."""

from typing import Annotated

from pydantic import Field, model_validator

from leadml.specs.reading import Label, Specification

_CONDITIONS = ("at_least", "at_most", "is_", "any_of", "missing")


class ConditionSpec(Specification):
    """When a rule awards its points."""

    feature: Annotated[str, Field(description="the name of a feature")]
    at_least: Annotated[float | None, Field(description="met from this number on")] = None
    at_most: Annotated[float | None, Field(description="met up to this number")] = None
    is_: Annotated[str | None, Field(alias="is", description="met by this word of a category")] = None
    any_of: Annotated[tuple[str, ...] | None, Field(description="met by any of these words of a category")] = None
    missing: Annotated[
        bool | None, Field(description="true: met where the value is missing; false: where it is known")
    ] = None

    @property
    def conditions(self) -> list[str]:
        """The conditions that are set, by field name."""
        return [name for name in _CONDITIONS if getattr(self, name) is not None]


class RuleSpec(Specification):
    """One rule: either points once, or points for each unit of a feature up to a cap."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", description="small letters, digits and _")]
    when: Annotated[ConditionSpec, Field(description="the feature it looks at; with `points`, exactly one condition")]
    points: Annotated[float | None, Field(description="rule points awarded once where the condition is met")] = None
    points_per_unit: Annotated[
        float | None, Field(description="rule points for each unit of the feature, instead of `points`")
    ] = None
    at_most_units: Annotated[float | None, Field(gt=0, description="units beyond this award nothing more")] = None
    because: Annotated[Label, Field(description="the reason people read where it awards points")]

    @model_validator(mode="after")
    def _one_way(self) -> "RuleSpec":
        if (self.points is None) == (self.points_per_unit is None):
            raise ValueError("a rule has either points or points_per_unit")
        wanted = 1 if self.points is not None else 0
        if len(self.when.conditions) != wanted:
            raise ValueError(
                "points need exactly one condition (at_least, at_most, is, any_of, missing); points_per_unit need none"
            )
        return self


class RulesSpec(Specification):
    """The whole of `models/rules.yaml`; without the file there are no rules, and a score starts from the usual rate."""

    rules: Annotated[tuple[RuleSpec, ...], Field(description="the points of all that apply add up; [] for no rules")]

    @model_validator(mode="after")
    def _named_once(self) -> "RulesSpec":
        names = [rule.name for rule in self.rules]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"the rules {twice} are defined twice")
        return self

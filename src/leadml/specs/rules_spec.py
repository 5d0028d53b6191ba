"""`models/rules.yaml`: the rule-based points that both teams wrote."""

from typing import Annotated

from pydantic import Field, model_validator

from leadml.specs.reading import Label, Specification

_CONDITIONS = ("at_least", "at_most", "is_", "any_of", "missing")


class ConditionSpec(Specification):
    """When a rule awards its points."""

    feature: str
    at_least: float | None = None
    at_most: float | None = None
    is_: Annotated[str | None, Field(alias="is")] = None
    any_of: tuple[str, ...] | None = None
    missing: bool | None = None

    @property
    def conditions(self) -> list[str]:
        """The conditions that are set, by field name."""
        return [name for name in _CONDITIONS if getattr(self, name) is not None]


class RuleSpec(Specification):
    """One rule: either points once, or points for each unit of a feature up to a cap."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    when: ConditionSpec
    points: Annotated[float | None, Field(description="rule points awarded once")] = None
    points_per_unit: Annotated[float | None, Field(description="rule points for each unit of the feature")] = None
    at_most_units: Annotated[float | None, Field(gt=0, description="units beyond this award nothing more")] = None
    because: Label

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
    """The whole of `models/rules.yaml`."""

    rules: Annotated[tuple[RuleSpec, ...], Field(min_length=1)]

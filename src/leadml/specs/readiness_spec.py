"""`models/readiness.yaml`: how readiness is learned."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from leadml.specs.reading import Specification
from leadml.vocabulary import READY


class SnapshotSpec(Specification):
    """An instant at which leads are scored in training: so long after a fact."""

    since: Annotated[str, Field(description="`created`, or the lifecycle stage whose entry starts the clock")]
    minutes: Annotated[
        float | None, Field(ge=0, le=52_560_000, description="this long after; 0 is just after the fact")
    ] = None
    hours: Annotated[float | None, Field(ge=0, le=876_000, description="the same in hours")] = None
    days: Annotated[
        float | None, Field(ge=0, le=36_500, description="the same in days; give exactly one of the three")
    ] = None

    @model_validator(mode="after")
    def _one_unit(self) -> "SnapshotSpec":
        if sum(value is not None for value in (self.minutes, self.hours, self.days)) != 1:
            raise ValueError("give exactly one of minutes, hours and days")
        return self

    @property
    def delay(self) -> int:
        """The delay in microseconds."""
        minutes = (self.minutes or 0) + 60 * (self.hours or 0) + 1440 * (self.days or 0)
        return round(minutes * 60_000_000)

    @property
    def age(self) -> str:
        """How reports name this instant.

        Examples
        --------
        >>> SnapshotSpec(since="mql", days=7.0).age
        'mql + 7 days'
        """
        for unit in ("minutes", "hours", "days"):
            value = getattr(self, unit)
            if value is not None:
                return f"{self.since} + {value:g} {unit if value != 1 else unit[:-1]}"
        raise AssertionError("a snapshot without a unit")


class LatestLeadsSpec(Specification):
    """Which leads are kept for the test: always the latest."""

    share_of_leads: Annotated[
        float | None, Field(gt=0, lt=1, description="this part of the leads, the latest; or give `from`")
    ] = None
    from_: Annotated[
        datetime | None, Field(alias="from", description="leads created from then on; or give `share_of_leads`")
    ] = None
    periods: Annotated[
        int,
        Field(
            ge=1, description="the test is cut into so many periods, each judged by a model of what was known before"
        ),
    ] = 3

    @field_validator("from_")
    @classmethod
    def _zoned(cls, instant: datetime | None) -> datetime | None:
        if instant is not None and instant.tzinfo is None:
            raise ValueError("the time has no zone; write it as 2011-12-24T00:00:00+00:00")
        return instant

    @model_validator(mode="after")
    def _one_way(self) -> "LatestLeadsSpec":
        if (self.share_of_leads is None) == (self.from_ is None):
            raise ValueError("give either share_of_leads or from")
        return self


class LearnerSpec(Specification):
    """Settings of the learner. How strongly each part learns is chosen on later leads, within these bounds."""

    learning_rate: Annotated[float, Field(gt=0, le=1, description="how much each tree may change")] = 0.1
    leaves: Annotated[
        int, Field(ge=2, le=256, description="largest number of leaves of a tree; half as many is tried too")
    ] = 8
    smallest_leaf: Annotated[int, Field(ge=1, description="fewest snapshots in a leaf")] = 40
    smallest_gain: Annotated[float, Field(ge=0, description="a split must gain this much")] = 0.0
    most_trees: Annotated[
        int, Field(ge=0, le=5000, description="largest number of trees that is tried; 0: no trees")
    ] = 120
    bags: Annotated[int, Field(ge=2, le=50, description="models averaged, each without another fifth of the leads")] = (
        10
    )
    level_days: Annotated[
        float | None,
        Field(
            gt=0,
            le=36_500,
            description="the level of all chances is set by the leads of so many days, the latest; absent: by those of "
            "all time, or the latest where rates are seen to drift",
        ),
    ] = None


class ReadinessSpec(Specification):
    """The whole of `models/readiness.yaml`."""

    name: Annotated[
        str, Field(pattern=r"^[a-z][a-z0-9_-]*$", description="the model's name; small letters, digits, _ and -")
    ]
    outcome: Annotated[
        str, Field(description="which outcome of sla.yaml is learned: `ready`, or a name under `definitions.outcomes`")
    ] = READY
    leave_out: Annotated[
        tuple[str, ...],
        Field(description="features that are not learned from, such as those that a single request cannot know"),
    ] = ()
    snapshots: Annotated[tuple[SnapshotSpec, ...], Field(min_length=1, description="who is scored when, in training")]
    test: Annotated[LatestLeadsSpec, Field(description="the leads on which the recipe is judged")] = LatestLeadsSpec(
        share_of_leads=0.25
    )
    learner: Annotated[LearnerSpec, Field(description="settings of the boosted trees")] = LearnerSpec()
    seed: Annotated[int, Field(ge=0, description="the same seed, the same model")] = 7

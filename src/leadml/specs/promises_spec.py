"""The promises of `sla.yaml`: what sales and marketing owe each other. They may change without a training."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from leadml.specs.calendar_spec import minutes_of
from leadml.specs.reading import Specification

DEFAULT = "default"  # the bands of every lead type that has none of its own

Share = Annotated[float, Field(ge=0, le=1)]
Days = Annotated[float, Field(gt=0, le=36_500)]
Hours = Annotated[float, Field(ge=0, le=876_000)]


def _span(span: str) -> str:
    minutes_of(span)
    return span


class CadenceSpec(Specification):
    """How sales tries to connect after a hand-over."""

    at_least: Annotated[int, Field(ge=0, description="how many attempts sales owes")] = 5
    within_days: Annotated[float, Field(gt=0, le=36_500, description="in how many days after the hand-over")] = 10
    channels: Annotated[tuple[str, ...], Field(min_length=1, description="by which channels")] = ("phone", "email")
    sequence: Annotated[
        tuple[str, ...] | None, Field(min_length=1, description="channels of the first attempts, in this order")
    ] = None
    hours_between: Annotated[float, Field(ge=0, description="at least so many hours from one attempt to the next")] = 0
    most_a_day: Annotated[int | None, Field(ge=1, description="never more attempts on one local day")] = None
    quiet_hours: Annotated[
        str | None, AfterValidator(_span), Field(description="no attempts in this local time, such as 20:00-08:00")
    ] = None


class BandSpec(Specification):
    """What follows from a score."""

    name: Annotated[str, Field(description="the band's name in every answer")]
    score_at_least: Annotated[int, Field(ge=0, le=100, description="the lowest score of this band; the last has 0")] = 0
    probability_at_least: Annotated[
        float | None, Field(gt=0, lt=1, description="instead of `score_at_least`: the lowest chance of this band")
    ] = None
    stays_within_points: Annotated[
        int,
        Field(
            ge=0,
            le=100,
            description="a lead of this band stays in it while its score is at most so many points too low",
        ),
    ] = 0
    maximum_age_days: Annotated[
        Days | None, Field(description="a hand-over of this band is stale after so many days without an attempt")
    ] = None
    lifecycle_stage: Annotated[str | None, Field(description="the stage that this band recommends")] = None
    automatic: Annotated[bool, Field(description="whether the band writes the stage by itself")] = False
    owner: Annotated[str | None, Field(description="who gets the leads of this band")] = None
    accept_within_hours: Annotated[
        Hours | None, Field(description="hours to accept a lead, or to return it; absent: nothing is owed")
    ] = None
    first_attempt_within_hours: Annotated[
        Hours | None, Field(description="hours to the first valid connect attempt; absent: nothing is owed")
    ] = None
    clock: Annotated[
        Literal["business", "wall"],
        Field(description="`business`: hours count while the office is open, see `calendar`; `wall`: day and night"),
    ] = "business"
    connect_attempts: Annotated[
        CadenceSpec | None, Field(description="the attempts that this band's leads are owed, where they differ")
    ] = None


class EscalationSpec(Specification):
    """Who is told when a promise is running out, or has run out."""

    at_percent: Annotated[float, Field(gt=0, description="part of the time that is used; over 100 it is broken")]
    notify: Annotated[str, Field(description="who is told")]
    reassign: Annotated[bool, Field(description="whether the lead goes to another owner")] = False


class CapacitySpec(Specification):
    """How many leads sales can take."""

    representatives: Annotated[int, Field(gt=0, description="how many people take leads")] = 1
    leads_a_day: Annotated[float, Field(gt=0, description="leads that each of them takes on a working day")]
    hours_a_lead: Annotated[
        float, Field(gt=0, description="working hours that a lead costs, all attempts together")
    ] = 1

    @property
    def leads_a_day_together(self) -> float:
        """Leads that all of them take on a working day."""
        return self.representatives * self.leads_a_day


class TargetsSpec(Specification):
    """What both sides want to reach; a report says whether they did."""

    accepted_in_time: Annotated[Share | None, Field(description="sales: share of hand-overs accepted in time")] = None
    first_attempt_in_time: Annotated[Share | None, Field(description="sales: share of hand-overs tried in time")] = None
    attempts_made: Annotated[
        Share | None, Field(description="sales: share of hand-overs that had all promised attempts")
    ] = None
    returned_with_reason: Annotated[
        Share | None, Field(description="sales: share of returns that say an agreed reason")
    ] = None
    hand_overs_a_week: Annotated[float | None, Field(gt=0, description="marketing: hand-overs in a week")] = None
    returned_at_most: Annotated[Share | None, Field(description="marketing: share of hand-overs that came back")] = None
    became_ready: Annotated[
        Share | None, Field(description="marketing: share of hand-overs that stayed with sales, or went on")
    ] = None


class PromisesSpec(Specification):
    """What the teams owe each other: may change at any time."""

    bands: Annotated[dict[str, tuple[BandSpec, ...]], Field(description="`default`, and lead types with their own")]
    connect_attempts: Annotated[CadenceSpec, Field(description="the attempts that sales owes after a hand-over")] = (
        CadenceSpec()
    )
    escalation: Annotated[
        tuple[EscalationSpec, ...], Field(description="steps as time runs out, the earliest first")
    ] = ()
    stagnation_days: Annotated[
        dict[str, Days] | None, Field(description="lifecycle stage: a lead that stays longer is stuck")
    ] = None
    capacity: Annotated[CapacitySpec | None, Field(description="how many leads sales can take")] = None
    exploration_share: Annotated[
        float,
        Field(ge=0, le=0.5, description="share of the leads below the hand-over that is handed over by lot, to learn"),
    ] = 0
    targets: Annotated[TargetsSpec | None, Field(description="what both sides want to reach")] = None

    @model_validator(mode="after")
    def _in_order(self) -> "PromisesSpec":
        if DEFAULT not in self.bands:
            raise ValueError("bands need a list under `default`")
        for lead_type, bands in self.bands.items():
            names = [band.name for band in bands]
            if len(set(names)) < len(names):
                raise ValueError(f"two bands of {lead_type!r} have the same name")
            if not bands or bands[-1].score_at_least != 0 or bands[-1].probability_at_least is not None:
                raise ValueError(f"the last band of {lead_type!r} must begin at a score of 0")
        return self

"""The promises of `sla.yaml`: what sales and marketing owe each other. They may change without a training."""

import math
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from leadml.specs.calendar_spec import SPAN_PATTERN, span_of_day
from leadml.specs.reading import Specification, UnfitWordError

DEFAULT = "default"  # the bands of every lead type that has none of its own
HIGHEST = 100  # points of a score
USUAL_POINTS_TO_DOUBLE_ODDS = 10
USUAL_CHANNELS: tuple[str, ...] = ("phone", "email", "meeting")  # by which an attempt counts
USUAL_RESULTS: tuple[str, ...] = ("connected", "no_answer", "voicemail", "replied")  # with which one counts

Share = Annotated[float, Field(ge=0, le=1)]
MOST_DAYS = 36_500
Days = Annotated[float, Field(gt=0, le=MOST_DAYS)]
Hours = Annotated[float, Field(ge=0, le=876_000)]


def _quiet_hours(span: str) -> str:
    if span_of_day(span) is None:
        raise UnfitWordError(span, (), expected="a span of a day such as 20:00-08:00")
    return span


QuietHours = Annotated[str, AfterValidator(_quiet_hours), Field(json_schema_extra={"pattern": SPAN_PATTERN})]


def score_of(probability: float, at_50: float, points_to_double_odds: float) -> int:
    """Give the score that stands for a chance.

    Parameters
    ----------
    probability : float in (0, 1)
    at_50 : float in (0, 1)
        The chance that a score of 50 stands for.
    points_to_double_odds : float, > 0

    Returns
    -------
    score : int in 0..100

    Examples
    --------
    >>> score_of(2 / 3, 0.5, 10)
    60
    """
    odds, odds_at_50 = (chance / (1 - chance) for chance in (probability, at_50))
    return round(min(max(50 + points_to_double_odds * (math.log2(odds) - math.log2(odds_at_50)), 0), HIGHEST))


class CadenceSpec(Specification):
    """How sales tries to connect after a hand-over."""

    at_least: Annotated[int, Field(ge=0, description="how many attempts sales owes")] = 5
    within_days: Annotated[float, Field(gt=0, le=36_500, description="in how many days after the hand-over")] = 10
    channels: Annotated[tuple[str, ...], Field(min_length=1, description="by which channels")] = ("phone", "email")
    until: Annotated[
        tuple[str, ...], Field(description="results that reach the lead: after one of them no further attempt is owed")
    ] = ("connected", "replied")
    sequence: Annotated[
        tuple[str, ...] | None, Field(min_length=1, description="channels of the first attempts, in this order")
    ] = None
    hours_between: Annotated[float, Field(ge=0, description="at least so many hours from one attempt to the next")] = 0
    most_a_day: Annotated[int | None, Field(ge=1, description="never more attempts on one local day")] = None
    quiet_hours: Annotated[
        QuietHours | None, Field(description="no attempts in this local time, such as 20:00-08:00")
    ] = None


class BandSpec(Specification):
    """What follows from a score."""

    name: Annotated[str, Field(min_length=1, description="the band's name in every answer")]
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
    owner: Annotated[str | None, Field(min_length=1, description="who gets the leads of this band")] = None
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
        CadenceSpec | None,
        Field(
            description="the attempts that this band's leads are owed, in place of all that is agreed for the others"
        ),
    ] = None


class EscalationSpec(Specification):
    """Who is told when a promise is running out, or has run out."""

    at_percent: Annotated[float, Field(gt=0, description="part of the time that is used; over 100 it is broken")]
    notify: Annotated[str, Field(min_length=1, description="who is told")]
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

    bands: Annotated[
        dict[str, Annotated[tuple[BandSpec, ...], Field(min_length=1)]],
        Field(description="`default`, and lead types with their own; the highest band first"),
    ]
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

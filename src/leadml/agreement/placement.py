"""Places a score in the agreement: band, recommended lifecycle stage, what is owed and by when."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from leadml.agreement.business_calendar import BusinessCalendar
from leadml.specs.agreement_spec import AgreementSpec, DefinitionsSpec, RequiredFieldSpec
from leadml.specs.calendar_spec import CalendarSpec
from leadml.specs.promises_spec import DEFAULT, BandSpec

HeldBy = Literal["override", "recycle_wait", "missing_fields", "transition"]


@dataclass(frozen=True)
class Standing:
    """Where a lead stands at the instant of its score.

    Attributes
    ----------
    as_of : int, UTC microseconds
        When the clocks of the promises start.
    lead_type, lifecycle_stage : str or None
        None where that is not known.
    last_band : str or None
        The band it was in before this score.
    override : str or None
        A band that people chose for it, whatever the score.
    waits_until : int or None, UTC microseconds
        A returned lead is not handed over again before.
    missing : tuple of RequiredFieldSpec
        Attributes that nobody knows of it.
    """

    as_of: int
    lead_type: str | None
    lifecycle_stage: str | None
    last_band: str | None = None
    override: str | None = None
    waits_until: int | None = None
    missing: tuple[RequiredFieldSpec, ...] = ()


@dataclass(frozen=True)
class Placement:
    """What follows from a score.

    Attributes
    ----------
    band : str
    recommended_lifecycle_stage : str or None
        Never behind the stage the lead is in.
    automatic : bool
        Whether the stage is written by itself: the band says so, and nothing holds the lead.
    accept_by, respond_by : int or None, UTC microseconds
        When sales owe a decision, and the first connect attempt; None where nothing is owed.
    held_by : str or None
        What keeps the lead from the band of its score, or from the stage of its band.
    missing_fields : tuple of str
        Attributes without which it may not enter the next stage.
    """

    band: str
    recommended_lifecycle_stage: str | None
    automatic: bool
    accept_by: int | None
    respond_by: int | None
    held_by: HeldBy | None = None
    missing_fields: tuple[str, ...] = ()


def place(score: int, standing: Standing, agreement: AgreementSpec) -> Placement:
    """Place a score: a pure function of its arguments.

    Parameters
    ----------
    score : int in 0..100
    standing : Standing
    agreement : AgreementSpec

    Returns
    -------
    placement : Placement
    """
    bands = agreement.bands[bands_of(standing.lead_type, agreement)]
    chosen = next((band for band in bands if band.name == standing.override), None)
    band = chosen or _band_of(score, bands, standing.last_band)
    stage, held_by, missing = _stage_of(band, standing, agreement.definitions)
    calendar = _calendar(agreement.calendar)
    accept, respond = (
        None if hours is None else calendar.deadline(standing.as_of, hours, band.clock)
        for hours in (band.accept_within_hours, band.first_attempt_within_hours)
    )
    return Placement(
        band=band.name,
        recommended_lifecycle_stage=stage,
        automatic=band.automatic and held_by is None,
        accept_by=accept,
        respond_by=respond,
        held_by=held_by or ("override" if chosen else None),
        missing_fields=missing,
    )


def bands_of(lead_type: str | None, agreement: AgreementSpec) -> str:
    """Find whose bands a lead type has: its own, or the default ones.

    Parameters
    ----------
    lead_type : str or None
        None where that is not known.
    agreement : AgreementSpec

    Returns
    -------
    key : str
        Of `promises.bands`.
    """
    return lead_type if lead_type is not None and lead_type in agreement.promises.bands else DEFAULT


def _band_of(score: int, bands: Sequence[BandSpec], last_band: str | None) -> BandSpec:
    """Find the band of a score; a lead stays in its band while the score is only a little too low."""
    by_score = next(place for place, band in enumerate(bands) if score >= band.score_at_least)
    for band in bands[:by_score]:
        if band.name == last_band and score >= band.score_at_least - band.stays_within_points:
            return band
    return bands[by_score]


def _stage_of(
    band: BandSpec, standing: Standing, definitions: DefinitionsSpec
) -> tuple[str | None, HeldBy | None, tuple[str, ...]]:
    """Find the stage that a band recommends to a lead, what holds it back, and which fields it lacks."""
    stages, now_in = definitions.lifecycle_stages, standing.lifecycle_stage
    if band.lifecycle_stage is None:
        return now_in, None, ()
    here = stages.index(now_in) if now_in in stages else -1
    target = stages.index(band.lifecycle_stage)
    if target <= here:
        return now_in, None, ()
    return _furthest(here, target, standing, definitions)


def _furthest(
    here: int, target: int, standing: Standing, definitions: DefinitionsSpec
) -> tuple[str | None, HeldBy | None, tuple[str, ...]]:
    """Go from stage to stage until something holds the lead."""
    stages = definitions.lifecycle_stages
    held_by: HeldBy | None = None
    lacks: tuple[str, ...] = ()
    waits = standing.waits_until is not None and standing.as_of < standing.waits_until
    reached = target
    for place in range(here + 1, target + 1):
        if waits and place >= stages.index(definitions.hand_over_stage):
            reached, held_by = place - 1, "recycle_wait"
            break
        required = (definitions.required_fields or {}).get(stages[place], ())
        if lacks := tuple(field.attribute for field in required if field in standing.missing):
            reached, held_by = place - 1, "missing_fields"
            break
    allowed = (definitions.allowed_transitions or {}).get(standing.lifecycle_stage or "")
    if allowed is not None and reached > here and stages[reached] not in allowed:
        steps = [place for place in range(here + 1, reached) if stages[place] in allowed]
        reached, held_by = (max(steps) if steps else here), "transition"
    return (stages[reached] if reached > here else standing.lifecycle_stage), held_by, lacks


@lru_cache(maxsize=8)
def _calendar(spec: CalendarSpec | None) -> BusinessCalendar:
    """Keep the days of an agreement laid out."""
    return BusinessCalendar(spec)

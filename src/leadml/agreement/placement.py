"""Places a score in the agreement: band, recommended lifecycle stage, what is owed and by when.

Worked example, where A begins at 40, keeps its leads within 3 points, and recommends SQL, which needs a department: an
MQL whose last band was A scores 38. It stays in A, as 38 is within 3 points of 40. Nobody knows its department, so it
stays an MQL, and the answer says so; nothing is owed before it is known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

from leadml.agreement.business_calendar import BusinessCalendar
from leadml.agreement.exploration import lot_of
from leadml.agreement.transitions import field_name, lacks, refuses
from leadml.specs.agreement_spec import AgreementSpec, DefinitionsSpec, RequiredFieldSpec
from leadml.specs.calendar_spec import CalendarSpec
from leadml.specs.promises_spec import DEFAULT, HIGHEST, BandSpec

HeldBy = Literal["override", "recycle_wait", "missing_fields", "transition"]
Bands = Sequence[BandSpec]


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
    lead_id : str or None
        Whose lot is drawn where leads are explored; None: it takes no part.
    closed : bool
        Whether its status closes it: it is not explored.
    returned_as : str or None
        The reason of the return for which it waits; None where none was said, or it does not wait.
    """

    as_of: int
    lead_type: str | None
    lifecycle_stage: str | None
    last_band: str | None = None
    override: str | None = None
    waits_until: int | None = None
    missing: tuple[RequiredFieldSpec, ...] = ()
    lead_id: str | None = None
    closed: bool = False
    returned_as: str | None = None


@dataclass(frozen=True)
class Placement:
    """What follows from a score.

    Attributes
    ----------
    band : str
    recommended_lifecycle_stage : str or None
        Never behind the stage the lead is in.
    automatic : bool
        Whether the stage is written by itself: the band says so, the lead is known to be in an earlier one, and nothing
        holds it.
    accept_by, respond_by : int or None, UTC microseconds
        When sales owe a decision, and the first connect attempt; None where nothing is owed, or not yet: the lead is
        held from the stage of its band.
    held_by : str or None
        What keeps the lead from the stage of its band, or else from the band of its score.
    missing_fields : tuple of str
        Attributes without which it may not enter the next stage; those of its company as `company.country`.
    held_before : str or None
        The stage that it may not enter; None where no stage is held.
    band_of_score : str
        The band that the score alone gives: another where the last band, or people, keep the lead in theirs.
    ignored_override : str or None
        A band that people chose and that the lead's type does not have: it chooses nothing.
    explored : bool
        Whether a lot hands the lead over, to learn from it, though its band does not.
    exploration_probability : float or None
        With which chance the lot fell as it did: the share where it hands the lead over, else what is left of 1; None
        where no lot was drawn.
    owner : str or None
        Who gets the lead.
    time_zone : str
        In which people read the times.
    """

    band: str
    recommended_lifecycle_stage: str | None
    automatic: bool
    accept_by: int | None
    respond_by: int | None
    held_by: HeldBy | None = None
    missing_fields: tuple[str, ...] = ()
    held_before: str | None = None
    band_of_score: str = ""
    ignored_override: str | None = None
    explored: bool = False
    exploration_probability: float | None = None
    owner: str | None = None
    time_zone: str = "UTC"


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

    Notes
    -----
    The band: the one that people chose; else the last one, while the score is at most `stays_within_points` below it;
    else that of the score. The stage: that of the band, or as far towards it as the lead may go; never backwards. What
    is owed: what the band promises, from `as_of` on, once nothing holds the lead from its stage.

    A lead that its band does not hand over may be handed over by lot, see `exploration.lot_of`: where nobody chose its
    band, it is known to be open and below the hand-over, and nothing would hold it. It keeps its band; stage, owner,
    deadlines and `automatic` are those of the lowest band that hands over.
    """
    bands = _bands(agreement, standing.lead_type)
    of_score = bands[_by_score(score, bands)]
    chosen = next((band for band in bands if band.name == standing.override), None)
    band = chosen or _kept(score, bands, standing.last_band) or of_score
    way = _way_to(band.lifecycle_stage, standing, agreement.definitions)
    calendar = _calendar(agreement.calendar)
    owing, chance = band, None
    if agreement.promises.exploration_share and standing.override is None:
        owing, chance = _by_lot(band, bands, standing, agreement)
        way = way if owing is band else _way_to(owing.lifecycle_stage, standing, agreement.definitions)
    accept, respond = (
        None if hours is None or way.held_by else calendar.deadline(standing.as_of, hours, owing.clock)
        for hours in (owing.accept_within_hours, owing.first_attempt_within_hours)
    )
    held_by = way.held_by or ("override" if chosen else None)
    return Placement(
        band=band.name,
        recommended_lifecycle_stage=way.stage,
        automatic=owing.automatic and held_by is None and _moves_on(standing.lifecycle_stage, way.stage, agreement),
        accept_by=accept,
        respond_by=respond,
        held_by=held_by,
        missing_fields=tuple(map(field_name, way.missing)),
        held_before=way.held_before,
        band_of_score=of_score.name,
        ignored_override=None if chosen else standing.override,
        explored=owing is not band,
        exploration_probability=chance,
        owner=owing.owner,
        time_zone=calendar.zone.key,
    )


def band_of_score(score: int, lead_type: str | None, agreement: AgreementSpec) -> str:
    """Find the band that a score alone gives, whatever became of the lead before.

    Parameters
    ----------
    score : int in 0..100
    lead_type : str or None
    agreement : AgreementSpec

    Returns
    -------
    band : str
    """
    bands = _bands(agreement, lead_type)
    return bands[_by_score(score, bands)].name


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


def _bands(agreement: AgreementSpec, lead_type: str | None) -> Bands:
    return agreement.bands[bands_of(lead_type, agreement)]


def _by_score(score: int, bands: Bands) -> int:
    if not 0 <= score <= HIGHEST:
        raise ValueError(f"{score} is no score: one lies from 0 to {HIGHEST}")
    return next(place for place, band in enumerate(bands) if score >= band.score_at_least)


def _kept(score: int, bands: Bands, last_band: str | None) -> BandSpec | None:
    """Find the band above the score's that keeps the lead: its last one, while the score is only a little too low."""
    for band in bands[: _by_score(score, bands)]:
        if band.name == last_band and score >= band.score_at_least - band.stays_within_points:
            return band
    return None


class _Way(NamedTuple):
    """How far a lead may go towards a stage, and what holds it there."""

    stage: str | None
    held_by: HeldBy | None = None
    held_before: str | None = None
    missing: tuple[RequiredFieldSpec, ...] = ()


def _way_to(target: str | None, standing: Standing, definitions: DefinitionsSpec) -> _Way:
    """Go from stage to stage towards a target, until something holds the lead; never backwards."""
    stages, now_in = definitions.lifecycle_stages, standing.lifecycle_stage
    here = stages.index(now_in) if now_in in stages else -1
    reached = now_in
    for stage in () if target is None else stages[here + 1 : stages.index(target) + 1]:
        if _waits(stage, standing, definitions):
            return _Way(reached, "recycle_wait", stage)
        if missing := lacks(stage, standing.missing, definitions):
            return _Way(reached, "missing_fields", stage, missing)
        if not refuses(now_in, stage, definitions):
            reached = stage
        elif stage == target:
            return _Way(reached, "transition", stage)
    return _Way(reached)


def _moves_on(before: str | None, after: str | None, agreement: AgreementSpec) -> bool:
    """Tell whether a lead leaves its stage: where that is not known, the new one might be behind it."""
    return before in agreement.definitions.lifecycle_stages and after != before


def _waits(stage: str, standing: Standing, definitions: DefinitionsSpec) -> bool:
    """Tell whether a returned lead may not enter a stage yet: the hand-over, or one beyond it."""
    if standing.waits_until is None or standing.as_of >= standing.waits_until:
        return False
    return _hands_over(stage, definitions)


def _hands_over(stage: str | None, definitions: DefinitionsSpec) -> bool:
    """Tell whether a lead in a stage is with sales."""
    stages = definitions.lifecycle_stages
    return stage in stages and stages.index(stage) >= stages.index(definitions.hand_over_stage)


def _by_lot(
    band: BandSpec, bands: Bands, standing: Standing, agreement: AgreementSpec
) -> tuple[BandSpec, float | None]:
    """Draw the lot of a lead: the band that says what follows, and the chance with which the lot fell so."""
    definitions, share = agreement.definitions, agreement.promises.exploration_share
    below = standing.lifecycle_stage in definitions.lifecycle_stages and not any(
        _hands_over(stage, definitions) for stage in (standing.lifecycle_stage, band.lifecycle_stage)
    )
    handing = [other for other in bands if _hands_over(other.lifecycle_stage, definitions)]
    if standing.lead_id is None or standing.closed or not below or not handing:
        return band, None
    if _way_to(handing[-1].lifecycle_stage, standing, definitions).held_by is not None:
        return band, None
    zone = _calendar(agreement.calendar).zone
    if lot_of(standing.lead_id, agreement.version, standing.as_of, zone) < share:
        return handing[-1], share
    return band, 1 - share


@lru_cache(maxsize=8)
def _calendar(spec: CalendarSpec | None) -> BusinessCalendar:
    """Keep the days of an agreement laid out."""
    return BusinessCalendar(spec)

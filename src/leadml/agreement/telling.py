"""What a placement says to people: why a lead is held, and when what is owed is due where they work."""

from typing import Any

from leadml.agreement.placement import Placement, Standing
from leadml.agreement.transitions import field_name
from leadml.clock import to_iso, to_local
from leadml.specs.agreement_spec import RequiredFieldSpec
from leadml.wording.numbers import day_and_time, percent
from leadml.wording.texts import LANGUAGES, Language, say


def held_in_words(placement: Placement, standing: Standing, language: Language = "en") -> str | None:
    """Say in a sentence what holds a lead.

    Parameters
    ----------
    placement : Placement
    standing : Standing
        Of which it was made.
    language : {"en", "ja"}

    Returns
    -------
    words : str or None
        None where nothing holds it.

    Examples
    --------
    >>> standing = Standing(0, None, "mql", waits_until=86_400_000_000, returned_as="no_budget")
    >>> held = Placement("A", "mql", False, None, None, "recycle_wait", held_before="sql", time_zone="Asia/Tokyo")
    >>> held_in_words(held, standing)
    'Not before 2 January 1970, 09:00: returned as no_budget'
    """
    if placement.held_by is None:
        return None
    if placement.held_by == "override":
        return say("placing.override", language, band=placement.band)
    if placement.held_by == "recycle_wait" and standing.waits_until is not None:
        until = day_and_time(standing.waits_until, placement.time_zone, language)
        reason = standing.returned_as
        key = "recycle_wait" if reason else "recycle_wait_without_reason"
        return say(f"placing.{key}", language, until=until, reason=reason)
    stage, before = placement.recommended_lifecycle_stage, placement.held_before
    if placement.held_by == "missing_fields":
        because = _not_known(placement, standing, language)
    else:
        because = say("placing.transition", language, before=before, stage=standing.lifecycle_stage)
    key = "not_yet" if stage is None else "stays" if stage == standing.lifecycle_stage else "no_further"
    return say(f"placing.{key}", language, stage=stage, before=before, because=because)


def notes_in_words(placement: Placement, standing: Standing, language: Language = "en") -> list[str]:
    """Say all that a reader of a band and its deadline should know: what holds the lead, and what chose its band.

    Parameters
    ----------
    placement : Placement
    standing : Standing
    language : {"en", "ja"}

    Returns
    -------
    sentences : list of str
        Empty where the score alone decided, and nothing holds the lead.
    """
    held, notes = held_in_words(placement, standing, language), []
    if held is not None:
        notes.append(held)
    if placement.ignored_override is not None:
        notes.append(say("placing.ignored_override", language, band=placement.ignored_override))
    chosen = standing.override is not None and placement.ignored_override is None
    if not chosen and placement.band != placement.band_of_score:
        notes.append(say("placing.last_band", language, band=placement.band, other=placement.band_of_score))
    if placement.explored and placement.exploration_probability is not None:
        chance = percent(placement.exploration_probability, language)
        notes.append(say("placing.explored", language, chance=chance))
    return notes


def placement_told(placement: Placement, standing: Standing) -> dict[str, Any]:
    """Lay out what follows from a score, as every answer gives it.

    Parameters
    ----------
    placement : Placement
    standing : Standing

    Returns
    -------
    told : dict
        Instants in UTC, and those of deadlines also where people work.
    """
    zone = placement.time_zone
    return {
        "band": placement.band,
        "band_of_score": placement.band_of_score,
        "last_band": standing.last_band,
        "override": standing.override,
        "override_ignored": placement.ignored_override is not None,
        "lifecycle_stage": standing.lifecycle_stage,
        "recommended_lifecycle_stage": placement.recommended_lifecycle_stage,
        "automatic": placement.automatic,
        "owner": placement.owner,
        "accept_by": _iso(placement.accept_by),
        "accept_by_local": _iso(placement.accept_by, zone),
        "respond_by": _iso(placement.respond_by),
        "respond_by_local": _iso(placement.respond_by, zone),
        "held_by": placement.held_by,
        "held_by_words": {language: held_in_words(placement, standing, language) for language in LANGUAGES},
        "held_before": placement.held_before,
        "missing_fields": list(placement.missing_fields),
        "waits_until": _iso(standing.waits_until),
        "explored": placement.explored,
        "exploration_probability": placement.exploration_probability,
    }


def _not_known(placement: Placement, standing: Standing, language: Language) -> str:
    """Name the fields that are not known: `country` of a company as "company country"."""
    fields = {field_name(field): field for field in standing.missing}
    names = [_named(fields[name], language) for name in placement.missing_fields]
    key = "one" if len(names) == 1 else "many"
    told = {"fields": say("placing.and", language).join(names), "before": placement.held_before}
    return say(f"placing.missing.{key}", language, **told)


def _named(field: RequiredFieldSpec, language: Language) -> str:
    if field.of == "lead":
        return field.attribute
    return say("placing.company_field", language, attribute=field.attribute)


def _iso(instant: int | None, zone: str | None = None) -> str | None:
    if instant is None:
        return None
    return to_iso(instant) if zone is None else to_local(instant, zone)

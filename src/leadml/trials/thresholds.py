"""The same agreement with another threshold for the hand-over; all other bands give way as little as they must."""

from collections.abc import Sequence
from dataclasses import dataclass

from leadml.agreement.scale import HIGHEST
from leadml.specs.agreement_spec import AgreementSpec, DefinitionsSpec
from leadml.specs.promises_spec import BandSpec


@dataclass(frozen=True)
class NewThreshold:
    """A band that begins elsewhere."""

    bands_of: str
    band: str
    before: int
    after: int


def possible_thresholds(agreement: AgreementSpec) -> range:
    """Give the scores at which the hand-over may begin: each list of bands needs a point for every other band.

    Parameters
    ----------
    agreement : AgreementSpec

    Returns
    -------
    thresholds : range
        Empty where no band hands leads over.
    """
    lowest, highest, any_list = 0, HIGHEST, False
    for bands in agreement.bands.values():
        place = _hand_over_place(bands, agreement.definitions)
        if place is not None:
            any_list = True
            lowest, highest = max(lowest, len(bands) - 1 - place), min(highest, HIGHEST - place)
    return range(lowest, highest + 1) if any_list else range(0)


def with_threshold(agreement: AgreementSpec, threshold: int) -> AgreementSpec:
    """Let the hand-over begin at one score in all lists of bands.

    The chance behind a score is the same for every lead type, so one threshold shares what sales can take in the order
    of readiness, whoever has it.

    Parameters
    ----------
    agreement : AgreementSpec
    threshold : int
        One of `possible_thresholds`.

    Returns
    -------
    agreement : AgreementSpec
        Lists that hand nothing over stay as they are; so do the other bands, unless they would cross the threshold.
    """
    lists = {}
    for key, bands in agreement.bands.items():
        place = _hand_over_place(bands, agreement.definitions)
        limits = [band.score_at_least for band in bands]
        if place is not None:
            limits = _given_way(limits, place, threshold)
        lists[key] = tuple(
            stated
            if band.score_at_least == limit
            else band.model_copy(update={"score_at_least": limit, "probability_at_least": None})
            for band, stated, limit in zip(bands, agreement.promises.bands[key], limits, strict=True)
        )
    return agreement.model_copy(update={"promises": agreement.promises.model_copy(update={"bands": lists})})


def new_thresholds(before: AgreementSpec, after: AgreementSpec) -> tuple[NewThreshold, ...]:
    """List the bands that begin elsewhere under another agreement with the same bands.

    Parameters
    ----------
    before, after : AgreementSpec

    Returns
    -------
    changed : tuple of NewThreshold
    """
    return tuple(
        NewThreshold(key, was.name, was.score_at_least, becomes.score_at_least)
        for key, bands in before.bands.items()
        for was, becomes in zip(bands, after.bands[key], strict=True)
        if was.score_at_least != becomes.score_at_least
    )


def _hand_over_place(bands: Sequence[BandSpec], definitions: DefinitionsSpec) -> int | None:
    """Find the lowest band that recommends the hand-over."""
    stages = definitions.lifecycle_stages
    handed = stages.index(definitions.hand_over_stage)
    places = [
        place
        for place, band in enumerate(bands)
        if band.lifecycle_stage is not None and stages.index(band.lifecycle_stage) >= handed
    ]
    return places[-1] if places else None


def _given_way(limits: list[int], place: int, threshold: int) -> list[int]:
    """Set one limit; those above rise and those below fall where they would meet it."""
    moved = [*limits]
    moved[place] = threshold
    for above in range(place - 1, -1, -1):
        moved[above] = max(moved[above], moved[above + 1] + 1)
    for below in range(place + 1, len(moved)):
        moved[below] = min(moved[below], moved[below - 1] - 1)
    return moved

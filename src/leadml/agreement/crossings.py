"""Who changes band when a new model is published: under the thresholds as they stand, and under those proposed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from leadml.agreement.placement import bands_of
from leadml.agreement.scale import shown
from leadml.agreement.thresholds import FEWEST_LEADS, VolumeKeeping, thresholds_as_they_stand, volume_keeping
from leadml.specs.agreement_spec import AgreementSpec


@dataclass(frozen=True)
class RescoredLeads:
    """The same open leads under two models, at one instant.

    Attributes
    ----------
    lead_ids : tuple of str, shape (n_leads,)
    lead_types : tuple of str or None, shape (n_leads,)
    before : tuple of int in 0..100, shape (n_leads,)
        Scores under the model before.
    after : tuple of float, shape (n_leads,)
        Unclipped scores under the new model, in score points.
    """

    lead_ids: tuple[str, ...]
    lead_types: tuple[str | None, ...]
    before: tuple[int, ...]
    after: tuple[float, ...]


@dataclass(frozen=True)
class CrossingLead:
    """A lead that changes band.

    Attributes
    ----------
    lead_id : str
    bands_of : str
        Key of `promises.bands` whose bands it has.
    from_band, to_band : str
    score_before, score_after : int in 0..100
        As people see them.
    unclipped_after : float
        The exact value of `score_after`, in score points: its chance is said from this one.
    """

    lead_id: str
    bands_of: str
    from_band: str
    to_band: str
    score_before: int
    score_after: int
    unclipped_after: float


@dataclass(frozen=True)
class CrossingCount:
    """How many leads go from one band to another, of one list of bands."""

    bands_of: str
    from_band: str
    to_band: str
    leads: int


@dataclass(frozen=True)
class Crossings:
    """Who changes band, under some thresholds.

    Attributes
    ----------
    counts : tuple of CrossingCount
        The most frequent first.
    leads : tuple of CrossingLead
        The largest change of score first, then by id.
    """

    counts: tuple[CrossingCount, ...]
    leads: tuple[CrossingLead, ...]


@dataclass(frozen=True)
class PublishingEffect:
    """What a new champion would do to the promises.

    Attributes
    ----------
    leads : int
        Open leads that were compared.
    volumes : tuple of VolumeKeeping
        One for each list of bands.
    as_they_stand : Crossings
        Under the thresholds of `sla.yaml`.
    volume_keeping : Crossings
        Under the proposed thresholds; where none are proposed, under those that stand.
    """

    leads: int
    volumes: tuple[VolumeKeeping, ...]
    as_they_stand: Crossings
    volume_keeping: Crossings

    def to_dict(self) -> dict[str, Any]:
        """Lay it out in plain values, and say which number of leads is the fewest for a proposal."""
        return {**asdict(self), "fewest_leads": FEWEST_LEADS}


def effect_of_publishing(leads: RescoredLeads, agreement: AgreementSpec) -> PublishingEffect:
    """Find what a new champion does to the volumes, and who crosses with and without new thresholds.

    Parameters
    ----------
    leads : RescoredLeads
        All open leads; both models score under the definitions of this agreement.
    agreement : AgreementSpec

    Returns
    -------
    effect : PublishingEffect
    """
    volumes = volume_keeping(leads.before, leads.after, leads.lead_types, agreement)
    proposed = {keeping.of: keeping.thresholds for keeping in volumes}
    return PublishingEffect(
        leads=len(leads.lead_ids),
        volumes=volumes,
        as_they_stand=who_crosses(leads, agreement, thresholds_as_they_stand(agreement)),
        volume_keeping=who_crosses(leads, agreement, proposed),
    )


def who_crosses(leads: RescoredLeads, agreement: AgreementSpec, thresholds: Mapping[str, Sequence[int]]) -> Crossings:
    """Find the leads whose band under the new model is another than before.

    Parameters
    ----------
    leads : RescoredLeads
    agreement : AgreementSpec
        Its thresholds as they stand gave the band before.
    thresholds : mapping of str to sequence of int
        For each list of `promises.bands` the thresholds under the new model, falling to 0.

    Returns
    -------
    crossings : Crossings
    """
    standing = thresholds_as_they_stand(agreement)
    crossing = []
    for lead_id, lead_type, before, unclipped in zip(
        leads.lead_ids, leads.lead_types, leads.before, leads.after, strict=True
    ):
        key, after = bands_of(lead_type, agreement), shown(unclipped)
        was, becomes = _place_of(before, standing[key]), _place_of(after, thresholds[key])
        if was != becomes:
            bands = agreement.bands[key]
            crossing.append(CrossingLead(lead_id, key, bands[was].name, bands[becomes].name, before, after, unclipped))
    counts = Counter((lead.bands_of, lead.from_band, lead.to_band) for lead in crossing)
    return Crossings(
        counts=tuple(
            CrossingCount(*move, number)
            for move, number in sorted(counts.items(), key=lambda each: (-each[1], each[0]))
        ),
        leads=tuple(sorted(crossing, key=lambda lead: (-abs(lead.score_after - lead.score_before), lead.lead_id))),
    )


def _place_of(score: int, thresholds: Sequence[int]) -> int:
    return next(place for place, limit in enumerate(thresholds) if score >= limit)

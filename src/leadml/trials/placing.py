"""The past placed again: every lead walked through its scores in order of time, under any agreement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from leadml.agreement.placement import Placement, Standing, bands_of, place
from leadml.history.tables import Codes, Mask
from leadml.specs.agreement_spec import AgreementSpec
from leadml.trials.scored import Scored

_Key = tuple[object, ...]


@dataclass(frozen=True)
class Placed:
    """Where an agreement places snapshots.

    Attributes
    ----------
    bands : tuple of str, shape (n,)
    recommends : bool array, shape (n,)
        Whether the placement recommends the stage that hands the lead over.
    hands_over : bool array, shape (n,)
        The first of these in each episode of a lead.
    explored : bool array, shape (n,)
        Whether it is a lot that recommends it.
    """

    bands: tuple[str, ...]
    recommends: Mask
    hands_over: Mask
    explored: Mask


def place_history(scored: Scored, agreement: AgreementSpec) -> Placed:
    """Place every snapshot, the band before it carried from score to score.

    Parameters
    ----------
    scored : Scored
        By lead and then by time.
    agreement : AgreementSpec

    Returns
    -------
    placed : Placed
        What `placement.place` says of each; leads that stand alike are asked once.
    """
    stages = agreement.definitions.lifecycle_stages
    with_sales = frozenset(stages[stages.index(agreement.definitions.hand_over_stage) :])
    known: dict[_Key, Placement] = {}
    bands: list[str] = []
    recommends, explored = np.zeros((2, len(scored)), dtype=bool)
    lead_before, last_band = None, None
    for row, (lead, points, standing) in enumerate(
        zip(scored.leads.tolist(), scored.points.tolist(), scored.standings, strict=True)
    ):
        if lead != lead_before:
            lead_before, last_band = lead, None
        key = _key(points, standing, last_band, agreement)
        placement = known.get(key)
        if placement is None:
            placement = known[key] = place(points, replace(standing, last_band=last_band), agreement)
        last_band = placement.band
        bands.append(last_band)
        goes = placement.recommended_lifecycle_stage in with_sales
        recommends[row] = goes and standing.lifecycle_stage not in with_sales
        explored[row] = placement.explored
    return Placed(tuple(bands), recommends, first_of_episode(scored.leads, scored.episodes, recommends), explored)


def first_of_episode(leads: Codes, episodes: Codes, marked: Mask) -> Mask:
    """Mark the first marked snapshot of each episode of a lead; by lead and then by time.

    Examples
    --------
    >>> leads, episodes = np.array([1, 1, 1, 2]), np.array([0, 0, 1, 0])
    >>> first_of_episode(leads, episodes, np.array([True, True, True, False])).tolist()
    [True, False, True, False]
    """
    rows = np.flatnonzero(marked)
    again = (leads[rows][1:] == leads[rows][:-1]) & (episodes[rows][1:] == episodes[rows][:-1])
    first = np.zeros(len(leads), dtype=bool)
    first[rows[~np.concatenate([np.zeros(min(1, len(rows)), dtype=bool), again])]] = True
    return first


def lists_of(standings: Sequence[Standing], agreement: AgreementSpec) -> list[str]:
    """Name the list of `promises.bands` that each snapshot is placed by."""
    known: Mapping[str | None, str] = {
        lead_type: bands_of(lead_type, agreement) for lead_type in {standing.lead_type for standing in standings}
    }
    return [known[standing.lead_type] for standing in standings]


def _key(points: int, standing: Standing, last_band: str | None, agreement: AgreementSpec) -> _Key:
    """Lay out all that a placement depends on but its deadlines; a lot falls for each lead and week anew."""
    waits = standing.waits_until is not None and standing.as_of < standing.waits_until
    draws = (standing.lead_id, standing.as_of) if agreement.promises.exploration_share else ()
    return (
        points,
        standing.lead_type,
        standing.lifecycle_stage,
        last_band,
        standing.override,
        waits,
        standing.missing,
        *draws,
    )

"""Thresholds that keep the volume of each band when a new model scores the same leads otherwise.

Sales has planned for so many leads a band. A new champion may rank better and still move every score by a few points;
then the thresholds as they stand send sales more leads, or fewer, than agreed. These here are proposed, never set.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leadml.agreement.placement import bands_of
from leadml.agreement.scale import HIGHEST, LOWEST, shown
from leadml.specs.agreement_spec import AgreementSpec
from leadml.specs.promises_spec import BandSpec

FEWEST_LEADS = 50  # below, the highest band holds a handful, and a single lead moves its threshold by points

Scores = npt.NDArray[np.int64]


@dataclass(frozen=True)
class BandVolume:
    """One band: where it begins, and how many leads it holds, before and under the new model.

    Attributes
    ----------
    band : str
    threshold : int in 0..100
        `score_at_least` as it stands.
    leads_before : int
        Under the model before, by the threshold as it stands.
    leads_as_it_stands : int
        Under the new model, by the threshold as it stands.
    proposed : int in 0..100, or None
        The threshold that keeps the volume; None where there are too few leads to propose one.
    leads_proposed : int or None
        Under the new model, by the proposed threshold.
    """

    band: str
    threshold: int
    leads_before: int
    leads_as_it_stands: int
    proposed: int | None
    leads_proposed: int | None


@dataclass(frozen=True)
class VolumeKeeping:
    """One list of bands of `promises.bands`, with the volumes of its leads.

    Attributes
    ----------
    of : str
        Key of `promises.bands`: a lead type, or `default` for all types that have no bands of their own.
    leads : int
        Open leads that these bands place.
    bands : tuple of BandVolume
        The highest first, as in `sla.yaml`.
    """

    of: str
    leads: int
    bands: tuple[BandVolume, ...]

    @property
    def too_few(self) -> bool:
        """Whether there are too few leads for a proposal: fewer than `FEWEST_LEADS`."""
        return self.leads < FEWEST_LEADS

    @property
    def moves(self) -> bool:
        """Whether other thresholds than those that stand are proposed."""
        return any(band.proposed not in (None, band.threshold) for band in self.bands)

    @property
    def thresholds(self) -> tuple[int, ...]:
        """The proposed thresholds; those that stand where none is proposed."""
        return tuple(band.threshold if band.proposed is None else band.proposed for band in self.bands)


def volume_keeping(
    before: Sequence[int], after: Sequence[float], lead_types: Sequence[str | None], agreement: AgreementSpec
) -> tuple[VolumeKeeping, ...]:
    """Find, for each list of bands, the thresholds that keep its volumes under a new model.

    Parameters
    ----------
    before : sequence of int in 0..100, shape (n_leads,)
        Scores of the open leads under the model before.
    after : sequence of float, shape (n_leads,)
        Unclipped scores of the same leads under the new model, in score points; bands read them as people see them.
    lead_types : sequence of str or None, shape (n_leads,)
    agreement : AgreementSpec

    Returns
    -------
    volumes : tuple of VolumeKeeping
        One for each list of `promises.bands`, in its order; also for those that no lead has.

    Notes
    -----
    For each threshold, the leads at or above it are counted before; the new thresholds are the whole numbers, strictly
    falling to 0, for which these counts differ least in sum. Scores are whole numbers, so leads of one score stay
    together, and a count can miss by as many as have the same score. Of thresholds that keep the volumes equally well
    those nearest to the standing ones are taken, then the higher: equal scores leave every threshold where it is.
    """
    scores_before = np.asarray(before, dtype=np.int64)
    scores_after = np.array([shown(score) for score in after], dtype=np.int64)
    keys = np.array([bands_of(lead_type, agreement) for lead_type in lead_types], dtype=object)
    return tuple(
        _volumes_of(key, bands, scores_before[keys == key], scores_after[keys == key])
        for key, bands in agreement.bands.items()
    )


def _volumes_of(key: str, bands: tuple[BandSpec, ...], before: Scores, after: Scores) -> VolumeKeeping:
    standing = [band.score_at_least for band in bands]
    proposed = None if len(before) < FEWEST_LEADS else _nearest_thresholds(standing, before, after)
    was, stands = _held(standing, before), _held(standing, after)
    then = None if proposed is None else _held(proposed, after)
    return VolumeKeeping(
        key,
        len(before),
        tuple(
            BandVolume(
                band=band.name,
                threshold=band.score_at_least,
                leads_before=was[place],
                leads_as_it_stands=stands[place],
                proposed=None if proposed is None else proposed[place],
                leads_proposed=None if then is None else then[place],
            )
            for place, band in enumerate(bands)
        ),
    )


def _at_or_above(scores: Scores) -> Scores:
    """Count the leads at or above each whole score; shape (101,)."""
    counts = np.bincount(scores, minlength=HIGHEST + 1)
    reached: Scores = counts[::-1].cumsum()[::-1]
    return reached


def _held(thresholds: Sequence[int], scores: Scores) -> list[int]:
    """Count the leads of each band, the highest first."""
    held: list[int] = np.diff(_at_or_above(scores)[list(thresholds)], prepend=0).tolist()
    return held


def _nearest_thresholds(standing: Sequence[int], before: Scores, after: Scores) -> list[int]:
    """Choose strictly falling thresholds that differ least, all together: the cheapest path from the top to 0.

    The cost of a threshold is how many leads it misses, then how many points it moves; one lead missed outweighs all
    points that all thresholds could move.
    """
    wanted, reached = _at_or_above(before), _at_or_above(after)
    points = np.arange(HIGHEST + 1)
    one_lead = (HIGHEST + 1) * len(standing)
    costs = [one_lead * np.abs(reached - wanted[limit]) + np.abs(points - limit) for limit in standing[:-1]]
    unreachable = np.iinfo(np.int64).max // 2
    path: list[Scores] = []  # for each band, the cheapest cost down to it if it begins at this score
    for cost in costs:
        above = np.full(HIGHEST + 1, unreachable)
        above[:HIGHEST] = np.minimum.accumulate(path[-1][::-1])[::-1][1:] if path else 0
        above[HIGHEST] = unreachable if path else 0
        path.append(np.minimum(cost + above, unreachable))
    chosen = [LOWEST]
    for total in reversed(path):
        from_here = total[chosen[-1] + 1 :]
        chosen.append(HIGHEST - int(np.argmin(from_here[::-1])))
    return chosen[::-1]


def thresholds_as_they_stand(agreement: AgreementSpec) -> Mapping[str, tuple[int, ...]]:
    """Give the thresholds of each list of bands, as `sla.yaml` has them."""
    return {key: tuple(band.score_at_least for band in bands) for key, bands in agreement.bands.items()}

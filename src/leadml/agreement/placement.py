"""Places a score in the agreement: band, recommended lifecycle stage, what is owed and by when."""

from dataclasses import dataclass

from leadml.clock import HOUR
from leadml.specs.agreement_spec import AgreementSpec, BandSpec

DEFAULT = "default"  # the bands of every lead type that has none of its own


@dataclass(frozen=True)
class Placement:
    """What follows from a score.

    Attributes
    ----------
    band : str
    recommended_lifecycle_stage : str or None
        Never behind the stage the lead is in.
    automatic : bool
        Whether the band writes the stage by itself.
    respond_by : int or None, UTC microseconds
        When sales owe a response; None where nothing is owed.
    """

    band: str
    recommended_lifecycle_stage: str | None
    automatic: bool
    respond_by: int | None


def place(
    score: int, *, lead_type: str | None, lifecycle_stage: str | None, as_of: int, agreement: AgreementSpec
) -> Placement:
    """Place a score: a pure function of its arguments.

    Parameters
    ----------
    score : int in 0..100
    lead_type : str or None
        A type without bands of its own has the default ones.
    lifecycle_stage : str or None
        Where the lead stands; None where that is not known.
    as_of : int, UTC microseconds
        When the clock of the promise starts.
    agreement : AgreementSpec

    Returns
    -------
    placement : Placement
    """
    bands = agreement.promises.bands[bands_of(lead_type, agreement)]
    band = next(band for band in bands if score >= band.score_at_least)
    return Placement(
        band=band.name,
        recommended_lifecycle_stage=_never_backwards(band, lifecycle_stage, agreement.definitions.lifecycle_stages),
        automatic=band.automatic,
        respond_by=None if band.respond_within_hours is None else respond_by(as_of, band.respond_within_hours),
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


def _never_backwards(band: BandSpec, now_in: str | None, stages: tuple[str, ...]) -> str | None:
    if band.lifecycle_stage is None:
        return now_in
    if now_in in stages and stages.index(now_in) > stages.index(band.lifecycle_stage):
        return now_in
    return band.lifecycle_stage


def respond_by(as_of: int, hours: float) -> int:
    """Find the deadline of a response, in wall-clock hours.

    Parameters
    ----------
    as_of : int, UTC microseconds
    hours : float, >= 0

    Returns
    -------
    deadline : int, UTC microseconds

    Examples
    --------
    >>> respond_by(0, 1.5) // HOUR, respond_by(0, 1.5) % HOUR == HOUR // 2
    (1, True)
    """
    return as_of + round(hours * HOUR)

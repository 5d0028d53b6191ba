"""Under which terms each lead was handed over: its band, where that is known from, and what the band promises."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from leadml.agreement.placement import bands_of
from leadml.clock import Instants, just_after_each
from leadml.hand_overs import HandOvers
from leadml.history.tables import NOT_THERE, Codes, History, Mask
from leadml.kept.facts import Words, marked_words, words_at
from leadml.outcomes import NEVER
from leadml.snapshots import known_lead_type
from leadml.specs.agreement_spec import AgreementSpec
from leadml.specs.promises_spec import BandSpec, CadenceSpec


class BandSource(StrEnum):
    """Where the band of a hand-over is known from, the best source first."""

    DECISION = "decision"
    STAGE = "stage"
    NONE = "none"


@dataclass(frozen=True)
class Terms:
    """What one band promises, to the leads that have it.

    Attributes
    ----------
    band : BandSpec or None
        None: no band hands leads of this type over; the connect attempts are owed all the same.
    cadence : CadenceSpec
    rows : int array
        Which hand-overs have these terms.
    """

    band: BandSpec | None
    cadence: CadenceSpec
    rows: Codes


@dataclass(frozen=True)
class HandedUnder:
    """The terms of all hand-overs: arrays of shape (n,).

    Attributes
    ----------
    lead_types, bands : object array of str or None
        None where that is not known.
    sources : object array of BandSource
    terms : tuple of Terms
        Each hand-over has one.
    recommended_at : int array, UTC microseconds
        When a decision first named a band that hands over, since the lead came to the stage before; `NEVER` where none
        did.
    """

    lead_types: Words
    bands: Words
    sources: Words
    terms: tuple[Terms, ...]
    recommended_at: Instants


def find_terms(history: History, agreement: AgreementSpec, hand_overs: HandOvers, entered: Instants) -> HandedUnder:
    """Find under which terms leads were handed over.

    Parameters
    ----------
    history : History
    agreement : AgreementSpec
    hand_overs : HandOvers
        Of this history, n of them.
    entered : int array, shape (n,), UTC microseconds
        When each lead came to the stage before; `NEVER` where that is not known.

    Returns
    -------
    under : HandedUnder

    Notes
    -----
    The band is that of the latest decision known at the hand-over; one up to the lead's previous hand-over belongs to
    that one. Where none is known it is the lowest band that recommends the stage of the hand-over: what it promises is
    owed at least. Scores are not asked: those of the table `scores` are other scores, and a model of today knows how
    the lead went on.
    """
    size, definitions = len(hand_overs.leads), agreement.definitions
    lead_types = known_lead_type(history, hand_overs.leads, just_after_each(hand_overs.known_at), definitions)
    keys = np.array([bands_of(lead_type, agreement) for lead_type in lead_types], dtype=object)
    bands, sources = np.full(size, None, dtype=object), np.full(size, BandSource.NONE, dtype=object)
    recommended_at, terms = np.full(size, NEVER), []
    for key, listed in agreement.bands.items():
        rows = np.flatnonzero(keys == key)
        handing = _handing_over(listed, agreement)
        recommended_at[rows] = _recommended(history, hand_overs.rows(rows), entered[rows], handing)
        # The better source is written last.
        if handing:
            bands[rows], sources[rows] = handing[-1].name, BandSource.STAGE
        decided = _decided(history, hand_overs.rows(rows), listed)
        by_decision = np.flatnonzero(~_is(decided, None))
        bands[rows[by_decision]], sources[rows[by_decision]] = decided[by_decision], BandSource.DECISION
        terms += _terms_of(rows, bands, listed, agreement.promises.connect_attempts)
    return HandedUnder(lead_types, bands, sources, tuple(terms), recommended_at)


def _terms_of(rows: Codes, bands: Words, listed: Sequence[BandSpec], usual: CadenceSpec) -> list[Terms]:
    """Tell which hand-overs have which terms, one for each band that some of them have."""
    found = []
    for band in (*listed, None):
        of_band = rows[_is(bands[rows], None if band is None else band.name)]
        if len(of_band):
            found.append(Terms(band, (band and band.connect_attempts) or usual, of_band))
    return found


def _is(words: Words, word: str | None) -> Mask:
    return np.array([each == word for each in words], dtype=bool)


def _handing_over(bands: Sequence[BandSpec], agreement: AgreementSpec) -> tuple[BandSpec, ...]:
    """Give the bands that recommend the stage of the hand-over; where none does, those that recommend one beyond."""
    stages, target = agreement.definitions.lifecycle_stages, agreement.definitions.hand_over_stage
    beyond = [band for band in bands if band.lifecycle_stage in stages[stages.index(target) :]]
    return tuple(band for band in beyond if band.lifecycle_stage == target) or tuple(beyond)


def _decided(history: History, hand_overs: HandOvers, bands: Sequence[BandSpec]) -> Words:
    """Give the band of the latest decision known at each hand-over, None where there is none since the previous one."""
    decisions = marked_words(history, "decisions", "band", [band.name for band in bands])
    decided_at, places = decisions.last_until(hand_overs.leads, hand_overs.happened_at, hand_overs.known_at)
    before = (hand_overs.previous_at != NEVER) & (decided_at <= hand_overs.previous_at)
    return words_at(decisions, "band", np.where(before, NOT_THERE, places))


def _recommended(history: History, hand_overs: HandOvers, entered: Instants, handing: Sequence[BandSpec]) -> Instants:
    """Find when a decision first named a band that hands over, since the lead came to the stage before."""
    decisions = marked_words(history, "decisions", "band", [band.name for band in handing])
    since = np.where(entered == NEVER, hand_overs.happened_at, entered)
    happened_at, _ = decisions.first_in(hand_overs.leads, since, hand_overs.happened_at + 1)
    return happened_at

"""Where leads stand at the instant of a score: what placing knows of them beside the score.

Everything is asked of the one engine, so a decision, a return or an attribute that was not known before `as_of` is not
seen. A table that is absent is unknown: nobody decided, nobody returned, as far as one knows.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from leadml.agreement.placement import Standing
from leadml.agreement.transitions import required_fields
from leadml.clock import DAY, Instants
from leadml.engine.catalogue import Catalogue
from leadml.engine.compute import compute_features
from leadml.engine.matrix import FeatureMatrix
from leadml.history.tables import Codes, History
from leadml.snapshots import LEAD_TYPE, STATUS_MEANING, stage_feature
from leadml.specs.agreement_spec import AgreementSpec, RequiredFieldSpec
from leadml.specs.feature_spec import NO_LABEL, FeatureSpec
from leadml.vocabulary import StatusMeaning

# The words of `decisions` that mean something (docs/agreement.md, "Placing"); any other is a decision all the same.
HAND_OVER, OVERRIDE, RECYCLE = "hand_over", "override", "recycle"

_NEVER = np.iinfo(np.int64).min
_RETURNED = {"meaning": str(StatusMeaning.RETURNED)}


class LastBand(NamedTuple):
    """The band of the last answer about a lead, which its history does not tell.

    Attributes
    ----------
    band : str
    as_of : int, UTC microseconds
        Of that answer: a decision from then on says more.
    """

    band: str
    as_of: int


class Standings:
    """Finds where leads stand, under one agreement.

    Parameters
    ----------
    agreement : AgreementSpec
        Only what it needs is asked: the attributes that its stages require, returns where a reason makes a lead wait.
    """

    def __init__(self, agreement: AgreementSpec) -> None:
        definitions = agreement.definitions
        self._fields = required_fields(definitions)
        self._required = required_features(self._fields)
        self._waits = {
            reason: round(agreed.recycle_after_days * DAY)
            for reason, agreed in definitions.return_reasons.items()
            if agreed.recycle_after_days is not None
        }
        bands = tuple(dict.fromkeys(band.name for bands in agreement.promises.bands.values() for band in bands))
        features = (
            LEAD_TYPE,
            stage_feature(definitions),
            *_decisions(bands),
            *(_waiting(definitions.hand_over_stage) if self._waits else ()),
            *((STATUS_MEANING,) if agreement.promises.exploration_share else ()),
            *self._required,
        )
        self._catalogue = Catalogue(features, {feature.name: feature.table for feature in features}, definitions)

    def find(
        self,
        history: History,
        lead_ids: Sequence[str],
        leads: Codes,
        as_of: Instants,
        last_bands: Mapping[str, LastBand] | None = None,
    ) -> list[Standing]:
        """Find where leads stand, by what was known.

        Parameters
        ----------
        history : History
        lead_ids : sequence of str, shape (n,)
        leads : int array, shape (n,)
            Their positions in the history.
        as_of : int array, shape (n,), UTC microseconds
        last_bands : mapping of lead_id to LastBand, optional
            What answers said that the history does not hold; a decision that names a band and is not older says more.

        Returns
        -------
        standings : list of Standing, n long
        """
        told = _Told(compute_features(history, leads, as_of, self._catalogue))
        lead_types, stages = told.words(LEAD_TYPE.name), told.words("stage")
        overrides, decided = _overrides(told), _last_bands(told, as_of)
        waits = self._open_waits(told, as_of)
        closed = [meaning == StatusMeaning.CLOSED for meaning in told.words(STATUS_MEANING.name)]
        missing = [told.missing(feature.name) for feature in self._required]
        answered = last_bands or {}
        return [
            Standing(
                as_of=instant,
                lead_type=lead_types[row],
                lifecycle_stage=stages[row],
                last_band=_later(decided[row], answered.get(lead_id)),
                override=overrides[row],
                waits_until=waits[row][0],
                missing=tuple(field for field, lacking in zip(self._fields, missing, strict=True) if lacking[row]),
                lead_id=lead_id,
                closed=closed[row],
                returned_as=waits[row][1],
            )
            for row, (lead_id, instant) in enumerate(zip(lead_ids, as_of.tolist(), strict=True))
        ]

    def _open_waits(self, told: "_Told", as_of: Instants) -> list[tuple[int | None, str | None]]:
        """Find until when each lead waits, and the reason for which it was returned."""
        reasons = told.words("return_reason")
        waits: list[tuple[int | None, str | None]] = []
        handed_over = told.numbers("handed_over") > 0
        ended_at = told.instants("wait_ended_days", as_of)
        begun = np.full(told.size, _NEVER)
        for start in ("returned", "recycled"):
            at = told.instants(f"{start}_days", as_of)
            over = (handed_over & np.isnan(told.numbers(f"{start}_since_hand_over"))) | (ended_at > at)
            begun = np.maximum(begun, np.where(over, _NEVER, at))
        for instant, begin, reason in zip(as_of.tolist(), begun.tolist(), reasons, strict=True):
            days = self._waits.get(reason or "")  # "" is a return without a reason
            until = None if days is None or begin == _NEVER else begin + days
            waits.append((until, reason) if until is not None and instant < until else (None, None))
        return waits


def required_features(fields: Sequence[RequiredFieldSpec]) -> tuple[FeatureSpec, ...]:
    """Ask for fields that stages require, as features; each is missing where nobody knows it.

    Parameters
    ----------
    fields : sequence of RequiredFieldSpec

    Returns
    -------
    features : tuple of FeatureSpec
        In the same order.
    """
    return tuple(
        FeatureSpec(
            name=f"required_{place}",
            label=NO_LABEL,
            kind="attribute",
            attribute=field.attribute,
            of=field.of,
            values="category",
            when_nothing="missing",
        )
        for place, field in enumerate(fields)
    )


class _Told:
    """What the engine says of some leads; of what was not asked: nothing."""

    def __init__(self, matrix: FeatureMatrix) -> None:
        self._matrix, self.size = matrix, len(matrix.values)
        self._places = {name: place for place, name in enumerate(matrix.names)}

    def numbers(self, name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Give a feature's values, NaN where it says nothing."""
        if name not in self._places:
            return np.full(self.size, np.nan)
        return self._matrix.values[:, self._places[name]]

    def words(self, name: str) -> list[str | None]:
        """Give the words of a category."""
        words = np.array([*self._matrix.words.get(name, ()), None], dtype=object)
        codes = self.numbers(name)
        told: list[str | None] = words[np.where(np.isnan(codes), -1, codes).astype(np.int64)].tolist()
        return told

    def missing(self, name: str) -> list[bool]:
        """Tell of which leads a value is not known."""
        unknown: list[bool] = np.isnan(self.numbers(name)).tolist()
        return unknown

    def instants(self, name: str, as_of: Instants) -> Instants:
        """Turn days before `as_of` into instants: exact, as a float holds 70 years of microseconds."""
        days = self.numbers(name)
        never = np.isnan(days)
        return np.where(never, _NEVER, as_of - np.rint(np.where(never, 0.0, days) * DAY).astype(np.int64))


def _overrides(told: _Told) -> list[str | None]:
    """Find the bands that people chose: an override holds until the lead's next decision, whatever that is."""
    decisions, bands = told.words("decision"), told.words("decision_band")
    return [band if word == OVERRIDE else None for word, band in zip(decisions, bands, strict=True)]


def _last_bands(told: _Told, as_of: Instants) -> list[LastBand | None]:
    bands, instants = told.words("last_band"), told.instants("last_band_days", as_of).tolist()
    return [None if band is None else LastBand(band, at) for band, at in zip(bands, instants, strict=True)]


def _later(decided: LastBand | None, answered: LastBand | None) -> str | None:
    """Choose the band that was said last; of one instant, the decision's."""
    if decided is None or answered is None:
        only = decided or answered
        return None if only is None else only.band
    return decided.band if decided.as_of >= answered.as_of else answered.band


def _decisions(bands: tuple[str, ...]) -> tuple[FeatureSpec, ...]:
    """Ask for the last decision, and for the last band: one that no list of the agreement has says nothing."""
    named = {"band": bands}
    return (
        _ask("decision", "latest", "decisions", value="decision"),
        _ask("decision_band", "latest", "decisions", value="band"),
        _ask("last_band", "latest", "decisions", value="band", where=named),
        _ask("last_band_days", "days_since", "decisions", where=named),
    )


def _waiting(hand_over_stage: str) -> tuple[FeatureSpec, ...]:
    """Ask for what makes a lead wait, and for what ends it: another hand-over, as entered or as decided."""
    recycled = {"decision": RECYCLE}
    return (
        _ask("return_reason", "latest", "status_changes", value="reason", where=_RETURNED),
        _ask("returned_days", "days_since", "status_changes", where=_RETURNED),
        _ask("returned_since_hand_over", "days_since", "status_changes", where=_RETURNED, since_stage=hand_over_stage),
        _ask("recycled_days", "days_since", "decisions", where=recycled),
        _ask("recycled_since_hand_over", "days_since", "decisions", where=recycled, since_stage=hand_over_stage),
        _ask("handed_over", "count", "stage_changes", where={"lifecycle_stage": hand_over_stage}),
        _ask("wait_ended_days", "days_since", "decisions", where={"decision": (HAND_OVER, OVERRIDE)}),
    )


def _ask(name: str, kind: str, table: str, **keys: object) -> FeatureSpec:
    return FeatureSpec.model_validate(
        {"name": name, "label": NO_LABEL, "kind": kind, "table": table, "when_nothing": "missing", **keys}
    )

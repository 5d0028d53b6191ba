"""Marketing's side: how many leads were handed over, and of what quality."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from leadml.clock import just_after_each
from leadml.engine.catalogue import Catalogue
from leadml.engine.compute import compute_features
from leadml.hand_overs import HandOvers
from leadml.history.tables import ATTRIBUTES_OF, History, Mask
from leadml.kept.figures import Share
from leadml.kept.judging import Judged
from leadml.kept.period import Period
from leadml.kept.weeks import mondays_of, week_name, weeks_between
from leadml.specs.agreement_spec import DefinitionsSpec, RequiredFieldSpec
from leadml.specs.feature_spec import FeatureSpec
from leadml.specs.reading import Label


@dataclass(frozen=True)
class Week:
    """The hand-overs of a week; whole where all its days lie in the period."""

    name: str
    hand_overs: int
    whole: bool


@dataclass(frozen=True)
class MarketingSide:
    """What marketing delivered.

    Attributes
    ----------
    weeks : tuple of Week
        Those that the period touches, also without a hand-over.
    a_week : float or None
        Mean of the whole weeks; None where there is none.
    returned : Share
        Of all hand-overs, those that sales gave back.
    stayed : Share
        Of those whose grace is over, the ones that stayed with sales or went on.
    incomplete : Share
        Of all hand-overs, those that lacked a required field.
    lacking : mapping of attribute to int
        How many lacked it.
    """

    weeks: tuple[Week, ...]
    a_week: float | None
    returned: Share
    stayed: Share
    incomplete: Share
    lacking: Mapping[str, int]

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain JSON types."""
        return {
            "weeks": [{"week": week.name, "hand_overs": week.hand_overs, "whole": week.whole} for week in self.weeks],
            "hand_overs_a_week": self.a_week,
            "returned": self.returned.to_dict(),
            "stayed": self.stayed.to_dict(),
            "incomplete": self.incomplete.to_dict(),
            "lacking": dict(self.lacking),
        }


def marketing_side(history: History, judged: Judged, period: Period) -> MarketingSide:
    """Sum up what marketing delivered.

    Parameters
    ----------
    history : History
    judged : Judged
        The hand-overs of the period.
    period : Period
        Where it has no begin, it begins with the first hand-over; it never goes beyond the instant of the report.

    Returns
    -------
    side : MarketingSide
    """
    weeks, stayed = _weeks(judged, period), judged.stayed()
    lacks = missing_fields(history, judged.hand_overs, judged.agreement.definitions)
    incomplete = np.zeros(len(judged), dtype=bool)
    for missing in lacks.values():
        incomplete |= missing
    whole = [week.hand_overs for week in weeks if week.whole]
    return MarketingSide(
        weeks=weeks,
        a_week=sum(whole) / len(whole) if whole else None,
        returned=Share.of_leads(int(judged.returned.sum()), len(judged)),
        stayed=Share.of_leads(int(np.nansum(stayed)), int(np.isfinite(stayed).sum())),
        incomplete=Share.of_leads(int(incomplete.sum()), len(judged) if lacks else 0),
        lacking={attribute: int(missing.sum()) for attribute, missing in lacks.items()},
    )


def missing_fields(history: History, hand_overs: HandOvers, definitions: DefinitionsSpec) -> dict[str, Mask]:
    """Tell which hand-overs lacked a required field when they were made.

    Parameters
    ----------
    history : History
    hand_overs : HandOvers
    definitions : DefinitionsSpec
        Says which attributes must be known to enter the stage of the hand-over.

    Returns
    -------
    missing : dict of attribute to bool array, shape (n,)
        Without those of whose table nothing is known.
    """
    required = [
        field
        for field in (definitions.required_fields or {}).get(definitions.hand_over_stage, ())
        if ATTRIBUTES_OF[field.of] in history.facts
    ]
    if not required or not len(hand_overs.leads):
        return {}
    features = tuple(_feature_of(field) for field in required)
    catalogue = Catalogue(features, {feature.name: feature.table for feature in features}, definitions)
    matrix = compute_features(history, hand_overs.leads, just_after_each(hand_overs.known_at), catalogue)
    return {
        field.attribute: np.isnan(matrix.values[:, matrix.names.index(feature.name)])
        for field, feature in zip(required, features, strict=True)
    }


def _feature_of(field: RequiredFieldSpec) -> FeatureSpec:
    return FeatureSpec(
        name=f"{field.of}_{field.attribute}",
        label=Label(en="", ja=""),
        kind="attribute",
        attribute=field.attribute,
        of=field.of,
        values="category",
        when_nothing="missing",
    )


def _weeks(judged: Judged, period: Period) -> tuple[Week, ...]:
    handed, calendar = judged.hand_overs.happened_at, judged.calendar
    if not len(handed):
        return ()
    begin = period.begin if period.begins else int(handed.min())
    end = min(period.end, judged.as_of)
    mondays = mondays_of(handed, calendar)
    return tuple(
        Week(week_name(monday), int((mondays == monday).sum()), whole)
        for monday, whole in weeks_between(begin, end, calendar)
    )

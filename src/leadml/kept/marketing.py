"""Marketing's side: how many leads were handed over, and of what quality."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from leadml.history.tables import History
from leadml.kept.figures import Share
from leadml.kept.judging import Judged
from leadml.kept.period import Period
from leadml.kept.weeks import mondays_of, week_name, weeks_between
from leadml.stage_checks import lacking_fields


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
        Of those that are `Judged.settled`, the ones that sales gave back, also after the grace.
    young, young_returned : int
        Those that are not settled yet, and how many of them came back already.
    stayed : Share
        Of those whose grace is over, the ones that stayed with sales or went on.
    incomplete : Share
        Of all hand-overs, those that lacked a required field.
    lacking : mapping of field to int
        How many lacked it; a field of the company is called `company.` and its name, as `leadml check` calls it.
    """

    weeks: tuple[Week, ...]
    a_week: float | None
    returned: Share
    young: int
    young_returned: int
    stayed: Share
    incomplete: Share
    lacking: Mapping[str, int]

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain JSON types."""
        return {
            "weeks": [{"week": week.name, "hand_overs": week.hand_overs, "whole": week.whole} for week in self.weeks],
            "hand_overs_a_week": self.a_week,
            "returned": self.returned.to_dict(),
            "too_young": self.young,
            "too_young_and_returned": self.young_returned,
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
    settled, definitions = judged.settled, judged.agreement.definitions
    handed = judged.hand_overs
    lacks = lacking_fields(history, handed.leads, handed.happened_at, definitions.hand_over_stage, definitions)
    incomplete = np.zeros(len(judged), dtype=bool)
    for missing in lacks.values():
        incomplete |= missing
    whole = [week.hand_overs for week in weeks if week.whole]
    return MarketingSide(
        weeks=weeks,
        a_week=sum(whole) / len(whole) if whole else None,
        returned=Share.of_leads(int((judged.returned & settled).sum()), int(settled.sum())),
        young=int((~settled).sum()),
        young_returned=int((judged.returned & ~settled).sum()),
        stayed=Share.of_leads(int(np.nansum(stayed)), int(np.isfinite(stayed).sum())),
        incomplete=Share.of_leads(int(incomplete.sum()), len(judged) if lacks else 0),
        lacking={field: int(missing.sum()) for field, missing in lacks.items()},
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

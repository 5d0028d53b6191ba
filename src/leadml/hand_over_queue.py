"""Whom to hand over now: the leads whose score says so, the best first, as many as sales can still take.

Worked example, three leads a day from Monday to Friday: on Wednesday nine leads of this week may have gone to sales.
Seven went, so two more go; the others wait, and who is better tomorrow goes before them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from leadml.agreement.business_calendar import BusinessCalendar
from leadml.clock import to_iso
from leadml.hand_overs import HandOvers
from leadml.kept.weeks import mondays_of
from leadml.scoring import LeadScore
from leadml.specs.agreement_spec import AgreementSpec

_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class HandOverQueue:
    """The leads that are to be handed over at an instant.

    Attributes
    ----------
    as_of : int, UTC microseconds
    agreement : AgreementSpec
    handed_over_this_week : int
        Hand-overs since the local Monday, as far as they were known.
    room : int or None
        How many leads sales can take now: none while the office has its day off; None where no capacity is agreed.
    waiting : tuple of LeadScore
        Those that nothing holds from the hand-over: explored ones first, as a lot gives leads of low scores, then by
        score.
    """

    as_of: int
    agreement: AgreementSpec
    handed_over_this_week: int
    room: int | None
    waiting: tuple[LeadScore, ...]

    @property
    def goes_now(self) -> tuple[LeadScore, ...]:
        """Those that sales can take now."""
        return self.waiting[: self.room]

    def to_dict(self) -> dict[str, Any]:
        """Lay it out as `--json` gives it."""
        capacity, goes = self.agreement.promises.capacity, len(self.goes_now)
        return {
            "as_of": to_iso(self.as_of),
            "sla_version": self.agreement.version,
            "leads_a_day": None if capacity is None else capacity.leads_a_day_together,
            "handed_over_this_week": self.handed_over_this_week,
            "room": self.room,
            "waiting": [
                {
                    "place": place,
                    "goes_now": place <= goes,
                    "lead_id": score.lead_id,
                    "score": score.score,
                    "band": score.placement.band,
                    "explored": score.placement.explored,
                    "owner": score.placement.owner,
                    "lifecycle_stage": score.lifecycle_stage,
                    "recommended_lifecycle_stage": score.placement.recommended_lifecycle_stage,
                }
                for place, score in enumerate(self.waiting, start=1)
            ],
        }


def make_queue(
    scores: Sequence[LeadScore], hand_overs: HandOvers, agreement: AgreementSpec, as_of: int
) -> HandOverQueue:
    """Line up the leads that are to be handed over.

    Parameters
    ----------
    scores : sequence of LeadScore
        Given at `as_of`.
    hand_overs : HandOvers
        All of the history.
    agreement : AgreementSpec
        Its capacity says how many leads sales can take on a working day. What a day leaves over may be used until the
        local week ends, and a part of a lead adds up: two and a half a week are two and three by turns.
    as_of : int, UTC microseconds

    Returns
    -------
    queue : HandOverQueue
    """
    stages = agreement.definitions.lifecycle_stages
    with_sales = stages[stages.index(agreement.definitions.hand_over_stage) :]
    waiting = [
        score
        for score in scores
        if score.placement.recommended_lifecycle_stage in with_sales and score.lifecycle_stage not in with_sales
    ]
    waiting.sort(key=lambda score: (not score.placement.explored, -score.explanation.unclipped, score.lead_id))
    calendar = BusinessCalendar(agreement.calendar)
    now = np.array([as_of], dtype=np.int64)
    monday, today = int(mondays_of(now, calendar)[0]), int(calendar.local_days(now)[0])
    known = hand_overs.happened_at[(hand_overs.known_at < as_of) & (hand_overs.happened_at < as_of)]
    this_week = int((mondays_of(known, calendar) == monday).sum())
    room = _room(agreement, calendar, (monday, today), this_week)
    return HandOverQueue(as_of, agreement, this_week, room, tuple(waiting))


def _room(agreement: AgreementSpec, calendar: BusinessCalendar, week: tuple[int, int], taken: int) -> int | None:
    """Tell how many more leads go today, `(monday, today)` being local days."""
    capacity, (monday, today) = agreement.promises.capacity, week
    if capacity is None:
        return None
    begins = agreement.valid_from.toordinal() - _EPOCH
    days = np.arange(min(begins, monday), today + 1)
    working = calendar.is_working_day(days)
    if not working[-1]:
        return 0
    a_day = capacity.leads_a_day_together
    # Counted from one fixed day on: so nothing is kept from week to week, and no part of a lead is lost.
    before, so_far = (math.floor(int(working[days < end].sum()) * a_day + 1e-9) for end in (monday, today + 1))
    return max(so_far - before - taken, 0)

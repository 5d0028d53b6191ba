"""What one agreement would have made of the past: volumes, hours, outcomes, capacity."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from leadml.agreement.business_calendar import BusinessCalendar
from leadml.history.tables import Codes, Mask
from leadml.kept.weeks import mondays_of
from leadml.outcomes import NEVER
from leadml.specs.agreement_spec import AgreementSpec
from leadml.trials.expected import Became
from leadml.trials.placing import Placed, lists_of, place_history
from leadml.trials.queue import Arrivals, Queue, work_off
from leadml.trials.scored import Scored

_LONGEST_DAYS = 36_500  # as of no maximum age: the longest that an agreement can name


@dataclass(frozen=True)
class BandVolume:
    """A band of one list of `promises.bands`: in a usual week so many leads were last placed there."""

    bands_of: str
    band: str
    leads_a_week: float


@dataclass(frozen=True)
class TypeVolume:
    """The hand-overs of one lead type; None of leads whose type is not known."""

    lead_type: str | None
    hand_overs: int
    a_week: float
    became: Became


@dataclass(frozen=True)
class CapacityUse:
    """Hand-overs as far as sales can take them.

    Attributes
    ----------
    leads_a_day : float
        What sales can take on a working day, all together.
    working_days, over_days : int
        Working days of the span; those on which more leads came.
    handed_over : int
        Leads that came to be handed over, at most so many a day in order of score.
    waited : int
        Of these, those that had to wait.
    usual_wait_days, longest_wait_days : float
        Median and longest wait of those that waited; 0 where nobody did.
    given_up : int
        Leads that became stale in the queue, or whose later score was too low.
    still_waiting : int
        Leads in the queue when the span ended.
    became : Became
        Of those handed over, at the scores with which they came.
    """

    leads_a_day: float
    working_days: int
    over_days: int
    handed_over: int
    waited: int
    usual_wait_days: float
    longest_wait_days: float
    given_up: int
    still_waiting: int
    became: Became


@dataclass(frozen=True)
class Side:
    """What one agreement would have made of the past.

    Attributes
    ----------
    version : str
    bands : tuple of BandVolume
    hand_overs : int
    hand_overs_a_week : float
    hours_a_week : float or None
        Of sales, by `capacity.hours_a_lead`; None where no capacity is agreed.
    became : Became
    by_type : tuple of TypeVolume
    capacity : CapacityUse or None
    """

    version: str
    bands: tuple[BandVolume, ...]
    hand_overs: int
    hand_overs_a_week: float
    hours_a_week: float | None
    became: Became
    by_type: tuple[TypeVolume, ...]
    capacity: CapacityUse | None


@dataclass(frozen=True)
class Seen:
    """One agreement on the past, with all that its figures are counted from."""

    scored: Scored
    agreement: AgreementSpec
    placed: Placed
    queue: Queue | None

    @property
    def handed(self) -> Codes:
        """The rows at which a lead is handed over, by lead and then by time."""
        return np.flatnonzero(self.placed.hands_over)

    def groups(self) -> dict[str, Codes]:
        """Name the groups of hand-overs whose outcomes are told."""
        handed = self.handed
        groups = {"all": handed}
        for lead_type in types_of(self.scored):
            of_type = [self.scored.standings[row].lead_type == lead_type for row in handed.tolist()]
            groups[f"type:{lead_type}"] = handed[np.array(of_type, dtype=bool)]
        if self.queue is not None:
            groups["taken"] = handed[self.queue.handed_on >= 0]
        return groups

    def side(self, became: Mapping[str, Became]) -> Side:
        """Sum it up."""
        capacity, groups, scored = self.agreement.promises.capacity, self.groups(), self.scored
        a_week = len(self.handed) / scored.weeks
        return Side(
            version=self.agreement.version,
            bands=_band_volumes(scored, self.placed, self.agreement),
            hand_overs=len(self.handed),
            hand_overs_a_week=a_week,
            hours_a_week=None if capacity is None else a_week * capacity.hours_a_lead,
            became=became["all"],
            by_type=tuple(
                TypeVolume(
                    lead_type,
                    len(groups[f"type:{lead_type}"]),
                    len(groups[f"type:{lead_type}"]) / scored.weeks,
                    became[f"type:{lead_type}"],
                )
                for lead_type in types_of(scored)
            ),
            capacity=None if capacity is None else self._use(capacity.leads_a_day_together, became["taken"]),
        )

    def _use(self, leads_a_day: float, became: Became) -> CapacityUse | None:
        queue = self.queue
        if queue is None:
            return None
        handed = queue.handed_on >= 0
        waited = queue.waited
        waits = ~handed & (queue.leaves_on > queue.last_day)
        return CapacityUse(
            leads_a_day=leads_a_day,
            working_days=len(queue.working_days),
            over_days=len(queue.over_days),
            handed_over=int(handed.sum()),
            waited=len(waited),
            usual_wait_days=float(np.median(waited)) if len(waited) else 0.0,
            longest_wait_days=float(waited.max(initial=0)),
            given_up=int((~handed & ~waits).sum()),
            still_waiting=int(waits.sum()),
            became=became,
        )


def see(scored: Scored, agreement: AgreementSpec) -> Seen:
    """Place the past under an agreement, and work it off as its capacity allows.

    Parameters
    ----------
    scored : Scored
        With leads where they stand under this agreement: see `Scored.under`.
    agreement : AgreementSpec

    Returns
    -------
    seen : Seen
    """
    placed = place_history(scored, agreement)
    capacity = agreement.promises.capacity
    queue = None if capacity is None else queue_of(scored, placed, agreement, capacity.leads_a_day_together)
    return Seen(scored, agreement, placed, queue)


def queue_of(scored: Scored, placed: Placed, agreement: AgreementSpec, leads_a_day: float) -> Queue:
    """Work off the hand-overs of a placement.

    Parameters
    ----------
    scored : Scored
    placed : Placed
    agreement : AgreementSpec
        Its calendar says which days are working days, its bands how old a hand-over may become.
    leads_a_day : float, > 0

    Returns
    -------
    queue : Queue
        One entry a hand-over, in the order of `placed.hands_over`.
    """
    calendar = BusinessCalendar(agreement.calendar)
    first, last = calendar.local_days(np.array([scored.as_of.min(initial=scored.from_), scored.until], dtype=np.int64))
    days = int(first), int(last)
    return work_off(arrivals_of(scored, placed, agreement), leads_a_day, calendar, days=days)


def arrivals_of(scored: Scored, placed: Placed, agreement: AgreementSpec) -> Arrivals:
    """Tell when the hand-overs of a placement come, and how long they may wait.

    Parameters
    ----------
    scored : Scored
    placed : Placed
    agreement : AgreementSpec

    Returns
    -------
    arrivals : Arrivals
        One entry a hand-over, in the order of `placed.hands_over`. Who is explored goes first: a lot hands over leads
        of low scores, which a queue in order of score would never reach.
    """
    days = BusinessCalendar(agreement.calendar).local_days(scored.as_of)
    handed = np.flatnonzero(placed.hands_over)
    ages = {
        (of, band.name): _LONGEST_DAYS if band.maximum_age_days is None else int(band.maximum_age_days)
        for of, bands in agreement.promises.bands.items()
        for band in bands
    }
    lists = lists_of(scored.standings, agreement)
    stale = np.array([ages[lists[row], placed.bands[row]] + 1 for row in handed.tolist()], dtype=np.int64)
    leaves_on = np.minimum(days[handed] + stale, _falls_back_on(scored, placed.recommends, days)[handed])
    first = np.where(placed.explored, np.inf, scored.margin)
    return Arrivals(days[handed], first[handed], leaves_on)


def types_of(scored: Scored) -> list[str | None]:
    """Name the lead types that occur, in order; None last."""
    found = {standing.lead_type for standing in scored.standings}
    return [*sorted(word for word in found if word is not None), *([None] if None in found else [])]


def _falls_back_on(scored: Scored, recommends: Mask, days: Codes) -> Codes:
    """Give for each snapshot the day of the next one of its lead that is placed lower, or is a new episode."""
    same_lead = scored.leads[1:] == scored.leads[:-1]
    ends = np.flatnonzero(~recommends[1:] | ~same_lead | (scored.episodes[1:] != scored.episodes[:-1])) + 1
    # After each snapshot, the next row that is placed lower or belongs to another lead or episode.
    following = np.append(ends, len(scored))[np.searchsorted(ends, np.arange(len(scored)), side="right")]
    there = np.minimum(following, len(scored) - 1)
    of_lead = (following < len(scored)) & (scored.leads[there] == scored.leads)
    falls: Codes = np.where(of_lead, days[there], NEVER)
    return falls


def _band_volumes(scored: Scored, placed: Placed, agreement: AgreementSpec) -> tuple[BandVolume, ...]:
    """Count each lead once a local week, where it was placed last."""
    weeks = mondays_of(scored.as_of, BusinessCalendar(agreement.calendar))
    last = np.ones(len(scored), dtype=bool)
    last[:-1] = (scored.leads[1:] != scored.leads[:-1]) | (weeks[1:] != weeks[:-1])
    lists = lists_of(scored.standings, agreement)
    counts: dict[tuple[str, str], int] = {}
    for row in np.flatnonzero(last).tolist():
        key = lists[row], placed.bands[row]
        counts[key] = counts.get(key, 0) + 1
    return tuple(
        BandVolume(of, band.name, counts.get((of, band.name), 0) / scored.weeks)
        for of, bands in agreement.promises.bands.items()
        for band in bands
    )

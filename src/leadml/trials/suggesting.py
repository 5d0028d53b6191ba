"""Thresholds that fit what sales can take, or how much they may give back: proposed, never set.

A threshold alone cannot keep a volume: leads come when they come, and one point of score moves a week by several. So
it is put where the leads that come use 95 % of the capacity or more in nineteen of twenty spans, and what comes beyond
it waits in the queue in order of score: hand-overs then follow the capacity, not the arrivals.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np

from leadml.agreement.business_calendar import BusinessCalendar
from leadml.agreement.scale import Scale, probability
from leadml.agreement.thresholds import FEWEST_LEADS
from leadml.clock import DAY, to_iso
from leadml.errors import LeadmlError
from leadml.history.tables import Codes, History
from leadml.learners.trained_model import TrainedModel
from leadml.specs.agreement_spec import AgreementSpec
from leadml.specs.project_spec import ProjectSpec, meaning_of
from leadml.splits import rolling_periods
from leadml.training import learned_outcome, prepare
from leadml.trials.expected import Expected, expect, next_count
from leadml.trials.filling import surely_used
from leadml.trials.placing import Placed, place_history
from leadml.trials.queue import Arrivals
from leadml.trials.returns import FEWEST_HAND_OVERS, Returns, returns_seen
from leadml.trials.scored import Scored, score_what_is_new, score_without_hindsight
from leadml.trials.side import arrivals_of, queue_of
from leadml.trials.thresholds import NewThreshold, new_thresholds, possible_thresholds, with_threshold

USED_AT_LEAST = 0.95
_FEWEST_DAYS = 14


@dataclass(frozen=True)
class Wanted:
    """What thresholds are to fit.

    Attributes
    ----------
    leads_a_day : float or None
        What sales can take on a working day, all together.
    return_rate : float in (0, 1), or None
        The largest share of hand-overs that may come back.
    """

    leads_a_day: float | None
    return_rate: float | None


@dataclass(frozen=True)
class Suggestion:
    """Thresholds with what to expect of them.

    Attributes
    ----------
    agreement : AgreementSpec
        With the thresholds changed.
    threshold : int in 0..100
        Where the hand-over begins, in all lists of bands.
    chance : float
        The chance that stands behind it.
    decided_by : {"capacity", "return_rate"}
    changed : tuple of NewThreshold
    from_, until : int, UTC microseconds
        Leads scored in `[from_, until)` were counted.
    knows_until : int, UTC microseconds
        When the last answer that the model learned from was known.
    leads, snapshots : int
        Scored in that time.
    working_days : int
        In that time.
    capacity_a_week : float or None
        What sales can take in a usual week of that time.
    come_a_week : Expected
        Leads that come to the hand-over.
    hand_overs_a_week : Expected
        Of these, as many as sales can take; the best go first, and what is over waits.
    hand_overs_a_day : Expected
        The same by working day.
    ready_a_week : Expected
        Of these, those that become ready.
    return_rate : Expected or None
        Share of hand-overs from this score on that came back, of leads that really were handed over; None where there
        are too few.
    returns_of : int
        Hand-overs that the rates were read from.
    """

    agreement: AgreementSpec
    threshold: int
    chance: float
    decided_by: Literal["capacity", "return_rate"]
    changed: tuple[NewThreshold, ...]
    from_: int
    until: int
    knows_until: int
    leads: int
    snapshots: int
    working_days: int
    capacity_a_week: float | None
    come_a_week: Expected
    hand_overs_a_week: Expected
    hand_overs_a_day: Expected
    ready_a_week: Expected
    return_rate: Expected | None
    returns_of: int

    def to_dict(self) -> dict[str, Any]:
        """Lay it out in plain values; the agreement by its bands."""
        figures = {name: value for name, value in asdict(self).items() if name not in ("agreement", "from_", "until")}
        bands = {key: {band.name: band.score_at_least for band in bands} for key, bands in self.agreement.bands.items()}
        times = {"from": self.from_, "until": self.until, "knows_until": self.knows_until}
        return {**figures, **{name: to_iso(at) for name, at in times.items()}, "bands": bands}


def suggest_thresholds(
    scored: Scored, agreement: AgreementSpec, wanted: Wanted, returns: Returns, *, seed: int
) -> Suggestion:
    """Find the lowest threshold that does not give back too many and still fills the capacity.

    Parameters
    ----------
    scored : Scored
        By the model that answers, as from `score_what_is_new`: one period.
    agreement : AgreementSpec
    wanted : Wanted
        At least one of the two; where both are given, the higher threshold.
    returns : Returns
    seed : int

    Returns
    -------
    suggestion : Suggestion

    Raises
    ------
    LeadmlError
        `no_hand_over_band`; `too_few_to_suggest` where too few leads were scored that the model has not learned from,
        or too few handed over; `capacity_over_leads`; `return_rate_out_of_reach`.
    """
    ground = _Ground.of(scored, agreement)
    possible = possible_thresholds(agreement)
    if not possible:
        raise LeadmlError("no_hand_over_band", where="sla.yaml, promises.bands")
    if ground.leads < FEWEST_LEADS or scored.until - scored.from_ < _FEWEST_DAYS * DAY:
        raise LeadmlError(
            "too_few_to_suggest",
            where="leadml sla suggest",
            leads=ground.leads,
            days=(scored.until - scored.from_) // DAY,
            fewest=FEWEST_LEADS,
            fewest_days=_FEWEST_DAYS,
        )
    rates = returns.rates(seed=seed) if len(returns) >= FEWEST_HAND_OVERS else None
    by_return = None if wanted.return_rate is None else _by_return(rates, wanted.return_rate, possible, len(returns))
    by_capacity = None if wanted.leads_a_day is None else ground.by_capacity(wanted.leads_a_day, possible, seed)
    threshold = max(found for found in (by_return, by_capacity) if found is not None)
    found = _Found(
        threshold,
        "capacity" if threshold == by_capacity else "return_rate",
        None if rates is None else rates[threshold],
        len(returns),
    )
    return ground.suggestion(found, wanted, seed)


def suggest_for(
    spec: ProjectSpec, model: TrainedModel, history: History, wanted: Wanted, on_progress: Callable[[str], None]
) -> Suggestion:
    """Suggest thresholds for the scores of the model that answers.

    Parameters
    ----------
    spec : ProjectSpec
    model : TrainedModel
        Volumes are counted on leads that it has not learned from.
    history : History
    wanted : Wanted
    on_progress : callable taking str

    Returns
    -------
    suggestion : Suggestion

    Raises
    ------
    LeadmlError
        As of `suggest_thresholds`; `other_definitions`.
    """
    definitions = spec.agreement.definitions
    if meaning_of(definitions) != model.definitions:
        raise LeadmlError("other_definitions", where="sla.yaml, definitions")
    asked = replace(spec, readiness=spec.readiness.model_copy(update={"outcome": learned_outcome(model)}))
    on_progress("training_set")
    training_set = prepare(history, asked)
    on_progress("judge")
    tried = score_without_hindsight(history, training_set, rolling_periods(training_set, asked.readiness.test), asked)
    on_progress("place")
    scored = score_what_is_new(history, model, asked)
    returns = returns_seen(history, tried, definitions)
    return suggest_thresholds(scored, spec.agreement, wanted, returns, seed=spec.readiness.seed)


class _Found(NamedTuple):
    """A threshold, what decided on it, and what is known of returns from it on."""

    threshold: int
    decided_by: Literal["capacity", "return_rate"]
    return_rate: Expected | None
    returns_of: int


@dataclass(frozen=True)
class _Ground:
    """What thresholds are counted on."""

    scored: Scored
    agreement: AgreementSpec
    inside: Codes
    leads: int
    days: tuple[int, int]
    working_days: int

    @classmethod
    def of(cls, scored: Scored, agreement: AgreementSpec) -> "_Ground":
        inside = np.flatnonzero((scored.as_of >= scored.from_) & (scored.as_of < scored.until))
        calendar = BusinessCalendar(agreement.calendar)
        first, last = calendar.local_days(np.array([scored.from_, scored.until], dtype=np.int64)).tolist()
        working = int(calendar.is_working_day(np.arange(first, last)).sum())
        return cls(scored, agreement, inside, len(np.unique(scored.leads[inside])), (first, last), working)

    def come(self, agreement: AgreementSpec) -> tuple[Placed, Codes]:
        """Place all, and find the hand-overs inside the span."""
        placed = place_history(self.scored, agreement)
        return placed, self.inside[placed.hands_over[self.inside]]

    def by_capacity(self, leads_a_day: float, possible: range, seed: int) -> int:
        """Find the highest threshold at which enough leads come; the lower it is, the more of them."""
        low, high = possible[0], possible[-1]
        if not self._enough(low, leads_a_day, seed):
            most = len(self.come(with_threshold(self.agreement, low))[1]) / self.scored.weeks
            asked = leads_a_day * self.working_days / self.scored.weeks
            raise LeadmlError("capacity_over_leads", where="--capacity", a_week=f"{asked:.1f}", most=f"{most:.1f}")
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self._enough(middle, leads_a_day, seed) else (low, middle - 1)
        return low

    def _enough(self, threshold: int, leads_a_day: float, seed: int) -> bool:
        agreement = with_threshold(self.agreement, threshold)
        placed, come = self.come(agreement)
        inside = np.isin(np.flatnonzero(placed.hands_over), come)
        every = arrivals_of(self.scored, placed, agreement)
        arrivals = Arrivals(every.came_on[inside], every.points[inside], every.leaves_on[inside])
        calendar = BusinessCalendar(agreement.calendar)
        return surely_used(arrivals, leads_a_day, calendar, days=self.days, seed=seed) >= USED_AT_LEAST

    def suggestion(self, found: "_Found", wanted: Wanted, seed: int) -> Suggestion:
        agreement = with_threshold(self.agreement, found.threshold)
        placed, come = self.come(agreement)
        weeks, taken = self.scored.weeks, come
        volume = next_count(len(come)).times(1 / weeks)
        most = None
        if wanted.leads_a_day is not None:
            most = wanted.leads_a_day * self.working_days / weeks
            queue = queue_of(self.scored, placed, agreement, wanted.leads_a_day)
            handed = np.flatnonzero(placed.hands_over)[queue.handed_on >= 0]
            taken = handed[np.isin(handed, come)]
        reached = (
            volume if most is None else Expected(*(min(end, most) for end in (volume.value, volume.low, volume.high)))
        )
        definitions = agreement.definitions
        margin = Scale.agreed(definitions.lead_score).margin_of(found.threshold)
        return Suggestion(
            agreement=agreement,
            threshold=found.threshold,
            chance=float(probability(np.array([margin]))[0]),
            decided_by=found.decided_by,
            changed=new_thresholds(self.agreement, agreement),
            from_=self.scored.from_,
            until=self.scored.until,
            knows_until=self.scored.periods[0].knows_until,
            leads=self.leads,
            snapshots=len(self.inside),
            working_days=self.working_days,
            capacity_a_week=most,
            come_a_week=volume,
            hand_overs_a_week=reached,
            hand_overs_a_day=reached.times(weeks / max(1, self.working_days)),
            ready_a_week=expect(self.scored, {"taken": taken}, seed=seed)["taken"].times(1 / weeks),
            return_rate=found.return_rate,
            returns_of=found.returns_of,
        )


def _by_return(rates: list[Expected | None] | None, most: float, possible: range, hand_overs: int) -> int:
    """Find the lowest threshold from which on no more come back than wanted."""
    if rates is None:
        raise LeadmlError(
            "too_few_hand_overs", where="--max-return-rate", hand_overs=hand_overs, fewest=FEWEST_HAND_OVERS
        )
    told = {threshold: rates[threshold] for threshold in possible}
    for threshold, rate in told.items():
        if rate is not None and rate.value <= most:
            return threshold
    least = min(rate.value for rate in rates if rate is not None)
    raise LeadmlError("return_rate_out_of_reach", where="--max-return-rate", asked=f"{most:.0%}", least=f"{least:.0%}")

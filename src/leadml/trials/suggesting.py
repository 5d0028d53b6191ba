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
from leadml.trials.expected import Expected, next_count
from leadml.trials.filling import Spans, draw_spans
from leadml.trials.placing import Placed, place_history
from leadml.trials.queue import Arrivals
from leadml.trials.returns import FEWEST_HAND_OVERS, ReturnLine, Returns, returns_seen
from leadml.trials.scored import Scored, score_what_is_new, score_without_hindsight
from leadml.trials.side import arrivals_of
from leadml.trials.thresholds import NewThreshold, new_thresholds, possible_thresholds, with_threshold

USED_AT_LEAST = 0.95
_FEWEST_DAYS = 14


@dataclass(frozen=True)
class Wanted:
    """What thresholds are to fit.

    Attributes
    ----------
    leads_a_day : float or None
        What sales can take on a working day, all together, and what is to be filled.
    return_rate : float in (0, 1), or None
        The largest share of hand-overs that may come back.
    outcome : str
        What is called ready.
    """

    leads_a_day: float | None
    return_rate: float | None
    outcome: str = "ready"


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
        What sales can take in a usual week of that time, as asked for or else as agreed.
    come_a_week : Expected
        Leads that come to the hand-over.
    return_rate : Expected or None
        Share of these that would come back if all were handed over, by their scores; None where too few were really
        handed over to tell. The best go first: of those that a queue hands over fewer come back.
    returns_of : int
        Real hand-overs that the chance of a return was read from.
    hand_overs_a_week : Expected
        Of those that come, as many as sales can take; the best go first, and what is over waits.
    hand_overs_a_day : Expected
        The same by working day.
    ready_a_week : Expected
        Of these, those that become ready.
    outcome, stage : str
        What is called ready here, and the lifecycle stage that it reaches.
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
    return_rate: Expected | None
    returns_of: int
    hand_overs_a_week: Expected
    hand_overs_a_day: Expected
    ready_a_week: Expected
    outcome: str
    stage: str

    @property
    def more_come(self) -> bool:
        """Whether more come in a usual week than sales can take."""
        return self.capacity_a_week is not None and self.come_a_week.value > self.capacity_a_week

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
    ground = _Ground.of(scored, agreement, seed)
    if not ground.possible:
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
    line = returns.line(seed=seed) if len(returns) >= FEWEST_HAND_OVERS else None
    if wanted.return_rate is not None and line is None:
        raise LeadmlError(
            "too_few_hand_overs", where="--max-return-rate", hand_overs=len(returns), fewest=FEWEST_HAND_OVERS
        )
    by_return = None if wanted.return_rate is None or line is None else ground.by_return(wanted.return_rate, line)
    by_capacity = None if wanted.leads_a_day is None else ground.by_capacity(wanted.leads_a_day)
    threshold = max(found for found in (by_return, by_capacity) if found is not None)
    agreed = agreement.promises.capacity
    leads_a_day = agreed.leads_a_day_together if wanted.leads_a_day is None and agreed else wanted.leads_a_day
    found = _Found(threshold, "capacity" if threshold == by_capacity else "return_rate", line, len(returns))
    return ground.suggestion(found, leads_a_day)


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
    """A threshold, what decided on it, and how hand-overs come back."""

    threshold: int
    decided_by: Literal["capacity", "return_rate"]
    line: ReturnLine | None
    returns_of: int


@dataclass(frozen=True)
class _Ground:
    """What thresholds are counted on."""

    scored: Scored
    agreement: AgreementSpec
    possible: range
    inside: Codes
    leads: int
    days: tuple[int, int]
    working_days: int
    seed: int

    @classmethod
    def of(cls, scored: Scored, agreement: AgreementSpec, seed: int) -> "_Ground":
        inside = np.flatnonzero((scored.as_of >= scored.from_) & (scored.as_of < scored.until))
        calendar = BusinessCalendar(agreement.calendar)
        first, last = calendar.local_days(np.array([scored.from_, scored.until], dtype=np.int64)).tolist()
        return cls(
            scored=scored,
            agreement=agreement,
            possible=possible_thresholds(agreement),
            inside=inside,
            leads=len(np.unique(scored.leads[inside])),
            days=(first, last),
            working_days=int(calendar.is_working_day(np.arange(first, last)).sum()),
            seed=seed,
        )

    def come(self, threshold: int) -> tuple[Placed, Codes]:
        """Place all, and find the hand-overs inside the span."""
        placed = place_history(self.scored, with_threshold(self.agreement, threshold))
        return placed, self.inside[placed.hands_over[self.inside]]

    def spans(self, threshold: int, leads_a_day: float | None) -> tuple[Codes, Spans]:
        """Draw spans again with the leads that come from a threshold on, in the order of `come`."""
        placed, come = self.come(threshold)
        agreement = with_threshold(self.agreement, threshold)
        inside = np.isin(np.flatnonzero(placed.hands_over), come)
        every = arrivals_of(self.scored, placed, agreement)
        arrivals = Arrivals(every.came_on[inside], every.points[inside], every.leaves_on[inside])
        calendar = BusinessCalendar(agreement.calendar)
        return come, draw_spans(arrivals, leads_a_day, calendar, days=self.days, seed=self.seed)

    def by_capacity(self, leads_a_day: float) -> int:
        """Find the highest threshold at which enough leads come; the lower it is, the more of them."""
        low, high = self.possible[0], self.possible[-1]
        if not self._enough(low, leads_a_day):
            most = len(self.come(low)[1]) / self.scored.weeks
            asked = leads_a_day * self.working_days / self.scored.weeks
            raise LeadmlError("capacity_over_leads", where="--capacity", a_week=f"{asked:.1f}", most=f"{most:.1f}")
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self._enough(middle, leads_a_day) else (low, middle - 1)
        return low

    def _enough(self, threshold: int, leads_a_day: float) -> bool:
        return self.spans(threshold, leads_a_day)[1].surely_used >= USED_AT_LEAST

    def by_return(self, most: float, line: ReturnLine) -> int:
        """Find the lowest threshold of whose leads no more would come back than wanted."""
        least = 1.0
        for threshold in self.possible:
            come = self.come(threshold)[1]
            if not len(come):
                break
            least = min(least, rate := line.rate_of(self.scored.points[come]).value)
            if rate <= most:
                return threshold
        asked, fewest = f"{most:.0%}", f"{least:.0%}"
        raise LeadmlError("return_rate_out_of_reach", where="--max-return-rate", asked=asked, least=fewest)

    def suggestion(self, found: _Found, leads_a_day: float | None) -> Suggestion:
        scored, weeks = self.scored, self.scored.weeks
        agreement = with_threshold(self.agreement, found.threshold)
        come, spans = self.spans(found.threshold, leads_a_day)
        volume = next_count(len(come)).times(1 / weeks)
        handed = volume if spans.capacity is None else spans.hand_overs().times(1 / weeks)
        rate = None if found.line is None or not len(come) else found.line.rate_of(scored.points[come])
        definitions = agreement.definitions
        margin = Scale.agreed(definitions.lead_score).margin_of(found.threshold)
        return Suggestion(
            agreement=agreement,
            threshold=found.threshold,
            chance=float(probability(np.array([margin]))[0]),
            decided_by=found.decided_by,
            changed=new_thresholds(self.agreement, agreement),
            from_=scored.from_,
            until=scored.until,
            knows_until=scored.periods[0].knows_until,
            leads=self.leads,
            snapshots=len(self.inside),
            working_days=self.working_days,
            capacity_a_week=None if spans.capacity is None else spans.capacity / weeks,
            come_a_week=volume,
            return_rate=rate,
            returns_of=found.returns_of,
            hand_overs_a_week=handed,
            hand_overs_a_day=handed.times(weeks / max(1, self.working_days)),
            ready_a_week=spans.ready(scored.margin[come], scored.level.rows(come), seed=self.seed).times(1 / weeks),
            outcome=scored.outcome,
            stage=definitions.outcome(scored.outcome).reach,
        )

"""The duel: contestants on identical snapshots, at the volume of sales, and what their differences are worth."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from scipy.stats import rankdata

from leadml.agreement.scale import Scale
from leadml.clock import DAY
from leadml.compare import Comparison, compare_scores
from leadml.contestants import Entries
from leadml.dataset import TrainingSet
from leadml.evaluate import TOP_SHARE, Measures, Scores
from leadml.evaluate.drawn import Became
from leadml.evaluate.lift import LiftPoint, lift_curve
from leadml.evaluate.reliability import ReliabilityPoint, reliability
from leadml.evaluate.verdict import Ruling, compare_lists
from leadml.evaluate.volume import Swap, Taken, swap, take, what_became
from leadml.history.tables import Codes, History, Mask, Numbers
from leadml.learning_curve import learning_curve_of
from leadml.snapshots import known_lead_type
from leadml.specs.project_spec import ProjectSpec
from leadml.splits import join_tests

_WEEK = 7 * DAY
FEWEST_EXPLORED = 20  # fewer leads that were left to chance speak for nobody


@dataclass(frozen=True)
class Selection:
    """How far the outcomes hang on who was worked.

    Attributes
    ----------
    worked_of_taken : mapping of contestant to float
        Part of the leads that it would have given sales which sales really tried to reach.
    explored : int
        Leads of the test that sales got by lot, as the table `decisions` says.
    weighed : bool
        Whether there are enough of them: then each weighs one over the chance with which it was drawn, leads that were
        worked on purpose weigh one, and leads that nobody tried to reach say nothing.
    """

    worked_of_taken: Mapping[str, float]
    explored: int
    weighed: bool


@dataclass(frozen=True)
class Pairing:
    """The first contestant against one other.

    Attributes
    ----------
    rival : str
    ruling : Ruling
        On the AUC, as the mean of ages.
    weighed : Ruling or None
        On the AUC by lead with inverse-propensity weights; None where nobody was drawn by lot.
    swap : Swap
    same_band : float
        Share of snapshots that both place in the same band.
    rank_correlation : float
        Spearman's, of all snapshots.
    """

    rival: str
    ruling: Ruling
    weighed: Ruling | None
    swap: Swap
    same_band: float
    rank_correlation: float


@dataclass(frozen=True)
class Duel:
    """Contestants compared in every way that helps to choose.

    Attributes
    ----------
    comparison : Comparison
        Figures by age, period and segment.
    leads_a_week, weeks : int
        How many leads sales takes, and for how long the test lasts.
    taken : mapping of contestant to Taken
    lift : mapping of contestant to tuple of LiftPoint
    reliability : mapping of contestant to tuple of ReliabilityPoint
    pairings : tuple of Pairing, one a rival
    money : mapping of contestant to float, or None
        What the leads taken brought later, as deals won; None where no deal has an amount.
    selection : Selection
    """

    comparison: Comparison
    leads_a_week: int
    weeks: int
    taken: Mapping[str, Taken]
    lift: Mapping[str, tuple[LiftPoint, ...]]
    reliability: Mapping[str, tuple[ReliabilityPoint, ...]]
    pairings: tuple[Pairing, ...]
    money: Mapping[str, float] | None
    selection: Selection

    @property
    def first(self) -> str:
        """The contestant whose gain is told."""
        return self.comparison.contestants[0]

    def with_learning_curve(self, entries: Entries) -> "Duel":
        """Add what more leads to learn from bring, on the last period."""
        curve = learning_curve_of(entries.periods[-1], entries.spec)
        return replace(self, comparison=replace(self.comparison, learning_curve=curve))

    def to_dict(self) -> dict[str, Any]:
        """Lay all figures out: those of the comparison, and the others under `duel`."""
        content = asdict(self)
        return {**content.pop("comparison"), "duel": content}


def hold_duel(
    entries: Entries,
    names: Sequence[str],
    *,
    leads_a_week: int | None = None,
    top_share: float = TOP_SHARE,
) -> Duel:
    """Let contestants rank the leads of a test that none of them has seen.

    Parameters
    ----------
    entries : Entries
    names : sequence of str
        Of at least two contestants; the gain is of the first.
    leads_a_week : int, optional
        What sales can take; default: `top_share` of the leads that are scored in a usual week.
    top_share : float in (0, 1]

    Returns
    -------
    duel : Duel
    """
    history, spec = entries.history, entries.spec
    measures = Measures(top_share=top_share, seed=spec.readiness.seed)
    scores = {name: entries.enter(name).scores() for name in names}
    comparison = compare_scores(entries.periods, scores, spec, measures)
    test, _ = join_tests(entries.periods)
    # Data that has an order and no times has no weeks: its list is taken from once.
    weeks = test.snapshots.as_of // _WEEK if spec.history.clock != "row_order" else np.zeros(len(test), np.int64)
    capacity = leads_a_week or _usual_capacity(weeks, test.snapshots.leads, top_share)
    lists = {
        name: take(said.ranking, weeks, test.snapshots.leads, capacity, seed=measures.seed)
        for name, said in scores.items()
    }
    propensity, explored = _propensity(history, test)
    weighed = explored >= FEWEST_EXPLORED
    became = Became(test.ready, test.snapshots.leads, propensity if weighed else np.ones(len(test)))
    bands = {name: _bands(history, test, said, spec) for name, said in scores.items()}
    ground = _Ground(comparison, test, scores, lists, bands, became, weighed, measures.seed)
    return Duel(
        comparison=comparison,
        leads_a_week=capacity,
        weeks=len(np.unique(weeks)),
        taken={name: what_became(listed, became, seed=measures.seed) for name, listed in lists.items()},
        lift={
            name: lift_curve(test.ready, said.ranking, test.snapshots.ages, test.weights * became.weights)
            for name, said in scores.items()
        },
        reliability={name: _reliability(test, said, measures) for name, said in scores.items()},
        pairings=tuple(ground.pairing(names[0], rival) for rival in names[1:]),
        money=_money(history, test, lists, spec),
        selection=Selection(
            {name: float(test.worked[listed].mean()) if listed.any() else 0.0 for name, listed in lists.items()},
            explored,
            weighed,
        ),
    )


@dataclass(frozen=True)
class _Ground:
    """What any two contestants are compared on."""

    comparison: Comparison
    test: TrainingSet
    scores: Mapping[str, Scores]
    lists: Mapping[str, Mask]
    bands: Mapping[str, Codes]
    became: Became
    weighed: bool
    seed: int

    def pairing(self, first: str, rival: str) -> Pairing:
        rankings = self.scores[first].ranking, self.scores[rival].ranking
        same_band = self.bands[first] == self.bands[rival]
        return Pairing(
            rival=rival,
            ruling=self.comparison.ruling(rival),
            weighed=compare_lists(*rankings, self.became, seed=self.seed) if self.weighed else None,
            swap=swap(self.lists[first], self.lists[rival], self.became, seed=self.seed),
            same_band=float(np.average(same_band, weights=self.test.weights)),
            rank_correlation=_rank_correlation(*rankings),
        )


def _reliability(test: TrainingSet, said: Scores, measures: Measures) -> tuple[ReliabilityPoint, ...]:
    leads = test.snapshots.leads
    return reliability(test.ready, said.probability, leads, weights=test.weights, seed=measures.seed)


def _usual_capacity(weeks: Codes, leads: Codes, top_share: float) -> int:
    """Take the top share of the leads that are scored in a usual week."""
    of_week = np.unique(np.column_stack([weeks, leads]), axis=0)[:, 0]
    _, counts = np.unique(of_week, return_counts=True)
    return max(1, round(top_share * float(np.median(counts))))


def _rank_correlation(first: Numbers, second: Numbers) -> float:
    ranks = [rankdata(ranking) for ranking in (first, second)]
    spread = [rank.std() for rank in ranks]
    return float(np.corrcoef(*ranks)[0, 1]) if min(spread) > 0 else 0.0


def _bands(history: History, test: TrainingSet, scores: Scores, spec: ProjectSpec) -> Codes:
    """Give each snapshot the place of its band, 0 for the highest."""
    scale = Scale.agreed(spec.agreement.definitions.lead_score)
    shown = np.rint(np.clip(scale.unclipped(scores.ranking), 0, 100))
    snapshots, promised = test.snapshots, spec.agreement.bands
    lead_types = known_lead_type(history, snapshots.leads, snapshots.as_of, spec.agreement.definitions)
    named = np.array([kind if kind in promised else "default" for kind in lead_types])
    bands = np.zeros(len(test), dtype=np.int64)
    for kind in np.unique(named):
        limits = np.array([band.score_at_least for band in promised[kind]][:-1])
        of_kind = named == kind
        bands[of_kind] = (shown[of_kind, None] < limits).sum(axis=1)
    return bands


def _propensity(history: History, test: TrainingSet) -> tuple[Numbers, int]:
    """Weigh snapshots by one over the chance with which their lead came to be worked; count leads drawn by lot."""
    weights = test.worked.astype(np.float64)
    facts = history.facts.get("decisions")
    if facts is None or "explored" not in facts.texts:
        return weights, 0
    by_lot = np.flatnonzero(facts.texts["explored"].lookup({"yes": 1.0}, other=0.0) == 1.0)
    chance = facts.numbers["probability"][by_lot]
    leads = facts.leads[by_lot]
    known = np.isfinite(chance) & (chance > 0)
    drawn = dict(zip(leads[known].tolist(), chance[known].tolist(), strict=True))
    of_row = np.array([drawn.get(lead, np.nan) for lead in test.snapshots.leads.tolist()])
    explored = np.isfinite(of_row) & test.worked
    weights[explored] = 1 / of_row[explored]
    return weights, len(np.unique(test.snapshots.leads[explored]))


def _money(
    history: History, test: TrainingSet, lists: Mapping[str, Mask], spec: ProjectSpec
) -> Mapping[str, float] | None:
    """Add up the deals won with the leads of each list after they were taken."""
    won = _deals_won(history, spec)
    if not won:
        return None
    leads, as_of = test.snapshots.leads, test.snapshots.as_of
    return {
        name: sum(
            amount
            for row in np.flatnonzero(listed).tolist()
            for at, amount in won.get(int(leads[row]), ())
            if at >= as_of[row]
        )
        for name, listed in lists.items()
    }


def _deals_won(history: History, spec: ProjectSpec) -> dict[int, list[tuple[int, float]]]:
    """List for each lead when which amounts were won: each deal once, by the last amount that was known of it."""
    facts = history.facts.get("deal_changes")
    if facts is None or not np.isfinite(facts.numbers.get("amount", np.empty(0))).any():
        return {}
    stages = {stage for stage, chance in spec.agreement.definitions.deal_stages.items() if chance == 1.0}
    is_won = facts.texts["deal_stage"].lookup(dict.fromkeys(stages, 1.0), other=0.0) == 1.0
    amounts, happened, leads = facts.numbers["amount"], facts.happened_at, facts.leads
    last_amount: dict[tuple[int, int], float] = {}
    won_at: dict[tuple[int, int], int] = {}
    for row in range(len(happened)):
        deal = int(leads[row]), int(facts.texts["deal_id"].codes[row])
        if np.isfinite(amounts[row]):
            last_amount[deal] = float(amounts[row])
        if is_won[row]:
            won_at.setdefault(deal, int(happened[row]))
    won: dict[int, list[tuple[int, float]]] = {}
    for (lead, deal_id), at in won_at.items():
        if (lead, deal_id) in last_amount:
            won.setdefault(lead, []).append((at, last_amount[lead, deal_id]))
    return won

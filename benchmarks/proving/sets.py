"""Sets: nobody ranks or forecasts better than readiness, taken over all of them."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from proving.contestants import OURS, answer, installed
from proving.data import DEMO_SEEDS, SEED, Trial, bank_trial, bpi2012_trial, demo_trial, olist_trial
from scipy.stats import norm, rankdata
from telling.bars import Bars

from leadml.agreement.scale import probability
from leadml.evaluate import brier, log_loss
from leadml.evaluate.drawn import Ranking, drawn_leads
from leadml.history.tables import Numbers

MOST_BEHIND = 0.005
DRAWS, QUICK_DRAWS = 2000, 100
_SURE = 0.05
EVERY_WINDOW, SOME_WINDOWS = range(21), range(0, 21, 3)
Loss = Callable[[Numbers, Numbers, Numbers], float]
_PLAIN = (OURS, "rules", "logistic", "lightgbm", "lightgbm, held back")


@dataclass(frozen=True)
class Judged:
    """Figures of all contestants on one set: means over its ages and windows.

    Attributes
    ----------
    name : str
    auc, log_loss, brier : mapping of contestant to float
    drawn : mapping of contestant to float array, shape (n_draws,)
        The AUC on leads drawn with replacement, the same for all.
    """

    name: str
    auc: Mapping[str, float]
    log_loss: Mapping[str, float]
    brier: Mapping[str, float]
    drawn: Mapping[str, Numbers]

    @property
    def best_rival(self) -> str:
        """Who ranks best but for us."""
        return max((name for name in self.auc if name != OURS), key=lambda name: self.auc[name])

    def behind(self, rival: str) -> float:
        """How far our AUC is behind a rival's."""
        return self.auc[rival] - self.auc[OURS]

    def interval(self, rival: str) -> tuple[float, float]:
        """Where that lies in 95 of 100 draws of leads."""
        low, high = np.quantile(self.drawn[rival] - self.drawn[OURS], (0.025, 0.975))
        return float(low), float(high)

    def chance_of_none(self, rival: str) -> float:
        """How often so great a distance would be seen if there was none: normal, with the spread of the draws."""
        spread = float(np.std(self.drawn[rival] - self.drawn[OURS], ddof=1))
        return float(2 * norm.sf(abs(self.behind(rival)) / spread)) if spread > 0 else 1.0


def prove_sets(bars: Bars, pool: Executor, data: Path, *, quick: bool, full: bool) -> None:
    """Ask all contestants about all sets."""
    contestants = [*_PLAIN] if quick else installed([*_PLAIN, "catboost", *(["ebm"] if full else [])])
    if quick:
        print("two sets alone, no catboost, no ebm and no ranks, which two sets do not tell: --quick")
    judged, asked = [], []
    for trial in _trials(data, quick=quick, full=full):
        # Whoever takes longest begins, so that no core waits for it at the end.
        answers = {name: [pool.submit(answer, name, fold) for fold in trial.folds] for name in reversed(contestants)}
        asked.append((trial, answers))
    for trial, answers in asked:
        given = {name: [of_fold.result() for of_fold in answers[name]] for name in contestants}
        margins = {name: np.concatenate([margin for margin, _ in folds]) for name, folds in given.items()}
        seconds = {name: sum(taken for _, taken in folds) for name, folds in given.items()}
        judged.append(judge_trial(trial, margins, draws=QUICK_DRAWS if quick else DRAWS))
        _print(trial, judged[-1], seconds)
    _tell(bars, judged, ranks=not quick)


def _trials(data: Path, *, quick: bool, full: bool) -> list[Trial]:
    trials = [demo_trial(seed) for seed in (DEMO_SEEDS[:1] if quick else DEMO_SEEDS)]
    if (data / "olist").is_dir():
        print("olist: too few contacts for a gap between learning and test; some answers came during the test")
        trials.append(olist_trial(data))
    else:
        print(f"olist is not measured: no olist in {data.name}")
    if quick:
        return trials
    if (data / "bpi2012").is_dir():
        trials.append(bpi2012_trial(data))
    else:
        print(f"bpi2012 is not measured: no bpi2012 in {data.name}")
    if (data / "bank_marketing").is_dir():
        windows = EVERY_WINDOW if full else SOME_WINDOWS
        print(f"bank: order of rows for a clock, no gap, {len(windows)} of 21 windows")
        trials += [bank_trial(data, windows=windows, macro=macro) for macro in (True, False)]
    else:
        print(f"bank is not measured: no bank_marketing in {data.name}")
    return trials


def judge_trial(trial: Trial, margins: Mapping[str, Numbers], *, draws: int) -> Judged:
    """Give every figure of a set.

    Parameters
    ----------
    trial : Trial
    margins : mapping of contestant to float array, log-odds
        Of all tests laid end to end.
    draws : int

    Returns
    -------
    judged : Judged
    """
    ready, weights = trial.of_tests("ready"), trial.of_tests("weights")
    as_is = {name: _aucs(trial, margin, weights[None, :]) for name, margin in margins.items()}
    drawn: dict[str, list[Numbers]] = {name: [] for name in margins}
    for portion in drawn_leads(trial.leads, draws=draws, seed=SEED):
        for name, margin in margins.items():
            drawn[name].append(_aucs(trial, margin, portion * weights))

    def mean_of(loss: Loss, margin: Numbers) -> float:
        return float(np.mean([loss(ready[rows], probability(margin[rows]), weights[rows]) for rows in trial.groups]))

    return Judged(
        trial.name,
        auc={name: float(auc[0]) for name, auc in as_is.items()},
        log_loss={name: mean_of(log_loss, margin) for name, margin in margins.items()},
        brier={name: mean_of(brier, margin) for name, margin in margins.items()},
        drawn={name: np.concatenate(portions) for name, portions in drawn.items()},
    )


def _aucs(trial: Trial, margin: Numbers, weights: Numbers) -> Numbers:
    """Mean AUC over ages and windows in each draw."""
    ready = trial.of_tests("ready")
    of_groups = [Ranking(ready[rows], margin[rows]).under(weights[:, rows]).auc() for rows in trial.groups]
    mean: Numbers = np.nanmean(of_groups, axis=0)
    return mean


def significantly_better(judged: Sequence[Judged]) -> list[tuple[str, str]]:
    """Name the rivals that beat us beyond chance, by Holm's rule over all rivals and sets.

    Parameters
    ----------
    judged : sequence of Judged

    Returns
    -------
    better : list of (set, rival)
    """
    asked = [(one.chance_of_none(rival), one, rival) for one in judged for rival in one.auc if rival != OURS]
    asked.sort(key=lambda question: question[0])
    better = []
    for place, (chance, one, rival) in enumerate(asked):
        if chance > _SURE / (len(asked) - place):
            break
        if one.behind(rival) > 0:
            better.append((one.name, rival))
    return better


def _mean_ranks(figures: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Mean over sets of the place of each contestant; the least figure is first."""
    names = list(figures[0])
    ranks = np.mean([rankdata([of_set[name] for name in names]) for of_set in figures], axis=0)
    return dict(zip(names, ranks.tolist(), strict=True))


def _print(trial: Trial, judged: Judged, seconds: Mapping[str, float]) -> None:
    learned, asked = (sum(len(getattr(fold, part)) for fold in trial.folds) for part in ("train", "test"))
    print(f"\n{judged.name}: learned from {learned:,} snapshots, asked about {asked:,} in {len(trial.groups)} groups")
    print(f"{'':20}     AUC  log loss    Brier  seconds   AUC above ours (95 %)")
    for name, auc in judged.auc.items():
        gain = ""
        if name != OURS:
            low, high = judged.interval(name)
            gain = f"  {judged.behind(name):+.4f} ({low:+.4f} to {high:+.4f})"
        losses = f"{judged.log_loss[name]:.4f}   {judged.brier[name]:.4f}"
        print(f"{name:20}  {auc:.4f}    {losses}  {seconds[name]:7.1f} {gain}")
    for place, rows in enumerate(trial.groups[: 0 if len(trial.folds) > 1 else None]):
        test = trial.folds[0].test
        age = test.snapshots.age_names[int(test.snapshots.ages[rows[0]])]
        print(f"  group {place + 1}: {age}, {len(rows):,} snapshots, {test.ready[rows].mean():.1%} ready")


def _tell(bars: Bars, judged: Sequence[Judged], *, ranks: bool) -> None:
    behind = np.array([one.behind(one.best_rival) for one in judged])
    print(
        f"\n{len(judged)} sets; the best rival's AUC less ours, each held at zero: {np.maximum(behind, 0).mean():.4f}"
    )
    better = significantly_better(judged)
    for name, rival in better:
        print(f"{name}: {rival} ranks better, beyond chance")
    bars.at_most("auc_behind_best_rival_mean", float(behind.mean()), MOST_BEHIND)
    bars.at_most("sets_significantly_worse", len({name for name, _ in better}), 0)
    if not ranks:
        return
    for name, figures in (
        ("log_loss", [one.log_loss for one in judged]),
        ("brier", [one.brier for one in judged]),
    ):
        mean_ranks = _mean_ranks(figures)
        print(f"mean rank by {name}: " + ", ".join(f"{who} {rank:.2f}" for who, rank in mean_ranks.items()))
        gain = mean_ranks[OURS] - min(rank for who, rank in mean_ranks.items() if who != OURS)
        bars.tell(f"{name}_mean_rank", gain, "<0", ok=gain < 0)

"""How good the recipe becomes with more leads to learn from."""

from dataclasses import dataclass

from leadml.agreement.scale import probability
from leadml.evaluate import WITHIN_DAY, Figure, Measures, MetricName, Scores, judge
from leadml.specs.project_spec import ProjectSpec
from leadml.splits import Split, latest_leads
from leadml.training import fit_recipe

LEARNING_SHARES = (0.125, 0.25, 0.5, 1.0)
_CURVE_METRICS: tuple[MetricName, ...] = ("auc", "log_loss")
_RECIPE = "recipe"


@dataclass(frozen=True)
class LearningPoint:
    """How good the recipe is after learning from a part of the leads.

    Attributes
    ----------
    share : float in (0, 1]
        Of the leads that the last period's model learned from, the latest.
    leads, snapshots, ready : int
        Of that part; `ready` counts snapshots.
    auc, log_loss : Figure or None
        On the last period, the mean of ages; None where the part has leads of one kind alone.
    """

    share: float
    leads: int
    snapshots: int
    ready: int
    auc: Figure | None
    log_loss: Figure | None


def learning_curve_of(period: Split, spec: ProjectSpec) -> tuple[LearningPoint, ...]:
    """Fit the recipe on growing parts of the leads, and judge each on the same period.

    The latest leads are kept, as they are all that a team has who began to record later; a part drawn at
    random would reach back as far as the whole, and tell of a market that a short history has not seen.

    Parameters
    ----------
    period : Split
    spec : ProjectSpec

    Returns
    -------
    points : tuple of LearningPoint, by rising share
    """
    points, measures = [], Measures(metrics=_CURVE_METRICS, seed=spec.readiness.seed)
    for share in LEARNING_SHARES:
        part = period.train.rows(latest_leads(period.train, share)) if share < 1 else period.train
        figures: dict[str, Figure | None] = dict.fromkeys(_CURVE_METRICS)
        if 0 < part.ready.sum() < len(part):
            margin = fit_recipe(part, spec).margin(period.test.features)
            scores = {_RECIPE: Scores(margin, probability(margin))}
            verdicts = judge(period.test, scores, first=_RECIPE, measures=measures)
            figures = {said.metric: said.figures[_RECIPE] for said in verdicts if said.age != WITHIN_DAY}
        points.append(
            LearningPoint(share, part.leads, len(part), int(part.ready.sum()), figures["auc"], figures["log_loss"])
        )
    return tuple(points)

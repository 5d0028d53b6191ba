"""What rules can give, and how often each is met."""

from dataclasses import dataclass

import numpy as np

from leadml.engine.catalogue import Catalogue
from leadml.engine.compute import compute_features
from leadml.history.tables import Codes, History
from leadml.learners.awards import Awards
from leadml.snapshots import Snapshots
from leadml.specs.project_spec import ProjectSpec
from leadml.specs.rules_spec import RuleSpec, RulesSpec


@dataclass(frozen=True)
class RuleSeen:
    """One rule over some leads.

    Attributes
    ----------
    rule : str
    share : float in [0, 1]
        Of the leads, those who meet it: to whom it gives or takes points, or whom it rules out.
    without_value : tuple of str
        Features that it reads and of which no lead has a value.
    """

    rule: str
    share: float
    without_value: tuple[str, ...]


@dataclass(frozen=True)
class RulesSeen:
    """All rules over the leads of a training set, each lead at its last snapshot."""

    leads: int
    rules: tuple[RuleSeen, ...]


def see_rules(history: History, snapshots: Snapshots, spec: ProjectSpec) -> RulesSeen:
    """Look at how often each rule is met.

    Parameters
    ----------
    history : History
    snapshots : Snapshots
        Of which the last of each lead is looked at.
    spec : ProjectSpec

    Returns
    -------
    seen : RulesSeen
    """
    last = _last_of_each(snapshots)
    catalogue = Catalogue.of(spec.themes, spec.agreement.definitions).only(set(spec.rules.features))
    matrix = compute_features(history, snapshots.leads[last], snapshots.as_of[last], catalogue)
    empty = {name for name, values in zip(matrix.names, matrix.values.T, strict=True) if np.isnan(values).all()}
    asked = RulesSpec.model_construct(rules=tuple(map(_asking, spec.rules.rules)))
    met = Awards(asked).of(matrix).points != 0
    return RulesSeen(
        len(last),
        tuple(
            RuleSeen(rule.name, float(of_rule.mean()), tuple(name for name in rule.features if name in empty))
            for rule, of_rule in zip(spec.rules.rules, met.T, strict=True)
        ),
    )


def _last_of_each(snapshots: Snapshots) -> Codes:
    """Give the place of the last snapshot of each lead."""
    order = np.lexsort((snapshots.as_of, snapshots.leads))
    leads = snapshots.leads[order]
    last: Codes = order[np.flatnonzero(np.append(leads[1:] != leads[:-1], True))]
    return last


def _asking(rule: RuleSpec) -> RuleSpec:
    """Let a rule that rules out give a point, and points stay whole: then what is met gives something."""
    changes: dict[str, object] = {"group": None, "decay": None}
    if rule.disqualifies:
        changes |= {"disqualifies": None, "points": 1.0}
    return rule.model_copy(update=changes)

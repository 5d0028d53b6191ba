"""Snapshots x features x outcome: the training set, with the recipe that made it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from leadml.clock import Instants, to_iso
from leadml.engine.catalogue import Catalogue, check_features
from leadml.engine.compute import compute_features
from leadml.engine.kind import texts_of_own_kinds
from leadml.engine.matrix import FeatureMatrix
from leadml.errors import raise_problems
from leadml.history.fingerprint import fingerprint_of
from leadml.history.tables import Codes, History, Mask, Numbers
from leadml.outcomes import NOT_KNOWN, YES, Outcomes, find_outcomes
from leadml.snapshots import Snapshots, make_snapshots
from leadml.specs.project_spec import ROW_COLUMNS, ProjectSpec, check_outcome_names, fingerprint, meaning_of
from leadml.vocabulary import READY


@dataclass(frozen=True)
class AgeCounts:
    """How many snapshots of one age a set holds.

    Attributes
    ----------
    age : str
    snapshots, leads, yes : int
    base_rate : float
        Share of yes, each lead weighing the same.
    """

    age: str
    snapshots: int
    leads: int
    yes: int
    base_rate: float


@dataclass(frozen=True)
class TrainingSet:
    """Leads at instants, what was known of them, and what became of them.

    Attributes
    ----------
    snapshots : Snapshots
    features : FeatureMatrix, shape (n, n_features)
    ready : float array, shape (n,)
        1 where the outcome is yes, 0 where it is no; every window is closed.
    closed_at : int array, shape (n,), UTC microseconds
        When each answer became known.
    created_at : int array, shape (n,), UTC microseconds
        When each snapshot's lead was created.
    worked : bool array, shape (n,)
        Whether sales tried to reach the lead inside the outcome window and grace.
    lead_ids : tuple of str
        Ids by position, as in the history.
    recipe : dict
        What made this set.
    outcome : str
        Which outcome of the agreement `ready` tells.
    """

    snapshots: Snapshots
    features: FeatureMatrix
    ready: Numbers
    closed_at: Instants
    created_at: Instants
    worked: Mask
    lead_ids: tuple[str, ...]
    recipe: dict[str, Any]
    outcome: str = READY

    def __repr__(self) -> str:
        """Say what the set is, not what it holds."""
        left_out = ", ".join(f"{count:,} {reason}" for reason, count in self.left_out.items())
        return (
            f"TrainingSet({self.outcome}: {len(self):,} snapshots of {self.leads:,} leads, "
            f"{len(self.features.names)} features, {self.base_rate:.1%} yes; left out: {left_out or 'none'})"
        )

    def __len__(self) -> int:
        """Count the snapshots."""
        return len(self.ready)

    @property
    def weights(self) -> Numbers:
        """At each age each lead weighs the same: one over its snapshots of that age, scaled to a mean of one.

        Not one over all its snapshots: a lead that becomes ready early has fewer, so its weight would
        tell the outcome (decision 0010).
        """
        at_age = self.snapshots.leads * len(self.snapshots.age_names) + self.snapshots.ages
        _, inverse, counts = np.unique(at_age, return_inverse=True, return_counts=True)
        weights: Numbers = len(inverse) / len(counts) / counts[inverse]
        return weights

    @property
    def leads(self) -> int:
        """How many leads the snapshots are of."""
        return len(np.unique(self.snapshots.leads))

    @property
    def base_rate(self) -> float:
        """Share of yes, at each age each lead weighing the same; NaN of no snapshots."""
        return float(np.average(self.ready, weights=self.weights)) if len(self) else np.nan

    @property
    def left_out(self) -> Mapping[str, int]:
        """How many snapshots were placed and are not here, by reason: see `outcomes.LeftOut`."""
        left_out: Mapping[str, int] = self.recipe.get("left_out", {})
        return left_out

    def by_age(self) -> list[AgeCounts]:
        """Count what is there of each age; an age without a snapshot is left out."""
        weights, counts = self.weights, []
        for age, name in enumerate(self.snapshots.age_names):
            rows = np.flatnonzero(self.snapshots.ages == age)
            if len(rows):
                leads = len(np.unique(self.snapshots.leads[rows]))
                rate = float(np.average(self.ready[rows], weights=weights[rows]))
                counts.append(AgeCounts(name, len(rows), leads, int(self.ready[rows].sum()), rate))
        return counts

    def rows(self, index: Codes | Mask) -> "TrainingSet":
        """Take some of the snapshots."""
        index = np.arange(len(self))[index]
        return TrainingSet(
            snapshots=self.snapshots.rows(index),
            features=self.features.rows(index),
            ready=self.ready[index],
            closed_at=self.closed_at[index],
            created_at=self.created_at[index],
            worked=self.worked[index],
            lead_ids=self.lead_ids,
            recipe=self.recipe,
            outcome=self.outcome,
        )

    def row_columns(self) -> dict[str, str]:
        """Name the columns of a row beside the features and the outcome.

        A feature keeps its name: where it has that of one of `ROW_COLUMNS`, such as `age`, ours is written with a _
        before it, which begins the name of no feature and of no outcome.

        Returns
        -------
        columns : dict of str to str
            Each of `ROW_COLUMNS`, and the name it has in the rows of this set.

        Raises
        ------
        LeadmlError
            `outcome_name_taken`, in a set that no project made: it would hold two columns of one name.
        """
        names = self.features.names
        raise_problems(check_outcome_names((self.outcome,), names), where="sla.yaml")
        return {column: f"_{column}" if column in names else column for column in ROW_COLUMNS}

    def to_frame(self) -> pd.DataFrame:
        """Show the set in a notebook: one row a snapshot, features, the outcome, `weight`, `as_of`, `age`.

        Columns have the names of `row_columns`.
        """
        frame, columns = self.features.to_frame(), self.row_columns()
        frame.insert(0, columns["lead_id"], [self.lead_ids[lead] for lead in self.snapshots.leads])
        frame.insert(1, columns["as_of"], pd.to_datetime(self.snapshots.as_of, unit="us", utc=True))
        frame.insert(2, columns["age"], [self.snapshots.age_names[age] for age in self.snapshots.ages])
        frame[self.outcome] = self.ready.astype(bool)
        frame[columns["weight"]] = self.weights
        return frame


def make_training_set(history: History, spec: ProjectSpec) -> TrainingSet:
    """Build the point-in-time training set of a project.

    Parameters
    ----------
    history : History
    spec : ProjectSpec

    Returns
    -------
    training_set : TrainingSet
        Only snapshots whose answer is known; why others are not here stands in its recipe.

    Raises
    ------
    LeadmlError, ProblemsError
        When a feature names something that does not exist, or readiness.yaml an unknown outcome.
    """
    check_features(spec.themes, spec.agreement.definitions)
    definitions = spec.agreement.definitions
    outcome = definitions.outcome(spec.readiness.outcome, where="models/readiness.yaml, outcome")
    placed = make_snapshots(history, spec.readiness.snapshots, definitions, outcome)
    outcomes: Outcomes = find_outcomes(history, placed.leads, placed.as_of, definitions, outcome)
    known = np.flatnonzero(outcomes.answer != NOT_KNOWN)
    snapshots = placed.rows(known)
    catalogue = Catalogue.of(spec.learned_themes, definitions)
    features = compute_features(history, snapshots.leads, snapshots.as_of, catalogue).with_words_that_occur()
    return TrainingSet(
        snapshots=snapshots,
        features=features,
        ready=(outcomes.answer[known] == YES).astype(np.float64),
        closed_at=outcomes.closed_at[known],
        created_at=history.created_at[snapshots.leads],
        worked=outcomes.worked[known],
        lead_ids=history.lead_ids,
        recipe={
            **_recipe(history, spec),
            "left_out": {reason.value: count for reason, count in {**placed.left_out, **outcomes.left_out()}.items()},
        },
        outcome=spec.readiness.outcome,
    )


def _recipe(history: History, spec: ProjectSpec) -> dict[str, Any]:
    """Say what made a set, so that two sets can be told apart."""
    name, definitions = spec.readiness.outcome, spec.agreement.definitions
    themes = {theme.theme.value: theme.model_dump(mode="json") for theme in spec.learned_themes}
    return {
        "data": fingerprint_of(history),
        "definitions": meaning_of(definitions),
        "agreement_version": spec.agreement.version,
        "features": fingerprint(list(themes.values())),
        "feature_files": {name: fingerprint(theme) for name, theme in themes.items()},
        "own_kinds": {name: fingerprint(text) for name, text in texts_of_own_kinds(spec.learned_features).items()},
        "rules": fingerprint(spec.rules.model_dump(mode="json")),
        "snapshots": [snapshot.age for snapshot in spec.readiness.snapshots],
        "outcome": {"name": name, **definitions.outcome(name).model_dump(mode="json")},
        "clock": spec.history.clock,
        "history_leads": len(history.lead_ids),
        "history_facts": {name: len(table.happened_at) for name, table in history.facts.items()},
        "history_known_until": to_iso(history.known_until),
    }

"""Whom a profile is held against: leads as they were known when they were created, and who became a customer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from leadml.clock import Instants
from leadml.engine.catalogue import Catalogue
from leadml.engine.company import companies_at
from leadml.engine.compute import compute_features
from leadml.engine.matrix import FeatureMatrix
from leadml.history.tables import NOT_THERE, Codes, History, Mask, Numbers
from leadml.outcomes import NOT_KNOWN, YES, LeftOut, find_outcomes
from leadml.snapshots import instants_just_after
from leadml.specs.agreement_spec import CriterionSpec, DefinitionsSpec, IdealCustomerProfileSpec, OutcomeSpec
from leadml.specs.feature_spec import NO_LABEL, FeatureSpec

CUSTOMER = "customer"  # the outcome that is asked unless another is named: the last lifecycle stage
WITHIN_DAYS = 180.0
_MATCH = FeatureSpec(name="match", label=NO_LABEL, kind="match", when_nothing="missing")


@dataclass(frozen=True)
class Ground:
    """Leads whose outcome is known, as they were known just after they were created.

    Attributes
    ----------
    history : History
    definitions : DefinitionsSpec
    outcome : OutcomeSpec
        Counted from the creation of the lead.
    leads : int array, shape (n,)
        Positions in the history.
    as_of : int array, shape (n,), UTC microseconds
        Just after the creation: what became known later says nothing here.
    came : float array of 0 and 1, shape (n,)
    companies : int array, shape (n,)
        Leads of one company have one number; a lead of no company has its own.
    left_out : mapping of LeftOut to int
    """

    history: History
    definitions: DefinitionsSpec
    outcome: OutcomeSpec
    leads: Codes
    as_of: Instants
    came: Numbers
    companies: Codes
    left_out: Mapping[LeftOut, int]

    @property
    def company_count(self) -> int:
        """How many companies the leads are of."""
        return len(np.unique(self.companies))

    @property
    def earlier(self) -> Mask:
        """Mark the leads of that half of the companies whose first lead was created first."""
        _, place, inverse = np.unique(self.companies, return_index=True, return_inverse=True)
        first = np.full(len(place), np.iinfo(np.int64).max)
        np.minimum.at(first, inverse, self.as_of)
        rank = np.empty(len(first), dtype=np.int64)
        rank[np.argsort(first, kind="stable")] = np.arange(len(first))
        earlier: Mask = (rank < len(first) // 2)[inverse]
        return earlier

    def met(self, criterion: CriterionSpec) -> Numbers:
        """Tell of each lead whether a criterion held when the lead was created: 1, 0, or NaN where it is not known."""
        profile = IdealCustomerProfileSpec(criteria=(criterion,))
        asked = self.definitions.model_copy(update={"ideal_customer_profile": profile})
        return self._computed((_MATCH,), asked).values[:, 0]

    def known(self, features: Sequence[FeatureSpec]) -> FeatureMatrix:
        """Ask the engine for features as they were when each lead was created."""
        return self._computed(tuple(features), self.definitions)

    def _computed(self, features: tuple[FeatureSpec, ...], definitions: DefinitionsSpec) -> FeatureMatrix:
        catalogue = Catalogue(features, {feature.name: feature.table for feature in features}, definitions)
        return compute_features(self.history, self.leads, self.as_of, catalogue)


def make_ground(history: History, definitions: DefinitionsSpec, outcome: OutcomeSpec) -> Ground:
    """Take the leads whose outcome is known, each once.

    Parameters
    ----------
    history : History
    definitions : DefinitionsSpec
    outcome : OutcomeSpec
        Its window begins when the lead is created, and must have passed.

    Returns
    -------
    ground : Ground
        Maybe of no lead.
    """
    every = np.arange(len(history.lead_ids))
    as_of = instants_just_after(history, every, history.created_at)
    outcomes = find_outcomes(history, every, as_of, definitions, outcome)
    kept = np.flatnonzero(outcomes.answer != NOT_KNOWN)
    # By all that is known at the end, so that one mail provider is no company of its early leads either.
    of_company = companies_at(history, kept, np.full(len(kept), history.known_until + 1))
    alone = of_company == NOT_THERE
    _, companies = np.unique(np.where(alone, -1 - kept, of_company), return_inverse=True)
    return Ground(
        history,
        definitions,
        outcome,
        kept,
        as_of[kept],
        (outcomes.answer[kept] == YES).astype(np.float64),
        companies.astype(np.int64),
        outcomes.left_out(),
    )

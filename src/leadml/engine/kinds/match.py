"""How well the company fits the ideal customer profile."""

import numpy as np

from leadml.engine.kind import Profile, ProfileKind
from leadml.history.tables import Numbers
from leadml.specs.agreement_spec import CriterionSpec, DefinitionsSpec


def compute(profile: Profile) -> Numbers:
    """Share of the agreed criteria that hold, among those whose attribute is known.

    Two of three criteria met is 0.67; one met and one unknown of two is 1.0; missing when nothing
    is known about any of them.
    """
    met = np.array([profile.meets(criterion) for criterion in profile.definitions.ideal_customer_profile.criteria])
    known = ~np.isnan(met)
    counted = known.sum(axis=0)
    share: Numbers = np.where(counted == 0, np.nan, np.nansum(met, axis=0) / np.maximum(counted, 1))
    return share


def criteria(definitions: DefinitionsSpec) -> tuple[CriterionSpec, ...]:
    """Name the criteria of the ideal customer profile."""
    return definitions.ideal_customer_profile.criteria


KIND = ProfileKind(compute, criteria, told_as="share")

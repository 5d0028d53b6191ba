"""How well the company fits the ideal customer profile.

Formula: criteria that hold / criteria whose attribute is known

Nothing: There is none: attributes are only ever not known.

Unknown: Nothing is known about any of the criteria: missing; one that is not known is left out of both numbers.
"""

import numpy as np

from leadml.engine.kind import Profile, ProfileKind
from leadml.history.tables import Numbers
from leadml.specs.agreement_spec import CriterionSpec, DefinitionsSpec


def compute(profile: Profile) -> Numbers:
    """Share of the agreed criteria that hold, among those whose attribute is known.

    Examples
    --------
    Three criteria and three companies: two of three are met; one is met and the others are not known;
    nothing is known:

    >>> from types import SimpleNamespace
    >>> criteria = ("industry", "country", "employees")
    >>> known = {"industry": [1, 1, np.nan], "country": [1, np.nan, np.nan], "employees": [0, np.nan, np.nan]}
    >>> profile = SimpleNamespace(
    ...     definitions=SimpleNamespace(ideal_customer_profile=SimpleNamespace(criteria=criteria)),
    ...     meets=lambda criterion: np.array(known[criterion]),
    ... )
    >>> compute(profile).round(2).tolist()
    [0.67, 1.0, nan]
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

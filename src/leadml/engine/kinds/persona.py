"""Which buyer persona the person is."""

import numpy as np

from leadml.engine.kind import Profile, ProfileKind
from leadml.history.tables import Numbers
from leadml.specs.agreement_spec import CriterionSpec, DefinitionsSpec


def compute(profile: Profile) -> Numbers:
    """Code of the first agreed persona all of whose criteria hold; missing when none does.

    A person who fits `decision_maker` and `user`, in this order, is a `decision_maker`.
    """
    codes: Numbers = np.full(profile.size, np.nan)
    personas = profile.definitions.buyer_personas
    for code in reversed(range(len(personas))):
        fits = np.all([profile.meets(criterion) == 1 for criterion in personas[code].when], axis=0)
        codes[fits] = code
    return codes


def words(definitions: DefinitionsSpec) -> tuple[str, ...]:
    """Name the agreed personas in their order."""
    return tuple(persona.name for persona in definitions.buyer_personas)


def criteria(definitions: DefinitionsSpec) -> tuple[CriterionSpec, ...]:
    """Name the criteria of all personas."""
    return tuple(criterion for persona in definitions.buyer_personas for criterion in persona.when)


KIND = ProfileKind(compute, criteria, words)

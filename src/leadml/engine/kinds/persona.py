"""Which buyer persona the person is.

Formula: the first agreed persona all of whose criteria hold

Nothing: There is none: attributes are only ever not known.

Unknown: No persona is known to fit: missing, told as "none that fits".
"""

import numpy as np

from leadml.engine.kind import Profile, ProfileKind
from leadml.history.tables import Numbers
from leadml.specs.agreement_spec import CriterionSpec, DefinitionsSpec


def compute(profile: Profile) -> Numbers:
    """Code of the first agreed persona all of whose criteria hold; missing when none does.

    Examples
    --------
    Who fits both personas is the one that is agreed first; who is not known to fit any has none:

    >>> from types import SimpleNamespace
    >>> decision_maker, user = SimpleNamespace(when=("title",)), SimpleNamespace(when=("department",))
    >>> known = {"title": [1, 0, np.nan], "department": [1, 1, 0]}
    >>> profile = SimpleNamespace(
    ...     size=3,
    ...     definitions=SimpleNamespace(buyer_personas=(decision_maker, user)),
    ...     meets=lambda criterion: np.array(known[criterion]),
    ... )
    >>> compute(profile).tolist()
    [0.0, 1.0, nan]
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

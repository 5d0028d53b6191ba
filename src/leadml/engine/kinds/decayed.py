"""How much happened, where old facts count less.

Formula: sum over facts of 0.5 ** ((as_of - time(i)) / half-life)

Nothing: No such fact: what `when_nothing` says, usually 0.

Unknown: The table is not known, or the lead's company where the feature reads colleagues: missing.
"""

from leadml.clock import Instants
from leadml.engine.kind import FactKind, kernel
from leadml.history.tables import Numbers


@kernel
def compute(times: Instants, values: Numbers, as_of: int, window: int, half_life: int) -> float:
    """Add up 0.5 ** (age / half-life) over the facts.

    Examples
    --------
    One click now and one a half-life ago:

    >>> import numpy as np
    >>> compute(np.array([0, 100]), np.ones(2), 100, 0, 100)
    1.5
    """
    total = 0.0
    for happened_at in times:
        total += 0.5 ** ((as_of - happened_at) / half_life)
    return total


KIND = FactKind(compute, needs=("half_life_days",))

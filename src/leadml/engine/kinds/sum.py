"""How much something came to in all.

Formula: sum of value(i) over the facts that have a number

Nothing: No fact with a number: what `when_nothing` says, usually 0.

Unknown: The table is not known, or the lead's company where the feature reads colleagues: missing.
"""

import numpy as np

from leadml.clock import Instants
from leadml.engine.kind import FactKind, kernel
from leadml.history.tables import Numbers


@kernel
def compute(times: Instants, values: Numbers, as_of: int, window: int, half_life: int) -> float:
    """Add the values up; a fact without a number is none.

    Examples
    --------
    Two webinars of 20 and 25 minutes:

    >>> compute(np.array([1, 2]), np.array([20.0, 25.0]), 9, 0, 0)
    45.0
    """
    return float(np.sum(values))


KIND = FactKind(compute, reads="number", needs=("value",))

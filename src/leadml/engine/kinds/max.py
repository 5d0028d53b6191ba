"""The largest value there was.

Formula: max value(i) over the facts that have a number

Nothing: No fact with a number: what `when_nothing` says; 0 only where it is sure to be below any value.

Unknown: The table is not known, or the lead's company where the feature reads colleagues: missing.
"""

import numpy as np

from leadml.clock import Instants
from leadml.engine.kind import FactKind, kernel
from leadml.history.tables import Numbers


@kernel
def compute(times: Instants, values: Numbers, as_of: int, window: int, half_life: int) -> float:
    """Take the largest value; a fact without a number is none.

    Examples
    --------
    Deals of 8,000 and 12,000:

    >>> compute(np.array([1, 2]), np.array([8000.0, 12000.0]), 9, 0, 0)
    12000.0
    """
    return float(np.max(values))


KIND = FactKind(compute, reads="number", needs=("value",))

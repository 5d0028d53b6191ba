"""How much something was on average.

Formula: sum of value(i) / n over the n facts that have a number

Nothing: No fact with a number: what `when_nothing` says, usually missing, as a mean of nothing is no number.

Unknown: The table is not known, or the lead's company where the feature reads colleagues: missing.
"""

import numpy as np

from leadml.clock import Instants
from leadml.engine.kind import FactKind, kernel
from leadml.history.tables import Numbers


@kernel
def compute(times: Instants, values: Numbers, as_of: int, window: int, half_life: int) -> float:
    """Divide the sum of the values by their number; a fact without a number is none.

    Examples
    --------
    Visits of 2 and 5 minutes:

    >>> compute(np.array([1, 2]), np.array([2.0, 5.0]), 9, 0, 0)
    3.5
    """
    return float(np.sum(values) / values.size)


KIND = FactKind(compute, reads="number", needs=("value",))

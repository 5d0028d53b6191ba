"""How many different things there were.

Formula: #{value(i)} over the facts that have a value, equal values counting once

Nothing: No fact with a value: what `when_nothing` says, usually 0.

Unknown: The table is not known, or the lead's company where the feature reads colleagues: missing.
"""

import numpy as np

from leadml.clock import Instants
from leadml.engine.kind import FactKind, kernel
from leadml.history.tables import Numbers


@kernel
def compute(times: Instants, values: Numbers, as_of: int, window: int, half_life: int) -> float:
    """Count different values; `value: day` counts the days (UTC) on which something happened.

    Examples
    --------
    Visits on Monday, Monday and Wednesday are two active days:

    >>> compute(np.array([1, 2, 3]), np.array([0.0, 0.0, 2.0]), 9, 0, 0)
    2.0
    """
    present = values
    for place in range(1, values.size):
        if values[place] < values[place - 1]:  # days come in order, words need not
            present = np.sort(values)
            break
    different = 1.0
    for place in range(1, present.size):
        if present[place] != present[place - 1]:
            different += 1.0
    return different


KIND = FactKind(compute, reads="word", needs=("value",))

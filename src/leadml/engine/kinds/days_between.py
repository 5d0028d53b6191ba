"""How long it took from one thing to the next.

Formula: (time(b) - time(a)) / 86,400 s; a is the first fact that passes `where`, b the first after it that passes
    `to`

Nothing: Neither happened: what `when_nothing` says, usually missing; only one of them happened: missing.

Unknown: The table is not known, or the lead's company where the feature reads colleagues: missing.
"""

import numpy as np

from leadml.clock import DAY, Instants
from leadml.engine.kind import FactKind, kernel
from leadml.history.tables import Numbers


@kernel
def compute(times: Instants, values: Numbers, as_of: int, window: int, half_life: int) -> float:
    """Measure elapsed days from the first fact that passes `where` to the first later one that passes `to`.

    Missing as long as one of them is. Facts of one instant come in their declared order, so the second may
    bear the same time: then no day passed.

    Examples
    --------
    A lead on day 1, an MQL on day 4 and again on day 9:

    >>> compute(np.array([1, 4, 9]) * DAY, np.array([0.0, 1.0, 1.0]), 20 * DAY, 0, 0)
    3.0

    An MQL that never was a lead before:

    >>> compute(np.array([4 * DAY]), np.array([1.0]), 20 * DAY, 0, 0)
    nan
    """
    start = -1
    for place in range(times.size):
        if start >= 0 and values[place] >= 1.0:
            return float((times[place] - times[start]) / DAY)
        if start < 0 and values[place] != 1.0:
            start = place
    return np.nan


KIND = FactKind(compute, reads="to", needs=("to",), told_as="days")

"""How much happened, where a fact loses the same share at the end of each interval.

Formula: sum over facts of (1 - percent / 100) ** floor((as_of - time(i)) / every_days)

Nothing: No such fact: what `when_nothing` says, usually 0.

Unknown: The table is not known, or the lead's company where the feature reads colleagues: missing.
"""

from leadml.clock import Instants
from leadml.engine.kind import FactKind, kernel
from leadml.history.tables import Numbers


@kernel
def compute(times: Instants, values: Numbers, as_of: int, window: int, half_life: int) -> float:
    """Add up what is left of each fact, `values`, after the intervals that have ended since; `half_life` is one.

    Examples
    --------
    Two clicks that lose a quarter every 100, exactly 100 and just less than 100 ago:

    >>> import numpy as np
    >>> compute(np.array([0, 1]), np.full(2, 0.75), 100, 0, 100)
    1.75
    """
    total = 0.0
    for place in range(times.size):
        total += values[place] ** ((as_of - times[place]) // half_life)
    return total


KIND = FactKind(compute, reads="left", needs=("percent", "every_days"))

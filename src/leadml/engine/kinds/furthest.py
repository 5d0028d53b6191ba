"""How far along a declared order the lead has come.

Formula: max rank(value(i)), the first declared word having rank 1; a word that is not declared has none

Nothing: No fact with a declared word: what `when_nothing` says, usually 0, told as "not yet".

Unknown: The table is not known, or the lead's company where the feature reads colleagues: missing.
"""

import numpy as np

from leadml.clock import Instants
from leadml.engine.kind import FactKind, kernel
from leadml.history.tables import Numbers


@kernel
def compute(times: Instants, values: Numbers, as_of: int, window: int, half_life: int) -> float:
    """Take the largest rank, 1 for the first declared word; a fact without a declared word is none.

    Examples
    --------
    Awareness, then decision content, then awareness again is 3, decision:

    >>> compute(np.array([1, 2, 3]), np.array([1.0, 3.0, 1.0]), 9, 0, 0)
    3.0
    """
    return float(np.max(values))


KIND = FactKind(compute, reads="rank", needs=("value",), told_as="rank")

"""Which part of what happened was of one sort.

Formula: #{i: fact i passes of_which} / n over the n facts that pass where

Nothing: No fact passes `where`: what `when_nothing` says, usually missing, as 0 of 0 is no share.

Unknown: The table is not known, or the lead's company where the feature reads colleagues: missing.
"""

import numpy as np

from leadml.clock import Instants
from leadml.engine.kind import FactKind, kernel
from leadml.history.tables import Numbers


@kernel
def compute(times: Instants, values: Numbers, as_of: int, window: int, half_life: int) -> float:
    """Divide the number of facts that are `of_which` by the number of all.

    Examples
    --------
    Of four attempts one connected:

    >>> compute(np.array([1, 2, 3, 4]), np.array([0.0, 0.0, 1.0, 0.0]), 9, 0, 0)
    0.25
    """
    return float(np.sum(values) / values.size)


KIND = FactKind(compute, reads="of_which", needs=("of_which",), told_as="share")

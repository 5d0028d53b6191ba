"""Which part of what happened was of one sort."""

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

"""The largest value there was."""

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

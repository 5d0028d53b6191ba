"""How often something happened."""

from leadml.clock import Instants
from leadml.engine.kind import FactKind, kernel
from leadml.history.tables import Numbers


@kernel
def compute(times: Instants, values: Numbers, as_of: int, window: int, half_life: int) -> float:
    """Count the facts.

    Examples
    --------
    Three price page views in the window:

    >>> import numpy as np
    >>> compute(np.array([1, 2, 3]), np.ones(3), 9, 0, 0)
    3.0
    """
    return float(times.size)


KIND = FactKind(compute)

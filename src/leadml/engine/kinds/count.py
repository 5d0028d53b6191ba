"""How often something happened.

Formula: #{i: fact i passes where, as_of - window <= time(i) < as_of}; #{} is the number of

Nothing: No such fact: what `when_nothing` says, usually 0.

Unknown: The table is not known, or the lead's company where the feature reads colleagues: missing.
"""

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


KIND = FactKind(compute, counts=True)

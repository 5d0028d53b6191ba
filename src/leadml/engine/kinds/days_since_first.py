"""How long ago something first happened.

Formula: (as_of - time(first)) / 86,400 s

Nothing: It never happened: what `when_nothing` says, usually missing, as no number of days is right.

Unknown: The table is not known, or the lead's company where the feature reads colleagues: missing.
"""

from leadml.clock import DAY, Instants
from leadml.engine.kind import FactKind, kernel
from leadml.history.tables import Numbers


@kernel
def compute(times: Instants, values: Numbers, as_of: int, window: int, half_life: int) -> float:
    """Measure elapsed days from the first fact to `as_of`: (as_of - first) / 86,400 s.

    Examples
    --------
    First seen two days before, and once since:

    >>> import numpy as np
    >>> compute(np.array([0, DAY]), np.ones(2), 2 * DAY, 0, 0)
    2.0
    """
    return float((as_of - times[0]) / DAY)


KIND = FactKind(compute, told_as="days")

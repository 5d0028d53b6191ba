"""How long ago something last happened.

Formula: (as_of - time(last)) / 86,400 s

Nothing: It never happened: what `when_nothing` says, usually missing, as no number of days is right.

Unknown: The table is not known, or the lead's company where the feature reads colleagues: missing.
"""

from leadml.clock import DAY, Instants
from leadml.engine.kind import FactKind, kernel
from leadml.history.tables import Numbers


@kernel
def compute(times: Instants, values: Numbers, as_of: int, window: int, half_life: int) -> float:
    """Measure elapsed days from the latest fact to `as_of`: (as_of - last) / 86,400 s.

    Examples
    --------
    Last seen a day and a half before:

    >>> import numpy as np
    >>> compute(np.array([0]), np.ones(1), DAY + DAY // 2, 0, 0)
    1.5
    """
    return float((as_of - times[-1]) / DAY)


KIND = FactKind(compute, told_as="days")

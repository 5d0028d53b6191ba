"""Whether more happens now than before.

Formula: #{i: as_of - w <= time(i) < as_of} - #{i: as_of - 2 w <= time(i) < as_of - w}, w being the window

Nothing: No fact in both windows: what `when_nothing` says, usually 0; as many in both is 0 as well.

Unknown: The table is not known, or the lead's company where the feature reads colleagues: missing.
"""

from leadml.clock import Instants
from leadml.engine.kind import FactKind, kernel
from leadml.history.tables import Numbers


@kernel
def compute(times: Instants, values: Numbers, as_of: int, window: int, half_life: int) -> float:
    """Count the window before `as_of` and subtract the count of the window before that.

    Examples
    --------
    Three visits this week, one last week:

    >>> import numpy as np
    >>> compute(np.array([3, 11, 12, 13]), np.ones(4), 20, 10, 0)
    2.0
    """
    difference = 0.0
    for happened_at in times:
        difference += 1.0 if happened_at >= as_of - window else -1.0
    return difference


KIND = FactKind(compute, needs=("window_days",), windows=2, told_as="difference")

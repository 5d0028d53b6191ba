"""Which number was last said.

Formula: value(last) over the facts that have a number; of one instant, the last in declared order, then sequence,
then value

Nothing: No fact with a number: what `when_nothing` says, usually missing, as what was never said is no number.

Unknown: The table is not known, or the lead's company where the feature reads colleagues: missing.
"""

from leadml.clock import Instants
from leadml.engine.kind import FactKind, kernel
from leadml.history.tables import Numbers


@kernel
def compute(times: Instants, values: Numbers, as_of: int, window: int, half_life: int) -> float:
    """Take the number of the latest fact; a fact without a number is none.

    Examples
    --------
    The CRM's own score, which was 40 and then fell to 25:

    >>> import numpy as np
    >>> compute(np.array([1, 4]), np.array([40.0, 25.0]), 9, 0, 0)
    25.0
    """
    return float(values[-1])


KIND = FactKind(compute, reads="number", needs=("value",))

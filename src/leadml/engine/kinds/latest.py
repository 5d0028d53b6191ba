"""What was last said.

Formula: value(last); of one instant, the last in declared order, then sequence, then value

Nothing: Nothing was said, or the last fact has no such word: missing, as there is no word for it.

Unknown: The table is not known, or the lead's company where the feature reads colleagues: missing.
"""

from leadml.clock import Instants
from leadml.engine.kind import FactKind, kernel
from leadml.history.tables import Numbers


@kernel
def compute(times: Instants, values: Numbers, as_of: int, window: int, half_life: int) -> float:
    """Take the word of the latest fact; of one instant, the last in declared order, sequence, value.

    Examples
    --------
    Two statuses of one instant lie in declared order, so the later one wins:

    >>> import numpy as np
    >>> compute(np.array([5, 5]), np.array([0.0, 2.0]), 9, 0, 0)
    2.0
    """
    return float(values[-1])


KIND = FactKind(compute, reads="word", needs=("value",), gives_word=True)

"""What is known about the lead or its company.

Formula: value(last), the last of the values known before as_of

Nothing: There is none: an attribute is only ever not known.

Unknown: Never filled in, or not known yet at as_of, or a word where a number is asked: missing.
"""

from leadml.clock import Instants
from leadml.engine.kind import FactKind, kernel
from leadml.history.tables import Numbers


@kernel
def compute(times: Instants, values: Numbers, as_of: int, window: int, half_life: int) -> float:
    """Take the latest value of the attribute as it was known then, not as it is today.

    Examples
    --------
    A company of 40 employees that later had 60:

    >>> import numpy as np
    >>> compute(np.array([1, 4]), np.array([40.0, 60.0]), 9, 0, 0)
    60.0
    """
    return float(values[-1])


KIND = FactKind(compute, reads="attribute", needs=("attribute",))

"""How often sales handed the lead back.

Formula: #{i: lead_statuses of the agreement calls the status of change i returned}

Nothing: Never handed back: what `when_nothing` says, usually 0.

Unknown: Status changes are not known: missing.
"""

from leadml.clock import Instants
from leadml.engine.kind import FactKind, Where, kernel
from leadml.history.tables import Numbers
from leadml.specs.agreement_spec import DefinitionsSpec
from leadml.vocabulary import StatusMeaning


@kernel
def compute(times: Instants, values: Numbers, as_of: int, window: int, half_life: int) -> float:
    """Count the statuses that mean a return, whatever the CRM calls them.

    Examples
    --------
    Handed back as not ready, and a month later for lack of a budget:

    >>> import numpy as np
    >>> compute(np.array([1, 2]), np.ones(2), 9, 0, 0)
    2.0
    """
    return float(times.size)


def returns(_definitions: DefinitionsSpec) -> Where:
    """Read the statuses that `lead_statuses` of the agreement calls returned."""
    return {"meaning": str(StatusMeaning.RETURNED)}


KIND = FactKind(compute, table="status_changes", asks=returns)

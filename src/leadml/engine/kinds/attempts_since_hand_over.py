"""How often sales tried to connect since the lead was handed over.

Formula: #{i: attempt i is valid, hand-over <= time(i) < as_of}, the last known entry into SQL being the hand-over

Nothing: Never handed over, or no valid attempt since: what `when_nothing` says, usually 0.

Unknown: Connect attempts or stage changes are not known: missing.
"""

from leadml.clock import Instants
from leadml.engine.kind import FactKind, Where, kernel
from leadml.history.tables import Numbers
from leadml.specs.agreement_spec import DefinitionsSpec


@kernel
def compute(times: Instants, values: Numbers, as_of: int, window: int, half_life: int) -> float:
    """Count the valid connect attempts since the last known hand-over.

    Examples
    --------
    Three calls since the lead became an SQL:

    >>> import numpy as np
    >>> compute(np.array([1, 2, 3]), np.ones(3), 9, 0, 0)
    3.0
    """
    return float(times.size)


def valid_attempts(_definitions: DefinitionsSpec) -> Where:
    """Read what `connect_attempt` of the agreement counts."""
    return {"valid": "yes"}


def hand_over(definitions: DefinitionsSpec) -> str:
    """Name the stage whose entry hands a lead over."""
    return definitions.hand_over_stage


KIND = FactKind(compute, table="connect_attempts", asks=valid_attempts, since=hand_over)

"""How long the lead has been in its lifecycle stage.

Formula: (as_of - time(entry)) / 86,400 s; the entry is the first of the last unbroken run of one stage

Nothing: No stage was ever entered: what `when_nothing` says, usually missing.

Unknown: Stage changes are not known: missing.
"""

from leadml.clock import DAY, Instants
from leadml.engine.kind import FactKind, Where, kernel
from leadml.history.tables import Numbers
from leadml.specs.agreement_spec import DefinitionsSpec


@kernel
def compute(times: Instants, values: Numbers, as_of: int, window: int, half_life: int) -> float:
    """Measure elapsed days since the lead came into the stage it was last known in; saying it again is no new entry.

    Examples
    --------
    A lead on day 1, an MQL on day 3, said again on day 5:

    >>> import numpy as np
    >>> compute(np.array([1, 3, 5]) * DAY, np.array([0.0, 1.0, 1.0]), 10 * DAY, 0, 0)
    7.0
    """
    entry = times.size - 1
    while entry > 0 and values[entry - 1] == values[entry]:
        entry -= 1
    return float((as_of - times[entry]) / DAY)


def agreed_stages(definitions: DefinitionsSpec) -> Where:
    """Read the agreed stages alone: one that the agreement does not define says nothing."""
    return {"lifecycle_stage": definitions.lifecycle_stages}


KIND = FactKind(
    compute, reads="word", table="stage_changes", value="lifecycle_stage", asks=agreed_stages, told_as="days"
)

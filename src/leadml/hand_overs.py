"""When leads were handed over to sales: entries into SQL, or into what is called ready where there is no SQL."""

from dataclasses import dataclass

import numpy as np

from leadml.clock import Instants
from leadml.history.tables import Codes, History, Mask
from leadml.outcomes import NEVER
from leadml.snapshots import entries_into
from leadml.specs.agreement_spec import DefinitionsSpec


@dataclass(frozen=True)
class HandOvers:
    """Leads given to sales, by lead and then by time.

    Attributes
    ----------
    leads : int array, shape (n,)
        Positions in the history.
    happened_at, known_at : int array, shape (n,), UTC microseconds
        The clocks of the promises start at `happened_at`.
    previous_at, next_at : int array, shape (n,), UTC microseconds
        When the same lead was handed over before, and again; `NEVER` where it was not. What sales did from the next
        hand-over on belongs to that one, as what was decided up to the previous one belongs there.
    """

    leads: Codes
    happened_at: Instants
    known_at: Instants
    previous_at: Instants
    next_at: Instants

    def rows(self, index: Codes | Mask) -> "HandOvers":
        """Take some of them."""
        return HandOvers(
            self.leads[index],
            self.happened_at[index],
            self.known_at[index],
            self.previous_at[index],
            self.next_at[index],
        )


def find_hand_overs(history: History, definitions: DefinitionsSpec) -> HandOvers:
    """Find all hand-overs of a history.

    Parameters
    ----------
    history : History
    definitions : DefinitionsSpec
        Names the stage whose entry hands a lead over.

    Returns
    -------
    hand_overs : HandOvers
        None where stage changes are not known.
    """
    table = history.facts.get("stage_changes")
    if table is None:
        nothing = np.empty(0, dtype=np.int64)
        return HandOvers(nothing, nothing, nothing, nothing, nothing)
    rows = entries_into(table, definitions.hand_over_stage, definitions)
    leads, happened_at = table.leads[rows], table.happened_at[rows]
    again = np.flatnonzero(leads[1:] == leads[:-1])
    previous_at, next_at = np.full(len(leads), NEVER), np.full(len(leads), NEVER)
    previous_at[again + 1], next_at[again] = happened_at[again], happened_at[again + 1]
    return HandOvers(leads, happened_at, table.known_at[rows], previous_at, next_at)

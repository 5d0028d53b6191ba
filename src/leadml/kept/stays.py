"""How long leads stay in a lifecycle stage, against the days after which they are stuck."""

from dataclasses import dataclass

import numpy as np

from leadml.agreement.business_calendar import BusinessCalendar
from leadml.clock import Instants
from leadml.history.tables import Codes, History, Mask
from leadml.kept.done import changes_of_stage
from leadml.kept.facts import Marked, marked_words
from leadml.kept.states import PromisedTime, Timed, judge_deadline
from leadml.outcomes import NEVER
from leadml.specs.agreement_spec import AgreementSpec
from leadml.vocabulary import StatusMeaning


@dataclass(frozen=True)
class Stays:
    """Leads in one stage, each as often as it came there: arrays of shape (n,).

    Attributes
    ----------
    stage : str
    leads : int array
        Positions in the history.
    begins : int array, UTC microseconds
    stopped : bool array
        Returned or closed while in the stage.
    timed : Timed
        Kept: the lead left the stage in time. A lead that was returned or closed before is not owed to move on.
    """

    stage: str
    leads: Codes
    begins: Instants
    stopped: Mask
    timed: Timed


def find_stays(history: History, agreement: AgreementSpec, calendar: BusinessCalendar, as_of: int) -> tuple[Stays, ...]:
    """Judge how long leads stayed in each stage for which days were agreed.

    Parameters
    ----------
    history : History
        As it was known at `as_of`.
    agreement : AgreementSpec
    calendar : BusinessCalendar
        Of the agreement.
    as_of : int, UTC microseconds

    Returns
    -------
    stays : tuple of Stays
        One for each stage of `stagnation_days` that the definitions name, in their order.
    """
    limits, table = agreement.promises.stagnation_days or {}, history.facts.get("stage_changes")
    if table is None or not limits:
        return ()
    changes = Marked(table, changes_of_stage(history, agreement.definitions), len(history.lead_ids))
    leads, begins = table.leads[changes.rows], changes.happened_at
    left_at = np.full(len(leads), NEVER)
    left_at[:-1] = np.where(leads[1:] == leads[:-1], begins[1:], NEVER)
    ended = marked_words(history, "status_changes", "meaning", [StatusMeaning.RETURNED, StatusMeaning.CLOSED])
    stopped_at, _ = ended.first_in(leads, begins, left_at)
    found = []
    for stage in agreement.definitions.lifecycle_stages:
        if stage in limits:
            rows = np.flatnonzero(table.texts["lifecycle_stage"].is_any_of([stage])[changes.rows])
            promised = PromisedTime.of_days(calendar, limits[stage])
            timed = judge_deadline(begins[rows], promised, left_at[rows], stopped_at[rows], as_of)
            found.append(Stays(stage, leads[rows], begins[rows], stopped_at[rows] != NEVER, timed))
    return tuple(found)

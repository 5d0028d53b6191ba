"""Finds the reason of a status: CRMs keep it in a field of its own, written with the status or a moment after."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from leadml.clock import MINUTE
from leadml.history.gathered import Gathered, Text, instants_of

# A reason that is written later than this explains nothing any more.
REASON_WITHIN = 10 * MINUTE


def add_reasons(rows: Gathered, written: Mapping[Text, Sequence[tuple[Text, Text]]]) -> None:
    """Give each status its reason: the latest written since the status before, until a moment after.

    A status whose reason was written after it is known only with the reason.

    Parameters
    ----------
    rows : Gathered
        Of the table `status_changes`; gets the columns `reason` and `known_at`.
    written : mapping of lead_id to sequence of (time, reason)
        Each change of the field that holds the reason; blank ones say nothing.

    Examples
    --------
    >>> from leadml.history.gathered import Origin
    >>> rows = Gathered("status_changes")
    >>> rows.add(Origin("contacts.json", ""), "", lead_id="512", happened_at="2026-08-15T09:00:00Z")
    >>> add_reasons(rows, {"512": [("2026-08-15T09:00:30Z", "no_budget")]})
    >>> rows.column("reason"), rows.column("known_at")
    (['no_budget'], ['2026-08-15T09:00:30Z'])
    """
    of_lead = {lead: _in_time(changes) for lead, changes in written.items()}
    happened, readable = instants_of(rows.column("happened_at"))
    leads = rows.column("lead_id")
    order = [row for row in range(len(rows)) if readable[row]]
    order.sort(key=lambda row: (leads[row] or "", happened[row]))
    reasons: list[Text] = [None] * len(rows)
    known: list[Text] = [None] * len(rows)
    for lead, own in groupby(order, key=lambda row: leads[row]):
        changes = of_lead.get(lead)
        if changes:
            statuses = list(own)
            instants = [int(happened[row]) for row in statuses]
            for row, instant in zip(statuses, instants, strict=True):
                found = _reason_of(instant, instants, changes)
                if found is not None:
                    time, text, reasons[row] = found
                    known[row] = text if time > instant else None
    rows.put("reason", reasons)
    rows.put("known_at", known)


def _in_time(changes: Sequence[tuple[Text, Text]]) -> list[tuple[int, Text, Text]]:
    instants, readable = instants_of([time for time, _ in changes])
    told = [
        (int(instants[place]), time, reason)
        for place, (time, reason) in enumerate(changes)
        if readable[place] and reason is not None
    ]
    return sorted(told, key=lambda one: (one[0], one[2] or ""))


def _reason_of(
    instant: int, statuses: Sequence[int], changes: Sequence[tuple[int, Text, Text]]
) -> tuple[int, Text, Text] | None:
    """Find the latest reason after the status before, and before the next."""
    before = max((time for time in statuses if time < instant), default=None)
    after = min((time for time in statuses if time > instant), default=None)
    latest = instant + REASON_WITHIN if after is None else min(instant + REASON_WITHIN, after - 1)
    # What was written a moment after the status before explains that one.
    earliest = -1 if before is None else min(before + REASON_WITHIN, instant - 1)
    fitting = [one for one in changes if earliest < one[0] <= latest]
    return fitting[-1] if fitting else None

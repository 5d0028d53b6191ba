"""What a field said from the creation of a record on, made whole from its history and its value of today."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from leadml.history.gathered import AnyOrigin, Text, instants_of
from leadml.history.salesforce.field_history import FieldChanges, earliest
from leadml.history.salesforce.objects import Columns
from leadml.history.tables import Mask


@dataclass(frozen=True)
class Said:
    """A field took a value.

    Attributes
    ----------
    owner : str or None
    at : str or None
        When; as the export writes it.
    value : str or None
    origin : Origin or RowOrigin
    detail : str
    rank : int
        -1 for what stood there at creation.
    """

    owner: Text
    at: Text
    value: Text
    origin: AnyOrigin
    detail: str
    rank: int


@dataclass
class Timelines:
    """Values of one field of all records, from the first on.

    Attributes
    ----------
    tracked_since : str, optional
        When the history of the field was switched on. Before, nothing is known of records that were there already:
        what they first said is told as of this instant.
    before_tracking : int
        Records that are older than their history.
    unknown : int
        Records whose first value is not known: they have no change, and may be older than their history; or a change
        before they were created.
    """

    records: Columns
    rows: list[int]
    changes: FieldChanges
    name: str
    today: str
    tracked_since: Text = None
    before_tracking: int = 0
    unknown: int = 0

    def said(self) -> Iterator[Said]:
        """Give all values that the field took: first values, then changes."""
        yield from self._first_values()
        for row in self.changes.rows_of(self.name):
            yield Said(
                self.changes.owners[row],
                self.changes.created[row],
                self.changes.new[row],
                self.changes.origins[row],
                f"NewValue of {self.name}",
                self.changes.ranks[row],
            )

    def _first_values(self) -> Iterator[Said]:
        """Give what each record said first: before its first change, or today if it never changed."""
        ids, created, today = (self.records.of(name) for name in ("Id", "CreatedDate", self.today))
        first: Mapping[Text, Text] = self.changes.first_values(self.name)
        since = self.tracked_since or earliest(self.changes.created)
        told_created = {self.changes.owners[row] for row in self.changes.rows_of("created")}
        first_at = {
            self.changes.owners[row]: self.changes.created[row] for row in self.changes.rows_of(self.name)[::-1]
        }
        too_early = _come_before([first_at.get(one) for one in ids], created)
        older = _before(created, since, otherwise=True)
        told_before = _before(created, self.tracked_since, otherwise=False)
        for row in self.rows:
            changed = ids[row] in first
            value = first[ids[row]] if changed else today[row]
            if too_early[row] or (not changed and bool(older[row]) and ids[row] not in told_created):
                self.unknown += value is not None
            elif value is not None:
                is_older = bool(told_before[row])
                self.before_tracking += is_older
                at = self.tracked_since if is_older else created[row]
                yield Said(ids[row], at, value, self.records.origins[row], f"first value of {self.name}", -1)


def _come_before(times: list[Text], others: list[Text]) -> Mask:
    """Mark where a time comes before another one: a change before the creation of its record is a fault of the data."""
    (instants, readable), (later, others_readable) = instants_of(times), instants_of(others)
    before: Mask = readable & others_readable & (instants < later)
    return before


def _before(times: list[Text], since: Text, *, otherwise: bool) -> Mask:
    """Mark the times before an instant; where there is none, all or none are marked."""
    limit, known = instants_of([since])
    if not known[0]:
        return np.full(len(times), otherwise)
    instants, readable = instants_of(times)
    before: Mask = readable & (instants < limit[0])
    return before

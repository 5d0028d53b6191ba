"""The history of fields: what each record said first, and every change since."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from leadml.history.gathered import AnyOrigin, Text, instants_of
from leadml.history.salesforce.objects import Columns
from leadml.history.salesforce.words import is_id, long_id, yes

# Rows that tell what was done with a record, not which value a field took.
DEEDS = frozenset(
    {"created", "leadConverted", "leadMerged", "ownerAccepted", "ownerAssignment", "locked", "unlocked", "feedEvent"}
)


@dataclass
class FieldChanges:
    """Changes of fields in columns, in the order of their time for each record.

    Attributes
    ----------
    owners, old, new, created : list of str or None
    origins : list
    ranks : list of int
        Order among the changes of one field, record and instant.
    deleted : int
        Rows of history that were deleted, or whose record was.
    """

    owners: list[Text] = field(default_factory=list)
    old: list[Text] = field(default_factory=list)
    new: list[Text] = field(default_factory=list)
    created: list[Text] = field(default_factory=list)
    origins: list[AnyOrigin] = field(default_factory=list)
    ranks: list[int] = field(default_factory=list)
    deleted: int = 0
    names_of_lookups: int = 0
    without_values: dict[str, int] = field(default_factory=dict)
    _rows: dict[str, list[int]] = field(default_factory=dict)

    def __len__(self) -> int:
        """Count the changes."""
        return len(self.owners)

    @property
    def tracked(self) -> frozenset[str]:
        """The fields of which any change is known."""
        return frozenset(self._rows) - DEEDS

    def rows_of(self, name: str) -> list[int]:
        """Give the changes of one field."""
        return self._rows.get(name, [])

    def first_values(self, name: str) -> Mapping[Text, Text]:
        """Give what stood in a field of each record before its first known change."""
        first: dict[Text, Text] = {}
        for row in self.rows_of(name):
            first.setdefault(self.owners[row], self.old[row])
        return first

    def add(self, columns: Columns, row: int, owner: Text, rank: int) -> None:
        """Take over one row of a history object."""
        name = columns.columns["Field"][row] or ""
        self._rows.setdefault(name, []).append(len(self))
        self.owners.append(owner)
        self.old.append(columns.columns["OldValue"][row])
        self.new.append(columns.columns["NewValue"][row])
        self.created.append(columns.columns["CreatedDate"][row])
        self.origins.append(columns.origins[row])
        self.ranks.append(rank)


def field_changes(columns: Columns, owner_field: str, deleted_owners: Collection[Text]) -> FieldChanges:
    """Put the rows of a history object in order, and leave out those that say nothing.

    Parameters
    ----------
    columns : Columns
        LeadHistory or OpportunityFieldHistory.
    owner_field : str
        The field that names the record.
    deleted_owners : collection of str

    Returns
    -------
    changes : FieldChanges
        A change of a lookup is told twice, by ids and by names: the ids are kept. A field too long to be tracked
        is told without values: such rows are counted.
    """
    changes = FieldChanges()
    if not len(columns):
        return changes
    owners, deleted = columns.of(owner_field), yes(columns.of("IsDeleted"))
    instants, _ = instants_of(columns.of("CreatedDate"))
    old, new, names = columns.of("OldValue"), columns.of("NewValue"), columns.of("Field")
    by_id = {
        (owners[row], names[row], int(instants[row]))
        for row in range(len(columns))
        if is_id(old[row] or "") or is_id(new[row] or "")
    }
    ranks = _ranks(columns, owner_field)
    order = sorted(range(len(columns)), key=lambda row: (owners[row] or "", instants[row], ranks[row]))
    for row in order:
        told_by_id = (owners[row], names[row], int(instants[row])) in by_id
        if deleted[row] or owners[row] in deleted_owners:
            changes.deleted += 1
        elif told_by_id and not (is_id(old[row] or "") or is_id(new[row] or "")):
            changes.names_of_lookups += 1
        elif names[row] not in DEEDS and old[row] is None and new[row] is None:
            name = names[row] or ""
            changes.without_values[name] = changes.without_values.get(name, 0) + 1
        else:
            changes.add(columns, row, owners[row], ranks[row])
    for row in range(len(changes)):
        changes.old[row], changes.new[row] = (_with_long_id(value) for value in (changes.old[row], changes.new[row]))
    return changes


def _with_long_id(value: Text) -> Text:
    return long_id(value) if value is not None and is_id(value) else value


def _ranks(columns: Columns, owner_field: str) -> list[int]:
    """Order changes of one field, record and instant: each begins where the one before it ended."""
    owners, names, times = columns.of(owner_field), columns.of("Field"), columns.of("CreatedDate")
    old, new = columns.of("OldValue"), columns.of("NewValue")
    together: dict[tuple[Text, Text, Text], list[int]] = {}
    for row in range(len(columns)):
        together.setdefault((owners[row], names[row], times[row]), []).append(row)
    ranks = [0] * len(columns)
    for rows in together.values():
        if len(rows) > 1:
            _rank_chain(sorted(rows, key=lambda row: (old[row] or "", new[row] or "")), old, new, ranks)
    return ranks


def _rank_chain(rows: list[int], old: list[Text], new: list[Text], ranks: list[int]) -> None:
    """Follow a chain of changes from the value that none of them set; equal rows get equal places."""
    distinct = dict.fromkeys((old[row], new[row]) for row in rows)
    set_by_another = {after for _, after in distinct}
    chain = [pair for pair in distinct if pair[0] not in set_by_another][:1] or list(distinct)[:1]
    left = [pair for pair in distinct if pair != chain[0]]
    while left:
        following = next((pair for pair in left if pair[0] == chain[-1][1]), left[0])
        chain.append(following)
        left.remove(following)
    for row in rows:
        ranks[row] = chain.index((old[row], new[row]))


def earliest(times: Iterable[Text]) -> Text:
    """Give the earliest of some times that can be read; None where there is none."""
    texts = list(times)
    instants, readable = instants_of(texts)
    good = readable.nonzero()[0].tolist()
    return texts[min(good, key=instants.__getitem__)] if good else None

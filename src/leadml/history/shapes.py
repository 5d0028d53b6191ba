"""Which columns each table of a history may and must have, whatever it is read from."""

from dataclasses import dataclass

from leadml.history.tables import CHANCES, COMPANY_COLUMNS, FACT_TABLES, FACT_TIMES, LEAD_COLUMNS, MERGED_AT

# Columns that hold the id of another row: how numbers are written must not keep the two apart.
_REFERENCES = ("company_id", "merged_into")
# Times beside those of the fact itself. Texts in the history, but no less to be checked.
_TIMES_KEPT_AS_TEXTS = ("accepted_at",)


@dataclass(frozen=True)
class TableShape:
    """The columns of one table.

    Attributes
    ----------
    owner : str
        `lead_id`, or `company_id` in `companies`.
    happened_at : str
        `created_at` in `leads` and `companies`.
    required : tuple of str
    texts, numbers : tuple of str
        Beside owner and times; with `event_id` and `sequence`.
    instants : tuple of str
        Further times that a history keeps as numbers.
    """

    owner: str
    happened_at: str
    required: tuple[str, ...]
    texts: tuple[str, ...]
    numbers: tuple[str, ...]
    instants: tuple[str, ...] = ()

    @property
    def known(self) -> tuple[str, ...]:
        """All columns; any other of `leads` and `companies` is an attribute."""
        return (self.owner, self.happened_at, FACT_TIMES[1], *self.texts, *self.numbers, *self.instants)

    @property
    def references(self) -> tuple[str, ...]:
        """The columns of texts that are ids of other rows."""
        return tuple(name for name in self.texts if name in _REFERENCES)

    @property
    def times_among_texts(self) -> tuple[str, ...]:
        """The columns of texts that must be times."""
        return tuple(name for name in self.texts if name in _TIMES_KEPT_AS_TEXTS)

    @property
    def chances(self) -> tuple[str, ...]:
        """The columns of numbers that must be above 0 and at most 1."""
        return tuple(name for name in self.numbers if name in CHANCES)

    @property
    def is_wide(self) -> bool:
        """Whether each further column is an attribute."""
        return self.happened_at != FACT_TIMES[0]


def shape_of(table: str) -> TableShape:
    """Give the columns of a table.

    Parameters
    ----------
    table : str
        `leads`, `companies` or one of the fact tables.

    Returns
    -------
    shape : TableShape

    Examples
    --------
    >>> shape_of("assignments").known
    ('lead_id', 'happened_at', 'known_at', 'owner', 'accepted_at', 'event_id', 'sequence')
    """
    if table in ("leads", "companies"):
        columns = LEAD_COLUMNS if table == "leads" else COMPANY_COLUMNS
        owner, instants = columns[0], tuple(name for name in columns if name == MERGED_AT)
        taken = (owner, "created_at", FACT_TIMES[1], *instants)
        texts = tuple(name for name in columns if name not in taken)
        return TableShape(owner, "created_at", (owner, "created_at"), (*texts, "event_id"), (), instants)
    columns_of = FACT_TABLES[table]
    return TableShape(
        owner="lead_id",
        happened_at=FACT_TIMES[0],
        required=("lead_id", FACT_TIMES[0], *columns_of.required),
        texts=(*columns_of.texts, "event_id"),
        numbers=(*columns_of.numbers, "sequence"),
    )

"""Writes down the kinds of features and the columns of the tables: the words that YAML files may use."""

import sys
from dataclasses import dataclass

from leadml.engine.kind import FactKind, all_kinds
from leadml.history.tables import COMPANY_COLUMNS, DERIVED_COLUMNS, FACT_TABLES, FACT_TIMES, LEAD_COLUMNS
from leadml.specs.reference import in_code

PARTS = ("Formula", "Nothing", "Unknown")  # paragraphs of the docstring of a kind's module


@dataclass(frozen=True)
class KindReference:
    """One kind of feature.

    Attributes
    ----------
    kind : str
    says : str
    formula, nothing, unknown : str
        What it computes; what it gives where no fact is there, and where nothing is known.
    needs : tuple of str
        Keys that a feature of this kind must give.
    """

    kind: str
    says: str
    formula: str
    nothing: str
    unknown: str
    needs: tuple[str, ...]


@dataclass(frozen=True)
class TableReference:
    """The columns of one table.

    Attributes
    ----------
    table : str
    needed, optional : tuple of str
        Columns that a source must fill, and may fill.
    derived : tuple of str
        Columns that the agreement adds.
    """

    table: str
    needed: tuple[str, ...]
    optional: tuple[str, ...]
    derived: tuple[str, ...]


def kind_references() -> list[KindReference]:
    """List the kinds, each with what its module and its formula say of it.

    Returns
    -------
    kinds : list of KindReference
        Empty texts where the module of a project's own kind does not say it.

    Examples
    --------
    >>> next(kind.nothing for kind in kind_references() if kind.kind == "count")
    'No such fact: what `when_nothing` says, usually 0.'
    """
    references = []
    for name, kind in all_kinds().items():
        module = sys.modules[kind.compute.__module__].__doc__
        says = f"{_first(module)} {_first(kind.compute.__doc__)}"
        formula, nothing, unknown = (_part(part, module) for part in PARTS)
        needs = kind.needs if isinstance(kind, FactKind) else ()
        references.append(KindReference(name, says, formula, nothing, unknown, needs))
    return references


def _first(text: str | None) -> str:
    """Take the first sentence or sentences of a docstring."""
    return " ".join((text or "").strip().split("\n\n")[0].split())


def _part(name: str, text: str | None) -> str:
    """Take the paragraph that begins with a name."""
    paragraphs = (" ".join(paragraph.split()) for paragraph in (text or "").split("\n\n"))
    return next((told.removeprefix(f"{name}: ") for told in paragraphs if told.startswith(f"{name}: ")), "")


def table_references() -> list[TableReference]:
    """List the tables of `history.yaml` with their columns."""
    references = [
        TableReference("leads", LEAD_COLUMNS[:2], (*LEAD_COLUMNS[2:], "event_id"), DERIVED_COLUMNS["leads"]),
        TableReference("companies", COMPANY_COLUMNS[:2], (*COMPANY_COLUMNS[2:], "event_id"), ()),
    ]
    for table, columns in FACT_TABLES.items():
        needed = ("lead_id", FACT_TIMES[0], *columns.required)
        optional = (*columns.optional, FACT_TIMES[1], "event_id", "sequence")
        references.append(TableReference(table, needed, optional, DERIVED_COLUMNS.get(table, ())))
    return references


def words_reference() -> str:
    """Write kinds and columns as Markdown.

    Returns
    -------
    page : str
        Two sections, one table each.

    Examples
    --------
    >>> "| `count` | How often something happened. Count the facts. |" in words_reference()
    True
    """
    lines = [
        "## Kinds of features",
        "",
        "`#{}` is the number of; `time(i)` and `value(i)` are those of fact i, of which only those are there that the",
        "feature's `where`, `window_days` and `since_stage` let pass and that were known before `as_of`. A project may",
        "bring kinds of its own: `kinds/NAME.py` beside its history.yaml defines a `KIND`, as those of leadml do.",
        "",
        "| kind | what it says | formula | nothing | unknown | needs |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| `{kind.kind}` | {kind.says} | {kind.formula} | {kind.nothing} | {kind.unknown} | {in_code(kind.needs)} |"
        for kind in kind_references()
    ]
    lines += [
        "",
        "## Tables and their columns",
        "",
        "Times are ISO 8601; `known_at` is `happened_at` (or `created_at`) where it is not given. Rows with the same",
        "`event_id` count once; `sequence` orders facts of one instant. Leads and companies may have any attributes.",
        "",
        "| table | columns needed | columns allowed | added by the agreement |",
        "| --- | --- | --- | --- |",
    ]
    lines += [
        f"| `{table.table}` | {in_code(table.needed)} | {in_code(table.optional)} | {in_code(table.derived)} |"
        for table in table_references()
    ]
    return "\n".join([*lines, ""])

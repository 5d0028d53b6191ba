"""Reads tables and queries of a database, streamed, through SQLAlchemy; a secret stays in the environment."""

import os
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlalchemy as sql
from sqlalchemy.exc import ArgumentError, NoSuchTableError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from leadml.errors import LeadmlError, known_words
from leadml.history.plain import check_named_once
from leadml.history.told import Place, RowsRead, Sheet
from leadml.specs.history_spec import SourceSpec
from leadml.wording.texts import nearest

_AT_ONCE = 50_000
_LOOKS_LIKE_A_PARAMETER = re.compile(r"(?<![:\\]):(?=\w)")
_LARGEST_WHOLE = 2**63


def read_database(
    source: SourceSpec, folder: Path, wanted: Collection[str] | None, *, complete: bool = False, on_rows: RowsRead
) -> Sheet:
    """Read the rows of a table or of a query.

    Parameters
    ----------
    source : SourceSpec
        With `database`, and `database_table` or `query`.
    folder : Path
        Where the file of an SQLite database lies, if its path is relative.
    wanted : collection of str, optional
        Columns; those that are not there are left out. Default: all.
    complete : bool
        Whether all others are fetched as well, for the file of bad rows.
    on_rows : callable of int
        Told how many rows were read, block by block.

    Returns
    -------
    sheet : Sheet

    Raises
    ------
    LeadmlError
        `missing_variable`, `missing_data_file`, `unknown_database_table`, `database_failed`: never with a secret;
        `unreadable_file` when a query gives a wanted column twice.
    """
    database = _Database(source, folder)
    with database.connected() as connection:
        return database.read(connection, wanted, on_rows, complete=complete)


class _Database:
    """One database of history.yaml."""

    def __init__(self, source: SourceSpec, folder: Path) -> None:
        named = source.database or ""
        self._source = source
        self._url = _url_of(named, folder)
        shown = named if named.startswith("$") else self._url.render_as_string(hide_password=True)
        self._shown = f"{shown}, {f'table {source.database_table}' if source.database_table else 'query'}"

    @contextmanager
    def connected(self) -> Iterator[sql.Connection]:
        """Connect, to read and nothing else; whatever fails is told without its secrets."""
        try:
            engine = sql.create_engine(self._url, poolclass=NullPool)
            options: dict[str, Any] = {"stream_results": True}
            if engine.dialect.name == "postgresql":
                options["postgresql_readonly"] = True
            with engine.connect().execution_options(**options) as connection:
                if engine.dialect.name == "sqlite":
                    connection.exec_driver_sql("PRAGMA query_only = ON")
                yield connection
        except (SQLAlchemyError, ImportError) as error:
            raise self._failed(str(getattr(error, "orig", None) or error)) from None

    def read(
        self, connection: sql.Connection, wanted: Collection[str] | None, on_rows: RowsRead, *, complete: bool
    ) -> Sheet:
        """Fetch all rows, block by block."""
        header, statement = self._statement(connection, None if complete else wanted)
        result = connection.execute(statement)
        names = list(result.keys())
        check_named_once(names, names if wanted is None else wanted, where=self._shown)
        blocks: list[list[pa.Array]] = []
        for rows in result.partitions(_AT_ONCE):
            blocks.append([_as_arrow(values) for values in zip(*rows, strict=True)])
            on_rows(len(rows))
        every = pa.table({name: _under_each_other([block[n] for block in blocks]) for n, name in enumerate(names)})
        return Sheet(
            self._shown,
            tuple(header or names),
            every.select([name for name in dict.fromkeys(names) if wanted is None or name in wanted]),
            lambda row: Place(self._shown, f"row {row + 1}"),
            lambda rows: every.take(pa.array(rows)),
        )

    def _statement(
        self, connection: sql.Connection, wanted: Collection[str] | None
    ) -> tuple[list[str] | None, sql.Executable]:
        """Write what is asked of the database; of a table also which columns it has."""
        if self._source.query is not None:
            return None, sql.text(_LOOKS_LIKE_A_PARAMETER.sub(r"\\:", self._source.query))
        schema, _, name = (self._source.database_table or "").rpartition(".")
        inspector = sql.inspect(connection)
        try:
            header = [column["name"] for column in inspector.get_columns(name, schema or None)]
        except NoSuchTableError:
            known = [*inspector.get_table_names(schema or None), *inspector.get_view_names(schema or None)]
            raise LeadmlError(
                "unknown_database_table",
                where=self._shown,
                table=name,
                known=known_words(known) or "-",
                hint=nearest(name, known),
            ) from None
        # Without a column there is nothing to fetch, but rows are still counted.
        chosen = [column for column in header if wanted is None or column in wanted] or header[:1]
        return header, sql.select(*map(sql.column, chosen)).select_from(sql.table(name, schema=schema or None))

    def _failed(self, said: str) -> LeadmlError:
        for secret in (self._url.render_as_string(hide_password=False), str(self._url.password or "")):
            said = said.replace(secret, "***") if secret else said
        return LeadmlError(
            "database_failed", where=self._shown, database=self._shown, problem=said.strip().partition("\n")[0]
        )


def _url_of(named: str, folder: Path) -> sql.URL:
    """Give the URL that history.yaml writes or names; a relative SQLite file lies in the data folder."""
    where = f"history.yaml, database: {named}"
    written = named
    if named.startswith("$"):
        variable = named[2:-1]
        written = os.environ.get(variable, "")
        if not written:
            raise LeadmlError("missing_variable", where=where, variable=variable)
    try:
        url = sql.make_url(written)
    except (ArgumentError, ValueError):  # what it holds may be a secret
        raise LeadmlError("database_failed", where=where, database=named, problem="it is no URL") from None
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        file = folder / url.database
        if not file.is_file():
            raise LeadmlError("missing_data_file", where=where, file=file.name, folder=file.parent.name or ".")
        url = url.set(database=str(file))
    return url


def _as_arrow(values: Sequence[Any]) -> pa.Array:
    """Give a block of a column its Arrow type; where a database mixes types, each value becomes its text."""
    kinds = {type(value) for value in values} - {type(None)}
    if kinds == {datetime}:
        zones = {value.tzinfo is None for value in values if value is not None}
        if len(zones) == 1:
            return pa.array(values, pa.timestamp("us") if zones == {True} else pa.timestamp("us", "UTC"))
    if kinds <= {date} or kinds in ({bool}, {float}, {str}):
        return pa.array(values)
    if kinds == {int} and all(value is None or abs(value) < _LARGEST_WHOLE for value in values):
        return pa.array(values, pa.int64())
    return pa.array([_text(value) for value in values], pa.string())


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date) else str(value)


def _under_each_other(blocks: Sequence[pa.Array]) -> pa.ChunkedArray:
    """Lay the blocks of a column under each other; where their types differ, as texts."""
    kinds = {block.type for block in blocks if not pa.types.is_null(block.type)}
    kind = kinds.pop() if len(kinds) == 1 else pa.string() if kinds else pa.null()
    return pa.chunked_array([block.cast(kind) for block in blocks], kind)

"""Writes a training set as Parquet or CSV, with the recipe that made it."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from leadml.clock import Instants
from leadml.dataset import TrainingSet
from leadml.errors import LeadmlError
from leadml.history.tables import Numbers

ENDINGS = (".parquet", ".csv")
RECIPE_KEY = "leadml.recipe"  # in the metadata of a Parquet file

_ROWS_AT_ONCE = 65_536
_INSTANT = pa.timestamp("us", tz="UTC")
# Before the features, and after them; the outcome stands first after them, under its own name.
_BEFORE = (("lead_id", pa.string()), ("as_of", _INSTANT), ("age", pa.string()))
_AFTER = (("weight", pa.float64()), ("closed_at", _INSTANT), ("worked", pa.bool_()))


def check_ending(file: Path, *, where: str = "--out") -> None:
    """Check that a file's name says a format that rows are written in.

    Parameters
    ----------
    file : Path
    where : str
        Who asks, as the error says it.

    Raises
    ------
    LeadmlError
        `unknown_format`.

    Examples
    --------
    >>> check_ending(Path("rows.xlsx"))
    Traceback (most recent call last):
    ...
    leadml.errors.LeadmlError: 'rows.xlsx' ends in none of .parquet, .csv.
    ...
    """
    if file.suffix not in ENDINGS:
        raise LeadmlError("unknown_format", where=where, file=file.name, known=", ".join(ENDINGS))


def recipe_beside(file: Path) -> Path:
    """Name the file that holds the recipe of a CSV file.

    Examples
    --------
    >>> recipe_beside(Path("out/rows.csv")).as_posix()
    'out/rows.recipe.json'
    """
    return file.with_suffix(".recipe.json")


def write_rows(training_set: TrainingSet, file: Path) -> None:
    """Write a training set: one row a snapshot.

    Columns: `lead_id`, `as_of`, `age`; the features, categories as words; the outcome under its name; `weight`,
    `closed_at`, `worked`. Where a feature has one of these names, `TrainingSet.row_columns` says how ours is written.
    What is missing is null, in CSV nothing between the commas. The recipe stands in the metadata of a Parquet file
    under `leadml.recipe`, and beside a CSV file in `<name>.recipe.json`. The same set gives the same bytes. A process
    killed at any point leaves the old file or the new one.

    Parameters
    ----------
    training_set : TrainingSet
    file : Path
        Ends in .parquet or .csv; replaced when it is there.

    Raises
    ------
    LeadmlError, ProblemsError
        `unknown_format`, `outcome_name_taken` when the outcome has the name of another column, or `cannot_write`.
    """
    check_ending(file)
    schema = _schema(training_set)
    recipe = orjson.dumps(training_set.recipe, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
    try:
        if file.suffix == ".parquet":
            with _swapped_in(file) as part:
                _write_parquet(training_set, part, schema.with_metadata({RECIPE_KEY: recipe}))
        else:
            # The recipe first: no file of rows ever lies there without one.
            with _swapped_in(file) as part, _swapped_in(recipe_beside(file)) as recipe_part:
                recipe_part.write_bytes(recipe + b"\n")
                _write_csv(training_set, part, schema)
    except OSError as error:
        raise LeadmlError("cannot_write", where="--out", file=file.name, problem=error.strerror or str(error)) from None


def _schema(training_set: TrainingSet) -> pa.Schema:
    """Name the columns and their types."""
    features, columns = training_set.features, training_set.row_columns()
    before, after = ([(columns[name], kind) for name, kind in part] for part in (_BEFORE, _AFTER))
    kinds = [(name, pa.string() if name in features.words else pa.float64()) for name in features.names]
    return pa.schema([*before, *kinds, (training_set.outcome, pa.bool_()), *after])


@contextmanager
def _swapped_in(file: Path) -> Iterator[Path]:
    """Give a name to write under, which takes the file's place when all is written."""
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def _write_parquet(training_set: TrainingSet, file: Path, schema: pa.Schema) -> None:
    # A dictionary of numbers takes longer to make than it spares.
    texts = [name for name, kind in _names_and_types(schema) if kind == pa.string()]
    with pa.parquet.ParquetWriter(file, schema, use_dictionary=texts) as writer:
        for batch in _batches(training_set, schema):
            writer.write_batch(batch)


def _write_csv(training_set: TrainingSet, file: Path, schema: pa.Schema) -> None:
    texts = pa.schema([(name, pa.string() if kind == _INSTANT else kind) for name, kind in _names_and_types(schema)])
    with pa.csv.CSVWriter(file, texts) as writer:
        for batch in _batches(training_set, schema):
            columns = [_as_iso(column) if column.type == _INSTANT else column for column in batch.columns]
            writer.write_batch(pa.record_batch(columns, schema=texts))


def _names_and_types(schema: pa.Schema) -> list[tuple[str, pa.DataType]]:
    return [(column.name, column.type) for column in schema]


def _as_iso(instants: pa.Array) -> pa.Array:
    """Write instants as texts; in UTC they need no time zone database."""
    return pc.strftime(instants.cast(pa.timestamp("us")), format="%Y-%m-%dT%H:%M:%SZ")


def _batches(training_set: TrainingSet, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Lay the set out column by column, some rows at a time: never as objects, never as a whole."""
    snapshots, features = training_set.snapshots, training_set.features
    weights = training_set.weights
    lead_ids, ages = pa.array(training_set.lead_ids, pa.string()), pa.array(snapshots.age_names, pa.string())
    words = {name: pa.array(known, pa.string()) for name, known in features.words.items()}
    written: dict[str, Callable[[slice], pa.Array]] = {
        "lead_id": lambda part: lead_ids.take(pa.array(snapshots.leads[part])),
        "as_of": lambda part: _instants(snapshots.as_of[part]),
        "age": lambda part: ages.take(pa.array(snapshots.ages[part])),
        "weight": lambda part: pa.array(weights[part]),
        "closed_at": lambda part: _instants(training_set.closed_at[part]),
        "worked": lambda part: pa.array(training_set.worked[part]),
    }
    columns = {name: written[column] for column, name in training_set.row_columns().items()}
    columns[training_set.outcome] = lambda part: pa.array(training_set.ready[part] == 1)
    for start in range(0, len(training_set), _ROWS_AT_ONCE):
        part = slice(start, start + _ROWS_AT_ONCE)
        values = features.values[part]
        own = {name: _feature(values[:, place], words.get(name)) for place, name in enumerate(features.names)}
        yield pa.record_batch(
            [own[name] if name in own else columns[name](part) for name in schema.names], schema=schema
        )


def _instants(instants: Instants) -> pa.Array:
    return pa.array(instants).cast(_INSTANT)


def _feature(values: Numbers, words: pa.Array | None) -> pa.Array:
    """Give numbers as they are and codes as their words; NaN is missing."""
    missing = np.isnan(values)
    if words is None:
        return pa.array(values, mask=missing)
    return words.take(pa.array(np.where(missing, 0, values).astype(np.int64), mask=missing))

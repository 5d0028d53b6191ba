"""Asks the engine for every attribute and word of a history as it was known at the snapshots."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from leadml.dataset import TrainingSet
from leadml.engine.catalogue import Catalogue
from leadml.engine.compute import compute_features
from leadml.engine.matrix import FeatureMatrix
from leadml.history.tables import FACT_TABLES, JUDGEMENTS, Codes, FactTable, History, Numbers, as_number
from leadml.leakage.evidence import FACTS_OF, Column, Evidence, Origin, compare, even_share
from leadml.leakage.statistics import binned
from leadml.snapshots import stage_feature
from leadml.specs.feature_spec import NO_LABEL, FeatureSpec
from leadml.specs.project_spec import ProjectSpec

# Columns whose words are compared with the outcome. Stages are left out: the outcome is made of them.
WORD_COLUMNS = {
    name: tuple(column for column in columns.texts if column not in ("deal_id", "accepted_at", "lifecycle_stage"))
    for name, columns in FACT_TABLES.items()
    if name != "attribute_changes"
}
# A counter of today counts what happened to a lead; a score that is written every night would drown it.
_HAPPENED = tuple(name for name in WORD_COLUMNS if name not in JUDGEMENTS)
_FEWEST_FACTS = 10
_MOST_WORDS = 40
_NUMBERS_SHARE = 0.95
_DATED_SHARE = 0.01
_MOST_COUNTED = 8


@dataclass(frozen=True)
class _Question:
    """One feature for the engine, and whose column its answer is."""

    feature: FeatureSpec
    table: str
    name: str
    word: str = ""
    origin: Origin = Origin.FACTS


def gather(history: History, training_set: TrainingSet, spec: ProjectSpec) -> Evidence:
    """Prepare what the checks look at.

    Parameters
    ----------
    history : History
    training_set : TrainingSet, not empty
    spec : ProjectSpec

    Returns
    -------
    evidence : Evidence
    """
    training_set = even_share(training_set)
    questions = [*_attribute_questions(history), *_word_questions(history)]
    counted = [FeatureSpec(name=f"all_{name}", label=NO_LABEL, kind="count", table=name, when_nothing=0.0)
               for name in _HAPPENED if name in history.facts]  # fmt: skip
    stage = stage_feature(spec.agreement.definitions)
    features = (*(question.feature for question in questions), *counted, stage)
    catalogue = Catalogue(features, {feature.name: feature.table for feature in features}, spec.agreement.definitions)
    snapshots = training_set.snapshots
    matrix = compute_features(history, snapshots.leads, snapshots.as_of, catalogue)
    own = matrix.values[:, len(questions) : len(questions) + len(counted)]
    columns = [
        *(_answer(question, matrix, place) for place, question in enumerate(questions)),
        *_of_leads_table(history, snapshots.leads),
        *_computed(training_set.features, spec),
    ]
    return Evidence(
        history=history,
        training_set=training_set,
        spec=spec,
        columns=tuple(column for column in columns if column.codes.min() < column.codes.max()),
        stage_then=_ranks(matrix, stage.name, spec),
        facts_before=own.sum(axis=1),
        facts_in_all=sum(
            (np.diff(history.facts[name].first) for name in _HAPPENED if name in history.facts),
            start=np.zeros(len(history.lead_ids)),
        ),
        compared=compare(training_set),
    )


def is_dated(history: History, table: FactTable, attribute: int) -> bool:
    """Tell whether an attribute changes after creation, for more than a stray lead."""
    rows = table.texts["attribute"].codes == attribute
    begins = history.created_at[table.leads[rows]]
    return bool(rows.any()) and float((table.happened_at[rows] > begins).mean()) >= _DATED_SHARE


def _attribute_questions(history: History) -> Iterator[_Question]:
    for shown, name in FACTS_OF.items():
        table = history.facts.get(name)
        if table is None:
            continue
        for code, attribute in enumerate(table.texts["attribute"].words):
            feature = FeatureSpec(
                name=f"{shown}_{code}",
                label=NO_LABEL,
                kind="attribute",
                attribute=attribute,
                of="lead" if shown == "leads" else "company",
                values="category",
                when_nothing="missing",
            )
            origin = Origin.DATED if is_dated(history, table, code) else Origin.UNDATED
            yield _Question(feature, shown, attribute, origin=origin)


def _word_questions(history: History) -> Iterator[_Question]:
    for name, columns in WORD_COLUMNS.items():
        table = history.facts.get(name)
        for column in columns:
            if table is None or column not in table.texts:
                continue
            text = table.texts[column]
            counts = np.bincount(text.codes[text.codes >= 0], minlength=len(text.words))
            for code in np.argsort(-counts, kind="stable")[:_MOST_WORDS].tolist():
                if counts[code] >= _FEWEST_FACTS:
                    word = text.words[code]
                    feature = FeatureSpec(
                        name=f"{name}_{column}_{code}",
                        label=NO_LABEL,
                        kind="count",
                        table=name,
                        where={column: word},
                        when_nothing=0.0,
                    )
                    yield _Question(feature, name, column, word)


def _ranks(matrix: FeatureMatrix, stage: str, spec: ProjectSpec) -> Codes:
    """Rank of the stage known at each snapshot, -1 where none was."""
    stages = spec.agreement.definitions.lifecycle_stages
    rank = [stages.index(word) if word in stages else -1 for word in matrix.words[stage]]
    codes = matrix.values[:, matrix.names.index(stage)]
    ranks: Codes = np.array([*rank, -1])[np.where(np.isnan(codes), -1, codes).astype(np.int64)]
    return ranks


def _answer(question: _Question, matrix: FeatureMatrix, place: int) -> Column:
    values = matrix.values[:, place]
    if question.origin is Origin.FACTS:
        codes = np.minimum(values, _MOST_COUNTED).astype(np.int64) + 1
        return Column(question.table, question.name, Origin.FACTS, codes, numbers=values, word=question.word)
    return as_column(question.table, question.name, question.origin, values, matrix.words[question.feature.name])


def as_column(table: str, name: str, origin: Origin, values: Numbers, words: Sequence[str]) -> Column:
    """Make a column of words one of numbers where nearly all of them are.

    Parameters
    ----------
    table, name, origin
        As in `Column`.
    values : float array, shape (n,)
        Codes of words, NaN where missing.
    words : sequence of str

    Returns
    -------
    column : Column
    """
    missing = np.isnan(values)
    used, codes = np.unique(values[~missing].astype(np.int64), return_inverse=True)
    levels = tuple(words[code] for code in used.tolist())
    as_numbers = np.array([as_number(word) for word in levels], dtype=np.float64)
    numbers = np.full(len(values), np.nan)
    numbers[~missing] = as_numbers[codes]
    if len(used) and np.isfinite(as_numbers[codes]).mean() >= _NUMBERS_SHARE:
        return Column(table, name, origin, binned(numbers), levels, numbers)
    every = np.zeros(len(values), dtype=np.int64)
    every[~missing] = codes + 1
    return Column(table, name, origin, every, levels)


def _of_leads_table(history: History, leads: Codes) -> Iterator[Column]:
    """Columns of the table leads that are no attributes: whether there is a company, how late it was told."""
    table = history.facts["leads"]
    delay = (table.known_at - table.happened_at)[leads].astype(np.float64)
    yield Column("leads", "known_at", Origin.UNDATED, binned(delay), numbers=delay)
    if (company := table.texts.get("company_id")) is not None:
        yield Column("leads", "company_id", Origin.UNDATED, (company.codes[leads] >= 0).astype(np.int64), ("...",))


def _computed(matrix: FeatureMatrix, spec: ProjectSpec) -> Iterator[Column]:
    """Take the computed features; those that only repeat an attribute are looked at as attributes."""
    repeats = {feature.name for feature in spec.features if feature.kind == "attribute"}
    for place, name in enumerate(matrix.names):
        if name not in repeats:
            values = matrix.values[:, place]
            if name in matrix.words:
                codes = np.where(np.isnan(values), -1, values).astype(np.int64) + 1
                yield Column("features", name, Origin.FEATURE, codes, matrix.words[name])
            else:
                yield Column("features", name, Origin.FEATURE, binned(values), numbers=values)

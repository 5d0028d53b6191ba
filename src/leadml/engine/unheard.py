"""Finds the words of feature files that no fact has: a feature that asks for them never sees anything."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from leadml.engine.catalogue import Catalogue
from leadml.engine.kind import FactKind, all_kinds
from leadml.history.tables import NOT_THERE, Finding, History
from leadml.specs.feature_spec import FeatureFileSpec, FeatureSpec
from leadml.wording.texts import nearest

FILTERS = ("where", "of_which", "to")

Asked = tuple[str, str, str]


def unheard_words(
    history: History, themes: Sequence[FeatureFileSpec], catalogue: Catalogue
) -> tuple[tuple[str, Finding], ...]:
    """Find what features ask for and no fact of the history has, with the nearest word that facts have.

    A wrong word is no error: the word of a CRM may occur for the first time tomorrow.

    Parameters
    ----------
    history : History
    themes : sequence of FeatureFileSpec
    catalogue : Catalogue
        Of the same features.

    Returns
    -------
    findings : tuple of (feature, Finding)
        `word_never_occurs`, or `word_never_occurs_near` where a word that occurs is near. Words of an
        unknown table are none: nothing is known of them.
    """
    heard = _Heard(history)
    return tuple(
        (feature.name, _finding(heard, f"features/{theme.theme}.yaml", feature, asked))
        for theme in themes
        for feature in theme.features
        for asked in dict.fromkeys(_asked(feature, catalogue))
        if asked[0] in history.facts and asked[2] not in heard.words(asked[0], asked[1])
    )


@dataclass(frozen=True)
class _Heard:
    """The words that facts have, column by column; each column is looked through once."""

    history: History
    _found: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)

    def words(self, table: str, column: str) -> tuple[str, ...]:
        if (table, column) not in self._found:
            text = self.history.facts[table].texts.get(column)
            codes = [] if text is None else np.unique(text.codes[text.codes != NOT_THERE]).tolist()
            self._found[table, column] = tuple(text.words[code] for code in codes) if text else ()
        return self._found[table, column]


def _asked(feature: FeatureSpec, catalogue: Catalogue) -> Iterator[Asked]:
    """List the table, column and word of everything that a feature asks for by name."""
    kind = all_kinds()[feature.kind]
    if not isinstance(kind, FactKind):
        return
    if kind.reads == "attribute":
        yield (
            ("lead_attributes" if feature.of == "lead" else "company_attributes"),
            "attribute",
            feature.attribute or "",
        )
        return
    for key in FILTERS:
        for column, words in getattr(feature, key).items():
            for word in (words,) if isinstance(words, str) else words:
                yield catalogue.table_of[feature.name] or "", column, word
    if feature.since_stage is not None:
        yield "stage_changes", "lifecycle_stage", feature.since_stage


def _finding(heard: _Heard, file: str, feature: FeatureSpec, asked: Asked) -> Finding:
    table, column, word = asked
    facts = len(heard.history.facts[table].happened_at)
    values = {"feature": feature.name, "of": table, "column": column, "word": word}
    near = nearest(word, heard.words(table, column))
    if near:
        return Finding(file, "word_never_occurs_near", facts, {**values, "near": near})
    return Finding(file, "word_never_occurs", facts, values)

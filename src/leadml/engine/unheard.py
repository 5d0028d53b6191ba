"""Finds where features and the words of facts miss each other: words that no fact has, and words read as numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from leadml.engine.catalogue import Catalogue
from leadml.engine.kind import FactKind, ProfileKind, all_kinds, gives_category
from leadml.history.tables import ATTRIBUTES_OF, NOT_THERE, Finding, History
from leadml.specs.feature_spec import FeatureFileSpec, FeatureSpec
from leadml.wording.texts import nearest

FILTERS = ("where", "of_which", "to")
NEARLY_ALL = 0.9  # of an attribute's values; where so many are words, it holds no numbers

Asked = tuple[str, str, str]


def unheard_words(
    history: History, themes: Sequence[FeatureFileSpec], catalogue: Catalogue
) -> tuple[tuple[str, Finding], ...]:
    """Find what features ask for and no fact of the history has, and attributes whose words they read as numbers.

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
        unknown table are none: nothing is known of them. `words_for_numbers`, or `words_for_numbers_nearly_all` where
        the attribute of a feature of numbers holds words.
    """
    heard = _Heard(history)
    never_occur = tuple(
        (feature.name, _finding(heard, f"features/{theme.theme}.yaml", feature, asked))
        for theme in themes
        for feature in theme.features
        for asked in dict.fromkeys(_asked(feature, catalogue))
        if asked[0] in history.facts and asked[2] not in heard.words(asked[0], asked[1])
    )
    return (*never_occur, *_words_for_numbers(history, themes, catalogue))


def _words_for_numbers(
    history: History, themes: Sequence[FeatureFileSpec], catalogue: Catalogue
) -> Iterator[tuple[str, Finding]]:
    """Count, for each attribute that a feature reads as a number, the values that are none: there it is missing."""
    for theme in themes:
        for feature in theme.features:
            for of, attribute in dict.fromkeys(_read_as_numbers(feature, catalogue)):
                if (table := history.facts.get(ATTRIBUTES_OF[of])) is None:
                    continue
                values = table.texts["value"]
                codes = values.codes[table.texts["attribute"].is_any_of([attribute])]
                known = np.bincount(codes[codes != NOT_THERE], minlength=len(values.words))
                words = np.where(np.isnan(table.words_as_numbers("value")), known, 0)
                if count := int(words.sum()):
                    all_of_them, example = int(known.sum()), values.words[int(np.argmax(words))]
                    is_category = feature.attribute is not None and count >= NEARLY_ALL * all_of_them
                    key = "words_for_numbers_nearly_all" if is_category else "words_for_numbers"
                    told = {"attribute": attribute, "known": f"{all_of_them:,}", "example": example}
                    finding = Finding(f"features/{theme.theme}.yaml", key, count, {"feature": feature.name, **told})
                    yield feature.name, finding


def _read_as_numbers(feature: FeatureSpec, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """List whose attributes, and which, a feature takes for numbers: its own, or those of the agreement's criteria."""
    kind = all_kinds()[feature.kind]
    if isinstance(kind, ProfileKind):
        for criterion in kind.criteria(catalogue.definitions):
            if criterion.at_least is not None or criterion.at_most is not None:
                yield criterion.of, criterion.attribute
    elif kind.reads == "attribute" and not gives_category(feature):
        yield feature.of, feature.attribute or ""


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
        yield ATTRIBUTES_OF[feature.of], "attribute", feature.attribute or ""
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

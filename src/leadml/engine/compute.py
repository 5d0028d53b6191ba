"""Computes features from facts: the one place that decides what a score may know."""

from dataclasses import dataclass, field

import numpy as np
from numba import boolean, float64, int64, njit, void

from leadml.clock import DAY, Instants
from leadml.engine.catalogue import Catalogue
from leadml.engine.kind import KERNEL_TYPE, FactKind, Formula, ProfileKind, all_kinds, codes_as_numbers, gives_category
from leadml.engine.matrix import FeatureMatrix
from leadml.history.tables import Codes, FactTable, History, Mask, Numbers
from leadml.specs.agreement_spec import CriterionSpec, DefinitionsSpec
from leadml.specs.feature_spec import FeatureSpec

_ATTRIBUTES_OF = {"lead": "lead_attributes", "company": "company_attributes"}


@njit(boolean(int64, int64, int64), cache=True)
def _is_known(happened_at: int, known_at: int, as_of: int) -> bool:
    """Tell whether a fact counts: it happened and was known before `as_of`, which lies between facts."""
    return happened_at < as_of and known_at < as_of


@njit(
    void(
        KERNEL_TYPE, int64[::1], int64[::1], int64[::1], int64[::1], int64[::1],
        boolean[::1], float64[::1], int64, int64, int64, float64, float64[::1],
    ),
    cache=True,
    nogil=True,
)  # fmt: skip
def _compute_column(  # noqa: PLR0913 - compiled code takes arrays instead of objects
    formula: Formula,
    leads: Codes,
    as_of: Instants,
    first: Codes,
    happened_at: Instants,
    known_at: Instants,
    kept: Mask,
    values: Numbers,
    window: int,
    reach: int,
    half_life: int,
    nothing: float,
    column: Numbers,
) -> None:
    """Hand each snapshot's known facts to the formula, one snapshot after the other."""
    longest = 0
    for snapshot in range(leads.size):
        longest = max(longest, first[leads[snapshot] + 1] - first[leads[snapshot]])
    known_times = np.empty(longest, np.int64)
    known_values = np.empty(longest, np.float64)
    for snapshot in range(leads.size):
        instant = as_of[snapshot]
        count = 0
        for fact in range(first[leads[snapshot]], first[leads[snapshot] + 1]):
            inside = reach == 0 or happened_at[fact] >= instant - reach
            if kept[fact] and inside and _is_known(happened_at[fact], known_at[fact], instant):
                known_times[count] = happened_at[fact]
                known_values[count] = values[fact]
                count += 1
        if count == 0:
            column[snapshot] = nothing
        else:
            column[snapshot] = formula(known_times[:count], known_values[:count], instant, window, half_life)


def compute_features(history: History, leads: Codes, as_of: Instants, catalogue: Catalogue) -> FeatureMatrix:
    """Compute features of leads at instants, only from what was known before each instant.

    A fact counts if and only if `happened_at < as_of` and `known_at < as_of`; a window holds
    `[as_of - window, as_of)` in elapsed time. A feature of an unknown table is missing.

    Parameters
    ----------
    history : History
    leads : int array, shape (n_snapshots,)
        Positions of leads in the history.
    as_of : int array, shape (n_snapshots,), UTC microseconds
    catalogue : Catalogue
        Checked before by `check_features`.

    Returns
    -------
    matrix : FeatureMatrix
    """
    definitions = catalogue.definitions
    facts = _Facts(history, np.ascontiguousarray(leads), np.ascontiguousarray(as_of), definitions)
    values = np.empty((len(leads), len(catalogue.features)), dtype=np.float64)
    words: dict[str, tuple[str, ...]] = {}
    for place, feature in enumerate(catalogue.features):
        kind = all_kinds()[feature.kind]
        if isinstance(kind, ProfileKind):
            values[:, place] = kind.compute(facts)
            if kind.words is not None:
                words[feature.name] = kind.words(definitions)
        else:
            values[:, place], names = facts.column(feature, kind, catalogue.table_of[feature.name])
            if gives_category(feature):
                words[feature.name] = names
    return FeatureMatrix(tuple(feature.name for feature in catalogue.features), values, words)


@dataclass(frozen=True)
class _Reach:
    """How far back a formula looks, and what it says when nothing is there."""

    window: int = 0
    half_life: int = 0
    nothing: float = np.nan


@dataclass
class _Facts:
    """The facts of one computation, with what several features share worked out once."""

    history: History
    leads: Codes
    as_of: Instants
    definitions: DefinitionsSpec
    _masks: dict[tuple[str, str], Mask] = field(default_factory=dict)
    _attributes: dict[tuple[str, str], tuple[Numbers, tuple[str, ...]]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """The number of snapshots."""
        return len(self.leads)

    def column(self, feature: FeatureSpec, kind: FactKind, table_name: str | None) -> tuple[Numbers, tuple[str, ...]]:
        """Compute one feature; its words are given where its values are codes of words."""
        if kind.reads == "attribute":
            if feature.values == "category":
                return self._attribute(feature.attribute or "", feature.of)
            return self._numeric_attribute(feature.attribute or "", feature.of), ()
        table = self.history.facts.get(table_name or "")
        if table is None:
            return np.full(self.size, np.nan), ()
        values, words = self._values(feature, kind, table)
        reach = _Reach(
            window=round((feature.window_days or 0) * DAY),
            half_life=round((feature.half_life_days or 0) * DAY),
            nothing=np.nan if feature.when_nothing == "missing" else float(feature.when_nothing),
        )
        kept = self._kept(feature, table_name or "", table)
        if not kind.gives_word:
            kept = kept & ~np.isnan(values)  # a fact without the value that is asked for is none
        return self._run(kind, table, kept, values, reach), words

    def _run(self, kind: FactKind, table: FactTable, kept: Mask, values: Numbers, reach: _Reach) -> Numbers:
        column = np.empty(self.size, dtype=np.float64)
        _compute_column(
            kind.compute, self.leads, self.as_of, table.first, table.happened_at, table.known_at, kept, values,
            reach.window, reach.window * kind.windows, reach.half_life, reach.nothing, column,
        )  # fmt: skip
        return column

    def _values(self, feature: FeatureSpec, kind: FactKind, table: FactTable) -> tuple[Numbers, tuple[str, ...]]:
        """Lay out what the formula reads beside the times."""
        rows = len(table.happened_at)
        if kind.reads == "nothing":
            return np.ones(rows), ()
        if feature.value == "day":
            return (table.happened_at // DAY).astype(np.float64), ()
        if kind.reads == "number":
            return table.numbers.get(feature.value or "", np.full(rows, np.nan)), ()
        text = table.texts.get(feature.value or "")
        if text is None:
            return np.full(rows, np.nan), ()
        if kind.reads == "rank":
            return text.lookup(_ranks(feature.value or "", self.definitions), other=np.nan), ()
        return codes_as_numbers(text.codes), text.words

    def _kept(self, feature: FeatureSpec, table_name: str, table: FactTable) -> Mask:
        """Mark the facts that pass the feature's filter."""
        key = (table_name, repr(sorted(feature.where.items())))
        if key not in self._masks:
            kept = np.ones(len(table.happened_at), dtype=bool)
            for column, wanted in feature.where.items():
                allowed = (wanted,) if isinstance(wanted, str) else wanted
                text = table.texts.get(column)
                kept &= False if text is None else text.lookup(dict.fromkeys(allowed, 1.0), other=0.0).astype(bool)
            self._masks[key] = kept
        return self._masks[key]

    def _attribute(self, attribute: str, of: str) -> tuple[Numbers, tuple[str, ...]]:
        """Codes and words of an attribute as it was known at each snapshot."""
        if (attribute, of) not in self._attributes:
            table = self.history.facts.get(_ATTRIBUTES_OF[of])
            if table is None:
                self._attributes[attribute, of] = np.full(self.size, np.nan), ()
            else:
                kind = all_kinds()["attribute"]
                assert isinstance(kind, FactKind)  # noqa: S101 - a fact about this package, not about input
                kept = table.texts["attribute"].lookup({attribute: 1.0}, other=0.0).astype(bool)
                text = table.texts["value"]
                codes = self._run(kind, table, kept, codes_as_numbers(text.codes), _Reach())
                self._attributes[attribute, of] = codes, text.words
        return self._attributes[attribute, of]

    def _numeric_attribute(self, attribute: str, of: str) -> Numbers:
        codes, words = self._attribute(attribute, of)
        table = np.array([*(_as_number(word) for word in words), np.nan])
        numbers: Numbers = table[np.where(np.isnan(codes), -1, codes).astype(np.int64)]
        return numbers

    def meets(self, criterion: CriterionSpec) -> Numbers:
        """Tell for each snapshot whether a criterion holds: 1, 0, or NaN where the attribute is missing."""
        codes, words = self._attribute(criterion.attribute, criterion.of)
        table = np.array([*(_holds(criterion, word) for word in words), np.nan])
        met: Numbers = table[np.where(np.isnan(codes), -1, codes).astype(np.int64)]
        return met


def _as_number(word: str) -> float:
    """Read a number; a word, and what is too large for a number, is none."""
    try:
        number = float(word)
    except ValueError:
        return np.nan
    return number if np.isfinite(number) else np.nan


def _holds(criterion: CriterionSpec, word: str) -> float:
    if criterion.any_of is not None and word not in criterion.any_of:
        return 0.0
    if criterion.at_least is None and criterion.at_most is None:
        return 1.0
    number = _as_number(word)
    if np.isnan(number):
        return np.nan
    low = -np.inf if criterion.at_least is None else criterion.at_least
    high = np.inf if criterion.at_most is None else criterion.at_most
    return float(low <= number <= high)


def _ranks(column: str, definitions: DefinitionsSpec) -> dict[str, float]:
    order = {"lifecycle_stage": definitions.lifecycle_stages, "journey_stage": tuple(definitions.buyers_journey)}
    return {word: float(rank) for rank, word in enumerate(order.get(column, ()), start=1)}

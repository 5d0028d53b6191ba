"""Which lines could be typed: conditions on one feature, at numbers that a person would write.

What a line awards is computed by `learners.awards`, as it will be in use; here it only says what it asks.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from leadml.engine.kind import all_kinds
from leadml.engine.matrix import FeatureMatrix
from leadml.history.tables import Codes, Numbers
from leadml.learners.awards import Awards
from leadml.specs.feature_spec import FeatureSpec
from leadml.specs.reading import Label
from leadml.specs.rules_spec import ConditionSpec, RuleSpec, RulesSpec, WhenSpec

CUTS = 12  # of a feature, and as many of what lies above its least value
FEWEST = 20  # snapshots on either side of a line
_MOST_WORDS = 6
_CAPS = (2, 3, 5, 10)
_OFTEN_MISSING = 0.01
_NEXT_TO_NOTHING = 0.03  # of the largest: where a number falls as well as it rises, people ask for more than 0
_ROUND = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 7.5, 8, 9)
# One, two, three, six and twelve hours, then days.
_ROUND_DAYS = (0.042, 0.084, 0.125, 0.25, 0.5, 1, 2, 3, 4, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 365, 730)
# What a CRM holds or counts by itself; of anything else somebody must compute it first.
_EASY_KINDS = ("attribute", "count", "latest", "days_since", "persona", "match", "furthest")
# What a line that is harder to type must explain beyond an easy one: so much of all that the model says.
_FEE = 0.001
_NOT_SAID = Label(en="-", ja="-")


@dataclass(frozen=True)
class Candidate:
    """A line that could be typed.

    Attributes
    ----------
    when : WhenSpec
    at_most_units : int or None
        For points a unit, up to so many; None for points once.
    sign : int
        1 or -1 where `more_is` leaves the points only that sign, else 0.
    fee : float
        What it must explain beyond an easy line, as a share of what the model says.
    """

    when: WhenSpec
    at_most_units: int | None
    sign: int
    fee: float

    @property
    def is_step(self) -> bool:
        """Whether it asks for at least so much."""
        return self.at_most_units is None and self.when.at_least is not None

    def rule(self, points: int, *, name: str, because: Label) -> RuleSpec:
        """Make a rule of it."""
        given = float(points)
        if self.at_most_units is None:
            return RuleSpec(name=name, when=self.when, points=given, because=because)
        units = float(self.at_most_units)
        return RuleSpec(name=name, when=self.when, points_per_unit=given, at_most_units=units, because=because)


def find_candidates(matrix: FeatureMatrix, features: Sequence[FeatureSpec], wanted: Numbers) -> list[Candidate]:
    """Give all lines on one feature.

    Parameters
    ----------
    matrix : FeatureMatrix, n_snapshots rows
    features : sequence of FeatureSpec
        Others of the matrix get no line.
    wanted : float array, shape (n_snapshots,)
        Words are grouped in the order of its mean.

    Returns
    -------
    candidates : list of Candidate
        In the order of the matrix.
    """
    of_name = {feature.name: feature for feature in features}
    found: list[Candidate] = []
    for place, name in enumerate(matrix.names):
        feature, column = of_name.get(name), matrix.values[:, place]
        if feature is None:
            continue
        sign = 0 if feature.more_is is None else feature.more_is.sign
        fee = 0.0 if feature.kind in _EASY_KINDS and feature.of == "lead" else _FEE
        if name in matrix.words:
            conditions = list(_of_words(name, matrix.words[name], column, wanted))
        else:
            conditions = list(_of_numbers(feature, column, sign))
            found += [Candidate(WhenSpec(feature=name), cap, sign, fee) for cap in _cap(feature, column)]
        if np.isnan(column).sum() >= FEWEST:
            conditions.append((ConditionSpec(feature=name, missing=True), 0))
        found += [
            Candidate(WhenSpec.model_validate(condition.model_dump(by_alias=True)), None, allowed, fee)
            for condition, allowed in conditions
        ]
    return found


def award_columns(candidates: Sequence[Candidate], matrix: FeatureMatrix) -> Numbers:
    """Give what each line awards for one rule point, shape (n_snapshots, n_candidates)."""
    rules = tuple(one.rule(1, name=f"line_{number}", because=_NOT_SAID) for number, one in enumerate(candidates))
    return Awards(RulesSpec(rules=rules)).of(matrix).points


def rules_of(candidates: Sequence[Candidate]) -> Codes:
    """Give lines the number of their rule: what asks a feature for at least so much is a step of one rule.

    Parameters
    ----------
    candidates : sequence of Candidate

    Returns
    -------
    rules : int array, shape (n_candidates,)
    """
    numbers: dict[tuple[str, int], int] = {}
    rules = []
    for place, candidate in enumerate(candidates):
        asked = candidate.when.feature or "", -1 if candidate.is_step else place
        rules.append(numbers.setdefault(asked, len(numbers)))
    return np.array(rules, dtype=np.int64)


def part_leads(columns: Numbers) -> Codes:
    """Find the lines that hold for some and not for others."""
    low, high = columns.min(axis=0), columns.max(axis=0)
    enough = ((columns > low).sum(axis=0) >= FEWEST) & ((columns < high).sum(axis=0) >= FEWEST)
    return np.flatnonzero(enough)


def _of_words(name: str, words: Sequence[str], column: Numbers, wanted: Numbers) -> Iterator[tuple[ConditionSpec, int]]:
    """Each word, and the words that stand lowest and highest by what is wanted."""
    codes = [code for code in range(len(words)) if np.count_nonzero(column == code) >= FEWEST]
    codes.sort(key=lambda code: float(wanted[column == code].mean()))
    groups: list[tuple[int, ...]] = [(code,) for code in codes]
    for size in range(2, min(_MOST_WORDS, len(codes) - 1) + 1):
        groups += [tuple(sorted(codes[:size])), tuple(sorted(codes[-size:]))]
    for group in dict.fromkeys(groups):
        yield ConditionSpec(feature=name, any_of=tuple(words[code] for code in group)), 0


def _of_numbers(feature: FeatureSpec, column: Numbers, sign: int) -> Iterator[tuple[ConditionSpec, int]]:
    """At least and, where a missing value makes a difference, at most each cut."""
    for cut in cuts_of(column, in_days=all_kinds()[feature.kind].told_as == "days"):
        yield ConditionSpec(feature=feature.name, at_least=cut), sign
        if np.isnan(column).mean() > _OFTEN_MISSING:
            yield ConditionSpec(feature=feature.name, at_most=cut), -sign


def _cap(feature: FeatureSpec, column: Numbers) -> list[int]:
    """Up to how many units a count gives points: so many that only one in twenty of those with any has more."""
    known = column[~np.isnan(column)]
    if feature.kind not in ("count", "distinct") or len(np.unique(known)) < 3:
        return []
    usual = float(np.quantile(known[known > 0], 0.95))
    return [next((cap for cap in _CAPS if cap >= usual), _CAPS[-1])]


def cuts_of(column: Numbers, *, in_days: bool = False) -> list[float]:
    """Choose the numbers at which a line may begin: quantiles, moved to round numbers.

    Parameters
    ----------
    column : float array, shape (n_snapshots,)
        NaN where a value is missing.
    in_days : bool
        Whether weeks, months and the year are round too.

    Returns
    -------
    cuts : list of float, rising
        Each with values on both sides.

    Examples
    --------
    >>> cuts_of(np.array([0.0, 0.0, 1.0, 2.0, 2.0, np.nan]))
    [1.0, 2.0]
    >>> cuts_of(np.linspace(2.0, 31.3, 1000))
    [4.0, 7.0, 9.0, 10.0, 15.0, 20.0, 25.0, 30.0]
    >>> cuts_of(np.linspace(2.0, 31.3, 1000), in_days=True)
    [4.0, 7.0, 10.0, 14.0, 21.0, 30.0]
    """
    known = column[~np.isnan(column)]
    different = np.unique(known)
    if len(different) < 2:
        return []
    whole = bool((different == np.round(different)).all())
    if len(different) <= CUTS + 1:
        asked = different[1:]
    else:
        shares = np.arange(1, CUTS + 1) / (CUTS + 1)
        # Many features are nothing for most leads: what lies above that has quantiles of its own.
        asked = np.r_[np.quantile(known, shares), np.quantile(known[known > different[0]], [0.0, *shares])]
    if whole and len(different) <= CUTS + 1:
        return [float(cut) for cut in asked]
    nothing = _NEXT_TO_NOTHING * float(np.abs(different).max())
    asked = np.where(np.abs(asked) < nothing, 0.0, asked) if different[0] < 0 else asked
    cuts = {_rounded(float(number), whole=whole, in_days=in_days) for number in asked}
    return sorted(cut for cut in cuts if different[0] < cut <= different[-1])


def _rounded(number: float, *, whole: bool, in_days: bool) -> float:
    """Give the nearest number that a person would type."""
    if number == 0:
        return 0.0
    size, ten = abs(number), 10.0 ** np.floor(np.log10(abs(number)))
    round_numbers = [float(f"{digit * ten:.6g}") for digit in (*_ROUND, 10)]
    if in_days:
        round_numbers = [float(days) for days in _ROUND_DAYS]
    elif whole:
        round_numbers = [one for one in round_numbers if one == round(one)] + [round(size)] * (size <= 10)
    return float(np.copysign(min(round_numbers, key=lambda one: (abs(one - size), one)), number))

"""Awards rule points: what each rule gives, what groups and the total hold back, and the grade of fit and engagement.

Rules are laid out once, so that all that ask for a range of numbers are asked at once: every live answer waits for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from leadml.engine.matrix import FeatureMatrix
from leadml.history.tables import Codes, Mask, Numbers
from leadml.specs.rules_spec import (
    LEAD_TYPE,
    OF_NUMBERS,
    Category,
    Condition,
    DecaySpec,
    LimitsSpec,
    RuleSpec,
    RulesSpec,
    interval,
)

HeldBy = Literal["group", "category", "total", "disqualified"]


class Limit(NamedTuple):
    """Something that holds a sum of rule points.

    Attributes
    ----------
    held_by : HeldBy
    name : str
        Of the group or the category; empty of the whole.
    rules : tuple of int
        Those whose points it sums; of `disqualified` those that disqualify.
    low, high : float
        Between which the sum is held.
    """

    held_by: HeldBy
    name: str
    rules: tuple[int, ...]
    low: float
    high: float


@dataclass(frozen=True)
class Awarded:
    """The rule points of some snapshots.

    Attributes
    ----------
    points : float array, shape (n_snapshots, n_rules)
        What each rule gives, before anything is held.
    held : float array, shape (n_snapshots, n_limits)
        What each limit adds to the sum or takes from it.
    shares : float array, shape (n_snapshots, n_rules)
        The points with what was held shared out among the rules: see `Awards`.
    sums : dict of category to float array, shape (n_snapshots,)
        Points of a category, as held; what the grade reads.
    """

    points: Numbers
    held: Numbers
    shares: Numbers
    sums: dict[Category, Numbers]

    @property
    def total(self) -> Numbers:
        """Rule points in all, shape (n_snapshots,): of the rules, and of what was held."""
        total: Numbers = self.points.sum(axis=1) + self.held.sum(axis=1)
        return total


class Awards:
    """Rules laid out once.

    Parameters
    ----------
    spec : RulesSpec

    Notes
    -----
    Limits hold one after the other: groups, categories, the total; then a lead that is ruled out falls to the minimum
    of the total (0 where there is none). What a maximum takes is shared out among the rules that gave points, in
    proportion; what a minimum adds, among those that took points; where there are none, equally among all. So the
    shares of the rules always sum to the rule points.
    """

    def __init__(self, spec: RulesSpec) -> None:
        self._spec = spec
        self._ranges = _Ranges(spec.rules)
        self._units = _Units(spec.rules)
        laid = {*self._ranges.rules, *self._units.rules}
        self._others = [
            (number, rule) for number, rule in enumerate(spec.rules) if number not in laid and not rule.disqualifies
        ]
        self._decaying = [(number, rule.decay) for number, rule in enumerate(spec.rules) if rule.decay is not None]
        self.limits = tuple(_limits(spec))
        self._members = {category: _of_category(spec, category) for category in (*spec.categories, *spec.grade)}

    def of(self, matrix: FeatureMatrix) -> Awarded:
        """Award points.

        Parameters
        ----------
        matrix : FeatureMatrix, n_snapshots rows
            With the features that the rules read.

        Returns
        -------
        awarded : Awarded
            A condition on a missing value is not met, unless it says `missing` or `or_missing`; units that are
            missing are none; where the time of a decay is missing nothing decays.
        """
        points = np.zeros((len(matrix.values), len(self._spec.rules)))
        self._ranges.award(matrix, points)
        self._units.award(matrix, points)
        for number, rule in self._others:
            points[:, number] = _amount(rule, matrix) * _worth(rule, matrix)
        for number, decay in self._decaying:
            points[:, number] *= _left(decay, matrix)
        return self._held(points, matrix)

    def grades(self, awarded: Awarded) -> list[str] | None:
        """Give the grade of each snapshot, such as A1: its sign of fit, then that of engagement.

        Parameters
        ----------
        awarded : Awarded

        Returns
        -------
        grades : list of str, n_snapshots long, or None
            None where the rules have no grade. Below the lowest limit the last sign is given.
        """
        if not self._spec.grade:
            return None
        grades = [""] * len(awarded.points)
        for category in ("fit", "engagement"):
            if category in self._spec.grade:
                signs, lowest = zip(*self._spec.grade[category].items(), strict=True)
                passed = awarded.sums[category][:, None] < np.array(lowest)[:-1]
                grades = [grade + signs[place] for grade, place in zip(grades, passed.sum(axis=1), strict=True)]
        return grades

    def _held(self, points: Numbers, matrix: FeatureMatrix) -> Awarded:
        shares, held = points.copy(), np.zeros((len(points), len(self.limits)))
        of_parts = [place for place, limit in enumerate(self.limits) if limit.held_by in ("group", "category")]
        of_all = [place for place, limit in enumerate(self.limits) if limit.held_by in ("total", "disqualified")]
        for place in of_parts:
            held[:, place] = self._hold(self.limits[place], shares, matrix)
        sums = {category: shares[:, members].sum(axis=1) for category, members in self._members.items()}
        for place in of_all:
            held[:, place] = self._hold(self.limits[place], shares, matrix)
        return Awarded(points, held, shares, sums)

    def _hold(self, limit: Limit, shares: Numbers, matrix: FeatureMatrix) -> Numbers:
        """Hold one sum, share out what that adds or takes, and give it, shape (n_snapshots,)."""
        members = list(limit.rules)
        if limit.held_by == "disqualified":
            causing = np.column_stack([_met_when(self._spec.rules[number], matrix) for number in members]) * 1.0
            total = shares.sum(axis=1)
            missing = np.where(causing.any(axis=1), np.minimum(limit.high - total, 0.0), 0.0)
        else:
            total = shares[:, members].sum(axis=1)
            missing = np.clip(total, limit.low, limit.high) - total
            causing = np.where((shares[:, members] > 0) == (missing < 0)[:, None], np.abs(shares[:, members]), 0.0)
        if missing.any():
            causing[~causing.any(axis=1)] = 1.0
            shares[:, members] += missing[:, None] * causing / causing.sum(axis=1)[:, None]
        return missing


class _Ranges:
    """Rules that ask one number: for one range, or for steps."""

    def __init__(self, rules: Sequence[RuleSpec]) -> None:
        laid = [
            (number, feature, *bounds, points, or_missing)
            for number, rule in enumerate(rules)
            for feature, bounds, points, or_missing in _ranges_of(rule)
        ]
        self.rules = list(dict.fromkeys(number for number, *_ in laid))
        self._features = [feature for _, feature, *_ in laid]
        self._low, self._high, self._points = (np.array([range_[place] for range_ in laid]) for place in (2, 3, 4))
        self._or_missing = np.array([range_[5] for range_ in laid], dtype=bool)
        numbers = [number for number, *_ in laid]
        self._first = np.array([numbers.index(number) for number in self.rules], dtype=np.int64)
        self._places = _Places(self._features)

    def award(self, matrix: FeatureMatrix, points: Numbers) -> None:
        if not self.rules:
            return
        values = matrix.values[:, self._places.of(matrix)]
        met = (values >= self._low) & (values <= self._high)  # a missing value lies nowhere
        if self._or_missing.any():
            met |= np.isnan(values) & self._or_missing
        points[:, self.rules] = np.add.reduceat(np.where(met, self._points, 0.0), self._first, axis=1)


class _Units:
    """Rules that give points for each unit."""

    def __init__(self, rules: Sequence[RuleSpec]) -> None:
        self.rules = [
            number for number, rule in enumerate(rules) if rule.points_per_unit is not None and not rule.points_for
        ]
        asked = [rules[number] for number in self.rules]
        self._per_unit = np.array([rule.points_per_unit for rule in asked], dtype=np.float64)
        self._most = np.array([np.inf if rule.at_most_units is None else rule.at_most_units for rule in asked])
        self._places = _Places([rule.when.feature or "" for rule in asked])

    def award(self, matrix: FeatureMatrix, points: Numbers) -> None:
        if self.rules:
            values = matrix.values[:, self._places.of(matrix)]
            points[:, self.rules] = self._per_unit * np.minimum(np.where(np.isnan(values), 0.0, values), self._most)


class _Places:
    """Where features stand in a matrix; matrices of one catalogue share their names."""

    def __init__(self, features: Sequence[str]) -> None:
        self._features = features
        self._found: dict[tuple[str, ...], Codes] = {}

    def of(self, matrix: FeatureMatrix) -> Codes:
        found = self._found.get(matrix.names)
        if found is None:
            places = {name: place for place, name in enumerate(matrix.names)}
            found = np.array([places[feature] for feature in self._features], dtype=np.int64)
            self._found = {matrix.names: found}
        return found


def _ranges_of(rule: RuleSpec) -> list[tuple[str, tuple[float, float], float, bool]]:
    """Lay out the ranges of a rule that asks one number; none of any other rule."""
    if rule.steps is not None:
        following = [step.at_least for step in rule.steps[1:]]
        ends = [np.inf if number is None else float(np.nextafter(number, -np.inf)) for number in (*following, None)]
        return [
            (
                rule.when.feature or "",
                (-np.inf if step.at_least is None else step.at_least, end if step.at_most is None else step.at_most),
                step.points,
                False,
            )
            for step, end in zip(rule.steps, ends, strict=True)
        ]
    if rule.points is None or rule.when.feature is None or rule.points_for:
        return []
    condition = rule.when.condition()
    if condition.operator not in OF_NUMBERS:
        return []
    return [(condition.feature, interval(condition), rule.points, condition.or_missing)]


def _limits(spec: RulesSpec) -> list[Limit]:
    every = range(len(spec.rules))
    limits = [
        Limit("group", group.name, tuple(n for n in every if spec.rules[n].group == group.name), *_ends(group))
        for group in spec.groups
    ]
    limits += [
        Limit("category", category, tuple(_of_category(spec, category)), *_ends(held))
        for category, held in spec.categories.items()
    ]
    limits.append(Limit("total", "", tuple(n for n in every if not spec.rules[n].disqualifies), *_ends(spec.total)))
    limits = [limit for limit in limits if np.isfinite((limit.low, limit.high)).any()]
    if out := tuple(n for n in every if spec.rules[n].disqualifies):
        limits.append(Limit("disqualified", "", out, -np.inf, spec.total.at_least or 0.0))
    return limits


def _ends(held: LimitsSpec) -> tuple[float, float]:
    low = -np.inf if held.at_least is None else held.at_least
    return low, np.inf if held.at_most is None else held.at_most


def _of_category(spec: RulesSpec, category: Category) -> list[int]:
    groups = {group.name for group in spec.groups if group.category == category}
    return [number for number, rule in enumerate(spec.rules) if rule.group in groups]


def _met_when(rule: RuleSpec, matrix: FeatureMatrix) -> Mask:
    """Tell which snapshots meet a rule's conditions."""
    clauses = rule.when.clauses()
    if len(clauses) == 1 and len(clauses[0]) == 1:
        return _met(clauses[0][0], matrix)
    met = np.ones(len(matrix.values), dtype=bool)
    for clause in clauses:
        met &= np.logical_or.reduce([_met(condition, matrix) for condition in clause])
    return met


def _met(condition: Condition, matrix: FeatureMatrix) -> Mask:
    values = matrix.values[:, matrix.names.index(condition.feature)]
    missing = np.isnan(values)
    if condition.operator == "missing":
        return missing if condition.asked else ~missing
    if condition.operator in OF_NUMBERS:
        low, high = interval(condition)
        met: Mask = (values >= low) & (values <= high)
    else:
        words = matrix.words.get(condition.feature, ())
        met = np.zeros(len(values), dtype=bool)
        for code, word in enumerate(words):
            if _word_meets(word, condition):
                met |= values == code
    return met | missing if condition.or_missing else met


def _word_meets(word: str, condition: Condition) -> bool:
    asked = condition.asked if isinstance(condition.asked, tuple) else ()
    if condition.operator in ("contains", "contains_not"):
        within = any(str(part).casefold() in word.casefold() for part in asked)
        return within == (condition.operator == "contains")
    return (word in asked) == (condition.operator in ("is", "any_of"))


def _amount(rule: RuleSpec, matrix: FeatureMatrix) -> Numbers:
    """Tell how many times a rule gives its points, shape (n_snapshots,)."""
    if rule.points_per_unit is None:
        return _met_when(rule, matrix).astype(np.float64)
    units = matrix.values[:, matrix.names.index(rule.when.feature or "")]
    return np.minimum(
        np.where(np.isnan(units), 0.0, units), np.inf if rule.at_most_units is None else rule.at_most_units
    )


def _worth(rule: RuleSpec, matrix: FeatureMatrix) -> Numbers:
    """Tell what a rule gives each time, by lead type, shape (n_snapshots,)."""
    worth = np.full(len(matrix.values), rule.points if rule.points is not None else rule.points_per_unit)
    for lead_type, points in rule.points_for.items():
        worth[_met(Condition(LEAD_TYPE, "is", (lead_type,), or_missing=False), matrix)] = points
    return worth


def _left(decay: DecaySpec, matrix: FeatureMatrix) -> Numbers:
    """Tell which part of a rule's points is left, shape (n_snapshots,)."""
    days = matrix.values[:, matrix.names.index(decay.since)]
    if decay.half_life_days is not None:
        left = 0.5 ** (days / decay.half_life_days)
    else:
        left = (1 - (decay.percent or 0.0) / 100) ** np.floor(days / (decay.every_days or 1.0))
    return np.where(np.isnan(days), 1.0, left)

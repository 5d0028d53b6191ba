"""How many of some leads become ready: foretold with an interval, and counted."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from leadml.agreement.scale import probability
from leadml.history.tables import Codes, Numbers
from leadml.outcomes import NOT_KNOWN, YES
from leadml.trials.scored import Scored

DRAWS = 1_000
_AT_ONCE = 4_000_000
_ENDS = (5.0, 95.0)


@dataclass(frozen=True)
class Expected:
    """A figure that is foretold, with the interval in which it should lie in nine of ten cases."""

    value: float
    low: float
    high: float

    def times(self, factor: float) -> "Expected":
        """Tell it in another unit, such as a week."""
        return Expected(self.value * factor, self.low * factor, self.high * factor)


@dataclass(frozen=True)
class Became:
    """What should have become of some hand-overs, and what did.

    Attributes
    ----------
    expected : Expected
        How many of `known` become ready, by their chances and the level of outcomes known at each score.
    actual : int
        How many did.
    known : int
        Hand-overs whose answer is known; those returned for a reason that says nothing are not among them.
    worked : int
        Of all hand-overs, those that sales really tried to reach.
    """

    expected: Expected
    actual: int
    known: int
    worked: int


def what_becomes(scored: Scored, groups: Mapping[str, Codes], *, seed: int) -> dict[str, Became]:
    """Foretell and count what becomes of groups of hand-overs.

    Parameters
    ----------
    scored : Scored
    groups : mapping of str to int array
        Rows of `scored`.
    seed : int

    Returns
    -------
    became : dict of str to Became
    """
    known = {name: rows[scored.answer[rows] != NOT_KNOWN] for name, rows in groups.items()}
    foretold = expect(scored, known, seed=seed)
    return {
        name: Became(
            expected=foretold[name],
            actual=int((scored.answer[rows] == YES).sum()),
            known=len(rows),
            worked=int(scored.worked[groups[name]].sum()),
        )
        for name, rows in known.items()
    }


def expect(scored: Scored, groups: Mapping[str, Codes], *, seed: int, draws: int = DRAWS) -> dict[str, Expected]:
    """Foretell how many of each group of snapshots become ready.

    Parameters
    ----------
    scored : Scored
    groups : mapping of str to int array
        Rows of `scored`, each row at most once a group.
    seed, draws : int

    Returns
    -------
    expected : dict of str to Expected
        Value: the sum of chances, each with the level of outcomes known at its instant. Interval: the middle 90 % of
        draws in which the level walks on from what was known, and each lead has the luck of its own; a lead that two
        groups share has the same luck in both.
    """
    rows = np.unique(np.concatenate([np.empty(0, np.int64), *groups.values()]))
    level, margin = scored.level.rows(rows), scored.margin[rows]
    member = np.column_stack([np.isin(rows, of_group) for of_group in groups.values()]).astype(np.float64)
    episodes, own = np.unique(np.column_stack([scored.leads[rows], scored.episodes[rows]]), axis=0, return_inverse=True)
    random = np.random.default_rng(seed)
    counts: list[Numbers] = []
    left, portion = draws, max(1, _AT_ONCE // max(1, len(rows)))
    while left > 0:
        now = min(left, portion)
        chance = probability(margin + level.shift + level.drawn(now, random))
        luck = random.random((now, len(episodes)))[:, own.reshape(-1)]
        counts.append((luck < chance).astype(np.float64) @ member)
        left -= now
    drawn = np.concatenate(counts)
    said = probability(margin + level.shift) @ member
    return {
        name: Expected(float(said[place]), *np.percentile(drawn[:, place], _ENDS).tolist())
        for place, name in enumerate(groups)
    }


def next_count(count: int) -> Expected:
    """Foretell how many leads come in a span as long as the one in which so many came.

    Parameters
    ----------
    count : int, >= 0

    Returns
    -------
    expected : Expected
        Value: as many again. Interval: the middle 90 % of a count at the same rate, which itself is known by `count`
        alone: negative binomial, wider than that of a known rate by the root of two.

    Examples
    --------
    >>> next_count(0), next_count(100)
    (Expected(value=0.0, low=0.0, high=4.0), Expected(value=100.0, low=78.0, high=125.0))
    """
    from scipy.stats import nbinom  # half a second to import

    low = float(nbinom.ppf(_ENDS[0] / 100, count, 0.5)) if count else 0.0
    return Expected(float(count), low, float(nbinom.ppf(_ENDS[1] / 100, count + 1, 0.5)))

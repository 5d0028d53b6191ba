"""Which lines to type and with how many points: weighted least squares, chosen one by one with second thoughts.

Lines that are steps of one feature are one rule. Everything is asked of sums that are laid out once, so that thousands
of sets of lines cost a second.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from leadml.history.tables import Codes, Mask, Numbers

LARGEST_POINTS, MOST_STEPS = 20, 4
# What a further step of a rule must explain, as a share of what is wanted: it is one more thing to read.
_STEP_FEE = 0.0005
_PRIOR_SNAPSHOTS = 20.0  # a line begins with so many snapshots that say it is worth nothing
_ROUNDS_OF_EXCHANGE = 4
_SAME_AGAIN = 1e-3  # less of a line than this is its own; the rest is said by those before it
_BETTER = 1e-9


class Terms(NamedTuple):
    """On which terms lines may be chosen.

    Attributes
    ----------
    signs : int array, shape (n_lines,)
        1 or -1 where points may have only that sign, else 0.
    fees : float array, shape (n_lines,)
        What each must explain beyond an easy line, as a share of what is wanted.
    rules : int array, shape (n_lines,)
        Lines of one number are steps of one rule.
    """

    signs: Codes
    fees: Numbers
    rules: Codes


@dataclass(frozen=True, eq=False)
class Ground:
    """What sets of lines are held against.

    Attributes
    ----------
    gram : float array, shape (n_lines, n_lines)
        Weighted products of the lines, each less its mean at each age, with the prior.
    moments : float array, shape (n_lines,)
        Weighted products with what is wanted.
    signs : int array, shape (n_lines,)
        1 or -1 where points may have only that sign, else 0.
    fees : float array, shape (n_lines,)
        What each must explain beyond an easy line.
    rules : int array, shape (n_lines,)
        Lines of one number are steps of one rule.
    step_fee : float
        What each step after the first must explain.
    """

    gram: Numbers
    moments: Numbers
    signs: Codes
    fees: Numbers
    rules: Codes
    step_fee: float


def lay_ground(columns: Numbers, wanted: Numbers, weights: Numbers, ages: Codes, terms: Terms) -> Ground:
    """Lay out the sums.

    Parameters
    ----------
    columns : float array, shape (n_snapshots, n_lines)
        What each line awards for one rule point.
    wanted : float array, shape (n_snapshots,), log-odds
    weights : float array, shape (n_snapshots,)
    ages : int array, shape (n_snapshots,)
        Only leads of one age are compared, as in every figure of ranking.
    terms : Terms

    Returns
    -------
    ground : Ground
    """
    columns, wanted = _less_means(columns, weights, ages), _less_means(wanted[:, None], weights, ages)[:, 0]
    weighted = columns * weights[:, None]
    gram = weighted.T @ columns
    gram[np.diag_indices(len(gram))] += _PRIOR_SNAPSHOTS * weights.mean()
    every = float(weights @ wanted**2)
    return Ground(gram, weighted.T @ wanted, terms.signs, terms.fees * every, terms.rules, _STEP_FEE * every)


def _less_means(columns: Numbers, weights: Numbers, ages: Codes) -> Numbers:
    less = np.empty_like(columns)
    for age in np.unique(ages):
        rows = ages == age
        less[rows] = columns[rows] - np.average(columns[rows], axis=0, weights=weights[rows])
    return less


def coefficients(ground: Ground, lines: Sequence[int]) -> Numbers:
    """Give what each line is worth beside the others, shape (n_lines,), log-odds; 0 where its sign forbids it."""
    worth, free = np.zeros(len(lines)), np.arange(len(lines))
    while len(free):
        places = np.array(lines)[free]
        found = np.linalg.solve(ground.gram[np.ix_(places, places)], ground.moments[places])
        against = found * ground.signs[places] < 0
        if not against.any():
            worth[free] = found
            break
        free = free[~against]
    return worth


def explained(ground: Ground, lines: Sequence[int]) -> float:
    """Tell how much of what is wanted some lines explain, less their fees."""
    if not lines:
        return 0.0
    places, worth = np.array(lines), coefficients(ground, lines)
    gained = 2 * ground.moments[places] @ worth - worth @ ground.gram[np.ix_(places, places)] @ worth
    further_steps = len(places) - len(np.unique(ground.rules[places]))
    return float(gained - ground.fees[places].sum() - ground.step_fee * further_steps)


def best_sets(ground: Ground, most: int) -> list[list[int]]:
    """Choose lines of one rule, of two, ... up to `most`: each time the best next one, steps, and exchanges that gain.

    Parameters
    ----------
    ground : Ground
    most : int

    Returns
    -------
    sets : list of list of int
        The first of no line; ends early where no further rule explains anything.
    """
    sets: list[list[int]] = [[]]
    while len(sets) <= most:
        following = _next(ground, sets[-1], ~_begun(ground, sets[-1]))
        if following is None:
            break
        lines = _exchanged(ground, _with_steps(ground, [*sets[-1], following]))
        if explained(ground, lines) <= explained(ground, sets[-1]):
            break
        sets.append(lines)
    return sets


def _begun(ground: Ground, lines: Sequence[int]) -> Mask:
    """Tell of which lines the rule has a line already."""
    begun: Mask = np.isin(ground.rules, ground.rules[np.array(lines, dtype=np.int64)])
    return begun


def _can_grow(ground: Ground, lines: Sequence[int]) -> Mask:
    """Tell which lines are further steps of a rule that has room for one."""
    steps = np.bincount(ground.rules[np.array(lines, dtype=np.int64)], minlength=int(ground.rules.max(initial=0)) + 1)
    room: Mask = (steps > 0) & (steps < MOST_STEPS)
    return room[ground.rules]


def _with_steps(ground: Ground, lines: list[int]) -> list[int]:
    """Give rules further steps as long as these explain more than their fee."""
    while (following := _next(ground, lines, _can_grow(ground, lines))) is not None:
        grown = [*lines, following]
        if explained(ground, grown) <= explained(ground, lines):
            break
        lines = grown
    return lines


def _next(ground: Ground, lines: Sequence[int], among: Mask) -> int | None:
    """Find the line that explains most of what is left."""
    places = np.array(lines, dtype=np.int64)
    left, own = ground.moments - ground.gram[:, places] @ coefficients(ground, lines), np.diag(ground.gram).copy()
    if len(places):
        shared = np.linalg.solve(ground.gram[np.ix_(places, places)], ground.gram[places])
        own -= np.einsum("ij,ij->j", ground.gram[places], shared)
    gains = left**2 / np.maximum(own, _SAME_AGAIN * np.diag(ground.gram)) - ground.fees
    gains[(own < _SAME_AGAIN * np.diag(ground.gram)) | (left * ground.signs < 0) | ~among] = -np.inf
    gains[places] = -np.inf
    best = int(gains.argmax()) if len(gains) else 0
    return best if len(gains) and gains[best] > 0 else None


def _exchanged(ground: Ground, lines: list[int]) -> list[int]:
    """Give a line away for another as long as that explains more, in no more rules."""
    for _ in range(_ROUNDS_OF_EXCHANGE):
        best, better = explained(ground, lines) * (1 + _BETTER) + _BETTER, lines
        for place in range(len(lines)):
            others = lines[:place] + lines[place + 1 :]
            among = _can_grow(ground, others)
            if not _begun(ground, others)[lines[place]]:
                among |= ~_begun(ground, others)
            following = _next(ground, others, among)
            if following is not None and following != lines[place]:
                tried = [*others, following]
                if (value := explained(ground, tried)) > best:
                    best, better = value, tried
        if better is lines:
            break
        lines = better
    return lines


def whole_points(ground: Ground, lines: Sequence[int]) -> list[int]:
    """Turn worths into whole rule points, the largest about 20: rounded, then moved one by one while that gains.

    Only their proportions rank leads, so points are as good as their agreement with what is wanted on the best scale.

    Parameters
    ----------
    ground : Ground
    lines : sequence of int

    Returns
    -------
    points : list of int
        0 for a line that is worth less than half a point.

    Notes
    -----
    Maximises (moments . points)**2 / (points . gram . points), each point within its sign.
    """
    worth = coefficients(ground, lines)
    if not np.abs(worth).max(initial=0.0):
        return [0] * len(lines)
    places = np.array(lines)
    gram, moments, signs = ground.gram[np.ix_(places, places)], ground.moments[places], ground.signs[places]

    def agreement(points: Numbers) -> float:
        spread = float(points @ gram @ points)
        return float(moments @ points) ** 2 / spread if spread > 0 else 0.0

    points = np.rint(worth * (LARGEST_POINTS / np.abs(worth).max()))
    best, moved = agreement(points), True
    while moved:
        moved = False
        for place in range(len(points)):
            for step in (-1.0, 1.0):
                tried = points.copy()
                tried[place] += step
                fits = tried[place] * signs[place] >= 0 and abs(tried[place]) <= LARGEST_POINTS
                if fits and (value := agreement(tried)) > best * (1 + _BETTER):
                    points, best, moved = tried, value, True
    return [int(one) for one in points]

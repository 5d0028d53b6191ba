"""Points by ranges of a number: matches and frequencies of a CRM as the steps of one rule."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from leadml.crm_rules.conditions import Clause
from leadml.crm_rules.hubspot import Frequency, FrequencyRange
from leadml.errors import LeadmlError
from leadml.specs.rules_spec import OF_NUMBERS, StepSpec, interval

_TYPES = ("AT_LEAST", "BETWEEN")


class _Piece(NamedTuple):
    """Neighbouring numbers of the same points, both ends included; no points where nothing matches."""

    low: float
    high: float
    points: float


def steps_of_matches(clauses: Sequence[Clause], points: Sequence[float]) -> tuple[StepSpec, ...]:
    """Write matches on one number, of which the first that fits wins, as steps.

    Parameters
    ----------
    clauses : sequence of tuple of Condition
    points : sequence of float

    Returns
    -------
    steps : tuple of StepSpec
        Empty where they are no ranges of numbers, fewer than two, or cannot be written with the numbers that they name:
        a step begins at a number and not behind it.

    Examples
    --------
    >>> from leadml.specs.rules_spec import Condition
    >>> large, known = (Condition("employees", "at_least", number, False) for number in (200.0, 1.0))
    >>> for step in steps_of_matches([(large,), (known,)], [20, 5]):
    ...     print(step.at_least, step.points)
    1.0 5.0
    200.0 20.0
    """
    conditions = [clause[0] for clause in clauses if len(clause) == 1]
    plain = all(condition.operator in OF_NUMBERS and not condition.or_missing for condition in conditions)
    if len(conditions) != len(clauses) or len(clauses) < 2 or not plain:
        return ()
    if len({condition.feature for condition in conditions}) > 1:
        return ()
    ranges = [interval(condition) for condition in conditions]
    pieces = _pieces(ranges, points)
    asked = {float(number) for condition in conditions for number in _numbers(condition.asked)}
    steps = _steps(pieces)
    ends = [end for step in steps for end in (step.at_least, step.at_most) if end is not None]
    return steps if set(ends) <= asked else ()


def _numbers(asked: object) -> tuple[float, ...]:
    if isinstance(asked, tuple):
        return tuple(float(end) for end in asked)
    return (float(str(asked)),)


def _pieces(ranges: Sequence[tuple[float, float]], points: Sequence[float]) -> list[_Piece]:
    """Cut the numbers where a range begins or has ended, and let the first range that holds a piece say its points."""
    starts = sorted({-math.inf, *(low for low, _ in ranges), *(math.nextafter(high, math.inf) for _, high in ranges)})
    pieces: list[_Piece] = []
    for start, following in zip(starts, [*starts[1:], math.inf], strict=True):
        high = math.inf if following == math.inf else math.nextafter(following, -math.inf)
        given = next((told for (low, end), told in zip(ranges, points, strict=True) if low <= start <= end), 0.0)
        if start == math.inf:
            continue
        if pieces and pieces[-1].points == given:
            pieces[-1] = pieces[-1]._replace(high=high)
        else:
            pieces.append(_Piece(start, high, given))
    return pieces


def _steps(pieces: Sequence[_Piece]) -> tuple[StepSpec, ...]:
    steps = []
    for piece, following in zip(pieces, [*pieces[1:], None], strict=True):
        if piece.points:
            ends = following is not None and not following.points
            steps.append(
                StepSpec(
                    at_least=None if piece.low == -math.inf else piece.low,
                    at_most=piece.high if ends else None,
                    points=piece.points,
                )
            )
    return tuple(steps)


def steps_of_counts(frequency: Frequency, *, where: str) -> tuple[StepSpec, ...]:
    """Write how often something must have happened as steps.

    Parameters
    ----------
    frequency : Frequency
        From so often on, up to where the next range begins; or from so often to so often.
    where : str

    Returns
    -------
    steps : tuple of StepSpec

    Raises
    ------
    LeadmlError
        `scoring_frequency` for ranges of another type, `scoring_contradicts` where two ranges hold the same count.
    """
    if frequency.type not in _TYPES or not frequency.ranges:
        raise LeadmlError("scoring_frequency", where=where, frequency=frequency.type, known=", ".join(_TYPES))
    ranges = sorted((_range(each, where) for each in frequency.ranges), key=lambda piece: piece.low)
    for before, behind in pairwise(ranges):
        if before.low == behind.low or behind.low <= before.high < math.inf:
            problem = f"two ranges hold {behind.low:g} times"
            raise LeadmlError("scoring_contradicts", where=where, problem=problem)
        if before.high == math.inf and behind.high != math.inf:
            problem = (
                f"both at least {before.low:g} times and {behind.low:g} to {behind.high:g} times hold {behind.low:g}"
            )
            raise LeadmlError("scoring_contradicts", where=where, problem=problem)
    return tuple(
        StepSpec(at_least=piece.low, at_most=None if piece.high == math.inf else piece.high, points=piece.points)
        for piece in ranges
    )


def _range(each: FrequencyRange, where: str) -> _Piece:
    kind = each.type or ("AT_LEAST" if each.to is None else "BETWEEN")
    if kind not in _TYPES:
        raise LeadmlError("scoring_frequency", where=where, frequency=kind, known=", ".join(_TYPES))
    if each.from_ is None or (kind == "BETWEEN" and each.to is None):
        raise LeadmlError("scoring_shape", where=where, problem=f"a range {kind} lacks one of its ends")
    high = math.inf if kind == "AT_LEAST" or each.to is None else each.to
    if high < each.from_:
        problem = f"nothing lies between {each.from_:g} and {high:g} times"
        raise LeadmlError("scoring_contradicts", where=where, problem=problem)
    return _Piece(each.from_, high, each.value)

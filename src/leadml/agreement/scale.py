"""The scale of the score: from log-odds to 0-100 and back.

Three numbers explain it: at a score of 50 the chance is `probability_at_50`; ten points more double
the odds; ten points less halve them.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leadml.specs.agreement_spec import LeadScoreSpec

Numbers = npt.NDArray[np.float64]

LOWEST, HIGHEST = 0, 100


@dataclass(frozen=True)
class Scale:
    """Turns margins (log-odds) into score points.

    score = 50 + points_to_double_odds * log2(odds / odds_at_50), clipped to 0-100, rounded half to even.

    Attributes
    ----------
    points_per_unit : float
        Score points of one unit of margin.
    margin_at_50 : float
        The margin that a score of 50 stands for.

    Examples
    --------
    With 50 standing for even odds, a chance of two in three scores 60:

    >>> scale = Scale.agreed(LeadScoreSpec(probability_at_50=0.5))
    >>> round(float(scale.unclipped(np.array([math.log(2)]))[0]), 9)
    60.0
    """

    points_per_unit: float
    margin_at_50: float

    @classmethod
    def agreed(cls, spec: LeadScoreSpec) -> "Scale":
        """Make the scale that the agreement states."""
        odds_at_50 = spec.probability_at_50 / (1 - spec.probability_at_50)
        return cls(spec.points_to_double_odds / math.log(2), math.log(odds_at_50))

    def unclipped(self, margin: Numbers) -> Numbers:
        """Score points without ends and rounding: what ranking uses."""
        points: Numbers = 50.0 + self.points_per_unit * (margin - self.margin_at_50)
        return points

    def margin_of(self, points: float) -> float:
        """Find the margin that score points stand for: the way back.

        Parameters
        ----------
        points : float
            Score points, as from `unclipped`.

        Returns
        -------
        margin : float
            Log-odds: margin_at_50 + (points - 50) / points_per_unit.

        Examples
        --------
        >>> scale = Scale.agreed(LeadScoreSpec(probability_at_50=0.5))
        >>> round(probability(np.array([scale.margin_of(60)]))[0].item(), 3)
        0.667
        """
        return self.margin_at_50 + (points - 50.0) / self.points_per_unit

    def effects(self, contributions: Numbers) -> Numbers:
        """Contributions to the margin, in score points."""
        effects: Numbers = self.points_per_unit * contributions
        return effects


def shown(unclipped: float) -> int:
    """Round half to even and hold at 0 and 100: the score that people see.

    Parameters
    ----------
    unclipped : float
        From `Scale.unclipped`.

    Returns
    -------
    score : int in 0..100

    Examples
    --------
    >>> shown(62.5), shown(63.5), shown(-4.0), shown(math.inf)
    (62, 64, 0, 100)

    What is no number is no score:

    >>> shown(math.nan)
    Traceback (most recent call last):
    ...
    ValueError: cannot convert float NaN to integer
    """
    return round(min(max(unclipped, LOWEST), HIGHEST))


def probability(margin: Numbers) -> Numbers:
    """Turn log-odds into probabilities, without overflow at either end.

    Examples
    --------
    >>> probability(np.array([0.0, -1000.0])).tolist()
    [0.5, 0.0]
    """
    ends = np.exp(-np.abs(margin))
    chances: Numbers = np.where(margin >= 0, 1.0, ends) / (1.0 + ends)
    return chances

"""How often sales gives hand-overs back, by their score: read from leads that really were handed over.

Worked example: sales took a few leads of low scores and many of high ones, and gave back 40 % of the former and 10 % of
the latter. A threshold that lets as many of the low ones come as of the high ones brings back 25 %, whatever share of
those that sales took came back. So the rate is asked of the scores that would come, and never of those that came.
"""

from dataclasses import dataclass

import numpy as np

from leadml.agreement.scale import HIGHEST, probability
from leadml.clock import DAY
from leadml.evaluate.drawn import drawn_leads
from leadml.hand_overs import find_hand_overs
from leadml.history.spans import only, rows_from
from leadml.history.tables import Codes, History, Numbers
from leadml.specs.agreement_spec import DefinitionsSpec
from leadml.trials.expected import Expected
from leadml.trials.scored import Scored
from leadml.vocabulary import StatusMeaning

FEWEST_HAND_OVERS = 30
_DRAWS, _STEPS = 300, 25
_PRIOR = 0.05  # precision of slope and level in standard units: keeps a line finite where no or all leads come back
_ENDS = (5.0, 95.0)


@dataclass(frozen=True)
class Returns:
    """Hand-overs that really took place, each with the last score before it: arrays of shape (n,).

    Attributes
    ----------
    leads : int array
    points : int array
        Scores, 0-100.
    returned : array of 0 and 1
        Whether sales gave it back inside the grace of the outcome.
    """

    leads: Codes
    points: Codes
    returned: Numbers

    def __len__(self) -> int:
        """Count the hand-overs."""
        return len(self.points)

    def line(self, *, seed: int) -> "ReturnLine":
        """Fit the chance of a return to the score.

        Parameters
        ----------
        seed : int

        Returns
        -------
        line : ReturnLine
            Logistic, so that a few leads at the top do not make the rate jump; drawn again by lead.
        """
        points = self.points.astype(np.float64)
        middle, spread = float(points.mean()), float(points.std()) or 1.0
        (drawn,) = drawn_leads(self.leads, draws=_DRAWS, seed=seed)
        weights = np.concatenate([np.ones((1, len(self))), drawn])
        level, slope = _fitted((points - middle) / spread, self.returned, weights)
        return ReturnLine(probability(level + slope * (np.arange(HIGHEST + 1) - middle) / spread))


@dataclass(frozen=True)
class ReturnLine:
    """The chance with which a hand-over comes back, by its score.

    Attributes
    ----------
    chances : float array, shape (1 + n_draws, 101)
        Of each score 0-100: as fitted, and then as fitted to leads drawn again.
    """

    chances: Numbers

    def rate_of(self, points: Codes) -> Expected:
        """Tell which share of some leads would come back if they were handed over.

        Parameters
        ----------
        points : int array, shape (n,), n >= 1
            Their scores. Where few leads of such scores were really handed over, the line reaches beyond what was
            seen, and the interval widens; that it goes on as a line is supposed.

        Returns
        -------
        rate : Expected
            The mean of their chances; interval: the middle 90 % of the draws. It is that of the rate: so many leads
            as come in one week have their luck beside.

        Examples
        --------
        Of those with a score of 20 every second came back, of those with 60 every fourth:

        >>> returned = np.concatenate([np.tile([1.0, 0.0], 20), np.tile([1.0, 0.0, 0.0, 0.0], 10)])
        >>> line = Returns(np.arange(80), np.repeat([20, 60], 40), returned).line(seed=1)
        >>> [round(line.rate_of(np.array(points)).value, 2) for points in ([20], [60], [20, 20, 20, 60])]
        [0.5, 0.25, 0.44]
        """
        shares = self.chances[:, points].mean(axis=1)
        return Expected(float(shares[0]), *np.percentile(shares[1:], _ENDS).tolist())


def returns_seen(history: History, scored: Scored, definitions: DefinitionsSpec) -> Returns:
    """Find the hand-overs of the periods tried whose grace has passed, and which of them came back.

    Parameters
    ----------
    history : History
    scored : Scored
    definitions : DefinitionsSpec

    Returns
    -------
    returns : Returns
        Without hand-overs of leads that had no score yet.
    """
    handed = find_hand_overs(history, definitions)
    grace = round(definitions.ready.not_returned_within_days * DAY)
    asked = (handed.happened_at >= scored.from_) & (handed.happened_at + grace <= history.known_until)
    handed = handed.rows(asked)
    begin, end = (np.searchsorted(scored.leads, handed.leads, side=side) for side in ("left", "right"))
    last = np.array(
        [
            first + int(np.searchsorted(scored.as_of[first:after], at)) - 1
            for first, after, at in zip(begin.tolist(), end.tolist(), handed.happened_at.tolist(), strict=True)
        ],
        dtype=np.int64,
    )
    has_score = last >= begin
    handed, last = handed.rows(has_score), last[has_score]
    table = history.facts.get("status_changes")
    returned = np.zeros(len(last))
    if table is not None and len(last):
        returns = only(table, table.texts["meaning"].is_any_of([StatusMeaning.RETURNED]))
        until = np.minimum(handed.happened_at + grace, handed.next_at)
        low, high = rows_from(returns, handed.leads, handed.happened_at), rows_from(returns, handed.leads, until)
        returned = (low < high).astype(np.float64)
    return Returns(handed.leads, scored.points[last], returned)


def _fitted(standard: Numbers, returned: Numbers, weights: Numbers) -> tuple[Numbers, Numbers]:
    """Fit a logistic line for all draws at once, by Newton's method: level and slope, each of shape (n_draws, 1)."""
    level, slope = np.zeros((len(weights), 1)), np.zeros((len(weights), 1))
    for _ in range(_STEPS):
        chance = probability(level + slope * standard)
        rest, bend = weights * (returned - chance), weights * chance * (1 - chance)
        down, along = rest.sum(axis=1) - _PRIOR * level[:, 0], rest @ standard - _PRIOR * slope[:, 0]
        flat, mixed, steep = bend.sum(axis=1) + _PRIOR, bend @ standard, bend @ standard**2 + _PRIOR
        size = flat * steep - mixed**2
        level = level + np.clip((steep * down - mixed * along) / size, -2, 2)[:, None]
        slope = slope + np.clip((flat * along - mixed * down) / size, -2, 2)[:, None]
    return level, slope

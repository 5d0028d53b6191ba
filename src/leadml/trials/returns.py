"""How often sales gives hand-overs back, by the score with which they came: of leads that really were handed over."""

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

    def rates(self, *, seed: int) -> list[Expected | None]:
        """Tell for each threshold which share of the hand-overs from it on comes back.

        Parameters
        ----------
        seed : int

        Returns
        -------
        rates : list of Expected or None, 101 long
            None from the highest score on that anyone had. By a logistic line of the return on the score, so that a
            few leads at the top do not make the rate jump; interval: the middle 90 % of draws by lead.
        """
        spread = float(self.points.std()) or 1.0
        standard = (self.points - self.points.mean()) / spread
        (drawn,) = drawn_leads(self.leads, draws=_DRAWS, seed=seed)
        weights = np.concatenate([np.ones((1, len(self))), drawn])
        fitted = weights * _line(standard, self.returned, weights)
        rates: list[Expected | None] = []
        for threshold in range(HIGHEST + 1):
            above = self.points >= threshold
            if not above.any():
                rates.append(None)
                continue
            sums = weights[:, above].sum(axis=1)
            shares = fitted[:, above].sum(axis=1)[sums > 0] / sums[sums > 0]
            rates.append(Expected(float(shares[0]), *np.percentile(shares[1:], _ENDS).tolist()))
        return rates


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


def _line(standard: Numbers, returned: Numbers, weights: Numbers) -> Numbers:
    """Fit chance of return = line of the score for all draws at once, by Newton's method; shape (n_draws, n)."""
    level, slope = np.zeros((len(weights), 1)), np.zeros((len(weights), 1))
    for _ in range(_STEPS):
        chance = probability(level + slope * standard)
        rest, bend = weights * (returned - chance), weights * chance * (1 - chance)
        down, along = rest.sum(axis=1) - _PRIOR * level[:, 0], rest @ standard - _PRIOR * slope[:, 0]
        flat, mixed, steep = bend.sum(axis=1) + _PRIOR, bend @ standard, bend @ standard**2 + _PRIOR
        size = flat * steep - mixed**2
        level = level + np.clip((steep * down - mixed * along) / size, -2, 2)[:, None]
        slope = slope + np.clip((flat * along - mixed * down) / size, -2, 2)[:, None]
    return probability(level + slope * standard)

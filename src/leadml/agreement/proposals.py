"""Proposes the scale of the score: which chance a score of 50 should stand for.

A proposal is only said. What holds is what `sla.yaml` says, and nothing here writes to it.
"""

import math
from dataclasses import dataclass

from leadml.agreement.scale import Scale
from leadml.specs.agreement_spec import LeadScoreSpec
from leadml.wording.numbers import chance_in_words
from leadml.wording.texts import Language, say

TIMES_THE_BASE_RATE = 3
LARGEST = 0.5


def propose_probability_at_50(base_rate: float) -> float:
    """Propose the chance that a score of 50 stands for: three times the usual one, rounded.

    The usual lead then stands about a third of the way up, and the middle of the scale is a lead worth a call.

    Parameters
    ----------
    base_rate : float in (0, 1]
        Part of the snapshots whose lead became ready; a training without any ends in `too_few_outcomes`.

    Returns
    -------
    probability_at_50 : float in (0, 0.5]
        The nearest of 0.5, 0.2, 0.1, 0.05, 0.02, ...; above a base rate of about 1 in 10 it is 0.5, as a middle
        beyond even odds would leave most leads no room to differ.

    Notes
    -----
    Nearest by ratio, as the scale counts ratios of odds: 1, 2 and 5 meet at the roots of 2, 10 and 50.

    Examples
    --------
    >>> [propose_probability_at_50(rate) for rate in (0.004, 0.03, 0.06, 0.11, 0.4)]
    [0.01, 0.1, 0.2, 0.5, 0.5]
    """
    wanted = TIMES_THE_BASE_RATE * base_rate
    power = math.floor(math.log10(wanted))
    ladder = [float(f"{digit}e{power + up}") for digit, up in ((1, 0), (2, 0), (5, 0), (1, 1))]
    nearest = min(ladder, key=lambda step: abs(math.log(step / wanted)))
    return min(nearest, LARGEST)


@dataclass(frozen=True)
class ScaleProposal:
    """A scale that would suit the base rate better than the one agreed.

    Attributes
    ----------
    base_rate : float in (0, 1]
    standing, proposed : float in (0, 1)
        `probability_at_50` as `sla.yaml` has it, and as proposed.
    points_moved : int
        So many score points higher (or lower) would every score be; never 0.
    """

    base_rate: float
    standing: float
    proposed: float
    points_moved: int

    @classmethod
    def of(cls, base_rate: float, spec: LeadScoreSpec) -> "ScaleProposal | None":
        """Compare what is agreed with what suits the base rate; None where they differ by less than a point.

        Parameters
        ----------
        base_rate : float in (0, 1]
        spec : LeadScoreSpec

        Returns
        -------
        proposal : ScaleProposal or None

        Notes
        -----
        points_moved = points_to_double_odds * log2(odds at 50 as agreed / odds at 50 as proposed), rounded.

        Examples
        --------
        >>> ScaleProposal.of(0.06, LeadScoreSpec(probability_at_50=0.5))
        ScaleProposal(base_rate=0.06, standing=0.5, proposed=0.2, points_moved=20)
        >>> ScaleProposal.of(0.06, LeadScoreSpec(probability_at_50=0.2)) is None
        True
        """
        proposed = propose_probability_at_50(base_rate)
        now, then = Scale.agreed(spec), Scale.agreed(spec.model_copy(update={"probability_at_50": proposed}))
        moved = round(now.points_per_unit * (now.margin_at_50 - then.margin_at_50))
        return cls(base_rate, spec.probability_at_50, proposed, moved) if moved else None

    def lines(self, language: Language = "en") -> list[str]:
        """Say the proposal, and the line to write into `sla.yaml`.

        Parameters
        ----------
        language : {"en", "ja"}

        Returns
        -------
        lines : list of str, of length 2
        """
        return [
            say(
                "publishing.scale",
                language,
                usual=chance_in_words(self.base_rate, language),
                proposed=chance_in_words(self.proposed, language),
                standing=chance_in_words(self.standing, language),
            ),
            say(
                "publishing.scale_line",
                language,
                value=f"{self.proposed:.10f}".rstrip("0"),
                points=f"{self.points_moved:+d}",
            ),
        ]

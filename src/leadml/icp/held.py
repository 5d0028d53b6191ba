"""Agreed criteria and personas against what became of the leads: by company, with intervals and a verdict."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from leadml.evaluate.shares import Gap, Share, corrected, gap_between, share_of
from leadml.history.tables import Mask, Numbers
from leadml.icp.ground import Ground
from leadml.specs.agreement_spec import CriterionSpec, PersonaSpec
from leadml.specs.feature_spec import FeatureSpec
from leadml.specs.reading import Label

FEWEST_COMPANIES = 30  # on each side, for a verdict
FEWEST_CAME = 10  # on both sides together
CERTAIN = 0.05  # the chance of any false verdict at all that is accepted, over all questions of one kind
_PERSONA = FeatureSpec(name="persona", label=Label(en="", ja=""), kind="persona", when_nothing="missing")


class Verdict(StrEnum):
    """What the outcomes say of a criterion."""

    SEPARATES = "separates"
    NOT_PROVEN = "not_proven"
    WRONG_WAY = "wrong_way"
    TOO_FEW = "too_few"


@dataclass(frozen=True)
class Held:
    """Companies that meet something beside those that do not.

    Attributes
    ----------
    meets, others : Share
        Companies that became customers among those that meet it, and among those that do not. Each company counts
        one in all: where only some of its leads meet it, or came, it counts in parts.
    gap : Gap
        The one share less the other.
    leads : int
        Leads that meet it.
    known : float in [0, 1]
        Share of the leads of which it is known.
    """

    meets: Share
    others: Share
    gap: Gap
    leads: int
    known: float

    @property
    def enough(self) -> bool:
        """Whether there are enough companies for a verdict: `FEWEST_COMPANIES`, `FEWEST_CAME`."""
        came = self.meets.came + self.others.came
        return min(self.meets.of, self.others.of) >= FEWEST_COMPANIES and came >= FEWEST_CAME

    @property
    def times(self) -> float | None:
        """How many times as often those that meet it came as the others; None where none of the others came."""
        return self.meets.value / self.others.value if self.others.came else None


@dataclass(frozen=True)
class CriterionHeld:
    """An agreed criterion with its verdict."""

    criterion: CriterionSpec
    held: Held
    verdict: Verdict

    @property
    def stays(self) -> bool:
        """Whether it stays agreed: what both teams signed does, unless it points the wrong way."""
        return self.verdict is not Verdict.WRONG_WAY


@dataclass(frozen=True)
class PersonaHeld:
    """A persona with its verdict; that of no persona where `persona` is None."""

    persona: PersonaSpec | None
    held: Held
    verdict: Verdict


def hold(ground: Ground, met: Numbers, rows: Mask | None = None) -> Held:
    """Hold something that leads meet, or do not, against their outcomes.

    Parameters
    ----------
    ground : Ground
        n leads.
    met : float array, shape (n,)
        1, 0, or NaN where it is not known.
    rows : bool array, shape (n,), optional
        Look at these leads alone.

    Returns
    -------
    held : Held

    Notes
    -----
    A lead weighs one over the leads of its company that are looked at. The intervals take the sum of these weights as
    the number of companies: as many as there are where a company's leads are alike, and never more.
    """
    looked_at = np.ones(len(met), dtype=bool) if rows is None else rows
    known = np.flatnonzero(looked_at & ~np.isnan(met))
    companies, meets, came = ground.companies[known], met[known], ground.came[known]
    weights = 1.0 / np.bincount(companies)[companies] if len(known) else np.empty(0)
    first, second = (
        share_of(float(weights @ (side * came)), float(weights @ side)) for side in (meets, 1.0 - meets)
    )  # fmt: skip
    share_known = len(known) / max(int(looked_at.sum()), 1)
    return Held(first, second, gap_between(first, second), int(meets.sum()), share_known)


def hold_criteria(ground: Ground, criteria: Sequence[CriterionSpec]) -> tuple[CriterionHeld, ...]:
    """Hold the agreed criteria against the outcomes, one by one.

    Parameters
    ----------
    ground : Ground
    criteria : sequence of CriterionSpec

    Returns
    -------
    held : tuple of CriterionHeld
        A verdict is corrected for how many criteria there are (Holm).
    """
    held = [hold(ground, ground.met(criterion)) for criterion in criteria]
    return tuple(map(CriterionHeld, criteria, held, _verdicts(held)))


def hold_personas(ground: Ground, personas: Sequence[PersonaSpec]) -> tuple[PersonaHeld, ...]:
    """Hold each persona against all other leads; those of no persona come last.

    Parameters
    ----------
    ground : Ground
    personas : sequence of PersonaSpec
        Those of the agreement.

    Returns
    -------
    held : tuple of PersonaHeld
        None where no persona is agreed.
    """
    if not personas:
        return ()
    codes = ground.known((_PERSONA,)).values[:, 0]
    groups = [*(codes == number for number in range(len(personas))), np.isnan(codes)]
    held = [hold(ground, group.astype(np.float64)) for group in groups]
    return tuple(map(PersonaHeld, (*personas, None), held, _verdicts(held)))


def _verdicts(held: Sequence[Held]) -> list[Verdict]:
    asked = [one.gap.chance for one in held if one.enough]
    chances = iter(corrected(asked).tolist())
    return [_verdict(one, next(chances)) if one.enough else Verdict.TOO_FEW for one in held]


def _verdict(held: Held, chance: float) -> Verdict:
    if chance > CERTAIN:
        return Verdict.NOT_PROVEN
    return Verdict.SEPARATES if held.gap.value > 0 else Verdict.WRONG_WAY

"""What lies between two scores of one lead: the same reasons, before and after."""

from collections.abc import Mapping
from dataclasses import dataclass

from leadml.explain.reasons import Explanation, FeatureEffect, whole_parts


@dataclass(frozen=True)
class EffectChange:
    """How the effect of one feature changed.

    Attributes
    ----------
    feature : str
    change : int, score points
        As shown: all changes, the change of the start and that of holding add up to the difference of the scores.
    change_exact : float, score points
    before, after : FeatureEffect or None
        With value and reason; None where one of the two models does not know the feature.
    """

    feature: str
    change: int
    change_exact: float
    before: FeatureEffect | None
    after: FeatureEffect | None

    @property
    def reason(self) -> Mapping[str, str]:
        """The reason as it is now; of a feature that is gone, as it was."""
        told = self.after or self.before
        assert told is not None  # noqa: S101 - made of at least one of the two
        return told.reason


@dataclass(frozen=True)
class ScoreDifference:
    """The way from one score to another.

    Attributes
    ----------
    points : int
        Score after less score before.
    exact : float, score points
        The same of the unclipped scores.
    start : int
        Change of the usual lead's score: nothing under one model.
    changes : tuple of EffectChange
        Every feature that either knows, largest change first.
    held : int
        Change of what holding at 0 and 100 gives or takes. points = start + sum of changes + held.
    """

    points: int
    exact: float
    start: int
    changes: tuple[EffectChange, ...]
    held: int

    def top(self, number: int) -> tuple[tuple[EffectChange, ...], int]:
        """Take the largest changes, and what all others add up to.

        Parameters
        ----------
        number : int
            At most so many; changes that are shown as 0 are never among them.

        Returns
        -------
        named : tuple of EffectChange
        others : int, score points
            start + sum(named) + others + held = points.
        """
        named = tuple(change for change in self.changes[:number] if change.change)
        return named, self.points - self.start - self.held - sum(change.change for change in named)


def difference(before: Explanation, after: Explanation) -> ScoreDifference:
    """Tell the way from one score to another by its reasons.

    Parameters
    ----------
    before, after : Explanation
        Of the same lead.

    Returns
    -------
    difference : ScoreDifference

    Examples
    --------
    >>> nothing = Explanation(score=40, unclipped=40.0, start=40, themes=(), held_at=None, held_effect=0)
    >>> held = Explanation(score=100, unclipped=104.0, start=104, themes=(), held_at=100, held_effect=-4)
    >>> way = difference(nothing, held)
    >>> way.points, way.start, way.held
    (60, 64, -4)
    """
    was, now = before.by_feature(), after.by_feature()
    names = [*was, *(name for name in now if name not in was)]
    exact = [_exact(now.get(name)) - _exact(was.get(name)) for name in names]
    held = after.held_effect - before.held_effect
    points = after.score - before.score
    start, *whole = whole_parts([after.start_exact - before.start_exact, *exact], points - held)
    changes = [
        EffectChange(name, part, of, was.get(name), now.get(name))
        for name, part, of in zip(names, whole, exact, strict=True)
    ]
    changes.sort(key=lambda change: -abs(change.change_exact))
    return ScoreDifference(points, after.unclipped - before.unclipped, start, tuple(changes), held)


def _exact(effect: FeatureEffect | None) -> float:
    return 0.0 if effect is None else effect.effect_exact

"""Who the score is good for: the same figures for each lead type, persona and source."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from leadml.dataset import TrainingSet
from leadml.errors import LeadmlError
from leadml.evaluate.judging import MEAN_OF_AGES, WITHIN_DAY, Measures, MetricName, Scores, Verdict, judge
from leadml.history.tables import Codes

FEWEST_READY = 50
SEGMENT_METRICS: tuple[MetricName, ...] = ("auc", "lift", "brier", "log_loss")

# For each view, such as "persona", the group of each snapshot; None where it is not known.
Groups = Mapping[str, Sequence[str | None]]


@dataclass(frozen=True)
class Segment:
    """Leads of one kind, and how well they are ranked.

    Attributes
    ----------
    view : str
        Such as `persona`.
    name : str or None
        None of those of whom it is not known.
    leads, snapshots : int
    ready : int
        Leads that became ready.
    verdicts : tuple of Verdict
        The mean of ages, one a metric; none where there is too little to say.
    not_shown : str or None
        Why there are none: `fewer_than_50_ready`, or `one_kind` where no age has both kinds of leads.
    """

    view: str
    name: str | None
    leads: int
    snapshots: int
    ready: int
    verdicts: tuple[Verdict, ...] = ()
    not_shown: str | None = None


def by_segment(
    test: TrainingSet,
    contestants: Mapping[str, Scores],
    groups: Groups,
    *,
    first: str,
    measures: Measures | None = None,
) -> tuple[Segment, ...]:
    """Judge each segment by itself.

    Parameters
    ----------
    test : TrainingSet, n snapshots
    contestants : mapping of name to Scores
    groups : mapping of view to sequence of str or None, each of length n
    first : str
        The gain is of this one.
    measures : Measures, optional
        Its metrics are replaced by a few that fit a small table.

    Returns
    -------
    segments : tuple of Segment
        View by view, the largest first. A segment with fewer than 50 leads that became ready is counted and not judged:
        its interval would say nothing.
    """
    few = replace(measures or Measures(), metrics=SEGMENT_METRICS)
    return tuple(
        _judged(_counted(view, name, part), part, {said: scores.rows(index) for said, scores in contestants.items()},
                first, few)
        for view, names in groups.items()
        for name, index in members(names)
        for part in [test.rows(index)]
    )  # fmt: skip


def members(names: Sequence[str | None]) -> Iterator[tuple[str | None, Codes]]:
    """Give the snapshots of each group.

    Parameters
    ----------
    names : sequence of str or None, length n

    Yields
    ------
    name : str or None
    rows : int array
        The largest group first; equally large ones by name.

    Examples
    --------
    >>> [(name, rows.tolist()) for name, rows in members(["JP", None, "JP"])]
    [('JP', [0, 2]), (None, [1])]
    """
    of_group: dict[str | None, list[int]] = {}
    for row, name in enumerate(names):
        of_group.setdefault(name, []).append(row)
    for name, rows in sorted(of_group.items(), key=lambda group: (-len(group[1]), group[0] or "")):
        yield name, np.array(rows, dtype=np.int64)


def _counted(view: str, name: str | None, part: TrainingSet) -> Segment:
    ready = len(np.unique(part.snapshots.leads[part.ready > 0]))
    return Segment(view, name, part.leads, len(part), ready)


def _judged(
    segment: Segment, part: TrainingSet, contestants: Mapping[str, Scores], first: str, measures: Measures
) -> Segment:
    if segment.ready < FEWEST_READY:
        return replace(segment, not_shown="fewer_than_50_ready")
    try:
        verdicts = judge(part, contestants, first=first, measures=measures)
    except LeadmlError:  # nothing to compare: all became ready
        return replace(segment, not_shown="one_kind")
    by_age = [verdict for verdict in verdicts if verdict.age != WITHIN_DAY]
    mean = [verdict for verdict in by_age if verdict.age == MEAN_OF_AGES]
    return replace(segment, verdicts=tuple(mean or by_age))

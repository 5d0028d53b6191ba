"""Train, tune and test: always by lead and by time; before the test with a gap until the answers are known."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from leadml.clock import MICROSECOND, SECOND, Instants
from leadml.dataset import TrainingSet
from leadml.errors import LeadmlError
from leadml.history.tables import Codes, Mask
from leadml.specs.readiness_spec import LatestLeadsSpec


@dataclass(frozen=True)
class Split:
    """Earlier leads to learn from, later leads to judge on.

    Attributes
    ----------
    train, test : TrainingSet
        No lead is in both; every answer of `train` was known before the first lead of `test` came.
    from_ : int, UTC microseconds
        When the first lead of the test was created.
    in_the_gap : int
        Snapshots of earlier leads whose answer came later; they are in neither.
    """

    train: TrainingSet
    test: TrainingSet
    from_: int
    in_the_gap: int


def split_by_time(training_set: TrainingSet, spec: LatestLeadsSpec) -> Split:
    """Keep the latest leads for the test, in one period.

    Parameters
    ----------
    training_set : TrainingSet
    spec : LatestLeadsSpec
        The first instant of the test, or the share of leads that it takes.

    Returns
    -------
    split : Split

    Raises
    ------
    LeadmlError
        `too_few_outcomes` when either side has no ready lead, or none that is not.
    """
    return _split_between(training_set, _first_instant(training_set, spec), None)


def rolling_periods(training_set: TrainingSet, spec: LatestLeadsSpec) -> tuple[Split, ...]:
    """Cut the test into consecutive periods, each with what was known before it began.

    A model is fitted again for each period, as it would have been in use; one test of half a year judges a
    model that nobody would have used for so long. Where the test has leads of 1 to 30 June and three periods, the
    second begins with the first lead of 11 June: with 44 days of window and grace it is judged by a model of leads
    created up to 28 April; in a year's test later periods learn from leads of the earlier ones.

    Parameters
    ----------
    training_set : TrainingSet
    spec : LatestLeadsSpec
        Which leads, and in how many periods with about equally many leads.

    Returns
    -------
    periods : tuple of Split, in order of time
        Fewer than asked where a period has no ready lead, or none that is not: it is one with the next,
        the last with the one before. What is learned from only grows from period to period.

    Raises
    ------
    LeadmlError
        `too_few_outcomes` when the whole test, or what is known before it, has no ready lead or none that is not.
    """
    first = _first_instant(training_set, spec)
    created = leads_created(training_set)
    created = created[created >= first]
    shares = np.arange(1, spec.periods) / spec.periods
    inner = np.quantile(created, shares, method="higher").astype(np.int64).tolist() if len(created) else []
    starts, cuts = [first], sorted({cut for cut in inner if cut > first})
    for cut in cuts:
        if _has_both(training_set, starts[-1], cut):
            starts.append(cut)
    if len(starts) > 1 and not _has_both(training_set, starts[-1], None):
        starts.pop()
    return periods_from(training_set, starts)


def periods_from(training_set: TrainingSet, starts: Sequence[int]) -> tuple[Split, ...]:
    """Cut the test where another test was cut, each period with what was known before it began.

    Parameters
    ----------
    training_set : TrainingSet
    starts : sequence of int, UTC microseconds, in order
        When each period begins: the next ends it.

    Returns
    -------
    periods : tuple of Split

    Raises
    ------
    LeadmlError
        `too_few_outcomes` when a period, or what is known before it, has no ready lead or none that is not.
    """
    ends: list[int | None] = [*starts[1:], None]
    return tuple(_split_between(training_set, start, end) for start, end in zip(starts, ends, strict=True))


def join_tests(periods: Sequence[Split]) -> tuple[TrainingSet, Codes]:
    """Lay the tests of all periods one after the other.

    Parameters
    ----------
    periods : sequence of Split
        Of one training set.

    Returns
    -------
    test : TrainingSet, n rows
    period_of : int array, shape (n,)
        From 0, which period each snapshot belongs to.
    """
    tests = [period.test for period in periods]
    one = tests[0]
    snapshots = replace(
        one.snapshots,
        leads=np.concatenate([test.snapshots.leads for test in tests]),
        as_of=np.concatenate([test.snapshots.as_of for test in tests]),
        ages=np.concatenate([test.snapshots.ages for test in tests]),
    )
    together = replace(
        one,
        snapshots=snapshots,
        features=replace(one.features, values=np.concatenate([test.features.values for test in tests])),
        ready=np.concatenate([test.ready for test in tests]),
        closed_at=np.concatenate([test.closed_at for test in tests]),
        created_at=np.concatenate([test.created_at for test in tests]),
        worked=np.concatenate([test.worked for test in tests]),
    )
    return together, np.repeat(np.arange(len(tests)), [len(test) for test in tests])


def _first_instant(training_set: TrainingSet, spec: LatestLeadsSpec) -> int:
    if spec.from_ is not None:
        return round(spec.from_.timestamp() * SECOND)
    created = leads_created(training_set)
    return int(np.quantile(created, 1 - (spec.share_of_leads or 0), method="higher")) if len(created) else 0


def _created_between(training_set: TrainingSet, start: int, end: int | None) -> Mask:
    inside: Mask = training_set.created_at >= start
    return inside if end is None else inside & (training_set.created_at < end)


def _has_both(training_set: TrainingSet, start: int, end: int | None) -> bool:
    ready = training_set.ready[_created_between(training_set, start, end)]
    return bool(0 < ready.sum() < len(ready))


def _split_between(training_set: TrainingSet, start: int, end: int | None) -> Split:
    test = training_set.rows(_created_between(training_set, start, end))
    earlier = training_set.created_at < start
    train = training_set.rows(earlier & (training_set.closed_at <= start))
    for name, part in (("train", train), ("test", test)):
        if not 0 < part.ready.sum() < len(part):
            raise LeadmlError(
                "too_few_outcomes",
                where=f"models/readiness.yaml, test ({name})",
                ready=int(part.ready.sum()),
                snapshots=len(part),
            )
    return Split(train, test, start, int(earlier.sum()) - len(train))


def leads_created(training_set: TrainingSet) -> Instants:
    """Give the creation of each lead once, in order of time.

    Parameters
    ----------
    training_set : TrainingSet

    Returns
    -------
    created_at : int array, shape (n_leads,), UTC microseconds
    """
    _, first = np.unique(training_set.snapshots.leads, return_index=True)
    created: Instants = np.sort(training_set.created_at[first])
    return created


def latest_leads(training_set: TrainingSet, share: float) -> npt.NDArray[np.bool_]:
    """Mark the snapshots of the latest leads, for tuning inside the training part, without a gap (decision 0008).

    Parameters
    ----------
    training_set : TrainingSet
    share : float in (0, 1)
        Part of the leads, latest first.

    Returns
    -------
    latest : bool array, shape (n,)
    """
    created = leads_created(training_set)
    start = int(np.quantile(created, 1 - share, method="higher")) if len(created) else MICROSECOND
    latest: npt.NDArray[np.bool_] = training_set.created_at >= start
    return latest


def forward_blocks(
    training_set: TrainingSet, *, blocks: int = 3, first_share: float = 0.55
) -> list[tuple[Codes, Codes]]:
    """Cut a training part by lead and time: earlier leads to learn from, the next ones to be asked about.

    Parameters
    ----------
    training_set : TrainingSet
    blocks : int
        How many later blocks, of about as many leads each.
    first_share : float in (0, 1)
        Part of the leads before the first block.

    Returns
    -------
    cuts : list of (earlier, later), int arrays
        Places in the set, without a gap (decision 0008); only cuts with both kinds of leads on both sides.
    """
    created = leads_created(training_set)
    if not len(created):
        return []
    shares = np.linspace(first_share, 1, blocks + 1)[:-1]
    edges = [int(np.quantile(created, share, method="higher")) for share in shares] + [np.iinfo(np.int64).max]
    cuts = []
    for begin, end in pairwise(edges):
        earlier = np.flatnonzero(training_set.created_at < begin)
        later = np.flatnonzero((training_set.created_at >= begin) & (training_set.created_at < end))
        if all(0 < training_set.ready[rows].sum() < len(rows) for rows in (earlier, later)):
            cuts.append((earlier, later))
    return cuts

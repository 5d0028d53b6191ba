"""Train, tune and test: always by lead and by time; before the test with a gap until the answers are known."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from leadml.clock import MICROSECOND, SECOND, Instants
from leadml.dataset import TrainingSet
from leadml.errors import LeadmlError
from leadml.history.tables import Codes
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
    """Keep the latest leads for the test.

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
    if spec.from_ is not None:
        start = round(spec.from_.timestamp() * SECOND)
    else:
        created = leads_created(training_set)
        start = int(np.quantile(created, 1 - (spec.share_of_leads or 0), method="higher")) if len(created) else 0
    test = training_set.rows(training_set.created_at >= start)
    closed = (training_set.created_at < start) & (training_set.closed_at <= start)
    train = training_set.rows(closed)
    for name, part in (("train", train), ("test", test)):
        if not 0 < part.ready.sum() < len(part):
            raise LeadmlError(
                "too_few_outcomes",
                where=f"models/readiness.yaml, test ({name})",
                ready=int(part.ready.sum()),
                snapshots=len(part),
            )
    gap = len(training_set) - len(train) - len(test)
    return Split(train, test, start, gap)


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

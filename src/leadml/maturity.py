"""How long leads take to come: the maturity curve, from which one reads how long an outcome window must be.

Worked example: four leads enter MQL; one becomes SQL after one day and one after three. Of the two others one
entered MQL only two days ago: it is no "never", its time is not over. So it is *censored* (Kaplan and Meier):
it counts for the two days it was seen, and says nothing after that.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.stats import CensoredData, ecdf

from leadml.clock import DAY
from leadml.history.tables import History, Numbers
from leadml.outcomes import LeftOut, find_entries
from leadml.snapshots import make_snapshots, started_again
from leadml.specs.agreement_spec import DefinitionsSpec, OutcomeSpec
from leadml.specs.readiness_spec import SnapshotSpec

ENOUGH = 0.8  # a window that covers less than this part of those who come is short
NEARLY_ALL = 0.95  # a window that is twice as long as this part needs is long
SHARES_TOLD = (0.5, 0.8, 0.9, 0.95)

_ONE_IN = 10  # the curve is drawn as far as one in so many of the starts was followed


@dataclass(frozen=True)
class Maturity:
    """How many of those who come to a stage have come after so many days.

    Attributes
    ----------
    since, reach : str
        The clock starts when a lead is created or enters a stage, and stops when it reaches another.
    starts : int
        Clocks that started while the lead was open and below the stage to reach; a recycled lead has several.
    came : int
        Those that were seen to come inside `followed_days`.
    share_that_comes : float in [0, 1]
        How many come at all, as far as can be seen: inside `followed_days`.
    followed_days : float
        As far as a tenth of the starts was followed; nothing is said beyond.
    days, shares : float array, shape (n_steps,)
        The curve: `shares` of those who come have come after `days`.
    within_days : float or None
        The outcome window of the agreement; None where another stage was asked for.
    left_out : mapping of str to int
        Clocks that did not count, by reason.
    """

    since: str
    reach: str
    starts: int
    came: int
    share_that_comes: float
    followed_days: float
    days: Numbers
    shares: Numbers
    within_days: float | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)

    def covered(self, within_days: float) -> float:
        """Tell how many of those who come do so in less than so many days; NaN where nobody comes."""
        if not self.came:
            return np.nan
        steps = int(np.searchsorted(self.days, within_days, side="left"))
        return float(self.shares[steps - 1]) if steps else 0.0

    def days_until(self, share: float) -> float:
        """Tell after how many days this share of those who come has come; NaN where nobody comes."""
        if not self.came:
            return np.nan
        # The last share is 1 but for floating-point noise.
        step = int(np.searchsorted(self.shares, share - 1e-9, side="left"))
        return float(self.days[min(step, len(self.days) - 1)])

    @property
    def hint(self) -> str | None:
        """Whether the agreed window is `short`, `long` or `fits`; None where there is nothing to say."""
        if self.within_days is None or not self.came:
            return None
        if self.covered(self.within_days) < ENOUGH:
            return "short"
        return "long" if 2 * self.days_until(NEARLY_ALL) <= self.within_days else "fits"

    def to_dict(self) -> dict[str, Any]:
        """Lay the curve out as JSON has it, in twentieths of those who come."""
        told = np.linspace(0.05, 1.0, 20).round(2).tolist() if self.came else []
        return {
            "since": self.since,
            "reach": self.reach,
            "starts": self.starts,
            "came": self.came,
            "share_that_comes": self.share_that_comes,
            "followed_days": self.followed_days,
            "curve": [{"share": share, "days": self.days_until(share)} for share in told],
            "within_days": self.within_days,
            "covered": None if self.within_days is None or not self.came else self.covered(self.within_days),
            "hint": self.hint,
            "left_out": dict(self.left_out),
        }


def maturity_curve(days_until_entry: Numbers, days_followed: Numbers) -> tuple[Numbers, Numbers, float]:
    """Draw the curve of those who come, open ends censored.

    Parameters
    ----------
    days_until_entry : float array, shape (n_starts,)
        Infinite where nobody has come yet.
    days_followed : float array, shape (n_starts,)
        How long each start was watched; an entry after that was not seen.

    Returns
    -------
    days : float array, shape (n_steps,)
    shares : float array, shape (n_steps,)
        Of *all who start*, how many have come by then; both are empty where nobody came.
    followed_days : float
        As far as a tenth of the starts was followed; the curve ends there, for beyond it few would speak for all.

    Notes
    -----
    1 - product over entries at t of (1 - entries at t / starts neither come nor censored before t). A lead that was
    lost is still watched: it could come and does not, so the curve is the share that comes by then.

    References
    ----------
    Kaplan, E. L. and Meier, P. (1958). Nonparametric estimation from incomplete observations.
    Pocock, S. J., Clayton, T. C. and Altman, D. G. (2002). Survival plots of time-to-event outcomes in clinical
    trials: good practice and pitfalls (how far to draw).

    Examples
    --------
    One of four comes on day 1; one is watched for 2 days only; one comes on day 3: half of the two who were left.

    >>> never = np.inf
    >>> days, shares, _ = maturity_curve(np.array([1.0, never, 3.0, never]), np.array([9.0, 2.0, 9.0, 9.0]))
    >>> days.tolist(), shares.tolist()
    ([1.0, 3.0], [0.25, 0.625])
    """
    if not len(days_followed):
        return np.empty(0), np.empty(0), 0.0
    longest_first = np.sort(days_followed)[::-1]
    followed_days = float(longest_first[math.ceil(len(days_followed) / _ONE_IN) - 1])
    watched = np.minimum(days_followed, followed_days)
    seen = days_until_entry <= watched
    if not seen.any():
        return np.empty(0), np.empty(0), followed_days
    curve = ecdf(CensoredData(uncensored=days_until_entry[seen], right=watched[~seen])).cdf
    days, shares = np.asarray(curve.quantiles), np.asarray(curve.probabilities)
    rises = np.diff(shares, prepend=0.0) > 0
    return days[rises], shares[rises], followed_days


def find_maturity(history: History, since: str, definitions: DefinitionsSpec, outcome: OutcomeSpec) -> Maturity:
    """Find how long leads take from a start to the target stage of an outcome.

    The clock runs as that of a snapshot: from just after the fact that starts it was known, while the lead
    is open and below the stage. Whether it is returned later does not matter: it came.

    Parameters
    ----------
    history : History
    since : str
        `created`, or the lifecycle stage whose entry starts the clock.
    definitions : DefinitionsSpec
    outcome : OutcomeSpec

    Returns
    -------
    maturity : Maturity
    """
    starts = make_snapshots(history, [SnapshotSpec(since=since, minutes=0)], definitions, outcome)
    entries = find_entries(history, starts.leads, starts.as_of, definitions, outcome.reach)
    counts = np.flatnonzero(~entries.already)
    # Who comes after the clock starts afresh comes in a later episode.
    comes = entries.happened_at < started_again(starts.leads, starts.as_of)
    entered = np.full(len(starts.leads), np.inf)
    entered[comes] = entries.happened_at[comes] - starts.as_of[comes]
    entered = entered[counts]
    followed = np.maximum(history.known_until - starts.as_of[counts], 0)
    days, shares, followed_days = maturity_curve(entered / DAY, followed / DAY)
    left_out = {**starts.left_out, LeftOut.ALREADY_THERE: len(starts.leads) - len(counts)}
    return Maturity(
        since=since,
        reach=outcome.reach,
        starts=len(counts),
        came=int((entered / DAY <= np.minimum(followed / DAY, followed_days)).sum()),
        share_that_comes=float(shares[-1]) if len(shares) else 0.0,
        followed_days=followed_days,
        days=days,
        shares=shares / shares[-1] if len(shares) else shares,
        within_days=outcome.within_days,
        left_out={reason.value: count for reason, count in left_out.items() if count},
    )


def rounded_up(days: float) -> float:
    """Round days up to what one says: whole days from ten on, tenths below.

    Examples
    --------
    >>> rounded_up(36.2), rounded_up(7.61), rounded_up(0.3)
    (37.0, 7.7, 0.3)
    """
    step = 1 if days >= 10 else 10
    return math.ceil(round(days * step, 6)) / step

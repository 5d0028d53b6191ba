"""Whether the leads that come keep sales busy: weeks like those that were, drawn again and worked off."""

import numpy as np

from leadml.agreement.business_calendar import BusinessCalendar
from leadml.trials.queue import Arrivals, work_off

DRAWS = 100
_LEAST = 5.0


def surely_used(
    arrivals: Arrivals, leads_a_day: float, calendar: BusinessCalendar, *, days: tuple[int, int], seed: int
) -> float:
    """Tell how much of a capacity is used at least, in nineteen of twenty spans like one that was.

    Parameters
    ----------
    arrivals : Arrivals
        Of the span that was.
    leads_a_day : float, > 0
    calendar : BusinessCalendar
    days : (first, last) of int
        The span, last day excluded.
    seed : int

    Returns
    -------
    used : float in [0, 1]
        In each draw the rate at which leads come is drawn around what it was (gamma, by their number), each lead comes
        as often as luck has it on days of its own (Poisson), and stays as long in the queue as it did; the queue is
        empty at first.

    Examples
    --------
    One lead a day is never enough for two, five a day always are:

    >>> office = BusinessCalendar(None)
    >>> came = Arrivals(np.arange(60), np.zeros(60), np.full(60, 999))
    >>> surely_used(came, 2.0, office, days=(0, 60), seed=1) < 0.6
    True
    >>> surely_used(came, 0.2, office, days=(0, 60), seed=1) > 0.9
    True
    """
    number = len(arrivals.came_on)
    capacity = leads_a_day * int(calendar.is_working_day(np.arange(*days)).sum())
    if not number or not capacity:
        return 0.0
    random = np.random.default_rng(seed)
    stays = arrivals.leaves_on - arrivals.came_on
    used = []
    for _ in range(DRAWS):
        rows = np.repeat(np.arange(number), random.poisson(random.gamma(number) / number, number))
        came_on = random.integers(*days, len(rows))
        drawn = Arrivals(came_on, arrivals.points[rows], came_on + stays[rows])
        used.append(float((work_off(drawn, leads_a_day, calendar, days=days).handed_on >= 0).sum()) / capacity)
    return min(1.0, float(np.percentile(used, _LEAST)))

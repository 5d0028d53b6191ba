"""What moves a lead of the demo CRM, and what does not.

This file is the statement of the generator: every size, rate and share that decides an outcome stands here
and is rendered into the table of `docs/demo.md`. The names are those of the features in `features/*.yaml`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

_NO_FACTS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Driver:
    """A feature that truly changes the chance of becoming ready.

    Its value at the entry into MQL is drawn first; the facts are made afterwards so that they give
    exactly this value. So the true probability needs no feature engine.

    Parameters
    ----------
    name : str
        The feature's name in `features/*.yaml`.
    size : float, log-odds per standard deviation
        Positive: more is readier.
    mean, spread : float, in the unit of the feature
        Mean and standard deviation of the drawn value.
    drawn : str
        How it is drawn, in words.
    table : str
        The table whose facts are counted; empty where the value is no count.
    where : mapping of column to word
        The facts that count; the same filter as in the feature's YAML.
    channel : str
        Channel written beside these facts.
    """

    name: str
    size: float
    mean: float
    spread: float
    drawn: str
    table: str = ""
    where: Mapping[str, str] = field(default_factory=lambda: _NO_FACTS)
    channel: str = ""

    @property
    def is_count(self) -> bool:
        """Whether the value is a number of facts."""
        return self.table != ""


@dataclass(frozen=True)
class Noise:
    """A feature that changes nothing, present so that a model can be caught using it.

    Parameters
    ----------
    name : str
        The feature's name in `features/*.yaml`.
    drawn : str
        How it is drawn, in words.
    rate : float
        Mean number of facts before MQL; 0 where the value is an attribute.
    where : mapping of column to word
        The activities that count; the same filter as in the feature's YAML.
    channel : str
        Channel written beside these facts.
    """

    name: str
    drawn: str
    rate: float = 0.0
    where: Mapping[str, str] = field(default_factory=lambda: _NO_FACTS)
    channel: str = ""


def _counted(name: str, size: float, mean: float, where: Mapping[str, str], channel: str) -> Driver:
    """Driver that is a Poisson count of activities, or of connect attempts if it has a `result`."""
    table = "connect_attempts" if "result" in where else "activities"
    return Driver(name, size, mean, mean**0.5, f"Poisson, mean {mean:g}", table, where, channel)


def _idle(name: str, rate: float, where: Mapping[str, str], channel: str) -> Noise:
    """Noise that is a Poisson count of activities that lead nowhere."""
    return Noise(name, f"Poisson, mean {rate:g}", rate, where, channel)


DRIVERS: tuple[Driver, ...] = (
    Driver("icp_match", 0.45, 0.5, 0.25, "share of 4 company criteria met, each with chance 0.5"),
    Driver("headcount_growth", 0.43, 5.0, 10.0, "normal, mean 5 %, spread 10 %"),
    Driver("title_level", 0.43, 2.7, 1.245, "levels 1-5 with shares 0.20, 0.27, 0.26, 0.17, 0.10"),
    Driver(
        "furthest_journey_stage",
        0.47,
        1.5,
        1.0247,
        "none 0.20, awareness 0.30, consideration 0.30, decision 0.20",
    ),
    _counted("webinars_attended_90d", 0.43, 1.2, {"activity": "webinar_attended"}, "web"),
    _counted("pricing_page_views_90d", 0.47, 2.5, {"activity": "page_view", "content": "pricing"}, "web"),
    _counted("careers_page_views_90d", -0.43, 1.2, {"activity": "page_view", "content": "careers"}, "web"),
    _counted("email_clicks_90d", 0.43, 3.0, {"activity": "email_click"}, "email"),
    _counted("connected_calls_90d", 0.43, 1.0, {"result": "connected", "made_by": "person"}, "phone"),
    _counted("unanswered_attempts_90d", -0.43, 1.5, {"result": "no_answer", "made_by": "person"}, "phone"),
)

NOISE: tuple[Noise, ...] = (
    Noise("subsidiaries", "Poisson, mean 1"),
    Noise("source", "web_form 0.4, trade_fair 0.2, referral 0.2, advertisement 0.2"),
    _idle("blog_page_views_90d", 2, {"activity": "page_view", "content": "blog"}, "web"),
    _idle("support_page_views_90d", 0.5, {"activity": "page_view", "content": "support"}, "web"),
    _idle("press_page_views_90d", 0.5, {"activity": "page_view", "content": "press"}, "web"),
    _idle("chat_openings_90d", 0.5, {"activity": "chat_opened"}, "web"),
    _idle("social_reactions_90d", 1, {"activity": "social_reaction"}, "social"),
    _idle("survey_answers_90d", 0.3, {"activity": "survey_answered"}, "email"),
    _idle("badge_scans_90d", 0.3, {"activity": "badge_scanned"}, "event"),
    _idle("profile_updates_90d", 0.5, {"activity": "profile_updated"}, "web"),
)

# Log-odds of becoming ready for a lead whose drivers all stand at their mean.
BASE_LOG_ODDS: Mapping[str, float] = MappingProxyType(
    {"new_prospect": -2.00, "existing_customer": -1.20, "maintenance_service": -0.60}
)
LEAD_TYPE_SHARES: Mapping[str, float] = MappingProxyType(
    {"new_prospect": 0.55, "existing_customer": 0.30, "maintenance_service": 0.15}
)

TITLE_LEVEL_SHARES = (0.20, 0.27, 0.26, 0.17, 0.10)
JOURNEY_SHARES = (0.20, 0.30, 0.30, 0.20)
ICP_CRITERIA = 4

# From this month on the rate of ready leads is lower by a third; in log-odds that is this shift.
RATE_FALLS_AFTER_MONTHS = 12
RATE_FALL_LOG_ODDS = -0.68


def driver_names() -> tuple[str, ...]:
    """Names of the ten drivers, in the order of the table.

    Examples
    --------
    >>> driver_names()[0], len(driver_names())
    ('icp_match', 10)
    """
    return tuple(driver.name for driver in DRIVERS)


def driver_signs() -> dict[str, int]:
    """Direction of each driver: +1 where more is readier, -1 where more is less ready.

    Examples
    --------
    >>> driver_signs()["careers_page_views_90d"]
    -1
    """
    return {driver.name: 1 if driver.size > 0 else -1 for driver in DRIVERS}

"""The ideal customer profile and the personas against the companies that really became customers."""

from leadml.icp.ground import CUSTOMER, WITHIN_DAYS, Ground, make_ground
from leadml.icp.held import (
    FEWEST_CAME,
    FEWEST_COMPANIES,
    CriterionHeld,
    Held,
    PersonaHeld,
    Verdict,
    hold_criteria,
    hold_personas,
)
from leadml.icp.missing import Found, Missing, NotAsked, find_missing
from leadml.icp.report import ProfileReport, compare_profile

__all__ = [
    "CUSTOMER",
    "FEWEST_CAME",
    "FEWEST_COMPANIES",
    "WITHIN_DAYS",
    "CriterionHeld",
    "Found",
    "Ground",
    "Held",
    "Missing",
    "NotAsked",
    "PersonaHeld",
    "ProfileReport",
    "Verdict",
    "compare_profile",
    "find_missing",
    "hold_criteria",
    "hold_personas",
    "make_ground",
]

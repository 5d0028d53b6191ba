"""The agreed profile, what is missing from it, and the personas, in one report."""

from collections.abc import Collection
from dataclasses import dataclass

from leadml.errors import LeadmlError
from leadml.evaluate.shares import Share
from leadml.history.tables import History
from leadml.icp.ground import CUSTOMER, WITHIN_DAYS, make_ground
from leadml.icp.held import FEWEST_CAME, CriterionHeld, PersonaHeld, hold, hold_criteria, hold_personas
from leadml.icp.missing import Attribute, Missing, find_missing
from leadml.specs.agreement_spec import CriterionSpec, DefinitionsSpec, OutcomeSpec


@dataclass(frozen=True)
class ProfileReport:
    """What the outcomes say of an ideal customer profile.

    Attributes
    ----------
    name : str
        Which outcome was asked.
    outcome : OutcomeSpec
        What it asks for, counted from the creation of a lead.
    leads, companies : int
        Whose outcome is known.
    left_out : int
        Leads whose outcome is not known.
    created_from, created_to : int, UTC microseconds
        When the first and the last of the leads were created.
    all_of_them : Share
        Companies that came, of all.
    criteria : tuple of CriterionHeld
        In the order of the agreement.
    missing : Missing
    personas : tuple of PersonaHeld
    """

    name: str
    outcome: OutcomeSpec
    leads: int
    companies: int
    left_out: int
    created_from: int
    created_to: int
    all_of_them: Share
    criteria: tuple[CriterionHeld, ...]
    missing: Missing
    personas: tuple[PersonaHeld, ...]

    @property
    def proposed(self) -> tuple[CriterionSpec, ...]:
        """What was agreed, without what points the wrong way, and what is missing."""
        agreed = (each.criterion for each in self.criteria if each.stays)
        return (*agreed, *(found.criterion for found in self.missing.proposed))


def compare_profile(
    history: History,
    definitions: DefinitionsSpec,
    *,
    outcome: str | None = None,
    within_days: float = WITHIN_DAYS,
    distrusted: Collection[Attribute] = frozenset(),
) -> ProfileReport:
    """Hold the agreed profile and personas against the companies that really came.

    Parameters
    ----------
    history : History
    definitions : DefinitionsSpec
    outcome : str, optional
        One of `definitions.outcome_names`; default: the last lifecycle stage.
    within_days : float
        The window from the creation of a lead, whatever window the outcome has from its own start.
    distrusted : collection of (whose, attribute)
        As in `find_missing`.

    Returns
    -------
    report : ProfileReport

    Raises
    ------
    LeadmlError
        `unknown_outcome`; `no_lead_old_enough` where no window has passed yet; `too_few_customers` where no verdict at
        all is possible.
    """
    if outcome is None:
        asked = OutcomeSpec(reach=definitions.lifecycle_stages[-1], within_days=within_days)
    else:
        named = definitions.outcome(outcome, where="--outcome")
        asked = named.model_copy(update={"within_days": within_days})
    ground = make_ground(history, definitions, asked)
    came, leads, days = int(ground.came.sum()), len(ground.leads), f"{within_days:g}"
    if not leads:
        raise LeadmlError("no_lead_old_enough", where="--within-days", days=days)
    if came < FEWEST_CAME:
        raise LeadmlError(
            "too_few_customers", where="--within-days", stage=asked.reach, came=came, leads=leads, days=days,
            fewest=FEWEST_CAME,
        )  # fmt: skip
    criteria = definitions.ideal_customer_profile.criteria
    every = hold(ground, ground.came * 0 + 1)
    return ProfileReport(
        outcome or CUSTOMER,
        asked,
        len(ground.leads),
        ground.company_count,
        sum(ground.left_out.values()),
        int(ground.as_of.min()),
        int(ground.as_of.max()),
        every.meets,
        hold_criteria(ground, criteria),
        find_missing(ground, criteria, distrusted),
        hold_personas(ground, definitions.buyer_personas),
    )

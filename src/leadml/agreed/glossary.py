"""The ten terms as one company agreed them: what each means, and what stands in its `sla.yaml`, in plain sentences."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from leadml.agreed.phrases import (
    attribute_in_words,
    band_in_words,
    cadence_in_words,
    calendar_in_words,
    capacity_in_words,
    counted,
    criterion_in_words,
    escalation_in_words,
    exact,
    lead_type_in_words,
    listed,
    own_words_listed,
    plainly,
    share,
    words_listed,
)
from leadml.specs.agreement_spec import AgreementSpec, CriterionSpec, OutcomeSpec, ReturnReasonSpec
from leadml.specs.promises_spec import DEFAULT, TargetsSpec
from leadml.vocabulary import TERMS, Term
from leadml.wording.numbers import chance_in_words
from leadml.wording.texts import Language, say

Sentences = Iterator[str]
_OF_SALES = ("accepted_in_time", "first_attempt_in_time", "attempts_made", "returned_with_reason")


@dataclass(frozen=True)
class AgreedTerm:
    """One of the ten terms as a company agreed it.

    Attributes
    ----------
    name : str
        As in `vocabulary.TERMS`.
    term : str
        What people call it.
    meaning : str
        What it means anywhere.
    sentences : tuple of str
        What this company agreed; a sentence says so where it agreed nothing.
    """

    name: str
    term: str
    meaning: str
    sentences: tuple[str, ...]


def agreed_terms(agreement: AgreementSpec, language: Language) -> tuple[AgreedTerm, ...]:
    """Say the ten terms as a company agreed them.

    Parameters
    ----------
    agreement : AgreementSpec
    language : {"en", "ja"}

    Returns
    -------
    terms : tuple of AgreedTerm
        In the order of the glossary.
    """
    return tuple(
        AgreedTerm(
            term.name,
            called(term, language),
            say(f"glossary.meaning.{term.name}", language),
            tuple(_SENTENCES_OF[term.name](agreement, language)) or (say("glossary.nothing_agreed", language),),
        )
        for term in TERMS
    )


def called(term: Term, language: Language) -> str:
    """Name a term in a language."""
    return term.english if language == "en" else term.japanese


def _agreement(agreement: AgreementSpec, language: Language) -> Sentences:
    owners = agreement.owners
    span = {"since": agreement.valid_from.isoformat(), "until": agreement.valid_to and agreement.valid_to.isoformat()}
    valid = say("glossary.valid_from" if agreement.valid_to is None else "glossary.valid_between", language, **span)
    yield say("glossary.version", language, version=agreement.version, valid=valid)
    yield say("glossary.owners", language, marketing=owners.marketing, sales=owners.sales)
    if agreement.review_by is not None:
        yield say("glossary.review", language, day=agreement.review_by.isoformat())
    yield from calendar_in_words(agreement.calendar, language)
    promises = agreement.promises
    if promises.escalation:
        steps = [escalation_in_words(step, language) for step in promises.escalation]
        yield say("glossary.escalation", language, steps=say("agreed.clause", language).join(steps))
    if promises.capacity is not None:
        yield say("glossary.capacity", language, capacity=capacity_in_words(promises.capacity, language))
    if promises.exploration_share:
        yield say("glossary.exploration", language, share=share(promises.exploration_share, language))
    if promises.targets is not None:
        yield from _targets(promises.targets, language)


def _targets(targets: TargetsSpec, language: Language) -> Sentences:
    set_ = [name for name in type(targets).model_fields if getattr(targets, name) is not None]
    for side in ("sales", "marketing"):
        told = [
            say(f"glossary.targets.{name}", language, value=target_in_words(name, getattr(targets, name), language))
            for name in set_
            if (name in _OF_SALES) == (side == "sales")
        ]
        if told:
            yield say(f"glossary.targets.of_{side}", language, targets=say("agreed.clause", language).join(told))


def target_in_words(name: str, value: float, language: Language) -> str:
    """Say the value of a target: a share, or hand-overs a week."""
    return exact(value) if name == "hand_overs_a_week" else share(value, language)


def _ideal_customer_profile(agreement: AgreementSpec, language: Language) -> Sentences:
    profile = agreement.definitions.ideal_customer_profile
    yield from (criterion_in_words(criterion, language) for criterion in profile.criteria)
    for tier, least in (profile.tiers or {}).items():
        if least == 1:
            yield say("glossary.tier_of_all", language, tier=tier)
        else:
            yield say("glossary.tier", language, tier=tier, share=share(least, language))


def _buyer_personas(agreement: AgreementSpec, language: Language) -> Sentences:
    for persona in agreement.definitions.buyer_personas:
        label = getattr(persona.label, language)
        yield say("glossary.named", language, name=label, what=all_in_words(persona.when, language))
    if len(agreement.definitions.buyer_personas) > 1:
        yield say("glossary.first_persona", language)


def all_in_words(criteria: tuple[CriterionSpec, ...], language: Language) -> str:
    """Say criteria that must all hold."""
    return say("agreed.clause", language).join(criterion_in_words(each, language) for each in criteria)


def _buyers_journey(agreement: AgreementSpec, language: Language) -> Sentences:
    for stage in agreement.definitions.buyers_journey.values():
        content = words_listed(stage.content, language)
        yield say("glossary.named", language, name=getattr(stage.label, language), what=content)


def _lifecycle_stage(agreement: AgreementSpec, language: Language) -> Sentences:
    definitions = agreement.definitions
    yield say("glossary.stages", language, stages=chain(definitions.lifecycle_stages))
    yield say("glossary.outcome.ready", language, what=outcome_in_words(definitions.ready, language))
    for name, outcome in (definitions.outcomes or {}).items():
        what = outcome_in_words(outcome, language)
        yield say("glossary.outcome.other", language, name=plainly(name), what=what)
    yield say("glossary.handed_over", language, stage=plainly(definitions.hand_over_stage))
    for stage, following in (definitions.allowed_transitions or {}).items():
        stages = words_listed(following, language, joined_by="or")
        yield say("glossary.transitions", language, stage=plainly(stage), stages=stages)
    for stage, fields in (definitions.required_fields or {}).items():
        needed = listed([attribute_in_words(field, language) for field in fields], language)
        yield say("glossary.required", language, stage=plainly(stage), fields=needed)
    for stage, days in (agreement.promises.stagnation_days or {}).items():
        yield say("glossary.stuck", language, stage=plainly(stage), time=counted(days, "days", language))


def chain(stages: tuple[str, ...]) -> str:
    """Write stages in their order.

    Examples
    --------
    >>> chain(("lead", "mql", "sql"))
    'lead → MQL → SQL'
    """
    return " → ".join(map(plainly, stages))


def outcome_in_words(outcome: OutcomeSpec, language: Language) -> str:
    """Say what an outcome asks for.

    Examples
    --------
    >>> outcome_in_words(OutcomeSpec(reach="sql", within_days=30), "en")
    'reaching SQL within 30 days'
    """
    return say(
        "glossary.outcome.stays" if outcome.not_returned_within_days else "glossary.outcome.reaches",
        language,
        stage=plainly(outcome.reach),
        within=counted(outcome.within_days, "days", language),
        grace=counted(outcome.not_returned_within_days, "days", language),
    )


def _lead_type(agreement: AgreementSpec, language: Language) -> Sentences:
    definitions, bands = agreement.definitions, agreement.promises.bands
    for key, label in definitions.lead_types.items():
        own = "own_bands" if key in bands else "default_bands"
        yield say(f"glossary.{own}", language, name=getattr(label, language))


def _deal_stage(agreement: AgreementSpec, language: Language) -> Sentences:
    for stage, chance in agreement.definitions.deal_stages.items():
        end = {0.0: "lost", 1.0: "won"}.get(chance, "open")
        yield say(f"glossary.deal.{end}", language, stage=plainly(stage), chance=share(chance, language))


def _lead_status(agreement: AgreementSpec, language: Language) -> Sentences:
    definitions = agreement.definitions
    meanings: dict[str, list[str]] = {}
    for status, meaning in definitions.lead_statuses.items():
        meanings.setdefault(meaning.value, []).append(status)
    for said, statuses in meanings.items():
        yield say(f"glossary.status.{said}", language, statuses=words_listed(statuses, language))
    for name, reason in definitions.return_reasons.items():
        what = reason_in_words(reason, language)
        yield say("glossary.reason", language, name=reason_name(name, language), what=what)


def reason_name(name: str, language: Language) -> str:
    """Name a return reason; a return may say none."""
    return plainly(name) if name else say("glossary.no_reason", language)


def reason_in_words(reason: ReturnReasonSpec, language: Language) -> str:
    """Say what follows from a return reason.

    Examples
    --------
    >>> from leadml.vocabulary import ReturnPolicy
    >>> reason_in_words(ReturnReasonSpec(policy=ReturnPolicy.EXCLUDED, phase="before_work"), "en")
    'counts as no lead at all; may be said only before the first attempt'
    """
    told = [say(f"glossary.policy.{reason.policy}", language)]
    if reason.phase is not None:
        told.append(say(f"glossary.phase.{reason.phase}", language))
    if reason.needs_all_attempts:
        told.append(say("glossary.needs_attempts", language))
    if reason.recycle_after_days is not None:
        told.append(say("glossary.recycled", language, time=counted(reason.recycle_after_days, "days", language)))
    return say("agreed.clause", language).join(told)


def _lead_score(agreement: AgreementSpec, language: Language) -> Sentences:
    scale = agreement.definitions.lead_score
    yield say(
        "glossary.scale",
        language,
        chance=chance_in_words(scale.probability_at_50, language),
        share=share(scale.probability_at_50, language),
        points=counted(scale.points_to_double_odds, "points", language),
    )
    promised = agreement.promises.bands
    for key, bands in promised.items():
        told = {"lead_type": lead_type_in_words(key, agreement.definitions, language)}
        for band in bands:
            what = band_in_words(agreement, key, band, language)
            only = key == DEFAULT and len(promised) == 1
            yield say("glossary.band" if only else "glossary.band_of_type", language, name=band.name, what=what, **told)


def _connect_attempt(agreement: AgreementSpec, language: Language) -> Sentences:
    attempt = agreement.definitions.connect_attempt
    yield say(
        "glossary.attempt",
        language,
        channels=own_words_listed(attempt.channels, language, joined_by="or"),
        makers=own_words_listed(attempt.made_by, language, joined_by="or"),
        results=own_words_listed(attempt.results, language, joined_by="or"),
    )
    yield say("glossary.owed", language, attempts=cadence_in_words(agreement.promises.connect_attempts, language))


_SENTENCES_OF: Mapping[str, Callable[[AgreementSpec, Language], Sentences]] = {
    "service_level_agreement": _agreement,
    "ideal_customer_profile": _ideal_customer_profile,
    "buyer_persona": _buyer_personas,
    "buyers_journey": _buyers_journey,
    "lifecycle_stage": _lifecycle_stage,
    "lead_type": _lead_type,
    "deal_stage": _deal_stage,
    "lead_status": _lead_status,
    "lead_score": _lead_score,
    "connect_attempt": _connect_attempt,
}

"""What was agreed as people say it: words, times, shares, criteria, bands, attempts, hours of the office."""

from collections.abc import Mapping, Sequence
from itertools import groupby

import numpy as np

from leadml.agreement.scale import Scale, probability
from leadml.specs.agreement_spec import AgreementSpec, CriterionSpec, DefinitionsSpec, RequiredFieldSpec
from leadml.specs.calendar_spec import WEEKDAYS, BusinessHoursSpec, CalendarSpec
from leadml.specs.promises_spec import DEFAULT, BandSpec, CadenceSpec, CapacitySpec, EscalationSpec
from leadml.wording.numbers import chance_in_words
from leadml.wording.texts import Language, say, texts

_IN_CAPITALS = ("mql", "sql")
OWNER = "owner"  # in `escalation`: whoever owns the lead


def plainly(word: str) -> str:
    """Write a word of the file as one reads it.

    Examples
    --------
    >>> plainly("quote_in_preparation"), plainly("sql")
    ('quote in preparation', 'SQL')
    """
    return word.upper() if word in _IN_CAPITALS else word.replace("_", " ")


def listed(words: Sequence[str], language: Language, *, joined_by: str = "and") -> str:
    """Write words in a row.

    Parameters
    ----------
    words : sequence of str
    language : {"en", "ja"}
    joined_by : {"and", "or"}
        Before the last.

    Returns
    -------
    text : str

    Examples
    --------
    >>> listed(["phone", "email", "meeting"], "en"), listed([], "en")
    ('phone, email and meeting', 'none')
    >>> listed(["phone", "email"], "ja", joined_by="or")
    'phoneまたはemail'
    """
    if not words:
        return say("agreed.none", language)
    if len(words) == 1:
        return words[0]
    others = say("agreed.between", language).join(words[:-1])
    return say(f"agreed.{joined_by}", language, others=others, last=words[-1])


def words_listed(words: Sequence[str], language: Language, *, joined_by: str = "and") -> str:
    """Write words of the file in a row."""
    return listed([plainly(word) for word in words], language, joined_by=joined_by)


def own_word(word: str, language: Language) -> str:
    """Write a word of leadml's own lists in a language, such as a channel; one that a company added stays as it is.

    Examples
    --------
    >>> own_word("no_answer", "en"), own_word("no_answer", "ja"), own_word("video_call", "ja")
    ('no answer', '応答なし', 'video call')
    """
    known: Mapping[str, str] = texts(language)["agreed"]["own_words"]
    return known.get(word, plainly(word))


def own_words_listed(words: Sequence[str], language: Language, *, joined_by: str = "and") -> str:
    """Write words of leadml's own lists in a row."""
    return listed([own_word(word, language) for word in words], language, joined_by=joined_by)


def exact(number: float) -> str:
    """Write a number with all its digits: two that differ never look alike.

    Examples
    --------
    >>> exact(2000.0), exact(0.125), exact(12345.67)
    ('2,000', '0.125', '12,345.67')
    """
    return f"{int(number):,}" if float(number).is_integer() else f"{number:,}"


def share(part: float, language: Language) -> str:
    """Write a share in percent, with all its digits.

    Examples
    --------
    >>> share(0.35, "en"), share(0.125, "ja")
    ('35 %', '12.5%')
    """
    return say("value.percent", language, number=f"{100 * part:.12g}")


def counted(number: float, unit: str, language: Language) -> str:
    """Write a number with its unit, one or several.

    Parameters
    ----------
    number : float
    unit : str
        A key below `agreed.units`.
    language : {"en", "ja"}

    Returns
    -------
    text : str

    Examples
    --------
    >>> counted(1, "days", "en"), counted(2, "business", "en"), counted(2, "business", "ja")
    ('1 day', '2 business hours', '2営業時間')
    """
    form = "one" if number == 1 else "more"
    return say(f"agreed.units.{unit}.{form}", language, number=exact(number))


def lead_type_in_words(key: str, definitions: DefinitionsSpec, language: Language) -> str:
    """Name a lead type, or those that have no bands of their own."""
    label = definitions.lead_types.get(key)
    return say("agreed.other_types", language) if label is None or key == DEFAULT else getattr(label, language)


def criterion_in_words(criterion: CriterionSpec, language: Language) -> str:
    """Say a condition on an attribute.

    Examples
    --------
    >>> criterion_in_words(CriterionSpec(attribute="employees", of="company", at_least=50, at_most=2000), "en")
    'employees of the company is at least 50 and at most 2,000'
    """
    attribute, conditions = attribute_in_words(criterion, language), conditions_in_words(criterion, language)
    return say("agreed.criterion", language, attribute=attribute, conditions=conditions)


def conditions_in_words(criterion: CriterionSpec, language: Language) -> str:
    """Say what an attribute must be."""
    conditions = []
    if criterion.any_of is not None:
        conditions.append(words_listed(criterion.any_of, language, joined_by="or"))
    if criterion.at_least is not None:
        conditions.append(say("agreed.at_least", language, number=exact(criterion.at_least)))
    if criterion.at_most is not None:
        conditions.append(say("agreed.at_most", language, number=exact(criterion.at_most)))
    return listed(conditions, language)


def attribute_in_words(named: CriterionSpec | RequiredFieldSpec, language: Language) -> str:
    """Name an attribute, and whose it is."""
    return say(f"agreed.attribute_of_{named.of}", language, attribute=plainly(named.attribute))


def within_in_words(hours: float | None, clock: str, language: Language) -> str:
    """Say a deadline; there may be none."""
    if hours is None:
        return say("agreed.no_deadline", language)
    return say(f"agreed.within.{clock}", language, time=counted(hours, clock, language))


def threshold_in_words(agreement: AgreementSpec, key: str, band: BandSpec, language: Language) -> str:
    """Say from which score a band begins, and which chance that is.

    Parameters
    ----------
    agreement : AgreementSpec
        Says what a score stands for.
    key : str
        One of `promises.bands`.
    band : BandSpec
        As written in it.
    language : {"en", "ja"}

    Returns
    -------
    text : str
        A band agreed as a chance names that chance; one from 0 needs none.
    """
    scale = agreement.definitions.lead_score
    (score,) = (each.score_at_least for each in agreement.bands[key] if each.name == band.name)
    if band.probability_at_least is not None:
        chance = share(band.probability_at_least, language)
        return say("agreed.from_chance", language, score=score, chance=chance)
    if score == 0:
        return say("agreed.from_nothing", language)
    likely = float(probability(np.array([Scale.agreed(scale).margin_of(score)]))[0])
    return say("agreed.from_score", language, score=score, chance=chance_in_words(likely, language))


def band_in_words(agreement: AgreementSpec, key: str, band: BandSpec, language: Language) -> str:
    """Say all that follows from a band.

    Parameters
    ----------
    agreement : AgreementSpec
    key : str
        One of `promises.bands`.
    band : BandSpec
        As written in it.
    language : {"en", "ja"}

    Returns
    -------
    text : str
    """
    told = [threshold_in_words(agreement, key, band, language)]
    if band.lifecycle_stage is not None:
        moves = "moves" if band.automatic else "recommends"
        told.append(say(f"agreed.band.{moves}", language, stage=plainly(band.lifecycle_stage)))
    if band.owner is not None:
        told.append(say("agreed.band.owner", language, owner=band.owner))
    for promise in ("accept", "first_attempt"):
        hours = getattr(band, f"{promise}_within_hours")
        if hours is not None:
            within = within_in_words(hours, band.clock, language)
            told.append(say(f"agreed.band.{promise}", language, within=within))
    if band.connect_attempts is not None:
        told.append(say("agreed.band.attempts", language, attempts=cadence_in_words(band.connect_attempts, language)))
    if band.maximum_age_days is not None:
        told.append(say("agreed.band.stale", language, time=counted(band.maximum_age_days, "days", language)))
    if band.stays_within_points:
        points = counted(band.stays_within_points, "points", language)
        told.append(say("agreed.band.stays", language, points=points))
    return say("agreed.clause", language).join(told)


def cadence_in_words(cadence: CadenceSpec, language: Language) -> str:
    """Say how sales tries to connect.

    Examples
    --------
    >>> cadence_in_words(CadenceSpec(most_a_day=3, until=("replied",)), "en")
    '5 attempts within 10 days by phone and email; none once the result is replied; at most 3 a day'
    """
    told = [
        say(
            "agreed.cadence.attempts",
            language,
            attempts=counted(cadence.at_least, "attempts", language),
            time=counted(cadence.within_days, "days", language),
            channels=own_words_listed(cadence.channels, language),
        )
    ]
    if cadence.until:
        results = own_words_listed(cadence.until, language, joined_by="or")
        told.append(say("agreed.cadence.until", language, results=results))
    if cadence.sequence is not None:
        steps = say("agreed.then", language).join(own_word(step, language) for step in cadence.sequence)
        told.append(say("agreed.cadence.sequence", language, steps=steps))
    if cadence.hours_between:
        told.append(say("agreed.cadence.between", language, time=counted(cadence.hours_between, "hours", language)))
    if cadence.most_a_day is not None:
        told.append(say("agreed.cadence.most", language, number=cadence.most_a_day))
    if cadence.quiet_hours is not None:
        first, last = cadence.quiet_hours.split("-")
        told.append(say("agreed.cadence.quiet", language, first=first, last=last))
    return say("agreed.clause", language).join(told)


def escalation_in_words(step: EscalationSpec, language: Language) -> str:
    """Say who is told when a deadline runs out."""
    key = "reassigned" if step.reassign else "told"
    return say(f"agreed.escalation.{key}", language, percent=exact(step.at_percent), who=told_in_words(step, language))


def told_in_words(step: EscalationSpec, language: Language) -> str:
    """Name who is told: the owner of the lead, or whom the company named."""
    return own_word(step.notify, language) if step.notify == OWNER else step.notify


def capacity_in_words(capacity: CapacitySpec, language: Language) -> str:
    """Say how many leads sales can take.

    Examples
    --------
    >>> capacity_in_words(CapacitySpec(representatives=5, leads_a_day=2, hours_a_lead=1.5), "en")
    '10 leads a working day (5 people, 2 each), each lead 1.5 working hours'
    """
    return say(
        "agreed.capacity",
        language,
        leads=exact(capacity.leads_a_day_together),
        people=capacity.representatives,
        each=exact(capacity.leads_a_day),
        hours=exact(capacity.hours_a_lead),
    )


def calendar_in_words(calendar: CalendarSpec | None, language: Language) -> tuple[str, ...]:
    """Say by which clock hours are counted.

    Parameters
    ----------
    calendar : CalendarSpec, optional
    language : {"en", "ja"}

    Returns
    -------
    sentences : tuple of str
    """
    if calendar is None:
        return (say("agreed.calendar.none", language),)
    open_hours = hours_in_words(calendar.business_hours, language)
    holidays = calendar.holidays
    told = [say("agreed.calendar.hours", language, zone=calendar.time_zone, hours=open_hours)]
    if holidays.country is not None:
        named = texts(language)["agreed"]["countries"].get(holidays.country, holidays.country)
        place = named if holidays.subdivision is None else f"{named} ({holidays.subdivision})"
        told.append(say("agreed.calendar.holidays", language, country=place))
    for key in ("closed", "opened"):
        days = [day.isoformat() for day in getattr(holidays, key)]
        if days:
            told.append(say(f"agreed.calendar.{key}", language, days=listed(days, language)))
    told.append(say(f"agreed.calendar.{calendar.after_hours}", language))
    return tuple(told)


def hours_in_words(hours: BusinessHoursSpec, language: Language) -> str:
    """Say the hours of a week; days of the same hours together.

    Examples
    --------
    >>> hours_in_words(BusinessHoursSpec(monday=("09:00-18:00",), tuesday=("09:00-18:00",)), "en")
    'Monday to Tuesday 09:00-18:00'
    """
    parts = []
    for spans, days in groupby(zip(hours.of_week, WEEKDAYS, strict=True), key=lambda day: day[0]):
        names = [say(f"agreed.weekdays.{day}", language) for _, day in days]
        if spans:
            span = names[0] if len(names) == 1 else say("agreed.to", language, first=names[0], last=names[-1])
            parts.append(say("agreed.open_on", language, days=span, hours=day_in_words(spans, language)))
    return say("agreed.clause_of_hours", language).join(parts)


def day_in_words(spans: Sequence[str], language: Language) -> str:
    """Say the hours of one day; on some days there are none."""
    return listed(spans, language) if spans else say("agreed.closed", language)

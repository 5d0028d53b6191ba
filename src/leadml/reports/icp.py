"""The ideal customer profile against the truth: tables, sentences, and the profile that the outcomes speak for."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from leadml.agreed.phrases import attribute_in_words, criterion_in_words, listed, plainly
from leadml.evaluate.shares import Gap, Share
from leadml.icp.held import FEWEST_CAME, FEWEST_COMPANIES, Held
from leadml.icp.report import ProfileReport
from leadml.reports.text_table import TextTable
from leadml.specs.agreement_spec import RequiredFieldSpec
from leadml.specs.yaml_text import profile_text
from leadml.wording.numbers import percent
from leadml.wording.texts import Language, say

_COLUMNS = ("companies", "rate", "others", "gap")


def profile_parts(report: ProfileReport, language: Language) -> Iterator[TextTable | str]:
    """Tell a report: whom it is about, the agreed criteria, what is missing, the personas.

    Parameters
    ----------
    report : ProfileReport
    language : {"en", "ja"}

    Yields
    ------
    part : TextTable or str
    """
    yield head_in_words(report, language)
    yield say("icp.support", language, companies=FEWEST_COMPANIES, came=FEWEST_CAME)
    if report.criteria:
        table = _table("criteria", "criterion", language)
        for each in report.criteria:
            verdict = say(f"icp.verdict.{each.verdict}", language)
            table.add_row(criterion_in_words(each.criterion, language), *_cells(each.held, language), verdict)
        yield table
    else:
        yield say("icp.no_criteria", language)
    yield from _missing(report, language)
    if report.personas:
        table = _table("personas", "persona", language)
        for person in report.personas:
            none = say("icp.no_persona", language)
            name = none if person.persona is None else getattr(person.persona.label, language)
            table.add_row(name, *_cells(person.held, language), say(f"icp.verdict.{person.verdict}", language))
        yield table


def head_in_words(report: ProfileReport, language: Language) -> str:
    """Say whom a report is about, and how many of them came."""
    return say(
        "icp.head",
        language,
        companies=f"{report.companies:,}",
        leads=f"{report.leads:,}",
        since=_day(report.created_from),
        until=_day(report.created_to),
        stage=plainly(report.outcome.reach),
        days=f"{report.outcome.within_days:g}",
        rate=rate_in_words(report.all_of_them, language),
        left_out=f"{report.left_out:,}",
    )


def _missing(report: ProfileReport, language: Language) -> Iterator[TextTable | str]:
    missing = report.missing
    if missing.found:
        table = _table("missing", "criterion", language)
        for found in missing.found:
            verdict = say("icp.confirmed" if found.confirmed else "icp.not_confirmed", language)
            if not found.dated:
                verdict = say("icp.undated", language, verdict=verdict)
            table.add_row(criterion_in_words(found.criterion, language), *_cells(found.later, language), verdict)
        yield table
        yield say("icp.halves", language, asked=len(missing.found), proposed=len(missing.proposed))
        if any(not found.dated for found in missing.proposed):
            yield say("icp.as_of_today", language)
    else:
        yield say("icp.nothing_found", language)
    reasons: dict[str, list[str]] = {}
    for each in missing.not_asked:
        named = RequiredFieldSpec.model_validate({"attribute": each.attribute, "of": each.of})
        if each.why != "agreed":
            reasons.setdefault(each.why, []).append(attribute_in_words(named, language))
    for why, attributes in reasons.items():
        yield say(f"icp.not_asked.{why}", language, attributes=listed(attributes, language))


def _table(title: str, first: str, language: Language) -> TextTable:
    table = TextTable(say(f"icp.{title}", language), [say(f"icp.{first}", language)])
    for column in _COLUMNS:
        table.add_column(say(f"icp.{column}", language), right=True)
    table.add_column(say("icp.verdict_head", language))
    return table


def _cells(held: Held, language: Language) -> tuple[str, ...]:
    companies = f"{held.meets.of:,.0f}"
    share = percent(held.meets.of / max(held.meets.of + held.others.of, 1), language)
    return (
        say("icp.of_companies", language, companies=companies, share=share),
        rate_in_words(held.meets, language),
        rate_in_words(held.others, language),
        gap_in_words(held.gap, language),
    )


def rate_in_words(share: Share, language: Language) -> str:
    """Say a share with its interval, in percent."""
    told = {name: f"{100 * getattr(share, name):.1f}" for name in ("value", "low", "high")}
    return say("icp.rate_said", language, **told) if share.of else say("value.missing", language)


def gap_in_words(gap: Gap, language: Language) -> str:
    """Say a difference of shares with its interval, in points of percent."""
    told = {name: f"{100 * getattr(gap, name):+.1f}" for name in ("value", "low", "high")}
    return say("icp.gap_said", language, **told)


def proposal_text(report: ProfileReport, *, today: str, language: Language) -> str:
    """Write the profile that is proposed, in the syntax of `sla.yaml`.

    Parameters
    ----------
    report : ProfileReport
    today : str
        When it was worked out, as its head says it.
    language : {"en", "ja"}
        Of the comments.

    Returns
    -------
    text : str
        What speaks for each criterion stands above it. One that points the wrong way is a comment.
    """
    entries = [
        (
            each.criterion,
            _evidence(say(f"icp.verdict.{each.verdict}", language), each.held, language),
            each.stays,
        )
        for each in report.criteria
    ]
    entries += [
        (found.criterion, _evidence(say("icp.confirmed", language), found.later, language), True)
        for found in report.missing.proposed
    ]
    return profile_text([say("icp.made", language, day=today), head_in_words(report, language)], entries)


def _evidence(verdict: str, held: Held, language: Language) -> str:
    return say(
        "icp.evidence",
        language,
        verdict=verdict,
        rate=rate_in_words(held.meets, language),
        companies=f"{held.meets.of:,.0f}",
        others=rate_in_words(held.others, language),
        gap=gap_in_words(held.gap, language),
    )


def report_as_json(report: ProfileReport) -> dict[str, Any]:
    """Lay a report out for a program."""
    return {
        "outcome": {"name": report.name, **report.outcome.model_dump(mode="json")},
        "leads": report.leads,
        "companies": report.companies,
        "left_out": report.left_out,
        "created_from": _day(report.created_from),
        "created_to": _day(report.created_to),
        "rate": _share(report.all_of_them),
        "criteria": [
            {"criterion": each.criterion.model_dump(exclude_none=True), "verdict": each.verdict, **_held(each.held)}
            for each in report.criteria
        ],
        "missing": [
            {
                "criterion": found.criterion.model_dump(exclude_none=True),
                "confirmed": found.confirmed,
                "chance": found.chance,
                "dated": found.dated,
                "earlier": _held(found.earlier),
                "later": _held(found.later),
            }
            for found in report.missing.found
        ],
        "not_asked": [
            {"of": each.of, "attribute": each.attribute, "why": each.why} for each in report.missing.not_asked
        ],
        "personas": [
            {"persona": each.persona and each.persona.name, "verdict": each.verdict, **_held(each.held)}
            for each in report.personas
        ],
        "proposed": [criterion.model_dump(exclude_none=True) for criterion in report.proposed],
    }


def _held(held: Held) -> dict[str, Any]:
    gap = {name: getattr(held.gap, name) for name in ("value", "low", "high", "chance")}
    return {
        "meets": _share(held.meets),
        "others": _share(held.others),
        "difference": gap,
        "times": held.times,
        "leads": held.leads,
        "known": held.known,
    }


def _share(share: Share) -> dict[str, float]:
    return {"companies": share.of, "came": share.came, "rate": share.value, "low": share.low, "high": share.high}


def _day(instant: int) -> str:
    return datetime.fromtimestamp(instant / 1_000_000, tz=UTC).date().isoformat()

"""`leadml sla deadline`: when a promise is due, and why then."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from leadml.agreement.business_calendar import BusinessCalendar, ClockName
from leadml.agreement.counted_days import CountedDay, counted_days
from leadml.agreement.placement import bands_of
from leadml.cli.options import JsonOption, LanguageOption, ProjectOption
from leadml.cli.telling import problems_told, tell, tell_json
from leadml.clock import parse_instant, to_iso
from leadml.errors import LeadmlError, known_words
from leadml.project import Project
from leadml.reports.text_table import TextTable
from leadml.specs.agreement_spec import AgreementSpec
from leadml.specs.calendar_spec import WEEKDAYS
from leadml.wording.texts import Language, nearest, say

MOST_DAYS_TOLD = 31
HOURS_A_DAY = 24
_PROMISES = ("accept_within_hours", "first_attempt_within_hours")


@dataclass(frozen=True)
class _Promise:
    name: str
    hours: float
    clock: ClockName


def deadline(
    start: Annotated[str, typer.Argument(help="When the clock starts; without an offset in the calendar's time zone.")],
    project: ProjectOption = Path(),
    hours: Annotated[
        float | None, typer.Option("--hours", min=0, max=876_000, help="Hours that are promised.", metavar="NUMBER")
    ] = None,
    clock: Annotated[
        ClockName | None, typer.Option("--clock", help="With --hours: by which clock; default: business.")
    ] = None,
    band: Annotated[
        str | None, typer.Option("--band", help="Instead of --hours: what this band promises.", metavar="NAME")
    ] = None,
    lead_type: Annotated[
        str | None,
        typer.Option("--lead-type", help="With --band: whose bands; default: the default ones.", metavar="TYPE"),
    ] = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Say when a promise is due, in local time and UTC, and which nights, weekends and holidays it passes.

    Example: leadml sla deadline 2026-03-06T17:00 --hours 4
    """
    with problems_told(as_json=as_json, language=language):
        if (hours is None) == (band is None) or (band and clock) or (lead_type and not band):
            raise LeadmlError("hours_or_band", where="--hours, --band")
        agreement = Project(project).spec.agreement
        calendar = BusinessCalendar(agreement.calendar)
        begins = parse_instant(start, where="START", time_zone=calendar.zone.key)
        promises = [_Promise("promised", hours, clock or "business")] if hours is not None else []
        if band is not None:
            promises = _of_band(band, lead_type, agreement)
        if as_json:
            deadlines = [_as_json(promise, begins, calendar, language) for promise in promises]
            tell_json({"agreement_version": agreement.version, "deadlines": deadlines})
            return
        if not promises:
            tell(say("sla.deadline.nothing", language, band=band))
        for promise in promises:
            _show(promise, begins, calendar, language)


def _of_band(name: str, lead_type: str | None, agreement: AgreementSpec) -> list[_Promise]:
    """List what a band promises."""
    types = list(agreement.definitions.lead_types)
    if lead_type is not None and lead_type not in types:
        raise LeadmlError(
            "unknown_word",
            where="--lead-type",
            word=lead_type,
            known=known_words(types),
            hint=nearest(lead_type, types),
        )
    bands = {band.name: band for band in agreement.bands[bands_of(lead_type, agreement)]}
    if name not in bands:
        names = list(bands)
        raise LeadmlError(
            "unknown_word", where="--band", word=name, known=known_words(names), hint=nearest(name, names)
        )
    promised = {key: getattr(bands[name], key) for key in _PROMISES}
    return [_Promise(key, hours, bands[name].clock) for key, hours in promised.items() if hours is not None]


def _as_json(promise: _Promise, start: int, calendar: BusinessCalendar, language: Language) -> dict[str, object]:
    due = calendar.deadline(start, promise.hours, promise.clock)
    return {
        "promise": promise.name,
        "hours": promise.hours,
        "clock": promise.clock,
        "time_zone": calendar.zone.key,
        "start": to_iso(start),
        "start_local": calendar.local(start),
        "due": to_iso(due),
        "due_local": calendar.local(due),
        "days": [asdict(day) for day in counted_days(calendar, start, due, promise.clock, language)],
    }


def _show(promise: _Promise, start: int, calendar: BusinessCalendar, language: Language) -> None:
    due = calendar.deadline(start, promise.hours, promise.clock)
    within = say(f"sla.within_{promise.clock}", language, hours=f"{promise.hours:g}")
    lines = [f"{say(f'sla.deadline.{promise.name}', language)}: {within}"]
    for key, instant in (("start", start), ("due", due)):
        local, zone = calendar.local(instant), calendar.zone.key
        lines.append(say(f"sla.deadline.{key}", language, local=local, zone=zone, utc=to_iso(instant)))
    tell("\n".join(lines))
    tell(_table(counted_days(calendar, start, due, promise.clock, language), language))


def _table(days: list[CountedDay], language: Language) -> TextTable:
    """Draw the days; of very many, those at the end stay untold, but for their number."""
    table = TextTable("")
    for column in ("day", "hours", "note"):
        table.add_column(say(f"sla.deadline.column.{column}", language), right=column == "hours")
    for day in days[:MOST_DAYS_TOLD]:
        weekday = say(f"sla.deadline.weekday.{WEEKDAYS[day.day.weekday()]}", language)
        table.add_row(f"{weekday} {day.day}", f"{day.hours:.4g}", _note(day, language))
    if len(days) > MOST_DAYS_TOLD:
        hours = sum(day.hours for day in days[MOST_DAYS_TOLD:])
        table.add_row(say("sla.deadline.further", language, days=len(days) - MOST_DAYS_TOLD), f"{hours:.4g}", "")
    return table


def _note(day: CountedDay, language: Language) -> str:
    note = say(f"sla.deadline.note.{day.note}", language, holiday=day.holiday)
    if day.length == HOURS_A_DAY:
        return note
    return say("sla.deadline.clock_moves", language, note=note, length=f"{day.length:g}")

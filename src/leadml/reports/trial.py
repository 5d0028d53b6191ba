"""How a tried agreement and suggested thresholds are told: tables, sentences, and as a page."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import zip_longest

from leadml.charts import as_svg
from leadml.reports.page import Block, Page, Picture, Points, Section
from leadml.reports.text_table import TextTable
from leadml.reports.trial_charts import bands_chart, ready_chart
from leadml.specs.agreement_spec import DefinitionsSpec
from leadml.specs.promises_spec import DEFAULT
from leadml.trials.expected import Became, Expected
from leadml.trials.scored import TriedPeriod
from leadml.trials.side import Side
from leadml.trials.suggesting import Suggestion
from leadml.trials.trying import DefinitionsTrial, Learned, Moved, PromisesTrial
from leadml.wording.numbers import percent, plain
from leadml.wording.texts import Language, say

Trial = PromisesTrial | DefinitionsTrial
Part = TextTable | str


def trial_report(trial: Trial, definitions: DefinitionsSpec, most: int, language: Language) -> Iterator[Part]:
    """Tell a trial.

    Parameters
    ----------
    trial : PromisesTrial or DefinitionsTrial
    definitions : DefinitionsSpec
        How lead types are read.
    most : int
        How many leads of those that move are named.
    language : {"en", "ja"}

    Yields
    ------
    part : TextTable or str
    """
    if isinstance(trial, PromisesTrial):
        yield promises_line(trial, language)
        yield totals_table([trial.old, trial.new], language)
        yield bands_table([trial.old, trial.new], definitions, language)
        yield types_table([trial.old, trial.new], definitions, language)
        yield from _moved_lines(trial, most, language)
        yield from [capacity_line(side, language) for side in (trial.old, trial.new)]
        yield from period_lines(trial.periods, language)
    else:
        yield say("trial.definitions", language)
        for learned in (trial.old, trial.new):
            yield from _learned_parts(learned, definitions, language)
        yield from period_lines(trial.new.periods, language)
    yield from _limits(language)


def trial_page(trial: Trial, definitions: DefinitionsSpec, most: int, language: Language) -> Page:
    """Write a trial as a page that needs no network.

    Parameters
    ----------
    trial : PromisesTrial or DefinitionsTrial
    definitions : DefinitionsSpec
    most : int
    language : {"en", "ja"}

    Returns
    -------
    page : Page
    """
    sides = [trial.old, trial.new] if isinstance(trial, PromisesTrial) else [trial.old.side, trial.new.side]
    parts: list[Block] = list(trial_report(trial, definitions, most, language))
    pictures = [[sides[0], sides[1]]] if isinstance(trial, PromisesTrial) else [[sides[0]], [sides[1]]]
    drawn: list[Block] = []
    for of_picture in pictures:
        drawn.append(_picture("bands", as_svg(bands_chart(of_picture, definitions, language)), language))
        drawn.append(_picture("ready", as_svg(ready_chart(of_picture, language)), language))
    lead, *rest = parts
    versions = {"old": sides[0].version, "new": sides[1].version}
    limits = _limits(language)
    told = tuple(part for part in rest if part not in limits)
    return Page(
        title=say("trial.title", language, **versions),
        lead=str(lead),
        sections=(
            Section(say("trial.sections.figures", language), told),
            Section(say("trial.sections.pictures", language), tuple(drawn)),
            Section(say("trial.sections.limits", language), (Points(tuple(limits)),)),
        ),
        language=language,
    )


def promises_line(trial: PromisesTrial, language: Language) -> str:
    """Say in a sentence what the new promises would have changed."""
    return say(
        "trial.promises",
        language,
        old=trial.old.version,
        new=trial.new.version,
        snapshots=trial.snapshots,
        leads=trial.leads,
        old_a_week=_tenth(trial.old.hand_overs_a_week),
        new_a_week=_tenth(trial.new.hand_overs_a_week),
        old_ready=_of(trial.old.became),
        new_ready=_of(trial.new.became),
    )


def totals_table(sides: list[Side], language: Language) -> TextTable:
    """Lay out hand-overs, hours and outcomes, one column an agreement."""
    table = TextTable(say("trial.totals", language), [say("trial.figure", language)])
    for side in sides:
        table.add_column(side.version, right=True)
    rows = {
        "hand_overs": [f"{side.hand_overs:,}" for side in sides],
        "a_week": [_tenth(side.hand_overs_a_week) for side in sides],
        "hours": ["-" if side.hours_a_week is None else _tenth(side.hours_a_week) for side in sides],
        "known": [f"{side.became.known:,}" for side in sides],
        "expected": [_interval(side.became.expected) for side in sides],
        "actual": [f"{side.became.actual:,}" for side in sides],
        "worked": [f"{side.became.worked:,}" for side in sides],
    }
    for name, cells in rows.items():
        table.add_row(say(f"trial.rows.{name}", language), *cells)
    return table


def bands_table(sides: list[Side], definitions: DefinitionsSpec, language: Language) -> TextTable:
    """Lay out the leads a week of each band; bands of the same place stand side by side."""
    table = TextTable(say("trial.bands", language), [say("sla.lead_type", language)])
    for side in sides:
        table.add_column(say("trial.band_of", language, version=side.version))
        table.add_column(say("trial.leads_a_week", language), right=True)
    for key in dict.fromkeys(band.bands_of for side in sides for band in side.bands):
        lists = [[band for band in side.bands if band.bands_of == key] for side in sides]
        for number, bands in enumerate(zip_longest(*lists)):
            cells = [
                cell
                for band in bands
                for cell in (("", "") if band is None else (band.band, _tenth(band.leads_a_week)))
            ]
            table.add_row(list_label(key, definitions, language) if number == 0 else "", *cells)
    return table


def types_table(sides: list[Side], definitions: DefinitionsSpec, language: Language) -> TextTable:
    """Lay out hand-overs and outcomes by lead type."""
    table = TextTable(say("trial.types", language), [say("sla.lead_type", language)])
    for column in ("version", "a_week", "expected", "actual"):
        head = say("trial.agreement", language) if column == "version" else say(f"trial.rows.{column}", language)
        table.add_column(head, right=column != "version")
    for number, first in enumerate(sides[0].by_type):
        for side in sides:
            volume = side.by_type[number]
            table.add_row(
                type_label(first.lead_type, definitions, language) if side is sides[0] else "",
                side.version,
                _tenth(volume.a_week),
                _interval(volume.became.expected),
                f"{volume.became.actual:,}",
                ends_section=side is sides[-1],
            )
    return table


def capacity_line(side: Side, language: Language) -> str:
    """Say how often more leads came than sales can take, and what the queue makes of it."""
    use = side.capacity
    if use is None:
        return say("trial.no_capacity", language, version=side.version)
    key = "capacity_waits" if use.waited else "capacity"
    return say(
        f"trial.{key}",
        language,
        version=side.version,
        a_day=plain(use.leads_a_day),
        over=use.over_days,
        days=use.working_days,
        handed=use.handed_over,
        waited=use.waited,
        usual=plain(use.usual_wait_days),
        longest=plain(use.longest_wait_days),
        given_up=use.given_up,
        waiting=use.still_waiting,
        expected=_interval(use.became.expected),
        actual=use.became.actual,
    )


def period_lines(periods: tuple[TriedPeriod, ...], language: Language) -> list[str]:
    """Say of each period which answers its model had learned from."""
    return [
        say(
            "trial.period",
            language,
            begin=day(period.from_),
            end=day(period.until),
            known=day(period.knows_until),
            leads=period.learned_from,
        )
        for period in periods
    ]


def suggestion_report(suggestion: Suggestion, definitions: DefinitionsSpec, language: Language) -> Iterator[Part]:
    """Tell suggested thresholds, with what to expect of them.

    Parameters
    ----------
    suggestion : Suggestion
    definitions : DefinitionsSpec
    language : {"en", "ja"}

    Yields
    ------
    part : TextTable or str
    """
    yield say(
        f"thresholds.{suggestion.decided_by}",
        language,
        threshold=suggestion.threshold,
        chance=percent(suggestion.chance, language),
    )
    table = TextTable(say("thresholds.bands", language), [say("sla.lead_type", language), say("sla.band", language)])
    for column in ("before", "after"):
        table.add_column(say(f"thresholds.{column}", language), right=True)
    for changed in suggestion.changed:
        label = list_label(changed.bands_of, definitions, language)
        table.add_row(label, changed.band, str(changed.before), str(changed.after))
    yield table if suggestion.changed else say("thresholds.unchanged", language)
    yield _suggested_figures(suggestion, language)
    yield basis_line(suggestion, language)
    yield say("thresholds.queue", language)
    key = "too_few_returns" if suggestion.return_rate is None else "returns"
    yield say(f"thresholds.{key}", language, hand_overs=suggestion.returns_of)


def basis_line(suggestion: Suggestion, language: Language) -> str:
    """Say on which leads thresholds were computed, and of which dates."""
    return say(
        "thresholds.basis",
        language,
        begin=day(suggestion.from_),
        end=day(suggestion.until),
        leads=suggestion.leads,
        snapshots=suggestion.snapshots,
        days=suggestion.working_days,
        known=day(suggestion.knows_until),
    )


def list_label(key: str, definitions: DefinitionsSpec, language: Language) -> str:
    """Name a list of `promises.bands` for people."""
    return say("sla.all_others", language) if key == DEFAULT else type_label(key, definitions, language)


def type_label(lead_type: str | None, definitions: DefinitionsSpec, language: Language) -> str:
    """Name a lead type for people."""
    label = definitions.lead_types.get(lead_type or "")
    if label is not None:
        return str(getattr(label, language))
    return say("trial.no_type", language) if lead_type is None else lead_type


def day(instant: int) -> str:
    """Write the day of an instant, in UTC."""
    return datetime.fromtimestamp(instant / 1_000_000, tz=UTC).date().isoformat()


def _suggested_figures(suggestion: Suggestion, language: Language) -> TextTable:
    table = TextTable(say("thresholds.expect", language), [say("trial.figure", language)])
    table.add_column(say("thresholds.value", language), right=True)
    table.add_column(say("thresholds.interval", language), right=True)
    for name in ("come_a_week", "hand_overs_a_week", "hand_overs_a_day", "ready_a_week"):
        figure: Expected = getattr(suggestion, name)
        ends = f"{_tenth(figure.low)} - {_tenth(figure.high)}"
        table.add_row(say(f"thresholds.{name}", language), _tenth(figure.value), ends)
    if suggestion.return_rate is not None:
        ends = " - ".join(percent(end, language) for end in (suggestion.return_rate.low, suggestion.return_rate.high))
        rate = percent(suggestion.return_rate.value, language)
        table.add_row(say("thresholds.return_rate_row", language), rate, ends)
    if suggestion.capacity_a_week is not None:
        table.add_row(say("thresholds.capacity_a_week", language), _tenth(suggestion.capacity_a_week), "")
    return table


def _learned_parts(learned: Learned, definitions: DefinitionsSpec, language: Language) -> Iterator[Part]:
    side = learned.side
    yield say(
        "trial.learned",
        language,
        version=side.version,
        snapshots=learned.snapshots,
        leads=learned.leads,
        rate=percent(learned.base_rate, language),
    )
    yield totals_table([side], language)
    yield bands_table([side], definitions, language)
    yield types_table([side], definitions, language)
    yield capacity_line(side, language)


def _moved_lines(trial: PromisesTrial, most: int, language: Language) -> list[str]:
    return [_moved("enter", trial.enter, most, language), _moved("leave", trial.leave, most, language)]


def _moved(key: str, moved: Moved, most: int, language: Language) -> str:
    if not moved.lead_ids:
        return say(f"trial.nobody_{key}", language)
    named = ("、" if language == "ja" else ", ").join(moved.lead_ids[:most])
    more = len(moved.lead_ids) - most
    return say(
        f"trial.{key}",
        language,
        count=len(moved.lead_ids),
        expected=_interval(moved.became.expected),
        actual=moved.became.actual,
        known=moved.became.known,
        leads=named + (say("trial.and_more", language, more=more) if more > 0 else ""),
    )


def _limits(language: Language) -> list[str]:
    return [say(f"trial.limits.{key}", language) for key in ("worked", "level", "volume", "placed")]


def _picture(key: str, svg: str, language: Language) -> Picture:
    return Picture(svg, say(f"trial.pictures.{key}", language))


def _of(became: Became) -> str:
    return _interval(became.expected)


def _interval(expected: Expected) -> str:
    return f"{expected.value:,.0f} [{expected.low:,.0f}, {expected.high:,.0f}]"


def _tenth(value: float) -> str:
    return f"{value:,.1f}"

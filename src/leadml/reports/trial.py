"""How a tried agreement and suggested thresholds are told: tables, sentences, and as a page."""

from collections.abc import Iterator
from itertools import zip_longest

from leadml.agreed.phrases import plainly
from leadml.agreement.business_calendar import BusinessCalendar
from leadml.charts import as_svg
from leadml.reports.page import Block, Page, Picture, Points, Section
from leadml.reports.text_table import TextTable
from leadml.reports.trial_charts import bands_chart, ready_chart
from leadml.specs.agreement_spec import AgreementSpec, DefinitionsSpec
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


def trial_report(trial: Trial, agreement: AgreementSpec, most: int, language: Language) -> Iterator[Part]:
    """Tell a trial.

    Parameters
    ----------
    trial : PromisesTrial or DefinitionsTrial
    agreement : AgreementSpec
        The one that is tried: how lead types are read, and whose days are told.
    most : int
        How many leads of those that move are named.
    language : {"en", "ja"}

    Yields
    ------
    part : TextTable or str
    """
    definitions = agreement.definitions
    if isinstance(trial, PromisesTrial):
        yield promises_line(trial, language)
        yield from _side_tables([trial.old, trial.new], trial.stage, definitions, language)
        yield from _moved_lines(trial, most, language)
        yield from [capacity_line(side, trial.stage, language) for side in (trial.old, trial.new)]
        yield from period_lines(trial.periods, agreement, language)
    else:
        yield say("trial.definitions", language)
        for learned in (trial.old, trial.new):
            yield from _learned_parts(learned, definitions, language)
        yield from period_lines(trial.new.periods, agreement, language)
    yield from _limits(trial, language)


def trial_page(trial: Trial, agreement: AgreementSpec, most: int, language: Language) -> Page:
    """Write a trial as a page that needs no network.

    Parameters
    ----------
    trial : PromisesTrial or DefinitionsTrial
    agreement : AgreementSpec
    most : int
    language : {"en", "ja"}

    Returns
    -------
    page : Page
    """
    drawn: list[Block] = []
    pictures = (
        [([trial.old, trial.new], trial.stage)]
        if isinstance(trial, PromisesTrial)
        else [([learned.side], learned.stage) for learned in (trial.old, trial.new)]
    )
    for sides, stage in pictures:
        drawn += _picture("bands", as_svg(bands_chart(sides, agreement.definitions, language)), stage, language)
        drawn += _picture("ready", as_svg(ready_chart(sides, plainly(stage), language)), stage, language)
    parts: list[Block] = list(trial_report(trial, agreement, most, language))
    lead, *rest = parts
    versions = {"old": pictures[0][0][0].version, "new": pictures[-1][0][-1].version}
    limits = _limits(trial, language)
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
        stage=plainly(trial.stage),
    )


def totals_table(sides: list[Side], stage: str, language: Language) -> TextTable:
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
        table.add_row(say(f"trial.rows.{name}", language, stage=plainly(stage)), *cells)
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


def types_table(sides: list[Side], stage: str, definitions: DefinitionsSpec, language: Language) -> TextTable:
    """Lay out hand-overs and outcomes by lead type."""
    table = TextTable(say("trial.types", language), [say("sla.lead_type", language)])
    for column in ("version", "a_week", "expected", "actual"):
        key = "agreement" if column == "version" else f"rows.{column}"
        table.add_column(say(f"trial.{key}", language, stage=plainly(stage)), right=column != "version")
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


def capacity_line(side: Side, stage: str, language: Language) -> str:
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
        stage=plainly(stage),
    )


def period_lines(periods: tuple[TriedPeriod, ...], agreement: AgreementSpec, language: Language) -> list[str]:
    """Say of each period which answers its model had learned from."""
    return [
        say(
            "trial.period",
            language,
            begin=day(period.from_, agreement),
            end=day(period.until, agreement),
            known=day(period.knows_until, agreement),
            leads=period.learned_from,
        )
        for period in periods
    ]


def suggestion_report(suggestion: Suggestion, language: Language) -> Iterator[Part]:
    """Tell suggested thresholds, with what to expect of them.

    Parameters
    ----------
    suggestion : Suggestion
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
        label = list_label(changed.bands_of, suggestion.agreement.definitions, language)
        table.add_row(label, changed.band, str(changed.before), str(changed.after))
    yield table if suggestion.changed else say("thresholds.unchanged", language)
    yield _suggested_figures(suggestion, language)
    if suggestion.more_come and suggestion.decided_by == "return_rate":
        come, most = _tenth(suggestion.come_a_week.value), _tenth(suggestion.capacity_a_week or 0.0)
        yield say("thresholds.more_come", language, come=come, capacity=most)
    yield basis_line(suggestion, language)
    yield say("thresholds.no_queue" if suggestion.capacity_a_week is None else "thresholds.queue", language)
    key = "too_few_returns" if suggestion.return_rate is None else "returns"
    yield say(f"thresholds.{key}", language, hand_overs=suggestion.returns_of)


def basis_line(suggestion: Suggestion, language: Language) -> str:
    """Say on which leads thresholds were computed, and of which dates."""
    return say(
        "thresholds.basis",
        language,
        begin=day(suggestion.from_, suggestion.agreement),
        end=day(suggestion.until, suggestion.agreement),
        leads=suggestion.leads,
        snapshots=suggestion.snapshots,
        days=suggestion.working_days,
        known=day(suggestion.knows_until, suggestion.agreement),
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


def day(instant: int, agreement: AgreementSpec) -> str:
    """Write the day of an instant, as the calendar of an agreement has it."""
    local, _ = BusinessCalendar(agreement.calendar).local(instant).split("T")
    return local


def _suggested_figures(suggestion: Suggestion, language: Language) -> TextTable:
    table = TextTable(say("thresholds.expect", language), [say("trial.figure", language)])
    table.add_column(say("thresholds.value", language), right=True)
    table.add_column(say("thresholds.interval", language), right=True)
    _add_volume(table, "come_a_week", suggestion, language)
    rate = suggestion.return_rate
    if rate is not None:
        ends = " - ".join(percent(end, language) for end in (rate.low, rate.high))
        table.add_row(say("thresholds.return_rate_row", language), percent(rate.value, language), ends)
    if suggestion.capacity_a_week is not None:
        table.add_row(say("thresholds.capacity_a_week", language), _tenth(suggestion.capacity_a_week), "")
    for name in ("hand_overs_a_week", "hand_overs_a_day", "ready_a_week"):
        _add_volume(table, name, suggestion, language)
    return table


def _add_volume(table: TextTable, name: str, suggestion: Suggestion, language: Language) -> None:
    figure: Expected = getattr(suggestion, name)
    head = say(f"thresholds.{name}", language, stage=plainly(suggestion.stage))
    table.add_row(head, _tenth(figure.value), f"{_tenth(figure.low)} - {_tenth(figure.high)}")


def _learned_parts(learned: Learned, definitions: DefinitionsSpec, language: Language) -> Iterator[Part]:
    side = learned.side
    yield say(
        "trial.learned",
        language,
        version=side.version,
        snapshots=learned.snapshots,
        leads=learned.leads,
        rate=percent(learned.base_rate, language),
        stage=plainly(learned.stage),
    )
    yield from _side_tables([side], learned.stage, definitions, language)
    yield capacity_line(side, learned.stage, language)


def _side_tables(
    sides: list[Side], stage: str, definitions: DefinitionsSpec, language: Language
) -> Iterator[TextTable]:
    yield totals_table(sides, stage, language)
    yield bands_table(sides, definitions, language)
    yield types_table(sides, stage, definitions, language)


def _moved_lines(trial: PromisesTrial, most: int, language: Language) -> list[str]:
    moves = (("enter", trial.enter), ("leave", trial.leave))
    return [_moved(key, moved, trial.stage, most, language) for key, moved in moves]


def _moved(key: str, moved: Moved, stage: str, most: int, language: Language) -> str:
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
        stage=plainly(stage),
        leads=named + (say("trial.and_more", language, more=more) if more > 0 else ""),
    )


def _limits(trial: Trial, language: Language) -> list[str]:
    limits = [say(f"trial.limits.{key}", language) for key in ("worked", "level", "volume", "placed")]
    untried = [say("trial.not_tried", language, change=getattr(each, language)) for each in trial.not_tried]
    return [*limits, *untried]


def _picture(key: str, svg: str, stage: str, language: Language) -> tuple[str, Picture]:
    """Say above a picture what it shows, for those who see it too."""
    said = say(f"trial.pictures.{key}", language, stage=plainly(stage))
    return said, Picture(svg, said)


def _of(became: Became) -> str:
    return _interval(became.expected)


def _interval(expected: Expected) -> str:
    return f"{expected.value:,.0f} [{expected.low:,.0f}, {expected.high:,.0f}]"


def _tenth(value: float) -> str:
    return f"{value:,.1f}"

"""How a duel is told: the verdict in a sentence, equal volume, who changes, pictures, and what figures do not say."""

from collections.abc import Iterator, Sequence

from leadml.charts import Chart, as_svg
from leadml.clock import to_iso
from leadml.compare import Comparison
from leadml.disagreements import Disagreement
from leadml.duel import FEWEST_EXPLORED, Duel, Pairing
from leadml.evaluate import Figure
from leadml.evaluate.verdict import Ruling
from leadml.reports.comparison import (
    about_lines,
    age_table,
    at_the_beginning,
    contestant,
    gain_table,
    period_table,
    segment_table,
)
from leadml.reports.duel_charts import Scatter, lift_chart, reliability_chart, scatter_chart, segment_chart, swap_chart
from leadml.reports.page import Block, Page, Picture, Points, Section
from leadml.reports.text_table import TextTable
from leadml.wording.numbers import percent
from leadml.wording.texts import Language, say


def duel_report(duel: Duel, language: Language) -> Iterator[TextTable | str]:
    """Tell a duel in short.

    Parameters
    ----------
    duel : Duel
    language : {"en", "ja"}

    Yields
    ------
    part : TextTable or str
        The verdict, the lists at equal volume, who changes, periods and ages, what the figures do not say.
    """
    yield from ruling_lines(duel, language)
    yield volume_table(duel, language)
    for pairing in duel.pairings:
        yield swap_table(duel, pairing, language)
        yield swap_line(duel, pairing, language)
        yield alike_line(duel, pairing, language)
    yield period_table(duel.comparison, language)
    yield age_table(duel.comparison, language)
    yield from selection_lines(duel, language)
    yield from about_lines(duel.comparison, language)


def ruling_lines(duel: Duel, language: Language) -> list[str]:
    """Say of each rival whether the first is better, and what would tell where nothing is proven."""
    lines = []
    for pairing in duel.pairings:
        lines.append(_ruling(pairing.ruling, duel.first, pairing.rival, language))
        if pairing.weighed is not None:
            ruling = _ruling(pairing.weighed, duel.first, pairing.rival, language)
            lines.append(say("duel.weighed", language, explored=duel.selection.explored, ruling=ruling))
    return lines


def _ruling(ruling: Ruling, first: str, rival: str, language: Language) -> str:
    low, high = ruling.gain.low, ruling.gain.high
    told = _signed if ruling.word == "not_proven" else _unsigned
    said = say(
        f"duel.{ruling.word}",
        language,
        who=at_the_beginning(contestant(first, language))
        if ruling.word != "not_proven"
        else contestant(first, language),
        rival=contestant(rival, language),
        share=told(ruling.gain.value, language),
        low=told(high if ruling.word == "worse" else low, language),
        high=told(low if ruling.word == "worse" else high, language),
    )
    if ruling.word != "not_proven":
        return said
    key = "too_close" if ruling.more_outcomes is None else "more_outcomes"
    between = " " if language == "en" else ""
    return said + between + say(f"duel.{key}", language, more=ruling.more_outcomes, outcomes=ruling.outcomes)


def volume_table(duel: Duel, language: Language) -> TextTable:
    """Lay out what sales would have got from each list."""
    key = "volume_once" if duel.weeks == 1 else "volume"
    table = TextTable(say(f"duel.{key}", language, a_week=duel.leads_a_week, weeks=duel.weeks))
    table.add_column(say("duel.who", language))
    for column in ("taken", "taken_ready", "precision", *(["won"] if duel.money is not None else [])):
        table.add_column(say(f"duel.{column}", language), right=True)
    for name, taken in duel.taken.items():
        money = [] if duel.money is None else [f"{duel.money[name]:,.0f}"]
        share = _share(taken.precision, language)
        table.add_row(contestant(name, language), f"{taken.leads:,}", f"{taken.ready:,}", share, *money)
    return table


def swap_table(duel: Duel, pairing: Pairing, language: Language) -> TextTable:
    """Lay out who enters, leaves and stays when the first list replaces the rival's."""
    names = _names(duel, pairing, language)
    table = TextTable(say("duel.swap", language, **names), [say("duel.group", language)])
    for column in ("taken", "taken_ready"):
        table.add_column(say(f"duel.{column}", language), right=True)
    for group in ("enter", "leave", "stay"):
        counts = getattr(pairing.swap, group), getattr(pairing.swap, f"{group}_ready")
        table.add_row(say(f"duel.{group}", language, **names), *(f"{count:,}" for count in counts))
    return table


def swap_line(duel: Duel, pairing: Pairing, language: Language) -> str:
    """Say who changes, in a sentence."""
    swap, names = pairing.swap, _names(duel, pairing, language)
    counts = {name: getattr(swap, name) for name in ("enter", "leave", "enter_ready", "leave_ready")}
    if swap.gain is None:
        return say("duel.swap_said_plainly", language, a_week=duel.leads_a_week, **names, **counts)
    gain = {name: _signed(getattr(swap.gain, name), language) for name in ("low", "high")}
    return say(
        "duel.swap_said",
        language,
        a_week=duel.leads_a_week,
        gain=_signed(swap.gain.value, language),
        **names,
        **counts,
        **gain,
    )


def alike_line(duel: Duel, pairing: Pairing, language: Language) -> str:
    """Say how much two lists have in common."""
    same, correlation = percent(pairing.same_band, language), f"{pairing.rank_correlation:.2f}"
    names = _names(duel, pairing, language)
    names["first"] = at_the_beginning(names["first"])
    return say("duel.alike", language, same_band=same, correlation=correlation, **names)


def selection_lines(duel: Duel, language: Language) -> list[str]:
    """Say how far the outcomes hang on who was worked."""
    worked, selection = duel.selection.worked_of_taken, duel.selection
    lines = [
        say(
            "duel.selection",
            language,
            first_worked=percent(worked[duel.first], language),
            rival_worked=percent(worked[pairing.rival], language),
            **_names(duel, pairing, language),
        )
        for pairing in duel.pairings
    ]
    key = "by_lot" if selection.weighed else "few_by_lot" if selection.explored else "not_by_lot"
    return [*lines, say(f"duel.{key}", language, explored=selection.explored, fewest=FEWEST_EXPLORED)]


def disagreement_parts(
    duel: Duel, rival: str, disagreements: Sequence[Disagreement], language: Language
) -> Iterator[TextTable]:
    """Lay out what both say of each lead on which they differ, line by line."""
    first = contestant(duel.first, language)
    for one in disagreements:
        title = say(
            "duel.disagreement",
            language,
            lead=one.lead_id,
            as_of=to_iso(one.as_of)[:10],
            first=first,
            rival=contestant(rival, language),
            first_score=one.scores[0],
            rival_score=one.scores[1],
            first_place=percent(one.better_than[0], language),
            rival_place=percent(one.better_than[1], language),
            became=say(f"duel.charts.{'yes' if one.ready else 'no'}", language),
        )
        table = TextTable(title, [say("duel.line", language)])
        for name in (duel.first, rival):
            table.add_column(at_the_beginning(contestant(name, language)), right=True)
        table.add_row(say("duel.start", language), *map(str, one.starts))
        for line in one.lines:
            table.add_row(line.reason[language], *(f"{effect:+d}" for effect in line.effects))
        table.add_row(say("duel.others", language), *(f"{effect:+d}" for effect in one.others))
        if any(one.held):
            table.add_row(say("duel.held", language), *(f"{effect:+d}" for effect in one.held))
        table.add_row(say("duel.score", language), *map(str, one.scores), bold=True)
        yield table


def duel_page(duel: Duel, scatter: Scatter, disagreements: Sequence[Disagreement], language: Language) -> Page:
    """Write a duel as a page that needs no network.

    Parameters
    ----------
    duel : Duel
    scatter : Scatter
        Where both lists place the leads; of the first against its first rival, as `disagreements` are.
    disagreements : sequence of Disagreement
    language : {"en", "ja"}

    Returns
    -------
    page : Page
    """
    rival, comparison = duel.pairings[0].rival, duel.comparison
    names = _names(duel, duel.pairings[0], language)
    rivals = "、".join if language == "ja" else ", ".join
    lines = ruling_lines(duel, language)
    sections: list[tuple[str, list[Block]]] = [
        ("volume", [volume_table(duel, language)]),
        ("lift", [say("duel.reading.lift", language), _picture(lift_chart(duel, language), "lift", language)]),
        ("swap", _swap_blocks(duel, language)),
        ("reliability", [_picture(reliability_chart(duel, language), "reliability", language)]),
        (
            "disagreements",
            [
                say("duel.reading.scatter", language, **names),
                _picture(scatter_chart(duel, scatter, language), "disagreements", language),
                *disagreement_parts(duel, rival, disagreements, language),
            ],
        ),
        ("segments", _segment_blocks(comparison, names, language)),
        (
            "periods",
            [period_table(comparison, language), age_table(comparison, language), gain_table(comparison, language)],
        ),
        ("limits", [Points((*selection_lines(duel, language), *about_lines(comparison, language)))]),
    ]
    return Page(
        title=say(
            "duel.title",
            language,
            first=names["first"],
            rivals=rivals(contestant(p.rival, language) for p in duel.pairings),
        ),
        lead=lines[0],
        sections=(
            Section(
                say("duel.sections.verdict", language),
                (Points((*lines, *(swap_line(duel, p, language) for p in duel.pairings))),),
            ),
            *(Section(say(f"duel.sections.{key}", language), tuple(blocks)) for key, blocks in sections),
        ),
        language=language,
    )


def _swap_blocks(duel: Duel, language: Language) -> list[Block]:
    blocks: list[Block] = [_picture(swap_chart(duel, language), "swap", language)]
    for pairing in duel.pairings:
        blocks += [swap_table(duel, pairing, language), alike_line(duel, pairing, language)]
    return blocks


def _segment_blocks(comparison: Comparison, names: dict[str, str], language: Language) -> list[Block]:
    chart = segment_chart(comparison, language)
    table = segment_table(comparison, language)
    if chart is None:
        return [table]
    return [say("duel.reading.segments", language, **names), _picture(chart, "segments", language), table]


def _picture(chart: Chart, key: str, language: Language) -> Picture:
    return Picture(as_svg(chart), say(f"duel.sections.{key}", language))


def _names(duel: Duel, pairing: Pairing, language: Language) -> dict[str, str]:
    return {"first": contestant(duel.first, language), "rival": contestant(pairing.rival, language)}


def _signed(share: float, language: Language) -> str:
    """Write a difference of shares in percentage points, to a tenth."""
    return f"{100 * share:+.1f}" + (" %" if language == "en" else "%")


def _unsigned(share: float, language: Language) -> str:
    """Write the size of a difference of shares, to a tenth; the sentence says in which direction."""
    return _signed(abs(share), language)[1:]


def _share(figure: Figure | None, language: Language) -> str:
    if figure is None:
        return "-"
    return f"{percent(figure.value, language)} [{percent(figure.low, language)}, {percent(figure.high, language)}]"

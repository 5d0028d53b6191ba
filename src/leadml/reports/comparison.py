"""How a comparison is told: periods, ages, gains, segments, fairness, and the verdict in sentences."""

from collections.abc import Iterator

from leadml.compare import Comparison
from leadml.evaluate import MEAN_OF_AGES, METRICS, Figure, Segment, Treatment, Verdict
from leadml.reports.text_table import TextTable
from leadml.wording.numbers import percent
from leadml.wording.texts import Language, say

_SHOWN_OF_A_VIEW = 8


def report(comparison: Comparison, language: Language) -> Iterator[TextTable | str]:
    """Tell in short how good the recipe is: what training shows, and a comparison begins with.

    Parameters
    ----------
    comparison : Comparison
    language : {"en", "ja"}

    Yields
    ------
    part : TextTable or str
        Periods, figures by age, the AUC within scoring days, the verdict.
    """
    yield period_table(comparison, language)
    yield age_table(comparison, language)
    yield from verdict_lines(comparison, language)


def details(comparison: Comparison, language: Language) -> Iterator[TextTable | str]:
    """Tell what stands behind the verdict.

    Parameters
    ----------
    comparison : Comparison
    language : {"en", "ja"}

    Yields
    ------
    part : TextTable or str
        Gains with their intervals, segments, fairness, and the learning curve where it was asked for.
    """
    yield gain_table(comparison, language)
    yield segment_table(comparison, language)
    if comparison.fairness:
        yield fairness_table(comparison, language)
    if comparison.learning_curve:
        yield learning_table(comparison, language)


def period_table(comparison: Comparison, language: Language) -> TextTable:
    """Lay out the periods: when they were scored, what was learned before, and how each was ranked."""
    title = say(
        "comparison.title",
        language,
        test_from=comparison.test_from[:10],
        test_to=comparison.test_to[:10],
        leads=comparison.leads,
        snapshots=comparison.snapshots,
        ready=comparison.ready,
    )
    columns = ("period", "created_from", "scored", "leads", "snapshots", "ready", "trained_on", "auc")
    table = TextTable(title)
    for column in columns:
        table.add_column(say(f"comparison.{column}", language), no_wrap=True)
    for number, period in enumerate(comparison.periods, start=1):
        verdict = comparison.of_period(number, "auc")
        figures = {} if verdict is None else verdict.figures
        table.add_row(
            str(number),
            period.created_from[:10],
            say("comparison.from_to", language, low=period.test_from[:10], high=period.test_to[:10]),
            *(f"{count:,}" for count in (period.leads, period.snapshots, period.ready)),
            f"{period.trained_on:,} ({period.in_the_gap:,})",
            "\n".join(f"{contestant(name, language)} {_value(figure)}" for name, figure in figures.items()),
        )
    return table


def age_table(comparison: Comparison, language: Language) -> TextTable:
    """Lay out every figure of every contestant, age by age."""
    title = say("comparison.ages", language, share=percent(comparison.top_share, language))
    table = TextTable(title, [say(f"comparison.{column}", language) for column in ("age", "contestant")])
    for metric in METRICS:
        table.add_column(say(f"comparison.{metric}", language), right=True)
    verdicts = comparison.by_age()
    for age in dict.fromkeys(verdict.age for verdict in verdicts):
        of_age = {verdict.metric: verdict for verdict in verdicts if verdict.age == age}
        for place, name in enumerate(comparison.contestants):
            table.add_row(
                age_in_words(age, language) if place == 0 else "",
                contestant(name, language),
                *(_value(of_age[metric].figures[name]) for metric in METRICS),
                bold=age == MEAN_OF_AGES,
                ends_section=place == len(comparison.contestants) - 1,
            )
    return table


def gain_table(comparison: Comparison, language: Language) -> TextTable:
    """Lay out the first contestant's figures and gains with their intervals, as the mean of ages."""
    first, *rivals = comparison.contestants
    table = TextTable(
        say("comparison.gains", language),
        [say("comparison.metric", language), say("comparison.with", language, name=contestant(first, language))],
    )
    for name in rivals:
        table.add_column(say("comparison.gain", language, name=contestant(name, language)))
    for metric in METRICS:
        verdict = comparison.overall(metric)
        table.add_row(
            say(f"comparison.{metric}", language),
            _with_interval(verdict.figures[first]),
            *(_with_interval(verdict.gains[name], signed=True) for name in rivals),
        )
    return table


def segment_table(comparison: Comparison, language: Language) -> TextTable:
    """Lay out how well each segment is ranked, and what is gained there over the first rival."""
    first, rival = comparison.contestants[:2]
    columns = [say(f"comparison.{column}", language) for column in ("view", "group", "leads", "ready_leads")]
    columns.append(say("comparison.auc_with", language, name=contestant(first, language)))
    columns.append(say("comparison.gain", language, name=contestant(rival, language)))
    table = TextTable(say("comparison.segments", language), columns)
    for view in dict.fromkeys(segment.view for segment in comparison.segments):
        segments = [segment for segment in comparison.segments if segment.view == view]
        for place, segment in enumerate(segments[:_SHOWN_OF_A_VIEW]):
            verdict = next((verdict for verdict in segment.verdicts if verdict.metric == "auc"), None)
            table.add_row(
                *_counted(segment, language, with_view=place == 0),
                *(
                    [say(f"comparison.{segment.not_shown}", language)]
                    if verdict is None
                    else [_with_interval(verdict.first), _with_interval(verdict.gain, signed=True)]
                ),
            )
        _say_how_many_more(table, len(segments), language)
    return table


def fairness_table(comparison: Comparison, language: Language) -> TextTable:
    """Lay out who would be handed over, how often rightly, and with how true a chance; the largest groups."""
    by = say(f"comparison.by_{comparison.handed_over_by}", language, share=percent(comparison.top_share, language))
    columns = ("view", "group", "leads", "ready_leads", "handed_over", "precision_of_those", "said_to_happened")
    table = TextTable(
        say("comparison.fairness", language, by=by), [say(f"comparison.{column}", language) for column in columns]
    )
    for view in dict.fromkeys(group.view for group in comparison.fairness):
        groups = [group for group in comparison.fairness if group.view == view]
        for place, group in enumerate(groups[:_SHOWN_OF_A_VIEW]):
            figures = (group.handed_over, group.precision, group.said_to_happened)
            table.add_row(
                *_counted(group, language, with_view=place == 0),
                *(
                    [say(f"comparison.{group.not_shown}", language)]
                    if group.not_shown
                    else [_with_interval(figure, digits=2) for figure in figures]
                ),
            )
        _say_how_many_more(table, len(groups), language)
    return table


def learning_table(comparison: Comparison, language: Language) -> TextTable:
    """Lay out what more leads to learn from have brought."""
    columns = ("share_learned", "leads", "snapshots", "ready", "auc", "log_loss")
    table = TextTable(
        say("comparison.learning", language), [say(f"comparison.{column}", language) for column in columns]
    )
    for point in comparison.learning_curve:
        table.add_row(
            percent(point.share, language),
            *(f"{count:,}" for count in (point.leads, point.snapshots, point.ready)),
            _with_interval(point.auc),
            _with_interval(point.log_loss),
        )
    return table


def verdict_lines(comparison: Comparison, language: Language) -> list[str]:
    """Say in sentences who is better, by how much, and what the figures do not say.

    Parameters
    ----------
    comparison : Comparison
    language : {"en", "ja"}

    Returns
    -------
    lines : list of str
        One for each rival first.
    """
    rivals = comparison.contestants[1:]
    return [*(_against(comparison, rival, language) for rival in rivals), *about_lines(comparison, language)]


def about_lines(comparison: Comparison, language: Language) -> list[str]:
    """Say on what a comparison rests, and what its figures do not say.

    Parameters
    ----------
    comparison : Comparison
    language : {"en", "ja"}

    Returns
    -------
    lines : list of str
    """
    within, last = comparison.within_day(), comparison.periods[-1]
    lines = [
        *([] if within is None else [_within_day(within, language)]),
        say("verdict.about", language, trained_on=last.trained_on, in_the_gap=last.in_the_gap),
        say("verdict.worked", language, not_worked=round(100 * comparison.not_worked_share)),
    ]
    if comparison.note is not None:
        lines.append(
            say(
                f"verdict.{comparison.note}",
                language,
                periods=len(comparison.periods),
                asked=comparison.periods_asked,
            )
        )
    return [*lines, *([say("verdict.row_order", language)] if comparison.clock == "row_order" else [])]


def _against(comparison: Comparison, rival: str, language: Language) -> str:
    verdict, ruling = comparison.overall("auc"), comparison.ruling(rival)
    return say(
        f"verdict.{ruling.word}",
        language,
        who=at_the_beginning(contestant(comparison.contestants[0], language)),
        rival=contestant(rival, language),
        first=f"{verdict.first.value:.3f}",
        second=f"{verdict.figure_of(rival).value:.3f}",
        gain=f"{ruling.gain.value:+.3f}",
        low=f"{ruling.gain.low:+.3f}",
        high=f"{ruling.gain.high:+.3f}",
    )


def _within_day(verdict: Verdict, language: Language) -> str:
    said = [f"{contestant(name, language)} {_with_interval(figure)}" for name, figure in verdict.figures.items()]
    return say("verdict.within_day", language, figures=", ".join(said))


def age_in_words(age: str, language: Language) -> str:
    """Name an age as readers know it."""
    return say("comparison.mean_of_ages", language) if age == MEAN_OF_AGES else age


def contestant(name: str, language: Language) -> str:
    """Name a contestant as readers know it."""
    kind, _, which = name.partition(":")
    if kind.isdecimal():
        return say("comparison.contestants.version", language, name=kind)
    said = say(f"comparison.contestants.{kind}", language)
    return f"{said} {which}" if which else said


def at_the_beginning(said: str) -> str:
    """Write a name as it stands at the beginning of a sentence."""
    return said[:1].upper() + said[1:]


def _counted(group: Segment | Treatment, language: Language, *, with_view: bool) -> list[str]:
    """Say which group it is, and how many leads it has."""
    return [
        say(f"comparison.views.{group.view}", language) if with_view else "",
        _group(group.view, group.name, language),
        f"{group.leads:,}",
        f"{group.ready:,}",
    ]


def _say_how_many_more(table: TextTable, groups: int, language: Language) -> None:
    if groups > _SHOWN_OF_A_VIEW:
        table.add_row("", say("comparison.more_groups", language, number=f"{groups - _SHOWN_OF_A_VIEW:,}"))


def _group(view: str, name: str | None, language: Language) -> str:
    if name is None:
        return say("value.missing", language)
    return say(f"comparison.tried.{name}", language) if view == "tried" else name


def _value(figure: Figure | None) -> str:
    return "-" if figure is None else f"{figure.value:.3f}"


def _with_interval(figure: Figure | None, *, signed: bool = False, digits: int = 3) -> str:
    if figure is None:
        return "-"
    form = f"{'+' if signed else ''}.{digits}f"
    return f"{figure.value:{form}} [{figure.low:{form}}, {figure.high:{form}}]"

"""`leadml why`: what made a lead's score change."""

from pathlib import Path
from typing import Annotated

import typer

from leadml.change import Change, Part
from leadml.cli.options import DataOption, JsonOption, LanguageOption, ProjectOption
from leadml.cli.tables import difference_lines
from leadml.cli.telling import Steps, out, problems_told, tell, tell_json
from leadml.project import Project
from leadml.reports.text_table import TextTable
from leadml.scoring import LeadScore
from leadml.wording.numbers import chance_in_words, moment
from leadml.wording.texts import Language, say

_CHANGES_SHOWN = 3


def why(
    lead: Annotated[str, typer.Argument(help="The id of the lead.", metavar="LEAD")],
    since: Annotated[str, typer.Option("--since", help="Instant with zone: the score of then.", metavar="TIME")],
    until: Annotated[
        str | None, typer.Option("--until", help="Instant with zone; default: the latest score.", metavar="TIME")
    ] = None,
    project: ProjectOption = Path(),
    data: DataOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Say what made a lead's score change: new facts, the time that passed, another model, other promises.

    The scores are those that the service gave, made again from what was stored; of a lead that it was never asked
    about, they are made now from the history. The parts add up.

    Example: leadml why L00042 --since 2026-06-01T00:00:00Z
    """
    with problems_told(as_json=as_json, language=language):
        opened = Project(project, data=data)
        with Steps(opened.tables, 1, language=language, quiet=as_json) as steps:
            opened.on_progress = steps
            change = opened.why(lead, since=since, until=until)
        if as_json:
            tell_json(change.to_dict())
        else:
            _show(change, language)


def _show(change: Change, language: Language) -> None:
    console = out()
    for line in _head(change, language):
        console.print(line, markup=False)
    tell(part_table(change, language))
    for line in _notes(change, language):
        console.print(line, markup=False)


def _head(change: Change, language: Language) -> list[str]:
    key = "unchanged" if not change.points and not any(part.difference.points for part in change.parts) else "head"
    told = {
        "lead": change.second.lead_id,
        "before": _place(change.first, language),
        "after": _place(change.second, language),
        "points": f"{change.points:+d}",
        "first": moment(change.first.as_of),
        "second": moment(change.second.as_of),
    }
    return [say(f"why.{key}", language, **told)]


def _place(score: LeadScore, language: Language) -> str:
    chance = chance_in_words(score.probability, language)
    return say("what_if.place", language, score=score.score, chance=chance, band=score.placement.band)


def part_table(change: Change, language: Language) -> TextTable:
    """Lay out the four parts, which add up, each with its largest changes.

    Parameters
    ----------
    change : Change
    language : {"en", "ja"}

    Returns
    -------
    table : TextTable
    """
    table = TextTable(say("why.title", language), [say("why.part", language)])
    table.add_column(say("why.points", language), right=True)
    table.add_column(say("why.band", language))
    table.add_column(say("why.because", language))
    for part in change.parts:
        table.add_row(
            say(f"why.parts.{part.name}", language),
            f"{part.difference.points:+d}",
            _band(part, language),
            "\n".join(_because(change, part, language)),
        )
    total = say("why.total", language)
    bands = change.first.placement.band, change.second.placement.band
    table.add_row(total, f"{change.points:+d}", _bands(*bands, language), bold=True)
    return table


def _band(part: Part, language: Language) -> str:
    return _bands(part.before.band, part.after.band, language)


def _bands(before: str, after: str, language: Language) -> str:
    return "" if before == after else say("why.from_to", language, before=before, after=after)


def _because(change: Change, part: Part, language: Language) -> list[str]:
    """Say what stands behind a part: its reasons, or which model or agreement came after which."""
    first, second = change.first, change.second
    if part.name == "model" and first.model_version == second.model_version:
        return [say("why.same_model", language, version=second.model_version)]
    if part.name == "promises" and first.agreement_version == second.agreement_version and part.before == part.after:
        return [say("why.same_agreement", language, version=second.agreement_version)]
    if part.name == "promises":
        return [say("why.other_agreement", language, before=first.agreement_version, after=second.agreement_version)]
    lines = [line.strip() for line in difference_lines(part.difference, language, shown=_CHANGES_SHOWN)]
    if part.name == "model":
        versions = {"before": first.model_version, "after": second.model_version}
        return [say("why.other_model", language, **versions), *lines]
    return lines


def _notes(change: Change, language: Language) -> list[str]:
    """Say where the scores come from, and whatever does not fit."""
    notes = [] if change.from_ledger else [say("why.made_now", language)]
    if change.first.hindsight and not change.from_ledger:
        notes.append(say("score_table.hindsight", language))
    for score, remade, given in zip((change.first, change.second), change.remade, change.given, strict=True):
        if not remade and given is not None:
            told = {"as_of": moment(score.as_of), "given": given["score"], "made": score.score}
            exact = {
                "given_exact": f"{given['score_unclipped']:.3f}",
                "made_exact": f"{score.explanation.unclipped:.3f}",
            }
            notes.append(say("why.not_remade", language, **told, **exact))
    return notes

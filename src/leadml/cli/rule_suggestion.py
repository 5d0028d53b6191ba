"""`leadml rules suggest`: rules that say nearly what the model says, for a CRM that knows no model."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from leadml.cli.options import DataOption, JsonOption, LanguageOption, ProjectOption
from leadml.cli.telling import Steps, out, problems_told, tell, tell_json
from leadml.cli.writing import refuse_definitions, write_text
from leadml.evaluate import Figure
from leadml.project import Project
from leadml.reports.text_table import TextTable
from leadml.specs.yaml_text import rules_text
from leadml.suggestion import AT_MOST, Judged, Suggestion, judge_suggestion, suggest_rules
from leadml.training import fit_recipe
from leadml.wording.numbers import percent
from leadml.wording.texts import Language, say


def suggest(
    project: ProjectOption = Path(),
    data: DataOption = None,
    at_most: Annotated[int, typer.Option("--at-most", min=1, max=100, help="Rules to type, at most.")] = AT_MOST,
    file: Annotated[
        Path | None,
        typer.Option("--out", help="Also write the rules into a file; never one of the project's own.", metavar="FILE"),
    ] = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Suggest whole-number rules that rank leads nearly as the model does, in no more of them than it takes.

    They are measured on later leads, by rules suggested from what was known before: the gain over today's rules, and
    what is lost against the model.

    Example: leadml rules suggest --at-most 15 --out rules-suggested.yaml
    """
    with problems_told(as_json=as_json, language=language):
        opened = Project(project, data=data)
        if file is not None:
            refuse_definitions(file, opened.folder, option="--out", better="rules-suggested.yaml")
        with Steps(opened.tables, 4, language=language, quiet=as_json) as steps:
            opened.on_progress = steps
            opened.history  # noqa: B018 - read as steps of their own
            steps("training_set")
            training_set = opened.training_set()
            steps("judge")
            judged = judge_suggestion(training_set, opened.spec, at_most=at_most)
            steps("fit")
            model = fit_recipe(training_set, opened.spec)
            steps("suggest")
            suggestion = suggest_rules(training_set, opened.spec, model, at_most=at_most)
        text = rules_text(suggestion.rules)
        if file is not None:
            write_text(text, file, option="--out")
        if as_json:
            tell_json(_plain(suggestion, judged))
        else:
            _show(suggestion, judged, text, at_most, language)
            if file is not None:
                tell(say("suggested.written", language, file=str(file)))


def _plain(suggestion: Suggestion, judged: Judged) -> dict[str, Any]:
    rules = suggestion.rules.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return {
        "rules": rules["rules"],
        "count": suggestion.count,
        "tried": [asdict(tried) for tried in suggestion.tried],
        "judged": asdict(judged),
    }


def _show(suggestion: Suggestion, judged: Judged, text: str, at_most: int, language: Language) -> None:
    if suggestion.count:
        out().print(text, markup=False, soft_wrap=True, end="")
    for part in _told(suggestion, judged, at_most, language):
        tell(part)


def _told(suggestion: Suggestion, judged: Judged, at_most: int, language: Language) -> Iterator[TextTable | str]:
    """Tell how many rules there are and why, and the figures."""
    if not suggestion.count:
        yield say("suggested.nothing", language)
    else:
        best = max(suggestion.tried, key=lambda tried: tried.auc)
        yield say("suggested.lines", language, rules=suggestion.count, at_most=at_most, best=best.rules)
    table = TextTable(
        say("suggested.title", language, leads=judged.leads, snapshots=judged.snapshots, ready=judged.ready),
        [say("suggested.figure", language)],
    )
    table.add_column(say("suggested.auc", language), right=True)
    table.add_column(say("suggested.interval", language), right=True)
    for name, figure in judged.auc.items():
        table.add_row(say(f"suggested.{name}", language), *_cells(figure), ends_section=name == "readiness")
    table.add_row(say("suggested.gain", language), *_cells(judged.gain, sign="+"))
    table.add_row(say("suggested.loss", language), *_cells(judged.loss, sign="+"))
    yield table
    if judged.share is None:
        yield say("suggested.no_share", language)
    else:
        parts = {name: percent(getattr(judged.share, name), language) for name in ("value", "low", "high")}
        yield say("suggested.share", language, **parts)
    yield say("suggested.periods", language, rules=", ".join(map(str, judged.counts)))


def _cells(figure: Figure, *, sign: str = "") -> tuple[str, str]:
    return f"{figure.value:{sign}.3f}", f"[{figure.low:{sign}.3f}, {figure.high:{sign}.3f}]"

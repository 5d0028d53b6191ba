"""`leadml models`: the versions that were trained, and what differs between two of them."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer
from rich.table import Table

from leadml.champion import champion_folder, version_in
from leadml.cli.options import JsonOption, LanguageOption, ProjectOption
from leadml.cli.telling import out, problems_told, refuse_options_before, tell_json
from leadml.clock import to_iso
from leadml.differences import Difference
from leadml.errors import LeadmlError
from leadml.project import Project
from leadml.wording.texts import Language, say

if TYPE_CHECKING:
    from leadml.registry import KeptVersion

_COLUMNS = ("version", "alias", "trained", "knows_until", "snapshots", "outcomes", "auc", "gain", "gate")
_RIGHT = ("version", "snapshots", "outcomes", "auc")
_METRICS = ("auc", "auc_rules", "lift", "brier", "log_loss")
_LONGEST = 60

models = typer.Typer(invoke_without_command=True, no_args_is_help=False)


@models.callback()
def list_versions(
    context: typer.Context,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """List the versions that were trained, newest first: from what, how good, and which one answers.

    Example: leadml models --json
    """
    if context.invoked_subcommand is not None:
        refuse_options_before(context, context.invoked_subcommand, language)
        return
    with problems_told(as_json=as_json, language=language):
        opened = Project(project)
        kept = opened.versions()
        here = _version_here(opened.folder)
        if as_json:
            tell_json({"name": opened.spec.readiness.name, "answers_here": here, "versions": list(map(_plain, kept))})
            return
        console = out()
        if not kept:
            console.print(say("models.none", language), markup=False)
            return
        console.print(_table(kept, opened.spec.readiness.name, language))
        for line in _lines_below(kept, here, language):
            console.print(line, markup=False)


@models.command()
def diff(
    first: Annotated[str, typer.Argument(help="A version, champion or challenger.", metavar="A")],
    second: Annotated[str, typer.Argument(help="Another version, champion or challenger.", metavar="B")],
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Say in what two versions differ: data, definitions, features, rules, settings, packages, code, figures.

    Example: leadml models diff champion challenger
    """
    with problems_told(as_json=as_json, language=language):
        one, other, found = Project(project).differences(first, second)
        if as_json:
            tell_json(
                {
                    "first": _plain(one),
                    "second": _plain(other),
                    "same": not found,
                    "differences": [{**asdict(each), "change": each.change} for each in found],
                }
            )
            return
        console = out()
        for line in _differences(found, (one.version, other.version), language):
            console.print(line, markup=False)
        console.print(_figures(one, other, language))


def _version_here(folder: Path) -> int | None:
    """Say which version's files lie in place; none when none do."""
    try:
        return version_in(champion_folder(folder))
    except LeadmlError as error:
        if error.code not in ("no_champion", "unreadable_model"):
            raise
        return None


def _plain(kept: "KeptVersion") -> dict[str, Any]:
    """Lay a version out for JSON."""
    return {
        "version": kept.version,
        "aliases": list(kept.aliases),
        "trained_at": to_iso(kept.registered_at),
        "gate": kept.tags.get("gate"),
        "rules_alone": kept.tags.get("rules_alone") == "true",
        "accepted_leaks": _leaks(kept),
        "parameters": dict(kept.parameters),
        "metrics": dict(kept.metrics),
        "run_id": kept.run_id,
    }


def _leaks(kept: "KeptVersion") -> list[dict[str, str]]:
    leaks: list[dict[str, str]] = orjson.loads(kept.tags.get("accepted_leaks", "[]"))
    return leaks


def _table(kept: Sequence["KeptVersion"], name: str, language: Language) -> Table:
    table = Table(title=say("models.title", language, name=name), title_justify="left", header_style="bold")
    for column in _COLUMNS:
        table.add_column(say(f"models.{column}", language), justify="right" if column in _RIGHT else "left")
    for version in kept:
        told = version.parameters
        table.add_row(
            str(version.version),
            ", ".join(version.aliases),
            to_iso(version.registered_at)[:16].replace("T", " "),
            told.get("knows_until", "-")[:10],
            _count(told.get("snapshots")),
            _count(told.get("outcomes")),
            _figure(version, "auc"),
            _gain(version),
            _gate(version, language),
        )
    return table


def _count(written: str | None) -> str:
    return "-" if written is None else f"{int(written):,}"


def _figure(kept: "KeptVersion", metric: str) -> str:
    value = kept.metrics.get(metric)
    return "-" if value is None else f"{value:.3f}"


def _gain(kept: "KeptVersion") -> str:
    """Write how much better than the rules it ranked, with the interval by lead."""
    told = kept.metrics
    if not {"auc", "auc_rules", "auc_gain_low", "auc_gain_high"} <= set(told):
        return "-"
    gain = told["auc"] - told["auc_rules"]
    return f"{gain:+.3f} [{told['auc_gain_low']:+.3f}, {told['auc_gain_high']:+.3f}]"


def _gate(kept: "KeptVersion", language: Language) -> str:
    if kept.tags.get("rules_alone") == "true":
        return say("models.rules_alone", language)
    passed = kept.tags.get("gate") == "passed"
    return say("models.passed" if passed else "models.failed", language)


def _lines_below(kept: Sequence["KeptVersion"], here: int | None, language: Language) -> Iterator[str]:
    """Say which version answers in this folder, and why leaks were accepted."""
    champion = next((version.version for version in kept if "champion" in version.aliases), None)
    if here is not None and here != champion:
        yield say("models.other_here", language, here=here, champion=champion or "-")
    for version in kept:
        for leak in _leaks(version):
            yield say("models.leak", language, version=version.version, **leak)


def _differences(found: Sequence[Difference], asked: tuple[int, int], language: Language) -> Iterator[str]:
    first, second = asked
    if not found:
        yield say("models.same", language, first=first, second=second)
    for place, each in enumerate(found):
        if place == 0 or found[place - 1].part != each.part:
            yield say(f"models.parts.{each.part}", language)
        values = {"first": _short(each.first), "second": _short(each.second)}
        yield "  " + say(f"models.{each.change}", language, name=each.name, **values)


def _short(text: str | None) -> str:
    return "" if text is None else text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _figures(first: "KeptVersion", second: "KeptVersion", language: Language) -> Table:
    """Lay the figures side by side, each as it was judged before its training."""
    table = Table(title=say("models.figures", language), title_justify="left", header_style="bold")
    table.add_column("")
    for version in (first, second):
        named = say("models.version_cell", language, version=version.version, alias=", ".join(version.aliases))
        table.add_column(named.strip(), justify="right")
    for metric in _METRICS:
        table.add_row(say(f"models.metrics.{metric}", language), _figure(first, metric), _figure(second, metric))
    table.add_row(say("models.gain", language), _gain(first), _gain(second))
    return table

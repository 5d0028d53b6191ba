"""`leadml rules`: the CRM's own rules taken over, and what the project's rules can give."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from leadml.cli.options import DataOption, JsonOption, LanguageOption, ProjectOption
from leadml.cli.rule_suggestion import suggest
from leadml.cli.telling import Steps, out, problems_told, refuse_options_before, tell_json
from leadml.crm_rules.hubspot import read_score
from leadml.crm_rules.importing import Imported, import_score
from leadml.crm_rules.names import NamesSpec
from leadml.crm_rules.writing import RULES, Planned, planned, write
from leadml.errors import LeadmlError, ProblemsError
from leadml.project import Project
from leadml.rule_check import RulesSeen, see_rules
from leadml.specs.reading import read_specification
from leadml.specs.rules_reach import reach_of, reach_of_rule
from leadml.specs.rules_spec import RuleSpec
from leadml.wording.numbers import percent
from leadml.wording.texts import Language, say

rules = typer.Typer(invoke_without_command=True, no_args_is_help=False)
rules.command(no_args_is_help=False)(suggest)


@rules.callback()
def list_rules(
    context: typer.Context,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """List the rules: what each gives, and what people read where it does.

    Example: leadml rules --language ja
    """
    if context.invoked_subcommand is not None:
        refuse_options_before(context, context.invoked_subcommand, language)
        return
    with problems_told(as_json=as_json, language=language):
        spec = Project(project).spec.rules
        if as_json:
            tell_json(spec.model_dump(mode="json", by_alias=True, exclude_defaults=True))
            return
        if not spec.rules:
            out().print(say("rules.none", language), markup=False)
            return
        table = Table(header_style="bold", pad_edge=False)
        for column in ("rule", "group", "points", "because"):
            table.add_column(say(f"rules.{column}", language), justify="right" if column == "points" else "left")
        for rule in spec.rules:
            because = rule.because.ja if language == "ja" else rule.because.en
            table.add_row(escape(rule.name), escape(rule.group or ""), _gives(rule, language), escape(because))
        out().print(table)


@rules.command("import")
def import_rules(
    file: Annotated[
        Path, typer.Argument(help="A lead score as HubSpot's Lead Scoring API gives it, in JSON.", metavar="FILE")
    ],
    names: Annotated[
        Path | None,
        typer.Option("--names", help="YAML with names for events, segments, properties and groups.", metavar="FILE"),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be written, and write nothing.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Take the place of other rules in models/rules.yaml.")
    ] = False,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Write a lead score of HubSpot as models/rules.yaml, with the features that it needs.

    What cannot be expressed is listed by the id of its rule, with the reason. Importing twice changes nothing.

    Example: leadml rules import score.json --names names.yaml --dry-run
    """
    with problems_told(as_json=as_json, language=language):
        opened = Project(project)
        score = read_score(file, shown_as=file.name)
        named = NamesSpec() if names is None else read_specification(NamesSpec, names, shown_as=names.name)
        imported = import_score(score, opened.spec, named, file=file.name)
        files = planned(imported, opened.folder)
        if not dry_run:
            _refuse_to_replace(files, opened, replace=replace)
            write(files, opened.folder)
        if as_json:
            tell_json(_as_dict(imported, files, language, dry_run=dry_run))
            return
        for line in _told(imported, files, language, dry_run=dry_run):
            out().print(line, markup=False, soft_wrap=True)


@rules.command()
def check(
    project: ProjectOption = Path(),
    data: DataOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Say what the rules can give, and how often each is met; rules that contradict each other are refused.

    Example: leadml rules check --json
    """
    with problems_told(as_json=as_json, language=language):
        opened = Project(project, data=data)
        spec = opened.spec.rules
        seen, unseen = None, None
        if spec.rules:
            with Steps(opened.tables, 1, language=language, quiet=as_json) as steps:
                opened.on_progress = steps
                seen, unseen = _seen(opened)
        low, high = reach_of(spec)
        if as_json:
            tell_json(
                {
                    "rules": len(spec.rules),
                    "groups": len(spec.groups),
                    "lowest": _finite(low),
                    "highest": _finite(high),
                    "leads": None if seen is None else seen.leads,
                    "met": [] if seen is None else [asdict(each) for each in seen.rules],
                    "not_seen": None if unseen is None else unseen.parts(language),
                }
            )
            return
        if not spec.rules:
            out().print(say("rules.none", language), markup=False)
            return
        ends = {"low": _points(low, language), "high": _points(high, language)}
        counts = {"rules": len(spec.rules), "groups": len(spec.groups)}
        out().print(say("rules.count", language, **counts, **ends), markup=False)
        if unseen is not None:
            out().print(say("rules.not_seen", language, what=unseen.part("what", language)), markup=False)
        if seen is not None:
            _show(seen, language)


def _refuse_to_replace(files: list[Planned], opened: Project, *, replace: bool) -> None:
    """Refuse to lose rules that somebody wrote."""
    others = any(file.name == RULES and file.before is not None for file in files)
    if others and opened.spec.rules.rules and not replace:
        raise LeadmlError("rules_in_the_way", where=RULES, file=RULES)


def _as_dict(imported: Imported, files: list[Planned], language: Language, *, dry_run: bool) -> dict[str, Any]:
    return {
        "name": imported.name,
        "imported": list(imported.imported),
        "rules": [rule.name for rule in imported.rules.rules],
        "disabled": list(imported.disabled),
        "not_imported": [{"id": each.id, **each.problem.parts(language)} for each in imported.not_expressible],
        "features": [feature.name for _, feature in imported.features],
        "files": {file.name: file.new_text for file in files} if dry_run else [file.name for file in files],
        "written": not dry_run,
    }


def _told(imported: Imported, files: list[Planned], language: Language, *, dry_run: bool) -> Iterator[str]:
    yield say(
        "rules.imported", language, name=imported.name, rules=len(imported.imported),
        written=len(imported.rules.rules), disabled=len(imported.disabled),
        not_expressible=len(imported.not_expressible),
    )  # fmt: skip
    for theme, feature in imported.features:
        yield say("rules.new_feature", language, file=f"features/{theme}.yaml", feature=feature.name)
    if dry_run:
        yield say("rules.dry_run", language)
        for file in files:
            added = file.before is not None and file.name != RULES
            yield say("rules.would_be_added" if added else "rules.would_be", language, file=file.name)
            yield file.new_text
    elif files:
        yield say("rules.wrote", language, files=", ".join(file.name for file in files))
    else:
        yield say("rules.nothing_changed", language)
    if imported.not_expressible:
        yield f"{say('rules.title', language)} ({len(imported.not_expressible)}):"
    for each in imported.not_expressible:
        yield f"{each.id}: {each.problem.text(language)}"


def _seen(opened: Project) -> tuple[RulesSeen | None, LeadmlError | None]:
    """Look at the history, or say why it cannot be looked at: rules can be checked before there is one."""
    try:
        history = opened.history
        opened.on_progress("training_set")
        return see_rules(history, opened.training_set().snapshots, opened.spec), None
    except ProblemsError as error:
        return None, error.problems[0]
    except LeadmlError as error:
        return None, error


def _show(seen: RulesSeen, language: Language) -> None:
    out().print(say("rules.met", language, leads=seen.leads), markup=False)
    table = Table(header_style="bold", pad_edge=False)
    table.add_column(say("rules.rule", language))
    table.add_column(say("rules.share", language), justify="right")
    for each in seen.rules:
        few = 0 < each.share < 0.005
        table.add_row(each.rule, say("rules.below_one", language) if few else percent(each.share, language))
    out().print(table)
    for each in seen.rules:
        for feature in each.without_value:
            out().print(say("rules.no_lead_has", language, rule=each.rule, feature=feature), markup=False)
        if each.share == 0 and not each.without_value:
            out().print(say("rules.never_met", language, rule=each.rule), markup=False)


def _gives(rule: RuleSpec, language: Language) -> str:
    """Say between which points a rule lies; what rules out gives none."""
    if rule.disqualifies:
        return say("rules.rules_out", language)
    low, high = reach_of_rule(rule)
    if low and high:
        return say("rules.between", language, low=_points(low, language), high=_points(high, language))
    return _points(low or high, language)


def _finite(points: float) -> float | None:
    return points if abs(points) != float("inf") else None


def _points(points: float, language: Language) -> str:
    return say("rules.unlimited", language) if _finite(points) is None else f"{points:g}"

"""`leadml check`: what is in the history, and what stands out."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import typer
from rich.table import Table
from rich.text import Text

from leadml.cli.options import DataOption, JsonOption, LanguageOption, ProjectOption
from leadml.cli.tables import finding_lines
from leadml.cli.telling import Steps, out, problems_told, tell_json
from leadml.errors import LeadmlError
from leadml.history.checks import CheckReport
from leadml.leakage.findings import GRADES, AuditReport, Grade, LeakFinding
from leadml.project import Project
from leadml.wording.texts import Language, say

EXIT_WITH_LEAKS = 1
_NARROWEST_NAME = 28
_STYLES = {Grade.ERROR: "bold red", Grade.WARNING: "yellow", Grade.NOTE: ""}


def check(
    project: ProjectOption = Path(),
    data: DataOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Read definitions and history, and say what is there, what stands out, and what tells the outcome.

    Every problem of every file is reported at once, each with what, why, where and fix. Where a training
    set can be made, the leakage audit follows: errors, warnings and notes (docs/leakage.md).

    Exit code: 0 when all is well, warnings and notes included; 1 when the audit has an error; 2 when a
    file could not be read.

    Example: leadml check --project examples/bpi2012 --data DIR
    """
    with problems_told(as_json=as_json, language=language):
        opened = Project(project, data=data)
        with Steps(opened.tables, 2, language=language, quiet=as_json) as steps:
            opened.on_progress = steps
            report = opened.check()
            audited = _audit(opened)
        if as_json:
            tell_json(
                {
                    **asdict(report),
                    "audit": audited.to_dict() if isinstance(audited, AuditReport) else None,
                    "not_audited": audited.parts(language) if isinstance(audited, LeadmlError) else None,
                }
            )
        else:
            show_check(report, language)
            show_audit(audited, language)
    if isinstance(audited, AuditReport) and audited.errors:
        raise typer.Exit(EXIT_WITH_LEAKS)


def _audit(project: Project) -> AuditReport | LeadmlError:
    """Audit, or say why not: a history of which nothing can be learned yet can be checked all the same."""
    try:
        return project.audit()
    except LeadmlError as error:
        if error.code != "no_snapshots":
            raise
        return error


def audit_in_short(report: AuditReport, language: Language) -> str:
    """Say what the audit looked at, and how many findings there are of each grade."""
    counts = {f"{grade}s": len(report.of_grade(grade)) for grade in GRADES}
    looked_at = {"columns": report.columns, "leads": report.leads, "ready": report.ready}
    return say("check.audit", language, **looked_at, snapshots=report.snapshots, **counts)


def show_audit(audited: AuditReport | LeadmlError, language: Language) -> None:
    """Print what the leakage audit found, the gravest first, what is said alike together."""
    console = out()
    console.print()
    if isinstance(audited, LeadmlError):
        parts = audited.parts(language)
        console.print(say("check.not_audited", language, what=parts["what"], why=parts["why"]), markup=False)
        return
    title = audit_in_short(audited, language)
    if not audited.findings:
        console.print(title, markup=False)
        return
    table = Table(title=title, title_justify="left", header_style="bold", pad_edge=False)
    for column in ("grade", "where", "what", "evidence", "fix"):
        width = _NARROWEST_NAME if column == "where" else None
        table.add_column(say(f"check.{column}", language), overflow="fold", min_width=width)
    for group in _said_alike(audited.findings, language):
        told = say(f"check.grades.{group[0].grade}", language), group[0].said("what", language)
        names: dict[str, list[str]] = {}
        for finding in group:
            names.setdefault(finding.said("evidence", language), []).append(finding.name)
        for place, (evidence, alike) in enumerate(names.items()):
            grade, what, fix = (*told, group[0].said("fix", language)) if place == 0 else ("", "", "")
            cells = (Text(cell) for cell in (grade, "\n".join(alike), what, evidence, fix))
            table.add_row(*cells, style=_STYLES[group[0].grade], end_section=place == len(names) - 1)
    console.print(table)


def _said_alike(findings: Sequence[LeakFinding], language: Language) -> list[list[LeakFinding]]:
    """Put findings together that differ only in place and figures."""
    groups: dict[tuple[str, ...], list[LeakFinding]] = {}
    for finding in findings:
        said = (finding.grade, finding.code, finding.said("what", language), finding.said("fix", language))
        groups.setdefault(said, []).append(finding)
    return list(groups.values())


def show_check(report: CheckReport, language: Language) -> None:
    """Print the tables of a history and what stands out."""
    table = Table(
        title=say("check.title", language, leads=report.leads, until=report.known_until[:10]),
        title_justify="left",
        header_style="bold",
        pad_edge=False,
    )
    for column in ("table", "rows", "leads", "first_at", "last_at", "known_late"):
        table.add_column(
            say(f"check.{column}", language), justify="right" if column in ("rows", "leads", "known_late") else "left"
        )
    for row in report.tables:
        table.add_row(
            row.table,
            f"{row.rows:,}",
            f"{row.leads:,}",
            row.first_at[:10],
            row.last_at[:10],
            f"{row.known_late_share:.1%}",
        )
    console = out()
    console.print(table)
    if report.unknown:
        console.print(say("check.unknown", language, tables=", ".join(report.unknown)))
    for line in finding_lines(report.findings, language):
        console.print(line, markup=False)

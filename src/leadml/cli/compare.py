"""`leadml compare`: readiness against the rules."""

from dataclasses import asdict
from pathlib import Path

from leadml.cli.options import DataOption, JsonOption, LanguageOption, ProjectOption
from leadml.cli.tables import comparison_table, verdict_lines
from leadml.cli.telling import Steps, out, problems_told, tell_json
from leadml.project import Project


def compare(
    project: ProjectOption = Path(),
    data: DataOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Compare learned readiness with the rules on the last closed period, without hindsight.

    Both score the same leads at the same instants; the recipe is fitted on what was known before the
    test began. Intervals are 95 %, from a bootstrap by lead.

    Example: leadml compare --project examples/bpi2012 --data DIR
    """
    with problems_told(as_json=as_json, language=language):
        opened = Project(project, data=data)
        with Steps(opened.tables, 2, language=language, quiet=as_json) as steps:
            opened.on_progress = steps
            comparison = opened.compare()
        if as_json:
            tell_json(asdict(comparison))
            return
        console = out()
        console.print(comparison_table(comparison, language))
        for line in verdict_lines(comparison, language):
            console.print(line)

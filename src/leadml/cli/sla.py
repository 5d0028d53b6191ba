"""`leadml sla`: the agreement of sales and marketing."""

from pathlib import Path

import typer

from leadml.agreed.phrases import plainly
from leadml.cli.options import JsonOption, LanguageOption, ProjectOption
from leadml.cli.sla_deadline import deadline
from leadml.cli.sla_diff import diff
from leadml.cli.sla_due import due
from leadml.cli.sla_icp import icp
from leadml.cli.sla_queue import queue
from leadml.cli.sla_report import report
from leadml.cli.sla_suggest import suggest
from leadml.cli.sla_try import try_out
from leadml.cli.telling import problems_told, refuse_options_before, tell, tell_json
from leadml.project import Project
from leadml.reports.text_table import TextTable
from leadml.specs.agreement_spec import AgreementSpec
from leadml.specs.promises_spec import DEFAULT, BandSpec
from leadml.specs.schema import agreement_schema
from leadml.wording.texts import Language, say

sla = typer.Typer(invoke_without_command=True, no_args_is_help=False)
for _command in (report, due, queue, deadline, diff, suggest, icp):
    sla.command()(_command)
sla.command("try")(try_out)

_COLUMNS = ("lead_type", "band", "from_score", "stage", "accept", "first_attempt")


@sla.callback()
def show(
    context: typer.Context,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Show what sales and marketing agreed: who signed, since when, and what follows from a score.

    Example: leadml sla --language ja
    """
    if context.invoked_subcommand is not None:
        refuse_options_before(context, context.invoked_subcommand, language)
        return
    with problems_told(as_json=as_json, language=language):
        agreement = Project(project).spec.agreement
        if as_json:
            tell_json(agreement.model_dump(mode="json", exclude_none=True))
            return
        tell(_head(agreement, language))
        tell(_band_table(agreement, language))


@sla.command()
def schema(project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """Print the JSON Schema of sla.yaml, by which an editor completes keys and marks mistakes.

    Example: leadml sla schema > docs/sla.schema.json
    """
    tell_json(agreement_schema())


def _head(agreement: AgreementSpec, language: Language) -> str:
    owners = agreement.owners
    return say(
        "sla.head",
        language,
        version=agreement.version,
        since=agreement.valid_from.isoformat(),
        marketing=owners.marketing,
        sales=owners.sales,
    )


def _band_table(agreement: AgreementSpec, language: Language) -> TextTable:
    table = TextTable("")
    for column in _COLUMNS:
        table.add_column(say(f"sla.{column}", language), right=column == "from_score")
    for key, bands in agreement.bands.items():
        label = agreement.definitions.lead_types.get(key)
        name = say("sla.all_others", language) if label is None or key == DEFAULT else getattr(label, language)
        for number, band in enumerate(bands):
            table.add_row(
                name if number == 0 else "",
                band.name,
                str(band.score_at_least),
                "" if band.lifecycle_stage is None else plainly(band.lifecycle_stage),
                _within(band, band.accept_within_hours, language),
                _within(band, band.first_attempt_within_hours, language),
            )
    return table


def _within(band: BandSpec, hours: float | None, language: Language) -> str:
    return "" if hours is None else say(f"sla.within_{band.clock}", language, hours=f"{hours:g}")

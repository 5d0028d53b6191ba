"""`leadml sla suggest`: thresholds that fit what sales can take, or how much may come back."""

import unicodedata
from pathlib import Path
from typing import Annotated

import typer

from leadml.cli.options import DataOption, JsonOption, LanguageOption, ProjectOption
from leadml.cli.telling import Steps, problems_told, tell, tell_json
from leadml.cli.writing import refuse_definitions
from leadml.errors import LeadmlError
from leadml.project import Project
from leadml.reports.trial import basis_line, day, suggestion_report
from leadml.specs.agreement_spec import AgreementSpec
from leadml.specs.threshold_writing import write_thresholds
from leadml.trials.capacity import leads_a_day
from leadml.trials.suggesting import Suggestion, Wanted
from leadml.wording.texts import Language, say


def suggest(
    project: ProjectOption = Path(),
    data: DataOption = None,
    capacity: Annotated[
        str | None,
        typer.Option("--capacity", help="Such as '12 reps x 8 leads a day' or '40 a week'; default: as agreed."),
    ] = None,
    max_return_rate: Annotated[
        str | None,
        typer.Option("--max-return-rate", help="Largest share of hand-overs that may come back, such as 25%."),
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option("--write", help="Write a copy of sla.yaml with these thresholds.", metavar="NEW.yaml"),
    ] = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Suggest where the hand-over should begin, with what to expect of it.

    Volumes are counted on the latest leads, which the model that answers has not learned from. See docs/agreement.md.

    Example: leadml sla suggest --capacity "12 reps x 8 leads a day" --write sla-2027.yaml
    """
    with problems_told(as_json=as_json, language=language):
        opened = Project(project, data=data)
        agreement = opened.spec.agreement
        wanted = _wanted(capacity, max_return_rate, agreement)
        if write is not None:
            refuse_definitions(write, opened.folder, option="--write", better="sla-suggested.yaml")
        opened.champion()  # a project without one is refused before the history is read
        with Steps(opened.tables, 3, language=language, quiet=as_json) as steps:
            opened.on_progress = steps
            suggestion = opened.agreement.suggest(wanted)
        if write is not None:
            _write(opened, write, suggestion, capacity, max_return_rate, language)
        if as_json:
            tell_json(suggestion.to_dict())
            return
        for part in suggestion_report(suggestion, language):
            tell(part)
        if write is not None:
            tell(say("thresholds.written", language, file=write))


def _wanted(capacity: str | None, return_rate: str | None, agreement: AgreementSpec) -> Wanted:
    """Read what is asked for; where nothing is, the capacity that was agreed."""
    share = None if return_rate is None else _share(return_rate)
    if capacity is not None:
        return Wanted(leads_a_day(capacity, agreement.calendar), share)
    agreed = agreement.promises.capacity
    if share is None and agreed is None:
        raise LeadmlError("no_capacity", where="leadml sla suggest")
    return Wanted(agreed.leads_a_day_together if share is None and agreed is not None else None, share)


def _share(said: str) -> float:
    text = unicodedata.normalize("NFKC", said).strip().replace(",", ".")
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        share = 0.0
    if not 0 < share < 1:
        raise LeadmlError("unread_share", where="--max-return-rate", share=said)
    return share


def _write(
    opened: Project,
    file: Path,
    suggestion: Suggestion,
    capacity: str | None,
    return_rate: str | None,
    language: Language,
) -> None:
    asked = ", ".join(
        f"{name} {value}" for name, value in (("--capacity", capacity), ("--max-return-rate", return_rate)) if value
    )
    version = f"{suggestion.agreement.version}-suggested-{day(suggestion.until, suggestion.agreement)}"
    comment = say("thresholds.comment", language, version=opened.spec.agreement.version, asked=asked or "--capacity")
    write_thresholds(
        opened.folder / "sla.yaml",
        file,
        suggestion.agreement.model_copy(update={"version": version}),
        comment=f"{comment}\n{basis_line(suggestion, language)}",
    )

"""`leadml glossary`: the ten terms, as this company agreed them."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from leadml.agreed.glossary import agreed_terms, called
from leadml.cli.options import JsonOption, ProjectOption
from leadml.cli.telling import problems_told, tell, tell_json, tell_points
from leadml.errors import LeadmlError
from leadml.reports.glossary import glossary_page
from leadml.reports.page import check_ending
from leadml.reports.text_table import TextTable
from leadml.specs.agreement_spec import AgreementSpec
from leadml.specs.reading import read_specification
from leadml.vocabulary import TERMS, glossary_markdown
from leadml.wording.texts import LANGUAGES, Language, say


def glossary(
    project: ProjectOption = Path(),
    terms: Annotated[
        bool, typer.Option("--terms", help="The terms in general, whatever was agreed; docs/glossary.md is this page.")
    ] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
    html: Annotated[
        Path | None,
        typer.Option("--html", help="Write a page to print and to sign: an .html or .md file.", metavar="FILE"),
    ] = None,
    as_json: JsonOption = False,
    language: Annotated[
        Literal["en", "ja", "both"], typer.Option("--language", help="Language of the terms.", envvar="LEADML_LANGUAGE")
    ] = "en",
) -> None:
    """Print the ten terms as sales and marketing agreed them; outside a project, what each means in general.

    Example: leadml glossary --html glossary.html --language both
    """
    languages: tuple[Language, ...] = LANGUAGES if language == "both" else (language,)
    with problems_told(as_json=as_json, language=languages[0]):
        if html is not None:
            check_ending(html)
        agreement = None if terms else _agreement_of(project, page=html is not None)
        if agreement is None:
            _tell_in_general(languages[0], markdown=markdown, as_json=as_json)
        elif html is not None:
            glossary_page(agreement, languages).write(html)
            tell(say("glossary.written", languages[0], file=str(html)))
        elif as_json:
            tell_json(_plain(agreement))
        elif markdown:
            typer.echo(glossary_page(agreement, languages).markdown(), nl=False)
        else:
            for each in languages:
                _tell_agreed(agreement, each)


def _agreement_of(project: Path, *, page: bool) -> AgreementSpec | None:
    """Read what was agreed; none outside a project, unless one was named or a page of it is asked for."""
    file = project / "sla.yaml"
    if file.is_file():
        return read_specification(AgreementSpec, file, shown_as="sla.yaml")
    if page or project != Path():
        if (project / "history.yaml").is_file():
            raise LeadmlError("missing_file", where="sla.yaml", file="sla.yaml")
        raise LeadmlError("no_project", where=project.name or str(project))
    return None


def _tell_in_general(language: Language, *, markdown: bool, as_json: bool) -> None:
    if as_json:
        tell_json([{name: getattr(term, name) for name in term.__dataclass_fields__} for term in TERMS])
        return
    if markdown:
        typer.echo(glossary_markdown(), nl=False)
        return
    heads = [say(f"glossary.{head}", language) for head in ("term", "in_japanese", "means", "in_leadml")]
    table = TextTable("", heads)
    for term in TERMS:
        meaning = say(f"glossary.meaning.{term.name}", language)
        lives_in = term.lives_in if language == "en" else term.lives_in_japanese
        table.add_row(term.english, term.japanese, meaning, lives_in)
    tell(table)


def _tell_agreed(agreement: AgreementSpec, language: Language) -> None:
    tell(say("glossary.lead", language, version=agreement.version))
    for number, term in enumerate(agreed_terms(agreement, language), start=1):
        tell(f"\n{number}. {term.term}", style="bold")
        tell(term.meaning, style="dim")
        tell_points(term.sentences)


def _plain(agreement: AgreementSpec) -> dict[str, Any]:
    told = {language: agreed_terms(agreement, language) for language in LANGUAGES}
    return {
        "agreement_version": agreement.version,
        "terms": [
            {
                "name": term.name,
                "term": {language: called(term, language) for language in LANGUAGES},
                "meaning": {language: told[language][number].meaning for language in LANGUAGES},
                "agreed": {language: list(told[language][number].sentences) for language in LANGUAGES},
            }
            for number, term in enumerate(TERMS)
        ],
    }

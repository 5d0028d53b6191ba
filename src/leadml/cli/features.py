"""`leadml features`: the catalogue of features, and how much of the history each of them sees."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.table import Table
from rich.text import Text

from leadml.cli.options import DataOption, JsonOption, LanguageOption, ProjectOption
from leadml.cli.tables import finding_lines
from leadml.cli.telling import Steps, out, problems_told, tell_json
from leadml.coverage import Coverage, FeatureCoverage
from leadml.engine.feature_page import features_markdown
from leadml.explain.reasons import Explainer
from leadml.project import Project
from leadml.specs.feature_spec import FeatureFileSpec
from leadml.vocabulary import Theme
from leadml.wording.numbers import percent, plain
from leadml.wording.texts import Language, say

_BAR = 10
_PARTS = (("with_value", "█", "green"), ("nothing", "░", "dim"), ("missing", " ", ""))
_COLUMNS: tuple[tuple[str, Literal["left", "right"], int | None], ...] = (
    ("feature", "left", 7),
    ("bar", "left", None),
    ("with_value", "right", None),
    ("nothing", "right", None),
    ("missing", "right", None),
    ("usual", "right", 2),
    ("range", "right", 3),
)


def features(
    project: ProjectOption = Path(),
    data: DataOption = None,
    theme: Annotated[
        list[Theme] | None, typer.Option("--theme", help="Only the features of this theme; repeatable.")
    ] = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the page docs/features.md; reads no history.")
    ] = False,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """List the features with what they see: at how many training snapshots each has a value, and which.

    A share is of the snapshots of the training set: with a value made from facts, with nothing (no such fact,
    so what when_nothing says), and missing (not known, or no number is right for nothing).

    Example: leadml features --theme engagement --theme journey
    """
    with problems_told(as_json=as_json, language=language):
        opened = Project(project, data=data)
        chosen = tuple(file for file in opened.spec.themes if theme is None or file.theme in theme)
        if markdown:
            typer.echo(features_markdown(chosen, opened.spec.agreement.definitions), nl=False)
            return
        with Steps(opened.tables, 1, language=language, quiet=as_json) as steps:
            opened.on_progress = steps
            coverage = opened.coverage()
        if as_json:
            tell_json(_as_dict(coverage, chosen))
        else:
            _show(coverage, chosen, language)


def _as_dict(coverage: Coverage, themes: Sequence[FeatureFileSpec]) -> dict[str, object]:
    names = {str(theme.theme) for theme in themes}
    return {
        "snapshots": coverage.snapshots,
        "leads": coverage.leads,
        "features": [covered.to_dict() for covered in coverage.features if covered.theme in names],
        "findings": [asdict(finding) for finding in coverage.findings],
    }


def _show(coverage: Coverage, themes: Sequence[FeatureFileSpec], language: Language) -> None:
    explainer = Explainer(tuple(themes), {}, coverage.catalogue)
    console = out()
    title = {"snapshots": coverage.snapshots, "leads": coverage.leads}
    shown = sum(len(theme.features) for theme in themes)
    console.print(say("features.title", language, features=shown, **title), markup=False)
    for theme in themes:
        label = theme.label.ja if language == "ja" else theme.label.en
        table = Table(title=f"\n{label}", title_justify="left", header_style="bold", pad_edge=False, expand=True)
        for column, side, ratio in _COLUMNS:
            table.add_column(
                say(f"features.{column}", language), justify=side, ratio=ratio, no_wrap=ratio is None, overflow="fold"
            )
        for covered in coverage.features:
            if covered.theme == theme.theme:
                table.add_row(*_cells(covered, explainer, language))
        console.print(table)
    console.print(say("features.about", language), markup=False)
    files = {f"features/{theme.theme}.yaml" for theme in themes}
    shown_findings = [finding for finding in coverage.findings if finding.table in files]
    for line in finding_lines(shown_findings, language):
        console.print(line, markup=False, style="yellow")


def _cells(covered: FeatureCoverage, explainer: Explainer, language: Language) -> tuple[Text, ...]:
    feature = covered.feature
    name = Text(feature.label.ja if language == "ja" else feature.label.en)
    name.append(f"\n{feature.name}  {' · '.join(_how(covered, language))}", style="dim")
    usual = explainer.in_words(feature, covered.usual, language)
    shares = (Text(_share(getattr(covered, part), language)) for part, _, _ in _PARTS)
    return name, _bar(covered), *shares, Text(usual), Text(_range(covered, explainer, language))


def _how(covered: FeatureCoverage, language: Language) -> Iterator[str]:
    """Say by which kind a feature is computed, over which window, and whether models learn from it."""
    yield covered.feature.kind
    if covered.feature.window_days is not None:
        yield say("features.days", language, number=plain(covered.feature.window_days))
    if not covered.learned:
        yield say("features.not_learned", language)


def _share(share: float, language: Language) -> str:
    """Say a share in percent; what is there, however rare, is never told as none."""
    return say("features.below_one", language) if 0 < share < 0.005 else percent(share, language)


def _bar(covered: FeatureCoverage) -> Text:
    """Draw the three shares as one bar."""
    ends = (covered.with_value, covered.with_value + covered.nothing, 1.0)
    drawn, begin = Text(), 0
    for end, (_, sign, style) in zip(ends, _PARTS, strict=True):
        stop = round(end * _BAR)
        drawn.append(sign * (stop - begin), style=style)
        begin = stop
    return drawn


def _range(covered: FeatureCoverage, explainer: Explainer, language: Language) -> str:
    if covered.low is None or covered.high is None:
        return ""
    low = explainer.in_words(covered.feature, covered.low, language, without_unit=True)
    high = explainer.in_words(covered.feature, covered.high, language)
    return low if low == high else say("features.from_to", language, low=low, high=high)

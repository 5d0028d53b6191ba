"""`leadml explain`: what the model looks at, over many leads."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from leadml.cli.options import DataOption, JsonOption, LanguageOption, ProjectOption
from leadml.cli.telling import Steps, out, problems_told, tell, tell_json
from leadml.errors import LeadmlError, known_words
from leadml.explain.overview import Effects
from leadml.project import Project
from leadml.reports.looks_at import LooksAt
from leadml.reports.page import Page, Section, check_ending
from leadml.wording.texts import Language, nearest, say

_PAIRS = 8


def explain(
    project: ProjectOption = Path(),
    data: DataOption = None,
    feature: Annotated[
        list[str] | None,
        typer.Option("--feature", help="What each value of this feature does; repeatable.", metavar="NAME"),
    ] = None,
    out_file: Annotated[
        Path | None, typer.Option("--out", help="Write it with charts, to an .html or .md file.", metavar="FILE")
    ] = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Say what moves the scores of the model that answers: by feature, by theme, by value and in pairs.

    Looked at are the leads that can be learned from, at the instants that models/readiness.yaml names. For one lead
    see `leadml score --lead`.

    Example: leadml explain --feature title_level --out explained.html
    """
    with problems_told(as_json=as_json, language=language):
        if out_file is not None:
            check_ending(out_file, where="--out")
        opened = Project(project, data=data)
        with Steps(opened.tables, 3, language=language, quiet=as_json) as steps:
            opened.on_progress = steps
            effects = opened.effects()
            asked = _known(feature or [], effects)
            steps("pairs")
            told = _Told(effects, asked)
        looks_at = LooksAt(effects.model, opened.spec.agreement.definitions, language)
        if out_file is not None:
            told.page(looks_at, language).write(out_file, where="--out")
            out().print(say("looks_at.written", language, file=out_file), markup=False)
        elif as_json:
            tell_json(told.to_dict())
        else:
            told.show(looks_at)


def _known(asked: Sequence[str], effects: Effects) -> list[str]:
    names = effects.matrix.names
    for name in asked:
        if name not in names:
            hint = nearest(name, names)
            raise LeadmlError("unknown_word", where="--feature", word=name, known=known_words(names), hint=hint)
    return list(asked)


class _Told:
    """What is told, for any form of it."""

    def __init__(self, effects: Effects, asked: Sequence[str]) -> None:
        self._effects = effects
        self._features, self._themes = effects.by_feature(), effects.by_theme()
        self._pairs = effects.pairs(_PAIRS)
        self._values = {name: effects.by_value(name) for name in asked}

    def show(self, looks_at: LooksAt) -> None:
        for table in map(looks_at.value_table, self._values, self._values.values()):
            tell(table)
        if not self._values:
            tell(looks_at.feature_table(self._features))
            tell(looks_at.theme_table(self._themes))
            tell(looks_at.pair_table(self._pairs))

    def page(self, looks_at: LooksAt, language: Language) -> Page:
        model = self._effects.model
        blocks = tuple(looks_at.pictures(self._features, self._themes, self._values, self._pairs))
        title = say("looks_at.title", language, name=model.name, version=model.version)
        heading = say("charts.importance", language)
        return Page(title, say("card.looks_at", language), (Section(heading, blocks),), language)

    def to_dict(self) -> dict[str, Any]:
        return {
            "model": {"name": self._effects.model.name, "version": self._effects.model.version},
            "snapshots": len(self._effects.values),
            "features": [asdict(one) for one in self._features],
            "themes": [asdict(one) for one in self._themes],
            "pairs": [asdict(one) for one in self._pairs],
            "values": {name: [asdict(one) for one in values] for name, values in self._values.items()},
        }

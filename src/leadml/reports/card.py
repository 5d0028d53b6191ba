"""The card of a model: what it is for and what not, from what it learned, how good it is, for whom, and who answers."""

from collections.abc import Iterator

from leadml.charts import as_svg, reliability
from leadml.clock import to_iso
from leadml.evidence import AuditedColumn, Evidence
from leadml.leakage.findings import GRADES
from leadml.learners.trained_model import TrainedModel
from leadml.reports.comparison import details, report
from leadml.reports.looks_at import LooksAt
from leadml.reports.page import Block, Page, Picture, Points, Section
from leadml.reports.text_table import TextTable
from leadml.reports.training import gate_lines, left_out_lines
from leadml.specs.agreement_spec import DefinitionsSpec
from leadml.wording.numbers import chance_in_words, origin_in_words, percent
from leadml.wording.texts import Language, say

_FINGERPRINTS = ("definitions", "features", "rules", "data")
_MISUSES = ("people", "market", "cause", "not_worked", "definitions", "hindsight")


class Card:
    """Writes the card of one model in one language.

    Parameters
    ----------
    model : TrainedModel
    evidence : Evidence
        What was kept with it.
    definitions : DefinitionsSpec
        Name words such as personas.
    language : {"en", "ja"}
    """

    def __init__(
        self, model: TrainedModel, evidence: Evidence, definitions: DefinitionsSpec, language: Language
    ) -> None:
        self._model, self._evidence, self._definitions, self._language = model, evidence, definitions, language

    def page(self) -> Page:
        """Give the whole card.

        Returns
        -------
        page : Page
        """
        evidence, name, version = self._evidence, self._model.name, self._model.version
        stage, days = evidence.reach.upper(), f"{evidence.within_days:g}"
        lead = self._say("lead", stage=stage, days=days, chance=self._chance(evidence.learned.base_rate))
        if evidence.not_returned_within_days:
            grace = self._say("not_returned", days=f"{evidence.not_returned_within_days:g}")
            lead = self._say("joined", first=lead, second=grace)
        sections = (
            ("purpose", self._purpose()),
            ("misuse", (Points(tuple(self._say(f"misuses.{one}") for one in _MISUSES)),)),
            ("data", self._data()),
            ("quality", self._quality()),
            ("calibration", self._calibration()),
            ("groups", tuple(self._groups())),
            ("audit", tuple(self._audit())),
            ("looks_at", tuple(self._looks_at())),
            ("recipe", self._recipe()),
        )
        return Page(
            title=self._say("title", name=name, version=version),
            lead=lead,
            sections=tuple(Section(self._say(f"sections.{key}"), blocks) for key, blocks in sections),
            language=self._language,
        )

    def _say(self, key: str, **values: object) -> str:
        return say(f"card.{key}", self._language, **values)

    def _chance(self, probability: float) -> str:
        return chance_in_words(probability, self._language)

    def _purpose(self) -> tuple[Block, ...]:
        scale, owners = self._definitions.lead_score, self._evidence.owners
        origin = origin_in_words(self._model.readiness.outcomes or 0, self._model.readiness.rules_share, self._language)
        return (
            self._say("purpose"),
            Points(
                (
                    self._say(
                        "scale",
                        chance=self._chance(scale.probability_at_50),
                        points=f"{scale.points_to_double_odds:g}",
                    ),
                    origin,
                    self._say("owners", marketing=owners["marketing"], sales=owners["sales"]),
                    self._say("agreement", version=self._evidence.agreement_version),
                )
            ),
        )

    def _data(self) -> tuple[Block, ...]:
        learned = self._evidence.learned
        counts = {name: f"{getattr(learned, name):,}" for name in ("leads", "snapshots", "ready")}
        lines = (
            self._say("learned", first=learned.first[:10], last=learned.last[:10], **counts),
            self._say("knows_until", date=to_iso(self._model.knows_until)[:10]),
            self._say("worked", share=percent(learned.worked_share, self._language)),
        )
        return (Points((*lines, *left_out_lines(learned.left_out, learned.snapshots, self._language))),)

    def _quality(self) -> tuple[Block, ...]:
        told = list(report(self._evidence.comparison, self._language))
        tables = [part for part in told if isinstance(part, TextTable)]
        lines = [part for part in told if isinstance(part, str)]
        gate = [] if self._evidence.gate is None else gate_lines(self._evidence.gate, self._language)
        alone = [say("gate.rules_alone", self._language)] if self._model.recipe.get("rules_alone") else []
        gains = next(part for part in details(self._evidence.comparison, self._language) if isinstance(part, TextTable))
        return (self._say("judged"), *tables, gains, Points((*lines, *gate, *alone)))

    def _calibration(self) -> tuple[Block, ...]:
        chart = reliability(self._evidence.comparison.reliability, self._language)
        return (self._say("calibration"), Picture(as_svg(chart), say("charts.reliability", self._language)))

    def _groups(self) -> Iterator[Block]:
        yield self._say("groups")
        _gains, *others = details(self._evidence.comparison, self._language)
        yield from others

    def _audit(self) -> Iterator[Block]:
        audit = self._evidence.audit
        if audit is None:
            yield self._say("not_audited")
            return
        counts = {str(grade): sum(one.grade == grade for one in audit) for grade in GRADES}
        yield self._say("audited", **counts)
        if audit:
            yield self._audit_table(audit)

    def _audit_table(self, audit: tuple[AuditedColumn, ...]) -> TextTable:
        heads = [self._say(f"audit_columns.{column}") for column in ("grade", "where", "what", "accepted")]
        table = TextTable(self._say("findings"), heads)
        for one in dict.fromkeys(audit):
            # What is said of a word is told without it: it may be a name.
            what = say(f"leak.{one.code}.what", self._language, table=one.table, column=one.column, word="…", value="…")
            grade = say(f"check.grades.{one.grade.value}", self._language)
            table.add_row(grade, f"{one.table}.{one.column}", what, one.accepted_because or "")
        return table

    def _looks_at(self) -> Iterator[Block]:
        evidence = self._evidence
        yield self._say("looks_at")
        looks_at = LooksAt(self._model, self._definitions, self._language)
        yield from looks_at.pictures(evidence.features, evidence.themes, evidence.effects, evidence.pairs)

    def _recipe(self) -> tuple[Block, ...]:
        recipe = self._model.recipe
        table = TextTable(self._say("recipe.title"), [self._say("recipe.key"), self._say("recipe.value")])
        table.add_row(self._say("recipe.seed"), str(recipe.get("seed", "")))
        for key in _FINGERPRINTS:
            if isinstance(recipe.get(key), str):
                table.add_row(self._say(f"recipe.{key}"), recipe[key])
        for name, used in sorted(recipe.get("packages", {}).items()):
            table.add_row(name, str(used))
        return (table,)

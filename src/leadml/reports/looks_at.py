"""What a model looks at: the features that move its scores, by theme, by value and in pairs."""

from collections.abc import Iterator, Mapping, Sequence

from leadml.charts import as_svg, effect_by_value, importance, interactions, reliability, value_in_words
from leadml.engine.catalogue import Catalogue
from leadml.evidence import Evidence
from leadml.explain.overview import EffectOfValue, Importance, Interaction
from leadml.explain.reasons import Explainer
from leadml.learners.trained_model import TrainedModel
from leadml.reports.page import Block, Picture
from leadml.reports.text_table import TextTable
from leadml.specs.agreement_spec import DefinitionsSpec
from leadml.wording.texts import Language, say

FEATURES_SHOWN = 15


def charts_of(model: TrainedModel, evidence: Evidence, definitions: DefinitionsSpec) -> dict[str, str]:
    """Draw what is kept beside a model in the registry, in English.

    Parameters
    ----------
    model : TrainedModel
    evidence : Evidence
    definitions : DefinitionsSpec

    Returns
    -------
    charts : dict of file name to SVG
    """
    looks_at = LooksAt(model, definitions, "en")
    shown = [one for one in evidence.features[:FEATURES_SHOWN] if one.size > 0]
    drawn = {
        "importance.svg": importance(shown, looks_at.labels, looks_at.themes, "en"),
        "reliability.svg": reliability(evidence.comparison.reliability, "en"),
        "interactions.svg": interactions(evidence.pairs, looks_at.labels, "en"),
    }
    return {name: as_svg(chart) for name, chart in drawn.items()}


class LooksAt:
    """Tells what one model looks at in one language.

    Parameters
    ----------
    model : TrainedModel
    definitions : DefinitionsSpec
        Name words such as personas.
    language : {"en", "ja"}
    """

    def __init__(self, model: TrainedModel, definitions: DefinitionsSpec, language: Language) -> None:
        self._language = language
        catalogue = Catalogue.of(model.themes, definitions)
        self._explainer = Explainer(model.themes, model.usual_values, catalogue)
        self._features = {feature.name: feature for feature in catalogue.features}
        in_japanese = language == "ja"
        self.labels = {
            name: feature.label.ja if in_japanese else feature.label.en for name, feature in self._features.items()
        }
        self.themes = {str(theme.theme): theme.label.ja if in_japanese else theme.label.en for theme in model.themes}

    def _say(self, key: str, **values: object) -> str:
        return say(f"looks_at.{key}", self._language, **values)

    def pictures(
        self,
        features: Sequence[Importance],
        themes: Sequence[Importance],
        effects: Mapping[str, Sequence[EffectOfValue]],
        pairs: Sequence[Interaction],
    ) -> Iterator[Block]:
        """Draw all of it.

        Parameters
        ----------
        features, themes : sequence of Importance, largest first
        effects : mapping of feature to sequence of EffectOfValue
        pairs : sequence of Interaction, largest first

        Yields
        ------
        block : Block
        """
        shown = [one for one in features[:FEATURES_SHOWN] if one.size > 0]
        sizes = [(self.labels[one.name], one.size) for one in shown]
        yield Picture(as_svg(importance(shown, self.labels, self.themes, self._language)), _told(sizes))
        yield self.theme_table(themes)
        for name, values in effects.items():
            chart = effect_by_value(values, self._features[name], self._explainer, self._language)
            told = [
                (value_in_words(one, self._features[name], self._explainer, self._language), one.effect)
                for one in values
            ]
            yield Picture(as_svg(chart), f"{self.labels[name]}: {_told(told)}")
        if pairs:
            sizes = [(self._pair(one), one.size) for one in pairs]
            yield Picture(as_svg(interactions(pairs, self.labels, self._language)), _told(sizes))

    def feature_table(self, features: Sequence[Importance]) -> TextTable:
        """Lay out the features that move scores most, largest first, and what all others come to."""
        table = TextTable(self._say("features"), [self._say(column) for column in ("feature", "theme")])
        self._add_figures(table)
        for one in features[:FEATURES_SHOWN]:
            table.add_row(self.labels[one.name], self.themes[one.theme], *_figures(one))
        rest = features[FEATURES_SHOWN:]
        if rest:
            others = say("all_others", self._language)
            table.add_row(others, "", f"{sum(one.size for one in rest):.1f}", "", ends_section=True)
        return table

    def theme_table(self, themes: Sequence[Importance]) -> TextTable:
        """Lay out the themes, largest first."""
        table = TextTable(self._say("by_theme"), [self._say("theme")])
        self._add_figures(table)
        for one in themes:
            table.add_row(self.themes[one.theme], *_figures(one))
        return table

    def value_table(self, name: str, effects: Sequence[EffectOfValue]) -> TextTable:
        """Lay out what each value of a feature does."""
        table = TextTable(self.labels[name], [self._say("value")])
        for column in ("leads", "effect", "range"):
            table.add_column(self._say(column), right=True)
        for one in effects:
            table.add_row(
                self._value(name, one),
                f"{one.leads:,}",
                f"{one.effect:+.1f}",
                _between(one.effect_low, one.effect_high),
            )
        return table

    def pair_table(self, pairs: Sequence[Interaction]) -> TextTable:
        """Lay out the pairs that move scores together, largest first."""
        table = TextTable(say("charts.interactions", self._language), [self._say("pair")])
        table.add_column(self._say("size"), right=True)
        for one in pairs:
            table.add_row(self._pair(one), f"{one.size:.2f}")
        return table

    def _add_figures(self, table: TextTable) -> None:
        table.add_column(self._say("size"), right=True)
        table.add_column(self._say("range"), right=True)

    def _value(self, name: str, one: EffectOfValue) -> str:
        return value_in_words(one, self._features[name], self._explainer, self._language)

    def _pair(self, one: Interaction) -> str:
        return say("charts.pair", self._language, first=self.labels[one.first], second=self.labels[one.second])


def _figures(one: Importance) -> tuple[str, str]:
    return f"{one.size:.1f}", _between(one.lowest, one.highest)


def _between(lowest: float, highest: float) -> str:
    return f"{lowest:+.1f} … {highest:+.1f}"


def _told(sizes: Sequence[tuple[str, float]]) -> str:
    """Say in words what a chart shows."""
    return "; ".join(f"{label} {size:.1f}" for label, size in sizes)

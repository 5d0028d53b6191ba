"""Writes down the features of a project: what marketing and sales look at, in both languages."""

from collections.abc import Mapping, Sequence

from leadml.engine.catalogue import Catalogue
from leadml.engine.kind import FactKind, all_kinds
from leadml.specs.agreement_spec import DefinitionsSpec
from leadml.specs.feature_spec import FeatureFileSpec, FeatureSpec

_HEAD = """\
# The features of this project

Written by `leadml features --markdown` from `features/*.yaml`; change it there. Kinds, with their formulas and what
nothing and unknown are for each, stand in [yaml.md](yaml.md). *Nothing* is the value when no such fact is there;
what is not known is always missing. *More is* says what both teams agree a larger value means; *one
can* is what `leadml what-if --to-reach` tries.
"""
_COLUMNS = (
    "feature",
    "English",
    "日本語",
    "what it is",
    "kind",
    "window",
    "unit",
    "nothing",
    "more is",
    "what one can do",
)


def features_markdown(themes: Sequence[FeatureFileSpec], definitions: DefinitionsSpec) -> str:
    """Write the features of some themes as Markdown.

    Parameters
    ----------
    themes : sequence of FeatureFileSpec
        Checked before by `catalogue.check_features`.
    definitions : DefinitionsSpec

    Returns
    -------
    page : str
        One section a theme, one row a feature.
    """
    catalogue = Catalogue.of(themes, definitions)
    number = len(catalogue.features)
    lines = [_HEAD, f"{number} features in {len(themes)} themes."]
    for theme in themes:
        lines += [
            "",
            f"## {theme.label.en} / {theme.label.ja}",
            "",
            f"`features/{theme.theme}.yaml`, {len(theme.features)} features.",
            "",
            f"| {' | '.join(_COLUMNS)} |",
            f"| {' | '.join('---' for _ in _COLUMNS)} |",
        ]
        lines += [_row(feature, catalogue) for feature in theme.features]
    return "\n".join([*lines, ""])


def _row(feature: FeatureSpec, catalogue: Catalogue) -> str:
    window = "" if feature.window_days is None else f"{feature.window_days:g} days"
    unit = "" if feature.unit is None else f"{feature.unit.en} / {feature.unit.ja}"
    nothing = "missing" if feature.when_nothing == "missing" else f"{feature.when_nothing:g}"
    more_is = "" if feature.more_is is None else str(feature.more_is).replace("_", " ")
    can_do = "" if feature.actionable is None else f"{feature.actionable.by.en} / {feature.actionable.by.ja}"
    cells = (
        f"`{feature.name}`", feature.label.en, feature.label.ja, what_it_is(feature, catalogue), f"`{feature.kind}`",
        window, unit, nothing, more_is, can_do,
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def what_it_is(feature: FeatureSpec, catalogue: Catalogue) -> str:
    """Say in the words of the tables what a feature reads.

    Parameters
    ----------
    feature : FeatureSpec
    catalogue : Catalogue
        Holds the feature.

    Returns
    -------
    text : str
        Markdown, such as `content` of `activities` where `activity` is `page_view`.
    """
    kind = all_kinds()[feature.kind]
    if not isinstance(kind, FactKind):
        return "as the agreement defines it"
    if kind.reads == "attribute":
        return f"`{feature.attribute}` of the {feature.of}"
    told = [f"`{catalogue.table_of[feature.name]}`"]
    value = kind.value or feature.value
    if value is not None:
        told.insert(0, f"`{value}` of")
    if feature.of == "company":
        told.append("of the company's other leads")
    told += [
        f"{preposition} {_filter(conditions)}"
        for preposition, conditions in (("where", feature.where), ("of which", feature.of_which), ("to", feature.to))
        if conditions
    ]
    if feature.since_stage is not None:
        told.append(f"since the last entry into `{feature.since_stage}`")
    if feature.half_life_days is not None:
        told.append(f"counting half after {feature.half_life_days:g} days")
    if feature.every_days is not None:
        told.append(f"counting {feature.percent:g} % less every {feature.every_days:g} days")
    return " ".join(told)


def _filter(conditions: Mapping[str, str | tuple[str, ...]]) -> str:
    return " and ".join(
        f"`{column}` is {' or '.join(f'`{word}`' for word in ((words,) if isinstance(words, str) else words))}"
        for column, words in conditions.items()
    )

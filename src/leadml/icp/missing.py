"""Criteria that nobody agreed on and that would separate customers: found on earlier companies, asked of later ones."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from leadml.evaluate.shares import corrected
from leadml.history.tables import ATTRIBUTES_OF, Mask, Numbers
from leadml.icp.ground import Ground
from leadml.icp.held import CERTAIN, FEWEST_COMPANIES, Held, hold
from leadml.leakage.columns import as_column, is_dated
from leadml.leakage.evidence import Column, Origin
from leadml.specs.agreement_spec import CriterionSpec
from leadml.specs.feature_spec import NO_LABEL, FeatureSpec

Attribute = tuple[str, str]  # whose, which
# Agreed already; found to leak; a number of its own for each company; too few companies; the earlier companies do not
# speak for it; nearly all that meet it came.
Why = Literal["agreed", "leaks", "id", "too_few", "silent", "restates"]

_TERMS_OF_THEIR_OWN = (("lead", "lead_type"),)  # agreed elsewhere in sla.yaml
_CUTS = np.arange(1, 10) / 10
_MOST_WORDS = 12
_DIGITS = 2  # of a number that people agree on
_ID_SHARE = 0.9  # of the companies have a whole number of their own
_SPEAKS = 0.1  # the chance up to which the earlier companies speak for a criterion, so that the later are asked
_RESTATES = 0.97  # of those that meet it came: it tells what happened, not who fits


@dataclass(frozen=True)
class Found:
    """A criterion found on the earlier companies, and what the later ones say of it.

    Attributes
    ----------
    criterion : CriterionSpec
    earlier, later : Held
        The earlier companies chose it; only the later ones are evidence.
    chance : float
        How likely the later companies would show as much if it separated nothing, corrected for all that was asked.
    dated : bool
        Whether changes of the attribute are dated. Where they are not it is read as it stands today, and may be
        known better, or otherwise, of those that became customers.
    """

    criterion: CriterionSpec
    earlier: Held
    later: Held
    chance: float
    dated: bool

    @property
    def confirmed(self) -> bool:
        """Whether the later companies prove it."""
        return self.chance <= CERTAIN and self.later.enough and self.later.gap.value > 0


@dataclass(frozen=True)
class NotAsked:
    """An attribute that no criterion was sought in, and why."""

    of: str
    attribute: str
    why: Why


@dataclass(frozen=True)
class Missing:
    """What was sought and what was found.

    Attributes
    ----------
    found : tuple of Found
        One an attribute that the later companies were asked about, the surest first.
    not_asked : tuple of NotAsked
    """

    found: tuple[Found, ...]
    not_asked: tuple[NotAsked, ...]

    @property
    def proposed(self) -> tuple[Found, ...]:
        """Those that the later companies confirm."""
        return tuple(found for found in self.found if found.confirmed)


def find_missing(
    ground: Ground, agreed: Sequence[CriterionSpec], distrusted: Collection[Attribute] = frozenset()
) -> Missing:
    """Seek criteria in all attributes that the profile does not have.

    Parameters
    ----------
    ground : Ground
    agreed : sequence of CriterionSpec
        Their attributes are not sought in.
    distrusted : collection of (whose, attribute)
        Those that the audit found to tell the outcome, or that the project leaves out.

    Returns
    -------
    missing : Missing
        Holm's correction counts all criteria that the later companies are asked about. They are other companies than
        those that chose what is asked, so it holds however many were tried before.
    """
    earlier = ground.earlier
    skipped: dict[Attribute, Why] = {(each.of, each.attribute): "agreed" for each in agreed}
    for each in distrusted:
        skipped[each] = "leaks"
    for own in _TERMS_OF_THEIR_OWN:
        skipped[own] = "agreed"
    asked: list[Found] = []
    not_asked: list[NotAsked] = []
    for column in _columns(ground):
        of = "lead" if column.table == "leads" else "company"
        answer = skipped.get((of, column.name)) or _ask(ground, column, earlier)
        if isinstance(answer, Found):
            asked.append(answer)
        else:
            not_asked.append(NotAsked(of, column.name, answer))
    chances = corrected([found.later.gap.chance_above for found in asked]).tolist()
    sure = [replace(found, chance=chance) for found, chance in zip(asked, chances, strict=True)]
    return Missing(tuple(sorted(sure, key=lambda found: found.chance)), tuple(not_asked))


def _ask(ground: Ground, column: Column, earlier: Mask) -> Found | Why:
    """Let the earlier companies choose a criterion of an attribute, and hold it against the later ones."""
    if _is_id(ground, column):
        return "id"
    best = _best(ground, column, earlier)
    if best is None:
        return "too_few"
    if best[1].gap.chance_above > _SPEAKS:
        return "silent"
    later = hold(ground, ground.met(best[0]), ~earlier)
    if later.meets.of and later.meets.value >= _RESTATES:
        return "restates"
    return Found(*best, later, 1.0, column.origin is Origin.DATED) if later.enough else "too_few"


def _columns(ground: Ground) -> Iterator[Column]:
    """Give every attribute as it was known when the leads were created."""
    for of, table in ATTRIBUTES_OF.items():
        facts = ground.history.facts.get(table)
        if facts is None:
            continue
        names = facts.texts["attribute"].words
        features = [
            FeatureSpec(
                name=f"attribute_{code}", label=NO_LABEL, kind="attribute", attribute=name,
                of="lead" if of == "lead" else "company",
                values="category", when_nothing="missing",
            )
            for code, name in enumerate(names)
        ]  # fmt: skip
        matrix = ground.known(features)
        for code, name in enumerate(names):
            origin = Origin.DATED if is_dated(ground.history, facts, code) else Origin.UNDATED
            words = matrix.words[f"attribute_{code}"]
            yield as_column("leads" if of == "lead" else "companies", name, origin, matrix.values[:, code], words)


def _is_id(ground: Ground, column: Column) -> bool:
    """Tell whether nearly every company has a whole number of its own."""
    if column.numbers is None:
        return False
    numbers = column.numbers[~np.isnan(column.numbers)]
    companies = len(np.unique(ground.companies[~np.isnan(column.numbers)]))
    return bool(len(numbers)) and bool((numbers % 1 == 0).all()) and len(np.unique(numbers)) >= _ID_SHARE * companies


def _best(ground: Ground, column: Column, earlier: Mask) -> tuple[CriterionSpec, Held] | None:
    """Choose the criterion of an attribute for which the earlier companies speak most."""
    best: tuple[CriterionSpec, Held] | None = None
    for criterion, met in _candidates(ground, column, earlier):
        held = hold(ground, met, earlier)
        if held.enough and (best is None or held.gap.chance_above < best[1].gap.chance_above):
            best = criterion, held
    return best


def _candidates(ground: Ground, column: Column, earlier: Mask) -> Iterator[tuple[CriterionSpec, Numbers]]:
    """Give criteria that the earlier companies suggest, with who meets them."""
    of: Literal["lead", "company"] = "lead" if column.table == "leads" else "company"
    if column.numbers is not None:
        numbers, unknown = column.numbers, np.isnan(column.numbers)
        seen = numbers[earlier & ~unknown]
        for cut in _cuts(seen):
            for key, met in (("at_least", numbers >= cut), ("at_most", numbers <= cut)):
                told = CriterionSpec.model_validate({"attribute": column.name, "of": of, key: cut})
                yield told, np.where(unknown, np.nan, met.astype(np.float64))
        return
    unknown = column.codes == 0
    by_rate = []
    for code in range(1, len(column.levels) + 1):
        held = hold(ground, np.where(unknown, np.nan, (column.codes == code).astype(np.float64)), earlier)
        if held.meets.of >= FEWEST_COMPANIES / 2:
            by_rate.append((-held.meets.value, code))
    codes = [code for _, code in sorted(by_rate)]
    for number in range(1, min(len(codes), _MOST_WORDS + 1)):
        chosen = codes[:number]
        words = tuple(sorted(column.levels[code - 1] for code in chosen))
        holds = np.isin(column.codes, chosen).astype(np.float64)
        yield CriterionSpec(attribute=column.name, of=of, any_of=words), np.where(unknown, np.nan, holds)


def _cuts(numbers: Numbers) -> list[float]:
    """Choose numbers at which one would cut: deciles, rounded as people say them."""
    if not len(numbers):
        return []
    deciles = np.quantile(numbers, _CUTS, method="inverted_cdf")
    return sorted({float(f"{cut:.{_DIGITS}g}") for cut in deciles.tolist()})

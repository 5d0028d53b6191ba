"""The leads on which two contestants differ most, with what each of them says, line by line, on the same facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from leadml.agreement.scale import Scale, shown
from leadml.contestants import Contestant, Entries
from leadml.dataset import TrainingSet
from leadml.engine.catalogue import Catalogue
from leadml.explain.reasons import Explainer, Explanation
from leadml.history.tables import Numbers
from leadml.splits import join_tests

_APART, _LARGEST = 5, 5  # lines told: those that part the two, and those that say most


@dataclass(frozen=True)
class DisagreementLine:
    """What one feature does to both scores.

    Attributes
    ----------
    feature : str
    reason : mapping of language to str
        Label, value and usual value.
    effects : tuple of int, score points
        In the first score and in the second.
    """

    feature: str
    reason: Mapping[str, str]
    effects: tuple[int, int]


@dataclass(frozen=True)
class Disagreement:
    """A lead that one contestant would call and the other would not.

    Attributes
    ----------
    lead_id : str
    as_of : int, UTC microseconds
    ready : bool
        Whether it became ready.
    better_than : tuple of float in [0, 1]
        Part of the leads of the same age that each contestant places below it; ties count half.
    scores, starts : tuple of int, score points
        Of both contestants: `start + lines + others + held = score`.
    lines : tuple of DisagreementLine
        Where their effects lie furthest apart first, then the largest of either.
    others, held : tuple of int, score points
        All other features, and what holding the score at 0 or 100 took away.
    """

    lead_id: str
    as_of: int
    ready: bool
    better_than: tuple[float, float]
    scores: tuple[int, int]
    starts: tuple[int, int]
    lines: tuple[DisagreementLine, ...]
    others: tuple[int, int]
    held: tuple[int, int]


def find_disagreements(entries: Entries, first: str, second: str, *, most: int = 10) -> list[Disagreement]:
    """Find the leads that two contestants place furthest apart.

    Parameters
    ----------
    entries : Entries
    first, second : str
        Names of contestants.
    most : int
        How many leads are wanted, each once.

    Returns
    -------
    disagreements : list of Disagreement, the furthest apart first
    """
    pair = entries.enter(first), entries.enter(second)
    test, period_of = join_tests(entries.periods)
    places = [better_than(one.scores().ranking, test) for one in pair]
    apart = np.abs(places[0] - places[1])
    order = np.argsort(-apart, kind="stable")
    _, firsts = np.unique(test.snapshots.leads[order], return_index=True)
    begins = np.concatenate([[0], np.cumsum([len(split.test) for split in entries.periods])])
    found = []
    for row in order[np.sort(firsts)][:most].tolist():
        period = int(period_of[row])
        told = [_explained(entries, one, period, row - int(begins[period])) for one in pair]
        found.append(_disagreement(test, row, (places[0][row], places[1][row]), told))
    return found


def better_than(ranking: Numbers, test: TrainingSet) -> Numbers:
    """Tell which part of the leads of the same age stands below each, ties counting half.

    Parameters
    ----------
    ranking : float array, shape (n,)
    test : TrainingSet, n rows

    Returns
    -------
    places : float array in [0, 1], shape (n,)
    """
    places = np.empty(len(ranking))
    for age in np.unique(test.snapshots.ages):
        of_age = test.snapshots.ages == age
        places[of_age] = (rankdata(ranking[of_age]) - 0.5) / of_age.sum()
    return places


def _explained(entries: Entries, contestant: Contestant, period: int, row: int) -> Explanation:
    """Explain one score of a contestant in score points."""
    definitions = entries.spec.agreement.definitions
    scale = Scale.agreed(definitions.lead_score)
    matrix = contestant.tests[period].rows(np.array([row]))
    contributions = contestant.models[period].contributions(matrix)
    explainer = Explainer(contestant.themes, contestant.usual[period], Catalogue.of(contestant.themes, definitions))
    start = float(scale.unclipped(np.array([contributions.start]))[0])
    effects = scale.effects(contributions.values)[0]
    return explainer.explain(start, effects, matrix.shown_row(0), not_known=())


def _disagreement(
    test: TrainingSet, row: int, places: tuple[float, float], told: Sequence[Explanation]
) -> Disagreement:
    by_feature = [explanation.by_feature() for explanation in told]
    names = dict.fromkeys(name for effects in by_feature for name in effects)
    exact = {name: [effects[name].effect_exact if name in effects else 0.0 for effects in by_feature] for name in names}
    furthest = sorted(names, key=lambda name: -abs(exact[name][0] - exact[name][1]))
    largest = sorted(names, key=lambda name: -max(map(abs, exact[name])))
    lines = []
    for name in dict.fromkeys((*furthest[:_APART], *largest[:_LARGEST])):
        effects = [of_one[name].effect if name in of_one else 0 for of_one in by_feature]
        reason = next(of_one[name].reason for of_one in by_feature if name in of_one)
        lines.append(DisagreementLine(name, reason, (effects[0], effects[1])))
    sums = [sum(line.effects[which] for line in lines) for which in (0, 1)]
    others = [
        explanation.score - explanation.held_effect - explanation.start - named
        for explanation, named in zip(told, sums, strict=True)
    ]
    one, other = told
    return Disagreement(
        lead_id=test.lead_ids[test.snapshots.leads[row]],
        as_of=int(test.snapshots.as_of[row]),
        ready=bool(test.ready[row]),
        better_than=(float(places[0]), float(places[1])),
        scores=(shown(one.unclipped), shown(other.unclipped)),
        starts=(one.start, other.start),
        lines=tuple(lines),
        others=(others[0], others[1]),
        held=(one.held_effect, other.held_effect),
    )

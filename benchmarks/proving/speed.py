"""Speed: everything that is learned of more leads than most will ever have."""

import time

import numpy as np
from proving.data import SEED
from telling.bars import Bars

from leadml.clock import DAY, HOUR
from leadml.dataset import TrainingSet
from leadml.engine.matrix import FeatureMatrix
from leadml.learners.readiness import fit_readiness
from leadml.learners.recipe import Recipe
from leadml.snapshots import Snapshots
from leadml.specs.feature_spec import FeatureSpec
from leadml.specs.readiness_spec import LearnerSpec
from leadml.specs.reading import Label
from leadml.specs.rules_spec import RuleSpec, RulesSpec, WhenSpec

ROWS, QUICK_ROWS = 100_000, 5000
NUMBERS, CATEGORIES, WORDS = 68, 12, 8
MISSING, READY = 0.1, 0.15
MOST_SECONDS, QUICK_MOST_SECONDS = 90.0, 30.0


def prove_speed(bars: Bars, *, quick: bool) -> None:
    """Time one training."""
    made, recipe = made_up(QUICK_ROWS if quick else ROWS)
    print(f"{len(made):,} snapshots, {len(made.features.names)} features, {int(made.ready.sum()):,} ready")
    start, busy = time.perf_counter(), time.process_time()
    model = fit_readiness(made, recipe)
    seconds, busy = time.perf_counter() - start, time.process_time() - busy
    rounds = {text.count("\nTree=") for text in model.trees}
    print(
        f"{seconds:.0f} seconds, {busy:.0f} of a processor; {len(model.trees)} bags of {min(rounds, default=0)} trees"
    )
    bars.at_most("training_seconds", seconds, QUICK_MOST_SECONDS if quick else MOST_SECONDS)


def made_up(rows: int) -> tuple[TrainingSet, Recipe]:
    """Make snapshots up: numbers and words, some missing, a few of which tell.

    Parameters
    ----------
    rows : int
        One snapshot a lead.

    Returns
    -------
    made, recipe : TrainingSet, Recipe
    """
    random = np.random.default_rng(SEED)
    numbers = random.gamma(1.0, 2.0, (rows, NUMBERS)).round(1)
    codes = random.integers(0, WORDS, (rows, CATEGORIES)).astype(np.float64)
    told = numbers[:, :10] @ np.linspace(0.4, -0.2, 10) + 0.3 * (codes[:, 0] == 1) * numbers[:, 1] + 0.1 * codes[:, 1]
    # As many as wanted become ready: the noise is logistic, and the cut is where it has to be.
    luck = told + random.logistic(size=rows)
    values = np.hstack([numbers, codes])
    values[random.random(values.shape) < MISSING] = np.nan
    names = tuple(f"number_{place}" for place in range(NUMBERS)) + tuple(f"word_{place}" for place in range(CATEGORIES))
    words = tuple(f"w{word}" for word in range(WORDS))
    created = np.arange(rows, dtype=np.int64) * HOUR // 10
    made = TrainingSet(
        snapshots=Snapshots(
            leads=np.arange(rows), as_of=created, ages=np.zeros(rows, np.int64), age_names=("at once",)
        ),
        features=FeatureMatrix(names, values, dict.fromkeys(names[NUMBERS:], words)),
        ready=(luck > np.quantile(luck, 1 - READY)).astype(np.float64),
        closed_at=created + 30 * DAY,
        created_at=created,
        worked=np.ones(rows, dtype=bool),
        lead_ids=tuple(f"M{row}" for row in range(rows)),
        recipe={},
    )
    features = tuple(
        FeatureSpec(
            name=name,
            label=Label(en=name, ja=name),
            kind="attribute",
            attribute=name,
            values="category" if name in made.features.words else "number",
            when_nothing="missing",
        )
        for name in names
    )
    return made, Recipe(features, _rules(), LearnerSpec(), SEED)


def _rules() -> RulesSpec:
    because = Label(en="Made up", ja="架空")
    return RulesSpec(
        rules=tuple(
            RuleSpec(
                name=f"rule_{place}",
                when=WhenSpec(feature=f"number_{place}", at_least=2.0),
                points=10,
                because=because,
            )
            for place in range(5)
        )
    )

"""Who is asked about the same rows: ours and its rivals, each a fold in and the log-odds of its test out."""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from proving.data import SEED, Fold
from rivals.boosted import catboost, ebm, held_back_lightgbm, is_installed

from leadml.history.tables import Numbers
from leadml.learners.readiness import fit_readiness
from leadml.learners.rivals import fit_lightgbm, fit_logistic
from leadml.learners.rules import RulesModel

OURS = "readiness"


def _ours(fold: Fold) -> Numbers:
    return fit_readiness(fold.train, fold.recipe).margin(fold.test.features)


def _rules(fold: Fold) -> Numbers:
    return rules_of(fold).margin(fold.test.features)


def rules_of(fold: Fold) -> RulesModel:
    """Fit the line of the rules alone."""
    train = fold.train
    return RulesModel.fit(fold.spec.rules, train.features, train.ready, train.weights)


CONTESTANTS: Mapping[str, Callable[[Fold], Numbers]] = {
    OURS: _ours,
    "rules": _rules,
    "logistic": lambda fold: fit_logistic(fold.train).margin(fold.test.features),
    "lightgbm": lambda fold: fit_lightgbm(fold.train, seed=SEED).margin(fold.test.features),
    "lightgbm, held back": lambda fold: held_back_lightgbm(fold.train, fold.test.features, seed=SEED),
    "catboost": lambda fold: catboost(fold.train, fold.test.features, seed=SEED),
    "ebm": lambda fold: ebm(fold.train, fold.test.features, seed=SEED),
}


def installed(names: Sequence[str]) -> list[str]:
    """Keep the contestants that can be asked, and say who cannot."""
    for name in names:
        if not is_installed(name):
            print(f"{name} is not measured: it is not installed here; `make bench` installs it")
    return [name for name in names if is_installed(name)]


def answer(name: str, fold: Fold) -> tuple[Numbers, float]:
    """Let one contestant learn and answer: log-odds of the test, and seconds of the processor."""
    start = time.process_time()
    return CONTESTANTS[name](fold), time.process_time() - start


@contextmanager
def side_by_side() -> Iterator[Executor]:
    """Give one process a core, each of which counts with one thread."""
    for setting in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(setting, "1")
    # A process that is forked off one with OpenMP at work may stand still; a new one does not.
    with ProcessPoolExecutor(os.cpu_count() or 1, mp_context=get_context("spawn")) as pool:
        yield pool

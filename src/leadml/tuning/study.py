"""The study of a search: which settings were tried, kept in a file that holds nothing of any lead."""

import hashlib
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from leadml.errors import LeadmlError
from leadml.specs.project_spec import ProjectSpec, fingerprint, meaning_of
from leadml.specs.readiness_spec import LearnerSpec
from leadml.splits import Split

if TYPE_CHECKING:  # optuna takes most of a second to import; only tuning needs it
    from optuna import Study, Trial
    from optuna.storages.journal import JournalStorage
    from optuna.trial import FrozenTrial

Settings = dict[str, Any]

SETTINGS, ASKED = "settings", "asked"
_LEAST_TRIALS_TO_PRUNE = 5
# Where the sampler looks. Bags are no question of quality but of time, and level_days is a decision of the team.
_BOUNDS = {"learning_rate": (0.02, 0.3), "smallest_gain": (0.0, 2.0)}
_WHOLE = {"leaves": (2, 64), "smallest_leaf": (5, 200), "most_trees": (10, 400)}
_KEYS = frozenset(_BOUNDS) | frozenset(_WHOLE)


def name_of(folds: Sequence[Split], spec: ProjectSpec) -> str:
    """Name what trials can be compared under: the same leads, seen by the same features, asked the same."""
    data = hashlib.sha256()
    for split in folds:
        for part in (split.train, split.test):
            data.update(np.ascontiguousarray(part.features.values).tobytes())
            for column in (part.ready, part.snapshots.leads, part.snapshots.ages, part.created_at, part.closed_at):
                data.update(column.tobytes())
    readiness = spec.readiness.model_dump(mode="json", exclude={"test", "learner"})
    learner = spec.readiness.learner.model_dump(mode="json", exclude=set(_KEYS))
    return fingerprint(
        {
            "data": data.hexdigest(),
            "definitions": meaning_of(spec.agreement.definitions),
            "features": [feature.model_dump(mode="json") for feature in spec.learned_features],
            "rules": spec.rules.model_dump(mode="json"),
            "readiness": readiness,
            "learner": learner,
            "leadml": version("leadml"),
        }
    )


def _storage(study_file: Path) -> "JournalStorage":
    """Open the file of trials: one JSON object a line, each written whole or not at all."""
    from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock, JournalStorage

    study_file.parent.mkdir(parents=True, exist_ok=True)
    if study_file.exists():
        content = study_file.read_bytes()
        if not content.endswith(b"\n"):  # killed while it wrote: the half line would spoil the next one
            study_file.write_bytes(content[: content.rfind(b"\n") + 1])
    # Not Optuna's usual lock, a link: a relative one leads nowhere, so its age cannot be seen, and one that a killed
    # run left is waited for without end. The age of this one can be seen, and after 30 s it is taken away.
    lock = JournalFileOpenLock(str(study_file))
    return JournalStorage(JournalFileBackend(str(study_file), lock_obj=lock))


def open_study(study_file: Path, name: str, *, seed: int) -> "Study":
    """Open the study of this name, with the trials that it has.

    Parameters
    ----------
    study_file : Path
        Made where it is missing.
    name : str
        As `name_of` gives it.
    seed : int

    Returns
    -------
    study : optuna.Study

    Raises
    ------
    LeadmlError
        `unreadable_study`, `cannot_write`.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    try:
        study = optuna.create_study(study_name=name, storage=_storage(study_file), load_if_exists=True)
        # A search that goes on must not draw again what it drew.
        study.sampler = optuna.samplers.TPESampler(seed=seed + len(study.get_trials(deepcopy=False)))
        study.pruner = optuna.pruners.MedianPruner(n_startup_trials=_LEAST_TRIALS_TO_PRUNE)
    except OSError as error:
        raise LeadmlError(
            "cannot_write", where=study_file.name, file=study_file.name, problem=error.strerror or ""
        ) from None
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError) as error:
        raise LeadmlError("unreadable_study", where=study_file.name, problem=str(error).partition("\n")[0]) from None
    return study


def settings_of(learner: LearnerSpec) -> Settings:
    """Take what is searched out of a learner's settings."""
    return learner.model_dump(include=set(_KEYS))


def tried_in(trial: "FrozenTrial") -> Settings:
    """Give the settings that a trial really had: they may lie outside of what the sampler was told."""
    settings: Settings = trial.user_attrs[SETTINGS]
    return settings


def best_of(finished: "Sequence[FrozenTrial]") -> "FrozenTrial":
    """Find the trial of the smallest loss; of equal ones the first, so that nothing is changed for nothing."""
    return min(finished, key=lambda trial: (trial.value, trial.number))


def drawn(trial: "Trial") -> Settings:
    """Let the sampler draw settings, with no more digits than a person would write."""
    return {
        "learning_rate": float(f"{trial.suggest_float('learning_rate', *_BOUNDS['learning_rate'], log=True):.2g}"),
        "leaves": trial.suggest_int("leaves", *_WHOLE["leaves"], log=True),
        "smallest_leaf": trial.suggest_int("smallest_leaf", *_WHOLE["smallest_leaf"], log=True),
        "smallest_gain": round(trial.suggest_float("smallest_gain", *_BOUNDS["smallest_gain"]), 2),
        "most_trees": trial.suggest_int("most_trees", *_WHOLE["most_trees"], log=True),
    }


def within_bounds(settings: Settings) -> Settings:
    """Tell the sampler of settings that may lie outside of where it looks: as the nearest inside."""
    return {key: min(max(settings[key], low), high) for key, (low, high) in {**_BOUNDS, **_WHOLE}.items()}


def forget(study_file: Path, name: str, *, seed: int) -> None:
    """Begin a study anew; what the period held back was asked about is kept, as it cannot be unasked.

    Parameters
    ----------
    study_file : Path
        Taken away as a whole where it cannot be read.
    name : str
    seed : int

    Raises
    ------
    LeadmlError
        `cannot_write`.
    """
    import optuna

    try:
        study = open_study(study_file, name, seed=seed)
    except LeadmlError as error:
        if error.code != "unreadable_study":
            raise
        study_file.unlink()
        return
    asked = study.user_attrs.get(ASKED, [])
    optuna.delete_study(study_name=name, storage=_storage(study_file))
    open_study(study_file, name, seed=seed).set_user_attr(ASKED, asked)

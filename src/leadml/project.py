"""A project as a data scientist opens it: `leadml.open(".")`, and everything from history to score."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pandas as pd

from leadml.champion import VERSION_FILE, champion_folder
from leadml.clock import just_after, now, parse_instant, to_iso
from leadml.compare import Comparison, compare_recipe
from leadml.dataset import TrainingSet
from leadml.engine.catalogue import check_features, check_rules
from leadml.errors import LeadmlError
from leadml.history.checks import CheckReport, check_history
from leadml.history.sources import Progress, read_history
from leadml.history.tables import History
from leadml.learners.trained_model import TrainedModel
from leadml.scoring import LeadScore, Scorer
from leadml.snapshots import is_open
from leadml.specs.project_spec import ProjectSpec, read_project
from leadml.training import prepare, train


def _quietly(_step: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Training:
    """A registered model and how its recipe did on leads it had not seen.

    Attributes
    ----------
    model : TrainedModel
        The recipe fitted on every answer that is known.
    comparison : Comparison
        The same recipe, fitted before the test began, against the rules.
    training_set : TrainingSet
    base_rate : float
        Share of ready leads, each lead weighing the same.
    """

    model: TrainedModel
    comparison: Comparison
    training_set: TrainingSet
    base_rate: float


class Project:
    """The definitions in a folder, and the history they name.

    Parameters
    ----------
    folder : str or Path
        Holds `history.yaml`, `features/`, `models/` and `sla.yaml`.
    data : str or Path, optional
        Where the files of the history lie; default: as history.yaml says.
    on_progress : callable taking str, optional
        Told each step before it begins.

    Raises
    ------
    LeadmlError, ProblemsError
        Every problem of every definition file, together.

    Examples
    --------
    >>> Project("nowhere")
    Traceback (most recent call last):
    ...
    leadml.errors.LeadmlError: This folder is no leadml project.
    ...
    """

    def __init__(
        self, folder: str | Path = ".", *, data: str | Path | None = None, on_progress: Progress = _quietly
    ) -> None:
        self.folder = Path(folder)
        self.spec: ProjectSpec = read_project(self.folder)
        check_features(self.spec.themes)
        check_rules(self.spec.rules.rules, self.spec.features)
        self.data = self.folder / self.spec.history.folder if data is None else Path(data)
        self.on_progress = on_progress

    @property
    def tables(self) -> int:
        """Number of tables that `history.yaml` names; reading each is a step."""
        return len(self.spec.history.tables.model_fields_set)

    @cached_property
    def history(self) -> History:
        """All facts of the project, read once."""
        definitions = self.spec.agreement.definitions
        return read_history(self.spec.history, self.data, definitions, on_progress=self.on_progress)

    def check(self) -> CheckReport:
        """Look the history over before anything is learned from it."""
        return check_history(self.history, self.spec.agreement.definitions)

    def training_set(self) -> TrainingSet:
        """Build the point-in-time training set.

        Returns
        -------
        training_set : TrainingSet
            `.to_frame()` shows it in a notebook.
        """
        return prepare(self.history, self.spec)

    def train(self) -> Training:
        """Judge the recipe on later leads, fit it on all, register it as champion, put it in place.

        Returns
        -------
        training : Training
        """
        from leadml.registry import register  # MLflow takes two seconds to import; only training needs it

        training_set, comparison = self._judged()
        self.on_progress("fit")
        model = train(training_set, self.spec)
        self.on_progress("register")
        with tempfile.TemporaryDirectory() as folder:
            model.write(Path(folder))
            version = register(
                Path(folder),
                project_folder=self.folder,
                name=model.name,
                parameters={"seed": self.spec.readiness.seed, **self.spec.readiness.learner.model_dump()},
                metrics=_metrics(comparison),
            )
        base_rate = float(np.average(training_set.ready, weights=training_set.weights))
        return Training(replace(model, version=version), comparison, training_set, base_rate)

    def compare(self) -> Comparison:
        """Compare the recipe with the rules on the last closed period, without hindsight."""
        return self._judged()[1]

    def _judged(self) -> tuple[TrainingSet, Comparison]:
        self.on_progress("training_set")
        training_set = self.training_set()
        self.on_progress("judge")
        return training_set, compare_recipe(training_set, self.spec)

    def champion(self) -> TrainedModel:
        """Read the model that answers.

        Raises
        ------
        LeadmlError
            `no_champion` when nothing was trained yet, `unreadable_model` when its files are damaged.
        """
        while True:
            folder = champion_folder(self.folder)
            model = TrainedModel.read(folder, version=_version_in(folder))
            if champion_folder(self.folder) == folder and _version_in(folder) == model.version:
                return model  # else a training swapped in another champion while we read

    def scorer(self) -> Scorer:
        """Make the one path of a score: the champion under the agreement."""
        return Scorer(self.champion(), self.spec)

    def score(self, lead_ids: Sequence[str] | None = None, *, as_of: str | int | None = None) -> list[LeadScore]:
        """Score leads.

        Parameters
        ----------
        lead_ids : sequence of str, optional
            Default: all leads that are open and below the target stage at `as_of`.
        as_of : str or int, optional
            ISO 8601 with a zone, or UTC microseconds; default: just after the last known fact.

        Returns
        -------
        scores : list of LeadScore
            Readiest first when all open leads are scored, else in the order asked for.

        Raises
        ------
        LeadmlError, ProblemsError
            No champion, no open lead, a lead of which nothing was known, an instant before the history.
        """
        scorer = self.scorer()
        instant = self._instant(as_of)
        self.on_progress("score")
        if lead_ids is not None:
            return scorer.score(self.history, lead_ids, instant)
        every = np.arange(len(self.history.lead_ids))
        instants = np.full(len(every), instant, dtype=np.int64)
        open_leads = every[is_open(self.history, every, instants, self.spec.agreement.definitions)]
        if not len(open_leads):
            raise LeadmlError("no_open_leads", where="--as-of", as_of=to_iso(instant))
        scores = scorer.score(self.history, [self.history.lead_ids[lead] for lead in open_leads], instant)
        return sorted(scores, key=lambda score: (-score.explanation.unclipped, score.lead_id))

    def _instant(self, as_of: str | int | None) -> int:
        if as_of is None:
            return min(just_after([self.history.known_until]), now())  # a day that has not ended lies ahead
        instant = as_of
        if isinstance(instant, str):
            instant = parse_instant(instant, where="--as-of", time_zone=self.spec.history.time_zone)
        if instant > now():
            raise LeadmlError("as_of_in_future", where="--as-of", as_of=to_iso(instant))
        first = int(self.history.facts["leads"].known_at.min())
        if instant <= first:
            raise LeadmlError("as_of_before_history", where="--as-of", as_of=to_iso(instant), first=to_iso(first))
        return instant


def _version_in(folder: Path) -> int:
    try:
        return int(orjson.loads((folder / VERSION_FILE).read_bytes())["version"])
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise LeadmlError("unreadable_model", where=f"{folder.name}/{VERSION_FILE}", problem=str(error)) from None


def _metrics(comparison: Comparison) -> dict[str, float]:
    """Name the judged figures as the registry keeps them: `auc`, `auc_rules`, `auc_gain_low`, and so on."""
    metrics: dict[str, float] = {"test_snapshots": comparison.snapshots, "test_ready": comparison.ready}
    for metric in ("auc", "lift", "brier"):
        verdict = comparison.overall(metric)
        metrics[metric] = verdict.first.value
        metrics[f"{metric}_rules"] = verdict.second.value
        metrics[f"{metric}_gain_low"], metrics[f"{metric}_gain_high"] = verdict.gain.low, verdict.gain.high
    return metrics


def scores_frame(scores: Sequence[LeadScore]) -> pd.DataFrame:
    """Lay scores out as a table, one row a lead.

    Parameters
    ----------
    scores : sequence of LeadScore

    Returns
    -------
    frame : DataFrame
        Everything of an answer, in columns that CSV and Parquet can hold. `effects` is JSON text, as
        its values are numbers, words or nothing.
    """
    return pd.DataFrame([_row(score.to_dict()) for score in scores])


def _row(answer: dict[str, Any]) -> dict[str, Any]:
    """Flatten an answer: what is nested gets columns of its own, or becomes text."""
    rules, model, chance = answer.pop("rules"), answer.pop("model"), answer.pop("chance")
    del answer["clock_skew"]  # the service's alone
    return {
        **answer,
        "effects": orjson.dumps(answer["effects"]).decode(),
        "not_known": ", ".join(answer["not_known"]),
        **{f"chance_{language}": words for language, words in chance.items()},
        "rule_points": rules["rule_points"],
        "rules_score": rules["score"],
        "rules_band": rules["band"],
        "model": f"{model['name']} {model['version']}",
        "knows_until": model["knows_until"],
    }

"""A model that scores raw leads without its project: all it needs stands in one folder of plain files.

Beside the model lie the words and the promises of its day (`project.json`) and, where the project has kinds of its own,
their code. The leads come with their facts, as they come to the service, and go the same path.
"""

import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pandas as pd
from pydantic import BaseModel, ValidationError

from leadml import clock
from leadml.champion import version_in
from leadml.engine.kind import texts_of_own_kinds, use_kinds
from leadml.errors import LeadmlError, ProblemsError, known_words, raise_problems
from leadml.history.inline import Arrival, histories_from_records
from leadml.history.requests import MOST_PROBLEMS, read_lead
from leadml.learners.trained_model import TrainedModel
from leadml.score_tables import scores_frame
from leadml.scoring import LeadScore, Scorer, score_sent
from leadml.specs.agreement_spec import AgreementSpec
from leadml.specs.feature_spec import FeatureFileSpec
from leadml.specs.project_spec import ProjectSpec
from leadml.specs.rules_spec import RulesSpec

TERMS_FILE, KINDS_FOLDER = "project.json", "kinds"
LEAD_ID, FACTS, AS_OF = LEAD_COLUMNS = ("lead_id", "facts", "as_of")

# Compiled kinds look their code up for as long as the process runs; Python removes the folders at its end.
_FOLDERS_OF_KINDS: list[tempfile.TemporaryDirectory[str]] = []


@dataclass(frozen=True)
class KeptTerms:
    """What a project says that a live request needs, kept with a model.

    Attributes
    ----------
    agreement : AgreementSpec
    rules : RulesSpec
    themes : tuple of FeatureFileSpec
        Of all features of the project, as rules beside the score may ask for any.
    time_zone : str or None
        For times without an offset.
    clock_skew_minutes : float
    """

    agreement: AgreementSpec
    rules: RulesSpec
    themes: tuple[FeatureFileSpec, ...]
    time_zone: str | None
    clock_skew_minutes: float

    @classmethod
    def of(cls, spec: ProjectSpec) -> "KeptTerms":
        """Take them from a project; where its files lie and how they are read stays there."""
        history = spec.history
        return cls(spec.agreement, spec.rules, spec.themes, history.time_zone, history.clock_skew_minutes)

    def write(self, folder: Path) -> None:
        """Write them beside a model, with the code of the project's own kinds.

        Parameters
        ----------
        folder : Path
        """
        content = {
            "agreement": _plain(self.agreement),
            "rules": _plain(self.rules),
            "themes": [_plain(theme) for theme in self.themes],
            "time_zone": self.time_zone,
            "clock_skew_minutes": self.clock_skew_minutes,
        }
        (folder / TERMS_FILE).write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2))
        kinds = texts_of_own_kinds(feature for theme in self.themes for feature in theme.features)
        for name, text in kinds.items():
            (folder / KINDS_FOLDER).mkdir(exist_ok=True)
            (folder / KINDS_FOLDER / f"{name}.py").write_text(text, encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "KeptTerms":
        """Read what `write` wrote.

        Parameters
        ----------
        folder : Path

        Returns
        -------
        terms : KeptTerms

        Raises
        ------
        LeadmlError
            `unreadable_model`.
        """
        try:
            content = orjson.loads((folder / TERMS_FILE).read_bytes())
            return cls(
                AgreementSpec.model_validate_json(orjson.dumps(content["agreement"])),
                RulesSpec.model_validate_json(orjson.dumps(content["rules"])),
                tuple(FeatureFileSpec.model_validate_json(orjson.dumps(theme)) for theme in content["themes"]),
                content["time_zone"],
                content["clock_skew_minutes"],
            )
        except (OSError, KeyError, TypeError, ValidationError, orjson.JSONDecodeError) as error:
            raise LeadmlError("unreadable_model", where=f"{folder.name}/{TERMS_FILE}", problem=str(error)) from None


def _plain(part: BaseModel) -> dict[str, Any]:
    # What was not written must not come back as written: it would mean something else.
    plain: dict[str, Any] = part.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return plain


@dataclass(frozen=True)
class _Row:
    """One row of a table of raw leads, read."""

    place: str
    lead_id: str
    lead: dict[str, Any]
    as_of: int


class StandaloneScorer:
    """Scores raw leads with a model and the terms that were kept with it.

    Parameters
    ----------
    scorer : Scorer
    terms : KeptTerms
    """

    def __init__(self, scorer: Scorer, terms: KeptTerms) -> None:
        self._scorer = scorer
        self._terms = terms

    @classmethod
    def open(cls, folder: Path) -> "StandaloneScorer":
        """Load a model from the folder of its files.

        Parameters
        ----------
        folder : Path
            `model.json`, `trees-*.txt`, `project.json`, `version.json`, and `kinds/` where there are any.

        Raises
        ------
        LeadmlError, ProblemsError
            `unreadable_model`; `named_twice` where this process already has another kind of the same name.
        """
        terms = KeptTerms.read(folder)
        if (folder / KINDS_FOLDER).is_dir():
            # Not where they lie: compiling leaves files behind, and a registry is no place for them.
            place = tempfile.TemporaryDirectory(prefix="leadml-kinds-")
            use_kinds(Path(shutil.copytree(folder / KINDS_FOLDER, Path(place.name) / KINDS_FOLDER)))
            _FOLDERS_OF_KINDS.append(place)
        return cls(Scorer(TrainedModel.read(folder, version=version_in(folder)), terms), terms)

    def score(self, leads: pd.DataFrame) -> pd.DataFrame:
        """Score a table of leads, one row a lead at an instant.

        Parameters
        ----------
        leads : DataFrame, shape (n, 3)
            `lead_id`; `facts`, JSON text, what a request of the service holds for one lead (its `lead_id` may be left
            out); `as_of`, ISO 8601 text with its zone: only what was known before it counts.

        Returns
        -------
        scores : DataFrame
            The rows of `scores_frame`, in the order of `leads`, with its index.

        Raises
        ------
        LeadmlError, ProblemsError
            What is wrong, each with its row, counted from 0.
        """
        if missing := [name for name in LEAD_COLUMNS if name not in leads.columns]:
            problems = [LeadmlError("missing_key", where="leads", key=name) for name in missing]
            raise_problems(problems, where=known_words(LEAD_COLUMNS))
        rows = self._read(leads)
        met: Counter[str] = Counter()
        turns: dict[int, list[int]] = {}
        for number, row in enumerate(rows):
            # A lead that is asked for twice is scored in two turns: each row says itself what was known of it.
            turns.setdefault(met[row.lead_id], []).append(number)
            met[row.lead_id] += 1
        scores: dict[int, LeadScore] = {}
        for turn in turns.values():
            scores.update(zip(turn, self._score([rows[number] for number in turn]), strict=True))
        return scores_frame([scores[number] for number in range(len(rows))]).set_index(leads.index)

    def _read(self, leads: pd.DataFrame) -> list[_Row]:
        """Read all rows, and say what is wrong with any of them together."""
        rows: list[_Row] = []
        problems: list[LeadmlError] = []
        for number, (lead_id, facts, as_of) in enumerate(leads[list(LEAD_COLUMNS)].itertuples(index=False, name=None)):
            try:
                rows.append(self._read_row(f"row {number}", lead_id, facts, as_of))
            except ProblemsError as error:
                problems.extend(error.problems)
            except LeadmlError as error:
                problems.append(error)
        raise_problems(problems[:MOST_PROBLEMS], where="leads")
        return rows

    def _read_row(self, place: str, lead_id: object, facts: object, as_of: object) -> _Row:
        texts = {LEAD_ID: lead_id, FACTS: facts, AS_OF: as_of}
        problems = [
            LeadmlError("wrong_type", where=f"{place}, {name}", key=name, value=repr(value)[:40], expected="a text")
            for name, value in texts.items()
            if not isinstance(value, str)
        ]
        raise_problems(problems, where=place)
        instant = clock.parse_instant(str(as_of), where=f"{place}, {AS_OF}", time_zone=self._terms.time_zone)
        if instant > clock.now():
            raise LeadmlError("as_of_in_future", where=f"{place}, {AS_OF}", as_of=clock.to_iso(instant))
        try:
            said = orjson.loads(str(facts))
        except orjson.JSONDecodeError as error:
            raise LeadmlError("facts_not_json", where=f"{place}, {FACTS}", problem=str(error)) from None
        if isinstance(said, dict) and said.setdefault(LEAD_ID, lead_id) != lead_id:
            raise LeadmlError("other_lead", where=f"{place}, {FACTS}", lead_id=lead_id)
        lead = read_lead(orjson.dumps(said), where=f"{place}, {FACTS}")
        return _Row(place, lead.lead_id, lead.model_dump(exclude_none=True), instant)

    def _score(self, rows: list[_Row]) -> list[LeadScore]:
        """Score rows of different leads."""
        arrival = Arrival(clock.now(), None, self._terms.time_zone, self._terms.clock_skew_minutes)
        places = [f"{row.place}, {FACTS}" for row in rows]
        definitions = self._scorer.agreement.definitions
        histories = histories_from_records([row.lead for row in rows], definitions, arrival, places=places)
        as_of = {row.lead_id: row.as_of for row in rows}
        place_of = {row.lead_id: f"{row.place}, {AS_OF}" for row in rows}
        scores: dict[str, LeadScore] = {}
        problems: list[LeadmlError] = []
        for inline in histories:
            try:
                scores.update(score_sent(self._scorer, [inline], as_of))
            except LeadmlError as error:
                found = error.problems if isinstance(error, ProblemsError) else (error,)
                problems += [
                    problem.at(place_of.get(str(problem.values.get(LEAD_ID)), problem.where)) for problem in found
                ]
        raise_problems(problems[:MOST_PROBLEMS], where="leads")
        return [scores[row.lead_id] for row in rows]

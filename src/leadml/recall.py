"""What two answers about a lead were made from: the ledger's facts and agreement, the registry's model.

Where nothing was answered, as in a project that scores files, both answers are made now from its history.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from leadml.champion import run_folder
from leadml.change import Standpoint
from leadml.clock import parse_instant, to_iso
from leadml.errors import LeadmlError
from leadml.history.inline import Arrival, histories_from_records
from leadml.history.tables import History
from leadml.learners.trained_model import TrainedModel
from leadml.releases import champion_if_any, read_champion
from leadml.scoring import Scorer
from leadml.specs.agreement_spec import AgreementSpec
from leadml.specs.feature_spec import FeatureFileSpec
from leadml.specs.project_spec import ProjectSpec
from leadml.specs.rules_spec import RulesSpec
from leadml.store.ledger import LEDGER_FILE, KeptAnswer, Ledger


@dataclass(frozen=True)
class _Terms:
    """The agreement of then; the rules beside the score are not asked."""

    agreement: AgreementSpec
    rules: RulesSpec
    themes: tuple[FeatureFileSpec, ...]


class Recall:
    """Finds what answers about a lead were made from.

    Parameters
    ----------
    folder : Path
        The project.
    spec : ProjectSpec
        As it is today.
    history : callable giving History
        Called only where no answer is stored.
    instant : callable taking str or None, giving int
        Reads an instant of the history; None is its end.
    """

    def __init__(
        self,
        folder: Path,
        spec: ProjectSpec,
        history: Callable[[], History],
        instant: Callable[[str | None], int],
    ) -> None:
        self._folder, self._spec, self._history, self._instant = folder, spec, history, instant

    def standpoints(self, lead_id: str, since: str, until: str | None = None) -> tuple[Standpoint, Standpoint]:
        """Find what the answers of two instants were made from.

        Parameters
        ----------
        lead_id : str
        since : str
            ISO 8601. The last stored answer up to then is meant, or the first after it.
        until : str, optional
            The same for the second answer; default: the latest.

        Returns
        -------
        first, second : Standpoint

        Raises
        ------
        LeadmlError, ProblemsError
            `one_answer` where only one is stored, `since_after_until`; what the registry or the history says.
        """
        kept = self._kept(lead_id)
        if not kept:
            return self._from_history(lead_id, since, until)
        zone = self._spec.history.time_zone
        begin = parse_instant(since, where="--since", time_zone=zone)
        end = None if until is None else parse_instant(until, where="--until", time_zone=zone)
        first = _at(kept, begin)
        second = kept[-1] if end is None else _at(kept, end)
        if kept.index(first) >= kept.index(second):
            if len(kept) == 1 or end is None:
                raise LeadmlError("one_answer", where="--since", lead_id=lead_id, as_of=to_iso(second.as_of))
            raise LeadmlError("since_after_until", where="--since, --until", since=since, until=until)
        return self._given(lead_id, first), self._given(lead_id, second)

    def _kept(self, lead_id: str) -> list[KeptAnswer]:
        file = run_folder(self._folder) / LEDGER_FILE
        if not file.is_file():
            return []
        ledger = Ledger(file)
        try:
            return sorted(ledger.kept(lead_id), key=lambda kept: kept.as_of)
        finally:
            ledger.close()

    def _given(self, lead_id: str, kept: KeptAnswer) -> Standpoint:
        """Take an answer's facts as they came, its model from the registry, and its agreement."""
        try:
            agreement = AgreementSpec.model_validate_json(kept.agreement)
        except ValidationError as error:
            raise LeadmlError("ledger_failed", where=LEDGER_FILE, reason=str(error)) from None
        times = self._spec.history
        arrival = Arrival(kept.known_at, {lead_id: kept.known_at}, times.time_zone, times.clock_skew_minutes)
        (inline,) = histories_from_records([kept.facts], agreement.definitions, arrival)
        model = self._model(kept.answer["model"]["name"], int(kept.answer["model"]["version"]))
        scorer = Scorer(model, _Terms(agreement, RulesSpec(rules=()), self._spec.themes))
        return Standpoint(inline.history, scorer, kept.as_of, kept.answer)

    def _model(self, name: str, version: int) -> TrainedModel:
        champion = champion_if_any(self._folder)
        if champion is not None and (champion.name, champion.version) == (name, version):
            return champion
        from leadml.registry import read_version  # MLflow takes two seconds to import

        return read_version(project_folder=self._folder, name=name, version=version)

    def _from_history(self, lead_id: str, since: str, until: str | None) -> tuple[Standpoint, Standpoint]:
        """Make both answers now, with the model and the agreement of today."""
        history = self._history()
        begin, end = self._instant(since), self._instant(until)
        if begin >= end:
            raise LeadmlError("since_after_until", where="--since, --until", since=since, until=to_iso(end))
        scorer = Scorer(read_champion(self._folder), self._spec)
        scorer.places(history, [lead_id], begin)  # refuses a lead of which nothing was known by then
        return Standpoint(history.known_before(begin), scorer, begin), Standpoint(history, scorer, end)


def _at(kept: Sequence[KeptAnswer], instant: int) -> KeptAnswer:
    """Take the last answer up to an instant, or the first after it."""
    before = [one for one in kept if one.as_of <= instant]
    return before[-1] if before else kept[0]

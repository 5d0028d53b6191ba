"""Answers requests about the past and about now; whatever is answered is written down first."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from leadml import clock
from leadml.champion import run_folder
from leadml.errors import LeadmlError
from leadml.history.inline import Arrival, InlineHistory, histories_from_records
from leadml.history.requests import ScoreRequest
from leadml.history.tables import FACT_TABLES
from leadml.project import Project
from leadml.scoring import Scorer, score_sent
from leadml.specs.history_spec import HistorySpec
from leadml.standings import LastBand
from leadml.store.ledger import LEDGER_FILE, Ledger

Records = list[dict[str, Any]]


class ScoringDesk:
    """Answers the requests of one project with its champion.

    Parameters
    ----------
    scorer : Scorer
    ledger : Ledger
    times : HistorySpec
        Says how times without an offset, and ahead of the clock, are taken.
    """

    def __init__(self, scorer: Scorer, ledger: Ledger, *, times: HistorySpec) -> None:
        self._scorer = scorer
        self._ledger = ledger
        self._times = times
        self._agreement = ledger.write_agreement(
            scorer.agreement.model_dump_json(by_alias=True, exclude_unset=True).encode()
        )

    @classmethod
    def open(cls, project_folder: Path) -> "ScoringDesk":
        """Load the champion of a project, and open its ledger.

        Raises
        ------
        LeadmlError, ProblemsError
            `no_champion`, `ledger_failed`, or what is wrong with the project or the model.
        """
        project = Project(project_folder)
        ledger = Ledger(run_folder(project_folder) / LEDGER_FILE)
        scorer = project.scorer()
        _score_nobody(scorer)
        return cls(scorer, ledger, times=project.spec.history)

    def close(self) -> None:
        """Let go of the ledger's file."""
        self._ledger.close()

    def answer(self, request: ScoreRequest) -> dict[str, object]:
        """Answer one request.

        Parameters
        ----------
        request : ScoreRequest

        Returns
        -------
        answer : dict
            `answers`, in the order of the request, and `answered_at`.

        Raises
        ------
        LeadmlError, ProblemsError
            What is wrong with the facts: their times, their order, their instant.
        """
        leads = [lead.model_dump(exclude_none=True) for lead in request.leads]
        if request.as_of is None:
            return self._answer_now(leads)
        now = clock.now()
        instant = clock.parse_instant(request.as_of, where="as_of", time_zone=self._times.time_zone)
        if instant > now:
            raise LeadmlError("as_of_in_future", where="as_of", as_of=clock.to_iso(instant))
        as_of = dict.fromkeys(_ids(leads), instant)
        return self._written(self._score(leads, self._histories(leads, now, None), as_of), as_of, agreement=None)

    def _answer_now(self, leads: Records) -> dict[str, object]:
        """Write the facts down and score just after."""
        now = clock.now()
        # First of all, because facts that cannot be read must not become known.
        histories = self._histories(leads, now, {})
        known_at = self._ledger.write_facts(leads, now=now)
        if any(known > now for known in known_at.values()):  # the machine's clock went back
            histories = self._histories(leads, now, known_at)
        as_of = {lead_id: clock.just_after([known]) for lead_id, known in known_at.items()}
        last_bands = self._ledger.last_bands(list(as_of))
        return self._written(self._score(leads, histories, as_of, last_bands), as_of, agreement=self._agreement)

    def _written(self, answers: Records, as_of: Mapping[str, int], *, agreement: int | None) -> dict[str, object]:
        """Store answers in the ledger, and only then give them."""
        answered_at = clock.now()
        instants = [as_of[answer["lead_id"]] for answer in answers]
        self._ledger.write_answers(answers, as_of=instants, answered_at=answered_at, agreement=agreement)
        return {"answers": answers, "answered_at": clock.to_iso(answered_at)}

    def _histories(self, leads: Records, now: int, known_at: Mapping[str, int] | None) -> list[InlineHistory]:
        arrival = Arrival(now, known_at, self._times.time_zone, self._times.clock_skew_minutes)
        return histories_from_records(leads, self._scorer.agreement.definitions, arrival)

    def _score(
        self,
        leads: Records,
        histories: list[InlineHistory],
        as_of: Mapping[str, int],
        last_bands: Mapping[str, LastBand] | None = None,
    ) -> Records:
        """Score leads in the order in which they came."""
        scores = score_sent(self._scorer, histories, as_of, last_bands)
        skew = {lead_id: list(facts) for inline in histories for lead_id, facts in inline.clock_skew.items()}
        return [{**scores[lead_id].to_dict(), "clock_skew": skew.get(lead_id, [])} for lead_id in _ids(leads)]


def _ids(leads: Records) -> list[str]:
    return [lead["lead_id"] for lead in leads]


def _score_nobody(scorer: Scorer) -> None:
    """Score a lead that is none, so that compiled code is loaded before the first lead waits for it."""
    nobody = {"lead_id": "nobody", "created_at": clock.to_iso(0), **{table: [] for table in FACT_TABLES}}
    (inline,) = histories_from_records([nobody], scorer.agreement.definitions, Arrival(clock.now()))
    scorer.score(inline.history, ["nobody"], clock.now())

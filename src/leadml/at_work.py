"""The agreement at work, as a data scientist asks for it: `leadml.open(".").agreement`."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from leadml.agreement.business_calendar import BusinessCalendar
from leadml.agreement.in_force import FAR, agreement_in_force, spells_of
from leadml.errors import LeadmlError
from leadml.feedback import VIEWS, Feedback, give_feedback
from leadml.hand_over_queue import HandOverQueue, make_queue
from leadml.hand_overs import find_hand_overs
from leadml.history.sources import Progress
from leadml.history.tables import History
from leadml.icp.ground import WITHIN_DAYS
from leadml.icp.missing import Attribute
from leadml.icp.report import ProfileReport, compare_profile
from leadml.kept.due import Due, find_due
from leadml.kept.period import ALWAYS, Period
from leadml.kept.report import SlaReport, make_report
from leadml.leakage.findings import AuditReport, Grade
from leadml.learners.trained_model import TrainedModel
from leadml.scoring import LeadScore
from leadml.specs.agreement_spec import AgreementSpec
from leadml.specs.project_spec import ProjectSpec, meaning_of, with_agreement
from leadml.trials.suggesting import Suggestion, Wanted, suggest_for
from leadml.trials.trying import DefinitionsTrial, PromisesTrial, try_agreement


class Opened(Protocol):
    """What is needed of a project that is open."""

    spec: ProjectSpec
    on_progress: Progress

    @property
    def history(self) -> History:
        """All facts."""
        ...

    def instant(self, as_of: str | int | None, *, time_zone: str | None = None) -> int:
        """Read an instant; None: just after the last fact."""
        ...

    def read_under(self, spec: ProjectSpec) -> History:
        """Read the history in the words of another agreement."""
        ...

    def champion(self) -> TrainedModel:
        """Read the model that answers."""
        ...

    def score(self, *, as_of: str | int | None = None) -> list[LeadScore]:
        """Score all open leads."""
        ...

    def audit(self) -> AuditReport:
        """Look for what tells the outcome too early."""
        ...


class AgreementAtWork:
    """What the agreement says of the past, and what another one would.

    Parameters
    ----------
    project : Opened
        A `Project`.
    """

    def __init__(self, project: Opened) -> None:
        self._project = project

    @property
    def spec(self) -> AgreementSpec:
        """The agreement as `sla.yaml` has it."""
        return self._project.spec.agreement

    @property
    def _time_zone(self) -> str:
        """In which days and times without an offset are read."""
        return BusinessCalendar(self.spec.calendar).zone.key

    def reports(self, period: Period = ALWAYS, *, as_of: str | int | None = None) -> tuple[SlaReport, ...]:
        """Say which promises about the hand-overs of a period were kept.

        Parameters
        ----------
        period : Period
        as_of : str or int, optional
            Only what was known then; default: just after the last fact.

        Returns
        -------
        reports : tuple of SlaReport, at least one
            One for each agreement that held when leads were handed over, in order of time: see `agreements/`.
        """
        instant = self._project.instant(as_of, time_zone=self._time_zone)
        reports = [
            make_report(self._told(spell.agreement), spell.agreement, instant, period.within(spell.begin, spell.end))
            for spell in spells_of(self._every)
        ]
        told = [report for report in reports if len(report.judged)]
        return tuple(told or reports[-1:])

    def due(self, *, as_of: str | int | None = None) -> Due:
        """List what waits for somebody at an instant, each by the agreement that held at its hand-over.

        Parameters
        ----------
        as_of : str or int, optional
            Default: just after the last fact.

        Returns
        -------
        due : Due
            Of the agreement that holds then.
        """
        instant = self._project.instant(as_of, time_zone=self._time_zone)
        now = agreement_in_force(self._every, instant).agreement
        every = [
            find_due(
                self._told(spell.agreement),
                spell.agreement,
                instant,
                Period(spell.begin, spell.end),
                with_stays=spell.agreement is now,
            )
            for spell in spells_of(self._every)
        ]
        (current,) = [due for due in every if due.agreement is now]
        return current.joined([due for due in every if due is not current])

    def queue(self, *, as_of: str | int | None = None) -> HandOverQueue:
        """Line up the leads that are to be handed over, the best first: as many go as sales can take.

        Parameters
        ----------
        as_of : str or int, optional
            Default: just after the last fact.

        Returns
        -------
        queue : HandOverQueue
            By the scores of the champion, under `sla.yaml`.
        """
        project = self._project
        instant = project.instant(as_of, time_zone=self._time_zone)
        hand_overs = find_hand_overs(project.history, self.spec.definitions)
        return make_queue(project.score(as_of=instant), hand_overs, self.spec, instant)

    def try_out(self, agreement: AgreementSpec, *, where: str = "the agreement") -> PromisesTrial | DefinitionsTrial:
        """Try another agreement on the past, by models that knew nothing of what came after.

        Parameters
        ----------
        agreement : AgreementSpec
        where : str
            Its file, as errors say it.

        Returns
        -------
        trial : PromisesTrial or DefinitionsTrial
            See `trials.trying.try_agreement`.
        """
        project = self._project
        changed = with_agreement(project.spec, agreement, where=where)
        return try_agreement(project.spec, changed, project.read_under, project.on_progress)

    def suggest(self, wanted: Wanted) -> Suggestion:
        """Suggest where the hand-over should begin.

        Parameters
        ----------
        wanted : Wanted
            A capacity, a largest share of returns, or both.

        Returns
        -------
        suggestion : Suggestion
            See `trials.suggesting.suggest_for`.
        """
        project = self._project
        return suggest_for(project.spec, project.champion(), project.history, wanted, project.on_progress)

    def profile(self, *, outcome: str | None = None, within_days: float = WITHIN_DAYS) -> ProfileReport:
        """Hold the agreed profile and personas against the companies that really came.

        Parameters
        ----------
        outcome : str, optional
            Default: the last lifecycle stage.
        within_days : float
            Window from the creation of a lead.

        Returns
        -------
        report : ProfileReport
            Attributes of which the audit warns, and those that the project leaves out, are never proposed.
        """
        history, distrusted = self._project.history, self._distrusted()
        self._project.on_progress("icp")
        definitions = self.spec.definitions
        return compare_profile(history, definitions, outcome=outcome, within_days=within_days, distrusted=distrusted)

    def feedback(
        self, begin: int = -FAR, end: int = FAR, *, views: Sequence[str] = VIEWS, after_days: float | None = None
    ) -> Feedback:
        """Say what became of the leads handed over in `[begin, end)`, UTC microseconds: see `feedback`.

        Whatever held then, it is told in the words of `sla.yaml`: what marketing should send is asked for tomorrow.
        """
        history, definitions = self._project.history, self.spec.definitions
        return give_feedback(history, definitions, (begin, end), views, after_days=after_days)

    @property
    def _every(self) -> tuple[AgreementSpec, ...]:
        return (*self._project.spec.other_agreements, self.spec)

    def _told(self, agreement: AgreementSpec) -> History:
        """Give the history in the words of an agreement: what was an attempt, or a closed status, by what held then."""
        spec = self._project.spec
        if meaning_of(agreement.definitions) == meaning_of(spec.agreement.definitions):
            return self._project.history
        return self._project.read_under(replace(spec, agreement=agreement))

    def _distrusted(self) -> set[Attribute]:
        """Name the attributes that the audit found to tell the outcome, and those that the project leaves out."""
        spec = self._project.spec
        left_out: set[Attribute] = {
            (feature.of, feature.attribute)
            for feature in spec.features
            if feature.name in spec.readiness.leave_out and feature.attribute is not None
        }
        try:
            findings = self._project.audit().findings
        except LeadmlError as error:
            if error.code != "no_snapshots":
                raise
            return left_out
        of_table = {"leads": "lead", "companies": "company"}
        return left_out | {
            (of_table[finding.table], finding.column)
            for finding in findings
            if finding.table in of_table and finding.grade in (Grade.ERROR, Grade.WARNING)
        }

"""A training stops at an error of the audit, unless somebody accepts it by name and says why."""

from collections.abc import Mapping
from typing import Any

from leadml.errors import LeadmlError, known_words, raise_problems
from leadml.leakage.findings import AuditReport, LeakFinding
from leadml.wording.texts import Language, nearest

_SAID_BY_FINDING = {"what": "what", "why": "evidence", "fix": "fix"}


class LeakError(LeadmlError):
    """An error of the audit as the error that stops a training: what it is, its evidence, what to do.

    Parameters
    ----------
    finding : LeakFinding
    """

    def __init__(self, finding: LeakFinding) -> None:
        self.finding = finding
        super().__init__("leak_found", where=finding.name, name=finding.name)

    def part(self, name: str, language: Language = "en") -> str:
        """Say one of the parts `what`, `why` and `fix`: those of the finding before those of every leak."""
        own = self.finding.said(_SAID_BY_FINDING[name], language)
        general = super().part(name, language)
        return f"{general} {own}" if name == "what" else f"{own} {general}"


def accepted_leaks(report: AuditReport, accepted: Mapping[str, str]) -> list[dict[str, Any]]:
    """Let a training go on only when every error of the audit is accepted, with a reason.

    Parameters
    ----------
    report : AuditReport
    accepted : mapping of str to str
        Name of a finding (`LeakFinding.name`): why it is none, or does no harm.

    Returns
    -------
    recorded : list of dict
        What was accepted, for the model's recipe: name, code, grade, values and `because`.

    Raises
    ------
    LeadmlError, ProblemsError
        `unknown_leak` with the nearest name that was found, `leak_without_reason`, and `leak_found` for each
        error that nobody accepted; all together.
    """
    by_name = {finding.name: finding for finding in report.findings}
    problems: list[LeadmlError] = [
        LeadmlError(
            "unknown_leak",
            where="--accept-leak",
            name=name,
            known=known_words(by_name) or "-",
            hint=nearest(name, tuple(by_name)),
        )
        for name in accepted
        if name not in by_name
    ]
    reasons = sum(bool(because.strip()) for because in accepted.values())
    if reasons < len(accepted):
        problems.append(LeadmlError("leak_without_reason", where="--because", leaks=len(accepted), reasons=reasons))
    problems += [LeakError(finding) for finding in report.errors if finding.name not in accepted]
    raise_problems(problems, where="leadml check")
    return [
        {
            "name": name,
            "code": by_name[name].code,
            "grade": by_name[name].grade.value,
            "values": dict(by_name[name].values),
            "because": because,
        }
        for name, because in accepted.items()
    ]

"""The tables that several commands print."""

from collections.abc import Sequence

from rich.table import Table

from leadml.agreement.telling import notes_in_words
from leadml.explain.difference import ScoreDifference
from leadml.history.tables import Finding
from leadml.scoring import LeadScore
from leadml.wording.numbers import chance_in_words, interval_in_words, moment
from leadml.wording.texts import Language, say

_REASONS_SHOWN = 3
_CHANGES_SHOWN = 5


def score_table(scores: Sequence[LeadScore], language: Language) -> Table:
    """Lay out scored leads, readiest first, with the rules' verdict beside each."""
    table = Table(title=say("score_table.title", language), title_justify="left", header_style="bold", pad_edge=False)
    for column, settings in (
        ("rank", {"justify": "right"}),
        ("lead", {}),
        ("score", {"justify": "right", "style": "bold"}),
        ("chance", {"max_width": 18, "overflow": "fold"}),
        ("band", {}),
        ("respond_by", {"max_width": 26, "overflow": "fold"}),
        ("reasons", {"ratio": 1, "overflow": "fold"}),
        ("rules", {}),
    ):
        table.add_column(say(f"score_table.{column}", language), **settings)
    for rank, score in enumerate(scores, start=1):
        table.add_row(
            str(rank),
            score.lead_id,
            str(score.score),
            _chance(score, language),
            score.placement.band,
            _deadline(score, language),
            "\n".join(top_reasons(score, language)),
            say(
                "score_table.rules_cell",
                language,
                points=f"{score.rules.rule_points:g}",
                score=score.rules.score,
                band=score.rules.band if score.rules.grade is None else f"{score.rules.band}, {score.rules.grade}",
            ),
        )
    return table


def _chance(score: LeadScore, language: Language) -> str:
    """Say the chance, and below it how sure that is."""
    chance = chance_in_words(score.probability, language)
    return chance if score.interval is None else f"{chance}\n{interval_in_words(*score.interval, language)}"


def _deadline(score: LeadScore, language: Language) -> str:
    """Say when the first attempt is due where people work, and below it what holds the lead or chose its band."""
    due = score.placement.respond_by
    owed = say("score_table.nothing_owed", language) if due is None else moment(due, score.placement.time_zone)
    return "\n".join([owed, *notes_in_words(score.placement, score.standing, language)])


def top_reasons(score: LeadScore, language: Language, *, shown: int = _REASONS_SHOWN) -> list[str]:
    """Say the largest effects, ending in "all others", so that the lines add up to the score.

    Parameters
    ----------
    score : LeadScore
    language : {"en", "ja"}
    shown : int
        How many features are named.

    Returns
    -------
    lines : list of str
        start + named effects + all others + what holding at 0 or 100 gave or took = score.
    """
    explanation = score.explanation
    named, others = explanation.top(shown)
    held = explanation.held_effect
    return [
        *(
            say("score_table.reason", language, effect=f"{effect.effect:+d}", reason=effect.reason[language])
            for effect in named
        ),
        say("score_table.others", language, effect=f"{others:+d}", start=explanation.start),
        *([say("score_table.held", language, effect=f"{held:+d}", at=score.score)] if held else []),
    ]


def difference_lines(difference: ScoreDifference, language: Language, *, shown: int = _CHANGES_SHOWN) -> list[str]:
    """Say the largest changes, ending in "all others", so that the lines add up.

    Parameters
    ----------
    difference : ScoreDifference
    language : {"en", "ja"}
    shown : int
        How many features are named.

    Returns
    -------
    lines : list of str
        Named changes + all others + the usual lead + what holding at 0 or 100 gave or took = difference of the scores.
    """
    named, others = difference.top(shown)
    rest = (("others", others), ("start", difference.start), ("held", difference.held))
    return [
        *(
            say("what_if.change", language, change=f"{change.change:+d}", reason=change.reason[language])
            for change in named
        ),
        *(say(f"what_if.{key}", language, change=f"{points:+d}") for key, points in rest if points or key == "others"),
    ]


def finding_lines(findings: Sequence[Finding], language: Language) -> list[str]:
    """Say what stands out, one line each: where, and what."""
    return [
        f"{finding.table}: {say(f'finding.{finding.key}', language, count=f'{finding.count:,}', **finding.values)}"
        for finding in findings
    ]

"""`leadml tune`: settings of the learner, searched on later leads and confirmed on others."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from leadml.champion import run_folder
from leadml.cli.options import DataOption, JsonOption, LanguageOption, ProjectOption
from leadml.cli.telling import Steps, problems_told, tell, tell_json
from leadml.project import Project
from leadml.reports.text_table import TextTable
from leadml.specs.rewriting import check_writable, differing, rewrite_learner
from leadml.tuning.search import Progress as HowFar
from leadml.tuning.search import Tuned, forget_trials
from leadml.tuning.search import tune as search
from leadml.wording.numbers import plain
from leadml.wording.texts import Language, say

STUDY_FILE = "tuning.jsonl"

_SETTINGS_FILE = "models/readiness.yaml"
_EXIT_INTERRUPTED = 130


def tune(
    project: ProjectOption = Path(),
    data: DataOption = None,
    minutes: Annotated[
        float, typer.Option("--minutes", min=0.05, help="How long to search, beside reading the history.")
    ] = 10.0,
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin anew, without the trials of earlier runs.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be written, and write nothing.")] = False,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Search settings of the learner, and write them into models/readiness.yaml if they are better beyond noise.

    Settings are chosen on leads before the test, period by period, and confirmed on one that was held back. Running
    again goes on; Ctrl-C keeps what was tried. Then run train. See docs/tuning.md.

    Example: leadml tune --minutes 10 --dry-run
    """
    with problems_told(as_json=as_json, language=language):
        settings_file = project / _SETTINGS_FILE
        opened = Project(project, data=data)
        before = settings_file.read_bytes()
        if not dry_run:
            check_writable(settings_file, shown_as=_SETTINGS_FILE)
        with Steps(opened.tables, 1, language=language, quiet=as_json) as steps:
            opened.on_progress = steps
            steps("training_set")
            training_set = opened.training_set()
        study_file = run_folder(project) / STUDY_FILE
        if fresh:
            forget_trials(training_set, opened.spec, study_file)
        with _Bar(minutes, language=language, quiet=as_json) as bar:
            tuned = search(training_set, opened.spec, study_file=study_file, minutes=minutes, on_progress=bar)
        written = tuned.verdict == "better" and not dry_run
        if written:
            rewrite_learner(settings_file, opened.spec.readiness, tuned.found, before=before, shown_as=_SETTINGS_FILE)
        if as_json:
            changes = differing(tuned.now, tuned.found)
            settings = {"now": tuned.now.model_dump(), "found": tuned.found.model_dump()}
            tell_json({**asdict(tuned), **settings, "changes": changes, "written": written})
        else:
            for part in told(tuned, written=written, language=language):
                tell(part)
        if tuned.verdict == "interrupted":
            raise typer.Exit(_EXIT_INTERRUPTED)


def told(tuned: Tuned, *, written: bool, language: Language) -> Iterator[TextTable | str]:
    """Tell what a search found, and what became of it.

    Parameters
    ----------
    tuned : Tuned
    written : bool
        Whether the settings were written.
    language : {"en", "ja"}

    Yields
    ------
    part : TextTable or str
    """
    yield _fold_table(tuned, language)
    yield _settings_table(tuned, language)
    yield say(
        "tune.effort",
        language,
        trials=f"{tuned.trials:,}",
        pruned=f"{tuned.pruned:,}",
        new=f"{tuned.new_trials:,}",
        minutes=f"{tuned.minutes:.1f}",
    )
    if tuned.confirmation is not None and tuned.confirmation.asked > 1:
        yield say("tune.asked", language, asked=tuned.confirmation.asked, sure=_sure(tuned))
    yield _verdict(tuned, written=written, language=language)


def _fold_table(tuned: Tuned, language: Language) -> TextTable:
    table = TextTable(say("tune.folds", language))
    for column in ("created_from", "leads", "ready", "trained_on", "purpose"):
        table.add_column(say(f"tune.{column}", language), right=column in ("leads", "ready", "trained_on"))
    for fold in tuned.folds:
        table.add_row(
            fold.created_from[:10],
            *(f"{count:,}" for count in (fold.leads, fold.ready, fold.trained_on)),
            say(f"tune.{'confirms' if fold.confirms else 'chooses'}", language),
        )
    return table


def _settings_table(tuned: Tuned, language: Language) -> TextTable:
    """Lay out the settings now beside those that were found, and the losses of both."""
    table = TextTable(say("tune.settings", language), [say("tune.setting", language)])
    for column in ("now", "found"):
        table.add_column(say(f"tune.{column}", language), right=True)
    changes = differing(tuned.now, tuned.found)
    now, found = tuned.now.model_dump(exclude_none=True), tuned.found.model_dump(exclude_none=True)
    for key in now:
        table.add_row(key, str(now[key]), str(found[key]), bold=key in changes, ends_section=key == list(now)[-1])
    table.add_row(say("tune.chosen_loss", language), _loss(tuned.now_loss), _loss(tuned.found_loss))
    if tuned.confirmation is not None:
        confirmation = tuned.confirmation
        table.add_row(say("tune.confirmed_loss", language), _loss(confirmation.now), _loss(confirmation.found))
        gain = say("tune.gain_cell", language, gain=f"{confirmation.gain:+.4f}", low=f"{confirmation.low:+.4f}")
        table.add_row(say("tune.gain", language, sure=_sure(tuned)), "", gain, bold=True)
    return table


def _verdict(tuned: Tuned, *, written: bool, language: Language) -> str:
    outcome = tuned.verdict
    key = outcome if outcome != "better" else "written" if written else "would_write"
    changes = ", ".join(f"{name}: {value}" for name, value in differing(tuned.now, tuned.found).items())
    gain = low = ""
    if tuned.confirmation is not None:
        gain, low = f"{tuned.confirmation.gain:+.4f}", f"{tuned.confirmation.low:+.4f}"
    return say(
        f"tune.verdict.{key}",
        language,
        changes=changes,
        gain=gain,
        low=low,
        sure=_sure(tuned),
        trials=f"{tuned.trials:,}",
    )


def _sure(tuned: Tuned) -> str:
    return "" if tuned.confirmation is None else plain(round(100 * tuned.confirmation.sure, 2))


def _loss(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


class _Bar:
    """Shows how much of the time is over, and the best so far.

    Parameters
    ----------
    minutes : float
    language : {"en", "ja"}
    quiet : bool
    """

    def __init__(self, minutes: float, *, language: Language, quiet: bool) -> None:
        self._language = language
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=quiet,
        )
        self._task = self._bar.add_task("", total=minutes * 60)

    def __enter__(self) -> "_Bar":
        """Begin to show."""
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop showing."""
        self._bar.stop()

    def __call__(self, how_far: HowFar) -> None:
        """Tell how far the search has come."""
        description = say("tune.progress", self._language, trials=f"{how_far.trials:,}", best=_loss(how_far.best))
        self._bar.update(self._task, description=description, completed=how_far.seconds)

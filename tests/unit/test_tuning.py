"""Settings are chosen on some later leads, confirmed on others, and never on those of the test."""

import dataclasses
import os
import signal
import threading
import zlib
from pathlib import Path

import numpy as np
import optuna
import orjson
import pytest
from typer.testing import CliRunner

from leadml.cli.main import app
from leadml.cli.tune import told
from leadml.clock import parse_instant
from leadml.errors import LeadmlError
from leadml.reports.text_table import TextTable
from leadml.specs.readiness_spec import LearnerSpec
from leadml.specs.rules_spec import RulesSpec
from leadml.splits import split_by_time
from leadml.training import fit_recipe
from leadml.tuning import search, study
from leadml.tuning.search import Confirmation, Tuned, forget_trials, tune, tuning_folds


class Says:
    """A model that says of each snapshot what it is told."""

    def __init__(self, margins):
        self.margins = margins

    def margin(self, matrix):
        return self.margins(matrix)


@pytest.fixture
def bare(spec):
    """Give a project without rules and features of its own, and with settings as wanted."""

    def make(**learner):
        readiness = spec.readiness.model_copy(update={"learner": LearnerSpec(**learner), "leave_out": ()})
        return dataclasses.replace(spec, themes=(), rules=RulesSpec(rules=()), readiness=readiness)

    return make


@pytest.fixture
def leads(training_set_of):
    """Make leads of which one feature says whether they become ready, by where another is: trees can see that."""

    def make(count=900, *, seed=3, clear=0.9):
        random = np.random.default_rng(seed)
        one, other = random.normal(size=(2, count))
        ready = random.random(count) < np.where(np.where(one > 0, other > 0, other < -1), clear, 1 - clear)
        return training_set_of(leads=np.arange(count), ready=ready, one=one, other=other)

    return make


@pytest.fixture
def fits(monkeypatch):
    """Let a fit take a second of a clock that nothing else moves; give what each fit was asked."""
    asked = []
    fit = {"by": fit_recipe}

    def fit_and_tick(training_set, spec):
        model = fit["by"](training_set, spec)
        asked.append((training_set, spec.readiness.learner))
        return model

    monkeypatch.setattr(search, "fit_recipe", fit_and_tick)
    monkeypatch.setattr(search.time, "monotonic", lambda: float(len(asked)))
    asked_by = dataclasses.make_dataclass("Fits", ["asked", "fit"])
    return asked_by(asked, fit)


def better_with_leaves(_training_set, spec):
    """Make a model that knows the more, the more leaves it may have: `one` tells the outcome in these tests."""
    knows = np.log(spec.readiness.learner.leaves)
    return Says(lambda matrix: knows * np.sign(matrix.values[:, 0]))


@pytest.fixture
def telling(training_set_of):
    random = np.random.default_rng(8)
    one = random.normal(size=600)
    ready = random.random(600) < np.where(one > 0, 0.95, 0.05)
    return training_set_of(leads=np.arange(600), ready=ready, one=one)


def searched(training_set, spec, tmp_path, *, seconds=40, name="tuning.jsonl", **more):
    return tune(training_set, spec, study_file=tmp_path / name, minutes=seconds / 60, **more)


def test_no_lead_of_the_test_is_seen_and_all_that_is_learned_was_known(leads, bare, fits, tmp_path):
    fits.fit["by"] = better_with_leaves
    training_set, spec = leads(), bare()
    tuned = searched(training_set, spec, tmp_path)
    test_from = split_by_time(training_set, spec.readiness.test).from_
    folds = tuning_folds(training_set, spec)
    assert len(folds) == 4
    for split in folds:
        assert split.test.created_at.max() < test_from
        assert split.test.closed_at.max() <= test_from
        assert split.train.closed_at.max() <= split.from_ <= split.test.created_at.min()
    assert max(learned.closed_at.max() for learned, _ in fits.asked) <= folds[-1].from_
    assert {learned.closed_at.max() for learned, _ in fits.asked[-2:]} == {folds[-1].train.closed_at.max()}
    assert [fold.confirms for fold in tuned.folds] == [False, False, False, True]
    ends = [split.test.created_at.max() for split in folds]
    assert all(split.from_ > end for split, end in zip(folds[1:], ends, strict=False))
    assert parse_instant(tuned.folds[-1].created_from, where="tests") == folds[-1].from_


def test_the_settings_of_now_are_tried_first_then_the_usual_ones(telling, bare, fits, tmp_path):
    fits.fit["by"] = better_with_leaves
    searched(telling, bare(leaves=2, learning_rate=1.0, smallest_leaf=1, bags=3), tmp_path)
    tried = [learner for _, learner in fits.asked[:6]]
    assert tried[:3] == [LearnerSpec(leaves=2, learning_rate=1.0, smallest_leaf=1, bags=3)] * 3
    assert tried[3:] == [LearnerSpec(bags=3)] * 3
    assert {learner.bags for _, learner in fits.asked} == {3}


@pytest.mark.soak
@pytest.mark.parametrize("start", [{"most_trees": 0}, {"smallest_gain": 1000.0}], ids=["no trees", "no splits"])
def test_an_absurd_start_is_left_behind(start, leads, bare, fits, tmp_path):
    tuned = searched(leads(1600, clear=0.95), bare(bags=2, **start), tmp_path, seconds=14)
    assert tuned.verdict == "better"
    assert tuned.confirmation.low > 0
    assert tuned.found_loss < tuned.now_loss
    assert tuned.found != tuned.now == LearnerSpec(bags=2, **start)


@pytest.mark.soak
def test_noise_is_written_no_more_often_than_it_may_be(training_set_of, bare, fits, monkeypatch, tmp_path):
    """All settings are equally good here; the best of eight looks better where it was chosen, by luck alone."""
    monkeypatch.setattr(study, "_storage", lambda _file: optuna.storages.InMemoryStorage())
    runs, better = 150, 0
    for run in range(runs):
        random = np.random.default_rng(run)
        training_set = training_set_of(leads=np.arange(400), ready=random.random(400) < 0.4, nothing=np.zeros(400))

        def alike(known, spec, run=run):
            drawn = np.random.default_rng([run, len(known), zlib.crc32(repr(spec.readiness.learner).encode())])
            return Says(lambda matrix: drawn.normal(-0.4, 0.6, len(matrix.values)))

        fits.fit["by"] = alike
        fits.asked.clear()
        tuned = searched(training_set, bare(leaves=5), tmp_path, seconds=26)
        assert tuned.trials + tuned.pruned >= 6
        assert tuned.verdict in ("better", "within_noise", "nothing_better")
        better += tuned.verdict == "better"
    # One in twenty is allowed: 7.5 of 150; more than 14 come with a chance of less than one in a hundred.
    assert better <= 14


def test_running_again_goes_on_and_the_same_pair_is_the_same_question(telling, bare, fits, tmp_path):
    fits.fit["by"] = better_with_leaves
    spec = bare(leaves=2)
    first = searched(telling, spec, tmp_path, seconds=30)
    fits.asked.clear()
    again = searched(telling, spec, tmp_path, seconds=30)
    assert again.trials + again.pruned == first.trials + first.pruned + again.new_trials
    assert again.new_trials > 0
    assert LearnerSpec(leaves=2) not in [learner for _, learner in fits.asked[:-2]]
    assert again.found_loss <= first.found_loss
    assert again.confirmation.asked == (1 if again.found == first.found else 2)


def test_asking_again_with_other_settings_takes_more_to_be_sure(telling, bare, fits, tmp_path):
    fits.fit["by"] = better_with_leaves
    first = searched(telling, bare(leaves=2), tmp_path, seconds=14)
    other = searched(telling, bare(leaves=3), tmp_path, seconds=60)
    assert (first.confirmation.asked, first.confirmation.sure) == (1, 0.95)
    assert (other.confirmation.asked, other.confirmation.sure) == (2, 0.975)
    forget_trials(telling, bare(leaves=2), tmp_path / "tuning.jsonl")
    fits.asked.clear()
    anew = searched(telling, bare(leaves=4), tmp_path, seconds=30)
    assert anew.trials + anew.pruned == anew.new_trials  # no trial of before
    assert anew.confirmation.asked == 3  # but what was asked cannot be unasked


def test_other_data_or_features_begin_a_study_of_their_own(telling, leads, bare, fits, tmp_path):
    fits.fit["by"] = better_with_leaves
    spec = bare()
    name = study.name_of(tuning_folds(telling, spec), spec)
    fewer = telling.rows(np.arange(590))
    seed = dataclasses.replace(spec, readiness=spec.readiness.model_copy(update={"seed": 8}))
    names = {name, *(study.name_of(tuning_folds(one, by), by) for one, by in [(fewer, spec), (telling, seed)])}
    assert len(names) == 3
    assert study.name_of(tuning_folds(telling, bare(leaves=30)), bare(leaves=30)) == name
    searched(telling, spec, tmp_path)
    fits.asked.clear()
    tuned = searched(fewer, spec, tmp_path)
    assert tuned.trials + tuned.pruned == tuned.new_trials


def test_the_time_is_kept_and_nothing_is_said_of_what_was_not_tried(telling, bare, fits, tmp_path):
    fits.fit["by"] = better_with_leaves
    for seconds in (0.5, 2, 5, 13, 25.5):
        fits.asked.clear()
        tuned = searched(telling, bare(leaves=2), tmp_path, seconds=seconds, name=f"{seconds}.jsonl")
        assert len(fits.asked) <= max(seconds, 1)  # how long a fit takes is known after the first
        if seconds < 3:
            assert tuned.verdict == "no_time"
            assert tuned.found == tuned.now
            assert tuned.trials == 0
        elif seconds > 20:
            assert tuned.confirmation is not None  # room was kept for it


@pytest.fixture
def interruptible():
    """Let Ctrl-C mean what it does: processes that run tests side by side ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_whoever_stops_it_keeps_what_was_finished(telling, bare, fits, tmp_path, interruptible):
    count = {"fits": 0}

    def stopped(training_set, spec):
        count["fits"] += 1
        if count["fits"] == 8:
            os.kill(os.getpid(), signal.SIGINT)
        return better_with_leaves(training_set, spec)

    assert threading.current_thread() is threading.main_thread()
    fits.fit["by"] = stopped
    tuned = searched(telling, bare(leaves=2), tmp_path, seconds=4000)  # time must not run out before
    assert tuned.verdict == "interrupted"
    assert tuned.confirmation is None
    assert tuned.trials == 2
    fits.fit["by"] = better_with_leaves
    fits.asked.clear()
    again = searched(telling, bare(leaves=2), tmp_path)
    assert again.trials + again.pruned == 2 + again.new_trials


def test_the_file_of_trials_holds_nothing_of_a_lead(telling, bare, fits, tmp_path):
    fits.fit["by"] = better_with_leaves
    searched(telling, bare(), tmp_path)
    content = (tmp_path / "tuning.jsonl").read_text(encoding="utf-8")
    assert "learning_rate" in content
    assert not [lead for lead in telling.lead_ids if lead in content]


def test_half_a_line_of_a_killed_run_does_no_harm_and_a_damaged_file_is_refused(telling, bare, fits, tmp_path):
    fits.fit["by"] = better_with_leaves
    file = tmp_path / "tuning.jsonl"
    first = searched(telling, bare(), tmp_path, seconds=20)
    whole = file.read_bytes()
    file.write_bytes(whole + b'{"op_code": 4, "trial')
    again = searched(telling, bare(), tmp_path, seconds=40)
    assert again.trials - again.new_trials <= first.trials
    file.write_bytes(b"what is this?\n" + whole)
    with pytest.raises(LeadmlError) as caught:
        searched(telling, bare(), tmp_path)
    assert caught.value.code == "unreadable_study"
    assert "--fresh" in caught.value.text()
    forget_trials(telling, bare(), file)
    fits.asked.clear()
    assert searched(telling, bare(), tmp_path).trials > 0


def test_the_age_of_a_lock_can_be_seen(telling, bare, fits, tmp_path, monkeypatch):
    """Optuna takes the lock of a killed run away by its age; where it cannot see that, it waits without end."""
    fits.fit["by"] = better_with_leaves
    monkeypatch.chdir(tmp_path)
    study_file = Path(".leadml/tuning.jsonl")
    seen = []
    monkeypatch.setattr(os, "fsync", lambda _handle: seen.append(Path(f"{study_file}.lock").exists()))
    tune(telling, bare(), study_file=study_file, minutes=20 / 60)
    assert seen
    assert all(seen)


def test_a_disk_that_fills_in_mid_run_is_told(telling, bare, fits, tmp_path, monkeypatch):
    fits.fit["by"] = better_with_leaves
    written = []

    def full(_handle):
        written.append(1)
        if len(written) > 30:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LeadmlError) as caught:
        searched(telling, bare(leaves=2), tmp_path)
    assert caught.value.code == "cannot_write"
    assert "No space left" in caught.value.text()


def test_too_few_leads_are_refused(training_set_of, bare, tmp_path):
    ready = np.zeros(300)
    ready[[2, 299]] = 1  # none in the latest half of the leads before the test
    few = training_set_of(leads=np.arange(300), ready=ready)
    with pytest.raises(LeadmlError) as caught:
        searched(few, bare(), tmp_path)
    assert caught.value.code == "too_few_for_folds"


# --- the command


def found(verdict="better", *, asked=1, low=0.004):
    confirmation = Confirmation(0.41, 0.40, 0.01, low, 1 - 0.05 / asked, asked)
    no = verdict in ("nothing_better", "no_time", "interrupted")
    return Tuned(
        verdict=verdict,
        now=LearnerSpec(),
        found=LearnerSpec() if no else LearnerSpec(leaves=17),
        now_loss=0.4,
        found_loss=0.39,
        confirmation=None if no else confirmation,
        folds=(),
        trials=12,
        pruned=3,
        new_trials=15,
        minutes=9.5,
    )


@pytest.fixture
def tuned_by(demo_project, tmp_path, monkeypatch):
    """Run `leadml tune` on a copy of the demo, with a search that finds what it is told."""
    folder = tmp_path / "project"
    (folder / "models").mkdir(parents=True)
    for name in ("features", "history.yaml", "sla.yaml", "demo"):
        (folder / name).symlink_to((demo_project.folder / name).resolve())
    for file in (demo_project.folder / "models").iterdir():
        (folder / "models" / file.name).write_bytes(file.read_bytes())

    def run(tuned, *options):
        # The package holds the command under the name of its module.
        monkeypatch.setitem(told.__globals__, "search", lambda *_, **_more: tuned)
        before = (folder / "models/readiness.yaml").read_text(encoding="utf-8")
        result = CliRunner().invoke(app, ["tune", "--project", str(folder), *options], env={"COLUMNS": "200"})
        return result, before, (folder / "models/readiness.yaml").read_text(encoding="utf-8")

    return run


def test_what_is_better_is_written_and_comments_stay(tuned_by):
    result, before, after = tuned_by(found())
    assert result.exit_code == 0, result.stderr
    assert "Written into models/readiness.yaml: leaves: 17" in " ".join(result.stdout.split())
    assert after != before
    assert "leaves: 17" in after
    comments = [line for line in before.splitlines() if "#" in line]
    assert comments
    assert [line for line in after.splitlines() if "#" in line] == comments


@pytest.mark.parametrize("verdict", ["within_noise", "nothing_better", "no_time", "interrupted"])
def test_anything_else_is_not_written_and_says_so(verdict, tuned_by):
    result, before, after = tuned_by(found(verdict, low=-0.002))
    assert after == before
    assert result.exit_code == (130 if verdict == "interrupted" else 0)
    assert "ritten" in result.stdout
    if verdict == "within_noise":
        assert "within noise, +0.0100 (95 % limit -0.0020" in " ".join(result.stdout.split())


def test_a_dry_run_never_writes(tuned_by):
    result, before, after = tuned_by(found(), "--dry-run")
    assert after == before
    assert "Not written, as --dry-run asks: leaves: 17" in " ".join(result.stdout.split())


def test_json_says_all_of_it(tuned_by):
    result, _, after = tuned_by(found(), "--json")
    assert result.exit_code == 0, repr(result.exception)
    content = orjson.loads(result.stdout)
    assert content["written"] is True
    assert content["changes"] == {"leaves": 17}
    assert content["confirmation"]["low"] == 0.004
    assert "leaves: 17" in after


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("verdict", ["better", "within_noise", "nothing_better", "no_time", "interrupted"])
def test_every_outcome_is_told_in_both_languages(verdict, language):
    parts = list(told(found(verdict, asked=2), written=False, language=language))
    sentences = [part for part in parts if isinstance(part, str)]
    assert len(parts) - len(sentences) == 2
    assert all(isinstance(part, TextTable) for part in parts[:2])
    if verdict == "better":
        assert "97.5" in " ".join(sentences)

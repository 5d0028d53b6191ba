"""An invariant that cannot fail guards nothing: plant a fault, and see that it is caught.

Each run copies the package, plants one fault, and runs the invariants on the copy in a process of its own.
"""

import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SOURCE = ROOT / "src" / "leadml"

RUN = """
import sys
from pathlib import Path
import leadml
from leadml.engine import compute
for module in (leadml, compute):
    if not Path(module.__file__).is_relative_to(sys.argv[1]):
        sys.exit(f"{module.__file__} was imported, not the copy with the fault")
import pytest
sys.exit(pytest.main(sys.argv[2:]))
"""

KNOWN = "return happened_at < as_of and known_at < as_of"
JUST_AFTER = "return just_after_each(latest_known)"


@pytest.fixture
def failures_with(tmp_path):
    """Run invariants on a copy of the package with a fault in it; gives the message of each test that failed."""

    def run(module, sound, faulty, tests):
        # What numba has compiled comes along; of the module with the fault it is out of date, and made anew.
        shutil.copytree(SOURCE, tmp_path / "src" / "leadml", ignore=shutil.ignore_patterns("*.pyc"))
        path = tmp_path / "src" / "leadml" / module
        text = path.read_text(encoding="utf-8")
        assert text.count(sound) == 1, f"the place of the fault is no longer in {module}"
        path.write_text(text.replace(sound, faulty), encoding="utf-8")
        report = tmp_path / "report.xml"
        options = ["-q", "-p", "no:cacheprovider", "--hypothesis-profile=few", f"--junitxml={report}"]
        options += ["--tb=short", f"--basetemp={tmp_path / 'runs'}", "-c", str(ROOT / "pyproject.toml")]
        environment = {**os.environ, "PYTHONPATH": str(tmp_path / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
        environment.pop("NUMBA_CACHE_DIR", None)
        done = subprocess.run(
            [sys.executable, "-c", RUN, str(tmp_path), *options, *[str(HERE / test) for test in tests]],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert report.is_file(), done.stdout + done.stderr
        suite = ET.parse(report).getroot().find("testsuite")
        assert suite.get("errors") == "0", done.stdout
        assert int(suite.get("tests")) >= len(tests), done.stdout
        return {case.get("name"): case.find("failure").get("message") for case in suite if len(case)}

    return run


BLIND = "test_blind_to_the_future.py::test_a_fact_that_was_not_yet_known_changes_nothing"
LIVE = "test_live_equals_batch.py::test_a_posted_fact_has_the_answer_that_batch_gives_just_after_it"
OWN_EFFECT = "test_effects_belong.py::test_an_effect_stands_under_the_feature_that_makes_it"
OWN_FACTS = "test_effects_belong.py::test_a_feature_tells_of_the_facts_that_it_reads_and_of_no_others"
JUST_ENTERED = "test_live_equals_batch.py::test_training_sees_the_stage_just_entered_as_serving_does[0]"


def test_without_a_fault_nothing_fails(failures_with):
    assert failures_with("engine/compute.py", KNOWN, KNOWN, [BLIND, LIVE, JUST_ENTERED]) == {}


@pytest.mark.soak
@pytest.mark.parametrize(
    ("module", "sound", "faulty", "tests"),
    [
        pytest.param(
            "engine/compute.py",
            KNOWN,
            "return happened_at <= as_of and known_at <= as_of",
            [BLIND],
            id="<= for <",
        ),
        pytest.param(
            "engine/compute.py",
            KNOWN,
            "return happened_at < as_of and happened_at < as_of",
            [BLIND],
            id="happened_at for known_at",
        ),
        pytest.param(
            "snapshots.py",
            JUST_AFTER,
            "return happened_at.copy()",
            [LIVE, JUST_ENTERED],
            id="as_of on the fact, not just after it",
        ),
        pytest.param(
            "explain/reasons.py",
            "every = effects.tolist()",
            "effects = effects[[1, 0, *range(2, len(effects))]]; every = effects.tolist()",
            [f"{OWN_EFFECT}[rules]", f"{OWN_EFFECT}[lines]", f"{OWN_EFFECT}[trees]"],
            id="two features' columns swapped",
        ),
        pytest.param(
            "history/build.py",
            "order, [known_at, *codes, *values])",
            'order, [known_at, *codes, *values])\n    first = first * (name != "connect_attempts")',
            [f"{OWN_FACTS}[connect_attempts]"],
            id="a theme's facts removed",
        ),
    ],
)
def test_a_planted_fault_is_caught(module, sound, faulty, tests, failures_with):
    failures = failures_with(module, sound, faulty, tests)
    assert len(failures) == len(tests)
    for message in failures.values():
        assert message.startswith(("AssertionError", "assert ")), message

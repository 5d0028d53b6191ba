"""Found settings go into a file that people wrote, and nothing else of it changes."""

import os
import stat

import pytest

from leadml.errors import LeadmlError
from leadml.specs.readiness_spec import LearnerSpec, ReadinessSpec
from leadml.specs.reading import read_specification
from leadml.specs.rewriting import check_writable, differing, rewrite_learner

BEGINNING = "# ours\nname: readiness   # a name\nsnapshots:\n    - {since:   created, days: 14}  # early\n"
BLOCK = (
    BEGINNING + "learner:\n   # slow\n   learning_rate: 0.1   # half\n   leaves: 4 # few\n\n# the last word\nseed: 7\n"
)
FLOW = BEGINNING + "learner: { leaves: 4,  bags: 5 } # short\nseed: 7\n"


@pytest.fixture
def rewritten(tmp_path):
    """Write a text, put settings into it, and give what the file holds then."""

    def rewrite(text, **settings):
        path = tmp_path / "readiness.yaml"
        path.write_bytes(text.encode())
        spec = read_specification(ReadinessSpec, path, shown_as=path.name)
        found = spec.learner.model_copy(update=settings)
        rewrite_learner(path, spec, found, before=path.read_bytes(), shown_as="models/readiness.yaml")
        assert read_specification(ReadinessSpec, path, shown_as=path.name) == spec.model_copy(update={"learner": found})
        assert [left.name for left in tmp_path.iterdir()] == ["readiness.yaml"]
        return path.read_bytes().decode()

    return rewrite


def test_only_what_differs_is_written():
    assert differing(LearnerSpec(leaves=4), LearnerSpec(leaves=4, learning_rate=0.05)) == {"learning_rate": 0.05}
    assert differing(LearnerSpec(), LearnerSpec()) == {}


def test_a_value_is_replaced_and_no_other_byte(rewritten):
    assert rewritten(BLOCK, leaves=16) == BLOCK.replace("leaves: 4", "leaves: 16")
    both = rewritten(BLOCK, leaves=16, learning_rate=0.0321)
    assert both == BLOCK.replace("leaves: 4", "leaves: 16").replace("learning_rate: 0.1", "learning_rate: 0.0321")


def test_a_missing_key_comes_behind_the_last_one_of_its_block(rewritten):
    assert rewritten(BLOCK, smallest_leaf=9, leaves=123) == BLOCK.replace(
        "leaves: 4 # few\n", "leaves: 123 # few\n   smallest_leaf: 9\n"
    )


def test_flow_style_stays_flow_style(rewritten):
    assert rewritten(FLOW, leaves=16, smallest_gain=0.25) == FLOW.replace(
        "leaves: 4,  bags: 5 }", "leaves: 16,  bags: 5, smallest_gain: 0.25 }"
    )
    assert rewritten(BEGINNING + "learner: {}\n", leaves=16) == BEGINNING + "learner: {leaves: 16}\n"


def test_without_a_learner_a_block_is_added_at_the_end(rewritten):
    assert rewritten(BEGINNING, leaves=16, most_trees=60) == (BEGINNING + "learner:\n  leaves: 16\n  most_trees: 60\n")
    assert rewritten("name: a\nsnapshots: [{since: created, days: 1}]", leaves=16).endswith("]\nlearner:\n  leaves: 16")
    flow = "{name: a, snapshots: [{since: created, days: 1}]}\n"
    assert rewritten(flow, leaves=16) == flow.replace("]}", "], learner: {leaves: 16}}")


@pytest.mark.parametrize("text", [BLOCK, FLOW, BEGINNING, "\ufeff" + BLOCK, BLOCK.replace("few", "少ない葉")])
def test_line_ends_marks_and_words_of_any_language_stay(text, rewritten):
    text = text.replace("\n", "\r\n")
    new = rewritten(text, leaves=16, smallest_leaf=9)
    assert new.count("\r\n") == new.count("\n")
    kept = [line for line in text.split("\r\n") if "leaves" not in line]
    assert [line for line in new.split("\r\n") if line in kept] == kept


def test_the_mode_and_a_link_stay(tmp_path):
    path, link = tmp_path / "real.yaml", tmp_path / "readiness.yaml"
    path.write_text(BLOCK, encoding="utf-8")
    path.chmod(0o640)
    link.symlink_to(path)
    spec = read_specification(ReadinessSpec, link, shown_as="readiness.yaml")
    rewrite_learner(link, spec, LearnerSpec(leaves=9), before=link.read_bytes(), shown_as="readiness.yaml")
    assert link.is_symlink()
    assert "leaves: 9" in path.read_text(encoding="utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path):
    path = tmp_path / "readiness.yaml"
    path.write_text(BLOCK, encoding="utf-8")
    spec, before = read_specification(ReadinessSpec, path, shown_as="readiness.yaml"), path.read_bytes()
    path.write_text(BLOCK + "# a colleague was here\n", encoding="utf-8")
    with pytest.raises(LeadmlError) as caught:
        rewrite_learner(path, spec, LearnerSpec(leaves=9), before=before, shown_as="models/readiness.yaml")
    assert caught.value.code == "changed_meanwhile"
    assert "leaves: 9" in caught.value.text("ja")
    assert path.read_text(encoding="utf-8") == BLOCK + "# a colleague was here\n"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_value_that_others_refer_to_is_not_touched(tmp_path):
    path = tmp_path / "readiness.yaml"
    text = (
        BEGINNING.replace("created, days: 14", "created, days: &few 4")
        + "learner: {leaves: 8, bags: &b 4, smallest_leaf: *b}\n"
    )
    path.write_text(text, encoding="utf-8")
    spec = read_specification(ReadinessSpec, path, shown_as="readiness.yaml")
    for changed in (LearnerSpec(bags=4, smallest_leaf=9), LearnerSpec(bags=6, smallest_leaf=4)):
        with pytest.raises(LeadmlError) as caught:
            rewrite_learner(path, spec, changed, before=path.read_bytes(), shown_as="models/readiness.yaml")
        assert caught.value.code == "cannot_rewrite"
        assert path.read_text(encoding="utf-8") == text


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "readiness.yaml"
    path.write_text(BLOCK, encoding="utf-8")
    spec = read_specification(ReadinessSpec, path, shown_as="readiness.yaml")

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LeadmlError) as caught:
        rewrite_learner(path, spec, LearnerSpec(leaves=9), before=path.read_bytes(), shown_as="models/readiness.yaml")
    assert caught.value.code == "cannot_write"
    assert "No space left" in caught.value.text()
    assert path.read_text(encoding="utf-8") == BLOCK
    assert len(list(tmp_path.iterdir())) == 1


def test_a_read_only_file_is_refused_before_the_search(tmp_path, monkeypatch):
    path = tmp_path / "readiness.yaml"
    path.write_text(BLOCK, encoding="utf-8")
    check_writable(path, shown_as="models/readiness.yaml")
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write what nobody may
    with pytest.raises(LeadmlError, match="read-only"):
        check_writable(path, shown_as="models/readiness.yaml")

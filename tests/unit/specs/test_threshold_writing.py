"""Suggested thresholds in a copy of the agreement: every other sign stays as people wrote it."""

import pytest

from leadml.errors import LeadmlError
from leadml.specs.agreement_spec import AgreementSpec
from leadml.specs.reading import read_specification
from leadml.specs.threshold_writing import with_thresholds, write_thresholds
from leadml.trials.thresholds import with_threshold


@pytest.fixture
def source(tiny_project):
    return tiny_project / "sla.yaml"


def read(path):
    return read_specification(AgreementSpec, path, shown_as=path.name)


def suggested(path, threshold, version="2026.1-suggested"):
    return with_threshold(read(path), threshold).model_copy(update={"version": version})


def test_only_thresholds_version_and_comment_change(source, tmp_path):
    target = tmp_path / "new.yaml"
    write_thresholds(source, target, suggested(source, 47), comment="Suggested by leadml\nfor 8 leads a day")
    before, after = source.read_text("utf-8").splitlines(), target.read_text("utf-8").splitlines()
    assert after[:2] == ["# Suggested by leadml", "# for 8 leads a day"]
    changed = [(old, new) for old, new in zip(before, after[2:], strict=True) if old != new]
    assert changed == [
        ('version: "2026.1"', 'version: "2026.1-suggested"'),
        (changed[1][0], changed[1][0].replace("score_at_least: 60", "score_at_least: 47")),
    ]
    assert read(target) == suggested(source, 47)


def test_a_comment_beside_a_threshold_stays(source, tmp_path):
    text = source.read_text("utf-8").replace(
        "      - {name: A, score_at_least: 60,", "      - # the best\n        {name: A, score_at_least: 60,"
    )
    source.write_text(text, "utf-8")
    assert "# the best\n        {name: A, score_at_least: 47," in with_thresholds(
        text, suggested(source, 47), comment="x"
    )


def test_a_threshold_agreed_as_a_chance_becomes_a_score(source, tmp_path):
    text = source.read_text("utf-8").replace("score_at_least: 60", "probability_at_least: 0.6")
    source.write_text(text, "utf-8")
    write_thresholds(source, tmp_path / "new.yaml", suggested(source, 47), comment="x")
    assert "score_at_least: 47" in (tmp_path / "new.yaml").read_text("utf-8")
    assert "probability_at_least" not in (tmp_path / "new.yaml").read_text("utf-8")


def test_what_stands_elsewhere_is_not_rewritten(source, tmp_path):
    """A threshold behind an alias would change where it is not meant to."""
    text = (
        source.read_text("utf-8")
        .replace("within_days: 30", "within_days: &days 30")
        .replace("score_at_least: 40", "score_at_least: *days")
    )
    source.write_text(text, "utf-8")
    with pytest.raises(LeadmlError) as raised:
        write_thresholds(source, tmp_path / "new.yaml", suggested(source, 5), comment="x")
    assert raised.value.code == "cannot_rewrite_thresholds"
    assert list(tmp_path.glob("*new*")) == []


def test_where_nothing_can_be_written_it_says_so(source, tmp_path):
    with pytest.raises(LeadmlError) as raised:
        write_thresholds(source, tmp_path / "nowhere" / "new.yaml", suggested(source, 47), comment="x")
    assert raised.value.code == "cannot_write"

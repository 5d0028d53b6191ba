"""A model's card: every figure that was measured, in both languages, and nobody's name."""

import re
from dataclasses import replace

import orjson
import pytest

from leadml.compare import compare, fit_periods
from leadml.errors import LeadmlError
from leadml.evidence import EVIDENCE_FILE, Evidence, gather_evidence
from leadml.gate import judge_recipe
from leadml.leakage.findings import AuditReport, Grade, LeakFinding
from leadml.reports.card import Card
from leadml.reports.page import Picture
from leadml.wording.texts import LANGUAGES

LEAKS = (
    LeakFinding("only_ready", Grade.WARNING, "assignments", "owner", {"value": "mori"}, word="mori"),
    LeakFinding("same_lead_twice", Grade.NOTE, "leads", "lead_id", {"one": "L000001", "other": "L000002"}),
)


@pytest.fixture(scope="module")
def model(demo_model):
    accepted = [{"name": "assignments.owner=mori", "because": "The rule is ours."}]
    return replace(demo_model, version=3, recipe={**demo_model.recipe, "accepted_leaks": accepted})


@pytest.fixture(scope="module")
def evidence(model, demo_training_set, spec):
    periods, fitted = fit_periods(demo_training_set, spec)
    judged = compare(periods, fitted, spec), judge_recipe(periods, fitted, [], "none")
    audit = AuditReport(LEAKS, 100, 50, 10, 7)
    return gather_evidence(model, demo_training_set, spec, judged=judged, audit=audit)


@pytest.fixture
def card(model, evidence, definitions):
    return lambda language="en": Card(model, evidence, definitions, language).page()


def test_what_was_gathered_is_read_back_as_it_was(evidence, tmp_path):
    evidence.write(tmp_path)
    assert Evidence.read(tmp_path) == evidence


@pytest.mark.parametrize("text", [None, "{}", "no json"])
def test_evidence_that_is_not_there_or_damaged_is_told(tmp_path, text):
    if text is not None:
        (tmp_path / EVIDENCE_FILE).write_text(text)
    with pytest.raises(LeadmlError) as told:
        Evidence.read(tmp_path)
    assert told.value.code == ("no_evidence" if text is None else "unreadable_model")


def test_no_word_of_a_lead_or_a_person_is_in_the_evidence(evidence, demo_history, tmp_path):
    evidence.write(tmp_path)
    text = (tmp_path / EVIDENCE_FILE).read_text(encoding="utf-8")
    owners = demo_history.facts["assignments"].texts["owner"].words_that_occur()
    assert len(owners) > 1
    words = {*re.findall(r"\w+", text)}
    assert not words & {*demo_history.lead_ids, "mori", "L000001"}


def test_the_card_tells_the_figures_that_were_measured(card, evidence):
    text = card().markdown()
    auc = evidence.comparison.overall("auc").first
    assert rf"{auc.value:.3f} \[{auc.low:.3f}, {auc.high:.3f}\]" in text
    learned = evidence.learned
    assert f"{learned.leads:,} leads, {learned.snapshots:,} snapshots" in text
    assert learned.first[:10] in text
    for team in evidence.owners.values():
        assert team in text
    assert "0 errors, 1 warnings, 1 notes" in text
    assert "The rule is ours." in text
    assert "version 3" in text
    assert evidence.features[0].size > evidence.features[-1].size


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_card_is_whole_in_both_languages(card, language):
    page = card(language)
    assert len(page.sections) == 9
    assert all(section.blocks for section in page.sections)
    html = page.html()
    assert f'<html lang="{language}">' in html
    assert html.count("<svg") == sum(
        isinstance(block, Picture) for section in page.sections for block in section.blocks
    )
    assert html.count("<svg") >= 8
    assert not re.search(r"(src|href)=\"(?!#)", html)


def test_in_japanese_no_english_sentence_is_left(card):
    text = card("ja").markdown()
    prose = [line for line in text.splitlines() if line and not line.startswith("|")]
    english = [line for line in prose if not re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", line)]
    assert english == []


def test_a_model_that_nobody_audited_says_so(model, evidence, definitions):
    text = Card(model, replace(evidence, audit=None), definitions, "en").page().markdown()
    assert "was not searched for columns" in text


def test_evidence_is_plain_json(evidence, tmp_path):
    evidence.write(tmp_path)
    content = orjson.loads((tmp_path / EVIDENCE_FILE).read_bytes())
    assert content["comparison"]["contestants"] == ["readiness", "rules"]
    assert content["gate"]["champion"] == "none"

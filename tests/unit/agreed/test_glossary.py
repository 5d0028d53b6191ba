"""What one company agreed, in plain sentences."""

from datetime import date

import pytest

from leadml.agreed.glossary import agreed_terms
from leadml.specs.agreement_spec import AgreementSpec
from leadml.specs.reading import read_specification
from leadml.vocabulary import TERMS
from leadml.wording.texts import LANGUAGES

SMALL = """
version: "1"
valid_from: 2026-01-01
owners: {marketing: Mia, sales: Sam}
definitions:
  ready: {reach: sql, within_days: 30}
  lifecycle_stages: [lead, sql]
  lead_types: {new: {en: New, ja: 新規}}
  lead_score: {probability_at_50: 0.2}
promises:
  bands: {default: [{name: A, score_at_least: 60}, {name: B}]}
"""


@pytest.fixture(scope="module")
def said(spec):
    """Give the sentences of tests/project by term."""

    def say_them(agreement=spec.agreement, language="en"):
        return {term.name: term.sentences for term in agreed_terms(agreement, language)}

    return say_them


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Read an agreement in which nearly nothing is agreed."""
    file = tmp_path_factory.mktemp("small") / "sla.yaml"
    file.write_text(SMALL, "utf-8")
    return read_specification(AgreementSpec, file, shown_as="sla.yaml")


@pytest.fixture(scope="module")
def root(spec):
    """Read the agreement of the demo project, in which nearly everything is agreed."""
    from pathlib import Path

    return read_specification(AgreementSpec, Path(__file__).parents[3] / "sla.yaml", shown_as="sla.yaml")


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_of_the_ten_terms_is_told(root, language):
    told = agreed_terms(root, language)
    assert [term.name for term in told] == [term.name for term in TERMS]
    assert all(term.sentences and term.meaning for term in told)


@pytest.mark.parametrize(
    ("term", "sentence"),
    [
        ("service_level_agreement", "This is version 2026.1, valid from 2025-01-01 on."),
        (
            "service_level_agreement",
            "Business hours (Asia/Tokyo): Monday to Thursday 09:00-18:00, Friday 09:00-17:00.",
        ),
        ("service_level_agreement", "Closed on the public holidays of Japan."),
        ("ideal_customer_profile", "employees of the company is at least 50 and at most 2,000"),
        ("ideal_customer_profile", "Tier A: all criteria hold."),
        ("buyer_persona", "Judges the technology: department is engineering or it"),
        ("buyers_journey", "Consideration: buying guide, comparison sheet and case study"),
        ("lifecycle_stage", "subscriber → lead → MQL → SQL → opportunity → customer"),
        (
            "lifecycle_stage",
            "Ready means: reaching SQL within 30 days and not being returned within 14 days after that.",
        ),
        ("lifecycle_stage", "Before a lead enters SQL, these must be known: department and country of the company."),
        ("lead_type", "Maintenance service: with bands of its own"),
        ("deal_stage", "quote in preparation: 40 % are won"),
        ("deal_stage", "closed lost: the deal is lost"),
        (
            "lead_status",
            "Returned, unable to reach: says nothing about readiness; may be said only after an attempt; valid only "
            "when all promised attempts were made; may come again after 30 days.",
        ),
        ("lead_score", "A score of 50 stands for a chance of 50 % (about 1 in 2); 10 points more double the odds."),
        (
            "lead_score",
            "Band B (all other lead types) begins at a score of 17 (about 1 in 10); recommends MQL; first attempt "
            "within 24 business hours; a lead leaves the band only when its score is more than 2 points too low.",
        ),
        (
            "connect_attempt",
            "What counts: by phone, email or meeting, made by: person, with one of these results: connected, no "
            "answer, voicemail or replied.",
        ),
        (
            "connect_attempt",
            "What sales owes after a hand-over: 5 attempts within 10 days by phone and email; none once the result is "
            "connected or replied; at most 3 a day.",
        ),
    ],
)
def test_what_stands_in_the_file_is_said(said, root, term, sentence):
    assert sentence in said(root)[term]


@pytest.mark.parametrize(
    ("term", "sentence"),
    [
        ("service_level_agreement", "営業時間（Asia/Tokyo）：月曜から木曜 09:00-18:00、金曜 09:00-17:00。"),
        ("ideal_customer_profile", "企業のemployeesが50以上、2,000以下"),
        ("lifecycle_stage", "「準備完了」とは、30日以内にSQLに到達し、その後14日以内に差し戻されないことです。"),
        ("deal_stage", "quote in preparation：受注確率40%"),
        ("lead_status", "差し戻し理由「duplicate」：リードとして数えない、最初の試行の前にだけ使える。"),
        (
            "connect_attempt",
            "引き渡し後に営業が行うこと：10日以内に電話、メールで5回、結果が通話・面談ありまたは返信ありになればそれ以上は不要、1日3回まで。",
        ),
    ],
)
def test_it_is_said_in_japanese_too(said, root, term, sentence):
    assert sentence in said(root, "ja")[term]


def test_what_is_not_agreed_is_said_to_be_so(said, small):
    told = said(small)
    for term in ("ideal_customer_profile", "buyer_persona", "buyers_journey", "deal_stage", "lead_status"):
        assert told[term] == ("Nothing is agreed here yet.",)
    assert (
        "No calendar is agreed: the office counts as always open, and days are those of UTC."
        in told["service_level_agreement"]
    )
    assert told["lead_score"][1] == "Band A begins at a score of 60 (about 1 in 3)."
    assert told["lifecycle_stage"][1] == "Ready means: reaching SQL within 30 days."


def test_an_agreement_that_ends_says_when(said, small):
    ends = small.model_copy(update={"valid_to": date(2026, 12, 31)})
    assert said(ends)["service_level_agreement"][0] == "This is version 1, valid from 2026-01-01 to 2026-12-31."

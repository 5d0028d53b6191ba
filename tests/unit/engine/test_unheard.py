"""Words that feature files ask for and no fact has are found, each with the nearest word that occurs."""

import pytest

from leadml.engine.catalogue import Catalogue
from leadml.engine.unheard import unheard_words
from leadml.specs.feature_spec import FeatureFileSpec

LABEL = {"en": "Tried", "ja": "試験"}
LEADS = """
    lead_id,created_at,company_id,source
    L1,2026-01-01T00:00:00Z,C1,web_form
"""
COMPANIES = """
    company_id,created_at,industry
    C1,2025-01-01T00:00:00Z,machinery
"""
ACTIVITIES = """
    lead_id,happened_at,activity,content,channel
    L1,2026-02-01T00:00:00Z,webinar_attended,,web
    L1,2026-02-02T00:00:00Z,content_downloaded,case_study,web
"""
STAGES = """
    lead_id,happened_at,lifecycle_stage
    L1,2026-01-01T00:00:00Z,lead
"""


@pytest.fixture(scope="module")
def found(history_of, definitions):
    """Find the words of one feature, in the file engagement.yaml, that never occur."""
    history = history_of(leads=LEADS, companies=COMPANIES, activities=ACTIVITIES, stage_changes=STAGES)

    def find(**feature):
        complete = {"name": "tried", "label": LABEL, "kind": "count", "table": "activities", "when_nothing": 0.0}
        theme = {"theme": "engagement", "label": LABEL, "features": ({**complete, **feature},)}
        themes = [FeatureFileSpec.model_validate(theme, strict=False)]
        return [
            (name, finding.table, finding.key, finding.count, finding.values["word"], finding.values.get("near"))
            for name, finding in unheard_words(history, themes, Catalogue.of(themes, definitions))
        ]

    return find


NEAR, FAR = "word_never_occurs_near", "word_never_occurs"
OF_COMPANY = {"attribute": "industri", "of": "company", "values": "category"}


@pytest.mark.parametrize(
    ("feature", "key", "word", "near"),
    [
        ({"where": {"activity": "webinar_atended"}}, NEAR, "webinar_atended", "webinar_attended"),
        ({"where": {"activity": ("webinar_attended", "badge_scanned")}}, FAR, "badge_scanned", None),
        # The agreement gives content its journey stage; nobody has read anything of this one.
        ({"where": {"journey_stage": "decision"}}, FAR, "decision", None),
        ({"kind": "share", "when_nothing": "missing", "of_which": {"channel": "wep"}}, NEAR, "wep", "web"),
        (
            {"kind": "days_between", "when_nothing": "missing", "to": {"content": "case_studies"}},
            NEAR,
            "case_studies",
            "case_study",
        ),
    ],
)
def test_a_word_that_no_fact_has_is_found(feature, key, word, near, found):
    assert found(**feature) == [("tried", "features/engagement.yaml", key, 2, word, near)]


def test_an_attribute_that_nobody_has_is_found(found):
    (told,) = found(kind="attribute", table=None, when_nothing="missing", **OF_COMPANY)
    assert told == ("tried", "features/engagement.yaml", NEAR, 1, "industri", "industry")


def test_a_stage_that_nobody_entered_is_found(found):
    assert [told[4] for told in found(since_stage="mql")] == ["mql"]


def test_what_occurs_and_what_is_not_known_are_no_findings(found):
    assert found(where={"activity": "webinar_attended", "channel": ("web",)}) == []
    assert found(kind="attribute", table=None, when_nothing="missing", attribute="source", values="category") == []
    assert found(table="deal_changes", where={"deal_stage": "closed_won"}) == []
    assert found(kind="match", table=None, when_nothing="missing") == []


def test_words_under_a_criterion_that_asks_for_a_number_are_counted(history_of, definitions):
    companies = """
        company_id,created_at,employees,industry
        C1,2025-01-01T00:00:00Z,many,machinery
    """
    history = history_of(leads=LEADS, companies=companies)
    feature = {"name": "fit", "label": LABEL, "kind": "match", "when_nothing": "missing"}
    themes = [FeatureFileSpec.model_validate({"theme": "fit", "label": LABEL, "features": (feature,)}, strict=False)]
    ((name, finding),) = unheard_words(history, themes, Catalogue.of(themes, definitions))
    assert (name, finding.key, finding.count) == ("fit", "words_for_numbers", 1)
    assert finding.values == {"feature": "fit", "attribute": "employees", "known": "1", "example": "many"}

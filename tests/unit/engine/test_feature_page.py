"""The page of the features says what each is, in the words of the tables."""

import pytest

from leadml.engine.catalogue import Catalogue
from leadml.engine.feature_page import features_markdown, what_it_is
from leadml.specs.feature_spec import ActionableSpec
from leadml.specs.reading import Label


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pricing_views_30d", "`activities` where `activity` is `page_view` and `content` is `pricing`"),
        ("clicks_or_chats", "`activities` where `activity` is `email_click` or `chat_opened`"),
        ("warmth", "`activities` counting half after 14 days"),
        ("employees", "`employees` of the company"),
        ("icp_match", "as the agreement defines it"),
        ("furthest_content", "`journey_stage` of `activities`"),
        ("days_in_stage", "`lifecycle_stage` of `stage_changes`"),
        ("clicks_since_mql", "`activities` where `activity` is `email_click` since the last entry into `mql`"),
        ("colleagues_visits_30d", "`activities` of the company's other leads"),
        (
            "days_lead_to_mql",
            "`stage_changes` where `lifecycle_stage` is `lead` to `lifecycle_stage` is `mql`",
        ),
        ("decision_share", "`activities` of which `journey_stage` is `decision`"),
    ],
)
def test_a_feature_says_what_it_reads(name, text, spec, definitions):
    catalogue = Catalogue.of(spec.themes, definitions)
    (feature,) = [feature for feature in spec.features if feature.name == name]
    assert what_it_is(feature, catalogue) == text


def test_what_one_can_do_stands_in_the_row(spec, definitions):
    able = ActionableSpec(by=Label(en="Call", ja="電話する"), up_to=2)
    (theme, *_) = spec.themes
    first = theme.features[0].model_copy(update={"actionable": able})
    page = features_markdown([theme.model_copy(update={"features": (first,)})], definitions)
    assert page.rstrip().endswith("| Call / 電話する |")


def test_every_feature_has_its_row(spec, definitions):
    page = features_markdown(spec.themes, definitions)
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert len(rows) == len(spec.features)
    assert {row.count(" | ") for row in rows} == {9}
    assert f"{len(spec.features)} features in 5 themes." in page

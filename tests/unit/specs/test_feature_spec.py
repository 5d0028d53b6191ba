"""What the filters of a feature may hold."""

import pytest

from leadml.errors import LeadmlError
from leadml.specs.feature_spec import FeatureFileSpec
from leadml.specs.reading import read_specification


@pytest.fixture
def feature_with(tmp_path):
    """Read a file of one feature with this line."""

    def read(line):
        file = tmp_path / "engagement.yaml"
        file.write_text(
            "theme: engagement\nlabel: {en: Tried, ja: 試験}\nfeatures:\n"
            f"  - name: tried\n    label: {{en: Tried, ja: 試験}}\n    kind: count\n    when_nothing: 0\n    {line}\n",
            encoding="utf-8",
        )
        return read_specification(FeatureFileSpec, file, shown_as="features/engagement.yaml").features[0]

    return read


@pytest.mark.parametrize("key", ["where", "of_which", "to"])
def test_a_filter_names_one_word_or_several(feature_with, key):
    assert getattr(feature_with(f"{key}: {{activity: visit}}"), key) == {"activity": "visit"}
    assert getattr(feature_with(f"{key}: {{activity: [visit, call]}}"), key) == {"activity": ("visit", "call")}


@pytest.mark.parametrize("key", ["where", "of_which", "to"])
def test_a_filter_that_no_fact_can_pass_is_refused(feature_with, key):
    with pytest.raises(LeadmlError) as caught:
        feature_with(f"{key}: {{activity: []}}")
    assert caught.value.where == f"features/engagement.yaml, line 8, features[0].{key}.activity"
    assert "a list of at least 1" in caught.value.part("fix")

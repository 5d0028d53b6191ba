"""What the pages say is what the code has: modules, keys, commands and links."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from leadml.cli.reference import reference_markdown
from leadml.engine.kind import all_kinds
from leadml.specs.reference import yaml_parts
from leadml.specs.schema import agreement_schema
from leadml.vocabulary import glossary_markdown

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "leadml"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*/*.md")])
FOLDERS_SHOWN_FILE_BY_FILE = (
    "agreement", "cli", "crm_rules", "demo", "engine", "evaluate", "explain", "history", "learners", "registry",
    "reports", "service", "specs", "store", "wording",
)  # fmt: skip
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def modules_to_be_named():
    for path in sorted(PACKAGE.iterdir()):
        if path.suffix == ".py" and path.name != "__init__.py":
            yield path.name
        elif (path / "__init__.py").is_file():
            yield f"{path.name}/"
    for folder in FOLDERS_SHOWN_FILE_BY_FILE:
        yield from (
            f"{folder}/{path.name}" for path in sorted((PACKAGE / folder).glob("*.py")) if path.stem[:2] != "__"
        )


def rows_of(page):
    return [line.split("|")[1:-1] for line in page.splitlines() if line.startswith("| `")]


def test_architecture_names_every_module():
    named = {name for row in rows_of(ARCHITECTURE) for name in re.findall(r"`([^`]+)`", row[0])}
    assert [module for module in modules_to_be_named() if module not in named] == []


def test_architecture_names_no_module_that_is_gone():
    named = {name for row in rows_of(ARCHITECTURE) for name in re.findall(r"`([^`]+)`", row[0])}
    assert [name for name in named if not name.startswith(".leadml") and not (PACKAGE / name).exists()] == []


def test_architecture_says_what_goes_in_and_what_comes_out():
    silent = [
        row[0].strip()
        for row in rows_of(ARCHITECTURE)
        if len(row) == 4 and not row[0].strip().endswith("/`") and not all(cell.strip() for cell in row)
    ]
    assert silent == []


def missing_targets(page):
    targets = [target.partition("#")[0] for target in LINK.findall(page.read_text("utf-8"))]
    files = [target for target in targets if target and "://" not in target and not target.startswith("mailto:")]
    return [target for target in files if not (page.parent / target).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_to_a_file(page):
    assert missing_targets(page) == []


def test_a_link_that_leads_nowhere_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("[here](page.md), [there](gone.md#part), [elsewhere](https://example.com)", "utf-8")
    assert missing_targets(page) == ["gone.md"]


def test_the_page_of_all_keys_is_what_the_specifications_say():
    assert (ROOT / "docs" / "yaml.md").read_text("utf-8") == reference_markdown(), (
        "write it again: leadml reference --markdown > docs/yaml.md"
    )


def test_every_key_of_every_yaml_file_is_described():
    silent = [
        f"{part.file} {part.places} {key.key}" for part in yaml_parts() for key in part.keys if not key.description
    ]
    assert silent == []


def test_no_description_breaks_the_table_it_stands_in():
    said = [text for part in yaml_parts() for key in part.keys for text in (key.type, key.default, key.description)]
    assert [text for text in said if "|" in text or "\n" in text] == []


def test_every_kind_of_feature_is_in_the_page_of_all_keys():
    page = (ROOT / "docs" / "yaml.md").read_text("utf-8")
    assert [kind for kind in all_kinds() if f"| `{kind}` | " not in page] == []


def test_the_page_of_the_glossary_is_what_the_vocabulary_says():
    assert (ROOT / "docs" / "glossary.md").read_text("utf-8") == glossary_markdown(), (
        "write it again: leadml glossary --markdown > docs/glossary.md"
    )


def test_the_schema_of_the_agreement_is_what_the_specifications_say():
    assert json.loads((ROOT / "docs" / "sla.schema.json").read_text("utf-8")) == agreement_schema(), (
        "write it again: leadml sla schema > docs/sla.schema.json"
    )


AGREEMENTS = sorted([*ROOT.glob("sla.yaml"), *ROOT.glob("examples/*/sla.yaml"), *ROOT.glob("tests/*project/sla.yaml")])


def with_those_inside(faults):
    for fault in faults:
        yield fault
        yield from with_those_inside(fault.context)  # of each of several forms that would fit


def faults_of(text):
    """Say where a text breaks the schema, as an editor would; a date is a text there."""
    content = json.loads(json.dumps(YAML(typ="safe").load(text), default=str))
    faults = Draft202012Validator(agreement_schema()).iter_errors(content)
    return ["/".join(map(str, fault.absolute_path)) for fault in with_those_inside(faults)]


@pytest.mark.parametrize("path", AGREEMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_agreement_of_this_repository_fits_the_schema(path):
    assert faults_of(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("version:", "verson: x\nversion:", ""),
        ('version: "2026.1"', "version: 2026.1", "version"),
        ("stays_within_points: 3", "stays_within_point: 3", "promises/bands/default/0"),
        ("score_at_least: 40", "score_at_least: 400", "promises/bands/default/0/score_at_least"),
        ("policy: negative", "policy: bad", "definitions/return_reasons/not_ready"),
        ("{policy: censored, ", "{", "definitions/return_reasons/unable_to_reach"),
        ("holidays: JP", "holidays: {county: JP}", "calendar/holidays"),
        ("[department, {attribute", "[3, {attribute", "definitions/required_fields/sql/0"),
        ('friday: ["09:00-17:00"]', 'friday: ["9-17"]', "calendar/business_hours/friday/0"),
        ("leads_a_day: 1.5", "leads_a_day: 0", "promises/capacity/leads_a_day"),
        ("closed_won: 1.0", "closed_won: 1.5", "definitions/deal_stages/closed_won"),
    ],
)
def test_a_fault_does_not_fit_the_schema(old, new, where):
    text = (ROOT / "sla.yaml").read_text("utf-8")
    assert old in text
    assert where in faults_of(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("holidays: JP", "holidays: {country: JP, closed: [2026-12-29]}"),
        ("{policy: excluded, phase: before_work}", "excluded"),
        ("{attribute: country, of: company}", "{attribute: country}"),
    ],
)
def test_short_and_long_forms_fit_the_schema(old, new):
    text = (ROOT / "sla.yaml").read_text("utf-8")
    assert old in text
    assert faults_of(text.replace(old, new, 1)) == []


def test_every_key_of_the_schema_is_described_and_no_other_is_allowed():
    parts = [
        part
        for outer in [agreement_schema(), *agreement_schema()["$defs"].values()]
        for part in [outer, *outer.get("anyOf", [])]
        if part.get("type") == "object"
    ]
    assert len(parts) > 20
    assert [part["title"] for part in parts if part["additionalProperties"] is not False] == []
    silent = [key for part in parts for key, said in part["properties"].items() if "description" not in said]
    assert silent == []


def test_decisions_are_numbered_without_a_gap_and_have_their_four_parts():
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [path.name[:4] for path in decisions] == [f"{number:04d}" for number in range(1, len(decisions) + 1)]
    parts = ("**Question.**", "**Choice.**", "**Why.**", "**What would change our mind.**")
    assert [(path.name, part) for path in decisions for part in parts if part not in path.read_text("utf-8")] == []

"""The rules of CONTRIBUTING.md that a machine can hold and no linter holds."""

import ast
import re
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "src").rglob("*.py"))
PYTHON_FILES = MODULES + sorted((ROOT / "tests").rglob("*.py"))

LONGEST_FUNCTION = 60
LONGEST_FILE = 500

# Written in pieces, so that this file does not break the rule it holds.
NOT_FOR_THE_REPOSITORY = re.compile(
    "|".join(
        [
            r"index" + r"-url",
            r"find" + r"-links",
            r"/simp" + r"le/",
            r"py" + r"pi\.(org|io)",
            r"python" + r"hosted\.org",
            r"/(home|Users)/" + r"\w",
            r"/root" + r"/",
            r"(?<![\w./-])" + re.escape(str(ROOT)) + r"/",
        ]
    )
)


def name_of(path):
    return path.relative_to(ROOT).as_posix()


@pytest.fixture(scope="session")
def files_of_the_repository():
    """List what is committed or about to be; the checkout may belong to another user than ours."""
    git = ["git", "-c", "safe.directory=*"]
    listing = [*git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = [ROOT / name for name in listed.split("\0") if (ROOT / name).is_file()]
    assert ROOT / "pyproject.toml" in files
    return files


def lines_of(function):
    return function.end_lineno - function.lineno + 1


def functions_of(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_no_function_outgrows_what_one_can_hold_in_the_head():
    too_long = [
        f"{name_of(path)}:{function.lineno} {function.name}: {lines_of(function)} lines"
        for path in PYTHON_FILES
        for function in functions_of(path)
        if lines_of(function) > LONGEST_FUNCTION
    ]
    assert too_long == []


def test_no_file_outgrows_what_one_can_hold_in_the_head():
    lines = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in PYTHON_FILES}
    assert {name: count for name, count in lines.items() if count > LONGEST_FILE} == {}


def test_every_module_says_what_it_is_for():
    silent = [name_of(path) for path in MODULES if not ast.get_docstring(ast.parse(path.read_text("utf-8")))]
    assert silent == []


def test_no_file_names_a_package_index_or_a_path_of_one_machine(files_of_the_repository):
    found = []
    for path in files_of_the_repository:
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:  # a picture, a Parquet file
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if NOT_FOR_THE_REPOSITORY.search(line):
                found.append(f"{name_of(path)}:{number}: {line.strip()[:100]}")
    assert found == []


def test_every_constraint_is_an_exact_pin():
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert len(pins) > 0
    assert [pin for pin in pins if not re.fullmatch(r"[\w.-]+==[\w.+!]+", pin)] == []


def definitions_of_projects():
    """Find what a marketer reads; history.yaml is left out, its words are those of the CRM."""
    for project in [ROOT, *sorted((ROOT / "examples").glob("*")), ROOT / "tests" / "golden" / "project"]:
        yield from sorted(project.glob("features/*.yaml"))
        yield from sorted(project.glob("models/*.yaml"))
        yield from project.glob("sla.yaml")


def problems_of_labels(node, names):
    """Walk all labels below a node; `names` are the words a label must not merely repeat."""
    if isinstance(node, list):
        for item in node:
            yield from problems_of_labels(item, names)
    elif isinstance(node, dict) and node.keys() & {"en", "ja"}:
        for language in ("en", "ja"):
            text = node.get(language)
            if not isinstance(text, str) or not text.strip():
                yield f"{sorted(names)}: no text in {language}"
            elif text in names:
                yield f"{sorted(names)}: the text in {language} is only the key"
    elif isinstance(node, dict):
        for key, value in node.items():
            # A unit may well repeat the name: subsidiaries are counted in subsidiaries.
            own_name = set() if key == "unit" else {str(node.get("name", key))}
            yield from problems_of_labels(value, own_name | {str(key)})


def test_every_label_speaks_english_and_japanese():
    problems = [
        f"{name_of(path)} {problem}"
        for path in definitions_of_projects()
        for problem in problems_of_labels(YAML(typ="safe").load(path), set())
    ]
    assert problems == []


@pytest.mark.parametrize(
    ("label", "problem"),
    [
        ({"en": "Page views"}, "no text in ja"),
        ({"en": " ", "ja": "閲覧数"}, "no text in en"),
        ({"en": "page_views", "ja": "閲覧数"}, "only the key"),
    ],
)
def test_a_label_that_says_nothing_is_found(label, problem):
    features = {"features": [{"name": "page_views", "label": label}]}
    assert any(problem in found for found in problems_of_labels(features, set()))


def test_every_yaml_block_in_a_page_can_be_read(files_of_the_repository):
    problems = []
    for path in files_of_the_repository:
        if path.suffix != ".md":
            continue
        for block in re.findall(r"^```yaml\n(.*?)^```", path.read_text("utf-8"), re.DOTALL | re.MULTILINE):
            try:
                YAML(typ="safe").load(block)
            except YAMLError as error:
                problems.append(f"{name_of(path)}: {error}")
    assert problems == []

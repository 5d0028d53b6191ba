import shutil
import subprocess

import pytest

from leadml.provenance import PACKAGES, commit_in_use, packages_in_use


def git(folder, *words):
    who = ("-c", "user.name=Nobody", "-c", "user.email=nobody@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True)


@pytest.fixture
def package(tmp_path):
    """Make a package in a checkout of its own."""
    folder = tmp_path / "checkout" / "src" / "some"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("", encoding="utf-8")
    git(tmp_path / "checkout", "init", "-q")
    git(tmp_path / "checkout", "add", ".")
    git(tmp_path / "checkout", "commit", "-q", "-m", "first")
    return folder


@pytest.fixture(autouse=True)
def _asked_anew():
    commit_in_use.cache_clear()
    yield
    commit_in_use.cache_clear()


def test_all_packages_have_their_version():
    packages = packages_in_use()
    assert set(packages) == {"leadml", *PACKAGES}
    assert all(version[0].isdigit() for version in packages.values())


def test_a_checkout_names_its_commit_and_says_when_files_were_changed(package):
    commit = commit_in_use(package)
    assert len(commit) == 40
    (package / "__init__.py").write_text("changed = True", encoding="utf-8")
    commit_in_use.cache_clear()
    assert commit_in_use(package) == f"{commit}-dirty"


def test_a_package_installed_into_somebody_elses_checkout_has_no_commit(package):
    installed = package.parent / ".venv" / "some"
    shutil.copytree(package, installed)
    assert commit_in_use(installed) is None


def test_without_git_there_is_no_commit(package, monkeypatch, tmp_path):
    assert commit_in_use(tmp_path) is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit_in_use(package) is None


def test_a_hook_of_another_repository_does_not_matter(package, monkeypatch, tmp_path):
    expected = commit_in_use(package)
    commit_in_use.cache_clear()
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    assert commit_in_use(package) == expected

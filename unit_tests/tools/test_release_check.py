"""A release whose files disagree is refused, with the places."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.release_check import ROOT, disagreements

PARTS = (
    "source_kustomer/__init__.py",
    "source_kustomer/config.py",
    "CHANGELOG.md",
    "metadata.yaml",
    "acceptance-test-config.yml",
    "Dockerfile",
    "LICENSE",
    "Makefile",
    "README.md",
    "setup.py",
    "pyproject.toml",
    "main.py",
    "containers/build",
    "containers/build-and-test",
    ".ci/run",
    "docs/kustomer.md",
    "examples/sync.sh",
)


@pytest.fixture
def release(tmp_path: Path) -> Path:
    for part in PARTS:
        (tmp_path / part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / part, tmp_path / part)
    return tmp_path


def change(release: Path, path: str, before: str, after: str) -> str:
    """Change a file of the release and return all that is then said of it."""
    text = (release / path).read_text()
    assert before in text
    (release / path).write_text(text.replace(before, after, 1))
    return "\n".join(disagreements(release))


def test_the_files_of_this_release_agree() -> None:
    assert list(disagreements()) == []


def test_the_command_says_the_version_and_ends_well() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.release_check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "all files agree" in done.stdout


def test_a_new_version_is_missed_wherever_it_is_repeated(release: Path) -> None:
    version = 'version__ = "0.1.0"'
    said = change(release, "source_kustomer/__init__.py", version, 'version__ = "9.8.7"')
    assert "The newest release in CHANGELOG.md is 0.1.0, not 9.8.7." in said
    assert "metadata.yaml has the dockerImageTag 0.1.0, not 9.8.7." in said
    assert "examples/sync.sh runs the image of version 0.1.0, not 9.8.7." in said
    assert "containers/build" not in said, "the image takes it from the package"


@pytest.mark.parametrize(
    ("path", "before", "after", "said"),
    [
        ("source_kustomer/__init__.py", '"0.1.0"', '"0.1"', "not of the form 1.2.3"),
        ("source_kustomer/__init__.py", "__version__ = ", "version = ", "has no __version__"),
        ("CHANGELOG.md", "## [0.1.0] - ", "## [0.0.9] - ", "newest release in CHANGELOG.md"),
        ("CHANGELOG.md", "## [0.1.0] - 2026-11-", "## [0.1.0] - 2026-13-", "is no day"),
        ("docs/kustomer.md", "| 0.1.0 | 2026-", "| 0.1.0 | 2025-", "changelog of docs/kustomer.md"),
        ("docs/kustomer.md", "# Kustomer\n", "# Customer\n", "is titled Customer"),
        ("metadata.yaml", "dockerImageTag: 0.1.0", "dockerImageTag: 0.2.0", "dockerImageTag 0.2.0"),
        ("metadata.yaml", "license: MIT", "license: ELv2", "has the license ELv2"),
        ("metadata.yaml", "sources/kustomer\n", "sources/other\n", "documentationUrl"),
        ("metadata.yaml", "airbyte-source-kustomer", "source-kustomer", "publishes the package"),
        ("Dockerfile", "version=${VERSION}", "version=latest", "labels io.airbyte.version"),
        ("Dockerfile", "name=airbyte/source-", "name=airbyte/", "labels io.airbyte.name"),
        ("Dockerfile", "ARG VERSION=0.0.0", "ARG VERSION=0.1.0", "Dockerfile repeats"),
        ("containers/build", "__version__", "__revision__", 'labels the image ""'),
        ("containers/build", "VERSION=$version", "VERSION=1", "does not hand the version"),
        ("acceptance-test-config.yml", "source-kustomer:dev", "other:dev", "tests airbyte/other"),
        ("setup.py", "version=VERSION[1]", 'version="0.1.0"', "setup.py repeats"),
        ("examples/sync.sh", "kustomer:0.1.0", "kustomer:0.0.9", "runs the image of version 0.0.9"),
        ("LICENSE", "MIT License", "A License", "LICENSE is not"),
    ],
)
def test_a_disagreement_is_reported(
    release: Path, path: str, before: str, after: str, said: str
) -> None:
    assert said in change(release, path, before, after)


def test_what_is_unreleased_is_not_a_release(release: Path) -> None:
    unreleased = "## [Unreleased]\n\n### Added\n\n- Something.\n\n## [0.1.0]"
    assert change(release, "CHANGELOG.md", "## [0.1.0]", unreleased) == ""

"""The workflows run what this project has: they cannot run here, so they are compared with it.

`make lint` checks their form, their pins and their permissions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def workflow(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / ".github/workflows" / name).read_text()))


def commands(path: Path) -> Iterator[str]:
    for job in workflow(path.name)["jobs"].values():
        for step in job.get("steps", ()):
            yield from step.get("run", "").splitlines()


def test_the_unit_tests_run_on_every_supported_version_of_python() -> None:
    required = re.search(r'python_requires="([^"]+)"', (ROOT / "setup.py").read_text())
    assert required is not None
    supported = SpecifierSet(required[1])
    candidates = [f"3.{minor}" for minor in range(30)]

    tested = workflow("ci.yml")["jobs"]["unit"]["strategy"]["matrix"]["python"]

    assert tested == [version for version in candidates if f"{version}.0" in supported]


def make_targets(path: Path) -> set[str]:
    return {
        target
        for command in commands(path)
        if command.startswith("make ")
        for target in command.split()[1:]
    }


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_make_target_exists(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert make_targets(path)
    assert make_targets(path) <= targets


def test_ci_runs_what_must_pass_before_a_change_lands() -> None:
    landing = set(re.findall(r"^make ([a-z-]+)", (ROOT / ".ci/run").read_text(), re.MULTILINE))
    in_ci = make_targets(ROOT / ".github/workflows/ci.yml")

    assert "unit" in in_ci, "on each version of Python, as test-pythons does on one machine"
    assert landing - {"test-pythons"} <= in_ci


def test_a_release_waits_for_ci_and_compares_the_tag_with_the_version() -> None:
    jobs = workflow("release.yml")["jobs"]
    publishing = [job for name, job in jobs.items() if name.startswith("publish-")]

    assert jobs["ci"]["uses"].endswith("/.github/workflows/ci.yml")
    assert publishing
    for job in publishing:
        assert set(job["needs"]) == {"ci", "build"}
        assert job["environment"]
    (check,) = [line for line in commands(WORKFLOWS[-1]) if line.startswith("grep ")]
    version = re.search(r'\\"(.*)\\"', check)
    assert version is not None
    line = check.split('"', 1)[1].rsplit('"', 1)[0].replace('\\"', '"')
    assert line.replace("${GITHUB_REF_NAME#v}", "1.2.3") == '__version__ = "1.2.3"'

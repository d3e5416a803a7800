"""The audit of dependencies: what it lists, and that silence is no all-clear."""

import json
from importlib.metadata import distribution

import pytest

from tools.audit import FOUND, UNCERTAIN, UNKNOWN, Findings, licence, runtime_distributions

ASKED = {"requests": "2.34.2", "Some_Package": "1.0"}


def report(*dependencies):
    return json.dumps({"dependencies": list(dependencies), "fixes": []})


def clean(name):
    return {"name": name, "version": "1", "vulns": []}


def test_what_is_needed_at_run_time_is_listed_and_what_developers_need_is_not():
    names = {found.name.lower() for found in runtime_distributions()}

    assert {"airbyte-cdk", "orjson", "pydantic", "requests", "urllib3"} <= names
    assert not names & {"pytest", "ruff", "mypy", "starlette", "airbyte-source-kustomer"}


def test_most_licences_are_stated():
    licences = [licence(found) for found in runtime_distributions()]

    assert licences.count(UNKNOWN) <= 0.05 * len(licences)
    assert licence(distribution("requests")).startswith("Apache")


def test_all_is_clear_when_every_package_was_looked_up_and_nothing_is_known():
    findings = Findings.of(report(clean("requests"), clean("some-package")), ASKED)

    assert findings.exit_code == 0
    assert list(findings.lines(2)) == ["No vulnerability is known of any of the 2 packages."]


def test_a_known_vulnerability_is_named_with_what_mends_it():
    known = {**clean("requests"), "vulns": [{"id": "CVE-1", "fix_versions": ["2.35"]}]}
    findings = Findings.of(report(known, clean("some-package")), ASKED)

    assert findings.exit_code == FOUND
    assert list(findings.lines(2)) == ["VULNERABLE requests 2.34.2: CVE-1 (mended in 2.35)"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ERROR: no connection",
        "[]",
        report(),
        report(clean("requests")),
        report(clean("requests"), {"name": "some-package", "skip_reason": "not found"}),
    ],
)
def test_a_service_that_does_not_answer_is_no_all_clear(text):
    findings = Findings.of(text, ASKED)

    assert findings.exit_code == UNCERTAIN
    assert "no all-clear" in "".join(findings.lines(2))

"""The audit of dependencies: no answer of the database is not an all-clear."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tools.audit import CONTROL, FOUND, UNCERTAIN, Findings, Package, audit, main, rounds

ASKED: list[Package] = [("numpy", "2.2.6"), ("numpy", "2.5.5"), ("some-package", "1.0")]


def answer(name: str, *vulnerabilities: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "version": "1", "vulns": list(vulnerabilities)}


def database(asked: list[Package], **known: dict[str, Any]) -> str:
    """Report as pip-audit does when its database answers."""
    known = {CONTROL[0]: {"id": "CVE-2018-18074", "fix_versions": ["2.20.0"]}, **known}
    entries = [answer(name, *([known[name]] if name in known else [])) for name, _ in asked]
    return json.dumps({"dependencies": entries, "fixes": []})


def lines(findings: Findings) -> str:
    return "\n".join(findings.lines(len(ASKED)))


def test_all_is_clear_when_every_version_was_looked_up_and_nothing_is_known() -> None:
    findings = audit(ASKED, database)

    assert findings.exit_code == 0
    assert lines(findings) == "No vulnerability is known of any of the 3 versions."


def test_each_run_asks_for_a_name_once_and_all_runs_for_every_version() -> None:
    runs = rounds(ASKED)

    assert all(len(dict(run)) == len(run) for run in runs)
    assert sorted(package for run in runs for package in run) == sorted(ASKED)


def test_a_known_vulnerability_is_named_with_the_version_that_fixes_it() -> None:
    known = {"id": "CVE-1", "fix_versions": ["2.0"]}
    findings = audit(ASKED, lambda asked: database(asked, **{"some-package": known}))

    assert findings.exit_code == FOUND
    assert lines(findings) == "VULNERABLE some-package 1.0: CVE-1 (fixed in 2.0)"


@pytest.mark.parametrize(
    "report",
    [
        "",
        "ERROR: no connection",
        "[]",
        json.dumps({"dependencies": []}),
        json.dumps({"dependencies": [answer("numpy")]}),
        json.dumps({"dependencies": [{"name": "some-package", "skip_reason": "not found"}]}),
    ],
)
def test_a_database_that_does_not_answer_is_not_an_all_clear(report: str) -> None:
    findings = audit(ASKED, lambda asked: report)

    assert findings.exit_code == UNCERTAIN
    assert "did not answer" in lines(findings)


def test_an_index_that_answers_without_any_vulnerabilities_is_not_an_all_clear() -> None:
    def empty(asked: list[Package]) -> str:
        return json.dumps({"dependencies": [answer(name) for name, _ in asked]})

    findings = audit(ASKED, empty)

    assert findings.exit_code == UNCERTAIN
    assert "does not know the vulnerability of requests 2.19.0" in lines(findings)


def test_a_pip_audit_that_cannot_be_started_is_not_an_all_clear(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--pip-audit", "/nowhere/pip-audit"]) == UNCERTAIN
    assert "did not answer" in capsys.readouterr().out

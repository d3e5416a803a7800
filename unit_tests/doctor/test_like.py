"""The sandbox speaks the dialect of a report, and has its proportions and structure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from integration_tests.connector import ALL_SEARCHES, UNLIMITED
from kustomer_sandbox import Sandbox
from kustomer_sandbox.control.like import Likeness
from source_kustomer.config import Config
from source_kustomer.doctor.command import examine
from source_kustomer.kustomer.clock import Clock
from source_kustomer.kustomer.requests_transport import RequestsTransport
from unit_tests.doctor.conftest import report_of, virtual_clock
from unit_tests.doctor.in_process import InProcessSandbox

DIALECT = {"totals": "missing", "past-end": "404", "klass-contexts": "generic", "links": "missing"}


@pytest.fixture
def report(sandbox: InProcessSandbox) -> dict[str, Any]:
    sandbox.settings.change({"dialect": DIALECT, "page_sizes": {"messages": 100}})
    report = report_of(sandbox)
    report["streams"]["brands"] |= {"problem": "role or plan feature missing", "records": None}
    report["klasses"][0]["name"] = "rental"
    report["klasses"][0]["attributes"] = [{"name": "mileage", "type": "number"}]
    return report


def test_a_sandbox_like_a_report_gives_the_same_report(
    report: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "report.json"
    path.write_text(json.dumps(report))
    with Sandbox(300, like=path, index_lag=0.0, **UNLIMITED) as sandbox:
        config = Config.parse({"api_key": sandbox.key, **ALL_SEARCHES})
        transport = RequestsTransport(sandbox.url, sandbox.key, clock=Clock())
        again = examine(config, transport, clock=virtual_clock())
        counts = {name: len(sandbox.truth(name)) for name in ("users", "tags")}
    observed = {name: report["assumptions"][name]["value"] for name in DIALECT}
    assert observed == DIALECT
    assert {name: again["assumptions"][name]["value"] for name in DIALECT} == DIALECT
    assert again["page_sizes"] == report["page_sizes"]
    assert again["klasses"][0]["name"] == "rental"
    assert again["klasses"][0]["attributes"] == [{"name": "mileage", "type": "number"}]
    assert again["attributes"] == report["attributes"]
    assert again["streams"]["brands"]["problem"] == "role or plan feature missing"
    assert counts == {
        "users": report["streams"]["users"]["records"],
        "tags": report["streams"]["tags"]["records"],
    }


def test_a_large_account_is_made_smaller_in_proportion(report: dict[str, Any]) -> None:
    for name, records in (("messages", 3_000_000), ("conversations", 1_000_000)):
        report["streams"][name] |= {"records": records, "in_archive": 0}
    counts = Likeness(report).counts(4_000)
    assert counts["messages"] == pytest.approx(3_000, rel=0.01)
    assert counts["conversations"] == pytest.approx(1_000, rel=0.01)
    assert counts["users"] == report["streams"]["users"]["records"]


FORMS: list[dict[str, Any]] = [
    {"assumptions": {"role": "401"}},
    {"assumptions": {"role": {"value": []}}},
    {"streams": {"users": []}},
    {"streams": {"messages": {"records": "many"}}},
    {"klasses": [{"name": "a", "attributes": [{}]}]},
    {"klasses": 7},
    {"attributes": {"customer": [7]}},
    {"attributes": {"customer": 7}},
]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"format": 7}',
        "{}",
        "[" * 100_000,
        *(json.dumps({"format": 1, **form}) for form in FORMS),
    ],
)
def test_another_file_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "file.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"file\.json is not"):
        Likeness.read(path)
    with pytest.raises(ValueError, match="cannot be read"):
        Likeness.read(tmp_path / "none.json")

"""The report: no data of customers, and answers to the user's questions."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from integration_tests.connector import ALL_SEARCHES, UNLIMITED
from kustomer_sandbox import Sandbox
from kustomer_sandbox.data.objects import BY_NAME
from source_kustomer.airbyte.source import API_URL_VARIABLE
from source_kustomer.config import Config
from source_kustomer.doctor import command
from source_kustomer.doctor.account import Account
from source_kustomer.doctor.asker import MAX_REQUESTS, Asker, NotObserved
from source_kustomer.doctor.probes import PROBES, Seen
from source_kustomer.doctor.report import text_of
from source_kustomer.doctor.survey import streams_of
from source_kustomer.errors import NotAuthorised
from source_kustomer.kustomer.rate_limit import Budgets
from source_kustomer.kustomer.transport import Answer, Request
from source_kustomer.streams import STREAMS
from unit_tests.doctor.conftest import PLENTY, account_of, report_of, virtual_clock
from unit_tests.doctor.in_process import InProcessSandbox
from unit_tests.in_memory import KEY, MANY, InMemoryTransport, client_of, reply

CANARY = "canary value 93c1"
ORGANIZATION = "canary-organization"


def without_own_words(report: dict[str, Any]) -> str:
    return json.dumps(report) + text_of(report)


def fill_with_canaries(sandbox: InProcessSandbox) -> set[str]:
    """Put a distinctive value into every record, and return the ids of all of them."""
    organization = sandbox.organization
    ids: set[str] = set()
    for name in (*BY_NAME, *organization.workspace.lists):
        for body in list(organization.everything(name)):
            record = json.loads(body)
            if name != "conversation_times" and len(record["id"]) == 24:
                ids.add(record["id"])
                canaries = {
                    "name": CANARY,
                    "title": CANARY,
                    "custom": {"loyaltyTierStr": CANARY, CANARY: 1},
                    CANARY: CANARY,
                }
                if "attributes" in record:
                    organization.update(name, [record["id"]], canaries, None)
    return ids


@pytest.mark.parametrize("dialect", [{}, {"role": "401", "body": "errors"}])
def test_a_report_contains_no_data_of_customers(
    sandbox: InProcessSandbox, dialect: dict[str, str]
) -> None:
    ids = fill_with_canaries(sandbox)
    sandbox.settings.change({"dialect": dialect})
    key = sandbox.new_key("org.permission.search", "org.permission.conversation") if dialect else ""
    config = {"organization": ORGANIZATION}
    report = report_of(sandbox, config=config, limit=PLENTY)
    text = without_own_words(report)
    assert len(ids) > 500
    assert [record_id for record_id in ids if record_id in text] == []
    for secret in (CANARY, CANARY[:6], ORGANIZATION, sandbox.key, key or sandbox.key):
        assert secret not in text
    assert report["at"].endswith(":00:00.000Z")


def test_a_report_of_an_ordinary_account_has_a_limit_of_requests_and_they_only_read(
    sandbox: InProcessSandbox,
) -> None:
    report = report_of(sandbox)
    assert report["requests"]["sent"] == len(sandbox.requests) <= MAX_REQUESTS
    assert {request.method for request in sandbox.requests} == {"GET", "POST"}
    posts = {request.path for request in sandbox.requests if request.method == "POST"}
    assert posts == {"/customers/search", "/customers/archive/search"}


def test_streams_with_the_same_list_share_its_request(sandbox: InProcessSandbox) -> None:
    streams_of(account_of(sandbox))
    paths = Counter(request.path for request in sandbox.requests if request.method == "GET")
    twice = {path for path, count in paths.items() if count > 1}
    assert twice == {"/schedules", "/slas"}  # with and without a parameter
    assert paths["/kb/articles"] == paths["/workflows"] == paths["/metadata/customer"] == 1


def test_a_limit_of_requests_leaves_the_rest_unobserved(sandbox: InProcessSandbox) -> None:
    report = report_of(sandbox, limit=60)
    assert len(sandbox.requests) <= 61  # and the check of the key
    outcomes = [one["observed"] for one in report["assumptions"].values()]
    assert "the limit of 60 requests is reached" in outcomes


def test_missing_roles_are_named(sandbox: InProcessSandbox) -> None:
    sandbox.new_key("org.permission.search.create", "org.permission.team.read")
    report = report_of(sandbox)
    assert report["streams"]["teams"]["problem"] is None
    users = report["streams"]["users"]
    assert users["problem"] == "role or plan feature missing"
    assert "org.permission.user.read" in users["missing_roles"]
    assert "users: role or plan feature missing: one of org." in text_of(report)


def test_records_custom_objects_and_estimates(sandbox: InProcessSandbox) -> None:
    report = report_of(sandbox, config={"start_date": "2015-01-01", "rate_limit_share": 40})
    truth = len(list(sandbox.organization.everything("messages")))
    messages = report["streams"]["messages"]
    assert messages["records"] + messages["in_archive"] == messages["in_scope"] == truth
    assert [one["name"] for one in report["klasses"]][:2] == ["order", "shopify-order"]
    assert {"name": "orderNumberNum", "type": "number"} in report["klasses"][0]["attributes"]
    for name in ("suggested", "all"):
        minutes = report["estimates"][name]["first"]["minutes_by_share"]
        assert list(minutes) == ["25", "40", "50", "80", "100"]
        assert list(minutes.values()) == sorted(minutes.values(), reverse=True)
    every = report["estimates"]["all"]
    assert every["first"]["other_requests"] > every["hourly"]["other_requests"]


def test_names_can_be_numbered(sandbox: InProcessSandbox) -> None:
    report = report_of(sandbox, anonymous=True)
    text = without_own_words(report)
    assert [one["name"] for one in report["klasses"]][:2] == ["klass_1", "klass_2"]
    for name in ("shopify", "loyaltyTier", "orderNumber"):
        assert name not in text
    names = [one["name"] for one in report["attributes"]["customer"]]
    assert any(name.endswith("Num") for name in names)


def test_a_refused_key_is_an_error(sandbox: InProcessSandbox) -> None:
    sandbox.key = "another"
    with pytest.raises(NotAuthorised, match="does not accept the API key"):
        report_of(sandbox)


# The command


def run(
    monkeypatch: pytest.MonkeyPatch, sandbox: InProcessSandbox, *arguments: str
) -> tuple[int, str, str]:
    def transport(*_: Any, **__: Any) -> InProcessSandbox:
        return sandbox

    monkeypatch.setattr(command, "RequestsTransport", transport)
    monkeypatch.setattr(command, "Clock", virtual_clock)
    out, errors = io.StringIO(), io.StringIO()
    code = command.main(
        ["--config", "config.json", *arguments],
        read_config=lambda path: {"api_key": sandbox.key, "searches_per_minute": 100_000},
        stdout=out,
        stderr=errors,
    )
    return code, out.getvalue(), errors.getvalue()


def test_the_exit_code_says_whether_something_matters(
    monkeypatch: pytest.MonkeyPatch, sandbox: InProcessSandbox, tmp_path: Path
) -> None:
    output = tmp_path / "report.json"
    code, table, progress = run(monkeypatch, sandbox, "--output", str(output))
    assert (code, json.loads(output.read_text())["format"]) == (0, 1)
    assert "Nothing that was observed hinders a sync." in table
    assert "requests" in progress
    sandbox.settings.change({"dialect": {"search-sort": "ignored"}})
    code, table, _ = run(monkeypatch, sandbox)
    assert code == command.EXIT_MATTERS
    assert "1 observations matter: search-sort" in table


def test_errors_are_one_line_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, sandbox: InProcessSandbox, tmp_path: Path
) -> None:
    code, _, errors = run(monkeypatch, sandbox, "--output", str(tmp_path))
    assert code == command.EXIT_FAILED
    assert "cannot be written" in errors.splitlines()[-1]
    sandbox.key = "another"
    code, table, errors = run(monkeypatch, sandbox)
    assert (code, table) == (command.EXIT_FAILED, "")
    assert errors.splitlines()[-1].startswith("doctor: Kustomer does not accept the API key")


ODD_BODIES: list[Any] = [
    {"data": [{}]},
    {"data": [{"id": None, "attributes": None, "relationships": []}]},
    {"data": [{"id": 7, "attributes": {"updatedAt": 5, "deleted": True, "fields": []}}]},
    {"data": {"id": "x", "attributes": {"name": {}, "properties": {"a": None, "": {}}}}},
    {"data": [{"id": "..", "attributes": {"name": "../..", "deleted": True}}], "links": []},
    {"data": [], "meta": {"total": -1, "pageSize": "x"}},
    {"data": "text", "included": 7},
    b"<html></html>",
]


@pytest.mark.parametrize("body", ODD_BODIES)
def test_answers_of_any_form_make_a_report(body: Any) -> None:
    transport = InMemoryTransport([reply(body)])
    clock = virtual_clock()
    config = Config.parse({"api_key": KEY})
    budgets = Budgets(1.0, searches_per_minute=MANY, clock=clock)
    report = command.examine(config, transport, clock=clock, budgets=budgets)
    assert text_of(report)
    assert len(transport.requests) <= MAX_REQUESTS + len(STREAMS)


def test_a_probe_that_fails_is_not_observed(
    monkeypatch: pytest.MonkeyPatch, sandbox: InProcessSandbox
) -> None:
    def fail(account: Account) -> Seen:
        raise KeyError("canary")

    monkeypatch.setitem(PROBES, "totals", fail)
    seen = report_of(sandbox)["assumptions"]["totals"]
    assert seen["outcome"] == "not observed"
    assert seen["observed"] == "the answers have an unexpected form (KeyError)"


def test_a_full_disk_below_stdout_is_an_error(tmp_path: Path) -> None:
    with Sandbox(50, **UNLIMITED) as sandbox:
        path = tmp_path / "config.json"
        path.write_text(json.dumps({"api_key": sandbox.key, **ALL_SEARCHES}))
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                [sys.executable, "main.py", "doctor", "--config", str(path)],
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
                env={**os.environ, API_URL_VARIABLE: sandbox.url},
            )
    assert done.returncode == command.EXIT_FAILED
    assert done.stderr.splitlines()[-1].startswith("doctor: stdout cannot be written")
    assert "Traceback" not in done.stderr


HOSTILE = f"\x1b[2J\u202e {KEY} {KEY.upper()}"


def hostile(request: Request) -> Answer:
    """Return an answer whose texts and headers repeat the key and control a terminal."""
    limit = {"x-ratelimit-limit": "9" * 5_000, f"x-{KEY}": HOSTILE}
    if request.path == "/teams":
        pods = f"associated with pod {KEY.replace('-', '_')}"
        return reply({"errors": [{"title": f"{HOSTILE} {pods}"}]}, 403, limit)
    attributes = {
        "name": HOSTILE,
        "displayName": HOSTILE,
        "updatedAt": "2026-05-01T00:00:00.100Z",
        "properties": {HOSTILE: {"type": HOSTILE}, KEY: {"type": KEY}},
    }
    row = {"id": HOSTILE, "type": HOSTILE, "attributes": attributes}
    return reply({"data": [row], "meta": {"evil": HOSTILE}, "links": {"next": HOSTILE}}, 200, limit)


def test_hostile_texts_reach_neither_the_report_nor_the_terminal(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    transport = InMemoryTransport(hostile)
    clock, path = virtual_clock(), tmp_path / "report.json"
    budgets = Budgets(1.0, searches_per_minute=MANY, clock=clock)
    monkeypatch.setattr(command, "RequestsTransport", lambda *args, **kwargs: transport)
    examine = command.examine

    def with_clock(*args: Any, **kwargs: Any) -> dict[str, Any]:
        return examine(*args, **{**kwargs, "clock": clock, "budgets": budgets})

    monkeypatch.setattr(command, "examine", with_clock)
    out, errors = io.StringIO(), io.StringIO()
    code = command.main(
        ["--config", "config.json", "--output", str(path)],
        read_config=lambda name: {"api_key": KEY},
        stdout=out,
        stderr=errors,
    )

    assert code in {0, command.EXIT_MATTERS}, errors.getvalue()
    text = out.getvalue() + errors.getvalue() + path.read_text()
    assert KEY not in text.lower()
    assert text.replace("\n", "").isprintable()


def test_an_error_of_the_doctor_has_neither_the_key_nor_control_characters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*args: Any, **kwargs: Any) -> dict[str, Any]:
        raise NotAuthorised(f"refused {HOSTILE}")

    monkeypatch.setattr(command, "examine", fail)
    errors = io.StringIO()
    code = command.main(["--config", "x"], read_config=lambda name: {"api_key": KEY}, stderr=errors)

    assert code == command.EXIT_FAILED
    assert errors.getvalue() == "doctor: refused \\x1b[2J\\u202e **** ****\n"


def test_the_answers_that_the_doctor_keeps_have_a_limit_of_memory() -> None:
    body = b'{"data":[' + b",".join([b'{"id":"1"}'] * 100_000) + b"]}"
    asker = Asker(client_of(InMemoryTransport([reply(body)])), clock=virtual_clock())

    def ask_all() -> None:
        for number in range(MAX_REQUESTS):
            assert asker.get(f"/a{number}").is_ok

    with pytest.raises(NotObserved, match="the answers are larger than 256 MB together"):
        ask_all()
    assert len(asker.replies) > 1
    assert len(asker.replies) < 20

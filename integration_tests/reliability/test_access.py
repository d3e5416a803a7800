"""Expired keys, forbidden and absent objects are reported; other streams are complete."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from integration_tests.connector import UNLIMITED, Connector, Message, Output
from integration_tests.reliability.destination import Destination
from kustomer_sandbox import Sandbox

KEY = "canary-77ab03d5e1"
STREAMS = ("messages", "conversations", "customers", "notes", "users", "teams", "tags")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    counts = dict.fromkeys(STREAMS[:4], 200) | {"tags": 250}
    with Sandbox(0, seed=29, key=KEY, counts=counts, max_page_size=20, **UNLIMITED) as sandbox:
        yield sandbox


@pytest.fixture
def destination(catalog: dict[str, Message]) -> Destination:
    return Destination(catalog[stream] for stream in STREAMS)


def assert_exact(destination: Destination, sandbox: Sandbox, *, but: str) -> None:
    """Every stream but one equals the truth, and has a state of a sync that came to its end."""
    for stream in set(STREAMS) - {but}:
        comparison = destination.compare(sandbox, stream)
        assert comparison.is_exact, f"{stream}: {comparison}"
        assert comparison.records > 0
        state = destination.states[stream]["stream"]["stream_state"]
        assert state.keys() <= {"updated_at", "ids"}, state


def sentences(output: Output, stream: str) -> list[str]:
    """What the errors of one stream say."""
    return [
        error["message"]
        for error in output.errors
        if (error.get("stream_descriptor") or {}).get("name") == stream
    ]


def test_a_key_that_expires_during_a_sync_is_reported_and_a_new_one_continues(
    sandbox: Sandbox, destination: Destination, tmp_path: Path
) -> None:
    key = sandbox.new_key(expires_after_requests=20)
    expiring = Connector(tmp_path, sandbox.url, {"api_key": key, "start_date": "2015-01-01"})

    output = destination.sync(expiring, succeeds=False)

    assert output.code == 1
    assert {error["failure_type"] for error in output.errors} == {"config_error"}
    assert all("The API key has expired" in error["message"] for error in output.errors)
    failed = [stream for stream in STREAMS if sentences(output, stream)]
    assert len(failed) == len(output.errors) - 1, "each failed stream once, and the summary"
    assert failed
    taken = sum(destination.taken.values())
    assert taken > 0

    sandbox.forget_requests()
    renewed = Connector(tmp_path, sandbox.url, {"api_key": KEY, "start_date": "2015-01-01"})
    destination.sync(renewed)
    destination.assert_is_exact(sandbox)


def test_a_forbidden_object_is_skipped_naming_the_role_and_comes_once_it_is_granted(
    sandbox: Sandbox, destination: Destination, connector: Connector
) -> None:
    with sandbox.temporarily(forbidden={"users": 0}):
        output = destination.sync(connector)

    (message,) = [line for line in output.warnings if line.startswith("Stream users is skipped")]
    assert "org.permission.user.read" in message
    assert_exact(destination, sandbox, but="users")
    assert destination.rows["users"] == {}

    destination.sync(connector)
    destination.assert_is_exact(sandbox)


@pytest.mark.parametrize(
    ("mode", "generation", "code"), [("incremental", 1, 0), ("full_refresh", 0, 1)]
)
def test_only_a_full_refresh_counts_as_one_that_replaces_its_table(
    sandbox: Sandbox,
    destination: Destination,
    connector: Connector,
    mode: str,
    *,
    generation: int,
    code: int,
) -> None:
    """PyAirbyte configures incremental with overwrite, always of generation 1."""
    for entry in destination.catalog["streams"]:
        entry |= {"sync_mode": mode, "destination_sync_mode": "overwrite"}
        entry |= {"generation_id": generation, "minimum_generation_id": generation}
    with sandbox.temporarily(forbidden={"users": 0}):
        output = destination.sync(connector, succeeds=code == 0)
    assert output.code == code
    assert destination.compare(sandbox, "tags").is_exact


@pytest.mark.parametrize(("stream", "requests"), [("notes", 1), ("tags", 2)])
def test_an_object_that_is_forbidden_from_the_middle_on_fails_naming_the_role(
    sandbox: Sandbox, destination: Destination, connector: Connector, stream: str, requests: int
) -> None:
    with sandbox.temporarily(forbidden={stream: requests}):
        output = destination.sync(connector, succeeds=False)

    assert output.code == 1
    (message,) = sentences(output, stream)
    assert f"Stream {stream}:" in message
    assert "lacks a role" in message
    assert "It needs one of the roles org." in message
    assert "1 of 7 streams failed" in output.errors[-1]["message"]
    assert_exact(destination, sandbox, but=stream)

    destination.sync(connector)
    destination.assert_is_exact(sandbox)


def test_an_object_that_the_organization_lacks_is_skipped_with_a_warning(
    sandbox: Sandbox, destination: Destination, connector: Connector
) -> None:
    with sandbox.temporarily(absent=["tags"]):
        output = destination.sync(connector)

    (message,) = [line for line in output.warnings if line.startswith("Stream tags is skipped")]
    assert "GET /tags does not exist in this organization" in message
    assert_exact(destination, sandbox, but="tags")

    destination.sync(connector)
    destination.assert_is_exact(sandbox)

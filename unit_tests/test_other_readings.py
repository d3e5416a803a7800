"""The commands against an API that differs from the sandbox in one point."""

from __future__ import annotations

import json

import pytest
from airbyte_cdk.models import (
    AirbyteMessage,
    ConfiguredAirbyteCatalogSerializer,
    Status,
    Type,
)

from source_kustomer.airbyte.source import SourceKustomer
from source_kustomer.kustomer.transport import Request
from source_kustomer.logger import LOGGER
from unit_tests.in_memory import NO_LIMIT, InMemoryTransport, Outcome, reply

CONFIG = {"api_key": "canary-key-5fd1"}


@pytest.fixture
def api() -> InMemoryTransport:
    """An API without a record, except where a test differs."""
    return InMemoryTransport()


def read(api: InMemoryTransport, *streams: str) -> list[AirbyteMessage]:
    catalog = ConfiguredAirbyteCatalogSerializer.load(
        {
            "streams": [
                {
                    "stream": {"name": name, "json_schema": {}, "supported_sync_modes": []},
                    "sync_mode": "full_refresh",
                    "destination_sync_mode": "append",
                }
                for name in streams
            ]
        }
    )
    return list(SourceKustomer(transport=api).read(LOGGER, CONFIG, catalog, []))


def statuses(messages: list[AirbyteMessage]) -> list[str]:
    found = [message.trace.stream_status for message in messages if message.trace is not None]
    return [str(status.status.value) for status in found if status is not None]


def test_a_stream_without_a_row_runs_before_it_is_complete(api: InMemoryTransport) -> None:
    assert statuses(read(api, "teams")) == ["STARTED", "RUNNING", "COMPLETE"]


@pytest.mark.parametrize("status", [401, 403, 404, 405, 410])
def test_a_list_that_cannot_be_read_is_skipped(
    api: InMemoryTransport, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    api.replies = lambda request: reply({}, status) if request.path == "/brands" else reply()

    assert statuses(read(api, "brands", "tags")).count("COMPLETE") == 2
    assert [r for r in caplog.messages if r.startswith("Stream brands is skipped")]
    requests = sum(request.path == "/brands" for request in api.requests)
    assert requests > 1 if status == 401 else requests == 1


@pytest.mark.parametrize("status", [400, 404])
def test_users_are_read_where_the_deactivated_ones_cannot_be_listed(
    api: InMemoryTransport, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    def answer(request: Request) -> Outcome:
        if request.path != "/users":
            return reply()
        if "deleted" in request.params:
            return reply({}, status)
        return reply({"data": [{"id": "u1"}], "links": {"next": None}})

    api.replies = answer
    rows = [message.record.data for message in read(api, "users") if message.record is not None]

    assert rows == [{"id": "u1"}]
    assert any("GET /users?deleted=true is not read" in text for text in caplog.messages)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_discovery_leaves_untyped_what_it_cannot_request(
    api: InMemoryTransport, status: int
) -> None:
    api.replies = lambda request: reply({}, status) if ("/metadata/" in request.path) else reply()

    streams = {s.name: s for s in SourceKustomer(transport=api).discover(LOGGER, CONFIG).streams}

    assert not streams["customers"].json_schema["properties"]["custom"].get("properties")


def test_a_klass_with_an_unusual_name_is_requested_by_exactly_that_name(
    api: InMemoryTransport,
) -> None:
    klass = {"data": [{"type": "klass", "id": "1", "attributes": {"name": "a/b?c d"}}]}
    api.replies = lambda request: reply(klass if request.path == "/klasses" else None)

    SourceKustomer(transport=api).discover(LOGGER, CONFIG)

    assert "/metadata/kobject.a%2Fb%3Fc%20d" in {request.path for request in api.requests}


def test_a_check_searches_for_no_object_twice(api: InMemoryTransport) -> None:
    api.replies = [reply(headers=NO_LIMIT)]
    assert SourceKustomer(transport=api).check(LOGGER, CONFIG).status is Status.SUCCEEDED

    bodies = [json.loads(request.body) for request in api.requests if request.body]
    searched = [body["queryContext"] for body in bodies]
    assert sorted(searched) == sorted(set(searched))


def test_an_empty_organization_yields_every_kind_of_message_but_rows(
    api: InMemoryTransport,
) -> None:
    messages = read(api, "conversations", "users")

    assert {message.type for message in messages} >= {Type.STATE, Type.TRACE}
    assert not any(message.record for message in messages)

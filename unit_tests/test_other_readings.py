"""The verbs against an API that takes its documentation otherwise than the sandbox does."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from airbyte_cdk.models import (
    AirbyteMessage,
    ConfiguredAirbyteCatalogSerializer,
    Status,
    Type,
)

from source_kustomer.airbyte.source import API_URL_VARIABLE, SourceKustomer
from source_kustomer.logger import LOGGER

CONFIG = {"api_key": "k"}
Asked = tuple[str, dict[str, str], dict[str, Any]]
"""A path, its query, and the body."""


class OtherKustomer:
    """An API without a record, but where a test says otherwise."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answer: Callable[[Asked], tuple[int, Any] | None] = lambda asked: None
        kustomer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length)) if length else {}
                asked = (parts.path, dict(parse_qsl(parts.query)), body)
                kustomer.asked.append(asked)
                status, document = kustomer.answer(asked) or (200, {"data": []})
                content = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def kustomer(monkeypatch: pytest.MonkeyPatch) -> Iterator[OtherKustomer]:
    server = OtherKustomer()
    monkeypatch.setenv(API_URL_VARIABLE, server.url)
    yield server
    server.stop()


def read(*streams: str) -> list[AirbyteMessage]:
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
    return list(SourceKustomer().read(LOGGER, CONFIG, catalog, []))


def statuses(messages: list[AirbyteMessage]) -> list[str]:
    told = [message.trace.stream_status for message in messages if message.trace is not None]
    return [str(status.status.value) for status in told if status is not None]


def test_a_stream_without_a_row_runs_before_it_is_complete(kustomer: OtherKustomer) -> None:
    assert statuses(read("teams")) == ["STARTED", "RUNNING", "COMPLETE"]


@pytest.mark.parametrize("status", [403, 404, 405, 410, 501])
def test_a_list_that_is_not_there_is_skipped_however_that_is_said(
    kustomer: OtherKustomer, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    kustomer.answer = lambda asked: (status, {}) if asked[0] == "/v1/teams" else None

    assert statuses(read("teams", "tags")).count("COMPLETE") == 2
    assert [r for r in caplog.messages if r.startswith("Stream teams is skipped")]
    assert sum(path == "/v1/teams" for path, _, _ in kustomer.asked) == 1


@pytest.mark.parametrize("status", [400, 404])
def test_users_come_also_where_the_deactivated_ones_cannot_be_listed(
    kustomer: OtherKustomer, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    def answer(asked: Asked) -> tuple[int, Any] | None:
        path, query, _ = asked
        if path != "/v1/users":
            return None
        return (status, {}) if "deleted" in query else (200, {"data": [{"id": "u1"}]})

    kustomer.answer = answer
    rows = [message.record.data for message in read("users") if message.record is not None]

    assert rows == [{"id": "u1"}]
    assert any("GET /users?deleted=true is not read" in text for text in caplog.messages)


@pytest.mark.parametrize("status", [400, 403, 404, 422])
def test_discovery_leaves_untyped_what_it_may_not_or_cannot_ask(
    kustomer: OtherKustomer, status: int
) -> None:
    kustomer.answer = lambda asked: (status, {}) if "/metadata/" in asked[0] else None

    streams = {s.name: s for s in SourceKustomer().discover(LOGGER, CONFIG).streams}

    assert not streams["customers"].json_schema["properties"]["custom"].get("properties")


def test_a_klass_with_a_strange_name_is_asked_for_by_just_that_name(
    kustomer: OtherKustomer,
) -> None:
    klass = {"data": [{"type": "klass", "id": "1", "attributes": {"name": "a/b?c d"}}]}
    kustomer.answer = lambda asked: (200, klass) if asked[0] == "/v1/klasses" else None

    SourceKustomer().discover(LOGGER, CONFIG)

    assert "/v1/metadata/kobject.a%2Fb%3Fc%20d" in {path for path, _, _ in kustomer.asked}


def test_a_check_searches_for_no_object_twice(kustomer: OtherKustomer) -> None:
    assert SourceKustomer().check(LOGGER, CONFIG).status is Status.SUCCEEDED

    searched = [body["queryContext"] for _, _, body in kustomer.asked if body]
    assert sorted(searched) == sorted(set(searched))


def test_every_kind_of_message_but_rows_comes_of_an_empty_organization(
    kustomer: OtherKustomer,
) -> None:
    messages = read("conversations", "users")

    assert {message.type for message in messages} >= {Type.STATE, Type.TRACE}
    assert not any(message.record for message in messages)

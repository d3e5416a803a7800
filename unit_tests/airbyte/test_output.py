"""Stdout and the log: lines of JSON, without the API key and without control characters."""

from __future__ import annotations

import base64
import errno
import io
import json
import logging
from typing import Any
from urllib.parse import quote

import pytest
from airbyte_cdk.models import (
    AirbyteCatalog,
    AirbyteConnectionStatus,
    AirbyteLogMessage,
    AirbyteMessage,
    AirbyteStream,
    ConnectorSpecification,
    Level,
    Status,
    SyncMode,
    Type,
)

from source_kustomer.airbyte import entrypoint, messages
from source_kustomer.airbyte.output import NO_KEY, LogHandler, Output, log_text, serialize
from source_kustomer.airbyte.source import SourceKustomer
from source_kustomer.airbyte.trace_errors import TracedError
from source_kustomer.kustomer.transport import Answer, Request
from source_kustomer.text import KeyMask
from unit_tests.in_memory import InMemoryTransport, reply

KEY = "Canary-5fd1+/77"
ECHOES = {
    "plain": KEY,
    "lower case": KEY.lower(),
    "base64": base64.b64encode(f"Bearer {KEY}".encode()).decode(),
    "URL": quote(KEY, safe=""),
    "in blanks": f"  {KEY} ",
}


def log(text: str) -> AirbyteMessage:
    return AirbyteMessage(type=Type.LOG, log=AirbyteLogMessage(level=Level.INFO, message=text))


def with_text(kind: str, text: str) -> AirbyteMessage:
    """Return a message of each type that holds a text."""
    if kind == "LOG":
        return log(text)
    if kind == "TRACE":
        return TracedError(message=text, internal_message=text).as_airbyte_message()
    if kind == "STATE":
        return messages.state("teams", {text: [text]})
    if kind == "CONNECTION_STATUS":
        status = AirbyteConnectionStatus(status=Status.FAILED, message=text)
        return AirbyteMessage(type=Type.CONNECTION_STATUS, connectionStatus=status)
    if kind == "SPEC":
        spec = ConnectorSpecification(connectionSpecification={"title": text})
        return AirbyteMessage(type=Type.SPEC, spec=spec)
    stream = AirbyteStream(
        name="teams", json_schema={"title": text}, supported_sync_modes=[SyncMode.full_refresh]
    )
    return AirbyteMessage(type=Type.CATALOG, catalog=AirbyteCatalog(streams=[stream]))


@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
@pytest.mark.parametrize("kind", ["LOG", "TRACE", "STATE", "CONNECTION_STATUS", "SPEC", "CATALOG"])
def test_the_key_is_masked_in_every_encoding_and_every_message(kind: str, echo: str) -> None:
    line = serialize(with_text(kind, f"it says {echo}!"), KeyMask(f" {KEY}\n")).decode()
    assert json.loads(line)["type"] == kind
    assert "it says" in line
    assert "****" in line
    assert echo.strip().lower() not in line.lower()


@pytest.mark.parametrize("kind", ["LOG", "TRACE", "CONNECTION_STATUS"])
def test_texts_for_people_have_no_control_characters(kind: str) -> None:
    message = with_text(kind, "a\x1b[31m\u202eb\x00\nc")
    document = json.loads(serialize(message, NO_KEY))
    body = document.get("log") or document.get("connectionStatus") or document["trace"]["error"]
    assert body["message"] == r"a\x1b[31m\u202eb\x00\nc"


def test_a_record_is_written_as_it_is() -> None:
    data = {"id": "1", "text": f"{KEY}\n\u202e", "number": 10**30, "half": "\ud800"}
    line = serialize(messages.record("teams", data, 5), KeyMask(KEY))
    assert json.loads(line) == {
        "type": "RECORD",
        "record": {"stream": "teams", "data": data, "emitted_at": 5},
    }


class FullDisk(io.BytesIO):
    """A stream whose disk is full after some lines."""

    def __init__(self, lines: int) -> None:
        super().__init__()
        self.lines = lines

    def write(self, data: Any) -> int:
        if self.lines == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.lines -= 1
        return super().write(data)


@pytest.mark.parametrize("kind", ["a record", "a log message", "a log record"])
def test_a_disk_that_fills_up_in_the_middle_is_reported_at_once(kind: str) -> None:
    failures: list[OSError] = []
    output = Output(FullDisk(lines=2), failures.append)
    for number in range(3):
        assert not failures
        if kind == "a record":
            output.write(messages.record("teams", {"id": str(number)}, 0))
        elif kind == "a log message":
            output.write(log("a text"))
        else:
            record = logging.LogRecord("x", logging.INFO, "", 0, "a text", (), None)
            LogHandler(output).handle(record)
    assert [failure.errno for failure in failures] == [errno.ENOSPC]


@pytest.mark.parametrize(
    ("number", "level"),
    [
        (logging.DEBUG, "DEBUG"), (logging.INFO, "INFO"), (logging.WARNING, "WARN"),
        (logging.ERROR, "ERROR"), (logging.CRITICAL, "FATAL"), (35, "WARN"), (5, "DEBUG"),
    ],
)  # fmt: skip
def test_each_level_of_a_log_record_is_one_of_the_protocol(number: int, level: str) -> None:
    stream = io.BytesIO()
    record = logging.LogRecord("x", number, "", 0, "%s of %s", (1, 2), None)
    LogHandler(Output(stream, lambda error: pytest.fail(str(error)))).handle(record)
    document = json.loads(stream.getvalue())
    assert document == {"type": "LOG", "log": {"level": level, "message": "1 of 2"}}


@pytest.mark.parametrize("number", [logging.DEBUG, logging.ERROR])
def test_only_a_debug_record_has_a_traceback(number: int) -> None:
    error = ValueError("secret data")
    info = (ValueError, error, None)
    text = log_text(logging.LogRecord("x", number, "", 0, "It failed", (), info))
    assert text.startswith("It failed")
    assert ("secret data" in text) == (number == logging.DEBUG)


def test_the_command_catalog_masks_the_key_in_what_it_prints(monkeypatch, tmp_path):
    def answer(request: Request) -> Answer:
        title = {"name": "order", "displayName": f"Orders {KEY}"}
        properties = {"codeStr": {"type": "string", "displayName": f"Code {KEY}"}}
        attributes = {**title, "properties": properties}
        return reply({"data": {"id": "1", "attributes": attributes}, "links": {"next": None}})

    source = SourceKustomer(transport=InMemoryTransport(answer))
    monkeypatch.setattr(entrypoint, "SourceKustomer", lambda: source)
    monkeypatch.setattr(entrypoint, "_set_up_logging", lambda handler, debug: None)
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"api_key": KEY, "custom_attribute_columns": True}))
    stream = io.BytesIO()
    process = entrypoint.Process(Output(stream, lambda error: pytest.fail(str(error))))

    code = process.run(["catalog", "--config", str(config), "--streams", "kobject_order"])

    text = stream.getvalue().decode()
    assert code == 0
    assert "Code ****" in text
    assert KEY not in text

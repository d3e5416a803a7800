"""The input files: configuration, configured catalog and state."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from airbyte_cdk.models import (
    AirbyteStateBlob,
    AirbyteStateMessage,
    AirbyteStateType,
    AirbyteStreamState,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteCatalogSerializer,
    DestinationSyncMode,
    StreamDescriptor,
)

from source_kustomer.errors import InvalidCatalog, InvalidConfig, InvalidState
from source_kustomer.logger import LOGGER
from source_kustomer.text import printable

SINGER_BOOKMARKS: Final = "bookmarks"
"""The key under which Singer taps keep the states of their streams."""
SINGER_CURSOR: Final = "replication_key_value"
"""The key of a bookmark that holds its timestamp, in taps made with Singer's SDK."""
LEGACY_CURSOR: Final = "updated_at"

COMMAND_HINT: Final = (
    'Create it with "source-kustomer catalog --config config.json > configured_catalog.json".'
)


def read_config(path: str) -> dict[str, Any]:
    """Read the configuration file.

    Raises:
        InvalidConfig: when the file cannot be read or does not contain a JSON object.
    """
    content = _read_json(path, "configuration", InvalidConfig)
    if not isinstance(content, dict):
        raise InvalidConfig(f"The configuration file {printable(path)} is not a JSON object.")
    return content


def read_catalog(path: str) -> ConfiguredAirbyteCatalog:
    """Read the configured catalog.

    Raises:
        InvalidCatalog: when the file cannot be read or is not a configured catalog.
    """
    try:
        content = _read_json(path, "catalog", InvalidCatalog)
    except InvalidCatalog as error:
        raise InvalidCatalog(f"{error.message} {COMMAND_HINT}") from None
    shown = printable(path)
    if isinstance(content, dict) and content.get("type") == "CATALOG":
        raise InvalidCatalog(
            f"The catalog file {shown} is the output of discover, not a configured catalog. "
            f"{COMMAND_HINT}"
        )
    if not isinstance(content, dict) or not isinstance(content.get("streams"), list):
        raise InvalidCatalog(
            f'The catalog file {shown} does not have a list "streams". {COMMAND_HINT}'
        )
    for entry in content["streams"]:
        if not isinstance(entry, dict) or not isinstance(entry.get("stream"), dict):
            raise InvalidCatalog(
                f"The catalog file {shown} is not a configured catalog: each entry of "
                f'"streams" must have a "stream" and a "sync_mode". {COMMAND_HINT}'
            )
    streams = [_completed(entry) for entry in content["streams"]]
    try:
        return ConfiguredAirbyteCatalogSerializer.load({"streams": streams})
    except Exception as error:
        # The serializer raises exceptions of private types; their text names the place.
        reason = printable(" ".join(str(error).split()))
        raise InvalidCatalog(
            f"The catalog file {shown} is not a configured catalog: {reason}. {COMMAND_HINT}"
        ) from None


def _completed(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Add what the protocol's model requires of a configured stream and a source does not need.

    A JSON schema may be a boolean, which names no columns. A destination mode that is newer than
    the model counts as `overwrite` if its name says so, since it replaces the table.
    """
    stream = dict(entry["stream"])
    schema = stream.get("json_schema")
    stream["json_schema"] = schema if isinstance(schema, Mapping) else {}
    stream["supported_sync_modes"] = stream.get("supported_sync_modes") or [entry.get("sync_mode")]
    known = {mode.value for mode in DestinationSyncMode}
    mode = entry.get("destination_sync_mode")
    if not isinstance(mode, str) or mode not in known:
        replaces = isinstance(mode, str) and mode.startswith(DestinationSyncMode.overwrite.value)
        mode = (DestinationSyncMode.overwrite if replaces else DestinationSyncMode.append).value
    return {**entry, "stream": stream, "destination_sync_mode": mode}


def read_state(path: str | None) -> list[AirbyteStateMessage]:
    """Read the state file.

    The file contains a list of Airbyte's state messages, one such message, lines of a connector's
    output, or a state of an older connector or a Singer tap: an object of states or timestamps by
    stream, which Singer taps keep below `bookmarks`.

    Raises:
        InvalidState: when the file cannot be read or has another form.
    """
    if not path:
        return []
    text = _read_text(path, "state", _StateFileError)
    if not text.strip():
        return []
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        content = _json_lines(path, text)
    if content is None:
        return []
    if isinstance(content, dict) and isinstance(content.get("data"), dict):
        content = content["data"]  # Airbyte's message of type LEGACY
    if isinstance(content, dict) and not content.keys() & {"type", "state", "stream", "global"}:
        bookmarks = content.get(SINGER_BOOKMARKS, content)
        if not isinstance(bookmarks, dict):
            raise _StateFileError(
                f"The state file {printable(path)} does not have an object of states by stream."
            )
        return _legacy_states(path, bookmarks)
    messages = content if isinstance(content, list) else [content]
    return [_state_message(path, message) for message in messages if not _is_other(message)]


class _StateFileError(InvalidState):
    def __init__(self, message: str) -> None:
        super().__init__(None, message)


def _json_lines(path: str, text: str) -> list[Any]:
    try:
        # JSON texts may contain U+2028 and others that str.splitlines takes for ends of lines.
        return [json.loads(line) for line in text.split("\n") if line.strip()]
    except (ValueError, RecursionError) as error:
        raise _StateFileError(
            f"The state file {printable(path)} is not valid JSON: {error}."
        ) from None


def _is_other(message: object) -> bool:
    """Return whether a line of output is a message of another type than STATE."""
    kind = message.get("type") if isinstance(message, Mapping) else None
    return kind in {"RECORD", "LOG", "TRACE", "CONTROL"}


def _state_message(path: str, message: object) -> AirbyteStateMessage:
    body = message.get("state", message) if isinstance(message, Mapping) else None
    if isinstance(body, Mapping) and body.get("global") is not None:
        raise _StateFileError(
            f"The state file {printable(path)} has a global state. This connector has a state per "
            "stream. Reset the connection, or remove the global state."
        )
    stream = body.get("stream") if isinstance(body, Mapping) else None
    descriptor = stream.get("stream_descriptor") if isinstance(stream, Mapping) else None
    name = descriptor.get("name") if isinstance(descriptor, Mapping) else None
    if not isinstance(stream, Mapping) or not isinstance(name, str):
        raise _StateFileError(
            f"The state file {printable(path)} has an entry that is not the state of a stream: "
            'each entry needs "type": "STREAM" and a "stream" with "stream_descriptor" and '
            '"stream_state".'
        )
    return _stream_state(path, name, stream.get("stream_state"))


def _legacy_states(path: str, states: Mapping[str, Any]) -> list[AirbyteStateMessage]:
    """Read what an older connector or a Singer tap keeps: the last timestamp of each stream."""
    found = []
    for name, blob in states.items():
        if isinstance(blob, Mapping) and ("replication_key" in blob or SINGER_CURSOR in blob):
            reached = blob.get(SINGER_CURSOR)
            if reached is None:
                LOGGER.info(
                    "The state of stream %s has no timestamp, so the stream is read from the "
                    "beginning.",
                    name,
                )
            found.append(_stream_state(path, name, reached and {LEGACY_CURSOR: reached}))
        elif isinstance(blob, str):
            found.append(_stream_state(path, name, {LEGACY_CURSOR: blob}))
        else:
            found.append(_stream_state(path, name, blob))
    return found


def _stream_state(path: str, name: str, blob: object) -> AirbyteStateMessage:
    if blob is not None and not isinstance(blob, Mapping):
        raise _StateFileError(
            f'The state of stream "{printable(name)}" in {printable(path)} is '
            f"{json.dumps(blob)[:100]}, not an object."
        )
    state = AirbyteStreamState(
        stream_descriptor=StreamDescriptor(name=name),
        stream_state=AirbyteStateBlob(**{str(key): value for key, value in (blob or {}).items()}),
    )
    return AirbyteStateMessage(type=AirbyteStateType.STREAM, stream=state)


def states_by_stream(messages: Iterable[AirbyteStateMessage] | None) -> dict[str, dict[str, Any]]:
    """Return the state object of each stream by its name; the last one counts."""
    states: dict[str, dict[str, Any]] = {}
    for message in messages or ():
        if message.stream is not None:
            blob = message.stream.stream_state
            states[message.stream.stream_descriptor.name] = dict(vars(blob)) if blob else {}
    return states


def _read_json(path: str, what: str, error: type[InvalidConfig | InvalidCatalog]) -> Any:
    text = _read_text(path, what, error)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise error(f"The {what} file {printable(path)} is not valid JSON: {problem}.") from None


def _read_text(
    path: str, what: str, error: type[InvalidConfig | InvalidCatalog | _StateFileError]
) -> str:
    shown = printable(path)
    try:
        # A file may begin with a byte order mark, and may be a pipe, which can be read only once.
        return Path(path).read_text(encoding="utf-8-sig")
    except PermissionError as problem:
        uid, gid = os.getuid(), os.getgid()
        raise error(
            f"The {what} file {shown} cannot be read: {problem.strerror}. The connector runs with "
            f"the uid {uid} and the gid {gid}. Make the file and its folders readable for that "
            'user, or run the container as their owner: --user "$(id -u):$(id -g)".'
        ) from None
    except (OSError, ValueError) as problem:
        if isinstance(problem, UnicodeDecodeError):
            raise error(f"The {what} file {shown} is not text in UTF-8.") from None
        reason = problem.strerror if isinstance(problem, OSError) else str(problem)
        raise error(f"The {what} file {shown} cannot be read: {reason}.") from None

"""The files that Airbyte hands over: configuration, catalog, state. Whatever is wrong is said."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

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

SINGER_BOOKMARKS = "bookmarks"
"""Where Singer taps keep the state of their streams."""
LEGACY_CURSOR = "updated_at"


def read_config(path: str) -> dict[str, Any]:
    """Read the configuration file.

    Raises:
        InvalidConfig: when there is no such file, or no JSON object in it.
    """
    content = _read_json(path, "configuration", InvalidConfig)
    if not isinstance(content, dict):
        raise InvalidConfig(f"The configuration file {path} holds no JSON object.")
    return content


def read_catalog(path: str) -> ConfiguredAirbyteCatalog:
    """Read the configured catalog.

    Raises:
        InvalidCatalog: when there is no such file, or no configured catalog in it.
    """
    content = _read_json(path, "catalog", InvalidCatalog)
    if not isinstance(content, dict) or not isinstance(content.get("streams"), list):
        raise InvalidCatalog(f'The catalog file {path} has no list "streams".')
    for entry in content["streams"]:
        if not isinstance(entry, dict) or not isinstance(entry.get("stream"), dict):
            raise InvalidCatalog(
                f'The catalog file {path} is not a configured catalog: each entry of "streams" '
                'must have a "stream" and a "sync_mode".'
            )
    streams = [_completed(entry) for entry in content["streams"]]
    try:
        return ConfiguredAirbyteCatalogSerializer.load({"streams": streams})
    except Exception as error:
        # The serializer's own exceptions are many and private; their text names the place.
        reason = " ".join(str(error).split())
        raise InvalidCatalog(f"The catalog file {path} cannot be understood: {reason}.") from None


def _completed(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Fill in what a source does not need to know of a configured stream, should it be missing.

    The protocol's model requires it all, and knows no destination mode that is newer than itself.
    """
    stream = dict(entry["stream"])
    stream["json_schema"] = stream.get("json_schema") or {}
    stream["supported_sync_modes"] = stream.get("supported_sync_modes") or [entry.get("sync_mode")]
    known = {mode.value for mode in DestinationSyncMode}
    destination = entry.get("destination_sync_mode")
    is_known = isinstance(destination, str) and destination in known
    mode = destination if is_known else DestinationSyncMode.append.value
    return {**entry, "stream": stream, "destination_sync_mode": mode}


def read_state(path: str | None) -> list[AirbyteStateMessage]:
    """Read the state file.

    It holds a list of Airbyte's state messages, one such message, lines of the connector's own
    output, or what older connectors leave: an object of states, or of plain timestamps, by stream.

    Raises:
        InvalidState: when there is no such file, or nothing of that in it.
    """
    if not path:
        return []
    text = _read_text(path, "state", _StateFileError)
    if not text.strip():
        return []
    try:
        content = json.loads(text)
    except ValueError:
        content = _json_lines(path, text)
    if content is None:
        return []
    if isinstance(content, dict) and isinstance(content.get("data"), dict):
        content = content["data"]  # Airbyte's own envelope of legacy states
    if isinstance(content, dict) and not content.keys() & {"type", "state", "stream", "global"}:
        legacy = content.get(SINGER_BOOKMARKS, content)
        if not isinstance(legacy, dict):
            raise _StateFileError(f"The state file {path} holds no state of a stream.")
        return [_legacy_state(path, name, blob) for name, blob in legacy.items()]
    messages = content if isinstance(content, list) else [content]
    return [_state_message(path, message) for message in messages]


class _StateFileError(InvalidState):
    def __init__(self, sentence: str) -> None:
        super().__init__(None, sentence)


def _json_lines(path: str, text: str) -> list[Any]:
    try:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except ValueError as error:
        raise _StateFileError(f"The state file {path} is no JSON: {error}.") from None


def _state_message(path: str, message: object) -> AirbyteStateMessage:
    body = message.get("state", message) if isinstance(message, Mapping) else None
    if isinstance(body, Mapping) and "global" in body:
        raise _StateFileError(
            f"The state file {path} holds a global state; this connector keeps one per stream."
        )
    stream = body.get("stream") if isinstance(body, Mapping) else None
    descriptor = stream.get("stream_descriptor") if isinstance(stream, Mapping) else None
    name = descriptor.get("name") if isinstance(descriptor, Mapping) else None
    if not isinstance(stream, Mapping) or not isinstance(name, str):
        raise _StateFileError(
            f"The state file {path} holds something that is not the state of a stream: each entry "
            'needs "type": "STREAM" and a "stream" with "stream_descriptor" and "stream_state".'
        )
    return _stream_state(path, name, stream.get("stream_state"))


def _legacy_state(path: str, name: str, blob: object) -> AirbyteStateMessage:
    """Read what Singer's tap keeps of a stream: the time of its last record, and no more."""
    return _stream_state(path, name, {LEGACY_CURSOR: blob} if isinstance(blob, str) else blob)


def _stream_state(path: str, name: str, blob: object) -> AirbyteStateMessage:
    if blob is not None and not isinstance(blob, Mapping):
        raise _StateFileError(
            f'The state of stream "{name}" in {path} is {json.dumps(blob)}, not an object.'
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
    except ValueError as problem:
        raise error(f"The {what} file {path} is no JSON: {problem}.") from None


def _read_text(
    path: str, what: str, error: type[InvalidConfig | InvalidCatalog | _StateFileError]
) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as problem:
        raise error(f"The {what} file {path} cannot be read: {problem.strerror}.") from None
    except UnicodeDecodeError:
        raise error(f"The {what} file {path} is no text in UTF-8.") from None

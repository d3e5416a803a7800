"""Streams as Airbyte's catalog describes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from airbyte_cdk.models import (
    AirbyteCatalog,
    AirbyteMessage,
    AirbyteMessageSerializer,
    AirbyteStream,
    DestinationSyncMode,
    SyncMode,
    Type,
)

from source_kustomer.engine.stream import Stream
from source_kustomer.errors import InvalidCatalog
from source_kustomer.streams import STREAMS
from source_kustomer.text import printable

ALL: Final = "all"
SUGGESTED: Final = "suggested"


def catalog_stream(stream: Stream, json_schema: Mapping[str, Any]) -> AirbyteStream:
    """Describe a stream in Airbyte's catalog.

    Args:
        stream: its declaration.
        json_schema: the schema of its rows.
    """
    described = AirbyteStream(
        name=stream.name,
        json_schema=dict(json_schema),
        supported_sync_modes=[SyncMode.full_refresh],
        source_defined_primary_key=[["id"]],
        is_resumable=stream.is_incremental,
    )
    if stream.cursor_field is not None:
        described.supported_sync_modes.append(SyncMode.incremental)
        described.source_defined_cursor = True
        described.default_cursor_field = [stream.cursor_field]
    return described


def configured_catalog(catalog: AirbyteCatalog, selection: str) -> dict[str, Any]:
    """Return a configured catalog: incremental and deduplicated where possible, else replaced.

    Args:
        catalog: all streams, from discover.
        selection: names of streams with commas between them, `suggested` or `all`.

    Raises:
        InvalidCatalog: when a name is not a stream, or there is no name.
    """
    message = AirbyteMessage(type=Type.CATALOG, catalog=catalog)
    streams = {
        one["name"]: one for one in AirbyteMessageSerializer.dump(message)["catalog"]["streams"]
    }
    names = dict.fromkeys(name.strip() for name in selection.split(",") if name.strip())
    if list(names) == [ALL]:
        names = dict.fromkeys(streams)
    elif list(names) == [SUGGESTED]:
        names = dict.fromkeys(one.name for one in STREAMS if one.suggested)
    if unknown := [name for name in names if name not in streams]:
        raise InvalidCatalog(
            f"There is no stream {printable(', '.join(unknown))}. The streams are: "
            f"{', '.join(streams)}."
        )
    if not names:
        raise InvalidCatalog("No stream is selected. Enter names, suggested or all for --streams.")
    return {"streams": [_configured(streams[name]) for name in names]}


def _configured(stream: dict[str, Any]) -> dict[str, Any]:
    is_incremental = SyncMode.incremental.value in stream["supported_sync_modes"]
    return {
        "stream": stream,
        "sync_mode": (SyncMode.incremental if is_incremental else SyncMode.full_refresh).value,
        "destination_sync_mode": (
            DestinationSyncMode.append_dedup if is_incremental else DestinationSyncMode.overwrite
        ).value,
        "cursor_field": stream.get("default_cursor_field", []),
        "primary_key": stream["source_defined_primary_key"],
    }

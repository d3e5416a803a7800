"""Streams as Airbyte's catalog describes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airbyte_cdk.models import AirbyteStream, SyncMode

from source_kustomer.engine.stream import Stream


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

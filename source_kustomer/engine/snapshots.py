"""Objects that show the present state only: each sync appends what it reads, with the time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from source_kustomer.engine.lists import ListStream
from source_kustomer.engine.stream_sync import StreamSync
from source_kustomer.sync.state import BEGINNING
from source_kustomer.timestamps import format_timestamp


class SnapshotStream(ListStream, family=True):
    """A stream whose rows are observations: they have the time of reading, and ids of their own.

    The row model declares the columns `synced_at` and `read_at`. The id of a row is the id of the
    record and the time of the sync, so that destinations which deduplicate keep every observation.
    """

    cursor_field = "synced_at"

    def read(self, sync: StreamSync) -> None:
        """Read everything, and emit it with the time."""
        rows = 0
        synced_at = format_timestamp(sync.sync.end)
        for endpoint in self.endpoints:
            for page in self.pages(sync.client, endpoint):
                sync.answered()
                times = {"synced_at": synced_at, "read_at": format_timestamp(sync.sync.now())}
                rows += sync.put_rows((_observation(row, synced_at) for row in page.data), times)
        sync.cursor.close(BEGINNING, None, rows=rows, final=True)


def _observation(resource: Mapping[str, Any], at: str) -> Mapping[str, Any]:
    identity = resource.get("id")
    return resource if identity is None else {**resource, "id": f"{identity}@{at}"}

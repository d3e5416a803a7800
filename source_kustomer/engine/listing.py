"""Lists and single objects: read completely, and what has changed is emitted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from source_kustomer.airbyte.cursors import CoverageCursor
from source_kustomer.engine.endpoints import Endpoint, probe_endpoint, read_endpoint
from source_kustomer.engine.reading import Reading, StreamPartition
from source_kustomer.engine.stream import Stream
from source_kustomer.errors import BadRequest, NotFound
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.documents import Document, attribute_of
from source_kustomer.logger import LOGGER
from source_kustomer.sync.state import BEGINNING
from source_kustomer.timestamps import parse_timestamp


class ListStream(Stream, family=True):
    """A stream of one or several lists, or of single objects, each read completely."""

    whole_at_first = True

    def partitions(self, reading: Reading) -> Iterator[StreamPartition]:
        """Yield the one partition that reads it all."""
        if not reading.is_ahead():
            yield ListPartition(reading, self)

    def probe(self, client: Client) -> None:
        """Ask for the first record of the first endpoint."""
        probe_endpoint(client, self.endpoints[0], stream=self.name)

    def pages(self, client: Client, endpoint: Endpoint) -> Iterator[Document]:
        """Yield the pages of one endpoint."""
        return read_endpoint(client, endpoint, stream=self.name)

    @staticmethod
    def prepare(resource: Mapping[str, Any]) -> Mapping[str, Any]:
        """Change a record before it becomes a row."""
        return resource


class ListPartition(StreamPartition):
    """The whole of a list stream."""

    def __init__(self, reading: Reading, stream: ListStream) -> None:
        super().__init__(reading)
        self._stream = stream

    def pass_on(self) -> None:
        """Pass on the rows that have changed since the state."""
        reading, stream = self._reading, self._stream
        cursor = reading.cursor
        since = cursor.since if isinstance(cursor, CoverageCursor) else BEGINNING
        rows = 0
        for endpoint in stream.endpoints:
            if endpoint.only_deleted and not reading.sync.include_deleted:
                continue
            try:
                rows += self._read_endpoint(endpoint, since)
            except (BadRequest, NotFound) as error:
                if not endpoint.only_deleted:
                    raise
                LOGGER.warning(
                    "Stream %s: deleted records cannot be listed: %s", stream.name, error.message
                )
        if isinstance(cursor, CoverageCursor):
            cursor.close(BEGINNING, None, rows=rows, final=True)

    def _read_endpoint(self, endpoint: Endpoint, since: int) -> int:
        """Emit the rows of an endpoint that changed since a timestamp; return their number."""
        reading, stream = self._reading, self._stream
        also = {"deleted": True} if endpoint.only_deleted else None
        rows = 0
        for page in stream.pages(reading.client, endpoint):
            reading.begun = True
            changed = (stream.prepare(row) for row in page.data if _is_changed(row, since))
            new = reading.put_rows(changed, also)
            rows += new
            reading.sync.progress.count(stream.name, new)
        return rows


def _is_changed(resource: Mapping[str, Any], since: int) -> bool:
    """Tell whether a record may be new to the destination; without a timestamp it may."""
    if since == BEGINNING:
        return True
    updated_at = parse_timestamp(attribute_of(resource, "updatedAt"))
    return updated_at is None or updated_at >= since

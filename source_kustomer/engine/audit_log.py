"""The audit log as a stream."""

from __future__ import annotations

from functools import partial

from source_kustomer.engine.endpoints import needing
from source_kustomer.engine.log_reader import read_log
from source_kustomer.engine.stream import Stream
from source_kustomer.engine.stream_sync import StreamSync
from source_kustomer.kustomer.client import Client
from source_kustomer.sync.coverage import Span


class AuditStream(Stream, family=True):
    """A stream of `GET /audit-logs`, incremental by the time of the entry."""

    cursor_field = "created_at"

    def read(self, sync: StreamSync) -> None:
        """Open a task per span that is not read yet."""
        sync.open(*(partial(self._read_span, sync, span) for span in sync.cursor.gaps()))

    def probe(self, client: Client) -> None:
        """Request the newest entry."""
        with needing(self.roles):
            client.get(self.endpoints[0].path, {"count": 1}, stream=self.name)

    def _read_span(self, sync: StreamSync, span: Span) -> None:
        """Read one span of the log, and close it in the direction in which it comes.

        Raises:
            UnorderedPage: when the entries are in no order.
            TimestampTooDense: when more entries share a timestamp than can be told apart.
        """
        start, end = span[0], None if span[1] >= sync.sync.end else span[1]
        for batch in read_log(sync.client, self.endpoints[0], start, end, stream=self.name):
            sync.answered()
            rows = sync.put_rows(batch.entries)
            if batch.closed is not None:
                sync.cursor.close(*batch.closed, rows=rows)
        sync.cursor.close(start, end, rows=0, final=True)

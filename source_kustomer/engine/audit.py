"""The audit log: a list by cursor, newest first, continued from where it was."""

from __future__ import annotations

from collections.abc import Iterator

from source_kustomer.engine.reading import Reading, StreamPartition
from source_kustomer.engine.stream import Stream
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.documents import attribute_of
from source_kustomer.sync.coverage import Span
from source_kustomer.timestamps import MILLISECOND, format_timestamp, parse_timestamp


class AuditStream(Stream, family=True):
    """A stream of `GET /audit-logs`, incremental by the time of the entry."""

    cursor_field = "created_at"

    def partitions(self, reading: Reading) -> Iterator[AuditPartition]:
        """Yield one reader per span that is missing."""
        if not reading.is_ahead():
            for span in reading.coverage.gaps():
                yield AuditPartition(reading, span)

    def probe(self, client: Client) -> None:
        """Ask for the newest entry."""
        client.get(self.endpoints[0].path, {"count": 1}, stream=self.name)


class AuditPartition(StreamPartition):
    """One span of the audit log, read from its newest entry back."""

    def __init__(self, reading: Reading, span: Span) -> None:
        super().__init__(reading)
        self._start, self._end = span

    def pass_on(self) -> None:
        """Pass on the entries of the span; complete it from its end towards its beginning."""
        reading, stream = self._reading, self._reading.stream
        endpoint = stream.endpoints[0]
        end: int | None = None if self._end >= reading.sync.end else self._end
        read_back_to = end
        before: str | None = None
        while True:
            params = {"count": endpoint.page_size, "filter[start]": format_timestamp(self._start)}
            if end is not None:
                params["filter[end]"] = format_timestamp(end)
            if before is not None:
                params["before"] = before
            page = reading.client.get(endpoint.path, params, stream=stream.name)
            reading.begun = True
            reading.put_rows(page.data)
            reading.sync.progress.count(stream.name, len(page.data))
            oldest = str(page.data[-1].get("id")) if page.data else None
            if page.has_next is False or oldest in (None, before):
                break  # where nothing is said of a next page, an empty one ends the log
            before = oldest
            instant = parse_timestamp(attribute_of(page.data[-1], "createdAt"))
            if instant is not None:
                # Entries of that very moment may follow on the next page.
                reading.coverage.close(instant + MILLISECOND, read_back_to, rows=len(page.data))
                read_back_to = instant + MILLISECOND
        reading.coverage.close(self._start, end, rows=0, final=True)

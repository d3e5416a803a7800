"""Objects that the search finds: read in windows of update time, by keyset, many at once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import partial
from itertools import pairwise
from typing import Any, Final, cast

from airbyte_cdk.sources.types import Record

from source_kustomer.families.reading import Reading, StreamPartition
from source_kustomer.families.stream import Stream
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.search import SearchQuery
from source_kustomer.sync.instants import MINUTE, format_instant
from source_kustomer.sync.keyset import Ask, Batch, KeysetReader, Page
from source_kustomer.sync.windows import Index, Window, cut, plan

SEARCH_ROLES = (
    "org.permission.search.create",
    "org.permission.search.update",
    "org.user.search.read",
    "org.admin.search.read",
)
"""Any of them lets a key search; the permission to read searches is spelt `create` or `update`
(OpenAPI description of POST /customers/search)."""

CLOCK_SKEW: Final = 5 * MINUTE
"""A record dated further ahead than this was not dated by a clock that is merely a little fast."""


class SearchStream(Stream, family=True):
    """A stream of `POST /customers/search`, incremental by the time of update."""

    query_context: str
    """What the search returns, Kustomer's `queryContext`."""
    archived: bool = True
    """Whether records older than two years can be searched in the archive."""
    roles = SEARCH_ROLES
    required = ("name", "record", "roles", "query_context")

    @property
    def attribute_prefix(self) -> str:
        """What the search attributes of this object begin with."""
        return self.query_context

    @property
    def endpoint(self) -> str:
        """The search, with the object that it is asked for."""
        return f"POST /customers/search (queryContext {self.query_context})"

    @property
    def cost(self) -> str:
        """Searches of 500 records."""
        return "1 search per 500 changed records, at least 1"

    def partitions(self, reading: Reading) -> Iterator[StreamPartition]:
        """Yield the windows that are still to be read."""
        cursor = reading.coverage
        if reading.is_ahead():
            return
        windows = list(plan(cursor.gaps(), end=cursor.end, now=cursor.end, archived=self.archived))
        reading.sync.crew.join(len(windows))
        for window in windows:
            if window.index is Index.ARCHIVE:
                yield self.old_partition(reading, window)
            else:
                yield WindowPartition(reading, self, window)

    def old_partition(self, reading: Reading, window: Window) -> StreamPartition:
        """Return what reads a window that the standard search no longer holds."""
        return WindowPartition(reading, self, window)

    def probe(self, client: Client) -> None:
        """Search for one record."""
        with client.search(self._query(), page_size=1, stream=self.name):
            pass

    def fetch(
        self,
        reading: Reading,
        index: Index,
        ask: Ask,
        number: int,
    ) -> AbstractContextManager[Page]:
        """Answer a question of the keyset reader with one request."""
        query = self._query(
            gte=format_instant(ask.start),
            lt=None if ask.end is None else format_instant(ask.end),
            include_deleted=reading.sync.include_deleted,
            archive=index is Index.ARCHIVE,
        )
        if ask.created is not None:
            query = query.by_creation(
                f"{self.attribute_prefix}_created_at",
                *(None if bound is None else format_instant(bound) for bound in ask.created),
            )
        return reading.client.search(query, page=number, stream=self.name)

    def _query(self, **conditions: Any) -> SearchQuery:
        return SearchQuery(
            query_context=self.query_context,
            attribute=f"{self.attribute_prefix}_updated_at",
            **conditions,
        )


class WindowPartition(StreamPartition):
    """One window of a search stream; it shares what is left of it when others could help."""

    def __init__(
        self, reading: Reading, stream: SearchStream, window: Window, *, counted: bool = False
    ) -> None:
        """Take a window to read.

        Args:
            reading: the stream in this sync.
            stream: its declaration.
            window: what to read, and from which indexes.
            counted: whether its records are part of a count that has been announced already.
        """
        super().__init__(reading)
        self._stream = stream
        self._window = window
        self._then = window.then
        self._closed = window.closes_from
        self._counted = counted

    def read(self) -> Iterator[Record]:
        """Yield the rows of the window, and make room for another reader at its end."""
        try:
            yield from super().read()
        finally:
            self._reading.sync.crew.leave()

    def records(self) -> Iterator[Record]:
        """Yield the rows of the window, closing it piece by piece."""
        fetch = partial(self._stream.fetch, self._reading, self._window.index)
        reader = KeysetReader(fetch, self._window.start, self._window.end)
        yield from self._rows(reader)
        if self._reading.over:
            return
        if self._has_passed_the_end(reader):
            # More records than a page were changed since the sync began. They belong to the next
            # one; only what is dated into the future would not be found by it before its time.
            future = KeysetReader(fetch, self._reading.sync.now() + CLOCK_SKEW, None)
            for batch in future.batches():
                yield from self._reading.rows(batch.rows)
        self._close(reader.end, rows=0, final=True)
        self._release()

    def _rows(self, reader: KeysetReader) -> Iterator[Record]:
        reading = self._reading
        with contextlib.closing(reader.batches()) as batches:
            for batch in batches:
                reading.begun = True
                self._announce(batch)
                yield from reading.rows(batch.rows)
                reading.sync.progress.count(
                    self.stream_name(), len(batch.rows), page_size=batch.page_size
                )
                if reading.over:
                    return
                self._close(reader.position, rows=len(batch.rows))
                if self._has_passed_the_end(reader):
                    return
                if self._then is not None and reader.position >= (self._then.end or 0):
                    self._release()
                if self._then is None:
                    self._share(reader, batch)

    def _close(self, end: int | None, *, rows: int, final: bool = False) -> None:
        if end is None or end > self._closed:
            self._reading.coverage.close(self._closed, end, rows=rows, final=final)
            self._closed = self._closed if end is None else end

    def _release(self) -> None:
        """Hand out the window that had to wait for this one, if it has not been handed out."""
        if self._then is not None:
            old, self._then = self._then, None
            self._reading.sync.crew.join(1)
            self._reading.sync.put(self._stream.old_partition(self._reading, old))

    def _announce(self, batch: Batch) -> None:
        if not self._counted and batch.total:
            self._reading.sync.progress.expect(self.stream_name(), batch.total)
        self._counted = True

    def _has_passed_the_end(self, reader: KeysetReader) -> bool:
        return reader.end is None and reader.position > self._reading.sync.end

    def _share(self, reader: KeysetReader, batch: Batch) -> None:
        """Cut off the later part of the window for workers that have nothing to do."""
        sync = self._reading.sync
        welcome = sync.crew.welcome()
        left = (batch.total or 0) - len(batch.rows)
        end = sync.end if reader.end is None else reader.end
        cuts = cut(
            reader.position,
            end,
            pages_left=left // max(1, batch.page_size),
            pieces=welcome + 1,
        )
        if not cuts:
            return
        bounds = [*cuts, reader.end]
        reader.end = cuts[0]
        sync.crew.join(len(cuts))
        for start, stop in pairwise(bounds):
            piece = Window(cast("int", start), stop, self._window.index)
            sync.put(WindowPartition(self._reading, self._stream, piece, counted=True))

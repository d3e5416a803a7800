"""Objects that the search finds: read in windows of update time, by keyset, many at once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from itertools import pairwise
from typing import Any, ClassVar, Final, cast

from airbyte_cdk.sources.types import Record

from source_kustomer.engine.endpoints import Endpoint, read_endpoint
from source_kustomer.engine.reading import Reading, StreamPartition
from source_kustomer.engine.stream import Stream
from source_kustomer.errors import KustomerError
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.documents import Document, attribute_of
from source_kustomer.kustomer.search import SearchQuery
from source_kustomer.logger import LOGGER
from source_kustomer.query_limits import MAX_RECORDS
from source_kustomer.sync.keyset import Ask, Batch, KeysetReader, Page, Resource
from source_kustomer.sync.windows import LIVE_SEARCH_AGE, Index, Window, cut, plan
from source_kustomer.timestamps import MINUTE, format_timestamp, parse_timestamp

SEARCH_ROLES = (
    "org.permission.search.create",
    "org.permission.search.update",
    "org.permission.search_global.create",
    "org.permission.search_preview.create",
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
    endpoints: tuple[Endpoint, ...] = ()
    old_list: Endpoint | None = None
    """Where there is no such archive: the list that older records are picked out of."""
    required: ClassVar[tuple[str, ...]] = ("name", "row", "query_context")

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles for the search, and those for the lists that can take its place."""
        return (*SEARCH_ROLES, *super().roles)

    @property
    def old_endpoints(self) -> tuple[Endpoint, ...]:
        """The lists that records are picked out of that are too old for the search."""
        return () if self.old_list is None else (self.old_list,)

    @property
    def attribute_prefix(self) -> str:
        """What the search attributes of this object begin with."""
        return self.query_context

    @property
    def attribute(self) -> str:
        """The search attribute that orders it."""
        return f"{self.attribute_prefix}_{self.cursor_field}"

    @property
    def stamp(self) -> str:
        """The attribute of its records that holds the same."""
        return "createdAt" if self.cursor_field == "created_at" else "updatedAt"

    def partitions(self, reading: Reading) -> Iterator[StreamPartition]:
        """Yield the windows that are still to be read."""
        feed, end = reading.feed, reading.sync.end
        if feed is None and reading.is_ahead():
            return
        gaps = list(reading.coverage.gaps() if feed is None else feed.gaps())
        is_kept = self.archived or bool(self.old_endpoints)
        if not is_kept and gaps and gaps[0][0] < end - LIVE_SEARCH_AGE:
            LOGGER.info(
                "Stream %s: Kustomer offers none of these records that are older than two years.",
                self.name,
            )
        windows = list(plan(gaps, end=end, now=end, archived=is_kept))
        reading.sync.pool.join(len(windows))
        if feed is not None:
            feed.opened(len(windows))
        for window in windows:
            if window.index is Index.ARCHIVE:
                yield self.old_partition(reading, window)
            else:
                yield WindowPartition(reading, self, window)

    def old_partition(self, reading: Reading, window: Window) -> WindowPartition:
        """Return what reads a window that the standard search no longer holds."""
        if self.archived:
            return WindowPartition(reading, self, window)
        return OldListPartition(reading, self, window)

    def old_pages(self, reading: Reading) -> Iterator[Document]:
        """Yield the pages of the lists that hold what is too old for the search."""
        for endpoint in self.old_endpoints:
            yield from self.pages(reading.client, endpoint)

    def pages(self, client: Client, endpoint: Endpoint) -> Iterator[Document]:
        """Yield the pages of one list."""
        return read_endpoint(client, endpoint, stream=self.name)

    def probe(self, client: Client) -> None:
        """Search for one record."""
        with client.search(self._query(), page_size=1, stream=self.name):
            pass

    def count(self, client: Client) -> int | None:
        """Return how many records the search holds, if it says so; for estimates."""
        with client.search(self._query(), page_size=1, stream=self.name) as page:
            return page.total

    def fetch(
        self,
        reading: Reading,
        index: Index,
        ask: Ask,
        number: int,
    ) -> AbstractContextManager[Page]:
        """Answer a question of the keyset reader with one request."""
        query = self._query(
            gte=format_timestamp(ask.start),
            lt=None if ask.end is None else format_timestamp(ask.end),
            include_deleted=reading.sync.include_deleted,
            archive=index is Index.ARCHIVE,
        )
        if ask.created is not None:
            query = query.by_creation(
                f"{self.attribute_prefix}_created_at",
                *(None if bound is None else format_timestamp(bound) for bound in ask.created),
            )
        if reading.feed is not None:
            reading.feed.wait_for_room()
        return reading.client.search(query, page=number, stream=self.name)

    def _query(self, **conditions: Any) -> SearchQuery:
        return SearchQuery(
            query_context=self.query_context,
            attribute=self.attribute,
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
        self._window_batches = reading.feed.window_batches() if reading.feed is not None else {}

    def read(self) -> Iterable[Record]:
        """Read the window, and make room for another reader at its end."""
        try:
            return super().read()
        finally:
            self._reading.sync.pool.leave(self)
            if self._reading.feed is not None:
                self._reading.feed.closed()

    def failed(self, error: KustomerError) -> None:
        """Let the children know; when only they are selected, it is theirs to tell."""
        feed = self._reading.feed
        if feed is not None:
            feed.fail(error)
            if not feed.is_selected:
                self._reading.over = True
                return
        super().failed(error)

    def pass_on(self) -> None:
        """Pass on the rows of the window, closing it piece by piece."""
        fetch = partial(self._stream.fetch, self._reading, self._window.index)
        stamp = self._stream.stamp
        reader = KeysetReader(fetch, self._window.start, self._window.end, stamp=stamp)
        self._read_on(reader)
        if self._reading.over:
            return
        if self._has_passed_the_end(reader):
            # More records than a page were changed since the sync began. They belong to the next
            # one; only what is dated into the future would not be found by it before its time.
            ahead = self._reading.sync.now() + CLOCK_SKEW
            future = KeysetReader(fetch, ahead, None, stamp=stamp)
            for batch in future.batches():
                self._put_rows(batch.rows)
        self._close(reader.end, final=True)
        self._release()

    def _read_on(self, reader: KeysetReader) -> None:
        reading = self._reading
        with contextlib.closing(reader.batches()) as batches:
            for batch in batches:
                reading.begun = True
                self._announce(batch)
                self._put_rows(batch.rows)
                reading.sync.progress.count(
                    self._stream.name, len(batch.rows), page_size=batch.page_size
                )
                if reading.over:
                    return
                self._close(reader.position, batch.rows)
                if self._has_passed_the_end(reader):
                    return
                if self._then is not None and reader.position >= (self._then.end or 0):
                    self._release()
                if self._then is None:
                    self._share(reader, batch)
                # Or its page would be kept for as long as the next one is waited for.
                del batch

    def _put_rows(self, resources: Sequence[Resource]) -> None:
        family = self._reading.feed or self._reading
        family.put_rows(resources)

    def _close(
        self, end: int | None, resources: Sequence[Resource] = (), *, final: bool = False
    ) -> None:
        """Tell everyone concerned that the window is read up to an instant, None being its end.

        Args:
            end: the instant.
            resources: what has come on the way there.
            final: whether the window ends there.
        """
        reading, feed = self._reading, self._reading.feed
        span = (self._closed, end) if end is None or end > self._closed else None
        if feed is not None:
            feed.hand_over(self._window_batches, resources, span, is_last=final)
        if span is not None and (feed is None or feed.is_selected):
            reading.coverage.close(*span, rows=len(resources), final=final)
        self._closed = self._closed if end is None else max(end, self._closed)

    def _release(self) -> None:
        """Hand out the window that had to wait for this one, if it has not been handed out."""
        if self._then is not None:
            old, self._then = self._then, None
            self._hand_out([self._stream.old_partition(self._reading, old)])

    def _hand_out(self, partitions: Sequence[WindowPartition]) -> None:
        self._reading.sync.pool.join(len(partitions))
        if self._reading.feed is not None:
            self._reading.feed.opened(len(partitions))
        for partition in partitions:
            self._reading.sync.channel.put(partition)

    def _announce(self, batch: Batch) -> None:
        if not self._counted and batch.total:
            self._reading.sync.progress.expect(self._stream.name, batch.total)
            self._reading.sync.pool.expect(-(-batch.total // max(1, batch.page_size)))
            if self._reading.feed is not None:
                self._reading.feed.announce(batch.total)
        self._counted = True

    def _has_passed_the_end(self, reader: KeysetReader) -> bool:
        return reader.end is None and reader.position > self._reading.sync.begun

    def _share(self, reader: KeysetReader, batch: Batch) -> None:
        """Cut off the later part of the window for workers that have nothing to do."""
        sync = self._reading.sync
        left = ((batch.total or 0) - len(batch.rows)) // max(1, batch.page_size)
        vacancies = sync.pool.vacancies(self, left)
        end = sync.end if reader.end is None else reader.end
        cuts = cut(reader.position, end, pages_left=left, pieces=vacancies + 1)
        if not cuts:
            return
        sync.pool.cut(self, len(cuts))
        bounds = [*cuts, reader.end]
        reader.end = cuts[0]
        pieces = [
            Window(cast("int", start), stop, self._window.index) for start, stop in pairwise(bounds)
        ]
        self._hand_out(
            [WindowPartition(self._reading, self._stream, piece, counted=True) for piece in pieces]
        )


class OldListPartition(WindowPartition):
    """A window of old records that no search holds: picked out of the whole list."""

    def pass_on(self) -> None:
        """Pass on the list's records of the window."""
        reading, stream, window = self._reading, self._stream, self._window
        LOGGER.info(
            "Stream %s: records older than two years are in no search, so all of GET %s is read.",
            stream.name,
            ", ".join(endpoint.path for endpoint in stream.old_endpoints),
        )
        seen = 0
        for page in stream.old_pages(reading):
            reading.begun = True
            seen += len(page.data)
            old = [resource for resource in page.data if _is_within(resource, window)]
            self._put_rows(old)
            reading.sync.progress.count(stream.name, len(old))
            if reading.over:
                return
            self._close(window.start, old)
        if seen == MAX_RECORDS:
            LOGGER.warning(
                "Stream %s: GET %s ended after exactly %s records, which may be a limit of the "
                "API. Records older than two years may be missing.",
                stream.name,
                ", ".join(endpoint.path for endpoint in stream.old_endpoints),
                f"{seen:,}",
            )
        self._close(window.end, final=True)


def _is_within(resource: Resource, window: Window) -> bool:
    instant = parse_timestamp(attribute_of(resource, "updatedAt"))
    if instant is None:
        return True
    return window.start <= instant and (window.end is None or instant < window.end)

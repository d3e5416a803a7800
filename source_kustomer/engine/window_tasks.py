"""The tasks that read the windows of one search stream, and verify what they have read."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final, Protocol, cast

from source_kustomer.engine.endpoints import Endpoint, read_endpoint
from source_kustomer.engine.list_route import SEGMENT_PAGES, ListRoute, Searchable, divide
from source_kustomer.engine.oldest_first import OldestFirst
from source_kustomer.engine.outlets import Emitted, Outlet
from source_kustomer.engine.reader_pool import ReaderPool
from source_kustomer.engine.stream_sync import StreamSync
from source_kustomer.engine.window_reader import SpanBatch, WindowReader
from source_kustomer.errors import (
    BadRequest,
    IncompleteWindow,
    KustomerError,
    NotAuthorised,
    NotFound,
    NotPermitted,
    StartLeftOut,
    Stopped,
    UnorderedPage,
)
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.documents import Document, is_deleted
from source_kustomer.logger import LOGGER
from source_kustomer.query_limits import MAX_RECORDS
from source_kustomer.sync.keyset import Ask, Query, Resource, timestamp_of
from source_kustomer.sync.windows import (
    LIVE_SEARCH_AGE,
    MIN_PAGES_PER_WINDOW,
    SEAM_AFTER,
    Index,
    Window,
    cut,
)
from source_kustomer.timestamps import SECOND, format_timestamp

MOST_UNCOUNTED_PIECES: Final = 8
"""Pieces of a window whose count is capped. Each may cost a request for no record, and a window
that is counted to the cap has 20 pages at least."""
EMPTY_PIECES: Final = 3
"""So many windows may be empty by chance."""


REFUSALS: Final = (BadRequest, NotPermitted, NotFound, UnorderedPage)
"""How the search refuses an attribute."""

Refused = Callable[[KustomerError], None]
"""Reads a stream otherwise, after the search has refused it with an error."""


class Searched(Searchable, Protocol):
    """What is searched, and listed where the search lacks records."""

    archived: bool
    endpoints: tuple[Endpoint, ...]

    def pages(self, client: Client, endpoint: Endpoint) -> Iterable[Document]:
        """Yield the pages of one of its lists."""


class WindowTasks:
    """The tasks that read the windows of one search stream."""

    def __init__(
        self,
        stream: Searched,
        sync: StreamSync,
        outlet: Outlet,
        *,
        is_cut: bool,
        refused: Refused | None = None,
        route: ListRoute | None = None,
    ) -> None:
        """Prepare to read.

        Args:
            stream: what is searched.
            sync: the stream in this sync.
            outlet: takes the batches.
            is_cut: whether windows may be cut so that more readers can share them.
            refused: reads the stream otherwise when the first answer of the search refuses it.
            route: a list that is read next to the search, if there is one.
        """
        self.stream = stream
        self.sync = sync
        self.outlet = outlet
        self._is_cut = is_cut
        self._refusals = _Refusals(refused)
        self._route = route
        self._searching = _Searching()
        self._emitted = Emitted()
        self._pieces = _Pieces()
        self._seam_end = sync.sync.end - LIVE_SEARCH_AGE + SEAM_AFTER
        self._afterwards: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        self._windows = 0
        self._last: SpanBatch | None = None
        self._waits_from: int | None = None
        """The start of the span that is closed after what is done afterwards."""

    def open(self, *windows: Window, is_counted: bool = False) -> None:
        """Open a task per window.

        Args:
            windows: what to read.
            is_counted: whether their records are part of a count that was announced already.
        """
        with self._lock:
            self._windows += len(windows)
        for window in windows:
            self._pool(window).join(1)
            self._searching.join(window)
        self.sync.open(*(partial(self._read, window, is_counted) for window in windows))

    def _pool(self, window: Window) -> ReaderPool:
        sync = self.sync.sync
        return sync.list_pool if window.index is Index.LIST else sync.pool

    def _read(self, window: Window, is_counted: bool) -> None:
        try:
            if window.index is Index.ARCHIVE and not self.stream.archived:
                self._read_lists(window)
            elif window.index is Index.LIST:
                self._read_route(window)
            else:
                self._read_search(window, is_counted)
        except REFUSALS as error:
            self._refusals.handle(error)
        finally:
            self._pool(window).leave(window)
            self._searching.leave(window)
            for pool in (self.sync.sync.pool, self.sync.sync.list_pool):
                pool.forget(window)
        with self._lock:
            self._windows -= 1
            is_last = not self._windows
        if is_last and self._last is not None:
            for step in self._afterwards:
                step()
            self.outlet.complete(self._last)

    def do_afterwards(self, step: Callable[[], None]) -> None:
        """Add something that is done when all windows are read; call it before `open`.

        The last span is closed after it, so a state that counts as complete comes after it too.
        """
        self._afterwards.append(step)

    def read_archive_from(self, start: int) -> None:
        """Read the records of the archive that are dated from a timestamp to the present.

        Args:
            start: the timestamp.
        """
        reader = self._reader(Window(start, None, Index.ARCHIVE))
        for batch in reader.batches():
            if batch.is_last:
                self._verify(reader)
            self.outlet.complete(replace(batch, span=None, start=None, is_last=False))
        if reader.count.read and self._is_cut:  # streams of children would repeat it
            LOGGER.warning(
                "Stream %s: only the archive search has %s records that were created more than two "
                "years ago and updated since. It is searched for such records once a day. Of "
                "objects that are not in the archive, such as notes, they are not found.",
                self.sync.name,
                f"{reader.count.read:,}",
            )

    def _read_search(self, window: Window, is_counted: bool) -> None:
        reader = self._reader(window)
        following = window.then
        for batch in self._batches(reader):
            self._refusals.end()
            is_counted = is_counted or self._announce(reader, batch)
            if batch.is_last:
                self._pieces.read(reader.count.read)
                self._verify(reader)
            self._complete(batch, is_open=reader.end is None)
            if following is not None and reader.position >= (following.end or 0):
                self.open(following)
                following = None
            if following is None and self._is_cut and not batch.is_last:
                self._cut(reader, batch)
        if following is not None:
            self.open(following)

    def _batches(self, reader: WindowReader) -> Iterator[SpanBatch]:
        """Yield the batches of a window, which counts as not read if the search leaves out records.

        Raises:
            StartLeftOut: the search left out the records at the timestamp where it starts.
        """
        try:
            yield from reader.batches()
        except StartLeftOut:
            self.sync.cursor.reopen(reader.window.closes_from, reader.end)
            raise

    def _read_route(self, window: Window) -> None:
        """Read a window from the list, segment by segment; search what the list cannot bring."""
        assert self._route is not None
        segment = _Segment(window.start)
        reader = self._reader(window, segment)
        try:
            if self._route.is_ready:
                self._read_segments(self._route, reader, segment)
        except (NotAuthorised, Stopped):
            raise
        except KustomerError as error:
            self._route.give_up(error.message)
        if not segment.is_last:
            self.open(Window(segment.start, reader.end), is_counted=True)

    def _read_segments(self, route: ListRoute, reader: WindowReader, segment: _Segment) -> None:
        """Read until the end of the window, or until the route is given up."""
        pages = 0
        for batch in reader.batches():
            self.outlet.complete(replace(batch, span=None, is_last=False))
            pages += 1
            if batch.is_last:
                self._end_segment(route, segment, cast("int", reader.end))
                segment.is_last = True
                return
            if pages >= SEGMENT_PAGES and reader.position > segment.start:
                self._end_segment(route, segment, reader.position)
                pages = 0
            if not route.is_ready:
                return
            self._cut(reader, batch)

    def _end_segment(self, route: ListRoute, segment: _Segment, end: int) -> None:
        """Close a segment if the list and the search have the same records; else search it.

        The search is asked first. Records only leave a segment, so a record that leaves in between
        leads to a search too many, never to one too few.
        """
        window = Window(segment.start, end)
        start, read = segment.start, segment.end_at(end)
        deleted = route.deleted_in(start, end)
        counted = live = self._count(window)
        if deleted:
            live = self._count(window, include_deleted=False)
        listed = route.count(start, end)
        is_same = (
            counted is not None
            and live is not None
            and listed is not None
            and live <= listed <= read
            and counted <= listed + deleted
        )
        route.compared(is_same=is_same)
        if is_same:
            self.sync.receipt.add_numbers(counted, read + deleted)
            self.outlet.complete(SpanBatch(read, (start, end), is_last=True))
            return
        LOGGER.info(
            "Stream %s: from %s to %s, %d records were read from %s, which has %s there, and %d "
            "deleted ones. The search counts %s. They are searched.",
            self.sync.name,
            format_timestamp(start),
            format_timestamp(end),
            read,
            route.endpoint.request,
            listed,
            deleted,
            counted,
        )
        self.open(window, is_counted=True)

    def _complete(self, batch: SpanBatch, *, is_open: bool) -> None:
        """Pass a batch on. A span up to the end of the sync waits for what is done afterwards.

        Args:
            batch: of a window.
            is_open: whether the window has no upper bound, so that its spans can pass that end.
        """
        span = batch.span
        if not self._afterwards or not is_open or span is None:
            self.outlet.complete(batch)
            return
        if self._waits_from is None and (batch.is_last or (span[1] or 0) >= self.sync.sync.end):
            self._waits_from = span[0]
        if batch.is_last:
            self._last = replace(batch, span=(self._waits_from or span[0], span[1]))
        elif self._waits_from is None:
            self.outlet.complete(batch)
        else:
            self.outlet.complete(replace(batch, span=None, start=None))

    def _reader(self, window: Window, segment: _Segment | None = None) -> WindowReader:
        sync = self.sync.sync
        open_query: Callable[[Window, Ask], Query] = partial(self.stream.open_query, self.sync)
        if window.index is Index.LIST and self._route is not None:
            open_query = self._route.open_query

        def take(rows: Sequence[Resource]) -> Any:
            if segment is not None:
                segment.take(timestamp_of(row, self.stream.stamp) for row in rows)
            return self.outlet.take(self._unrepeated(window, rows))

        return WindowReader(
            open_query,
            window,
            take,
            stamp=self.stream.stamp,
            sync_end=sync.end,
            begun=sync.begun,
            settled=sync.settled,
            now=sync.now,
        )

    def _verify(self, reader: WindowReader) -> None:
        """Compare what was read of a window with what the source counted in it.

        Where they differ, the source is asked for its count once more, for records that are dated
        before the index is expected to be complete: the next sync reads later ones again. If fewer
        were read than exist, the window is read once more.

        Raises:
            IncompleteWindow: when fewer were read than exist even so. The window counts as not
                read, so that the next sync reads it.
        """
        count, receipt = reader.count, self.sync.receipt
        if not count.is_counted or count.read == count.expected:
            receipt.add(count)
            return
        window = replace(reader.window, end=reader.end, then=None)
        exist = self._count(window)
        if exist is None or count.settled_read >= exist:
            receipt.add(count)
            return
        LOGGER.warning(
            "Stream %s: %d records were read where the source counts %d, from %s on. They are read "
            "once more.",
            self.sync.name,
            count.settled_read,
            exist,
            format_timestamp(window.start),
        )
        again = self._reader(window)
        for batch in again.batches():
            self.outlet.complete(replace(batch, span=None, is_last=False))
        exist = self._count(window)
        if exist is not None and again.count.settled_read < exist:
            self.sync.cursor.reopen(reader.window.closes_from, reader.end)
            raise IncompleteWindow(format_timestamp(window.start), again.count.settled_read, exist)
        receipt.add(again.count)

    def _count(self, window: Window, *, include_deleted: bool | None = None) -> int | None:
        """Return how many records a window has that the index is expected to be complete for."""
        settled = self.sync.sync.settled
        end = settled if window.end is None else min(window.end, settled)
        if end <= window.start:
            return 0
        query = self.stream.open_query(
            self.sync,
            window,
            Ask(window.start, end),
            page_size=1,
            include_deleted=include_deleted,
        )
        with query(1) as page:
            return None if page.total == MAX_RECORDS else page.total

    def _unrepeated(self, window: Window, rows: Sequence[Resource]) -> Sequence[Resource]:
        """Drop records that another reader of the stream has emitted in this sync.

        Live search and archive, or list, overlap; a record without a timestamp may be in both. And
        a record that is updated within the first second of the sync, the precision of Kustomer's
        Date header, can pass from a window that was read into the last one.
        """
        sync = self.sync.sync
        is_seam = window.index is Index.LIVE and window.start < self._seam_end
        if self._route is not None and window.index is Index.LIVE:
            rows = [row for row in rows if not is_deleted(row) or self._emitted.is_new(row)]
        if window.index is Index.ARCHIVE or window.end is None:
            rows = self._emitted.new(rows)
        if sync.is_first_second():
            self._emitted.add(rows)
        elif is_seam:
            self._emitted.add([row for row in rows if self._may_be_old(row)])
        return rows

    def _may_be_old(self, row: Resource) -> bool:
        updated_at = timestamp_of(row, self.stream.stamp)
        return updated_at is None or updated_at < self._seam_end

    def _read_lists(self, window: Window) -> None:
        """Pick a window of old records, which no search holds, out of the lists."""
        name = self.sync.name
        for endpoint in self.stream.endpoints:
            LOGGER.info(
                "Stream %s: records older than two years are in no search, so GET %s is read%s.",
                name,
                endpoint.path,
                ", the oldest first, until they are newer" if endpoint.oldest_first else "",
            )
            seen = 0
            try:
                for page in self._list_pages(endpoint, window):
                    seen += len(page.data)
                    old = [row for row in page.data if self._is_within(row, window)]
                    rows = self._unrepeated(window, old)
                    taken = self.outlet.take(rows)
                    self.outlet.complete(SpanBatch(taken, None, is_last=False))
            except (NotPermitted, NotFound) as error:
                if seen:
                    raise
                LOGGER.warning(
                    "Stream %s: records older than two years are not read: %s", name, error.message
                )
                return
        self.outlet.complete(SpanBatch(None, (window.closes_from, window.end), is_last=True))

    def _list_pages(self, endpoint: Endpoint, window: Window) -> Iterator[Document]:
        """Yield the pages of a list as far as they may have records of a window of update time."""
        client, name = self.sync.client, self.sync.name
        if endpoint.oldest_first and window.end is not None and self.stream.stamp == "updatedAt":
            ordered = replace(endpoint, params={**endpoint.params, "sort": "asc"})
            until = OldestFirst(window.end).is_past
            is_answered = False
            try:
                for page in read_endpoint(client, ordered, stream=name, until=until):
                    is_answered = True
                    yield page
                return
            except BadRequest as error:
                if is_answered:
                    raise
                LOGGER.info(
                    "Stream %s: %s is refused, so all of the list is read: %s",
                    name,
                    ordered.request,
                    error.message,
                )
        yield from self.stream.pages(client, endpoint)

    def _is_within(self, row: Resource, window: Window) -> bool:
        updated_at = timestamp_of(row, self.stream.stamp)
        if updated_at is None:
            return True
        return window.start <= updated_at and (window.end is None or updated_at < window.end)

    def _announce(self, reader: WindowReader, batch: SpanBatch) -> bool:
        """Announce the records of a window, and return whether they are counted."""
        if batch.is_last or batch.records == MAX_RECORDS:
            return False
        if batch.records is not None:
            records = reader.count.read + batch.left
            self.outlet.announce(records, batch.page_size)
            if self._is_cut:
                self.sync.sync.pool.expect(-(-records // batch.page_size))
        return True

    def _cut(self, reader: WindowReader, batch: SpanBatch) -> None:
        """Cut off the later part of the window for readers that have nothing to do."""
        if batch.records == MAX_RECORDS:
            self._cut_uncounted(reader)
            return
        if not self._pieces.are_worthwhile or self._is_shared(reader, batch):
            return
        pool = self.sync.sync.pool
        left = self._pages_left(reader, batch)
        pieces = reader.cut(pool.vacancies(reader.window, left) + 1, pages_left=left)
        if pieces:
            pool.cut(reader.window, len(pieces))
            self.open(*pieces, is_counted=True)

    def _is_shared(self, reader: WindowReader, batch: SpanBatch) -> bool:
        """Share the rest of a window between the search and the list, if it has such a route.

        Returns:
            Whether the window is not to be cut for the search alone.
        """
        route, window = self._route, reader.window
        if route is None or window.index is Index.ARCHIVE:
            return False
        left = self._pages_left(reader, batch) * batch.page_size
        if route.begin(reader.position, left // batch.page_size):
            self.sync.open(partial(route.prepare, self._take_deleted))
        end = route.end_within(reader.position, reader.end)
        if end is None:
            return False
        sync, client = self.sync.sync, self.sync.client
        first = reader.position - reader.position % SECOND + SECOND
        share = divide(
            window,
            left,
            searches=sync.pool,
            lists=route.pool,
            page_size=route.page_size,
            searches_waiting=client.searches_waiting() - self._searching.others(window),
            lists_waiting=client.lists_waiting() - route.pool.busy,
        )
        is_handed_over = share.is_handed_over and first < end
        cuts = cut(
            first if is_handed_over else reader.position,
            end,
            pages_left=left // route.page_size,
            pieces=share.lists if is_handed_over else 1 + share.lists + share.searches,
        )
        cuts = sorted({at - at % SECOND for at in cuts if at - at % SECOND > first})
        if is_handed_over:
            cuts = [first, *cuts]
        if not cuts:
            return True
        is_open = reader.end is None or reader.end > end
        pieces = reader.split([*cuts, end] if is_open else cuts)
        behind = [pieces.pop()] if is_open else []
        count = len(pieces) if is_handed_over else min(share.lists, len(pieces))
        listed = [replace(piece, index=Index.LIST) for piece in pieces[:count]]
        searched = [replace(piece, index=Index.LIVE) for piece in [*pieces[count:], *behind]]
        route.pool.cut(window, len(listed))
        sync.pool.cut(window, len(searched))
        self.open(*listed, *searched, is_counted=True)
        return True

    def _take_deleted(self, rows: Sequence[Resource]) -> None:
        self._emitted.add(rows)
        self.outlet.take(rows)

    def _cut_uncounted(self, reader: WindowReader) -> None:
        """Cut a window whose count is capped into equal times; those still capped are cut again."""
        pieces = min(self.sync.sync.pool.free() + 1, MOST_UNCOUNTED_PIECES)
        self.open(*reader.cut(pieces, pages_left=pieces * MIN_PAGES_PER_WINDOW))

    def _pages_left(self, reader: WindowReader, batch: SpanBatch) -> int:
        """Return about how many pages are still to come in a window.

        A count that is missing is replaced by what the window has shown so far: its records are
        taken to be as dense in the rest of it.
        """
        if batch.records is not None:
            return batch.left // batch.page_size
        start, position = reader.window.start, reader.position
        end = self.sync.sync.end if reader.end is None else reader.end
        if position <= start:
            return batch.left // batch.page_size
        left = reader.count.read * max(0, end - position) // (position - start)
        pages = max(batch.left, left) // batch.page_size
        self.sync.sync.pool.expect_at_least(reader.window, pages)
        return pages


class _Refusals:
    """What to do when the search refuses a stream: something else, once, before any answer."""

    def __init__(self, refused: Refused | None) -> None:
        self._lock = threading.Lock()
        self._refused = refused
        self._is_refused = False

    def end(self) -> None:
        """Note an answer: from now on, errors are errors."""
        self._refused = None

    def handle(self, error: KustomerError) -> None:
        """Read the stream otherwise; do nothing when another window has begun that.

        Raises:
            KustomerError: the error, when it is not the first answer of the stream.
        """
        with self._lock:
            refused, self._refused = self._refused, None
            if refused is None and not self._is_refused:
                raise error
            self._is_refused = True
        if refused is not None:
            refused(error)


class _Searching:
    """The readers of this stream that search."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    def join(self, window: Window) -> None:
        """Note that a window is handed out."""
        with self._lock:
            self._count += window.index is not Index.LIST

    def leave(self, window: Window) -> None:
        """Note that a window is read."""
        with self._lock:
            self._count -= window.index is not Index.LIST

    def others(self, window: Window) -> int:
        """Return how many readers of this stream search, the one of a window left out."""
        with self._lock:
            return self._count - (window.index is not Index.LIST)


class _Segment:
    """The part of a window of the list that is being read."""

    def __init__(self, start: int) -> None:
        self.start = start
        self.is_last = False
        """Whether the window has been read to its end."""
        self._stamps: list[int | None] = []

    def take(self, stamps: Iterable[int | None]) -> None:
        """Note the timestamps of records that were read."""
        self._stamps += stamps

    def end_at(self, end: int) -> int:
        """Begin the next segment, and return how many records the one before it had."""
        stamps = self._stamps
        self.start = end
        self._stamps = [stamp for stamp in stamps if stamp is not None and stamp >= end]
        return len(stamps) - len(self._stamps)


class _Pieces:
    """Whether the windows that were cut off have held records: a count may be far too high."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._empty = 0
        self._full = 0

    def read(self, records: int) -> None:
        """Note a window that was read to its end."""
        with self._lock:
            self._empty += not records
            self._full += bool(records)

    @property
    def are_worthwhile(self) -> bool:
        """Whether more cuts are likely to pay: not most windows were empty."""
        return self._empty <= EMPTY_PIECES or self._empty <= self._full

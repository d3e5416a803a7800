"""Reads one window of a search: batches of rows, each with the span that it completes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, cast

from source_kustomer.engine.receipts import WindowCount
from source_kustomer.sync.keyset import Ask, KeysetReader, Query, Resource, timestamp_of
from source_kustomer.sync.windows import Window, cut
from source_kustomer.timestamps import MINUTE

CLOCK_SKEW: Final = 5 * MINUTE
"""A record dated further ahead than this was not dated by a clock that is merely a little fast."""

OpenSpan = tuple[int, int | None]
"""A span whose end may be the open end of the sync, None."""


Take = Callable[[Sequence[Resource]], Any]
"""Takes rows while their page is in memory, and returns what is needed of them afterwards."""


@dataclass(frozen=True)
class SpanBatch:
    """What was taken of a page, and the span that it completes."""

    taken: Any
    """What `take` returned for the rows; None for a batch without rows."""
    span: OpenSpan | None
    """None when nothing is complete yet."""
    is_last: bool
    """Whether the window ends here."""
    start: int | None = None
    """From where on the window is not complete yet; None when the rows belong to no span."""
    records: int | None = None
    """How many records were left in the window, those of this batch included, as the answer
    reports; None when it does not."""
    count: int = 0
    """How many records the page brought."""
    page_size: int = 1

    @property
    def left(self) -> int:
        """How many records are still to come in the window, as far as the answer reports it."""
        return max(0, (self.records or 0) - self.count)


class WindowReader:
    """Reads one window by keyset. It does not know who takes its batches.

    The last window of a sync has no upper bound in its questions, so that records dated into the
    future come as well. What is dated between the beginning of the sync and the present has changed
    since: it belongs to the next sync, which finds it in its last state.
    """

    def __init__(
        self,
        open_query: Callable[[Window, Ask], Query],
        window: Window,
        take: Take,
        *,
        stamp: str,
        sync_end: int,
        begun: int,
        settled: int,
        now: Callable[[], int],
    ) -> None:
        """Prepare to read.

        Args:
            open_query: answers questions about a window.
            window: what to read, and from which index.
            take: takes the rows of each page; see `KeysetReader`.
            stamp: the records' attribute that the window is one of.
            sync_end: the fixed end of the sync, a timestamp.
            begun: when the sync began by the clock that is ahead, a timestamp.
            settled: until when the search index is expected to be complete, a timestamp.
            now: the present by the clock that is ahead, a timestamp.
        """
        self.window = window
        self.count = WindowCount(stamp, settled)
        self._open_query = lambda ask: open_query(window, ask)
        self._stamp = stamp
        self._sync_end = sync_end
        self._begun = begun
        self._now = now
        self._take = take
        self._keyset = KeysetReader(
            self._open_query,
            window.start,
            window.end,
            stamp=stamp,
            take=self._take_rows,
        )
        self._closed = window.closes_from

    @property
    def end(self) -> int | None:
        """Where the window ends; a cut moves it."""
        return self._keyset.end

    @property
    def position(self) -> int:
        """Everything in the window before this timestamp was yielded."""
        return self._keyset.position

    def batches(self) -> Iterator[SpanBatch]:
        """Yield what was taken of each page, oldest rows first; the page is released before.

        Raises:
            KustomerError: when the window cannot be read completely.
        """
        is_cut_short = False
        with contextlib.closing(self._keyset.batches()) as batches:
            for batch in batches:
                start = self._closed
                self.count.answer(batch.total, new=batch.count, repeated=batch.repeated)
                yield SpanBatch(
                    batch.taken,
                    self._span_until(self._keyset.position),
                    is_last=False,
                    start=start,
                    records=batch.total,
                    count=batch.count,
                    page_size=max(1, batch.page_size),
                )
                if self._has_passed_the_end():
                    is_cut_short = True
                    break
        if is_cut_short:
            # More records than a page have changed since the sync began. The next sync finds them
            # in time order; what is dated into the future would have to wait for its time.
            future = KeysetReader(
                self._open_query,
                self._now() + CLOCK_SKEW,
                None,
                stamp=self._stamp,
                take=self._take,
            )
            for batch in future.batches():
                yield SpanBatch(batch.taken, None, is_last=False)
        yield SpanBatch(None, self._span_until(self._keyset.end), is_last=True)

    def cut(self, pieces: int, *, pages_left: int) -> list[Window]:
        """Cut off the later part of what is left, for other readers.

        Args:
            pieces: into how many parts the rest may be cut, this reader's own included.
            pages_left: how many pages are still to come.

        Returns:
            The windows that were cut off; empty when it does not pay.
        """
        end = self._sync_end if self._keyset.end is None else self._keyset.end
        cuts = cut(self._keyset.position, end, pages_left=pages_left, pieces=pieces)
        if not cuts:
            return []
        return self.split(cuts)

    def split(self, cuts: Sequence[int]) -> list[Window]:
        """End the window at the first of some timestamps, and return the windows behind it.

        Args:
            cuts: ascending timestamps between the position and the end of the window.
        """
        bounds = [*cuts, self._keyset.end]
        self._keyset.end = cuts[0]
        self.count.restart()
        return [
            Window(cast("int", start), stop, self.window.index) for start, stop in pairwise(bounds)
        ]

    def _take_rows(self, rows: Sequence[Resource]) -> Any:
        kept = self._of_this_sync(rows)
        self.count.take(rows, changed=len(rows) - len(kept))
        return self._take(kept)

    def _of_this_sync(self, rows: Sequence[Resource]) -> Sequence[Resource]:
        if self._keyset.end is not None:
            return rows
        ahead = self._now() + CLOCK_SKEW
        return [row for row in rows if not self._has_changed_since(row, ahead)]

    def _has_changed_since(self, row: Resource, ahead: int) -> bool:
        updated_at = timestamp_of(row, self._stamp)
        return updated_at is not None and self._begun <= updated_at < ahead

    def _has_passed_the_end(self) -> bool:
        return self._keyset.end is None and self._keyset.position > self._begun

    def _span_until(self, end: int | None) -> OpenSpan | None:
        start = self._closed
        if end is not None and end <= start:
            return None
        if end is not None:
            self._closed = end
        return start, end

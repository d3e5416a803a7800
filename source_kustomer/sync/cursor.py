"""The cursor of a stream: which spans of its cursor field are read, and when that is emitted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, Protocol

from source_kustomer.sync.coverage import Span
from source_kustomer.sync.known_ids import decode_ids
from source_kustomer.sync.state import (
    BEGINNING,
    FULL_REFRESH_DONE,
    SYNC_ID,
    DeletedCount,
    StreamState,
    is_refresh_done,
)
from source_kustomer.sync.windows import is_first_of_day
from source_kustomer.timestamps import DAY

ROWS_PER_CHECKPOINT: Final = 2_000
"""At most this many rows are read again after a crash, per reader; and states stay few."""
SECONDS_PER_CHECKPOINT: Final = 20.0
"""A stream that reads for longer emits its state, whether rows came or not: Airbyte ends syncs
that send neither rows nor states."""

EmitState = Callable[[Mapping[str, Any]], None]
"""Puts a stream's state into the channel, behind the rows that were put in before."""


class Cursor(Protocol):
    """How far a stream is read, as the engine sees it."""

    @property
    def end(self) -> int:
        """Up to where the stream counts as read after this sync, a timestamp."""

    @property
    def since(self) -> int:
        """Records updated before this timestamp were read by earlier syncs."""

    @property
    def daily_since(self) -> int | None:
        """The same for lists that the first sync of a day reads; None in the other syncs."""

    @property
    def complete_before(self) -> int | None:
        """Up to where an earlier sync has read completely; None when none has finished."""

    deleted: DeletedCount | None
    """The last count of deleted records."""

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to read in this sync."""

    @property
    def is_in_future(self) -> bool:
        """Whether the state lies after the end of this sync, so that nothing is read."""

    @property
    def keeps_ids(self) -> bool:
        """Whether the ids of a list's records can be compared with those of the next sync."""

    @property
    def known_ids(self) -> frozenset[str] | None:
        """The ids that the last complete read of a list found; None when they are not known."""

    def keep_ids(self, ids: str | None) -> None:
        """Keep the ids that a complete read of a list has found, encoded, for the next sync."""

    def gaps(self) -> Iterator[Span]:
        """Yield the spans that are not read yet, oldest first."""

    def close(self, start: int, end: int | None, *, rows: int, final: bool = False) -> None:
        """Mark `[start, end)` as read, after its rows went into the channel."""

    def reopen(self, start: int, end: int | None) -> None:
        """Mark `[start, end)` as not read after all."""

    def state(self) -> dict[str, Any]:
        """Return the state as it stands in a state message."""

    def checkpoint(self) -> None:
        """Emit the state if it has changed since it was last emitted."""

    def heartbeat(self) -> None:
        """Emit the state if none was emitted for a while."""

    def finish(self) -> None:
        """Emit the last state of the sync: of a stream that was read completely."""


class _Emitter:
    """Emits the states of one stream in the order in which they came to be.

    Putting a state into a full channel waits. So the state is taken and emitted under a lock of
    its own, and no reader that only closes a span ever waits for the channel.
    """

    def __init__(self, emit: EmitState, monotonic: Callable[[], float]) -> None:
        self._emit = emit
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._emitted: dict[str, Any] | None = None
        self._emitted_at = monotonic()

    def emit(self, take: Callable[[], dict[str, Any]], *, repeat: bool = False) -> None:
        with self._lock:
            state = take()
            if state != self._emitted or repeat:
                self._emitted, self._emitted_at = state, self._monotonic()
                self._emit(state)

    def is_due(self) -> bool:
        return self._monotonic() - self._emitted_at >= SECONDS_PER_CHECKPOINT


class CoverageCursor:
    """The cursor of a stream that is read in spans of its cursor field.

    It knows spans, never single records: a state says that all rows of a span have left this
    process. A span is closed after its rows were put into the ordered channel, and the state
    follows them through the same channel.
    """

    def __init__(
        self,
        cursor_field: str,
        *,
        found: StreamState,
        start: int,
        end: int,
        lookback: int,
        emit: EmitState,
        index_end: int | None = None,
        refresh: bool = False,
        sync_id: int | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Continue from a state.

        Args:
            cursor_field: the column that orders the stream.
            found: the state of earlier syncs.
            start: where a first sync begins, a timestamp.
            end: the fixed end of this sync, a timestamp.
            lookback: microseconds before the end of the earlier sync from which records are read
                again, because the search index may have shown them late.
            emit: puts a state into the ordered channel.
            index_end: where the search index ends, a timestamp, if it ends before the sync does:
                nothing later counts as read.
            refresh: whether everything is to be read, also what earlier syncs have read.
            sync_id: Airbyte's number of the job; attempts of one job share it.
            monotonic: a clock in seconds, for checkpoints by time.
        """
        is_continued = not refresh or found.is_of_refresh(sync_id)
        before = found if found.until is not None and is_continued else StreamState()
        self._cursor_field = cursor_field
        self._lock = threading.Lock()
        self._emitter = _Emitter(emit, monotonic)
        self._unsaved = 0
        self._is_touched = False
        self._end = end
        self.complete_before = before.complete_until if before.is_complete else None
        self.is_in_future = before.until is not None and before.until > end
        self.is_done = refresh and before.is_complete
        resumed = before.resumable(lookback)
        if index_end is not None and not self.is_in_future and not self.is_done:
            self._end = min(end, index_end)
            resumed = replace(resumed, coverage=resumed.coverage.before(self._end - lookback))
        self.since = BEGINNING if resumed.complete_until is None else resumed.complete_until
        self.daily_since = _daily_since(before.complete_until, self.since, end)
        coverage = resumed.coverage
        if resumed.complete_until is None:
            coverage = coverage.add(BEGINNING, min(start, self._end))
        if self.is_in_future or self.is_done:
            self._state = before
        else:
            self._state = StreamState(
                coverage,
                self._end,
                refresh,
                sync_id if refresh else None,
                ids=before.ids,
                deleted=before.deleted,
            )
        self.keeps_ids = not refresh

    @property
    def end(self) -> int:
        """Up to where the stream counts as read after this sync, a timestamp."""
        return self._end

    @property
    def deleted(self) -> DeletedCount | None:
        """The last count of deleted records, which the state keeps."""
        return self._state.deleted

    @deleted.setter
    def deleted(self, count: DeletedCount | None) -> None:
        with self._lock:
            self._state = replace(self._state, deleted=count)

    @property
    def known_ids(self) -> frozenset[str] | None:
        """The ids that the last complete read of a list found; None when they are not known."""
        ids = self._state.ids
        return None if ids is None or not self.keeps_ids else decode_ids(ids)

    def keep_ids(self, ids: str | None) -> None:
        """Keep the ids that a complete read of a list has found; call it before the last `close`.

        Args:
            ids: as `known_ids.encode_ids` returned them; None forgets them.
        """
        with self._lock:
            self._state = replace(self._state, ids=ids)

    def gaps(self) -> Iterator[Span]:
        """Yield what is not read yet, oldest first; nothing when the state is in the future."""
        if self.is_in_future or self.is_done:
            return iter(())
        with self._lock:
            return self._state.coverage.gaps(BEGINNING, self._end)

    def close(self, start: int, end: int | None, *, rows: int, final: bool = False) -> None:
        """Mark `[start, end)` as read; call it after its rows went into the channel.

        Args:
            start: where the span begins.
            end: where it ends; None is the end of the sync.
            rows: how many rows it brought.
            final: whether a window ends here, which is always worth a checkpoint.
        """
        with self._lock:
            stop = self._end if end is None else min(end, self._end)
            self._is_touched = True
            self._state = replace(self._state, coverage=self._state.coverage.add(start, stop))
            self._unsaved += rows
            is_due = final or self._unsaved >= ROWS_PER_CHECKPOINT
        if is_due or self._emitter.is_due():
            self.checkpoint()

    def reopen(self, start: int, end: int | None) -> None:
        """Mark `[start, end)` as not read: its rows turned out to be incomplete."""
        with self._lock:
            stop = self._end if end is None else min(end, self._end)
            self._state = replace(self._state, coverage=self._state.coverage.without(start, stop))

    def state(self) -> dict[str, Any]:
        """Return the state as it stands in a state message."""
        with self._lock:
            self._unsaved = 0
            return self._state.to_json(self._cursor_field)

    def checkpoint(self) -> None:
        """Emit the state if anything was read, and the state has changed since the last one."""
        if self._is_touched:
            self._emitter.emit(self.state)

    def heartbeat(self) -> None:
        """Emit the state, changed or not, if none was emitted for a while."""
        if self._emitter.is_due():
            self._emitter.emit(self.state, repeat=True)

    def finish(self) -> None:
        """Emit the state at the end of the stream unless it was just emitted."""
        self._emitter.emit(self.state)


class RefreshCursor:
    """The cursor of a stream without a cursor field, which is always read whole."""

    since = BEGINNING
    daily_since = BEGINNING
    end = BEGINNING
    complete_before = None
    deleted: DeletedCount | None = None
    is_in_future = False
    keeps_ids = False
    known_ids = None

    def __init__(
        self, *, found: Mapping[str, Any], emit: EmitState, sync_id: int | None = None
    ) -> None:
        """Begin.

        Args:
            found: the state of the earlier attempt or sync.
            emit: puts a state into the ordered channel.
            sync_id: Airbyte's number of the job; attempts of one job share it.
        """
        self._sync_id = sync_id
        self._emitter = _Emitter(emit, time.monotonic)
        self.is_done = is_refresh_done(found, sync_id)
        self._is_complete = self.is_done

    def keep_ids(self, ids: str | None) -> None:
        """Do nothing: a stream that is always read whole needs no comparison."""

    def gaps(self) -> Iterator[Span]:
        """Yield nothing: the stream has no spans."""
        return iter(())

    def close(self, start: int, end: int | None, *, rows: int, final: bool = False) -> None:
        """Do nothing: only the end of the stream completes it."""

    def reopen(self, start: int, end: int | None) -> None:
        """Do nothing: only the end of the stream completes it."""

    def state(self) -> dict[str, Any]:
        """Return Airbyte's mark of a completed full refresh, or an empty state."""
        if not self._is_complete:
            return {}
        mark: dict[str, Any] = {FULL_REFRESH_DONE: True}
        return mark if self._sync_id is None else {**mark, SYNC_ID: self._sync_id}

    def checkpoint(self) -> None:
        """Do nothing: there is nothing to continue from."""

    def heartbeat(self) -> None:
        """Do nothing: an empty state would erase the mark of the last refresh."""

    def finish(self) -> None:
        """Emit the mark of a completed full refresh."""
        self._is_complete = True
        self._emitter.emit(self.state)


def _daily_since(before: int | None, since: int, end: int) -> int | None:
    """Return from when on records of lists that are read once a day may be new.

    The first sync of each day (UTC) reads these lists, so the state needs no time of its own for
    them. They were last read on the day of the sync before, or later on; what has changed since
    the beginning of that day is emitted, perhaps again.

    Args:
        before: the end of the last complete sync, a timestamp; None when there was none.
        since: the same less the lookback.
        end: the end of this sync.

    Returns:
        A timestamp; None when an earlier sync of the day has read them.
    """
    if before is None or since == BEGINNING:
        return BEGINNING
    if not is_first_of_day(before, end=end):
        return None
    return before - before % DAY - (before - since)

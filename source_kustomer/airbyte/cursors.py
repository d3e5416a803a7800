"""Where a stream stands: which windows are closed, and when that is told as a checkpoint."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import replace
from typing import Any, Final

from airbyte_cdk.models import (
    AirbyteMessage,
    AirbyteStateBlob,
    AirbyteStateMessage,
    AirbyteStateType,
    AirbyteStreamState,
    StreamDescriptor,
    Type,
)
from airbyte_cdk.sources.streams.concurrent.cursor import Cursor
from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition
from airbyte_cdk.sources.types import Record

from source_kustomer.sync.coverage import Span
from source_kustomer.sync.state import BEGINNING, StreamState

RECORDS_PER_CHECKPOINT: Final = 2_000
"""So many rows at the most are read again after a crash, per worker; and states stay rare."""

Emit = Callable[[AirbyteMessage], None]


class CoverageCursor(Cursor):
    """The cursor of a stream that is read in windows of its cursor field.

    It knows only closed windows, never single records: a state says that everything in a span has
    left this process. Whoever closes a window has put its rows into the one ordered channel
    before, and the state follows them through the same channel.
    """

    def __init__(
        self,
        stream: str,
        cursor_field: str,
        *,
        found: StreamState,
        start: int,
        end: int,
        lookback: int,
        emit: Emit,
        refresh: bool = False,
    ) -> None:
        """Take up where a state left off.

        Args:
            stream: the stream's name.
            cursor_field: the column that orders it.
            found: the state of earlier syncs.
            start: where a first sync begins, an instant.
            end: the fixed end of this sync, an instant.
            lookback: how far behind its end an earlier sync may have missed records, microseconds.
            emit: the ordered channel.
            refresh: whether everything is to be read, whatever earlier syncs have read.
        """
        usable = found.until is not None and (not refresh or self._interrupted_refresh(found))
        before = found if usable else StreamState()
        self._stream = stream
        self._cursor_field = cursor_field
        self._emit = emit
        self._lock = threading.Lock()
        self._unsaved = 0
        self.is_in_future = before.until is not None and before.until > end
        self._end = end
        resumed = before.resumable(lookback)
        self.since = BEGINNING if resumed.complete_until is None else resumed.complete_until
        """Records updated before this instant have been read by earlier syncs."""
        coverage = resumed.coverage
        if resumed.complete_until is None:
            coverage = coverage.add(BEGINNING, start)
        self._state = before if self.is_in_future else StreamState(coverage, end, refresh)
        self._told: dict[str, Any] | None = None

    @staticmethod
    def _interrupted_refresh(found: StreamState) -> bool:
        return found.refresh and not found.is_complete

    @property
    def end(self) -> int:
        """The fixed end of this sync."""
        return self._end

    def gaps(self) -> Iterator[Span]:
        """Yield what is still to be read, oldest first; nothing when the state is in the future."""
        if self.is_in_future:
            return iter(())
        with self._lock:
            return self._state.coverage.gaps(BEGINNING, self._end)

    def close(self, start: int, end: int | None, *, rows: int, final: bool = False) -> None:
        """Mark `[start, end)` as read; call it after its rows have gone into the channel.

        Args:
            start: where the span begins.
            end: where it ends; None is the end of the sync.
            rows: how many rows it brought.
            final: whether a window ends here, which is always worth a checkpoint.
        """
        with self._lock:
            stop = self._end if end is None else min(end, self._end)
            coverage = self._state.coverage.add(start, stop)
            self._state = replace(self._state, coverage=coverage)
            self._unsaved += rows
            if final or self._unsaved >= RECORDS_PER_CHECKPOINT:
                self._checkpoint()

    def _checkpoint(self) -> None:
        self._unsaved = 0
        self._told = self._state.to_json(self._cursor_field)
        self._emit(state_message(self._stream, self._told))

    # The framework's side.

    @property
    def state(self) -> MutableMapping[str, Any]:
        """The stream's state as it stands in a state message."""
        return self._state.to_json(self._cursor_field)

    def observe(self, record: Record) -> None:
        """Do nothing: single records say nothing about what is complete."""

    def close_partition(self, partition: Partition) -> None:
        """Do nothing: a partition closes its windows itself, between its rows."""

    def ensure_at_least_one_state_emitted(self) -> None:
        """Tell the state once more when the stream ends, unless it has just been told."""
        with self._lock:
            if self._told is None or self._told != self._state.to_json(self._cursor_field):
                self._checkpoint()

    def should_be_synced(self, record: Record) -> bool:
        """Tell the framework that no record is to be dropped."""
        return True


class RefreshCursor(Cursor):
    """The cursor of a stream that is always read whole."""

    def __init__(self, stream: str, emit: Emit) -> None:
        self._stream = stream
        self._emit = emit
        self.is_complete = False

    @property
    def state(self) -> MutableMapping[str, Any]:
        """Airbyte's mark for a stream without a cursor."""
        return {"__ab_full_refresh_sync_complete": True} if self.is_complete else {}

    def observe(self, record: Record) -> None:
        """Do nothing."""

    def close_partition(self, partition: Partition) -> None:
        """Note that the stream was read to its end: it is one partition."""
        self.is_complete = True

    def ensure_at_least_one_state_emitted(self) -> None:
        """Tell the one state of this stream."""
        self._emit(state_message(self._stream, dict(self.state)))

    def should_be_synced(self, record: Record) -> bool:
        """Tell the framework that no record is to be dropped."""
        return True


def state_message(stream: str, blob: dict[str, Any]) -> AirbyteMessage:
    """Build Airbyte's state message for one stream."""
    state = AirbyteStreamState(
        stream_descriptor=StreamDescriptor(name=stream), stream_state=AirbyteStateBlob(**blob)
    )
    return AirbyteMessage(
        type=Type.STATE,
        state=AirbyteStateMessage(type=AirbyteStateType.STREAM, stream=state),
    )

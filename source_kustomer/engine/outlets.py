"""What takes the batches of a window reader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol

from source_kustomer.engine.stream_sync import StreamSync
from source_kustomer.engine.window_reader import SpanBatch
from source_kustomer.sync.keyset import Resource, identity_of

MOST_REMEMBERED: Final = 200_000
"""Ids that are remembered at most, 20 MB of memory. Beyond that, a record may come twice."""


class Outlet(Protocol):
    """Takes the rows of each page while it is in memory, then completes what it took."""

    def announce(self, records: int, page_size: int) -> None:
        """Note how many records a window holds.

        Args:
            records: their number, as the first answer reports it.
            page_size: how many of them one search brings.
        """

    def take(self, rows: Sequence[Resource]) -> Any:
        """Take rows, without requesting anything, and return what `complete` needs of them."""

    def complete(self, batch: SpanBatch) -> None:
        """Complete what was taken, and close the span of the batch."""


class Emitted:
    """Ids of records that another reader of the same stream may meet again."""

    def __init__(self) -> None:
        self._ids: set[str] = set()

    def add(self, rows: Sequence[Resource]) -> None:
        """Remember records that were put out."""
        if len(self._ids) < MOST_REMEMBERED:
            self._ids.update(identity for row in rows if (identity := identity_of(row)) is not None)

    def new(self, rows: Sequence[Resource]) -> list[Resource]:
        """Return the records that were not put out by another reader."""
        return [row for row in rows if self.is_new(row)]

    def is_new(self, row: Resource) -> bool:
        """Return whether a record was not put out by another reader."""
        return identity_of(row) not in self._ids


class RowOutlet:
    """Emits rows, then closes the span that they complete."""

    def __init__(self, sync: StreamSync) -> None:
        self._sync = sync

    def announce(self, records: int, page_size: int) -> None:
        """Expect rows."""
        self._sync.sync.progress.expect(self._sync.name, records, page_size=page_size)

    def take(self, rows: Sequence[Resource]) -> int:
        """Put rows into the channel.

        Returns:
            How many rows there were.

        Raises:
            StreamEnded: when the stream has failed meanwhile.
        """
        self._sync.answered()
        return self._sync.put_rows(rows)

    def complete(self, batch: SpanBatch) -> None:
        """Close the span behind the rows."""
        if batch.span is not None:
            start, end = batch.span
            self._sync.cursor.close(start, end, rows=batch.taken or 0, final=batch.is_last)

"""The one ordered channel from the readers to stdout: rows in batches, everything else between."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from queue import Queue
from typing import Final, cast

from airbyte_cdk.sources.streams.concurrent.partitions.types import QueueItem
from airbyte_cdk.sources.types import Record

ROWS_PER_BATCH: Final = 100
BATCHES_WAITING: Final = 6
"""Rows that wait for stdout are what fills the memory, so few do."""


class _Batch(list[Record]):
    """Rows that travel together."""


class Channel(Queue[QueueItem]):
    """A queue whose rows are put in by the batch and taken out one by one.

    A row of its own for every lock and every change of threads is what the framework's queue
    costs most. The order is kept: what a thread puts in first comes out first.
    """

    def __init__(self) -> None:
        super().__init__(maxsize=BATCHES_WAITING)
        self._ready: deque[QueueItem] = deque()

    def put_rows(self, rows: Iterable[Record]) -> int:
        """Put rows in, waiting for room; returns how many there were."""
        remaining: Iterator[Record] = iter(rows)
        count = 0
        while batch := _Batch(islice(remaining, ROWS_PER_BATCH)):
            count += len(batch)
            self.put(cast("QueueItem", batch))
        return count

    def get(self, block: bool = True, timeout: float | None = None) -> QueueItem:
        """Take the next item out; only one thread, the one that writes, may do so."""
        if not self._ready:
            item = super().get(block, timeout)
            if not isinstance(item, _Batch):
                return item
            self._ready.extend(item)
        return self._ready.popleft()

    def empty(self) -> bool:
        """Tell whether nothing waits."""
        return not self._ready and super().empty()

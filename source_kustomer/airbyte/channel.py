"""The one ordered channel from the readers to stdout: rows in batches, everything else between."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from queue import Queue
from typing import Final, cast

from airbyte_cdk.models import AirbyteLogMessage, AirbyteMessage, Level, Type
from airbyte_cdk.sources.message import MessageRepository
from airbyte_cdk.sources.message.repository import LogMessage
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


class ChannelRepository(MessageRepository):
    """Where the framework and the cursors leave messages: for workers, that is the channel.

    The thread that empties the channel, and makes this, cannot wait for room in it. What it emits
    itself, the last state of a stream whose rows have all come out, is due at once.

    The framework's own repository passes all messages on through a second queue that all threads
    share. There the main thread can pick up a worker's state, find the channel full, and write
    that state before the rows that it covers; and two states of a stream can change places.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._consumer = threading.get_ident()
        self._due: deque[AirbyteMessage] = deque()

    def emit_message(self, message: AirbyteMessage) -> None:
        """Put a message into the channel, waiting for room."""
        if threading.get_ident() == self._consumer:
            self._due.append(message)
        else:
            self._channel.put(message)

    def log_message(self, level: Level, message_provider: Callable[[], LogMessage]) -> None:
        """Put a log message into the channel, unless it is for debugging only."""
        if level not in {Level.DEBUG, Level.TRACE}:
            log = AirbyteLogMessage(level=level, message=json.dumps(message_provider()))
            self.emit_message(AirbyteMessage(type=Type.LOG, log=log))

    def consume_queue(self) -> Iterable[AirbyteMessage]:
        """Yield what the consuming thread has emitted itself."""
        while self._due:
            yield self._due.popleft()

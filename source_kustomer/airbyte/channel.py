"""The one ordered channel from the readers to stdout."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from airbyte_cdk.models import AirbyteMessage, AirbyteStreamStatus

from source_kustomer.airbyte import messages
from source_kustomer.airbyte.trace_errors import traced
from source_kustomer.errors import KustomerError, Stopped

ROWS_PER_BATCH: Final = 100
CHARACTERS_PER_BATCH: Final = 1024 * 1024
ROWS_WAITING: Final = 600
"""Rows that wait for stdout fill the memory, so few do."""
CHARACTERS_WAITING: Final = 16 * 1024 * 1024
"""Large bodies count by their text: so much of it waits, or one batch that is larger."""


class Channel:
    """Rows in batches, and the messages between them, in the order in which they are put in.

    It implements the engine's `Output`. Putting something in waits for room; messages other than
    rows always find room, so that a state follows its rows at once.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._changed = threading.Condition()
        self._items: deque[_Rows | AirbyteMessage] = deque()
        self._rows = 0
        self._characters = 0
        self._is_closed = False
        self._is_abandoned = False
        self._running: set[str] = set()

    # The readers' side.

    def put_rows(self, stream: str, rows: Iterable[Mapping[str, Any]]) -> int:
        """Put rows in, waiting for room.

        Returns:
            How many rows there were.

        Raises:
            Stopped: when nobody takes them out any more.
        """
        batch = _Rows(stream)
        count = 0
        for row in rows:
            count += 1
            batch.add(row)
            if len(batch.rows) == ROWS_PER_BATCH or batch.characters >= CHARACTERS_PER_BATCH:
                self._put_batch(batch)
                batch = _Rows(stream)
        if batch.rows:
            self._put_batch(batch)
        return count

    def put_state(self, stream: str, state: Mapping[str, Any]) -> None:
        """Put in a checkpoint, behind the rows that it covers."""
        self._put(messages.state(stream, state))

    def put_estimate(self, stream: str, rows: int) -> None:
        """Announce how many rows a stream will have in all."""
        self._put(messages.estimate(stream, rows))

    def put_started(self, stream: str) -> None:
        """Announce that a stream is being read."""
        self._put(messages.status(stream, AirbyteStreamStatus.STARTED))

    def put_complete(self, stream: str) -> None:
        """Announce that a stream was read to its end, or skipped."""
        self._put(messages.status(stream, AirbyteStreamStatus.COMPLETE))

    def put_failed(self, stream: str, error: KustomerError) -> None:
        """Announce that a stream failed, and why."""
        self._put(
            traced(error, stream).as_airbyte_message(),
            messages.status(stream, AirbyteStreamStatus.INCOMPLETE),
        )

    def close(self) -> None:
        """Let the taker end when everything is taken out."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    # The taker's side.

    def take(self) -> Iterator[AirbyteMessage]:
        """Yield messages in their order, until the channel is closed and empty.

        A stream is announced as running with its first row, or before its end.
        """
        try:
            while (item := self._next()) is not None:
                if isinstance(item, _Rows):
                    yield from self._run(item.stream)
                    emitted_at = int(time.time() * 1_000)
                    for row in item.rows:
                        yield messages.record(item.stream, row, emitted_at)
                    continue
                trace = item.trace.stream_status if item.trace is not None else None
                if trace is not None and trace.status is not AirbyteStreamStatus.STARTED:
                    yield from self._run(trace.stream_descriptor.name)
                yield item
        finally:
            with self._changed:
                self._is_abandoned = True
                self._changed.notify_all()

    def _run(self, stream: str) -> Iterator[AirbyteMessage]:
        if stream not in self._running:
            self._running.add(stream)
            yield messages.status(stream, AirbyteStreamStatus.RUNNING)

    def _next(self) -> _Rows | AirbyteMessage | None:
        with self._changed:
            while not self._items:
                if self._is_closed:
                    return None
                self._changed.wait()
            item = self._items.popleft()
            if isinstance(item, _Rows):
                self._rows -= len(item.rows)
                self._characters -= item.characters
                self._changed.notify_all()
            return item

    def _put_batch(self, batch: _Rows) -> None:
        with self._changed:
            while self._rows and not self._has_room(batch):
                if self._is_abandoned:
                    raise Stopped
                self._changed.wait()
            if self._is_abandoned:
                raise Stopped
            self._rows += len(batch.rows)
            self._characters += batch.characters
            self._items.append(batch)
            self._changed.notify_all()

    def _has_room(self, batch: _Rows) -> bool:
        return (
            self._rows + len(batch.rows) <= ROWS_WAITING
            and self._characters + batch.characters <= CHARACTERS_WAITING
        )

    def _put(self, *items: AirbyteMessage) -> None:
        with self._changed:
            self._items.extend(items)
            self._changed.notify_all()


class _Rows:
    """Rows of one stream that travel together."""

    __slots__ = ("characters", "rows", "stream")

    def __init__(self, stream: str) -> None:
        self.stream = stream
        self.rows: list[Mapping[str, Any]] = []
        self.characters = 0

    def add(self, row: Mapping[str, Any]) -> None:
        self.rows.append(row)
        for value in row.values():
            if type(value) is str:
                self.characters += len(value)

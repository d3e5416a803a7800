"""Runs the streams of one sync on a pool of threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final

from source_kustomer.engine.stream import Stream
from source_kustomer.engine.stream_sync import Status, StreamSync, Task

SECONDS_BETWEEN_HEARTBEATS: Final = 5.0


class Threads:
    """The threads of a sync."""

    def __init__(self, size: int) -> None:
        """Start no thread yet.

        Args:
            size: the largest number of threads.
        """
        self._pool = ThreadPoolExecutor(size, thread_name_prefix="reader")

    def submit(self, task: Task) -> None:
        """Run a task as soon as a thread is free; after `stop`, never."""
        try:
            self._pool.submit(task)
        except RuntimeError:
            return  # the pool is shut down

    def stop(self) -> None:
        """Begin no further task."""
        self._pool.shutdown(wait=False, cancel_futures=True)


@dataclass(frozen=True)
class Selected:
    """A stream that is read in this sync."""

    stream: Stream
    sync: StreamSync


class Run:
    """The streams of one sync, from their start to their end."""

    def __init__(
        self, selected: Sequence[Selected], threads: Threads, on_end: Callable[[], None]
    ) -> None:
        """Prepare.

        Args:
            selected: the streams.
            threads: read them.
            on_end: called once, when all streams have ended.
        """
        self._selected = selected
        self._threads = threads
        self._on_end = on_end
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._left = len(selected)

    def start(self) -> None:
        """Start all streams, and a thread that emits states while streams are slow."""
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()
        for one in self._selected:
            one.sync.start(partial(one.stream.read, one.sync), self._end_one)

    def stop(self) -> None:
        """Begin nothing further."""
        self._ended.set()
        self._threads.stop()

    def checkpoint(self) -> None:
        """Emit the state of every stream that is being read."""
        for one in self._selected:
            if one.sync.status is Status.RUNNING:
                one.sync.cursor.checkpoint()

    def _end_one(self) -> None:
        with self._lock:
            self._left -= 1
            if self._left:
                return
        self.stop()
        self._on_end()

    def _beat(self) -> None:
        while not self._ended.wait(SECONDS_BETWEEN_HEARTBEATS):
            for one in self._selected:
                if one.sync.status is Status.RUNNING:
                    one.sync.cursor.heartbeat()

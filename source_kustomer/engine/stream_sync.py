"""One stream in one sync: a small state machine, and what an error means for the stream.

PENDING --start--> RUNNING --all tasks ended--> COMPLETE
                      |--refused before the first answer--> SKIPPED, or FAILED
                      `--any other error------------------> FAILED
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import Any

from source_kustomer.engine.deletion_log import DeletionLog
from source_kustomer.engine.output import Output
from source_kustomer.engine.progress import Progress
from source_kustomer.engine.reader_pool import ReaderPool
from source_kustomer.engine.receipts import Receipt
from source_kustomer.engine.search_schema import SearchSchema
from source_kustomer.errors import (
    ConfigError,
    KustomerError,
    NotFound,
    NotPermitted,
    UnforeseenError,
)
from source_kustomer.kustomer.client import Client
from source_kustomer.logger import LOGGER
from source_kustomer.rows.mapper import RowMapper
from source_kustomer.sync.cursor import Cursor
from source_kustomer.timestamps import format_timestamp

Task = Callable[[], None]
"""Something of a stream that one thread reads from beginning to end."""

Prepare = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Changes a resource, for example to leave out a secret."""


class Status(Enum):
    """Where a stream stands in a sync."""

    PENDING = "pending"
    RUNNING = "running"
    SKIPPED = "skipped"
    """The key or the organization lacks the object; nothing was read."""
    FAILED = "failed"
    COMPLETE = "complete"

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens to the stream."""
        return self in {Status.SKIPPED, Status.FAILED, Status.COMPLETE}


@dataclass(frozen=True)
class Sync:
    """What all streams of one sync share."""

    client: Client
    output: Output
    pool: ReaderPool
    """The readers that search."""
    list_pool: ReaderPool
    """The readers of the lists that are read next to the search."""
    progress: Progress
    submit: Callable[[Task], object]
    """Hands a task to the threads of the sync."""
    start: int
    """Where first syncs begin, a timestamp."""
    end: int
    """The fixed end of the sync, a timestamp: what is dated before it will have been read."""
    settled: int
    """Until when the search index is expected to be complete, a timestamp: the end less the
    lookback. What is dated later is read again by the next sync."""
    begun: int
    """When the sync began by the clock that is ahead, a timestamp. What is dated later has changed
    since, and belongs to the next sync."""
    now: Callable[[], int]
    """The present by the clock that is ahead, a timestamp."""
    include_deleted: bool
    schema: SearchSchema = field(default_factory=SearchSchema)
    """What the search filters and sorts by, as the API describes it."""
    deletions: DeletionLog = field(default_factory=DeletionLog)
    """The deletions that the audit log reports."""

    def is_first_second(self) -> bool:
        """Return whether records may still change with a timestamp from before the sync began."""
        return self.now() <= self.begun


class StreamEnded(Exception):
    """The stream has failed or was skipped, so its other tasks end as well."""


class StreamSync:
    """One stream in one sync.

    It owns the stream's status. Tasks report to it; nothing else decides what an error means.
    """

    def __init__(
        self,
        name: str,
        sync: Sync,
        cursor: Cursor,
        mapper: RowMapper,
        *,
        prepare: Prepare | None = None,
        replaces_table: bool = False,
    ) -> None:
        """Prepare to read a stream.

        Args:
            name: its name.
            sync: what it shares with the other streams.
            cursor: how far it is read.
            mapper: turns its resources into rows.
            prepare: changes a resource before it becomes a row.
            replaces_table: whether the destination replaces the table by what this sync reads, so
                that nothing read must not pass for an empty object.
        """
        self.name = name
        self.sync = sync
        self.cursor = cursor
        self.mapper = mapper
        self.receipt = Receipt()
        self.failure: KustomerError | None = None
        self._prepare = prepare
        self._replaces_table = replaces_table
        self._on_end: Callable[[], None] = lambda: None
        self._lock = threading.Lock()
        self._status = Status.PENDING
        self._open_tasks = 0
        self._is_answered = False

    @property
    def client(self) -> Client:
        """The one way to the API."""
        return self.sync.client

    @property
    def status(self) -> Status:
        """Where the stream stands."""
        return self._status

    @property
    def is_answered(self) -> bool:
        """Whether the API has answered for this stream; from then on a refusal is a failure."""
        return self._is_answered

    def start(self, task: Task, on_end: Callable[[], None]) -> None:
        """Begin to read: announce the stream, and open its first task.

        A stream whose state lies in the future keeps it and gives no rows, as Airbyte's acceptance
        tests require. One that an earlier attempt of the same job has completed is not read again.

        Args:
            task: reads the stream, or opens further tasks that do.
            on_end: called once, when the stream has ended.
        """
        with self._lock:
            self._status = Status.RUNNING
            self._on_end = on_end
        self.sync.output.put_started(self.name)
        if self.cursor.is_in_future:
            LOGGER.warning(
                "Stream %s: its state lies in the future (%s), so there is nothing to read yet. "
                "Reset the stream if that is not intended.",
                self.name,
                next(iter(self.cursor.state().values()), ""),
            )
        elif self.cursor.is_done:
            LOGGER.info("Stream %s: an earlier attempt of this job has completed it.", self.name)
        is_read = not (self.cursor.is_in_future or self.cursor.is_done)
        self.open(task if is_read else _read_nothing)

    def open(self, *tasks: Task) -> None:
        """Add tasks; the stream is complete when all of them have ended."""
        with self._lock:
            self._open_tasks += len(tasks)
        for task in tasks:
            self.sync.submit(partial(self._run, task))

    def answered(self) -> None:
        """Note that the API has answered for this stream.

        Raises:
            StreamEnded: when the stream has failed or was skipped meanwhile.
        """
        self._is_answered = True
        self.raise_if_ended()

    def raise_if_ended(self) -> None:
        """Raise StreamEnded when the stream has failed or was skipped."""
        if self._status.is_final:
            raise StreamEnded

    def put_rows(
        self, resources: Iterable[Mapping[str, Any]], extra: Mapping[str, Any] | None = None
    ) -> int:
        """Map resources to rows and put them into the channel.

        Args:
            resources: JSON:API resources.
            extra: columns that every row gets as well, if they are selected.

        Returns:
            How many rows there were.
        """
        if self._prepare is not None:
            resources = map(self._prepare, resources)
        rows: Iterable[dict[str, Any]] = map(self.mapper.flatten, resources)
        if extra is not None:
            selected = self._selected(extra)
            rows = ({**row, **selected} for row in rows)
        return self._put(rows)

    def put_children(self, children: Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> int:
        """Map resources of several parents to rows, and put them into the channel together.

        Args:
            children: JSON:API resources, each with columns that its row gets as well, if they are
                selected.

        Returns:
            How many rows there were.
        """
        prepare = self._prepare or (lambda resource: resource)
        flatten = self.mapper.flatten
        return self._put(
            {**flatten(prepare(resource)), **self._selected(extra)} for resource, extra in children
        )

    def _selected(self, columns: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in columns.items() if self.mapper.has(name)}

    def _put(self, rows: Iterable[dict[str, Any]]) -> int:
        if self.mapper.has_cdc_deleted_at:
            at = format_timestamp(self.sync.end)
            rows = (self.mapper.with_cdc_deleted_at(row, at) for row in rows)
        count = self.sync.output.put_rows(self.name, rows)
        self.sync.progress.count(self.name, count)
        return count

    def fail(self, error: KustomerError) -> None:
        """Decide what an error means: the stream is skipped, fails, or has ended already.

        An object that the key or the organization lacks is skipped when that is the API's first
        answer. A stream that replaces its table fails instead: an empty table would look like an
        empty object. Any later or other error fails the stream, once.
        """
        is_refused = isinstance(error, NotPermitted | NotFound) and not self._is_answered
        is_skipped = is_refused and not self._replaces_table
        with self._lock:
            if self._status.is_final:
                return
            self._status = Status.SKIPPED if is_skipped else Status.FAILED
            if not is_skipped:
                self.failure = error
        self.sync.progress.end(self.name)
        if is_skipped:
            LOGGER.warning("Stream %s is skipped: %s", self.name, error.message)
        elif is_refused:
            self.failure = ConfigError(
                f"{error.message} The destination would replace the table by an empty one, so the "
                "stream fails. Give the key a role, or deselect the stream."
            )

    def _run(self, task: Task) -> None:
        try:
            if not self._status.is_final:
                task()
        except StreamEnded:
            pass
        except KustomerError as error:
            self.fail(error)
        except Exception as error:
            LOGGER.debug("Stream %s failed", self.name, exc_info=True)
            self.fail(UnforeseenError(error))
        finally:
            self._end_task()

    def _end_task(self) -> None:
        with self._lock:
            self._open_tasks -= 1
            if self._open_tasks:
                return
            if not self._status.is_final:
                self._status = Status.COMPLETE
        output = self.sync.output
        if self.mapper.replaced_characters:
            LOGGER.warning(
                "Stream %s: %s characters that databases cannot store, such as U+0000, were "
                "replaced by U+FFFD.",
                self.name,
                f"{self.mapper.replaced_characters:,}",
            )
        if self._status is Status.COMPLETE:
            self.receipt.log(self.name)
            self.cursor.finish()
            self.sync.progress.end(self.name)
            output.put_complete(self.name)
        elif self._status is Status.SKIPPED:
            output.put_complete(self.name)
        else:
            self.cursor.checkpoint()
            assert self.failure is not None
            output.put_failed(self.name, self.failure)
        self._on_end()


def _read_nothing() -> None:
    """Read nothing: the stream is up to date."""

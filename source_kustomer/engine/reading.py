"""What a stream is given for the time of one sync, and the partitions it hands to the framework."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition
from airbyte_cdk.sources.streams.concurrent.partitions.partition_generator import (
    PartitionGenerator,
)
from airbyte_cdk.sources.types import Record

if TYPE_CHECKING:
    from source_kustomer.engine.parent_feed import ParentFeed

from source_kustomer.airbyte.channel import Channel
from source_kustomer.airbyte.cursors import CoverageCursor, RefreshCursor
from source_kustomer.airbyte.trace_errors import traced
from source_kustomer.engine.progress import Progress
from source_kustomer.engine.reader_pool import ReaderPool
from source_kustomer.engine.stream import Stream
from source_kustomer.errors import KustomerError, NotFound, NotPermitted
from source_kustomer.kustomer.client import Client
from source_kustomer.logger import LOGGER
from source_kustomer.rows.mapper import RowMapper


@dataclass(frozen=True)
class Sync:
    """What all streams of one sync share."""

    client: Client
    pool: ReaderPool
    progress: Progress
    start: int
    """Where first syncs begin, an instant."""
    end: int
    """The fixed end of the sync, an instant: what is dated before it will have been read."""
    begun: int
    """When the sync began, an instant by whichever clock is later: what is dated after it has
    changed since."""
    now: Callable[[], int]
    """The present, an instant by whichever clock is later."""
    include_deleted: bool
    channel: Channel
    """Takes rows, and further partitions for the framework, in order."""


@dataclass
class Reading:
    """One stream in one sync: its cursor, the mapper of its rows, and what became of it."""

    stream: Stream
    sync: Sync
    cursor: CoverageCursor | RefreshCursor
    mapper: RowMapper
    host: str | None = None
    """The selected stream that this one is read for, when it is not selected itself."""
    feed: ParentFeed | None = None
    """Its children, or its parent's, when any are selected."""
    begun: bool = False
    """Whether the API has answered for this stream at all: from then on a refusal is a failure."""
    over: bool = False
    """Whether the stream has failed or been skipped: its other partitions then stop."""
    failure: KustomerError | None = None
    """Why the stream failed, if it did."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def client(self) -> Client:
        """The one way to the API."""
        return self.sync.client

    @property
    def coverage(self) -> CoverageCursor:
        """The cursor of an incremental stream."""
        assert isinstance(self.cursor, CoverageCursor)
        return self.cursor

    def is_ahead(self) -> bool:
        """Tell whether the stream's state lies in the future, and if so, warn that it does.

        Such a stream gives no rows and keeps its place, as Airbyte's acceptance tests ask.
        """
        cursor = self.cursor
        if not isinstance(cursor, CoverageCursor) or not cursor.is_in_future:
            return False
        LOGGER.warning(
            "Stream %s: its state lies in the future (%s), so there is nothing to read yet. "
            "Reset the stream if that is not meant.",
            self.stream.name,
            cursor.state.get(self.stream.cursor_field or ""),
        )
        return True

    def put_rows(
        self, resources: Iterable[Mapping[str, Any]], also: Mapping[str, Any] | None = None
    ) -> int:
        """Flatten resources and put the rows into the channel.

        Args:
            resources: JSON:API resources.
            also: columns that every row gets besides, those of them that are selected.

        Returns:
            How many rows there were.
        """
        flatten, name = self.mapper.flatten, self.stream.name
        rows = (flatten(resource) for resource in resources)
        if also is not None:
            also = {column: value for column, value in also.items() if self.mapper.has(column)}
            rows = ({**row, **also} for row in rows)
        return self.sync.channel.put_rows(Record(row, name) for row in rows)

    def end_with(self, error: KustomerError) -> None:
        """Decide what an error means for the stream: skipped, failed, or already told.

        An object that the key or the organization lacks is skipped when that is the API's first
        word on it. Later, or for any other reason, the stream fails; once, however many of its
        partitions meet the error.

        Raises:
            AirbyteTracedException: when the stream fails.
        """
        with self._lock:
            was_over, self.over = self.over, True
        if was_over:
            return
        self.sync.progress.give_up(self.stream.name)
        if isinstance(error, NotPermitted | NotFound) and not self.begun:
            LOGGER.warning("Stream %s is skipped: %s", self.stream.name, self.stream.explain(error))
            return
        self.failure = error
        raise traced(error, self.stream.name, self.stream.explain(error))


class StreamPartition(Partition):
    """Something of a stream that one worker reads from beginning to end."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def read(self) -> Iterable[Record]:
        """Put rows into the channel; close windows and tell checkpoints in between.

        Nothing is left for the framework to put in: it would do so row by row.
        """
        if not self._reading.over:
            try:
                self.pass_on()
            except KustomerError as error:
                self.failed(error)
        return ()

    def failed(self, error: KustomerError) -> None:
        """Take an error that ended the reading."""
        self._reading.end_with(error)

    def pass_on(self) -> None:
        """Read everything and put it into the channel.

        Raises:
            KustomerError: when it cannot be had.
        """
        raise NotImplementedError

    def to_slice(self) -> Mapping[str, Any] | None:
        """Say nothing to the framework about windows."""
        return None

    def stream_name(self) -> str:
        """The name of the selected stream that it is read for."""
        return self._reading.host or self._reading.stream.name

    def __hash__(self) -> int:
        """Partitions are told apart by identity."""
        return id(self)


class ReadingGenerator(PartitionGenerator):
    """Gives the framework the first partitions of a stream."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def generate(self) -> Iterable[Partition]:
        """Yield the partitions that the stream plans."""
        try:
            yield from self._reading.stream.partitions(self._reading)
        except KustomerError as error:
            self._reading.end_with(error)

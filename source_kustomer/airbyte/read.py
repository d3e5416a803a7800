"""One read: configured streams in, rows and checkpoints out, through one ordered channel."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from airbyte_cdk.models import (
    AirbyteMessage,
    AirbyteStream,
    AirbyteStreamStatus,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteStream,
    FailureType,
    SyncMode,
)
from airbyte_cdk.sources.concurrent_source.concurrent_source import ConcurrentSource
from airbyte_cdk.sources.streams.concurrent.cursor import CursorField
from airbyte_cdk.sources.streams.concurrent.default_stream import DefaultStream
from airbyte_cdk.sources.utils.slice_logger import DebugSliceLogger
from airbyte_cdk.utils.stream_status_utils import as_airbyte_message
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_kustomer.airbyte.channel import Channel, ChannelRepository
from source_kustomer.airbyte.cursors import CoverageCursor, RefreshCursor
from source_kustomer.airbyte.trace_errors import TracedError
from source_kustomer.config import Config
from source_kustomer.engine.child import READERS_PER_CHILD, ChildStream
from source_kustomer.engine.parent_feed import Child, ParentFeed
from source_kustomer.engine.progress import Progress
from source_kustomer.engine.reader_pool import ReaderPool
from source_kustomer.engine.reading import Reading, ReadingGenerator, Sync
from source_kustomer.engine.search import SearchStream
from source_kustomer.engine.stream import Stream
from source_kustomer.errors import InvalidCatalog, InvalidState
from source_kustomer.kustomer.client import Client
from source_kustomer.logger import LOGGER
from source_kustomer.organization import klass_streams
from source_kustomer.rows.custom import CustomAttributes
from source_kustomer.rows.mapper import RowMapper
from source_kustomer.rows.names import STREAM_PREFIX
from source_kustomer.streams import STREAMS
from source_kustomer.sync.clocks import Clocks
from source_kustomer.sync.state import BEGINNING, StreamState, parse_state

READERS: Final = 32
"""Requests in flight at the most: what 2,000 requests a minute need at a latency of a second."""
WORST_FIRST: Final = ("config_error", "system_error", "transient_error")
SECONDS_PER_MINUTE: Final = 60.0
SECONDS_WORTH_A_WARNING: Final = 60.0


@dataclass(frozen=True)
class _Selected:
    """A configured stream, found in the registry, with what is known of its past."""

    stream: Stream
    configured: ConfiguredAirbyteStream
    state: StreamState

    @property
    def schema(self) -> Mapping[str, Any]:
        return dict(self.configured.stream.json_schema)


class Read:
    """The streams of one sync, ready to be read."""

    def __init__(
        self, client: Client, config: Config, selected: Sequence[_Selected], clocks: Clocks
    ) -> None:
        self._client = client
        self._config = config
        self._selected = selected
        self._readings: Sequence[Reading] = ()
        self._start = config.start(clocks.earlier)
        self._end = clocks.earlier
        self._readers = config.num_workers or READERS
        self._queue = Channel()
        self._repository = ChannelRepository(self._queue)
        self._sync = Sync(
            client=client,
            pool=ReaderPool(self._readers, pace=client.search_pace, latency=client.latency),
            progress=Progress(
                self._repository.emit_message,
                seconds=time.monotonic,
                unix_seconds=time.time,
                searches_per_minute=lambda: client.search_pace() * SECONDS_PER_MINUTE,
                requests_per_minute=lambda: client.list_pace() * SECONDS_PER_MINUTE,
            ),
            start=self._start,
            end=clocks.earlier,
            begun=clocks.later,
            now=clocks.present,
            include_deleted=config.include_deleted,
            channel=self._queue,
        )

    @staticmethod
    def prepare(
        client: Client,
        config: Config,
        catalog: ConfiguredAirbyteCatalog,
        states: Mapping[str, Mapping[str, Any]],
    ) -> Read:
        """Find the configured streams and their states.

        Raises:
            InvalidCatalog: when a configured stream does not exist.
            InvalidState: when a state cannot be understood or belongs to no stream.
            InvalidConfig: when nothing could be read with this configuration.
        """
        names = [configured.stream.name for configured in catalog.streams]
        known: dict[str, Stream] = {declared.name: declared() for declared in STREAMS}
        for name in states:
            if name not in known and not name.startswith(STREAM_PREFIX):
                raise InvalidState(name, "there is no such stream")
        known.update(klass_streams(client, (name for name in names if name not in known)))
        selected = []
        for configured in catalog.streams:
            name = configured.stream.name
            if name not in known:
                raise InvalidCatalog(
                    f'The catalog names a stream "{name}", which does not exist. '
                    "Refresh the source schema, or remove the stream from the connection."
                )
            stream = known[name]
            blob = states.get(name, {})
            state = parse_state(name, stream.cursor_field or "updated_at", blob)
            selected.append(_Selected(stream, configured, state))
        return Read(client, config, selected, _ask_the_time(client))

    def messages(self) -> Iterator[AirbyteMessage]:
        """Yield everything that goes to stdout, in order.

        Raises:
            AirbyteTracedException: when a stream failed, after all others have ended.
        """
        if not self._selected:
            return
        self._readings = readings = [self._reading(selected) for selected in self._selected]
        self._join_families(readings)
        threads = self._readers + sum(_readers_of(reading) for reading in readings)
        source = ConcurrentSource.create(
            num_workers=threads,
            initial_number_of_partitions_to_generate=min(threads - 1, len(readings)),
            logger=LOGGER,
            slice_logger=DebugSliceLogger(),
            message_repository=self._repository,
            queue=self._queue,
        )
        try:
            yield from _all_running(
                source.read([self._default_stream(reading) for reading in readings])
            )
        except AirbyteTracedException:
            failed = [reading for reading in readings if reading.failure is not None]
            if not failed:
                raise
            raise _summary(failed, len(readings)) from None
        finally:
            LOGGER.info(self._client.meter.summary())

    def checkpoint(self) -> None:
        """Tell what has been read so far, from another thread; for when the process is to end."""
        for reading in self._readings:
            if isinstance(reading.cursor, CoverageCursor):
                reading.cursor.ensure_at_least_one_state_emitted()

    def _reading(self, selected: _Selected) -> Reading:
        stream, emit = selected.stream, self._repository.emit_message
        cursor: CoverageCursor | RefreshCursor = RefreshCursor(stream.name, emit)
        if stream.cursor_field is not None:
            cursor = CoverageCursor(
                stream.name,
                stream.cursor_field,
                found=selected.state,
                start=BEGINNING if stream.whole_at_first else self._start,
                end=self._end,
                lookback=self._config.lookback,
                emit=emit,
                refresh=selected.configured.sync_mode is SyncMode.full_refresh,
            )
        mapper = RowMapper(
            stream.row,
            custom=CustomAttributes.from_schema(selected.schema),
            columns=frozenset(selected.schema.get("properties") or ()) or None,
            always=frozenset([stream.cursor_field] if stream.cursor_field else ()),
            reserved=frozenset(stream.schema(None)["properties"]),
        )
        return Reading(stream, self._sync, cursor, mapper)

    def _join_families(self, readings: Sequence[Reading]) -> None:
        """Let child streams of one parent, and the parent, share one reading of the parent."""
        by_name = {reading.stream.name: reading for reading in readings}
        families: dict[type[SearchStream], dict[str, Child]] = {}
        for name, reading in by_name.items():
            stream = reading.stream
            if isinstance(stream, ChildStream) and stream.joins(reading):
                child = Child(reading, stream.related, stream.is_asked_per_parent)
                families.setdefault(stream.parent, {})[name] = child
        for parent_class, children in families.items():
            parent = by_name.get(parent_class.name)
            is_selected = parent is not None
            if parent is None:
                parent = Reading(
                    parent_class(),
                    self._sync,
                    RefreshCursor(parent_class.name, self._repository.emit_message),
                    RowMapper(parent_class.row),
                    host=next(iter(children)),
                )
            parent.feed = ParentFeed(parent, children, is_selected=is_selected)
            for child in children.values():
                child.reading.feed = parent.feed

    def _default_stream(self, reading: Reading) -> DefaultStream:
        stream = reading.stream
        return DefaultStream(
            partition_generator=ReadingGenerator(reading),
            name=stream.name,
            json_schema={},
            primary_key=["id"],
            cursor_field=CursorField(stream.cursor_field) if stream.cursor_field else None,
            logger=LOGGER,
            cursor=reading.cursor,
        )


def _ask_the_time(client: Client) -> Clocks:
    """Compare this machine's clock with Kustomer's, before anything is read."""
    clocks = Clocks(time.time(), client.time_of_day())
    if abs(clocks.difference) > SECONDS_WORTH_A_WARNING:
        LOGGER.warning(
            "This machine's clock is about %s seconds %s Kustomer's. The sync takes both into "
            "account; please set the clock.",
            f"{abs(clocks.difference):,.0f}",
            "ahead of" if clocks.difference > 0 else "behind",
        )
    return clocks


def _all_running(messages: Iterator[AirbyteMessage]) -> Iterator[AirbyteMessage]:
    """Let streams without a row run as well before they are complete.

    The framework tells RUNNING with a stream's first row; Airbyte's acceptance tests want it told
    of every stream.
    """
    running: set[str] = set()
    for message in messages:
        told = message.trace.stream_status if message.trace is not None else None
        if told is not None:
            descriptor = told.stream_descriptor
            if told.status is AirbyteStreamStatus.RUNNING:
                running.add(descriptor.name)
            elif told.status is AirbyteStreamStatus.COMPLETE and descriptor.name not in running:
                stream = AirbyteStream(
                    name=descriptor.name,
                    json_schema={},
                    supported_sync_modes=[SyncMode.full_refresh],
                )
                yield as_airbyte_message(stream, AirbyteStreamStatus.RUNNING)
        yield message


def _readers_of(reading: Reading) -> int:
    """Return how many threads a stream keeps from the others while it is read."""
    return READERS_PER_CHILD + 1 if isinstance(reading.stream, ChildStream) else 1


def _summary(failed: Sequence[Reading], streams: int) -> TracedError:
    """Say in one message which streams failed; each has told its own reason before."""
    names = ", ".join(reading.stream.name for reading in failed)
    reasons = " ".join(dict.fromkeys(f"{reading.failure}" for reading in failed))
    kinds = {reading.failure.failure_type for reading in failed if reading.failure is not None}
    worst = next(kind for kind in WORST_FIRST if kind in kinds)
    return TracedError(
        message=f"{len(failed)} of {streams} streams did not sync ({names}). {reasons}",
        internal_message=reasons,
        failure_type=FailureType[worst],
    )

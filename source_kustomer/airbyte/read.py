"""One read: configured streams in, rows and checkpoints out, through one ordered channel."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from airbyte_cdk.models import (
    AirbyteMessage,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteStream,
    DestinationSyncMode,
    FailureType,
    SyncMode,
)

from source_kustomer.airbyte.channel import Channel
from source_kustomer.airbyte.trace_errors import TracedError
from source_kustomer.config import Config
from source_kustomer.engine.children import ChildStream
from source_kustomer.engine.index_check import stale_since
from source_kustomer.engine.progress import Progress
from source_kustomer.engine.reader_pool import ReaderPool
from source_kustomer.engine.run import Run, Selected, Threads
from source_kustomer.engine.search import SearchStream
from source_kustomer.engine.stream import Stream
from source_kustomer.engine.stream_sync import Status, StreamSync, Sync
from source_kustomer.errors import InvalidCatalog
from source_kustomer.kustomer.client import Client
from source_kustomer.logger import LOGGER
from source_kustomer.organization import klass_streams, row_options
from source_kustomer.rows.custom import CustomAttributes
from source_kustomer.rows.mapper import RowMapper
from source_kustomer.rows.names import STREAM_PREFIX
from source_kustomer.streams import STREAMS
from source_kustomer.sync.clocks import Clocks
from source_kustomer.sync.cursor import CoverageCursor, Cursor, RefreshCursor
from source_kustomer.sync.state import BEGINNING, StreamState, parse_state
from source_kustomer.timestamps import format_timestamp

READERS: Final = 32
"""Requests in flight at most: what 2,000 requests a minute need at a latency of a second."""
LIST_READERS: Final = 0.75
"""The part of the readers that may read lists next to the search."""
WORST_FIRST: Final = ("config_error", "system_error", "transient_error")
SECONDS_PER_MINUTE: Final = 60.0
SECONDS_WORTH_A_WARNING: Final = 60.0

Found = StreamState | Mapping[str, Any]
"""What earlier syncs left of a stream: its parsed state, or the state of one without a cursor."""


class Read:
    """The streams of one sync, ready to be read."""

    def __init__(
        self,
        client: Client,
        config: Config,
        configured: Sequence[tuple[Stream, ConfiguredAirbyteStream]],
        found: Mapping[str, Found],
        clocks: Clocks,
    ) -> None:
        """Prepare to read.

        Args:
            client: the API.
            config: the configuration.
            configured: the streams, with their entries in the configured catalog.
            found: what earlier syncs left, by stream.
            clocks: the time at which the sync began.

        Raises:
            InvalidConfig: when nothing could be read with this configuration.
        """
        self._client = client
        self._config = config
        self._channel = Channel()
        readers = config.num_workers or READERS
        self._threads = Threads(readers + len(configured))
        self._sync = Sync(
            client=client,
            output=self._channel,
            pool=ReaderPool(readers, pace=client.search_pace, latency=client.latency),
            list_pool=ReaderPool(
                round(LIST_READERS * readers),
                pace=lambda: client.list_pace() - client.search_pace(),
                latency=client.latency,
            ),
            progress=Progress(
                self._channel.put_estimate,
                seconds=time.monotonic,
                searches_per_minute=lambda: client.search_pace() * SECONDS_PER_MINUTE,
                requests_per_minute=lambda: client.list_pace() * SECONDS_PER_MINUTE,
            ),
            submit=self._threads.submit,
            start=config.start(clocks.earlier),
            end=clocks.earlier,
            settled=clocks.earlier - config.lookback,
            begun=clocks.later,
            now=clocks.present,
            include_deleted=config.include_deleted,
        )
        self._index_end = self._check_index([stream for stream, _ in configured])
        self._selected = [
            Selected(stream, self._stream_sync(stream, entry, found[stream.name]))
            for stream, entry in configured
        ]
        self._run = Run(self._selected, self._threads, on_end=self._channel.close)

    @staticmethod
    def prepare(
        client: Client,
        config: Config,
        catalog: ConfiguredAirbyteCatalog,
        states: Mapping[str, Mapping[str, Any]],
    ) -> Read:
        """Find the configured streams and their states.

        A state of a stream that is not configured is ignored: catalogs change, and other
        connectors leave states of their own.

        Raises:
            InvalidCatalog: when a configured stream does not exist, or is configured twice.
            InvalidState: when a state cannot be understood.
            InvalidConfig: when nothing could be read with this configuration.
        """
        names = [entry.stream.name for entry in catalog.streams]
        known: dict[str, Stream] = {declared.name: declared() for declared in STREAMS}
        for name in states:
            if name not in known and not name.startswith(STREAM_PREFIX):
                LOGGER.warning("The state of stream %s is ignored: there is no such stream.", name)
        known.update(klass_streams(client, (name for name in names if name not in known)))
        for name in names:
            if name not in known:
                raise InvalidCatalog(
                    f'The catalog names a stream "{name}", which does not exist. '
                    "Refresh the source schema, or remove the stream from the connection."
                )
            if names.count(name) > 1:
                raise InvalidCatalog(
                    f'The catalog names the stream "{name}" twice. Remove one of the entries.'
                )
        configured = [(known[entry.stream.name], entry) for entry in catalog.streams]
        found = {
            stream.name: _found(stream, states.get(stream.name, {})) for stream, _ in configured
        }
        return Read(client, config, configured, found, _ask_the_time(client))

    def messages(self) -> Iterator[AirbyteMessage]:
        """Yield everything that goes to stdout, in order.

        Raises:
            AirbyteTracedException: when a stream failed, after all others have ended.
        """
        if not self._selected:
            return
        try:
            self._run.start()
            yield from self._channel.take()
        finally:
            self._run.stop()
            LOGGER.info(self._client.meter.summary())
            LOGGER.info(self._receipts())
        if (error := self._verdict()) is not None:
            raise error

    def checkpoint(self) -> None:
        """Emit what has been read so far, from any thread; for when the process is to end."""
        self._run.checkpoint()

    def _stream_sync(
        self, stream: Stream, entry: ConfiguredAirbyteStream, found: Found
    ) -> StreamSync:
        schema = dict(entry.stream.json_schema)
        columns = schema.get("properties")
        mapper = RowMapper(
            stream.row,
            custom=CustomAttributes.from_schema(schema),
            columns=frozenset(columns) if columns and isinstance(columns, Mapping) else None,
            always=frozenset([stream.cursor_field] if stream.cursor_field else ()),
            reserved=frozenset(stream.schema(None)["properties"]),
            options=row_options(self._config),
        )
        return StreamSync(
            stream.name,
            self._sync,
            self._cursor(stream, entry, found),
            mapper,
            prepare=stream.prepare,
            replaces_table=_replaces_table(entry),
        )

    def _cursor(self, stream: Stream, entry: ConfiguredAirbyteStream, found: Found) -> Cursor:
        def emit(blob: Mapping[str, Any]) -> None:
            self._channel.put_state(stream.name, blob)

        if not isinstance(found, StreamState):
            return RefreshCursor(found=found, emit=emit, sync_id=entry.sync_id)
        assert stream.cursor_field is not None
        return CoverageCursor(
            stream.cursor_field,
            found=found,
            start=BEGINNING if stream.whole_at_first else self._sync.start,
            end=self._sync.end,
            lookback=self._config.lookback,
            emit=emit,
            index_end=self._index_end if _is_searched(stream) else None,
            refresh=entry.sync_mode is SyncMode.full_refresh,
            sync_id=entry.sync_id,
        )

    def _check_index(self, streams: Sequence[Stream]) -> int | None:
        """Return where the search index ends, if it is stale and any stream is searched."""
        if not any(map(_is_searched, streams)):
            return None
        index_end = stale_since(self._client, before=self._sync.settled)
        if index_end is not None:
            LOGGER.warning(
                "Kustomer's search index is stale: it lacks changes from %s on. Searched streams "
                "count as read up to there, and the next sync starts there.",
                format_timestamp(index_end),
            )
        return index_end

    def _receipts(self) -> str:
        """Return which streams were counted at the source, in one line."""
        complete = [one.sync for one in self._selected if one.sync.status is Status.COMPLETE]
        counted = [sync.name for sync in complete if sync.receipt.is_counted]
        others = [sync.name for sync in complete if not sync.receipt.is_counted]
        if not others:
            return f"All {len(counted)} streams were counted at the source."
        return (
            f"{len(counted)} of {len(complete)} complete streams were counted at the source. Not "
            f"counted, since lists report no count or the count was capped: {', '.join(others)}."
        )

    def _verdict(self) -> TracedError | None:
        """Return the error that ends the sync: streams failed, or none could be read."""
        streams = len(self._selected)
        failed = [one.sync for one in self._selected if one.sync.status is Status.FAILED]
        if failed:
            return _summary(failed, streams)
        skipped = [one.sync for one in self._selected if one.sync.status is Status.SKIPPED]
        if len(skipped) == streams:
            names = ", ".join(sync.name for sync in skipped)
            return TracedError(
                message=f"None of the {streams} streams could be read ({names}). The log names the "
                "reason for each. Check the roles of the API key.",
                failure_type=FailureType.config_error,
            )
        return None


def _is_searched(stream: Stream) -> bool:
    return isinstance(stream, SearchStream | ChildStream)


def _found(stream: Stream, state: Mapping[str, Any]) -> Found:
    if stream.cursor_field is None:
        return state
    return parse_state(stream.name, stream.cursor_field, state)


def _replaces_table(entry: ConfiguredAirbyteStream) -> bool:
    """Return whether the destination replaces the stream's table by what this sync reads."""
    if entry.destination_sync_mode is DestinationSyncMode.overwrite:
        # Only PyAirbyte combines incremental with overwrite, and it adds rows.
        return entry.sync_mode is SyncMode.full_refresh
    return bool(entry.generation_id) and entry.generation_id == entry.minimum_generation_id


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


def _summary(failed: Sequence[StreamSync], streams: int) -> TracedError:
    """Return one error for all streams that failed; each has reported its own before."""
    names = ", ".join(sync.name for sync in failed)
    reasons = " ".join(
        dict.fromkeys(sync.failure.message for sync in failed if sync.failure is not None)
    )
    kinds = {sync.failure.failure_type for sync in failed if sync.failure is not None}
    worst = next(kind for kind in WORST_FIRST if kind in kinds)
    return TracedError(
        message=f"{len(failed)} of {streams} streams failed ({names}). {reasons}",
        internal_message=reasons,
        failure_type=FailureType[worst],
    )

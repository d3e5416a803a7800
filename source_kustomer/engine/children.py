"""Objects that are listed per parent: read for the parents that have changed.

A child stream does its own search of its parents, whether the parent stream is selected or not: one
search per 500 parents is little compared with a request per parent, and no stream waits for
another, fails with another, or holds parents in memory for another.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, ClassVar, Final

from source_kustomer.engine.endpoints import Endpoint, read_endpoint
from source_kustomer.engine.search import SearchStream
from source_kustomer.engine.shared_work import SharedWork
from source_kustomer.engine.stream import Stream
from source_kustomer.engine.stream_sync import StreamSync
from source_kustomer.engine.window_reader import SpanBatch
from source_kustomer.errors import BadRequest, InvalidId, NotFound, NotPermitted
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.documents import Document, attribute_of
from source_kustomer.logger import LOGGER
from source_kustomer.rows.custom import CustomAttributes
from source_kustomer.rows.options import ALL_COLUMNS, RowOptions
from source_kustomer.rows.schema import column_schema
from source_kustomer.sync.keyset import Resource, timestamp_of
from source_kustomer.timestamps import format_timestamp

MOST_HELPERS: Final = 16
HEADROOM: Final = 1.5
"""Readers per request in flight: a reader spends part of its time on rows, not on waiting."""
SECONDS_PER_MINUTE: Final = 60


@dataclass(frozen=True)
class Parent:
    """A record whose children are to be read."""

    id: str
    updated_at: str
    related: tuple[str, ...] = ()
    """Ids of its children, where it names them."""
    is_deleted: bool = False
    """Whether it has been deleted, so that its children may be gone as well."""


@dataclass(frozen=True)
class ChildPage:
    """Some children of a parent, or why they cannot be read."""

    parent: Parent
    resources: Sequence[Mapping[str, Any]] = ()
    refusal: InvalidId | NotFound | NotPermitted | None = None


class ChildStream(Stream, family=True):
    """A stream of lists below the records of another stream.

    Its rows carry the id and the update time of their parent; the latter is its cursor: a
    parent's children are read again when the parent has changed.
    """

    parent: type[SearchStream]
    parents_per_task: int = 10
    """How many parents one thread reads before what it read is complete."""
    is_requested_per_parent: bool = True
    """Whether each changed parent costs a request."""
    required: ClassVar[tuple[str, ...]] = ("name", "row", "parent", "endpoints")

    def __init_subclass__(cls, *, family: bool = False, **kwargs: Any) -> None:
        """Name the cursor after the parent."""
        if not family and hasattr(cls, "parent"):
            cls.cursor_field = f"{cls.parent.query_context}_updated_at"
        super().__init_subclass__(family=family, **kwargs)

    @property
    def parent_id_column(self) -> str:
        """The column that holds the parent's id."""
        return f"{self.parent.query_context}_id"

    def parent_columns(self, parent: Parent) -> dict[str, str]:
        """Return the columns that the rows of a parent's children get from it."""
        return {self.parent_id_column: parent.id, str(self.cursor_field): parent.updated_at}

    def schema(
        self, custom: CustomAttributes | None, options: RowOptions = ALL_COLUMNS
    ) -> dict[str, Any]:
        """Return the JSON schema of the rows, the parent's columns included."""
        schema = super().schema(custom, options)
        context = self.parent.query_context
        schema["properties"][self.parent_id_column] = column_schema(
            "text", f"Id of the {context} that it was read for."
        )
        schema["properties"][str(self.cursor_field)] = column_schema(
            "timestamp", f"Time of the last change of that {context}. Syncs continue from it."
        )
        return schema

    def read(self, sync: StreamSync) -> None:
        """Search the parents that have changed, and read the children of each."""
        self.parent().read_windows(sync, ChildOutlet(self, sync), as_parents=True)

    def probe(self, client: Client) -> None:
        """Find out whether the parents can be read; without one, no child can be requested."""
        self.parent().probe(client)

    def needs(self, parent: Resource, since: int) -> bool:
        """Return whether the children of a parent that has changed are to be read.

        Args:
            parent: the parent's resource.
            since: records updated before this timestamp were read by earlier syncs.
        """
        return True

    def related(self, parent: Resource) -> tuple[str, ...]:
        """Return the ids of children that a parent's record names, if they are needed.

        Args:
            parent: the parent's resource.
        """
        return ()

    def children(self, client: Client, parents: Sequence[Parent]) -> Iterator[ChildPage]:
        """Yield pages of the children of some parents; a refused parent hides no other.

        Args:
            client: the API.
            parents: some parents.

        Raises:
            KustomerError: when they cannot be read, other than for one parent.
        """
        for parent in parents:
            try:
                for page in self.pages(client, parent.id):
                    yield ChildPage(parent, page.data)
            except (InvalidId, NotFound, NotPermitted) as error:
                yield ChildPage(parent, refusal=error)

    def pages(self, client: Client, parent: str) -> Iterable[Document]:
        """Yield the pages of one parent's list.

        Args:
            client: the API.
            parent: the parent's id.
        """
        return read_endpoint(client, self.endpoints[0].of(id=parent), stream=self.name)


@dataclass(frozen=True)
class Pieces:
    """The parents of a page in pieces that are read one by one."""

    parents: Sequence[Sequence[Parent]]
    complete_until: Sequence[int | None]
    """By piece: the timestamp before which everything is complete once it and all pieces before it
    are read; None when that is not more than before."""


class _Closing:
    """Closes the span of a batch of parents piece by piece, in order."""

    def __init__(self, sync: StreamSync, batch: SpanBatch, pieces: Pieces) -> None:
        self._sync = sync
        self._batch = batch
        self._start = batch.start
        self._complete_until = pieces.complete_until
        self._read = [False] * len(pieces.parents)
        self._next = 0
        self._rows = 0
        self._lock = threading.Lock()

    def close(self, piece: int, rows: int) -> None:
        """Note that a piece is read, and close what is complete now."""
        with self._lock:
            self._read[piece] = True
            self._rows += rows
            until: int | None = None
            while self._next < len(self._read) and self._read[self._next]:
                until = self._complete_until[self._next] or until
                self._next += 1
            if self._start is None or until is None or until <= self._start:
                return
            start, self._start = self._start, until
            rows, self._rows = self._rows, 0
        self._sync.cursor.close(start, until, rows=rows)

    def finish(self) -> None:
        """Close the rest of the span."""
        if self._batch.span is not None:
            start, end = self._batch.span
            self._sync.cursor.close(start, end, rows=self._rows, final=self._batch.is_last)


class ChildOutlet:
    """Reads the children of the parents in each batch, and closes the span behind them."""

    def __init__(self, stream: ChildStream, sync: StreamSync) -> None:
        self._stream = stream
        self._stamp = stream.parent().stamp
        self._sync = sync
        self._is_announced = False
        self._readable: Parent | None = None
        """A parent whose children could be read."""
        self._lock = threading.Lock()

    def take(self, rows: Sequence[Resource]) -> Pieces:
        """Keep what is needed of parents: their ids and timestamps, in pieces.

        Everything is complete that is dated before all parents of the later pieces.
        """
        since = self._sync.cursor.since
        found = [row for row in rows if row.get("id")]
        rows = [row for row in found if self._stream.needs(row, since)]
        self._sync.sync.progress.expect_parents(self._sync.name, len(rows) - len(found))
        parents = [self._parent(row) for row in rows]
        stamps = [timestamp_of(row, self._stamp) for row in rows]
        earliest: list[int | None] = list(accumulate(reversed(stamps), _earlier))[::-1]
        size = self._stream.parents_per_task
        starts = range(0, len(parents), size)
        return Pieces(
            [parents[start : start + size] for start in starts],
            [earliest[start + size] if start + size < len(rows) else None for start in starts],
        )

    def complete(self, batch: SpanBatch) -> None:
        """Read the children of a batch of parents, several parents at once.

        A span is closed after each piece of the batch, so that a slow pace of requests does not
        keep checkpoints back.

        Raises:
            KustomerError: when children cannot be read.
        """
        pieces: Pieces = batch.taken or Pieces([], [])
        closing = _Closing(self._sync, batch, pieces)

        def read(piece: int) -> None:
            closing.close(piece, self._read(pieces.parents[piece]))

        work = SharedWork(range(len(pieces.parents)), read)
        for _ in range(min(self._helpers(), len(pieces.parents) - 1)):
            self._sync.sync.submit(work.help)
        work.do()
        closing.finish()

    def _helpers(self) -> int:
        client = self._sync.client
        wanted = math.ceil(client.list_pace() * client.latency() * HEADROOM)
        return max(1, min(MOST_HELPERS, wanted))

    def _parent(self, row: Resource) -> Parent:
        end = format_timestamp(self._sync.sync.end)
        return Parent(
            str(row["id"]),
            str(attribute_of(row, "updatedAt") or end),
            self._stream.related(row),
            attribute_of(row, "deleted") is True,
        )

    def _read(self, parents: Sequence[Parent]) -> int:
        """Read the children of some parents.

        Returns:
            How many rows there were.
        """
        refusals: list[ChildPage] = []
        rows = self._sync.put_children(self._children(parents, refusals))
        self._settle(refusals)
        self._sync.sync.progress.expect_parents(self._sync.name, -len(parents))
        return rows

    def _children(
        self, parents: Sequence[Parent], refusals: list[ChildPage]
    ) -> Iterator[tuple[Resource, Mapping[str, Any]]]:
        """Yield the children of some parents with the columns of their parent.

        Args:
            parents: some parents.
            refusals: takes the pages that say why a parent's children cannot be read.
        """
        for page in self._stream.children(self._sync.client, parents):
            self._sync.raise_if_ended()
            if page.refusal is not None:
                refusals.append(page)
                continue
            self._sync.answered()
            self._readable = page.parent
            extra = self._stream.parent_columns(page.parent)
            yield from ((resource, extra) for resource in page.resources)

    def _settle(self, refusals: Sequence[ChildPage]) -> None:
        """Decide what refusals mean: for single parents nothing, for all of them a missing list.

        A 403 may concern one parent, or the role. A 404 may come of a parent that was deleted, or
        of a list that does not exist. As long as no other parent has been answered, the former is
        taken for the role, and the parent itself is requested to tell the latter apart. Later, a
        parent that was answered is requested again: if it is refused too, the role is missing now.

        Raises:
            NotPermitted: when the key may not read the list.
            NotFound: when the list does not exist.
        """
        for page in refusals:
            if isinstance(page.refusal, InvalidId):
                LOGGER.warning("Stream %s: %s", self._sync.name, page.refusal.message)
            if page.refusal is None or isinstance(page.refusal, InvalidId):
                continue
            if self._sync.is_answered:
                continue
            if isinstance(page.refusal, NotPermitted) or self._exists(page.parent):
                raise page.refusal
        forbidden = sum(isinstance(page.refusal, NotPermitted) for page in refusals)
        if forbidden:
            self._verify_permission()
            LOGGER.warning(
                "Stream %s: the children of %d %s may not be read and are left out.",
                self._sync.name,
                forbidden,
                self._stream.parent.name,
            )

    def _verify_permission(self) -> None:
        """Request the children of a parent again that could be read before.

        Raises:
            NotPermitted: when they may not be read any more: the key has lost the role.
        """
        if self._readable is None:
            return
        page = next(iter(self._stream.children(self._sync.client, [self._readable])), None)
        if page is not None and isinstance(page.refusal, NotPermitted):
            raise page.refusal

    def _exists(self, parent: Parent) -> bool:
        """Return whether a parent still exists."""
        if parent.is_deleted:
            return False
        path = f"/{self._stream.parent.name}/{{id}}"
        try:
            self._sync.client.get(Endpoint(path).of(id=parent.id).path, stream=self._sync.name)
        except NotFound:
            return False
        except (NotPermitted, BadRequest):
            return False
        return True

    def announce(self, records: int, page_size: int) -> None:
        """Log what the children of a window's parents will cost, before it is spent."""
        sync = self._sync.sync
        sync.progress.expect_parents(self._sync.name, records)
        with self._lock:
            was_announced, self._is_announced = self._is_announced, True
        if was_announced or not records or not self._stream.is_requested_per_parent:
            return
        pace = self._sync.client.list_pace() * SECONDS_PER_MINUTE
        LOGGER.info(
            "Stream %s: about %s %s have changed, and each needs a request: %s requests or more, "
            "%s min at %s requests a minute.",
            self._sync.name,
            f"{records:,}",
            self._stream.parent.name,
            f"{records:,}",
            f"{records / max(pace, 0.1):,.0f}",
            f"{pace:,.0f}",
        )


def _earlier(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)

"""Children read their parents' changes from one reading, whoever of the family is selected.

A parent's windows are read once. Each page of parents goes to the parent stream, if that is
selected, and to every child stream whose state does not cover it yet.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from source_kustomer.engine.reading import Reading
from source_kustomer.errors import KustomerError
from source_kustomer.kustomer.documents import attribute_of
from source_kustomer.logger import LOGGER
from source_kustomer.sync.coverage import Coverage, Span
from source_kustomer.timestamps import format_timestamp, parse_timestamp

PARENTS_WAITING: Final = 200_000
"""So many parents may wait for their children to be asked for; then their own reading waits."""

Resource = Mapping[str, Any]


@dataclass(frozen=True)
class Parent:
    """A record whose children are to be read."""

    id: str
    updated_at: str
    related: tuple[str, ...] = ()
    """Ids of its children, where it names them."""
    is_deleted: bool = False
    """Whether it has been deleted, so that its children may be gone as well."""


Related = Callable[[Resource], tuple[str, ...]]


@dataclass(frozen=True)
class Child:
    """A child stream in this sync."""

    reading: Reading
    related: Related
    """Returns what a parent names of its records."""
    is_asked_per_parent: bool
    """Whether each parent costs a request."""


class Need:
    """The spans of update time that a stream has still to read, as they were at its start."""

    def __init__(self, reading: Reading | None, end: int) -> None:
        gaps = () if reading is None or reading.is_ahead() else reading.coverage.gaps()
        self._gaps = Coverage.of(gaps)
        self._end = end

    @property
    def spans(self) -> Sequence[Span]:
        """The spans, oldest first."""
        return self._gaps.spans

    def includes(self, resource: Resource) -> bool:
        """Tell whether a record is needed; what has no time, or a later one than the end, is."""
        if not self._gaps.spans:
            return False
        instant = parse_timestamp(_updated_at(resource))
        if instant is None or self._gaps.contains(instant):
            return True
        return instant >= self._end == self._gaps.spans[-1][1]


def _updated_at(resource: Resource) -> object:
    return attribute_of(resource, "updatedAt")


@dataclass
class ParentBatch:
    """Parents whose children are to be read, and the span that is complete afterwards."""

    parents: Sequence[Parent]
    span: tuple[int, int | None] | None
    is_last: bool
    """Whether a window ends here."""
    window: WindowBatches
    rows: int = 0
    is_read: bool = False


@dataclass
class WindowBatches:
    """The batches of one window, whose spans are closed in their order.

    Parents of one update time may be spread over several batches, so a span is complete only when
    all batches before it have been read too.
    """

    batches: deque[ParentBatch] = field(default_factory=deque)


class Backlog:
    """Parents on their way to the readers of one child stream."""

    def __init__(self, reading: Reading, related: Related) -> None:
        """Start empty.

        Args:
            reading: the child stream in this sync.
            related: what parents name of their children.
        """
        self.reading = reading
        self._related = related
        self.need = Need(reading, reading.sync.end)
        self._changed = threading.Condition()
        self._batches: deque[ParentBatch] = deque()
        self._waiting = 0
        self._is_closed = False
        self._error: KustomerError | None = None

    def put(
        self,
        window: WindowBatches,
        parents: Sequence[Resource],
        span: tuple[int, int | None] | None,
        *,
        is_last: bool,
    ) -> None:
        """Hand over parents, those that this child still needs, and the span they complete."""
        end = format_timestamp(self.reading.sync.end)
        needed = [
            Parent(
                str(parent.get("id")),
                str(_updated_at(parent) or end),
                self._related(parent),
                attribute_of(parent, "deleted") is True,
            )
            for parent in parents
            if self.need.includes(parent)
        ]
        batch = ParentBatch(needed, span, is_last, window)
        self.reading.sync.progress.expect_parents(self.reading.stream.name, len(needed))
        with self._changed:
            window.batches.append(batch)
            self._batches.append(batch)
            self._waiting += len(needed)
            self._changed.notify()

    def close(self) -> None:
        """Say that no more parents come."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def fail(self, error: KustomerError) -> None:
        """Say that the parents cannot be read."""
        with self._changed:
            self._error = self._error or error
            self._is_closed = True
            self._batches.clear()
            self._changed.notify_all()

    def wait_for_room(self) -> None:
        """Wait while too many parents are waiting, and this child is still being read."""
        with self._changed:
            while self._waiting > PARENTS_WAITING and not self.reading.over:
                self._changed.wait(timeout=1.0)
                self.reading.client.raise_if_stopped()

    def batches(self) -> Iterator[ParentBatch]:
        """Yield what was handed over, until no more comes; several readers may share it.

        Raises:
            KustomerError: when the parents could not be read.
        """
        while not self.reading.over and (batch := self._next()) is not None:
            yield batch

    def _next(self) -> ParentBatch | None:
        with self._changed:
            while not self._batches and not self._is_closed:
                self._changed.wait(timeout=1.0)
                self.reading.client.raise_if_stopped()
            if self._error is not None:
                raise self._error
            if not self._batches:
                return None
            batch = self._batches.popleft()
            self._waiting -= len(batch.parents)
            self._changed.notify_all()
            return batch

    def read(self, batch: ParentBatch, rows: int) -> None:
        """Note that a batch's children have been handed on; close what is complete now."""
        with self._changed:
            batch.rows, batch.is_read = rows, True
            batches = batch.window.batches
            while batches and batches[0].is_read:
                done = batches.popleft()
                if done.span is not None:
                    start, end = done.span
                    self.reading.coverage.close(start, end, rows=done.rows, final=done.is_last)


class ParentFeed:
    """A parent stream and the children that are selected with it, or without it."""

    def __init__(
        self,
        parent: Reading,
        children: Mapping[str, Child],
        *,
        is_selected: bool,
    ) -> None:
        """Gather the family.

        Args:
            parent: the parent stream in this sync.
            children: the selected child streams by name.
            is_selected: whether the parent stream is selected too, and its rows are emitted.
        """
        self.parent = parent
        self.is_selected = is_selected
        self._need = Need(parent if is_selected else None, parent.sync.end)
        self._backlogs = {
            name: Backlog(child.reading, child.related) for name, child in children.items()
        }
        self._asked_per_parent = [n for n, child in children.items() if child.is_asked_per_parent]
        self._lock = threading.Lock()
        self._windows = 0
        self._is_announced = False

    def backlog(self, child: str) -> Backlog:
        """Return the parents that wait for a child stream."""
        return self._backlogs[child]

    def is_host(self, child: str) -> bool:
        """Tell whether a child has to get the parents read, since the parent is not selected."""
        return not self.is_selected and child == next(iter(self._backlogs))

    def gaps(self) -> Iterable[Span]:
        """Return every span of update time that anyone in the family still needs."""
        needs = [self._need, *(backlog.need for backlog in self._backlogs.values())]
        return Coverage.of(span for need in needs for span in need.spans).spans

    def put_rows(self, parents: Sequence[Resource]) -> None:
        """Pass on the rows of the parent stream itself."""
        if self.is_selected:
            self.parent.put_rows(parent for parent in parents if self._need.includes(parent))

    def window_batches(self) -> Mapping[str, WindowBatches]:
        """Start the batches of one window, for each child."""
        return {name: WindowBatches() for name in self._backlogs}

    def hand_over(
        self,
        windows: Mapping[str, WindowBatches],
        parents: Sequence[Resource],
        span: tuple[int, int | None] | None,
        *,
        is_last: bool,
    ) -> None:
        """Hand parents to all children."""
        for name, backlog in self._backlogs.items():
            backlog.put(windows[name], parents, span, is_last=is_last)

    def announce(self, parents: int) -> None:
        """Log what the children will cost, before it is spent."""
        with self._lock:
            was_announced, self._is_announced = self._is_announced, True
        if was_announced or not parents or not self._asked_per_parent:
            return
        pace = self.parent.client.list_pace() * 60
        names = ", ".join(self._asked_per_parent)
        requests = parents * len(self._asked_per_parent)
        LOGGER.info(
            "%s: about %s %s have changed, and each is asked for by itself: %s requests or "
            "more, %s min at %s requests a minute.",
            names,
            f"{parents:,}",
            self.parent.stream.name,
            f"{requests:,}",
            f"{requests / max(pace, 0.1):,.0f}",
            f"{pace:,.0f}",
        )

    def wait_for_room(self) -> None:
        """Let slow children slow down the reading of their parents, before the next page."""
        for backlog in self._backlogs.values():
            backlog.wait_for_room()

    def opened(self, windows: int) -> None:
        """Count windows that are to be read; none at all ends the children at once."""
        with self._lock:
            self._windows += windows
            is_done = self._windows == 0
        if is_done:
            self._close()

    def closed(self) -> None:
        """Count a window that has been read, or given up."""
        self.opened(-1)

    def _close(self) -> None:
        for backlog in self._backlogs.values():
            backlog.close()

    def fail(self, error: KustomerError) -> None:
        """Tell the children that their parents cannot be read."""
        for backlog in self._backlogs.values():
            backlog.fail(error)

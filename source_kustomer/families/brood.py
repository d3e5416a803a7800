"""Children read their parents' changes from one reading, whoever of the family is selected.

A parent's windows are read once. Each page of parents goes to the parent stream, if that is
selected, and to every child stream whose state does not cover it yet.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from source_kustomer.errors import KustomerError
from source_kustomer.families.reading import LOGGER, Reading
from source_kustomer.sync.coverage import Coverage, Span
from source_kustomer.sync.instants import format_instant, parse_instant

PARENTS_WAITING: Final = 200_000
"""So many parents may wait for their children to be asked for; then their own reading waits."""


@dataclass(frozen=True)
class Litter:
    """Parents whose children are to be read, and the span that is complete afterwards."""

    parents: Sequence[tuple[str, str]]
    """Id and update time of each."""
    start: int
    end: int | None
    is_last: bool
    """Whether the window ends here."""


class Backlog:
    """Parents on their way to the readers of one child stream."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self._gaps = Coverage.of(reading.coverage.gaps())
        self._changed = threading.Condition()
        self._litters: deque[Litter] = deque()
        self._waiting = 0
        self._is_closed = False
        self._error: KustomerError | None = None

    def gaps(self) -> Iterator[Span]:
        """Yield the spans of parents' update time whose children have not been read."""
        return iter(self._gaps.spans)

    def put(
        self, parents: Sequence[Mapping[str, Any]], start: int, end: int | None, *, is_last: bool
    ) -> None:
        """Hand over parents, those that this child still needs, and what they complete."""
        found = [parent for resource in parents if (parent := self._needed(resource))]
        with self._changed:
            self._litters.append(Litter(found, start, end, is_last))
            self._waiting += len(found)
            self._changed.notify()

    def _needed(self, resource: Mapping[str, Any]) -> tuple[str, str] | None:
        attributes = resource.get("attributes")
        updated_at = attributes.get("updatedAt") if isinstance(attributes, Mapping) else None
        instant = parse_instant(updated_at)
        if instant is None:
            return (str(resource.get("id")), format_instant(self.reading.sync.end))
        at_the_end = bool(self._gaps.spans) and instant >= self._gaps.spans[-1][1]
        if not (self._gaps.contains(instant) or at_the_end):
            return None
        return (str(resource.get("id")), format_instant(instant))

    def close(self) -> None:
        """Say that no more parents come."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def fail(self, error: KustomerError) -> None:
        """Say that the parents cannot be read."""
        with self._changed:
            self._error = error
            self._is_closed = True
            self._litters.clear()
            self._changed.notify_all()

    def wait_for_room(self) -> None:
        """Wait while too many parents are waiting, and this child is still being read."""
        with self._changed:
            while self._waiting > PARENTS_WAITING and not self.reading.over:
                self._changed.wait(timeout=1.0)
                self.reading.client.raise_if_stopped()

    def litters(self) -> Iterator[Litter]:
        """Yield what was handed over, until no more comes; several readers may share it.

        Raises:
            KustomerError: when the parents could not be read.
        """
        while (litter := self._next()) is not None:
            yield litter

    def _next(self) -> Litter | None:
        with self._changed:
            while not self._litters and not self._is_closed:
                self._changed.wait(timeout=1.0)
                self.reading.client.raise_if_stopped()
            if self._error is not None:
                raise self._error
            if not self._litters:
                return None
            litter = self._litters.popleft()
            self._waiting -= len(litter.parents)
            self._changed.notify_all()
            return litter


class Brood:
    """A parent stream and the children that are selected with it, or without it."""

    def __init__(self, parent: Reading | None, children: Sequence[Reading]) -> None:
        """Gather the family.

        Args:
            parent: the parent stream's reading, when the stream is selected.
            children: the child streams' readings.
        """
        self._parent = parent
        self._parent_gaps = Coverage.of(parent.coverage.gaps() if parent is not None else ())
        self._backlogs = {child.stream.name: Backlog(child) for child in children}
        self._lock = threading.Lock()
        self._windows = 0

    def backlog(self, child: str) -> Backlog:
        """Return the parents that wait for a child stream."""
        return self._backlogs[child]

    def gaps(self) -> Iterator[Span]:
        """Yield every span of update time that anyone in the family still needs."""
        spans = list(self._parent_gaps.spans)
        for backlog in self._backlogs.values():
            spans += backlog.gaps()
        return iter(Coverage.of(spans).spans)

    def is_new_to_parent(self, resource: Mapping[str, Any]) -> bool:
        """Tell whether the parent stream itself still needs a record."""
        if self._parent is None:
            return False
        attributes = resource.get("attributes")
        instant = parse_instant(attributes.get("updatedAt")) if attributes else None
        if instant is None:
            return True
        spans = self._parent_gaps.spans
        return self._parent_gaps.contains(instant) or (bool(spans) and instant >= spans[-1][1])

    def feed(
        self, parents: Sequence[Mapping[str, Any]], start: int, end: int | None, *, is_last: bool
    ) -> None:
        """Hand parents to all children."""
        for backlog in self._backlogs.values():
            backlog.put(parents, start, end, is_last=is_last)

    def wait_for_room(self) -> None:
        """Let slow children slow down the reading of their parents, before the next page."""
        for backlog in self._backlogs.values():
            backlog.wait_for_room()

    def opened(self, windows: int) -> None:
        """Count windows that are to be read."""
        with self._lock:
            self._windows += windows
            is_done = self._windows == 0
        if is_done:
            self._close()

    def closed(self) -> None:
        """Count a window that has been read, or given up."""
        with self._lock:
            self._windows -= 1
            is_done = self._windows == 0
        if is_done:
            self._close()

    def _close(self) -> None:
        for backlog in self._backlogs.values():
            backlog.close()

    def fail(self, error: KustomerError) -> None:
        """Tell the children that their parents cannot be read."""
        for name, backlog in self._backlogs.items():
            LOGGER.debug("Stream %s loses its parents.", name)
            backlog.fail(error)

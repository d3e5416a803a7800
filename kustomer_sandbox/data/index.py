"""The search index: the records that a search finds, in the order of their timestamps.

With an index lag, writes reach it later than the store, and searches return older versions.
"""

from __future__ import annotations

import heapq
import random
from array import array
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Literal, NamedTuple

Attribute = Literal["updated", "created"]

_NUMBER_BITS = 24
_NUMBER = (1 << _NUMBER_BITS) - 1


class Entry(NamedTuple):
    """The index entry of one record; see `store.Row` for the units."""

    number: int
    created: int
    updated: int
    deleted: bool
    klass: int


class Timeline:
    """Record numbers in the order of one timestamp."""

    def __init__(self, pairs: Iterable[tuple[int, int]] = ()) -> None:
        self._keys = sorted(ms << _NUMBER_BITS | number for ms, number in pairs)

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, ms: int, number: int) -> None:
        """Add a record."""
        insort(self._keys, ms << _NUMBER_BITS | number)

    def remove(self, ms: int, number: int) -> None:
        """Remove a record."""
        key = ms << _NUMBER_BITS | number
        place = bisect_left(self._keys, key)
        if place < len(self._keys) and self._keys[place] == key:
            del self._keys[place]

    def place(self, ms: int) -> int:
        """How many records lie before a time."""
        return bisect_left(self._keys, ms << _NUMBER_BITS)

    def numbers(self, start: int, stop: int) -> list[int]:
        """Record numbers from one place to another."""
        return [key & _NUMBER for key in self._keys[start:stop]]

    def shuffled(
        self, start: int, stop: int, chance: random.Random, floor: int, ceiling: int
    ) -> list[int]:
        """As `numbers`, with every group of equal timestamps in an order drawn for this call.

        A group that reaches beyond either end is shuffled whole, then cut. Records before
        `floor` or after `ceiling` do not match the query and stay out.
        """
        first, last = self._keys[start] >> _NUMBER_BITS, self._keys[stop - 1] >> _NUMBER_BITS
        low, high = max(floor, self.place(first)), min(ceiling, self.place(last + 1))
        result: list[int] = []
        for _, keys in groupby(self._keys[low:high], key=_milliseconds):
            group = [key & _NUMBER for key in keys]
            if len(group) > 1:
                chance.shuffle(group)
            result += group
        return result[start - low : stop - low]


def _milliseconds(key: int) -> int:
    return key >> _NUMBER_BITS


class ObjectIndex:
    """The index of one object."""

    def __init__(self) -> None:
        self.created = array("q")
        self.updated = array("q")
        self.deleted = bytearray()
        self.klass = bytearray()
        self._known = bytearray()
        self._timelines: dict[tuple[Attribute, bool, int | None], Timeline] = {}

    def load(self, entries: Iterable[Entry]) -> None:
        """Add many records at once."""
        for entry in entries:
            self._set(entry)
        self._timelines.clear()

    def entries(self) -> Iterator[Entry]:
        """The entries of all records."""
        for number, known in enumerate(self._known):
            if known:
                yield Entry(
                    number,
                    self.created[number],
                    self.updated[number],
                    bool(self.deleted[number]),
                    self.klass[number],
                )

    def put(self, entry: Entry) -> None:
        """Add a record, or move it to the place of its new version."""
        number = entry.number
        if number < len(self._known) and self._known[number]:
            for (attribute, with_deleted, klass), timeline in self._timelines.items():
                if self._belongs(number, with_deleted, klass):
                    timeline.remove(getattr(self, attribute)[number], number)
        self._set(entry)
        for (attribute, with_deleted, klass), timeline in self._timelines.items():
            if self._belongs(number, with_deleted, klass):
                timeline.add(getattr(self, attribute)[number], number)

    def timeline(self, attribute: Attribute, with_deleted: bool, klass: int | None) -> Timeline:
        """Records in the order of an attribute; of one klass, or of all (None).

        Built at the first request, then kept up to date.
        """
        wanted = (attribute, with_deleted, klass)
        if wanted not in self._timelines:
            times = getattr(self, attribute)
            self._timelines[wanted] = Timeline(
                (times[number], number)
                for number in range(len(self._known))
                if self._known[number] and self._belongs(number, with_deleted, klass)
            )
        return self._timelines[wanted]

    def _belongs(self, number: int, with_deleted: bool, klass: int | None) -> bool:
        return (with_deleted or not self.deleted[number]) and klass in (None, self.klass[number])

    def _set(self, entry: Entry) -> None:
        missing = entry.number + 1 - len(self._known)
        if missing > 0:
            self.created.extend([0] * missing)
            self.updated.extend([0] * missing)
            for flags in (self.deleted, self.klass, self._known):
                flags.extend(bytes(missing))
        self.created[entry.number] = entry.created
        self.updated[entry.number] = entry.updated
        self.deleted[entry.number] = entry.deleted
        self.klass[entry.number] = entry.klass
        self._known[entry.number] = 1


@dataclass(order=True)
class _Late:
    """A write that the index does not contain yet."""

    visible_at: int
    order: int
    code: int = field(compare=False)
    entry: Entry = field(compare=False)
    body: bytes = field(compare=False)


class SearchIndex:
    """The indexes of all objects, and the writes that they do not contain yet."""

    def __init__(self) -> None:
        self._objects: dict[int, ObjectIndex] = {}
        self._late: list[_Late] = []
        self._order = 0
        # Old versions that searches still return, of records that have newer ones in the store.
        self._shown: dict[tuple[int, int], bytes] = {}
        self._waiting: dict[tuple[int, int], int] = {}

    def object(self, code: int) -> ObjectIndex:
        """The index of one object, by its code."""
        return self._objects.setdefault(code, ObjectIndex())

    def write(
        self,
        code: int,
        entry: Entry,
        body: bytes,
        *,
        replaced: bytes | None,
        visible_at: int | None,
    ) -> None:
        """Add a write, now (`visible_at` None) or when the clock reaches `visible_at` ms.

        `replaced` is the version that the write replaced in the store, None for an insert.
        """
        record = (code, entry.number)
        if visible_at is None and record not in self._waiting:
            self.object(code).put(entry)
            return
        if record not in self._waiting and replaced is not None:
            self._shown[record] = replaced
        self._order += 1
        self._waiting[record] = self._waiting.get(record, 0) + 1
        heapq.heappush(self._late, _Late(visible_at or 0, self._order, code, entry, body))

    def catch_up(self, now: int) -> None:
        """Add the writes whose time has come."""
        while self._late and self._late[0].visible_at <= now:
            late = heapq.heappop(self._late)
            record = (late.code, late.entry.number)
            self.object(late.code).put(late.entry)
            self._waiting[record] -= 1
            if self._waiting[record]:
                self._shown[record] = late.body
            else:
                del self._waiting[record]
                self._shown.pop(record, None)

    def shown(self, code: int, numbers: list[int], bodies: list[bytes]) -> list[bytes]:
        """Replace the store's versions by the older ones that the index has."""
        if not self._shown:
            return bodies
        return [
            self._shown.get((code, number), body)
            for number, body in zip(numbers, bodies, strict=True)
        ]

    @property
    def late(self) -> int:
        """How many writes the index does not contain yet."""
        return len(self._late)

"""What is kept of the records of a list while it is read, within a limit of memory."""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from source_kustomer.errors import UnexpectedDocument
from source_kustomer.sync.keyset import Resource, identity_of

MAX_KEPT: Final = 128 << 20
"""Bytes that are kept for one list: about a million ids, or 200,000 records."""

Row = TypeVar("Row", bound=Resource)

_BYTES_PER_ENTRY: Final = 100
"""Memory of an entry of a set or dict in CPython, in bytes, without its content."""


class Kept:
    """Ids, and some records, of the lists of one stream."""

    def __init__(self, stream: str) -> None:
        """Start empty.

        Args:
            stream: the stream's name, for the error.
        """
        self._stream = stream
        self._ids: set[str] = set()
        self._records: dict[str, bytes] = {}
        self._bytes = 0

    def __len__(self) -> int:
        """Return the number of ids."""
        return len(self._ids)

    def new(self, rows: Sequence[Row]) -> list[Row]:
        """Return the records whose ids are not kept; one without an id is always among them."""
        return [row for row in rows if identity_of(row) not in self._ids]

    def add(self, rows: Sequence[Resource]) -> None:
        """Keep the ids of records.

        Raises:
            UnexpectedDocument: when they are more than the limit.
        """
        for row in rows:
            identity = identity_of(row)
            if identity is not None and identity not in self._ids:
                self._count(len(identity))
                self._ids.add(identity)

    def keep(self, row: Resource) -> None:
        """Keep a record, as bytes: its values would take many times the memory.

        Raises:
            UnexpectedDocument: when it exceeds the limit.
        """
        identity = identity_of(row)
        if identity is not None and identity not in self._records:
            content = marshal.dumps(dict(row))
            self._count(len(identity) + len(content))
            self._records[identity] = content

    def drop(self, row: Resource) -> None:
        """Forget a record that is kept."""
        identity = identity_of(row)
        if identity in self._records:
            self._forget(identity)

    def keep_only(self, is_wanted: Callable[[Mapping[str, Any]], bool]) -> None:
        """Forget the records that are not wanted."""
        for identity in list(self._records):
            if not is_wanted(marshal.loads(self._records[identity])):
                self._forget(identity)

    def records(self) -> Iterator[Mapping[str, Any]]:
        """Yield the records that are kept."""
        for content in self._records.values():
            yield marshal.loads(content)  # this process wrote it

    def _forget(self, identity: str) -> None:
        self._bytes -= len(identity) + len(self._records.pop(identity)) + _BYTES_PER_ENTRY

    def _count(self, size: int) -> None:
        self._bytes += size + _BYTES_PER_ENTRY
        if self._bytes > MAX_KEPT:
            raise UnexpectedDocument(
                f"The lists of {self._stream} have more records than can be compared in "
                f"{MAX_KEPT >> 20} MB of memory. Deselect the stream, and report this."
            )

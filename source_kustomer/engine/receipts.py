"""Receipts: how many records the source counts, and how many were read."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from source_kustomer.logger import LOGGER
from source_kustomer.query_limits import MAX_RECORDS
from source_kustomer.sync.keyset import Resource, timestamp_of


class WindowCount:
    """Compares how many records a window holds with how many were read in it.

    Each answer counts what is left of a window, so the first count below the search's cap is used.
    When the end of the window is moved closer, the next answer reports what is left of it.
    """

    def __init__(self, stamp: str, settled: int) -> None:
        """Start.

        Args:
            stamp: the records' timestamp attribute.
            settled: the timestamp until which the search index is expected to be complete.
        """
        self._stamp = stamp
        self._settled = settled
        self.expected: int | None = None
        """How many records the window holds; None when the answer did not report it, or when it
        reported the search's cap, which may stand for more."""
        self.read = 0
        """How many records were read."""
        self.settled_read = 0
        """How many of them are dated before the index is expected to be complete."""
        self.changed = 0
        """How many of them have changed since the sync began, and are left to the next one."""
        self._is_due = True

    def take(self, rows: Sequence[Resource], *, changed: int) -> None:
        """Count rows that were read.

        Args:
            rows: the rows.
            changed: how many of them are left to the next sync.
        """
        self.read += len(rows)
        self.changed += changed
        stamps = (timestamp_of(row, self._stamp) for row in rows)
        self.settled_read += sum(stamp is None or stamp < self._settled for stamp in stamps)

    def answer(self, total: int | None, *, new: int, repeated: int) -> None:
        """Note an answer to a question about the whole rest of the window.

        Args:
            total: the count that it reports.
            new: how many of its rows are new; they have been counted as read.
            repeated: how many of its rows were read before.
        """
        if not self._is_due:
            return
        self._is_due = total == MAX_RECORDS  # a later answer counts what is left of the window
        is_counted = total is not None and total != MAX_RECORDS
        self.expected = self.read - new - repeated + (total or 0) if is_counted else None

    def restart(self) -> None:
        """Note that the end of the window was moved: the next answer reports the count anew."""
        self._is_due = True

    @property
    def is_counted(self) -> bool:
        """Whether the source has counted the window."""
        return self.expected is not None


class Receipt:
    """What one stream's windows add up to. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counted = 0
        self._read = 0
        self._changed = 0
        self._uncounted = 0
        self._has_windows = False

    def add(self, count: WindowCount) -> None:
        """Add a window."""
        self.add_numbers(count.expected, count.read - count.changed)

    def add_numbers(self, counted: int | None, read: int) -> None:
        """Add a part of the stream.

        Args:
            counted: how many records the source counts in it, if it does.
            read: how many were read.
        """
        with self._lock:
            self._has_windows = True
            if counted is None:
                self._uncounted += read
                return
            self._counted += counted
            self._read += read
            self._changed += abs(counted - read)

    @property
    def is_counted(self) -> bool:
        """Whether the source has counted all that was read."""
        return self._has_windows and not self._uncounted

    def log(self, stream: str) -> None:
        """Log the receipt of a stream that is complete, in one line."""
        with self._lock:
            if not self._has_windows:
                return
            parts = []
            if self._read or self._counted or not self._uncounted:
                parts += [f"{self._counted:,} counted at the source", f"{self._read:,} read"]
            if self._changed:
                parts.append(f"{self._changed:,} changed during the sync")
            if self._uncounted:
                parts.append(f"{self._uncounted:,} read that the source did not count")
        LOGGER.info("%s: %s", stream, ", ".join(parts))

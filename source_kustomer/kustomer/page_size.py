"""Which page sizes are worth asking a search for: what the API refuses is not asked for again."""

from __future__ import annotations

import threading
from typing import Final

from source_kustomer.kustomer.search import PAGE_SIZES
from source_kustomer.logger import LOGGER

FAILURES_BELIEVED: Final = 2
"""So many searches in a row that fail at a size and succeed below it mean the size, not chance."""
SEARCHES_BEFORE_LARGER: Final = 100
"""So many searches later a size that only failed is tried again; its failures cost three."""


class PageSizes:
    """The sizes to try, largest first. Safe to use from many threads."""

    def __init__(self) -> None:
        self._sizes: tuple[int, ...] = PAGE_SIZES
        self._lock = threading.Lock()
        self._failures = 0
        self._avoided = 0
        self._usable = PAGE_SIZES[0]

    def next(self) -> tuple[int, ...]:
        """Return the sizes that the next search tries."""
        with self._lock:
            if not self._avoided:
                return self._sizes
            self._avoided -= 1
            return tuple(size for size in self._sizes if size <= self._usable)

    def granted(self, size: int, *, refused: bool = False, failed: bool = False) -> None:
        """Take in that a search got a page.

        Args:
            size: that was asked for.
            refused: whether a larger one was refused before: as a rule, then, and for good.
            failed: whether larger ones only failed, as they do by chance and in an outage, too.
        """
        with self._lock:
            if refused and size < self._sizes[0]:
                self._sizes = tuple(known for known in PAGE_SIZES if known <= size)
                LOGGER.warning("Kustomer refuses larger pages; searching %d records each.", size)
            elif failed:
                self._failures += 1
                if self._failures >= FAILURES_BELIEVED and not self._avoided:
                    self._usable, self._avoided = size, SEARCHES_BEFORE_LARGER
                    LOGGER.warning("Larger pages fail; searching %d records each for now.", size)
            elif size == self._sizes[0]:
                self._failures = 0

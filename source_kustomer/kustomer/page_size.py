"""The page size that a query begins with, learned from the pages of earlier queries."""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from source_kustomer.kustomer.search import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE
from source_kustomer.logger import LOGGER

TARGET_BYTES: Final = 8 << 20
"""The size of a page's body. Pages of larger records hold fewer of them."""
UNEXPLAINED_LADDER: Final = (250, DEFAULT_PAGE_SIZE)
"""Page sizes to try after a refusal that may be about anything. It ends at the API's own size."""
REFUSED_LADDER: Final = (250, 100, 50, 20, 10, 5, 2, 1)
"""Page sizes to try after a refusal that is about the page size."""
FAILED_LADDER: Final = (250, 100, 50, 20, 10)
"""Page sizes to try after failures. Large pages have been seen to fail where small ones do not."""
SHRINK: Final = 4
"""The factor by which a page shrinks whose body is too large."""
MAX_HOLD: Final = 128
"""Pages before a size that failed is tried again, at most. Each failure doubles their number."""


def smaller(size: int, ladder: tuple[int, ...]) -> int | None:
    """Return the next smaller page size of a ladder; None after the last."""
    return next((step for step in ladder if step < size), None)


def size_for(rows: int, body_bytes: int) -> int:
    """Return the number of records whose body has the target size, if they are like these."""
    return max(1, TARGET_BYTES * rows // max(1, body_bytes))


@dataclass
class _Start:
    """Where the queries of one object begin."""

    limit: int = MAX_PAGE_SIZE
    """The largest page that is not refused."""
    size: int = MAX_PAGE_SIZE
    """The largest page that has not failed lately."""
    fitting: int = MAX_PAGE_SIZE
    """The largest page whose body has the target size."""
    hold: int = 0
    left: int = 0


class PageSizes:
    """Page sizes to begin with, per object. Safe to use from many threads.

    They only save requests. Whether a query is read completely never depends on them.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._starts: defaultdict[str, _Start] = defaultdict(_Start)

    def first(self, query_context: str) -> int:
        """Return the page size that a new query of an object begins with."""
        with self._lock:
            start = self._starts[query_context]
            return min(start.limit, start.size, start.fitting)

    def succeeded(self, query_context: str, size: int, rows: int, body_bytes: int) -> None:
        """Learn from a page.

        Args:
            query_context: the object.
            size: the page size that was requested.
            rows: the records that the page holds.
            body_bytes: the length of its body.
        """
        with self._lock:
            start = self._starts[query_context]
            if rows:
                start.fitting = min(size_for(rows, body_bytes), 2 * max(size, start.fitting))
            if size >= start.size:
                start.left -= 1
                if start.left <= 0:
                    start.size = min(MAX_PAGE_SIZE, 2 * start.size)
                    start.left = start.hold
                    if start.size == MAX_PAGE_SIZE:
                        start.hold = 0

    def failed(self, query_context: str, size: int) -> None:
        """Learn that larger pages failed, or were too large, where one of this size succeeded."""
        with self._lock:
            start = self._starts[query_context]
            if size < start.size:
                start.size = size
                start.hold = start.left = min(MAX_HOLD, 2 * start.hold or 1)
                LOGGER.info("Object %s: searching %d records per page.", query_context, size)

    def refused(self, query_context: str, size: int) -> None:
        """Learn that the API refuses pages of an object that are larger than this."""
        with self._lock:
            start = self._starts[query_context]
            if size < start.limit:
                start.limit = size
                LOGGER.warning(
                    "Object %s: Kustomer refuses larger pages. Searching %d records per page.",
                    query_context,
                    size,
                )

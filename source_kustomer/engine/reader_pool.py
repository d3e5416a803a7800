"""How many readers are at work, and how many more the rate limit could feed."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import Final

HEADROOM: Final = 1.5
"""Readers per request in flight: a reader spends part of its time on rows, not on waiting."""
CUTS_PER_PAGE: Final = 0.025
"""A window ends with a page that is half empty on average, so each cut costs half a request: so
many of them make little more than one per cent of all requests. A few pages are not cut at all."""
NEARLY_LARGEST: Final = 0.8
"""Only the largest window is cut, or one that comes near: cutting whichever is at hand leaves many
small ones, which soon ask for the next cut, and spends all cuts before the large ones are read."""


class ReaderPool:
    """Counts the readers of windows and tells when a window is worth sharing.

    The number of requests in flight that a pace needs is pace times latency. Below it the rate
    limit is not used up and a window is cut; at it, another reader would only wait. Requests are
    what is scarce, so the cuts of a sync are few compared with its pages.
    """

    def __init__(
        self,
        size: int,
        *,
        pace: Callable[[], float],
        latency: Callable[[], float],
    ) -> None:
        """Start with nobody at work.

        Args:
            size: the largest number of readers.
            pace: requests per second that the rate limit now allows.
            latency: seconds that an answer takes, lately.
        """
        self._size = size
        self._pace = pace
        self._latency = latency
        self._lock = threading.Lock()
        self._busy = 0
        self._pages = 0
        self._cuts = 0
        self._estimates: dict[object, int] = {}
        self._left: dict[object, int] = {}
        """Pages that are left in the window of each reader that has told."""

    @property
    def busy(self) -> int:
        """How many readers are at work, or are going to be."""
        return self._busy

    def join(self, readers: int) -> None:
        """Count readers whose windows are handed out, begun or not."""
        with self._lock:
            self._busy += readers

    def leave(self, reader: object) -> None:
        """Count a reader out whose window is read."""
        with self._lock:
            self._busy -= 1
            self._left.pop(reader, None)

    def forget(self, reader: object) -> None:
        """Forget a reader that belongs to another pool, and has asked for vacancies here."""
        with self._lock:
            self._left.pop(reader, None)

    def expect(self, pages: int) -> None:
        """Take in that the sync has so many more pages to read."""
        with self._lock:
            self._pages += pages

    def expect_at_least(self, reader: object, pages: int) -> None:
        """Note that a window has more pages than its count reported, if it has.

        Args:
            reader: who reads it.
            pages: how many are left in it, by estimate.
        """
        with self._lock:
            known = self._estimates.get(reader, 0)
            if pages > known:
                self._pages += pages - known
                self._estimates[reader] = pages

    def free(self) -> int:
        """Return how many more readers the rate limit could feed."""
        with self._lock:
            return max(0, self._wanted() - self._busy)

    def _wanted(self) -> int:
        return min(self._size, math.ceil(self._pace() * self._latency() * HEADROOM) + 1)

    def cut(self, reader: object, pieces: int) -> None:
        """Count pieces that a reader has cut off its window."""
        with self._lock:
            self._cuts += pieces
            self._left[reader] = self._left.get(reader, 0) // (pieces + 1)

    def vacancies(self, reader: object, pages_left: int) -> int:
        """Return how many more readers would be put to use, and are worth a cut in this window.

        Args:
            reader: who asks; anything that tells readers apart.
            pages_left: how many pages its window still has.
        """
        wanted = self._wanted()
        with self._lock:
            self._left[reader] = pages_left
            if pages_left < NEARLY_LARGEST * max(self._left.values()):
                return 0
            cuts_left = int(self._pages * CUTS_PER_PAGE) - self._cuts
            # As many as belong to this window of all that is left, so that windows become alike.
            further = round(wanted * pages_left / max(1, sum(self._left.values()))) - 1
            return max(0, min(wanted - self._busy, cuts_left, max(1, further)))

"""How many readers are at work, and how many more the rate limit could feed."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import Final

HEADROOM: Final = 1.5
"""Readers per request in flight: a reader spends part of its time on rows, not on waiting."""
CUTS_PER_PAGE: Final = 0.04
"""A window ends with a page that is half empty on average, so each cut costs half a request: so
many of them make two per cent of all requests."""


class Crew:
    """Counts the readers of windows and tells when a window is worth sharing.

    The number of requests in flight that a pace needs is pace times latency. Below it the rate
    limit is not used up and a window is cut; at it, another reader would only wait. Requests are
    what is scarce, so the cuts of a sync are few beside its pages.
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
            size: how many readers there can be at the most.
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

    def join(self, readers: int) -> None:
        """Count readers whose windows are handed out, begun or not."""
        with self._lock:
            self._busy += readers

    def leave(self) -> None:
        """Count a reader out whose window is read."""
        with self._lock:
            self._busy -= 1

    def expect(self, pages: int) -> None:
        """Take in that the sync has so many more pages to read."""
        with self._lock:
            self._pages += pages

    def cut(self, pieces: int) -> None:
        """Count pieces that were cut off a window."""
        with self._lock:
            self._cuts += pieces

    def welcome(self) -> int:
        """Return how many more readers would be put to use, and are worth a cut."""
        wanted = min(self._size, math.ceil(self._pace() * self._latency() * HEADROOM) + 1)
        with self._lock:
            cuts_left = 1 + int(self._pages * CUTS_PER_PAGE) - self._cuts
            return max(0, min(wanted - self._busy, cuts_left))

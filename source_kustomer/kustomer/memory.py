"""The memory that answers take together: few large ones exist at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

from source_kustomer.kustomer.body import BodyTooLarge

DECODED_AT_ONCE: Final = 2
"""A decoded page takes many times the memory of its body. The bodies of other answers wait,
compressed as received, for their turn."""
LARGE_RECEIVED: Final = 4 << 20
LARGE_DECODED: Final = 64 << 20
"""Bytes above which an answer is large. One large answer is received at a time, and one is
decoded."""
SECONDS_BETWEEN_CHECKS: Final = 1.0


@dataclass(frozen=True)
class SizeLimits:
    """The limits of one answer, in bytes."""

    received: int
    decompressed: int


OBJECT_LIMITS: Final = SizeLimits(received=64 << 20, decompressed=256 << 20)
"""For an answer that cannot be requested in smaller parts."""
PAGE_LIMITS: Final = SizeLimits(received=16 << 20, decompressed=32 << 20)
"""For a page that can be requested with fewer records."""


class AnswerMemory:
    """The memory of one answer, from its first byte until its values are used."""

    def __init__(self, pool: MemoryPool, limits: SizeLimits, held: ExitStack) -> None:
        self.limits = limits
        self._pool = pool
        self._held = held
        self._received = 0
        self._is_large_received = self._is_large_decoded = False

    def on_received(self, count: int) -> None:
        """Count bytes of the body as they are received; wait before an answer becomes large.

        Raises:
            BodyTooLarge: when the body exceeds its limit.
            Stopped: when the process is to stop.
        """
        self._pool.raise_if_stopped()
        self._received += count
        if self._received > self.limits.received:
            raise BodyTooLarge(f"the answer is larger than {self.limits.received >> 20} MB")
        if self._received > LARGE_RECEIVED and not self._is_large_received:
            self._is_large_received = True
            self._pool.hold(self._pool.receiving, self._held)

    def on_growth(self, count: int) -> None:
        """Wait before what is decoded becomes large.

        Raises:
            Stopped: when the process is to stop.
        """
        if count > LARGE_DECODED and not self._is_large_decoded:
            self._is_large_decoded = True
            self._pool.hold(self._pool.decoding_large, self._held)

    def wait_to_decode(self) -> None:
        """Wait until another answer may be decoded.

        Raises:
            Stopped: when the process is to stop.
        """
        self._pool.hold(self._pool.decoding, self._held)


class MemoryPool:
    """The memory of all answers. Safe to use from many threads.

    Each thread takes the three places in one order (receiving, decoding, decoding a large one)
    and takes none twice, so they never wait for each other in a circle.
    """

    def __init__(
        self,
        raise_if_stopped: Callable[[], None],
        *,
        seconds_between_checks: float = SECONDS_BETWEEN_CHECKS,
    ) -> None:
        """Start empty.

        Args:
            raise_if_stopped: called during each wait.
            seconds_between_checks: the time between two calls.
        """
        self.raise_if_stopped = raise_if_stopped
        self._seconds_between_checks = seconds_between_checks
        self.receiving = threading.BoundedSemaphore(1)
        self.decoding = threading.BoundedSemaphore(DECODED_AT_ONCE)
        self.decoding_large = threading.BoundedSemaphore(1)

    @contextmanager
    def answer(self, limits: SizeLimits) -> Iterator[AnswerMemory]:
        """Yield the memory of one answer, which is free again at the end of the context."""
        with ExitStack() as held:
            yield AnswerMemory(self, limits, held)

    def hold(self, place: threading.BoundedSemaphore, held: ExitStack) -> None:
        """Wait for a place, and keep it as long as an answer exists.

        Raises:
            Stopped: when the process is to stop.
        """
        while not place.acquire(timeout=self._seconds_between_checks):
            self.raise_if_stopped()
        held.callback(place.release)

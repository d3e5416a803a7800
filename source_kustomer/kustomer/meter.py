"""Counts of the requests of a sync, for the log."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field

SMOOTHING = 0.2
"""The weight of the newest answer in the running average of the latency."""


@dataclass
class RequestMeter:
    """Counts of requests, by stream and in total. Safe to use from many threads."""

    requests: Counter[str] = field(default_factory=Counter)
    searches: int = 0
    retries: int = 0
    rate_limited: int = 0
    received_bytes: int = 0
    waited: float = 0.0
    """Seconds that requests waited for the rate limit, summed over all threads."""
    latency: float = 0.0
    """Seconds from a request to its answer, as a running average."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def sent(self, stream: str, *, is_search: bool, waited: float) -> None:
        """Count a request that is sent."""
        with self._lock:
            self.requests[stream] += 1
            self.searches += is_search
            self.waited += waited

    def answered(self, seconds: float, received_bytes: int) -> None:
        """Count an answer."""
        with self._lock:
            self.received_bytes += received_bytes
            weight = SMOOTHING if self.latency else 1.0
            self.latency += weight * (seconds - self.latency)

    def retried(self, *, rate_limited: bool) -> None:
        """Count a request that failed or was refused by the rate limit."""
        with self._lock:
            self.retries += 1
            self.rate_limited += rate_limited

    @property
    def total(self) -> int:
        """All requests, repeated ones included."""
        with self._lock:
            return sum(self.requests.values())

    def summary(self) -> str:
        """Return the counts as one line."""
        with self._lock:
            streams = ", ".join(f"{name} {count:,}" for name, count in self.requests.most_common())
            return (
                f"Requests: {sum(self.requests.values()):,} ({self.searches:,} searches), "
                f"{self.retries:,} repeated, {self.rate_limited:,} refused by the rate limit, "
                f"{self.received_bytes / 1e6:,.1f} MB. By stream: {streams or 'none'}."
            )

"""Is this outcome worth another try, and after how long."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from source_kustomer.errors import NO_SUCH_THING

RETRIED: Final = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
"""Every request only reads, so each may be repeated. Other 5xx are retried as well, but for the
one that says that there is no such thing."""

FIRST_DELAY: Final = 0.5
LONGEST_DELAY: Final = 30.0
MAX_RATE_LIMITED: Final = 10
"""So often in a row one request may be answered 429; each costs up to a minute's wait."""


def is_worth_retrying(status: int) -> bool:
    """Tell whether an HTTP status is one that passes."""
    if status in NO_SUCH_THING:
        return False
    return status in RETRIED or status >= HTTPStatus.INTERNAL_SERVER_ERROR


@dataclass
class Patience:
    """How long one request bears trouble.

    Jitter: a delay is drawn from between a quarter of the exponential bound and all of it, so
    that requests that failed together do not come back together.
    """

    seconds: float
    """Trouble that lasts longer than this is given up on."""
    draw: Callable[[float, float], float] = random.uniform
    since: float | None = None
    attempts: int = 0
    rate_limited: int = 0

    def next_delay(self, now: float) -> float | None:
        """Return how many seconds to wait after a failure, or None to give up.

        Args:
            now: the monotonic clock, in seconds.
        """
        if self.since is None:
            self.since = now
        bound = min(LONGEST_DELAY, FIRST_DELAY * 2.0**self.attempts)
        self.attempts += 1
        left = self.since + self.seconds - now
        if left <= 0:
            return None
        return min(self.draw(bound / 4, bound), left)

    def pause(self, seconds: float) -> None:
        """Do not count a wait for the rate limit as trouble."""
        if self.since is not None:
            self.since += seconds

    def bears_rate_limit(self) -> bool:
        """Count a 429, and tell whether to wait for another window."""
        self.rate_limited += 1
        return self.rate_limited <= MAX_RATE_LIMITED

"""The retries of one request: how long to wait before each, and when to stop."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

FIRST_DELAY: Final = 0.5
MAX_DELAY: Final = 30.0
MAX_RATE_LIMITED: Final = 10
"""Answers 429 to one request. Each costs up to a minute of waiting."""

MAX_UNAUTHORIZED: Final = 3
"""Answers 401 to one request that are not believed once the key was accepted. They may be failures
in the API, and where a tenth of all answers fail, two in a row are frequent."""
MAX_UNAUTHORIZED_AT_FIRST: Final = 1
"""The same before the key was accepted, so that a wrong key is reported soon."""


@dataclass
class RetryBudget:
    """The time that one request may spend on failures.

    Each delay is drawn from between a quarter of an exponential bound and all of it, so that
    requests that failed together are not repeated together.
    """

    seconds: float
    """The time from the first failure to the deadline."""
    draw: Callable[[float, float], float] = random.uniform
    first_failure: float | None = None
    attempts: int = 0
    rate_limited: int = 0
    unauthorized: int = 0

    def next_delay(self, now: float) -> float | None:
        """Return the seconds to wait after a failure; None when the deadline has passed.

        Args:
            now: the monotonic clock, in seconds.
        """
        if self.first_failure is None:
            self.first_failure = now
        bound = min(MAX_DELAY, FIRST_DELAY * 2.0**self.attempts)
        self.attempts += 1
        left = self.first_failure + self.seconds - now
        if left <= 0:
            return None
        return min(self.draw(bound / 4, bound), left)

    def exclude(self, seconds: float) -> None:
        """Move the deadline by a wait for the rate limit, which is not a failure."""
        if self.first_failure is not None:
            self.first_failure += seconds

    def allows_rate_limited(self) -> bool:
        """Count an answer 429, and return whether to repeat the request once more."""
        self.rate_limited += 1
        return self.rate_limited <= MAX_RATE_LIMITED

    def allows_unauthorized(self, *, is_key_accepted: bool) -> bool:
        """Count an answer 401, and return whether to repeat the request once more.

        Args:
            is_key_accepted: whether the API has accepted the key for another request.
        """
        self.unauthorized += 1
        most = MAX_UNAUTHORIZED if is_key_accepted else MAX_UNAUTHORIZED_AT_FIRST
        return self.unauthorized <= most

"""The two rate limits, in fixed windows, and the other clients that draw on them."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import itemgetter

from kustomer_sandbox.control.settings import Settings

_FAR_AWAY = 30 * 86_400
_MINUTE = 60.0


@dataclass
class Window:
    """How much of a limit is used in the window that contains the latest request."""

    number: int = -1
    used: int = 0

    def left(self, limit: int | None, number: int) -> int | None:
        """What is left in a window; None without a limit."""
        if number != self.number:
            self.number, self.used = number, 0
        return None if limit is None else max(0, limit - self.used)


@dataclass(frozen=True)
class Verdict:
    """Whether a request may pass, and the rate-limit headers of its answer."""

    allowed: bool
    headers: dict[str, str]


@dataclass
class _OtherClient:
    """A client that makes evenly spaced requests."""

    next_at: float | None = None
    allowed: int = 0
    refused: int = 0


@dataclass
class Limits:
    """Counts every request of the organization; times are seconds since 1970."""

    settings: Settings
    allowed: int = 0
    refused: int = 0
    _organization: Window = field(default_factory=Window)
    _searches: Window = field(default_factory=Window)
    _other_requests: _OtherClient = field(default_factory=_OtherClient)
    _other_searches: _OtherClient = field(default_factory=_OtherClient)

    def take(self, now: float, *, search: bool) -> Verdict:
        """Count a request of ours, or refuse it."""
        self.let_others_go(now)
        allowed = self._take(now, search=search)
        self.allowed += allowed
        self.refused += not allowed
        return Verdict(allowed, self._headers(now, search=search, allowed=allowed))

    def start_anew(self) -> None:
        """Start a new window; needed when its length changes."""
        self._organization = Window()
        self._searches = Window()

    def let_others_go(self, now: float) -> None:
        """Make the requests that the other clients would have made by now."""
        rates = (
            (self._other_requests, self.settings.other_requests_per_minute, False),
            (self._other_searches, self.settings.other_searches_per_minute, True),
        )
        due = [self._due(now, client, per_minute, search) for client, per_minute, search in rates]
        # In the order of time, so that a window that has ended accepts no more requests.
        for at, client, search in heapq.merge(*due, key=itemgetter(0)):
            if self._take(at, search=search):
                client.allowed += 1
            else:
                client.refused += 1

    def _due(
        self, now: float, client: _OtherClient, per_minute: float, search: bool
    ) -> Iterator[tuple[float, _OtherClient, bool]]:
        """Yield when a client makes the requests that it would have made by now."""
        if per_minute <= 0:
            client.next_at = None
            return
        at = now if client.next_at is None else client.next_at
        # After a long pause only the current window matters.
        at = max(at, now - 2 * self.settings.window_seconds)
        while at <= now:
            yield at, client, search
            at += _MINUTE / per_minute
        client.next_at = at

    def others(self) -> dict[str, int]:
        """How many requests of the other clients were allowed and refused."""
        return {
            "other_requests_allowed": self._other_requests.allowed,
            "other_requests_refused": self._other_requests.refused,
            "other_searches_allowed": self._other_searches.allowed,
            "other_searches_refused": self._other_searches.refused,
        }

    def _take(self, at: float, *, search: bool) -> bool:
        number = self._window(at)
        organization = self._organization.left(self.settings.organization_per_minute, number)
        searches = self._searches.left(self.settings.searches_per_minute, number)
        if organization == 0 or (search and searches == 0):
            return False
        self._organization.used += 1
        self._searches.used += search
        return True

    def _window(self, at: float) -> int:
        """The number of the window that is open; an earlier time does not open a closed one."""
        return max(math.floor(at / self.settings.window_seconds), self._organization.number)

    def _headers(self, now: float, *, search: bool, allowed: bool) -> dict[str, str]:
        limit = self.settings.organization_per_minute
        number = self._window(now)
        left = self._organization.left(limit, number)
        searches = self.settings.searches_per_minute
        searches_left = self._searches.left(searches, number)
        dialect = self.settings.dialect
        tightest = search and dialect["limit-headers"] == "tightest"
        if tightest and searches_left is not None and (left is None or searches_left < left):
            limit, left = searches, searches_left
        if limit is None:
            return {}
        headers = {"x-ratelimit-limit": str(limit), "x-ratelimit-remaining": str(left)}
        if dialect["reset"] == "always" or (dialect["reset"] == "on-429" and not allowed):
            headers["x-ratelimit-reset"] = self._reset(now)
        if dialect["retry-after"] == "on-429" and not allowed:
            headers["retry-after"] = str(math.ceil(self._end(now) - now))
        return headers

    def _end(self, now: float) -> float:
        """When the present window ends."""
        return (self._window(now) + 1) * self.settings.window_seconds

    def _reset(self, now: float) -> str:
        return {
            "normal": str(math.ceil(self._end(now))),
            "past": str(math.floor(now) - 60),
            "far_future": str(math.floor(now) + _FAR_AWAY),
            "garbage": "soon",
        }[self.settings.reset_header]

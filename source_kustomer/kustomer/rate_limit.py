"""The two rate limits of an organization, and the requests that wait for them.

Kustomer counts every request against the limit of the plan, and searches by API keys against a
second, lower limit as well (developer.kustomer.com, "Rate limits"). Each limit has a `Budget`.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from source_kustomer.errors import Stopped
from source_kustomer.kustomer.budget import MINUTE, Budget, LimitHeaders, Sent
from source_kustomer.kustomer.clock import Clock
from source_kustomer.logger import LOGGER

ORGANIZATION_LIMIT: Final = 300.0
"""Requests per minute of the smallest plan. It is assumed until an answer shows the limit."""
SEARCH_LIMIT: Final = 100.0
"""Searches per minute of an API key (developer.kustomer.com, "Rate limits"). No header is known to
show this limit, so the configuration can state another one."""


class Kind(Enum):
    """The limits that a request counts against: all requests, or searches as well."""

    LIST = "list"
    SEARCH = "search"


@dataclass(frozen=True)
class Permit:
    """The permission to send one request, which is counted as sent."""

    kind: Kind
    organization: Sent
    search: Sent | None
    """None for a request that is not a search."""
    waited: float = 0.0
    """Seconds that the request waited for the permission."""


@dataclass(eq=False)
class _Waiter:
    """A request that waits for its permit."""

    kind: Kind
    since: float
    turn: threading.Event = field(default_factory=threading.Event)
    """Set when there is a permit, or when the time to wait may have changed."""
    permit: Permit | None = None


class Budgets:
    """The budgets of an organization. Safe to use from many threads.

    Requests are permitted in the order in which they ask, but a list never waits for the limit of
    searches. Searches are permitted when both limits allow it.
    """

    def __init__(
        self,
        share: float,
        *,
        searches_per_minute: float = SEARCH_LIMIT,
        clock: Clock | None = None,
    ) -> None:
        """Use a share of both limits.

        Args:
            share: above 0, up to 1.
            searches_per_minute: the limit of searches for the API key, as configured.
            clock: for tests and simulations.
        """
        self._clock = clock or Clock()
        self._lock = threading.Lock()
        self._organization = Budget(ORGANIZATION_LIMIT, share)
        self._is_organization_known = False
        """Whether an answer that is not a search's has shown the limit of the organization."""
        self._search = Budget(searches_per_minute, share)
        self._configured_searches = searches_per_minute
        self._reported: set[float | None] = set()
        """What the log has reported about the limit of searches: a value, or None for a 429."""
        self._waiters: list[_Waiter] = []
        self._is_stopped = False

    def acquire(self, kind: Kind) -> Permit:
        """Wait until a request may be sent, and count it as sent.

        Raises:
            Stopped: after `stop`.
        """
        with self._lock:
            waiter = _Waiter(kind, self._clock.monotonic())
            self._waiters.append(waiter)
        try:
            while True:
                with self._lock:
                    waiter.turn.clear()
                    seconds = self._permit_waiters()[kind]
                    if waiter.permit is not None:
                        return waiter.permit
                    if next(each for each in self._waiters if each.kind is kind) is not waiter:
                        seconds = MINUTE
                self._clock.wait(waiter.turn, seconds)
        finally:
            with self._lock:
                if waiter in self._waiters:
                    self._waiters.remove(waiter)

    def try_acquire(self, kind: Kind) -> Permit | float:
        """Count a request as sent if it may be sent now, without waiting and without a queue.

        Returns:
            The permit, or the seconds after which to try again.

        Raises:
            Stopped: after `stop`.
        """
        with self._lock:
            now = self._clock.monotonic()
            seconds = self._seconds_until_free(kind, now)
            return self._send(kind, now) if seconds <= 0 else seconds

    def _permit_waiters(self) -> dict[Kind, float]:
        """Give every waiting request its permit that may be sent now.

        Returns:
            The seconds after which the next request of each kind may be sent.

        Raises:
            Stopped: after `stop`.
        """
        now = self._clock.monotonic()
        seconds = {kind: self._seconds_until_free(kind, now) for kind in Kind}
        for waiter in list(self._waiters):
            if seconds[waiter.kind] <= 0:
                waiter.permit = self._send(waiter.kind, now, since=waiter.since)
                self._waiters.remove(waiter)
                waiter.turn.set()
                seconds = {kind: self._seconds_until_free(kind, now) for kind in Kind}
                self._wake_next()
        return seconds

    def _wake_next(self) -> None:
        """Let the first waiting request of each kind find out how long it has to wait now."""
        for kind in Kind:
            first = next((each for each in self._waiters if each.kind is kind), None)
            if first is not None:
                first.turn.set()

    def _seconds_until_free(self, kind: Kind, now: float) -> float:
        if self._is_stopped:
            raise Stopped
        free = self._organization.next_free(now)
        if kind is Kind.SEARCH:
            free = max(free, self._search.next_free(now))
        return free - now

    def _send(self, kind: Kind, now: float, *, since: float | None = None) -> Permit:
        organization = self._organization.send(now)
        search = self._search.send(now) if kind is Kind.SEARCH else None
        return Permit(kind, organization, search, 0.0 if since is None else now - since)

    def answered(self, permit: Permit, headers: Mapping[str, str] | None, *, refused: bool) -> None:
        """Follow what the answer to a request shows.

        Args:
            permit: of the request.
            headers: of the answer, with lower-case names; None when there was no answer.
            refused: whether the status was 429.
        """
        with self._lock:
            now = self._clock.monotonic()
            self._organization.answered()
            if permit.search is not None:
                self._search.answered()
            if headers is not None:
                shown = LimitHeaders.of(headers, self._clock.unix())
                described = self._learn(permit, shown, now)
                if refused:
                    self._refuse(permit, shown, described, now)
                self._share_minute(now)
            self._wake_next()

    def _learn(self, permit: Permit, shown: LimitHeaders, now: float) -> Budget | None:
        """Pass the headers to the budget that they describe, and return it."""
        if permit.search is None:
            self._is_organization_known |= shown.limit is not None
        if permit.search is None or self._describes_organization(shown):
            self._organization.learn(now, permit.organization, shown)
            return self._organization
        if self._describes_searches(shown):
            self._search.learn(now, permit.search, shown)
            return self._search
        return None

    def _describes_organization(self, shown: LimitHeaders) -> bool:
        """Return whether the headers of a search describe the limit of the organization.

        No source states which of the two limits they describe. The value of the limit shows it.
        """
        if shown.limit is None or self._is_organization_known:
            return shown.limit == self._organization.limit
        return shown.limit > self._configured_searches or shown.limit >= ORGANIZATION_LIMIT

    def _describes_searches(self, shown: LimitHeaders) -> bool:
        """Return whether the headers of a search describe the limit of searches.

        A lower limit than the configured one is believed, a higher one is only reported.
        """
        limit, configured = shown.limit, self._configured_searches
        if limit is None:
            return False
        if limit != configured and limit not in self._reported:
            self._reported.add(limit)
            LOGGER.warning(
                "Answers to searches show a limit of %g per minute, but searches_per_minute is "
                "configured as %g. The connector keeps to the lower of the two. If %g is the "
                "limit of searches for this API key, configure it.",
                limit,
                configured,
                limit,
            )
        return limit <= configured

    def _refuse(
        self, permit: Permit, shown: LimitHeaders, described: Budget | None, now: float
    ) -> None:
        """Stop sending what a 429 concerns.

        A search is refused because of the limit of searches, unless the headers show that the
        limit of the organization is used up.
        """
        is_used_up = described is self._organization and shown.remaining == 0
        if permit.search is None or is_used_up:
            self._organization.refuse(now, permit.organization, shown)
            return
        self._search.refuse(now, permit.search, shown)
        if not self._search.is_shown and None not in self._reported:
            self._reported.add(None)
            LOGGER.warning(
                "Kustomer refused a search (HTTP 429) before this sync had sent the configured "
                "searches_per_minute (%g). Other integrations used the rest, or the limit of "
                "searches for this API key is lower. If it is lower, configure it.",
                self._configured_searches,
            )

    def _share_minute(self, now: float) -> None:
        """Let a budget that no answer describes follow the minutes of the other one."""
        pairs = ((self._organization, self._search), (self._search, self._organization))
        for shown, hidden in pairs:
            start = shown.minute_start(now)
            if start is not None and not hidden.is_shown and start != hidden.minute_start(now):
                hidden.begin_minute(start)

    def searches_per_second(self) -> float:
        """Return the searches per second that both limits now allow."""
        with self._lock:
            now = self._clock.monotonic()
            return min(self._organization.quota(now), self._search.quota(now)) / MINUTE

    def requests_per_second(self) -> float:
        """Return the requests per second that the limit of the organization now allows."""
        with self._lock:
            return self._organization.quota(self._clock.monotonic()) / MINUTE

    def waiting(self, kind: Kind) -> int:
        """Return how many requests of a kind wait for their permit now."""
        with self._lock:
            return sum(waiter.kind is kind for waiter in self._waiters)

    def stop(self) -> None:
        """End every wait, and permit no further request."""
        with self._lock:
            self._is_stopped = True
            for waiter in self._waiters:
                waiter.turn.set()

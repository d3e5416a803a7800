"""One rate limit: what answers show of it, and when the next request may be sent.

Kustomer counts the requests of all API keys and users of an organization in fixed minutes
(developer.kustomer.com, "Rate limits"). An answer shows the limit and how many requests remain in
the server's minute. Recorded answers show the time of the next minute only with a 429, so a new
minute is recognized by what remains: it falls within a minute and increases with the next one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from source_kustomer.timestamps import parse_http_date

MINUTE: Final = 60.0
"""Seconds in which the server counts (developer.kustomer.com, "Rate limits")."""
HEAD_START: Final = 0.25
"""The part of the quota that may be sent at once after a pause, so that a small sync does not wait.
The rest is spread over the minute, so that other clients always find requests left."""
RESERVE: Final = 0.03
"""The part of a limit that is left unused when other clients use much of it: it covers what they
send between two answers to us, and our own requests that no answer has counted yet."""
LEAST: Final = 0.05
"""The part of a limit that is used however much other clients use, so that a sync ends. A
configured share below it is kept to."""
OBSERVATION: Final = 15.0
"""Seconds over which the pace of other clients is measured at least. A few requests within the
first second of a minute do not show a pace."""
TOLERANCE: Final = 1.0
"""Seconds added to the end of a minute: headers show whole seconds, and requests travel at
different speeds."""
AFTER_REFUSAL: Final = 0.8
"""The part of what was accepted in the minute of a 429 that is sent in the minutes after it. The
rest is for the clients that were not visible in the headers."""
LONGEST_CAUTION: Final = 8
"""Minutes with a lower quota after a 429: one, and twice as many whenever the full quota is refused
again. Hidden clients that stay are then disturbed every eighth minute."""


@dataclass(frozen=True)
class LimitHeaders:
    """The rate-limit headers of an answer. A missing or unusable one is None."""

    limit: float | None = None
    remaining: float | None = None
    reset_in: float | None = None
    """Seconds until the server's minute ends."""
    retry_after: float | None = None
    """Seconds that a 429 asks to wait."""

    @property
    def used(self) -> float | None:
        """Requests of all clients that were counted in the server's minute."""
        if self.limit is None or self.remaining is None:
            return None
        return self.limit - max(0.0, self.remaining)

    @staticmethod
    def of(headers: Mapping[str, str], unix_now: float) -> LimitHeaders:
        """Read the headers `x-ratelimit-limit`, `-remaining`, `-reset`, and `retry-after`.

        Args:
            headers: of an answer, with lower-case names.
            unix_now: Unix time in seconds, for answers without the header `date`.
        """
        date = parse_http_date(headers.get("date"))
        # The reset is compared with the clock of the server. This machine's may be wrong.
        server_now = unix_now if date is None else date
        limit = _number(headers.get("x-ratelimit-limit"))
        reset = _number(headers.get("x-ratelimit-reset"))
        retry_after = headers.get("retry-after")
        wait = _number(retry_after)
        retry_at = parse_http_date(retry_after) if wait is None else server_now + wait
        return LimitHeaders(
            limit=limit if limit is not None and limit >= 1 else None,
            remaining=_number(headers.get("x-ratelimit-remaining")),
            reset_in=_within_a_minute(reset, server_now),
            retry_after=_within_a_minute(retry_at, server_now),
        )


def _number(text: str | None) -> float | None:
    try:
        number = float(text) if text is not None else None
    except ValueError:
        return None
    return number if number is not None and abs(number) < float("inf") else None


def _within_a_minute(unix_time: float | None, server_now: float) -> float | None:
    """Return the seconds until a time that lies within the next minute, otherwise None."""
    if unix_time is None or not -TOLERANCE <= unix_time - server_now <= MINUTE + TOLERANCE:
        return None
    return max(0.0, unix_time - server_now)


@dataclass(frozen=True)
class Sent:
    """A request that was sent, and what was known of the server's minute then."""

    at: float
    minute: int
    used: float


@dataclass
class _Minute:
    """A minute of the server's, as far as it is known."""

    number: int
    start: float
    is_known: bool
    """Whether answers have shown when it began. Before, `start` is the first request's time."""
    ours: int = 0
    """Our requests in it."""
    used: float = 0.0
    """Requests of all clients that an answer has shown."""
    others: float = 0.0
    """Requests of other clients in it, at least."""
    others_at_first: float | None = None
    """Those of them that were sent before we could observe their pace; None before any answer."""
    observed_from: float = 0.0


class Budget:
    """One rate limit. Pure: every method gets the monotonic time in seconds."""

    def __init__(self, limit: float, share: float) -> None:
        """Start with a limit that holds until an answer shows another one.

        Args:
            limit: requests per minute.
            share: the part of it that may be used, above 0 up to 1.
        """
        self.limit = limit
        self.is_shown = False
        """Whether answers show how much of the limit is used."""
        self._share = share
        self._sent: deque[float] = deque()
        """When our requests of the last 60 seconds were sent."""
        self._in_flight = 0
        self._minute = _Minute(0, 0.0, is_known=False)
        self._others_before = 0.0
        """Requests of other clients in the minute before."""
        self._blocked_until = float("-inf")
        self._ceiling = float("inf")
        self._ceiling_until = float("-inf")
        self._caution = 0

    def minute_start(self, now: float) -> float | None:
        """Return when the server's minute began; None while that is unknown."""
        self._advance(now)
        return self._minute.start if self._minute.is_known else None

    def quota(self, now: float) -> float:
        """Return how many requests a minute may be sent."""
        self._advance(now)
        return self._quota(now)

    def _quota(self, now: float) -> float:
        free = self.limit * (1 - RESERVE) - self._expected_others(now)
        least = min(self._share, LEAST) * self.limit
        quota = max(min(self._share * self.limit, free), least)
        if now < self._ceiling_until:
            quota = min(quota, max(self._ceiling, least))
        return max(1.0, quota)

    def _expected_others(self, now: float) -> float:
        """Return how many requests other clients will have sent by the end of the minute.

        As many as in the minute before, whenever they sent them. If they have sent more by now,
        they continue at the pace that this minute shows. The reserve covers small differences.
        """
        minute, before = self._minute, self._others_before
        if minute.others <= before + RESERVE * self.limit:
            return max(before, minute.others)
        growth = minute.others - (minute.others_at_first or 0.0)
        pace = growth / max(OBSERVATION, now - minute.observed_from)
        return minute.others + pace * max(0.0, minute.start + MINUTE - now)

    def next_free(self, now: float) -> float:
        """Return when the next request may be sent: `now` or later.

        While the server's minute is unknown, the quota holds for any 60 seconds. Such a pace is
        right wherever the server's minutes begin.
        """
        self._advance(now)
        if now < self._blocked_until:
            return self._blocked_until
        quota = int(self._quota(now) + 1e-9)  # a share of 0.29 of 100 is 28.999999999999996
        recent, minute = self._sent, self._minute
        if minute.is_known:
            count, end = minute.ours, minute.start + MINUTE
            if count >= quota:
                return end + TOLERANCE
        else:
            count, end = len(recent), (recent[0] if recent else now) + MINUTE
            if count >= quota:
                return recent[count - quota] + MINUTE
        if len(recent) < HEAD_START * quota:
            return now
        # Evenly until the end, and after a delay not faster than the limit itself.
        interval = max(MINUTE / self.limit, (end - recent[-1]) / (quota - count + 1))
        return max(now, recent[-1] + interval)

    def send(self, now: float) -> Sent:
        """Count a request that is sent now."""
        self._advance(now)
        minute = self._minute
        if not self._sent and not minute.is_known:
            minute.start = now
        self._sent.append(now)
        self._in_flight += 1
        minute.ours += 1
        return Sent(now, minute.number, minute.used)

    def answered(self) -> None:
        """Count a request as answered or failed."""
        self._in_flight -= 1

    def learn(self, now: float, sent: Sent, shown: LimitHeaders) -> None:
        """Follow what an answer shows.

        Args:
            now: when it was received.
            sent: the request that it answers. Answers may be received in any order.
            shown: its headers.
        """
        self._advance(now)
        if shown.limit is not None:
            self.limit = shown.limit
        if shown.reset_in is not None and not self._minute.is_known:
            self._set_end(now + shown.reset_in)
        if shown.used is None:
            return
        self.is_shown = True
        # What was counted when the request was sent can only have grown, unless a new minute has
        # begun. Servers that count a little differently from each other do not halve it.
        if sent.minute == self._minute.number and shown.used < sent.used / 2:
            self.begin_minute(sent.at)
        minute = self._minute
        if sent.at < minute.start:
            return  # it may have been counted in the minute before
        minute.used = max(minute.used, shown.used)
        # The server counted the request about halfway between its sending and its answer.
        counted_at = (sent.at + now) / 2
        others = shown.used - minute.ours + self._count_since(counted_at)
        if minute.others_at_first is None:
            minute.others_at_first = 0.0 if minute.is_known else max(0.0, others)
            minute.observed_from = minute.start if minute.is_known else now
        minute.others = max(minute.others, others)

    def begin_minute(self, start: float) -> None:
        """Begin a new minute of the server's.

        Args:
            start: when; not later than now.
        """
        old, length = self._minute, start - self._minute.start
        is_correction = old.is_known and length < MINUTE / 2
        if not is_correction:
            self._others_before = old.others if length < 1.5 * MINUTE else 0.0
        ours = self._count_since(start)
        self._minute = _Minute(old.number + 1, start, is_known=True, ours=ours)

    def refuse(self, now: float, sent: Sent, shown: LimitHeaders) -> bool:
        """Send nothing until the server's minute has ended, because of a 429.

        Returns:
            Whether it is the first 429 of this minute.
        """
        self._advance(now)
        if sent.at < self._minute.start or now < self._blocked_until:
            return False
        self._lower_quota(now)
        if shown.reset_in is not None:
            self._set_end(now + shown.reset_in)
        until = now + (shown.retry_after or 0.0)
        if self._minute.is_known:
            until = max(until, self._minute.start + MINUTE + TOLERANCE)
        self._blocked_until = until if until > now else now + MINUTE
        self._ceiling_until = self._blocked_until + self._caution * MINUTE
        return True

    def _set_end(self, end: float) -> None:
        """Set when the present minute ends, as a header shows it in whole seconds."""
        minute = self._minute
        minute.start, minute.is_known = end - MINUTE, True
        minute.ours = self._count_since(minute.start - TOLERANCE)

    def _lower_quota(self, now: float) -> None:
        """Set the quota of the next minutes from what was accepted in this one."""
        count = self._minute.ours if self._minute.is_known else len(self._sent)
        self._ceiling = AFTER_REFUSAL * max(0, count - self._in_flight - 1)
        is_repeated = now < self._ceiling_until + self._caution * MINUTE
        self._caution = min(LONGEST_CAUTION, 2 * self._caution) if is_repeated else 1

    def _count_since(self, time: float) -> int:
        """Return how many of our requests of the last minute were sent at a time or later."""
        return sum(1 for _ in takewhile(lambda at: at >= time, reversed(self._sent)))

    def _advance(self, now: float) -> None:
        """Forget what is older than a minute, and begin the next minute that is known."""
        while self._sent and self._sent[0] <= now - MINUTE:
            self._sent.popleft()
        start = self._minute.start
        if self._minute.is_known and now >= start + MINUTE + TOLERANCE:
            passed = max(1, int((now - start - TOLERANCE) / MINUTE))
            self.begin_minute(start + passed * MINUTE)

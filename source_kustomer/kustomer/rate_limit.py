"""Two budgets of requests, kept to a share, shared with every other client of the organization.

Kustomer counts in fixed windows of 60 seconds, over all keys of an organization: every request
against the plan's limit, and searches by API keys against 100 besides (developer.kustomer.com,
"Rate limits"). What others use is seen in the answers' headers, and leaves us less.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Final

from source_kustomer.errors import Stopped
from source_kustomer.kustomer.clock import Clock

WINDOW: Final = 60.0
ORGANIZATION_LIMIT: Final = 300.0
"""The smallest plan's, until an answer tells."""
SEARCH_LIMIT: Final = 100.0

HEAD_START: Final = 0.25
"""The part of a window's quota that may be used at once; the rest is spread over the window. A
small sync is then not slowed down, and a long one leaves room for others all the time."""
UNTOUCHED: Final = 0.02
"""The part of a limit that is left free when others use much of it: for what is on its way."""
LEAST: Final = 0.05
"""The part of a limit that we use whatever others do, so that a sync comes to its end."""
FORESIGHT: Final = 0.15
"""From this part of a window on, others' use so far tells what they will use in it."""
GUARD: Final = 0.75
"""Seconds added to a reset: it is told in whole seconds."""
SETTLED: Final = 3.0
"""Seconds after which all answers of the window before have come, mostly."""
SILENT_ANSWERS: Final = 3
"""Searches whose answers say nothing of a search limit, before it is put to the trial."""
TRIED_AT_ONCE: Final = 0.95
"""The part of the documented search limit that a trial uses before it sends one at a time."""
STEP_BACK: Final = 0.9
STEP_UP: Final = 0.05
"""After a 429, of what got through; and per clean window, of the limit."""
LONGEST_HOLD: Final = 8
"""Clean windows before stepping up again. Each 429 under a ceiling doubles them from one: what
others use steadily is not run into every few minutes, here and there, by them as well as by us."""


class Kind(Enum):
    """What a request counts as."""

    LIST = "list"
    SEARCH = "search"


@dataclass(frozen=True)
class Told:
    """What an answer's headers say of a limit."""

    limit: float | None
    remaining: float | None
    reset_in: float | None
    """Seconds until the window resets; None when that cannot be believed."""

    @staticmethod
    def of(headers: Mapping[str, str], unix_now: float, *, refused: bool = False) -> Told:
        """Read the headers; what is missing or garbage is None.

        Args:
            headers: an answer's, with lower-case names.
            unix_now: the time of day, in seconds, for answers without a date.
            refused: whether the answer is a 429, whose Retry-After may stand in for the reset.
        """
        reset = _number(headers.get("x-ratelimit-reset"))
        # The reset is compared with the answer's own clock: ours may go wrong.
        server_now = _date(headers.get("date"))
        reset_in = None if reset is None else reset - (server_now or unix_now)
        if reset_in is not None and not -1.0 <= reset_in <= WINDOW + 1.0:
            reset_in = None
        retry_after = _number(headers.get("retry-after")) if refused else None
        if reset_in is None and retry_after is not None and 0 < retry_after <= WINDOW:
            reset_in = retry_after
        limit = _number(headers.get("x-ratelimit-limit"))
        return Told(
            limit=limit if limit is not None and limit >= 1 else None,
            remaining=_number(headers.get("x-ratelimit-remaining")),
            reset_in=None if reset_in is None else max(0.0, reset_in),
        )


def _number(text: str | None) -> float | None:
    try:
        number = float(text) if text is not None else None
    except ValueError:
        return None
    return number if number is not None and abs(number) < float("inf") else None


def _date(text: str | None) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp() if text else None
    except (TypeError, ValueError):
        return None


class Budget:
    """One limit per window. Pure: every method is told the monotonic time, in seconds."""

    def __init__(self, limit: float, share: float) -> None:
        """Start with a limit that is assumed until an answer tells it.

        Args:
            limit: requests per window.
            share: the part of it that may be used, 0 to 1.
        """
        self.limit = limit
        self.is_known = False
        self.in_flight = 0
        self.successes = 0
        """Requests that were surely both let through and counted in this window."""
        self.sent = 0
        """Requests sent in this window, those on their way at its start included."""
        self._share = share
        self._start = float("-inf")
        self._end = float("-inf")
        self._is_end_told = False
        """Whether an answer has told when the window ends; until then that is a guess."""
        self._others = 0.0
        self._others_before: float | None = None
        self._refused = 0
        self._ceiling: float | None = None
        self._hold = 0
        self._held = 0
        self._blocked_until = float("-inf")

    def quota(self, now: float) -> float:
        """Return how many requests may be sent in the window that `now` lies in."""
        self._roll(now)
        free = self.limit * (1 - UNTOUCHED) - self._expected_others(now)
        quota = max(min(self._share * self.limit, free), self.limit * LEAST)
        if self._ceiling is not None:
            quota = min(quota, self._ceiling)
        return max(1.0, quota)

    def _expected_others(self, now: float) -> float:
        """Guess how many requests others will have sent by the end of the window."""
        passed = (now - self._start) / WINDOW
        projected = self._others / passed if passed >= FORESIGHT else self._others
        if self._others_before is not None:
            projected = (projected + self._others_before) / 2
        return max(self._others, projected)

    def next_free(self, now: float) -> float:
        """Return when the next request may be sent: `now`, or a later moment."""
        self._roll(now)
        if self.is_blocked(now):
            return self._blocked_until
        quota = self.quota(now)
        if self.sent >= quota:
            return self._end
        ahead = self.sent / quota - HEAD_START
        paced = self._start + WINDOW * ahead / (1 - HEAD_START)
        return max(now, min(paced, self._end))

    def is_blocked(self, now: float) -> bool:
        """Tell whether a 429 forbids everything until the window resets."""
        return self._blocked_until > now

    def sent_by(self, now: float) -> int:
        """Return how many requests were sent in the window that `now` lies in."""
        self._roll(now)
        return self.sent

    def send(self, now: float) -> None:
        """Count a request that is sent."""
        self._roll(now)
        self.sent += 1
        self.in_flight += 1

    def answered(self) -> None:
        """Count a request that is no longer on its way, whatever became of it."""
        self.in_flight -= 1

    def succeeded(self, now: float) -> None:
        """Count a request that was let through, unless another window may have counted it."""
        self._roll(now)
        self.successes += self._start + SETTLED < now < self._end - SETTLED

    def settled_at(self, now: float) -> float:
        """Return when the window that `now` lies in has surely begun for the server as well."""
        self._roll(now)
        return self._start + SETTLED

    def learn(self, now: float, told: Told) -> None:
        """Take in what an answer says of this limit."""
        self._roll(now)
        if told.limit is not None:
            self.limit, self.is_known = told.limit, True
        if not self._is_of_this_window(now, told):
            return
        if told.reset_in is not None:
            self._move_end(now, now + told.reset_in + GUARD)
        if told.remaining is not None and told.limit is not None:
            used = told.limit - max(0.0, told.remaining)
            self._others = max(self._others, used - self.sent)

    def _is_of_this_window(self, now: float, told: Told) -> bool:
        """Tell whether an answer can speak of the present window.

        One that was on its way when the window changed speaks of the past one, which is used up.
        The first answer of all is believed: what it would contradict is a guess.
        """
        if told.reset_in is None:
            return now - self._start > SETTLED
        return not self._is_end_told or now + told.reset_in + GUARD > self._end - WINDOW / 2

    def refuse(self, now: float, told: Told) -> None:
        """Take in a 429: nothing more until the window resets, and less in the next ones."""
        self._roll(now)
        if not self._refused:
            self._hold = 1 if self._ceiling is None else min(LONGEST_HOLD, 2 * self._hold)
            self._held = 0
        self._refused += 1
        if told.reset_in is not None and self._is_of_this_window(now, told):
            self._move_end(now, now + told.reset_in + GUARD)
        self._blocked_until = max(self._blocked_until, self._end)
        through = self.sent - self.in_flight - self._refused
        self._ceiling = max(1.0, self.limit * LEAST, STEP_BACK * through)

    def _move_end(self, now: float, end: float) -> None:
        if not self._is_end_told:
            self._is_end_told = True
            self.successes = -self.in_flight
            self._start, self._end = end - WINDOW, end
        elif end > self._end + WINDOW / 2:
            self._begin(now, end)
        elif end > self._end or end < self._end - GUARD * 2:
            # Told in whole seconds, it wavers: the latest is believed, lest we are early.
            # Successes are counted so far from both ends that they stay proven beside a waver.
            if abs(end - self._end) >= SETTLED:
                self.successes = -self.in_flight
            self._start, self._end = end - WINDOW, end

    def _roll(self, now: float) -> None:
        if now >= self._end:
            fresh = self._end if now - self._end < WINDOW else now
            self._begin(now, fresh + WINDOW)

    def _begin(self, now: float, end: float) -> None:
        had_window = self._end > float("-inf")
        follows = had_window and now - self._end < WINDOW
        self._others_before = self._others if follows else None
        if follows and not self._refused and self._ceiling is not None:
            self._step_up(self._ceiling)
        self._start, self._end = end - WINDOW, end
        self._others, self._refused = 0.0, 0
        # Those on their way may be counted on either side of the change: on both, here.
        self.sent = self.in_flight
        self.successes = -self.in_flight

    def _step_up(self, ceiling: float) -> None:
        """Try a little more than a 429 has left us, after enough clean windows."""
        self._held += 1
        if self._held > self._hold:
            raised = ceiling + STEP_UP * self.limit
            self._ceiling = raised if raised < self._share * self.limit else None


class Budgets:
    """The two budgets, and the threads that wait for them; first come, first served by kind."""

    def __init__(self, share: float, *, clock: Clock | None = None) -> None:
        """Keep to a share of every limit.

        Args:
            share: 0 to 1.
            clock: for tests.
        """
        self._clock = clock or Clock()
        self._changed = threading.Condition()
        self._organization = Budget(ORGANIZATION_LIMIT, share)
        self._search = Budget(SEARCH_LIMIT, share)
        self._is_search_limited = True
        self._trial_is_over = False
        self._silent_answers = 0
        self._waiting: dict[Kind, deque[object]] = {kind: deque() for kind in Kind}
        self._is_stopped = False

    def acquire(self, kind: Kind) -> float:
        """Wait until a request may be sent, and count it as sent.

        Returns:
            Seconds waited.

        Raises:
            Stopped: when everything is to end.
        """
        ticket = object()
        line = self._waiting[kind]
        with self._changed:
            began = self._clock.monotonic()
            line.append(ticket)
            try:
                while True:
                    if self._is_stopped:
                        raise Stopped
                    now = self._clock.monotonic()
                    timeout = None
                    if line[0] is ticket:
                        free = self._next_free(kind, now)
                        if free <= now:
                            self._send(kind, now)
                            return now - began
                        timeout = min(free - now, WINDOW)
                    self._changed.wait(timeout)
            finally:
                line.remove(ticket)
                self._changed.notify_all()

    def _next_free(self, kind: Kind, now: float) -> float:
        organization = self._organization.next_free(now)
        if kind is Kind.LIST or not self._is_search_limited:
            return organization
        search = self._search
        is_tried = self._is_on_trial() and not search.is_blocked(now)
        if is_tried and (search.in_flight == 0 or self._is_spending_unpaced(now)):
            return max(organization, search.settled_at(now))
        return max(organization, search.next_free(now))

    def _is_spending_unpaced(self, now: float) -> bool:
        """Tell whether a trial is in its first part, which uses as many readers as there are."""
        search = self._search
        is_early = search.sent_by(now) < SEARCH_LIMIT * TRIED_AT_ONCE
        return is_early and self._is_on_trial() and not search.is_blocked(now)

    def _is_on_trial(self) -> bool:
        """Tell whether to find out if the documented limit of searches applies here.

        When the answers to searches only ever speak of the organization's limit, nothing tells
        whether there is another one. Then most of it is spent without pacing, and after that
        searches go on one at a time: the first refusal ends the trial for this sync, the 101st
        success in a window ends the limit. Should a search be refused afterwards, although the
        organization's limit is not exhausted, the limit is back for good.
        """
        return (
            self._is_search_limited
            and not self._trial_is_over
            and not self._search.is_known
            and self._silent_answers >= SILENT_ANSWERS
        )

    def _send(self, kind: Kind, now: float) -> None:
        self._organization.send(now)
        if kind is Kind.SEARCH:
            self._search.send(now)

    def answered(self, kind: Kind, headers: Mapping[str, str] | None, *, refused: bool) -> None:
        """Take in an answer.

        Args:
            kind: what the request counted as.
            headers: the answer's, with lower-case names; None when there was no answer.
            refused: whether it was a 429.
        """
        with self._changed:
            now = self._clock.monotonic()
            self._organization.answered()
            if kind is Kind.SEARCH:
                self._search.answered()
            if headers is not None:
                told = Told.of(headers, self._clock.unix(), refused=refused)
                self._learn(kind, told, now, refused=refused)
            self._changed.notify_all()

    def _learn(self, kind: Kind, told: Told, now: float, *, refused: bool) -> None:
        budget = self._subject(kind, told, refused=refused)
        if refused and told.remaining:
            # It speaks of the limit that is not exhausted; only its reset is of use.
            told = Told(limit=None, remaining=None, reset_in=told.reset_in)
        budget.learn(now, told)
        if refused:
            budget.refuse(now, told)
            if budget is self._search:
                self._trial_is_over = self._is_search_limited = True
        elif kind is Kind.SEARCH and budget is self._organization and told.limit is not None:
            self._put_to_trial(told, now)

    def _put_to_trial(self, told: Told, now: float) -> None:
        """Take in that a search got through, and that its answer tells of no search limit."""
        if told.reset_in is None:
            return  # where a window ends is unknown, so nothing is proven by a count in one
        # Both limits are counted in the same windows, as far as is known.
        self._search.learn(now, Told(limit=None, remaining=None, reset_in=told.reset_in))
        self._search.succeeded(now)
        self._silent_answers += 1
        if self._is_on_trial() and self._search.successes > SEARCH_LIMIT:
            self._is_search_limited = False

    def _subject(self, kind: Kind, told: Told, *, refused: bool) -> Budget:
        """Find out which limit an answer's headers speak of; no source says it for searches."""
        if kind is Kind.LIST:
            return self._organization
        if told.limit is None:
            return self._search if refused else self._organization
        if refused and told.remaining:
            return self._search
        if self._organization.is_known:
            known = self._organization.limit
            return self._organization if told.limit == known else self._search
        return self._search if told.limit <= SEARCH_LIMIT else self._organization

    def searches_per_second(self) -> float:
        """Return the pace that both limits now allow for searches."""
        with self._changed:
            now = self._clock.monotonic()
            quotas = [self._organization.quota(now)]
            if self._is_search_limited and not self._is_spending_unpaced(now):
                quotas.append(self._search.quota(now))
        return min(quotas) / WINDOW

    def requests_per_second(self) -> float:
        """Return the pace that the organization's limit now allows."""
        with self._changed:
            return self._organization.quota(self._clock.monotonic()) / WINDOW

    def stop(self) -> None:
        """Let nobody wait any longer, nor send anything more."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()

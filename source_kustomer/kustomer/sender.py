"""Sends a request until it is answered: within the rate limits, with retries, within memory."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Final

from source_kustomer.errors import (
    KustomerUnavailable,
    Retry,
    Stopped,
    error_for,
    is_reason_stated,
    rule_for,
)
from source_kustomer.kustomer.body import BodyTooLarge, BrokenBody, decode, decode_error
from source_kustomer.kustomer.clock import Clock
from source_kustomer.kustomer.documents import fault_in
from source_kustomer.kustomer.memory import (
    OBJECT_LIMITS,
    PAGE_LIMITS,
    AnswerMemory,
    MemoryPool,
    SizeLimits,
)
from source_kustomer.kustomer.meter import RequestMeter
from source_kustomer.kustomer.rate_limit import Budgets, Kind
from source_kustomer.kustomer.retry import RetryBudget
from source_kustomer.kustomer.transport import (
    Answer,
    NoAnswer,
    Request,
    Transport,
    check_reads_only,
)
from source_kustomer.logger import LOGGER
from source_kustomer.text import KeyMask

_SUCCESS: Final = range(200, 300)
_REDIRECT: Final = range(300, 400)


class Refused(Exception):
    """The API answered a request with an error that another attempt would not change."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        """The decoded error body, without the key."""


class Failed(Exception):
    """A request failed in a way that makes a smaller page worth trying."""

    def __init__(self, reason: str, *, is_too_large: bool = False) -> None:
        super().__init__(reason)
        self.is_too_large = is_too_large


@dataclass(frozen=True)
class _Fault:
    """A failed attempt."""

    reason: str
    is_too_large: bool = False
    is_rate_limited: bool = False
    is_unauthorized: bool = False


class Sender:
    """Sends requests over one transport. Safe to use from many threads."""

    def __init__(
        self,
        transport: Transport,
        *,
        budgets: Budgets,
        key_mask: KeyMask,
        clock: Clock,
        max_in_flight: int,
    ) -> None:
        """Connect the parts.

        Args:
            transport: sends a request once.
            budgets: the rate limits.
            key_mask: removes the key from what the API sends back.
            clock: for delays.
            max_in_flight: the number of requests without an answer at any time.
        """
        self.meter = RequestMeter()
        self.has_succeeded = False
        """Whether any request was answered with data, so that the API accepts the key."""
        self._transport = transport
        self._budgets = budgets
        self._key_mask = key_mask
        self._clock = clock
        self._stopped = threading.Event()
        self._in_flight = threading.BoundedSemaphore(max_in_flight)
        self._memory = MemoryPool(self.raise_if_stopped)

    def stop(self) -> None:
        """End every wait. Requests without an answer are not repeated."""
        self._stopped.set()
        self._budgets.stop()

    def raise_if_stopped(self) -> None:
        """Raise Stopped after `stop`."""
        if self._stopped.is_set():
            raise Stopped

    @contextmanager
    def answer(
        self,
        request: Request,
        retries: RetryBudget,
        *,
        limits: SizeLimits = OBJECT_LIMITS,
        max_failures: int | None = None,
        can_shrink: bool = False,
        needs_data: bool = True,
    ) -> Iterator[tuple[dict[str, Any], int]]:
        """Send a request until it is answered, and decode the answer.

        Few decoded answers exist at a time. Use the answer inside the context, and send nothing
        else there.

        Args:
            request: the request.
            retries: the time that may be spent on failures.
            limits: the largest answer that is accepted.
            max_failures: the number of failures after which a smaller page is tried; None to
                repeat the request until the deadline.
            can_shrink: whether a smaller page is tried at once when the answer is too large.
            needs_data: whether a complete answer has the member `data`.

        Yields:
            The decoded body and its length in bytes.

        Raises:
            Refused: when the answer is final.
            Failed: when a smaller page should be tried.
            KustomerUnavailable: when the deadline has passed.
            ConfigError: when the configuration makes requests impossible.
            Stopped: after `stop`.
        """
        failures = 0
        while True:
            with self._memory.answer(limits) as memory:
                outcome = self._attempt(request, retries, memory, needs_data=needs_data)
                if not isinstance(outcome, _Fault):
                    self.has_succeeded = True
                    yield outcome
                    return
            failures += not outcome.is_unauthorized  # no smaller page would be authorized
            self.meter.retried(rate_limited=outcome.is_rate_limited)
            if outcome.is_rate_limited:
                failures -= 1
                self._allow_rate_limited(request, retries)
                continue
            is_too_large = can_shrink and outcome.is_too_large
            if is_too_large or failures == max_failures:
                LOGGER.warning(
                    "%s: %s failed (%s). A smaller page follows.",
                    request.purpose,
                    request.name,
                    outcome.reason,
                )
                raise Failed(outcome.reason, is_too_large=is_too_large)
            self._wait(request, retries, outcome.reason)

    def _attempt(
        self, request: Request, retries: RetryBudget, memory: AnswerMemory, *, needs_data: bool
    ) -> tuple[dict[str, Any], int] | _Fault:
        """Send a request once, and decode its answer.

        Raises:
            Refused: when the answer is final.
        """
        try:
            answer = self._send(replace(request, on_received=memory.on_received), retries)
            if isinstance(answer, NoAnswer):
                return _Fault(answer.reason)
            if answer.status not in _SUCCESS:
                return self._refusal(answer, retries)
            memory.wait_to_decode()
            body, length = decode(
                answer.content,
                answer.encoding,
                max_bytes=memory.limits.decompressed,
                on_growth=memory.on_growth,
            )
        except BodyTooLarge as error:
            return _Fault(str(error), is_too_large=True)
        except BrokenBody as error:
            return _Fault(str(error))
        fault = fault_in(body) if needs_data else None
        return (body, length) if fault is None else _Fault(fault)

    def _refusal(self, answer: Answer, retries: RetryBudget) -> _Fault:
        """Return why an attempt failed whose answer is not a success.

        Raises:
            Refused: when the answer is final. The API's own errors are JSON objects. Any other
                body, such as an HTML page, comes from a proxy or gateway, which does not know
                whether an object exists or the key may read it.
        """
        rule = rule_for(answer.status)
        if rule.retry is Retry.RESET:
            return _Fault(f"HTTP {answer.status}", is_rate_limited=True)
        if rule.retry is Retry.BACKOFF:
            return _Fault(f"HTTP {answer.status}")
        try:
            body = decode_error(answer.content, answer.encoding)
        except BrokenBody:
            return _Fault(f"HTTP {answer.status} from a proxy or gateway: its body is not JSON")
        is_passing = answer.status == HTTPStatus.UNAUTHORIZED and not is_reason_stated(body)
        if is_passing and retries.allows_unauthorized(is_key_accepted=self.has_succeeded):
            return _Fault(f"HTTP {answer.status}", is_unauthorized=True)
        raise Refused(answer.status, self._key_mask.mask_all(body))

    def send(
        self, request: Request, retries: RetryBudget, *, limits: SizeLimits = PAGE_LIMITS
    ) -> Answer | NoAnswer:
        """Send a request once, within the rate limits, and do not decode its answer.

        An answer that is larger than the limit is not an answer.

        Raises:
            ConfigError: when the API redirects to another address.
            Stopped: after `stop`.
        """
        with self._memory.answer(limits) as memory:
            try:
                return self._send(replace(request, on_received=memory.on_received), retries)
            except BodyTooLarge as error:
                return NoAnswer(str(error))

    def _send(self, request: Request, retries: RetryBudget) -> Answer | NoAnswer:
        """Send a request once. Its `on_received` limits the answer.

        Raises:
            BodyTooLarge: when the answer is larger than the limit.
            ConfigError: when the API redirects to another address.
            Stopped: after `stop`.
        """
        check_reads_only(request)
        self.raise_if_stopped()
        permit = self._budgets.acquire(request.kind)
        retries.exclude(permit.waited)
        is_search = request.kind is Kind.SEARCH
        self.meter.sent(request.stream, is_search=is_search, waited=permit.waited)
        outcome: Answer | NoAnswer = NoAnswer("")
        try:
            with self._in_flight:
                outcome = self._transport.send(request)
        finally:
            refused = outcome.status == HTTPStatus.TOO_MANY_REQUESTS
            self._budgets.answered(permit, outcome.headers, refused=refused)
        if isinstance(outcome, NoAnswer):
            return outcome
        self.meter.answered(outcome.seconds, len(outcome.content))
        LOGGER.debug(
            "%s: %s answered %d, %d bytes, %.0f ms.",
            request.purpose,
            request.name,
            outcome.status,
            len(outcome.content),
            outcome.seconds * 1_000,
        )
        if outcome.status in _REDIRECT:
            raise error_for(outcome.status, None, request.name)
        return outcome

    def _allow_rate_limited(self, request: Request, retries: RetryBudget) -> None:
        """Count an answer 429. The rate limits make the next attempt wait for the reset.

        Raises:
            Refused: after too many of them.
        """
        if not retries.allows_rate_limited():
            raise Refused(HTTPStatus.TOO_MANY_REQUESTS, {})
        LOGGER.warning(
            "%s: %s was refused by the rate limit (HTTP 429, attempt %d). "
            "It is repeated after the reset.",
            request.purpose,
            request.name,
            retries.rate_limited,
        )

    def _wait(self, request: Request, retries: RetryBudget, reason: str) -> None:
        """Wait before the next attempt of a request that failed.

        Raises:
            KustomerUnavailable: when the deadline has passed.
            Stopped: after `stop`.
        """
        delay = retries.next_delay(self._clock.monotonic())
        if delay is None:
            raise KustomerUnavailable(
                f"Kustomer ({self._transport.host}) gave no usable answer to {request.name} for "
                f"{retries.seconds:,.0f} seconds, in {retries.attempts} attempts. The last failure "
                f"was: {reason}. The rows read so far are kept, and the next sync continues there."
            )
        LOGGER.warning(
            "%s: %s failed (%s). Attempt %d follows in %.1f s.",
            request.purpose,
            request.name,
            reason,
            retries.attempts + 1,
            delay,
        )
        if self._clock.wait(self._stopped, delay):
            raise Stopped

"""The one way to Kustomer: each request within the rate limits, repeated until it is answered."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

import orjson

from source_kustomer.errors import (
    ConfigError,
    KustomerError,
    KustomerUnavailable,
    NotAuthorised,
    Stopped,
    UnexpectedDocument,
    error_for,
)
from source_kustomer.kustomer.clock import Clock
from source_kustomer.kustomer.documents import BrokenBody, Document, decode, document_of
from source_kustomer.kustomer.meter import RequestMeter
from source_kustomer.kustomer.page_size import PageSizes
from source_kustomer.kustomer.pages import ListReader
from source_kustomer.kustomer.rate_limit import Budgets, Kind
from source_kustomer.kustomer.retry import Patience, is_worth_retrying
from source_kustomer.kustomer.search import (
    DEFAULT_PAGE,
    LARGEST_PAGE,
    MAX_PAGES,
    MAX_RECORDS,
    SearchQuery,
)
from source_kustomer.kustomer.transport import (
    CONNECTIONS,
    READ_TIMEOUT,
    Answer,
    Connection,
    NoAnswer,
    Request,
    refuse_to_write,
)
from source_kustomer.logger import LOGGER

TOKEN_PATH: Final = "/auth/tokens/current"
PATIENCE: Final = 300.0
"""Seconds that one request bears trouble: an outage of a minute is survived, one of ten is told."""
PAGES_DECODED_AT_ONCE: Final = 2
"""A decoded page takes many times the memory of its body, so few exist at a time; the bodies of
the other answers wait, compressed or not, for their turn."""
TRIES_FOR_THE_TIME: Final = 2
QUERIES_REMEMBERED: Final = 1_000
"""Far more than can be under way at once."""
STRANGE_REFUSALS: Final = 3
"""So often in a row a refusal without a JSON body must come to be believed. It is a gateway's: the
API refuses in JSON, and a passing 404 must not make a record's children pass for gone."""
FAILURES_BEFORE_SMALLER: Final = 3
"""After so many 5xx on one query a smaller page is tried: large ones have been seen to fail."""

_SMALLER_MAY_DO: Final = frozenset({400, 413, 422, 500})


class _Refused(Exception):
    """An answer that is not worth repeating as it is."""

    def __init__(self, status: int, answer: Answer | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.body: object = None
        if answer is not None:
            with suppress(BrokenBody):
                self.body = decode(answer.content, answer.encoding)


class Client:
    """Talks to one organization's API with one key."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        budgets: Budgets,
        clock: Clock | None = None,
        patience: float = PATIENCE,
        read_timeout: float = READ_TIMEOUT,
        max_in_flight: int = CONNECTIONS,
    ) -> None:
        """Prepare connections; none is opened yet.

        Args:
            base_url: the API's address, up to and with `/v1`.
            api_key: the key. It goes into the Authorization header and nowhere else.
            budgets: the rate limits.
            clock: for tests.
            patience: seconds that a request bears trouble before it fails.
            read_timeout: seconds without a byte after which an answer is given up.
            max_in_flight: how many requests may be under way at once.

        Raises:
            ConfigError: when the address is none.
        """
        self._budgets = budgets
        self._clock = clock or Clock()
        self._patience = patience
        self._stopped = threading.Event()
        self._connection = Connection(
            base_url,
            api_key,
            clock=self._clock,
            read_timeout=read_timeout,
            raise_if_stopped=self.raise_if_stopped,
        )
        self._decoding = threading.BoundedSemaphore(PAGES_DECODED_AT_ONCE)
        self._in_flight = threading.BoundedSemaphore(max_in_flight)
        self._page_sizes = PageSizes()
        self._granted = LARGEST_PAGE
        """The page size that the last search was granted; it may be less than was asked for."""
        self._sizes_lock = threading.Lock()
        self._sizes_by_query: dict[SearchQuery, tuple[int, ...]] = {}
        """What a query is left with once a page of it had to be smaller. Its later pages may not
        be larger again: they would begin behind records that no page has shown."""
        self._api_key = api_key
        self.meter = RequestMeter()

    def __repr__(self) -> str:
        """Show where to, never with which key."""
        return f"Client({self._connection.base_url!r})"

    def stop(self) -> None:
        """End every wait; requests that are not answered yet are not repeated."""
        self._stopped.set()
        self._budgets.stop()

    def raise_if_stopped(self) -> None:
        """Raise Stopped when everything is to end."""
        if self._stopped.is_set():
            raise Stopped

    def search_pace(self) -> float:
        """Return the searches per second that the rate limits allow now."""
        return self._budgets.searches_per_second()

    def list_pace(self) -> float:
        """Return the requests per second that the rate limit allows now."""
        return self._budgets.requests_per_second()

    def latency(self) -> float:
        """Return the seconds that an answer takes, lately."""
        return self.meter.latency

    def check_key(self) -> None:
        """Find out whether the API accepts the key; no role is needed for that.

        Only a clear no counts. Whatever else becomes of the question says nothing about the key:
        what is asked for next will tell.

        Raises:
            NotAuthorised: when it does not accept it.
            Stopped: when everything is to end.
        """
        try:
            self.get(TOKEN_PATH, stream="check")
        except (NotAuthorised, Stopped):
            raise
        except KustomerError as error:
            LOGGER.info("The key cannot be checked by itself: %s", error.message)

    def time_of_day(self) -> float | None:
        """Ask for the time of day by Kustomer's clock, whatever the answer is otherwise.

        Returns:
            Unix seconds, rounded down; None when no answer tells.

        Raises:
            ConfigError: when the address leads elsewhere.
            Stopped: when everything is to end.
        """
        request = Request("GET", TOKEN_PATH, {}, None, "check")
        for _ in range(TRIES_FOR_THE_TIME):
            answer = self._send(request, self._new_patience())
            if isinstance(answer, Answer) and answer.date is not None:
                return answer.date
        return None

    def get(self, path: str, params: Mapping[str, Any] | None = None, *, stream: str) -> Document:
        """Get a document.

        Args:
            path: below the base address, beginning with a slash; or with a version of its own,
                such as `/v3`.
            params: the query.
            stream: on whose behalf, for the meter and the log.

        Raises:
            KustomerError: as `errors.error_for` says.
        """
        request = Request("GET", path, dict(params or {}), None, stream)
        size = request.params.get("pageSize")
        try:
            with self._answer(request, self._new_patience()) as body:
                return document_of(body, int(size) if size is not None else None)
        except _Refused as refusal:
            raise self._error(refusal, request.asked) from None

    @contextmanager
    def search(
        self, query: SearchQuery, *, page: int = 1, page_size: int | None = None, stream: str
    ) -> Iterator[Document]:
        """Answer one page of a query, at the largest page size that is granted.

        The page is to be used up inside the `with` and before anything else is asked for: few
        decoded pages exist at a time.

        Args:
            query: what to search for.
            page: which page of it, from 1.
            page_size: records per page, when another than the largest is wanted.
            stream: on whose behalf.

        Raises:
            ValueError: when the page lies beyond the search's caps.
            KustomerError: as `errors.error_for` says.
        """
        body = orjson.dumps(query.body())
        patience = self._new_patience()
        sizes = (page_size,) if page_size else self._sizes_by_query.get(query)
        sizes = sizes or self._page_sizes.next()
        refused = failed = False
        for number, size in enumerate(sizes):
            is_last = number == len(sizes) - 1
            granted = min(size, self._granted)
            if page > MAX_PAGES or (page - 1) * granted >= MAX_RECORDS:
                raise ValueError(f"page {page} of {granted} lies beyond the caps of a query")
            request = Request("POST", query.path, {"page": page, "pageSize": size}, body, stream)
            failures = None if is_last else FAILURES_BEFORE_SMALLER
            with ExitStack() as stack:
                try:
                    answer = stack.enter_context(self._answer(request, patience, failures))
                except _Refused as refusal:
                    if is_last or refusal.status not in _SMALLER_MAY_DO:
                        asked = f"{request.asked} (queryContext {query.query_context})"
                        raise self._error(refusal, asked) from None
                    self._keep_to(sizes[number + 1 :], query)
                    if refusal.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                        refused = True
                    else:
                        failed = True
                    continue
                self._page_sizes.granted(size, refused=refused, failed=failed)
                if size < LARGEST_PAGE and page_size is None:
                    self._keep_to(sizes[number:], query)
                document = document_of(answer, size)
                self._granted = document.page_size or size
                yield document
                return

    def _keep_to(self, sizes: tuple[int, ...], query: SearchQuery) -> None:
        """Let the later pages of a query be no larger than the one it has had."""
        with self._sizes_lock:
            self._sizes_by_query[query] = sizes
            if len(self._sizes_by_query) > QUERIES_REMEMBERED:
                del self._sizes_by_query[next(iter(self._sizes_by_query))]

    def list_pages(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        page_size: int,
        stream: str,
        last_page: int | None = None,
    ) -> Iterator[Document]:
        """Yield the pages of a list, complete although it moves while it is read.

        Args:
            path: the list's path.
            params: what selects in it.
            page_size: the largest page that it grants.
            stream: on whose behalf.
            last_page: the number of the last page that the list serves, if it has a limit.
        """

        def get(page: int, size: int) -> Document:
            asked = {**(params or {}), "page": page, "pageSize": size}
            try:
                document = self.get(path, asked, stream=stream)
            except UnexpectedDocument:
                if page > 1 or size <= DEFAULT_PAGE:
                    raise
                document = self.get(path, {**asked, "pageSize": DEFAULT_PAGE}, stream=stream)
            if last_page is not None and page >= last_page:
                return replace(document, links={**document.links, "next": None})
            return document

        return ListReader(get, page_size).pages()

    def _error(self, refusal: _Refused, asked: str) -> KustomerError:
        """Tell what a refusal means, without the key, should the answer repeat it."""
        return error_for(refusal.status, _without(self._api_key, refusal.body), asked)

    def _new_patience(self) -> Patience:
        return Patience(self._patience)

    @contextmanager
    def _answer(
        self, request: Request, patience: Patience, max_failures: int | None = None
    ) -> Iterator[dict[str, Any]]:
        """Send a request until it is answered, and decode the answer, few at a time.

        Raises:
            _Refused: when the answer will not change; or, after so many failures, it may not.
        """
        failures = strange = 0
        while True:
            answer = self._send(request, patience)
            if isinstance(answer, Answer) and answer.status < HTTPStatus.BAD_REQUEST:
                with self._decoding:
                    try:
                        body = decode(answer.content, answer.encoding)
                    except BrokenBody as broken:
                        trouble = str(broken)
                    else:
                        del answer
                        yield body
                        return
            elif isinstance(answer, NoAnswer):
                trouble = answer.reason
            elif not is_worth_retrying(answer.status):
                refusal = _Refused(answer.status, answer)
                strange += 1
                if refusal.body is not None or strange == STRANGE_REFUSALS:
                    raise refusal
                trouble = f"HTTP {answer.status} that is not of Kustomer's making"
            elif answer.status == HTTPStatus.TOO_MANY_REQUESTS:
                self._bear_rate_limit(request, patience, answer)
                continue
            else:
                trouble = f"HTTP {answer.status}"
            failures += 1
            if failures == max_failures:
                self.meter.retried(rate_limited=False)
                LOGGER.warning(
                    "Stream %s: %s failed (%s), as it did before; trying a smaller page.",
                    request.stream,
                    request.asked,
                    trouble,
                )
                raise _Refused(HTTPStatus.INTERNAL_SERVER_ERROR)
            self._bear(request, patience, trouble)

    def _bear_rate_limit(self, request: Request, patience: Patience, answer: Answer) -> None:
        self.meter.retried(rate_limited=True)
        if not patience.bears_rate_limit():
            raise _Refused(answer.status, answer)
        LOGGER.warning(
            "Stream %s: the rate limit is exhausted (%s); waiting for its reset, time %d.",
            request.stream,
            request.asked,
            patience.rate_limited,
        )

    def _bear(self, request: Request, patience: Patience, trouble: str) -> None:
        """Wait before the next try of a request that failed.

        Raises:
            KustomerUnavailable: when it has been tried for long enough.
            Stopped: when everything is to end.
        """
        self.meter.retried(rate_limited=False)
        delay = patience.next_delay(self._clock.monotonic())
        if delay is None:
            raise KustomerUnavailable(
                f"Kustomer ({self._connection.host}) gave no usable answer to {request.asked} for "
                f"{patience.seconds:,.0f} seconds, in {patience.attempts} tries; the last: "
                f"{trouble}. What was read so far is kept; the next sync continues there."
            )
        LOGGER.warning(
            "Stream %s: %s failed (%s); try %d in %.1f s.",
            request.stream,
            request.asked,
            trouble,
            patience.attempts + 1,
            delay,
        )
        if self._clock.wait(self._stopped, delay):
            raise Stopped

    def _send(self, request: Request, patience: Patience) -> Answer | NoAnswer:
        """Send a request once, within the budgets.

        Returns:
            The answer, or what kept it from coming.

        Raises:
            ConfigError: when the address leads elsewhere.
        """
        refuse_to_write(request)
        self.raise_if_stopped()
        waited = self._budgets.acquire(request.kind)
        patience.pause(waited)
        is_search = request.kind is Kind.SEARCH
        self.meter.sent(request.stream, is_search=is_search, waited=waited)
        outcome: Answer | NoAnswer = NoAnswer("", None, None)
        try:
            with self._in_flight:
                outcome = self._connection.send(request)
        finally:
            refused = outcome.status == HTTPStatus.TOO_MANY_REQUESTS
            self._budgets.answered(request.kind, outcome.headers, refused=refused)
        if isinstance(outcome, NoAnswer):
            return outcome
        self.meter.answered(outcome.seconds, len(outcome.content))
        LOGGER.debug(
            "Stream %s: %s answered %d, %d bytes, %.0f ms.",
            request.stream,
            request.asked,
            outcome.status,
            len(outcome.content),
            outcome.seconds * 1_000,
        )
        if outcome.is_redirect:
            raise ConfigError(
                f"{self._connection.host} redirects to another address. The key is not sent there. "
                "Check the region and the organization."
            )
        return outcome


def _without(key: str, value: object) -> object:
    """Return a decoded body with another word in the place of the key."""
    if isinstance(value, str):
        return value.replace(key, "(key)")
    if isinstance(value, list):
        return [_without(key, item) for item in value]
    if isinstance(value, dict):
        return {name: _without(key, item) for name, item in value.items()}
    return value

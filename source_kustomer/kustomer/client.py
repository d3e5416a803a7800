"""The client of one organization's API: documents, searches and lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

import orjson

from source_kustomer.errors import (
    KustomerError,
    NotAuthorised,
    Stopped,
    error_for,
    is_about_page_size,
    is_reason_stated,
)
from source_kustomer.kustomer.clock import Clock
from source_kustomer.kustomer.documents import PAST_END, Document, document_of
from source_kustomer.kustomer.memory import OBJECT_LIMITS, PAGE_LIMITS
from source_kustomer.kustomer.meter import RequestMeter
from source_kustomer.kustomer.page_size import (
    FAILED_LADDER,
    REFUSED_LADDER,
    SHRINK,
    UNEXPLAINED_LADDER,
    PageSizes,
    smaller,
)
from source_kustomer.kustomer.pages import ListReader, PastEnd, SmallerPage, Until
from source_kustomer.kustomer.rate_limit import Budgets, Kind
from source_kustomer.kustomer.requests_transport import (
    MAX_CONNECTIONS,
    READ_TIMEOUT,
    RequestsTransport,
)
from source_kustomer.kustomer.retry import RetryBudget
from source_kustomer.kustomer.search import PagedQuery, SearchQuery
from source_kustomer.kustomer.sender import Failed, Refused, Sender
from source_kustomer.kustomer.total_hits import TotalHits
from source_kustomer.kustomer.transport import Answer, NoAnswer, Request, Transport
from source_kustomer.logger import LOGGER
from source_kustomer.query_limits import MAX_RECORDS
from source_kustomer.text import KeyMask

TOKEN_PATH: Final = "/auth/tokens/current"
"""Describes the key of the request. No role is needed for it."""
RETRY_SECONDS: Final = 300.0
"""The retry deadline of a request: it survives an outage of a minute, and not one of ten."""
ATTEMPTS_FOR_THE_TIME: Final = 2
FAILURES_BEFORE_SMALLER: Final = 3
"""Failures of a page before a smaller one is tried."""
KEY_CHECK_SECONDS: Final = 30.0
"""The retry deadline of a key check after a 401."""
SECONDS_BETWEEN_KEY_CHECKS: Final = 60.0

_SIZE_REFUSALS: Final = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)
_PAST_END: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND})
"""How lists answer a page past their end (clients of the API report both)."""


class Client:
    """Reads from one organization's API with one key. Safe to use from many threads."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        budgets: Budgets,
        clock: Clock | None = None,
        retry_seconds: float = RETRY_SECONDS,
        read_timeout: float = READ_TIMEOUT,
        max_in_flight: int = MAX_CONNECTIONS,
        transport: Transport | None = None,
    ) -> None:
        """Prepare to send. Nothing is sent yet.

        Args:
            base_url: the API's address, including `/v1`.
            api_key: the key. It is sent in the Authorization header and nowhere else.
            budgets: the rate limits.
            clock: the time, for tests.
            retry_seconds: the time from a request's first failure to its deadline.
            read_timeout: seconds without a byte after which an answer has failed.
            max_in_flight: the number of requests without an answer at any time.
            transport: sends the requests; by default over HTTP to `base_url`.

        Raises:
            ConfigError: when the address is not valid.
        """
        self._budgets = budgets
        self._clock = clock or Clock()
        self._retry_seconds = retry_seconds
        self._transport = transport or RequestsTransport(
            base_url, api_key, clock=self._clock, read_timeout=read_timeout
        )
        self._sender = Sender(
            self._transport,
            budgets=budgets,
            key_mask=KeyMask(api_key),
            clock=self._clock,
            max_in_flight=max_in_flight,
        )
        self._page_sizes = PageSizes()
        self._total_hits = TotalHits()
        self._key_check: tuple[float, bool | None] | None = None
        """When the key was last checked after a 401, and the result."""

    def __repr__(self) -> str:
        """Show the host, never the key."""
        return f"Client({self._transport.host!r})"

    @property
    def meter(self) -> RequestMeter:
        """The requests that were sent."""
        return self._sender.meter

    def stop(self) -> None:
        """End every wait. Requests without an answer are not repeated."""
        self._sender.stop()

    def raise_if_stopped(self) -> None:
        """Raise Stopped after `stop`."""
        self._sender.raise_if_stopped()

    def search_pace(self) -> float:
        """Return the searches per second that the rate limits allow now."""
        return self._budgets.searches_per_second()

    def list_pace(self) -> float:
        """Return the requests per second that the rate limit allows now."""
        return self._budgets.requests_per_second()

    def searches_waiting(self) -> int:
        """Return how many searches wait for the rate limit now."""
        return self._budgets.waiting(Kind.SEARCH)

    def lists_waiting(self) -> int:
        """Return how many other requests wait for the rate limit now."""
        return self._budgets.waiting(Kind.LIST)

    def latency(self) -> float:
        """Return the seconds that an answer takes, as a running average."""
        return self.meter.latency

    def check_key(self) -> bool:
        """Ask the API whether it accepts the key.

        Returns:
            Whether it does. False when it answers neither yes nor no, which shows nothing.

        Raises:
            NotAuthorised: when it does not accept the key.
            Stopped: after `stop`.
        """
        return self.current_key() is not None

    def current_key(self, retry_seconds: float | None = None) -> Mapping[str, Any] | None:
        """Request the API's description of the key, which needs no role.

        Args:
            retry_seconds: the time from the first failure to the deadline. By default that of
                every request.

        Returns:
            The answer; None when there is none, which does not show that the key is refused.

        Raises:
            NotAuthorised: when it does not accept the key.
            Stopped: after `stop`.
        """
        request = Request("GET", TOKEN_PATH, stream="check")
        retries = RetryBudget(min(retry_seconds or self._retry_seconds, self._retry_seconds))
        try:
            with self._sender.answer(request, retries, needs_data=False) as (body, _):
                return body
        except Refused as refusal:
            error = error_for(refusal.status, refusal.body, request.name)
        except Stopped:
            raise
        except KustomerError as failure:
            error = failure
        if isinstance(error, NotAuthorised):
            raise error
        LOGGER.info("The API key could not be checked: %s", error.message)
        return None

    def time_of_day(self) -> float | None:
        """Return the time of Kustomer's clock, from the header of any answer.

        Returns:
            Unix seconds, rounded down; None when no answer has the header.

        Raises:
            ConfigError: when the API redirects, or the address cannot be used.
            Stopped: after `stop`.
        """
        request = Request("GET", TOKEN_PATH, stream="check")
        for _ in range(ATTEMPTS_FOR_THE_TIME):
            answer = self._sender.send(request, self._retries())
            if isinstance(answer, Answer) and answer.date is not None:
                return answer.date
        return None

    def send_once(self, request: Request) -> Answer | NoAnswer:
        """Send a request once, within the rate limits, and return its answer with any status.

        Raises:
            ValueError: when the request does not only read.
            ConfigError: when the API redirects, or the address cannot be used.
            Stopped: after `stop`.
        """
        return self._sender.send(request, self._retries())

    def get(self, path: str, params: Mapping[str, Any] | None = None, *, stream: str) -> Document:
        """Get a document.

        Args:
            path: below the base address, beginning with a slash; or with a version of its own,
                such as `/v3`. Build segments from ids with `paths.segment`.
            params: the query.
            stream: the name of the stream, for the meter and the log.

        Raises:
            ValueError: when the path is not safe to send.
            KustomerError: as `errors.error_for` states, and when no usable answer is received.
        """
        request = Request("GET", path, dict(params or {}), stream=stream)
        size = request.params.get("pageSize")
        try:
            with self._sender.answer(request, self._retries()) as (body, length):
                size = None if size is None else int(size)
                return _document(request, body, length, size)
        except Refused as refusal:
            raise self._error(refusal, request.name) from None

    @contextmanager
    def search(
        self, query: PagedQuery, *, page: int = 1, page_size: int | None = None, stream: str
    ) -> Iterator[Document]:
        """Return one page of a query, at the largest page size that works.

        Use the page inside the context, and request nothing else there: few decoded pages exist
        at a time. A page that the API does not have (404) is empty, with `is_past_end`.

        Args:
            query: the query. Use the same object for all its pages.
            page: the number of the page, from 1.
            page_size: records per page of a query that has no page yet. By default the largest
                that is known to work.
            stream: the name of the stream, for the meter and the log.

        Raises:
            ValueError: when the page lies beyond the limits of a query.
            KustomerError: as `errors.error_for` states, and when no usable answer is received.
        """
        context = query.object
        if query.page_size is None:
            largest = min(query.max_page_size, self._page_sizes.first(context))
            query.page_size = page_size or largest
        body = query.body()
        content = None if body is None else orjson.dumps(body)
        retries = self._retries()
        failures, has_failed, was_refused = FAILURES_BEFORE_SMALLER, False, False
        while True:
            size = query.page_size
            if not query.has_page(page):
                raise ValueError(f"page {page} of {size} records lies beyond the query's limits")
            is_countable = isinstance(query, SearchQuery) and not query.archive
            is_tracked = is_countable and self._total_hits.is_sent(context)
            params = query.params(page, track_total_hits=is_tracked)
            request = Request(query.method, query.path, params, content, stream)
            with ExitStack() as answered:
                try:
                    answer, length = answered.enter_context(
                        self._sender.answer(
                            request,
                            retries,
                            limits=PAGE_LIMITS if size > 1 else OBJECT_LIMITS,
                            max_failures=failures if smaller(size, FAILED_LADDER) else None,
                            can_shrink=size > 1,
                        )
                    )
                except Failed as failure:
                    query.page_size = _shrunk(size, failure)
                    failures, has_failed = 1, has_failed or not failure.is_too_large
                    continue
                except Refused as refusal:
                    if is_tracked and refusal.status == HTTPStatus.BAD_REQUEST:
                        self._total_hits.refused(context)
                        continue
                    granted = _granted(size, refusal)
                    if granted is not None:
                        query.page_size, was_refused = granted, True
                        continue
                    if page == 1 or refusal.status != HTTPStatus.NOT_FOUND:
                        is_search = isinstance(query, SearchQuery)
                        context = f" (queryContext {context})" if is_search else ""
                        raise self._error(refusal, request.name + context) from None
                    document = PAST_END
                else:
                    document = _document(request, answer, length, size)
                    query.granted = document.page_size
                    if is_countable:
                        self._total_hits.answered(context, document.total, was_sent=is_tracked)
                    self._page_sizes.succeeded(context, size, len(document.data), length)
                    if has_failed:
                        self._page_sizes.failed(context, size)
                    elif was_refused:
                        self._page_sizes.refused(context, size)
                yield document
                return

    def list_pages(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        page_size: int,
        stream: str,
        last_page: int | None = None,
        until: Until | None = None,
    ) -> Iterator[Document]:
        """Yield the pages of a list, complete although it changes while it is read.

        Rows can come twice: see `pages.py`.

        Args:
            path: the path of the list, as for `get`.
            params: the query, without paging.
            page_size: the largest page that the list grants.
            stream: the name of the stream, for the meter and the log.
            last_page: the number of the last page that the list serves, if it has a limit.
            until: returns, for the new rows of a page, whether the rest is not needed.

        Raises:
            ValueError: when the path is not safe to send.
            KustomerError: as `errors.error_for` states, and when no usable answer is received.
        """

        def get(page: int, size: int) -> Document:
            parameters = {**(params or {}), "page": page, "pageSize": size}
            document = self._list_page(Request("GET", path, parameters, stream=stream), page, size)
            if last_page is not None and page >= last_page:
                return replace(document, links={**document.links, "next": None})
            return document

        rows = 0
        for document in ListReader(get, page_size, until).pages():
            rows += len(document.data)
            yield document
        if rows == MAX_RECORDS:
            LOGGER.warning(
                "Stream %s: GET %s ended after exactly %s rows. This may be a limit of the API: "
                "further rows may be missing.",
                stream,
                path,
                f"{rows:,}",
            )

    def _list_page(self, request: Request, page: int, size: int) -> Document:
        """Get one page of a list.

        Raises:
            SmallerPage: when it should be requested at a smaller size.
            PastEnd: when it is past the end of the list.
            KustomerError: when the list cannot be read.
        """
        try:
            with self._sender.answer(
                request,
                self._retries(),
                limits=PAGE_LIMITS if size > 1 else OBJECT_LIMITS,
                max_failures=FAILURES_BEFORE_SMALLER if smaller(size, FAILED_LADDER) else None,
                can_shrink=size > 1,
            ) as (body, length):
                return _document(request, body, length, size)
        except Failed as failure:
            raise SmallerPage(_shrunk(size, failure)) from None
        except Refused as refusal:
            granted = _granted(size, refusal)
            if granted is not None and (page == 1 or is_about_page_size(refusal.body)):
                raise SmallerPage(granted) from None
            error = self._error(refusal, request.name)
            if page > 1 and refusal.status in _PAST_END:
                raise PastEnd(error) from None
            raise error from None

    def _retries(self) -> RetryBudget:
        return RetryBudget(self._retry_seconds)

    def _error(self, refusal: Refused, name: str) -> KustomerError:
        """Return the error that a refusal means."""
        is_accepted = (
            refusal.status == HTTPStatus.UNAUTHORIZED
            and not is_reason_stated(refusal.body)
            and self._is_key_accepted()
        )
        return error_for(refusal.status, refusal.body, name, is_key_accepted=is_accepted)

    def _is_key_accepted(self) -> bool:
        """Return whether the API accepts the key, although it has just answered 401.

        A 401 means a wrong key or a missing role: the vendor's pages disagree. The request that
        needs no role decides. When its answer is neither yes nor no, an earlier success does.

        Raises:
            Stopped: after `stop`.
        """
        now = self._clock.monotonic()
        if self._key_check is None or now - self._key_check[0] > SECONDS_BETWEEN_KEY_CHECKS:
            self._key_check = now, self._checked_key()
        result = self._key_check[1]
        return self._sender.has_succeeded if result is None else result

    def _checked_key(self) -> bool | None:
        """Return whether the API accepts the key; None when it answers neither yes nor no."""
        try:
            return True if self.current_key(KEY_CHECK_SECONDS) is not None else None
        except NotAuthorised:
            return False


def _document(
    request: Request, body: Mapping[str, Any], length: int, page_size: int | None
) -> Document:
    """Return a decoded body as a document, and log an error for entries that are not records."""
    document = document_of(body, page_size, body_bytes=length)
    if document.left_out:
        LOGGER.error(
            "%s: %s returned %d entries that are not records. They are left out.",
            request.purpose,
            request.name,
            document.left_out,
        )
    return document


def _granted(size: int, refusal: Refused) -> int | None:
    """Return the page size to try after a refusal; None when it is not about the page size."""
    if refusal.status not in _SIZE_REFUSALS:
        return None
    is_about_size = is_about_page_size(refusal.body)
    return smaller(size, REFUSED_LADDER if is_about_size else UNEXPLAINED_LADDER)


def _shrunk(size: int, failure: Failed) -> int:
    """Return the page size to try after a failure."""
    if failure.is_too_large:
        return max(1, size // SHRINK)
    return smaller(size, FAILED_LADDER) or size

"""The one way to Kustomer: read only, budgeted, retried, over one pool of connections."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timezone
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from source_kustomer import __version__
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
    ARCHIVE_PATH,
    DEFAULT_PAGE,
    LARGEST_PAGE,
    LIVE_PATH,
    MAX_PAGES,
    MAX_RECORDS,
    SearchQuery,
)

LOGGER = logging.getLogger("airbyte.source-kustomer")

TOKEN_PATH: Final = "/auth/tokens/current"
CONNECT_TIMEOUT: Final = 10.0
READ_TIMEOUT: Final = 60.0
ANSWER_TIMEOUT: Final = 180.0
"""Seconds for a whole answer: one that drips is given up although it never falls silent."""
CHUNK: Final = 1 << 16
PATIENCE: Final = 300.0
"""Seconds that one request bears trouble: an outage of a minute is survived, one of ten is told."""
CONNECTIONS: Final = 64
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
_NETWORK_ERRORS: Final = (
    requests.exceptions.RequestException,
    urllib3.exceptions.HTTPError,
    OSError,
)
VERSION: Final = "/v1"
"""What base addresses end in; nearly all paths are of this version."""
_VERSIONED: Final = re.compile(r"/v\d+/")
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


class _BearerAuth(AuthBase):
    """Sends the key; as an auth object, so that no ~/.netrc entry takes its place."""

    def __init__(self, api_key: str) -> None:
        self._api_key = api_key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._api_key}"
        return request


@dataclass(frozen=True)
class _Request:
    """What is sent, and on whose behalf."""

    method: str
    path: str
    params: Mapping[str, Any]
    body: bytes | None
    stream: str

    @property
    def asked(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def kind(self) -> Kind:
        return Kind.LIST if self.method == "GET" else Kind.SEARCH


@dataclass(frozen=True)
class _Answer:
    status: int
    content: bytes
    """The body as it came over the wire: compressed ones wait in little memory."""
    encoding: str
    date: float | None
    """The time of day at the API when it answered, in Unix seconds, rounded down."""


class _Refused(Exception):
    """An answer that is not worth repeating as it is."""

    def __init__(self, status: int, answer: _Answer | None = None) -> None:
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
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ConfigError(f'The API address "{base_url}" is not a http or https URL.')
        self._base_url = base_url.rstrip("/")
        self._host = f"{parts.scheme}://{parts.hostname}"
        self._budgets = budgets
        self._clock = clock or Clock()
        self._patience = patience
        self._timeout = (CONNECT_TIMEOUT, read_timeout)
        self._stopped = threading.Event()
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
        self._session = requests.Session()
        self._session.auth = _BearerAuth(api_key)
        self._session.headers.update(
            {
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                "User-Agent": f"source-kustomer/{__version__}",
            }
        )
        adapter = HTTPAdapter(pool_connections=1, pool_maxsize=CONNECTIONS)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)  # ignore-https-check

    def __repr__(self) -> str:
        """Show where to, never with which key."""
        return f"Client({self._base_url!r})"

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
        request = _Request("GET", TOKEN_PATH, {}, None, "check")
        for _ in range(TRIES_FOR_THE_TIME):
            answer = self._send(request, self._new_patience())
            if isinstance(answer, _Answer) and answer.date is not None:
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
        request = _Request("GET", path, dict(params or {}), None, stream)
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
            request = _Request("POST", query.path, {"page": page, "pageSize": size}, body, stream)
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
        self, request: _Request, patience: Patience, max_failures: int | None = None
    ) -> Iterator[dict[str, Any]]:
        """Send a request until it is answered, and decode the answer, few at a time.

        Raises:
            _Refused: when the answer will not change; or, after so many failures, it may not.
        """
        failures = strange = 0
        while True:
            answer = self._send(request, patience)
            if isinstance(answer, _Answer) and answer.status < HTTPStatus.BAD_REQUEST:
                with self._decoding:
                    try:
                        body = decode(answer.content, answer.encoding)
                    except BrokenBody as broken:
                        trouble = str(broken)
                    else:
                        del answer
                        yield body
                        return
            elif isinstance(answer, str):
                trouble = answer
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

    def _bear_rate_limit(self, request: _Request, patience: Patience, answer: _Answer) -> None:
        self.meter.retried(rate_limited=True)
        if not patience.bears_rate_limit():
            raise _Refused(answer.status, answer)
        LOGGER.warning(
            "Stream %s: the rate limit is exhausted (%s); waiting for its reset, time %d.",
            request.stream,
            request.asked,
            patience.rate_limited,
        )

    def _bear(self, request: _Request, patience: Patience, trouble: str) -> None:
        """Wait before the next try of a request that failed.

        Raises:
            KustomerUnavailable: when it has been tried for long enough.
            Stopped: when everything is to end.
        """
        self.meter.retried(rate_limited=False)
        delay = patience.next_delay(self._clock.monotonic())
        if delay is None:
            raise KustomerUnavailable(
                f"Kustomer ({self._host}) gave no usable answer to {request.asked} for "
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

    def _send(self, request: _Request, patience: Patience) -> _Answer | str:
        """Send a request once, within the budgets.

        Returns:
            The answer, or what kept it from coming.

        Raises:
            ConfigError: when the address leads elsewhere.
        """
        _refuse_to_write(request)
        self.raise_if_stopped()
        waited = self._budgets.acquire(request.kind)
        patience.pause(waited)
        is_search = request.kind is Kind.SEARCH
        self.meter.sent(request.stream, is_search=is_search, waited=waited)
        with self._in_flight:
            return self._exchange(request)

    def _url(self, path: str) -> str:
        """Return where a path is; few begin with a version of their own, such as /v3/kb/tags."""
        if _VERSIONED.match(path):
            return self._base_url.removesuffix(VERSION) + path
        return self._base_url + path

    def _exchange(self, request: _Request) -> _Answer | str:
        headers: Mapping[str, str] | None = None
        status = 0
        began = self._clock.monotonic()
        try:
            response = self._session.request(
                request.method,
                self._url(request.path),
                params=dict(request.params),
                data=request.body,
                headers={"Content-Type": "application/json"} if request.body else None,
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            )
            headers = {name.lower(): value for name, value in response.headers.items()}
            status = response.status_code
            content = self._body(response, until=began + ANSWER_TIMEOUT)
        except _NETWORK_ERRORS as error:
            return _network_trouble(error)
        finally:
            refused = status == HTTPStatus.TOO_MANY_REQUESTS
            self._budgets.answered(request.kind, headers, refused=refused)
        seconds = self._clock.monotonic() - began
        self.meter.answered(seconds, len(content))
        LOGGER.debug(
            "Stream %s: %s answered %d, %d bytes, %.0f ms.",
            request.stream,
            request.asked,
            status,
            len(content),
            seconds * 1_000,
        )
        if status in _REDIRECTS:
            raise ConfigError(
                f"{self._host} redirects to another address. The key is not sent there. Check the "
                "region and the organization."
            )
        date = _unix_seconds(headers.get("date"))
        return _Answer(status, content, headers.get("content-encoding", ""), date)

    def _body(self, response: requests.Response, *, until: float) -> bytes:
        """Read a body as it comes over the wire.

        Raises:
            TimeoutError: when it is not complete by then, on the monotonic clock.
            Stopped: when everything is to end.
        """
        chunks = []
        with response:
            while chunk := response.raw.read1(CHUNK, decode_content=False):
                chunks.append(chunk)
                self.raise_if_stopped()
                if self._clock.monotonic() > until:
                    raise TimeoutError
        return b"".join(chunks)


def _without(key: str, value: object) -> object:
    """Return a decoded body with another word in the place of the key."""
    if isinstance(value, str):
        return value.replace(key, "(key)")
    if isinstance(value, list):
        return [_without(key, item) for item in value]
    if isinstance(value, dict):
        return {name: _without(key, item) for name, item in value.items()}
    return value


def _refuse_to_write(request: _Request) -> None:
    """Let nothing out that could change anything in Kustomer, or go elsewhere.

    Raises:
        ValueError: when a request is neither a GET below the base address nor a search.
    """
    is_search = request.method == "POST" and request.path in {LIVE_PATH, ARCHIVE_PATH}
    is_get = request.method == "GET" and request.path.startswith("/") and not request.body
    if not is_get and not is_search:
        raise ValueError(f"{request.asked} is not a request that reads")


def _unix_seconds(date: str | None) -> float | None:
    """Read a Date header (RFC 9110); None when it is none."""
    if date is None:
        return None
    try:
        moment = parsedate_to_datetime(date)
        return moment.replace(tzinfo=moment.tzinfo or timezone.utc).timestamp()
    except (ValueError, OverflowError):
        return None


def _network_trouble(error: Exception) -> str:
    """Say what kept an answer from coming, without the address, query or headers."""
    if isinstance(error, requests.exceptions.SSLError):
        return "no trusted TLS connection"
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return "no connection in time"
    if isinstance(
        error, requests.exceptions.Timeout | urllib3.exceptions.TimeoutError | TimeoutError
    ):
        return "no answer in time"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy does not connect"
    text = str(error)
    if "NameResolution" in text or "getaddrinfo" in text or "Name or service" in text:
        return "the host name is unknown: no network, or no such organization"
    if "refused" in text:
        return "connection refused"
    return "the connection broke"

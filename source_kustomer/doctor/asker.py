"""Requests of the doctor: each is sent once, counted, and its answer is kept as it is."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import orjson

from source_kustomer.errors import KustomerError, KustomerUnavailable, error_for
from source_kustomer.kustomer.body import BodyTooLarge, BrokenBody, decode
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.clock import Clock
from source_kustomer.kustomer.documents import document_of
from source_kustomer.kustomer.search import ARCHIVE_PATH, LIVE_PATH
from source_kustomer.kustomer.transport import Answer, Request

MAX_REQUESTS: Final = 130
"""Requests of one run, without those of the flag `--expensive`."""
MAX_BODY: Final = 32 << 20
"""Bytes of a decompressed body."""
MAX_KEPT: Final = 256 << 20
"""Bytes that all answers may take together, as `body.weight_of` estimates them."""
REPEATS: Final = 2
"""Further attempts of a request whose answer is not usable."""
MAX_REPEATED_401: Final = 8
SECONDS_BETWEEN_ATTEMPTS: Final = 1.0

Condition = tuple[str, str, Any]
Resource = Mapping[str, Any]
_SUCCESS: Final = range(200, 300)


class NotObserved(Exception):
    """A probe cannot observe its fact in this account."""


@dataclass(frozen=True)
class Reply:
    """An answer with any status; without one when there was no answer."""

    request: str
    """Method and path, for messages. Not for the report: paths contain ids."""
    status: int | None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    is_json: bool = True
    """Whether the body is a JSON object."""

    @property
    def is_ok(self) -> bool:
        """Whether it is a success with data."""
        return self.status in _SUCCESS and "data" in self.body and not self.body.get("errors")

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The resources."""
        return document_of(self.body).data

    @property
    def included(self) -> list[dict[str, Any]] | None:
        """The included resources; None without such a member."""
        return document_of(self.body).included if "included" in self.body else None

    @property
    def total(self) -> int | None:
        """The total that it states."""
        return document_of(self.body).total

    @property
    def page_size(self) -> int | None:
        """The page size that it states."""
        return document_of(self.body).page_size

    @property
    def ids(self) -> list[str]:
        """The ids of the resources."""
        return [str(row.get("id")) for row in self.rows]

    def error(self) -> KustomerError:
        """Return the error that it means."""
        if self.status is None or (self.status in _SUCCESS or not self.is_json):
            return KustomerUnavailable(f"There was no usable answer to {self.request}.")
        return error_for(self.status, self.body, self.request, is_key_accepted=True)


@dataclass
class Faults:
    """Answers that were not what they seem; each was followed by another attempt."""

    answers: int = 0
    with_data: int = 0
    gateway: Counter[int] = field(default_factory=Counter)
    """By status: bodies that are not JSON objects."""
    without_data: Counter[str] = field(default_factory=Counter)
    """Successes by their form: errors, message, empty."""
    timed_out: int = 0
    """Searches with `meta.timed_out: true`."""
    searches: int = 0
    """Searches with data."""
    empty_pages: int = 0
    passing_401: int = 0
    no_answer: int = 0
    server_errors: Counter[int] = field(default_factory=Counter)


class Asker:
    """Sends requests that only read, keeps their answers, and counts what was not usable."""

    def __init__(
        self,
        client: Client,
        *,
        clock: Clock | None = None,
        limit: int = MAX_REQUESTS,
        on_request: Callable[[int], None] = lambda count: None,
    ) -> None:
        """Prepare to send.

        Args:
            client: the API, with its rate limits.
            clock: for waits.
            limit: the number of requests after which no more are sent.
            on_request: called with the number of requests so far.
        """
        self.client = client
        self.faults = Faults()
        self.header_names: set[str] = set()
        self.replies: list[tuple[Request, Reply]] = []
        """Every answer, in order."""
        self._clock = clock or Clock()
        self._limit = limit
        self._kept_bytes = 0
        self._on_request = on_request
        self._kept: dict[tuple[Any, ...], Reply] = {}

    @property
    def sent(self) -> int:
        """The number of requests so far."""
        return self.client.meter.total

    def wait(self, seconds: float) -> None:
        """Wait, so that the API has time to change."""
        self._clock.wait(threading.Event(), seconds)

    def get(
        self, path: str, params: Mapping[str, Any] | None = None, *, again: bool = False
    ) -> Reply:
        """Send a GET, or return its earlier answer.

        Args:
            path: as in `Client.get`.
            params: the query.
            again: whether to send it even if there is an answer.

        Raises:
            NotObserved: when the limit of requests is reached.
        """
        return self._ask(Request("GET", path, dict(params or {}), stream="doctor"), again=again)

    def search(
        self,
        context: str,
        *,
        where: Sequence[Condition] = (),
        sort: tuple[str, str] | None = None,
        page: int = 1,
        size: int = 1,
        archive: bool = False,
        deleted: bool = True,
        params: Mapping[str, Any] | None = None,
        again: bool = False,
    ) -> Reply:
        """Send a search, or return its earlier answer.

        Args:
            context: the `queryContext`.
            where: conditions: attribute, operator, value.
            sort: attribute and direction.
            page: the number of the page.
            size: the page size.
            archive: whether to search the archive.
            deleted: whether to include deleted records.
            params: further parameters of the query.
            again: whether to send it even if there is an answer.

        Raises:
            NotObserved: when the limit of requests is reached.
        """
        body: dict[str, Any] = {"queryContext": context}
        if where:
            body["and"] = [{name: {operator: value}} for name, operator, value in where]
        if sort is not None:
            body["sort"] = [{sort[0]: sort[1]}]
        body["includeDeleted"] = deleted
        path = ARCHIVE_PATH if archive else LIVE_PATH
        query = {"page": page, "pageSize": size, **(params or {})}
        request = Request("POST", path, query, orjson.dumps(body), stream="doctor")
        return self._ask(request, again=again)

    def _ask(self, request: Request, *, again: bool) -> Reply:
        key = (request.method, request.path, tuple(sorted(request.params.items())), request.body)
        if again or key not in self._kept:
            self._kept[key] = self._attempts(request)
        return self._kept[key]

    def _attempts(self, request: Request) -> Reply:
        """Send a request until its answer is usable, a few times at most."""
        reply = self._send(request)
        for _ in range(REPEATS):
            if not self._is_fault(request, reply):
                break
            self.wait(SECONDS_BETWEEN_ATTEMPTS)
            before, reply = reply, self._send(request)
            if before.status == HTTPStatus.UNAUTHORIZED:
                self.faults.passing_401 += reply.is_ok
                if not reply.is_ok:
                    break
            elif before.is_ok and not before.rows:
                self.faults.empty_pages += bool(reply.rows)
                if not reply.rows:
                    break
        return reply

    def _send(self, request: Request) -> Reply:
        if self.sent >= self._limit:
            raise NotObserved(f"the limit of {self._limit} requests is reached")
        outcome = self.client.send_once(request)
        self._on_request(self.sent)
        if not isinstance(outcome, Answer):
            self.faults.no_answer += 1
            return Reply(request.name, None)
        self.header_names |= outcome.headers.keys()
        body: Mapping[str, Any] = {}
        is_json = True
        size = 0

        def grow(count: int) -> None:
            nonlocal size
            size = max(size, count)
            if self._kept_bytes + size > MAX_KEPT:
                raise NotObserved(f"the answers are larger than {MAX_KEPT >> 20} MB together")

        try:
            body, _ = decode(outcome.content, outcome.encoding, max_bytes=MAX_BODY, on_growth=grow)
            self._kept_bytes += size
        except (BrokenBody, BodyTooLarge):
            is_json = False
        reply = Reply(request.name, outcome.status, outcome.headers, body, is_json)
        self.replies.append((request, reply))
        self._count(request, reply)
        return reply

    def _count(self, request: Request, reply: Reply) -> None:
        faults = self.faults
        faults.answers += 1
        faults.with_data += reply.is_ok
        if not reply.is_json and reply.status is not None:
            faults.gateway[reply.status] += 1
        elif reply.status in _SUCCESS and not reply.is_ok:
            form = next((name for name in ("errors", "message") if name in reply.body), "empty")
            faults.without_data[form] += 1
        elif reply.status is not None and reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            faults.server_errors[reply.status] += 1
        if request.method == "POST" and reply.is_ok:
            faults.searches += 1
            faults.timed_out += _is_timed_out(reply)

    def _is_fault(self, request: Request, reply: Reply) -> bool:
        if reply.status is None or not reply.is_json:
            return True
        if reply.status == HTTPStatus.UNAUTHORIZED:
            repeated = sum(one.status == HTTPStatus.UNAUTHORIZED for _, one in self.replies)
            return repeated <= MAX_REPEATED_401
        if reply.status in _SUCCESS and not reply.is_ok:
            return True
        if reply.is_ok:
            is_first = request.params.get("page", 1) == 1 and isinstance(reply.body["data"], list)
            is_search = request.method == "POST"
            is_doubtful = is_first and not reply.rows and (not is_search or bool(reply.total))
            return is_doubtful or (is_search and _is_timed_out(reply))
        return reply.status == HTTPStatus.TOO_MANY_REQUESTS


def _is_timed_out(reply: Reply) -> bool:
    meta = reply.body.get("meta")
    return isinstance(meta, Mapping) and meta.get("timed_out") is True

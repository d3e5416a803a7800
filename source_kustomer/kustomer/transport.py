"""One request and its answer, and the interface that connects the two."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from source_kustomer.kustomer.paths import is_safe
from source_kustomer.kustomer.rate_limit import Kind
from source_kustomer.kustomer.search import ARCHIVE_PATH, LIVE_PATH
from source_kustomer.timestamps import parse_http_date

MAX_ERROR_BODY: Final = 1 << 16
"""Bytes that are read of the body of an answer that is not a success."""

NOT_STREAMS: Final = frozenset({"check", "discover", "doctor", "index check", "search schema"})
"""What requests are sent for, apart from streams."""

_SEARCH_PATHS: Final = frozenset({LIVE_PATH, ARCHIVE_PATH})


def _accept_all(count: int) -> None:
    """Accept any number of bytes."""


@dataclass(frozen=True)
class Request:
    """One request, sent for one stream or for one of `NOT_STREAMS`."""

    method: str
    path: str
    """Below the base address, or with a version of its own, such as `/v3/kb/tags`."""
    params: Mapping[str, Any] = field(default_factory=dict)
    body: bytes | None = None
    stream: str = ""
    """The name of what it is sent for, for the log and the meter."""
    on_received: Callable[[int], None] = _accept_all
    """Called with the size of each part of a body as it is received. An exception that it raises
    ends the request."""

    @property
    def name(self) -> str:
        """Method and path, for messages."""
        return f"{self.method} {self.path}"

    @property
    def purpose(self) -> str:
        """What it is sent for, as log messages begin: `Stream messages`, `Index check`."""
        is_stream = self.stream not in NOT_STREAMS
        return f"Stream {self.stream}" if is_stream else self.stream.capitalize()

    @property
    def kind(self) -> Kind:
        """The rate limit that the request counts against."""
        return Kind.LIST if self.method == "GET" else Kind.SEARCH


@dataclass(frozen=True)
class Answer:
    """An answer with any status, received completely."""

    status: int
    headers: Mapping[str, str]
    """With lower-case names."""
    content: bytes
    """The body as received, still compressed. Of an answer that is not a success, the first
    `MAX_ERROR_BODY` bytes."""
    seconds: float = 0.0
    """The time between request and answer."""

    @property
    def encoding(self) -> str:
        """The body's Content-Encoding; empty when there is none."""
        return self.headers.get("content-encoding", "")

    @property
    def date(self) -> float | None:
        """The API's time when it answered, in Unix seconds, rounded down."""
        return parse_http_date(self.headers.get("date"))


@dataclass(frozen=True)
class NoAnswer:
    """A request without a complete answer."""

    reason: str
    """What failed, without address, query and headers."""
    status: int | None = None
    """The status, when only the body is incomplete."""
    headers: Mapping[str, str] | None = None
    """The headers, with lower-case names, when only the body is incomplete."""


class Transport(Protocol):
    """Sends requests to the API of one organization with one key."""

    @property
    def host(self) -> str:
        """Scheme and host, for messages."""

    def send(self, request: Request) -> Answer | NoAnswer:
        """Send a request once, without following redirects.

        Raises:
            ConfigError: when the configuration or the environment makes sending impossible.
            Exception: the one that `request.on_received` raises.
        """


def check_reads_only(request: Request) -> None:
    """Check that a request can neither change anything nor reach another path.

    Raises:
        ValueError: when a request is neither a GET below the base address nor a search.
    """
    if request.method == "POST":
        is_allowed = request.path in _SEARCH_PATHS
    else:
        is_allowed = request.method == "GET" and request.body is None and is_safe(request.path)
    if not is_allowed:
        raise ValueError(f"{request.name!r} is not a request that only reads")

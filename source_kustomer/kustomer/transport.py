"""One request, sent once: read only, to one host, with the key, over one pool of connections."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timezone
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from source_kustomer import __version__
from source_kustomer.errors import ConfigError
from source_kustomer.kustomer.clock import Clock
from source_kustomer.kustomer.rate_limit import Kind
from source_kustomer.kustomer.search import ARCHIVE_PATH, LIVE_PATH

CONNECT_TIMEOUT: Final = 10.0
READ_TIMEOUT: Final = 60.0
ANSWER_TIMEOUT: Final = 180.0
"""Seconds for a whole answer: one that drips is given up although it never falls silent."""
CHUNK: Final = 1 << 16
CONNECTIONS: Final = 64
VERSION: Final = "/v1"
"""What base addresses end in; nearly all paths are of this version."""

_VERSIONED: Final = re.compile(r"/v\d+/")
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_NETWORK_ERRORS: Final = (
    requests.exceptions.RequestException,
    urllib3.exceptions.HTTPError,
    OSError,
)


@dataclass(frozen=True)
class Request:
    """What is sent, and on whose behalf."""

    method: str
    path: str
    params: Mapping[str, Any]
    body: bytes | None
    stream: str

    @property
    def asked(self) -> str:
        """Method and path, for sentences."""
        return f"{self.method} {self.path}"

    @property
    def kind(self) -> Kind:
        """What it counts as."""
        return Kind.LIST if self.method == "GET" else Kind.SEARCH


@dataclass(frozen=True)
class Answer:
    """What came back, whatever its status."""

    status: int
    headers: Mapping[str, str]
    """With lower-case names."""
    content: bytes
    """The body as it came over the wire: compressed ones wait in little memory."""
    seconds: float
    """How long it took."""

    @property
    def encoding(self) -> str:
        """The body's Content-Encoding; empty when there is none."""
        return self.headers.get("content-encoding", "")

    @property
    def date(self) -> float | None:
        """The time of day at the API when it answered, in Unix seconds, rounded down."""
        return _unix_seconds(self.headers.get("date"))

    @property
    def is_redirect(self) -> bool:
        """Whether it points to another address."""
        return self.status in _REDIRECTS


@dataclass(frozen=True)
class NoAnswer:
    """What kept a whole answer from coming."""

    reason: str
    """In words, without the address, query or headers."""
    status: int | None
    """Of the answer whose body did not come whole; None when there was none."""
    headers: Mapping[str, str] | None
    """Those of that answer, with lower-case names."""


class _BearerAuth(AuthBase):
    """Sends the key; as an auth object, so that no ~/.netrc entry takes its place."""

    def __init__(self, api_key: str) -> None:
        self._api_key = api_key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._api_key}"
        return request


class Connection:
    """Sends requests to one address with one key; redirects are not followed."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        clock: Clock,
        read_timeout: float,
        raise_if_stopped: Callable[[], None],
    ) -> None:
        """Prepare connections; none is opened yet.

        Args:
            base_url: the API's address, up to and with `/v1`.
            api_key: the key. It goes into the Authorization header and nowhere else.
            clock: for the time that an answer takes.
            read_timeout: seconds without a byte after which an answer is given up.
            raise_if_stopped: asked while a body comes in; raises when everything is to end.

        Raises:
            ConfigError: when the address is none.
        """
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ConfigError(f'The API address "{base_url}" is not a http or https URL.')
        self.base_url = base_url.rstrip("/")
        self.host = f"{parts.scheme}://{parts.hostname}"
        self._clock = clock
        self._timeout = (CONNECT_TIMEOUT, read_timeout)
        self._raise_if_stopped = raise_if_stopped
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

    def send(self, request: Request) -> Answer | NoAnswer:
        """Send a request once.

        Raises:
            Stopped: when everything is to end.
        """
        status: int | None = None
        headers: Mapping[str, str] | None = None
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
            status = response.status_code
            headers = {name.lower(): value for name, value in response.headers.items()}
            content = self._body(response, until=began + ANSWER_TIMEOUT)
        except _NETWORK_ERRORS as error:
            return NoAnswer(_reason(error), status, headers)
        seconds = self._clock.monotonic() - began
        return Answer(status, headers, content, seconds)

    def _url(self, path: str) -> str:
        """Return where a path is; few begin with a version of their own, such as /v3/kb/tags."""
        if _VERSIONED.match(path):
            return self.base_url.removesuffix(VERSION) + path
        return self.base_url + path

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
                self._raise_if_stopped()
                if self._clock.monotonic() > until:
                    raise TimeoutError
        return b"".join(chunks)


def refuse_to_write(request: Request) -> None:
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


def _reason(error: Exception) -> str:
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

"""The transport over HTTP: one pool of connections to one host, by the library requests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Final
from urllib.parse import urlsplit

import requests
import urllib3
from requests.auth import AuthBase

from source_kustomer import __version__
from source_kustomer.errors import ConfigError
from source_kustomer.kustomer.answer_deadline import DeadlineAdapter, answer_deadline
from source_kustomer.kustomer.clock import Clock
from source_kustomer.kustomer.transport import MAX_ERROR_BODY, Answer, NoAnswer, Request

CONNECT_TIMEOUT: Final = 10.0
READ_TIMEOUT: Final = 60.0
"""Seconds without a byte after which an answer has failed."""
ANSWER_TIMEOUT: Final = 180.0
"""Seconds for a whole answer, headers included. One that drips would otherwise never end."""
CHUNK: Final = 1 << 16
MAX_CONNECTIONS: Final = 64
VERSION: Final = "/v1"
"""The end of base addresses. Nearly all paths are of this version."""

_VERSIONED: Final = re.compile(r"/v\d+/")
_NETWORK_ERRORS: Final = (
    requests.exceptions.RequestException,
    urllib3.exceptions.HTTPError,
    OSError,
)
_SUCCESS: Final = range(200, 300)


class _BearerAuth(AuthBase):
    """Adds the key to a request. As an auth object, so that no entry of ~/.netrc replaces it."""

    def __init__(self, api_key: str) -> None:
        self._api_key = api_key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._api_key}"
        return request


class RequestsTransport:
    """Sends requests to one address with one key. Safe to use from many threads."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        clock: Clock | None = None,
        read_timeout: float = READ_TIMEOUT,
    ) -> None:
        """Prepare connections. None is opened yet.

        Args:
            base_url: the API's address, including `/v1`.
            api_key: the key. It is sent in the Authorization header and nowhere else.
            clock: for the time that an answer takes.
            read_timeout: seconds without a byte after which an answer has failed.

        Raises:
            ConfigError: when the address is not valid.
        """
        self._base_url = base_url.rstrip("/")
        self._host = _host(base_url)
        self._clock = clock or Clock()
        self._timeout = (CONNECT_TIMEOUT, read_timeout)
        self._session = requests.Session()
        self._session.auth = _BearerAuth(api_key)
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers.update(
            {
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                "User-Agent": f"source-kustomer/{__version__}",
            }
        )
        adapter = DeadlineAdapter(pool_connections=1, pool_maxsize=MAX_CONNECTIONS)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)  # ignore-https-check

    @property
    def host(self) -> str:
        """Scheme and host, for messages."""
        return self._host

    def send(self, request: Request) -> Answer | NoAnswer:
        """Send a request once.

        Raises:
            Exception: the one that `request.on_received` raises.
        """
        status: int | None = None
        headers: Mapping[str, str] | None = None
        began = self._clock.monotonic()
        try:
            with answer_deadline(began + ANSWER_TIMEOUT, self._clock.monotonic):
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
                content = self._body(response, request)
        except _NETWORK_ERRORS as error:
            if reason := _unusable_environment(error):
                raise ConfigError(reason) from None
            return NoAnswer(_reason(error), status, headers)
        return Answer(status, headers, content, self._clock.monotonic() - began)

    def _url(self, path: str) -> str:
        """Return the address of a path. Few paths have a version of their own."""
        if _VERSIONED.match(path):
            return self._base_url.removesuffix(VERSION) + path
        return self._base_url + path

    def _body(self, response: requests.Response, request: Request) -> bytes:
        """Read a body as it is sent; of one that is not a success, only the beginning."""
        is_success = response.status_code in _SUCCESS
        chunks = []
        length = 0
        with response:
            while chunk := response.raw.read1(CHUNK, decode_content=False):
                request.on_received(len(chunk))
                chunks.append(chunk)
                length += len(chunk)
                if not is_success and length >= MAX_ERROR_BODY:
                    break
        content = b"".join(chunks)
        return content if is_success else content[:MAX_ERROR_BODY]


def _host(base_url: str) -> str:
    """Return scheme and host of an address, with the port when there is one.

    Raises:
        ConfigError: when it is not the address of a web server.
    """
    try:
        parts = urlsplit(base_url)
        port = parts.port
    except ValueError:
        raise ConfigError(f'The API address "{base_url}" is not valid. Correct it.') from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise ConfigError(f'The API address "{base_url}" is not an http or https URL. Correct it.')
    return f"{parts.scheme}://{parts.hostname}" + (f":{port}" if port else "")


def _unusable_environment(error: Exception) -> str | None:
    """Return what to correct when an error follows from the environment; None for any other.

    No attempt can succeed then.
    """
    text = str(error)
    if "CA certificate bundle" in text or "no certificate or crl found" in text:
        return (
            "The CA bundle that REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names does not exist or "
            "contains no certificate. Correct the variable."
        )
    if isinstance(error, requests.exceptions.InvalidSchema | urllib3.exceptions.ProxySchemeUnknown):
        return (
            "The proxy that HTTPS_PROXY, HTTP_PROXY or ALL_PROXY names has a scheme that is not "
            "supported. Use one whose address begins with http or https."
        )
    if isinstance(error, requests.exceptions.InvalidURL | urllib3.exceptions.LocationParseError):
        return (
            "The address of the API or of the proxy is not valid. Correct HTTPS_PROXY, HTTP_PROXY "
            "or ALL_PROXY, the region or the organization."
        )
    return None


def _reason(error: Exception) -> str:
    """Return what failed, without address, query and headers."""
    if isinstance(error, requests.exceptions.SSLError):
        return "the TLS certificate is not trusted"
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return "no connection in time"
    if isinstance(
        error, requests.exceptions.Timeout | urllib3.exceptions.TimeoutError | TimeoutError
    ):
        return "no complete answer in time"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy does not connect"
    text = str(error)
    if "NameResolution" in text or "getaddrinfo" in text or "Name or service" in text:
        return "the host name is unknown: no network, or no such organization"
    if "refused" in text:
        return "connection refused"
    return "the connection was closed"

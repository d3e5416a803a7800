"""The gate: each request passes the key, the limits and the faults before its endpoint."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
import zlib
from email.utils import formatdate
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from kustomer_sandbox.control.settings import Settings
from kustomer_sandbox.data.masks import masks_in_form
from kustomer_sandbox.server.answers import Answer, ApiError, gateway_page
from kustomer_sandbox.server.api import Api
from kustomer_sandbox.server.disturbances import Disturbances
from kustomer_sandbox.server.endpoints import BY_PATH, ErrorShape
from kustomer_sandbox.server.faults import CONNECTION_FAULTS, Faults, faulty_answer
from kustomer_sandbox.server.keys import Keyring
from kustomer_sandbox.server.limits import Limits
from kustomer_sandbox.server.requests_log import RequestsLog
from kustomer_sandbox.server.routes import all_routes
from kustomer_sandbox.server.routes.search import SEARCH_PATHS

_SMALLEST_COMPRESSED = 1_000
# SO_LINGER on, with no time to linger: closing resets the connection.
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Protocol(HttpToolsProtocol):
    """uvicorn's protocol, which also passes the connection on, so that it can be reset."""

    def on_message_begin(self) -> None:
        """Put the transport where the application finds it."""
        super().on_message_begin()
        self.scope["sandbox.transport"] = self.transport  # type: ignore[typeddict-unknown-key]


class Gate:
    """The ASGI application of the API.

    Args:
        api: what the endpoints share.
        keys: the API keys.
        seed: the same seed draws the same faults.

    Attributes:
        limits, faults, disturbances, log: for the control endpoints.
    """

    def __init__(self, api: Api, keys: Keyring, seed: int) -> None:
        self.api = api
        self.limits = Limits(api.settings)
        self.faults = Faults(api.settings, seed)
        self.disturbances = Disturbances(api.settings)
        self.log = RequestsLog()
        self._keys = keys
        self._endpoints = Starlette(
            routes=all_routes(api),
            exception_handlers={ApiError: self._refused, HTTPException: self._refused},
        )
        self._endpoints.router.redirect_slashes = False

    def now(self) -> float:
        """The time by the API's clock, in seconds since 1970."""
        return time.time() + self.api.settings.clock_ahead

    def start_outage(self) -> None:
        """Let every request fail for the time of the switch `outage_seconds`, from now on."""
        seconds = self.api.settings.outage_seconds
        self.faults.outage_until = self.now() + seconds if seconds else 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        began = time.time()
        receive = await _received(receive)
        delay = self.faults.latency()
        if delay:
            await asyncio.sleep(delay)
        scope["state"] = {}
        outage = self.faults.outage(self.now())
        if outage is None:
            answer, fault = await self._answer(scope, receive)
        else:
            fault = "reset" if outage == "reset" else "503"
            answer = gateway_page(503, "503 Service Unavailable")
        entry = self._note(scope, began, answer, fault)
        if fault in ("reset", "silence"):
            if fault == "silence":
                await asyncio.sleep(self.api.settings.silence_seconds)
            entry["seconds"] = time.time() - began
            _reset(scope["sandbox.transport"])
            return
        answer.headers["date"] = formatdate(self.now(), usegmt=True)
        entry["bytes"] = await _send(send, answer, Request(scope), cut=fault == "cut")
        entry["seconds"] = time.time() - began

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[Answer, str | None]:
        """The answer, and the fault that replaces it or its connection."""
        now = self.now()
        request = Request(scope)
        limit_headers: dict[str, str] = {}
        fault: str | None = None
        try:
            key = self._keys.authenticate(request.headers.get("authorization"), now)
            request.state.key = key
            search = request.method == "POST" and request.url.path in SEARCH_PATHS
            verdict = self.limits.take(now, search=search)
            limit_headers = verdict.headers
            if not verdict.allowed:
                raise ApiError(429, "rate_limit", "Too many requests")
            fault = self.faults.draw(request.url.path)
            if fault is not None and fault not in CONNECTION_FAULTS:
                # A gateway knows nothing of rate limits.
                return faulty_answer(fault), fault
            await self._endpoints(scope, receive, _discard)
            answer: Answer = request.state.answer
            if answer.status_code == HTTPStatus.OK:
                shape = error_shape(request.url.path, self.api.settings)
                answer = self.disturbances.replace(
                    answer, shape, search=search, later_page=search or _is_later_page(request)
                )
                answer = self._with_masks(answer)
        except ApiError as error:
            answer = error.answer(error_shape(request.url.path, self.api.settings))
        answer.headers.update(limit_headers)
        return answer, fault

    def _with_masks(self, answer: Answer) -> Answer:
        body = bytes(answer.body)
        shown = masks_in_form(body, self.api.settings.dialect["masked-values"])
        if shown == body:
            return answer
        return Answer(shown, rows=answer.rows, object=answer.object, note=answer.note)

    async def _refused(self, request: Request, error: Exception) -> Answer:
        """The answer to a request that an endpoint refused, or that has no endpoint."""
        if isinstance(error, HTTPException):
            error = ApiError(
                error.status_code, error.detail.lower().replace(" ", "_"), error.detail
            )
        assert isinstance(error, ApiError)
        return error.answer(error_shape(request.url.path, self.api.settings))

    def _note(
        self, scope: Scope, began: float, answer: Answer, fault: str | None
    ) -> dict[str, Any]:
        key = scope["state"].get("key")
        entry = {
            "method": scope["method"],
            "path": without_version(scope["path"]),
            "query": unquote(scope["query_string"].decode()),
            "status": answer.status_code if fault not in ("reset", "silence") else 0,
            "key": key.name if key else "",
            "started": began,
            "seconds": 0.0,
            "rows": answer.rows,
            "object": answer.object,
            "fault": fault,
            **answer.note,
        }
        self.log.add(entry, len(answer.body))
        return entry


def _is_later_page(request: Request) -> bool:
    query = request.query_params
    return query.get("page", "1") != "1" or "before" in query or "after" in query


def without_version(path: str) -> str:
    """A path without `/v1` at its start; paths of other versions stay whole."""
    return path.removeprefix("/v1")


def error_shape(path: str, settings: Settings) -> ErrorShape:
    """The shape of error bodies at a path."""
    if settings.error_shape is not None:
        return settings.error_shape  # type: ignore[return-value]
    path = without_version(path)
    if path in BY_PATH:
        return BY_PATH[path].errors
    return "jsonapi" if path.startswith(("/conversations/", "/users/")) else "code"


async def _received(receive: Receive) -> Receive:
    """Wait for the whole request, so that its answer is never sent before; it can be read again."""
    parts = []
    more = True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    body = b"".join(parts)

    async def again() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _discard(message: Message) -> None:
    """Send nothing: answers leave themselves in the request's state."""


async def _send(send: Send, answer: Answer, request: Request, *, cut: bool) -> int:
    """Send an answer, compressed if the client accepts it; returns the bytes of its body."""
    body = bytes(answer.body)
    if "gzip" in request.headers.get("accept-encoding", "") and len(body) >= _SMALLEST_COMPRESSED:
        packer = zlib.compressobj(1, zlib.DEFLATED, 31)
        body = packer.compress(body) + packer.flush()
        answer.headers.update({"content-encoding": "gzip", "vary": "accept-encoding"})
        answer.headers["content-length"] = str(len(body))
    await send(
        {
            "type": "http.response.start",
            "status": answer.status_code,
            "headers": answer.raw_headers,
        }
    )
    if cut:
        # Less than the promised length; returning without the rest closes the connection.
        body = body[: len(body) // 2]
    await send({"type": "http.response.body", "body": body, "more_body": cut})
    return len(body)


def _reset(transport: asyncio.Transport) -> None:
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    transport.abort()

"""The HTTP side: from a request to its answer, through key, limits, trouble and endpoint."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .answers import Answer, ApiError, gateway_page
from .api import Api, Request
from .faults import CONNECTION_FAULTS, Faults, faulty_answer
from .keys import Keyring
from .limits import Limits
from .requests_log import RequestsLog

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_SMALLEST_COMPRESSED = 1_000
_OTHER_VERSIONS = ("/v3/kb/tags",)
# SO_LINGER on, with no time to linger: closing resets the connection.
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Protocol(HttpToolsProtocol):
    """uvicorn's protocol, which also hands the connection on, so that it can be reset."""

    def on_message_begin(self) -> None:
        """Put the transport where the application finds it."""
        super().on_message_begin()
        self.scope["sandbox.transport"] = self.transport  # type: ignore[typeddict-unknown-key]


@dataclass
class Server:
    """The ASGI application below `/v1`."""

    api: Api
    keys: Keyring
    limits: Limits
    faults: Faults
    log: RequestsLog

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        began = time.time()
        body = await _body(receive)
        delay = self.faults.latency()
        if delay:
            await asyncio.sleep(delay)
        headers = dict(scope["headers"])
        version, path = _version_and_path(scope["path"])
        outage = self.faults.outage(began)
        fault: str | None = None
        key_name = ""
        if outage is not None:
            fault = "reset" if outage == "reset" else "503"
            answer = (
                Answer(b"") if fault == "reset" else gateway_page(503, "503 Service Unavailable")
            )
        else:
            answer, key_name, fault = self._answer(scope, version, path, body)
        entry = self._note(scope, path, began, answer, key_name=key_name, fault=fault)
        if fault in ("reset", "silence"):
            if fault == "silence":
                await asyncio.sleep(self.api.settings.silence_seconds)
            entry["seconds"] = time.time() - began
            _reset(scope["sandbox.transport"])
            return
        sent = await _send(
            send, answer, headers, cut=fault == "cut", head=scope["method"] == "HEAD"
        )
        entry["seconds"] = time.time() - began
        entry["bytes"] = sent

    def _answer(
        self, scope: Scope, version: str, path: str, body: bytes
    ) -> tuple[Answer, str, str | None]:
        """The answer, the key's name, and the fault of the connection if there is one."""
        now = time.time()
        method = scope["method"]
        key_name = ""
        limit_headers: dict[str, str] = {}
        fault: str | None = None
        try:
            authorization = dict(scope["headers"]).get(b"authorization")
            key = self.keys.authenticate(authorization.decode() if authorization else None, now)
            key_name = key.name
            verdict = self.limits.take(now, search=self.api.is_search(method, path))
            limit_headers = verdict.headers
            if not verdict.allowed:
                raise ApiError(429, "rate_limit", "Too many requests")
            fault = self.faults.draw(path)
            if fault is not None and fault not in CONNECTION_FAULTS:
                # A gateway knows nothing of rate limits.
                return faulty_answer(fault), key_name, fault
            query = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
            answer = self.api.answer(Request(method, path, query, body, key, version))
        except ApiError as error:
            answer = error.answer(self.api.error_shape(path))
        answer.headers.update(limit_headers)
        return answer, key_name, fault

    def _note(
        self,
        scope: Scope,
        path: str,
        began: float,
        answer: Answer,
        *,
        key_name: str,
        fault: str | None,
    ) -> dict[str, Any]:
        entry = {
            "method": scope["method"],
            "path": path,
            "query": unquote(scope["query_string"].decode()),
            "status": answer.status if fault not in ("reset", "silence") else 0,
            "key": key_name,
            "started": began,
            "seconds": 0.0,
            "rows": answer.rows,
            "object": answer.object,
            "fault": fault,
            **answer.note,
        }
        self.log.add(entry, len(answer.body))
        return entry


def _version_and_path(path: str) -> tuple[str, str]:
    """Split a path after the API's version; only few paths have another than `/v1`."""
    for version in ("/v1", "/v2", "/v3"):
        rest = path.removeprefix(version)
        if rest.startswith("/") and rest != path and (version == "/v1" or path in _OTHER_VERSIONS):
            return version, rest
    return "", path


async def _body(receive: Receive) -> bytes:
    parts = []
    more = True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


async def _send(
    send: Send, answer: Answer, headers: dict[bytes, bytes], *, cut: bool, head: bool
) -> int:
    body = answer.body
    lines = [(b"content-type", answer.content_type.encode())]
    accepted = headers.get(b"accept-encoding", b"")
    if b"gzip" in accepted and len(body) >= _SMALLEST_COMPRESSED:
        packer = zlib.compressobj(1, zlib.DEFLATED, 31)
        body = packer.compress(body) + packer.flush()
        lines += [(b"content-encoding", b"gzip"), (b"vary", b"accept-encoding")]
    lines.append((b"content-length", str(len(body)).encode()))
    lines += [(name.encode(), value.encode()) for name, value in answer.headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": lines})
    if cut:
        # Less than the length promised; returning without the rest closes the connection.
        await send(
            {"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True}
        )
        return len(body) // 2
    await send({"type": "http.response.body", "body": b"" if head else body})
    return len(body)


def _reset(transport: asyncio.Transport) -> None:
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    transport.abort()

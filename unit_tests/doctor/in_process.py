"""The sandbox in this process: a transport that calls its application, without a connection."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from urllib.parse import quote, urlencode

from kustomer_sandbox.control.settings import Settings
from kustomer_sandbox.data.dataset import Dataset
from kustomer_sandbox.data.organization import Organization
from kustomer_sandbox.server.api import Api
from kustomer_sandbox.server.gate import Gate
from kustomer_sandbox.server.keys import Key, Keyring
from source_kustomer.kustomer.transport import Answer, Request

KEY = "canary-key-7be2"
NO_LIMIT = 1_000_000


class InProcessSandbox:
    """A sandbox and the transport to it."""

    host = "https://api.example.com/v1"

    def __init__(self, records: int = 200, **settings: Any) -> None:
        self.settings = Settings()
        unlimited = {"organization_per_minute": 2 * NO_LIMIT, "searches_per_minute": NO_LIMIT}
        self.counts = {"audit_logs": 300, **settings.pop("counts", {})}
        self.settings.change({**unlimited, **settings})
        now = int(time.time() * 1_000)
        self.organization = Organization(Dataset(records, 3, now, self.counts), self.settings)
        self.keys = Keyring(self.settings, KEY)
        self.gate = Gate(Api(self.organization, self.settings), self.keys, 3)
        self.requests: list[Request] = []
        self.key = KEY
        self._loop = asyncio.new_event_loop()

    def close(self) -> None:
        self.organization.close()
        self._loop.close()

    def new_key(self, *roles: str) -> str:
        self.key = self.keys.add(Key("limited", self.keys.new_secret(), roles)).secret
        return self.key

    def send(self, request: Request) -> Answer:
        self.requests.append(request)
        path = request.path if request.path.startswith("/v3/") else f"/v1{request.path}"
        sent: list[dict[str, Any]] = []
        scope = {
            "type": "http",
            "method": request.method,
            "path": path,
            "raw_path": quote(path).encode(),
            "root_path": "",
            "scheme": "https",
            "http_version": "1.1",
            "query_string": urlencode(request.params).encode(),
            "headers": [(b"authorization", f"Bearer {self.key}".encode())],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 443),
        }

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": request.body or b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        self._loop.run_until_complete(self.gate(scope, receive, send))
        headers = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
        content = b"".join(message.get("body", b"") for message in sent[1:])
        request.on_received(len(content))
        return Answer(sent[0]["status"], headers, content, 0.01)

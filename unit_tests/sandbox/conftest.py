"""A running sandbox, and a plain HTTP client that asks it what a connector would."""

import gzip
import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from kustomer_sandbox import Sandbox

ANY_TIME = "2015-01-01T00:00:00.000Z"


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def unpacked(self) -> bytes:
        return gzip.decompress(self.body)

    @property
    def ids(self) -> list[str]:
        return [resource["id"] for resource in self.json["data"]]


@dataclass
class Asking:
    sandbox: Sandbox

    def request(
        self, method: str, path: str, body: Any = None, key: str | None = None, **headers: str
    ) -> Reply:
        base = urlsplit(self.sandbox.url)
        connection = http.client.HTTPConnection(base.hostname or "", base.port, timeout=20)
        try:
            connection.request(
                method,
                path,
                body if isinstance(body, bytes) else body and json.dumps(body),
                {"Authorization": f"Bearer {key or self.sandbox.key}", **headers},
            )
            answer = connection.getresponse()
            return Reply(answer.status, dict(answer.headers), answer.read())
        finally:
            connection.close()

    def get(self, path: str, key: str | None = None, **query: Any) -> Reply:
        separator = "?" if query else ""
        return self.request("GET", f"/v1{path}{separator}{urlencode(query)}", key=key)

    def search(
        self,
        context: str,
        page: int = 1,
        size: int = 100,
        *,
        archive: bool = False,
        key: str | None = None,
        query: str = "",
        **body: Any,
    ) -> Reply:
        path = "/v1/customers/archive/search" if archive else "/v1/customers/search"
        return self.request(
            "POST",
            f"{path}?page={page}&pageSize={size}{query}",
            {"queryContext": context, **body},
            key,
        )

    def everything(self, context: str, *, archive: bool = False, **body: Any) -> list[str]:
        """Ids of all pages of a search."""
        ids: list[str] = []
        page = 0
        while True:
            page += 1
            reply = self.search(context, page, 500, archive=archive, **body)
            assert reply.status == 200, reply.body
            ids += reply.ids
            if reply.json["links"]["next"] is None:
                return ids


@pytest.fixture(scope="session")
def _sandbox() -> Iterator[Sandbox]:
    with Sandbox(
        records=6_000,
        seed=7,
        counts={"tags": 250, "users": 620, "web_hooks": 1_100},
        organization_per_minute=None,
        searches_per_minute=None,
    ) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(_sandbox: Sandbox) -> Iterator[Sandbox]:
    """The sandbox; its switches are set back after the test."""
    with _sandbox.temporarily():
        yield _sandbox


@pytest.fixture
def ask(sandbox: Sandbox) -> Asking:
    return Asking(sandbox)

"""A small API in memory: records that are searched and listed, and lists below them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.transport import Answer, Request
from source_kustomer.timestamps import SECOND, format_timestamp, parse_timestamp
from unit_tests.engine.harness import NOW
from unit_tests.in_memory import InMemoryTransport, client_of, reply

Override = Callable[[Request], Answer | None]


def record(number: int, *, age: int = 0, **attributes: Any) -> dict[str, Any]:
    """Return a record that was updated some seconds before the sync began."""
    at = format_timestamp(NOW - age * SECOND)
    return {"id": f"r{number}", "attributes": {"updatedAt": at, "createdAt": at, **attributes}}


def updated_at(row: Mapping[str, Any]) -> int:
    """Return the update time of a record."""
    parsed = parse_timestamp(row["attributes"]["updatedAt"])
    assert parsed is not None
    return parsed


@dataclass
class Api:
    """Records of one object; `override` answers a request otherwise."""

    records: list[dict[str, Any]] = field(default_factory=list)
    lists: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Rows by path, below `/v1`."""
    page_size: int = 500
    override: Override = lambda request: None

    def __post_init__(self) -> None:
        self.transport = InMemoryTransport(self._answer)

    def client(self) -> Client:
        return client_of(self.transport, retry_seconds=3.0)

    @property
    def searches(self) -> list[Request]:
        return [request for request in self.transport.requests if request.method == "POST"]

    def requests_of(self, part: str) -> list[Request]:
        return [request for request in self.transport.requests if part in request.path]

    def _answer(self, request: Request) -> Answer:
        answer = self.override(request)
        if answer is not None:
            return answer
        return self.search(request) if request.method == "POST" else self._list(request)

    def search(self, request: Request) -> Answer:
        if "archive" in request.path:
            return page_of([], request)
        found = sorted(filter(bounds_of(request), self.records), key=updated_at)
        return page_of(found, request, self.page_size)

    def _list(self, request: Request) -> Answer:
        rows = self.lists.get(request.path)
        if rows is None:
            return reply({"errors": [{"title": "Not Found"}]}, 404)
        return page_of(rows, request, 100)


def bounds_of(request: Request) -> Callable[[Mapping[str, Any]], bool]:
    """Return the condition of a search on the update time."""
    assert request.body is not None
    conditions = json.loads(request.body).get("and", [])

    def is_within(row: Mapping[str, Any]) -> bool:
        for condition in conditions:
            ((operator, text),) = next(iter(condition.values())).items()
            bound, at = parse_timestamp(text), updated_at(row)
            assert bound is not None
            if (at < bound) if operator == "gte" else (at >= bound):
                return False
        return True

    return is_within


def page_of(rows: list[dict[str, Any]], request: Request, most: int = 500) -> Answer:
    """Return one page of rows, as a search or a list does."""
    number, size = int(request.params.get("page", 1)), int(request.params.get("pageSize", most))
    size = min(size, most)
    start = (number - 1) * size
    following = "next" if start + size < len(rows) else None
    meta = {"page": number, "pageSize": size, "total": len(rows)}
    return reply({"data": rows[start : start + size], "meta": meta, "links": {"next": following}})

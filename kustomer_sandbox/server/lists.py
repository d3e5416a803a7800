"""Pages of lists: page and pageSize, with links and meta in the form of each endpoint."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import urlencode

import orjson

from kustomer_sandbox.server.answers import Answer, bad_request, document
from kustomer_sandbox.server.endpoints import ListEndpoint


class Records(Protocol):
    """Records in list order, read by pages."""

    def __len__(self) -> int: ...

    def page(self, start: int, stop: int) -> list[bytes]:
        """The JSON of the records from one place to another."""


class StoredRecords:
    """Records of the store, by number."""

    def __init__(self, numbers: Sequence[int], bodies: Callable[[list[int]], list[bytes]]) -> None:
        self._numbers = numbers
        self._bodies = bodies

    def __len__(self) -> int:
        return len(self._numbers)

    def page(self, start: int, stop: int) -> list[bytes]:
        """The JSON of the records from one place to another."""
        return self._bodies(list(self._numbers[start:stop]))


class ListedRecords:
    """Records that are in memory as resources."""

    def __init__(self, resources: Sequence[dict[str, Any]]) -> None:
        self._resources = resources

    def __len__(self) -> int:
        return len(self._resources)

    def page(self, start: int, stop: int) -> list[bytes]:
        """The JSON of the records from one place to another."""
        return [orjson.dumps(resource) for resource in self._resources[start:stop]]


def answer_list(
    endpoint: ListEndpoint,
    path: str,
    query: Mapping[str, str],
    records: Records,
    *,
    limit: int | None = None,
    included: Callable[[list[bytes]], list[dict[str, Any]]] | None = None,
) -> Answer:
    """Answer with one page of a list.

    Args:
        endpoint: how the list behaves.
        path: of the links, `/v1` included.
        query: the query string; what is not page and pageSize stays in the links.
        records: all records of the list.
        limit: the most records that the list reaches; a page beyond it is a 400.
        included: makes the `included` member from the records of the page.

    Raises:
        ApiError: 400 for a page that is not a number or past the limit.
    """
    page, size = _asked(endpoint, query)
    if limit is not None and page * size > limit:
        raise bad_request(f"page {page} of {size} is past the maximum of {limit} records")
    total = len(records)
    bodies = records.page((page - 1) * size, page * size)
    if endpoint.pages is not None and page > endpoint.pages:
        bodies = []
    last = min(math.ceil(total / size), endpoint.pages or math.inf)
    body = document(
        b"[" + b",".join(bodies) + b"]",
        _meta(endpoint, page, size, total),
        _links(endpoint, path, query, page=page, size=size, last=int(last)),
        included(bodies) if included is not None else None,
    )
    return Answer(body, rows=len(bodies), object=endpoint.object)


def _asked(endpoint: ListEndpoint, query: Mapping[str, str]) -> tuple[int, int]:
    try:
        page = int(query.get("page", "1"))
        size = int(query.get("pageSize", str(endpoint.page_size)))
    except ValueError as error:
        raise bad_request("page and pageSize should be integers", parameter="page") from error
    if page < 1 or size < 1:
        raise bad_request("page and pageSize should be >= 1", parameter="page")
    return page, min(size, endpoint.maximum)


def _meta(endpoint: ListEndpoint, page: int, size: int, total: int) -> dict[str, Any]:
    if endpoint.meta == "empty":
        return {}
    meta = {"pageSize": size, "page": page}
    if endpoint.meta == "total":
        meta |= {"total": total, "totalPages": math.ceil(total / size)}
    return meta


def _links(
    endpoint: ListEndpoint,
    path: str,
    query: Mapping[str, str],
    *,
    page: int,
    size: int,
    last: int,
) -> dict[str, str | None] | None:
    if endpoint.links == "none":
        return None
    if endpoint.links == "self":
        return {"self": path}
    others = {name: value for name, value in query.items() if name not in ("page", "pageSize")}

    def link(to: int) -> str:
        return f"{path}?{urlencode({**others, 'page': to, 'pageSize': size})}"

    links = {
        "self": link(page),
        "first": link(1),
        "prev": link(page - 1) if page > 1 else None,
        "next": link(page + 1) if page < last else None,
    }
    if endpoint.meta == "total":
        links["last"] = link(max(1, last))
    return links

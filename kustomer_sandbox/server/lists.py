"""Pages of lists: page and pageSize, with links and meta in the form of each endpoint."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import urlencode

import orjson

from kustomer_sandbox.control.settings import Settings
from kustomer_sandbox.server.answers import Answer, ApiError, bad_request, document, not_found
from kustomer_sandbox.server.endpoints import ListEndpoint

# Shares of the largest page under the dialect `page-size=by-object`: 50, 100, 300 and 500 of 500.
_SHARES = (0.1, 0.2, 0.6, 1.0)


class Records(Protocol):
    """Records in list order, read by pages."""

    def __len__(self) -> int: ...

    def page(self, start: int, stop: int) -> list[bytes]:
        """The JSON of the records from one place to another."""

    def backwards(self) -> Records:
        """The same records in the other order."""


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

    def backwards(self) -> StoredRecords:
        """The same records in the other order."""
        return StoredRecords(self._numbers[::-1], self._bodies)


class ListedRecords:
    """Records that are in memory as resources."""

    def __init__(self, resources: Sequence[dict[str, Any]]) -> None:
        self._resources = resources

    def __len__(self) -> int:
        return len(self._resources)

    def page(self, start: int, stop: int) -> list[bytes]:
        """The JSON of the records from one place to another."""
        return [orjson.dumps(resource) for resource in self._resources[start:stop]]

    def backwards(self) -> ListedRecords:
        """The same records in the other order."""
        return ListedRecords(self._resources[::-1])


def granted(settings: Settings, name: str, documented: int) -> int:
    """The largest page of an object, under the dialect."""
    if settings.dialect["page-size"] == "documented":
        return documented
    return max(1, int(documented * _SHARES[sum(map(ord, name)) % len(_SHARES)]))


def past_the_end(settings: Settings) -> ApiError | None:
    """The answer to a page past the end, if it is an error."""
    return {
        "empty": None,
        "404": not_found(),
        "400": bad_request("page is past the last page", parameter="page"),
    }[settings.dialect["past-end"]]


def answer_list(
    settings: Settings,
    endpoint: ListEndpoint,
    path: str,
    query: Mapping[str, str],
    records: Records,
    *,
    included: Callable[[list[bytes]], list[dict[str, Any]]] | None = None,
) -> Answer:
    """Answer with one page of a list.

    Args:
        settings: the switches.
        endpoint: how the list behaves.
        path: of the links, `/v1` included.
        query: the query string; what is not page and pageSize stays in the links.
        records: all records of the list, the oldest first unless the request sorts them.
        included: makes the `included` member from the records of the page.

    Raises:
        ApiError: 400 for a page that is not a number, and what the dialect says of pages past the
            end.
    """
    page, size = _asked(settings, endpoint, query)
    total = len(records)
    end = _end(settings, endpoint, page, size, total)
    if "sort" not in query and settings.dialect["list-order"] != "oldest-first":
        records = records.backwards()
    bodies = records.page((page - 1) * size, min(page * size, end))
    body = document(
        b"[" + b",".join(bodies) + b"]",
        _meta(endpoint, page, size, total),
        _links(endpoint, path, query, page=page, size=size, last=math.ceil(end / size))
        if settings.dialect["links"] == "present"
        else None,
        included(bodies) if included is not None else None,
    )
    return Answer(body, rows=len(bodies), object=endpoint.object)


def _asked(settings: Settings, endpoint: ListEndpoint, query: Mapping[str, str]) -> tuple[int, int]:
    try:
        page = int(query.get("page", "1"))
        size = int(query.get("pageSize", str(endpoint.page_size)))
    except ValueError as error:
        raise bad_request("page and pageSize should be integers", parameter="page") from error
    if page < 1 or size < 1:
        raise bad_request("page and pageSize should be >= 1", parameter="page")
    largest = min(endpoint.maximum, settings.max_list_page or endpoint.maximum)
    return page, min(size, granted(settings, endpoint.object, largest))


def _end(settings: Settings, endpoint: ListEndpoint, page: int, size: int, total: int) -> int:
    """How many records the list reaches.

    Raises:
        ApiError: if the page is not served.
    """
    end = total if endpoint.pages is None else min(total, endpoint.pages * size)
    first, cap, mode = (page - 1) * size, settings.list_record_cap, settings.dialect["list-cap"]
    if mode == "empty":
        end = min(end, cap)
    if mode == "400" and page * size > cap:
        raise bad_request(f"page {page} of {size} is past the maximum of {cap} records")
    if mode == "404" and page * size > cap:
        raise not_found()
    error = past_the_end(settings)
    if page > 1 and first >= total and error is not None:
        raise error
    return end


def _meta(endpoint: ListEndpoint, page: int, size: int, total: int) -> dict[str, Any] | None:
    if endpoint.meta == "none":
        return None
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

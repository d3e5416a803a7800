"""Lists in memory: what the API answers to each request, by its path and parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.transport import Answer, Request
from unit_tests.in_memory import InMemoryTransport, client_of, reply

PAGING = ("page", "pageSize")
NOT_FOUND = 404


class ListsInMemory:
    """An API of lists. A number in the place of a list is the HTTP status of a refusal."""

    def __init__(self, lists: Mapping[str, Sequence[Mapping[str, Any]] | int]) -> None:
        """Serve lists.

        Args:
            lists: by path and query string, such as `/teams?deleted=true`, without paging.
        """
        self._lists = lists
        self._transport = InMemoryTransport(self._answer)

    def client(self) -> Client:
        return client_of(self._transport)

    @property
    def requests(self) -> list[str]:
        """The requests so far, each once, without paging."""
        return list(dict.fromkeys(map(_name_of, self._transport.requests)))

    def _answer(self, request: Request) -> Answer:
        found = self._lists.get(_name_of(request), NOT_FOUND)
        if isinstance(found, int):
            return reply({"errors": [{"code": "refused", "title": "refused"}]}, found)
        size = int(request.params.get("pageSize", max(1, len(found))))
        start = (int(request.params.get("page", 1)) - 1) * size
        page = list(found[start : start + size])
        following = "/next" if start + size < len(found) else None
        return reply({"data": page, "links": {"next": following}})


def record(identity: str, **attributes: Any) -> dict[str, Any]:
    """Return a resource."""
    return {"type": "thing", "id": identity, "attributes": attributes}


def _name_of(request: Request) -> str:
    query = {name: value for name, value in request.params.items() if name not in PAGING}
    return request.path + (f"?{urlencode(query)}" if query else "")

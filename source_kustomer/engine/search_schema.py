"""The API's own description of its search: which attributes it filters and sorts by."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Final

from source_kustomer.engine.endpoints import Endpoint
from source_kustomer.errors import KustomerError, Stopped
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.documents import attribute_of
from source_kustomer.logger import LOGGER

SCHEMA: Final = Endpoint("/customers/searches/schema", page_size=None)
"""Described by the vendor's operations of 2026."""
STREAM: Final = "search schema"
MOST_ATTRIBUTES: Final = 10_000
MAX_NAME: Final = 200
"""Attributes, and characters of a name, that are remembered for the rest of the sync."""


class SearchSchema:
    """The sortable attributes of the search, requested once, by the first stream that needs them.

    Only what the schema lists is used. What it does not list is tried, since it may be incomplete.
    Safe to use from many threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sortable: frozenset[str] | None = None

    def sorts_by(self, attribute: str, client: Client) -> bool:
        """Return whether the schema lists an attribute as one to filter and to sort by.

        Args:
            attribute: a search attribute, such as `company_updated_at`.
            client: the API.

        Raises:
            Stopped: when the process is to end.
        """
        with self._lock:
            if self._sortable is None:
                self._sortable = _request(client)
            return attribute in self._sortable


def _request(client: Client) -> frozenset[str]:
    """Return the attributes that can be filtered and sorted by; none when it is not available."""
    try:
        resource = client.get(SCHEMA.path, stream=STREAM).resource
    except Stopped:
        raise
    except KustomerError as error:
        LOGGER.info("The attributes of the search are not known: %s", error.message)
        return frozenset()
    fields = _member(attribute_of(resource, "fields"), "properties")
    sort = _member(_member(attribute_of(resource, "sort"), "properties"), "fields")
    names = sort.get("enum")
    if not isinstance(names, list) or len(names) > MOST_ATTRIBUTES:
        return frozenset()
    sortable = {name for name in names if isinstance(name, str) and len(name) <= MAX_NAME}
    return frozenset(sortable) & fields.keys()


def _member(value: Any, name: str) -> Mapping[str, Any]:
    """Return an object's member that is an object itself; an empty one otherwise."""
    member = value.get(name) if isinstance(value, Mapping) else None
    return member if isinstance(member, Mapping) else {}

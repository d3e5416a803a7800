"""What the search is asked for, and the body that asks it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

LIVE_PATH: Final = "/customers/search"
ARCHIVE_PATH: Final = "/customers/archive/search"
"""One endpoint serves all objects, in spite of its name (OpenAPI, POST /customers/search)."""

LARGEST_PAGE: Final = 500
DEFAULT_PAGE: Final = 100
"""The API's own page size, of searches and of lists."""
PAGE_SIZES: Final = (LARGEST_PAGE, 250, DEFAULT_PAGE)
"""What to fall back to when a size is refused."""

MAX_PAGES: Final = 100
MAX_RECORDS: Final = 10_000
"""Caps of one query: 100 pages (OpenAPI), 10,000 records (AWS Glue's documentation)."""


@dataclass(frozen=True)
class SearchQuery:
    """One query: a kind of object, and a span of one of its timestamps, ascending."""

    query_context: str
    attribute: str
    """The timestamp attribute that is compared and sorted by."""
    gte: str | None = None
    lt: str | None = None
    also: tuple[tuple[str, str, str], ...] = ()
    """Further conditions: attribute, operator, value."""
    include_deleted: bool = True
    archive: bool = False

    @property
    def path(self) -> str:
        """Where the query is sent."""
        return ARCHIVE_PATH if self.archive else LIVE_PATH

    def by_creation(self, attribute: str, since: str | None, before: str | None) -> SearchQuery:
        """Return this query narrowed to a span of creation, and sorted by that instead."""
        span = (("gte", self.gte), ("lt", self.lt))
        also = tuple((self.attribute, operator, value) for operator, value in span if value)
        return replace(self, attribute=attribute, gte=since, lt=before, also=(*self.also, *also))

    def body(self) -> dict[str, Any]:
        """Write the query in the search's own terms; it refuses keys that it does not know."""
        wanted = list(self.also)
        for operator, value in (("gte", self.gte), ("lt", self.lt)):
            if value is not None:
                wanted.append((self.attribute, operator, value))
        # Conditions have to be unique (OpenAPI): an object that is ordered by its creation would
        # otherwise have some of them twice.
        conditions = [
            {attribute: {operator: value}} for attribute, operator, value in dict.fromkeys(wanted)
        ]
        body: dict[str, Any] = {"queryContext": self.query_context}
        if conditions:
            body["and"] = conditions
        body["sort"] = [{self.attribute: "asc"}]
        body["includeDeleted"] = self.include_deleted
        return body

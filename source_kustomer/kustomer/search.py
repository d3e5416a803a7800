"""A query of the search, its body, and its pages."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Final, Protocol

from source_kustomer.query_limits import MAX_PAGES, MAX_RECORDS

LIVE_PATH: Final = "/customers/search"
ARCHIVE_PATH: Final = "/customers/archive/search"
"""One endpoint searches all objects, in spite of its name (OpenAPI, POST /customers/search)."""

MAX_PAGE_SIZE: Final = 500
DEFAULT_PAGE_SIZE: Final = 100
"""The API's own page size, of searches and of lists."""


class PagedQuery(Protocol):
    """What the client needs of a query: a search, or a list that filters and sorts."""

    page_size: int | None
    """The page size that is requested; None before the first page."""
    granted: int | None
    """The page size that the last answer stated; None before the first page."""

    @property
    def method(self) -> str:
        """The HTTP method."""

    @property
    def path(self) -> str:
        """The path of the request."""

    @property
    def object(self) -> str:
        """What page sizes are learned for."""

    @property
    def max_page_size(self) -> int:
        """The largest page to request."""

    def params(self, page: int, *, track_total_hits: bool = False) -> dict[str, Any]:
        """Return the query parameters of a page."""

    def has_page(self, page: int) -> bool:
        """Return whether a page lies within the caps of a query."""

    def body(self) -> dict[str, Any] | None:
        """Return the body of the request, if it has one."""


@dataclass(eq=False)
class SearchQuery:
    """One query: a kind of object, and a span of one of its timestamps, ascending.

    Ask one query object for all pages of the query: it keeps the page size of its first page,
    because page N begins at record (N - 1) * size. A later page may have to be smaller, never
    larger; it then repeats records instead of leaving some out.
    """

    query_context: str
    attribute: str
    """The timestamp attribute to compare and to sort by."""
    gte: str | None = None
    lt: str | None = None
    also: tuple[tuple[str, str, Any], ...] = ()
    """Further conditions: attribute, operator, value."""
    include_deleted: bool = True
    archive: bool = False
    page_size: int | None = field(default=None, init=False)
    """The page size that is requested; None before the first page."""
    granted: int | None = field(default=None, init=False)
    """The page size that the last answer stated; None before the first page."""
    method: ClassVar[str] = "POST"
    max_page_size: ClassVar[int] = MAX_PAGE_SIZE

    @property
    def object(self) -> str:
        """What page sizes are learned for."""
        return self.query_context

    @property
    def path(self) -> str:
        """The path of the index that is searched."""
        return ARCHIVE_PATH if self.archive else LIVE_PATH

    def params(self, page: int, *, track_total_hits: bool = False) -> dict[str, Any]:
        """Return the query parameters of a page.

        Args:
            page: its number, from 1.
            track_total_hits: whether to ask for an exact total instead of one that may be capped
                at 10,000. Only the live search has the parameter.
        """
        params = {"page": page, "pageSize": self.page_size}
        return {**params, "trackTotalHits": "true"} if track_total_hits else params

    def has_page(self, page: int) -> bool:
        """Return whether a page lies within the caps of a query.

        Args:
            page: its number, from 1.
        """
        sizes = (self.page_size, self.granted)
        size = min((size for size in sizes if size is not None), default=1)
        return 1 <= page <= MAX_PAGES and (page - 1) * size < MAX_RECORDS

    def by_creation(self, attribute: str, since: str | None, before: str | None) -> SearchQuery:
        """Return this query narrowed to a span of creation, and sorted by creation."""
        span = (("gte", self.gte), ("lt", self.lt))
        also = tuple((self.attribute, operator, value) for operator, value in span if value)
        return replace(self, attribute=attribute, gte=since, lt=before, also=(*self.also, *also))

    def body(self) -> dict[str, Any]:
        """Return the body of the request. The API rejects members that it does not know."""
        conditions = list(self.also)
        for operator, value in (("gte", self.gte), ("lt", self.lt)):
            if value is not None:
                conditions.append((self.attribute, operator, value))
        body: dict[str, Any] = {"queryContext": self.query_context}
        if conditions:
            # Conditions must be unique (OpenAPI). An object that is sorted by its creation anyway
            # would have some of them twice.
            body["and"] = [
                {attribute: {operator: value}}
                for attribute, operator, value in dict.fromkeys(conditions)
            ]
        body["sort"] = [{self.attribute: "asc"}]
        body["includeDeleted"] = self.include_deleted
        return body

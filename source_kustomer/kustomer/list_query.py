"""A query of a list that filters and sorts by time of update."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from source_kustomer.query_limits import MAX_PAGES


@dataclass(eq=False)
class ListQuery:
    """One query: a span of update time of a list, ascending unless stated otherwise.

    It has the members of a `SearchQuery` that the client needs, so `Client.search` reads its pages.
    The syntax is documented for `GET /customers` (developer.kustomer.com, "Get customers").
    """

    path: str
    max_page_size: int
    gte: str | None = None
    lt: str | None = None
    descending: bool = False
    page_size: int | None = field(default=None, init=False)
    """The page size that is requested; None before the first page."""
    granted: int | None = field(default=None, init=False)
    """The page size that the last answer stated; None before the first page."""
    method: ClassVar[str] = "GET"

    @property
    def object(self) -> str:
        """What page sizes are learned for."""
        return f"list {self.path}"

    def params(self, page: int, *, track_total_hits: bool = False) -> dict[str, Any]:
        """Return the query parameters of a page. Only searches track their total hits."""
        bounds = {"gte": self.gte, "lt": self.lt}
        return {
            **{f"filter[updatedAt][{op}]": at for op, at in bounds.items() if at is not None},
            "sort": "-updatedAt" if self.descending else "updatedAt",
            "page": page,
            "pageSize": self.page_size,
        }

    def has_page(self, page: int) -> bool:
        """Return whether a page may be requested. No source limits the pages of a list."""
        return 1 <= page <= MAX_PAGES

    def body(self) -> None:
        """Return no body."""
        return

"""The pages of the audit log: a span of time, in whichever order the API lists the entries.

The vendor's documentation says that the newest entries come first, and that `before` continues a
page. Neither is certain, nor is whether the bounds of a span are inclusive. So each request asks
for the rest of the span, down from the oldest entry or up from the newest, and entries that were
read before are dropped. `before` serves only among equal timestamps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from source_kustomer.engine.endpoints import Endpoint, needing
from source_kustomer.errors import TimestampTooDense, UnorderedPage
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.documents import Document
from source_kustomer.sync.keyset import timestamp_of
from source_kustomer.timestamps import MILLISECOND, format_timestamp

PAGE_SIZE: Final = 1_000
"""The largest `count` (OpenAPI, GET /audit-logs)."""
STAMP: Final = "createdAt"

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class LogBatch:
    """The new entries of one page."""

    entries: Sequence[Entry]
    closed: tuple[int, int | None] | None
    """The span that is complete once they are out, if it is more than before."""
    is_last: bool


def read_log(
    client: Client,
    endpoint: Endpoint,
    start: int,
    end: int | None,
    *,
    stream: str,
    filters: Mapping[str, str] | None = None,
) -> Iterator[LogBatch]:
    """Yield the entries of a span of the log, each once.

    A few entries from just outside the span may be among them.

    Args:
        client: the API.
        endpoint: the log.
        start: where the span begins, a timestamp.
        end: where it ends, a timestamp; None is the present.
        stream: the name of the stream that is read, for logs and errors.
        filters: further query parameters.

    Raises:
        NotPermitted: when the key may not read the log; the error names the roles.
        UnorderedPage: when the entries are in no order.
        TimestampTooDense: when more entries share a timestamp than can be told apart.
    """
    rest = _Rest(start, end)
    is_last = False
    while not is_last:
        with needing(endpoint.roles):
            params = {**rest.params(), **(filters or {})}
            page = client.get(endpoint.path, params, stream=stream)
        rest.check_order(page.data)
        entries = rest.new(page.data)
        is_last = rest.is_last(page, len(entries))
        closed = None
        if not is_last and not entries:
            rest.use_before(page.data)
        elif not is_last:
            closed = rest.advance(page.data)
        yield LogBatch(entries, closed, is_last)


class _Rest:
    """The part of a span that is still to be read, and what is known of its borders."""

    def __init__(self, start: int, end: int | None) -> None:
        self._start = start
        self._end = end
        self._closed_from = end
        self._direction = 0
        """1 when entries come oldest first, -1 when newest first, 0 while that is not known."""
        self._largest = 1
        self._before: str | None = None
        self._known: frozenset[str] = frozenset()
        """Ids of entries at the border that were read already."""

    def params(self) -> dict[str, Any]:
        """Return the query. Its bounds reach a millisecond further, should they be exclusive."""
        params: dict[str, Any] = {
            "count": PAGE_SIZE,
            "filter[start]": format_timestamp(self._start - MILLISECOND),
        }
        if self._end is not None:
            params["filter[end]"] = format_timestamp(self._end + MILLISECOND)
        if self._before is not None:
            params["before"] = self._before
        return params

    def new(self, entries: Sequence[Entry]) -> list[Entry]:
        """Return the entries that no page before this one has brought."""
        return [entry for entry in entries if str(entry.get("id")) not in self._known]

    def check_order(self, entries: Sequence[Entry]) -> None:
        """Find out in which direction entries come.

        Raises:
            UnorderedPage: when they are in no order, or in another one than before.
        """
        self._direction = _direction(_stamps(entries), self._direction)

    def is_last(self, page: Document, rows: int) -> bool:
        """Return whether a page is the last of the span: none follows, or it brought nothing new.

        Raises:
            TimestampTooDense: when it brought nothing new, although more entries may share its
                timestamp.
        """
        is_full = len(page.data) >= self._largest
        self._largest = max(self._largest, len(page.data))
        if not page.data or (page.has_next is False and self._before is None):
            return True
        if rows:
            return page.has_next is False
        stamps = set(_stamps(page.data))
        is_stuck = len(stamps) <= 1 and (bool(page.has_next) or is_full)
        if self._before is not None or (is_stuck and self._direction > 0):
            stamp = next(iter(stamps), self._start)
            raise TimestampTooDense(format_timestamp(stamp), len(page.data))
        return not is_stuck

    def use_before(self, entries: Sequence[Entry]) -> None:
        """Continue among entries of one millisecond, which no bound of time tells apart."""
        self._before = str(entries[-1].get("id"))

    def advance(self, entries: Sequence[Entry]) -> tuple[int, int | None] | None:
        """Move the border past what a page brought.

        Returns:
            The span that is complete now, if it is more than before.
        """
        stamps = _stamps(entries)
        self._before = str(entries[-1].get("id"))
        if not stamps:
            self._known |= {str(entry.get("id")) for entry in entries}
            return None
        if self._direction > 0:
            self._before = None
            border = max(stamps)
            self._known = self._ids_near(entries, border)
            span = (self._start, border) if border > self._start else None
            self._start = max(self._start, border)
            return span
        border = min(stamps)
        near = self._ids_near(entries, border)
        end = border + MILLISECOND
        if self._end is not None and end >= self._end:
            self._known |= near  # only `before` leads on among entries of one millisecond
            return None
        self._known, self._before = near, None
        closed, self._closed_from = (end, self._closed_from), end
        self._end = end
        return closed

    @staticmethod
    def _ids_near(entries: Sequence[Entry], border: int) -> frozenset[str]:
        reach = 2 * MILLISECOND
        return frozenset(
            str(entry.get("id"))
            for entry in entries
            if abs((timestamp_of(entry, STAMP) or border) - border) <= reach
        )


def _stamps(entries: Sequence[Entry]) -> list[int]:
    return [stamp for entry in entries if (stamp := timestamp_of(entry, STAMP)) is not None]


def _direction(stamps: Sequence[int], before: int) -> int:
    """Return the direction of a page: 1 ascending, -1 descending, else as before.

    Raises:
        UnorderedPage: when it is neither, or not as before.
    """
    direction = before
    for one, other in pairwise(stamps):
        step = (other > one) - (other < one)
        if step and direction and step != direction:
            raise UnorderedPage(format_timestamp(one), format_timestamp(other))
        direction = step or direction
    return direction

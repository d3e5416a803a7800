"""Lists by page number, read completely although records come and go while they are read.

When a record is deleted on a page that has been read, every later one moves up by one place, and
the first of the next page moves onto the page before: it would never be seen. So every page
overlaps the one before by at least a record, by a choice of page sizes: page `n` of size `s`
begins at row `(n - 1) * s`. If the overlapping row is not the last one seen, rows have moved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import orjson

from source_kustomer.kustomer.documents import Document

GetPage = Callable[[int, int], Document]
"""Gets page `n` of size `s`."""

MAX_PASSES: Final = 8
"""How often a list that keeps moving is read from its beginning."""
MAX_LIST_PAGES: Final = 100_000

Resource = Mapping[str, Any]


class ListReader:
    """Reads one list to its end."""

    def __init__(self, get: GetPage, page_size: int) -> None:
        """Prepare to read.

        Args:
            get: gets a page.
            page_size: the largest page that the list grants.
        """
        self._get = get
        self._page_size = page_size
        self._seen: dict[str, int] = {}

    def pages(self) -> Iterator[Document]:
        """Yield documents whose rows have not been yielded before in this form."""
        for _ in range(MAX_PASSES):
            self._moved = False
            before = len(self._seen)
            yield from self._pass()
            if not self._moved or len(self._seen) == before:
                return

    def _pass(self) -> Iterator[Document]:
        """Walk the list once, and note when rows have moved meanwhile."""
        covered = 0
        number, size = 1, self._page_size
        last: str | None = None
        overlapping = True
        while number < MAX_LIST_PAGES:
            page = self._get(number, size)
            offset = (number - 1) * size
            if overlapping and page.page_size not in (None, size):
                # The size that was asked for is not granted: go on in plain pages of the size
                # that is, and walk the whole list again to see whether it held still.
                overlapping = False
                self._moved = number > 1 or page.has_next
                self._page_size = size = page.page_size or size
                if number > 1:
                    return
            keys = [_key(row) for row in page.data]
            if overlapping and last is not None and covered > offset:
                self._moved = self._moved or not _continues(keys, covered - offset - 1, last)
            yield self._fresh(page, keys)
            if not page.data or _ends(page, size):
                return
            covered = max(covered, offset + len(page.data))
            last = keys[-1]
            number, size = _next_page(number, covered, self._page_size, overlapping=overlapping)

    def _fresh(self, page: Document, keys: list[str]) -> Document:
        rows = []
        for row, key in zip(page.data, keys, strict=True):
            content = hash(orjson.dumps(row))
            if self._seen.get(key) != content:
                self._seen[key] = content
                rows.append(row)
        return replace(page, data=rows)


def _ends(page: Document, size: int) -> bool:
    """Tell whether a page is its list's last. Some lists say nothing of a next one."""
    if page.has_next:
        return False
    return "next" in page.links or len(page.data) < size


def _key(row: Resource) -> str:
    """Identify a row: by its id, or by all of it where there is none (outbound accounts)."""
    identity = row.get("id")
    return str(identity) if identity is not None else orjson.dumps(row).decode()


def _continues(keys: list[str], index: int, last: str) -> bool:
    return index < len(keys) and keys[index] == last


def _next_page(number: int, covered: int, largest: int, *, overlapping: bool) -> tuple[int, int]:
    """Choose the next page: one that begins at or before the last row seen, and reaches far.

    Args:
        number: the page just read.
        covered: how many rows of the list have been read.
        largest: the largest page size granted.
        overlapping: whether sizes can be chosen freely.

    Returns:
        Its number and its size.
    """
    if not overlapping or largest == 1:
        return number + 1, largest
    sizes = range(largest, largest // 2, -1)
    size = max(sizes, key=lambda size: ((covered - 1) // size + 1) * size)
    return (covered - 1) // size + 1, size

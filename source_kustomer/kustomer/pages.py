"""Lists by page number, read completely although records come and go while they are read.

When a record is deleted on a page that has been read, every later one moves up by one place, and
the first of the next page moves onto the page before: it would never be seen. So every page
overlaps the one before by at least a record, by a choice of page sizes: page `n` of size `s`
begins at row `(n - 1) * s`. If the overlapping row is not the last one seen, rows have moved.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import replace
from enum import Enum
from typing import Any, Final

import orjson

from source_kustomer.kustomer.documents import Document
from source_kustomer.logger import LOGGER

GetPage = Callable[[int, int], Document]
"""Gets page `n` of size `s`."""

MAX_PASSES: Final = 8
"""How often a list that keeps moving is read from its beginning."""
MAX_LIST_PAGES: Final = 100_000
MAX_EMPTY_PAGES: Final = 3
"""So many empty pages in a row that announce another are passed over."""

Resource = Mapping[str, Any]


class _Pass(Enum):
    """How one walk through a list went."""

    HELD = "held"
    """Every page continued the one before: nothing moved."""
    MOVED = "moved"
    """Rows moved, or nothing tells that they did not."""
    HID = "hid"
    """A page did not show the last row of the one before: others may be hidden like it."""
    CUT = "cut"
    """It ended early, because the list turned out not to grant the sizes asked for."""


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
        self._grants_sizes = True
        """Whether the list serves pages of the size asked for; otherwise they cannot overlap."""
        self._seen: dict[str, int] = {}

    def pages(self) -> Iterator[Document]:
        """Yield documents whose rows have not been yielded before in this form."""
        for _ in range(MAX_PASSES):
            before = len(self._seen)
            outcome = yield from self._pass()
            if outcome is _Pass.HELD:
                return
            if outcome is _Pass.MOVED and len(self._seen) == before:
                return
        LOGGER.warning("A list of %d records kept moving while it was read.", len(self._seen))

    def _pass(self) -> Generator[Document, None, _Pass]:
        """Walk the list once, and tell whether rows have moved meanwhile."""
        covered = 0
        number, size = 1, self._page_size
        last: str | None = None
        first = before = ""
        met: set[str] = set()
        empty = 0
        outcome = _Pass.HELD
        while number < MAX_LIST_PAGES:
            page = self._get(number, size)
            keys = [_key(row) for row in page.data]
            granted = _granted(page, size)
            is_short = page.has_next and len(keys) < granted
            if self._grants_sizes and (granted != size or is_short):
                # A smaller maximum can be worked with; any other size of its own cannot.
                self._grants_sizes = number == 1 and granted < size and not is_short
                self._page_size = size = granted
                if number > 1:
                    return _Pass.CUT
            offset = (number - 1) * size
            if last is not None:
                is_told = covered > offset and (bool(keys) or not page.has_next)
                if is_told and last not in keys:
                    outcome = _Pass.HID
                elif outcome is _Pass.HELD and not _continues(keys, covered - offset - 1, last):
                    outcome = _Pass.MOVED
            yield self._fresh(page, keys)
            if _ends(page, size) or _goes_round(keys, met, (first, before)):
                return outcome
            if not keys:
                empty += 1
                if empty > MAX_EMPTY_PAGES:
                    return outcome
                number += 1
                continue
            first, before, empty = first or keys[0], keys[0], 0
            met.update(keys)
            covered = max(covered, offset + len(page.data))
            last = keys[-1]
            number, size = _next_page(
                number, covered, self._page_size, overlapping=self._grants_sizes
            )
        return outcome

    def _fresh(self, page: Document, keys: list[str]) -> Document:
        rows = []
        for row, key in zip(page.data, keys, strict=True):
            content = hash(orjson.dumps(row))
            if self._seen.get(key) != content:
                self._seen[key] = content
                rows.append(row)
        return replace(page, data=rows)


def _granted(page: Document, size: int) -> int:
    """Return the page size that a list serves: as it says, or as its rows show."""
    if page.page_size not in (None, size):
        return page.page_size or size
    return max(size, len(page.data))


def _ends(page: Document, size: int) -> bool:
    """Tell whether a page is its list's last. Some lists say nothing of a next one."""
    if page.has_next:
        return False
    return "next" in page.links or len(page.data) < size


def _goes_round(keys: list[str], met: set[str], starts: tuple[str, str]) -> bool:
    """Tell whether a list repeats itself: it ignores page numbers, or its last page never ends.

    Args:
        keys: the page's.
        met: all keys of this walk so far.
        starts: the first keys of the first page and of the page before. A page of known rows that
            begins with neither may be the work of rows that were inserted in front.
    """
    return bool(keys) and keys[0] in starts and met.issuperset(keys)


def _key(row: Resource) -> str:
    """Identify a row: by its id, or by all of it where there is none (outbound accounts)."""
    identity = row.get("id")
    return str(identity) if identity is not None else orjson.dumps(row).decode()


def _continues(keys: list[str], index: int, last: str) -> bool:
    return 0 <= index < len(keys) and keys[index] == last


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
    if not overlapping:
        return number + 1, largest
    sizes = range(largest, largest // 2, -1)
    size = max(sizes, key=lambda size: ((covered - 1) // size + 1) * size)
    if covered % size == 0:
        return covered // largest + 1, largest  # every size divides it: nothing can overlap
    return (covered - 1) // size + 1, size

"""The state of one pass over a list by pages that overlap: see pages.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum
from typing import Final

from source_kustomer.errors import BadRequest, KustomerError, UnexpectedDocument
from source_kustomer.kustomer.documents import Document
from source_kustomer.logger import LOGGER
from source_kustomer.query_limits import MAX_RECORDS

MAX_FRUITLESS: Final = 3
"""Pages in succession without a new row, in a list that announces more."""
MAX_MISSES: Final = 2
"""Requests for a page that the API does not have, before the list counts as ended."""

MAX_UNMOVED: Final = 1
"""Pages that do not overlap although nothing has moved, in a list that serves pages as requested:
a row was removed before such a page was requested, and another was added after it."""


class Result(Enum):
    """The result of one pass over a list."""

    COMPLETE = "complete"
    UNPROVEN = "unproven"
    """Rows may be missing."""
    SEPARATE = "separate"
    """Pages cannot overlap."""


class OverlappingPass:
    """The state of one pass over a list by pages that overlap."""

    def __init__(self, page_size: int) -> None:
        self.number, self.size = 1, page_size
        """The page that is requested."""
        self.covered = 0
        """The rows of the list up to the last one read, at the time it was read."""
        self.has_next: bool | None = None
        """Whether the last page announced another."""
        self.added = 0
        """The rows that were added before the position since the list was begun."""
        self.first: list[str] = []
        """The ids of the first page."""
        self.result: Result | None = None
        """The result, when the pass has ended."""
        self._places: dict[str, int] = {}
        """The ids of the last page with rows, and their places on it."""
        self._length = self._misses = self._missed_at = self._fruitless = self._empty = 0
        self._pages_back = -1
        self._unmoved = 0
        """How often a page had none of the rows before it, although nothing had moved."""
        self._is_disconnected = False
        """Whether the last page had rows, but none of the page before."""

    @property
    def offset(self) -> int:
        """The rows of the list before the page that is requested."""
        return (self.number - 1) * self.size

    def connect(self, keys: Sequence[str]) -> int | None:
        """Find the last known row on the page, and count how far it has moved.

        Returns:
            The place on the page after that row; None when the page contains no known row.
        """
        if not self._length:
            return 0
        known = [(self._places[key], i) for i, key in enumerate(keys) if key in self._places]
        if not known:
            return None
        place, index = max(known)
        expected = self.covered - self._length + place
        self.added += max(0, self.offset + index - expected)
        return index + 1

    def take(self, page: Document, keys: Sequence[str], start: int) -> Document:
        """Move to the end of a connected page.

        Args:
            page: the page.
            keys: the ids of its rows.
            start: the place after its last known row, as `connect` returned it.

        Returns:
            The page without the rows of the page before. `result` is set when it is the last.
        """
        known = self._places
        is_first = not self._length
        shift = self.offset + start - self.covered if self._length else 0
        if keys:
            self.covered, self._length = self.offset + len(keys), len(keys)
            self._places = {key: place for place, key in enumerate(keys)}
        self.first = self.first or list(keys)
        self.has_next = page.has_next
        self._pages_back = -1
        if start < len(keys):
            self._fruitless = self._empty = 0
        elif page.has_next is None and shift <= 0 and not self._is_disconnected:
            self.result = Result.COMPLETE
        else:
            self._count_fruitless(keys)
        # A page that connects was served at its size, so it is the last when it is short.
        is_short = page.has_next is None and not is_first and len(keys) < self.size
        if is_short or is_last(page, self.size):
            self.result = Result.COMPLETE
        if self._is_disconnected and not shift:
            # Rows have moved and moved back, or the list does not serve pages as requested.
            self._unmoved += 1
            if self._unmoved > MAX_UNMOVED:
                self.result = Result.SEPARATE
        self._is_disconnected = False
        pairs = zip(page.data, keys, strict=True)
        return replace(page, data=[row for row, key in pairs if key not in known])

    def _count_fruitless(self, keys: Sequence[str]) -> None:
        """Count pages in succession without a new row. After some, the list has to be understood.

        Raises:
            UnexpectedDocument: when the list announces more rows, but always returns the first.
        """
        self._fruitless += 1
        self._empty += not keys
        if self._fruitless <= MAX_FRUITLESS:
            return
        if self._empty:
            self.result = Result.SEPARATE
        elif not set(keys).issubset(self.first):
            self.result = Result.UNPROVEN
        elif self.has_next:
            raise UnexpectedDocument(
                f"A list announces more than {len(self.first)} rows, but returns the same rows for "
                "every page. Please report this."
            )
        else:
            self.result, self.added = Result.COMPLETE, 0  # the list ignores page numbers

    def miss(self, error: KustomerError) -> None:
        """Count a page that does not exist; the last one counts as the end of the list.

        Raises:
            KustomerError: when it does not exist because of a limit of the API.
        """
        if self.covered > self._missed_at:
            self._misses, self._missed_at = 0, self.covered
        self._misses += 1
        if self._misses >= MAX_MISSES:
            check_end(self.number * self.size, self.has_next, error)
            self.result = Result.COMPLETE

    def look_back(self, keys: Sequence[str], largest: int) -> None:
        """Plan an earlier page, to find a known row again."""
        if self.number == 1:
            self.result = Result.UNPROVEN  # every row of the last page has gone
            return
        self._is_disconnected = bool(keys)
        if not keys:
            self._count_fruitless(keys)
        asked = self.number, self.size
        while (self.number, self.size) == asked or self._pages_back < 0:
            self._pages_back = max(0, 2 * self._pages_back or 1)
            self.number = max(1, (self.covered - 1) // largest + 1 - self._pages_back)
            self.size = largest

    def plan(self, largest: int) -> None:
        """Plan the page that begins at or before the last row read, and reaches furthest.

        Args:
            largest: the largest page size. When none reaches beyond that row, `result` is set.
        """
        sizes = [size for size in range(largest, largest // 2, -1) if self.covered % size]
        if self.result is not None:
            return
        if not self.covered:
            self.number, self.size = 1, largest
        elif not sizes:
            self.result = Result.SEPARATE
        else:
            self.size = max(sizes, key=lambda size: ((self.covered - 1) // size + 1) * size)
            self.number = (self.covered - 1) // self.size + 1


def is_last(page: Document, size: int) -> bool:
    """Return whether a page states that it is the last of its list.

    A page without a statement is the last when it is shorter than its stated size, or empty.
    """
    if page.has_next is not None:
        return not page.has_next
    return not page.data or (page.is_page_size_stated and len(page.data) < size)


def check_end(reach: int, has_next: bool | None, error: KustomerError) -> None:
    """Check that a page that does not exist is past the end, and not past a limit of the API.

    Args:
        reach: the rows of the list up to the end of that page.
        has_next: whether the page before announced another.
        error: the API's answer.

    Raises:
        KustomerError: `error`, when the page was announced and is either rejected as invalid or
            reaches beyond the number of records that the vendor's partners state as a limit.
    """
    if not has_next:
        return
    if isinstance(error, BadRequest) or reach > MAX_RECORDS:
        raise error
    LOGGER.info("A list ended before row %d, although it announced more.", reach)

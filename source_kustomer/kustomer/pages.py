"""Lists by page number, read completely although rows are added and removed meanwhile.

Page `n` of size `s` begins at row `(n - 1) * s` of the list as it is at that time. When a row is
removed from a page that has been read, all later rows move up by one place, and one of them moves
onto that page unseen. So each page overlaps the one before by at least one row, by a choice of page
sizes. As long as a page contains a row of the page before, no row between the two is missing: rows
keep their order, and only added rows, which the next sync reads, can stand before it.

A row that moves from the unread part into the part already read would be missed all the same, for
example to the head of a list that is sorted by the latest change. So the head is read once more at
the end. What was added there must explain the shifts that the pages have shown; otherwise the list
is read again.

Nothing is kept but the ids of two pages, so memory does not grow with the list, and rows can come
twice. One case cannot be noticed: between two requests, as many rows move from the unread part into
the middle of the part already read as are removed from that part.

Some lists serve pages of a size of their own, so their pages cannot overlap. They are read until
two passes agree, by one checksum per page.
"""

from __future__ import annotations

import itertools
import marshal
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import Enum
from typing import Any, Final

from source_kustomer.errors import BadRequest, KustomerError, UnexpectedDocument
from source_kustomer.kustomer.documents import Document
from source_kustomer.kustomer.page_size import size_for
from source_kustomer.logger import LOGGER
from source_kustomer.query_limits import MAX_RECORDS

GetPage = Callable[[int, int], Document]
"""Requests page `n` of size `s`. Raises SmallerPage, PastEnd, and errors that end the list."""

MAX_PASSES: Final = 8
"""Passes over a list that keeps changing."""
MAX_PAGES: Final = 100_000
"""Pages after which a list that never ends is an error."""
MAX_FRUITLESS: Final = 3
"""Pages in succession without a new row, in a list that announces more."""
MAX_MISSES: Final = 2
"""Requests for a page that the API does not have, before the list counts as ended."""

Resource = Mapping[str, Any]

_WITHOUT_REFERENCES: Final = 2
"""The version of the marshal format in which equal values have equal bytes."""


class SmallerPage(Exception):
    """The API does not return a page at its size, but may at a smaller one."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


class PastEnd(Exception):
    """The API answers that a page other than the first does not exist."""

    def __init__(self, error: KustomerError) -> None:
        super().__init__(error)
        self.error = error


class _Result(Enum):
    """The result of one pass over a list."""

    COMPLETE = "complete"
    UNPROVEN = "unproven"
    """Rows may be missing."""
    SEPARATE = "separate"
    """Pages cannot overlap."""


class _Walk:
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
        self.result: _Result | None = None
        """The result, when the pass has ended."""
        self._places: dict[str, int] = {}
        """The ids of the last page with rows, and their places on it."""
        self._length = self._misses = self._missed_at = self._fruitless = self._empty = 0
        self._pages_back = -1
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
        elif page.has_next is None and shift <= 0:
            self.result = _Result.COMPLETE
        else:
            self._count_fruitless(keys)
        # A page that connects was served at its size, so it is the last when it is short.
        is_short = page.has_next is None and not is_first and len(keys) < self.size
        if is_short or _ends(page, self.size):
            self.result = _Result.COMPLETE
        if self._is_disconnected and not shift:
            # Nothing has moved, so the list does not serve pages as they are requested.
            self.result = _Result.SEPARATE
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
            self.result = _Result.SEPARATE
        elif not set(keys).issubset(self.first):
            self.result = _Result.UNPROVEN
        elif self.has_next:
            raise UnexpectedDocument(
                f"A list announces more than {len(self.first)} rows, but returns the same rows for "
                "every page. Please report this."
            )
        else:
            self.result, self.added = _Result.COMPLETE, 0  # the list ignores page numbers

    def miss(self, error: KustomerError) -> None:
        """Count a page that does not exist; the last one counts as the end of the list.

        Raises:
            KustomerError: when it does not exist because of a limit of the API.
        """
        if self.covered > self._missed_at:
            self._misses, self._missed_at = 0, self.covered
        self._misses += 1
        if self._misses >= MAX_MISSES:
            _check_end(self.number * self.size, self.has_next, error)
            self.result = _Result.COMPLETE

    def look_back(self, keys: Sequence[str], largest: int) -> None:
        """Plan an earlier page, to find a known row again."""
        if self.number == 1:
            self.result = _Result.UNPROVEN  # every row of the last page has gone
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
            self.result = _Result.SEPARATE
        else:
            self.size = max(sizes, key=lambda size: ((self.covered - 1) // size + 1) * size)
            self.number = (self.covered - 1) // self.size + 1


class ListReader:
    """Reads one list to its end."""

    def __init__(self, get: GetPage, page_size: int) -> None:
        """Prepare to read.

        Args:
            get: requests a page.
            page_size: the largest page that the list grants.
        """
        self._get = get
        self._page_size = page_size
        self._can_overlap = True
        """Whether the list serves pages of the requested size, as far as is known."""
        self._checksums: list[int] = []
        """Of the pages of the last pass, where pages cannot overlap."""

    def pages(self) -> Iterator[Document]:
        """Yield documents that together contain every row of the list at least once.

        Raises:
            KustomerError: when a page cannot be read.
        """
        for _ in range(MAX_PASSES):
            overlapping = self._can_overlap
            result = yield from self._overlapping() if overlapping else self._separate()
            if result is _Result.COMPLETE:
                return
            self._can_overlap = overlapping and result is not _Result.SEPARATE
        LOGGER.warning(
            "A list kept changing while it was read %d times. Rows that moved within it may be "
            "missing until the next sync.",
            MAX_PASSES,
        )

    # Pages that overlap

    def _overlapping(self) -> Generator[Document, None, _Result]:
        """Read the list once, and its head again."""
        walk = _Walk(self._page_size)
        requests = 0
        while walk.result is None:
            requests += 1
            if requests > MAX_PAGES:
                raise _without_end()
            try:
                page = self._get(walk.number, walk.size)
            except SmallerPage as smaller:
                self._page_size = smaller.size
                walk.plan(self._page_size)
                continue
            except PastEnd as past:
                walk.miss(past.error)
                if walk.result is None:
                    walk.look_back([], self._page_size)
                continue
            if not self._serves_sizes(page, walk):
                return _Result.SEPARATE
            keys = [_key(row) for row in page.data]
            start = walk.connect(keys)
            if start is None:
                walk.look_back(keys, self._page_size)
                continue
            if requests == 1:
                self._checksums = [_checksum(page)]
            yield walk.take(page, keys, start)
            if walk.result is None and requests == 1 and self._is_short_unstated(page, walk.size):
                walk.result = self._after_short_page(walk, keys)
            self._fit(page)
            walk.plan(self._page_size)
        if walk.result is not _Result.COMPLETE or requests == 1:
            return walk.result
        added = yield from self._head(set(walk.first))
        return _Result.COMPLETE if added >= walk.added else _Result.UNPROVEN

    def _head(self, first: set[str]) -> Generator[Document, None, int]:
        """Yield the rows that have been added in front of the first page since it was read.

        Args:
            first: the ids of that page.

        Returns:
            Their number.
        """
        added = 0
        number, size = 1, self._page_size
        while True:
            if number > MAX_PAGES:
                raise _without_end()
            try:
                page = self._get(number, size)
            except SmallerPage as smaller:
                number, size = 1, smaller.size
                continue
            except PastEnd:
                break
            keys = [_key(row) for row in page.data]
            end = max((i for i, key in enumerate(keys) if key in first), default=len(keys))
            pairs = zip(page.data[:end], keys, strict=False)
            rows = [row for row, key in pairs if key not in first]
            added += len(rows)
            yield replace(page, data=rows)
            if end < len(keys) or not keys:
                break
            number += 1
        return added

    def _serves_sizes(self, page: Document, walk: _Walk) -> bool:
        """Return whether a list serves pages of the requested size, or all of a smaller one."""
        stated = page.page_size if page.is_page_size_stated else None
        granted = max(stated or walk.size, len(page.data))
        is_short = page.has_next is True and 0 < len(page.data) < granted
        if granted < walk.size and walk.number == 1 and not is_short:
            self._page_size = walk.size = granted
        return granted == walk.size and not is_short

    def _is_short_unstated(self, page: Document, size: int) -> bool:
        """Return whether only a further request shows if a short page is the last."""
        return page.has_next is None and not page.is_page_size_stated and len(page.data) < size

    def _after_short_page(self, walk: _Walk, keys: Sequence[str]) -> _Result:
        """Find out whether rows follow a short page of a list that states neither size nor next.

        Then the list serves pages of a size of its own.
        """
        try:
            page = self._get(walk.number + 1, walk.size)
        except (PastEnd, SmallerPage):
            return _Result.COMPLETE
        is_followed = not set(keys).issuperset(map(_key, page.data))
        return _Result.SEPARATE if is_followed else _Result.COMPLETE

    def _fit(self, page: Document) -> None:
        """Request smaller pages where rows are large."""
        if page.data:
            self._page_size = min(self._page_size, size_for(len(page.data), page.body_bytes))

    # Pages that do not overlap

    def _separate(self) -> Generator[Document, None, _Result]:
        """Read the list once by separate pages, and yield those that the last pass did not have."""
        before = self._checksums
        checksums: list[int] = []
        first: list[str] = []
        last: list[str] = []
        empty = 0
        has_next: bool | None = None
        for number in itertools.count(1):
            if number > MAX_PAGES:
                raise _without_end()
            try:
                page = self._get(number, self._page_size)
            except SmallerPage as smaller:
                self._page_size = smaller.size
                return _Result.UNPROVEN
            except PastEnd as past:
                _check_end(number * self._page_size, has_next, past.error)
                break
            keys = [_key(row) for row in page.data]
            if keys and keys in (first, last):
                break  # the list ignores page numbers, or repeats its last page
            checksums.append(_checksum(page))
            if checksums[-1:] != before[number - 1 : number]:
                yield page
            has_next = page.has_next
            first, last = first or keys, keys or last
            empty = 0 if keys else empty + 1
            if empty > MAX_FRUITLESS or _ends(page, page.page_size or self._page_size):
                break
        self._checksums = checksums
        is_proven = checksums == before or len(checksums) == 1
        return _Result.COMPLETE if is_proven else _Result.UNPROVEN


def _ends(page: Document, size: int) -> bool:
    """Return whether a page states that it is the last of its list.

    A page without a statement is the last when it is shorter than its stated size, or empty.
    """
    if page.has_next is not None:
        return not page.has_next
    return not page.data or (page.is_page_size_stated and len(page.data) < size)


def _check_end(reach: int, has_next: bool | None, error: KustomerError) -> None:
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


def _without_end() -> UnexpectedDocument:
    return UnexpectedDocument(
        f"A list did not end after {MAX_PAGES:,} pages. Please report this with the log."
    )


def _checksum(page: Document) -> int:
    return hash(_content(page.data))


def _key(row: Resource) -> str:
    """Identify a row by its id, or by all of it when it has none (outbound accounts)."""
    identity = row.get("id")
    return str(identity) if identity is not None else _content(row).hex()


def _content(value: Any) -> bytes:
    """Return equal bytes for equal values, of any depth and with numbers of any size."""
    return marshal.dumps(value, _WITHOUT_REFERENCES)

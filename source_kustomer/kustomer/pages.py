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
two passes agree, by one checksum per page. So are lists with fewer than seven rows per page, where
no page size may overlap. A row that changes hide from both passes is missed.
"""

from __future__ import annotations

import itertools
import marshal
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from source_kustomer.errors import KustomerError, UnexpectedDocument
from source_kustomer.kustomer.documents import Document
from source_kustomer.kustomer.list_pass import (
    MAX_FRUITLESS,
    OverlappingPass,
    Result,
    check_end,
    is_last,
)
from source_kustomer.kustomer.page_size import size_for
from source_kustomer.logger import LOGGER

Until = Callable[[Sequence[Mapping[str, Any]]], bool]

GetPage = Callable[[int, int], Document]
"""Requests page `n` of size `s`. Raises SmallerPage, PastEnd, and errors that end the list."""

MAX_PASSES: Final = 8
"""Passes over a list that keeps changing."""
MAX_PAGES: Final = 100_000
"""Pages after which a list that never ends is an error."""

MAX_REPEATED: Final = 1
"""Repetitions of a page, in succession, that do not end a list."""

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


class ListReader:
    """Reads one list to its end."""

    def __init__(self, get: GetPage, page_size: int, until: Until | None = None) -> None:
        """Prepare to read.

        Args:
            get: requests a page.
            page_size: the largest page that the list grants.
            until: takes the new rows of each page, and returns whether the rest of the list is not
                needed. Only pages that overlap are ended so: without a second pass, others may
                have left out a row.
        """
        self._until = until
        self._get = get
        self._page_size = page_size
        self._can_overlap = True
        """Whether the list serves pages of the requested size, as far as is known."""
        self._checksums: list[int] = []
        """Of the pages of the last pass, where pages cannot overlap."""
        self._was_cut = False
        """Whether that pass ended at repeated pages, although they announced more."""

    def pages(self) -> Iterator[Document]:
        """Yield documents that together contain every row of the list at least once.

        Raises:
            KustomerError: when a page cannot be read.
        """
        for _ in range(MAX_PASSES):
            overlapping = self._can_overlap
            result = yield from self._overlapping() if overlapping else self._separate()
            if result is Result.COMPLETE:
                return
            self._can_overlap = overlapping and result is not Result.SEPARATE
        LOGGER.warning(
            "A list kept changing while it was read %d times. Rows that moved within it may be "
            "missing until the next sync.",
            MAX_PASSES,
        )

    # Pages that overlap

    def _overlapping(self) -> Generator[Document, None, Result]:
        """Read the list once, and its head again."""
        state = OverlappingPass(self._page_size)
        requests = 0
        while state.result is None:
            requests += 1
            if requests > MAX_PAGES:
                raise _without_end()
            try:
                page = self._get(state.number, state.size)
            except SmallerPage as smaller:
                self._page_size = smaller.size
                state.plan(self._page_size)
                continue
            except PastEnd as past:
                state.miss(past.error)
                if state.result is None:
                    state.look_back([], self._page_size)
                continue
            if not self._serves_sizes(page, state):
                return Result.SEPARATE
            keys = [_key(row) for row in page.data]
            start = state.connect(keys)
            if start is None:
                state.look_back(keys, self._page_size)
                continue
            if requests == 1:
                self._checksums = [_checksum(page)]
            document = state.take(page, keys, start)
            yield document
            if self._until is not None and self._until(document.data):
                return Result.COMPLETE
            del document  # or it would be kept while the next one is awaited
            if state.result is None and requests == 1 and self._is_short_unstated(page, state.size):
                state.result = self._after_short_page(state, keys)
            self._fit(page)
            state.plan(self._page_size)
        if state.result is not Result.COMPLETE or requests == 1:
            return state.result
        added = yield from self._head(set(state.first))
        return Result.COMPLETE if added >= state.added else Result.UNPROVEN

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

    def _serves_sizes(self, page: Document, state: OverlappingPass) -> bool:
        """Return whether a list serves pages of the requested size, or all of a smaller one."""
        stated = page.page_size if page.is_page_size_stated else None
        granted = max(stated or state.size, len(page.data))
        is_short = page.has_next is True and 0 < len(page.data) < granted
        if granted < state.size and state.number == 1 and not is_short:
            self._page_size = state.size = granted
        return granted == state.size and not is_short

    def _is_short_unstated(self, page: Document, size: int) -> bool:
        """Return whether only a further request shows if a short page is the last."""
        return page.has_next is None and not page.is_page_size_stated and len(page.data) < size

    def _after_short_page(self, state: OverlappingPass, keys: Sequence[str]) -> Result:
        """Find out whether rows follow a short page of a list that states neither size nor next.

        Then the list serves pages of a size of its own.
        """
        try:
            page = self._get(state.number + 1, state.size)
        except (PastEnd, SmallerPage):
            return Result.COMPLETE
        is_followed = not set(keys).issuperset(map(_key, page.data))
        return Result.SEPARATE if is_followed else Result.COMPLETE

    def _fit(self, page: Document) -> None:
        """Request smaller pages where rows are large."""
        if page.data:
            self._page_size = min(self._page_size, size_for(len(page.data), page.body_bytes))

    # Pages that do not overlap

    def _separate(self) -> Generator[Document, None, Result]:
        """Read the list once by separate pages, and yield those that the last pass did not have."""
        before = self._checksums
        checksums: list[int] = []
        first: list[str] = []
        last: list[str] = []
        empty = repeated = 0
        has_next: bool | None = None
        for number in itertools.count(1):
            if number > MAX_PAGES:
                raise _without_end()
            try:
                page = self._get(number, self._page_size)
            except SmallerPage as smaller:
                self._page_size = smaller.size
                return Result.UNPROVEN
            except PastEnd as past:
                check_end(number * self._page_size, has_next, past.error)
                break
            keys = [_key(row) for row in page.data]
            if keys and keys in (first, last):
                # Either the list ignores page numbers or repeats its last page, or as many rows
                # as a page have been added in front.
                repeated += 1
                if repeated > MAX_REPEATED:
                    break
                continue
            repeated = 0
            checksums.append(_checksum(page))
            if checksums[-1:] != before[number - 1 : number]:
                yield page
            has_next = page.has_next
            first, last = first or keys, keys or last
            empty = 0 if keys else empty + 1
            if empty > MAX_FRUITLESS or is_last(page, page.page_size or self._page_size):
                break
        is_cut = repeated > MAX_REPEATED and has_next is True
        is_proven = checksums == before or len(checksums) == 1
        if is_cut and not self._was_cut:
            is_proven = False  # rows added in front look the same; they do not a second time
        self._checksums, self._was_cut = checksums, is_cut
        return Result.COMPLETE if is_proven else Result.UNPROVEN


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

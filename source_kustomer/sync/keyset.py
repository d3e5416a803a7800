"""Reading one window completely, in ascending order, while the records in it keep moving.

Page numbers lose records over a moving set: a record that is updated leaves its place, every
later one moves up, and the one that crosses a page boundary is never seen. So each request asks
for page one of what comes at or after the last timestamp seen, and rows already taken at exactly
that timestamp are dropped. Page numbers serve only inside a group of equal timestamps.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final, Protocol

from source_kustomer.errors import (
    StartLeftOut,
    TimestampTooDense,
    UnexpectedDocument,
    UnorderedPage,
)
from source_kustomer.query_limits import MAX_PAGES, MAX_RECORDS
from source_kustomer.timestamps import MILLISECOND, SECOND, format_timestamp, parse_timestamp

Resource = Mapping[str, Any]

MAX_REMEMBERED_ID: Final = 100
"""Characters of an id that is remembered as it is. Ids of Kustomer have 24."""
UNANCHORED_ATTEMPTS: Final = 2
EMPTY_PAGE_ATTEMPTS: Final = 3
MAX_EMPTY_PAGES: Final = 20
"""An empty page that announces more is requested again, then its followers are."""

QUIET_PASSES: Final = 8
"""A group of equals in random order is complete when its count is reached. When it shrinks while
it is read, that count never comes: this many passes without anything new end the reading. With
the largest group that can be paged, a row is overlooked by all of them with a chance of 1:3,000."""


@dataclass(frozen=True)
class Ask:
    """One question to the search: the records of a span of update time, ascending."""

    start: int
    end: int | None
    created: tuple[int | None, int | None] | None = None
    """When given: only what was created in this span, and in the order of creation instead."""


class Page(Protocol):
    """What the reader needs of an answer."""

    @property
    def data(self) -> Sequence[Resource]:
        """The records."""

    @property
    def total(self) -> int | None:
        """How many records the whole question has, when the API says so."""

    @property
    def page_size(self) -> int | None:
        """The page size that was granted."""

    @property
    def has_next(self) -> bool | None:
        """Whether the answer announces another page; None when it says nothing of it."""


Query = Callable[[int], AbstractContextManager[Page]]
"""Answers page N of one question, pages of one size. Each page is released before the next is
requested."""

OpenQuery = Callable[[Ask], Query]
"""Turns a question into a query."""


Take = Callable[[Sequence[Resource]], Any]
"""Takes rows while their page is in memory, and returns what is needed of them afterwards."""


def _keep(rows: Sequence[Resource]) -> Sequence[Resource]:
    return rows


@dataclass(frozen=True)
class Batch:
    """What was taken of a page, and how much is left."""

    taken: Any
    """What the reader's `take` returned for the new rows of the page."""
    count: int
    """How many new rows there were."""
    repeated: int
    """How many rows of the page were taken before."""
    total: int | None
    """How many records were left in the window, the rows of the page included, when the page was
    requested; None also for pages of a part of the window."""
    page_size: int


class KeysetReader:
    """Reads `[start, end)` of update time; `end` may be moved closer while it reads.

    The promise: when `batches` is exhausted, every record that was in the window from the first to
    the last request has been taken at least once.
    """

    def __init__(
        self,
        open_query: OpenQuery,
        start: int,
        end: int | None,
        *,
        stamp: str = "updatedAt",
        take: Take = _keep,
    ) -> None:
        """Prepare to read.

        Args:
            open_query: turns questions into queries.
            start: where the window begins, a timestamp.
            end: where it ends; None leaves it open.
            stamp: the records' attribute that the window is one of.
            take: takes the new rows of each page while the page is in memory. Few pages may be in
                memory at once, so it must not request anything.
        """
        self._open = open_query
        self._stamp = stamp
        self._take = take
        self._position = start - start % MILLISECOND
        self.end = end

    @property
    def position(self) -> int:
        """Everything in the window before this timestamp has been taken."""
        return self._position

    def batches(self) -> Generator[Batch, None, None]:
        """Yield a batch for each page, oldest rows first; the page is released before.

        Raises:
            UnorderedPage: the search did not sort as requested.
            TimestampTooDense: more equal records than the API can page through.
            UnexpectedDocument: the answer does not fit the question.
        """
        taken: frozenset[str] = frozenset()
        while self.end is None or self._position < self.end:
            ask = Ask(self._position, self.end)
            with _answer(self._open, ask, taken, self._stamp) as page:
                stamps = ordered_stamps(page.data, self._stamp, since=ask.start)
                last = max((stamp for stamp in stamps if stamp is not None), default=ask.start)
                rows = [
                    row
                    for row, stamp in zip(page.data, stamps, strict=True)
                    if not (stamp == ask.start and _is_among(taken, row))
                ]
                moment = _moment(ask, page.data, self._stamp) if last == ask.start else MILLISECOND
                is_last = _is_last(page, is_news=bool(rows))
                if last > ask.start and not is_last:
                    taken = _ids_at(page.data, stamps, last)
                    self._position = last
                batch = self._batch(rows, page, total=page.total)
                known = taken | _ids(rows) if last == ask.start else frozenset[str]()
            undated = None in stamps
            del page, rows, stamps
            yield batch
            if is_last:
                return
            if last == ask.start:
                yield from self._undated(ask) if undated else self._equals(ask, moment, known)
                taken = frozenset()

    def _batch(self, rows: Sequence[Resource], page: Page, *, total: int | None = None) -> Batch:
        size = page.page_size or len(page.data)
        return Batch(self._take(rows), len(rows), len(page.data) - len(rows), total, size)

    def _equals(self, ask: Ask, moment: int, known: AbstractSet[str]) -> Iterator[Batch]:
        """Yield all records that share one moment, more than a page of them; step past it.

        Args:
            ask: the question whose page begins and ends with that moment.
            moment: how long it is.
            known: ids of records of that moment that were taken before.
        """
        end = ask.start - ask.start % moment + moment
        yield from self._by_creation(Ask(ask.start, end), known)
        self._position = end

    def _undated(self, ask: Ask) -> Iterator[Batch]:
        """Page past records without a readable timestamp, which have no place in any order."""
        query = self._open(ask)
        for number in range(2, MAX_RECORDS):
            with query(number) as page:
                stamps = [timestamp_of(row, self._stamp) for row in page.data]
                last = max((stamp for stamp in stamps if stamp is not None), default=ask.start)
                is_last = _is_last(page, is_news=True) or not page.data
                size = page.page_size or 1
                batch = self._batch(page.data, page)
            del page
            yield batch
            if is_last:
                self._position = self.end if self.end is not None else last + MILLISECOND
                return
            if last > ask.start:
                self._position = last
                return
            if number * size >= reach(size):
                break
        raise TimestampTooDense(format_timestamp(ask.start), MAX_RECORDS)

    def _by_creation(self, group: Ask, known: AbstractSet[str]) -> Iterator[Batch]:
        """Yield the records of one update time by their creation times, again by keyset."""
        start: int | None = None
        taken: frozenset[str] = frozenset()
        while True:
            ask = replace(group, created=(start, None))
            with _answer(self._open, ask, taken, "createdAt") as page:
                stamps = [timestamp_of(row, "createdAt") for row in page.data]
                rows = [row for row in page.data if not _is_among(taken, row)]
                is_last = _is_last(page, is_news=bool(rows))
                page_ids = taken | _ids(page.data)
                rows = [row for row in rows if not _is_among(known, row)]
                dated = [stamp for stamp in stamps if stamp is not None]
                in_order = len(dated) == len(stamps) and dated == sorted(dated)
                goes_on = (
                    bool(dated) and in_order and dated[-1] > (dated[0] if start is None else start)
                )
                if goes_on:
                    start, taken = dated[-1], _ids_at(page.data, stamps, dated[-1])
                batch = self._batch(rows, page)
            del page, rows
            yield batch
            if is_last:
                return
            if goes_on:
                continue
            if not in_order or not dated:
                yield from self._exhaust(group, known | page_ids)
                return
            # A search that compares by seconds repeats the whole second, and goes on after it.
            moment = MILLISECOND if start is None or dated[0] >= start else SECOND
            first = dated[0] - dated[0] % moment
            same = replace(group, created=(first, first + moment))
            yield from self._exhaust(same, known | page_ids)
            start, taken = first + moment, frozenset()

    def _exhaust(self, ask: Ask, known: AbstractSet[str]) -> Iterator[Batch]:
        """Yield records that nothing tells apart: page through them until their count is reached.

        The order of equals may differ at every call, so one pass can miss what another brings.

        Args:
            ask: the question that they answer.
            known: ids of records that were taken before, of this question or not.

        Raises:
            TimestampTooDense: when there are more of them than a query can reach, or may be.
        """
        taken: set[str] = set()
        expected, quiet, is_capped = 0, 0, False
        query = self._open(ask)
        while quiet < QUIET_PASSES:
            before = len(taken)
            for number in range(1, MAX_RECORDS):
                with query(number) as page:
                    size = page.page_size or len(page.data) or 1
                    total = page.total
                    expected = max(expected, total or 0)
                    # The count may be capped as the pages are: the announced next page tells then.
                    is_out_of_reach = bool(page.has_next) and number * size >= reach(size)
                    if is_out_of_reach or expected > reach(size):
                        count = max(expected, number * size)
                        raise TimestampTooDense(format_timestamp(ask.start), count)
                    rows = [row for row in page.data if not _is_among(taken, row)]
                    taken.update(_ids(rows))
                    rows = [row for row in rows if not _is_among(known, row)]
                    is_counted = total is None or number * size >= total
                    # A count that ends before the pages do is not the count.
                    is_capped |= bool(total is not None and is_counted and page.has_next)
                    is_told = total is not None or page.has_next is not None
                    is_last = not page.data or (is_told and is_counted and not page.has_next)
                    batch = self._batch(rows, page)
                del page, rows
                yield batch
                if expected and len(taken) >= expected and not is_capped:
                    return
                if is_last or number * size >= reach(size):
                    break
            quiet = quiet + 1 if len(taken) == before else 0


def reach(page_size: int) -> int:
    """Return how many records of one query can be read with pages of a size."""
    return min(MAX_RECORDS, MAX_PAGES * page_size)


@contextmanager
def _answer(
    open_query: OpenQuery, ask: Ask, anchors: AbstractSet[str], stamp: str
) -> Iterator[Page]:
    """Give the page that answers a question, past pages that cannot be the answer.

    Args:
        open_query: turns questions into queries.
        ask: the question.
        anchors: ids of records that were read at the timestamp where the question starts. An
            answer without any of them is requested again: either they have all been updated
            meanwhile, or the answer is not complete.
        stamp: the records' attribute by which the answer is sorted.

    Raises:
        StartLeftOut: the search leaves out records at the timestamp where the question starts.
        UnexpectedDocument: records are counted and announced, but none comes.
    """
    numbers = [*[1] * EMPTY_PAGE_ATTEMPTS, *range(2, MAX_EMPTY_PAGES)]
    query = open_query(ask)
    are_left_out: bool | None = None
    for attempt, number in enumerate(numbers, start=1):
        with query(number) as page:
            attempts = UNANCHORED_ATTEMPTS if page.data else EMPTY_PAGE_ATTEMPTS
            is_adrift = _is_adrift(page, anchors, stamp)
            is_repeated = is_adrift and attempt < attempts
            if not is_repeated and (page.data or _is_believed_empty(page, attempt)):
                if is_adrift and are_left_out:
                    raise StartLeftOut(format_timestamp(_beginning(ask)))
                yield page
                return
            del page
        if is_repeated and are_left_out is None:
            are_left_out = _are_still_there(open_query, ask, anchors, stamp)
    raise UnexpectedDocument(
        f"The search reports records from {format_timestamp(ask.start)} on but returns none."
    )


def _are_still_there(
    open_query: OpenQuery, ask: Ask, anchors: AbstractSet[str], stamp: str
) -> bool:
    """Return whether a question that starts a millisecond earlier finds any of the anchors."""
    beginning = _beginning(ask)
    earlier = beginning - MILLISECOND
    if ask.created is None:
        wider = replace(ask, start=earlier)
    else:
        wider = replace(ask, created=(earlier, ask.created[1]))
    with open_query(wider)(1) as page:
        return any(
            _is_among(anchors, row) and timestamp_of(row, stamp) == beginning for row in page.data
        )


def _beginning(ask: Ask) -> int:
    """Return the timestamp where a question starts, of update or of creation."""
    created = ask.created[0] if ask.created is not None else None
    return ask.start if created is None else created


def _is_adrift(page: Page, anchors: AbstractSet[str], stamp: str) -> bool:
    """Return whether a page lacks the records that it must start with.

    A full page of equals may have others of them, since their order is random.
    """
    if not anchors or any(_is_among(anchors, row) for row in page.data):
        return False
    stamps = {timestamp_of(row, stamp) for row in page.data}
    return len(stamps) != 1 or len(page.data) < (page.page_size or 1)


def timestamp_of(row: Resource, name: str) -> int | None:
    """Return a resource's timestamp attribute, to the millisecond; None without a readable one."""
    attributes = row.get("attributes")
    timestamp = parse_timestamp(attributes.get(name)) if isinstance(attributes, Mapping) else None
    return None if timestamp is None else timestamp - timestamp % MILLISECOND


def _moment(ask: Ask, rows: Sequence[Resource], name: str) -> int:
    """Return the precision of update times: seconds if any row lies before the question's start."""
    stamps = (timestamp_of(row, name) for row in rows)
    is_coarse = any(stamp is not None and stamp < ask.start for stamp in stamps)
    return SECOND if is_coarse else MILLISECOND


def _ids_at(
    rows: Sequence[Resource], stamps: Sequence[int | None], timestamp: int | None
) -> frozenset[str]:
    pairs = zip(rows, stamps, strict=True)
    ids = (identity_of(row) for row, stamp in pairs if stamp == timestamp)
    return frozenset(identity for identity in ids if identity is not None)


def _ids(rows: Sequence[Resource]) -> frozenset[str]:
    return frozenset(identity for row in rows if (identity := identity_of(row)) is not None)


def identity_of(row: Resource) -> str | None:
    """Return a resource's id as text, to compare it with others; None when it has none.

    A hash stands for an id that is longer than Kustomer's, so that remembered ids take little
    memory.
    """
    identity = row.get("id")
    if identity is None:
        return None
    text = str(identity)
    if len(text) <= MAX_REMEMBERED_ID:
        return text
    return sha256(text.encode(errors="replace")).hexdigest()


def _is_among(taken: AbstractSet[str], row: Resource) -> bool:
    """Return whether a row was taken before; one without an id is never recognized."""
    identity = identity_of(row)
    return identity is not None and identity in taken


def _is_believed_empty(page: Page, attempt: int) -> bool:
    """Return whether a page without records is really the end.

    A count and a next page may each be wrong. Where they contradict each other, an emptiness that
    lasts decides.
    """
    if page.total == 0 or not (page.total or page.has_next):
        return True
    if page.total is None:
        return attempt > EMPTY_PAGE_ATTEMPTS
    return page.has_next is False and attempt >= EMPTY_PAGE_ATTEMPTS


def _is_last(page: Page, *, is_news: bool) -> bool:
    """Return whether a page ends its question; the reported count counts more than `next`.

    Where the one contradicts the other, or both are missing, the question is asked once more: a
    page that is not full and brings nothing new then ends it.

    Args:
        page: the answer.
        is_news: whether it brought anything that was not known before.
    """
    full = len(page.data) >= (page.page_size or 1)
    ids = [row.get("id") for row in page.data]
    came = ids.count(None) + len({str(identity) for identity in ids if identity is not None})
    is_repetition = not is_news and not full
    if page.total is None:
        return is_repetition or page.has_next is False
    if page.total > came:
        return is_repetition and page.has_next is False
    return not (page.has_next and full)


def ordered_stamps(
    rows: Sequence[Resource], name: str, *, since: int | None = None
) -> list[int | None]:
    """Return when the rows of a page were updated, and fail loudly when they do not ascend.

    Everything here rests on the order. The vendor documents sorting for customers only, and for
    the archive; the other objects are sorted in practice. A timestamp in whole seconds may lie
    anywhere in its second, and a row that is repeated stands anywhere.

    Args:
        rows: a page.
        name: the attribute that is the timestamp.
        since: what the first may not lie before.

    Returns:
        A timestamp per row, None where there is no readable one.

    Raises:
        UnorderedPage: when rows do not ascend.
    """
    position = since
    stamps: list[int | None] = []
    met: set[tuple[str, int]] = set()
    for row in rows:
        stamp = timestamp_of(row, name)
        if stamp is not None:
            version = (str(row.get("id")), stamp)
            if position is not None and stamp < position:
                if stamp % SECOND == 0 and position - stamp < SECOND:
                    stamp = position
                elif version not in met:
                    raise UnorderedPage(format_timestamp(position), format_timestamp(stamp))
            met.add(version)
            position = stamp if position is None else max(position, stamp)
        stamps.append(stamp)
    return stamps

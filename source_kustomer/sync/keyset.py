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
from typing import Any, Final, Protocol

from source_kustomer.errors import TimestampTooDense, UnexpectedDocument, UnorderedPage
from source_kustomer.query_limits import MAX_RECORDS
from source_kustomer.timestamps import MILLISECOND, SECOND, format_timestamp, parse_timestamp

Resource = Mapping[str, Any]

EMPTY_PAGE_ATTEMPTS: Final = 3
MAX_EMPTY_PAGES: Final = 20
"""An empty page that announces more is asked for again, then its followers are tried."""

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


Fetch = Callable[[Ask, int], AbstractContextManager[Page]]
"""Answers page N of a question. The page is let go of before the next one is asked for."""


@dataclass(frozen=True)
class Batch:
    """Rows to emit, and how far the window is complete once they are."""

    rows: Sequence[Resource]
    closed_until: int
    total: int | None
    """How many records were left in the window, these included, when the page was asked for."""
    page_size: int


class KeysetReader:
    """Reads `[start, end)` of update time; `end` may be moved closer while it reads.

    The promise: when `batches` is exhausted, every record that stood in the window from the first
    to the last request has been yielded at least once.
    """

    def __init__(
        self, fetch: Fetch, start: int, end: int | None, *, stamp: str = "updatedAt"
    ) -> None:
        """Prepare to read.

        Args:
            fetch: answers the questions.
            start: where the window begins, an instant.
            end: where it ends; None leaves it open.
            stamp: the records' attribute that the window is one of.
        """
        self._fetch = fetch
        self._stamp = stamp
        self._position = start - start % MILLISECOND
        self.end = end

    @property
    def position(self) -> int:
        """Everything in the window before this instant has been yielded."""
        return self._position

    def batches(self) -> Generator[Batch, None, None]:
        """Yield the window's rows, oldest first.

        Raises:
            UnorderedPage: the search did not sort as asked.
            TimestampTooDense: more equal records than the API lets anyone tell apart.
            UnexpectedDocument: the answer does not fit the question.
        """
        taken: frozenset[str] = frozenset()
        while self.end is None or self._position < self.end:
            ask = Ask(self._position, self.end)
            with _answer(self._fetch, ask) as page:
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
                yield _batch(rows, page, last)
            undated = None in stamps
            # Or the page would be kept for as long as the next one is waited for.
            del page, rows, stamps
            if is_last:
                return
            if last == ask.start:
                yield from self._undated(ask) if undated else self._equals(ask, moment)
                taken = frozenset()

    def _equals(self, ask: Ask, moment: int) -> Iterator[Batch]:
        """Yield all records that share one moment, more than a page of them; step past it.

        Args:
            ask: the question whose page begins and ends with that moment.
            moment: how long it is.
        """
        end = ask.start - ask.start % moment + moment
        yield from _by_creation(self._fetch, Ask(ask.start, end))
        self._position = end

    def _undated(self, ask: Ask) -> Iterator[Batch]:
        """Page past records without a readable timestamp, which have no place in any order."""
        for number in range(2, MAX_RECORDS):
            with self._fetch(ask, number) as page:
                stamps = [_stamp(row, self._stamp) for row in page.data]
                last = max((stamp for stamp in stamps if stamp is not None), default=ask.start)
                is_last = _is_last(page, is_news=True) or not page.data
                size = page.page_size or 1
                yield _batch(page.data, page, ask.start)
            del page
            if is_last:
                self._position = self.end if self.end is not None else last + MILLISECOND
                return
            if last > ask.start:
                self._position = last
                return
            if number * size >= MAX_RECORDS:
                break
        raise TimestampTooDense(format_timestamp(ask.start), MAX_RECORDS)


def _by_creation(fetch: Fetch, group: Ask) -> Iterator[Batch]:
    """Yield the records of one update time by their creation times, again by keyset."""
    start: int | None = None
    taken: frozenset[str] = frozenset()
    while True:
        with _answer(fetch, replace(group, created=(start, None))) as page:
            stamps = [_stamp(row, "createdAt") for row in page.data]
            rows = [row for row in page.data if not _is_among(taken, row)]
            yield _batch(rows, page, group.start)
            if _is_last(page, is_news=bool(rows)):
                return
            dated = [stamp for stamp in stamps if stamp is not None]
            in_order = len(dated) == len(stamps) and dated == sorted(dated)
            goes_on = in_order and dated[-1] > (dated[0] if start is None else start)
            if goes_on:
                start, taken = dated[-1], _ids_at(page.data, stamps, dated[-1])
        del page, rows
        if goes_on:
            continue
        if not in_order:
            yield from _exhaust(fetch, group)
            return
        moment = dated[0]
        yield from _exhaust(fetch, replace(group, created=(moment, moment + MILLISECOND)))
        start, taken = moment + MILLISECOND, frozenset()


def _exhaust(fetch: Fetch, ask: Ask) -> Iterator[Batch]:
    """Yield records that nothing tells apart: page through them until their count is reached.

    The order of equals may differ at every call, so one pass can miss what another brings.

    Raises:
        TimestampTooDense: when there are more of them than a query can reach, or may be.
    """
    taken: set[str] = set()
    expected, quiet, is_capped = 0, 0, False
    while quiet < QUIET_PASSES:
        before = len(taken)
        for number in range(1, MAX_RECORDS):
            with fetch(ask, number) as page:
                size = page.page_size or len(page.data) or 1
                expected = max(expected, page.total or 0)
                if expected > MAX_RECORDS:
                    raise TimestampTooDense(format_timestamp(ask.start), expected)
                # The count may be capped as the pages are: the announced next page tells then.
                if page.has_next and number * size >= MAX_RECORDS:
                    raise TimestampTooDense(format_timestamp(ask.start), expected)
                rows = [row for row in page.data if not _is_among(taken, row)]
                taken.update(str(row.get("id")) for row in rows)
                is_counted = page.total is None or number * size >= page.total
                # A count that ends before the pages do is not the count.
                is_capped |= bool(page.total is not None and is_counted and page.has_next)
                is_told = page.total is not None or page.has_next is not None
                is_last = not page.data or (is_told and is_counted and not page.has_next)
                yield _batch(rows, page, ask.start)
            del page, rows
            if expected and len(taken) >= expected and not is_capped:
                return
            if is_last or (number + 1) * size > MAX_RECORDS:
                break
        quiet = quiet + 1 if len(taken) == before else 0


@contextmanager
def _answer(fetch: Fetch, ask: Ask) -> Iterator[Page]:
    """Give the page that answers a question, past pages that are empty for no reason.

    Raises:
        UnexpectedDocument: records are counted and announced, but none comes.
    """
    numbers = [*[1] * EMPTY_PAGE_ATTEMPTS, *range(2, MAX_EMPTY_PAGES)]
    for attempt, number in enumerate(numbers, start=1):
        with fetch(ask, number) as page:
            if page.data or _is_believed_empty(page, attempt):
                yield page
                return
    raise UnexpectedDocument(
        f"The search announces records from {format_timestamp(ask.start)} on but delivers none."
    )


def _batch(rows: Sequence[Resource], page: Page, closed_until: int) -> Batch:
    return Batch(rows, closed_until, page.total, page.page_size or len(page.data))


def _stamp(row: Resource, name: str) -> int | None:
    attributes = row.get("attributes")
    instant = parse_timestamp(attributes.get(name)) if isinstance(attributes, Mapping) else None
    return None if instant is None else instant - instant % MILLISECOND


def _moment(ask: Ask, rows: Sequence[Resource], name: str) -> int:
    """Return how exactly rows tell their update time; those from before it tell only seconds."""
    stamps = (_stamp(row, name) for row in rows)
    is_coarse = any(stamp is not None and stamp < ask.start for stamp in stamps)
    return SECOND if is_coarse else MILLISECOND


def _ids_at(
    rows: Sequence[Resource], stamps: Sequence[int | None], instant: int | None
) -> frozenset[str]:
    pairs = zip(rows, stamps, strict=True)
    return frozenset(str(row.get("id")) for row, stamp in pairs if stamp == instant)


def _is_among(taken: AbstractSet[str], row: Resource) -> bool:
    """Tell whether a row has been taken before; one without an id is never known again."""
    identity = row.get("id")
    return identity is not None and str(identity) in taken


def _is_believed_empty(page: Page, attempt: int) -> bool:
    """Tell whether a page without records says so for good.

    A count and a next page may each be wrong; where they contradict each other, emptiness that
    lasts decides.
    """
    if page.total == 0 or not (page.total or page.has_next):
        return True
    if page.total is None:
        return attempt > EMPTY_PAGE_ATTEMPTS
    return page.has_next is False and attempt >= EMPTY_PAGE_ATTEMPTS


def _is_last(page: Page, *, is_news: bool) -> bool:
    """Tell whether a page ends its question; the announced count is believed before `next`.

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
    the archive; the other objects are sorted in practice. What is told in whole seconds may lie
    anywhere in its second, and a row that is repeated stands anywhere.

    Args:
        rows: a page.
        name: the attribute that is the timestamp.
        since: what the first may not lie before.

    Returns:
        An instant per row, None where there is no readable one.

    Raises:
        UnorderedPage: when rows do not ascend.
    """
    position = since
    stamps: list[int | None] = []
    met: set[tuple[str, int]] = set()
    for row in rows:
        stamp = _stamp(row, name)
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

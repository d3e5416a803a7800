"""A second route to the records of a search stream: a list that filters and sorts by update time.

`GET /customers` does not count against the limit of searches, so a large first load is read through
both. The list is never trusted alone. It is compared with the search before it is used. What was
read from it counts as read only after both have counted the same records there. The search
remains responsible for all that the list cannot show: deleted records, more records of one
timestamp than a page holds, and records that are newer than the lookback.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Final, Protocol

from source_kustomer.engine.endpoints import Endpoint
from source_kustomer.engine.reader_pool import ReaderPool
from source_kustomer.engine.stream_sync import StreamSync
from source_kustomer.engine.window_reader import WindowReader
from source_kustomer.errors import (
    BadRequest,
    KustomerError,
    NotAuthorised,
    Stopped,
    UnexpectedDocument,
)
from source_kustomer.kustomer.documents import attribute_of, is_deleted
from source_kustomer.kustomer.list_query import ListQuery
from source_kustomer.kustomer.search import MAX_PAGE_SIZE
from source_kustomer.logger import LOGGER
from source_kustomer.query_limits import MAX_RECORDS
from source_kustomer.sync.keyset import Ask, Page, Query, Resource, ordered_stamps, timestamp_of
from source_kustomer.sync.windows import Index, Window
from source_kustomer.timestamps import MILLISECOND, SECOND, format_timestamp

WORTHWHILE_PAGES: Final = 40
"""Pages of the search that must be left in a window: the route costs five requests, and those for
deleted records."""
SEGMENT_PAGES: Final = 100
"""Pages of the list after which the search is asked how many records they should have had."""
MOST_DIFFERENCES: Final = 3
"""Segments that may differ by chance: the search shows changes late."""

Where = tuple[str, str, Any]
"""A condition of a search: attribute, operator, value."""

_Members = dict[tuple[str, "int | None"], set[str]]
"""The names of what records consist of, by id and version."""


class Searchable(Protocol):
    """What is searched; `SearchStream` implements it."""

    @property
    def attribute_prefix(self) -> str:
        """What the search attributes of the object begin with."""

    @property
    def stamp(self) -> str:
        """The records' attribute that windows are spans of."""

    def open_query(
        self,
        sync: StreamSync,
        window: Window,
        ask: Ask,
        *,
        page_size: int | None = None,
        include_deleted: bool | None = None,
        where: Sequence[Where] = (),
    ) -> Query:
        """Turn a question of the keyset reader into a search."""


class _State(Enum):
    UNUSED = "unused"
    PREPARING = "preparing"
    READY = "ready"
    GIVEN_UP = "given up"


class ListRoute:
    """The list as a route for one stream in one sync. Safe to use from many threads.

    A window is read from it only if it lies in the span that `prepare` has compared.
    """

    def __init__(
        self, stream: Searchable, endpoint: Endpoint, sync: StreamSync, pool: ReaderPool
    ) -> None:
        """Prepare nothing yet.

        Args:
            stream: what is read.
            endpoint: the list.
            sync: the stream in this sync.
            pool: the readers of lists.
        """
        self.endpoint = endpoint
        self.pool = pool
        self.page_size = endpoint.page_size or 1
        self._stream = stream
        self._sync = sync
        self._lock = threading.Lock()
        self._state = _State.UNUSED
        self._span = (0, 0)
        self._deleted: list[int] = []
        """The timestamps of the deleted records in the span, ascending."""
        self._where = ((f"{stream.attribute_prefix}_deleted", "equals", True),)
        self._same = self._different = 0

    @property
    def is_ready(self) -> bool:
        """Whether windows may be read from the list."""
        return self._state is _State.READY

    def end_within(self, position: int, end: int | None) -> int | None:
        """Return up to where the rest of a window may be read from the list; None: not at all."""
        start, stop = self._span
        stop = stop if end is None else min(stop, end)
        return stop if self.is_ready and start <= position < stop - SECOND else None

    def begin(self, position: int, pages_left: int) -> bool:
        """Return whether the route is now to be prepared: true once, when it pays.

        Args:
            position: where the rest of a window begins.
            pages_left: how many pages of the search are left in it.
        """
        sync = self._sync.sync
        end = sync.settled - sync.settled % SECOND
        is_stale = self._sync.cursor.end < sync.end
        if pages_left < WORTHWHILE_PAGES or is_stale or end - position <= SECOND:
            return False
        with self._lock:
            if self._state is not _State.UNUSED:
                return False
            self._state, self._span = _State.PREPARING, (position, end)
        return True

    def give_up(self, reason: str) -> None:
        """Use the search alone from now on, and log why, once."""
        with self._lock:
            if self._state is _State.GIVEN_UP:
                return
            self._state = _State.GIVEN_UP
        LOGGER.warning(
            "Stream %s: %s is not used next to the search: %s",
            self._sync.name,
            self.endpoint.request,
            reason,
        )

    # Preparing

    def prepare(self, take: Callable[[Sequence[Resource]], Any]) -> None:
        """Compare the list with the search, and read the deleted records, which the list lacks.

        Args:
            take: emits deleted records.

        Raises:
            NotAuthorised: when the API no longer accepts the key.
            Stopped: when the process is to end.
        """
        try:
            listed, first = self._check_list()
            self._check_counts(listed, first, self._read_deleted(take))
        except (NotAuthorised, Stopped):
            raise
        except KustomerError as error:
            self.give_up(error.message)
            return
        with self._lock:
            if self._state is not _State.PREPARING:
                return
            self._state = _State.READY
        self.pool.expect(-(-listed // self.page_size))
        LOGGER.info(
            "Stream %s: %s is read next to the search, within the limit of all requests.",
            self._sync.name,
            self.endpoint.request,
        )

    def _check_list(self) -> tuple[int, _Members]:
        """Check that the list sorts in both directions and filters to the millisecond.

        Returns:
            How many records it has in the span, and what the first of them consist of.
        """
        start, end = self._span
        with self._list(start, end)(1) as page:
            total, members = page.total, _members_of(page.data)
            stamps = ordered_stamps(page.data, self._stream.stamp, since=start)
            self.page_size = page.page_size or self.page_size
        dated = [at for at in stamps if at is not None]
        is_proof = dated and dated[0] < dated[-1] < end and len(dated) == len(stamps)
        if total is None or not is_proof:
            raise UnexpectedDocument("Its order, its bounds or its count cannot be verified.")
        low, high = _exact_bounds(dated)
        with self._list(low, high + MILLISECOND, descending=True)(1) as page:
            back = [timestamp_of(row, self._stream.stamp) or 0 for row in page.data]
            is_whole = (page.total or 0) <= len(back)
        is_bounded = bool(back) and back[0] == high and (back[-1] == low or not is_whole)
        if not is_bounded or back != sorted(back, reverse=True):
            raise UnexpectedDocument("It does not filter or sort as requested.")
        return total, members

    def _read_deleted(self, take: Callable[[Sequence[Resource]], Any]) -> int:
        """Read the deleted records of the span from the search, and return their number."""
        if not self._sync.sync.include_deleted:
            return 0
        sync = self._sync.sync

        def take_deleted(rows: Sequence[Resource]) -> Any:
            if not all(map(is_deleted, rows)):
                raise BadRequest("The search does not select deleted records.")
            with self._lock:
                for row in rows:
                    insort(self._deleted, timestamp_of(row, self._stream.stamp) or 0)
            return take(rows)

        reader = WindowReader(
            lambda window, ask: self._stream.open_query(self._sync, window, ask, where=self._where),
            Window(*self._span),
            take_deleted,
            stamp=self._stream.stamp,
            sync_end=sync.end,
            begun=sync.begun,
            settled=sync.settled,
            now=sync.now,
        )
        try:
            for _ in reader.batches():
                pass
        except BadRequest:
            # Without such a condition, the route can only be used if nothing is deleted.
            self._deleted.clear()
            return 0
        return reader.count.read

    def _check_counts(self, listed: int, members: _Members, deleted: int) -> None:
        """Compare what the list, the search and the deleted records add up to."""
        without, _ = self._searched(1, include_deleted=False)
        total, searched = self._searched(self.page_size)
        if without is None or total is None or MAX_RECORDS in (without, total):
            raise UnexpectedDocument("The search does not count its records exactly.")
        if without + deleted < total:
            raise UnexpectedDocument("The search does not select deleted records.")
        # The search may show late that records have changed since the lookback.
        changed = self.count(self._span[1], None)
        if changed is None or listed + changed < without:
            raise UnexpectedDocument(f"It has {listed:,} records where the search has {without:,}.")
        common = members.keys() & searched.keys()
        lacking = {name for version in common for name in searched[version] - members[version]}
        if lacking or not common:
            raise UnexpectedDocument(
                f"Its records differ from those of the search ({', '.join(sorted(lacking))})."
            )

    def _searched(
        self, page_size: int, *, include_deleted: bool | None = None
    ) -> tuple[int | None, _Members]:
        """Return how many records the search has in the span, and the first of them."""
        query = self._stream.open_query(
            self._sync,
            Window(*self._span),
            Ask(*self._span),
            page_size=page_size,
            include_deleted=include_deleted,
        )
        with query(1) as page:
            return page.total, _members_of(page.data)

    # Reading

    def open_query(self, window: Window, ask: Ask) -> Query:
        """Turn a question of the keyset reader into a query.

        The list has no second sort key. So records of one timestamp that fill a page are searched.
        """
        is_dense = ask.created is not None or (ask.end or 0) - ask.start <= SECOND
        if is_dense or ask.end is None:
            live = replace(window, index=Index.LIVE)
            return self._stream.open_query(self._sync, live, ask, include_deleted=False)
        return self._list(ask.start, ask.end)

    def deleted_in(self, start: int, end: int) -> int:
        """Return how many deleted records were read in a part of the span."""
        with self._lock:
            return bisect_left(self._deleted, end) - bisect_left(self._deleted, start)

    def count(self, start: int, end: int | None) -> int | None:
        """Return how many records the list has in a span now, if it reports that."""
        with self._list(start, end, page_size=1)(1) as page:
            return page.total

    def compared(self, *, is_same: bool) -> None:
        """Note how a segment compares with the search. If most differ, the list does not pay."""
        with self._lock:
            self._same += is_same
            self._different += not is_same
            is_useless = self._different > max(MOST_DIFFERENCES, self._same)
        if is_useless:
            self.give_up("It has other records than the search.")

    def _list(
        self, start: int, end: int | None, *, descending: bool = False, page_size: int | None = None
    ) -> Query:
        query = ListQuery(
            self.endpoint.path,
            self.endpoint.page_size or 1,
            gte=format_timestamp(start),
            lt=None if end is None else format_timestamp(end),
            descending=descending,
        )
        client, name = self._sync.client, self._sync.name

        @contextmanager
        def page(number: int) -> Iterator[Page]:
            with client.search(query, page=number, page_size=page_size, stream=name) as document:
                yield document

        def answer(number: int) -> AbstractContextManager[Page]:
            return page(number)

        return answer


@dataclass(frozen=True)
class Share:
    """How many further readers the rest of a window gets."""

    lists: int
    searches: int
    is_handed_over: bool
    """Whether its own reader stops, so that the list gets all of the rest."""


def divide(
    window: Window,
    records: int,
    *,
    searches: ReaderPool,
    lists: ReaderPool,
    page_size: int,
    searches_waiting: int,
    lists_waiting: int,
) -> Share:
    """Divide the rest of a window between the search and the list.

    Each gets as many readers as its limit feeds, unless other streams wait for that limit. If they
    wait for searches, readers of this stream that search hand over to the list.

    Args:
        window: the window.
        records: how many records are left in it.
        searches: the readers that search.
        lists: the readers of the list.
        page_size: of the list.
        searches_waiting: searches of other streams that wait for the rate limit.
        lists_waiting: their other requests that wait.
    """
    for_lists = 0 if lists_waiting > 0 else lists.vacancies(window, records // page_size)
    if searches_waiting > 0:
        is_handed_over = window.index is Index.LIVE and for_lists > 0
        return Share(for_lists, 0, is_handed_over)
    return Share(for_lists, searches.vacancies(window, records // MAX_PAGE_SIZE), False)


def _exact_bounds(dated: Sequence[int]) -> tuple[int, int]:
    """Return two of some ascending timestamps, with milliseconds if possible."""
    exact = [at for at in dated if at % SECOND]
    low, high = (exact[0], exact[-1]) if exact else (dated[0], dated[-1])
    if low < high:
        return low, high
    return (dated[0], high) if dated[0] < high else (low, dated[-1])


def _members_of(rows: Sequence[Resource]) -> _Members:
    """Return the names of the members of each record, by its id and version."""
    return {(str(row.get("id")), timestamp_of(row, "updatedAt")): _members(row) for row in rows}


def _members(row: Resource) -> set[str]:
    found = set()
    for part in ("attributes", "relationships"):
        members = row.get(part)
        found |= {f"{part}.{name}" for name in members} if isinstance(members, Mapping) else set()
    custom = attribute_of(row, "custom")
    return found | ({f"custom.{name}" for name in custom} if isinstance(custom, Mapping) else set())

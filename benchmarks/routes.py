"""A first load of customers and messages: by the search alone, and with the list of customers.

In virtual time, at a million of each: real are the two budgets, the sandbox's rate limits, the
readers and cuts of both pools, and the rule that divides a window (`list_route.divide`). Modelled
are the answers (300 ms, full pages that overlap by one row, records spread evenly, two customers
in a hundred deleted), the requests that prepare and verify the route, and the CPU of rows.
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from benchmarks.figures import Figure
from benchmarks.process import Cost, read
from benchmarks.scale import BEGIN, CPU_PER_RECORD, LATENCY, PAGE, SHARE
from kustomer_sandbox import Sandbox
from kustomer_sandbox.control.settings import Settings
from kustomer_sandbox.server.limits import Limits
from source_kustomer.airbyte.read import LIST_READERS, READERS
from source_kustomer.engine.list_route import SEGMENT_PAGES, WORTHWHILE_PAGES, divide
from source_kustomer.engine.reader_pool import ReaderPool
from source_kustomer.kustomer.clock import Clock
from source_kustomer.kustomer.rate_limit import Budgets, Kind, Permit
from source_kustomer.sync.windows import Index, Window, cut

PER_MINUTE: Final = 1_000
SEARCHES: Final = 100
LIST_PAGE: Final = 100
DELETED: Final = 0.02
GOAL: Final = 1.6


@dataclass
class Reader:
    """A reader of one window, and the requests that it has still to send."""

    window: Window
    left: float = 0.0
    pages: int = 0
    """Of the current segment."""
    extra: list[Kind] = field(default_factory=list)
    """Requests that bring no rows: preparation, verification."""
    is_customers: bool = False
    is_preparation: bool = False

    @property
    def kind(self) -> Kind:
        """The limit of its next request."""
        if self.extra:
            return self.extra[0]
        return Kind.LIST if self.window.index is Index.LIST else Kind.SEARCH

    @property
    def page(self) -> float:
        """The records that a page brings."""
        if self.window.index is Index.LIST:
            return LIST_PAGE
        return PAGE * (1 - DELETED) if self.is_customers else PAGE


class Simulation:
    """A first load of customers and messages."""

    def __init__(self, customers: int, messages: int, *, has_route: bool) -> None:
        self.now = BEGIN
        self.refused = 0
        self.sent: Counter[tuple[Kind, bool]] = Counter()
        self.customers_read_after = 0.0
        self._has_route = has_route
        self._is_ready = self._is_begun = False
        self._deleted = customers * DELETED
        self._server = Limits(
            Settings(organization_per_minute=PER_MINUTE, searches_per_minute=SEARCHES)
        )
        self._budgets = Budgets(
            SHARE,
            searches_per_minute=SEARCHES,
            clock=Clock(monotonic=lambda: self.now, unix=lambda: self.now),
        )
        budgets = self._budgets
        self._searches = ReaderPool(
            READERS, pace=budgets.searches_per_second, latency=lambda: LATENCY
        )
        self._lists = ReaderPool(
            round(LIST_READERS * READERS),
            pace=lambda: budgets.requests_per_second() - budgets.searches_per_second(),
            latency=lambda: LATENCY,
        )
        self._number = itertools.count()
        self._core_free = 0.0
        self._waiting: list[Reader] = []
        self._events: list[tuple[float, int, bool, Permit, Reader]] = []
        for records, is_customers in ((customers, True), (messages, False)):
            self._searches.expect(-(-records // PAGE))
            self._open(Index.LIVE, records, is_customers=is_customers)
        self._searching = 1
        """The readers of customers that search."""

    def run(self) -> float:
        """Read everything; return seconds."""
        while self._waiting or self._events:
            upcoming = self._events[0][0] if self._events else float("inf")
            free = self._send_waiting()
            if free == self.now:
                continue
            if free < upcoming:
                self.now = free
                continue
            self.now, _, is_answer, permit, reader = heapq.heappop(self._events)
            if is_answer:
                self._answered(permit, reader)
            else:
                self._handle(reader)
        return self.now - BEGIN

    def _open(self, index: Index, left: float, *, is_customers: bool) -> None:
        # The windows only tell readers apart: their records are counted in `left`.
        number = next(self._number)
        (self._lists if index is Index.LIST else self._searches).join(1)
        window = Window(number, number + 1, index)
        self._waiting.append(Reader(window, left, is_customers=is_customers))

    def _send_waiting(self) -> float:
        """Send what is permitted now, in the order of waiting; return when the next may be."""
        free = {}
        for reader in list(self._waiting):
            kind = reader.kind
            if kind in free:
                continue
            permit = self._budgets.try_acquire(kind)
            if not isinstance(permit, Permit):
                free[kind] = self.now + max(permit, 1e-6)
                continue
            self._waiting.remove(reader)
            self.sent[kind, reader.is_customers] += 1
            self._later(self.now + LATENCY, permit, reader, is_answer=True)
            return self.now
        return min(free.values(), default=float("inf"))

    def _later(self, at: float, permit: Permit, reader: Reader, *, is_answer: bool) -> None:
        heapq.heappush(self._events, (at, next(self._number), is_answer, permit, reader))

    def _answered(self, permit: Permit, reader: Reader) -> None:
        verdict = self._server.take(self.now, search=permit.kind is Kind.SEARCH)
        self.refused += not verdict.allowed
        self._budgets.answered(permit, verdict.headers, refused=not verdict.allowed)
        if not verdict.allowed:
            self._waiting.append(reader)
            return
        rows = 0.0 if reader.extra else min(reader.page, reader.left)
        self._core_free = max(self._core_free, self.now) + rows * CPU_PER_RECORD
        self._later(self._core_free, permit, reader, is_answer=False)

    def _handle(self, reader: Reader) -> None:
        if reader.extra:
            reader.extra.pop(0)
            if reader.extra or reader.left > 0:
                self._waiting.append(reader)
            elif reader.is_preparation:
                self._is_ready = True
                self._lists.expect(-(-int(self._left_of_customers()) // LIST_PAGE))
            else:
                self._leave(reader)
            return
        is_last = reader.left <= reader.page
        reader.left = 0.0 if is_last else reader.left - reader.page + 1
        is_list = reader.window.index is Index.LIST
        reader.pages += 1
        if is_list and (is_last or reader.pages >= SEGMENT_PAGES):
            reader.extra = [Kind.SEARCH, Kind.SEARCH, Kind.LIST]
            reader.pages = 0
        if is_last and not reader.extra:
            self._leave(reader)
            return
        if not is_last:
            self._cut(reader)
        self._waiting.append(reader)

    def _left_of_customers(self) -> float:
        waiting = [*self._waiting, *(event[4] for event in self._events)]
        return sum(reader.left for reader in waiting if reader.is_customers)

    def _leave(self, reader: Reader) -> None:
        is_list = reader.window.index is Index.LIST
        (self._lists if is_list else self._searches).leave(reader.window)
        for pool in (self._lists, self._searches):
            pool.forget(reader.window)
        if reader.is_customers:
            self._searching -= not is_list
            self.customers_read_after = self.now - BEGIN

    def _cut(self, reader: Reader) -> None:
        if reader.is_customers and self._has_route and self._is_shared(reader):
            return
        pages = int(reader.left // PAGE)
        pieces = self._searches.vacancies(reader.window, pages) + 1
        self._split(reader, 0, len(cut(0, 10**15, pages_left=pages, pieces=pieces)))

    def _is_shared(self, reader: Reader) -> bool:
        if not self._is_begun and reader.left // PAGE >= WORTHWHILE_PAGES:
            self._is_begun = True
            searches = 2 + -(-int(self._deleted) // PAGE)
            extra = [Kind.LIST] * 3 + [Kind.SEARCH] * searches
            window = Window(-1, 0)
            self._waiting.append(
                Reader(window, extra=extra, is_customers=True, is_preparation=True)
            )
        if not self._is_ready:
            return False
        waiting = Counter((one.kind, one.is_customers) for one in self._waiting)
        share = divide(
            reader.window,
            int(reader.left),
            searches=self._searches,
            lists=self._lists,
            page_size=LIST_PAGE,
            searches_waiting=waiting[Kind.SEARCH, False],
            lists_waiting=0,
        )
        pages = int(reader.left // LIST_PAGE)
        wanted = share.lists if share.is_handed_over else 1 + share.lists + share.searches
        pieces = len(cut(0, 10**15, pages_left=pages, pieces=wanted))
        if share.is_handed_over:
            left, reader.left = reader.left, 0.0
            reader.extra = [Kind.SEARCH]
            for _ in range(pieces + 1):
                self._open(Index.LIST, left / (pieces + 1), is_customers=True)
            self._lists.cut(reader.window, pieces + 1)
            return True
        lists = min(share.lists, pieces)
        self._split(reader, lists, pieces - lists)
        return True

    def _split(self, reader: Reader, lists: int, searches: int) -> None:
        part = reader.left / (1 + lists + searches)
        reader.left = part
        self._lists.cut(reader.window, lists)
        self._searches.cut(reader.window, searches)
        for index, count in ((Index.LIST, lists), (Index.LIVE, searches)):
            for _ in range(count):
                self._open(index, part, is_customers=reader.is_customers)
                self._searching += reader.is_customers and index is Index.LIVE


def simulated(quick: bool) -> tuple[list[Figure], str]:
    """Simulate a first load of a million customers and a million messages."""
    del quick
    figures = []
    for customers, messages, goal in ((1_000_000, 1_000_000, GOAL), (1_000_000, 0, GOAL)):
        alone = Simulation(customers, messages, has_route=False)
        both = Simulation(customers, messages, has_route=True)
        minutes = alone.run() / 60, both.run() / 60
        figures.append(
            Figure(
                f"times as fast, {customers:,} customers and {messages:,} messages, simulated",
                minutes[0] / minutes[1],
                goal=goal,
                at_least=True,
                more={
                    "minutes by search alone": minutes[0],
                    "by both routes": minutes[1],
                    "searches": both.sent[Kind.SEARCH, False] + both.sent[Kind.SEARCH, True],
                    "of them for customers": both.sent[Kind.SEARCH, True],
                    "list requests": both.sent[Kind.LIST, True],
                    "429s": both.refused,
                },
            )
        )
    return figures, ""


def measured(quick: bool) -> tuple[list[Figure], str]:
    """Read customers and messages from the sandbox, with and without a list that obeys."""
    count = 8_000 if quick else 12_000
    costs: dict[str, tuple[Cost, int]] = {}
    for value in ("refused", "obeyed"):
        # A tenth of the page sizes: as many requests per record as in a load ten times as large.
        api = Sandbox(
            0,
            counts={"customers": count, "messages": count},
            since="2026-02-01T00:00:00Z",
            max_page_size=PAGE // 10,
            max_list_page=LIST_PAGE // 10,
            organization_per_minute=PER_MINUTE,
            searches_per_minute=SEARCHES,
            latency_ms=300.0,
            dialect={"customers-list": value},
        )
        with api:
            config = {"searches_per_minute": SEARCHES}
            cost = read(api.url, api.key, ["customers", "messages"], config=config)
            cost.require_success()
            costs[value] = cost, api.stats()["requests"]
    (alone, _), (both, requests) = costs["refused"], costs["obeyed"]
    return [
        Figure(
            f"times as fast, {count:,} customers and {count:,} messages, small pages, over HTTP",
            alone.seconds / both.seconds,
            goal=GOAL,
            at_least=True,
            more={
                "seconds by search alone": alone.seconds,
                "by both routes": both.seconds,
                "requests": requests,
                "rows": f"{alone.rows} and {both.rows}",
            },
        )
    ], ""


def both_routes(quick: bool) -> tuple[list[Figure], str]:
    """Simulate the large load, and measure a small one."""
    figures, _ = simulated(quick)
    more, _ = measured(quick)
    return [*figures, *more], ""

"""Syncs too large to run: simulated in virtual time, with the connector's own budgets and windows.

What is real: the two budgets, the choice of how many readers are at work and where windows are
cut, and the sandbox's rate limits. What is modelled: an answer takes 300 ms, a page brings its
rows less the one that overlaps, rows cost CPU on one core, one page at a time, and the records
of a window are spread evenly.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

from benchmarks.figures import Figure
from kustomer_sandbox.control.settings import Settings
from kustomer_sandbox.server.limits import Limits
from source_kustomer.airbyte.read import READERS
from source_kustomer.engine.reader_pool import ReaderPool
from source_kustomer.kustomer.rate_limit import (
    ORGANIZATION_LIMIT,
    SEARCH_LIMIT,
    WINDOW,
    Budget,
    Told,
)
from source_kustomer.sync.cursor import ROWS_PER_CHECKPOINT
from source_kustomer.sync.windows import cut

PLANS = {"Professional": 300, "Business": 500, "Enterprise": 1_000, "Ultimate": 2_000}
LATENCY = 0.3
PAGE = 500
SHARE = 0.8
CPU_PER_RECORD = 0.00008
"""Seconds: measured at 0.06 ms here (`cost`), with room for larger records."""
BEGIN = 1_800_000_017.0


@dataclass
class Simulation:
    """One first sync of one object."""

    records: int
    per_minute: int
    searches: int | None
    now: float = BEGIN
    requests: int = 0
    refused: int = 0
    checkpoints: int = 0
    _core_free: float = 0.0
    _latency: float = 0.0
    _unsaved: int = 0
    _events: list[tuple[float, int, str, int, float]] = field(default_factory=list)
    """When, the order of what is at once, what, whose window, and how many rows it still has."""

    def __post_init__(self) -> None:
        self._server = Limits(
            Settings(organization_per_minute=self.per_minute, searches_per_minute=self.searches)
        )
        self._organization = Budget(ORGANIZATION_LIMIT, SHARE)
        self._search = Budget(SEARCH_LIMIT, SHARE) if self.searches else None
        self._pool = ReaderPool(READERS, pace=self._pace, latency=lambda: self._latency)
        self._number = itertools.count()
        self._waiting: list[tuple[int, float]] = []

    def _budgets(self) -> Iterator[Budget]:
        yield self._organization
        if self._search is not None:
            yield self._search

    def _pace(self) -> float:
        return min(budget.quota(self.now) for budget in self._budgets()) / WINDOW

    def _later(self, at: float, what: str, reader: int, left: float) -> None:
        heapq.heappush(self._events, (at, next(self._number), what, reader, left))

    def run(self) -> float:
        """Sync everything; returns seconds."""
        self._pool.join(1)
        self._pool.expect(-(-self.records // PAGE))
        self._waiting.append((next(self._number), self.records))
        while self._waiting or self._events:
            free = max(budget.next_free(self.now) for budget in self._budgets())
            if self._waiting and free <= self.now:
                self._send(*self._waiting.pop(0))
                continue
            upcoming = self._events[0][0] if self._events else float("inf")
            if self._waiting and free < upcoming:
                self.now = free
                continue
            self.now, _, what, reader, left = heapq.heappop(self._events)
            if what == "answered":
                self._answered(reader, left)
            else:
                self._handle(reader, left)
        return self.now - BEGIN

    def _send(self, reader: int, left: float) -> None:
        for budget in self._budgets():
            budget.send(self.now)
        self.requests += 1
        self._later(self.now + LATENCY, "answered", reader, left)

    def _answered(self, reader: int, left: float) -> None:
        verdict = self._server.take(self.now, search=True)
        self.refused += not verdict.allowed
        self._latency = LATENCY
        told = Told.of(verdict.headers, self.now, refused=not verdict.allowed)
        subject = self._search or self._organization
        for budget in self._budgets():
            budget.answered()
        if not verdict.allowed:
            subject.refuse(self.now, told)
            self._waiting.append((reader, left))
            return
        subject.learn(self.now, told)
        # Rows are made one page at a time, whichever reader they are for.
        rows = min(PAGE, left)
        self._core_free = max(self._core_free, self.now) + rows * CPU_PER_RECORD
        self._later(self._core_free, "handled", reader, left)

    def _handle(self, reader: int, left: float) -> None:
        rows = min(PAGE, left)
        self._unsaved += int(rows)
        is_last = left <= PAGE
        if is_last or self._unsaved >= ROWS_PER_CHECKPOINT:
            self._unsaved = 0
            self.checkpoints += 1
        if is_last:
            self._pool.leave(reader)
            return
        left -= PAGE - 1
        pages_left = int(left // PAGE)
        pieces = self._pool.vacancies(reader, pages_left) + 1
        cuts = cut(0, 10**15, pages_left=pages_left, pieces=pieces)
        self._pool.cut(reader, len(cuts))
        self._pool.join(len(cuts))
        readers = [reader, *(next(self._number) for _ in cuts)]
        self._waiting += [(each, left / len(readers)) for each in readers]


def scale(quick: bool) -> tuple[list[Figure], str]:
    """Simulate 10 and 100 million records under each plan, with and without the search limit."""
    figures, lines = (
        [],
        [
            "  | records | plan | requests/min | of them searches | hours | requests "
            "| checkpoints | bound by |",
            "  | --- | --- | --- | --- | --- | --- | --- | --- |",
        ],
    )
    sizes = (1_000_000, 10_000_000, *(() if quick else (100_000_000,)))
    for records, (plan, limit) in itertools.product(sizes, PLANS.items()):
        for searches in (100, None):
            simulation = Simulation(records, limit, searches)
            seconds = simulation.run()
            allowed = SHARE * min(limit, searches or limit)
            use = simulation.requests / allowed / (seconds / 60)
            bound = "limit" if use >= 0.95 else "CPU"
            lines.append(
                f"  | {records:,} | {plan} | {limit:,} | {searches or 'no limit'} "
                f"| {seconds / 3_600:,.2f} | {simulation.requests:,} "
                f"| {simulation.checkpoints:,} | {bound} |"
            )
            figures.append(
                Figure(
                    f"hours for {records:,}, {plan}, {'search limit' if searches else 'none'}",
                    seconds / 3_600,
                    "h",
                    more={
                        "requests": simulation.requests,
                        "requests / fewest": simulation.requests / -(-records // PAGE),
                        "quota use": use,
                        "429s": simulation.refused,
                        "checkpoints": simulation.checkpoints,
                    },
                )
            )
    return figures, "\n".join(lines)

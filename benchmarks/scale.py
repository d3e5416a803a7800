"""Syncs too large to run: simulated in virtual time, with the connector's own budgets and windows.

What is real: the two budgets, the choice of how many readers are at work and where windows are
cut, and the sandbox's rate limits. What is modelled: an answer takes 300 ms, a page brings its
rows less the one that overlaps, rows cost CPU on one core, one page at a time, and the records
of a window are spread evenly.
"""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass, field

from benchmarks.figures import Figure
from kustomer_sandbox.control.settings import Settings
from kustomer_sandbox.server.limits import Limits
from source_kustomer.airbyte.read import READERS
from source_kustomer.engine.reader_pool import ReaderPool
from source_kustomer.kustomer.clock import Clock
from source_kustomer.kustomer.rate_limit import Budgets, Kind, Permit
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
    _events: list[tuple[float, int, str, Permit, int, float]] = field(default_factory=list)
    """Time, order among events of one time, what happens, the permit, the reader, and the rows that
    are left in its window."""

    def __post_init__(self) -> None:
        self._server = Limits(
            Settings(organization_per_minute=self.per_minute, searches_per_minute=self.searches)
        )
        self._budgets = Budgets(
            SHARE,
            searches_per_minute=self.searches or self.per_minute,
            clock=Clock(monotonic=lambda: self.now, unix=lambda: self.now),
        )
        self._pool = ReaderPool(
            READERS, pace=self._budgets.searches_per_second, latency=lambda: self._latency
        )
        self._number = itertools.count()
        self._waiting: list[tuple[int, float]] = []

    def _later(self, at: float, what: str, permit: Permit, reader: int, left: float) -> None:
        heapq.heappush(self._events, (at, next(self._number), what, permit, reader, left))

    def run(self) -> float:
        """Sync everything; returns seconds."""
        self._pool.join(1)
        self._pool.expect(-(-self.records // PAGE))
        self._waiting.append((next(self._number), self.records))
        while self._waiting or self._events:
            upcoming = self._events[0][0] if self._events else float("inf")
            if self._waiting:
                permit = self._budgets.try_acquire(Kind.SEARCH)
                if isinstance(permit, Permit):
                    self._send(permit, *self._waiting.pop(0))
                    continue
                free = self.now + max(permit, 1e-6)
                if free < upcoming:
                    self.now = free
                    continue
            self.now, _, what, permit, reader, left = heapq.heappop(self._events)
            if what == "answered":
                self._answered(permit, reader, left)
            else:
                self._handle(reader, left)
        return self.now - BEGIN

    def _send(self, permit: Permit, reader: int, left: float) -> None:
        self.requests += 1
        self._later(self.now + LATENCY, "answered", permit, reader, left)

    def _answered(self, permit: Permit, reader: int, left: float) -> None:
        verdict = self._server.take(self.now, search=True)
        self.refused += not verdict.allowed
        self._latency = LATENCY
        self._budgets.answered(permit, verdict.headers, refused=not verdict.allowed)
        if not verdict.allowed:
            self._waiting.append((reader, left))
            return
        # Rows are made one page at a time, whichever reader they are for.
        rows = min(PAGE, left)
        self._core_free = max(self._core_free, self.now) + rows * CPU_PER_RECORD
        self._later(self._core_free, "handled", permit, reader, left)

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

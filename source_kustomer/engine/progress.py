"""How far a sync is, for the log and for Airbyte's progress bar."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from source_kustomer.logger import LOGGER

SECONDS_BETWEEN_LINES: Final = 30.0
SLOWEST: Final = 0.1
"""Requests a minute, so that a pace of zero divides nothing."""


@dataclass
class _Tally:
    rows: int = 0
    expected: int = 0
    page_size: int = 1
    parents_left: int = 0
    is_ended: bool = False

    @property
    def searches_left(self) -> int:
        return -(-max(0, self.expected - self.rows) // self.page_size)


class Progress:
    """Counts rows against what the API announced, and logs that from time to time.

    The announced numbers are the counts of the first answers. They leave out what changes later
    and count twice what two indexes share, so they are approximate.
    """

    def __init__(
        self,
        emit_estimate: Callable[[str, int], None],
        *,
        seconds: Callable[[], float],
        searches_per_minute: Callable[[], float],
        requests_per_minute: Callable[[], float],
    ) -> None:
        """Start at nothing.

        Args:
            emit_estimate: takes how many rows a stream will have in all.
            seconds: a clock that never goes back.
            searches_per_minute: the pace of searches that the rate limit allows now.
            requests_per_minute: the pace of all other requests.
        """
        self._emit_estimate = emit_estimate
        self._seconds = seconds
        self._searches_per_minute = searches_per_minute
        self._requests_per_minute = requests_per_minute
        self._lock = threading.Lock()
        self._tallies: dict[str, _Tally] = {}
        self._next_line = seconds() + SECONDS_BETWEEN_LINES

    def expect(self, stream: str, records: int, *, page_size: int) -> None:
        """Note how many more records a stream will have.

        Args:
            stream: its name.
            records: how many more.
            page_size: how many of them one search brings.
        """
        with self._lock:
            tally = self._tallies.setdefault(stream, _Tally())
            tally.expected += records
            tally.page_size = max(1, page_size)
            expected = tally.expected
        self._emit_estimate(stream, expected)

    def expect_parents(self, stream: str, parents: int) -> None:
        """Note for how many more parents a stream will read children; fewer when negative."""
        with self._lock:
            self._tallies.setdefault(stream, _Tally()).parents_left += parents

    def end(self, stream: str) -> None:
        """Note that nothing more comes of a stream."""
        with self._lock:
            self._tallies.setdefault(stream, _Tally()).is_ended = True

    def count(self, stream: str, rows: int) -> None:
        """Note rows that were emitted, and log a line when one is due."""
        with self._lock:
            self._tallies.setdefault(stream, _Tally()).rows += rows
            now = self._seconds()
            if now < self._next_line:
                return
            self._next_line = now + SECONDS_BETWEEN_LINES
            line = self._line()
        LOGGER.info(line)

    def _line(self) -> str:
        rows = sum(tally.rows for tally in self._tallies.values())
        known = [tally for tally in self._tallies.values() if tally.expected and not tally.is_ended]
        expected = sum(max(tally.expected, tally.rows) for tally in known)
        line = f"Progress: {rows:,} rows so far"
        if expected:
            done = sum(tally.rows for tally in known)
            line += f"; {100 * done / expected:.0f} % of about {expected:,} to be searched"
        running = [*filter(None, map(self._remaining, sorted(self._tallies)))]
        if expected or running:
            line += f"; {self._time_left()}"
        return f"{line}." + (f" Running: {', '.join(running)}." if running else "")

    def _time_left(self) -> str:
        """Return the longer of two times: searches and other requests run side by side."""
        tallies = [tally for tally in self._tallies.values() if not tally.is_ended]
        minutes, pace, what = max(
            (sum(counts) / pace, pace, what)
            for counts, pace, what in (
                (
                    [tally.searches_left for tally in tallies],
                    max(self._searches_per_minute(), SLOWEST),
                    "searches",
                ),
                (
                    [tally.parents_left for tally in tallies],
                    max(self._requests_per_minute(), SLOWEST),
                    "requests",
                ),
            )
        )
        left = "less than a minute" if minutes < 1 else f"about {minutes:,.0f} min"
        return f"{left} left at {pace:,.0f} {what} a minute"

    def _remaining(self, stream: str) -> str:
        tally = self._tallies[stream]
        if tally.is_ended:
            return ""
        if tally.parents_left:
            return f"{stream} {tally.rows:,}, {tally.parents_left:,} parents left"
        if tally.expected > tally.rows:
            return f"{stream} {tally.rows:,} of about {tally.expected:,}"
        return ""

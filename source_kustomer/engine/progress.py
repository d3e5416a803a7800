"""How far a sync is, for the person who waits for it and for Airbyte's progress bar."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from airbyte_cdk.models import (
    AirbyteEstimateTraceMessage,
    AirbyteMessage,
    AirbyteTraceMessage,
    EstimateType,
    TraceType,
    Type,
)

from source_kustomer.logger import LOGGER

SECONDS_BETWEEN_LINES: Final = 30.0
SLOWEST: Final = 0.1
"""Requests a minute: lest nothing is divided by."""


@dataclass
class _Tally:
    rows: int = 0
    expected: int = 0
    searches_left: int = 0
    parents_left: int = 0
    is_over: bool = False


class Progress:
    """Counts rows against what the API announced, and says so now and then.

    The announced numbers are the counts of the first answers, so they leave out what changes
    later and double what two indexes share: "about" is meant.
    """

    def __init__(
        self,
        emit: Callable[[AirbyteMessage], None],
        *,
        seconds: Callable[[], float],
        unix_seconds: Callable[[], float],
        searches_per_minute: Callable[[], float],
        requests_per_minute: Callable[[], float],
    ) -> None:
        """Start at nothing.

        Args:
            emit: takes Airbyte's ESTIMATE messages.
            seconds: a clock that never goes back.
            unix_seconds: the time of day.
            searches_per_minute: the pace of searches that the rate limit allows now.
            requests_per_minute: the pace of all other requests.
        """
        self._emit = emit
        self._seconds = seconds
        self._unix_seconds = unix_seconds
        self._searches_per_minute = searches_per_minute
        self._requests_per_minute = requests_per_minute
        self._lock = threading.Lock()
        self._tallies: dict[str, _Tally] = {}
        self._next_line = seconds() + SECONDS_BETWEEN_LINES

    def expect(self, stream: str, records: int) -> None:
        """Note how many more records a stream will bring."""
        with self._lock:
            tally = self._tallies.setdefault(stream, _Tally())
            tally.expected += records
            expected = tally.expected
        estimate = AirbyteEstimateTraceMessage(
            name=stream, type=EstimateType.STREAM, row_estimate=expected
        )
        trace = AirbyteTraceMessage(
            type=TraceType.ESTIMATE, emitted_at=self._unix_seconds() * 1_000, estimate=estimate
        )
        self._emit(AirbyteMessage(type=Type.TRACE, trace=trace))

    def expect_parents(self, stream: str, parents: int) -> None:
        """Note how many more parents a stream will ask for their children; fewer when negative."""
        with self._lock:
            self._tallies.setdefault(stream, _Tally()).parents_left += parents

    def give_up(self, stream: str) -> None:
        """Note that nothing more comes of a stream: it has failed, or was skipped."""
        with self._lock:
            self._tallies.setdefault(stream, _Tally()).is_over = True

    def count(self, stream: str, rows: int, *, page_size: int = 1) -> None:
        """Note rows that were handed on, and write a line when it is time for one."""
        with self._lock:
            tally = self._tallies.setdefault(stream, _Tally())
            tally.rows += rows
            tally.searches_left = -(-max(0, tally.expected - tally.rows) // max(1, page_size))
            now = self._seconds()
            if now < self._next_line:
                return
            self._next_line = now + SECONDS_BETWEEN_LINES
            line = self._line()
        LOGGER.info(line)

    def _line(self) -> str:
        rows = sum(tally.rows for tally in self._tallies.values())
        known = [tally for tally in self._tallies.values() if tally.expected and not tally.is_over]
        expected = sum(max(tally.expected, tally.rows) for tally in known)
        line = f"Progress: {rows:,} rows so far"
        if expected:
            done = sum(tally.rows for tally in known)
            line += f"; {100 * done / expected:.0f} % of the about {expected:,} to be searched"
        under_way = [*filter(None, map(self._under_way, sorted(self._tallies)))]
        if expected or under_way:
            line += f"; {self._time_left()}"
        return f"{line}." + (f" Under way: {', '.join(under_way)}." if under_way else "")

    def _time_left(self) -> str:
        """Tell the longer of two times, since searches and other requests go on side by side."""
        tallies = [tally for tally in self._tallies.values() if not tally.is_over]
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

    def _under_way(self, stream: str) -> str:
        tally = self._tallies[stream]
        if tally.is_over:
            return ""
        if tally.parents_left:
            return f"{stream} {tally.rows:,}, {tally.parents_left:,} parents still to be asked for"
        if tally.expected > tally.rows:
            return f"{stream} {tally.rows:,} of about {tally.expected:,}"
        return ""

"""How far a sync is, for the person who waits for it and for Airbyte's progress bar."""

from __future__ import annotations

import logging
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

LOGGER = logging.getLogger("airbyte.source-kustomer")

SECONDS_BETWEEN_LINES: Final = 30.0


@dataclass
class _Tally:
    rows: int = 0
    expected: int = 0
    requests_left: int = 0


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
    ) -> None:
        """Start at nothing.

        Args:
            emit: takes Airbyte's ESTIMATE messages.
            seconds: a clock that never goes back.
            unix_seconds: the time of day.
            searches_per_minute: the pace that the rate limit allows now.
        """
        self._emit = emit
        self._seconds = seconds
        self._unix_seconds = unix_seconds
        self._searches_per_minute = searches_per_minute
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

    def count(self, stream: str, rows: int, *, page_size: int = 1) -> None:
        """Note rows that were handed on, and write a line when it is time for one."""
        with self._lock:
            tally = self._tallies.setdefault(stream, _Tally())
            tally.rows += rows
            tally.requests_left = -(-max(0, tally.expected - tally.rows) // max(1, page_size))
            now = self._seconds()
            if now < self._next_line:
                return
            self._next_line = now + SECONDS_BETWEEN_LINES
            line = self._line()
        LOGGER.info(line)

    def _line(self) -> str:
        known = [tally for tally in self._tallies.values() if tally.expected]
        rows = sum(tally.rows for tally in self._tallies.values())
        expected = sum(max(tally.expected, tally.rows) for tally in known)
        if not expected:
            return f"Progress: {rows:,} rows so far."
        done = sum(tally.rows for tally in known)
        pace = max(self._searches_per_minute(), 0.1)
        minutes = sum(tally.requests_left for tally in known) / pace
        left = "less than a minute" if minutes < 1 else f"about {minutes:,.0f} min"
        streams = ", ".join(
            f"{name} {tally.rows:,} of about {max(tally.expected, tally.rows):,}"
            for name, tally in sorted(self._tallies.items())
            if tally.expected > tally.rows
        )
        return (
            f"Progress: {rows:,} rows so far, {100 * done / expected:.0f} % of about "
            f"{expected:,}; {left} left at {pace:,.0f} searches a minute."
            + (f" Under way: {streams}." if streams else "")
        )

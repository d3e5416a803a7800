"""Where the engine puts what a sync produces. The folder `airbyte/` implements it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from source_kustomer.errors import KustomerError


class Output(Protocol):
    """One ordered channel: what one thread puts in first comes out first."""

    def put_rows(self, stream: str, rows: Iterable[Mapping[str, Any]]) -> int:
        """Put rows in, waiting for room.

        Returns:
            How many rows there were.
        """

    def put_state(self, stream: str, state: Mapping[str, Any]) -> None:
        """Put in a checkpoint, behind the rows that it covers."""

    def put_estimate(self, stream: str, rows: int) -> None:
        """Announce how many rows a stream will have in all."""

    def put_started(self, stream: str) -> None:
        """Announce that a stream is being read."""

    def put_complete(self, stream: str) -> None:
        """Announce that a stream was read to its end, or skipped."""

    def put_failed(self, stream: str, error: KustomerError) -> None:
        """Announce that a stream failed, and why."""

"""What each dialect leads to: exact rows, or a documented failure.

docs/assumptions.md names the same ids; a test compares both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Outcome:
    """A documented outcome that is not exact rows.

    Attributes:
        error: a pattern that the error of each stream that fails matches; None: nothing fails.
        log: a pattern that a warning matches; None: none is needed.
        may_miss: kinds of differences that are documented: `deletions`, or names of streams.
    """

    error: str | None = None
    log: str | None = None
    may_miss: frozenset[str] = frozenset()


DOCUMENTED: Final[Mapping[tuple[str, str], Outcome]] = {}
"""Switch and value -> the outcome, where it is not exact rows."""

KNOWN_FAILURES: Final[Mapping[tuple[str, str], str]] = {}
"""Switch and value -> what goes wrong now. Whoever repairs it removes the entry."""

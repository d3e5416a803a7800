"""Two clocks that need not agree: this machine's, and the one that dates Kustomer's records."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from source_kustomer.timestamps import SECOND, from_unix_seconds


@dataclass(frozen=True)
class Clocks:
    """What both clocks said when a sync began.

    A sync that claims to be complete up to a moment which Kustomer's clock has not reached would
    lose what is still going to be dated before it. One that takes for new what is merely dated by
    a faster clock would leave it to the next sync.
    """

    machine: float
    """Unix seconds, read before Kustomer was asked."""
    kustomer: float | None
    """Unix seconds, rounded down as the Date header is; None when no answer told."""
    unix: Callable[[], float] = time.time
    """This machine's clock."""

    @property
    def difference(self) -> float:
        """By how many seconds this machine is ahead of Kustomer; about 0 when that is unknown."""
        return 0.0 if self.kustomer is None else self.machine - self.kustomer

    @property
    def earlier(self) -> int:
        """The earlier of the two times, a timestamp: both clocks have certainly reached it."""
        known = self.machine if self.kustomer is None else min(self.machine, self.kustomer)
        return from_unix_seconds(known)

    @property
    def later(self) -> int:
        """The later of the two times, a timestamp: neither clock was past it."""
        if self.kustomer is None:
            return from_unix_seconds(self.machine)
        return max(from_unix_seconds(self.machine), from_unix_seconds(self.kustomer) + SECOND)

    def present(self) -> int:
        """Return the present by the clock that is ahead, a timestamp."""
        return from_unix_seconds(self.unix() + max(0.0, -self.difference))

"""Time, passed in, so that what waits can be tested without waiting."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Clock:
    """Two clocks, in seconds."""

    monotonic: Callable[[], float] = time.monotonic
    """Never goes back; for spans."""
    unix: Callable[[], float] = time.time
    """The time of day; for comparing with what the API says."""
    wait: Callable[[threading.Event, float], bool] = threading.Event.wait
    """Waits for an event at most so long; true when it came."""

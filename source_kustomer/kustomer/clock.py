"""The clocks of the process, as a parameter, so that waiting can be tested without waiting."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Clock:
    """Two clocks and a wait. Times are seconds."""

    monotonic: Callable[[], float] = time.monotonic
    """Never goes back. For durations."""
    unix: Callable[[], float] = time.time
    """Unix time, to compare with times that the API sends."""
    wait: Callable[[threading.Event, float], bool] = threading.Event.wait
    """Waits for an event, at most so many seconds. Returns whether it was set."""

"""Many organizations at once on one machine: `python -m benchmarks.organizations 8`.

One connector process per organization, each against an API of its own with Kustomer's limits, all
started together, as Airbyte does when their schedules coincide.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from statistics import median

from benchmarks.process import Cost, read
from benchmarks.standin import StandinProcess

COUNTS = {"conversation": 10_000, "customer": 10_000, "message": 40_000}
STREAMS = ("conversations", "customers", "messages")
PER_MINUTE = 300
"""The smallest plan's limit. Searches have their own: 100."""
SEARCHES_PER_MINUTE = 100
CONFIG = {"searches_per_minute": SEARCHES_PER_MINUTE}


def measure(organizations: int) -> tuple[list[Cost], float]:
    """Sync several organizations at once; return what each cost, and the seconds until the last.

    Args:
        organizations: how many.
    """
    with ExitStack() as running:
        apis = [
            running.enter_context(
                StandinProcess(
                    COUNTS, per_minute=PER_MINUTE, searches_per_minute=SEARCHES_PER_MINUTE
                )
            )
            for _ in range(organizations)
        ]
        began = time.monotonic()
        with ThreadPoolExecutor(organizations) as pool:
            costs = list(pool.map(lambda api: read(api.url, api.key, STREAMS, config=CONFIG), apis))
        seconds = time.monotonic() - began
    return [cost.require_success() for cost in costs], seconds


def report(costs: list[Cost], seconds: float) -> str:
    """Put the measurement into words."""
    rows = sum(cost.rows for cost in costs)
    cpu = sum(cost.cpu for cost in costs)
    return (
        f"Organizations: {len(costs)}. {rows:,} rows in {seconds:.0f} s, "
        f"{rows / seconds * 60:,.0f} rows a minute together. For each: "
        f"{median(cost.seconds for cost in costs):.0f} s, "
        f"{median(cost.cpu for cost in costs):.1f} s of CPU "
        f"({cpu / rows * 1_000:.3f} ms a row, {cpu / seconds / len(costs):.0%} of a core), "
        f"{max(cost.peak_mb for cost in costs):.0f} MB at most."
    )


if __name__ == "__main__":
    print(report(*measure(int(sys.argv[1]) if len(sys.argv) > 1 else 8)))

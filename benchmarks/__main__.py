"""All figures of docs/performance.md: `python -m benchmarks [--quick] [name ...]`."""

from __future__ import annotations

import argparse
import sys

from benchmarks import checkpoints, cost, efficiency, memory, quota, routes, scale
from benchmarks.figures import RESULTS, Yardstick

YARDSTICKS = (
    Yardstick("limits", "Rate limits in virtual time, every dialect", quota.in_virtual_time),
    Yardstick("quota", "Use of the rate limit in real minutes, 300 ms latency", quota.use),
    Yardstick("streams", "Many streams at once, 1,000 requests/min", quota.many_streams),
    Yardstick("latency", "What latency costs, 2,000 requests/min", quota.latency),
    Yardstick("timeline", "Two budgets: lists and searches", quota.timeline),
    Yardstick("check", "Requests of a check", efficiency.check),
    Yardstick("requests", "Requests, compared with the fewest possible", efficiency.requests),
    Yardstick("pages", "Page sizes that are granted, and refused", efficiency.page_sizes),
    Yardstick("growing", "Lists that grow at their head", efficiency.growing_lists),
    Yardstick("settings", "Streams of lists within lists", efficiency.settings),
    Yardstick("capped", "Totals that stop at 10,000", efficiency.capped_totals),
    Yardstick("checkpoints", "Time without a checkpoint", checkpoints.gaps),
    Yardstick("attachments", "First load of attachments", checkpoints.attachments),
    Yardstick("lists", "Memory of long lists", memory.lists),
    Yardstick("parents", "Memory of waiting parents", memory.parents),
    Yardstick("bodies", "Memory of large bodies", memory.bodies),
    Yardstick("start", "Start-up", cost.starting),
    Yardstick("cost", "CPU, memory and first row", cost.per_record),
    Yardstick("pause", "A reader of stdout that pauses", cost.back_pressure),
    Yardstick("routes", "Customers from the search and from their list", routes.both_routes),
    Yardstick("scale", "Simulated: first syncs of millions", scale.scale),
)


def main() -> None:
    """Measure what is named, or everything; exit 1 when a goal is missed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measures the connector against an emulated Kustomer API.",
        epilog="; ".join(f"{each.name}: {each.title}" for each in YARDSTICKS),
    )
    parser.add_argument("names", nargs="*", metavar="name", help="what to measure; none: all")
    parser.add_argument(
        "--quick", action="store_true", help="shorter and smaller: some minutes, rougher figures"
    )
    options = parser.parse_args()
    known = {yardstick.name: yardstick for yardstick in YARDSTICKS}
    unknown = [name for name in options.names if name not in known]
    if unknown:
        parser.error(f"there is no {', '.join(unknown)}; known are {', '.join(known)}")
    missed = []
    for name in options.names or known:
        figures = known[name].report(quick=options.quick)
        missed += [figure for figure in figures if figure.is_met is False]
    print(f"\nAs JSON: {RESULTS}")
    if missed:
        print("Missed:\n" + "\n".join(figure.line() for figure in missed))
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()

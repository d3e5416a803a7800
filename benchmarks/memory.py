"""Peak memory where it could grow: long lists, parents whose children wait, large bodies."""

from __future__ import annotations

from typing import Final

from benchmarks.figures import Figure
from benchmarks.process import Cost, read
from benchmarks.standin import StandinProcess

UNLIMITED: Final = 1_000_000
OVERALL_MB: Final = 150
LARGE_BODIES_MB: Final = 400
PARENTS: Final = 100_000
CHILDREN: Final = ("customer_merges", "customer_drafts", "customer_sessions", "customer_events")


def lists(quick: bool) -> tuple[list[Figure], str]:
    """Read a list of a million rows, and one of a tenth of it."""
    figures = []
    for rows in (100_000, *(() if quick else (1_000_000,))):
        with StandinProcess({}, lists={"tags": rows}, per_minute=UNLIMITED) as api:
            cost = read(api.url, api.key, ["tags"]).require_success()
            requests = api.stats()["requests"]
        figures.append(
            Figure(
                f"peak memory, a list of {rows:,} rows",
                cost.peak_mb,
                "MB",
                goal=OVERALL_MB,
                more={"rows": cost.rows, "requests": requests, "seconds": round(cost.seconds)},
            )
        )
    return figures, ""


def parents(quick: bool) -> tuple[list[Figure], str]:
    """Read customers much faster than their children, so that customers wait in queues."""
    seconds = 30.0 if quick else 90.0
    with StandinProcess({"customer": PARENTS}, per_minute=UNLIMITED) as api:
        cost = read(api.url, api.key, ["customers", *CHILDREN], stop_after=seconds)
        stats = api.stats()
    figure = Figure(
        f"peak memory, {PARENTS:,} customers of four child streams",
        cost.peak_mb,
        "MB",
        goal=OVERALL_MB,
        more={
            "stopped after s": seconds,
            "customers": cost.rows_by_stream["customers"],
            "list requests": stats["requests"] - stats["searches"],
        },
    )
    return [figure], ""


def bodies(quick: bool) -> tuple[list[Figure], str]:
    """Read records with large texts."""
    del quick
    objects = {"message": 1_000, "conversation": 1_000, "customer": 1_000}
    small = _with_bodies(objects, 200_000)
    large = _with_bodies({"message": 500}, 1_000_000)
    return [
        _figure("1,000 bodies of 200 KB in each of three objects", small),
        _figure("500 bodies of 1 MB", large),
    ], ""


def _with_bodies(counts: dict[str, int], size: int) -> tuple[Cost, int]:
    streams = [f"{context}s" for context in counts]
    with StandinProcess(counts, per_minute=UNLIMITED, record_bytes=size) as api:
        cost = read(api.url, api.key, streams).require_success()
        return cost, api.stats()["requests"]


def _figure(what: str, measured: tuple[Cost, int]) -> Figure:
    cost, requests = measured
    return Figure(
        f"peak memory, {what}",
        cost.peak_mb,
        "MB",
        goal=LARGE_BODIES_MB,
        more={
            "rows": cost.rows,
            "MB of rows": round(cost.row_bytes / 2**20),
            "requests": requests,
            "seconds": round(cost.seconds),
        },
    )

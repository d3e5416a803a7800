"""How much of the rate limit is used, what latency costs, and what waits for what."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from benchmarks.figures import Figure
from benchmarks.process import Cost, read
from benchmarks.standin import StandinProcess
from kustomer_sandbox.control.process import Sandbox

SHARE = 0.8
PAGE = 20
"""Small pages: these runs are about requests, and another run on the machine shall not matter."""
BEGIN_SECOND = 2.0


@dataclass(frozen=True)
class Setting:
    """A plan's limits, and an API's latency."""

    name: str
    per_minute: int
    searches: int | None
    latency_ms: float = 300.0

    @property
    def allowed(self) -> float:
        """Searches per minute that the connector may send: its share of the tighter limit."""
        limits = [self.per_minute, *([self.searches] if self.searches else [])]
        return SHARE * min(limits)


@dataclass(frozen=True)
class Run:
    """What a read did to the API."""

    setting: Setting
    cost: Cost
    stats: Mapping[str, Any]

    @property
    def requests(self) -> int:
        return int(self.stats["requests"])

    @property
    def seconds(self) -> float:
        """From the first request to the last answer."""
        stats = self.stats
        last = max(stats["last"].values()) + self.setting.latency_ms / 1_000
        return float(last - min(stats["first"].values()))

    @property
    def use(self) -> float:
        """(requests / allowed share) / wall time."""
        return self.requests / self.setting.allowed / (self.seconds / 60)

    def full_minutes(self) -> list[int]:
        """Return the requests of each whole minute of the server's, the first and last left out."""
        by_minute: dict[int, int] = {}
        for second, count in self.stats["by_second"].items():
            by_minute[int(second) // 60] = by_minute.get(int(second) // 60, 0) + count
        return [count for _, count in sorted(by_minute.items())][1:-1]


def run(setting: Setting, minutes: float, streams: Mapping[str, int]) -> Run:
    """Read for about so many minutes.

    Args:
        setting: the limits.
        minutes: how long, if the share of the limit is used up.
        streams: query context -> its part of the records.
    """
    records = setting.allowed * minutes * (PAGE - 1)
    whole = sum(streams.values())
    counts = {context: math.ceil(records * part / whole) for context, part in streams.items()}
    api = StandinProcess(
        counts,
        per_minute=setting.per_minute,
        searches_per_minute=setting.searches,
        latency_ms=setting.latency_ms,
        page_size=PAGE,
        record_bytes=500,
    )
    with api:
        names = [STREAMS.get(context, context) for context in counts]
        config = {"searches_per_minute": setting.searches or setting.per_minute}
        cost = read(api.url, api.key, names, config=config).require_success()
        return Run(setting, cost, api.stats())


STREAMS = {
    "message": "messages",
    "conversation": "conversations",
    "customer": "customers",
    "note": "notes",
    "kobject": "kobjects",
    "company": "companies",
    "work_session": "work_sessions",
    "work_item": "work_items",
}


def _begin_a_minute() -> None:
    """Wait for a minute of the server's to begin, so that runs can be compared."""
    time.sleep((BEGIN_SECOND - time.time()) % 60)


def use(quick: bool) -> tuple[list[Figure], str]:
    """Read for minutes under three limits, and see how much of the share was used."""
    minutes = 2.0 if quick else 5.0
    settings = [
        Setting("100 searches/min", 1_000, 100),
        Setting("300 requests/min, no search limit", 300, None),
        Setting("2,000 requests/min, no search limit", 2_000, None),
    ]
    _begin_a_minute()
    with ThreadPoolExecutor(len(settings)) as pool:
        runs = list(pool.map(lambda setting: run(setting, minutes, {"message": 1}), settings))
    return [_use_figure(each) for each in runs], ""


def _use_figure(run: Run, what: str = "") -> Figure:
    refused = int(run.stats["refused"])
    return Figure(
        f"quota use, {what or run.setting.name}",
        # A refusal is no use of the quota, and none may happen.
        run.use if not refused else 0.0,
        goal=0.95,
        at_least=True,
        more={
            "requests": run.requests,
            "seconds": round(run.seconds, 1),
            "429s": refused,
            "most in flight": run.stats["most_in_flight"],
            "connections": len(run.stats["connections"]),
            "per whole minute": run.full_minutes(),
            "allowed": run.setting.allowed,
        },
    )


def latency(quick: bool) -> tuple[list[Figure], str]:
    """Read the same records with 0 ms and with 1,000 ms of latency, under 2,000 requests/min.

    Finding out that there is no search limit takes some seconds once, more of them at 1,000 ms, so
    that a short run shows a larger ratio.
    """
    minutes = 2.0 if quick else 8.0
    settings = [Setting(f"{ms} ms", 2_000, None, ms) for ms in (0, 1_000)]
    _begin_a_minute()
    with ThreadPoolExecutor(len(settings)) as pool:
        fast, slow = pool.map(lambda setting: run(setting, minutes, {"message": 1}), settings)
    more = {
        "seconds at 0 ms": round(fast.cost.seconds, 1),
        "at 1,000 ms": round(slow.cost.seconds, 1),
        "requests": f"{fast.requests} and {slow.requests}",
        "429s": fast.stats["refused"] + slow.stats["refused"],
        "most in flight": f"{fast.stats['most_in_flight']} and {slow.stats['most_in_flight']}",
    }
    ratio = slow.cost.seconds / fast.cost.seconds
    return [
        Figure("wall time at 1 s latency / at 0 ms", ratio, goal=None if quick else 1.05, more=more)
    ], ""


def many_streams(quick: bool) -> tuple[list[Figure], str]:
    """Read eight searched objects at once, and sixty custom objects at once."""
    minutes = 2.0 if quick else 3.0
    setting = Setting("1,000 requests/min, no search limit", 1_000, None)
    klasses = {f"kobject_klass{number}": 1 for number in range(60)}
    # One is ten times as large as another, as objects are.
    objects = {context: 1 + 9 * (context == "message") for context in STREAMS}
    _begin_a_minute()
    with ThreadPoolExecutor(2) as pool:
        eight, sixty = pool.map(lambda streams: run(setting, minutes, streams), (objects, klasses))
    figures = []
    for what, each in (("8 searched streams", eight), ("60 klasses", sixty)):
        figures.append(_use_figure(each, what))
        begins = [
            first - min(each.stats["first"].values()) for first in each.stats["first"].values()
        ]
        figures.append(
            Figure(
                f"last of {what} to begin, after the first",
                max(begins),
                "s",
                more={"rows": each.cost.rows, "peak MB": round(each.cost.peak_mb)},
            )
        )
    return figures, _shares(sixty)


def _shares(run: Run) -> str:
    counts = sorted(run.stats["by_context"].values())
    return (
        f"  Requests per klass: {counts[0]} to {counts[-1]}; the first klass to end did so after "
        f"{min(run.stats['last'].values()) - min(run.stats['first'].values()):.0f} s of "
        f"{run.seconds:.0f} s."
    )


def timeline(quick: bool) -> tuple[list[Figure], str]:
    """Read lists beside a search that uses its limit up, and draw who asked when."""
    counts = {"messages": 20_000 if quick else 60_000, "users": 3_000, "tags": 1_000}
    api = Sandbox(
        0, counts=counts, organization_per_minute=1_000, searches_per_minute=100, latency_ms=300.0
    )
    with api:
        config = {"searches_per_minute": 100}
        read(api.url, api.key, ["messages", "users", "tags"], config=config).require_success()
        asked = api.requests()
    began = min(entry["started"] for entry in asked)
    lists = [e["started"] - began for e in asked if e["method"] == "GET"]
    searches = [e["started"] - began for e in asked if e["method"] == "POST"]
    figure = Figure(
        "lists are read after",
        max(lists),
        "s",
        goal=0.5 * max(searches),
        more={
            "list requests": len(lists),
            "searches": len(searches),
            "last search after": round(max(searches), 1),
        },
    )
    return [figure], _drawn({"searches": searches, "lists": lists})


def _drawn(moments: Mapping[str, Sequence[float]], columns: int = 60) -> str:
    """Draw how many requests went out when, one character per span of time."""
    end = max(max(each) for each in moments.values())
    span = max(1.0, math.ceil(end / columns))
    lines = [f"  requests per {span:.0f} s (. none, + ten or more)"]
    for name, each in moments.items():
        bins = [0] * (int(end // span) + 1)
        for moment in each:
            bins[int(moment // span)] += 1
        drawn = "".join("." if not n else str(n) if n < 10 else "+" for n in bins)
        lines.append(f"  {name:<9} {drawn}")
    return "\n".join(lines)

"""How much of the rate limit is used, what latency costs, and what waits for what."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, Final

from benchmarks.figures import Figure
from benchmarks.process import Cost, read
from benchmarks.standin import StandinProcess
from benchmarks.virtual_time import MINUTE, UNIX, Client, Outcome, simulate
from kustomer_sandbox.control.dialects import dialect
from kustomer_sandbox.control.process import Sandbox
from kustomer_sandbox.control.settings import Settings
from kustomer_sandbox.server.limits import Limits
from source_kustomer.kustomer.rate_limit import Kind

SHARE: Final = 0.8
SEARCHES: Final = 100
PAGE: Final = 20
"""Small pages: these runs are about requests. The CPU of rows shall not limit them."""

RESETS: Final = ("always", "on-429", "never")
PHASES: Final = (0.0, 15.0, 30.0, 45.0)
LIMITS: Final = (300, 1_000)
THIRD: Final = 1 / 3
BURST_AT: Final = 125.0
BURST: Final = 900
"""Requests of another client within 45 seconds: more than any of the limits."""


# In virtual time


class LimitsServer:
    """The sandbox's rate limits, with a minute that begins at any time of the simulation."""

    def __init__(self, limit: int, reset: str, phase: float) -> None:
        """Set the limits.

        Args:
            limit: requests per minute. Of them, 100 may be searches.
            reset: the value of the sandbox's dialect switch `reset`.
            phase: seconds of the server's minute that have passed at the start.
        """
        self.limit, self.reset, self.phase = limit, reset, phase
        self._limits = Limits(
            Settings(
                organization_per_minute=limit,
                searches_per_minute=SEARCHES,
                dialect=dialect({"reset": reset}),
            )
        )

    def take(self, now: float, kind: Kind) -> tuple[bool, Mapping[str, str]]:
        """Count a request."""
        server_now = UNIX + self.phase + now
        verdict = self._limits.take(server_now, search=kind is Kind.SEARCH)
        date = formatdate(server_now, usegmt=True)
        return not verdict.allowed, {**verdict.headers, "date": date}


@dataclass(frozen=True)
class Cell:
    """One combination of the grid, and how it ended."""

    kind: Kind
    limit: int
    reset: str
    phase: float
    has_others: bool
    outcome: Outcome

    @property
    def use(self) -> float:
        """The lowest use, in a whole minute, of what is allowed or left by the other client."""
        limit = self.limit if self.kind is Kind.LIST else SEARCHES
        allowed = min(SHARE, 1 - THIRD * self.has_others) * limit
        return min(self.outcome.whole_minutes(self.kind)) / allowed


def in_virtual_time(quick: bool) -> tuple[list[Figure], str]:
    """Simulate every dialect, phase and limit, alone and with another client."""
    minutes = 4.0 if quick else 10.0
    cells = [
        _cell(kind, LimitsServer(limit, reset, phase), has_others=has_others, minutes=minutes)
        for has_others, kind, limit, reset, phase in itertools.product(
            (False, True), Kind, LIMITS, RESETS, PHASES
        )
    ]
    alone = [cell for cell in cells if not cell.has_others]
    shared = [cell for cell in cells if cell.has_others]
    figures = [
        Figure(
            f"use of the share in a whole minute, lowest of {len(alone)} cells",
            min(cell.use for cell in alone),
            goal=0.95,
            at_least=True,
        ),
        Figure("answers 429 in a sync, most of them", max(_refused(alone)), goal=1),
        Figure(
            "use of what another client leaves, lowest",
            min(cell.use for cell in shared),
            goal=0.9,
            at_least=True,
            more={"the other client uses": "a third of the limit"},
        ),
        Figure(
            "refused requests of the other client, all cells",
            sum(cell.outcome.others_refused for cell in shared),
            goal=0,
            more={"of": sum(cell.outcome.others_sent for cell in shared)},
        ),
        _recovery(),
        _small_shares(),
    ]
    return figures, _table(alone)


def _cell(kind: Kind, server: LimitsServer, *, has_others: bool, minutes: float) -> Cell:
    per_minute = THIRD * (server.limit if kind is Kind.LIST else SEARCHES)
    others = [Client.even(kind, per_minute, minutes)] if has_others else []
    outcome = simulate(server, [kind], minutes=minutes, others=others)
    return Cell(kind, server.limit, server.reset, server.phase, has_others, outcome)


def _refused(cells: Sequence[Cell]) -> list[int]:
    return [cell.outcome.refused for cell in cells]


def _recovery() -> Figure:
    """Count the minutes after another client's burst until the share is used again."""
    slowest = 0
    for kind, reset, phase in itertools.product(Kind, RESETS, PHASES):
        burst = Client(kind, [BURST_AT + i * 0.05 for i in range(BURST)])
        outcome = simulate(LimitsServer(300, reset, phase), [kind], minutes=10, others=[burst])
        share = SHARE * (300 if kind is Kind.LIST else SEARCHES)
        burst_ends = int((BURST_AT + BURST * 0.05 + phase) // MINUTE)
        low = [
            minute
            for minute in range(burst_ends + 1, outcome.minutes)
            if outcome.accepted[kind, minute] < 0.95 * share
        ]
        slowest = max(slowest, max(low, default=burst_ends) - burst_ends)
    return Figure("minutes below the share after a burst of another client", slowest, goal=3)


def _small_shares() -> Figure:
    """Compare shares of 1 to 4 % with what is sent."""
    deviations = {}
    for percent, kind in itertools.product((1, 2, 3, 4), Kind):
        limit = 300 if kind is Kind.LIST else SEARCHES
        server = LimitsServer(300, "on-429", 20.0)
        by_minute = simulate(server, [kind], minutes=20, share=percent / 100).whole_minutes(kind)
        used = sum(by_minute) / len(by_minute) / (limit * percent / 100)
        deviations[f"{percent} % of {limit}"] = round(used, 3)
    return Figure(
        "largest deviation of shares of 1 to 4 %",
        max(abs(used - 1) for used in deviations.values()),
        goal=0.05,
        more=deviations,
    )


def _table(cells: Sequence[Cell]) -> str:
    """Write the use of the share, alone, of each cell."""
    columns = [(kind, limit) for limit in LIMITS for kind in Kind]
    names = [
        f"{limit} requests" if kind is Kind.LIST else f"{SEARCHES} searches of {limit}"
        for kind, limit in columns
    ]
    lines = [
        "  | reset header | out of phase | " + " | ".join(names) + " |",
        "  |" + " --- |" * (len(columns) + 2),
    ]
    for reset, phase in itertools.product(RESETS, PHASES):
        uses = [
            f"{cell.use:.3f}"
            for column in columns
            for cell in cells
            if (cell.kind, cell.limit, cell.reset, cell.phase) == (*column, reset, phase)
        ]
        lines.append(f"  | {reset} | {phase:.0f} s | " + " | ".join(uses) + " |")
    return "\n".join(lines)


# In real minutes


@dataclass(frozen=True)
class Setting:
    """A plan's limits, an API's latency, and another client."""

    name: str
    per_minute: int
    searches: int | None
    latency_ms: float = 300.0
    others_per_minute: int = 0
    """Searches of another client if there is a limit of searches, otherwise requests."""
    begin_second: float = 2.0
    """Second of the server's minute in which the sync begins."""

    @property
    def allowed(self) -> float:
        """Searches per minute that the connector may send: its share, or what is left."""
        limit = min(self.per_minute, self.searches or self.per_minute)
        return min(SHARE * limit, limit - self.others_per_minute)


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
        """The time from the first request to the last answer."""
        stats = self.stats
        last = max(stats["last"].values()) + self.setting.latency_ms / 1_000
        return float(last - min(stats["first"].values()))

    def whole_minutes(self) -> list[int]:
        """Return the requests in each whole minute of the server's."""
        by_minute: dict[int, int] = {}
        for second, count in self.stats["by_second"].items():
            by_minute[int(second) // 60] = by_minute.get(int(second) // 60, 0) + count
        return [count for _, count in sorted(by_minute.items())][1:-1]


def run(setting: Setting, minutes: float, streams: Mapping[str, int]) -> Run:
    """Read for about a number of minutes.

    Args:
        setting: the limits.
        minutes: how long, if all that is allowed is used.
        streams: query context -> its part of the records.
    """
    records = setting.allowed * minutes * (PAGE - 1)
    whole = sum(streams.values())
    counts = {context: math.ceil(records * part / whole) for context, part in streams.items()}
    others = setting.others_per_minute
    api = StandinProcess(
        counts,
        per_minute=setting.per_minute,
        searches_per_minute=setting.searches,
        other_searches_per_minute=others if setting.searches else 0,
        other_requests_per_minute=0 if setting.searches else others,
        latency_ms=setting.latency_ms,
        page_size=PAGE,
        record_bytes=500,
    )
    with api:
        time.sleep((setting.begin_second - time.time()) % 60)
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


def use(quick: bool) -> tuple[list[Figure], str]:
    """Read for minutes under several limits, and count the requests of each whole minute."""
    minutes = 3.0 if quick else 5.0
    settings = [
        Setting("100 searches/min", 1_000, SEARCHES, begin_second=40.0),
        Setting("300 requests/min", 300, None, begin_second=25.0),
        Setting("1,000 requests/min", 1_000, None, begin_second=10.0),
        Setting("100 searches/min, 33 of another client", 1_000, SEARCHES, others_per_minute=33),
        Setting("300 requests/min, 100 of another client", 300, None, others_per_minute=100),
    ]
    with ThreadPoolExecutor(len(settings)) as pool:
        runs = list(pool.map(lambda setting: run(setting, minutes, {"message": 1}), settings))
    return [figure for each in runs for figure in _use_figures(each)], ""


def _use_figures(run: Run, what: str = "") -> list[Figure]:
    stats, name = run.stats, what or run.setting.name
    has_others = bool(run.setting.others_per_minute)
    figures = [
        Figure(
            f"lowest use in a whole minute, {name}",
            min(run.whole_minutes()) / run.setting.allowed,
            goal=0.9 if has_others else 0.95,
            at_least=True,
            more={
                "requests": run.requests,
                "seconds": round(run.seconds, 1),
                "429s": int(stats["refused"]),
                "most in flight": stats["most_in_flight"],
                "connections": len(stats["connections"]),
                "per whole minute": run.whole_minutes(),
                "allowed": run.setting.allowed,
            },
        ),
        Figure(f"answers 429, {name}", int(stats["refused"]), goal=1),
    ]
    if has_others:
        figures.append(
            Figure(
                f"refused requests of the other client, {name}",
                stats["others_refused"],
                goal=0,
                more={"of": stats["others"]},
            )
        )
    return figures


def latency(quick: bool) -> tuple[list[Figure], str]:
    """Read the same records with 0 ms and with 1,000 ms of latency, under 2,000 requests/min."""
    minutes = 2.0 if quick else 8.0
    settings = [Setting(f"{ms} ms", 2_000, None, ms) for ms in (0, 1_000)]
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
    minutes = 3.0 if quick else 4.0
    setting = Setting("1,000 requests/min, no search limit", 1_000, None)
    klasses = {f"kobject_klass{number}": 1 for number in range(60)}
    # One is ten times as large as another, as objects are.
    objects = {context: 1 + 9 * (context == "message") for context in STREAMS}
    with ThreadPoolExecutor(2) as pool:
        eight, sixty = pool.map(lambda streams: run(setting, minutes, streams), (objects, klasses))
    figures = []
    for what, each in (("8 searched streams", eight), ("60 klasses", sixty)):
        figures += _use_figures(each, what)
        first = each.stats["first"].values()
        figures.append(
            Figure(
                f"last of {what} to begin, after the first",
                max(first) - min(first),
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
    """Read lists next to a search that uses its whole limit, and draw who asked when."""
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

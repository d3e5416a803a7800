"""The connector's rate limits against a server, in virtual time.

A discrete-event simulation: readers ask for permits of the connector's own `Budgets`, requests
travel, a server counts and answers, other clients draw on the same limits. Minutes of a sync take
milliseconds, and every run gives the same figures.
"""

from __future__ import annotations

import heapq
import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from source_kustomer.kustomer.clock import Clock
from source_kustomer.kustomer.rate_limit import Budgets, Kind, Permit

UNIX = 1_800_000_000.0
"""Unix time at the start of a simulation: the beginning of a minute."""
MINUTE = 60.0
JITTER = 0.2
"""The part of the latency by which the way to the server, and the way back, differ at most."""


class Server(Protocol):
    """What a simulation needs of a server."""

    phase: float
    """Seconds of the server's minute that have passed when the simulation begins."""

    def take(self, now: float, kind: Kind) -> tuple[bool, Mapping[str, str]]:
        """Count a request; return whether it is refused, and the headers of the answer."""


@dataclass
class Outcome:
    """What a simulation counted."""

    minutes: int
    """Minutes of the server's that began within it."""
    accepted: Counter[tuple[Kind, int]] = field(default_factory=Counter)
    """Our requests by kind and minute of the server's; minute 0 is the one at the start."""
    refused: int = 0
    refusals: list[float] = field(default_factory=list)
    """When our requests were refused, in seconds."""
    others_sent: int = 0
    others_refused: int = 0
    sent: list[float] = field(default_factory=list)
    """When our requests were sent, in seconds."""

    def whole_minutes(self, kind: Kind) -> list[int]:
        """Return our accepted requests in each whole minute of the server's."""
        return [self.accepted[kind, minute] for minute in range(1, self.minutes)]


@dataclass(frozen=True)
class Client:
    """Another client of the organization: requests at given times, in seconds."""

    kind: Kind
    times: Sequence[float]

    @staticmethod
    def even(kind: Kind, per_minute: float, minutes: float) -> Client:
        """Return a client with evenly spaced requests."""
        return Client(kind, [i * MINUTE / per_minute for i in range(int(per_minute * minutes))])


def _always(now: float) -> bool:
    return True


def simulate(
    server: Server,
    kinds: Iterable[Kind],
    *,
    minutes: float = 6.0,
    latency: float = 0.3,
    share: float = 0.8,
    searches_per_minute: float = 100.0,
    readers: int = 32,
    others: Iterable[Client] = (),
    is_wanted: Callable[[float], bool] = _always,
) -> Outcome:
    """Let readers of each kind send requests as fast as they are permitted.

    Args:
        server: counts and answers.
        kinds: the kinds of request that are wanted, each with its number of readers.
        minutes: how long.
        latency: seconds between a request and its answer, on average.
        share: the part of the limits that may be used.
        searches_per_minute: as configured.
        readers: for each kind.
        others: other clients.
        is_wanted: time -> whether readers want to send then; asked every second.
    """
    now, end = 0.0, minutes * MINUTE
    budgets = Budgets(
        share,
        searches_per_minute=searches_per_minute,
        clock=Clock(monotonic=lambda: now, unix=lambda: UNIX + now),
    )
    draw, number = random.Random(5), itertools.count()
    idle = dict.fromkeys(kinds, readers)
    last_sent = dict.fromkeys(idle, -1)
    outcome = Outcome(int((end + server.phase) // MINUTE))
    events: list[tuple[float, int, str, Any]] = [
        (at, next(number), "other", client.kind) for client in others for at in client.times
    ]
    heapq.heapify(events)

    def later(seconds: float, what: str, detail: Any) -> None:
        heapq.heappush(events, (now + seconds, next(number), what, detail))

    def travel() -> float:
        return latency * (0.5 + draw.uniform(-JITTER, JITTER))

    while now < end:
        upcoming = min(events[0][0] if events else end, end)
        # The kind that has waited for longest is first.
        for kind in sorted(idle, key=last_sent.__getitem__) if len(idle) > 1 else idle:
            while idle[kind] and is_wanted(now):
                permit = budgets.try_acquire(kind)
                if not isinstance(permit, Permit):
                    upcoming = min(upcoming, now + max(permit, 1e-6))
                    break
                idle[kind] -= 1
                last_sent[kind] = next(number)
                outcome.sent.append(now)
                later(travel(), "arrival", permit)
                upcoming = now
                if len(idle) > 1:
                    break
        if upcoming > now and not is_wanted(now):
            upcoming = min(upcoming, now + 1.0)
        now = max(now, upcoming)
        while events and events[0][0] <= now:
            at, _, what, detail = heapq.heappop(events)
            if what == "other":
                outcome.others_sent += 1
                outcome.others_refused += server.take(at, detail)[0]
            elif what == "arrival":
                is_refused, headers = server.take(at, detail.kind)
                outcome.refused += is_refused
                if is_refused:
                    outcome.refusals.append(at)
                else:
                    outcome.accepted[detail.kind, int((at + server.phase) // MINUTE)] += 1
                later(travel(), "answer", (detail, is_refused, headers))
            else:
                answered, is_refused, headers = detail
                budgets.answered(answered, headers, refused=is_refused)
                idle[answered.kind] += 1
    return outcome

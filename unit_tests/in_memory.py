"""The API in memory: a transport that answers from a list, or by a function of the request."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.clock import Clock
from source_kustomer.kustomer.rate_limit import Budgets
from source_kustomer.kustomer.transport import Answer, NoAnswer, Request

KEY = "canary-key-5fd1"
MANY = 1_000_000
NO_LIMIT = {"x-ratelimit-limit": str(MANY), "x-ratelimit-remaining": str(MANY)}
"""Headers of a rate limit that no test reaches. Without them, a real clock makes requests wait."""
START = 1_800_000_000.0
"""The time of day at which tests begin: 2027-01-15T08:00:00Z, in Unix seconds."""

Outcome = Answer | NoAnswer
Replies = Callable[[Request], Outcome] | list[Any]


def reply(body: Any = None, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """Return an answer with a JSON body, or with the bytes that are given."""
    document = {"data": []} if body is None else body
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Answer(status, dict(headers or {}), content, 0.1)


@dataclass
class InMemoryTransport:
    """Answers without a connection, and keeps what it was sent."""

    replies: Replies = field(default_factory=lambda: [reply()])
    """A function of the request; or outcomes in their order, of which the last one stays."""
    requests: list[Request] = field(default_factory=list)
    host: str = "https://api.example.com"

    def send(self, request: Request) -> Outcome:
        self.requests.append(request)
        if callable(self.replies):
            outcome = self.replies(request)
        else:
            outcome = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(outcome, Answer):
            request.on_received(len(outcome.content))
        return outcome

    def params(self, name: str) -> list[Any]:
        """Return one parameter of each request that has it."""
        return [r.params[name] for r in self.requests if name in r.params]


@dataclass
class Time:
    """Passes only when something waits."""

    now: float = 0.0
    waits: list[float] = field(default_factory=list)

    def wait(self, event: threading.Event, seconds: float) -> bool:
        self.waits.append(seconds)
        self.now += seconds + 0.001
        return event.is_set()

    @property
    def clock(self) -> Clock:
        return Clock(monotonic=lambda: self.now, unix=lambda: START + self.now, wait=self.wait)


def client_of(
    transport: InMemoryTransport, time: Time | None = None, key: str = KEY, **settings: Any
) -> Client:
    """Return a client that sends to a transport."""
    clock = (time or Time()).clock
    budgets = Budgets(1.0, searches_per_minute=MANY, clock=clock)
    return Client(
        "https://api.example.com/v1",
        key,
        budgets=budgets,
        clock=clock,
        transport=transport,
        **settings,
    )

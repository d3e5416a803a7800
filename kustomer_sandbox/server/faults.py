"""Faults on purpose: which fault, if any, replaces an answer."""

from __future__ import annotations

import random

from kustomer_sandbox.control.settings import Settings
from kustomer_sandbox.server.answers import Answer, ApiError, gateway_page

# Faults of the connection, not of the answer; the gate makes them.
CONNECTION_FAULTS = ("reset", "cut", "silence")


class Faults:
    """Draws faults; the same seed draws the same ones."""

    def __init__(self, settings: Settings, seed: int) -> None:
        self._settings = settings
        self._chance = random.Random(f"faults {seed}")
        self.outage_until = 0.0
        self.injected: dict[str, int] = {}

    def draw(self, path: str) -> str | None:
        """The fault of the next answer at a path."""
        settings = self._settings
        if settings.fault_paths and not any(part in path for part in settings.fault_paths):
            return None
        kind: str | None = None
        if settings.fault_next:
            kind = settings.fault_next[0]
            settings.fault_next = settings.fault_next[1:]
        elif settings.fault_kinds and self._chance.random() < settings.fault_rate:
            kind = self._chance.choice(settings.fault_kinds)
        if kind is None or kind == "ok":
            return None
        self.injected[kind] = self.injected.get(kind, 0) + 1
        return kind

    def outage(self, now: float) -> str | None:
        """The kind of the present outage, if there is one; `now` in seconds since 1970."""
        return self._settings.outage_kind if now < self.outage_until else None

    def latency(self) -> float:
        """Seconds to delay an answer."""
        jitter = self._settings.latency_jitter_ms * self._chance.random()
        return (self._settings.latency_ms + jitter) / 1_000


def faulty_answer(kind: str) -> Answer:
    """Make the answer that replaces the real one.

    Raises:
        KeyError: for a fault of the connection.
    """
    if kind == "500":
        return ApiError(500, "internal_error", "Internal server error").answer("code")
    return {
        "502": gateway_page(502, "502 Bad Gateway"),
        "503": ApiError(503, "service_unavailable", "Service Unavailable").answer("old"),
        "504": gateway_page(504, "504 Gateway Time-out"),
        "html": gateway_page(200, "Just a moment..."),
    }[kind]

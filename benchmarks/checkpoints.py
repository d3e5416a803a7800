"""How long a sync goes without a checkpoint."""

from __future__ import annotations

import itertools
from typing import Final

from benchmarks.figures import Figure
from benchmarks.process import Cost, read
from benchmarks.standin import StandinProcess
from kustomer_sandbox.control.process import Sandbox

PARENTS: Final = 1_800
PER_MINUTE: Final = 1_125
"""Requests per minute, of which the connector's share is 900."""
ATTACHMENT_MESSAGES: Final = 9_000
SLOW_PER_MINUTE: Final = 75
"""The connector's share of it is a request per second."""
UNLIMITED: Final = 1_000_000


def gaps(quick: bool) -> tuple[list[Figure], str]:
    """Request the children of parents that have none, so that there are no rows to count."""
    parents = PARENTS // 2 if quick else PARENTS
    with StandinProcess({"customer": parents}, per_minute=PER_MINUTE) as api:
        cost = read(api.url, api.key, ["customer_drafts"]).require_success()
        requests = api.stats()["requests"]
    what = f"longest time without a checkpoint, {parents:,} parents without children"
    return [_longest_gap(what, cost, requests)], ""


def attachments(quick: bool) -> tuple[list[Figure], str]:
    """Load the attachments of messages for the first time, at a slow pace."""
    messages = ATTACHMENT_MESSAGES // 2 if quick else ATTACHMENT_MESSAGES
    api = Sandbox(
        0,
        counts={"messages": messages},
        organization_per_minute=SLOW_PER_MINUTE,
        searches_per_minute=UNLIMITED,
    )
    with api:
        cost = read(api.url, api.key, ["message_attachments"], start_date="2015-01-01")
        cost.require_success()
        requests = api.stats()["requests"]
    what = f"longest time without a checkpoint, attachments of {messages:,} messages"
    return [_longest_gap(what, cost, requests)], ""


def _longest_gap(what: str, cost: Cost, requests: int) -> Figure:
    times = [cost.first_message or 0.0, *cost.state_times, cost.seconds]
    return Figure(
        what,
        max(later - earlier for earlier, later in itertools.pairwise(times)),
        "s",
        goal=30,
        more={
            "rows": cost.rows,
            "requests": requests,
            "checkpoints": cost.states,
            "seconds": round(cost.seconds),
        },
    )

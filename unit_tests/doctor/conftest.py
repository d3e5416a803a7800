"""Examinations of an in-process sandbox, in virtual time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from kustomer_sandbox.data.masks import MASKED
from source_kustomer.config import Config
from source_kustomer.doctor.account import Account
from source_kustomer.doctor.asker import Asker
from source_kustomer.doctor.command import examine
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.clock import Clock
from source_kustomer.kustomer.rate_limit import Budgets
from source_kustomer.timestamps import from_unix_seconds
from unit_tests.doctor.in_process import NO_LIMIT, InProcessSandbox
from unit_tests.in_memory import Time

PLENTY = 1_000
"""Requests: dialects that disturb answers need more than an ordinary account."""


def virtual_clock() -> Clock:
    """A clock that begins now, and whose waits end at once."""
    virtual = Time()
    return Clock(
        monotonic=lambda: virtual.now, unix=lambda: time.time() + virtual.now, wait=virtual.wait
    )


def account_of(sandbox: InProcessSandbox) -> Account:
    """Return the account of a sandbox, before any request."""
    clock = virtual_clock()
    budgets = Budgets(1.0, searches_per_minute=NO_LIMIT, clock=clock)
    client = Client(sandbox.host, sandbox.key, budgets=budgets, clock=clock, transport=sandbox)
    asker = Asker(client, clock=clock, limit=PLENTY)
    config = Config.parse({"api_key": sandbox.key})
    return Account(asker, config, from_unix_seconds(clock.unix()))


def report_of(sandbox: InProcessSandbox, **options: Any) -> dict[str, Any]:
    """Examine a sandbox."""
    clock = virtual_clock()
    config = Config.parse({"api_key": sandbox.key, **options.pop("config", {})})
    budgets = Budgets(1.0, searches_per_minute=NO_LIMIT, clock=clock)
    return examine(config, sandbox, clock=clock, budgets=budgets, **options)


def ago(**parts: float) -> int:
    """A time, in milliseconds since 1970."""
    return int((datetime.now(timezone.utc) - timedelta(**parts)).timestamp() * 1_000)


def with_every_sight(sandbox: InProcessSandbox) -> None:
    """Change records so that every assumption can be observed."""
    organization = sandbox.organization
    organization.insert("customers", 1, ago(days=900))
    # Created more than two years ago, updated since.
    (old,) = organization.insert("customers", 1, ago(days=20), created_at=ago(days=900))
    assert old
    organization.delete("conversations", organization.some("conversations", 2), ago(hours=3))
    changed = organization.some("customers", 1)
    organization.update("customers", changed, {"birthdayAt": MASKED}, ago())


@pytest.fixture
def sandbox() -> Iterator[InProcessSandbox]:
    """A small sandbox with everything that can be observed in few records."""
    made = InProcessSandbox(300)
    with_every_sight(made)
    yield made
    made.close()

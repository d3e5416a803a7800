"""The rate limits are the whole organization's: kept to, shared, and believed with caution."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from integration_tests.connector import Connector, Message, Output
from integration_tests.reliability.destination import Destination
from kustomer_sandbox import Sandbox

KEY = "canary-b60d2f7e41"
STREAMS = ("messages", "conversations", "conversation_events", "users", "tags")
ORGANIZATION, SEARCHES = 300, 100
RESETS = ("past", "far_future", "none", "garbage")
"""Values of the reset header on every answer; none: without the header."""


@pytest.fixture
def destination(catalog: dict[str, Message]) -> Destination:
    return Destination(catalog[stream] for stream in STREAMS)


@pytest.fixture
def limited(chaos: bool) -> Iterator[Sandbox]:
    """An organization on the smallest plan, whose other client uses half of both limits."""
    with Sandbox(
        0,
        seed=37,
        key=KEY,
        counts={"messages": 24_000 if chaos else 2_400, "conversations": 300 if chaos else 40},
        max_page_size=100,
        organization_per_minute=ORGANIZATION,
        searches_per_minute=SEARCHES,
        other_searches_per_minute=SEARCHES / 2,
        other_requests_per_minute=(ORGANIZATION - SEARCHES) / 2,
    ) as sandbox:
        yield sandbox


def connector(folder: Path, sandbox: Sandbox, seconds: float = 1_200) -> Connector:
    config = {"api_key": KEY, "start_date": "2015-01-01", "searches_per_minute": SEARCHES}
    return Connector(folder, sandbox.url, config, seconds=seconds)


def test_next_to_a_client_that_uses_half_of_each_limit_hardly_any_request_is_refused(
    limited: Sandbox, destination: Destination, tmp_path: Path
) -> None:
    before = limited.stats()

    destination.sync(connector(tmp_path, limited))

    stats = limited.stats()
    destination.assert_is_exact(limited)
    ours = stats["allowed"] + stats["refused"]
    print(
        f"we: {stats['refused']} of {ours:,} refused; the other client: "
        f"{stats['other_requests_refused']} of {stats['other_requests_allowed']:,} requests and "
        f"{stats['other_searches_refused']} of {stats['other_searches_allowed']:,} searches"
    )
    assert before["allowed"] == 0
    assert stats["refused"] <= 0.01 * ours
    for kind in ("requests", "searches"):
        made = stats[f"other_{kind}_allowed"] + stats[f"other_{kind}_refused"]
        assert stats[f"other_{kind}_refused"] <= 0.01 * made


def test_reset_headers_that_make_no_sense_hold_nothing_up(
    chaos: bool, catalog: dict[str, Message], tmp_path: Path
) -> None:
    """The long version tries them all, with limits so small that syncs are refused now and then."""
    limits: dict[str, Any] = (
        {"organization_per_minute": 40, "searches_per_minute": 15} if chaos else {}
    )
    others: dict[str, Any] = {"other_searches_per_minute": 8.0} if chaos else {}

    def sync(reset: str) -> tuple[str, Output]:
        folder = tmp_path / reset
        folder.mkdir()
        destination = Destination(catalog[stream] for stream in STREAMS)
        with Sandbox(
            0,
            seed=41,
            key=KEY,
            counts={"messages": 1_000, "conversations": 10},
            max_page_size=50,
            dialect={"reset": "never" if reset == "none" else "always"},
            reset_header="normal" if reset == "none" else reset,
            **limits,
            **others,
        ) as sandbox:
            output = destination.sync(connector(folder, sandbox))
            destination.assert_is_exact(sandbox)
            stats = sandbox.stats()
        return f"{reset}: {stats['refused']} of {stats['requests']} refused", output

    tried = RESETS if chaos else RESETS[1::2]
    with ThreadPoolExecutor(len(tried)) as pool:
        for text, output in pool.map(sync, tried):
            print(text)
            assert output.errors == []

"""Records change, come and go while they are read; once they stand still, nothing is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from integration_tests.connector import Connector, Message
from integration_tests.reliability.destination import UNLIMITED, Destination
from kustomer_sandbox import Sandbox

STREAMS = ("messages", "conversations", "customers")
LATENCY_MS = 100


@pytest.fixture(scope="module")
def records(chaos: bool) -> int:
    """Records per stream."""
    return 20_000 if chaos else 2_500


def test_after_live_changes_a_quiet_sync_leaves_nothing_absent_and_nothing_stale(
    chaos: bool, records: int, catalog: dict[str, Message], tmp_path: Path
) -> None:
    counts = dict.fromkeys(STREAMS, records)
    destination = Destination(catalog[stream] for stream in STREAMS)
    with Sandbox(
        0,
        seed=11,
        counts=counts,
        latency_ms=LATENCY_MS,
        # So small that the changes arrive in the middle of many requests.
        max_page_size=500 if chaos else 100,
        **UNLIMITED,
    ) as sandbox:
        connector = Connector(
            tmp_path, sandbox.url, {"api_key": sandbox.key, "start_date": "2015-01-01"}
        )
        sandbox.live(80, inserts=10, deletes=10, objects=list(STREAMS))
        destination.sync(connector)
        destination.sync(connector)
        sandbox.quiet()
        made = sandbox.stats()["changes"]
        before = sum(destination.taken.values())
        destination.sync(connector)
        destination.assert_is_exact(sandbox, some=records)
    print(f"{made} changes; {before:,} rows while they were made")
    assert min(made.values()) > 0

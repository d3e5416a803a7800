"""Records change, come, go and pass from one index to the other while they are read.

Once they stand still and one more incremental sync has succeeded, nothing is missing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from integration_tests.connector import UNLIMITED, Connector, Message
from integration_tests.reliability.destination import Destination
from kustomer_sandbox import Sandbox
from source_kustomer.airbyte.entrypoint import run

STREAMS = ("messages", "conversations", "customers")
TWO_YEARS = timedelta(days=730)


@pytest.fixture
def connect(tmp_path: Path) -> Callable[..., Connector]:
    """Connect to a sandbox, reading from 2015 on."""

    def connect(
        sandbox: Sandbox, main: Callable[[], None] | None = run, **config: object
    ) -> Connector:
        config = {"api_key": sandbox.key, "start_date": "2015-01-01", **config}
        return Connector(tmp_path, sandbox.url, config, main=main)

    return connect


def ago(**span: float) -> str:
    """A moment before now, in ISO 8601."""
    return (datetime.now(timezone.utc) - timedelta(**span)).isoformat()


@contextmanager
def moving_edge(sandbox: Sandbox, *, days: float, requests: int) -> Iterator[None]:
    """Move the edge between search and archive by some days while requests are answered."""
    done = threading.Event()

    def move() -> None:
        while not done.wait(0.02):
            share = min(1.0, sandbox.stats()["requests"] / requests)
            sandbox.control(edge_offset=days * 86_400 * share)

    mover = threading.Thread(target=move)
    mover.start()
    try:
        yield
    finally:
        done.set()
        mover.join()


def test_after_live_changes_a_quiet_sync_leaves_nothing_absent_and_nothing_stale(
    chaos: bool, catalog: dict[str, Message], connect: Callable[..., Connector]
) -> None:
    records = 20_000 if chaos else 1_500
    destination = Destination(catalog[stream] for stream in STREAMS)
    with Sandbox(
        0,
        seed=11,
        counts=dict.fromkeys(STREAMS, records),
        latency_ms=100,
        # Small pages, so that changes fall between many requests.
        max_page_size=500 if chaos else 100,
        index_lag=1.0,
        **UNLIMITED,
    ) as sandbox:
        connector = connect(sandbox)
        sandbox.live(80, inserts=10, deletes=10, objects=list(STREAMS))
        destination.sync(connector)
        destination.sync(connector)
        sandbox.quiet()
        sandbox.control(index_lag=0.0)
        changes = sandbox.stats()["changes"]
        destination.sync(connector)
        destination.assert_is_exact(sandbox, some=records)
    print(f"{changes} while {dict(destination.taken)} rows came")
    assert min(changes.values()) > 0


@pytest.mark.parametrize("seconds_ahead", [3_600, -3_600])
def test_a_clock_that_is_wrong_loses_nothing(
    seconds_ahead: int,
    catalog: dict[str, Message],
    connect: Callable[..., Connector],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    destination = Destination([catalog["messages"], catalog["tags"]])
    with Sandbox(0, seed=12, counts={"messages": 400}, max_page_size=100, **UNLIMITED) as sandbox:
        (tmp_path / "sitecustomize.py").write_text(
            f"import time\nright = time.time\ntime.time = lambda: right() + {seconds_ahead}\n"
        )
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        connector = connect(sandbox, main=None)
        # More than a page within the hour that the clocks differ by.
        sandbox.change("messages", updates=250)
        output = destination.sync(connector)
        assert "This machine's clock is about" in output.stdout
        sandbox.change("messages", updates=60, inserts=60, deletes=60)
        sandbox.change("tags", updates=5)
        destination.sync(connector)
        destination.assert_is_exact(sandbox)


def test_what_the_index_shows_late_comes_with_the_next_sync(
    catalog: dict[str, Message], connect: Callable[..., Connector]
) -> None:
    destination = Destination([catalog["messages"]])
    with Sandbox(0, seed=13, counts={"messages": 200}, **UNLIMITED) as sandbox:
        connector = connect(sandbox)
        sandbox.control(index_lag=3_600.0)
        # On its way into the index while the first sync reads past its time.
        sandbox.change("messages", updates=20, inserts=20, deletes=10, at=ago(minutes=9))
        destination.sync(connector)
        assert not destination.compare(sandbox, "messages").is_exact
        sandbox.control(index_lag=0.0)
        destination.sync(connector)
        destination.assert_is_exact(sandbox)


def test_a_lookback_can_be_raised_to_fetch_what_was_later_than_that(
    catalog: dict[str, Message], connect: Callable[..., Connector]
) -> None:
    destination = Destination([catalog["messages"]])
    with Sandbox(0, seed=14, counts={"messages": 200}, **UNLIMITED) as sandbox:
        sandbox.control(index_lag=3_600.0)
        late = sandbox.change("messages", updates=20, inserts=20, at=ago(minutes=50))
        destination.sync(connect(sandbox))
        sandbox.control(index_lag=0.0)
        destination.sync(connect(sandbox))
        missing = destination.compare(sandbox, "messages")
        assert set(missing.absent) == set(late["inserted"]), "beyond the lookback: documented"
        destination.sync(connect(sandbox, lookback_minutes=60))
        destination.assert_is_exact(sandbox)


def test_between_search_and_archive_nothing_falls_while_the_edge_moves(
    chaos: bool, catalog: dict[str, Message], connect: Callable[..., Connector]
) -> None:
    """The edge passes over two weeks of records, a little with every request."""
    records = 20_000 if chaos else 1_200
    streams = ("messages", "notes")
    destination = Destination(catalog[stream] for stream in streams)
    edge = datetime.now(timezone.utc) - TWO_YEARS
    with Sandbox(
        0,
        seed=15,
        counts=dict.fromkeys(streams, records),
        since=(edge - timedelta(days=20)).isoformat(),
        until=(edge + timedelta(days=20)).isoformat(),
        max_page_size=500 if chaos else 50,
        latency_ms=100 if chaos else 20,
        **UNLIMITED,
    ) as sandbox:
        with moving_edge(sandbox, days=15, requests=2 * records // (500 if chaos else 50)):
            destination.sync(connect(sandbox))
        lost = destination.compare(sandbox, "notes")
        deleted = {
            note["id"] for note in sandbox.truth("notes") if note["attributes"].get("deleted")
        }
        # Old notes come from a list, which does not hold deleted ones: the documentation says so.
        assert set(lost.absent) <= deleted
        assert not lost.stale and not lost.unknown
        assert len(lost.absent) < lost.records / 20
        del destination.rows["notes"]
        destination.assert_is_exact(sandbox, some=records)
        archived = [request for request in sandbox.requests() if "archive" in request["path"]]
        assert len(archived) > 1
        assert sandbox.settings()["edge_offset"] > 0

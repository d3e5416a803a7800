"""The process is killed at any time; the next one continues from the last state written."""

from __future__ import annotations

import random
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from integration_tests.connector import UNLIMITED, Connector, Message, Process
from integration_tests.reliability.destination import Destination
from kustomer_sandbox import Sandbox
from source_kustomer.sync.cursor import ROWS_PER_CHECKPOINT

SEARCHED = ("messages", "customers", "conversations")
STREAMS = (*SEARCHED, "conversation_events", "conversation_forwards")
"""A parent with two children among them, which share one reading of it."""
WORKERS = 4
SECONDS_TO_END = 10.0
"""What Airbyte and container engines grant between SIGTERM and SIGKILL."""
SECONDS_AT_MOST = 120.0


@dataclass(frozen=True)
class Size:
    """How much is read, and how often it is cut short."""

    records: int
    parents: int
    page: int
    latency_ms: int
    rounds: int
    kills: int

    @property
    def window(self) -> int:
        """What a worker may be reading, and a stream may have read since a checkpoint."""
        return ROWS_PER_CHECKPOINT + WORKERS * self.page


@pytest.fixture(scope="module")
def size(chaos: bool) -> Size:
    if chaos:
        return Size(records=20_000, parents=200, page=500, latency_ms=100, rounds=10, kills=5)
    return Size(records=4_000, parents=100, page=100, latency_ms=10, rounds=1, kills=3)


@pytest.fixture(scope="module")
def sandbox(size: Size) -> Iterator[Sandbox]:
    counts = {"messages": size.records, "customers": size.records // 2}
    counts["conversations"] = size.parents
    with Sandbox(
        0,
        seed=31,
        counts=counts,
        since="2022-01-01",
        until="2026-06-01",
        max_page_size=size.page,
        latency_ms=size.latency_ms,
        latency_jitter_ms=size.latency_ms,
        **UNLIMITED,
    ) as sandbox:
        yield sandbox


@pytest.fixture
def connector(sandbox: Sandbox, tmp_path: Path) -> Connector:
    config = {"api_key": sandbox.key, "start_date": "2015-01-01", "num_workers": WORKERS}
    return Connector(tmp_path, sandbox.url, config)


@pytest.fixture
def destination(catalog: dict[str, Message]) -> Destination:
    return Destination(catalog[stream] for stream in STREAMS)


@dataclass
class Run:
    """A running read, whose lines are taken as they are written."""

    process: Process
    destination: Destination
    again: Counter[str] = field(default_factory=Counter)
    """Rows by stream that the destination had already."""
    finished: frozenset[str] = frozenset()
    """Streams that had been read to their end before."""

    def rows(self, count: int | None = None) -> None:
        """Take lines until so many rows have come; None takes all there are."""
        seen = 0
        while (count is None or seen < count) and (line := self.process.stdout.readline()):
            seen += line.startswith('{"type":"RECORD"')
            before = {stream: len(rows) for stream, rows in self.destination.rows.items()}
            taken = self.destination.taken.copy()
            self.destination.take([line])
            for stream, rows in self.destination.rows.items():
                new = len(rows) - before[stream]
                self.again[stream] += self.destination.taken[stream] - taken[stream] - new

    def most_again(self, sync_mode: str) -> int:
        """Return the most rows of a stream that came again though its reading was only resumed.

        A full refresh reads a stream that is finished anew; it cannot know that it is a second try.
        """
        anew = self.finished if sync_mode == "full_refresh" else frozenset()
        return max((self.again[stream] for stream in SEARCHED if stream not in anew), default=0)

    def end(self, signum: signal.Signals) -> int:
        """Send a signal, take what had reached stdout before the end, return the exit code."""
        self.process.send_signal(signum)
        self.rows()
        return self.process.wait(SECONDS_TO_END)


@contextmanager
def running(connector: Connector, destination: Destination) -> Iterator[Run]:
    destination.begin()
    with connector.start(destination.catalog, destination.last_states) as process:
        yield Run(process, destination, finished=destination.finished)


def test_whenever_the_process_is_killed_nothing_is_lost_and_little_is_read_again(
    size: Size, sandbox: Sandbox, connector: Connector, catalog: dict[str, Message]
) -> None:
    chance = random.Random(32)
    total = sum(sandbox.stats()["records"][stream] for stream in SEARCHED)
    again: list[int] = []
    for number in range(size.rounds):
        mode = "full_refresh" if number % 2 else "incremental"
        destination = Destination((catalog[stream] for stream in STREAMS), mode)
        for _ in range(size.kills):
            missing = total - sum(len(destination.rows[stream]) for stream in SEARCHED)
            with running(connector, destination) as run:
                run.rows(int(chance.random() * missing))
                assert run.end(signal.SIGKILL) == -signal.SIGKILL
            again.append(run.most_again(mode))
        with running(connector, destination) as run:
            run.rows()
            assert run.process.wait(SECONDS_TO_END) == 0
        again.append(run.most_again(mode))
        destination.assert_is_exact(sandbox)
    print(f"{size.rounds * size.kills} kills; read again per stream and kill: {sorted(again)}")
    assert max(again) <= size.window


@pytest.mark.parametrize("trouble", ["none", "silence"])
def test_sigterm_ends_the_process_in_time_with_all_that_is_finished_checkpointed(
    size: Size, sandbox: Sandbox, connector: Connector, destination: Destination, trouble: str
) -> None:
    with running(connector, destination) as run:
        run.rows(size.records // 2)
        if trouble == "silence":
            sandbox.control(fault_rate=1.0, fault_kinds=["silence"])
        code = run.end(signal.SIGTERM)
        assert "Traceback" not in run.process.errors.read_text()
    sandbox.control(fault_rate=0.0)
    assert code == -signal.SIGTERM
    with running(connector, destination) as rest:
        rest.rows()
        assert rest.process.wait(SECONDS_TO_END) == 0
    print(f"read again after SIGTERM ({trouble}): {dict(rest.again)}")
    # Only pages that are being read: a checkpoint covers what was read before.
    assert max(rest.again[stream] for stream in ("messages", "customers")) <= WORKERS * size.page
    destination.assert_is_exact(sandbox)


def test_sigterm_ends_the_process_in_time_while_stdout_is_not_read(
    connector: Connector, destination: Destination
) -> None:
    with running(connector, destination) as run:
        run.rows(100)  # of many more than fit into the pipe and the channel
        run.process.send_signal(signal.SIGTERM)
        assert run.process.wait(SECONDS_TO_END) == -signal.SIGTERM


def test_a_closed_stdout_ends_the_process_quietly(
    sandbox: Sandbox, connector: Connector, destination: Destination
) -> None:
    with running(connector, destination) as run:
        run.rows(100)
        run.process.stdout.close()
        assert run.process.wait(SECONDS_AT_MOST) == 128 + signal.SIGPIPE
        assert run.process.errors.read_text() == ""


def test_crashes_while_the_source_changes_lose_nothing_either(
    size: Size, sandbox: Sandbox, connector: Connector, catalog: dict[str, Message]
) -> None:
    chance = random.Random(33)
    destination = Destination(catalog[stream] for stream in SEARCHED)
    sandbox.control(index_lag=1.0)
    sandbox.live(80, inserts=10, deletes=10, objects=list(SEARCHED))
    for _ in range(2 * size.rounds):
        with running(connector, destination) as run:
            run.rows(chance.randrange(size.records // 2))
            run.end(signal.SIGKILL)
    sandbox.quiet()
    sandbox.control(index_lag=0.0)
    with running(connector, destination) as run:
        run.rows()
        assert run.process.wait(SECONDS_TO_END) == 0
    destination.assert_is_exact(sandbox)

"""The API fails now and then, for a minute, or for long. Nothing is lost, all is reported."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from integration_tests.connector import UNLIMITED, Connector, Message, Output, with_deadline
from integration_tests.reliability.destination import Destination
from kustomer_sandbox import Sandbox

KEY = "canary-4f1d9c7e2b"
KINDS = ("500", "502", "503", "504", "reset", "cut", "html", "silence")
STREAMS = ("messages", "conversations", "customers", "users", "teams", "tags")
TRIED_AGAIN = re.compile(
    r"(Stream \w+|[A-Z][\w ]+): .* failed \((.*)\)\. (Attempt \d+|A smaller page) follows"
)
SECONDS_UNTIL_IT_BEGINS = 60.0
MINUTE = 60.0


@pytest.fixture(scope="module")
def sandbox(chaos: bool) -> Iterator[Sandbox]:
    """An organization of a few thousand records, in pages so small that there are many."""
    with Sandbox(
        0,
        seed=23,
        key=KEY,
        counts=dict.fromkeys(STREAMS[:3], 20_000 if chaos else 500),
        max_page_size=100 if chaos else 20,
        latency_ms=20,
        silence_seconds=30.0 if chaos else 0.5,
        **UNLIMITED,
    ) as sandbox:
        yield sandbox


@pytest.fixture
def destination(catalog: dict[str, Message]) -> Destination:
    return Destination(catalog[stream] for stream in STREAMS)


def config() -> dict[str, str]:
    return {"api_key": KEY, "start_date": "2015-01-01"}


@contextmanager
def after_requests(sandbox: Sandbox, count: int, act: Callable[[], None]) -> Iterator[None]:
    """Do something in the middle of a sync: when so many more requests have been made."""
    over = threading.Event()
    goal = sandbox.stats()["requests"] + count

    def watch() -> None:
        while not over.wait(0.02):
            if sandbox.stats()["requests"] >= goal:
                act()
                return

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join(SECONDS_UNTIL_IT_BEGINS)
    assert sandbox.stats()["requests"] >= goal


def tried_again(output: Output) -> list[str]:
    """What went wrong each time that a request was made again, as the log tells it."""
    return [match[2] for line in output.warnings if (match := TRIED_AGAIN.match(line))]


def test_a_tenth_of_all_answers_faulty_costs_nothing_but_repetitions(
    sandbox: Sandbox, destination: Destination, tmp_path: Path
) -> None:
    connector = Connector(tmp_path, sandbox.url, config(), seconds=1_200)
    each_once = [fault for kind in KINDS for fault in ("ok", kind)]
    sandbox.control(fault_rate=0.1, fault_kinds=list(KINDS), fault_next=each_once)

    output = destination.sync(connector)

    sandbox.control(fault_rate=0.0)
    stats = sandbox.stats()
    destination.assert_is_exact(sandbox)
    assert stats["faults"].keys() == set(KINDS)
    assert len(tried_again(output)) == sum(stats["faults"].values()), "each is logged once"
    print(f"{stats['requests']:,} requests, faults: {stats['faults']}")


@pytest.mark.parametrize("kind", ["reset", pytest.param("503", marks=pytest.mark.chaos)])
def test_an_outage_of_a_minute_is_survived(
    sandbox: Sandbox, destination: Destination, tmp_path: Path, chaos: bool, kind: str
) -> None:
    connector = Connector(tmp_path, sandbox.url, config())
    seconds = MINUTE if chaos else 2.0

    with after_requests(sandbox, 20, lambda: sandbox.outage(seconds, kind)):
        output = destination.sync(connector)

    destination.assert_is_exact(sandbox)
    reason = "HTTP 503" if kind == "503" else "the connection was closed"
    assert set(tried_again(output)) == {reason}
    print(f"{len(tried_again(output))} requests were made again")


def test_an_outage_of_ten_minutes_ends_with_an_error_and_a_state_to_continue_from(
    sandbox: Sandbox, destination: Destination, tmp_path: Path, chaos: bool
) -> None:
    patient = Connector(tmp_path, sandbox.url, config(), seconds=900)
    connector = patient if chaos else _impatient(tmp_path, sandbox)

    with after_requests(sandbox, 20, lambda: sandbox.outage(10 * MINUTE)):
        output = destination.sync(connector, succeeds=False)

    assert output.code == 1
    assert len(output.warnings) < 2_000, "the number of warnings is bounded"
    kinds = {error["failure_type"] for error in output.errors}
    assert kinds == {"transient_error"}
    summary = output.errors[-1]["message"]
    assert "gave no usable answer" in summary
    assert "HTTP 503" in summary
    assert "the next sync continues there" in summary
    assert not any(error.get("stack_trace") for error in output.errors)
    assert sum(destination.taken.values()) > 0

    sandbox.outage(0)
    destination.sync(patient)
    destination.assert_is_exact(sandbox)


def _impatient(folder: Path, sandbox: Sandbox) -> Connector:
    return Connector(folder, sandbox.url, config(), main=with_deadline(2))

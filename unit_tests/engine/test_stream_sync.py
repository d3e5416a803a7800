"""The state machine of one stream in a sync."""

from collections.abc import Callable
from typing import Any

import pytest

from source_kustomer.engine.endpoints import Endpoint
from source_kustomer.engine.stream import Stream
from source_kustomer.engine.stream_sync import Status, StreamSync
from source_kustomer.errors import (
    KustomerError,
    KustomerUnavailable,
    NotFound,
    NotPermitted,
    UnforeseenError,
)
from source_kustomer.kustomer.client import Client
from source_kustomer.rows.row import TrackedRow
from unit_tests.engine.harness import OneSync


class Scripted(Stream, family=True):
    """A stream that does what a test says."""

    name = "scripted"
    endpoints = (Endpoint("/scripted"),)
    row = TrackedRow

    def __init__(self, read: Callable[[StreamSync], Any]) -> None:
        self._read = read

    def read(self, sync: StreamSync) -> None:
        self._read(sync)

    def probe(self, client: Client) -> None:
        """Probe nothing."""


def run(read: Callable[[StreamSync], Any], **settings: Any) -> OneSync:
    sync = OneSync(Scripted(read), **settings)
    sync.run()
    return sync


def fail_with(error: Exception, *, answered: bool = False) -> Callable[[StreamSync], None]:
    def read(sync: StreamSync) -> None:
        if answered:
            sync.answered()
        raise error

    return read


def test_a_stream_is_complete_when_all_of_its_tasks_have_ended() -> None:
    seen: list[Status] = []

    def read(sync: StreamSync) -> None:
        sync.open(*[lambda: seen.append(sync.status)] * 3)

    sync = run(read)

    assert seen == [Status.RUNNING] * 3
    assert sync.sync.status is Status.COMPLETE
    assert sync.output.items[-1] == ("status", "complete")
    assert sync.has_ended


@pytest.mark.parametrize(
    ("error", "answered", "replaces_table", "status"),
    [
        (NotPermitted("no role"), False, False, Status.SKIPPED),
        (NotFound("no such list"), False, False, Status.SKIPPED),
        (NotPermitted("no role"), False, True, Status.FAILED),
        (NotFound("no such list"), False, True, Status.FAILED),
        (NotPermitted("no role"), True, False, Status.FAILED),
        (KustomerUnavailable("down"), False, False, Status.FAILED),
        (ValueError("a fault"), False, False, Status.FAILED),
    ],
)
def test_what_an_error_means(
    *, error: Exception, answered: bool, replaces_table: bool, status: Status
) -> None:
    sync = run(fail_with(error, answered=answered), replaces_table=replaces_table)

    assert sync.sync.status is status
    assert sync.output.states == []
    assert sync.has_ended


def test_an_unforeseen_error_names_its_kind_and_shows_no_data() -> None:
    sync = run(fail_with(ValueError("a customer's name")))

    failure = sync.sync.failure
    assert isinstance(failure, UnforeseenError)
    assert "ValueError" in failure.message
    assert "customer" not in failure.message


def test_a_stream_fails_once_and_its_other_tasks_do_not_begin() -> None:
    done: list[str] = []

    def read(sync: StreamSync) -> None:
        sync.open(*[lambda: done.append("began")] * 2)
        raise KustomerUnavailable("first")

    sync = run(read)

    failures = [item for kind, item in sync.output.items if kind == "failed"]
    assert len(failures) == 1
    assert isinstance(failures[0], KustomerError)
    assert failures[0].message == "first"
    assert done == []


def test_a_state_in_the_future_is_kept_and_nothing_is_read() -> None:
    state = {"updated_at": "2999-01-01T00:00:00.000Z"}

    sync = run(fail_with(ValueError("it was read")), state=state)

    assert sync.sync.status is Status.COMPLETE
    assert sync.output.states == [state]

"""The channel: rows by the batch, messages behind the rows that were put in before them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from airbyte_cdk.models import AirbyteMessage, Type

from source_kustomer.airbyte.channel import (
    CHARACTERS_WAITING,
    ROWS_PER_BATCH,
    ROWS_WAITING,
    Channel,
)
from source_kustomer.errors import KustomerUnavailable, Stopped

SECONDS_TO_WAIT = 30.0


def rows(count: int, **columns: Any) -> Iterator[dict[str, Any]]:
    return ({"id": str(number), **columns} for number in range(count))


def in_a_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def ids(messages: list[AirbyteMessage]) -> list[str]:
    return [message.record.data["id"] for message in messages if message.record is not None]


def kinds(messages: list[AirbyteMessage]) -> list[str]:
    """Return what each message is, runs of records as one."""
    found: list[str] = []
    for message in messages:
        kind = message.type.value
        if message.trace is not None and message.trace.stream_status is not None:
            kind = message.trace.stream_status.status.value
        if kind != "RECORD" or found[-1:] != ["RECORD"]:
            found.append(kind)
    return found


def test_rows_come_out_one_by_one_in_their_order() -> None:
    channel = Channel()
    count = 2 * ROWS_PER_BATCH + 1

    assert channel.put_rows("messages", rows(count)) == count
    channel.close()

    assert ids(list(channel.take())) == [str(number) for number in range(count)]


def test_a_state_comes_after_the_rows_that_were_put_in_before_it() -> None:
    channel = Channel()
    channel.put_started("messages")
    channel.put_rows("messages", rows(ROWS_PER_BATCH + 1))
    channel.put_state("messages", {"updated_at": "2026-01-01T00:00:00.000Z"})
    channel.put_complete("messages")
    channel.close()

    assert kinds(list(channel.take())) == ["STARTED", "RUNNING", "RECORD", "STATE", "COMPLETE"]


def test_a_stream_without_rows_runs_before_it_is_complete() -> None:
    channel = Channel()
    channel.put_started("tags")
    channel.put_complete("tags")
    channel.close()

    assert kinds(list(channel.take())) == ["STARTED", "RUNNING", "COMPLETE"]


def test_a_stream_that_failed_reports_its_error_before_its_status() -> None:
    channel = Channel()
    channel.put_failed("tags", KustomerUnavailable("no answer"))
    channel.close()

    error, *rest = channel.take()

    assert error.trace is not None
    assert error.trace.error is not None
    assert error.trace.error.message == "Stream tags: no answer"
    assert kinds(rest) == ["RUNNING", "INCOMPLETE"]


def test_a_state_finds_room_in_a_full_channel() -> None:
    channel = Channel()
    channel.put_rows("messages", rows(ROWS_WAITING))

    channel.put_state("messages", {})  # would wait for ever otherwise
    channel.close()

    assert kinds(list(channel.take())) == ["RUNNING", "RECORD", "STATE"]


@pytest.mark.parametrize(
    ("count", "text"), [(10 * ROWS_WAITING, "x"), (40, "x" * (CHARACTERS_WAITING // 8))]
)
def test_rows_wait_for_room_by_their_number_and_by_their_size(count: int, text: str) -> None:
    channel = Channel()
    made = 0

    def make() -> Iterator[dict[str, Any]]:
        nonlocal made
        for row in rows(count, body=text):
            made += 1
            yield row

    writer = in_a_thread(lambda: channel.put_rows("messages", make()))
    messages = channel.take()
    most_waiting = 0
    taken = 0
    for message in messages:
        if message.type is Type.RECORD:
            taken += 1
            most_waiting = max(most_waiting, made - taken)
        if taken == count:
            break
    writer.join(SECONDS_TO_WAIT)

    assert taken == count
    assert most_waiting <= ROWS_WAITING + 2 * ROWS_PER_BATCH
    assert most_waiting * len(text) <= CHARACTERS_WAITING + 3 * max(len(text), 1024 * 1024)


def test_whoever_waits_for_room_is_stopped_when_nobody_takes_rows_any_more() -> None:
    channel = Channel()
    stopped: list[Exception] = []

    def put() -> None:
        try:
            channel.put_rows("messages", rows(10 * ROWS_WAITING))
        except Stopped as error:
            stopped.append(error)

    writer = in_a_thread(put)
    messages = channel.take()
    next(messages)
    messages.close()  # type: ignore[attr-defined]
    writer.join(SECONDS_TO_WAIT)

    assert len(stopped) == 1


def test_no_state_of_any_thread_precedes_the_rows_that_the_thread_put_in_before() -> None:
    channel = Channel()
    streams = [f"stream {number}" for number in range(8)]
    rounds, per_round = 60, 37

    def work(stream: str) -> None:
        for number in range(1, rounds + 1):
            channel.put_rows(stream, rows(per_round))
            channel.put_state(stream, {"number": number})

    writers = [in_a_thread(lambda stream=stream: work(stream)) for stream in streams]  # type: ignore[misc]
    seen = dict.fromkeys(streams, 0)
    states = dict.fromkeys(streams, 0)
    for message in channel.take():
        if message.record is not None:
            seen[message.record.stream] += 1
        if message.state is not None and message.state.stream is not None:
            stream = message.state.stream.stream_descriptor.name
            number = vars(message.state.stream.stream_state)["number"]
            states[stream] += 1
            assert number == states[stream], "states of one thread keep their order"
            assert seen[stream] >= per_round * number, "a state overtook rows"
        if sum(states.values()) == len(streams) * rounds:
            break
    for writer in writers:
        writer.join(SECONDS_TO_WAIT)

    assert set(seen.values()) == {rounds * per_round}

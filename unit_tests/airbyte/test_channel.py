"""The one way out: what a thread puts in first comes out first, whatever the load."""

import threading

from airbyte_cdk.models import AirbyteLogMessage, AirbyteMessage, Level, Type
from airbyte_cdk.sources.types import Record

from source_kustomer.airbyte.channel import (
    BATCHES_WAITING,
    ROWS_PER_BATCH,
    Channel,
    ChannelRepository,
)

PATIENCE = 30.0


def text_of(item):
    assert isinstance(item, AirbyteMessage)
    assert item.log is not None
    return item.log.message


def message(text):
    return AirbyteMessage(type=Type.LOG, log=AirbyteLogMessage(level=Level.INFO, message=text))


def drained(channel):
    items = []
    while not channel.empty():
        items.append(channel.get())
    return items


def in_a_thread(work):
    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    worker.join(PATIENCE)
    assert not worker.is_alive()


def rows(count, stream="messages"):
    return [Record({"id": str(number)}, stream) for number in range(count)]


def test_rows_come_out_one_by_one_in_their_order():
    channel = Channel()

    assert channel.put_rows(rows(2 * ROWS_PER_BATCH + 1)) == 2 * ROWS_PER_BATCH + 1

    assert [row.data["id"] for row in drained(channel)] == [
        str(number) for number in range(2 * ROWS_PER_BATCH + 1)
    ]


def test_a_message_comes_after_the_rows_that_were_put_in_before_it():
    channel = Channel()
    repository = ChannelRepository(channel)

    def work():
        channel.put_rows(rows(ROWS_PER_BATCH + 1))
        repository.emit_message(message("state"))

    in_a_thread(work)

    assert text_of(drained(channel)[-1]) == "state"
    assert list(repository.consume_queue()) == []


def test_the_thread_that_makes_room_never_waits_for_it():
    channel = Channel()
    repository = ChannelRepository(channel)
    in_a_thread(lambda: channel.put_rows(rows(BATCHES_WAITING * ROWS_PER_BATCH)))
    assert channel.full()

    repository.emit_message(message("from the main thread"))

    assert [text_of(due) for due in repository.consume_queue()] == ["from the main thread"]
    assert len(drained(channel)) == BATCHES_WAITING * ROWS_PER_BATCH


def test_no_message_of_any_thread_precedes_the_rows_that_the_thread_put_in_before():
    channel = Channel()
    repository = ChannelRepository(channel)
    streams = [f"stream {number}" for number in range(8)]
    rounds, per_round = 60, 37

    def work(stream):
        for number in range(1, rounds + 1):
            channel.put_rows(rows(per_round, stream))
            repository.emit_message(message(f"{stream}:{number}"))

    workers = [threading.Thread(target=work, args=(stream,), daemon=True) for stream in streams]
    for worker in workers:
        worker.start()
    seen = dict.fromkeys(streams, 0)
    told = dict.fromkeys(streams, 0)
    left = len(streams) * rounds
    while left:
        item = channel.get(timeout=PATIENCE)
        if isinstance(item, Record):
            seen[item.stream_name] += 1
            continue
        stream, number = text_of(item).split(":")
        left -= 1
        told[stream] += 1
        assert int(number) == told[stream], "messages of one thread keep their order"
        assert seen[stream] >= per_round * int(number), "a message overtook rows"
        # As the framework does when a stream ends: the consuming thread emits too.
        repository.emit_message(message("main"))
        assert [text_of(due) for due in repository.consume_queue()] == ["main"]

    assert set(seen.values()) == {rounds * per_round}


def test_what_is_for_debugging_only_is_not_told():
    repository = ChannelRepository(Channel())

    repository.log_message(Level.DEBUG, lambda: {"request": 1})
    repository.log_message(Level.WARN, lambda: {"answer": 2})

    assert [text_of(due) for due in repository.consume_queue()] == ['{"answer": 2}']

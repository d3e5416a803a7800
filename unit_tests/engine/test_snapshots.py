"""Streams of the present state: each sync adds observations."""

from source_kustomer.engine.endpoints import Endpoint
from source_kustomer.engine.snapshots import SnapshotStream
from source_kustomer.engine.stream_sync import Status
from source_kustomer.rows.columns import Timestamp, column
from source_kustomer.rows.row import Row
from source_kustomer.timestamps import MINUTE, SECOND, format_timestamp
from unit_tests.engine.harness import NOW, OneSync
from unit_tests.engine.lists_in_memory import ListsInMemory, record


class GaugeRow(Row):
    synced_at: Timestamp = column("Start of the sync.")
    read_at: Timestamp = column("Time of reading.")


class Gauges(SnapshotStream, family=True):
    name = "gauges"
    row = GaugeRow
    endpoints = (Endpoint("/gauges"),)


def synced(at, state=None, lists=None):
    api = ListsInMemory(lists or {"/gauges": [record("g1"), record("g2")]})
    sync = OneSync(Gauges(), api.client(), now=lambda: at + SECOND, end=at, state=state)
    return sync, sync.run()


def test_every_sync_emits_everything_with_its_time_and_ids_of_its_own():
    _, first = synced(NOW)
    _, second = synced(NOW + MINUTE, state=first.states[-1])

    assert [row["synced_at"] for row in first.rows] == [format_timestamp(NOW)] * 2
    assert [row["synced_at"] for row in second.rows] == [format_timestamp(NOW + MINUTE)] * 2
    assert [row["read_at"] for row in first.rows] == [format_timestamp(NOW + SECOND)] * 2
    assert len({*first.ids, *second.ids}) == 4
    assert first.ids[0].startswith("g1@")


def test_the_state_is_the_start_of_the_sync():
    _, output = synced(NOW)

    assert output.states[-1] == {"synced_at": format_timestamp(NOW)}


def test_a_refusal_skips_the_stream():
    sync, _ = synced(NOW, lists={"/gauges": 403})

    assert sync.sync.status is Status.SKIPPED

"""Ids and records that are kept of lists: comparable, complete, and within a limit of memory."""

import gc
import tracemalloc
from typing import Any

import pytest

from source_kustomer.engine import kept
from source_kustomer.engine.kept import Kept
from source_kustomer.errors import UnexpectedDocument

MB = 1 << 20


def test_records_are_new_until_their_ids_are_kept():
    one: dict[str, Any] = {"id": "1"}
    other: dict[str, Any] = {"id": 2}
    without_id: dict[str, Any] = {"attributes": {}}
    ids = Kept("users")
    ids.add([one, without_id])

    assert ids.new([one, other, without_id]) == [other, without_id]
    assert len(ids) == 1


@pytest.mark.parametrize("value", [10**400, 1.5, None, True, "\u00e9\ufffd", [[{}]], {"a": []}])
def test_kept_records_are_as_they_were(value):
    records = Kept("users")
    records.keep({"id": "1", "attributes": {"value": value}})
    records.keep({"id": "2"})
    records.drop({"id": "2"})

    assert list(records.records()) == [{"id": "1", "attributes": {"value": value}}]


def test_records_nested_as_deeply_as_answers_can_be_are_kept():
    value: object = 1
    for _ in range(1_020):
        value = [value]
    records = Kept("users")
    records.keep({"id": "1", "attributes": {"value": value}})

    assert len(list(records.records())) == 1


def test_memory_has_a_limit(monkeypatch):
    monkeypatch.setattr(kept, "MAX_KEPT", 4 * MB)
    ids, records = Kept("users"), Kept("users")

    def keep_all():
        for number in range(1_000_000):
            records.keep({"id": f"{number:024x}", "attributes": {"name": "x" * 1_000}})

    gc.collect()
    tracemalloc.start()
    with pytest.raises(UnexpectedDocument, match="The lists of users have more records"):
        ids.add([{"id": f"{number:024x}"} for number in range(60_000)])
    with pytest.raises(UnexpectedDocument, match="The lists of users"):
        keep_all()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert len(ids) > 20_000
    assert peak < 64 * MB


def test_a_long_id_is_kept_as_its_hash():
    ids = Kept("users")
    long = {"id": "x" * MB}
    ids.add([{"id": f"{number}" + "x" * MB} for number in range(3)])
    ids.add([long])

    assert ids.new([long, {"id": "x" * (MB + 1)}]) == [{"id": "x" * (MB + 1)}]


def test_records_that_are_dropped_do_not_count(monkeypatch):
    monkeypatch.setattr(kept, "MAX_KEPT", 1_000)
    records = Kept("users")

    for number in range(100):
        records.keep({"id": str(number), "deleted": number == 99})
        records.drop({"id": str(number - 1)})
    records.keep({"id": "100", "deleted": False})
    records.keep_only(lambda row: row["deleted"] is True)

    assert [row["id"] for row in records.records()] == ["99"]

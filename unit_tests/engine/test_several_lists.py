"""Streams of several lists: records that the first one leaves out, and deleted ones."""

import logging
from typing import Any

import pytest

from source_kustomer.engine.endpoints import Endpoint
from source_kustomer.engine.lists import ListStream
from source_kustomer.engine.stream_sync import Status
from source_kustomer.rows.row import DeletableRow
from source_kustomer.timestamps import DAY, MINUTE, format_timestamp
from unit_tests.engine.harness import NOW, OneSync
from unit_tests.engine.lists_in_memory import ListsInMemory, record

OLD = format_timestamp(NOW - 400 * DAY)
RECENT = format_timestamp(NOW - DAY)
STATE = {"updated_at": format_timestamp(NOW - 10 * DAY)}


class Things(ListStream, family=True):
    name = "things"
    row = DeletableRow
    endpoints = (
        Endpoint("/things", roles=("org.thing.read",)),
        Endpoint("/things", {"all": "true"}, roles=("org.thing.read",)),
        Endpoint("/things", {"deleted": "true"}, roles=("org.thing.read",), with_deleted=True),
    )


class Searches(ListStream, family=True):
    name = "searches"
    row = DeletableRow
    endpoints = (
        Endpoint("/searches", roles=("org.search.read",)),
        Endpoint("/searches", {"filter": "all"}, roles=("org.admin",)),
    )


class DailyThings(ListStream, family=True):
    name = "daily_things"
    row = DeletableRow
    endpoints = (
        Endpoint("/things"),
        Endpoint("/things", {"machine": "true"}, daily=True),
        Endpoint("/things", {"deleted": "true"}, with_deleted=True, daily=True),
    )


DAY_BEGAN = NOW - NOW % DAY
TODAY = {"updated_at": format_timestamp(DAY_BEGAN + 60 * MINUTE)}
YESTERDAY = {"updated_at": format_timestamp(DAY_BEGAN - 60 * MINUTE)}


def synced(lists, stream=Things, **settings):
    api = ListsInMemory(lists)
    sync = OneSync(stream(), api.client(), **settings)
    sync.run()
    return sync, api


def rows(lists, **settings):
    sync, _ = synced(lists, **settings)
    assert sync.sync.status is Status.COMPLETE
    return [(row["id"], row.get("deleted")) for row in sync.output.rows]


def test_each_record_of_several_lists_comes_once():
    lists = {
        "/things": [record("a"), record("b")],
        "/things?all=true": [record("b"), record("c"), record("a")],
        "/things?deleted=true": [],
    }

    assert sorted(rows(lists)) == [("a", None), ("b", None), ("c", None)]


def test_records_that_only_the_list_of_deleted_ones_has_are_deleted():
    lists = {
        "/things": [record("a")],
        "/things?all=true": [record("b")],
        "/things?deleted=true": [record("x"), record("y")],
    }

    assert sorted(rows(lists)) == [("a", None), ("b", None), ("x", True), ("y", True)]


def test_a_list_with_deleted_records_among_others_marks_the_deleted_ones():
    lists = {
        "/things": [record("a")],
        "/things?all=true": [],
        "/things?deleted=true": [record("a"), record("x")],
    }

    assert rows(lists) == [("a", None), ("x", True)]


def test_an_ignored_parameter_marks_nothing():
    everything = [record("a"), record("b")]
    lists = {"/things": everything, "/things?all=true": [], "/things?deleted=true": everything}

    assert rows(lists) == [("a", None), ("b", None)]


def test_an_ignored_parameter_costs_no_memory_and_marks_only_what_is_marked(monkeypatch, caplog):
    monkeypatch.setattr("source_kustomer.engine.lists.MOST_UNMARKED", 2)
    everything = [record(name) for name in "abcde"]
    gone = record("x", deletedAt=RECENT)
    lists = {
        "/things": everything,
        "/things?all=true": [],
        "/things?deleted=true": [record("y"), gone, *everything],
    }

    assert rows(lists) == [*((name, None) for name in "abcde"), ("x", True)]
    assert "has 6 records that are not marked as deleted" in caplog.text


def test_a_mark_of_the_record_itself_is_kept():
    gone = record("x", deletedAt=RECENT)
    lists = {"/things": [gone], "/things?all=true": [], "/things?deleted=true": [gone]}

    assert rows(lists) == [("x", True)]


def test_deleted_records_are_not_requested_where_they_are_not_wanted():
    api = ListsInMemory({"/things": [record("a")], "/things?all=true": []})
    sync = OneSync(Things(), api.client(), include_deleted=False)

    sync.run()

    assert sync.output.ids == ["a"]
    assert api.requests == ["/things", "/things?all=true"]


def test_lists_with_deleted_records_are_read_before_the_others():
    # So a record that is created or restored meanwhile is in a later list, and is not marked.
    _, api = synced({"/things": [], "/things?all=true": [], "/things?deleted=true": []})

    assert api.requests[0] == "/things?deleted=true"


def test_a_deletion_that_does_not_move_the_time_of_update_is_emitted():
    lists = {
        "/things": [record("a", updatedAt=OLD)],
        "/things?all=true": [],
        "/things?deleted=true": [
            record("now", updatedAt=OLD, deletedAt=RECENT),
            record("then", updatedAt=OLD, deletedAt=OLD),
            record("moved", updatedAt=RECENT, deletedAt=OLD),
        ],
    }

    assert rows(lists, state=STATE) == [("now", True), ("moved", True)]


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_further_list_that_is_refused_is_left_out_with_a_warning(status, caplog):
    lists = {"/things": [record("a")], "/things?all=true": status, "/things?deleted=true": status}

    assert rows(lists) == [("a", None)]
    assert "GET /things?all=true is not read, so some records may be missing" in caplog.text
    assert "GET /things?deleted=true is not read" in caplog.text
    assert {record.levelname for record in caplog.records} == {"WARNING"}


def test_a_further_list_for_other_roles_is_left_out_without_a_warning(caplog):
    caplog.set_level(logging.INFO)
    lists = {"/searches": [record("a")], "/searches?filter=all": 403}

    sync, _ = synced(lists, Searches)

    assert sync.output.ids == ["a"]
    assert "GET /searches?filter=all is not read" in caplog.text
    assert not [record for record in caplog.records if record.levelname == "WARNING"]


def test_a_stream_whose_first_list_is_refused_is_skipped():
    sync, _ = synced(
        {"/things": 403, "/things?all=true": [record("a")], "/things?deleted=true": [record("x")]}
    )

    assert sync.sync.status is Status.SKIPPED
    assert sync.output.rows == []


def test_nothing_is_marked_when_a_list_cannot_be_read_completely():
    sync, _ = synced(
        {"/things": [], "/things?all=true": 500, "/things?deleted=true": [record("x")]}
    )

    assert sync.sync.status is Status.FAILED
    assert sync.output.rows == []


def test_lists_that_are_read_once_a_day_are_read_by_the_first_sync_of_a_day():
    daily: dict[str, list[Any]] = {"/things?machine=true": [], "/things?deleted=true": []}

    def requests(state, **settings):
        return synced({"/things": [], **daily}, DailyThings, state=state, **settings)[1].requests

    assert sorted(requests(YESTERDAY)) == sorted(["/things", *daily])
    assert sorted(requests({})) == sorted(["/things", *daily])
    assert sorted(requests(TODAY, refresh=True)) == sorted(["/things", *daily])
    assert requests(TODAY) == ["/things"]


def test_what_has_changed_since_a_daily_list_was_read_is_emitted():
    # The sync before was not the first one of its day, so the lists were read earlier that day.
    on_the_day = format_timestamp(DAY_BEGAN - DAY + MINUTE)
    before = format_timestamp(DAY_BEGAN - DAY - DAY)
    lists = {
        "/things": [record("a", updatedAt=on_the_day)],
        "/things?machine=true": [
            record("b", updatedAt=on_the_day),
            record("c", updatedAt=before),
        ],
        "/things?deleted=true": [
            record("x", updatedAt=before, deletedAt=on_the_day),
            record("y", updatedAt=before, deletedAt=before),
        ],
    }

    sync, _ = synced(lists, DailyThings, state=YESTERDAY)

    assert sorted(sync.output.ids) == ["b", "x"]

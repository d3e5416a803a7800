"""Lists below the records of another list."""

from typing import Any

import pytest

from source_kustomer.engine.endpoints import Endpoint
from source_kustomer.engine.nested import NestedListStream
from source_kustomer.engine.stream_sync import Status
from source_kustomer.errors import NotPermitted
from source_kustomer.rows.row import TrackedRow
from source_kustomer.streams.knowledge_base import KbArticleVersions, KbKnowledgeBases
from source_kustomer.streams.settings import BusinessHolidays
from source_kustomer.timestamps import DAY, format_timestamp
from unit_tests.engine.harness import NOW, OneSync
from unit_tests.engine.lists_in_memory import ListsInMemory, record
from unit_tests.in_memory import InMemoryTransport, client_of, reply

OLD = format_timestamp(NOW - 400 * DAY)
RECENT = format_timestamp(NOW - DAY)
STATE = {"updated_at": format_timestamp(NOW - 10 * DAY)}


class Parts(NestedListStream, family=True):
    name = "parts"
    row = TrackedRow
    parents = Endpoint("/machines")
    endpoints = (Endpoint("/machines/{id}/parts"),)


class PartsOfChanged(Parts, family=True):
    only_changed_parents = True


def synced(lists, stream=Parts, **settings):
    api = ListsInMemory(lists)
    sync = OneSync(stream(), api.client(), **settings)
    sync.run()
    return sync, api


def test_the_lists_of_all_parents_are_read():
    sync, _ = synced(
        {
            "/machines": [record("m1"), record("m2")],
            "/machines/m1/parts": [record("p1"), record("p2")],
            "/machines/m2/parts": [record("p3")],
        }
    )

    assert sync.sync.status is Status.COMPLETE
    assert sync.output.ids == ["p1", "p2", "p3"]
    assert sync.output.states[-1]["updated_at"] == format_timestamp(NOW)


def test_only_children_that_have_changed_are_emitted():
    sync, api = synced(
        {
            "/machines": [record("m1", updatedAt=OLD)],
            "/machines/m1/parts": [record("p1", updatedAt=OLD), record("p2", updatedAt=RECENT)],
        },
        state=STATE,
    )

    assert sync.output.ids == ["p2"]
    assert api.requests == ["/machines", "/machines/m1/parts"]


def test_only_the_lists_of_parents_that_have_changed_are_read_where_that_is_declared():
    lists = {
        "/machines": [record("m1", updatedAt=OLD), record("m2", updatedAt=RECENT)],
        "/machines/m1/parts": [record("p1", updatedAt=RECENT)],
        "/machines/m2/parts": [record("p2", updatedAt=RECENT)],
    }

    assert synced(lists, PartsOfChanged)[0].output.ids == ["p1", "p2"]
    sync, api = synced(lists, PartsOfChanged, state=STATE)
    assert sync.output.ids == ["p2"]
    assert api.requests == ["/machines", "/machines/m2/parts"]


def test_a_parent_that_was_deleted_meanwhile_hides_no_other():
    sync, _ = synced(
        {
            "/machines": [record("m1"), record("m2"), record("../m3")],
            "/machines/m2/parts": [record("p2")],
        }
    )

    assert sync.sync.status is Status.COMPLETE
    assert sync.output.ids == ["p2"]


@pytest.mark.parametrize("identity", [None, "", "..", {"a": 1}, [], True, "x" * 5_000])
@pytest.mark.parametrize("stream", [Parts, KbArticleVersions])
def test_a_parent_whose_id_cannot_be_in_a_path_hides_no_other(caplog, stream, identity):
    versions: dict[str, Any] = {"langVersions": {"en": {}}}
    lists = {
        stream.parents.path: [
            record(identity, **versions),
            {"attributes": versions},
            record("m2", **versions),
        ],
        stream.endpoints[0].of(id="m2", lang="en").path: [record("p2")],
    }
    sync, api = synced(lists, stream)

    assert sync.sync.status is Status.COMPLETE
    assert sync.output.ids == ["p2"]
    assert len(api.requests) == 2
    assert sum("cannot be used in a request" in message for message in caplog.messages) == 2


@pytest.mark.parametrize("identity", [None, "", "..", {"a": 1}])
def test_a_record_whose_id_cannot_be_in_a_path_hides_no_other_that_includes_records(identity):
    holidays = {"data": record("s2"), "included": [{"type": "holiday", "id": "h2"}]}

    def answer(request):
        if request.path == "/schedules/s2":
            return reply(holidays)
        return reply({"data": [record(identity), record("s2")], "links": {"next": None}})

    sync = OneSync(BusinessHolidays(), client_of(InMemoryTransport(answer)))
    sync.run()

    assert sync.sync.status is Status.COMPLETE
    assert sync.output.ids == ["h2"]


def test_a_knowledge_base_whose_id_cannot_be_in_a_path_hides_no_other():
    named = [{"id": ".."}, {"id": "k2"}]
    sync, _ = synced(
        {
            "/kb/articles": [record("a1", knowledgeBases=named)],
            "/kb/categories": [],
            "/kb/knowledge-bases/k2": [record("k2")],
        },
        KbKnowledgeBases,
    )

    assert sync.sync.status is Status.COMPLETE
    assert sync.output.ids == ["k2"]


def test_a_list_that_no_parent_has_skips_the_stream():
    sync, _ = synced({"/machines": [record("m1"), record("m2")]})

    assert sync.sync.status is Status.SKIPPED


def test_no_parents_are_no_rows():
    sync, _ = synced({"/machines": []})

    assert sync.sync.status is Status.COMPLETE
    assert sync.output.rows == []


def test_a_list_that_the_key_may_not_read_skips_the_stream():
    sync, _ = synced({"/machines": [record("m1")], "/machines/m1/parts": 403})

    assert sync.sync.status is Status.SKIPPED


def test_the_parents_are_probed():
    Parts().probe(ListsInMemory({"/machines": []}).client())
    with pytest.raises(NotPermitted):
        Parts().probe(ListsInMemory({"/machines": 403}).client())

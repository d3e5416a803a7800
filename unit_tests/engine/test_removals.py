"""Records that a list no longer has: absence alone deletes nothing, Kustomer's 404 does."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from source_kustomer.engine import removals
from source_kustomer.engine.endpoints import Endpoint, one_record
from source_kustomer.engine.lists import ListStream
from source_kustomer.engine.nested import NestedListStream
from source_kustomer.engine.stream_sync import Status
from source_kustomer.kustomer.transport import Answer, Request
from source_kustomer.rows.mapper import RowMapper
from source_kustomer.rows.row import DeletableRow, RemovableRow, TrackedRow
from source_kustomer.streams.routing import WorkSessions
from source_kustomer.sync.known_ids import decode_ids
from source_kustomer.timestamps import DAY, MINUTE, SECOND, format_timestamp
from unit_tests.engine.harness import NOW, Collected, OneSync
from unit_tests.in_memory import InMemoryTransport, client_of, reply

OLD = format_timestamp(NOW - 400 * DAY)
LATER = NOW + DAY
AT = format_timestamp(LATER)
GONE = {"errors": [{"status": 404, "title": "Not found"}]}

Record = dict[str, Any]


class ThingRow(RemovableRow, TrackedRow):
    pass


class Things(ListStream, family=True):
    name = "things"
    row = ThingRow
    endpoints = (Endpoint("/things"),)
    record = one_record("/things/{id}")


class Notices(ListStream, family=True):
    name = "notices"
    row = ThingRow
    endpoints = (Endpoint("/notices"), Endpoint("/notices", {"all": "true"}))
    is_removed_when_unlisted = True


class Parts(NestedListStream, family=True):
    name = "parts"
    row = ThingRow
    parents = Endpoint("/things")
    endpoints = (Endpoint("/things/{id}/parts"),)
    record = one_record("/parts/{id}")


class Markable(ListStream, family=True):
    name = "markables"
    row = DeletableRow
    endpoints = (
        Endpoint("/things"),
        Endpoint("/things", {"deleted": "true"}, with_deleted=True),
    )
    record = one_record("/things/{id}")


class Daily(Markable, family=True):
    name = "dailies"
    endpoints = (
        Endpoint("/things"),
        Endpoint("/things", {"deleted": "true"}, with_deleted=True, daily=True),
    )


class DailyInParts(Markable, family=True):
    name = "daily_parts"
    endpoints = (Endpoint("/things"), Endpoint("/things", {"machine": "true"}, daily=True))


def thing(identity: str, **attributes: Any) -> Record:
    return {"id": identity, "attributes": {"updatedAt": OLD, **attributes}}


class World:
    """Lists by path and query, single records by path; anything else is answered by 404."""

    def __init__(self) -> None:
        self.lists: dict[str, Sequence[Record] | Answer] = {}
        self.single: dict[str, Record | Answer] = {}
        self.transport = InMemoryTransport(self.answer)

    def put(self, path: str, *ids: str) -> None:
        """Serve a list, and each of its records by id."""
        self.lists[path] = [thing(identity) for identity in ids]
        self.single.update({f"{path}/{identity}": thing(identity) for identity in ids})

    def remove(self, path: str, *ids: str) -> None:
        """Remove records from a list, and from the records that are served by id."""
        self.hide(path, *ids)
        for identity in ids:
            del self.single[f"{path}/{identity}"]

    def hide(self, path: str, *ids: str) -> None:
        """Remove records from a list only."""
        rows = self.lists[path]
        assert not isinstance(rows, Answer)
        self.lists[path] = [row for row in rows if row["id"] not in ids]

    def sync(
        self,
        stream: ListStream | WorkSessions,
        before: Collected | None = None,
        *,
        later: int = DAY,
    ) -> OneSync:
        """Read a stream; after `before` some time later, from its last state."""
        client = client_of(self.transport, retry_seconds=3.0)
        self.transport.requests.clear()
        settings: Mapping[str, Any] = (
            {} if before is None else {"state": before.states[-1], "end": NOW + later}
        )
        one = OneSync(stream, client, **settings)
        one.run()
        return one

    def requested(self, path: str) -> int:
        return sum(re.fullmatch(path, one.path) is not None for one in self.transport.requests)

    def answer(self, request: Request) -> Answer:
        if request.method == "POST":
            return reply({"errors": [{"title": "refused"}]}, 400)
        query = {name: value for name, value in request.params.items() if "page" not in name}
        name = request.path + "".join(f"?{key}={value}" for key, value in query.items())
        if name in self.single:
            found = self.single[name]
            return found if isinstance(found, Answer) else reply({"data": found})
        rows = self.lists.get(name, reply(GONE, 404))
        if isinstance(rows, Answer):
            return rows
        size = int(request.params.get("pageSize", 100))
        start = (int(request.params.get("page", 1)) - 1) * size
        following = "/next" if start + size < len(rows) else None
        return reply({"data": rows[start : start + size], "links": {"next": following}})


@pytest.fixture
def world() -> World:
    return World()


def test_a_record_that_was_removed_is_emitted_once_with_the_time_of_the_sync(world: World) -> None:
    world.put("/things", "a", "b", "c")
    first = world.sync(Things())
    world.remove("/things", "b")

    second = world.sync(Things(), first.output)
    third = world.sync(Things(), second.output)

    assert second.output.rows == [{"id": "b", "deleted": True, "deleted_at": AT, "updated_at": AT}]
    assert third.output.rows == []
    assert world.requested("/things/.*") == 0


def test_a_sync_without_removals_sends_no_further_request(world: World) -> None:
    world.put("/things", "a", "b")
    first = world.sync(Things())

    world.sync(Things(), first.output)

    assert [request.path for request in world.transport.requests] == ["/things"]


@pytest.mark.parametrize(
    "answer",
    [
        reply(GONE, 403),
        reply(GONE, 400),
        reply({"message": "Not Found"}, 404),
        reply(GONE, 405),
        reply(GONE, 410),
        reply({"data": thing("b")}),
    ],
    ids=["403", "400", "404 of a gateway", "405", "410", "200"],
)
def test_nothing_but_a_404_of_kustomer_deletes(world: World, answer: Answer) -> None:
    world.put("/things", "a", "b")
    first = world.sync(Things())
    world.remove("/things", "b")
    world.single["/things/b"] = answer

    second = world.sync(Things(), first.output)
    del world.single["/things/b"]
    third = world.sync(Things(), second.output)

    assert second.sync.status is Status.COMPLETE
    assert second.output.rows == []
    assert [row["id"] for row in third.output.rows] == ["b"], "it is asked for again"


def test_a_404_for_every_record_deletes_nothing(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    world.put("/things", "a", "b")
    first = world.sync(Things())
    world.remove("/things", "b")
    del world.single["/things/a"]  # still listed

    second = world.sync(Things(), first.output)

    assert second.output.rows == []
    assert "cannot be confirmed" in caplog.text


def test_a_list_that_is_empty_or_cut_deletes_nothing_that_still_exists(world: World) -> None:
    ids = [f"r{number:03}" for number in range(150)]
    world.put("/things", *ids)
    first = world.sync(Things())
    world.hide("/things", *ids[20:])

    cut = world.sync(Things(), first.output)
    world.hide("/things", *ids)
    empty = world.sync(Things(), cut.output)
    world.put("/things", *ids)
    world.remove("/things", "r149")
    last = world.sync(Things(), empty.output)

    assert cut.output.rows == empty.output.rows == []
    assert last.output.ids == ["r149"], "the ids of hidden records are kept"


def test_a_list_that_is_refused_deletes_nothing_and_keeps_the_ids(world: World) -> None:
    world.put("/things", "a", "b")
    first = world.sync(Things())
    world.remove("/things", "b")
    rows, world.lists["/things"] = world.lists["/things"], reply(GONE, 403)

    refused = world.sync(Things(), first.output)
    world.lists["/things"] = rows
    last = world.sync(Things(), first.output)

    assert refused.sync.status is Status.SKIPPED
    assert refused.output.rows == []
    assert last.output.ids == ["b"]


def test_the_requests_of_a_sync_are_bounded_and_later_syncs_continue(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(removals, "MOST_REQUESTED", 10)
    ids = [f"r{number:02}" for number in range(25)]
    world.put("/things", "a", *ids)
    output = world.sync(Things()).output
    world.remove("/things", *ids)

    found: list[str] = []
    for expected in (10, 10, 5):
        output = world.sync(Things(), output).output
        assert len(output.ids) == expected
        assert world.requested("/things/r.*") == expected
        found += output.ids

    assert sorted(found) == ids
    assert "25 records are no longer listed. 10 of them are requested by id" in caplog.text


def test_records_that_still_exist_do_not_keep_others_from_their_turn(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removals, "MOST_REQUESTED", 2)
    world.put("/things", "a", "b", "c", "d", "e")
    first = world.sync(Things())
    world.hide("/things", "b", "c", "d")
    world.remove("/things", "e")

    found = set()
    for seconds in range(4):
        client = client_of(world.transport)
        one = OneSync(
            Things(), client, state=first.output.states[-1], end=LATER + seconds * 1_000_000
        )
        found.update(one.run().ids)

    assert found == {"e"}


def test_ids_that_do_not_fit_are_not_kept_and_this_is_logged(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(removals, "MOST_KEPT", 2)
    world.put("/things", "a", "b", "c")

    first = world.sync(Things())
    world.remove("/things", "b")
    second = world.sync(Things(), first.output)

    assert "ids" not in first.output.states[-1]
    assert second.output.rows == []
    assert "their ids do not fit into the state" in caplog.text


def test_a_record_that_is_restored_is_emitted_again(world: World) -> None:
    world.put("/things", "a", "b")
    first = world.sync(Things())
    world.remove("/things", "b")
    second = world.sync(Things(), first.output)
    world.put("/things", "a", "b")

    third = world.sync(Things(), second.output)

    assert third.output.rows == [{"id": "b", "updated_at": OLD}]


def test_a_record_that_kustomer_still_returns_as_deleted_is_emitted_as_it_is(world: World) -> None:
    world.put("/things", "a", "b")
    first = world.sync(Things())
    world.hide("/things", "b")
    world.single["/things/b"] = thing("b", deletedAt=OLD)

    second = world.sync(Things(), first.output)

    assert second.output.rows == [
        {"id": "b", "updated_at": OLD, "deleted": True, "deleted_at": OLD}
    ]


@pytest.mark.parametrize("settings", [{"refresh": True}, {"include_deleted": False}])
def test_a_full_refresh_and_a_sync_without_deleted_records_compare_nothing(
    world: World, settings: Mapping[str, Any]
) -> None:
    world.put("/things", "a", "b")
    first = world.sync(Things())
    world.remove("/things", "b")

    client = client_of(world.transport)
    one = OneSync(Things(), client, state=first.output.states[-1], end=LATER, **settings)
    one.run()

    assert "b" not in one.output.ids


def test_nothing_is_compared_for_a_catalog_without_the_column_that_marks(world: World) -> None:
    world.put("/things", "a", "b")
    first = world.sync(Things())
    world.remove("/things", "b")

    one = OneSync(Things(), client_of(world.transport), state=first.output.states[-1], end=LATER)
    one.sync.mapper = RowMapper(ThingRow, columns=frozenset({"id", "updated_at", "created_at"}))
    one.run()

    assert one.output.rows == []
    assert decode_ids(one.output.states[-1]["ids"]) == {"a", "b"}


def test_a_list_of_deleted_records_comes_first_and_its_absence_is_made_up_for(world: World) -> None:
    world.put("/things", "a", "b", "c")
    world.lists["/things?deleted=true"] = reply(GONE, 400)
    first = world.sync(Markable())
    world.remove("/things", "b", "c")
    world.lists["/things?deleted=true"] = [thing("b", deletedAt=AT)]

    second = world.sync(Markable(), first.output)

    assert {row["id"]: row["deleted_at"] for row in second.output.rows} == {"b": AT, "c": AT}
    assert world.requested("/things/b") == 0
    assert world.requested("/things/c") == 1


def test_children_of_all_parents_are_compared(world: World) -> None:
    world.put("/things", "t1", "t2")
    world.put("/things/t1/parts", "p1", "p2")
    world.put("/things/t2/parts", "p3")
    world.single.update({f"/parts/{one}": thing(one) for one in ("p1", "p2", "p3")})
    first = world.sync(Parts())
    world.remove("/things", "t2")
    del world.lists["/things/t2/parts"], world.single["/parts/p3"]

    second = world.sync(Parts(), first.output)

    assert [(row["id"], row["deleted"]) for row in second.output.rows] == [("p3", True)]


def test_the_list_in_the_place_of_a_search_is_compared(world: World) -> None:
    path = "/routing/work-sessions"
    world.put(path, "a", "b")
    world.lists[f"{path}?user=false?active=false"] = world.lists[path]
    first = world.sync(WorkSessions())
    world.remove(path, "b")
    world.lists[f"{path}?user=false?active=false"] = world.lists[path]

    second = world.sync(WorkSessions(), first.output)

    assert [(row["id"], row["deleted"]) for row in second.output.rows] == [("b", True)]


class TestWithoutSingleRecords:
    """Where no endpoint returns a single record, the lists are read twice."""

    @pytest.fixture
    def before(self, world: World) -> Collected:
        world.put("/notices", "a", "b", "c")
        world.put("/notices?all=true", "a", "b", "c", "d")
        return world.sync(Notices()).output

    def test_what_both_reads_lack_is_deleted(self, world: World, before: Collected) -> None:
        world.hide("/notices", "b")
        world.hide("/notices?all=true", "b")

        second = world.sync(Notices(), before)

        assert [(row["id"], row["deleted_at"]) for row in second.output.rows] == [("b", AT)]
        assert world.requested("/notices") == 4

    def test_what_the_second_read_has_is_kept(self, world: World, before: Collected) -> None:
        hidden = [row for row in world.lists["/notices"] if row["id"] != "b"]  # type: ignore[union-attr]
        world.hide("/notices?all=true", "b")
        answers = [reply({"data": hidden})]
        world.single["/notices"] = answers[0]

        def serve(request: Request) -> Answer:
            answer = world.answer(request)
            if "all" in request.params:
                world.single.pop("/notices", None)
            return answer

        world.transport.replies = serve
        second = world.sync(Notices(), before)

        assert second.output.rows == []
        assert decode_ids(second.output.states[-1]["ids"]) == {"a", "b", "c", "d"}

    @pytest.mark.parametrize("status", [400, 403, 404])
    def test_a_list_that_is_refused_deletes_nothing(
        self, world: World, before: Collected, status: int
    ) -> None:
        world.lists["/notices?all=true"] = reply(GONE, status)

        assert world.sync(Notices(), before).output.rows == []

    def test_most_of_the_records_are_not_taken_for_deleted(
        self, world: World, before: Collected, caplog: pytest.LogCaptureFixture
    ) -> None:
        world.put("/notices", "a")
        world.put("/notices?all=true")

        second = world.sync(Notices(), before)

        assert second.output.rows == []
        assert "3 of 4 records are no longer listed" in caplog.text
        assert decode_ids(second.output.states[-1]["ids"]) == {"a", "b", "c", "d"}


def test_a_list_with_deleted_records_is_read_again_on_the_same_day_if_a_record_is_missing(
    world: World,
) -> None:
    world.put("/things", "a", "b", "c")
    world.lists["/things?deleted=true"] = []
    first = world.sync(Daily())

    world.sync(Daily(), first.output, later=MINUTE)
    assert len(world.transport.requests) == 1

    world.remove("/things", "b", "c")
    gone = thing("b", deletedAt=format_timestamp(NOW + SECOND))
    world.lists["/things?deleted=true"] = [gone, thing("a"), thing("c")]
    third = world.sync(Daily(), first.output, later=MINUTE)

    rows = {row["id"]: (row["deleted"], row["deleted_at"]) for row in third.output.rows}
    assert rows == {
        "b": (True, format_timestamp(NOW + SECOND)),
        "c": (True, format_timestamp(NOW + MINUTE)),  # its own 404 shows it, not the list
    }


def test_records_of_a_list_that_is_read_once_a_day_are_not_missing_in_other_syncs(
    world: World,
) -> None:
    world.put("/things", "a", "b")
    world.lists["/things?machine=true"] = [thing("m"), thing("n")]
    first = world.sync(DailyInParts())
    world.remove("/things", "b")

    second = world.sync(DailyInParts(), first.output, later=MINUTE)
    assert second.output.rows == []
    assert len(world.transport.requests) == 1

    world.lists["/things?machine=true"] = [thing("m")]
    third = world.sync(DailyInParts(), second.output)
    assert {row["id"] for row in third.output.rows} == {"b", "n"}

"""Children are read for the parents that have changed, and their spans closed behind them."""

from typing import Any

import pytest

from source_kustomer.engine.stream_sync import Status
from source_kustomer.errors import NotFound, NotPermitted
from source_kustomer.kustomer.transport import Answer, Request
from source_kustomer.streams.conversations import Conversations
from source_kustomer.streams.timeline import ConversationEvents
from source_kustomer.timestamps import SECOND, format_timestamp, parse_timestamp
from unit_tests.engine.api import Api, record
from unit_tests.engine.harness import NOW, OneSync
from unit_tests.in_memory import reply

HOUR = 3_600
WEEK = 7 * 86_400 * SECOND


def family(parents: int, **settings: Any) -> Api:
    """Return an API with parents that have two children each."""
    records = [record(number, age=HOUR + 10 * number) for number in range(parents)]
    lists = {
        f"/conversations/r{number}/events": [
            {"id": f"e{number}-{child}", "attributes": {}} for child in range(2)
        ]
        for number in range(parents)
    }
    lists |= {f"/conversations/r{number}": [record(number)] for number in range(parents)}
    return Api(records, lists, **settings)


def one_sync(api: Api, **settings: Any) -> OneSync:
    return OneSync(ConversationEvents(), api.client(), start=NOW - WEEK, **settings)


def refuse(api: Api, status: int, *numbers: int) -> None:
    """Let the children of some parents be refused."""
    paths = {f"/conversations/r{number}/events" for number in numbers}
    body = {"errors": [{"title": "refused"}]}
    api.override = lambda request: reply(body, status) if request.path in paths else None


def test_children_come_with_the_id_and_the_update_time_of_their_parent() -> None:
    api = family(30)

    output = one_sync(api).run()

    assert len(output.rows) == 60
    for row in output.rows:
        number = int(row["conversation_id"][1:])
        assert row["id"].startswith(f"e{number}-")
        at = NOW - (HOUR + 10 * number) * SECOND
        assert row["conversation_updated_at"] == format_timestamp(at)


def test_each_changed_parent_costs_one_request_and_the_next_sync_reads_only_new_ones() -> None:
    api = family(30)
    first = one_sync(api)
    state = first.run().states[-1]
    api.transport.requests.clear()
    api.records[7] = record(7, age=60)

    output = one_sync(api, state=state).run()

    assert [request.path for request in api.requests_of("/events")] == ["/conversations/r7/events"]
    assert {row["conversation_id"] for row in output.rows} == {"r7"}


def test_spans_are_closed_within_a_page_of_parents() -> None:
    api = family(400)
    for rows in api.lists.values():
        rows.clear()
    sync = one_sync(api)
    closed: list[tuple[int, int]] = []
    close = sync.sync.cursor.close

    def watched(start: int, end: int | None, *, rows: int, final: bool = False) -> None:
        closed.append((len(api.requests_of("/events")), 0 if end is None else end))
        close(start, end, rows=rows, final=final)

    sync.sync.cursor.close = watched  # type: ignore[method-assign]
    sync.run()

    requests = [count for count, _ in closed]
    assert len(requests) > 30
    assert max(b - a for a, b in zip([0, *requests], requests, strict=False)) <= 20


@pytest.mark.parametrize("stop_after", [1, 7, 15, 29])
def test_a_state_covers_only_parents_whose_children_were_read(stop_after: int) -> None:
    api = family(30)
    sync = one_sync(api)

    def stop(request: Request) -> Answer | None:
        if len(api.requests_of("/events")) > stop_after:
            raise RuntimeError("the connector has a fault")
        return None

    api.override = stop
    output = sync.run()

    assert sync.sync.status is Status.FAILED
    covered = sync.sync.cursor.state()
    reached = parse_timestamp(covered.get("conversation_updated_at", "")) or 0
    done = {row["conversation_id"] for row in output.rows}
    for parent in api.records:
        at = parse_timestamp(parent["attributes"]["updatedAt"])
        assert at is not None
        assert parent["id"] in done or at >= reached


def test_deleted_parents_have_no_children_however_many_there_are() -> None:
    api = family(60)
    gone = range(1, 60)
    refuse(api, 404, *gone)
    for number in gone:
        del api.lists[f"/conversations/r{number}"]
    del api.lists["/conversations/r0"]

    sync = one_sync(api)
    output = sync.run()

    assert sync.sync.status is Status.COMPLETE
    assert {row["conversation_id"] for row in output.rows} == {"r0"}


def test_a_list_that_no_existing_parent_has_is_skipped() -> None:
    api = family(5)
    refuse(api, 404, *range(5))

    sync = one_sync(api)
    output = sync.run()

    assert sync.sync.status is Status.SKIPPED
    assert output.states == []


def test_one_parent_whose_children_may_not_be_read_hides_no_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    api = family(30)
    refuse(api, 403, 4)

    sync = one_sync(api)
    output = sync.run()

    assert sync.sync.status is Status.COMPLETE
    assert len(output.rows) == 58
    assert "the children of 1 conversations may not be read" in caplog.text


def test_a_role_that_is_lost_during_the_sync_fails_the_stream_and_closes_nothing_more() -> None:
    api = family(30)

    def answer(request: Request) -> Answer | None:
        is_lost = request.path.endswith("/events") and len(api.requests_of("/events")) > 15
        return reply({"errors": [{"title": "refused"}]}, 403) if is_lost else None

    api.override = answer
    sync = one_sync(api)
    first = sync.run()
    api.override = lambda request: None
    second = one_sync(api, state=sync.sync.cursor.state()).run()

    assert sync.sync.status is Status.FAILED
    assert sync.sync.failure is not None
    assert "org.permission.event.read" in sync.sync.failure.message
    assert len({row["id"] for row in [*first.rows, *second.rows]}) == 60


def test_a_role_that_is_missing_for_all_children_is_named() -> None:
    api = family(5)
    refuse(api, 403, *range(5))

    sync = one_sync(api, replaces_table=True)
    sync.run()

    assert sync.sync.status is Status.FAILED
    assert sync.sync.failure is not None
    assert "org.permission.event.read" in sync.sync.failure.message


def test_a_missing_search_role_is_named_not_the_role_of_the_children() -> None:
    api = family(5)
    api.override = lambda request: reply({}, 403) if request.method == "POST" else None

    sync = one_sync(api, replaces_table=True)
    sync.run()

    assert sync.sync.failure is not None
    assert "org.permission.search.create" in sync.sync.failure.message
    assert "event.read" not in sync.sync.failure.message


def test_an_unforeseen_error_in_the_search_of_parents_fails_the_children() -> None:
    api = family(1_200, page_size=100)

    def fault(request: Request) -> Answer | None:
        if len(api.searches) == 3:
            raise RuntimeError("the connector has a fault")
        return None

    api.override = fault
    sync = one_sync(api)
    sync.run()

    assert sync.sync.status is Status.FAILED


def test_a_parent_stream_that_fails_leaves_its_children_whole() -> None:
    api = family(30)
    api.override = lambda request: reply({}, 403) if request.stream == "conversations" else None
    parents = OneSync(Conversations(), api.client(), start=NOW - WEEK, replaces_table=True)
    parents.run()

    children = one_sync(api)

    assert len(children.run().rows) == 60
    assert parents.sync.status is Status.FAILED
    assert children.sync.status is Status.COMPLETE


def test_an_id_that_would_lead_to_another_path_is_not_requested(
    caplog: pytest.LogCaptureFixture,
) -> None:
    api = family(3)
    api.records += [{**record(0, age=HOUR), "id": ".."}]

    sync = one_sync(api)
    output = sync.run()

    assert sync.sync.status is Status.COMPLETE
    assert len(output.rows) == 6
    assert 'The id ".." cannot be used in a request' in caplog.text


def test_refusals_are_errors_of_their_kind() -> None:
    assert not issubclass(NotFound, NotPermitted)

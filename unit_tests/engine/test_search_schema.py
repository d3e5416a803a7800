"""What the search's schema lists is used without a trial; what it gets wrong costs no rows."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from source_kustomer.engine.klass import Klass
from source_kustomer.engine.search_schema import MOST_ATTRIBUTES, SCHEMA, SearchSchema
from source_kustomer.engine.stream_sync import Status
from source_kustomer.kustomer.transport import Answer, Request
from source_kustomer.streams.kobjects import KlassStream
from source_kustomer.streams.routing import WorkSessions
from source_kustomer.timestamps import DAY, format_timestamp
from unit_tests.engine.api import Api, page_of, record
from unit_tests.engine.harness import NOW, OneSync
from unit_tests.in_memory import InMemoryTransport, client_of, reply

LIST = "/routing/work-sessions"
SESSION = "work_session_updated_at"
BEFORE = {"updated_at": format_timestamp(NOW - 2 * DAY)}


def schema(*sortable: str, fields: tuple[str, ...] | None = None) -> Answer:
    """Return the answer of the schema endpoint."""
    names = sortable if fields is None else fields
    attributes = {
        "fields": {"properties": {name: {"operator": "datetime"} for name in names}},
        "sort": {"properties": {"fields": {"enum": list(sortable)}}},
    }
    return reply({"data": {"id": "o", "type": "search_schema", "attributes": attributes}})


def refused(status: int = 400) -> Answer:
    return reply({"errors": [{"title": "unknown attribute"}]}, status)


def api_of(answer: Answer, search: Mapping[str, Answer] | None = None) -> Api:
    """Return an API with sessions; `search` answers searches by the attribute of their sort."""
    rows = [record(number, age=60 * number) for number in range(150)]
    api = Api(rows, {LIST: rows})

    def override(request: Request) -> Answer | None:
        if request.path == SCHEMA.path:
            return answer
        return (search or {}).get(sort_of(request)) if request.method == "POST" else None

    api.override = override
    return api


def sort_of(request: Request) -> str:
    assert request.body is not None
    return str(next(iter(json.loads(request.body)["sort"][0])))


def synced(api: Api, state: Mapping[str, Any] | None = None) -> OneSync:
    sync = OneSync(
        WorkSessions(), api.client(), state=state, start=NOW - 30 * DAY, include_deleted=False
    )
    sync.run()
    assert sync.sync.status is Status.COMPLETE
    assert len(set(sync.output.ids)) == 150
    return sync


def test_an_attribute_of_the_schema_is_searched_without_a_trial() -> None:
    api = api_of(schema(SESSION))

    synced(api, BEFORE)

    assert len(api.searches) == 1
    assert api.requests_of(LIST) == []


@pytest.mark.parametrize(
    "answer",
    [
        schema("company_updated_at"),
        schema(SESSION, fields=("company_updated_at",)),
        refused(404),
        refused(403),
        reply({"data": {"id": "o", "attributes": {"sort": [], "fields": None}}}),
        reply({"data": {"id": "o", "attributes": None}}),
    ],
)
def test_what_the_schema_does_not_show_is_tried(answer: Answer) -> None:
    api = api_of(answer)

    synced(api, BEFORE)

    assert len(api.searches) == 2
    assert api.requests_of(LIST) == []


@pytest.mark.parametrize("answer", [refused(), refused(404), page_of([], Request("GET", "/x"))])
def test_a_first_load_is_not_left_to_the_schema(answer: Answer) -> None:
    api = api_of(schema(SESSION), {SESSION: answer})

    synced(api)

    assert api.requests_of(SCHEMA.path) == []


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_list_is_read_where_the_search_refuses_what_its_schema_lists(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    api = api_of(schema(SESSION), {SESSION: refused(status)})

    synced(api, BEFORE)

    assert "the search cannot be used" in caplog.text


def test_a_list_is_read_once_where_several_windows_are_refused(
    caplog: pytest.LogCaptureFixture,
) -> None:
    api = api_of(schema(SESSION), {SESSION: refused()})
    days = [format_timestamp(NOW - day * DAY) for day in range(5)]
    state = {"updated_at": days[4], "until": days[0], "done": [[days[3], days[2]]]}

    synced(api, state)

    assert caplog.text.count("the search cannot be used") == 1
    bounds = [one.body for one in api.searches if one.params["pageSize"] == 100]
    assert len(set(bounds)) == 2


def test_a_refusal_after_the_first_answer_is_an_error() -> None:
    api = api_of(schema(SESSION))
    api.page_size = 50

    def override(request: Request) -> Answer | None:
        if request.path == SCHEMA.path:
            return schema(SESSION)
        return refused(403) if len(api.searches) == 2 else None

    api.override = override
    sync = OneSync(WorkSessions(), api.client(), state=BEFORE, start=NOW - 30 * DAY)
    sync.run()

    assert sync.sync.status is Status.FAILED


OWN = "kobject_order_updated_at"
GENERIC = "kobject_updated_at"


@pytest.mark.parametrize(
    ("answer", "refuses", "used"),
    [
        (schema(OWN, GENERIC), (), OWN),
        (schema(GENERIC), (), GENERIC),
        (schema(GENERIC), (GENERIC,), OWN),
        (schema(OWN), (OWN,), GENERIC),
        (refused(404), (GENERIC,), OWN),
    ],
)
def test_a_klass_is_searched_by_the_attribute_that_works(
    answer: Answer, refuses: tuple[str, ...], used: str
) -> None:
    api = api_of(answer, dict.fromkeys(refuses, refused()))
    sync = OneSync(
        KlassStream(Klass("order", "Order"), "kobject_order"), api.client(), start=NOW - 30 * DAY
    )
    output = sync.run()

    assert sync.sync.status is Status.COMPLETE
    assert len(set(output.ids)) == 150
    assert sort_of(api.searches[-1]) == used
    assert len(api.requests_of(SCHEMA.path)) == 1


def test_a_klass_that_is_searched_by_neither_fails() -> None:
    api = api_of(schema(), dict.fromkeys((OWN, GENERIC), refused()))
    sync = OneSync(
        KlassStream(Klass("order", "Order"), "kobject_order"), api.client(), start=NOW - 30 * DAY
    )
    sync.run()

    assert sync.sync.status is Status.FAILED


def test_streams_of_a_sync_share_one_request_for_the_schema() -> None:
    transport = InMemoryTransport([schema(SESSION)])
    client, shared = client_of(transport), SearchSchema()

    assert shared.sorts_by(SESSION, client)
    assert not shared.sorts_by("work_item_updated_at", client)
    assert len(transport.requests) == 1


def test_a_schema_of_very_many_or_very_long_names_is_not_remembered():
    many = schema(SESSION, *(f"name{number}" for number in range(MOST_ATTRIBUTES)))
    long = schema(SESSION, "x" * 1_000)

    assert not SearchSchema().sorts_by(SESSION, client_of(InMemoryTransport([many])))
    schema_with_long = SearchSchema()
    client = client_of(InMemoryTransport([long]))
    assert schema_with_long.sorts_by(SESSION, client)
    assert not schema_with_long.sorts_by("x" * 1_000, client)

"""Objects are searched where the search sorts them, and listed where it refuses."""

import pytest

from source_kustomer.engine.stream_sync import Status
from source_kustomer.kustomer.transport import Answer, Request
from source_kustomer.streams.routing import WorkSessions
from source_kustomer.timestamps import DAY
from unit_tests.engine.api import Api, page_of, record
from unit_tests.engine.harness import NOW, OneSync
from unit_tests.in_memory import reply

PATH = "/routing/work-sessions"


def api_of() -> Api:
    rows = [record(number, age=60 * number) for number in range(150)]
    return Api(rows, {PATH: [*rows, record(500, age=900 * 86_400)]})


def one_sync(api: Api) -> OneSync:
    return OneSync(WorkSessions(), api.client(), start=NOW - 30 * DAY)


def test_a_search_that_sorts_is_used_alone() -> None:
    api = api_of()

    output = one_sync(api).run()

    assert len(set(output.ids)) == 150
    assert api.requests_of(PATH) == []


def refused(status: int) -> Answer:
    return reply({"errors": [{"title": "refused"}]}, status)


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_search_that_is_refused_is_replaced_by_the_list(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    api = api_of()
    api.override = lambda request: refused(status) if request.method == "POST" else None

    sync = one_sync(api)
    output = sync.run()

    assert sync.sync.status is Status.COMPLETE
    assert len(set(output.ids)) >= 150
    assert "the search cannot be used" in caplog.text


def test_a_search_that_does_not_sort_is_replaced_by_the_list(
    caplog: pytest.LogCaptureFixture,
) -> None:
    api = api_of()
    api.override = lambda request: (
        page_of(api.records[::-1][::7] + api.records, request) if request.method == "POST" else None
    )

    output = one_sync(api).run()

    assert len(set(output.ids)) >= 150
    assert "it does not sort" in caplog.text


def test_a_search_that_finds_nothing_is_replaced_by_a_list_that_has_records(
    caplog: pytest.LogCaptureFixture,
) -> None:
    api = api_of()
    api.override = lambda request: page_of([], request) if request.method == "POST" else None

    output = one_sync(api).run()

    assert len(set(output.ids)) >= 150
    assert "it finds nothing, although the list has records" in caplog.text


def test_one_empty_answer_of_a_search_is_a_fault(caplog: pytest.LogCaptureFixture) -> None:
    api = api_of()
    empty = iter([True])
    api.override = lambda request: (
        page_of([], request) if request.method == "POST" and next(empty, False) else None
    )

    output = one_sync(api).run()

    assert len(set(output.ids)) == 150
    assert "the search cannot be used" not in caplog.text


def test_a_search_that_finds_nothing_is_used_where_the_list_is_empty_too(
    caplog: pytest.LogCaptureFixture,
) -> None:
    api = Api([], {PATH: []})

    sync = one_sync(api)
    sync.run()

    assert sync.sync.status is Status.COMPLETE
    assert "the search cannot be used" not in caplog.text


def test_where_neither_is_permitted_the_roles_of_the_list_are_named() -> None:
    api = api_of()
    api.override = lambda request: refused(403)

    sync = OneSync(WorkSessions(), api.client(), replaces_table=True)
    sync.run()

    assert sync.sync.failure is not None
    assert "org.permission.work_session.read" in sync.sync.failure.message


def test_old_records_whose_list_is_not_permitted_are_warned_of_and_stay_open(
    caplog: pytest.LogCaptureFixture,
) -> None:
    api = api_of()

    def answer(request: Request) -> Answer | None:
        return refused(403) if request.path == PATH else None

    api.override = answer
    sync = OneSync(WorkSessions(), api.client(), start=NOW - 1_000 * DAY)
    output = sync.run()

    assert sync.sync.status is Status.COMPLETE
    assert len(set(output.ids)) == 150
    assert "records older than two years are not read" in caplog.text
    assert "until" in output.states[-1], "the old records are still to be read"

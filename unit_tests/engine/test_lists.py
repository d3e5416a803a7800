"""Lists are read whole; what has changed is emitted, each record once."""

import logging
from typing import Any

import pytest

from source_kustomer.engine.endpoints import Endpoint
from source_kustomer.engine.lists import ListStream
from source_kustomer.engine.stream_sync import Status
from source_kustomer.rows.row import DeletableRow
from unit_tests.engine.api import Api, record
from unit_tests.engine.harness import OneSync
from unit_tests.in_memory import reply


class Widgets(ListStream, family=True):
    """Widgets, and those that were deleted."""

    name = "widgets"
    endpoints = (
        Endpoint("/widgets", roles=("org.permission.widget.read",)),
        Endpoint("/widgets/deleted", with_deleted=True),
        Endpoint("/widgets/hidden"),
    )
    row = DeletableRow


def api_of(**lists: list[dict[str, Any]]) -> Api:
    names = {"all": "/widgets", "deleted": "/widgets/deleted", "hidden": "/widgets/hidden"}
    return Api(lists={path: lists.get(name, []) for name, path in names.items()})


def test_a_record_of_several_lists_is_emitted_once_and_marked_when_it_is_deleted() -> None:
    api = api_of(all=[record(1)], deleted=[record(2)], hidden=[record(1), record(3)])

    output = OneSync(Widgets(), api.client()).run()

    assert sorted(output.ids) == ["r1", "r2", "r3"]
    assert {row["id"] for row in output.rows if row.get("deleted")} == {"r2"}


def test_only_what_has_changed_is_emitted_by_the_next_sync() -> None:
    api = api_of(all=[record(number, age=86_400) for number in range(5)])
    state = OneSync(Widgets(), api.client()).run().states[-1]
    api.lists["/widgets"][3] = record(3, age=1)

    output = OneSync(Widgets(), api.client(), state=state).run()

    assert output.ids == ["r3"]


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_further_list_that_is_refused_is_warned_of(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    api = api_of(all=[record(1)])
    api.override = lambda request: reply({}, status) if "hidden" in request.path else None

    sync = OneSync(Widgets(), api.client())
    output = sync.run()

    assert sync.sync.status is Status.COMPLETE
    assert output.ids == ["r1"]
    (refusal,) = [each for each in caplog.records if "/widgets/hidden" in each.getMessage()]
    assert "is not read, so some records may be missing" in refusal.getMessage()
    # A role of its own may be left out on purpose.
    assert refusal.levelno == (logging.INFO if status == 403 else logging.WARNING)


@pytest.mark.parametrize("status", [403, 404])
def test_a_stream_whose_first_list_is_refused_is_skipped_and_keeps_its_state(status: int) -> None:
    api = api_of()
    api.override = lambda request: reply({}, status)

    sync = OneSync(Widgets(), api.client())
    output = sync.run()

    assert sync.sync.status is Status.SKIPPED
    assert output.states == []


def test_a_refused_stream_that_replaces_its_table_fails_and_names_the_roles() -> None:
    api = api_of()
    api.override = lambda request: reply({}, 403)

    sync = OneSync(Widgets(), api.client(), replaces_table=True)
    output = sync.run()

    assert sync.sync.status is Status.FAILED
    assert sync.sync.failure is not None
    assert sync.sync.failure.failure_type == "config_error"
    assert "org.permission.widget.read" in sync.sync.failure.message
    assert output.states == []


def test_a_refusal_after_the_first_answer_fails_the_stream() -> None:
    api = api_of(all=[record(number) for number in range(250)])
    api.override = lambda request: reply({}, 403) if request.params.get("page") == 2 else None

    sync = OneSync(Widgets(), api.client())
    sync.run()

    assert sync.sync.status is Status.FAILED


@pytest.mark.parametrize(("sync_id", "requests"), [(7, 0), (8, 3), (None, 3)])
def test_a_full_refresh_is_repeated_by_a_new_job_but_not_by_another_attempt(
    sync_id: int | None, requests: int
) -> None:
    api = api_of(all=[record(1)])
    first = OneSync(Widgets(), api.client(), refresh=True, sync_id=7).run()
    api.transport.requests.clear()

    again = OneSync(Widgets(), api.client(), state=first.states[-1], refresh=True, sync_id=sync_id)
    again.run()

    assert len(api.transport.requests) == requests
    assert again.sync.status is Status.COMPLETE

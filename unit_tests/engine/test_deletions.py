"""The first sync of a day: deletions without a change of `updatedAt`, and the whole archive."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from source_kustomer.engine.stream_sync import Status
from source_kustomer.kustomer.transport import Answer, Request
from source_kustomer.streams.conversations import Messages, Notes
from source_kustomer.timestamps import DAY, SECOND, format_timestamp
from unit_tests.engine.api import Api, bounds_of, page_of, record, updated_at
from unit_tests.engine.harness import NOW, OneSync
from unit_tests.in_memory import reply

HOUR = 3_600
EARLIER_TODAY = {"updated_at": format_timestamp(NOW - HOUR * SECOND)}
YESTERDAY = {"updated_at": format_timestamp(NOW - DAY)}


def api_of(count: int, total: int | None = None) -> Api:
    """Return an API that leaves out deleted records unless they are requested."""
    api = Api([record(number, age=30 * HOUR + number) for number in range(count)])
    everything = api.records

    def search(request: Request) -> Answer | None:
        if request.body is None or "archive" in request.path:
            return None
        if total is not None and request.params["pageSize"] == 1:
            return reply({"data": [], "meta": {"total": total}})
        with_deleted = json.loads(request.body).get("includeDeleted")
        api.records = [
            row for row in everything if with_deleted or not row["attributes"].get("deleted")
        ]
        return api.search(request)

    api.override = search
    return api


def delete(api: Api, row: dict[str, Any], at: int | None = None) -> None:
    row["attributes"]["deleted"] = True
    if at is not None:
        row["attributes"]["updatedAt"] = format_timestamp(at)


def read(api: Api, state: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """Sync once, and return the last state."""
    one = OneSync(Messages(), api.client(), state=state, **settings)
    output = one.run()
    assert one.sync.status is Status.COMPLETE
    return output.states[-1]


@pytest.mark.parametrize("deleted", [1, 3])
def test_deletions_that_do_not_move_the_update_time_are_counted(
    deleted: int, caplog: pytest.LogCaptureFixture
) -> None:
    api = api_of(10)
    everything = api.records
    delete(api, everything[9])
    state = read(api, YESTERDAY)
    for row in everything[:deleted]:
        delete(api, row)

    again = read(api, state, end=NOW + DAY)

    assert state["deleted"]["count"] == 1
    assert again["deleted"]["count"] == 1 + deleted
    assert [one for one in caplog.messages if f"at least {deleted} records were deleted" in one]


def test_deletions_that_move_the_update_time_are_no_reason_for_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    api = api_of(10)
    everything = api.records
    state = read(api, YESTERDAY)
    delete(api, everything[0], at=NOW + HOUR * SECOND)
    read(api, state, end=NOW + DAY)

    assert not [one for one in caplog.records if one.levelno >= logging.WARNING]


@pytest.mark.parametrize(
    ("state", "searches"),
    [
        pytest.param(EARLIER_TODAY, 1, id="same day"),
        pytest.param(YESTERDAY, 1 + 1 + 2, id="first of a day: archive, count"),
        pytest.param(
            {**YESTERDAY, "deleted": {"before": YESTERDAY["updated_at"], "count": 0}},
            1 + 1 + 4,
            id="first of a day: archive, comparison, count",
        ),
    ],
)
def test_only_the_first_sync_of_a_day_costs_more_searches(
    state: dict[str, Any], searches: int
) -> None:
    api = api_of(10)
    read(api, state)
    assert len(api.searches) == searches


def test_counts_that_are_capped_are_not_compared() -> None:
    api = api_of(10, total=10_000)
    assert "deleted" not in read(api, YESTERDAY)


def test_without_deleted_records_nothing_is_counted() -> None:
    assert "deleted" not in read(api_of(10), YESTERDAY, include_deleted=False)


def test_the_count_stays_in_the_state_until_the_next_one() -> None:
    count = {"before": YESTERDAY["updated_at"], "count": 7}
    assert read(api_of(10), {**EARLIER_TODAY, "deleted": count})["deleted"] == count


@pytest.mark.parametrize("count", [None, 7, {}, {"before": "?", "count": 1}, {"before": "?"}])
def test_a_count_that_is_not_understood_is_made_anew(count: object) -> None:
    assert read(api_of(10), {**YESTERDAY, "deleted": count})["deleted"]["count"] == 0


def archive_of(rows: list[dict[str, Any]], api: Api) -> None:
    def search(request: Request) -> Answer | None:
        if "archive" not in request.path:
            return None
        return page_of(sorted(filter(bounds_of(request), rows), key=updated_at), request)

    api.override = search


@pytest.mark.parametrize("state", [{}, YESTERDAY])
def test_records_that_only_the_archive_has_are_read(
    state: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    api = Api()
    archive_of([record(1, age=HOUR)], api)
    one = OneSync(Messages(), api.client(), state=state)

    assert one.run().ids == ["r1"]
    assert any("only the archive search has 1 records" in one for one in caplog.messages)


def test_a_sync_whose_archive_was_not_read_is_not_complete() -> None:
    api = Api([record(number, age=HOUR + number) for number in range(9)], page_size=4)
    rows = [record(10, age=2 * HOUR)]
    api.override = lambda request: reply({}, 400) if "archive" in request.path else None
    one = OneSync(Messages(), api.client(), state=YESTERDAY)
    state = one.run().states[-1]
    archive_of(rows, api)

    assert one.sync.status is Status.FAILED
    assert "until" in state
    assert OneSync(Messages(), api.client(), state=state).run().ids[-1] == "r10"


def test_objects_without_an_archive_are_not_searched_there() -> None:
    api = Api([record(1, age=HOUR)])
    OneSync(Notes(), api.client(), state=YESTERDAY).run()
    assert not api.requests_of("archive")

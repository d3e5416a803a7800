"""Receipts: what was read of a window is compared with what the source counts in it."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from source_kustomer.engine import receipts, window_tasks
from source_kustomer.engine.stream_sync import Status
from source_kustomer.errors import IncompleteWindow
from source_kustomer.kustomer import total_hits
from source_kustomer.kustomer.transport import Answer, Request
from source_kustomer.streams.conversations import Messages
from source_kustomer.timestamps import SECOND
from unit_tests.engine.api import Api, page_of, record
from unit_tests.engine.harness import NOW, OneSync
from unit_tests.in_memory import reply

HOUR = 3_600
MONTH = 30 * 86_400


def one_sync(api: Api, **settings: Any) -> OneSync:
    return OneSync(Messages(), api.client(), start=NOW - MONTH * SECOND, **settings)


def records(count: int) -> list[dict[str, Any]]:
    return [record(number, age=HOUR + number) for number in range(count)]


def test_a_quiet_sync_pays_no_request_for_its_receipt(caplog: pytest.LogCaptureFixture) -> None:
    api = Api(records(1_200))
    with caplog.at_level(logging.INFO):
        sync = one_sync(api)
        sync.run()

    assert sync.sync.status is Status.COMPLETE
    assert "messages: 1,200 counted at the source, 1,200 read" in caplog.messages
    assert sync.sync.receipt.is_counted
    assert all(request.params["pageSize"] > 1 for request in api.searches)


def test_records_that_leave_the_window_are_reported_as_changed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    api = Api(records(1_200))

    def update(request: Request) -> Answer | None:
        if len(api.searches) == 2:
            for gone in api.records[:3]:
                gone.update(record(int(gone["id"][1:]), age=-2))
        return None

    api.override = update
    with caplog.at_level(logging.INFO):
        sync = one_sync(api)
        output = sync.run()

    assert sync.sync.status is Status.COMPLETE
    assert len(set(output.ids)) == 1_197
    (line,) = [text for text in caplog.messages if text.startswith("messages: ")]
    assert line == ("messages: 1,200 counted at the source, 1,197 read, 3 changed during the sync")


def hide_second_page(api: Api, *, times: int) -> None:
    """Let a page in the middle lack its rows, though it is well formed, some times."""
    left = times

    def hide(request: Request) -> Answer | None:
        nonlocal left
        answer = api.search(request) if request.method == "POST" else None
        is_in_the_middle = len(api.searches) % 4 == 2 and request.params["pageSize"] > 1
        if answer is None or not is_in_the_middle or not left:
            return answer
        left -= 1
        rows = sorted(api.records, key=lambda row: row["attributes"]["updatedAt"])
        return page_of(rows[498:499] + rows[999:1_001], request)  # the anchor, then a hole

    api.override = hide


def test_a_window_with_a_hole_is_read_once_more() -> None:
    api = Api(records(1_700))
    hide_second_page(api, times=1)

    sync = one_sync(api)
    output = sync.run()

    assert sync.sync.status is Status.COMPLETE
    assert len(set(output.ids)) == 1_700


def test_a_window_that_stays_incomplete_fails_with_both_numbers_and_counts_as_not_read() -> None:
    api = Api(records(1_700))
    api.records = api.records[:-7]
    api.override = lambda request: (
        with_total(api.search(request), lambda total: total + 7)
        if request.method == "POST"
        else None
    )
    sync = one_sync(api)
    output = sync.run()

    assert isinstance(sync.sync.failure, IncompleteWindow)
    assert (sync.sync.failure.read, sync.sync.failure.counted) == (1_693, 1_700)
    assert all(state.get("done", []) == [] for state in output.states[-1:])


def with_total(answer: Answer, total: Callable[[int], int | None]) -> Answer:
    """Return a search's answer with another count."""
    body = json.loads(answer.content)
    body["meta"]["total"] = total(body["meta"]["total"])
    return reply(body)


@pytest.mark.parametrize("total", [None, 10_000])
def test_windows_without_a_count_are_reported_as_not_counted(
    total: int | None, caplog: pytest.LogCaptureFixture
) -> None:
    api = Api(records(700))

    api.override = lambda request: (
        with_total(api.search(request), lambda _: total) if request.method == "POST" else None
    )
    with caplog.at_level(logging.INFO):
        sync = one_sync(api)
        output = sync.run()

    assert len(set(output.ids)) == 700
    assert not sync.sync.receipt.is_counted
    assert "messages: 700 read that the source did not count" in caplog.messages


def test_a_count_that_is_far_too_high_leads_to_few_requests() -> None:
    api = Api(records(500))
    api.override = lambda request: (
        with_total(api.search(request), lambda total: 10**18 if total else 0)
        if request.method == "POST"
        else None
    )

    sync = one_sync(api)
    output = sync.run()

    assert len(set(output.ids)) == 500
    assert isinstance(sync.sync.failure, IncompleteWindow), "the count is not reached"
    assert len(api.searches) < 100


@pytest.mark.parametrize("is_tracked", [False, True])
def test_a_window_whose_count_is_capped_is_cut_until_its_pieces_are_counted(
    is_tracked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (receipts, total_hits, window_tasks):
        monkeypatch.setattr(module, "MAX_RECORDS", 1_500)
    api = Api(records(6_000))

    def search(request: Request) -> Answer | None:
        if request.method == "GET":
            return None
        if is_tracked and "trackTotalHits" in request.params:
            return api.search(request)
        return with_total(api.search(request), lambda total: min(total or 0, 1_500))

    api.override = search
    sync = one_sync(api)
    monkeypatch.setattr(sync.sync.sync.pool, "vacancies", lambda *_: 0)  # no cut by pages
    output = sync.run()

    assert sync.sync.status is Status.COMPLETE
    assert len(output.ids) == len(set(output.ids)) == 6_000
    assert len(api.searches) <= 24
    assert sync.sync.receipt.is_counted
    assert sum(b'"lt"' in (one.body or b"") for one in api.searches) > 5

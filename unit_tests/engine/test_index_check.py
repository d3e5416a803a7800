"""The search index is compared with the list of customers, which does not use it."""

import logging
from typing import Any

import pytest

from source_kustomer.engine.index_check import stale_since
from source_kustomer.kustomer.transport import Answer, Request
from source_kustomer.sync.cursor import CoverageCursor
from source_kustomer.sync.state import parse_state
from source_kustomer.timestamps import DAY, MINUTE, SECOND, format_timestamp
from unit_tests.engine.api import Api, record, updated_at
from unit_tests.engine.harness import LOOKBACK, NOW
from unit_tests.in_memory import reply

HOUR = 3_600 * SECOND
BEFORE = NOW - LOOKBACK


def api_of(count: int, *, indexed_until: int = NOW, honours_filter: bool = True) -> Api:
    """Return an API with a customer updated every minute, whose index ends at a timestamp."""
    customers = [record(number, age=60 * number) for number in range(count)]
    api = Api([row for row in customers if updated_at(row) < indexed_until])

    def listed(request: Request) -> Answer | None:
        if request.path != "/customers":
            return None
        rows = customers
        if honours_filter and "filter[updatedAt][lt]" in request.params:
            rows = [row for row in customers if updated_at(row) < BEFORE]
        return reply({"data": rows[:100]})

    api.override = listed
    api.lists = {f"/customers/{row['id']}": [row] for row in customers}
    return api


@pytest.mark.parametrize("honours_filter", [True, False])
def test_an_index_that_is_up_to_date_costs_two_requests(honours_filter: bool) -> None:
    api = api_of(300, honours_filter=honours_filter)

    assert stale_since(api.client(), before=BEFORE) is None
    assert len(api.transport.requests) == 2


def test_customers_that_may_have_left_the_search_for_the_archive_show_nothing() -> None:
    recent = [record(number, age=60 * number) for number in (20, 30)]
    old = record(1_000, age=800 * 86_400)
    api = Api(recent)
    api.override = lambda request: (
        reply({"data": [*recent, old]}) if request.path == "/customers" else None
    )
    api.lists = {f"/customers/{old['id']}": [old]}

    assert stale_since(api.client(), before=BEFORE) is None


@pytest.mark.parametrize("honours_filter", [True, False])
def test_a_stale_index_lacks_changes_from_its_oldest_missing_customer_on(
    honours_filter: bool,
) -> None:
    stalled = NOW - 40 * MINUTE
    api = api_of(300, indexed_until=stalled, honours_filter=honours_filter)

    assert stale_since(api.client(), before=BEFORE) == stalled


def test_an_index_that_stalled_before_all_listed_customers_is_stale_at_least_since_then() -> None:
    api = api_of(300, indexed_until=NOW - 5 * HOUR)

    stale = stale_since(api.client(), before=BEFORE)

    assert stale == min(updated_at(record(number, age=60 * number)) for number in range(11, 111))


def test_a_customer_that_was_updated_since_is_not_a_sign_of_a_stale_index() -> None:
    api = api_of(300)
    moved = next(row for row in api.records if row["id"] == "r30")
    moved["attributes"] = record(30, age=-5)["attributes"]
    api.records.remove(moved)
    api.lists["/customers/r30"] = [record(30, age=-5)]

    assert stale_since(api.client(), before=BEFORE) is None


def test_a_customer_that_was_deleted_since_is_not_a_sign_of_a_stale_index() -> None:
    api = api_of(300)
    api.records = [row for row in api.records if row["id"] != "r30"]
    del api.lists["/customers/r30"]

    assert stale_since(api.client(), before=BEFORE) is None


@pytest.mark.parametrize("answer", [reply({}, 403), reply({}, 404), reply({}, 400)])
def test_a_list_that_is_not_permitted_is_logged_once(
    answer: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    api = api_of(300)
    api.override = lambda request: answer if request.path == "/customers" else None

    with caplog.at_level(logging.INFO):
        assert stale_since(api.client(), before=BEFORE) is None

    assert caplog.text.count("The search index cannot be checked") == 1
    assert api.searches == []


def test_a_list_that_does_not_sort_is_not_compared(caplog: pytest.LogCaptureFixture) -> None:
    api = api_of(300)
    rows = [record(3, age=5_000), record(1, age=3_000), record(2, age=4_000)]
    api.override = lambda request: reply({"data": rows}) if request.path == "/customers" else None

    with caplog.at_level(logging.INFO):
        assert stale_since(api.client(), before=BEFORE) is None

    assert "does not sort by update time" in caplog.text


def cursor(state: dict[str, Any], *, end: int, index_end: int | None) -> CoverageCursor:
    return CoverageCursor(
        "updated_at",
        found=parse_state("messages", "updated_at", state),
        start=NOW - 100 * HOUR,
        end=end,
        lookback=LOOKBACK,
        emit=lambda state: None,
        index_end=index_end,
    )


def test_nothing_beyond_a_stale_index_counts_as_read_until_it_has_caught_up() -> None:
    stalled = NOW - 3 * HOUR
    state: dict[str, Any] = {"updated_at": format_timestamp(NOW - 4 * HOUR)}
    for hours in range(3):  # syncs while the index stalls
        one = cursor(state, end=NOW + hours * HOUR, index_end=stalled)
        for start, end in list(one.gaps()):
            one.close(start, end, rows=1)
        state = one.state()
        assert state == {"updated_at": format_timestamp(stalled)}

    recovered = cursor(state, end=NOW + 5 * HOUR, index_end=None)

    assert list(recovered.gaps()) == [(stalled - LOOKBACK, NOW + 5 * HOUR)]


def test_an_index_that_ends_before_the_state_moves_the_state_back() -> None:
    stalled = NOW - 3 * HOUR

    one = cursor({"updated_at": format_timestamp(NOW)}, end=NOW + HOUR, index_end=stalled)
    for start, end in list(one.gaps()):
        one.close(start, end, rows=1)

    assert not one.is_in_future
    assert one.state() == {"updated_at": format_timestamp(stalled)}


@pytest.mark.parametrize("attribute", ["updatedAt", "createdAt"])
def test_customers_that_only_the_archive_has_are_no_sign_of_a_stale_index(attribute: str) -> None:
    old = {attribute: format_timestamp(NOW - 800 * DAY)}
    customers = [record(1, age=3_600), record(2, age=7_200, **old)]
    api = Api(customers[:1])
    api.override = lambda request: (
        reply({"data": customers}) if request.path == "/customers" else None
    )

    assert stale_since(api.client(), before=BEFORE) is None
    assert len(api.transport.requests) == 2


def test_a_search_that_does_not_sort_cannot_be_compared(caplog: pytest.LogCaptureFixture) -> None:
    api = api_of(300)
    rows = api.records[1:3] + api.records[:1]
    api_override = api.override
    api.override = lambda request: (
        reply({"data": rows}) if request.method == "POST" else api_override(request)
    )

    assert stale_since(api.client(), before=BEFORE) is None
    assert any("could not be checked" in one for one in caplog.messages)

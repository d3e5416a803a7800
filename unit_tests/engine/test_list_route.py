"""Customers are read from `GET /customers` next to the search, in large loads, without a loss."""

import json
import random
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from source_kustomer.engine import list_route
from source_kustomer.engine.stream_sync import Status
from source_kustomer.errors import NotAuthorised
from source_kustomer.kustomer.transport import Answer, Request
from source_kustomer.streams.customers import Customers
from source_kustomer.timestamps import DAY, SECOND, format_timestamp, parse_timestamp
from unit_tests.engine.api import Api, page_of, record, updated_at
from unit_tests.engine.harness import NOW, OneSync
from unit_tests.in_memory import reply

HOUR = 3_600
PATH = "/customers"
PAGE = 20
"""Records per page of the list and of the search."""
Row = dict[str, Any]


class CustomersApi(Api):
    """Customers in a search index and in a list that filters and sorts."""

    def __init__(self, records: list[Row], **settings: Any) -> None:
        super().__init__(records, page_size=PAGE, **settings)
        self.change: Callable[[list[Row], Request], list[Row]] = lambda rows, request: rows
        """Changes what the list finds."""

    @property
    def listed(self) -> list[Request]:
        return [one for one in self.transport.requests if one.method == "GET"]

    def _list(self, request: Request) -> Answer:
        return self.list(request)

    def search(self, request: Request) -> Answer:
        if "archive" in request.path:
            return page_of([], request)
        assert request.body is not None
        body = json.loads(request.body)
        found = [row for row in self.records if meets(row, body.get("and", []))]
        if not body["includeDeleted"]:
            found = [row for row in found if not row["attributes"]["deleted"]]
        sort = "createdAt" if "customer_created_at" in body["sort"][0] else "updatedAt"
        found.sort(key=lambda row: row["attributes"][sort])
        return page_of(found, request, PAGE)

    def list(self, request: Request) -> Answer:
        """Answer `GET /customers`."""
        bounds = {
            name: parse_timestamp(text)
            for name, text in request.params.items()
            if name.startswith("filter")
        }
        since = bounds["filter[updatedAt][gte]"] or 0
        before = bounds.get("filter[updatedAt][lt]") or 1 << 62
        found = [
            row
            for row in self.records
            if since <= updated_at(row) < before and not row["attributes"]["deleted"]
        ]
        found.sort(key=updated_at, reverse=request.params["sort"] == "-updatedAt")
        return page_of(self.change(found, request), request, PAGE)


def meets(row: Row, conditions: list[Mapping[str, Mapping[str, Any]]]) -> bool:
    for condition in conditions:
        ((attribute, tests),) = condition.items()
        ((operator, wanted),) = tests.items()
        if attribute == "customer_deleted":
            if row["attributes"]["deleted"] != wanted:
                return False
            continue
        value = row["attributes"]["createdAt" if "created" in attribute else "updatedAt"]
        if (value < wanted) if operator == "gte" else (value >= wanted):
            return False
    return True


def customers(count: int, *, deleted: int = 25) -> list[Row]:
    """Return customers over 300 days; one in several is deleted."""
    rows = []
    for number in range(count):
        at = NOW - HOUR * SECOND - (number * 300 * DAY // count) // 1000 * 1000
        row = record(number, deleted=bool(deleted) and number % deleted == 0, rev=1)
        row["attributes"]["updatedAt"] = format_timestamp(at)
        rows.append(row)
    return rows


def synced(
    api: Api, *, seed: int = 1, status: Status = Status.COMPLETE, **settings: Any
) -> OneSync:
    sync = OneSync(
        Customers(), api.client(), start=NOW - 310 * DAY, seed=seed, eager=True, **settings
    )
    sync.run()
    assert sync.sync.status is status
    return sync


def assert_complete(sync: OneSync, api: CustomersApi) -> None:
    assert set(sync.output.ids) == {row["id"] for row in api.records}
    rows = {row["id"]: row for row in sync.output.rows}
    assert all(rows[one["id"]]["deleted"] == one["attributes"]["deleted"] for one in api.records)
    assert sync.output.states[-1].keys() == {"updated_at"}


def test_a_large_load_is_read_from_both(caplog: pytest.LogCaptureFixture) -> None:
    api = CustomersApi(customers(3_000))

    sync = synced(api)

    assert_complete(sync, api)
    assert len(sync.output.ids) <= 3_000 + 60, "hardly a record twice"
    assert len(api.listed) > 60
    assert len(api.searches) < 120
    assert sync.sync.receipt.is_counted


def test_a_small_load_and_a_quiet_sync_do_not_request_the_list() -> None:
    api = CustomersApi(customers(PAGE * list_route.WORTHWHILE_PAGES))
    sync = synced(api)
    assert_complete(sync, api)
    synced(api, state=sync.output.states[-1])

    assert api.listed == []


def test_without_deleted_records_in_the_configuration_none_are_read() -> None:
    api = CustomersApi(customers(3_000))

    sync = synced(api, include_deleted=False)

    assert len(set(sync.output.ids)) == 3_000 - 120
    assert len(api.listed) > 60
    assert not any(b"customer_deleted" in (one.body or b"") for one in api.searches)


def unsorted(rows: list[Row], request: Request) -> list[Row]:
    return random.Random(len(rows)).sample(rows, len(rows))


def sorted_one_way(rows: list[Row], request: Request) -> list[Row]:
    return sorted(rows, key=updated_at)


def without_attribute(rows: list[Row], request: Request) -> list[Row]:
    return [
        {**row, "attributes": {k: v for k, v in row["attributes"].items() if k != "rev"}}
        for row in rows
    ]


def without_many(rows: list[Row], request: Request) -> list[Row]:
    return [row for row in rows if int(row["id"][1:]) % 10]


@pytest.mark.parametrize("change", [unsorted, sorted_one_way, without_attribute, without_many])
def test_a_list_that_differs_from_the_search_is_not_used(
    change: Callable[[list[Row], Request], list[Row]], caplog: pytest.LogCaptureFixture
) -> None:
    api = CustomersApi(customers(3_000))
    api.change = change

    sync = synced(api)

    assert_complete(sync, api)
    assert caplog.text.count("is not used next to the search") == 1
    assert len(api.listed) <= 3


def refused(request: Request, status: int) -> Answer | None:
    return reply({"errors": [{"title": "no"}]}, status) if request.method == "GET" else None


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_list_that_is_refused_is_not_used(status: int, caplog: pytest.LogCaptureFixture) -> None:
    api = CustomersApi(customers(3_000), override=lambda request: refused(request, status))

    sync = synced(api)

    assert_complete(sync, api)
    assert caplog.text.count("is not used next to the search") == 1


def ignores_filters(request: Request) -> Request:
    bounds = {name: text for name, text in request.params.items() if not name.startswith("filter")}
    bounds["filter[updatedAt][gte]"] = format_timestamp(0)
    return Request("GET", request.path, bounds)


def cut_to_seconds(request: Request) -> Request:
    params = {
        name: f"{str(text)[:19]}.000Z" if name.startswith("filter") else text
        for name, text in request.params.items()
    }
    return Request("GET", request.path, params)


@pytest.mark.parametrize("reading", [ignores_filters, cut_to_seconds])
def test_a_list_that_does_not_filter_exactly_is_not_used(
    reading: Callable[[Request], Request], caplog: pytest.LogCaptureFixture
) -> None:
    api = CustomersApi(customers(3_000))
    api.override = lambda request: api.list(reading(request)) if request.method == "GET" else None

    sync = synced(api)

    assert_complete(sync, api)
    assert caplog.text.count("is not used next to the search") == 1


@pytest.mark.parametrize("change", [unsorted, without_many])
@pytest.mark.parametrize("seed", range(5))
def test_a_list_that_goes_wrong_in_the_middle_costs_no_rows(
    change: Callable[[list[Row], Request], list[Row]], seed: int
) -> None:
    api = CustomersApi(customers(3_000))
    api.change = lambda rows, request: change(rows, request) if len(api.listed) > 20 else rows

    sync = synced(api, seed=seed)

    assert_complete(sync, api)


def test_a_list_that_is_refused_in_the_middle_costs_no_rows(
    caplog: pytest.LogCaptureFixture,
) -> None:
    api = CustomersApi(customers(3_000))
    api.override = lambda request: refused(request, 403) if len(api.listed) > 20 else None

    sync = synced(api)

    assert_complete(sync, api)
    assert caplog.text.count("is not used next to the search") == 1


def test_a_key_that_expires_while_the_list_is_read_fails_the_stream() -> None:
    api = CustomersApi(customers(3_000))
    api.override = lambda request: (
        reply({"errors": [{"title": "Expired token"}]}, 401) if len(api.listed) > 20 else None
    )

    sync = synced(api, status=Status.FAILED)

    assert isinstance(sync.sync.failure, NotAuthorised)


def test_a_search_that_does_not_select_deleted_records_ends_the_route(
    caplog: pytest.LogCaptureFixture,
) -> None:
    api = CustomersApi(customers(3_000))
    api.override = lambda request: (
        reply({"errors": [{"title": "unknown attribute"}]}, 400)
        if b"customer_deleted" in (request.body or b"")
        else None
    )

    sync = synced(api)

    assert_complete(sync, api)
    assert "does not select deleted records" in caplog.text


def test_the_route_needs_no_such_condition_where_nothing_is_deleted() -> None:
    api = CustomersApi(customers(3_000, deleted=0))
    api.override = lambda request: (
        reply({"errors": [{"title": "unknown attribute"}]}, 400)
        if b"customer_deleted" in (request.body or b"")
        else None
    )

    sync = synced(api)

    assert_complete(sync, api)
    assert len(api.listed) > 60


@pytest.mark.parametrize("total", [None, 10_000])
def test_the_route_needs_counts(total: int | None, caplog: pytest.LogCaptureFixture) -> None:
    api = CustomersApi(customers(3_000))

    def capped(request: Request) -> Answer | None:
        if request.method == "GET":
            return None
        body = json.loads(api.search(request).content)
        body["meta"]["total"] = total
        return reply(body)

    api.override = capped
    sync = synced(api)

    assert_complete(sync, api)
    assert len(api.listed) <= 3


@pytest.mark.parametrize("seed", range(3))
def test_more_records_of_one_timestamp_than_a_page_are_searched(seed: int) -> None:
    api = CustomersApi(customers(3_000))
    for number, row in enumerate(api.records[1_000:1_100]):
        row["attributes"]["updatedAt"] = api.records[1_050]["attributes"]["updatedAt"]
        row["attributes"]["createdAt"] = format_timestamp(NOW - number * DAY)

    sync = synced(api, seed=seed)

    assert_complete(sync, api)
    assert len(api.listed) > 20


def test_a_deletion_that_does_not_move_the_timestamp_is_found_while_the_list_is_read() -> None:
    api = CustomersApi(customers(3_000))
    late = api.records[5]

    def delete(request: Request) -> Answer | None:
        if len(api.listed) == 20:
            late["attributes"]["deleted"] = True
        return None

    api.override = delete
    sync = synced(api)

    assert_complete(sync, api)

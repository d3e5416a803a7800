"""A large load of customers through `GET /customers` and the search, over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from integration_tests.connector import ALL_SEARCHES, UNLIMITED, Connector, Message
from integration_tests.reliability.destination import Destination
from kustomer_sandbox import Sandbox

CUSTOMERS = 2_500
PAGE = 50
LIST_PAGE = 10


def sandbox_of(**settings: Any) -> Sandbox:
    return Sandbox(
        0,
        seed=21,
        counts={"customers": CUSTOMERS},
        since="2026-02-01T00:00:00Z",
        max_page_size=PAGE,
        max_list_page=LIST_PAGE,
        **UNLIMITED,
        **settings,
    )


def listed(sandbox: Sandbox) -> int:
    """Requests for the list of customers, those of the index check left out."""
    return sum(
        entry["method"] == "GET" and entry["path"].endswith("/customers")
        for entry in sandbox.requests()
    )


def test_a_large_load_from_two_routes_is_exact_while_records_change(
    catalog: dict[str, Message], tmp_path: Path
) -> None:
    destination = Destination([catalog["customers"]])
    with sandbox_of(latency_ms=20, index_lag=0.5) as sandbox:
        config = {"api_key": sandbox.key, "start_date": "2015-01-01", **ALL_SEARCHES}
        connector = Connector(tmp_path, sandbox.url, config)
        sandbox.live(10, inserts=2, deletes=2, objects=["customers"])
        output = destination.sync(connector)
        assert "is read next to the search" in output.stdout
        assert listed(sandbox) > 50
        sandbox.quiet()
        sandbox.control(index_lag=0.0)
        sandbox.forget_requests()
        destination.sync(connector)
        assert listed(sandbox) <= 2, "a small sync does not use the list"
        destination.assert_is_exact(sandbox, some=CUSTOMERS)


@pytest.mark.parametrize("value", ["seconds", "ignored", "refused"])
def test_a_list_that_does_not_obey_is_not_used(
    value: str, catalog: dict[str, Message], tmp_path: Path
) -> None:
    destination = Destination([catalog["customers"]])
    with sandbox_of(dialect={"customers-list": value}) as sandbox:
        config = {"api_key": sandbox.key, "start_date": "2015-01-01", **ALL_SEARCHES}
        output = destination.sync(Connector(tmp_path, sandbox.url, config))
        assert output.stdout.count("is not used next to the search") == 1
        destination.assert_is_exact(sandbox, some=CUSTOMERS)

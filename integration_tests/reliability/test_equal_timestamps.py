"""Bulk imports give thousands of records one update time, in another order at every call."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from integration_tests.connector import UNLIMITED, Connector, Message, Output
from integration_tests.reliability.destination import Comparison, Destination
from kustomer_sandbox import Sandbox

PAGE = 500
DENSE = "2026-03-03T03:03:03.333Z"
GROUPS = {"2026-01-01T00:00:00.000Z": 300, "2026-02-02T00:00:00.000Z": PAGE} | {
    "2026-03-01T00:00:00.000Z": PAGE + 1
}


@dataclass(frozen=True)
class Synced:
    """One sync of everything, and what it asked."""

    destination: Destination
    comparisons: dict[str, Comparison]
    older_customers: set[str]
    output: Output
    requests: list[Message]

    def searches(self, context: str) -> int:
        """How many searches there were for an object."""
        return sum(request.get("context") == context for request in self.requests)


@pytest.fixture(scope="module")
def synced(
    chaos: bool, catalog: dict[str, Message], tmp_path_factory: pytest.TempPathFactory
) -> Synced:
    streams = ("messages", "conversations", "kobjects", "customers", "teams")
    counts = dict.fromkeys(streams, 50) | {"messages": 40_000 if chaos else 4_000}
    with Sandbox(
        0, seed=21, counts=counts, since="2025-06-01", until="2026-06-01", **UNLIMITED
    ) as sandbox:
        for moment, count in GROUPS.items():
            sandbox.ties("messages", count, moment)
        sandbox.ties("conversations", 12_000, DENSE)
        sandbox.ties("kobjects", 9_900 if chaos else 1_200, DENSE, same_created=True)
        sandbox.ties("customers", 10_001, DENSE, same_created=True)
        sandbox.forget_requests()
        # One reader: no window is cut, which would cost half a page each time.
        config = {"api_key": sandbox.key, "start_date": "2015-01-01", "num_workers": 1}
        connector = Connector(tmp_path_factory.mktemp("ties"), sandbox.url, config)
        destination = Destination(catalog[stream] for stream in streams)
        output = destination.sync(connector, succeeds=False)
        stamps = sandbox.truth_stamps("customers")
        return Synced(
            destination,
            {name: destination.compare(sandbox, name) for name in streams if name != "customers"},
            {id_ for id_, stamp in stamps.items() if stamp is not None and stamp < DENSE},
            output,
            sandbox.requests(),
        )


def test_groups_around_a_page_arrive_whole_and_cost_next_to_nothing(synced: Synced) -> None:
    comparison = synced.comparisons["messages"]
    assert comparison.is_exact, comparison
    ideal = math.ceil(comparison.records / PAGE)
    print(f"{synced.searches('message')} searches for {comparison}, ideally {ideal}")
    # What a group larger than a page costs besides does not grow with what is read.
    assert synced.searches("message") <= 1.01 * ideal + 2 * len(GROUPS)


def test_twelve_thousand_records_of_one_update_time_all_arrive(synced: Synced) -> None:
    comparison = synced.comparisons["conversations"]
    assert comparison.is_exact, comparison
    print(f"{synced.searches('conversation')} searches for {comparison}")
    assert synced.searches("conversation") <= 1.25 * math.ceil(comparison.records / PAGE)


def test_records_that_nothing_distinguishes_all_arrive(synced: Synced) -> None:
    comparison = synced.comparisons["kobjects"]
    assert comparison.is_exact, comparison
    print(f"{synced.searches('kobject')} searches for {comparison}")


def test_more_of_them_than_a_search_reaches_fail_the_stream_and_nothing_is_skipped(
    synced: Synced,
) -> None:
    assert synced.output.code == 1
    [error] = [e for e in synced.output.errors if e.get("stream_descriptor")]
    assert error["stream_descriptor"]["name"] == "customers"
    assert "10,001 records" in error["message"]
    assert DENSE in error["message"]
    state = synced.destination.states["customers"]["stream"]["stream_state"]
    assert state["updated_at"] <= DENSE, "the state does not cover what was not read"
    assert synced.older_customers <= synced.destination.rows["customers"].keys()
    assert synced.older_customers


def test_the_other_streams_of_the_sync_are_complete(synced: Synced) -> None:
    for stream, comparison in synced.comparisons.items():
        assert comparison.is_exact, f"{stream}: {comparison}"
        state = synced.destination.states[stream]["stream"]["stream_state"]
        assert state.keys() - {"ids"} == {"updated_at"}, "a finished sync"


def test_no_query_goes_beyond_its_caps(synced: Synced) -> None:
    searches = [request for request in synced.requests if "page_size" in request]
    assert searches
    assert Counter(request["status"] for request in searches) == {200: len(searches)}
    assert all(request["page"] <= 100 for request in searches)
    assert all(request["page"] * request["page_size"] <= 10_000 for request in searches)


def test_a_smaller_page_than_asked_for_is_read_as_it_is_granted(
    catalog: dict[str, Message], tmp_path: Path
) -> None:
    """With pages of 100 the cap of 10,000 records is also the cap of 100 pages."""
    with Sandbox(0, seed=22, counts={"messages": 300}, max_page_size=100, **UNLIMITED) as sandbox:
        sandbox.ties("messages", 1_000, DENSE)
        sandbox.ties("messages", 350, "2026-04-04T00:00:00.000Z", same_created=True)
        destination = Destination([catalog["messages"]])
        config = {"api_key": sandbox.key, "start_date": "2015-01-01"}
        destination.sync(Connector(tmp_path, sandbox.url, config))
        destination.assert_is_exact(sandbox, some=1_650)
        assert all(r["status"] == 200 for r in sandbox.requests())

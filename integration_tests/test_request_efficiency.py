"""A sync sends hardly more requests than its records fill pages; counted, not timed."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from benchmarks.efficiency import PER_FIRST_SYNC, PER_SYNC, ideal, sandbox
from benchmarks.process import NINE, Cost, read
from benchmarks.scale import Simulation
from benchmarks.standin import StandinProcess


class Syncs(NamedTuple):
    first: Cost
    first_requests: int
    second: Cost
    second_requests: dict[str, int]


@pytest.fixture(scope="module")
def syncs() -> Iterator[Syncs]:
    """A first sync of the nine tables, and one after which nothing has changed."""
    with sandbox(10_000) as api:
        first = read(api.url, api.key, NINE).require_success()
        first_requests = api.stats()["requests"]
        api.forget_requests()
        second = read(api.url, api.key, NINE, states=first.last_states).require_success()
        yield Syncs(first, first_requests, second, api.stats()["requests_by_object"])


def test_a_first_sync_of_ten_thousand_records_sends_a_tenth_more_than_the_fewest_requests(syncs):
    assert syncs.first.rows > 10_000
    sent = syncs.first_requests - PER_SYNC - PER_FIRST_SYNC
    assert sent <= 1.10 * ideal(syncs.first.rows_by_stream)


def test_an_incremental_sync_that_finds_nothing_sends_a_request_per_table_and_those_of_any_sync(
    syncs,
):
    assert syncs.second_requests.keys() >= set(NINE)
    assert sum(syncs.second_requests.values()) <= len(NINE) + PER_SYNC


def test_the_fast_stand_in_serves_what_the_sandbox_would():
    with StandinProcess({"message": 3_000, "kobject_order": 700}, per_minute=1_000_000) as api:
        cost = read(api.url, api.key, ["messages", "kobject_order"]).require_success()
        stats: dict[str, Any] = api.stats()

    assert cost.rows_by_stream == {"messages": 3_000, "kobject_order": 700}
    assert stats["refused"] == 0
    assert stats["by_context"]["kobject_order"] == 2


@pytest.mark.parametrize(("per_minute", "searches"), [(300, 100), (2_000, None)])
def test_a_simulated_sync_uses_its_share_without_a_refusal(per_minute, searches):
    simulation = Simulation(300_000, per_minute, searches)

    minutes = simulation.run() / 60

    allowed = 0.8 * (searches or per_minute)
    assert simulation.refused == 0
    assert 600 <= simulation.requests <= 1.03 * 600
    assert simulation.requests <= allowed * (minutes + 1)

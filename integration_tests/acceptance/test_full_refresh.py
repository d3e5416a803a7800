"""What Airbyte asks of two full refreshes: that they agree."""

from __future__ import annotations

import json

import pytest

from integration_tests.acceptance.conftest import OBSERVED, key_of
from integration_tests.connector import Connector, Message, Output, configured


@pytest.fixture(scope="module")
def again(connector: Connector, discovered: Output, full_refresh: Output) -> Output:
    assert full_refresh.code == 0
    return connector.read(configured(discovered.streams, "full_refresh"))


def by_key(output: Output) -> dict[tuple[str, str], Message]:
    """Rows by stream and id; of observations, without what every read changes."""
    rows = {}
    for record in output.of("RECORD"):
        row = dict(record["data"])
        for name in OBSERVED.get(record["stream"], ()):
            row.pop(name)
        rows[key_of(record)] = row
    return rows


def test_the_second_read_is_later_than_the_first(full_refresh: Output, again: Output) -> None:
    first = max(record["emitted_at"] for record in full_refresh.of("RECORD"))
    assert min(record["emitted_at"] for record in again.of("RECORD")) > first


def test_the_second_read_has_every_row_of_the_first_unchanged(
    full_refresh: Output, again: Output
) -> None:
    first, second = by_key(full_refresh), by_key(again)
    assert first
    assert first.keys() == second.keys()
    differing = {
        key: (first[key], second[key])
        for key in first
        if json.dumps(first[key], sort_keys=True) != json.dumps(second[key], sort_keys=True)
    }
    assert not differing

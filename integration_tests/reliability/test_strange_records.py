"""Records and pages as they should not be: no crash, no loss, and rows that fit their schema."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from integration_tests.connector import Connector, Message
from integration_tests.reliability.destination import UNLIMITED, Destination
from kustomer_sandbox import Sandbox
from kustomer_sandbox.settings import PAGE_QUIRKS

KEY = "canary-0c6e82f9ab"
STREAMS = ("messages", "conversations", "customers", "companies", "notes", "kobjects")
REPLACED = {"lone_surrogate"}
"""Kinds of records that come changed: no text may carry a lone surrogate."""


@pytest.fixture(scope="module")
def sandbox(chaos: bool) -> Iterator[Sandbox]:
    counts = dict.fromkeys(STREAMS, 20_000 if chaos else 150)
    with Sandbox(
        0, seed=31, key=KEY, counts=counts, max_page_size=500 if chaos else 25, **UNLIMITED
    ) as sandbox:
        yield sandbox


@pytest.fixture
def destination(catalog: dict[str, Message]) -> Destination:
    return Destination(catalog[stream] for stream in STREAMS)


@pytest.fixture
def connector(sandbox: Sandbox, tmp_path: Path) -> Connector:
    return Connector(tmp_path, sandbox.url, {"api_key": KEY, "start_date": "2015-01-01"})


def assert_rows_fit(destination: Destination) -> None:
    for entry in destination.catalog["streams"]:
        stream = entry["stream"]
        validator = Draft7Validator(stream["json_schema"])
        for row in destination.rows[stream["name"]].values():
            assert not list(validator.iter_errors(row)), (stream["name"], row["id"])


def test_odd_pages_lose_nothing_and_repeat_nothing_for_ever(
    sandbox: Sandbox, destination: Destination, connector: Connector
) -> None:
    sandbox.control(page_quirks=list(PAGE_QUIRKS))
    try:
        destination.sync(connector)
    finally:
        sandbox.control(page_quirks=[])

    destination.assert_is_exact(sandbox)
    assert_rows_fit(destination)


def test_strange_records_arrive_whole_in_rows_that_fit_their_schema(
    sandbox: Sandbox, destination: Destination, connector: Connector
) -> None:
    strange = {
        stream: sandbox.strange(stream) | sandbox.strange(stream, at="2024-02-29T12:00:00.000Z")
        for stream in STREAMS
    }

    destination.sync(connector)
    output = destination.sync(connector)

    assert output.errors == []
    assert_rows_fit(destination)
    for stream, kinds in strange.items():
        comparison = destination.compare(sandbox, stream)
        replaced = {id for kind, id in kinds.items() if kind in REPLACED}
        assert comparison.absent == [], (stream, kinds)
        assert comparison.unknown == [], (stream, kinds)
        assert {id for id in comparison.stale if id in kinds.values()} == replaced, comparison
        assert len(kinds) >= 12
        for id in replaced:
            assert "a\ufffdb" in destination.rows[stream][id].values()
        assert len(str(destination.rows[stream][kinds["big"]])) > 5_000_000

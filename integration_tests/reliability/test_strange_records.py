"""Records and pages as they should not be: no crash, no loss, and rows that fit their schema."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest
from jsonschema import Draft7Validator

from integration_tests.connector import UNLIMITED, Connector, Message
from integration_tests.reliability.destination import Destination
from kustomer_sandbox import Sandbox
from kustomer_sandbox.control.settings import PAGE_QUIRKS

KEY = "canary-0c6e82f9ab"
STREAMS = ("messages", "conversations", "customers", "companies", "notes", "kobjects")
CHANGED = {
    *("lone_surrogate", "nul", "changed_type", "masked", "misspelt_external_id"),
    *("long_integer", "deep"),
}
"""Kinds of records that come changed: no text may have a lone surrogate or U+0000, a text is in a
column of texts as a list of one, a masked value is what it shows, the misspelt id has its column,
and an integer of 400 digits and a value of 300 levels are text."""


@pytest.fixture(scope="module")
def sandbox(chaos: bool) -> Iterator[Sandbox]:
    counts = dict.fromkeys(STREAMS, 20_000 if chaos else 150)
    # Deleted notes older than two years are in no search and on no list.
    since = datetime.now(timezone.utc) - timedelta(days=700)
    with Sandbox(
        0,
        seed=31,
        key=KEY,
        counts=counts,
        since=f"{since:%Y-%m-%dT%H:%M:%SZ}",
        max_page_size=500 if chaos else 25,
        **UNLIMITED,
    ) as sandbox:
        yield sandbox


@pytest.fixture
def destination(catalog: dict[str, Message]) -> Destination:
    return Destination(catalog[stream] for stream in STREAMS)


def assert_rows_fit(destination: Destination) -> None:
    for entry in destination.catalog["streams"]:
        stream = entry["stream"]
        validator = Draft7Validator(stream["json_schema"])
        for row in destination.rows[stream["name"]].values():
            assert not list(validator.iter_errors(row)), (stream["name"], row["id"])


@pytest.mark.parametrize("quirk", PAGE_QUIRKS)
def test_odd_pages_lose_nothing_and_repeat_nothing_for_ever(
    sandbox: Sandbox, destination: Destination, connector: Connector, quirk: str
) -> None:
    sandbox.control(page_quirks=[quirk])
    try:
        destination.sync(connector)
    finally:
        sandbox.control(page_quirks=[])

    destination.assert_is_exact(sandbox)
    assert_rows_fit(destination)


def test_strange_records_arrive_whole_in_rows_that_fit_their_schema(
    sandbox: Sandbox, destination: Destination, connector: Connector
) -> None:
    strange = {stream: list(sandbox.strange(stream).items()) for stream in STREAMS}
    for stream, records in strange.items():
        again = [kind for kind, _ in records if kind != "big"]
        records.extend(sandbox.strange(stream, again, at="2024-02-29T12:00:00.000Z").items())

    destination.sync(connector)
    output = destination.sync(connector)

    assert output.errors == []
    assert_rows_fit(destination)
    for stream, records in strange.items():
        assert len({kind for kind, _ in records}) >= 12
        comparison = destination.compare(sandbox, stream)
        assert (comparison.absent, comparison.unknown) == ([], []), (stream, records)
        stale = {(kind, comparison.stale[id]) for kind, id in records if id in comparison.stale}
        assert {kind for kind, _ in stale} <= CHANGED, stale
        for kind, id in records:
            row = destination.rows[stream][id]
            if kind in {"lone_surrogate", "nul"}:
                assert "a\ufffdb" in row.values()
            elif kind == "changed_type":
                assert row["misfit_values"].get("rev", row.get("rev")) == "seven"
            elif kind == "long_integer":
                assert row["misfit_values"]["rev"] == "9" * 400
            elif kind == "deep":
                assert row["brand_new_attribute"] is None
                assert row["misfit_values"]["brand_new_attribute"].startswith("[" * 150)
            elif kind == "masked":
                assert row["name"] == "********"
            elif kind == "big":
                assert len(str(row)) > 5_000_000

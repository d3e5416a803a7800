"""What Airbyte asks of a read: every stream, every row, every status."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest
from airbyte_cdk.models import AirbyteMessageSerializer, ConfiguredAirbyteCatalogSerializer
from airbyte_cdk.test.standard_tests._read_assertions import assert_read_records

from integration_tests.connector import Connector, Output, configured
from kustomer_sandbox import Sandbox

TABLES = ("conversations", "customers", "messages", "notes", "kobjects")
LISTS = ("shortcuts", "tags", "teams", "users")


def test_a_read_ends_well_without_errors(full_refresh: Output) -> None:
    assert full_refresh.errors == []
    assert full_refresh.code == 0


def test_every_stream_yields_rows_and_every_row_validates(
    discovered: Output, full_refresh: Output
) -> None:
    catalog = ConfiguredAirbyteCatalogSerializer.load(configured(discovered.streams))
    records = (m for m in full_refresh.messages if m["type"] == "RECORD")
    assert_read_records(
        records=(AirbyteMessageSerializer.load(record) for record in records),
        configured_catalog=catalog,
        require_records_per_stream=True,
        validate_schema=True,
    )


def test_no_row_has_a_column_that_its_schema_does_not_declare(
    discovered: Output, full_refresh: Output
) -> None:
    for stream in discovered.streams:
        declared = set(stream["json_schema"]["properties"])
        undeclared = {
            column for row in full_refresh.rows(stream["name"]) for column in row.keys() - declared
        }
        assert not undeclared, stream["name"]


def test_every_row_has_a_key_of_its_own(discovered: Output, full_refresh: Output) -> None:
    for stream in discovered.streams:
        ids = [row["id"] for row in full_refresh.rows(stream["name"])]
        assert all(isinstance(one, str) and one for one in ids), stream["name"]
        assert len(set(ids)) == len(ids), stream["name"]


@pytest.mark.parametrize("stream", [*TABLES, *LISTS])
def test_the_rows_are_exactly_the_records_there_are(
    sandbox: Sandbox, full_refresh: Output, stream: str
) -> None:
    rows = {row["id"]: row["updated_at"] for row in full_refresh.rows(stream)}
    assert rows == sandbox.truth_stamps(stream)


def test_every_stream_reports_that_it_started_runs_and_is_complete(
    discovered: Output, full_refresh: Output
) -> None:
    statuses = defaultdict(list)
    for trace in full_refresh.of("TRACE"):
        if trace["type"] == "STREAM_STATUS":
            status = trace["stream_status"]
            statuses[status["stream_descriptor"]["name"]].append(status["status"])
    assert set(statuses) == {stream["name"] for stream in discovered.streams}
    for name, reported in statuses.items():
        assert reported[0] == "STARTED", name
        assert reported[-1] == "COMPLETE", name
        assert set(reported[1:-1]) == {"RUNNING"}, name


def test_every_stream_ends_with_a_state_of_its_own(
    discovered: Output, full_refresh: Output
) -> None:
    states = full_refresh.of("STATE")
    assert {state["type"] for state in states} == {"STREAM"}
    names = {state["stream"]["stream_descriptor"]["name"] for state in states}
    assert names == {stream["name"] for stream in discovered.streams}


def test_the_states_count_the_rows(full_refresh: Output) -> None:
    counted: Counter[str] = Counter()
    for state in full_refresh.of("STATE"):
        name = state["stream"]["stream_descriptor"]["name"]
        counted[name] += int(state["sourceStats"]["recordCount"])
    rows = Counter(record["stream"] for record in full_refresh.of("RECORD"))
    assert counted == rows


def test_a_catalog_with_nonsense_ends_with_one_error(connector: Connector) -> None:
    nonsense = {
        "stream": {
            "name": "__AIRBYTE__stream_that_does_not_exist",
            "json_schema": {"type": "object", "properties": {"f1": {"type": "string"}}},
            "supported_sync_modes": ["full_refresh"],
        },
        "sync_mode": "INVALID",
        "destination_sync_mode": "INVALID",
    }
    output = connector.read({"streams": [nonsense]})
    assert len(output.errors) == 1
    assert output.code != 0

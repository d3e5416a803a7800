"""What Airbyte asks of the catalog."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from integration_tests.connector import Message, Output
from integration_tests.snapshots.__main__ import TESTS

AIRBYTE_TYPES = {"string", "number", "integer", "boolean", "object", "array", "null"}


@pytest.fixture(scope="module")
def streams(discovered: Output) -> list[Message]:
    return discovered.streams


def subschemas(schema: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(schema, dict):
        return
    yield schema
    for inner in schema.get("properties", {}).values():
        yield from subschemas(inner)
    yield from subschemas(schema.get("items"))


def types_of(schema: dict[str, Any]) -> set[str]:
    kinds = schema.get("type", [])
    return set(kinds) if isinstance(kinds, list) else {kinds}


def test_discover_gives_one_catalog_and_ends_well(discovered: Output) -> None:
    assert len(discovered.of("CATALOG")) == 1
    assert discovered.code == 0


def test_there_are_streams_and_their_names_are_unique(streams: list[Message]) -> None:
    names = [stream["name"] for stream in streams]
    assert names
    assert len(set(names)) == len(names)


def test_every_schema_is_valid(streams: list[Message]) -> None:
    for stream in streams:
        assert stream["json_schema"]["$schema"] == "http://json-schema.org/draft-07/schema#"
        jsonschema.Draft7Validator.check_schema(stream["json_schema"])


def incremental(streams: list[Message]) -> list[Message]:
    return [stream for stream in streams if "incremental" in stream["supported_sync_modes"]]


def test_every_cursor_is_a_column_with_time_stamps(streams: list[Message]) -> None:
    assert incremental(streams)
    for stream in incremental(streams):
        (cursor,) = stream["default_cursor_field"]
        assert stream["json_schema"]["properties"][cursor]["format"] == "date-time", stream["name"]
        assert stream["source_defined_cursor"] is True


def test_every_primary_key_is_a_column_with_text(streams: list[Message]) -> None:
    for stream in streams:
        assert stream["source_defined_primary_key"] == [["id"]], stream["name"]
        assert types_of(stream["json_schema"]["properties"]["id"]) - {"null"} == {"string"}


def test_every_stream_supports_full_refresh(streams: list[Message]) -> None:
    for stream in streams:
        assert "full_refresh" in stream["supported_sync_modes"], stream["name"]
        assert set(stream["supported_sync_modes"]) <= {"full_refresh", "incremental"}


def test_a_stream_without_a_cursor_supports_full_refresh_only_and_offers_no_resumption(
    streams: list[Message],
) -> None:
    for stream in streams:
        if stream not in incremental(streams):
            assert not stream.get("default_cursor_field"), stream["name"]
            assert not stream.get("source_defined_cursor"), stream["name"]
            assert not stream.get("is_resumable"), stream["name"]


def test_all_large_objects_support_incremental(streams: list[Message]) -> None:
    large = {"conversations", "customers", "messages", "notes", "kobjects"}
    assert large <= {stream["name"] for stream in incremental(streams)}


def test_schemas_use_no_references_and_no_combinations(streams: list[Message]) -> None:
    for stream in streams:
        for schema in subschemas(stream["json_schema"]):
            assert not schema.keys() & {"$ref", "allOf", "anyOf", "oneOf", "not"}, stream["name"]


def test_schemas_allow_additional_properties(streams: list[Message]) -> None:
    for stream in streams:
        assert stream["json_schema"]["additionalProperties"] is True
        for schema in subschemas(stream["json_schema"]):
            assert schema.get("additionalProperties", True) is True


def test_schemas_use_the_types_and_formats_that_airbyte_knows(streams: list[Message]) -> None:
    for stream in streams:
        for schema in subschemas(stream["json_schema"]):
            assert types_of(schema) <= AIRBYTE_TYPES
            assert len(types_of(schema) - {"null"}) <= 1, stream["name"]
            if schema.get("format"):
                assert schema["format"] in ("date", "date-time")
            if schema.get("format") == "date-time":
                assert schema.get("airbyte_type", "timestamp_with_timezone") in (
                    "timestamp_with_timezone",
                    "timestamp_without_timezone",
                )


def test_every_column_has_a_description(streams: list[Message]) -> None:
    for stream in streams:
        for name, column in stream["json_schema"]["properties"].items():
            assert column.get("description"), f"{stream['name']}.{name}"


def test_no_stream_and_no_column_that_users_have_is_gone_or_has_another_type(
    streams: list[Message],
) -> None:
    recorded = json.loads((TESTS / "snapshots/catalog.json").read_text())["streams"]
    now = {stream["name"]: stream for stream in streams}
    for old in recorded:
        stream = now[old["name"]]
        assert set(old["supported_sync_modes"]) <= set(stream["supported_sync_modes"]), old["name"]
        assert stream.get("default_cursor_field") == old.get("default_cursor_field"), old["name"]
        assert stream["source_defined_primary_key"] == old["source_defined_primary_key"]
        columns = stream["json_schema"]["properties"]
        for name, column in old["json_schema"]["properties"].items():
            assert types_of(columns[name]) == types_of(column), f"{old['name']}.{name}"
            assert columns[name].get("format") == column.get("format"), f"{old['name']}.{name}"

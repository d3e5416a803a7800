"""Every stream is declared in full."""

from __future__ import annotations

import re

import pytest
from jsonschema import Draft7Validator

from source_kustomer.engine.stream import Stream
from source_kustomer.streams import STREAMS

ROLES_UNDOCUMENTED = {"chat_settings", "notifications", "role_groups", "roles"}
"""Streams for which no source names a role."""


def test_names_are_unique() -> None:
    assert len({stream.name for stream in STREAMS}) == len(STREAMS)


@pytest.mark.parametrize("declared", STREAMS, ids=lambda stream: stream.name)
def test_a_stream_is_declared_in_full(declared: type[Stream]) -> None:
    stream = declared()
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*s", stream.name) or stream.name == "klasses"
    assert declared.__doc__
    assert all(stream.record.descriptions().values())
    schema = stream.schema(None)
    Draft7Validator.check_schema(schema)
    assert {"id", stream.cursor_field or "id"} <= schema["properties"].keys()
    assert stream.roles or stream.name in ROLES_UNDOCUMENTED
    assert stream.endpoint and stream.cost

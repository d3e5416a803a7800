"""Every stream makes a row of a resource in any form, and leaves out what it must not show."""

from typing import Any

import orjson
import pytest
from jsonschema import Draft7Validator

from source_kustomer.engine.stream import Stream, declared_streams
from source_kustomer.rows.mapper import RowMapper
from source_kustomer.rows.names import camel_case

STREAMS = declared_streams()
ODD: tuple[Any, ...] = (None, [], {}, "text", 7, True, [1], {"a": [1]}, {"data": None}, "\0")

streams = pytest.mark.parametrize("declared", STREAMS, ids=[stream.name for stream in STREAMS])


@streams
def test_a_resource_with_odd_members_becomes_a_row(declared: type[Stream]) -> None:
    stream = declared()
    mapper = RowMapper(stream.row)
    validator = Draft7Validator(stream.schema(None))
    names = ("id", "type", "links", "attributes", "relationships", "meta")
    resources = [{}, *({name: value} for name in names for value in ODD)]
    resources += [
        {"attributes": one, "relationships": two, "links": two} for one in ODD for two in ODD
    ]

    for resource in resources:
        row = mapper.flatten(stream.prepare(resource))
        orjson.dumps(row)
        validator.validate(row)


@streams
def test_a_record_with_odd_attributes_becomes_a_row(declared: type[Stream]) -> None:
    stream = declared()
    mapper = RowMapper(stream.row)
    validator = Draft7Validator(stream.schema(None))
    columns = ["created_at", "updated_at", *stream.row.column_types()]
    keys = [*map(camel_case, columns), *stream.row.renames]

    for value in ODD:
        resource = {
            "id": "a1",
            "attributes": dict.fromkeys(keys, value),
            "relationships": dict.fromkeys([*keys, "published_en_us"], value),
        }
        row = mapper.flatten(stream.prepare(resource))
        orjson.dumps(row)
        validator.validate(row)

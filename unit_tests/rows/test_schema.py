"""Schemas that every destination and runner can use, for all streams."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from jsonschema import Draft7Validator

from source_kustomer.engine.klass import Klass
from source_kustomer.engine.stream import Stream, declared_streams
from source_kustomer.organization import Organization, common_attributes
from source_kustomer.rows.custom import CustomAttributes
from source_kustomer.rows.names import COLUMN_PREFIX, fold, stream_of_klass
from source_kustomer.rows.schema import column_schema
from source_kustomer.streams.kobjects import ANY_KLASS, KlassStream

MAX_CATALOG_BYTES = 3_000_000
KEYWORDS = {
    *("type", "format", "airbyte_type", "description", "title"),
    *("properties", "additionalProperties", "items"),
}
STREAMS = declared_streams()

streams = pytest.mark.parametrize("declared", STREAMS, ids=[stream.name for stream in STREAMS])


def attributes_of(number: int) -> CustomAttributes:
    """Return 100 custom attributes with names and choices of common length."""
    suffixes = ("Str", "Num", "At", "Bool", "Txt", "Url", "Tree", "Id", "Str", "Num")
    properties = {
        f"shippingDetail{number}x{place}{suffixes[place % 10]}": {
            "displayName": f"Shipping detail {number} {place}",
            "multi": place % 7 == 0,
            "enumeration": [f"choice {one}" for one in range(40)] if place % 10 == 0 else None,
        }
        for place in range(100)
    }
    resource = {"attributes": {"properties": properties}}
    return CustomAttributes.from_metadata(resource, as_columns=True)


def schemas_in(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the schemas of columns, keys and items, at every depth."""
    for name, member in schema.get("properties", {}).items():
        yield f"{path}.{name}", member
        yield from schemas_in(member, f"{path}.{name}")
    if "items" in schema:
        yield f"{path}[]", schema["items"]
        yield from schemas_in(schema["items"], f"{path}[]")


@pytest.mark.parametrize("custom", [None, attributes_of(1)], ids=["plain", "custom"])
@streams
def test_every_part_of_a_schema_is_one_that_destinations_know(
    declared: type[Stream], custom: CustomAttributes | None
) -> None:
    schema = declared().schema(custom)

    Draft7Validator.check_schema(schema)
    for path, part in schemas_in(schema):
        null, kind = part["type"] if path != ".id" else ("null", part["type"])
        assert null == "null", path
        assert kind in {"string", "integer", "number", "boolean", "object", "array"}, path
        assert ("properties" in part) == (kind == "object"), path
        assert part.get("additionalProperties") is (True if kind == "object" else None), path
        assert part.keys() <= KEYWORDS, path
        assert part.get("items", part) != {}, path
        assert ("format" in part) == ("airbyte_type" in part), path


@streams
def test_columns_and_keys_stay_distinct_where_names_are_folded(declared: type[Stream]) -> None:
    schema = declared().schema(attributes_of(1))

    for part in (schema, *(part for _, part in schemas_in(schema))):
        names = [name for name in part.get("properties", {}) if part is schema or name != "custom"]
        assert len({fold(name) for name in names}) == len(names)


@streams
def test_no_declared_column_looks_like_one_of_a_custom_attribute(declared: type[Stream]) -> None:
    columns = declared().schema(None)["properties"]

    assert not [name for name in columns if name.startswith(COLUMN_PREFIX)]


@pytest.mark.parametrize("kind", ["text", "timestamp", "texts", "numbers", "user_object", "values"])
def test_a_column_of_its_own_schema_can_be_changed_without_changing_others(kind: str) -> None:
    column_schema(kind)["type"] = "changed"

    assert column_schema(kind)["type"] != "changed"


def test_the_catalog_of_a_large_organization_is_small() -> None:
    customs = {f"kobject.acme_orders-klass{number}": attributes_of(number) for number in range(60)}
    klasses = [Klass(name.removeprefix("kobject."), "Klass") for name in customs]
    own = [KlassStream(klass, stream_of_klass(klass.name)) for klass in klasses]
    others = {one.custom_resource: attributes_of(0) for one in STREAMS if one.custom_resource}
    common = common_attributes(list(customs.values()))
    organization = Organization(
        [*(declared() for declared in STREAMS), *own], {**others, **customs, ANY_KLASS: common}
    )

    schemas = [organization.schema(stream) for stream in organization.streams]

    assert sum("custom" in schema["properties"] for schema in schemas) > len(klasses)
    assert len(orjson.dumps(schemas)) < MAX_CATALOG_BYTES

"""Every JSON document becomes a row that fits its schema, with every value in it."""

import gc
import itertools
import json
import re
import tracemalloc
from decimal import Decimal
from functools import cache

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator, FormatChecker

from source_kustomer.rows.custom import CustomAttributes
from source_kustomer.rows.json_values import REPLACEMENT, write_json
from source_kustomer.rows.mapper import RowMapper
from source_kustomer.rows.scalars import timestamp
from source_kustomer.rows.schema import json_schema
from source_kustomer.streams.conversations import ConversationRow, MessageRow
from source_kustomer.streams.customers import CustomerRow
from source_kustomer.streams.kobjects import KobjectRow
from source_kustomer.streams.routing import TeamRoutingSettingsRow
from source_kustomer.streams.timeline import EventRow
from source_kustomer.streams.workspace import UserRow

MODELS = [
    ConversationRow,
    MessageRow,
    CustomerRow,
    KobjectRow,
    EventRow,
    UserRow,
    TeamRoutingSettingsRow,
]
CUSTOM = CustomAttributes.from_metadata(
    {
        "attributes": {
            "properties": {
                "planStr": {"type": "string"},
                "seatsNum": {"type": "number"},
                "renewalAt": {"type": "date"},
                "vipBool": {"type": "boolean"},
                "scoresNum": {"type": "number", "multi": True},
                "dataObj": {"type": "object"},
            }
        }
    },
    as_columns=True,
)


def nested(depth, *, in_list):
    value: object = "\ud800"
    for _ in range(depth):
        value = [value] if in_list else {"someKey": value}
    return value


texts = st.text(st.characters(codec=None, exclude_categories=()), max_size=6)
names = st.sampled_from(
    [
        *("name", "satisfaction", "tags", "createdAt", "updatedAt", "updated_at", "UpdatedAt"),
        *("custom", "priority", "deleted", "deletedAt", "meta", "emails", "sla", "type", "id"),
        *("links", "images", "assignedUsers", "birthdayAt", "misfitValues", "customer", "queue"),
        *("changes", "attributes", "data", "from", "to", "email", "planStr", "seatsNum", "self"),
        *("vipBool", "scoresNum", "dataObj", "renewalAt", "custom.planStr", "some_key", "someKey"),
        *("org", "attachments", "queues", "isMasked", "maskedPresentation", "a\0", "a\ufffd"),
    ]
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.integers(390, 4301).map(lambda digits: 10**digits)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
    | st.sampled_from(["2024-05-01T12:00:00Z", "2024-02-30T00:00:00Z", "12", "true", "9" * 30])
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names | texts, inner, max_size=4),
    max_leaves=8,
) | st.builds(nested, st.sampled_from([99, 101, 260, 600, 1_100]), in_list=st.booleans())
members = st.dictionaries(names | texts, values, max_size=5)
relationships = st.dictionaries(
    names | texts, st.fixed_dictionaries({}, optional={"data": values}) | values, max_size=4
)
resources = st.fixed_dictionaries(
    {},
    optional={
        "id": texts | st.integers() | values,
        "type": values,
        "links": values,
        "attributes": members | values,
        "relationships": relationships | values,
        "meta": values,
    },
)
LINKS = {"links", "link", "meta"}


def leaves(value):
    """Yield the single values in a value, at every depth."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
        elif item is not None:
            yield item


def sent(resource):
    """Yield the single values that a row must have: no id, and no links of relationships."""
    for name, value in resource.items():
        if name == "relationships" and isinstance(value, dict):
            for relationship in value.values():
                if isinstance(relationship, dict) and "data" in relationship:
                    yield from leaves(relationship["data"])
                elif not isinstance(relationship, dict) or relationship.keys() - LINKS:
                    yield from leaves(relationship)
        elif name != "id":
            yield from leaves(value)


def stored(value, schema):
    """Return what destinations with typed columns, such as Parquet files, store of a value.

    Of an object they store the declared keys, or all of it as JSON text if none are declared. A
    list without a type of items is JSON text as well.
    """
    if isinstance(value, dict) and schema.get("properties"):
        members = schema["properties"]
        return {name: stored(value[name], members[name]) for name in members if name in value}
    if isinstance(value, list) and "items" in schema:
        return [stored(item, schema["items"]) for item in value]
    return value


def form(leaf):
    """Return a single value in the one form that stands for all that it can have in a row."""
    if isinstance(leaf, bool):
        return json.dumps(leaf)
    if isinstance(leaf, int | float):
        return number_form(Decimal(leaf) if isinstance(leaf, int) else Decimal(repr(leaf)))
    text = re.sub("[\0\ud800-\udfff]", REPLACEMENT, leaf)
    if re.fullmatch(r"-?\d+(\.\d+)?(e[+-]\d+)?", text, re.ASCII):
        return number_form(Decimal(text))
    return timestamp(text, {}) or text


def number_form(number):
    sign, digits, exponent = number.as_tuple()
    text = "".join(map(str, digits)).lstrip("0")
    stripped = text.rstrip("0")
    return (sign and bool(text), stripped, exponent + len(text) - len(stripped) if text else 0)


@cache
def mapper_of(model, *, typed):
    return RowMapper(model, custom=CUSTOM if typed else None)


@cache
def validator_of(model, *, typed):
    schema = json_schema(model, CUSTOM if typed else None)
    return Draft7Validator(schema, format_checker=FormatChecker())


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(resource=resources, model=st.sampled_from(MODELS), typed=st.booleans())
def test_a_row_fits_its_schema_can_be_written_and_has_every_value_in_declared_places(
    resource, model, typed
):
    row = mapper_of(model, typed=typed).flatten(resource)

    validator_of(model, typed=typed).validate(row)
    line = orjson.dumps({"type": "RECORD", "record": {"stream": "x", "data": row}})
    assert b"\\u0000" not in line
    assert orjson.loads(line)["record"]["data"] == row
    kept = stored(row, validator_of(model, typed=typed).schema)
    arrived = [leaf for name, value in kept.items() if name != "id" for leaf in leaves(value)]
    forms = {form(leaf) for leaf in arrived}
    deep = [leaf for leaf in arrived if type(leaf) is str and leaf[:1] in {"[", "{"}]
    for leaf in sent(resource):
        assert form(leaf) in forms or any(write_json(leaf) in text for text in deep)


def test_memory_does_not_grow_with_the_number_of_different_keys():
    mapper = RowMapper(MessageRow)
    numbers = itertools.count()

    def read(records):
        for _ in range(records):
            keys = {f"newKey{next(numbers)}": next(numbers) for _ in range(400)}
            mapper.flatten({"id": "a", "attributes": {"meta": {"other": keys, **keys}, **keys}})

    def kept():
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        read(20)
        before = kept()
        read(80)
        after = kept()
    finally:
        tracemalloc.stop()

    assert after - before < 50_000  # for 64,000 keys
    assert after < 2_000_000
